//! The arguments of `baogao service` and `migrate`.

use clap::{Args, Subcommand};
use std::path::PathBuf;

/// The services.
#[derive(Debug, Subcommand)]
pub enum ServiceCommand {
    /// URL to page: fetches politely, archives, keeps the frontier. Needs broker, database, archive.
    #[command(after_help = "\
Examples:
  baogao service crawler --config baogao.toml")]
    Crawler(ServiceArgs),
    /// Page to article: needs the broker and the archive.
    #[command(after_help = "\
Examples:
  baogao service scraper --config baogao.toml")]
    Scraper(ServiceArgs),
    /// Article to record: needs the broker.
    #[command(after_help = "\
Examples:
  baogao service parser --config baogao.toml")]
    Parser(ServiceArgs),
    /// Record to store: needs broker and database.
    #[command(after_help = "\
Examples:
  baogao service publisher --config baogao.toml")]
    Publisher(ServiceArgs),
}

/// Arguments of a service.
#[derive(Debug, Args)]
pub struct ServiceArgs {
    /// The configuration file.
    #[arg(long, value_name = "FILE")]
    pub config: PathBuf,
}

/// Arguments of `migrate`.
#[derive(Debug, Args)]
pub struct MigrateArgs {
    /// The configuration file that names the database.
    #[arg(long, value_name = "FILE")]
    pub config: PathBuf,
}
