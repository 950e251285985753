//! Lists inside a paragraph whose items are headings: 一是…。二是…。 and 1.…。2.…。

use super::Item;
use super::marker::{self, Class, Marker};
use super::paragraph::{Paragraph, heading_end};
use super::parts::{Map, has_digit};
use super::role;
use crate::signs::Signs;
use crate::text::Text;
use baogao_model::report::Role;
use std::ops::Range;

/// The longest item that is a heading.
const LONGEST: usize = 30;

/// The items of the paragraph's lists that are headings below `governor`; none where it lists problems.
///
/// 一是 counts where the part has no numbers of its own. Arabic numbers count where they run from 1 and none is
/// left out.
pub fn items(text: &Text<'_>, paragraph: &Paragraph, index: usize, governor: &Item, map: &Map) -> Vec<Item> {
    let from = if governor.paragraph == index { governor.heading.end } else { paragraph.range.start };
    if from >= paragraph.range.end || lists_problems(&text.folded[paragraph.range.clone()]) {
        return Vec::new();
    }
    let may_say_first = governor.level == 1 && !map.parts[map.part_of[index]].numbered;
    let may_count = map.may_hold_themes(governor, index);
    let mut said: Vec<Item> = Vec::new();
    let mut counted: Vec<Item> = Vec::new();
    // What the next number of the open run must be; none once a number was left out or is no heading.
    let mut due: Option<(Class, u32)> = None;
    let mut runs = true;
    for before in text.all(Signs::CLAUSE | Signs::BLANK, from..paragraph.range.end - 1) {
        let at = before + 1;
        if !matches!(text.folded[before], '。' | ':' | ';' | ' ') {
            continue;
        }
        let Some(mark) = marker::at_start(&text.folded[at..paragraph.range.end]) else { continue };
        match mark.class {
            Class::Item if may_say_first => said.extend(item(text, paragraph, index, governor, at, mark)),
            Class::Arabic | Class::ArabicBracket if may_count => {
                let expected = due.map_or((mark.class, 1), |due| due);
                let found = item(text, paragraph, index, governor, at, mark);
                runs &= expected == (mark.class, mark.value.unwrap_or(0)) && found.is_some();
                due = Some((expected.0, expected.1 + 1));
                counted.extend(found);
            }
            _ => {}
        }
    }
    if !runs || counted.len() < 2 {
        counted.clear();
    }
    if said.len() >= 2 {
        counted.extend(said);
    }
    counted
}

/// Whether a paragraph begins with words that announce problems.
fn lists_problems(words: &[char]) -> bool {
    let start = &words[..words.len().min(60)];
    role::of_paragraph(start, start) == Some(Role::Problems)
        || crate::words::contains_any(start, &["问题", "不足", "困难"])
}

/// The item that a mark at `at` begins: short, without figures, closed by a full stop.
fn item(
    text: &Text<'_>,
    paragraph: &Paragraph,
    index: usize,
    governor: &Item,
    at: usize,
    mark: Marker,
) -> Option<Item> {
    let content = at + mark.length;
    // Looking further would make every item of a paragraph without an end read all of it.
    let window: Range<usize> = content..paragraph.range.end.min(content + LONGEST + 1);
    let end = heading_end(&text.folded, content, window.end);
    let closed = text.folded.get(end) == Some(&'。')
        && (1..=LONGEST).contains(&(end - content))
        && !has_digit(&text.folded[content..end]);
    closed.then_some(Item {
        start: at,
        paragraph: index,
        class: Some(mark.class),
        number: at..content,
        heading: content..end,
        level: governor.level + 1,
    })
}
