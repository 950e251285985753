//! Patterns of text, and words that tell where trying one is worth while.
//!
//! Every line of a page is held against dozens of patterns, and hardly any matches. A scan for a few words some of
//! which are in every text that a pattern matches is many times cheaper than the pattern.

use aho_corasick::{AhoCorasick, packed};
use regex::Regex;

/// A static pattern; with `words`, one that is tried only where one of them stands. The expressions are constants;
/// the tests run every one.
macro_rules! pattern {
    ($name:ident, $text:expr) => {
        static $name: std::sync::LazyLock<regex::Regex> =
            std::sync::LazyLock::new(|| regex::Regex::new($text).expect("the pattern is valid"));
    };
    ($name:ident, words: $words:expr, $text:expr) => {
        static $name: std::sync::LazyLock<crate::patterns::Guarded> =
            std::sync::LazyLock::new(|| crate::patterns::Guarded::new(&$words, $text));
    };
}
pub(crate) use pattern;

/// A pattern and words without which it does not match.
#[derive(Debug)]
pub(crate) struct Guarded {
    words: Words,
    pattern: Regex,
}

impl Guarded {
    /// # Panics
    ///
    /// When the pattern is not valid; it is a constant.
    pub fn new(words: &[&str], pattern: &str) -> Self {
        Self { words: Words::new(words), pattern: Regex::new(pattern).expect("the pattern is valid") }
    }

    /// Whether the pattern matches somewhere in a text.
    pub fn is_match(&self, text: &str) -> bool {
        let may_match = self.words.is_match(text);
        debug_assert!(may_match || !self.pattern.is_match(text), "{} lacks a word for {text:?}", self.pattern);
        may_match && self.pattern.is_match(text)
    }
}

/// An automaton that finds any of these words, in letters of either case.
pub(crate) fn in_any_case(words: &[&str]) -> AhoCorasick {
    // Building fails only for automata beyond 2^31 states.
    AhoCorasick::builder().ascii_case_insensitive(true).build(words).expect("some short words fit an automaton")
}

/// A few words to look for.
#[derive(Debug)]
pub(crate) struct Words {
    /// For processors with vectors, many times faster. It takes no more than 64 words.
    packed: Option<packed::Searcher>,
    automaton: AhoCorasick,
}

impl Words {
    pub fn new(words: &[&str]) -> Self {
        Self {
            packed: packed::Builder::new().extend(words).build(),
            // Building fails only for automata beyond 2^31 states.
            automaton: AhoCorasick::new(words).expect("some short words fit an automaton"),
        }
    }

    /// Whether one of them stands in a text.
    pub fn is_match(&self, text: &str) -> bool {
        match &self.packed {
            Some(packed) => packed.find(text).is_some(),
            None => self.automaton.is_match(text),
        }
    }
}
