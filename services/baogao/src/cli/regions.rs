//! The command line of `baogao regions`.

use baogao_gazetteer::Gazetteer;
use baogao_model::report::Level;
use clap::builder::RangedI64ValueParser;
use clap::{Args, Subcommand};

/// The commands on regions.
#[derive(Debug, Subcommand)]
pub enum RegionsCommand {
    /// List the divisions of a year.
    #[command(after_help = "\
Examples:
  baogao regions list 鼓楼区 --year 2021
  baogao regions list --year 2003 --level prefecture --json")]
    List(RegionsListArgs),

    /// Say what the divisions of one year are in another, earlier or later.
    ///
    /// A year means its last day; what ended within the year asked from is found as of the year before.
    /// A division that became one other is told as such; where several were merged or one was split,
    /// all are listed and nothing is guessed about how much is where.
    #[command(after_help = "\
Relations:
  same, renamed, recoded   one division stands for one
  gained                   it goes on, and holds parts of others too
  merged                   several are one in the other year
  split                    it is several in the other year, or gave parts away
  none                     nothing in the other year is known to stand for it

Examples:
  baogao regions crosswalk --from 2003 --to 2020 铜官山区 371200
  baogao regions crosswalk --from 2003 --to 2020 --level county --changed
  baogao regions crosswalk --from 2020 --to 2003 --csv > crosswalk.csv")]
    Crosswalk(RegionsCrosswalkArgs),
}

/// Arguments of `regions list`.
#[derive(Debug, Args)]
pub struct RegionsListArgs {
    /// Codes or full names; everything where missing.
    #[arg(value_name = "CODE|NAME")]
    pub regions: Vec<String>,

    /// The year.
    #[arg(long, value_name = "YEAR", value_parser = year(), default_value_t = *Gazetteer::YEARS.end())]
    pub year: i32,

    /// Only divisions of this level: province, prefecture, county.
    #[arg(long, value_name = "LEVEL", value_parser = level)]
    pub level: Option<Level>,

    /// Print one JSON object a line.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `regions crosswalk`.
#[derive(Debug, Args)]
pub struct RegionsCrosswalkArgs {
    /// Codes or full names of the year asked from; everything where missing.
    #[arg(value_name = "CODE|NAME")]
    pub regions: Vec<String>,

    /// The year that the codes are of.
    #[arg(long, value_name = "YEAR", value_parser = year())]
    pub from: i32,

    /// The year whose divisions are wanted.
    #[arg(long, value_name = "YEAR", value_parser = year())]
    pub to: i32,

    /// Only divisions of this level: province, prefecture, county.
    #[arg(long, value_name = "LEVEL", value_parser = level)]
    pub level: Option<Level>,

    /// Leave out what is the same in both years.
    #[arg(long)]
    pub changed: bool,

    /// Print one JSON object a line.
    #[arg(long)]
    pub json: bool,

    /// Print CSV (UTF-8 with BOM), one row a pair of divisions.
    #[arg(long, conflicts_with = "json")]
    pub csv: bool,
}

/// A year that the table of divisions covers.
fn year() -> RangedI64ValueParser<i32> {
    let (first, last) = (*Gazetteer::YEARS.start(), *Gazetteer::YEARS.end());
    clap::value_parser!(i32).range(i64::from(first)..=i64::from(last))
}

/// A level that has codes.
fn level(name: &str) -> Result<Level, String> {
    let known = [Level::Province, Level::Prefecture, Level::County];
    let found = known.into_iter().find(|level| level.as_str() == name);
    found.ok_or_else(|| format!("{name:?} is no level with codes; there are province, prefecture and county"))
}
