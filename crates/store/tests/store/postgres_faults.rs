//! The PostgreSQL store when others are in the way, connections are lost, or the server is away.

use crate::fixtures::{Home, Record, id, record, revision};
use crate::postgres::{Database, empty_database, number, run};
use baogao_store::{Format, PostgresOptions, Put, Query, Records, Sink, StoreError};
use sqlx::PgConnection;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet, yield_now};

type Answer = Result<Vec<Put>, StoreError>;

/// Puts from a task of its own.
fn put(records: &Records, batch: Vec<Record>) -> JoinHandle<Answer> {
    let records = records.clone();
    tokio::spawn(async move { records.put(&batch).await })
}

/// Waits until somebody waits for a lock that `holder` has; gives the number of his backend.
async fn blocked_by(holder: &mut PgConnection, watcher: &mut PgConnection) -> i64 {
    let holder = number(holder, "SELECT pg_backend_pid()::bigint").await;
    let sql = format!(
        "SELECT coalesce(max(pid), 0)::bigint FROM pg_stat_activity WHERE {holder} = ANY(pg_blocking_pids(pid))"
    );
    loop {
        match number(watcher, &sql).await {
            0 => tokio::time::sleep(Duration::from_millis(5)).await,
            pid => return pid,
        }
    }
}

/// Locks the document `key` in a transaction of its own.
async fn lock(store: &Database, key: &str) -> PgConnection {
    let mut holder = store.stranger().await;
    let lock = format!("BEGIN; SELECT FROM documents WHERE id = '{}' FOR UPDATE", id(key));
    run(&mut holder, &lock).await;
    holder
}

#[tokio::test]
async fn puts_that_wait_together_share_a_transaction() {
    let store = Database::fresh().await;
    let mut holder = store.stranger().await;
    run(&mut holder, "BEGIN; LOCK TABLE documents IN SHARE MODE").await;
    let mut watcher = store.stranger().await;
    let mut puts = JoinSet::new();
    for number in 0..64 {
        let records = store.records().clone();
        puts.spawn(async move { records.put(&[record(&number.to_string())]).await });
    }
    // On a runtime of one thread every put stands in line once one of them has reached the server.
    yield_now().await;
    blocked_by(&mut holder, &mut watcher).await;
    run(&mut holder, "COMMIT").await;
    for answer in puts.join_all().await {
        assert_eq!(answer.expect("is stored"), [Put::New]);
    }
    let transactions = number(&mut watcher, "SELECT count(DISTINCT xmin::text) FROM revisions").await;
    assert!(transactions <= 2, "{transactions} transactions");
}

#[tokio::test]
async fn a_put_that_is_refused_leaves_nothing_and_no_one_else_out() {
    let store = Database::fresh().await;
    let mut holder = store.stranger().await;
    run(&mut holder, "ALTER TABLE measurements ADD CHECK (subject <> '拒')").await;
    run(&mut holder, "BEGIN; LOCK TABLE documents IN SHARE MODE").await;
    let mut puts = JoinSet::new();
    for number in 0..12 {
        let mut batch = vec![record(&number.to_string())];
        if number % 4 == 1 {
            batch.push(record(&format!("{number}-second")));
            batch[1].report.measurements[1].subject = "拒".into();
        }
        let records = store.records().clone();
        puts.spawn(async move { (number, records.put(&batch).await) });
    }
    yield_now().await;
    run(&mut holder, "COMMIT").await;
    for (number, answer) in puts.join_all().await {
        match answer {
            Ok(puts) => assert!(number % 4 != 1 && puts == [Put::New], "{number}"),
            Err(error) => {
                assert!(number % 4 == 1 && matches!(error, StoreError::Refused { .. }), "{number}: {error}");
                assert!(!error.is_transient());
            }
        }
    }
    let counts = store.records().counts().await.expect("counts");
    assert_eq!((counts.reports, counts.revisions, counts.measurements), (9, 9, 18));
}

#[tokio::test]
async fn a_deadlock_with_a_stranger_is_got_over() {
    let store = Database::fresh().await;
    let mut keys = ["1", "2"];
    keys.sort_by_key(|key| id(key));
    store.records().put(&keys.map(record)).await.expect("is stored");
    // He holds the second document, and will want the first.
    let mut holder = lock(&store, keys[1]).await;
    // So patient that the server breaks the circle at our expense.
    run(&mut holder, "SET LOCAL deadlock_timeout = '1h'").await;
    let waiting = put(store.records(), keys.map(|key| revision(key, "乙", 2, 1, 1)).to_vec());
    blocked_by(&mut holder, &mut store.stranger().await).await;
    run(&mut holder, &format!("SELECT FROM documents WHERE id = '{}' FOR UPDATE; COMMIT", id(keys[0]))).await;
    assert_eq!(waiting.await.expect("ran").expect("is stored"), [Put::Revised; 2]);
}

#[tokio::test]
async fn a_connection_that_is_lost_makes_a_transient_error_and_the_next_put_goes_through() {
    let store = Database::fresh().await;
    store.records().put(&[record("1")]).await.expect("is stored");
    let newer = revision("1", "乙", 2, 1, 1);
    // A handle that has never put: what it loses is no old connection.
    let records = store.another_handle().await;
    let mut holder = lock(&store, "1").await;
    let mut watcher = store.stranger().await;
    let waiting = put(&records, vec![newer.clone()]);
    let pid = blocked_by(&mut holder, &mut watcher).await;
    run(&mut watcher, &format!("SELECT pg_terminate_backend({pid}::int)")).await;
    let error = waiting.await.expect("ran").expect_err("is cut off");
    assert!(matches!(error, StoreError::Unavailable { .. }) && error.is_transient(), "{error}");
    run(&mut holder, "COMMIT").await;
    assert_eq!(records.put(std::slice::from_ref(&newer)).await.expect("is stored"), [Put::Revised]);
    assert_eq!(store.records().put(&[newer]).await.expect("is stored"), [Put::Unchanged]);
}

#[tokio::test]
async fn connections_that_died_of_old_age_are_replaced_unnoticed() {
    let store = Database::fresh().await;
    store.records().put(&[record("1")]).await.expect("is stored");
    store.records().list(&Query::default()).await.expect("lists");
    let end_all = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
                   WHERE datname = current_database() AND pid <> pg_backend_pid()";
    assert!(number(&mut store.stranger().await, end_all).await >= 2);
    assert_eq!(store.records().put(&[record("2")]).await.expect("is stored"), [Put::New]);
    assert_eq!(store.records().list(&Query::default()).await.expect("lists").len(), 2);
    store.records().check().await.expect("is ready");
}

/// Stands between a store and its server, and swallows the answer to the first COMMIT.
async fn swallow_a_commit(server: String) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("binds");
    let port = listener.local_addr().expect("is bound").port();
    tokio::spawn(async move {
        let mut is_armed = true;
        while let Ok((client, _)) = listener.accept().await {
            let server = TcpStream::connect(&server).await.expect("connects");
            // One connection after the other would do, but the store may open several.
            if relay(client, server, is_armed).await {
                is_armed = false;
            }
        }
    });
    port
}

/// Carries bytes until one side ends; true if it swallowed an answer.
async fn relay(mut client: TcpStream, mut server: TcpStream, is_armed: bool) -> bool {
    let (mut from_client, mut from_server) = (vec![0; 65536], vec![0; 65536]);
    loop {
        tokio::select! {
            read = client.read(&mut from_client) => {
                let Ok(length @ 1..) = read else { return false };
                if server.write_all(&from_client[..length]).await.is_err() {
                    return false;
                }
                if is_armed && from_client[..length].windows(6).any(|part| part == b"COMMIT") {
                    // Answered means committed. The client never hears of it.
                    return server.read(&mut from_server).await.is_ok_and(|length| length > 0);
                }
            }
            read = server.read(&mut from_server) => {
                let Ok(length @ 1..) = read else { return false };
                if client.write_all(&from_server[..length]).await.is_err() {
                    return false;
                }
            }
        }
    }
}

/// The address with another port.
fn through(url: &str, port: u16) -> (String, String) {
    let (scheme, rest) = url.split_once("//").expect("a URL");
    let (user, rest) = rest.split_once('@').map_or(("", rest), |(user, rest)| (user, rest));
    let (server, database) = rest.split_once('/').expect("a database");
    (server.to_owned(), format!("{scheme}//{user}@127.0.0.1:{port}/{database}"))
}

#[tokio::test]
async fn a_commit_of_unknown_outcome_is_put_again_without_a_trace() {
    let store = Database::fresh().await;
    let (server, _) = through(store.url(), 0);
    let port = swallow_a_commit(server).await;
    let (_, url) = through(store.url(), port);
    // Migrated already, so that the first transaction is the one of the put.
    let records = Records::postgres(&url, store.options()).await.expect("connects");
    let batch = [record("1"), revision("2", "甲", 1, 1, 1), revision("2", "乙", 2, 1, 1)];
    let error = records.put(&batch).await.expect_err("nobody knows");
    assert!(error.is_transient(), "{error}");
    let before = store.records().counts().await.expect("counts");
    assert_eq!((before.reports, before.revisions), (2, 3), "it was committed");
    let puts = records.put(&batch).await.expect("is stored");
    assert_eq!(puts, [Put::Unchanged, Put::Superseded, Put::Unchanged]);
    assert_eq!(store.records().counts().await.expect("counts"), before);
}

#[tokio::test]
async fn a_server_that_is_away_makes_clear_transient_errors_until_it_is_back() {
    let store = Database::fresh().await;
    store.records().put(&[record("1")]).await.expect("is stored");
    let name = store.url().rsplit('/').next().expect("a database").to_owned();
    // From elsewhere, since nobody may connect to this one meanwhile.
    let other = empty_database().await;
    let mut elsewhere = <PgConnection as sqlx::Connection>::connect(other.url()).await.expect("connects");
    run(&mut elsewhere, &format!("ALTER DATABASE {name} ALLOW_CONNECTIONS false")).await;
    let end_all = format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'");
    run(&mut elsewhere, &end_all).await;

    let records = store.records();
    let errors = [
        records.put(&[record("2")]).await.expect_err("is away"),
        records.list(&Query::default()).await.expect_err("is away"),
        records.get(id("1").as_str()).await.expect_err("is away"),
        records.counts().await.expect_err("is away"),
        records.check().await.expect_err("is away"),
        records.export(&Query::default(), Format::Csv, std::io::sink()).await.expect_err("is away"),
        Records::postgres(store.url(), store.options()).await.err().expect("is away"),
    ];
    for error in errors {
        assert!(matches!(error, StoreError::Unavailable { .. } | StoreError::Refused { .. }), "{error:?}");
        assert!(error.is_transient(), "{error:?}");
        assert!(error.to_string().contains(&name), "{error}");
    }
    run(&mut elsewhere, &format!("ALTER DATABASE {name} ALLOW_CONNECTIONS true")).await;
    assert_eq!(records.put(&[record("2")]).await.expect("is back"), [Put::New]);
    assert_eq!(records.list(&Query::default()).await.expect("is back").len(), 2);
}

#[tokio::test]
async fn nobody_listening_is_said_at_once() {
    // Bound and let go: nobody listens there.
    let port = TcpListener::bind("127.0.0.1:0").await.expect("binds").local_addr().expect("is bound").port();
    let url = format!("postgres://postgres:geheim@127.0.0.1:{port}/records");
    let error = Records::postgres(&url, PostgresOptions::default()).await.err().expect("nobody listens");
    assert!(matches!(error, StoreError::Unavailable { .. }) && error.is_transient(), "{error}");
    let cause = std::error::Error::source(&error).expect("a cause").to_string();
    assert!(error.to_string().contains(&port.to_string()) && !error.to_string().contains("geheim"), "{error}");
    assert!(!cause.contains("geheim"), "{cause}");
}

#[tokio::test]
async fn a_server_that_never_answers_is_given_up() {
    // The system takes the connection in, and nobody ever reads from it.
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("binds");
    let url = format!("postgres://postgres@{}/records", listener.local_addr().expect("is bound"));
    let options = PostgresOptions { connect_timeout: Duration::from_millis(50), ..PostgresOptions::default() };
    let error = Records::postgres(&url, options).await.err().expect("never answers");
    assert!(matches!(error, StoreError::Unavailable { .. }) && error.is_transient(), "{error}");
}

#[tokio::test]
async fn a_closed_store_has_written_what_it_took_and_says_so() {
    let store = Database::fresh().await;
    let mut holder = store.stranger().await;
    run(&mut holder, "BEGIN; LOCK TABLE documents IN SHARE MODE").await;
    let waiting = put(store.records(), vec![record("1")]);
    blocked_by(&mut holder, &mut store.stranger().await).await;
    let closing = store.records().clone();
    let closing = tokio::spawn(async move { closing.close().await });
    yield_now().await;
    run(&mut holder, "COMMIT").await;
    closing.await.expect("ran").expect("closes");
    assert_eq!(waiting.await.expect("ran").expect("is stored"), [Put::New]);
    store.records().close().await.expect("twice is fine");
    let errors = [
        store.records().put(&[record("2")]).await.expect_err("closed"),
        store.records().list(&Query::default()).await.expect_err("closed"),
        store.records().check().await.expect_err("closed"),
    ];
    for error in errors {
        assert!(matches!(error, StoreError::Closed { .. }) && error.is_transient(), "{error}");
    }
    let records = store.another_handle().await;
    assert_eq!(records.counts().await.expect("counts").reports, 1);
}
