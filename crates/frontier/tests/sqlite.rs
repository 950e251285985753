//! The SQLite back end: the suite, and what only a file can show.

mod suite;

use baogao_frontier::{Frontier, FrontierConfig, FrontierError, Scope};
use jiff::Timestamp;
use std::path::{Path, PathBuf};
use suite::{Bed, at, claim, config, finish, messages, page, seed, visit_all};

/// A folder with one frontier file.
struct SqliteBed {
    folder: tempfile::TempDir,
}

impl SqliteBed {
    fn path(&self) -> PathBuf {
        self.folder.path().join("frontier.sqlite")
    }
}

impl Bed for SqliteBed {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a folder") }
    }

    async fn open(&self, config: FrontierConfig, now: Timestamp) -> Frontier {
        Frontier::sqlite(&self.path(), config, now).await.expect("opens")
    }
}

frontier_suite!(on_sqlite, crate::SqliteBed);

/// Copies the file and its log as a crash would leave them.
fn snapshot(bed: &SqliteBed) -> SqliteBed {
    let copy = SqliteBed::new();
    for suffix in ["", "-wal"] {
        let name = |path: &Path| PathBuf::from(format!("{}{suffix}", path.display()));
        std::fs::copy(name(&bed.path()), name(&copy.path())).expect("copies");
    }
    copy
}

#[tokio::test]
async fn what_was_answered_survives_a_crash_at_any_moment() {
    let bed = SqliteBed::new();
    let frontier = bed.open(config(), at(0)).await;
    for n in 0..20_u64 {
        let now = at(100 * n);
        let text = format!("http://a.example/{n}");
        seed(&frontier, now, &[&text]).await;
        let token = claim(&frontier, now).await[0].token();
        finish(&frontier, now, &token, &text, page(&text)).await;

        let copy = snapshot(&bed);
        let revived = copy.open(config(), now).await;
        assert_eq!(messages(&revived).await, messages(&frontier).await);
        let stats = async |frontier: &Frontier| frontier.stats(now, &Scope::default()).await.expect("counts");
        assert_eq!(stats(&revived).await, stats(&frontier).await);
        assert_eq!(stats(&revived).await.fetched, n + 1);
    }
}

#[tokio::test]
async fn a_crash_while_leased_keeps_the_politeness() {
    let bed = SqliteBed::new();
    let frontier = bed.open(config(), at(0)).await;
    seed(&frontier, at(0), &["http://a.example/1"]).await;
    claim(&frontier, at(0)).await;
    let copy = snapshot(&bed);
    let revived = copy.open(config(), at(3)).await;
    assert_eq!(claim(&revived, at(12)).await, []);
    assert_eq!(claim(&revived, at(13)).await.len(), 1);
}

#[tokio::test]
async fn a_reader_works_beside_the_writer_and_writes_nothing() {
    let bed = SqliteBed::new();
    let missing = Frontier::sqlite_read_only(&bed.path()).await;
    assert!(matches!(missing, Err(FrontierError::Open { .. })));
    let frontier = bed.open(config(), at(0)).await;
    let reader = Frontier::sqlite_read_only(&bed.path()).await.expect("opens");
    seed(&frontier, at(0), &["http://a.example/1"]).await;
    assert_eq!(reader.stats(at(0), &Scope::default()).await.expect("counts").due_now, 1);
    visit_all(&frontier, at(0), || page("1")).await;
    assert_eq!(messages(&reader).await.len(), 1);
    let error = reader.mark_sent(&[1]).await.expect_err("writes");
    assert!(matches!(error, FrontierError::ReadOnly { .. }) && !error.is_transient());
    reader.close().await.expect("closes");
}

#[tokio::test]
async fn a_file_of_a_later_version_is_refused() {
    let bed = SqliteBed::new();
    bed.open(config(), at(0)).await.close().await.expect("closes");
    let conn = rusqlite::Connection::open(bed.path()).expect("opens");
    conn.pragma_update(None, "user_version", 99).expect("writes");
    drop(conn);
    for opened in [Frontier::sqlite(&bed.path(), config(), at(0)).await, Frontier::sqlite_read_only(&bed.path()).await]
    {
        assert!(matches!(opened, Err(FrontierError::NewerSchema { found: 99, .. })));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_crawlers_share_one_file() {
    let bed = SqliteBed::new();
    let frontier = bed.open(config(), at(0)).await;
    let pages: Vec<String> = (0..40).map(|n| format!("http://h{n}.example/")).collect();
    seed(&frontier, at(0), &pages.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let crawlers = (0..8).map(|_| {
        let frontier = frontier.clone();
        tokio::spawn(async move {
            let mut visited = 0;
            loop {
                let claims = claim(&frontier, at(0)).await;
                if claims.is_empty() {
                    return visited;
                }
                for claim in claims {
                    let text = claim.urls[0].url.to_string();
                    let done = finish(&frontier, at(1), &claim.token(), &text, page(&text)).await;
                    assert!(!done.stale);
                    visited += 1;
                }
            }
        })
    });
    let mut visited = 0;
    for crawler in crawlers.collect::<Vec<_>>() {
        visited += crawler.await.expect("runs");
    }
    assert_eq!(visited, 40, "no host went to two crawlers");
    assert_eq!(messages(&frontier).await.len(), 40);
}
