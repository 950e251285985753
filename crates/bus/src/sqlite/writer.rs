//! The one thread that writes: group commit, delivery, waiting for what is due.
//!
//! # Promises
//!
//! - A reply comes after the commit that made the change durable (WAL, synchronous=FULL). Up to
//!   [`MAX_GROUP`] waiting changes share one transaction and so one sync of the disk.
//! - A change that fails does not poison its group: the group is rolled back and each change tried alone.
//! - A delivery is marked as out before its consumer sees it. That mark needs no sync: a process that dies
//!   leaves it in the system's cache, and after a loss of power the message is merely ready again.
//! - What cannot be written for want of room fails and is reported; the thread goes on and delivers again
//!   as soon as it can. A decision that could not be stored becomes a hand-back, tried until it is stored.
//! - Dead letters that another process replays are delivered, and its listeners hear, within [`VISITORS_EVERY`]:
//!   the thread asks SQLite that often whether somebody else has written.

use super::apply::Scope;
use super::consumers::{ConsumerId, Consumers};
use super::inbox::{Command, Inbox, Pending, Reply, Write};
use super::listeners::{self, Listeners};
use super::topology::Topology;
use super::{recovery, rows, schema, sqlite_error};
use crate::backend::Received;
use crate::{BusError, Options};
use jiff::Timestamp;
use rusqlite::{Connection, Transaction, TransactionBehavior};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// How many changes share a transaction at most.
const MAX_GROUP: usize = 100;

/// How many messages of one queue are read at a time, so that waiting changes get their turn.
const MAX_TAKE: usize = 256;

/// How long to wait after a delivery failed for want of room, or a hand-back did.
const PAUSE: Duration = Duration::from_secs(1);

/// The longest sleep while a retry is due: the system clock may be set while the thread sleeps.
const LONGEST_SLEEP: Duration = Duration::from_secs(60);

/// Between two looks whether a visitor has replayed dead letters or begun to listen: soon enough for the person
/// who did, and rare enough to cost nothing.
const VISITORS_EVERY: Duration = Duration::from_millis(500);

/// Free pages (16 MiB) that stay in the file for the next messages, and how many beyond are given back at
/// a time, while nothing else is to do.
const FREE_PAGES_KEPT: i64 = 4096;
const FREE_PAGES_AT_A_TIME: i64 = 1024;

/// The thread's state. See the module.
struct Writer {
    path: PathBuf,
    options: Options,
    conn: Connection,
    commands: Receiver<Command>,
    topology: Topology,
    listeners: Listeners,
    consumers: Consumers,
    /// Consumers that wait for a suspect.
    asking: Vec<(ConsumerId, oneshot::Sender<Received>)>,
    /// Deliveries whose decision could not be stored: they are to be handed back.
    owed: Vec<i64>,
    last_position: i64,
    /// What `PRAGMA synchronous` is set to.
    sync: Sync,
    /// No delivery before this: the last one failed.
    paused_until: Option<Instant>,
    visitors: Visitors,
}

/// What is known of writers beside this one.
struct Visitors {
    /// `PRAGMA data_version` at the last look. It changes when another connection commits.
    data_version: i64,
    looked_at: Instant,
    /// Whether the listeners could not be served at that look.
    is_owed: bool,
}

/// Whether a commit waits for the disk.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sync {
    Full,
    Normal,
}

/// Opens the file, takes back what a dead predecessor had out, and starts the thread. Blocks.
pub(super) fn start(path: &Path, options: Options) -> Result<Inbox, BusError> {
    let mut conn = schema::open_writer(path, &options)?;
    let in_file = |error| sqlite_error(path, error);
    recovery::recover(&mut conn, &options, now_micros()).map_err(in_file)?;
    let topology = Topology::load(&conn).map_err(in_file)?;
    // Before anything is published, so that whoever listened to our predecessor misses nothing.
    let mut sync = Sync::Full;
    let listeners = serve_listeners(&mut conn, &mut sync).map_err(in_file)?;
    let last_position = rows::last_position(&conn).map_err(in_file)?;
    let visitors =
        Visitors { data_version: data_version(&conn).map_err(in_file)?, looked_at: Instant::now(), is_owed: false };
    let (sender, commands) = channel();
    let writer = Writer {
        path: path.to_owned(),
        options,
        conn,
        commands,
        topology,
        listeners,
        consumers: Consumers::default(),
        asking: Vec::new(),
        owed: Vec::new(),
        last_position,
        sync,
        paused_until: None,
        visitors,
    };
    thread::Builder::new()
        .name("bus-writer".to_owned())
        .spawn(move || writer.run())
        .map_err(|source| BusError::Open { path: path.to_owned(), source: source.into() })?;
    Ok(Inbox::new(sender))
}

impl Writer {
    fn run(mut self) {
        loop {
            let sleep = self.sleep();
            // Disconnected: every handle, consumer and delivery has gone.
            let Ok(commands) = self.collect(sleep) else { return self.close(None) };
            // First, so that who listens hears what these commands publish.
            self.notice_visitors();
            if let Some(reply) = self.process(commands) {
                return self.close(Some(reply));
            }
            self.deliver();
        }
    }

    /// How long to wait for a command; `None` for any time.
    fn sleep(&mut self) -> Option<Duration> {
        let idle = self.idle_time();
        // Without consumers there is nobody to deliver a visitor's replay to; listeners expire.
        if self.consumers.is_empty() && self.listeners.is_empty() {
            idle
        } else {
            Some(idle.unwrap_or(VISITORS_EVERY).min(VISITORS_EVERY))
        }
    }

    /// How long nothing will be to do unless a command or a visitor comes; `None` for any time.
    fn idle_time(&mut self) -> Option<Duration> {
        if let Some(until) = self.paused_until {
            return Some(until.saturating_duration_since(Instant::now()));
        }
        if !self.wanted().is_empty() || self.give_back_pages().unwrap_or(false) {
            return Some(Duration::ZERO);
        }
        match rows::next_due(&self.conn) {
            Ok(None) => None,
            Ok(Some(due)) => {
                let micros = due.saturating_sub(now_micros());
                Some(Duration::from_micros(u64::try_from(micros).unwrap_or(0)).min(LONGEST_SLEEP))
            }
            Err(_) => Some(PAUSE),
        }
    }

    fn notice_visitors(&mut self) {
        if self.visitors.looked_at.elapsed() >= VISITORS_EVERY {
            self.look_around();
        }
    }

    /// Lets go of what is known about the queues and listeners if another process has changed them.
    fn look_around(&mut self) {
        self.visitors.looked_at = Instant::now();
        let is_changed = match data_version(&self.conn) {
            Ok(version) => std::mem::replace(&mut self.visitors.data_version, version) != version,
            // Delivery meets the same failure and tells it; until then, look again.
            Err(_) => true,
        };
        if is_changed {
            self.topology.wake_all();
        }
        if is_changed || self.visitors.is_owed || self.listeners.has_expired(now_micros()) {
            let served = serve_listeners(&mut self.conn, &mut self.sync);
            self.visitors.is_owed = served.is_err();
            match served {
                Ok(listeners) => self.listeners = listeners,
                Err(error) => tracing::debug!(%error, "listeners cannot be served just now"),
            }
        }
    }

    /// Waits for a command, then takes what else is there, up to a group.
    fn collect(&self, sleep: Option<Duration>) -> Result<Vec<Command>, RecvTimeoutError> {
        let first = match sleep {
            None => self.commands.recv().map_err(|_| RecvTimeoutError::Disconnected)?,
            Some(sleep) => match self.commands.recv_timeout(sleep) {
                Err(RecvTimeoutError::Timeout) => return Ok(Vec::new()),
                other => other?,
            },
        };
        let mut commands = vec![first];
        while commands.len() < MAX_GROUP
            && let Ok(command) = self.commands.try_recv()
        {
            commands.push(command);
        }
        Ok(commands)
    }

    /// Carries out the commands; gives the reply address of a [`Command::Close`].
    fn process(&mut self, commands: Vec<Command>) -> Option<Reply> {
        let mut group = Vec::new();
        for command in commands {
            match command {
                Command::Write(pending) if matches!(pending.write, Write::Declare(_)) => {
                    self.commit(std::mem::take(&mut group));
                    self.declare(pending);
                }
                Command::Write(pending) => group.push(pending),
                Command::Subscribe { consumer, queue, prefetch, items, inbox, reply } => {
                    let result = match self.topology.id_of(&queue) {
                        Some(queue) => {
                            self.consumers.add(consumer, queue, prefetch, items, inbox);
                            Ok(0)
                        }
                        None => Err(BusError::UnknownQueue { queue }),
                    };
                    // Whoever asked may have gone; then its `Unsubscribe` is under way.
                    let _ = reply.send(result);
                }
                Command::Unsubscribe { consumer } => self.consumers.remove(consumer),
                Command::AskForSuspect { consumer, give } => {
                    self.consumers.offer_taken(consumer);
                    self.asking.push((consumer, give));
                }
                Command::LookAround => self.look_around(),
                Command::Close { reply } => {
                    self.commit(group);
                    return Some(reply);
                }
            }
        }
        self.commit(group);
        None
    }

    /// Commits a declaration by itself, so that what follows is routed by it.
    fn declare(&mut self, pending: Pending) {
        let result = self.transact(&[&pending.write]).and_then(|count| {
            self.topology = Topology::load(&self.conn)?;
            Ok(count)
        });
        self.finish(pending, result.map(|_| 0));
    }

    /// Makes the changes durable, together if that works, else each as far as it can be.
    fn commit(&mut self, group: Vec<Pending>) {
        if group.len() > 1 {
            let writes: Vec<&Write> = group.iter().map(|pending| &pending.write).collect();
            match self.transact(&writes) {
                Ok(counts) => {
                    for (pending, count) in group.into_iter().zip(counts) {
                        self.finish(pending, Ok(count));
                    }
                    return;
                }
                Err(error) => tracing::debug!(%error, changes = group.len(), "group failed; trying each change alone"),
            }
        }
        for pending in group {
            let result = self.transact(&[&pending.write]);
            self.finish(pending, result.map(|counts| counts.into_iter().sum()));
        }
    }

    /// Applies the changes in one transaction; gives the rows each concerned.
    fn transact(&mut self, writes: &[&Write]) -> rusqlite::Result<Vec<u64>> {
        set_sync(&self.conn, &mut self.sync, Sync::Full)?;
        let tx = self.conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut scope = Scope {
            conn: &tx,
            topology: &mut self.topology,
            listeners: &self.listeners,
            options: &self.options,
            last_position: &mut self.last_position,
            now: now_micros(),
        };
        let mut counts = Vec::with_capacity(writes.len());
        for write in writes {
            counts.push(scope.apply(write)?);
        }
        tx.commit()?;
        Ok(counts)
    }

    /// Brings the memory in line with what became of a change, and replies.
    fn finish(&mut self, pending: Pending, result: rusqlite::Result<u64>) {
        if let Write::Settle { delivery, .. } = pending.write {
            match result {
                Ok(_) => self.consumers.came_back(delivery),
                Err(_) => self.owed.push(delivery),
            }
        }
        let result = result.map_err(|error| sqlite_error(&self.path, error));
        match (pending.reply, result) {
            // Whoever asked may have stopped waiting.
            (Some(reply), result) => drop(reply.send(result)),
            (None, Ok(_)) => {}
            (None, Err(error)) => tracing::warn!(error = &error as &dyn std::error::Error, "hand-back not stored yet"),
        }
    }

    /// Sends out what can go. A failure is no message's fault: it pauses delivery, and loses nothing.
    fn deliver(&mut self) {
        let now = Instant::now();
        if self.paused_until.is_some_and(|until| now < until) {
            return;
        }
        match self.try_deliver() {
            Ok(()) => {
                if self.paused_until.take().is_some() {
                    tracing::info!("the bus delivers again");
                }
            }
            Err(error) => {
                if self.paused_until.is_none() {
                    let error = sqlite_error(&self.path, error);
                    tracing::warn!(error = &error as &dyn std::error::Error, "the bus cannot deliver; trying again");
                }
                self.paused_until = Some(now + PAUSE);
            }
        }
    }

    fn try_deliver(&mut self) -> rusqlite::Result<()> {
        self.hand_back_owed()?;
        self.release_due()?;
        self.hand_out()?;
        self.hand_out_suspects()?;
        self.offer_suspects();
        Ok(())
    }

    /// Hands back deliveries whose decision could not be stored.
    fn hand_back_owed(&mut self) -> rusqlite::Result<()> {
        if self.owed.is_empty() {
            return Ok(());
        }
        let tx = unsynced(&mut self.conn, &mut self.sync)?;
        for delivery in &self.owed {
            if let Some((queue, suspicion)) = rows::hand_back(&tx, *delivery)? {
                self.topology.wake(queue, suspicion);
            }
        }
        tx.commit()?;
        for delivery in self.owed.drain(..) {
            self.consumers.came_back(delivery);
        }
        Ok(())
    }

    /// Puts retries, and suspects that have rested, back into their queues when they are due.
    fn release_due(&mut self) -> rusqlite::Result<()> {
        let now = now_micros();
        if rows::next_due(&self.conn)?.is_none_or(|due| due > now) {
            return Ok(());
        }
        self.last_position += 1;
        let tx = unsynced(&mut self.conn, &mut self.sync)?;
        rows::release_due(&tx, now, self.last_position)?;
        tx.commit()?;
        self.topology.wake_all();
        Ok(())
    }

    /// The queues that may have ordinary messages for consumers with room, and the room.
    fn wanted(&self) -> Vec<(i64, usize)> {
        let mut wanted = Vec::new();
        for (queue, credit) in self.consumers.credit_by_queue() {
            if credit > 0 && self.topology.may_have(queue, 0..=0) {
                wanted.push((queue, credit.min(MAX_TAKE)));
            }
        }
        wanted
    }

    /// Sends ordinary messages to the consumers that have room.
    fn hand_out(&mut self) -> rusqlite::Result<()> {
        let wanted = self.wanted();
        if wanted.is_empty() {
            return Ok(());
        }
        let tx = unsynced(&mut self.conn, &mut self.sync)?;
        let mut taken = Vec::with_capacity(wanted.len());
        for (queue, limit) in wanted {
            taken.push((queue, limit, rows::take_ready(&tx, queue, limit)?));
        }
        tx.commit()?;
        for (queue, limit, messages) in taken {
            if messages.len() < limit {
                self.topology.found_none(queue, 0..=0);
            }
            for message in messages {
                self.consumers.deliver(queue, message);
            }
        }
        Ok(())
    }

    /// Gives suspects to those who asked, as far as the rule of isolation allows. The others hear a
    /// hang-up and go on with ordinary messages.
    fn hand_out_suspects(&mut self) -> rusqlite::Result<()> {
        for (consumer, give) in std::mem::take(&mut self.asking) {
            let Some(queue) = self.consumers.queue_of(consumer) else { continue };
            let allowed = self.consumers.suspects_allowed(queue);
            if allowed == 0 {
                continue;
            }
            let tx = unsynced(&mut self.conn, &mut self.sync)?;
            let taken = rows::take_suspect(&tx, queue, allowed)?;
            tx.commit()?;
            match taken {
                Some(message) => self.consumers.give_suspect(consumer, message, give),
                None => self.topology.found_none(queue, 1..=allowed),
            }
        }
        Ok(())
    }

    fn offer_suspects(&mut self) {
        for queue in self.consumers.queues() {
            if self.topology.may_have(queue, 1..=2) {
                let allowed = self.consumers.suspects_allowed(queue);
                if allowed > 0 && self.topology.may_have(queue, 1..=allowed) {
                    self.consumers.offer_suspect(queue);
                }
            }
        }
    }

    /// Gives some free pages back to the disk if there are many; says whether it did.
    fn give_back_pages(&mut self) -> rusqlite::Result<bool> {
        let free: i64 = self.conn.pragma_query_value(None, "freelist_count", |row| row.get(0))?;
        if free <= FREE_PAGES_KEPT {
            return Ok(false);
        }
        set_sync(&self.conn, &mut self.sync, Sync::Normal)?;
        let mut vacuum = self.conn.prepare(&format!("PRAGMA incremental_vacuum({FREE_PAGES_AT_A_TIME})"))?;
        // It frees one page for each row it gives.
        let mut freed = vacuum.query([])?;
        let mut any = false;
        while freed.next()?.is_some() {
            any = true;
        }
        Ok(any)
    }

    /// Hands back what is out, moves the log into the file, closes it, and only then replies.
    fn close(mut self, reply: Option<Reply>) {
        let result = self.flush().map_err(|error| sqlite_error(&self.path, error));
        if let Err(error) = &result {
            tracing::warn!(error = error as &dyn std::error::Error, "the bus did not close cleanly");
        }
        drop(self);
        if let Some(reply) = reply {
            // Whoever asked may have stopped waiting.
            let _ = reply.send(result.map(|()| 0));
        }
    }

    fn flush(&mut self) -> rusqlite::Result<()> {
        set_sync(&self.conn, &mut self.sync, Sync::Full)?;
        let tx = self.conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for delivery in self.consumers.deliveries_out() {
            rows::hand_back(&tx, delivery)?;
        }
        listeners::leave(&tx)?;
        tx.commit()?;
        // Gives a row; a reader in the way makes it do less, which is no failure.
        self.conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
    }
}

/// Says to those who listen that they are served, and clears up after those who have gone.
fn serve_listeners(conn: &mut Connection, sync: &mut Sync) -> rusqlite::Result<Listeners> {
    if !listeners::are_any(conn)? {
        return Ok(Listeners::default());
    }
    let tx = unsynced(conn, sync)?;
    let listeners = Listeners::serve(&tx, now_micros())?;
    tx.commit()?;
    Ok(listeners)
}

/// Begins a transaction whose commit does not wait for the disk; see the module for what may use it.
fn unsynced<'c>(conn: &'c mut Connection, sync: &mut Sync) -> rusqlite::Result<Transaction<'c>> {
    set_sync(conn, sync, Sync::Normal)?;
    conn.transaction_with_behavior(TransactionBehavior::Immediate)
}

/// Sets whether commits wait for the disk, unless it is set so.
fn set_sync(conn: &Connection, current: &mut Sync, wanted: Sync) -> rusqlite::Result<()> {
    if *current != wanted {
        // Never a cached statement: this pragma acts when it is prepared, not when it is run.
        conn.execute_batch(match wanted {
            Sync::Full => "PRAGMA synchronous = FULL",
            Sync::Normal => "PRAGMA synchronous = NORMAL",
        })?;
        *current = wanted;
    }
    Ok(())
}

fn data_version(conn: &Connection) -> rusqlite::Result<i64> {
    conn.pragma_query_value(None, "data_version", |row| row.get(0))
}

fn now_micros() -> i64 {
    Timestamp::now().as_microsecond()
}
