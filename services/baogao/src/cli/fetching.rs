//! How pages are fetched: the same arguments for one page as for a crawl.

use super::time::duration;
use crate::config::Config;
use clap::Args;
use std::path::PathBuf;
use std::time::Duration;

/// A configuration file and what overrides it.
#[derive(Debug, Args)]
pub struct FetchArgs {
    /// A configuration file; the flags here override it.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,

    /// The least time between two requests to one host [default: 5s].
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub host_delay: Option<Duration>,

    /// Connect to ADDR:PORT for requests to HOST:PORT, as in curl; may be private. May be repeated.
    #[arg(long, value_name = "HOST:PORT:ADDR:PORT")]
    pub connect_to: Vec<String>,

    /// Your e-mail address or web page, sent with every request; needed for public hosts.
    #[arg(long, value_name = "CONTACT")]
    pub contact: Option<String>,
}

impl FetchArgs {
    /// The settings of the file, or the defaults, overridden by the flags.
    ///
    /// # Errors
    ///
    /// When the file cannot be read or is wrong.
    pub fn settings(&self) -> anyhow::Result<Config> {
        let mut config = Config::load(self.config.as_deref())?;
        if let Some(delay) = self.host_delay {
            config.crawler.host_delay_ms = u64::try_from(delay.as_millis()).unwrap_or(u64::MAX);
        }
        if self.contact.is_some() {
            config.fetch.contact.clone_from(&self.contact);
        }
        config.fetch.connect_to.extend(self.connect_to.iter().cloned());
        Ok(config)
    }
}
