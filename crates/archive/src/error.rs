//! What can go wrong with an archive, and whose fault it is.

use baogao_model::PayloadRef;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Why something could not be archived or read back.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum ArchiveError {
    /// The file system refused.
    #[error("cannot {action} {}; check free space and permissions", path.display())]
    Io {
        /// What was attempted.
        action: &'static str,
        /// On which file or folder.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: Arc<io::Error>,
    },
    /// The object store did not answer, or refused.
    #[error("cannot {action} {place}: {why}")]
    Store {
        /// What was attempted.
        action: &'static str,
        /// On what: `s3://bucket/prefix/…`.
        place: String,
        /// What the store says, its causes included.
        why: String,
    },
    /// An address of an archive that cannot be one.
    #[error("{what}")]
    BadAddress {
        /// What is wrong with it.
        what: String,
    },
    /// The segment of a reference is not there: the volume is not mounted, or it is another archive.
    #[error(
        "segment {segment} is not in the archive at {root}; is it the one that was written to, is its volume mounted"
    )]
    MissingSegment {
        /// The segment's name.
        segment: String,
        /// The archive's folder or address.
        root: String,
    },
    /// The archive has been closed, by us or because its writer ended.
    #[error("the archive is closed")]
    Closed,
    /// The archive was opened for reading.
    #[error("the archive was opened for reading only")]
    ReadOnly,
    /// A reference that cannot be one of ours.
    #[error("{segment:?} is no segment name: it must be a relative path without `.` or `..`")]
    BadReference {
        /// What the reference calls its segment.
        segment: String,
    },
    /// The bytes at a reference are no record.
    #[error("no whole record at {offset}+{length} of {segment}: {what}")]
    Damaged {
        /// The segment's name.
        segment: String,
        /// Where the record should begin.
        offset: u64,
        /// How long it should be.
        length: u64,
        /// What is wrong with it.
        what: String,
    },
    /// The payload is another than the one that was archived.
    #[error("payload at {offset} of {segment} has BLAKE3 {found} instead of {expected}")]
    Checksum {
        /// The segment's name.
        segment: String,
        /// Where the record begins.
        offset: u64,
        /// The digest of the reference.
        expected: String,
        /// The digest of what is there.
        found: String,
    },
    /// An exchange that cannot have come over HTTP, so that it could not be written as such.
    #[error("the exchange with {url:?} cannot be archived: {what}")]
    Invalid {
        /// Its URL.
        url: String,
        /// What is wrong with it.
        what: String,
    },
    /// The page was taken down.
    #[error("{url} was taken down and is not read any more; `baogao forget --list` says when and why")]
    Forgotten {
        /// Its URL.
        url: String,
    },
    /// A tombstone that cannot be read, so that nobody knows what it covers.
    #[error("the tombstone {name} of the archive is unreadable ({what}); mend it, or remove it and forget anew")]
    BadTombstone {
        /// Its name below the archive's root.
        name: String,
        /// What is wrong with it.
        what: String,
    },
    /// A content encoding that cannot be undone.
    #[error("content encoding {encoding:?} is not supported; gzip and deflate are asked for")]
    UnknownEncoding {
        /// The encoding as sent.
        encoding: String,
    },
}

impl ArchiveError {
    /// Whether the archive itself is at fault, so that the same call may succeed once it is mended.
    ///
    /// The others are about one record and will not go away.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Io { .. }
            | Self::Store { .. }
            | Self::MissingSegment { .. }
            | Self::BadTombstone { .. }
            | Self::Closed => true,
            Self::ReadOnly
            | Self::BadAddress { .. }
            | Self::BadReference { .. }
            | Self::Damaged { .. }
            | Self::Checksum { .. }
            | Self::Invalid { .. }
            | Self::Forgotten { .. }
            | Self::UnknownEncoding { .. } => false,
        }
    }

    /// Turns a failure of the file system into ours.
    pub(crate) fn io(action: &'static str, path: &Path) -> impl Fn(io::Error) -> Self {
        move |source| Self::Io { action, path: path.to_owned(), source: Arc::new(source) }
    }

    /// A record that is not what its reference says.
    pub(crate) fn damaged(at: &PayloadRef, what: impl Into<String>) -> Self {
        Self::Damaged { segment: at.segment.clone(), offset: at.offset, length: at.length, what: what.into() }
    }
}
