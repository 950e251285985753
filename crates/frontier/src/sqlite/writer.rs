//! The one writer: a thread that commits many small operations together.
//!
//! A commit waits for the disk, so one per operation would bound the whole crawler. The thread
//! takes whatever waits (up to [`BATCH`] operations), runs each in a savepoint of one transaction,
//! commits, and only then answers: an answer means durable. An operation that fails is undone alone.

use crate::error::{Cause, FrontierError};
use rusqlite::{Connection, ErrorCode};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{Notify, mpsc, oneshot};

/// The most operations in one transaction. More gains little (the disk's wait is shared by then)
/// and makes the first wait for the last.
const BATCH: usize = 100;

/// Operations that may wait before callers do.
const QUEUE: usize = 1024;

/// The handle by which operations reach the writer thread.
pub(super) struct Writer {
    /// None after [`Writer::close`].
    jobs: Mutex<Option<mpsc::Sender<Box<dyn Job>>>>,
    /// Resolves when the thread has ended, with what its last checkpoint said.
    ended: tokio::sync::Mutex<Option<oneshot::Receiver<rusqlite::Result<()>>>>,
}

impl Writer {
    /// Starts the thread on an open, migrated connection. `news` is told of new outbox rows.
    pub(super) fn start(conn: Connection, news: Arc<Notify>) -> std::io::Result<Self> {
        let (sender, receiver) = mpsc::channel(QUEUE);
        let (end, ended) = oneshot::channel();
        std::thread::Builder::new().name("frontier-writer".to_owned()).spawn(move || {
            let result = serve(&conn, receiver, &news);
            drop(conn);
            // Nobody waits if the frontier was dropped without a close.
            let _ = end.send(result);
        })?;
        Ok(Self { jobs: Mutex::new(Some(sender)), ended: tokio::sync::Mutex::new(Some(ended)) })
    }

    /// Runs `work` in a transaction and returns its result once that is durable.
    ///
    /// `action` completes "cannot …" in errors. Dropping the call does not stop the work.
    pub(super) async fn run<T, F>(&self, action: &'static str, work: F) -> Result<T, FrontierError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    {
        let closed = FrontierError::Closed { action };
        let jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let Some(jobs) = jobs else { return Err(closed) };
        let (reply, answer) = oneshot::channel();
        let job = Call { action, work: Some(work), result: None, reply };
        if jobs.send(Box::new(job)).await.is_err() {
            return Err(closed);
        }
        answer.await.unwrap_or(Err(closed))
    }

    /// Lets the thread finish what waits, writes the log back into the file and ends the thread.
    pub(super) async fn close(&self) -> Result<(), FrontierError> {
        drop(self.jobs.lock().unwrap_or_else(PoisonError::into_inner).take());
        match self.ended.lock().await.take() {
            Some(ended) => match ended.await {
                Ok(result) => result.map_err(|error| classify("close", error)),
                Err(_) => Err(FrontierError::Closed { action: "close" }),
            },
            None => Ok(()),
        }
    }
}

/// What the writer thread needs of an operation, whatever its result type.
trait Job: Send {
    /// Does the work and keeps its result; says whether its changes stand.
    fn run(&mut self, conn: &Connection) -> bool;
    /// Answers the caller: with the kept result, or with what befell the whole transaction.
    fn finish(self: Box<Self>, fate: Result<(), (Cause, Class)>);
}

struct Call<T, F> {
    action: &'static str,
    work: Option<F>,
    result: Option<rusqlite::Result<T>>,
    reply: oneshot::Sender<Result<T, FrontierError>>,
}

impl<T, F> Job for Call<T, F>
where
    T: Send + 'static,
    F: FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
{
    fn run(&mut self, conn: &Connection) -> bool {
        if let Some(work) = self.work.take() {
            self.result = Some(work(conn));
        }
        matches!(self.result, Some(Ok(_)))
    }

    fn finish(self: Box<Self>, fate: Result<(), (Cause, Class)>) {
        let answer = match (self.result, fate) {
            (Some(Err(error)), _) => Err(classify(self.action, error)),
            (Some(Ok(value)), Ok(())) => Ok(value),
            (_, Err((cause, class))) => Err(class.error(self.action, cause)),
            (None, Ok(())) => Err(FrontierError::Closed { action: self.action }),
        };
        // The caller may have gone; what he asked for is done all the same.
        let _ = self.reply.send(answer);
    }
}

/// The thread's life: batches until all senders are gone, then a checkpoint.
fn serve(conn: &Connection, mut jobs: mpsc::Receiver<Box<dyn Job>>, news: &Notify) -> rusqlite::Result<()> {
    let mut last_seq = last_outbox_seq(conn);
    while let Some(first) = jobs.blocking_recv() {
        let mut batch = vec![first];
        while batch.len() < BATCH
            && let Ok(job) = jobs.try_recv()
        {
            batch.push(job);
        }
        commit(conn, batch);
        let seq = last_outbox_seq(conn);
        if seq != last_seq {
            last_seq = seq;
            news.notify_one();
        }
    }
    conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
}

/// Runs the jobs in one transaction and answers them all.
fn commit(conn: &Connection, batch: Vec<Box<dyn Job>>) {
    let mut done: Vec<Box<dyn Job>> = Vec::with_capacity(batch.len());
    let mut fate = conn.execute_batch("BEGIN IMMEDIATE");
    for mut job in batch {
        if fate.is_ok() {
            fate = run_in_savepoint(conn, job.as_mut());
        }
        done.push(job);
    }
    if fate.is_ok() {
        fate = conn.execute_batch("COMMIT");
    }
    let fate = fate.map_err(|error| {
        if !conn.is_autocommit() {
            // Fails only if the transaction has ended by itself, which is what is wanted.
            let _ = conn.execute_batch("ROLLBACK");
        }
        let class = Class::of(&error);
        (Arc::new(error) as Cause, class)
    });
    for job in done {
        job.finish(fate.clone());
    }
}

/// Runs a job so that its failure undoes it alone. Fails if the transaction itself is lost, as
/// some errors (a full disk) do to it; then nothing of the batch has happened.
fn run_in_savepoint(conn: &Connection, job: &mut dyn Job) -> rusqlite::Result<()> {
    conn.execute_batch("SAVEPOINT job")?;
    if job.run(conn) { conn.execute_batch("RELEASE job") } else { conn.execute_batch("ROLLBACK TO job; RELEASE job") }
}

/// The number of the newest outbox row ever written, or what was known if it cannot be read.
fn last_outbox_seq(conn: &Connection) -> i64 {
    conn.prepare_cached("SELECT seq FROM sqlite_sequence WHERE name = 'outbox'")
        .and_then(|mut statement| statement.query_row([], |row| row.get(0)))
        .unwrap_or(0)
}

/// What a database error means to the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    Full,
    ReadOnly,
    Transient,
    Permanent,
}

impl Class {
    fn of(error: &rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::Full,
            Some(ErrorCode::ReadOnly) => Self::ReadOnly,
            Some(
                ErrorCode::DatabaseBusy
                | ErrorCode::DatabaseLocked
                | ErrorCode::SystemIoFailure
                | ErrorCode::CannotOpen
                | ErrorCode::OutOfMemory,
            ) => Self::Transient,
            _ => Self::Permanent,
        }
    }

    fn error(self, action: &'static str, source: Cause) -> FrontierError {
        match self {
            Self::Full => FrontierError::Full { action, source },
            Self::ReadOnly => FrontierError::ReadOnly { action },
            Self::Transient => FrontierError::Database { action, transient: true, source },
            Self::Permanent => FrontierError::Database { action, transient: false, source },
        }
    }
}

/// The frontier's error for a database error met while doing `action`.
pub(super) fn classify(action: &'static str, error: rusqlite::Error) -> FrontierError {
    Class::of(&error).error(action, Arc::new(error))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A writer on a fresh file with one table.
    fn writer(folder: &tempfile::TempDir) -> Writer {
        let conn = Connection::open(folder.path().join("file.sqlite")).expect("opens");
        conn.execute_batch("PRAGMA journal_mode = WAL; CREATE TABLE t (n INTEGER PRIMARY KEY, body BLOB)")
            .expect("prepares");
        Writer::start(conn, Arc::default()).expect("starts")
    }

    async fn insert(writer: &Writer, n: i64, bytes: i64) -> Result<(), FrontierError> {
        writer
            .run("insert", move |conn| {
                conn.execute("INSERT INTO t VALUES (?1, zeroblob(?2))", [n, bytes])?;
                // A second statement that fails must take the first with it.
                conn.execute("INSERT INTO t SELECT -1, x'' WHERE ?1 = 13", [n])?;
                conn.execute("INSERT INTO t SELECT -1, x'' WHERE ?1 = 13", [n]).map(drop)
            })
            .await
    }

    async fn count(writer: &Writer) -> i64 {
        writer
            .run("count", |conn| conn.query_row("SELECT count(*) FROM t", [], |row| row.get(0)))
            .await
            .expect("counts")
    }

    #[tokio::test]
    async fn a_job_that_fails_is_undone_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let writer = Arc::new(writer(&folder));
        let jobs: Vec<_> = (0..300)
            .map(|n| {
                let writer = Arc::clone(&writer);
                tokio::spawn(async move { (n, insert(&writer, n, 1).await) })
            })
            .collect();
        for job in jobs {
            let (n, result) = job.await.expect("runs");
            assert_eq!(result.is_ok(), n != 13, "job {n}: {result:?}");
        }
        assert_eq!(count(&writer).await, 299);
        writer.close().await.expect("closes");
        let error = insert(&writer, 1000, 1).await.expect_err("is closed");
        assert!(matches!(error, FrontierError::Closed { action: "insert" }));
        writer.close().await.expect("closes twice");
    }

    #[tokio::test]
    async fn a_full_disk_is_waited_out() {
        let folder = tempfile::tempdir().expect("a folder");
        let writer = writer(&folder);
        let limit = |pages: i64| {
            writer.run("limit", move |conn| {
                conn.query_row(&format!("PRAGMA max_page_count = {pages}"), [], |row| row.get::<_, i64>(0))
            })
        };
        insert(&writer, 1, 1000).await.expect("fits");
        limit(10).await.expect("sets");
        let error = insert(&writer, 2, 1_000_000).await.expect_err("is full");
        assert!(matches!(error, FrontierError::Full { .. }) && error.is_transient(), "{error:?}");
        assert_eq!(count(&writer).await, 1);
        limit(10_000).await.expect("sets");
        insert(&writer, 2, 1_000_000).await.expect("fits again");
        assert_eq!(count(&writer).await, 2);
    }
}
