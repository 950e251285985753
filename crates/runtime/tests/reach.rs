//! Waiting for a part that does not answer.

use anyhow::anyhow;
use baogao_runtime::{Context, Failure, reach};
use std::sync::atomic::{AtomicU32, Ordering};

#[tokio::test]
async fn what_is_away_is_waited_for_and_what_is_wrong_is_not() {
    let context = Context::default();
    let tries = AtomicU32::new(0);
    let opened = reach::open(&context, "bus", || {
        let attempt = tries.fetch_add(1, Ordering::SeqCst);
        async move { if attempt < 2 { Err(Failure::Ours(anyhow!("connection refused"))) } else { Ok(attempt) } }
    });
    assert_eq!(opened.await.expect("it comes"), Some(2));
    assert!(context.health.waiting().is_empty());

    let refused = reach::open(&context, "records", || async {
        Err::<(), _>(Failure::Permanent(anyhow!("a later program's schema")))
    });
    assert!(refused.await.expect_err("for good").to_string().contains("schema"));

    let waiting = Context::default();
    let (wish, health) = (waiting.shutdown.clone(), waiting.health.clone());
    let never = reach::open(&waiting, "bus", || {
        wish.request();
        async { Err::<(), _>(Failure::Ours(anyhow!("connection refused"))) }
    });
    assert_eq!(never.await.expect("asked to stop"), None);
    assert!(health.waiting().contains_key("bus"));
}
