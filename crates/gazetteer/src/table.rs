//! The table of divisions and its indexes.

use crate::crosswalk::Crosswalk;
use crate::mention::{Mention, Names};
use crate::unit::Unit;
use baogao_model::report::Region;
use std::collections::HashMap;
use std::ops::RangeInclusive;
use std::sync::LazyLock;

/// The rows, as a person edits them.
const DIVISIONS: &str = include_str!("../divisions.tsv");

/// Every division of the records, looked up by code, name or stem.
#[derive(Debug)]
pub struct Gazetteer {
    units: Vec<Unit>,
    by_code: HashMap<&'static str, Vec<u32>>,
    by_name: HashMap<&'static str, Vec<u32>>,
    by_stem: HashMap<&'static str, Vec<u32>>,
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

    /// Indexes the table. [`Gazetteer::global`] does so once for the whole process.
    pub fn new() -> Self {
        // A malformed row is left out; a test counts that there is none.
        let units: Vec<Unit> = DIVISIONS.lines().skip(1).filter_map(Unit::from_row).collect();
        let mut by_code: HashMap<&'static str, Vec<u32>> = HashMap::with_capacity(units.len());
        let mut by_name: HashMap<&'static str, Vec<u32>> = HashMap::with_capacity(units.len());
        let mut by_stem: HashMap<&'static str, Vec<u32>> = HashMap::with_capacity(units.len());
        for (index, unit) in (0_u32..).zip(&units) {
            by_code.entry(unit.code).or_default().push(index);
            by_name.entry(unit.name).or_default().push(index);
            by_stem.entry(unit.stem).or_default().push(index);
        }
        let names = Names::new(&units);
        Self { units, by_code, by_name, by_stem, names }
    }

    /// The one shared table, indexed at its first use.
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
        let rows = self.by_code.get(code)?;
        let mut units = rows.iter().map(|&row| &self.units[row as usize]).filter(|unit| unit.valid_in(year));
        let first = units.next()?;
        Some(units.find(|unit| !first.valid_at_start_of(year) && unit.valid_at_start_of(year)).unwrap_or(first))
    }

    /// The divisions called `name` in full; those of `year`, or of all years where none is given.
    pub fn by_name(&self, name: &str, year: Option<i32>) -> impl Iterator<Item = &Unit> {
        self.rows(self.by_name.get(name), year)
    }

    /// The divisions whose stem is `stem`; those of `year`, or of all years where none is given.
    pub fn by_stem(&self, stem: &str, year: Option<i32>) -> impl Iterator<Item = &Unit> {
        self.rows(self.by_stem.get(stem), year)
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
        self.rows(self.by_code.get(code), None).find(|unit| unit.stands_at_end_of(year))
    }

    /// Where `text` names divisions: counties, prefectures and provinces by their full names,
    /// prefectures and provinces also by their stems. The longest name at the leftmost place wins
    /// and mentions do not overlap, so 高唐县 is no mention of 唐县. Linear in the text.
    pub fn mentions<'g>(&'g self, text: &[char]) -> Vec<Mention<'g>> {
        self.names.find(&self.units, text)
    }

    /// The units of the given rows that are valid in `year`.
    fn rows<'g>(&'g self, rows: Option<&'g Vec<u32>>, year: Option<i32>) -> impl Iterator<Item = &'g Unit> {
        rows.into_iter()
            .flatten()
            .map(|&row| &self.units[row as usize])
            .filter(move |unit| year.is_none_or(|year| unit.valid_in(year)))
    }
}
