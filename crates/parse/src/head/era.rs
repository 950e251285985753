//! Which years a text can be of, by the plans and party congresses it names.
//!
//! Copies are put under newer years by blanket replacement of the date; what the text speaks of is
//! not replaced with it. A report of 2015 speaks of 「十二五」 and never of a plan that came later.

use crate::signs::Signs;
use crate::text::{Text, span};
use baogao_model::Span;

/// The years a text can be of, with the places that tell.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Era {
    /// The first year, with what names it.
    pub earliest: Option<(i32, Span)>,
    /// The last year, with what names it; only where at least two places tell.
    pub latest: Option<(i32, Span)>,
}

impl Era {
    /// Whether a text of this era may be of `year`; else the place that speaks against it.
    pub fn against(&self, year: i32) -> Option<Span> {
        let early = self.earliest.filter(|(earliest, _)| year < *earliest);
        let late = self.latest.filter(|(latest, _)| year > *latest);
        early.or(late).map(|(_, at)| at)
    }
}

/// How long before its start a plan is spoken of, and how long after its end the next is surely
/// named too.
const PLAN: (i32, i32) = (4, 2);

/// How long before it a congress is spoken of, and how long after the next one that is named too.
const CONGRESS: (i32, i32) = (2, 6);

/// The era of a text. One pass.
pub fn of(text: &Text<'_>) -> Era {
    let mut era = Era::default();
    let mut mentions = 0;
    for at in text.all(Signs::ERA, 0..text.len()) {
        let found = match text.folded[at] {
            '五' => plan(&text.folded, at),
            '大' => congress(&text.folded, at),
            _ => None,
        };
        let Some((earliest, latest, start)) = found else { continue };
        mentions += 1;
        let place = span(start..at + 1);
        if era.earliest.is_none_or(|(year, _)| earliest > year) {
            era.earliest = Some((earliest, place));
        }
        if era.latest.is_none_or(|(year, _)| latest > year) {
            era.latest = Some((latest, place));
        }
    }
    if mentions < 2 {
        era.latest = None;
    }
    era
}

/// A five-year plan whose name ends at `at`: “十四五”, 十四五规划. 十五 without a mark is a number.
fn plan(chars: &[char], at: usize) -> Option<(i32, i32, usize)> {
    const BEHIND: [&str; 6] = ["规划", "计划", "时期", "期间", "开局", "收官"];
    let before = |back: usize| at.checked_sub(back).map(|at| chars[at]);
    let (number, start) = match (before(2), before(1)) {
        (Some('十'), Some(unit)) if (1..=6).contains(&unit_value(unit)) => (10 + unit_value(unit), at - 2),
        (_, Some('十')) => (10, at - 1),
        (_, Some(unit)) if (6..=9).contains(&unit_value(unit)) => (unit_value(unit), at - 1),
        _ => return None,
    };
    let quoted = start.checked_sub(1).is_some_and(|at| matches!(chars[at], '“' | '"' | '「' | '\'' | '‘'))
        && chars.get(at + 1).is_some_and(|c| matches!(c, '”' | '"' | '」' | '\'' | '’'));
    let called = BEHIND.iter().any(|words| super::zone::starts_with(&chars[at + 1..], words));
    // The tenth plan is the fifteenth number but for its quotes.
    if !(quoted || (called && number > 10)) {
        return None;
    }
    // The sixth plan began in 1981.
    let from = 1981 + (number - 6) * 5;
    Some((from - PLAN.0, from + 4 + PLAN.1, start))
}

/// A party congress whose name ends at `at`: 党的二十大.
fn congress(chars: &[char], at: usize) -> Option<(i32, i32, usize)> {
    let start = at.checked_sub(4)?;
    let number = match chars[start..at] {
        ['党', '的', '十', '六'] => 16,
        ['党', '的', '十', '七'] => 17,
        ['党', '的', '十', '八'] => 18,
        ['党', '的', '十', '九'] => 19,
        ['党', '的', '二', '十'] => 20,
        _ => return None,
    };
    let year = 2002 + (number - 16) * 5;
    Some((year - CONGRESS.0, year + CONGRESS.1, start))
}

/// The value of a Chinese digit from one to nine; zero for anything else.
fn unit_value(c: char) -> i32 {
    "一二三四五六七八九".chars().zip(1..).find(|(digit, _)| *digit == c).map_or(0, |(_, value)| value)
}
