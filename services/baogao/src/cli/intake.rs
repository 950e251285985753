//! The arguments of `baogao replay` and `baogao import`.

use super::Place;
use clap::Args;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use std::path::PathBuf;
use std::str::FromStr;

/// Arguments of `replay`.
#[derive(Debug, Args)]
pub struct ReplayArgs {
    /// Where.
    #[command(flatten)]
    pub place: Place,

    /// Take the pages from this archive instead: a data directory, a folder of segments, or s3://BUCKET/PREFIX.
    #[arg(long, value_name = "ARCHIVE")]
    pub from: Option<String>,

    /// Only pages of this site or host. May be repeated.
    #[arg(long, value_name = "SITE")]
    pub site: Vec<String>,

    /// Only pages fetched since then: 2026-01-31, 2026-01-31T08:00:00Z, or 30d ago.
    #[arg(long, value_name = "TIME")]
    pub since: Option<Since>,
}

/// Arguments of `import`.
#[derive(Debug, Args)]
pub struct ImportArgs {
    /// WARC files, saved pages, texts, or folders of them.
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,

    /// Where.
    #[command(flatten)]
    pub place: Place,

    /// Where the saved pages come from: the address of the file a/1.html in a folder given is that of
    /// a/1.html below this.
    #[arg(long, value_name = "URL")]
    pub base: Option<String>,
}

/// A moment in the past.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Since(pub Timestamp);

impl FromStr for Since {
    type Err = String;

    /// Reads a date (its beginning here), a time, or how long ago.
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} is no time; write it as in 2026-01-31, 2026-01-31T08:00:00Z or 30d");
        if let Ok(date) = text.parse::<Date>() {
            return date.to_zoned(TimeZone::system()).map(|midnight| Self(midnight.timestamp())).map_err(|_| wrong());
        }
        if let Ok(time) = text.parse::<Timestamp>() {
            return Ok(Self(time));
        }
        // Days here have 24 hours.
        let days = text.strip_suffix('d').and_then(|days| days.trim().parse::<i64>().ok());
        let ago = match days {
            Some(days) => days.checked_mul(24).map(SignedDuration::from_hours).ok_or_else(wrong)?,
            None => text.parse::<SignedDuration>().map_err(|_| wrong())?,
        };
        if ago.is_negative() {
            return Err(wrong());
        }
        Timestamp::now().checked_sub(ago).map(Self).map_err(|_| wrong())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_people_write_them() {
        let read = |text: &str| text.parse::<Since>();
        assert_eq!(read("2026-01-31T08:00:00Z"), Ok(Since("2026-01-31T08:00:00Z".parse().expect("a time"))));
        let day = read("2026-01-31").expect("a date").0;
        assert_eq!(day.to_zoned(TimeZone::system()).date(), "2026-01-31".parse().expect("a date"));
        let (month, hours) = (read("30d").expect("days").0, read("720h").expect("hours").0);
        assert!(hours.duration_since(month).abs() < SignedDuration::from_mins(1));
        for wrong in ["", "yesterday", "-3d", "2026-13-01", "99999999999999d"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
