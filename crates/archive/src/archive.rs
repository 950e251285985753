//! The handle that crawlers append through and scrapers read through.

use crate::bucket::Bucket;
use crate::digest::Names;
use crate::directory::{self, Directory, check_name, segment_path};
use crate::error::ArchiveError;
use crate::exchange::{Archived, Exchange};
use crate::graves::Graves;
use crate::location::Location;
use crate::record;
use crate::repair::close_abandoned;
use crate::segments::{self, Scan, SegmentEntry};
use crate::upload;
use crate::writer::{self, Command, Job};
use baogao_model::{ContentHash, PayloadRef, Target, Tombstone, Tombstones};
use bytes::Bytes;
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Semaphore, mpsc, oneshot};

/// How many records may wait for the writer before `append` itself waits.
const QUEUE: usize = 256;

/// How to write an archive.
#[derive(Debug, Clone)]
pub struct ArchiveConfig {
    /// A segment in a folder is closed before it would grow beyond this many bytes. A record larger
    /// than that has a segment to itself.
    pub segment_bytes: u64,
    /// The same for a segment in a bucket.
    pub object_bytes: u64,
    /// A segment in a bucket is closed this long after its first record at the latest. Whoever
    /// appends waits as long.
    pub object_age: Duration,
    /// Records take no more memory than this until they are durable; then `append` waits. One that
    /// is larger goes alone.
    pub max_unacknowledged_bytes: u32,
    /// What wrote it, for the `warcinfo` records: `baogao/0.0.0`.
    pub software: String,
}

impl Default for ArchiveConfig {
    fn default() -> Self {
        Self {
            segment_bytes: 64 * 1024 * 1024,
            object_bytes: 8 * 1024 * 1024,
            object_age: Duration::from_secs(2),
            max_unacknowledged_bytes: 64 * 1024 * 1024,
            software: concat!("baogao/", env!("CARGO_PKG_VERSION")).to_owned(),
        }
    }
}

/// An archive in a local folder or in a bucket. Cheap to clone; clones share the writer.
///
/// Several processes may write to one archive: each has segments of its own. When the last clone is
/// dropped, the open segment is closed in the background; [`close`](Self::close) waits for that.
#[derive(Debug, Clone)]
pub struct Archive {
    place: Place,
    names: Arc<Names>,
    graves: Arc<Graves>,
    /// None in a read-only archive.
    writer: Option<Writer>,
}

/// Where the segments are.
#[derive(Debug, Clone)]
pub(crate) enum Place {
    Folder(Arc<Path>),
    Bucket(Bucket),
}

/// The way to whatever writes.
#[derive(Debug, Clone)]
struct Writer {
    commands: mpsc::Sender<Command>,
    /// One permit a byte of what is not durable yet.
    room: Arc<Semaphore>,
    most: u32,
}

impl Writer {
    fn new(config: &ArchiveConfig) -> (Self, mpsc::Receiver<Command>) {
        let (commands, received) = mpsc::channel(QUEUE);
        let most = config.max_unacknowledged_bytes.max(1);
        (Self { commands, room: Arc::new(Semaphore::new(most as usize)), most }, received)
    }
}

impl Archive {
    /// Opens the archive at `location` for writing.
    ///
    /// A folder is made if need be, and the segments that killed processes left open are closed. A
    /// bucket must be there; killed processes leave nothing in it to be mended.
    ///
    /// # Errors
    ///
    /// A permanent one when the location makes no sense; a transient one when the folder cannot be
    /// written to or the bucket is not to be reached.
    pub async fn open(location: &Location, config: ArchiveConfig) -> Result<Self, ArchiveError> {
        let bucket = match location {
            Location::Folder(root) => return Self::local(root, config).await,
            Location::Bucket(options) => Bucket::new(options)?,
        };
        bucket.check().await?;
        let names = Arc::new(Names::new());
        let (writer, commands) = Writer::new(&config);
        tokio::spawn(upload::run(bucket.clone(), config, names.clone(), commands));
        Ok(Self { place: Place::Bucket(bucket), names, graves: Arc::default(), writer: Some(writer) })
    }

    /// Opens the archive at `location` for reading, beside any number of writers.
    ///
    /// # Errors
    ///
    /// A permanent one when the location makes no sense; a transient one when there is no such
    /// folder or the bucket is not to be reached.
    pub async fn open_read_only(location: &Location) -> Result<Self, ArchiveError> {
        let bucket = match location {
            Location::Folder(root) => return Self::read_only(root).await,
            Location::Bucket(options) => Bucket::new(options)?,
        };
        bucket.check().await?;
        let names = Arc::new(Names::new());
        Ok(Self { place: Place::Bucket(bucket), names, graves: Arc::default(), writer: None })
    }

    /// Opens the archive in `root` for writing, making the folder if needed.
    ///
    /// First closes the segments that killed processes left open, cutting off half-written ends.
    ///
    /// # Errors
    ///
    /// When the folder cannot be made, read or written.
    pub async fn local(root: &Path, config: ArchiveConfig) -> Result<Self, ArchiveError> {
        let root: PathBuf = root.to_owned();
        let names = Arc::new(Names::new());
        let (writer, commands) = Writer::new(&config);
        let place = Place::Folder(Arc::from(root.as_path()));
        let opened = Self { place, names: names.clone(), graves: Arc::default(), writer: Some(writer) };
        blocking(move || {
            fs::create_dir_all(&root).map_err(ArchiveError::io("create", &root))?;
            close_abandoned(&root)?;
            let directory = Directory::new(root.clone(), config.software, names);
            std::thread::Builder::new()
                .name("archive-writer".to_owned())
                .spawn(move || writer::run(directory, config.segment_bytes, commands))
                .map_err(ArchiveError::io("start a writer for", &root))
        })
        .await?;
        Ok(opened)
    }

    /// Opens the archive in `root` for reading, beside any number of writers.
    ///
    /// # Errors
    ///
    /// When there is no such folder.
    pub async fn read_only(root: &Path) -> Result<Self, ArchiveError> {
        let (place, names) = (Place::Folder(Arc::from(root)), Arc::new(Names::new()));
        let opened = Self { place, names, graves: Arc::default(), writer: None };
        opened.check().await?;
        Ok(opened)
    }

    /// Asks whether the archive is there to be read. Cheap enough to be asked every second.
    ///
    /// # Errors
    ///
    /// Transient ones, when it is not.
    pub async fn check(&self) -> Result<(), ArchiveError> {
        match &self.place {
            // Listing tells a folder that can be read from everything else.
            Place::Folder(root) => tokio::fs::read_dir(root).await.map(drop).map_err(ArchiveError::io("list", root)),
            Place::Bucket(bucket) => bucket.check().await,
        }
    }

    /// Writes an exchange and answers when it is durable.
    ///
    /// In a folder that is when it is on the disk. In a bucket it is when the segment it shares with
    /// others has been written, some seconds later.
    ///
    /// When the future is dropped before, the record may or may not be in the archive.
    ///
    /// # Errors
    ///
    /// A permanent one when the exchange cannot have come over HTTP; a transient one when the disk
    /// is full or otherwise refuses, or the store is away. After either the archive can be appended
    /// to as before.
    pub async fn append(&self, exchange: Exchange) -> Result<PayloadRef, ArchiveError> {
        let writer = self.writer.as_ref().ok_or(ArchiveError::ReadOnly)?;
        exchange.validate()?;
        let id = self.names.record_id();
        // Compressing is the bulk of the work, so it is spread over the runtime's threads.
        let (member, blake3) =
            blocking(move || Ok((record::response(&id, &exchange), ContentHash::of(&exchange.body)))).await?;
        let needed = u32::try_from(member.len()).unwrap_or(u32::MAX).min(writer.most);
        let room = writer.room.clone().acquire_many_owned(needed).await.map_err(|_| ArchiveError::Closed)?;
        let (reply, answer) = oneshot::channel();
        let command = Command::Append(Job { member, blake3, reply, room });
        writer.commands.send(command).await.map_err(|_| ArchiveError::Closed)?;
        answer.await.map_err(|_| ArchiveError::Closed)?
    }

    /// Reads the exchange at a reference.
    ///
    /// # Errors
    ///
    /// Transient ones when the segment is not there or cannot be read; permanent ones when the
    /// bytes at the reference are not those that were archived, or their page was taken down.
    pub async fn read(&self, at: &PayloadRef) -> Result<Archived, ArchiveError> {
        let (at, tombstones) = (at.clone(), self.tombstones().await?);
        let archived = match &self.place {
            Place::Folder(root) => {
                let root = root.clone();
                blocking(move || checked(&read_member(&root, &at)?, &at)).await?
            }
            Place::Bucket(bucket) => {
                let member = bucket.read(&at).await?;
                blocking(move || checked(&member, &at)).await?
            }
        };
        match tombstones.cover(&archived.url) {
            true => Err(ArchiveError::Forgotten { url: archived.url }),
            false => Ok(archived),
        }
    }

    /// What was taken down, as of a minute ago at the most.
    ///
    /// # Errors
    ///
    /// Transient ones, when that cannot be found out.
    pub async fn tombstones(&self) -> Result<Arc<Tombstones>, ArchiveError> {
        self.graves.known(&self.place).await
    }

    /// Has what the tombstone covers never be read again: by this handle from now on, by others within
    /// a minute. The bytes stay in their segments. Durable when it answers; again, it changes nothing.
    ///
    /// # Errors
    ///
    /// Transient ones when the archive cannot be written to; a permanent one when it was opened for reading.
    pub async fn forget(&self, tombstone: &Tombstone) -> Result<(), ArchiveError> {
        self.writer.as_ref().ok_or(ArchiveError::ReadOnly)?;
        self.graves.dig(&self.place, tombstone).await
    }

    /// Takes back what [`forget`](Self::forget) did for exactly this target; false if it did nothing.
    ///
    /// # Errors
    ///
    /// As for [`forget`](Self::forget).
    pub async fn lift(&self, target: &Target) -> Result<bool, ArchiveError> {
        self.writer.as_ref().ok_or(ArchiveError::ReadOnly)?;
        self.graves.lift(&self.place, target).await
    }

    /// All segments, in the order they were begun. Takes some hundred bytes of memory for each.
    ///
    /// # Errors
    ///
    /// When the archive cannot be listed.
    pub async fn segments(&self) -> Result<Vec<SegmentEntry>, ArchiveError> {
        match &self.place {
            Place::Folder(root) => {
                let root = root.clone();
                blocking(move || segments::below(&root)).await
            }
            Place::Bucket(bucket) => bucket.segments().await,
        }
    }

    /// Goes through the records of a segment, those of pages that were taken down among them, but for
    /// their responses. Takes the memory of the segment.
    ///
    /// # Errors
    ///
    /// When it is not there or cannot be read.
    pub async fn scan(&self, segment: &SegmentEntry) -> Result<Scan, ArchiveError> {
        let tombstones = self.tombstones().await?;
        let bytes = match &self.place {
            Place::Folder(root) => {
                let (root, name) = (root.clone(), segment.name.clone());
                blocking(move || {
                    let (mut file, path) = open_segment(&root, &name)?;
                    let mut bytes = Vec::new();
                    file.read_to_end(&mut bytes).map_err(ArchiveError::io("read", &path))?;
                    Ok(bytes.into())
                })
                .await?
            }
            Place::Bucket(bucket) => bucket.read_all(&segment.name).await?,
        };
        Ok(Scan::new(bytes, segment.is_open, tombstones))
    }

    /// Takes over a segment of another archive as it is and under its own name, so that what refers to
    /// it there finds it here; answers when it is durable. One that is here already is replaced, which
    /// only makes sense for a segment that has grown since.
    ///
    /// # Errors
    ///
    /// When the name is none of a segment, or when it cannot be written.
    pub async fn adopt(&self, name: &str, bytes: Bytes) -> Result<(), ArchiveError> {
        if self.writer.is_none() {
            return Err(ArchiveError::ReadOnly);
        }
        check_name(name)?;
        match &self.place {
            Place::Folder(root) => {
                let (root, name) = (root.clone(), name.to_owned());
                blocking(move || directory::put(&root, &name, &bytes)).await
            }
            Place::Bucket(bucket) => bucket.put(name, vec![bytes]).await,
        }
    }

    /// Closes the open segment; later appends through any clone fail.
    ///
    /// Closing twice, or closing a read-only archive, does nothing.
    pub async fn close(&self) {
        let Some(writer) = &self.writer else { return };
        let (reply, answer) = oneshot::channel();
        // Either fails only if the writer has ended already.
        if writer.commands.send(Command::Close(reply)).await.is_ok() {
            let _ = answer.await;
        }
    }
}

/// Runs something that blocks where it may.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ArchiveError> + Send + 'static,
) -> Result<T, ArchiveError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // The runtime is shutting down.
            Err(_) => Err(ArchiveError::Closed),
        },
    }
}

/// Opens the file of a segment.
fn open_segment(root: &Path, segment: &str) -> Result<(File, PathBuf), ArchiveError> {
    let path = segment_path(root, segment)?;
    match File::open(&path) {
        Ok(file) => Ok((file, path)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Err(ArchiveError::MissingSegment { segment: segment.to_owned(), root: root.display().to_string() })
        }
        Err(error) => Err(ArchiveError::io("open", &path)(error)),
    }
}

/// The bytes at a reference.
fn read_member(root: &Path, at: &PayloadRef) -> Result<Vec<u8>, ArchiveError> {
    let (mut file, path) = open_segment(root, &at.segment)?;
    let size = file.metadata().map_err(ArchiveError::io("read", &path))?.len();
    // Checked first, so that a wrong length cannot ask for more memory than there is file.
    if at.offset.checked_add(at.length).is_none_or(|end| end > size) {
        return Err(ArchiveError::damaged(at, format!("the segment has only {size} bytes")));
    }
    file.seek(SeekFrom::Start(at.offset)).map_err(ArchiveError::io("read", &path))?;
    let mut member = Vec::new();
    file.take(at.length).read_to_end(&mut member).map_err(ArchiveError::io("read", &path))?;
    Ok(member)
}

/// The exchange in a member, if it is the one that was archived.
fn checked(member: &[u8], at: &PayloadRef) -> Result<Archived, ArchiveError> {
    let exchange = record::parse_response(member).map_err(|what| ArchiveError::damaged(at, what))?;
    let found = ContentHash::of(&exchange.body);
    if found != at.blake3 {
        return Err(ArchiveError::Checksum {
            segment: at.segment.clone(),
            offset: at.offset,
            expected: at.blake3.to_string(),
            found: found.to_string(),
        });
    }
    Ok(exchange)
}
