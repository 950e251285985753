//! The arguments of `baogao profile`.

use super::FetchArgs;
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// The commands on profiles.
#[derive(Debug, Subcommand)]
pub enum ProfileCommand {
    /// List the profiles.
    #[command(after_help = "\
Examples:
  baogao profile list
  baogao profile list --profiles profiles")]
    List {
        /// A folder of own profiles.
        #[arg(long, value_name = "DIR")]
        profiles: Option<PathBuf>,
    },
    /// Print a profile.
    #[command(after_help = "\
Examples:
  baogao profile show jcms > profiles/mine.toml")]
    Show {
        /// The profile.
        #[arg(value_name = "PROFILE")]
        name: String,

        /// A folder of own profiles.
        #[arg(long, value_name = "DIR")]
        profiles: Option<PathBuf>,
    },
    /// Show what a profile picks on a page, saved or fetched.
    #[command(after_help = "\
An address is asked for once, after robots.txt, with the delay between requests.

Examples:
  baogao profile test jcms page.html --url http://www.example.gov.cn/art/1.html
  baogao profile test ./mine.toml http://www.example.gov.cn/art/1.html --contact me@example.org")]
    Test(ProfileTestArgs),
}

/// Arguments of `profile test`.
#[derive(Debug, Args)]
pub struct ProfileTestArgs {
    /// The profile: its name, or a file.
    #[arg(value_name = "PROFILE")]
    pub profile: String,

    /// A saved page, `-` for standard input, or an address that begins with http:// or https://.
    #[arg(value_name = "FILE|URL")]
    pub page: String,

    /// The address a saved page was saved from.
    #[arg(long, value_name = "URL")]
    pub url: Option<String>,

    /// A folder of own profiles.
    #[arg(long, value_name = "DIR")]
    pub profiles: Option<PathBuf>,

    /// How to fetch.
    #[command(flatten)]
    pub fetch: FetchArgs,
}
