//! The words that rules go by, as data: `cues.tsv`.
//!
//! Each row is a word, the place where it counts, and what it says there. `end` words stand
//! between a subject and its number and are read backwards from the number; `start` words stand
//! before a subject and say nothing about it; `verb` words, right behind a number, tell that no
//! counted noun follows; `suffix` words may stand between an indicator's name and its number;
//! `increment` verbs make a flow of a stock; `generic` words (总数) name something only behind a
//! subject, of the same `series` or of another; `ranking` words stand between subject and rank.

use crate::trie::Trie;

/// What a word between subject and number says. A word may say several things.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Classes(u32);

/// Declares the classes as bits and reads their names.
macro_rules! classes {
    ($($(#[$doc:meta])* $name:ident = $bit:literal, $text:literal;)+) => {
        impl Classes {
            $($(#[$doc])* pub const $name: Self = Self(1 << $bit);)+

            /// The class of that name in `cues.tsv`.
            fn named(name: &str) -> Option<Self> {
                match name {
                    $($text => Some(Self::$name),)+
                    _ => None,
                }
            }
        }
    };
}

classes! {
    /// A rise.
    UP = 0, "up";
    /// A fall.
    DOWN = 1, "down";
    /// A noun that names a rate of growth (增速).
    RATE_UP = 2, "rate_up";
    /// A noun that names a rate of decline (降幅).
    RATE_DOWN = 3, "rate_down";
    /// A yearly average.
    AVG = 4, "avg";
    /// The state reached: 提高到.
    TO = 5, "to";
    /// Links subject and value: 完成, 达到.
    LINK = 6, "link";
    /// More than.
    GT = 7, "gt";
    /// At least.
    GE = 8, "ge";
    /// At most.
    LE = 9, "le";
    /// About.
    APPROX = 10, "approx";
    /// Says nothing here.
    ADVERB = 11, "adv";
    /// Against an earlier time.
    COMPARE = 12, "compare";
    /// 预计.
    ESTIMATE = 13, "estimate";
    /// 分别.
    RESPECTIVE = 14, "respective";
    /// 新增 behind its subject.
    NEW = 15, "new";
    /// 连续.
    STREAK = 16, "streak";
    /// 提前.
    AHEAD = 17, "ahead";
    /// Less than.
    LT = 18, "lt";
    /// A generic word that leaves the indicator as it is: 总数, 增速.
    SERIES = 20, "series";
    /// A word that only looks as if it ended in a cue: 签约 is no 约.
    WORD = 19, "word";
}

impl Classes {
    /// Whether it says any of `other`.
    pub fn any(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Both.
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// The words of one place.
#[derive(Debug, Default)]
pub struct Words {
    forwards: Trie<Classes>,
    backwards: Trie<Classes>,
}

impl Words {
    fn add(&mut self, word: &str, classes: Classes) {
        for entry in [self.forwards.entry(word.chars()), self.backwards.entry(word.chars().rev())] {
            *entry = Some(entry.unwrap_or_default().and(classes));
        }
    }

    /// The longest word that ends where `text` ends: its length and what it says.
    pub fn at_end(&self, text: &[char]) -> Option<(usize, Classes)> {
        self.backwards.longest(text.iter().rev().copied()).map(|(length, &classes)| (length, classes))
    }

    /// The lengths of all words that end where `text` ends.
    pub fn all_at_end(&self, text: &[char]) -> impl Iterator<Item = usize> {
        self.backwards.prefixes(text.iter().rev().copied()).map(|(length, _)| length)
    }

    /// What the longest word that `text` begins with says.
    pub fn class_at_start(&self, text: &[char]) -> Option<Classes> {
        self.forwards.longest(text.iter().copied()).map(|(_, &classes)| classes)
    }

    /// The length of the longest word that `text` begins with.
    pub fn at_start(&self, text: &[char]) -> Option<usize> {
        self.forwards.longest(text.iter().copied()).map(|(length, _)| length)
    }

    /// What `text` says if it is one of these words as a whole.
    pub fn exact(&self, text: &[char]) -> Option<Classes> {
        let (length, &classes) = self.forwards.longest(text.iter().copied())?;
        (length == text.len()).then_some(classes)
    }

    /// Whether `text` is made of these words alone.
    pub fn cover(&self, text: &[char]) -> bool {
        let mut rest = text;
        while !rest.is_empty() {
            let Some(length) = self.at_start(rest) else { return false };
            rest = &rest[length..];
        }
        true
    }
}

/// All words of the table, by place.
#[derive(Debug, Default)]
pub struct Cues {
    /// Between a subject and its number.
    pub end: Words,
    /// Before a subject.
    pub start: Words,
    /// Right behind a number, where no counted noun follows.
    pub verb: Words,
    /// Between an indicator's name and its number.
    pub suffix: Words,
    /// Verbs that make a flow of a stock.
    pub increment: Words,
    /// Words that need a subject before them to name anything.
    pub generic: Words,
    /// Places and verbs of a ranking.
    pub ranking: Words,
}

/// The table as shipped.
const TABLE: &str = include_str!("cues.tsv");

impl Cues {
    /// Reads the shipped table.
    pub fn new() -> Self {
        let mut cues = Self::default();
        for line in TABLE.lines().skip(1) {
            let mut cells = line.split('\t');
            // A test holds every row to a known place and class.
            let (Some(word), Some(place), Some(class)) = (cells.next(), cells.next(), cells.next()) else { continue };
            let classes = Classes::named(class).unwrap_or_default();
            match place {
                "end" => cues.end.add(word, classes),
                "start" => cues.start.add(word, classes),
                "verb" => cues.verb.add(word, classes),
                "suffix" => cues.suffix.add(word, classes),
                "increment" => cues.increment.add(word, classes),
                "generic" => cues.generic.add(word, classes),
                "ranking" => cues.ranking.add(word, classes),
                _ => {}
            }
        }
        cues
    }
}

#[cfg(test)]
mod tests {
    use super::{Classes, TABLE};

    #[test]
    fn every_row_has_a_word_a_place_and_a_class() {
        for line in TABLE.lines().skip(1) {
            let cells: Vec<&str> = line.split('\t').collect();
            assert_eq!(cells.len(), 3, "{line}");
            assert!(!cells[0].is_empty(), "{line}");
            match cells[1] {
                "end" => assert!(Classes::named(cells[2]).is_some(), "{line}"),
                "start" | "verb" | "suffix" | "increment" | "generic" | "ranking" => {}
                place => panic!("no place {place}: {line}"),
            }
        }
    }
}
