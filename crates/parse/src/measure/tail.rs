//! What stands behind a number: a bound, and the noun that it counts.

use super::cue::Cues;
use super::phrase::{MAX_PHRASE, Phrase, is_clause_mark};
use super::subject::MOVES;
use crate::words;
use std::ops::Range;

/// How a bound behind the number reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Suffix {
    /// 以上.
    AtLeast,
    /// 以内, 以下.
    AtMost,
    /// 左右, 上下.
    About,
}

/// Words behind 的 that make of number and subject a circumstance: 在面积调减2.4万亩的情况下.
const CIRCUMSTANCES: [&str; 4] = ["情况下", "基础上", "形势下", "背景下"];

/// What follows a number, up to the next mark or number.
#[derive(Debug, Clone, Default)]
pub struct Tail<'t> {
    /// The bound right behind the number.
    pub suffix: Option<Suffix>,
    /// What follows the bound.
    pub phrase: Phrase<'t>,
    /// Whether the noun begins at once, without a mark or verb between.
    pub is_noun: bool,
    /// Whether 的 stands before it.
    pub attributive: bool,
}

impl<'t> Tail<'t> {
    /// Reads the tail in `range`, which ends before the next number.
    pub fn read(text: &'t [char], range: Range<usize>, cues: &Cues) -> Self {
        let mut start = range.start;
        let suffix = suffix_at(text, start);
        if let Some((_, length)) = suffix {
            start += length;
        }
        let end = (start..range.end).find(|&at| is_clause_mark(text[at]) || text[at] == '、').unwrap_or(range.end);
        // 省、市重点项目: the mark stands within the attributes.
        let end = match text.get(start..end) {
            Some(['省' | '市' | '区' | '县'] | ['国', '家'] | ['省', '级'] | ['市', '级']) => {
                (end + 1..range.end).find(|&at| is_clause_mark(text[at])).unwrap_or(range.end)
            }
            _ => end,
        };
        let mut phrase = Phrase::of(text, start..end.min(start + MAX_PHRASE));
        let attributive = phrase.chars.first() == Some(&'的');
        if attributive {
            phrase.cut_start(1);
        }
        let is_noun = phrase.chars.first().is_some_and(|c| c.is_alphanumeric() || matches!(c, '“' | '"' | '《'))
            && cues.verb.at_start(&phrase.chars).is_none()
            && !(attributive && words::starts_with_any(&phrase.chars, &CIRCUMSTANCES))
            && !cues.end.class_at_start(&phrase.chars).is_some_and(|classes| classes.any(MOVES));
        Self { suffix: suffix.map(|(suffix, _)| suffix), phrase, is_noun, attributive }
    }

    /// Whether it speaks of growth: 8%的增长目标.
    pub fn grows(&self) -> bool {
        self.phrase.text_has(&["增长", "增速", "增幅"])
    }

    /// The noun without the verbs that follow it.
    pub fn noun(&self, cues: &Cues) -> &[char] {
        let chars = &self.phrase.chars;
        for at in 1..chars.len() {
            if cues.verb.at_start(&chars[at..]).is_some_and(|length| length >= 2) {
                return trim_joins(&chars[..at]);
            }
        }
        trim_joins(chars)
    }
}

/// Without the 和 or 与 that leads to the next number.
fn trim_joins(noun: &[char]) -> &[char] {
    match noun {
        [rest @ .., '和' | '与' | '及' | '“'] => rest,
        _ => noun,
    }
}

/// The length of what an amount is for each of, right behind it: 665元/月.
pub fn per_length(text: &[char], at: usize) -> usize {
    if matches!(text.get(at..at + 2), Some(['/', '月' | '年' | '天' | '人'])) { 2 } else { 0 }
}

/// The bound at `at` and its length.
pub fn suffix_at(text: &[char], at: usize) -> Option<(Suffix, usize)> {
    Some(match text.get(at..)? {
        ['及', '以', '上', ..] => (Suffix::AtLeast, 3),
        ['及', '以', '下', ..] => (Suffix::AtMost, 3),
        ['以', '上', ..] => (Suffix::AtLeast, 2),
        ['以' | '之', '内', ..] | ['以', '下', ..] => (Suffix::AtMost, 2),
        ['左', '右', ..] | ['上', '下', ..] => (Suffix::About, 2),
        _ => return None,
    })
}
