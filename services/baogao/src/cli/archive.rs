//! The arguments of `baogao archive`.

use super::Place;
use clap::{Args, Subcommand};

/// The commands on archived responses.
#[derive(Debug, Subcommand)]
pub enum ArchiveCommand {
    /// List segments, or the records in them.
    ///
    /// Without more the segments are listed, oldest first. With a segment's name, `--records` or
    /// `--url` it is their records: where they stand, when and from where they came, their length and
    /// their digest.
    #[command(after_help = "\
Examples:
  baogao archive list
  baogao archive list 2026/03/01/baogao-20260301T081502123Z-5f2a9c01d3b4e6f7-00001.warc.gz
  baogao archive list --url /zwgk/ --config baogao.toml --json")]
    List(ArchiveListArgs),

    /// Print an archived response: its payload, or all of it.
    ///
    /// For a URL it is the newest response archived; finding it reads the archive from its end.
    #[command(after_help = "\
Examples:
  baogao archive cat http://www.example.gov.cn/zwgk/1.html > page.html
  baogao archive cat 2026/03/01/baogao-20260301T081502123Z-5f2a9c01d3b4e6f7-00001.warc.gz:412 --http
  baogao archive cat http://www.example.gov.cn/zwgk/1.html --json")]
    Cat(ArchiveCatArgs),

    /// Check that every record is whole and its digests are those of its bytes.
    ///
    /// Reads everything. The exit code is 1 when anything is damaged.
    #[command(after_help = "\
Examples:
  baogao archive verify
  baogao archive verify --config baogao.toml --json
  baogao archive verify 2026/03/01/baogao-20260301T081502123Z-5f2a9c01d3b4e6f7-00001.warc.gz")]
    Verify(ArchiveVerifyArgs),
}

/// Arguments of `archive list`.
#[derive(Debug, Args)]
pub struct ArchiveListArgs {
    /// Which archive.
    #[command(flatten)]
    pub place: Place,

    /// Only these segments, with their records.
    #[arg(value_name = "SEGMENT")]
    pub segments: Vec<String>,

    /// List the records of all segments.
    #[arg(long)]
    pub records: bool,

    /// Only records whose URL has this in it.
    #[arg(long, value_name = "TEXT")]
    pub url: Option<String>,

    /// Print one JSON object a line.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `archive cat`.
#[derive(Debug, Args)]
pub struct ArchiveCatArgs {
    /// Which archive.
    #[command(flatten)]
    pub place: Place,

    /// The record: a URL, or SEGMENT:OFFSET as `baogao archive list` shows it.
    #[arg(value_name = "RECORD")]
    pub record: String,

    /// Print the HTTP response as it is archived: status line, headers, and the payload with its
    /// content encoding.
    #[arg(long, conflicts_with = "json")]
    pub http: bool,

    /// Print one JSON object about the response, without its payload.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `archive verify`.
#[derive(Debug, Args)]
pub struct ArchiveVerifyArgs {
    /// Which archive.
    #[command(flatten)]
    pub place: Place,

    /// Only these segments.
    #[arg(value_name = "SEGMENT")]
    pub segments: Vec<String>,

    /// Print one JSON object a line: each damage, then the sums.
    #[arg(long)]
    pub json: bool,
}
