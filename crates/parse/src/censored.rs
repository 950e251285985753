//! Copies from which names were taken out: 以为核心的, “”时期.

use crate::signs::Signs;
use crate::text::{Text, span};
use crate::words;
use baogao_model::Warning;

/// A warning where the text shows that words were taken out, at the first such place. The words
/// are not put back: which ones they were is a guess.
pub fn check(text: &Text<'_>) -> Option<Warning> {
    let place = text.all(Signs::ERA | Signs::QUOTE, 0..text.len()).find_map(|at| {
        let rest = &text.folded[at..];
        match text.folded[at] {
            '以' => words::starts_with_any(rest, &["以为核心", "以为总书记"]).then_some(at..at + 3),
            '“' | '"' => {
                let is_empty = matches!(rest.get(1), Some('”' | '"'));
                let names = words::starts_with_any(rest.get(2..)?, &["时期", "期间", "规划", "以来"]);
                (is_empty && names).then_some(at..at + 4)
            }
            _ => None,
        }
    })?;
    Some(Warning::new("censored_copy", "words were taken out of this copy of the text").at(span(place)))
}
