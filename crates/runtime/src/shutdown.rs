//! Stopping: the first signal asks, the second insists.

use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// The exit status of a process that was told to stop by a signal a second time.
pub const INTERRUPTED: i32 = 130;

/// Signals that follow the first within this time say the same thing again.
const ONE_WISH: Duration = Duration::from_secs(1);

/// The wish to stop, shared by every role of a process.
#[derive(Debug, Clone, Default)]
pub struct Shutdown {
    token: CancellationToken,
}

impl Shutdown {
    /// A wish nobody has uttered yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// One that SIGINT and SIGTERM utter. A second signal ends the process at once: what was not
    /// acknowledged is delivered again at the next start.
    ///
    /// # Errors
    ///
    /// When the system refuses to deliver signals.
    pub fn on_signals() -> std::io::Result<Self> {
        let shutdown = Self::new();
        let mut signals = Signals::new()?;
        let wish = shutdown.clone();
        tokio::spawn(async move {
            signals.next().await;
            wish.request();
            // A terminal and a parent process may both pass on one and the same Ctrl-C.
            let once = tokio::time::sleep(ONE_WISH);
            tokio::pin!(once);
            loop {
                tokio::select! {
                    () = &mut once => break,
                    () = signals.next() => {}
                }
            }
            signals.next().await;
            std::process::exit(INTERRUPTED);
        });
        Ok(shutdown)
    }

    /// Asks everybody to stop.
    pub fn request(&self) {
        self.token.cancel();
    }

    /// Whether somebody asked.
    pub fn is_requested(&self) -> bool {
        self.token.is_cancelled()
    }

    /// Waits until somebody asks.
    pub async fn requested(&self) {
        self.token.cancelled().await;
    }

    /// Waits for `duration` or the wish to stop; true if the time passed.
    pub async fn sleep(&self, duration: Duration) -> bool {
        tokio::select! {
            () = self.token.cancelled() => false,
            () = tokio::time::sleep(duration) => true,
        }
    }
}

/// The two signals that ask a process to stop.
#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

/// Ctrl-C is all that other systems have.
#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn new() -> std::io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
