//! The table of units: what a printed unit or classifier becomes.
//!
//! The table itself is `units.tsv` beside the crate's manifest; a domain person adds a unit there.

use super::decimal::Decimal;
use crate::trie::Trie;

/// One row of `units.tsv`.
#[derive(Debug, Clone)]
pub struct Unit {
    /// The unit of the record: `CNY`, `m2`, `count`…
    pub unit: &'static str,
    /// What a printed one is in it.
    pub factor: Decimal,
    /// What the product is divided by (3 for 亩, else 1).
    pub divisor: u32,
    /// The printed classifier where `unit` is `count`.
    pub counter: Option<&'static str>,
    /// Whether it counts behind Chinese numerals too; 十天 and 三里 are mostly words, 三项 is not.
    pub han_numeral: bool,
}

/// All units, found by their characters.
#[derive(Debug)]
pub struct Units {
    printed: Trie<Unit>,
}

/// The table as shipped.
const TABLE: &str = include_str!("../../units.tsv");

impl Units {
    /// Reads the shipped table.
    pub fn new() -> Self {
        let mut words: Trie<Unit> = Trie::default();
        for line in TABLE.lines().skip(1) {
            let cells: Vec<&str> = line.split('\t').collect();
            // A test holds every row of the shipped table to six good cells.
            let [printed, unit, factor, divisor, counter, han] = cells[..] else { continue };
            let (Some(factor), Ok(divisor)) = (Decimal::parse(factor), divisor.parse()) else { continue };
            let counter = (!counter.is_empty()).then_some(counter);
            let row = Unit { unit, factor, divisor, counter, han_numeral: han == "y" };
            // Of two rows for one printed unit the first counts.
            words.entry(printed.chars()).get_or_insert(row);
        }
        Self { printed: words }
    }

    /// The longest unit that begins at `at`, and where it ends.
    pub fn at(&self, text: &[char], at: usize) -> Option<(&Unit, usize)> {
        let (length, unit) = self.printed.longest(text.get(at..)?.iter().copied())?;
        Some((unit, at + length))
    }
}

#[cfg(test)]
mod tests {
    use super::{TABLE, Units};

    #[test]
    fn every_row_of_the_table_is_read() {
        let units = Units::new();
        for line in TABLE.lines().skip(1) {
            let printed: Vec<char> = line.split('\t').next().unwrap().chars().collect();
            let (_, end) = units.at(&printed, 0).unwrap_or_else(|| panic!("{line}"));
            assert_eq!(end, printed.len(), "{line}");
        }
    }

    #[test]
    fn the_longest_unit_wins() {
        let units = Units::new();
        for (text, unit, length) in
            [("千瓦时", "kWh", 3), ("千瓦", "kW", 2), ("人次", "count", 2), ("个百分点", "pp", 4)]
        {
            let chars: Vec<char> = text.chars().collect();
            let (found, end) = units.at(&chars, 0).unwrap();
            assert_eq!((found.unit, end), (unit, length), "{text}");
        }
    }
}
