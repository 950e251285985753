//! Processes that outlive the one that started them, known by number and start time.

use super::PATIENCE;
use rustix::process::{Pid, Signal, WaitOptions, kill_process, waitpid};
use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// How often a process is looked at while somebody waits for it.
const POLL: Duration = Duration::from_millis(10);

/// The file in a server's directory that lists its processes, one `number start-time` a line. The
/// watchdog reads it too.
const PIDS: &str = "pids";

/// A process. The start time tells it from a later one with the same number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Daemon {
    pid: Pid,
    start_time: String,
}

impl Daemon {
    /// Starts `command` in a process group of its own, so that Ctrl-C at the tests' terminal leaves it
    /// to the watchdog, with its output in `out.log` of `dir`; a note of it is added to the directory.
    ///
    /// # Errors
    ///
    /// When the program cannot be started or the note cannot be written.
    pub(super) fn start(command: &mut Command, dir: &Path) -> io::Result<Self> {
        let log = OpenOptions::new().create(true).append(true).open(dir.join("out.log"))?;
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log).process_group(0);
        let mut child = command.spawn()?;
        let pid = Pid::from_child(&child);
        let noted = start_time(pid).ok_or_else(|| io::Error::other("it ended at once")).and_then(|start_time| {
            let daemon = Self { pid, start_time };
            daemon.note(dir)?;
            Ok(daemon)
        });
        if noted.is_err() {
            // A process that nobody knows of would never be ended.
            let _ = child.kill();
            let _ = child.wait();
        }
        noted
    }

    /// Adds it to what is ended with the directory's server.
    ///
    /// # Errors
    ///
    /// When the directory cannot be written to.
    pub(super) fn note(&self, dir: &Path) -> io::Result<()> {
        let mut file = OpenOptions::new().create(true).append(true).open(dir.join(PIDS))?;
        // One write: a reader never sees half a line.
        file.write_all(format!("{} {}\n", self.pid.as_raw_nonzero(), self.start_time).as_bytes())
    }

    /// The processes noted in `dir`, dead ones too; none where there is no such directory.
    pub(super) fn noted(dir: &Path) -> Vec<Self> {
        let text = std::fs::read_to_string(dir.join(PIDS)).unwrap_or_default();
        let parse = |line: &str| {
            let (pid, start_time) = line.split_once(' ')?;
            Some(Self { pid: Pid::from_raw(pid.parse().ok()?)?, start_time: start_time.to_owned() })
        };
        text.lines().filter_map(parse).collect()
    }

    /// The process's number.
    pub(super) fn pid(&self) -> u32 {
        self.pid.as_raw_nonzero().get().unsigned_abs()
    }

    /// Whether it runs, or could go on when let.
    pub(super) fn is_alive(&self) -> bool {
        // A child that has ended keeps its number until it is waited for. Somebody else's is not ours
        // to wait for, which is no error here.
        let _ = waitpid(Some(self.pid), WaitOptions::NOHANG);
        start_time(self.pid).as_ref() == Some(&self.start_time)
    }

    /// The processes that it has started and that have not ended.
    pub(super) fn children(&self) -> Vec<Self> {
        // Those of the first thread: the servers asked about here have no other.
        let path = format!("/proc/{0}/task/{0}/children", self.pid.as_raw_nonzero());
        let text = std::fs::read_to_string(path).unwrap_or_default();
        let pids = text.split_whitespace().filter_map(|pid| Pid::from_raw(pid.parse().ok()?));
        pids.filter_map(|pid| Some(Self { pid, start_time: start_time(pid)? })).collect()
    }

    /// Sends a signal; to nobody where it has ended.
    pub(super) fn signal(&self, signal: Signal) {
        if self.is_alive() {
            // It may end between the look and the signal, on its own.
            let _ = kill_process(self.pid, signal);
        }
    }

    /// Waits until it has ended, and says whether it did.
    pub(super) fn wait(&self, patience: Duration) -> bool {
        let deadline = Instant::now() + patience;
        while self.is_alive() {
            if Instant::now() >= deadline {
                return false;
            }
            std::thread::sleep(POLL);
        }
        true
    }

    /// Kills it and waits until it is gone.
    ///
    /// # Panics
    ///
    /// When it is still there long after.
    pub(super) fn kill(&self) {
        self.signal(Signal::KILL);
        assert!(self.wait(PATIENCE), "process {} does not die", self.pid());
    }
}

/// Waits until `is_ready` says so, while `daemon` lives.
///
/// # Errors
///
/// When the process ends before, or is not ready in time; the end of its output is in the message.
pub(super) fn wait_until_ready(daemon: &Daemon, dir: &Path, mut is_ready: impl FnMut() -> bool) -> Result<(), String> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if is_ready() {
            return Ok(());
        }
        let why = if !daemon.is_alive() {
            "it ended while starting"
        } else if Instant::now() >= deadline {
            daemon.kill();
            "it did not get ready in time"
        } else {
            std::thread::sleep(Duration::from_millis(50));
            continue;
        };
        return Err(format!("{why}; its output ends:\n{}", tail(&dir.join("out.log"))));
    }
}

/// The last lines of a file.
fn tail(path: &Path) -> String {
    let text = File::open(path).and_then(io::read_to_string).unwrap_or_default();
    let lines: Vec<_> = text.lines().collect();
    lines[lines.len().saturating_sub(30)..].join("\n")
}

/// When a process that has not ended was started, in the kernel's own count; none for zombies.
fn start_time(pid: Pid) -> Option<String> {
    let pid = pid.as_raw_nonzero();
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name stands in parentheses and may itself hold some; the state follows the last one.
    let mut fields = stat.rsplit_once(") ")?.1.split(' ');
    let is_zombie = matches!(fields.next()?, "Z" | "X");
    // The state is that of the first thread. While another one lives, so do the process's sockets.
    let has_other_threads = || std::fs::read_dir(format!("/proc/{pid}/task")).is_ok_and(|tasks| tasks.count() > 1);
    (!is_zombie || has_other_threads()).then(|| fields.nth(18).map(str::to_owned)).flatten()
}
