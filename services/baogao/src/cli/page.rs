//! The arguments of `baogao extract` and `parse`, which read files and keep nothing.

use clap::Args;
use std::path::PathBuf;

/// Arguments of `extract`.
#[derive(Debug, Args)]
pub struct ExtractArgs {
    /// Saved pages; `-` is standard input.
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,

    /// Print one JSON object a line.
    #[arg(long)]
    pub json: bool,

    /// The address the page was saved from; links are resolved against it.
    #[arg(long, value_name = "URL")]
    pub url: Option<String>,

    /// A folder of own profiles.
    #[arg(long, value_name = "DIR")]
    pub profiles: Option<PathBuf>,
}

/// Arguments of `parse`.
#[derive(Debug, Args)]
pub struct ParseArgs {
    /// Clean texts or saved pages; `-` is standard input.
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,

    /// Print one record a line.
    #[arg(long)]
    pub json: bool,

    /// Print the text with its measurements marked and, for each, the rules that made it.
    #[arg(long)]
    pub explain: bool,

    /// Tell only of the number at this character of the text, and why where it is no measurement; may be repeated.
    #[arg(long, value_name = "OFFSET", requires = "explain")]
    pub at: Vec<u32>,
}
