//! The table of units: what a printed unit or classifier becomes.
//!
//! The table itself is `units.tsv` beside the crate's manifest; a domain person adds a unit there.

use super::decimal::Decimal;
use std::collections::HashMap;

/// One row of `units.tsv`.
#[derive(Debug, Clone)]
pub struct Unit {
    printed: Vec<char>,
    /// The unit of the record: `CNY`, `m2`, `count`…
    pub unit: String,
    /// What a printed one is in it.
    pub factor: Decimal,
    /// What the product is divided by (3 for 亩, else 1).
    pub divisor: u32,
    /// The printed classifier where `unit` is `count`.
    pub counter: Option<String>,
    /// Whether it counts behind Chinese numerals too; 十天 and 三里 are mostly words, 三项 is not.
    pub han_numeral: bool,
}

/// All units, found by their first character.
#[derive(Debug)]
pub struct Units {
    by_first: HashMap<char, Vec<Unit>>,
}

/// The table as shipped.
const TABLE: &str = include_str!("../../units.tsv");

impl Units {
    /// Reads the shipped table.
    pub fn new() -> Self {
        let mut by_first: HashMap<char, Vec<Unit>> = HashMap::new();
        for line in TABLE.lines().skip(1) {
            let cells: Vec<&str> = line.split('\t').collect();
            // A test holds every row of the shipped table to six good cells.
            let [printed, unit, factor, divisor, counter, han] = cells[..] else { continue };
            let printed: Vec<char> = printed.chars().collect();
            let (Some(&first), Some(factor), Ok(divisor)) = (printed.first(), Decimal::parse(factor), divisor.parse())
            else {
                continue;
            };
            let counter = (!counter.is_empty()).then(|| counter.to_owned());
            let row = Unit { printed, unit: unit.to_owned(), factor, divisor, counter, han_numeral: han == "y" };
            by_first.entry(first).or_default().push(row);
        }
        for rows in by_first.values_mut() {
            rows.sort_by_key(|row| std::cmp::Reverse(row.printed.len()));
        }
        Self { by_first }
    }

    /// The longest unit that begins at `at`, and where it ends.
    pub fn at(&self, text: &[char], at: usize) -> Option<(&Unit, usize)> {
        let rows = self.by_first.get(text.get(at)?)?;
        for row in rows {
            if text[at..].starts_with(&row.printed) {
                return Some((row, at + row.printed.len()));
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::{TABLE, Units};

    #[test]
    fn every_row_of_the_table_is_read() {
        let read: usize = Units::new().by_first.values().map(Vec::len).sum();
        assert_eq!(read, TABLE.lines().count() - 1);
    }

    #[test]
    fn the_longest_unit_wins() {
        let units = Units::new();
        for (text, unit, length) in
            [("千瓦时", "kWh", 3), ("千瓦", "kW", 2), ("人次", "count", 2), ("个百分点", "pp", 4)]
        {
            let chars: Vec<char> = text.chars().collect();
            let (found, end) = units.at(&chars, 0).unwrap();
            assert_eq!((found.unit.as_str(), end), (unit, length), "{text}");
        }
    }
}
