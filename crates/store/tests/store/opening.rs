//! Opening: beside other processes, and files that are not what they should be.

use crate::fixtures::{Fresh, record, revision};
use baogao_store::{Put, Query, Records, Sink, StoreError};
use rusqlite::Connection;
use tempfile::TempDir;
use tokio::task::JoinSet;

#[tokio::test]
async fn a_reader_beside_the_writer_sees_what_was_put() {
    let store = Fresh::new().await;
    let reader = Records::sqlite_read_only(store.folder.path().join("records.db")).await.expect("opens");
    assert_eq!(reader.list(&Query::default()).await.expect("lists"), []);
    for (key, want) in [("1", 1), ("2", 2)] {
        store.records.put(&[record(key)]).await.expect("is stored");
        assert_eq!(reader.list(&Query::default()).await.expect("lists").len(), want);
    }
    let error = reader.put(&[record("3")]).await.expect_err("only reads");
    assert!(matches!(error, StoreError::OpenedForReading { .. }) && !error.is_transient(), "{error}");
    reader.close().await.expect("closes");
    assert_eq!(store.records.put(&[record("3")]).await.expect("goes on"), [Put::New]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_writers_of_one_file_keep_the_rules() {
    let store = Fresh::new().await;
    let other = Records::sqlite(store.folder.path().join("records.db")).await.expect("opens");
    let mut puts = JoinSet::new();
    for fetch_no in 1..=20_u64 {
        let records = if fetch_no % 2 == 0 { store.records.clone() } else { other.clone() };
        puts.spawn(async move {
            let text = format!("第{fetch_no}稿");
            records.put(&[revision("1", &text, fetch_no, 1, 1)]).await.expect("is stored");
        });
    }
    puts.join_all().await;
    let stored = other.get(record("1").report.id.as_str()).await.expect("reads").expect("is there");
    assert_eq!((stored.record.revision.fetch_no, stored.revisions.len()), (20, 20));
}

#[tokio::test]
async fn there_is_nothing_to_read_before_anything_was_put() {
    let folder = TempDir::new().expect("a folder");
    let error = Records::sqlite_read_only(folder.path().join("records.db")).await.err().expect("no file");
    assert!(matches!(error, StoreError::Missing { .. }), "{error}");
    assert_eq!(std::fs::read_dir(folder.path()).expect("lists").count(), 0, "reading makes no file");
}

#[tokio::test]
async fn a_folder_that_is_not_there_is_named() {
    let folder = TempDir::new().expect("a folder");
    let error = Records::sqlite(folder.path().join("absent/records.db")).await.err().expect("no folder");
    assert!(matches!(error, StoreError::Unavailable { .. }), "{error}");
    assert!(error.to_string().contains("absent/records.db"), "{error}");
}

#[tokio::test]
async fn files_of_other_programs_are_left_alone() {
    let folder = TempDir::new().expect("a folder");
    let text = folder.path().join("notes.txt");
    std::fs::write(&text, "会议纪要\n".repeat(200)).expect("writes");
    let database = folder.path().join("other.db");
    Connection::open(&database).and_then(|c| c.execute_batch("CREATE TABLE notes (line TEXT)")).expect("makes a table");
    for path in [text, database] {
        let before = std::fs::read(&path).expect("reads");
        for opened in [Records::sqlite(&path).await, Records::sqlite_read_only(&path).await] {
            let error = opened.err().expect("not ours");
            assert!(matches!(error, StoreError::Foreign { .. }) && !error.is_transient(), "{error}");
        }
        assert_eq!(std::fs::read(&path).expect("reads"), before, "{}", path.display());
    }
}

#[tokio::test]
async fn other_schema_versions_say_what_to_do() {
    let store = Fresh::new().await;
    store.records.close().await.expect("closes");
    let path = store.folder.path().join("records.db");
    let set = |version: i64| {
        let connection = Connection::open(&path).expect("opens");
        connection.pragma_update(None, "user_version", version).expect("is set");
    };
    set(99);
    for opened in [Records::sqlite(&path).await, Records::sqlite_read_only(&path).await] {
        let error = opened.err().expect("too new");
        assert!(matches!(error, StoreError::SchemaVersion { found: 99, .. }), "{error}");
        assert!(error.to_string().ends_with("upgrade it"), "{error}");
    }
    set(1);
    Records::sqlite_read_only(&path).await.expect("what came since is for writers");
    set(0);
    let error = Records::sqlite_read_only(&path).await.err().expect("too old");
    assert!(error.to_string().contains("migrate"), "{error}");
}
