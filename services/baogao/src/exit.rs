//! Exit codes: a contract, listed in `--help` and in `docs/cli.md`.

use crate::config::Wrong;
use crate::one_page::NoPage;
use baogao_archive::ArchiveError;
use baogao_runtime::DataDirError;
use baogao_runtime::config::ConfigError;
use baogao_runtime::telemetry::BadFilter;
use std::process::ExitCode;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Everything asked for was done.
    Done = 0,
    /// Some of the inputs could not be used; the rest was done.
    SomeFailed = 1,
    /// The configuration is wrong.
    Config = 64,
    /// The data directory cannot be made or written to.
    CannotWrite = 73,
    /// Reading or writing failed: a full disk, a broken file.
    InputOutput = 74,
    /// Another process uses the data directory.
    InUse = 75,
    /// Stopped by a signal before it was done; the next run goes on.
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

impl Exit {
    /// The code of an error that ended a command.
    pub fn of_error(error: &anyhow::Error) -> Self {
        let is_forgotten = matches!(error.downcast_ref(), Some(ArchiveError::Forgotten { .. }));
        if error.is::<NoPage>() || is_forgotten {
            return Self::SomeFailed;
        }
        for cause in error.chain() {
            if cause.is::<ConfigError>()
                || cause.is::<Wrong>()
                || cause.is::<BadFilter>()
                || cause.is::<baogao_model::UrlError>()
                || cause.is::<baogao_model::tombstone::TargetError>()
                || cause.is::<baogao_fetch::ConfigError>()
                || matches!(cause.downcast_ref(), Some(ArchiveError::BadAddress { .. }))
            {
                return Self::Config;
            }
            match cause.downcast_ref::<DataDirError>() {
                Some(DataDirError::Locked { .. }) => return Self::InUse,
                Some(DataDirError::Unwritable { .. }) => return Self::CannotWrite,
                Some(DataDirError::Missing { .. }) => return Self::SomeFailed,
                None => {}
            }
        }
        Self::InputOutput
    }
}

/// Whether whoever read our output has stopped reading, as `head` does: an end, not a failure.
pub fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        let io = cause.downcast_ref::<std::io::Error>().map(std::io::Error::kind);
        let json = cause.downcast_ref::<serde_json::Error>().and_then(serde_json::Error::io_error_kind);
        io.or(json) == Some(std::io::ErrorKind::BrokenPipe)
    })
}
