//! A listener's own side, in whichever process: it makes a row, renews it, and reads what the owner of the file
//! puts there for it.
//!
//! It writes one row now and then, in transactions that do not wait for the disk, and reads in portions with no
//! transaction left open, so that neither the owner nor the checkpoint of its log waits for it.

use super::{blocking, rows, schema, sqlite_error};
use crate::BusError;
use crate::listener::{Ear, Heard};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::sleep;

/// How many may listen at a time, which bounds what the file keeps for them.
const MOST_LISTENERS: u32 = 8;

/// Between two looks at the file.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Between two looks after one that failed.
const PAUSE: Duration = Duration::from_secs(1);

/// How long a row is good, how often it is renewed, and how often it says what may be deleted.
const GOOD_FOR: Duration = Duration::from_secs(15);
const RENEW_EVERY: Duration = Duration::from_secs(5);
const SAY_EVERY: Duration = Duration::from_millis(250);

/// An owner that is at work serves a listener sooner.
const SERVED_WITHIN: Duration = Duration::from_secs(2);

/// How much is read at a time.
const PORTION: usize = 256;
const PORTION_BYTES: usize = 4 * 1024 * 1024;

/// Begins to listen to the file at `path`.
pub(super) async fn listen(path: &Path, patterns: Vec<String>, ear: Arc<Ear>) -> Result<JoinHandle<()>, BusError> {
    let path = path.to_owned();
    let desk = blocking(move || Desk::open(&path, &patterns)).await?;
    Ok(tokio::spawn(attend(desk, ear)))
}

/// Looks at the file until the ear is ended.
async fn attend(mut desk: Desk, ear: Arc<Ear>) {
    while !ear.is_ended() {
        let listening = Arc::clone(&ear);
        let looked = spawn_blocking(move || {
            let looked = desk.look(&listening);
            (desk, looked)
        });
        // It fails only with the runtime.
        let Ok((back, looked)) = looked.await else { return };
        desk = back;
        let pause = match looked {
            Ok(true) => continue,
            Ok(false) => LOOK_EVERY,
            Err(error) => match sqlite_error(&desk.path, error) {
                error if error.is_transient() => {
                    desk.standing = Standing::Unknown;
                    ear.hear(Heard::Away(described(&error)));
                    PAUSE
                }
                error => return ear.end(Some(error)),
            },
        };
        tokio::select! {
            () = ear.ended() => {}
            () = sleep(pause) => {}
        }
    }
    // A row that cannot be given up now expires.
    let _ = spawn_blocking(move || desk.leave()).await;
}

/// What the listener knows of its row.
struct Desk {
    path: PathBuf,
    conn: Connection,
    patterns: String,
    id: i64,
    since: Instant,
    standing: Standing,
    /// Of the last message read.
    read: i64,
    /// What the row says of it, and since when.
    said: i64,
    said_at: Instant,
    /// `PRAGMA data_version` at the last look. It changes when another connection commits.
    data_version: Option<i64>,
}

/// Whether the listener is served, as it has last heard.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Standing {
    Unknown,
    Served,
    Unserved,
}

impl Desk {
    fn open(path: &Path, patterns: &[String]) -> Result<Self, BusError> {
        let mut conn = schema::open_visitor(path)?;
        let in_file = |error| sqlite_error(path, error);
        // What is lost with the power is a row that nobody misses.
        conn.pragma_update(None, "synchronous", "NORMAL").map_err(in_file)?;
        // The owner's task, which waits for the disk.
        conn.pragma_update(None, "wal_autocheckpoint", 0).map_err(in_file)?;
        let patterns = serde_json::json!(patterns).to_string();
        let id = register(&mut conn, &patterns).map_err(in_file)?;
        let id = id.ok_or_else(|| BusError::TooManyListeners { path: path.to_owned(), most: MOST_LISTENERS })?;
        let now = Instant::now();
        Ok(Self {
            path: path.to_owned(),
            conn,
            patterns,
            id,
            since: now,
            standing: Standing::Unknown,
            read: 0,
            said: 0,
            said_at: now,
            data_version: None,
        })
    }

    /// Takes in what there is to hear; says whether there is more at once.
    fn look(&mut self, ear: &Ear) -> rusqlite::Result<bool> {
        let version = Some(self.conn.pragma_query_value(None, "data_version", |row| row.get(0))?);
        let is_late = self.standing == Standing::Unknown && self.since.elapsed() > SERVED_WITHIN;
        let mut is_more = false;
        if version != self.data_version || is_late {
            let Some(is_served) = self.is_served()? else {
                self.register_anew(ear)?;
                return Ok(false);
            };
            if is_served {
                self.tell_standing(true, ear);
            }
            is_more = self.read_portion(ear)?;
            if !is_more {
                // Last, since an owner that leaves has published before.
                self.tell_standing(is_served, ear);
                self.data_version = version;
            }
        }
        let quiet = self.said_at.elapsed();
        if quiet >= RENEW_EVERY || (self.read > self.said && quiet >= SAY_EVERY) {
            self.say()?;
        }
        Ok(is_more)
    }

    /// Whether an owner knows of the row; none if the row has expired and was deleted.
    fn is_served(&self) -> rusqlite::Result<Option<bool>> {
        self.conn
            .prepare_cached("SELECT is_served FROM listener WHERE id = ?1")?
            .query_row([self.id], |row| row.get(0))
            .optional()
    }

    fn tell_standing(&mut self, is_served: bool, ear: &Ear) {
        let standing = match is_served {
            true => Standing::Served,
            // It takes a moment.
            false if self.standing == Standing::Unknown && self.since.elapsed() < SERVED_WITHIN => return,
            false => Standing::Unserved,
        };
        if standing != self.standing {
            self.standing = standing;
            ear.hear(if is_served { Heard::Began } else { Heard::NobodyAtWork });
        }
    }

    /// Reads some messages, in order; says whether there may be more.
    fn read_portion(&mut self, ear: &Ear) -> rusqlite::Result<bool> {
        let mut portion = Vec::new();
        {
            let mut statement = self.conn.prepare_cached(
                "SELECT h.n, m.* FROM heard h JOIN message m ON m.seq = h.message_seq
                 WHERE h.listener_id = ?1 AND h.n > ?2 ORDER BY h.n",
            )?;
            let mut found = statement.query([self.id, self.read])?;
            let mut bytes = 0;
            while portion.len() < PORTION
                && bytes < PORTION_BYTES
                && let Some(row) = found.next()?
            {
                let message = rows::message(row)?;
                bytes += message.body.len();
                portion.push((row.get::<_, i64>(0)?, message));
            }
        }
        let is_any = !portion.is_empty();
        for (n, message) in portion {
            if n > self.read + 1 {
                ear.hear(Heard::Missed(u64::try_from(n - self.read - 1).ok()));
            }
            self.read = n;
            ear.hear(Heard::Message(message));
        }
        Ok(is_any)
    }

    /// Renews the row, and says what has been read.
    fn say(&mut self) -> rusqlite::Result<()> {
        self.conn
            .prepare_cached("UPDATE listener SET expires_at = ?2, read_to = ?3 WHERE id = ?1")?
            .execute(params![self.id, expiry(), self.read])?;
        self.said = self.read;
        self.said_at = Instant::now();
        Ok(())
    }

    /// Begins anew after this process was held up for longer than its row was good.
    fn register_anew(&mut self, ear: &Ear) -> rusqlite::Result<()> {
        let Some(id) = register(&mut self.conn, &self.patterns)? else {
            // Tried again at the next look.
            return Ok(());
        };
        ear.hear(Heard::Missed(None));
        self.id = id;
        (self.read, self.said, self.said_at) = (0, 0, Instant::now());
        (self.standing, self.since) = (Standing::Unknown, Instant::now());
        self.data_version = None;
        Ok(())
    }

    /// Gives the row up. The owner deletes it, or the next one does.
    fn leave(self) -> rusqlite::Result<()> {
        self.conn.execute("UPDATE listener SET expires_at = 0 WHERE id = ?1", [self.id]).map(drop)
    }
}

/// Makes a row; none where there are too many.
fn register(conn: &mut Connection, patterns: &str) -> rusqlite::Result<Option<i64>> {
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let now = Timestamp::now().as_microsecond();
    let others: u32 = tx.query_row("SELECT count(*) FROM listener WHERE expires_at > ?1", [now], |row| row.get(0))?;
    if others >= MOST_LISTENERS {
        return Ok(None);
    }
    tx.execute("INSERT INTO listener (patterns, expires_at) VALUES (?1, ?2)", params![patterns, expiry()])?;
    let id = tx.last_insert_rowid();
    tx.commit()?;
    Ok(Some(id))
}

/// Until when a row is good that is renewed now, in microseconds since 1970.
fn expiry() -> i64 {
    let micros = i64::try_from(GOOD_FOR.as_micros()).unwrap_or(i64::MAX);
    Timestamp::now().as_microsecond().saturating_add(micros)
}

/// An error with its cause in one line.
fn described(error: &BusError) -> String {
    match std::error::Error::source(error) {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}
