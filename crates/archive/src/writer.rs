//! The one thread that writes: appends records to segments and makes them durable in groups.
//!
//! While it waits for the disk, further records queue up, and the next sync covers them all.
//!
//! # Promises
//!
//! - A record is acknowledged only after a sync that came after its last byte.
//! - A record that could not be written whole is cut off again, so that the segment goes on with
//!   the next one. Where even that fails, or a sync does, the segment is abandoned: after a failed
//!   sync nobody knows which bytes reached the disk.

use crate::error::ArchiveError;
use baogao_model::{ContentHash, PayloadRef};
use std::io;
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};

/// The most records that share one sync.
const MAX_BATCH: usize = 256;

/// What the thread is asked to do.
pub(crate) enum Command {
    Append(Job),
    Close(oneshot::Sender<()>),
}

/// One record on its way to the disk.
pub(crate) struct Job {
    /// Its gzip member.
    pub(crate) member: Vec<u8>,
    /// The digest of its payload.
    pub(crate) blake3: ContentHash,
    /// Who waits for it.
    pub(crate) reply: Reply,
    /// The room it takes up while it is in memory.
    pub(crate) room: OwnedSemaphorePermit,
}

/// Where the answer to an append goes.
pub(crate) type Reply = oneshot::Sender<Result<PayloadRef, ArchiveError>>;

/// Where segments are made.
pub(crate) trait Volume {
    /// A segment being written.
    type Segment: Segment;

    /// Makes a new segment with its `warcinfo`.
    fn create(&mut self) -> Result<Self::Segment, ArchiveError>;

    /// Closes a segment for good. A failure leaves it to the next repair.
    fn finish(&mut self, segment: Self::Segment);
}

/// A file being appended to.
pub(crate) trait Segment {
    /// Its name as it stands in references.
    fn name(&self) -> &str;

    /// Its length in bytes.
    fn length(&self) -> u64;

    /// Appends all bytes. After an error any part of them may have been written.
    fn append(&mut self, bytes: &[u8]) -> io::Result<()>;

    /// Cuts it back to `length`.
    fn truncate(&mut self, length: u64) -> io::Result<()>;

    /// Returns once everything appended is durable.
    fn sync(&mut self) -> io::Result<()>;

    /// An error of one of the above as ours.
    fn error(&self, action: &'static str, source: io::Error) -> ArchiveError;
}

/// Works off commands until told to close, or until nobody is left to send any.
pub(crate) fn run<V: Volume>(volume: V, segment_bytes: u64, mut commands: mpsc::Receiver<Command>) {
    let mut writer = Writer { volume, segment_bytes, open: None, pending: Vec::new() };
    while let Some(first) = commands.blocking_recv() {
        let mut next = Some(first);
        let mut taken = 0;
        while let Some(command) = next {
            match command {
                Command::Append(job) => writer.append(job),
                Command::Close(reply) => {
                    writer.close();
                    // Who asked may have stopped waiting.
                    let _ = reply.send(());
                    return;
                }
            }
            taken += 1;
            next = if taken < MAX_BATCH { commands.try_recv().ok() } else { None };
        }
        writer.commit();
    }
    writer.close();
}

/// The state of the thread.
struct Writer<V: Volume> {
    volume: V,
    segment_bytes: u64,
    open: Option<Open<V::Segment>>,
    /// Records written but not yet durable, all in the open segment.
    pending: Vec<(PayloadRef, Reply)>,
}

/// The open segment.
struct Open<S> {
    segment: S,
    /// Up to where it is durable.
    durable: u64,
}

impl<V: Volume> Writer<V> {
    fn append(&mut self, job: Job) {
        let Job { member, blake3, reply, room: _room } = job;
        match self.write(&member) {
            Ok((segment, offset)) => {
                let at = PayloadRef { segment, offset, length: member.len() as u64, blake3 };
                self.pending.push((at, reply));
            }
            Err(error) => {
                let _ = reply.send(Err(error));
            }
        }
    }

    /// Writes one member; the segment it stands in and where it begins.
    fn write(&mut self, member: &[u8]) -> Result<(String, u64), ArchiveError> {
        let is_full = |open: &Open<V::Segment>| open.segment.length() + member.len() as u64 > self.segment_bytes;
        if self.open.as_ref().is_some_and(is_full) {
            self.close();
        }
        if self.open.is_none() {
            let segment = self.volume.create()?;
            self.open = Some(Open { durable: segment.length(), segment });
        }
        let Some(open) = &mut self.open else { return Err(ArchiveError::Closed) };
        let offset = open.segment.length();
        let Err(source) = open.segment.append(member) else { return Ok((open.segment.name().to_owned(), offset)) };
        let error = open.segment.error("write to", source);
        if let Err(source) = open.segment.truncate(offset) {
            tracing::error!(segment = open.segment.name(), %source, "cannot cut off a half-written record");
            // What stands before it may still become durable.
            self.commit();
            self.open = None;
        }
        Err(error)
    }

    /// Makes everything written durable and says so.
    fn commit(&mut self) {
        let Some(open) = &mut self.open else { return };
        if self.pending.is_empty() {
            return;
        }
        let outcome = open.segment.sync();
        match outcome {
            Ok(()) => {
                open.durable = open.segment.length();
                for (at, reply) in self.pending.drain(..) {
                    let _ = reply.send(Ok(at));
                }
            }
            Err(source) => {
                let error = open.segment.error("sync", source);
                // Best effort: what is left of these records was never acknowledged.
                let _ = open.segment.truncate(open.durable);
                for (_, reply) in self.pending.drain(..) {
                    let _ = reply.send(Err(error.clone()));
                }
                self.open = None;
            }
        }
    }

    /// Closes the open segment, if there is one, with everything in it durable.
    fn close(&mut self) {
        self.commit();
        if let Some(open) = self.open.take() {
            self.volume.finish(open.segment);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};
    use tokio::sync::Semaphore;

    /// A disk in memory that fails on command.
    #[derive(Clone, Default)]
    struct Disk(Arc<Mutex<State>>);

    #[derive(Default)]
    struct State {
        segments: Vec<Vec<u8>>,
        finished: Vec<usize>,
        free: Option<usize>,
        fails_truncate: bool,
        fails_sync: bool,
        syncs: usize,
    }

    struct MemorySegment {
        disk: Disk,
        index: usize,
        name: String,
    }

    impl Volume for Disk {
        type Segment = MemorySegment;

        fn create(&mut self) -> Result<MemorySegment, ArchiveError> {
            let mut state = self.0.lock().unwrap();
            state.segments.push(b"info".to_vec());
            let index = state.segments.len() - 1;
            Ok(MemorySegment { disk: self.clone(), index, name: format!("segment-{index}") })
        }

        fn finish(&mut self, segment: MemorySegment) {
            self.0.lock().unwrap().finished.push(segment.index);
        }
    }

    impl Segment for MemorySegment {
        fn name(&self) -> &str {
            &self.name
        }

        fn length(&self) -> u64 {
            self.disk.0.lock().unwrap().segments[self.index].len() as u64
        }

        fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
            let mut state = self.disk.0.lock().unwrap();
            let fitting = state.free.unwrap_or(usize::MAX).min(bytes.len());
            state.segments[self.index].extend_from_slice(&bytes[..fitting]);
            state.free = state.free.map(|free| free - fitting);
            if fitting < bytes.len() { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) }
        }

        fn truncate(&mut self, length: u64) -> io::Result<()> {
            let mut state = self.disk.0.lock().unwrap();
            if state.fails_truncate {
                return Err(io::ErrorKind::ReadOnlyFilesystem.into());
            }
            let freed = state.segments[self.index].len() - length as usize;
            state.segments[self.index].truncate(length as usize);
            state.free = state.free.map(|free| free + freed);
            Ok(())
        }

        fn sync(&mut self) -> io::Result<()> {
            let mut state = self.disk.0.lock().unwrap();
            state.syncs += 1;
            if state.fails_sync { Err(io::Error::other("broken disk")) } else { Ok(()) }
        }

        fn error(&self, action: &'static str, source: io::Error) -> ArchiveError {
            ArchiveError::io(action, self.name.as_ref())(source)
        }
    }

    type Answer = oneshot::Receiver<Result<PayloadRef, ArchiveError>>;

    fn writer(disk: &Disk, segment_bytes: u64) -> Writer<Disk> {
        Writer { volume: disk.clone(), segment_bytes, open: None, pending: Vec::new() }
    }

    fn append(writer: &mut Writer<Disk>, member: &[u8]) -> Answer {
        let (reply, answer) = oneshot::channel();
        let room = Arc::new(Semaphore::new(1)).try_acquire_owned().unwrap();
        writer.append(Job { member: member.to_vec(), blake3: ContentHash::of(member), reply, room });
        answer
    }

    fn place(answer: &mut Answer) -> (String, u64, u64) {
        let at = answer.try_recv().expect("an answer is there").expect("it is no error");
        (at.segment, at.offset, at.length)
    }

    fn error(answer: &mut Answer) -> ArchiveError {
        answer.try_recv().expect("an answer is there").expect_err("it is an error")
    }

    #[test]
    fn nothing_is_acknowledged_before_its_sync() {
        let disk = Disk::default();
        let mut writer = writer(&disk, 1000);
        let (mut one, mut two) = (append(&mut writer, b"one"), append(&mut writer, b"twos"));
        assert!(one.try_recv().is_err() && two.try_recv().is_err());
        writer.commit();
        assert_eq!(place(&mut one), ("segment-0".to_owned(), 4, 3));
        assert_eq!(place(&mut two), ("segment-0".to_owned(), 7, 4));
        assert_eq!(disk.0.lock().unwrap().syncs, 1);
    }

    #[test]
    fn a_full_segment_is_synced_finished_and_followed_by_another() {
        let disk = Disk::default();
        let mut writer = writer(&disk, 10);
        let (mut one, mut two) = (append(&mut writer, b"12345"), append(&mut writer, b"123456789012"));
        assert_eq!(place(&mut one).0, "segment-0");
        let mut three = append(&mut writer, b"1");
        writer.close();
        // A record larger than a segment has one to itself.
        assert_eq!(place(&mut two), ("segment-1".to_owned(), 4, 12));
        assert_eq!(place(&mut three), ("segment-2".to_owned(), 4, 1));
        assert_eq!(disk.0.lock().unwrap().finished, [0, 1, 2]);
    }

    #[test]
    fn a_full_disk_fails_one_record_and_leaves_the_segment_usable() {
        let disk = Disk::default();
        let mut writer = writer(&disk, 1000);
        let mut one = append(&mut writer, b"one");
        disk.0.lock().unwrap().free = Some(4);
        let mut large = append(&mut writer, b"large");
        let mut two = append(&mut writer, b"two");
        writer.commit();
        let failure = error(&mut large);
        assert!(failure.is_transient());
        assert!(failure.to_string().contains("segment-0"), "{failure}");
        assert_eq!(place(&mut one), ("segment-0".to_owned(), 4, 3));
        assert_eq!(place(&mut two), ("segment-0".to_owned(), 7, 3));
        assert_eq!(disk.0.lock().unwrap().segments, [b"infoonetwo"]);
    }

    #[test]
    fn a_record_that_cannot_be_cut_off_ends_its_segment() {
        let disk = Disk::default();
        let mut writer = writer(&disk, 1000);
        let mut one = append(&mut writer, b"one");
        {
            let mut state = disk.0.lock().unwrap();
            (state.free, state.fails_truncate) = (Some(2), true);
        }
        let mut large = append(&mut writer, b"large");
        assert_eq!(place(&mut one), ("segment-0".to_owned(), 4, 3));
        assert!(error(&mut large).is_transient());
        disk.0.lock().unwrap().free = None;
        let mut two = append(&mut writer, b"two");
        writer.close();
        assert_eq!(place(&mut two), ("segment-1".to_owned(), 4, 3));
        let state = disk.0.lock().unwrap();
        assert_eq!(state.finished, [1], "the damaged one is left to repair");
        assert_eq!(state.segments[0], b"infoonela");
    }

    #[test]
    fn a_failed_sync_fails_all_it_would_have_covered_and_ends_the_segment() {
        let disk = Disk::default();
        let mut writer = writer(&disk, 1000);
        let mut safe = append(&mut writer, b"safe");
        writer.commit();
        disk.0.lock().unwrap().fails_sync = true;
        let (mut one, mut two) = (append(&mut writer, b"one"), append(&mut writer, b"two"));
        writer.commit();
        disk.0.lock().unwrap().fails_sync = false;
        assert_eq!(place(&mut safe), ("segment-0".to_owned(), 4, 4));
        assert!(error(&mut one).is_transient() && error(&mut two).is_transient());
        let mut three = append(&mut writer, b"three");
        writer.commit();
        assert_eq!(place(&mut three).0, "segment-1");
        assert_eq!(disk.0.lock().unwrap().segments[0], b"infosafe");
    }
}
