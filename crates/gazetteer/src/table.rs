//! The table of divisions, and what is asked of it.

use crate::compiled::{Names, Use, units};
use crate::crosswalk::Crosswalk;
use crate::mention::Mention;
use crate::unit::Unit;
use baogao_model::report::Region;
use std::ops::RangeInclusive;
use std::sync::LazyLock;

/// Every division of the records, looked up by code, name or stem.
#[derive(Debug)]
pub struct Gazetteer {
    /// In the order of their codes.
    units: Vec<Unit>,
    names: Names,
}

impl Default for Gazetteer {
    fn default() -> Self {
        Self::new()
    }
}

impl Gazetteer {
    /// The years that the table covers. What began with the first is taken to reach back.
    pub const YEARS: RangeInclusive<i32> = 1981..=2024;

    /// Opens the compiled table. [`Gazetteer::global`] does so once for the whole process.
    pub fn new() -> Self {
        Self { units: units(), names: Names::new() }
    }

    /// The one shared table, opened at its first use.
    pub fn global() -> &'static Self {
        static TABLE: LazyLock<Gazetteer> = LazyLock::new(Gazetteer::new);
        &TABLE
    }

    /// Every row in the order of the table.
    pub fn units(&self) -> &[Unit] {
        &self.units
    }

    /// The division that had `code` in `year`. Where two names share the year of a renaming, it is
    /// the one the year began with.
    pub fn by_code(&self, code: &str, year: i32) -> Option<&Unit> {
        let mut units = self.of_code(code).filter(|unit| unit.valid_in(year));
        let first = units.next()?;
        Some(units.find(|unit| !first.valid_at_start_of(year) && unit.valid_at_start_of(year)).unwrap_or(first))
    }

    /// The divisions called `name` in full; those of `year`, or of all years where none is given.
    pub fn by_name(&self, name: &str, year: Option<i32>) -> impl Iterator<Item = &Unit> {
        self.rows(self.names.rows(name, Use::Name), year)
    }

    /// The divisions whose stem is `stem`; those of `year`, or of all years where none is given.
    pub fn by_stem(&self, stem: &str, year: Option<i32>) -> impl Iterator<Item = &Unit> {
        self.rows(self.names.rows(stem, Use::Stem), year)
    }

    /// The province, region or municipality of `unit` in `year`; a province is its own.
    pub fn province_of(&self, unit: &Unit, year: i32) -> Option<&Unit> {
        self.by_code(&format!("{}0000", &unit.code[..2]), year)
    }

    /// The prefecture of `unit` in `year`; a prefecture is its own. None for provinces and for what
    /// a province or municipality governs directly.
    pub fn prefecture_of(&self, unit: &Unit, year: i32) -> Option<&Unit> {
        let code = format!("{}00", &unit.code[..4]);
        if code.ends_with("0000") { None } else { self.by_code(&code, year) }
    }

    /// Name, level, code and parents of `unit` as of `year`, in the form of the record.
    pub fn region(&self, unit: &Unit, year: i32) -> Region {
        Region {
            name: Some(unit.name.to_owned()),
            level: Some(unit.level),
            adcode: Some(unit.code.to_owned()),
            province: self.province_of(unit, year).map(|province| province.name.to_owned()),
            prefecture: self.prefecture_of(unit, year).map(|prefecture| prefecture.name.to_owned()),
            resolved_by: None,
        }
    }

    /// What the divisions of the year `from` are in the year `to`, which may be earlier or later.
    /// Made anew at every call, in some milliseconds; keep it for many codes.
    pub fn crosswalk(&self, from: i32, to: i32) -> Crosswalk<'_> {
        Crosswalk::new(self, from, to)
    }

    /// The row of `code` that stood at the end of `year`.
    pub(crate) fn standing(&self, code: &str, year: i32) -> Option<&Unit> {
        self.of_code(code).find(|unit| unit.stands_at_end_of(year))
    }

    /// Where `text` names divisions: counties, prefectures and provinces by their full names,
    /// prefectures and provinces also by their stems. The longest name at the leftmost place wins
    /// and mentions do not overlap, so 高唐县 is no mention of 唐县. Linear in the text.
    pub fn mentions<'g>(&'g self, text: &[char]) -> Vec<Mention<'g>> {
        let (mut mentions, mut at) = (Vec::new(), 0);
        while at < text.len() {
            let Some((length, rows, full)) = self.names.mention_at(&text[at..]) else {
                at += 1;
                continue;
            };
            mentions.push(Mention { range: at..at + length, units: self.rows(rows, None).collect(), full });
            at += length;
        }
        mentions
    }

    /// The rows of a code, in the order of the table.
    fn of_code(&self, code: &str) -> impl Iterator<Item = &Unit> + use<'_> {
        let from = self.units.partition_point(|unit| unit.code < code);
        let behind = self.units[from..].partition_point(|unit| unit.code <= code);
        self.units[from..from + behind].iter()
    }

    /// The units of the given rows that are valid in `year`.
    fn rows(&self, rows: impl Iterator<Item = u16>, year: Option<i32>) -> impl Iterator<Item = &Unit> {
        let units = rows.map(|row| &self.units[usize::from(row)]);
        units.filter(move |unit| year.is_none_or(|year| unit.valid_in(year)))
    }
}
