//! Lists of numbers dealt out to lists of subjects: A和B分别增长P和Q, with and without 分别.

use super::indicator::Indicator;
use super::lex::{Form, Token};
use super::list;
use super::statement::{Quantities, Resolved, Sentence, State, Topic, is_counted};
use super::subject::Lead;
use super::tail::Tail;
use crate::explain::Rule;
use baogao_model::report::Measurement;
use std::ops::Range;

impl<'a> Sentence<'a> {
    /// Deals the numbers of a chain out to as many subjects. False where there are not so many.
    pub(super) fn respectively(
        &self,
        quantities: &Quantities<'a>,
        chain: Range<usize>,
        state: &mut State<'a>,
        found: &mut Vec<Measurement>,
    ) -> bool {
        let tokens = &quantities.tokens[..];
        self.begin_segment(tokens, chain.start, state);
        let count = chain.len();
        let first = chain.start;
        let lead = &quantities.leads[first];
        if tokens[first].form == Form::Triple {
            return false;
        }
        // A noun behind the list belongs to all of it: 36个、2150户小区.
        let tail = &quantities.tails[chain.end - 1];
        if tail.is_noun && is_counted(&tokens[first]) {
            return false;
        }
        let Some((topics, rule)) = self.topics_of_list(&tokens[first], lead, count, state) else { return false };
        for (topic, index) in topics.into_iter().zip(chain.clone()) {
            self.note_number(quantities, index);
            self.note(rule, None);
            if topic.row.is_some() {
                let rule = match rule {
                    Rule::SubjectPair => Rule::IndicatorPair,
                    Rule::SubjectEarlier => Rule::IndicatorEarlier,
                    _ => Rule::IndicatorName,
                };
                self.note(rule, None);
            }
            // A bound behind the list holds for all of it.
            let own = &quantities.tails[index];
            let tail = Tail { suffix: own.suffix.or(tail.suffix), ..own.clone() };
            let resolved = Resolved { topic, has_own_subject: !lead.is_empty(), has_noun: false, named_by_move: false };
            self.emit(&tokens[index], lead, &tail, &resolved, state, found);
            self.remember(lead, &resolved, None, state);
        }
        true
    }

    /// The subjects of a list of numbers, as many as it has, and the rule that found them.
    pub(super) fn topics_of_list(
        &self,
        token: &Token,
        lead: &Lead<'a>,
        count: usize,
        state: &State<'a>,
    ) -> Option<(Vec<Topic<'a>>, Rule)> {
        let fits = |row: &Indicator| self.fits(row, token, lead);
        let own = if token.form == Form::Rank { self.ranked(lead.subject()) } else { lead.subject() };
        let start = self.start_of(lead);
        let is_generic = self.tables.cues.generic.exact(own).is_some();
        if own.is_empty() || is_generic {
            let history = &state.history;
            if let Some(topic) = state.topic.as_ref().filter(|_| history.len() < count)
                && let Some(pair) = self.pair(topic, count)
            {
                return Some((pair, Rule::SubjectPair));
            }
            let from = history.len().checked_sub(count)?;
            return Some((history[from..].to_vec(), Rule::SubjectEarlier));
        }
        let verb: &[char] = if state.comma { &[] } else { &state.verb };
        let words: Vec<char> = verb.iter().chain(own).copied().collect();
        let row = self.tables.indicators.of_subject(&words, &self.tables.cues, self.level, fits);
        let topic = Topic { subject: lead.subject_in_text(), start, row, is_share: lead.of.is_some() };
        if let Some(pair) = self.pair(&topic, count) {
            return Some((pair, Rule::SubjectPair));
        }
        let parts = list::split(own, count)?;
        let last = &own[parts[count - 1].clone()];
        let verb = self.leading_verb(own);
        let topics = parts.iter().enumerate().map(|(index, part)| {
            let part = &own[part.clone()];
            let is_last = index + 1 == count;
            let (subject, row) = self.list_item(part, if is_last { &[] } else { last }, &verb, fits);
            let row = row.or_else(|| self.row_with_head_of(&own[parts[0].clone()], part, fits));
            Topic { subject: subject.into(), start, row, is_share: lead.of.is_some() }
        });
        Some((topics.collect(), Rule::SubjectDealt))
    }

    /// A subject without the words of a ranking behind it: 增速分别居全市.
    fn ranked<'s>(&self, mut own: &'s [char]) -> &'s [char] {
        while let Some((length, _)) = self.tables.cues.ranking.at_end(own) {
            own = &own[..own.len() - length];
        }
        own
    }

    /// The rows a pair marker stands for.
    pub(super) fn pair(&self, topic: &Topic<'a>, count: usize) -> Option<Vec<Topic<'a>>> {
        let pair = &self.tables.indicators.row(topic.row?).pair;
        (pair.len() == count).then(|| pair.iter().map(|&row| Topic { row: Some(row), ..topic.clone() }).collect())
    }

    /// The indicator of a later item that shares its beginning with the first: 单位生产总值能耗和
    /// 二氧化碳排放.
    pub(super) fn row_with_head_of(
        &self,
        first: &[char],
        part: &[char],
        fits: impl Fn(&Indicator) -> bool + Copy,
    ) -> Option<usize> {
        for length in (2..first.len()).rev() {
            let words: Vec<char> = first[..length].iter().chain(part).copied().collect();
            if !self.tables.indicators.ends_in_any_name(&words) {
                continue;
            }
            let row = self.tables.indicators.of_subject(&words, &self.tables.cues, self.level, fits);
            if row.is_some_and(|row| self.tables.indicators.ends_in_name(&words, row)) {
                return row;
            }
        }
        None
    }

    /// One item of a list of subjects; what it lacks behind (PM2.5 in PM2.5、PM10年均浓度) is taken
    /// from the last, what it lacks before from the verb.
    pub(super) fn list_item(
        &self,
        part: &[char],
        last: &[char],
        verb: &[char],
        fits: impl Fn(&Indicator) -> bool + Copy,
    ) -> (Vec<char>, Option<usize>) {
        let (indicators, cues) = (&self.tables.indicators, &self.tables.cues);
        let lookup = |words: &[char]| indicators.of_subject(words, cues, self.level, fits);
        let with_verb: Vec<char> =
            if part.starts_with(verb) { part.to_vec() } else { verb.iter().chain(part).copied().collect() };
        if let Some(row) = lookup(&with_verb) {
            return (with_verb, Some(row));
        }
        for from in 1..last.len() {
            let words: Vec<char> = with_verb.iter().chain(&last[from..]).copied().collect();
            if let Some(row) = lookup(&words) {
                return (words, Some(row));
            }
        }
        (with_verb, None)
    }

    /// The verb a list of subjects opens with.
    pub(super) fn leading_verb(&self, own: &[char]) -> Vec<char> {
        let length = self.tables.cues.increment.at_start(own).unwrap_or(0);
        own[..length].to_vec()
    }
}
