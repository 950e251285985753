//! Names of divisions in running text.

use crate::unit::Unit;
use baogao_model::report::Level;
use std::collections::HashMap;
use std::ops::Range;

/// One place where a text names a division.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mention<'g> {
    /// The characters of the name.
    pub range: Range<usize>,
    /// Every division that was ever called so, whatever the year.
    pub units: Vec<&'g Unit>,
    /// Whether the full name stands there, not only its stem.
    pub full: bool,
}

/// The names to look for, found by their first two characters.
#[derive(Debug)]
pub(crate) struct Names {
    by_start: HashMap<(char, char), Vec<Entry>>,
}

/// A name and the rows it belongs to.
#[derive(Debug)]
struct Entry {
    /// The characters behind the first two.
    rest: Vec<char>,
    rows: Vec<u32>,
    full: bool,
}

impl Names {
    /// Indexes full names and the stems of prefectures and provinces.
    pub(crate) fn new(units: &[Unit]) -> Self {
        let mut rows: HashMap<(&'static str, bool), Vec<u32>> = HashMap::with_capacity(units.len());
        for (row, unit) in (0_u32..).zip(units) {
            // 城区, 郊区 and 矿区 are ordinary words far more often than names.
            if !matches!(unit.name, "城区" | "郊区" | "矿区" | "新城区" | "市中区") {
                rows.entry((unit.name, true)).or_default().push(row);
            }
            if unit.level != Level::County && unit.stem != unit.name {
                rows.entry((unit.stem, false)).or_default().push(row);
            }
        }
        let mut by_start: HashMap<(char, char), Vec<Entry>> = HashMap::with_capacity(rows.len());
        for ((name, full), rows) in rows {
            let mut chars = name.chars();
            if let (Some(first), Some(second)) = (chars.next(), chars.next()) {
                by_start.entry((first, second)).or_default().push(Entry { rest: chars.collect(), rows, full });
            }
        }
        for entries in by_start.values_mut() {
            // The longest first; of a name and an equal stem the name.
            entries.sort_by(|a, b| (b.rest.len(), b.full, &b.rest).cmp(&(a.rest.len(), a.full, &a.rest)));
        }
        Self { by_start }
    }

    /// See [`crate::Gazetteer::mentions`].
    pub(crate) fn find<'g>(&self, units: &'g [Unit], text: &[char]) -> Vec<Mention<'g>> {
        let mut mentions = Vec::new();
        let mut at = 0;
        while at + 1 < text.len() {
            let hit = self
                .by_start
                .get(&(text[at], text[at + 1]))
                .and_then(|entries| entries.iter().find(|entry| text[at + 2..].starts_with(&entry.rest)));
            let Some(entry) = hit else {
                at += 1;
                continue;
            };
            let end = at + 2 + entry.rest.len();
            let units = entry.rows.iter().map(|&row| &units[row as usize]).collect();
            mentions.push(Mention { range: at..end, units, full: entry.full });
            at = end;
        }
        mentions
    }
}
