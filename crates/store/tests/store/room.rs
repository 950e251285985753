//! No room: a clear error, nothing by halves, and on again when there is room.

use crate::fixtures::{Fresh, Record, record, revision};
use baogao_store::{Options, Put, Records, Sink, StoreError};

const LIMIT: u64 = 1 << 20;

fn limited() -> Options {
    Options { max_bytes: Some(LIMIT), ..Options::default() }
}

/// A record that does not fit.
fn huge(key: &str) -> Record {
    revision(key, &"长".repeat(LIMIT as usize), 1, 1, 1)
}

#[tokio::test]
async fn a_full_store_takes_nothing_by_halves() {
    let store = Fresh::with(limited()).await;
    store.records.put(&[record("1")]).await.expect("fits");
    let before = store.records.counts().await.expect("counts");

    let error = store.records.put(&[record("2"), huge("3")]).await.expect_err("does not fit");
    assert!(matches!(error, StoreError::Full { .. }) && error.is_transient(), "{error}");
    assert!(error.to_string().contains("records.db"), "{error}");
    assert_eq!(store.records.counts().await.expect("counts"), before);

    // What fits still goes in.
    assert_eq!(store.records.put(&[record("2")]).await.expect("fits"), [Put::New]);

    store.records.close().await.expect("closes");
    let roomy = Records::sqlite(store.folder.path().join("records.db")).await.expect("opens");
    assert_eq!(roomy.put(&[record("2"), huge("3")]).await.expect("fits now"), [Put::Unchanged, Put::New]);
}
