//! The arguments of `baogao config`.

use clap::Subcommand;
use std::path::PathBuf;

/// The commands on the configuration.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Check a file and list every mistake in it.
    #[command(after_help = "\
Examples:
  baogao config check baogao.toml")]
    Check {
        /// The configuration file.
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Print every setting as it stands, as a file to start from.
    #[command(after_help = "\
Examples:
  baogao config show > baogao.toml
  baogao config show --config baogao.toml")]
    Show {
        /// A configuration file; the defaults where missing.
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
    },
}
