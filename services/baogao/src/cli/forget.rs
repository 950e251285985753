//! The arguments of `baogao forget`.

use super::Place;
use clap::Args;

/// Arguments of `forget`.
#[derive(Debug, Args)]
pub struct ForgetArgs {
    /// What to take down: URLs of pages, or hosts with all below them.
    #[arg(value_name = "URL|SITE", required_unless_present = "list", conflicts_with = "list")]
    pub targets: Vec<String>,

    /// Why, for those who look later.
    #[arg(long, value_name = "TEXT", conflicts_with_all = ["list", "lift"])]
    pub reason: Option<String>,

    /// Show what would be deleted, and delete nothing.
    #[arg(long, conflicts_with_all = ["list", "lift"])]
    pub dry_run: bool,

    /// Delete without asking.
    #[arg(long)]
    pub yes: bool,

    /// List what was taken down.
    #[arg(long)]
    pub list: bool,

    /// Take take-downs back: the targets may be fetched, read and stored again.
    #[arg(long, conflicts_with = "list")]
    pub lift: bool,

    /// Where.
    #[command(flatten)]
    pub place: Place,

    /// Print one JSON object a line.
    #[arg(long)]
    pub json: bool,
}
