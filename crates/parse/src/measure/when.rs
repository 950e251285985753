//! Of which years a value speaks, and whether it is done, expected or to be reached.

use super::classify::Classified;
use super::cue::Classes;
use super::lex::{Form, Token};
use super::phrase::is_clause_mark;
use super::statement::{Sentence, State};
use super::subject::Lead;
use super::time::{Expression, Reach, Years};
use crate::explain::Rule;
use crate::signs::Signs;
use crate::text::Text;
use crate::words;
use baogao_model::report::{Measure, Modality};
use std::ops::Range;

/// How far into a sentence a range of years may stand and still govern all of it.
const HEAD: usize = 6;

/// How far back of a number is looked: longer sentences are lists whose head no longer governs, and
/// a line without an end must not make every number walk all of it.
const WINDOW: usize = 400;
/// How many expressions of time before a number are looked at.
const EXPRESSIONS: usize = 12;

impl Sentence<'_> {
    /// The first offset that is looked at for a number.
    pub(super) fn window(&self, token: &Token) -> usize {
        token.span.start.saturating_sub(WINDOW).max(self.range.start)
    }

    /// Whether the value is reached, expected or to be reached.
    pub(super) fn modality(
        &self,
        token: &Token,
        lead: &Lead<'_>,
        said: Classified,
        local: Option<&Expression>,
    ) -> Modality {
        let local = local.map(|found| found.years);
        let years = local.or(self.frame.years);
        // 「十三五」时期 in the part that sets the targets of the next five years.
        let is_past = years.is_some_and(|years| self.times.plan.is_some_and(|plan| years.to < plan));
        let say = |modality, rule| {
            self.note(rule, None);
            modality
        };
        if self.frame.is_target && !is_past {
            return if self.is_recalled(token, local) {
                say(Modality::Actual, Rule::ModalityRecalled)
            } else {
                say(Modality::Target, Rule::ModalityFrame)
            };
        }
        if local.is_some_and(|years| self.times.review.is_some_and(|review| years.from > review)) {
            return say(Modality::Target, Rule::ModalityFuture);
        }
        if self.marks.hopes(self.window(token), token) {
            return say(Modality::Target, Rule::ModalityHope);
        }
        // A streak is done with, whatever the clause before it expects.
        let is_streak = token.unit == "year" && said.measure == Measure::Level && lead.cues.any(Classes::STREAK);
        let expected = self.marks.expects(self.window(token), token);
        if expected && !is_streak {
            return say(Modality::Estimate, Rule::ModalityExpected);
        }
        say(Modality::Actual, if self.frame.is_target { Rule::ModalityPast } else { Rule::ModalityDone })
    }

    /// Whether a task's clause recalls a fact: 已建成, 去年.
    fn is_recalled(&self, token: &Token, local: Option<Years>) -> bool {
        let past = local.is_some_and(|years| self.times.plan.is_some_and(|plan| years.to < plan));
        let recalls = last_between(&self.marks.recalls, self.window(token), token);
        let in_clause = |word: &Range<usize>| {
            let behind = &self.text.folded[word.end..token.span.start];
            !behind.iter().any(|&c| is_clause_mark(c))
        };
        past || recalls.is_some_and(in_clause)
    }

    /// The years named for the number: before it, in the same part of the sentence.
    pub(super) fn local(&self, token: &Token) -> Option<&Expression> {
        let folded = &self.text.folded;
        let mut start = self.window(token);
        let governs = self.marks.foresees(start, token);
        if !governs {
            start = start.max(self.marks.behind_semicolon(token));
        }
        let first = self.expressions.partition_point(|found| found.span.start < self.range.start);
        let to = self.expressions.partition_point(|found| found.span.end <= token.span.start);
        // 到2025年的5.20万亿元 dates its own number and no other.
        let dates_another = |found: &Expression| {
            let behind = folded[found.span.end..].iter().take_while(|c| matches!(c, '底' | '末' | '初')).count();
            let behind = found.span.end + behind;
            // 2015年的14.5:49.6:35.9: but all three of a structure.
            let is_structure = |text: &[char]| {
                token.form == Form::Triple && text.iter().all(|c| c.is_ascii_digit() || matches!(c, '.' | ':'))
            };
            folded.get(behind) == Some(&'的')
                && behind + 1 < token.span.start
                && !is_structure(&folded[behind + 1..token.span.start])
        };
        let before = self.expressions.get(first..to)?.iter().rev().take(EXPRESSIONS);
        let mut usable = before.filter(|found| !found.is_base && !dates_another(found));
        // A range of years at the head of a list holds for all of it, and in a part about several years one of
        // them does: 2010年生产总值…,年均增长…;财政收入…. So it does where no other year is known.
        let of_several = self.frame.years.is_none_or(Years::is_range);
        let heads = |found: &Expression| {
            let at_head = found.span.start < self.range.start + HEAD
                || found.span.start.checked_sub(1).is_some_and(|at| folded[at] == ':')
                || found.span.start.checked_sub(2).is_some_and(|at| folded[at..at + 2] == [':', '到']);
            at_head && (found.years.is_range() || of_several)
        };
        usable.find(|found| found.span.start >= start || heads(found))
    }

    /// The year or years that the value speaks of.
    pub(super) fn period(
        &self,
        token: &Token,
        lead: &Lead<'_>,
        said: Classified,
        modality: Modality,
        state: &State<'_>,
        local: Option<&Expression>,
    ) -> Option<Years> {
        let note = |rule| self.note(rule, None);
        if let Some(dated) = &lead.from {
            let words = &lead.phrase.chars[dated.clone()];
            // 由上年的12%: the year before the one that is spoken of.
            let spoken = self.frame.years.filter(|years| !years.is_range());
            let before = spoken.filter(|_| words::starts_with(words, "上年"));
            let year = self.times.base_year(words).or(before.map(|years| years.to - 1)).map(Years::one);
            return year.inspect(|_| note(Rule::PeriodFrom));
        }
        // 2020年…比2015年增加98天;…下降46.7%: a change that nothing compares with the year before may be that of
        // all the years of the part.
        let of_several = self.frame.years.is_some_and(Years::is_range);
        let carried = |found: &&Expression| {
            of_several
                && found.span.start < self.marks.behind_semicolon(token)
                && !self.marks.foresees(self.window(token), token)
        };
        let is_open = said.measure == Measure::Growth && !lead.compared;
        let local = local.filter(|found| !(is_open && carried(found)));
        let mut years = local.map(|found| found.years).or(self.frame.years);
        if self.frame.is_target && modality == Modality::Actual && local.is_none() {
            // A fact recalled among tasks is not of the year they are for.
            years = years.filter(|years| self.times.plan.is_some_and(|plan| years.to < plan));
        }
        if modality == Modality::Actual {
            // “十四五”以来 in a review reaches as far as the review does.
            years = years.map(|years| self.times.until_review(years));
        }
        if years.is_some() {
            match local {
                Some(found) => self.note(Rule::PeriodNamed, Some(found.span.clone())),
                None => self.frame.years_by.into_iter().for_each(note),
            }
        }
        if said.measure == Measure::AvgGrowth {
            let range = years.filter(|years| years.is_range());
            let range = range.or(self.frame.years.filter(|years| years.is_range()));
            let range = range.or(self.frame.several);
            return range.inspect(|_| note(Rule::PeriodAverage)).or(years);
        }
        if let Some(base) = lead.base
            && let Some(end) = years.map(|years| years.to)
            && matches!(said.measure, Measure::Growth | Measure::Change | Measure::ChangePp | Measure::Multiple)
            && base < end
            && modality != Modality::Target
        {
            note(Rule::PeriodSince);
            return Some(Years { from: base + 1, to: end });
        }
        if token.unit == "year" && lead.cues.any(Classes::STREAK) {
            // A streak longer than the years spoken of has none of its own.
            let long = token.value.small().and_then(|n| i32::try_from(n).ok());
            return years
                .filter(|years| long.is_some_and(|long| long <= years.count()))
                .inspect(|_| note(Rule::PeriodStreak));
        }
        // 2017年到2021年,…从A增加到B: B is the state of the last year.
        // 2011年突破30亿元,翻了两番: the doubling is of the years spoken of, not of the one named.
        if token.form == Form::Doubling
            && modality != Modality::Target
            && let Some(range) = self.frame.years.filter(|years| years.is_range())
        {
            note(Rule::PeriodDoubling);
            return Some(range);
        }
        let named_range = local.is_some_and(|found| found.reach == Reach::Named && found.years.is_range());
        if state.from.is_some() && named_range {
            note(Rule::PeriodLast);
            return years.map(|years| Years::one(years.to));
        }
        years
    }
}

/// Words of a sentence that tell what is hoped for or expected from what is done, and the marks that
/// part its statements, by their places.
#[derive(Debug, Default)]
pub struct Marks {
    /// 力争, 预期目标.
    hopes: Vec<Range<usize>>,
    /// 预计, 有望, 初步核算 and their kin.
    expects: Vec<Range<usize>>,
    /// 预计.
    foresees: Vec<Range<usize>>,
    /// 已完成, 已达, 目前 and their kin.
    recalls: Vec<Range<usize>>,
    /// Semicolons.
    semicolons: Vec<usize>,
    /// Whether an index (指数) or a ratio (收入比) may be named, blanks and brackets within the word left out.
    pub(super) names_index: bool,
}

impl Marks {
    /// Reads the words that stand in `range`.
    pub fn of(text: &Text<'_>, range: Range<usize>) -> Self {
        let chars = &text.folded[..range.end];
        let names_index = chars[range.start..].contains(&'指') || words::contains(&chars[range.start..], "收入比");
        let mut marks = Self { names_index, ..Self::default() };
        for at in text.all(Signs::TELLS, range) {
            match chars[at..] {
                [';', ..] => marks.semicolons.push(at),
                ['力', '争', ..] => marks.hopes.push(at..at + 2),
                ['预', '期', '目', '标', ..] => marks.hopes.push(at..at + 4),
                ['预', '计', ..] => {
                    marks.expects.push(at..at + 2);
                    marks.foresees.push(at..at + 2);
                }
                ['已', '完' | '建', '成', ..] => marks.recalls.push(at..at + 3),
                ['已', '达' | '经', ..] | ['目', '前', ..] => marks.recalls.push(at..at + 2),
                ['有', '望', ..] => marks.expects.push(at..at + 2),
                ['初', '步', '核' | '测', '算', ..] | ['初', '步', '统', '计', ..] => {
                    marks.expects.push(at..at + 4)
                }
                _ => {}
            }
        }
        marks
    }

    /// The offset behind the last semicolon before the number, 0 where there is none.
    fn behind_semicolon(&self, token: &Token) -> usize {
        let before = self.semicolons.partition_point(|&at| at < token.span.start);
        self.semicolons[..before].last().map_or(0, |at| at + 1)
    }

    /// Whether 力争 or the like stands between `from` and the number.
    fn hopes(&self, from: usize, token: &Token) -> bool {
        stands_between(&self.hopes, from, token)
    }

    /// Whether 预计 or the like stands between `from` and the number.
    fn expects(&self, from: usize, token: &Token) -> bool {
        stands_between(&self.expects, from, token)
    }

    /// Whether 预计 stands between `from` and the number.
    fn foresees(&self, from: usize, token: &Token) -> bool {
        stands_between(&self.foresees, from, token)
    }
}

/// Whether one of the places, which are in order and disjoint, lies between `from` and the number.
fn stands_between(places: &[Range<usize>], from: usize, token: &Token) -> bool {
    last_between(places, from, token).is_some()
}

/// The last of the places that lies there.
fn last_between<'p>(places: &'p [Range<usize>], from: usize, token: &Token) -> Option<&'p Range<usize>> {
    let before = places.partition_point(|place| place.end <= token.span.start);
    places[..before].last().filter(|place| place.start >= from)
}
