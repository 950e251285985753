//! Times as people write them on a command line.

use std::time::Duration;

/// Reads `5s`, `100ms`, `2m`, `1h 30m`; a bare number is seconds.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("{text:?} is not a time; write it as in 5s, 100ms or 2m");
    if let Ok(seconds) = text.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).map_err(|_| wrong());
    }
    let signed: jiff::SignedDuration = text.parse().map_err(|_| wrong())?;
    Duration::try_from(signed).map_err(|_| wrong())
}

/// Reads a duration, in which a day may be written as 1d.
pub(super) fn age(text: &str) -> Result<Duration, String> {
    let days = text.strip_suffix('d').and_then(|days| days.parse::<u32>().ok());
    match days {
        Some(days) => Ok(Duration::from_secs(u64::from(days) * 24 * 3600)),
        None => duration(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_people_write_them() {
        assert_eq!(duration("5s"), Ok(Duration::from_secs(5)));
        assert_eq!(duration("100ms"), Ok(Duration::from_millis(100)));
        assert_eq!(duration("2m"), Ok(Duration::from_secs(120)));
        assert_eq!(duration("0.5"), Ok(Duration::from_millis(500)));
        assert!(duration("soon").is_err() && duration("-5s").is_err() && duration("-1").is_err());
    }

    #[test]
    fn ages_may_be_days() {
        assert_eq!(age("7d"), Ok(Duration::from_secs(7 * 24 * 3600)));
        assert_eq!(age("1h"), Ok(Duration::from_secs(3600)));
        assert!(age("long").is_err() && age("-1d").is_err() && age("d").is_err());
    }
}
