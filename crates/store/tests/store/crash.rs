//! What is left after a crash: every put that was answered, and whole puts only.
//!
//! A crash is played by copying the files while the store is open, which is what a power cut leaves.

use crate::fixtures::{Fresh, record, revision};
use baogao_store::{Put, Query, Records, Sink};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// Copies the store's file and its write-ahead log.
fn copy(from: &Path, to: &Path) -> PathBuf {
    for name in ["records.db", "records.db-wal"] {
        std::fs::copy(from.join(name), to.join(name)).expect("copies");
    }
    to.join("records.db")
}

#[tokio::test]
async fn what_was_answered_is_there_after_a_crash() {
    let store = Fresh::new().await;
    for key in ["1", "2", "3"] {
        store.records.put(&[record(key)]).await.expect("is stored");
    }
    let other = TempDir::new().expect("a folder");
    let survivor = Records::sqlite(copy(store.folder.path(), other.path())).await.expect("opens");
    assert_eq!(survivor.counts().await.expect("counts"), store.records.counts().await.expect("counts"));
    let stored = survivor.get(record("3").report.id.as_str()).await.expect("reads").expect("is there");
    assert_eq!(stored.record, record("3"));
    // And it goes on from there.
    assert_eq!(survivor.put(&[record("3"), record("4")]).await.expect("is stored"), [Put::Unchanged, Put::New]);
}

#[tokio::test]
async fn a_log_cut_anywhere_leaves_the_first_puts_whole() {
    const PUTS: u64 = 12;
    let store = Fresh::new().await;
    for number in 1..=PUTS {
        // Two documents and a new revision of a third in every put.
        let batch = [
            record(&format!("{number}a")),
            record(&format!("{number}b")),
            revision("shared", &number.to_string(), number, 1, 1),
        ];
        store.records.put(&batch).await.expect("is stored");
    }
    let log = std::fs::metadata(store.folder.path().join("records.db-wal")).expect("a log").len();
    let mut least = PUTS;
    for part in 0..=8 {
        let other = TempDir::new().expect("a folder");
        let path = copy(store.folder.path(), other.path());
        let cut = std::fs::File::options().write(true).open(other.path().join("records.db-wal")).expect("opens");
        // Not at a page's end, except for the whole.
        cut.set_len(if part == 8 { log } else { log * part / 8 + 5 }).expect("is cut");
        let survivor = Records::sqlite(path).await.expect("opens");
        let counts = survivor.counts().await.expect("counts");
        let whole = counts.revisions / 3;
        assert_eq!(counts.revisions, whole * 3, "cut at {part}/8");
        let documents = if whole == 0 { 0 } else { whole * 2 + 1 };
        assert_eq!((counts.reports, counts.measurements), (documents, documents * 2), "cut at {part}/8");
        for number in 1..=whole {
            let key = format!("{number}b");
            assert!(survivor.get(record(&key).report.id.as_str()).await.expect("reads").is_some(), "{key} of {whole}");
        }
        least = least.min(whole);
        assert!(part < 8 || whole == PUTS);
    }
    assert!(least < PUTS, "no cut took anything away");
}

#[tokio::test]
async fn closing_leaves_one_file_that_holds_everything() {
    let store = Fresh::new().await;
    store.records.put(&[record("1")]).await.expect("is stored");
    store.records.close().await.expect("closes");
    let log = store.folder.path().join("records.db-wal");
    assert!(!log.exists() || std::fs::metadata(&log).expect("a file").len() == 0);
    let path = store.folder.path().join("records.db");
    for reopened in [Records::sqlite_read_only(&path).await, Records::sqlite(&path).await] {
        let list = reopened.expect("opens").list(&Query::default()).await.expect("lists");
        assert_eq!(list.len(), 1);
    }
}

#[tokio::test]
async fn a_closed_store_says_so() {
    let store = Fresh::new().await;
    let clone = store.records.clone();
    store.records.close().await.expect("closes");
    clone.close().await.expect("twice is fine");
    let put = clone.put(&[record("1")]).await.expect_err("closed");
    let list = clone.list(&Query::default()).await.expect_err("closed");
    for error in [put, list] {
        assert!(matches!(error, baogao_store::StoreError::Closed { .. }) && error.is_transient(), "{error}");
    }
}
