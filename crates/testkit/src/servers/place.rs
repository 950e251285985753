//! The directory that all test processes of one run share, and its watchdog.
//!
//! # Invariants
//!
//! - Every process that uses the directory holds a shared lock on its file `lock` as long as it lives.
//! - The directory is removed under the exclusive lock, `lock` included; who gets the lock of a removed
//!   file notices and starts over.
//! - Servers are started, replaced and noted under the exclusive lock on `starting`.
//! - While the directory is there, so is a watchdog. It holds the lock on `watched`.

use super::daemon::Daemon;
use std::collections::hash_map::DefaultHasher;
use std::fs::{DirBuilder, File, OpenOptions};
use std::hash::{Hash as _, Hasher as _};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

/// For how long the servers wait for another test process, unless `BAOGAO_TEST_LINGER_S` says otherwise.
const LINGER_S: u64 = 60;

/// The shared directory, in use by this process.
#[derive(Debug)]
pub(super) struct Place {
    dir: PathBuf,
    /// Held, never read.
    _in_use: File,
}

impl Place {
    /// The one place of this process. It is held until the process ends.
    ///
    /// # Panics
    ///
    /// When the temporary directory cannot be written to.
    pub(super) fn shared() -> &'static Self {
        static SHARED: OnceLock<Place> = OnceLock::new();
        SHARED.get_or_init(|| {
            // Each user, and each clone of the repository, has one of its own.
            let mut hasher = DefaultHasher::new();
            env!("CARGO_MANIFEST_DIR").hash(&mut hasher);
            let user = rustix::process::getuid().as_raw();
            let name = format!("baogao-test-servers-{user}-{:016x}", hasher.finish());
            let dir = std::env::temp_dir().join(name);
            let linger = super::variable("BAOGAO_TEST_LINGER_S").and_then(|text| text.parse().ok()).unwrap_or(LINGER_S);
            Self::open(&dir, linger).unwrap_or_else(|error| panic!("cannot use {}: {error}", dir.display()))
        })
    }

    /// Opens the place `dir`, making what is missing. Its servers end `linger_s` seconds after the
    /// last process that has it open.
    ///
    /// # Errors
    ///
    /// When it cannot be written to, belongs to somebody else, or the watchdog cannot be started.
    pub(super) fn open(dir: &Path, linger_s: u64) -> io::Result<Self> {
        let in_use = loop {
            // Others than the owner may pass through: the database runs as another user.
            DirBuilder::new().recursive(true).mode(0o711).create(dir)?;
            let metadata = std::fs::symlink_metadata(dir)?;
            if !metadata.is_dir() || metadata.uid() != rustix::process::getuid().as_raw() {
                return Err(io::Error::other("it is not a directory of this user"));
            }
            let path = dir.join("lock");
            let lock = match open_lock(&path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue, // Removed in between.
                lock => lock?,
            };
            lock.lock_shared()?;
            // Locked just as the watchdog removed it? Then it is nobody's lock any more.
            if std::fs::metadata(&path).is_ok_and(|there| lock.metadata().is_ok_and(|ours| ours.ino() == there.ino())) {
                break lock;
            }
        };
        let place = Self { dir: dir.to_owned(), _in_use: in_use };
        place.watch(linger_s)?;
        Ok(place)
    }

    /// The lock under which servers are started, held until it is dropped.
    ///
    /// # Errors
    ///
    /// When the system cannot lock.
    pub(super) fn starting(&self) -> io::Result<File> {
        let lock = open_lock(&self.dir.join("starting"))?;
        lock.lock()?;
        Ok(lock)
    }

    /// The directory of the server `name`.
    pub(super) fn server(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    /// A new, empty directory for the server `name`, once everything that a killed run left under that
    /// name is ended and removed. To be called under the lock on `starting`, or with a name that
    /// nobody else has.
    ///
    /// # Errors
    ///
    /// When it cannot be removed or made.
    pub(super) fn fresh_server(&self, name: &str) -> io::Result<PathBuf> {
        let dir = self.server(name);
        end_all(&dir)?;
        DirBuilder::new().mode(0o711).create(&dir)?;
        Ok(dir)
    }

    /// Sees to it that there is a watchdog.
    fn watch(&self, linger_s: u64) -> io::Result<()> {
        let watched = open_lock(&self.dir.join("watched"))?;
        if watched.try_lock().is_err() {
            return Ok(());
        }
        // The lock belongs to the open file, so the child has it as long as it keeps its input open.
        let mut command = Command::new("sh");
        command.args(["-c", include_str!("watchdog.sh"), "baogao-test-watchdog"]).arg(&self.dir);
        command.arg(linger_s.to_string());
        command.stdin(Stdio::from(watched)).stdout(Stdio::null()).stderr(Stdio::null());
        command.current_dir("/").process_group(0).spawn().map(drop)
    }
}

/// Kills every process noted in a server's directory and removes it. No directory is no error.
///
/// # Errors
///
/// When it cannot be removed.
pub(super) fn end_all(dir: &Path) -> io::Result<()> {
    for daemon in Daemon::noted(dir) {
        daemon.kill();
    }
    // A dying server may still add a file while the directory is emptied.
    for _ in 0..100 {
        match std::fs::remove_dir_all(dir) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty => {
                std::thread::sleep(Duration::from_millis(20));
            }
            removed => return removed,
        }
    }
    std::fs::remove_dir_all(dir)
}

fn open_lock(path: &Path) -> io::Result<File> {
    // Read access is enough to lock.
    OpenOptions::new().create(true).truncate(false).write(true).read(true).open(path)
}

#[cfg(test)]
mod tests {
    use super::super::unique_name;
    use super::*;
    use std::time::{Duration, Instant};

    fn until(what: &str, mut is_so: impl FnMut() -> bool) {
        let deadline = Instant::now() + Duration::from_secs(60);
        while !is_so() {
            assert!(Instant::now() < deadline, "{what}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    fn sleeper(dir: &Path) -> Daemon {
        Daemon::start(Command::new("sleep").arg("1000"), dir).unwrap()
    }

    #[test]
    fn servers_live_as_long_as_somebody_has_the_place_open_and_not_much_longer() {
        let dir = std::env::temp_dir().join(unique_name());
        let (first, second) = (Place::open(&dir, 1).unwrap(), Place::open(&dir, 1).unwrap());
        let server = sleeper(&first.fresh_server("one").unwrap());
        drop(first);
        // Longer than the watchdog would wait.
        std::thread::sleep(Duration::from_millis(2500));
        assert!(server.is_alive());
        drop(second);
        until("the server still lives", || !server.is_alive());
        until("the directory is still there", || !dir.exists());

        let again = Place::open(&dir, 1).unwrap();
        let server = sleeper(&again.fresh_server("one").unwrap());
        assert!(server.is_alive());
        drop(again);
        until("nobody watches the second one", || !server.is_alive() && !dir.exists());
    }

    #[test]
    fn what_a_killed_run_left_is_ended_and_replaced() {
        let dir = std::env::temp_dir().join(unique_name());
        let place = Place::open(&dir, 1).unwrap();
        let left = place.fresh_server("one").unwrap();
        std::fs::write(left.join("file"), "old").unwrap();
        let server = sleeper(&left);
        assert_eq!(Daemon::noted(&left), std::slice::from_ref(&server));
        assert_eq!(place.fresh_server("one").unwrap(), left);
        assert!(!server.is_alive());
        assert!(!left.join("file").exists());
    }
}
