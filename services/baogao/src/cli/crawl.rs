//! The arguments of `baogao demo`, `crawl` and `run`.

use super::FetchArgs;
use super::time::duration;
use clap::{Args, ValueEnum};
use std::path::PathBuf;
use std::time::Duration;

/// Arguments of `demo`.
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// Where to put the demo's data; a temporary directory where missing.
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,

    /// Keep the temporary directory.
    #[arg(long)]
    pub keep: bool,
}

/// Arguments of `crawl`.
#[derive(Debug, Args)]
pub struct CrawlArgs {
    /// Where to begin: list pages or articles.
    #[arg(required = true, value_name = "URL")]
    pub urls: Vec<String>,

    /// The data directory [default: ./baogao-data].
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,

    /// Links to follow from the URLs given; parts of one article do not count [default: unlimited].
    #[arg(long, value_name = "N")]
    pub depth: Option<u32>,

    /// How far to go: the seeds' sites, hosts, directories, or anywhere.
    #[arg(long, value_enum, default_value_t = ScopeArg::Site)]
    pub scope: ScopeArg,

    /// Pages to request at most [default: unlimited].
    #[arg(long, value_name = "N")]
    pub max_pages: Option<u64>,

    /// End when no URL is due within this time.
    #[arg(long, value_name = "TIME", value_parser = duration, default_value = "2m")]
    pub patience: Duration,

    /// How to fetch.
    #[command(flatten)]
    pub fetch: FetchArgs,
}

/// How far a crawl may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ScopeArg {
    /// The seeds' registrable sites.
    Site,
    /// The seeds' hosts.
    Host,
    /// The seeds' directories.
    Path,
    /// Anywhere.
    Any,
}

/// Arguments of `run`.
#[derive(Debug, Args)]
pub struct RunArgs {
    /// The configuration file.
    #[arg(long, value_name = "FILE")]
    pub config: PathBuf,

    /// The data directory, instead of the configured one.
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
}
