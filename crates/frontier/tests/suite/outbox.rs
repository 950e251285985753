//! The outbox, and what survives.

use super::*;
use baogao_frontier::OutboxDepth;

const A: &str = "http://a.example/1";

pub async fn rows_keep_their_order_until_sent<B: Bed>() {
    let frontier = opened::<B>(config(), at(0)).await;
    seed(&frontier, at(0), &["http://a.example/1", "http://a.example/2", "http://a.example/3"]).await;
    visit_all(&frontier, at(0), || page("x")).await;
    let rows = frontier.outbox(2).await.expect("reads");
    assert_eq!(rows.len(), 2);
    assert!(rows[0].seq < rows[1].seq);
    let first: PageFetched = rows[0].message.decode().expect("reads");
    assert_eq!((first.site.as_str(), first.status, first.depth), ("a.example", 200, 0));
    assert_eq!(rows[0].message.source, "/baogao/crawler");
    assert_eq!(rows[0].message.routing_key, "page.fetched.a_example");
    assert_eq!(frontier.outbox(2).await.expect("reads"), rows, "reading takes nothing away");

    frontier.mark_sent(&[rows[0].seq, rows[1].seq]).await.expect("marks");
    frontier.mark_sent(&[rows[0].seq]).await.expect("marks twice");
    let rest = frontier.outbox(9).await.expect("reads");
    assert_eq!(rest.len(), 1);
    assert!(rest[0].seq > rows[1].seq);
}

/// The rows that a sender gets at some time, held for 10 s.
async fn taken(frontier: &Frontier, now: Timestamp, limit: usize) -> Vec<i64> {
    let rows = frontier.claim_outbox(now, limit, Duration::from_secs(10)).await.expect("takes");
    rows.iter().map(|row| row.seq).collect()
}

pub async fn a_row_has_one_sender_until_its_hold_ends<B: Bed>() {
    let bed = B::new();
    let frontier = bed.open(config(), at(0)).await;
    let pages: Vec<String> = (0..5).map(|n| format!("http://a.example/{n}")).collect();
    seed(&frontier, at(0), &pages.iter().map(String::as_str).collect::<Vec<_>>()).await;
    visit_all(&frontier, at(0), || page("x")).await;
    let rows = frontier.outbox(9).await.expect("reads");
    let all: Vec<i64> = rows.iter().map(|row| row.seq).collect();
    let held = frontier.claim_outbox(at(0), 2, Duration::from_secs(10)).await.expect("takes");
    assert_eq!(held, rows[..2], "the oldest come first, whole");
    assert_eq!(taken(&frontier, at(1), 2).await, all[2..4], "another sender gets what comes after");
    assert_eq!(frontier.outbox(9).await.expect("reads"), rows, "what is held is still to be seen");
    frontier.mark_sent(&all[..1]).await.expect("marks");
    assert_eq!(taken(&frontier, at(9), 9).await, all[4..]);
    assert_eq!(taken(&frontier, at(9), 9).await, [] as [i64; 0]);
    assert_eq!(taken(&frontier, at(10), 9).await, all[1..2], "the first sender is taken for dead");
    frontier.close().await.expect("closes");

    let frontier = bed.open(config(), at(11)).await;
    assert_eq!(taken(&frontier, at(11), 9).await, all[1..], "what dead senders held is free");
}

pub async fn the_storage_says_that_it_is_there<B: Bed>() {
    let frontier = opened::<B>(config(), at(0)).await;
    frontier.check().await.expect("answers");
    frontier.close().await.expect("closes");
    assert!(!frontier.check().await.expect_err("is closed").is_transient());
}

pub async fn the_depth_counts_what_is_not_sent<B: Bed>() {
    let frontier = opened::<B>(config(), at(0)).await;
    assert_eq!(frontier.outbox_depth().await.expect("counts"), OutboxDepth { rows: 0, bytes: 0 });
    seed(&frontier, at(0), &["http://a.example/1", "http://a.example/22", "http://a.example/333"]).await;
    visit_all(&frontier, at(0), || page("x")).await;
    for rows in (0..=3).rev() {
        let depth = frontier.outbox_depth().await.expect("counts");
        let bytes = messages(&frontier).await.iter().map(|message| message.body.len() as u64).sum();
        assert_eq!(depth, OutboxDepth { rows, bytes });
        let stats = frontier.stats(at(0), &Scope::default()).await.expect("counts");
        assert_eq!((stats.outbox_rows, stats.outbox_bytes), (rows, bytes));
        let sent: Vec<i64> = frontier.outbox(1).await.expect("reads").iter().map(|row| row.seq).collect();
        frontier.mark_sent(&sent).await.expect("marks");
    }
}

pub async fn the_same_fetch_twice_is_one<B: Bed>() {
    let frontier = opened::<B>(config(), at(0)).await;
    seed(&frontier, at(0), &[A]).await;
    let token = claim(&frontier, at(0)).await[0].token();
    let outcome = page("1");
    let first = finish(&frontier, at(1), &token, A, outcome.clone()).await;
    let again = finish(&frontier, at(1), &token, A, outcome).await;
    assert_eq!((first.fetched, again.fetched, again.duplicates), (1, 0, 1));
    let stray = finish(&frontier, at(1), &token, "http://a.example/never", page("2")).await;
    assert_eq!((stray.fetched, stray.unknown), (0, 1));
    assert_eq!(messages(&frontier).await.len(), 1);
}

pub async fn what_is_handed_in_again_changes_nothing<B: Bed>() {
    let frontier = opened::<B>(config(), at(0)).await;
    let texts: Vec<String> = (0..6).map(|n| format!("http://a.example/{n}")).collect();
    seed(&frontier, at(0), &texts.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let token = claim(&frontier, at(0)).await[0].token();
    let fates = [
        page("1"),
        failure("timeout", true),
        failure("http_404", false),
        Outcome::Redirected { to: url("http://b.example/"), status: 301 },
        Outcome::Redirected { to: url(&texts[4]), status: 301 },
        Outcome::Excluded { reason: "robots".into() },
    ];
    let completions: Vec<Completion> =
        texts.iter().zip(fates).map(|(text, outcome)| Completion { url: url(text), at: at(1), outcome }).collect();
    for release in [false, true] {
        let pace = Pace { next_at: at(11), delay: None, release };
        let mut seen = Vec::new();
        for again in [false, true] {
            let done = frontier.complete(at(1), &token, completions.clone(), pace.clone()).await.expect("completes");
            let is_new = !again && !release;
            assert_eq!((done.fetched, done.duplicates), if is_new { (1, 0) } else { (0, 6) });
            let stats = frontier.stats(at(1), &Scope::default()).await.expect("counts");
            let retries = frontier.pending_retries(9).await.expect("lists");
            seen.push((stats, retries, frontier.failures(9).await.expect("lists"), messages(&frontier).await));
        }
        assert_eq!(seen[0], seen[1]);
    }
}

pub async fn waiting_ends_with_new_rows<B: Bed>() {
    let frontier = opened::<B>(config(), at(0)).await;
    seed(&frontier, at(0), &[A]).await;
    // A dropped wait leaves the wake-up to the next one.
    for _ in 0..10 {
        let waited = tokio::time::timeout(Duration::ZERO, frontier.wait_outbox()).await;
        assert!(waited.is_err(), "no row was written");
    }
    visit_all(&frontier, at(0), || page("1")).await;
    tokio::time::timeout(Duration::from_secs(60), frontier.wait_outbox()).await.expect("is woken");
    assert_eq!(messages(&frontier).await.len(), 1);
}

pub async fn everything_survives_a_reopening<B: Bed>() {
    let bed = B::new();
    let frontier = bed.open(config(), at(0)).await;
    let two = "http://a.example/2";
    seed(&frontier, at(0), &[A, two]).await;
    visit_all(&frontier, at(0), || page("x")).await;
    let found = part_links(A, fetch_no(&frontier, A).await, "k", 1, &[(1, A), (2, two)]);
    frontier.store_links(at(1), &found, Vec::new()).await.expect("stores");
    let stats = frontier.stats(at(2), &Scope::default()).await.expect("counts");
    let rows = frontier.outbox(9).await.expect("reads");
    assert_eq!((stats.open_groups, rows.len()), (1, 2));
    frontier.close().await.expect("closes");
    let closed = frontier.stats(at(2), &Scope::default()).await.expect_err("is closed");
    assert!(!closed.is_transient());
    assert!(frontier.mark_sent(&[1]).await.is_err());

    let frontier = bed.open(config(), at(3)).await;
    assert_eq!(frontier.stats(at(2), &Scope::default()).await.expect("counts"), stats);
    assert_eq!(frontier.outbox(9).await.expect("reads"), rows);
    let found = part_links(two, fetch_no(&frontier, two).await, "k", 2, &[]);
    let stored = frontier.store_links(at(4), &found, Vec::new()).await.expect("stores");
    assert_eq!(stored.documents_ready, 1, "the group went on where it was");
}
