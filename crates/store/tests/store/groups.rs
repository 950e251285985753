//! Puts that share a transaction: one that fails takes no neighbour with it.

use crate::fixtures::{Fresh, Record, record, revision};
use baogao_store::{Options, Put, Sink, StoreError};
use rusqlite::Connection;
use std::time::Duration;
use tokio::task::{JoinSet, yield_now};

type Answer = (usize, Result<Vec<Put>, StoreError>);

/// Puts every batch from a task of its own while another writer holds the file, so that all but
/// the first wait together.
///
/// On a runtime of one thread a task runs until it waits for its answer.
async fn put_together(store: &Fresh, batches: Vec<Vec<Record>>) -> Vec<Answer> {
    let holder = Connection::open(store.folder.path().join("records.db")).expect("opens");
    holder.execute_batch("BEGIN IMMEDIATE").expect("nobody else writes");
    let mut puts = JoinSet::new();
    for (number, batch) in batches.into_iter().enumerate() {
        let records = store.records.clone();
        puts.spawn(async move { (number, records.put(&batch).await) });
    }
    yield_now().await;
    holder.execute_batch("COMMIT").expect("lets go");
    puts.join_all().await
}

/// A document whose measurements the database refuses, once [`refuse`] was called.
fn refused(key: &str) -> Record {
    let mut record = record(key);
    record.report.measurements[1].subject = "拒".into();
    record
}

/// Makes the database refuse a row, as a fault of this program would.
fn refuse(store: &Fresh) {
    let connection = Connection::open(store.folder.path().join("records.db")).expect("opens");
    let trigger = "CREATE TRIGGER refuse BEFORE INSERT ON measurements WHEN NEW.subject = '拒'
                   BEGIN SELECT RAISE(ABORT, 'refused'); END";
    connection.execute_batch(trigger).expect("a trigger");
}

#[tokio::test]
async fn a_put_that_is_refused_leaves_nothing_and_no_one_else_out() {
    let store = Fresh::new().await;
    refuse(&store);
    let batches = (0..12).map(|number| {
        let key = number.to_string();
        if number % 4 == 1 { vec![record(&format!("{key}-first")), refused(&key)] } else { vec![record(&key)] }
    });
    for (number, answer) in put_together(&store, batches.collect()).await {
        match answer {
            Ok(puts) => assert!(number % 4 != 1 && puts == [Put::New], "{number}"),
            Err(error) => {
                assert!(number % 4 == 1 && matches!(error, StoreError::Refused { .. }), "{number}: {error}");
                assert!(!error.is_transient());
            }
        }
    }
    let counts = store.records.counts().await.expect("counts");
    assert_eq!((counts.reports, counts.revisions, counts.measurements), (9, 9, 18));
}

#[tokio::test]
async fn a_put_that_does_not_fit_keeps_no_one_else_out() {
    let limit = 1 << 20;
    let store = Fresh::with(Options { max_bytes: Some(limit), ..Options::default() }).await;
    let huge = |key: &str| revision(key, &"长".repeat(limit as usize), 1, 1, 1);
    let batches = (0..12).map(|number| {
        let key = number.to_string();
        vec![if number % 4 == 1 { huge(&key) } else { record(&key) }]
    });
    for (number, answer) in put_together(&store, batches.collect()).await {
        match answer {
            Ok(puts) => assert!(number % 4 != 1 && puts == [Put::New], "{number}"),
            Err(error) => assert!(number % 4 == 1 && matches!(error, StoreError::Full { .. }), "{number}: {error}"),
        }
    }
    let counts = store.records.counts().await.expect("counts");
    assert_eq!((counts.reports, counts.revisions, counts.measurements), (9, 9, 18));
}

#[tokio::test]
async fn a_writer_that_holds_on_is_waited_for_and_then_reported() {
    let options = Options { busy_timeout: Duration::from_millis(1), ..Options::default() };
    let store = Fresh::with(options).await;
    let holder = Connection::open(store.folder.path().join("records.db")).expect("opens");
    holder.execute_batch("BEGIN IMMEDIATE").expect("nobody else writes");
    let error = store.records.put(&[record("1")]).await.expect_err("is held");
    assert!(matches!(error, StoreError::Unavailable { .. }) && error.is_transient(), "{error}");
    holder.execute_batch("COMMIT").expect("lets go");
    assert_eq!(store.records.put(&[record("1")]).await.expect("is stored"), [Put::New]);
}
