//! The body as paragraphs: where each begins, what numbers it, where its first sentence ends.

use super::marker::{self, Class, Marker};
use crate::head::meeting::is_han;
use crate::head::zone::{find_str, starts_with};
use crate::signs::Signs;
use crate::text::Text;
use std::ops::Range;

/// One paragraph, without the blanks around it.
#[derive(Debug, Clone)]
pub struct Paragraph {
    /// Its characters in the text.
    pub range: Range<usize>,
    /// The mark it begins with.
    pub marker: Option<Marker>,
}

impl Paragraph {
    /// The first character behind the mark and its blanks.
    pub fn content(&self, text: &Text<'_>) -> usize {
        let from = self.range.start + self.marker.map_or(0, |marker| marker.length);
        skip(&text.folded, from, self.range.end)
    }
}

/// The paragraphs from character `from` on.
pub fn paragraphs(text: &Text<'_>, from: usize) -> Vec<Paragraph> {
    let mut found = Vec::new();
    for line in &text.lines {
        if line.end <= from {
            continue;
        }
        let start = skip_blanks(&text.folded, line.start.max(from), line.end);
        let end = trim(&text.folded, start, line.end);
        split_glued(text, start..end, &mut found);
    }
    found
}

/// Takes a line as one paragraph, or as several where line ends were lost: before a mark of the
/// first two levels that follows the end of a sentence, and at runs of three blanks.
fn split_glued(text: &Text<'_>, line: Range<usize>, found: &mut Vec<Paragraph>) {
    let folded = &text.folded;
    let mut start = line.start;
    for at in text.all(Signs::BLANK | Signs::END, line.start..line.end.max(line.start + 1) - 1).map(|before| before + 1)
    {
        let before = folded[at - 1];
        let lost_end =
            before == ' ' && folded[at] != ' ' && at >= line.start + 3 && folded[at - 3..at] == [' ', ' ', ' '];
        let glued_mark = ends_sentence(&folded[start..at])
            && marker::at_start(&folded[at..line.end.min(at + 12)])
                .is_some_and(|mark| matches!(mark.class, Class::Part | Class::Chinese | Class::ChineseBracket));
        if lost_end || glued_mark {
            push(text, start..at, found);
            start = at;
        }
    }
    push(text, start..line.end, found);
}

/// Whether characters end a sentence, with at most two blanks behind it.
fn ends_sentence(before: &[char]) -> bool {
    matches!(before, [.., '。' | '!'] | [.., '。' | '!', ' '] | [.., '。' | '!', ' ', ' '])
}

/// Adds a paragraph without the blanks behind it, unless nothing is left.
fn push(text: &Text<'_>, range: Range<usize>, found: &mut Vec<Paragraph>) {
    let end = trim(&text.folded, range.start, range.end);
    if range.start < end {
        found.push(Paragraph { range: range.start..end, marker: marker::at_start(&text.folded[range.start..end]) });
    }
}

/// Where the heading ends that begins at `start`: before the first mark that closes it, or
/// before a run of three blanks (a lost line end); else at `end`.
///
/// A colon inside quotation marks does not close.
pub fn heading_end(folded: &[char], start: usize, end: usize) -> usize {
    let closed = closing_mark(folded, start, end);
    glued_body(&folded[start..closed]).map_or(closed, |length| start + length)
}

/// Words that begin a body, and headings hardly ever hold.
const BODY_STARTS: &[&str] =
    &["全年", "一年来", "五年来", "过去一年", "过去的一年", "过去五年", "几年来", "今年以来", "截至", "预计"];

/// Words that end the heading of a part.
const PART_ENDS: &[&str] = &["工作回顾", "的回顾", "重点工作", "自身建设", "工作安排", "主要任务"];

/// Where a body begins that is glued to its heading, the line end between them lost: at a word that
/// begins a body, straight behind a Han character, in a stretch that figures prove no heading, or behind the words
/// that end the heading of a part.
fn glued_body(words: &[char]) -> Option<usize> {
    // A heading that says which part it is ends there, if more follows at once.
    let ends = PART_ENDS.iter().filter_map(|end| Some(find_str(words, end)? + end.chars().count()));
    let is_long = words.len() > 30;
    let is_followed = |at: usize| match words.get(at) {
        Some(' ') => words.len() >= at + 5,
        Some(&c) => is_long && (is_han(c) || c.is_ascii_digit()),
        None => false,
    };
    if let Some(at) = ends.min().filter(|&at| at <= 25 && is_followed(at)) {
        return Some(at);
    }
    if !is_long {
        return None;
    }
    let first_digit = words.iter().position(char::is_ascii_digit)?;
    (6..first_digit.min(words.len()))
        .find(|&at| is_han(words[at - 1]) && BODY_STARTS.iter().any(|start| starts_with(&words[at..], start)))
}

/// See [`heading_end`], without regard to glued bodies.
fn closing_mark(folded: &[char], start: usize, end: usize) -> usize {
    let mut quoted = 0_i32;
    for at in start..end {
        match folded[at] {
            '“' | '《' | '「' => quoted += 1,
            '”' | '》' | '」' => quoted -= 1,
            '。' | ';' | '!' | '?' => return at,
            ':' if quoted <= 0 => return at,
            ' ' if folded[at..end.min(at + 3)] == [' ', ' ', ' '] => return at,
            _ => {}
        }
    }
    trim(folded, start, end)
}

/// The sentences of a stretch: their ranges without the closing mark, and the mark. The last may
/// have none.
pub fn sentences(text: &Text<'_>, range: Range<usize>) -> impl Iterator<Item = (Range<usize>, Option<char>)> {
    let folded = &text.folded;
    let mut start = range.start;
    std::iter::from_fn(move || {
        let Some(at) = text.next(Signs::END, start..range.end) else {
            let rest = skip(folded, start, range.end)..range.end;
            start = range.end;
            return (!rest.is_empty()).then_some((rest, None));
        };
        let sentence = skip(folded, start, at)..at;
        start = at + 1;
        // A quotation mark that closes behind the full stop belongs to the sentence before.
        if matches!(folded.get(start), Some('”' | '」' | ')')) && start < range.end {
            start += 1;
        }
        Some((sentence, Some(folded[at])))
    })
}

/// The first index from `from` that is neither a blank nor a mark left over from a number.
fn skip(folded: &[char], from: usize, end: usize) -> usize {
    let mut at = from;
    while at < end && matches!(folded[at], ' ' | '、' | ',' | ':' | '.') {
        at += 1;
    }
    at
}

/// The first index from `from` that is no blank.
fn skip_blanks(folded: &[char], from: usize, end: usize) -> usize {
    let mut at = from;
    while at < end && folded[at] == ' ' {
        at += 1;
    }
    at
}

/// `end` moved before trailing blanks.
fn trim(folded: &[char], start: usize, mut end: usize) -> usize {
    while end > start && folded[end - 1] == ' ' {
        end -= 1;
    }
    end
}
