//! The real binary as a child process: started, signalled, waited for with a deadline, listened to.

use rustix::process::{Pid, kill_process};
use std::fs::OpenOptions;
use std::io::{self, Read};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How often a child is looked at while somebody waits for it.
const POLL: Duration = Duration::from_millis(5);

/// A signal that ends a process, asks it to end, or makes it stand still.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// SIGTERM: what an orchestrator sends first.
    Terminate,
    /// SIGINT: Ctrl-C.
    Interrupt,
    /// SIGKILL: the power cut that a process survives only on disk.
    Kill,
    /// SIGSTOP: it stands still, as one that gets no time from its machine. It can be killed as it is,
    /// and takes every other signal once it goes on.
    Pause,
    /// SIGCONT: it goes on.
    Resume,
}

/// A process that has ended.
#[derive(Debug, Clone)]
pub struct Ended {
    /// How.
    pub status: ExitStatus,
    /// Everything it wrote to standard output, invalid UTF-8 replaced.
    pub stdout: String,
    /// Everything it wrote to standard error, invalid UTF-8 replaced.
    pub stderr: String,
}

/// A child process. Dropping it kills it, so that a failing test leaves nothing behind.
#[derive(Debug)]
pub struct Process {
    child: Child,
    stdout: Output,
    stderr: Output,
}

impl Process {
    /// Starts `command` with no input and both outputs captured. The command's own arguments say
    /// where its data lie; a test gives each process a temporary directory.
    ///
    /// # Errors
    ///
    /// When the program cannot be started.
    pub fn start(command: &mut Command) -> io::Result<Self> {
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        let stdout = Output::read(child.stdout.take());
        let stderr = Output::read(child.stderr.take());
        Ok(Self { child, stdout, stderr })
    }

    /// Starts `command` with no input and both outputs at the end of the file `log`, which is made where
    /// it is not there: for long runs, whose outputs are read by people if at all. [`Ended`] has none.
    ///
    /// # Errors
    ///
    /// When the program cannot be started or the file cannot be opened.
    pub fn start_logged(command: &mut Command, log: &Path) -> io::Result<Self> {
        let log = OpenOptions::new().create(true).append(true).open(log)?;
        let child = command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log).spawn()?;
        Ok(Self { child, stdout: Output::none(), stderr: Output::none() })
    }

    /// The process's number.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends `signal`. A process that has ended is left alone.
    ///
    /// # Errors
    ///
    /// When the system refuses.
    pub fn signal(&mut self, signal: Signal) -> io::Result<()> {
        // A child that was not waited for keeps its number, so the signal cannot hit a stranger.
        if self.child.try_wait()?.is_some() {
            return Ok(());
        }
        let signal = match signal {
            Signal::Terminate => rustix::process::Signal::TERM,
            Signal::Interrupt => rustix::process::Signal::INT,
            Signal::Kill => rustix::process::Signal::KILL,
            Signal::Pause => rustix::process::Signal::STOP,
            Signal::Resume => rustix::process::Signal::CONT,
        };
        Ok(kill_process(Pid::from_child(&self.child), signal)?)
    }

    /// Whether it has not ended yet.
    ///
    /// # Errors
    ///
    /// When the system cannot say.
    pub fn is_running(&mut self) -> io::Result<bool> {
        Ok(self.child.try_wait()?.is_none())
    }

    /// What it has written to its standard output and its standard error so far.
    pub fn output(&self) -> (String, String) {
        (self.stdout.text(), self.stderr.text())
    }

    /// Waits until it ends, at most for `patience`.
    ///
    /// # Errors
    ///
    /// `TimedOut` with what it wrote so far, when it is still running then. The next wait or drop
    /// finds it as it is.
    pub fn wait(&mut self, patience: Duration) -> io::Result<Ended> {
        let deadline = Instant::now() + patience;
        loop {
            if let Some(status) = self.child.try_wait()? {
                return Ok(Ended { status, stdout: self.stdout.finish(), stderr: self.stderr.finish() });
            }
            self.rest(deadline, "it still runs")?;
        }
    }

    /// Waits until `seen` is content with the standard output and the standard error so far.
    ///
    /// # Errors
    ///
    /// `TimedOut` when it is not after `patience`; `UnexpectedEof` when the process ends before.
    pub fn wait_for_output(&mut self, patience: Duration, seen: impl Fn(&str, &str) -> bool) -> io::Result<()> {
        let deadline = Instant::now() + patience;
        loop {
            // Asked first: what is written before the end is there when the end is.
            let ended = self.child.try_wait()?;
            let (stdout, stderr) = match ended {
                Some(_) => (self.stdout.finish(), self.stderr.finish()),
                None => (self.stdout.text(), self.stderr.text()),
            };
            if seen(&stdout, &stderr) {
                return Ok(());
            }
            if let Some(status) = ended {
                let message = format!("ended with {status} before it said so:\n{stdout}{stderr}");
                return Err(io::Error::new(io::ErrorKind::UnexpectedEof, message));
            }
            self.rest(deadline, "it has not said so")?;
        }
    }

    /// Gives the child time, until the deadline.
    fn rest(&self, deadline: Instant, what: &str) -> io::Result<()> {
        if Instant::now() >= deadline {
            let message = format!("{what}; it wrote:\n{}{}", self.stdout.text(), self.stderr.text());
            return Err(io::Error::new(io::ErrorKind::TimedOut, message));
        }
        std::thread::sleep(POLL);
        Ok(())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended; and if it cannot be killed, a test's clean-up has nothing better to do.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// One output, read on a thread so that the child never blocks on a full pipe.
#[derive(Debug)]
struct Output {
    bytes: Arc<Mutex<Vec<u8>>>,
    reader: Option<JoinHandle<()>>,
}

impl Output {
    fn none() -> Self {
        Self { bytes: Arc::default(), reader: None }
    }

    fn read(stream: Option<impl Read + Send + 'static>) -> Self {
        let bytes = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&bytes);
        let reader = stream.map(|mut stream| {
            std::thread::spawn(move || {
                let mut chunk = [0; 8192];
                // An error of a pipe means that there is no more to come.
                while let Ok(count @ 1..) = stream.read(&mut chunk) {
                    sink.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(&chunk[..count]);
                }
            })
        });
        Self { bytes, reader }
    }

    /// What came so far.
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
    }

    /// Everything, once the other end is closed.
    fn finish(&mut self) -> String {
        if let Some(reader) = self.reader.take() {
            // The thread only reads and appends.
            let _ = reader.join();
        }
        self.text()
    }
}
