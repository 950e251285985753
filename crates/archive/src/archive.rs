//! The handle that crawlers append through and scrapers read through.

use crate::digest::Names;
use crate::directory::{Directory, segment_path};
use crate::error::ArchiveError;
use crate::exchange::{Archived, Exchange};
use crate::record;
use crate::repair::close_abandoned;
use crate::writer::{self, Command, Job};
use baogao_model::{ContentHash, PayloadRef};
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot};

/// How many records may wait for the writer before `append` itself waits.
const QUEUE: usize = 256;

/// How to write an archive.
#[derive(Debug, Clone)]
pub struct ArchiveConfig {
    /// A segment is closed before it would grow beyond this many bytes. A record larger than that
    /// has a segment to itself.
    pub segment_bytes: u64,
    /// What wrote it, for the `warcinfo` records: `baogao/0.0.0`.
    pub software: String,
}

impl Default for ArchiveConfig {
    fn default() -> Self {
        Self { segment_bytes: 64 * 1024 * 1024, software: concat!("baogao/", env!("CARGO_PKG_VERSION")).to_owned() }
    }
}

/// An archive in a local folder. Cheap to clone; clones share the writer.
///
/// Several processes may write to one folder: each has segments of its own. When the last clone is
/// dropped, the open segment is closed in the background; [`close`](Self::close) waits for that.
#[derive(Debug, Clone)]
pub struct Archive {
    root: Arc<Path>,
    names: Arc<Names>,
    /// None in a read-only archive.
    writer: Option<mpsc::Sender<Command>>,
}

impl Archive {
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
        let (writer, commands) = mpsc::channel(QUEUE);
        let opened = Self { root: Arc::from(root.as_path()), names: names.clone(), writer: Some(writer) };
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
        // Listing tells a folder that can be read from everything else.
        let _listing = tokio::fs::read_dir(root).await.map_err(ArchiveError::io("list", root))?;
        Ok(Self { root: Arc::from(root), names: Arc::new(Names::new()), writer: None })
    }

    /// Writes an exchange and answers when it is durable.
    ///
    /// When the future is dropped before, the record may or may not be in the archive.
    ///
    /// # Errors
    ///
    /// A permanent one when the exchange cannot have come over HTTP; a transient one when the disk
    /// is full or otherwise refuses. After either the archive can be appended to as before.
    pub async fn append(&self, exchange: Exchange) -> Result<PayloadRef, ArchiveError> {
        let writer = self.writer.as_ref().ok_or(ArchiveError::ReadOnly)?;
        exchange.validate()?;
        let id = self.names.record_id();
        // Compressing is the bulk of the work, so it is spread over the runtime's threads.
        let (member, blake3) =
            blocking(move || Ok((record::response(&id, &exchange), ContentHash::of(&exchange.body)))).await?;
        let (reply, answer) = oneshot::channel();
        let command = Command::Append(Job { member, blake3, reply });
        writer.send(command).await.map_err(|_| ArchiveError::Closed)?;
        answer.await.map_err(|_| ArchiveError::Closed)?
    }

    /// Reads the exchange at a reference.
    ///
    /// # Errors
    ///
    /// Transient ones when the segment is not there or cannot be read; permanent ones when the
    /// bytes at the reference are not those that were archived.
    pub async fn read(&self, at: &PayloadRef) -> Result<Archived, ArchiveError> {
        let (root, at) = (self.root.clone(), at.clone());
        blocking(move || read_at(&root, &at)).await
    }

    /// Closes the open segment; later appends through any clone fail.
    ///
    /// Closing twice, or closing a read-only archive, does nothing.
    pub async fn close(&self) {
        let Some(writer) = &self.writer else { return };
        let (reply, answer) = oneshot::channel();
        // Either fails only if the writer has ended already.
        if writer.send(Command::Close(reply)).await.is_ok() {
            let _ = answer.await;
        }
    }
}

/// Runs something that blocks where it may.
async fn blocking<T: Send + 'static>(
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

fn read_at(root: &Path, at: &PayloadRef) -> Result<Archived, ArchiveError> {
    let path = segment_path(root, &at.segment)?;
    let mut file = File::open(&path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => ArchiveError::MissingSegment { segment: at.segment.clone(), root: root.to_owned() },
        _ => ArchiveError::io("open", &path)(error),
    })?;
    let size = file.metadata().map_err(ArchiveError::io("read", &path))?.len();
    // Checked first, so that a wrong length cannot ask for more memory than there is file.
    if at.offset.checked_add(at.length).is_none_or(|end| end > size) {
        return Err(ArchiveError::damaged(at, format!("the segment has only {size} bytes")));
    }
    file.seek(SeekFrom::Start(at.offset)).map_err(ArchiveError::io("read", &path))?;
    let mut member = Vec::new();
    file.take(at.length).read_to_end(&mut member).map_err(ArchiveError::io("read", &path))?;
    let exchange = record::parse_response(&member).map_err(|what| ArchiveError::damaged(at, what))?;
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
