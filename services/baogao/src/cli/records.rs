//! The arguments of `baogao records`.

use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;

/// The commands on records.
#[derive(Debug, Subcommand)]
pub enum RecordsCommand {
    /// List records, one a line.
    #[command(after_help = "\
Examples:
  baogao records list --level county --year 2024
  baogao records list --kind all --region 青岚")]
    List(RecordsListArgs),
    /// Show one record.
    #[command(after_help = "\
Examples:
  baogao records show 3f2a
  baogao records show 3f2a --json")]
    Show(RecordsShowArgs),
    /// Write records to standard output.
    #[command(after_help = "\
Examples:
  baogao records export > reports.jsonl
  baogao records export --format csv --what measurements > figures.csv")]
    Export(RecordsExportArgs),
}

/// Where the records are.
#[derive(Debug, Args)]
pub struct RecordsPlace {
    /// The data directory.
    #[arg(long, value_name = "DIR", default_value = "./baogao-data")]
    pub data: PathBuf,

    /// A configuration file: the records are in the database or data directory that it names.
    #[arg(long, value_name = "FILE", conflicts_with = "data")]
    pub config: Option<PathBuf>,
}

/// Which records.
#[derive(Debug, Args)]
pub struct RecordsFilter {
    /// Where the records are.
    #[command(flatten)]
    pub place: RecordsPlace,

    /// Only records of this kind, such as `report`; `all` for every kind [default: the kinds of reports].
    #[arg(long, value_name = "KIND")]
    pub kind: Vec<String>,

    /// Only governments of this level: nation, province, prefecture, county, township, zone.
    #[arg(long, value_name = "LEVEL")]
    pub level: Option<String>,

    /// Only regions whose name holds this.
    #[arg(long, value_name = "NAME")]
    pub region: Option<String>,

    /// Only regions whose code begins with this: 41 is a province, 4110 a prefecture.
    #[arg(long, value_name = "CODE")]
    pub adcode: Option<String>,

    /// Only reports delivered in this year.
    #[arg(long, value_name = "YEAR")]
    pub year: Option<i32>,

    /// Only records from this site.
    #[arg(long, value_name = "SITE")]
    pub site: Option<String>,
}

/// Arguments of `records list`.
#[derive(Debug, Args)]
pub struct RecordsListArgs {
    /// Which records.
    #[command(flatten)]
    pub filter: RecordsFilter,

    /// Records to list at most, up to 1000; `records export` has no limit.
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub limit: u32,

    /// Print one JSON object a line.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `records show`.
#[derive(Debug, Args)]
pub struct RecordsShowArgs {
    /// The record's id, or its beginning.
    #[arg(value_name = "ID")]
    pub id: String,

    /// Where the records are.
    #[command(flatten)]
    pub place: RecordsPlace,

    /// Print the record as JSON.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `records export`.
#[derive(Debug, Args)]
pub struct RecordsExportArgs {
    /// Which records.
    #[command(flatten)]
    pub filter: RecordsFilter,

    /// JSON lines with everything, or CSV (UTF-8 with BOM) with one row a report.
    #[arg(long, value_enum, default_value_t = FormatArg::Jsonl)]
    pub format: FormatArg,

    /// For CSV: one row a report, or one row a measurement.
    #[arg(long, value_enum, default_value_t = WhatArg::Reports)]
    pub what: WhatArg,
}

/// The form of an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FormatArg {
    /// One JSON object a line.
    Jsonl,
    /// Comma-separated values.
    Csv,
}

/// What a row of an export is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum WhatArg {
    /// A report.
    Reports,
    /// A measurement.
    Measurements,
}
