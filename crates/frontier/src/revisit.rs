//! When a page is visited again.
//!
//! The interval of a page halves when the page was found changed and grows by half when not,
//! between the bounds of its kind. Lists follow the calendar of the sessions too: reports are
//! delivered between mid-December and the end of March, so in that season no list waits longer
//! than a day, and none sleeps past its beginning.

use crate::micros;
use baogao_model::PageKind;
use jiff::{Timestamp, civil::Date, tz::Offset};
use std::time::Duration;

const DAY: Duration = Duration::from_secs(24 * 3600);

/// China Standard Time, the calendar of the sessions; it has no summer time.
const CHINA: Offset = Offset::constant(8);

/// The bounds of an adaptive interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Interval {
    /// The interval after the first visit.
    pub first: Duration,
    /// The shortest.
    pub min: Duration,
    /// The longest.
    pub max: Duration,
}

/// A day of any year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct MonthDay {
    /// From 1.
    pub month: i8,
    /// From 1.
    pub day: i8,
}

/// The part of the year in which new reports appear, in China Standard Time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Season {
    /// Its first day.
    pub from: MonthDay,
    /// Its last day. A season may span the turn of the year.
    pub to: MonthDay,
    /// The longest interval of lists in it.
    pub lists: Duration,
}

/// When pages are visited again, by kind and by what the last visit brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevisitPolicy {
    /// Pages whose point is one text.
    pub article: Interval,
    /// Indexes of links.
    pub list: Interval,
    /// Everything else, and pages whose kind is not known yet.
    pub other: Interval,
    /// After a block page: blocks are respected, not hammered at.
    pub blocked: Duration,
    /// After a visit was given up.
    pub failed: Duration,
    /// After robots.txt or a rule of ours forbade the visit.
    pub excluded: Duration,
    /// After a redirect; the target has a schedule of its own.
    pub redirected: Duration,
    /// When lists are looked at more often.
    pub season: Option<Season>,
}

impl Default for RevisitPolicy {
    /// Articles from 1 day after the first visit up to half a year, lists from 6 hours up to 30
    /// days, lists at least daily from 15 December to 31 March.
    fn default() -> Self {
        let hours = |hours: u64| Duration::from_secs(hours * 3600);
        Self {
            article: Interval { first: DAY, min: hours(12), max: 180 * DAY },
            list: Interval { first: DAY, min: hours(6), max: 30 * DAY },
            other: Interval { first: 7 * DAY, min: DAY, max: 90 * DAY },
            blocked: 7 * DAY,
            failed: 30 * DAY,
            excluded: 7 * DAY,
            redirected: 30 * DAY,
            season: Some(Season {
                from: MonthDay { month: 12, day: 15 },
                to: MonthDay { month: 3, day: 31 },
                lists: DAY,
            }),
        }
    }
}

impl RevisitPolicy {
    /// The interval after a visit. `previous` is that before it, none for the first visit.
    pub(crate) fn interval(&self, kind: Option<PageKind>, previous: Option<Duration>, changed: bool) -> Duration {
        let Some(bounds) = self.bounds(kind) else { return self.blocked };
        let Some(previous) = previous else { return bounds.first };
        let next = if changed { previous / 2 } else { previous.saturating_mul(3) / 2 };
        next.clamp(bounds.min, bounds.max.max(bounds.min))
    }

    /// The interval of a page that turned out to be of another kind than thought.
    pub(crate) fn interval_of_kind(&self, kind: PageKind, before: Option<PageKind>, previous: Duration) -> Duration {
        match (self.bounds(Some(kind)), before) {
            (None, _) => self.blocked,
            (Some(bounds), None) => bounds.first,
            (Some(bounds), Some(_)) => previous.clamp(bounds.min, bounds.max.max(bounds.min)),
        }
    }

    /// When a page last visited at `visited` is due, given its interval. `spread` (0 to 1) is
    /// where in the first day of a season a waiting list wakes up, so that not all do at midnight.
    pub(crate) fn next_visit(
        &self,
        kind: Option<PageKind>,
        visited: Timestamp,
        interval: Duration,
        spread: f64,
    ) -> Timestamp {
        let due = micros::after(visited, interval);
        match self.season {
            Some(season) if kind == Some(PageKind::List) => season.pull_forward(visited, due, spread),
            _ => due,
        }
    }

    /// The bounds for a kind; none for block pages.
    fn bounds(&self, kind: Option<PageKind>) -> Option<&Interval> {
        match kind {
            Some(PageKind::Article) => Some(&self.article),
            Some(PageKind::List) => Some(&self.list),
            Some(PageKind::Other) | None => Some(&self.other),
            Some(PageKind::Blocked) => None,
        }
    }
}

impl Season {
    /// `due`, or the earlier time at which the season wants the list seen.
    fn pull_forward(&self, visited: Timestamp, due: Timestamp, spread: f64) -> Timestamp {
        let day = CHINA.to_datetime(visited).date();
        if self.contains(day) {
            return due.min(micros::after(visited, self.lists));
        }
        match self.next_start(day) {
            Some(start) => due.min(micros::after(start, DAY.mul_f64(spread.clamp(0.0, 1.0)))),
            None => due,
        }
    }

    /// Whether `day` lies in the season.
    fn contains(&self, day: Date) -> bool {
        let day = MonthDay { month: day.month(), day: day.day() };
        if self.from <= self.to { (self.from..=self.to).contains(&day) } else { day >= self.from || day <= self.to }
    }

    /// The beginning of the next season after `day`; none where the setting names no day.
    fn next_start(&self, day: Date) -> Option<Timestamp> {
        for year in [day.year(), day.year().saturating_add(1)] {
            let start = Date::new(year, self.from.month, self.from.day).ok()?;
            if start > day {
                return CHINA.to_timestamp(start.at(0, 0, 0, 0)).ok();
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    #[test]
    fn intervals_adapt_between_their_bounds() {
        let policy = RevisitPolicy::default();
        let article = Some(PageKind::Article);
        assert_eq!(policy.interval(article, None, true), DAY);
        assert_eq!(policy.interval(article, Some(4 * DAY), true), 2 * DAY);
        assert_eq!(policy.interval(article, Some(4 * DAY), false), 6 * DAY);
        assert_eq!(policy.interval(article, Some(DAY / 2), true), DAY / 2);
        assert_eq!(policy.interval(article, Some(170 * DAY), false), 180 * DAY);
        assert_eq!(policy.interval(Some(PageKind::Blocked), Some(DAY), true), 7 * DAY);
        assert_eq!(policy.interval_of_kind(PageKind::List, None, 7 * DAY), DAY);
        assert_eq!(policy.interval_of_kind(PageKind::List, article, 100 * DAY), 30 * DAY);
    }

    #[test]
    fn lists_follow_the_calendar_of_the_sessions() {
        let policy = RevisitPolicy::default();
        let list = Some(PageKind::List);
        let next = |from: &str, days: u32| policy.next_visit(list, time(from), days * DAY, 0.0);
        // Out of season, far from it: the interval alone.
        assert_eq!(next("2025-06-01T00:00:00Z", 30), time("2025-07-01T00:00:00Z"));
        // The season begins before the interval ends: midnight of 15 December in China.
        assert_eq!(next("2025-12-01T00:00:00Z", 30), time("2025-12-14T16:00:00Z"));
        // In season, on both sides of New Year: daily.
        assert_eq!(next("2025-12-20T00:00:00Z", 30), time("2025-12-21T00:00:00Z"));
        assert_eq!(next("2026-03-30T00:00:00Z", 30), time("2026-03-31T00:00:00Z"));
        // 31 March 16:00 UTC is 1 April in China.
        assert_eq!(next("2026-03-31T16:00:00Z", 30), time("2026-04-30T16:00:00Z"));
        // Articles do not care.
        let article = policy.next_visit(Some(PageKind::Article), time("2025-12-20T00:00:00Z"), 30 * DAY, 0.0);
        assert_eq!(article, time("2026-01-19T00:00:00Z"));
    }

    #[test]
    fn waking_lists_are_spread_over_the_first_day() {
        let policy = RevisitPolicy::default();
        let from = time("2025-12-01T00:00:00Z");
        let noon = policy.next_visit(Some(PageKind::List), from, 30 * DAY, 0.5);
        assert_eq!(noon, time("2025-12-15T04:00:00Z"));
    }
}
