//! Which ends of a report are there.

use crate::head::zone::{Zone, find_str};
use crate::text::Text;
use baogao_model::report::Completeness;
use std::ops::Range;

/// Where the closing call stands before character `end`: the paragraph with which a speaker ends
/// (各位代表！…让我们更加紧密地团结…).
pub fn closing(text: &Text<'_>, end: usize) -> Option<Range<usize>> {
    let behind = text.lines.partition_point(|line| line.start < end);
    let mut lines = text.lines[..behind].iter().rev().filter(|line| words(text, line).next().is_some()).peekable();
    // It is the last of them, so the search begins at the end.
    while let Some(line) = lines.next() {
        // 各位代表! on a line of its own, the call on the next.
        let before = lines.peek().filter(|line| words(text, line).nth(12).is_none());
        let addressed = addresses(text, line) || before.is_some_and(|line| addresses(text, line));
        // Without either word it is none, and need not be written out to be known for none.
        if (addressed || text.folded[line.clone()].contains(&'让'))
            && is_call(&words(text, line).collect::<Vec<char>>(), addressed)
        {
            return Some(line.clone());
        }
    }
    None
}

/// The characters of a line without its blanks.
fn words(text: &Text<'_>, line: &Range<usize>) -> impl Iterator<Item = char> {
    text.folded[line.clone()].iter().copied().filter(|&c| c != ' ')
}

/// Whether a line begins with an address.
fn addresses(text: &Text<'_>, line: &Range<usize>) -> bool {
    const ADDRESSES: [&str; 4] = ["各位代表", "同志们", "各位委员", "代表们"];
    ADDRESSES.iter().any(|address| {
        let mut line = words(text, line);
        address.chars().all(|c| line.next() == Some(c))
    })
}

/// Whether a paragraph is the closing call: it bids those who listen to go on together.
fn is_call(words: &[char], addressed: bool) -> bool {
    let has = |words: &[char], cues: &[&str]| cues.iter().any(|cue| find_str(words, cue).is_some());
    let bids = has(words, &["让我们"]);
    if !bids && !addressed {
        return false;
    }
    let tail = &words[words.len().saturating_sub(60)..];
    let united = has(words, &["团结", "携手", "周围", "同心", "万众一心", "凝心聚力"]);
    let strives = has(
        tail,
        &[
            "奋斗",
            "努力",
            "篇章",
            "前进",
            "贡献",
            "华章",
            "辉煌",
            "胜利",
            "新征程",
            "答卷",
            "献礼",
            "优异成绩",
            "新世纪",
            "新局面",
            "明天",
        ],
    );
    (bids && (united || addressed) && strives)
        || (addressed && bids && words.last() == Some(&'!'))
        || (addressed && united && strives && has(words, &["领导下", "周围"]))
}

/// Judges both ends.
///
/// The beginning is there when the head holds more than a title, or the body opens with a
/// salutation, the opening formula, or the first of its headings. The end is there when the closing
/// call is, or a glossary behind it.
pub fn judge(
    text: &Text<'_>,
    zone: &Zone,
    has_meeting: bool,
    first_heading: Option<bool>,
    closed: bool,
    is_summary: bool,
) -> Completeness {
    // A summary has no closing call; it ends with a sentence.
    let closed = closed || (is_summary && ends_sentence(text));
    let begins = zone.salutation
        || zone.opening
        || has_meeting
        || first_heading == Some(true)
        || (first_heading.is_none() && has_head(text, zone));
    match (begins, closed) {
        (true, true) => Completeness::Complete,
        (true, false) => Completeness::HeadOnly,
        (false, true) => Completeness::TailOnly,
        (false, false) => Completeness::Fragment,
    }
}

/// Whether a text without numbered headings at least begins with a head.
fn has_head(text: &Text<'_>, zone: &Zone) -> bool {
    !text.is_empty() && zone.lines.len() >= 2
}

/// Whether the last line that is not blank ends a sentence.
fn ends_sentence(text: &Text<'_>) -> bool {
    text.folded.iter().rev().find(|&&c| !matches!(c, ' ' | '\n')).is_some_and(|&c| matches!(c, '。' | '!' | '”' | ')'))
}
