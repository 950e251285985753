//! What a stretch of the text is about: deeds done or tasks to come, and of which years.
//!
//! The roles of the outline set the frame; expressions of time at the start of a line or sentence
//! (五年来, 一年来, 2021年) narrow it. Where there is no outline, a few words of the headings do.

use super::Context;
use super::time::{Expression, Reach, Times, Years, plan_named};
use crate::explain::Rule;
use crate::words;
use baogao_model::report::{Role, Section};
use std::ops::Range;

/// What holds for the numbers of a sentence unless they say otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Frame {
    /// Whether what is said is to be reached.
    pub is_target: bool,
    /// The years that are spoken of.
    pub years: Option<Years>,
    /// The rule that says so.
    pub years_by: Option<Rule>,
    /// The years of a part that is about several, for averages: one year has none.
    pub several: Option<Years>,
    /// The innermost section, as an index.
    pub section: Option<u32>,
    /// Whether nothing here is a measurement: a glossary.
    pub is_silent: bool,
}

/// Walks down the text and keeps the frame.
#[derive(Debug)]
pub struct Frames<'a> {
    sections: &'a [Section],
    /// Indexes of sections by start.
    order: Vec<usize>,
    next: usize,
    /// The sections that are open, outermost first.
    open: Vec<usize>,
    times: Times,
    role: Option<Role>,
    tasks_seen: bool,
    /// Set by text where there is no outline.
    target_by_words: bool,
    /// The years that an expression of time has set.
    governing: Option<Years>,
    /// The years to come that the heading of the part names: 今后五年的目标任务.
    of_part: Option<Years>,
    /// The years that hold for the current line only.
    of_line: Option<Years>,
}

/// How far into a line an expression of time may stand and still govern it.
const LINE_START: usize = 24;
/// How far into a sentence one may stand and still govern what follows.
const SENTENCE_START: usize = 6;
/// A line at most so long may be a heading.
const HEADING: usize = 40;

impl<'a> Frames<'a> {
    /// Starts before the first line.
    pub fn new(context: &Context<'a>, times: Times) -> Self {
        let mut order: Vec<usize> = (0..context.sections.len()).collect();
        order.sort_by_key(|&index| context.sections[index].span.start);
        Self {
            sections: context.sections,
            order,
            next: 0,
            open: Vec::new(),
            times,
            role: None,
            tasks_seen: false,
            target_by_words: false,
            governing: None,
            of_part: None,
            of_line: None,
        }
    }

    /// Enters a line. Lines must come in order.
    pub fn enter_line(&mut self, folded: &[char], line: &Range<usize>, expressions: &[Expression]) {
        self.of_line = None;
        if self.advance(line.start) {
            self.of_part = self.years_to_come(folded, line, expressions);
        }
        if self.sections.is_empty() {
            self.read_heading(folded, line);
        }
        // Only the head of the line is looked at, however many dates the line holds.
        let head = expressions.partition_point(|found| found.span.start < line.start + LINE_START);
        let first = expressions[..head].iter().find(|found| {
            // A year named behind a theme (…的五年。2007年…) is that of its sentence alone.
            let opens = !folded[line.start..found.span.start].contains(&'。');
            // The year of 2017年某市政府工作报告 is that of the report, not of what it tells.
            let behind = folded.get(found.span.end..line.end).unwrap_or_default();
            let names_report = line.len() <= HEADING && words::contains(behind, "工作报告");
            let governs = found.reach == Reach::Governing || opens && self.is_own_year(found.years);
            governs && !found.is_base && !is_day(folded, found) && !names_report
        });
        match first {
            Some(found) => self.governing = Some(found.years),
            None => {
                let named = expressions[..head]
                    .iter()
                    .find(|found| !found.is_base && found.span.start < line.start + 4 && !is_day(folded, found));
                self.of_line = named.map(|found| found.years);
            }
        }
    }

    /// Enters a sentence of the current line.
    pub fn enter_sentence(&mut self, start: usize, expressions: &[Expression]) {
        self.advance(start);
        let from = expressions.partition_point(|found| found.span.start < start);
        let to = expressions.partition_point(|found| found.span.start < start + SENTENCE_START);
        let mut near = expressions[from..to].iter();
        let first = near.find(|found| !found.is_base && found.reach == Reach::Governing);
        if let Some(found) = first {
            self.governing = Some(found.years);
            self.of_line = None;
        }
    }

    /// The frame here.
    pub fn frame(&self) -> Frame {
        let is_target = self.is_target();
        let named = |years: Option<Years>, rule| years.map(|years| (years, rule));
        let years = named(self.of_line, Rule::PeriodLine)
            .or(named(self.governing, Rule::PeriodGoverning))
            .or(named(self.of_part.filter(|_| is_target), Rule::PeriodGoverning))
            .or(self.own_years(is_target));
        Frame {
            is_target,
            years: years.map(|(years, _)| years),
            years_by: years.map(|(_, rule)| rule),
            several: match self.role {
                _ if is_target => self.of_part,
                Some(Role::FiveYearReview) => self.times.five_years(),
                _ => None,
            },
            section: self.open.last().and_then(|&index| u32::try_from(index).ok()),
            is_silent: self.role == Some(Role::Glossary),
        }
    }

    /// Whether the heading of the innermost section stands in `sentence`.
    pub fn has_heading(&self, sentence: &Range<usize>) -> bool {
        self.open.last().is_some_and(|&index| {
            let section = &self.sections[index];
            !section.heading.is_empty() && sentence.contains(&(section.span.start as usize))
        })
    }

    /// The range of years that the heading on `line` plans for, if it names no single year beside it.
    fn years_to_come(&self, folded: &[char], line: &Range<usize>, expressions: &[Expression]) -> Option<Years> {
        let within = expressions.iter().take_while(|found| found.span.end <= line.start + HEADING.min(line.len()));
        let years: Vec<Years> = within.map(|found| found.years).collect();
        let years = match years[..] {
            [years] => years,
            // “十四五”发展目标: in a heading the plan itself is its years.
            [] => plan_named(&folded[line.start..line.end.min(line.start + HEADING)])?,
            _ => return None,
        };
        (years.is_range() && self.times.plan.is_some_and(|plan| plan <= years.from)).then_some(years)
    }

    /// Closes the sections that end before `offset` and opens those that begin up to it; whether one of
    /// the top level was opened.
    fn advance(&mut self, offset: usize) -> bool {
        while self.open.last().is_some_and(|&index| self.sections[index].span.end as usize <= offset) {
            self.open.pop();
        }
        let mut opened_top = false;
        while let Some(&index) = self.order.get(self.next)
            && self.sections[index].span.start as usize <= offset
        {
            let section = &self.sections[index];
            self.next += 1;
            if section.span.end as usize <= offset {
                continue;
            }
            while self.open.last().is_some_and(|&other| self.sections[other].level >= section.level) {
                self.open.pop();
            }
            opened_top |= section.level == 1;
            self.open.push(index);
        }
        let role = self.open.iter().rev().map(|&index| self.sections[index].role).find(|&role| role != Role::Other);
        if opened_top || role != self.role {
            self.governing = None;
        }
        self.tasks_seen |= matches!(role, Some(Role::Tasks | Role::Targets | Role::OverallRequirements));
        self.role = role;
        opened_top
    }

    /// Whether what the role covers is to be reached.
    fn is_target(&self) -> bool {
        match self.role {
            Some(Role::Review | Role::FiveYearReview | Role::Thanks | Role::Problems | Role::Glossary) => false,
            Some(Role::Situation) => false,
            Some(Role::Targets | Role::Tasks | Role::OverallRequirements) => true,
            Some(Role::SelfBuilding | Role::Other) | None => self.tasks_seen || self.target_by_words,
        }
    }

    /// The years of the role, and the rule that says so.
    fn own_years(&self, is_target: bool) -> Option<(Years, Rule)> {
        let review = self.times.review.map(|year| (Years::one(year), Rule::PeriodReview));
        match self.role {
            _ if is_target => self.times.plan.map(|year| (Years::one(year), Rule::PeriodPlan)),
            Some(Role::FiveYearReview) => self.times.term.map(|term| (term, Rule::PeriodTerm)).or(review),
            _ => review,
        }
    }

    /// Whether the years are those of the review or of the plan.
    fn is_own_year(&self, years: Years) -> bool {
        [self.times.review, self.times.plan].iter().flatten().any(|&year| years == Years::one(year))
            && (!self.is_target() || self.times.plan == Some(years.to))
    }

    /// Without an outline: a short line that speaks of tasks or of the past.
    fn read_heading(&mut self, folded: &[char], line: &Range<usize>) {
        if line.len() > HEADING {
            return;
        }
        let text: String = folded[line.clone()].iter().collect();
        let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
        if has(&["回顾", "工作总结"]) {
            (self.target_by_words, self.governing) = (false, None);
        } else if has(&[
            "目标",
            "任务",
            "工作安排",
            "重点工作",
            "总体要求",
            "指导思想",
            "工作部署",
            "工作思路",
            "主要工作",
        ]) {
            (self.target_by_words, self.governing) = (true, None);
        }
    }
}

/// Whether a month follows the year: the day of a speech or an event, which says nothing of the
/// years that the text behind it speaks of.
fn is_day(folded: &[char], found: &Expression) -> bool {
    let digits = folded[found.span.end..].iter().take_while(|c| c.is_ascii_digit()).count();
    (1..=2).contains(&digits) && folded.get(found.span.end + digits) == Some(&'月')
}
