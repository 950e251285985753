//! Where a command works: the same two arguments everywhere.

use clap::Args;
use std::path::PathBuf;

/// A data directory, or what a configuration file names.
#[derive(Debug, Args)]
pub struct Place {
    /// The data directory [default: ./baogao-data].
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,

    /// A configuration file, which names what is meant: the data directory, the archive or the servers.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}
