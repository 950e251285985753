//! Headings without a number that stand on lines of their own: 经济运行稳中向好, and its body below.
//!
//! A short line may be a row of a table, a signature or a torn sentence as well. So a sentence must have ended
//! before it, a longer paragraph that ends as one must follow, and another such line must stand near.

use super::Item;
use super::levels::stands_alone;
use super::paragraph::Paragraph;
use super::parts::{Map, governor, has_digit, unnumbered};
use crate::text::Text;
use std::ops::Range;

/// The longest such heading.
const LONGEST: usize = 30;

/// Adds them below what governs them; they are of the first level where there is no other heading.
pub fn add_standing(text: &Text<'_>, paragraphs: &[Paragraph], items: &mut Vec<Item>) {
    let map = Map::new(paragraphs.len(), items);
    let mut found = Vec::new();
    for stretch in map.stretches() {
        let level = match governor(items, stretch.start) {
            Some(governor) if governor.level < 4 && map.may_hold_themes(governor, stretch.start) => governor.level + 1,
            None if items.is_empty() => 1,
            _ => continue,
        };
        let members: Vec<usize> = stretch.clone().filter(|&at| is_title(text, paragraphs, at, &stretch)).collect();
        if members.len() >= 2 {
            found.extend(members.into_iter().map(|at| unnumbered(at, paragraphs[at].range.clone(), level)));
        }
    }
    items.extend(found);
    items.sort_by_key(|item| (item.start, item.level));
}

/// Whether the paragraph at `at` is a title with a body before the stretch ends.
fn is_title(text: &Text<'_>, paragraphs: &[Paragraph], at: usize, stretch: &Range<usize>) -> bool {
    let paragraph = &paragraphs[at];
    let line = &text.folded[paragraph.range.clone()];
    let is_short = line.len() <= LONGEST && stands_alone(line) && !has_digit(line);
    let is_caption = line.starts_with(&['(']) || line.starts_with(&['图']) || line.ends_with(&['摄']);
    let follows_end = at == stretch.start || ends_a_sentence(text, &paragraphs[at - 1]);
    paragraph.marker.is_none() && is_short && !is_caption && follows_end && at + 1 < stretch.end && {
        let body = &paragraphs[at + 1];
        body.marker.is_none() && body.range.len() > line.len() && ends_a_sentence(text, body)
    }
}

/// Whether a paragraph ends as a sentence does.
fn ends_a_sentence(text: &Text<'_>, paragraph: &Paragraph) -> bool {
    let line = &text.folded[paragraph.range.clone()];
    matches!(line, [.., '。' | '!' | ':' | ';'] | [.., '。' | '!', '”' | ')'])
}
