//! Log lines to standard error, as text for people or JSON for collectors.

use serde::{Deserialize, Serialize};
use std::io::IsTerminal;
use tracing_subscriber::EnvFilter;

/// The section `log`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LogConfig {
    /// What to log, as in `warn,baogao=info,baogao_crawler=debug`.
    pub filter: String,
    /// How.
    pub format: LogFormat,
}

/// The form of a log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

impl Default for LogConfig {
    fn default() -> Self {
        // What the clients of broker and database warn of while a server is away is told once by
        // whoever waits for it.
        Self { filter: "warn,baogao=info,lapin=off,sqlx=error".to_owned(), format: LogFormat::Text }
    }
}

/// The filter is not one that `tracing` understands.
#[derive(Debug, thiserror::Error)]
#[error("the log filter {filter:?} is not understood; write it as in warn,baogao=debug")]
pub struct BadFilter {
    filter: String,
    #[source]
    source: tracing_subscriber::filter::ParseError,
}

/// Starts logging. A second call in one process does nothing.
///
/// # Errors
///
/// When the filter is not understood.
pub fn init(config: &LogConfig) -> Result<(), BadFilter> {
    let parsed =
        EnvFilter::try_new(&config.filter).map_err(|source| BadFilter { filter: config.filter.clone(), source })?;
    let is_terminal = std::io::stderr().is_terminal();
    let lines = tracing_subscriber::fmt().with_env_filter(parsed).with_ansi(is_terminal).with_writer(std::io::stderr);
    // Fails only where a subscriber is installed already, as in tests.
    let _ = match config.format {
        LogFormat::Text => lines.try_init(),
        LogFormat::Json => lines.json().try_init(),
    };
    Ok(())
}
