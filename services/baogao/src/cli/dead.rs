//! The arguments of `baogao dead`.

use super::Place;
use super::time::age;
use clap::{ArgGroup, Args, Subcommand};
use std::time::Duration;

/// The commands on dead letters.
#[derive(Debug, Subcommand)]
pub enum DeadCommand {
    /// List dead letters, oldest first.
    #[command(after_help = "\
Examples:
  baogao dead list
  baogao dead list --stage parse --older-than 1h
  baogao dead list --site example.gov.cn --error checksum --json")]
    List(DeadListArgs),

    /// Show one dead letter with its message.
    #[command(after_help = "\
Examples:
  baogao dead show 17
  baogao dead show 17 --full")]
    Show(DeadShowArgs),

    /// Return dead letters to the stage they failed in, to be tried again.
    ///
    /// Those chosen when the command begins are replayed, oldest first. Ctrl-C stops it: what is not
    /// replayed by then stays a dead letter.
    #[command(
        group = which(),
        override_usage = "baogao dead replay [OPTIONS] [ID]... (with an ID, a filter or --all)",
        after_help = "\
Examples:
  baogao dead replay 17 18
  baogao dead replay --stage scrape --error checksum --dry-run
  baogao dead replay --all --rate 10/s"
    )]
    Replay(DeadReplayArgs),

    /// Delete dead letters for good.
    ///
    /// Asks before it deletes, unless told `--yes`.
    #[command(
        group = which(),
        override_usage = "baogao dead drop [OPTIONS] [ID]... (with an ID, a filter or --all)",
        after_help = "\
Examples:
  baogao dead drop 17
  baogao dead drop --older-than 30d --dry-run
  baogao dead drop --stage parse --site example.gov.cn --yes"
    )]
    Drop(DeadDropArgs),
}

/// What changes dead letters must be told which; all of them only by name.
fn which() -> ArgGroup {
    let ways = ["ids", "stage", "error", "site", "older_than", "newer_than", "limit", "all"];
    ArgGroup::new("which").args(ways).required(true).multiple(true)
}

/// Which dead letters. Several conditions leave those that meet all.
#[derive(Debug, Args)]
pub struct DeadFilter {
    /// Only these, by the ids that `baogao dead list` shows.
    #[arg(value_name = "ID")]
    pub ids: Vec<String>,

    /// Only those that failed in this stage, such as `scrape` or `parse`.
    #[arg(long, value_name = "STAGE")]
    pub stage: Option<String>,

    /// Only those whose error has this in it, in upper or lower case.
    #[arg(long, value_name = "TEXT")]
    pub error: Option<String>,

    /// Only those about pages on this host, or on a host below it.
    #[arg(long, value_name = "HOST")]
    pub site: Option<String>,

    /// Only those given up longer ago than this, as in 90s, 1h or 7d.
    #[arg(long, value_name = "TIME", value_parser = age)]
    pub older_than: Option<Duration>,

    /// Only those given up within this time.
    #[arg(long, value_name = "TIME", value_parser = age)]
    pub newer_than: Option<Duration>,

    /// At most this many, oldest first [default for `list`: 100].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub limit: Option<u32>,
}

/// Arguments of `dead list`.
#[derive(Debug, Args)]
pub struct DeadListArgs {
    /// Whose dead letters.
    #[command(flatten)]
    pub place: Place,

    /// Which dead letters.
    #[command(flatten)]
    pub filter: DeadFilter,

    /// Print one JSON object a line.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `dead show`.
#[derive(Debug, Args)]
pub struct DeadShowArgs {
    /// Whose dead letters.
    #[command(flatten)]
    pub place: Place,

    /// The dead letter, by the id that `baogao dead list` shows.
    #[arg(value_name = "ID")]
    pub id: String,

    /// Print the whole body, however long.
    #[arg(long)]
    pub full: bool,

    /// Print the dead letter as one JSON object, with its whole body.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `dead replay`.
#[derive(Debug, Args)]
pub struct DeadReplayArgs {
    /// Whose dead letters.
    #[command(flatten)]
    pub place: Place,

    /// Which dead letters.
    #[command(flatten)]
    pub filter: DeadFilter,

    /// All of them.
    #[arg(long)]
    pub all: bool,

    /// Only list what would be done.
    #[arg(long)]
    pub dry_run: bool,

    /// No faster than this: N/s, N/m or N/h [default: as fast as can be].
    #[arg(long, value_name = "RATE", value_parser = rate)]
    pub rate: Option<Rate>,

    /// Print one JSON object, or with `--dry-run` one a line.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `dead drop`.
#[derive(Debug, Args)]
pub struct DeadDropArgs {
    /// Whose dead letters.
    #[command(flatten)]
    pub place: Place,

    /// Which dead letters.
    #[command(flatten)]
    pub filter: DeadFilter,

    /// All of them.
    #[arg(long)]
    pub all: bool,

    /// Only list what would be done.
    #[arg(long)]
    pub dry_run: bool,

    /// Do not ask.
    #[arg(long)]
    pub yes: bool,

    /// Print one JSON object, or with `--dry-run` one a line.
    #[arg(long)]
    pub json: bool,
}

/// How fast to replay: some, then a pause.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// How many between two pauses, at least 1.
    pub burst: usize,
    /// The pause.
    pub pause: Duration,
}

/// The shortest pause worth making; a faster rate takes more between two of them.
const SHORTEST_PAUSE: Duration = Duration::from_millis(100);

/// Reads `10/s`, `30/m`, `500/h`; a bare number is per second.
fn rate(text: &str) -> Result<Rate, String> {
    let wrong = || format!("{text:?} is no rate; write it as in 10/s, 30/m or 500/h");
    let (count, unit) = text.split_once('/').unwrap_or((text, "s"));
    let seconds = match unit.trim() {
        "s" => 1,
        "m" | "min" => 60,
        "h" => 3600,
        _ => return Err(wrong()),
    };
    let count: u32 = count.trim().parse().map_err(|_| wrong())?;
    if !(1..=1_000_000).contains(&count) {
        return Err(wrong());
    }
    let each = Duration::from_secs(seconds) / count;
    // Neither factor is 0: a millionth of a second is not.
    let burst = SHORTEST_PAUSE.as_nanos().div_ceil(each.as_nanos()).max(1) as u32;
    Ok(Rate { burst: burst as usize, pause: each * burst })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_read_as_people_write_them() {
        let ms = Duration::from_millis;
        assert_eq!(rate("10/s"), Ok(Rate { burst: 1, pause: ms(100) }));
        assert_eq!(rate("10"), rate("10/s"));
        assert_eq!(rate("30/m"), Ok(Rate { burst: 1, pause: ms(2000) }));
        assert_eq!(rate("1 / h"), Ok(Rate { burst: 1, pause: ms(3_600_000) }));
        assert_eq!(rate("1000/s"), Ok(Rate { burst: 100, pause: ms(100) }));
        assert_eq!(rate("1000000/s"), Ok(Rate { burst: 100_000, pause: ms(100) }));
        for wrong in ["0/s", "-1/s", "fast", "10/d", "/s", "1.5/s", "9999999999/s", ""] {
            assert!(rate(wrong).is_err(), "{wrong:?}");
        }
    }
}
