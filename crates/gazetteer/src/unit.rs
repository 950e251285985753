//! One division during one stretch of years.

use baogao_model::report::Level;

/// A division under one code and one name, for the years in which both held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unit {
    /// Six digits of GB/T 2260.
    pub code: &'static str,
    /// The full name, such as 魏都区.
    pub name: &'static str,
    /// The name without what says its kind: 魏都, 恩施. The whole name where less than two
    /// characters would remain (唐县).
    pub stem: &'static str,
    /// Province, prefecture or county.
    pub level: Level,
    /// The first year; rows that begin with the records (1981) are taken to reach back.
    pub from: i32,
    /// The year of its end or renaming; none while in use.
    pub until: Option<i32>,
    /// As the table writes them.
    pub(crate) successors: &'static str,
}

/// The year in which the records begin.
const FIRST_YEAR: i32 = 1981;

impl Unit {
    /// Whether it existed at some day of `year`. Both years of a change count, since the data does
    /// not know days.
    pub fn valid_in(&self, year: i32) -> bool {
        (self.from <= year || self.from == FIRST_YEAR) && self.until.is_none_or(|until| year <= until)
    }

    /// Whether it existed on the first of January of `year`, as far as years tell.
    pub fn valid_at_start_of(&self, year: i32) -> bool {
        (self.from < year || self.from == FIRST_YEAR) && self.until.is_none_or(|until| year <= until)
    }

    /// Whether it existed on the last day of `year`: what ended or was renamed in it did not.
    pub fn stands_at_end_of(&self, year: i32) -> bool {
        (self.from <= year || self.from == FIRST_YEAR) && self.until.is_none_or(|until| year < until)
    }

    /// How many years lie between `year` and the unit's own; 0 within them.
    pub fn years_from(&self, year: i32) -> i32 {
        if self.valid_in(year) {
            0
        } else if year < self.from {
            self.from - year
        } else {
            self.until.map_or(0, |until| year - until)
        }
    }

    /// The codes that took its place or part of it, with the year where the data names one.
    pub fn successors(&self) -> impl Iterator<Item = (&'static str, Option<i32>)> {
        self.successors.split(';').filter(|code| !code.is_empty()).map(|code| match code.split_once('[') {
            Some((code, year)) => (code, year.trim_end_matches(']').parse().ok()),
            None => (code, None),
        })
    }
}
