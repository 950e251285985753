//! The data directory of the embedded mode: three SQLite files, the archive, and a lock.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};

/// A data directory that this process alone may write to.
///
/// The lock goes with the process, however it ends.
#[derive(Debug)]
pub struct DataDir {
    root: PathBuf,
    _lock: File,
}

/// Why a data directory cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DataDirError {
    /// It cannot be made or written to.
    #[error("cannot write to the data directory {path}; give another with `--data`", path = path.display())]
    Unwritable {
        /// The directory or the file in it.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Another process writes to it.
    #[error(
        "the data directory {path} is in use by process {owner}; stop that one first, or give another directory with `--data`",
        path = path.display()
    )]
    Locked {
        /// The directory.
        path: PathBuf,
        /// The process id that the lock file names.
        owner: String,
    },
    /// It is not there, and the command only reads.
    #[error("there is no data directory {path}; `baogao crawl` makes one, `--data` names another", path = path.display())]
    Missing {
        /// The directory.
        path: PathBuf,
    },
}

impl DataDir {
    /// Makes the directory where it is missing and takes its lock.
    ///
    /// # Errors
    ///
    /// When it cannot be written to, or another process holds the lock.
    pub fn open(root: &Path) -> Result<Self, DataDirError> {
        let unwritable = |path: &Path, source| DataDirError::Unwritable { path: path.to_owned(), source };
        std::fs::create_dir_all(root).map_err(|source| unwritable(root, source))?;
        let path = root.join("lock");
        // Not truncated: until the lock is ours the file names its owner.
        let mut lock = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(|source| unwritable(&path, source))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut owner = String::new();
                let _ = lock.read_to_string(&mut owner); // The name only helps; without it the message still tells.
                return Err(DataDirError::Locked { path: root.to_owned(), owner: owner.trim().to_owned() });
            }
            Err(TryLockError::Error(source)) => return Err(unwritable(&path, source)),
        }
        let name_owner = |lock: &mut File| {
            lock.set_len(0)?;
            lock.rewind()?;
            writeln!(lock, "{}", std::process::id())
        };
        name_owner(&mut lock).map_err(|source| unwritable(&path, source))?;
        Ok(Self { root: root.to_owned(), _lock: lock })
    }

    /// The directory.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Where everything lies.
    pub fn paths(&self) -> Paths {
        Paths::below(&self.root)
    }
}

/// Where everything lies below a data directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paths {
    /// The frontier's SQLite file.
    pub frontier: PathBuf,
    /// The bus's SQLite file.
    pub bus: PathBuf,
    /// The records' SQLite file.
    pub records: PathBuf,
    /// The archive's WARC files.
    pub archive: PathBuf,
}

impl Paths {
    /// The layout below `root`. Nothing is made or checked.
    pub fn below(root: &Path) -> Self {
        Self {
            frontier: root.join("frontier.sqlite"),
            bus: root.join("bus.sqlite"),
            records: root.join("records.sqlite"),
            archive: root.join("archive"),
        }
    }

    /// The layout below a directory that is there, for commands that only read.
    ///
    /// # Errors
    ///
    /// When the directory is missing.
    pub fn of_existing(root: &Path) -> Result<Self, DataDirError> {
        if root.is_dir() { Ok(Self::below(root)) } else { Err(DataDirError::Missing { path: root.to_owned() }) }
    }
}
