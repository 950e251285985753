//! The task that writes to a bucket: gathers records into segments and sends each as one object.
//!
//! An object cannot be appended to, so a record is durable when its whole segment is. A segment is
//! therefore closed soon: when it is full, or a moment after its first record, and those who wait
//! for records that came in meanwhile share it.
//!
//! # Promises
//!
//! - A record is acknowledged only after the store has confirmed its whole segment.
//! - A segment that is not confirmed was either not written or holds records that nobody refers to:
//!   every one of its appends has failed.
//! - What is not acknowledged takes no more memory than the room that appends must have.

use crate::archive::ArchiveConfig;
use crate::bucket::Bucket;
use crate::digest::Names;
use crate::error::ArchiveError;
use crate::record::warcinfo;
use crate::writer::{Command, Job, Reply};
use baogao_model::PayloadRef;
use bytes::Bytes;
use jiff::Timestamp;
use std::future::pending;
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

/// Segments on their way at once. While as many are, the open one waits and grows.
const MAX_UPLOADS: usize = 4;

/// Works off commands until told to close, or until nobody is left to send any.
pub(crate) async fn run(
    bucket: Bucket,
    config: ArchiveConfig,
    names: Arc<Names>,
    mut commands: mpsc::Receiver<Command>,
) {
    let mut uploader = Uploader { bucket, config, names, serial: 0, open: None, uploads: JoinSet::new() };
    loop {
        let due = uploader.due();
        tokio::select! {
            Some(_) = uploader.uploads.join_next(), if !uploader.uploads.is_empty() => {}
            () = until(due) => uploader.seal().await,
            command = commands.recv() => match command {
                Some(Command::Append(job)) => uploader.append(job).await,
                Some(Command::Close(reply)) => {
                    uploader.finish().await;
                    // Who asked may have stopped waiting.
                    let _ = reply.send(());
                    return;
                }
                None => return uploader.finish().await,
            },
        }
    }
}

/// Waits until a moment; for ever where there is none.
async fn until(due: Option<Instant>) {
    match due {
        Some(due) => sleep_until(due).await,
        None => pending().await,
    }
}

/// The state of the task.
struct Uploader {
    bucket: Bucket,
    config: ArchiveConfig,
    names: Arc<Names>,
    serial: u32,
    open: Option<Open>,
    uploads: JoinSet<()>,
}

/// The segment that records are being put into.
struct Open {
    name: String,
    /// Its members, the `warcinfo` first.
    members: Vec<Bytes>,
    length: u64,
    due: Instant,
    waiting: Vec<Waiting>,
}

/// Somebody who waits for a record to be durable.
struct Waiting {
    at: PayloadRef,
    reply: Reply,
    /// Held until the record is out of memory.
    _room: OwnedSemaphorePermit,
}

impl Uploader {
    /// When the open segment is to be closed; none while it had to wait for another anyway.
    fn due(&self) -> Option<Instant> {
        self.open.as_ref().filter(|_| self.uploads.len() < MAX_UPLOADS).map(|open| open.due)
    }

    async fn append(&mut self, job: Job) {
        let Job { member, blake3, reply, room } = job;
        let length = member.len() as u64;
        let limit = self.config.object_bytes;
        if self.open.as_ref().is_some_and(|open| open.length + length > limit) {
            self.seal().await;
        }
        let open = match self.open.take() {
            Some(open) => open,
            None => self.begin(),
        };
        let open = self.open.insert(open);
        let at = PayloadRef { segment: open.name.clone(), offset: open.length, length, blake3 };
        open.members.push(member.into());
        open.length += length;
        open.waiting.push(Waiting { at, reply, _room: room });
        if open.length >= limit {
            self.seal().await;
        }
    }

    /// Begins a segment with its `warcinfo`.
    fn begin(&mut self) -> Open {
        let now = Timestamp::now();
        self.serial += 1;
        let name = self.names.segment(now, self.serial);
        let info = Bytes::from(warcinfo(&self.names.record_id(), now, &name.file, &self.config.software));
        let (length, due) = (info.len() as u64, Instant::now() + self.config.object_age);
        Open { name: name.path, members: vec![info], length, due, waiting: Vec::new() }
    }

    /// Sends the open segment on its way, if there is one, once there is a place among the others.
    async fn seal(&mut self) {
        let Some(open) = self.open.take() else { return };
        while self.uploads.len() >= MAX_UPLOADS {
            self.uploads.join_next().await;
        }
        self.uploads.spawn(upload(self.bucket.clone(), open));
    }

    /// Sends what is left and waits for all of it.
    async fn finish(&mut self) {
        self.seal().await;
        while self.uploads.join_next().await.is_some() {}
    }
}

/// Writes a segment and tells those who wait for its records.
async fn upload(bucket: Bucket, segment: Open) {
    let Open { name, members, waiting, .. } = segment;
    let put = bucket.put(&name, members).await;
    if let Err(error) = &put {
        // Told of by those who wait.
        tracing::debug!(segment = name, records = waiting.len(), %error, "a segment could not be written");
    }
    for Waiting { at, reply, .. } in waiting {
        // Whoever has stopped waiting does not refer to it.
        let _ = reply.send(put.as_ref().map(|()| at).map_err(ArchiveError::clone));
    }
}
