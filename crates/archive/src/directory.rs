//! Segments as files below a root folder.
//!
//! While a segment is written to, a marker in `open/` names it, locked by the process that writes.
//! The marker is made before the file and removed after it is closed, so whatever a crash leaves
//! behind is named by a marker that nobody has locked.

use crate::digest::{Names, SegmentName};
use crate::error::ArchiveError;
use crate::record::warcinfo;
use crate::writer::{Segment, Volume};
use jiff::Timestamp;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

/// Makes segments below a root.
pub(crate) struct Directory {
    root: PathBuf,
    software: String,
    names: Arc<Names>,
    serial: u32,
}

impl Directory {
    pub(crate) fn new(root: PathBuf, software: String, names: Arc<Names>) -> Self {
        Self { root, software, names, serial: 0 }
    }

    /// Makes the file of a segment whose marker is locked, with its `warcinfo`.
    fn create_file(&self, path: &Path, file_name: &str, now: Timestamp) -> Result<(File, u64), ArchiveError> {
        let folder = path.parent().unwrap_or(&self.root);
        fs::create_dir_all(folder).map_err(ArchiveError::io("create", folder))?;
        let mut file =
            OpenOptions::new().append(true).create_new(true).open(path).map_err(ArchiveError::io("create", path))?;
        let info = warcinfo(&self.names.record_id(), now, file_name, &self.software);
        file.write_all(&info).map_err(ArchiveError::io("write to", path))?;
        // The folders above may be new as well: year, month and day.
        for folder in folder.ancestors().take_while(|folder| folder.starts_with(&self.root)) {
            sync_folder(folder)?;
        }
        Ok((file, info.len() as u64))
    }
}

impl Volume for Directory {
    type Segment = SegmentFile;

    fn create(&mut self) -> Result<SegmentFile, ArchiveError> {
        let now = Timestamp::now();
        self.serial += 1;
        let SegmentName { path: name, file: file_name } = self.names.segment(now, self.serial);
        let path = self.root.join(&name);
        let marker = Marker::create(&self.root, &file_name, &name)?;
        match self.create_file(&path, &file_name, now) {
            Ok((file, length)) => Ok(SegmentFile { name, path, file, length, marker }),
            Err(error) => {
                // Nothing was promised about it; what cannot be removed now is repaired later.
                if fs::remove_file(&path).is_ok() || !path.exists() {
                    marker.remove();
                }
                Err(error)
            }
        }
    }

    fn finish(&mut self, segment: SegmentFile) {
        let SegmentFile { path, file, marker, .. } = segment;
        drop(file);
        make_immutable(&path);
        marker.remove();
    }
}

/// A segment being written.
pub(crate) struct SegmentFile {
    name: String,
    path: PathBuf,
    file: File,
    length: u64,
    marker: Marker,
}

impl Segment for SegmentFile {
    fn name(&self) -> &str {
        &self.name
    }

    fn length(&self) -> u64 {
        self.length
    }

    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)?;
        self.length += bytes.len() as u64;
        Ok(())
    }

    fn truncate(&mut self, length: u64) -> io::Result<()> {
        // The file is open for appending, so the next write goes to its new end.
        self.file.set_len(length)?;
        self.length = length;
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        self.file.sync_data()
    }

    fn error(&self, action: &'static str, source: io::Error) -> ArchiveError {
        ArchiveError::io(action, &self.path)(source)
    }
}

/// The sign that a segment is being written, and by a living process as long as it is locked.
pub(crate) struct Marker {
    path: PathBuf,
    /// Held for its lock.
    _file: File,
}

impl Marker {
    fn create(root: &Path, file_name: &str, segment: &str) -> Result<Self, ArchiveError> {
        // Without this lock another process could find the marker before it is locked.
        let _guard = lock_markers(root)?;
        let folder = root.join("open");
        fs::create_dir_all(&folder).map_err(ArchiveError::io("create", &folder))?;
        let path = folder.join(file_name);
        let mut file =
            OpenOptions::new().write(true).create_new(true).open(&path).map_err(ArchiveError::io("create", &path))?;
        let filled = file.write_all(segment.as_bytes()).and_then(|()| file.sync_all()).and_then(|()| file.lock());
        let marker = Self { path, _file: file };
        if let Err(source) = filled {
            let error = ArchiveError::io("write to", &marker.path)(source);
            marker.remove();
            return Err(error);
        }
        sync_folder(&folder)?;
        Ok(marker)
    }

    /// The marker at `path` with what it says, if its process is dead.
    pub(crate) fn of_dead_process(path: PathBuf) -> Result<Option<(Self, String)>, ArchiveError> {
        let file = match File::open(&path) {
            Ok(file) => file,
            // Its process has just finished.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(ArchiveError::io("open", &path)(error)),
        };
        match file.try_lock() {
            Ok(()) => {}
            Err(fs::TryLockError::WouldBlock) => return Ok(None),
            Err(fs::TryLockError::Error(error)) => return Err(ArchiveError::io("lock", &path)(error)),
        }
        let segment = fs::read_to_string(&path).map_err(ArchiveError::io("read", &path))?;
        Ok(Some((Self { path, _file: file }, segment)))
    }

    /// Says that the segment is closed. A marker that stays costs the next start a look at it.
    pub(crate) fn remove(self) {
        let removed = fs::remove_file(&self.path).map_err(ArchiveError::io("remove", &self.path));
        if let Err(error) = removed.and_then(|()| sync_folder(self.path.parent().unwrap_or(&self.path))) {
            tracing::warn!(%error, "the segment stays marked as open");
        }
    }
}

/// Keeps other processes from making or looking through markers until the answer is dropped.
pub(crate) fn lock_markers(root: &Path) -> Result<File, ArchiveError> {
    let path = root.join("open.lock");
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .open(&path)
        .map_err(ArchiveError::io("open", &path))?;
    file.lock().map_err(ArchiveError::io("lock", &path))?;
    Ok(file)
}

/// The file of a segment named by a reference or a marker.
///
/// # Errors
///
/// When the name would lead out of the root.
pub(crate) fn segment_path(root: &Path, segment: &str) -> Result<PathBuf, ArchiveError> {
    check_name(segment)?;
    Ok(root.join(segment))
}

/// Checks that a segment's name stays inside its archive.
///
/// # Errors
///
/// When it would lead out of it.
pub(crate) fn check_name(segment: &str) -> Result<(), ArchiveError> {
    let is_plain = Path::new(segment).components().all(|part| matches!(part, Component::Normal(_)));
    if segment.is_empty() || !is_plain || segment.contains(['\\', '\0']) {
        return Err(ArchiveError::BadReference { segment: segment.to_owned() });
    }
    Ok(())
}

/// Writes a whole segment, which is there under its name only when it is durable.
pub(crate) fn put(root: &Path, segment: &str, bytes: &[u8]) -> Result<(), ArchiveError> {
    let path = segment_path(root, segment)?;
    let folder = path.parent().unwrap_or(root);
    fs::create_dir_all(folder).map_err(ArchiveError::io("create", folder))?;
    // Not a name that a segment can have. What a crash leaves of it is removed by the next attempt.
    let part = path.with_extension("part");
    if let Err(error) = fs::remove_file(&part)
        && error.kind() != io::ErrorKind::NotFound
    {
        return Err(ArchiveError::io("remove", &part)(error));
    }
    let mut file = File::create(&part).map_err(ArchiveError::io("create", &part))?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(ArchiveError::io("write to", &part))?;
    drop(file);
    make_immutable(&part);
    fs::rename(&part, &path).map_err(ArchiveError::io("rename", &part))?;
    for folder in folder.ancestors().take_while(|folder| folder.starts_with(root)) {
        sync_folder(folder)?;
    }
    Ok(())
}

/// Takes the permission to write from a closed segment: a guard against slips, not a promise.
pub(crate) fn make_immutable(path: &Path) {
    let changed = fs::metadata(path).and_then(|metadata| {
        let mut permissions = metadata.permissions();
        permissions.set_readonly(true);
        fs::set_permissions(path, permissions)
    });
    if let Err(error) = changed {
        tracing::debug!(path = %path.display(), %error, "cannot make a closed segment read-only");
    }
}

/// Makes the entries of a folder durable.
pub(crate) fn sync_folder(folder: &Path) -> Result<(), ArchiveError> {
    // Elsewhere folders cannot be opened, and their entries are durable with the files.
    if cfg!(unix) {
        File::open(folder).and_then(|file| file.sync_all()).map_err(ArchiveError::io("sync", folder))?;
    }
    Ok(())
}
