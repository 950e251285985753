//! Targets without a number: 与经济增长同步, 两位数增长, 正增长, 高于全省平均水平, 跑赢经济增长.

use super::cue::Cues;
use super::phrase::{Phrase, is_clause_mark};
use crate::signs::Signs;
use crate::text::Text;
use crate::words;
use std::ops::Range;

/// A target without a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Qualitative {
    /// The subject.
    pub subject: Vec<char>,
    /// The clause it stands in.
    pub clause: Range<usize>,
    /// Where the wording stands.
    pub span: Range<usize>,
}

/// Every clause of `range` that states such a target.
pub fn find(text: &Text<'_>, range: Range<usize>, cues: &Cues) -> Vec<Qualitative> {
    let mut found = Vec::new();
    let mut start = range.start;
    // Hardly any clause has a word of these in it, so marks are looked for only around one.
    while let Some(at) = text.next(Signs::WORDING, start..range.end) {
        let before =
            text.folded[start..at].iter().rposition(|&c| is_clause_mark(c)).map_or(start, |mark| start + mark + 1);
        let end = text.next(Signs::CLAUSE, at..range.end).unwrap_or(range.end);
        found.extend(in_clause(&text.folded, before..end, cues));
        start = end + 1;
    }
    found
}

/// The target of one clause.
fn in_clause(text: &[char], clause: Range<usize>, cues: &Cues) -> Option<Qualitative> {
    /// The longest clause looked at: targets are short.
    const LONGEST: usize = 60;
    /// The shortest subject.
    const SHORTEST: usize = 2;
    if clause.len() > LONGEST {
        return None;
    }
    let phrase = Phrase::of(text, clause.clone());
    let wording =
        in_step(&phrase).or_else(|| growing(&phrase)).or_else(|| above_others(&phrase)).or_else(|| ahead(&phrase))?;
    let mut end = wording.start;
    while let Some((cue, _)) = cues.end.at_end(&phrase.chars[..end]) {
        end -= cue;
    }
    if end < SHORTEST {
        return None;
    }
    let span = phrase.at(wording.start)?..phrase.at(wording.end - 1)? + 1;
    Some(Qualitative { subject: phrase.chars[..end].to_vec(), clause, span })
}

/// 与经济增长(基本)同步.
fn in_step(phrase: &Phrase<'_>) -> Option<Range<usize>> {
    let end = phrase.rfind("同步")?;
    let start = phrase.chars[..end].iter().rposition(|&c| matches!(c, '与' | '和' | '同'))?;
    let between = &phrase.chars[start..end];
    words::contains_any(between, &["经济", "GDP", "生产总值"]).then_some(start..end + 2)
}

/// 两位数增长, 正增长.
fn growing(phrase: &Phrase<'_>) -> Option<Range<usize>> {
    for wording in ["两位数以上增长", "两位数增长", "正增长"] {
        if let Some(start) = phrase.rfind(wording) {
            return Some(start..start + wording.chars().count());
        }
    }
    None
}

/// 高于全省平均水平, 不低于全国平均水平.
fn above_others(phrase: &Phrase<'_>) -> Option<Range<usize>> {
    let end = phrase.rfind("平均水平")?;
    for verb in ["不低于", "高于", "快于", "好于"] {
        if let Some(start) = phrase.rfind(verb).filter(|&start| start < end) {
            return Some(start..end + 4);
        }
    }
    None
}

/// 跑赢经济增长, 跑赢城镇, 跑赢全省; 跑赢时间 is ahead of nobody.
fn ahead(phrase: &Phrase<'_>) -> Option<Range<usize>> {
    let start = phrase.rfind("跑赢")?;
    let others =
        ["经济", "增长", "平均", "城镇", "城市", "居民", "物价", "全国", "全省", "全区", "全市", "全州", "GDP"];
    words::contains_any(&phrase.chars[start + 2..], &others).then_some(start..phrase.chars.len())
}
