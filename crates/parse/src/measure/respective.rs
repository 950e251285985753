//! Lists of numbers dealt out to lists of subjects: A和B分别增长P和Q, with and without 分别.

use super::cue::Classes;
use super::indicator::Indicator;
use super::lex::{Form, Token};
use super::list;
use super::phrase::is_clause_mark;
use super::statement::{Resolved, Sentence, State, Topic, is_counted};
use super::subject::Lead;
use super::tail::Tail;
use crate::explain::Rule;
use crate::words;
use baogao_model::report::Measurement;
use std::ops::Range;

impl<'a> Sentence<'a> {
    /// Deals the numbers of a chain out to as many subjects. False where there are not so many.
    pub(super) fn respectively(
        &self,
        tokens: &[Token],
        chain: Range<usize>,
        state: &mut State<'a>,
        found: &mut Vec<Measurement>,
    ) -> bool {
        self.begin_segment(tokens, chain.start, state);
        let count = chain.len();
        let first = chain.start;
        if tokens[first].form == Form::Triple {
            return false;
        }
        // A noun behind the list belongs to all of it: 36个、2150户小区.
        let tail = self.tail(tokens, chain.end - 1);
        if tail.is_noun && is_counted(&tokens[first]) {
            return false;
        }
        let lead = &self.lead(tokens, first);
        let Some((topics, rule)) = self.topics_of_list(&tokens[first], lead, count, state) else { return false };
        for (topic, index) in topics.into_iter().zip(chain.clone()) {
            self.note_number(tokens, index);
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
            let own = self.tail(tokens, index);
            let tail = Tail { suffix: own.suffix.or(tail.suffix), ..own };
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
            if let Some(from) = history.len().checked_sub(count) {
                return Some((history[from..].to_vec(), Rule::SubjectEarlier));
            }
            if own.is_empty()
                && lead.cues.any(Classes::RESPECTIVE)
                && let Some(topics) = self.topics_of_both(token, lead, count, state)
            {
                return Some((topics, Rule::SubjectDealt));
            }
            if own.is_empty()
                && lead.cues.any(Classes::RESPECTIVE)
                && let Some(topics) = self.topics_of_clause_before(token, lead, count, fits)
            {
                return Some((topics, Rule::SubjectDealt));
            }
            // Over a semicolon 分别 still means as many subjects as there are numbers; which, where
            // there are not so many, nobody can tell.
            let deals = own.is_empty() && (history.len() > 1 || !state.earlier.is_empty());
            if !deals || !lead.cues.any(Classes::RESPECTIVE) {
                return None;
            }
            let all: Vec<Topic<'a>> = state.earlier.iter().chain(history).cloned().collect();
            let topics = match all.len().checked_sub(count) {
                Some(from) => all[from..].to_vec(),
                None => vec![Topic { start, ..Topic::default() }; count],
            };
            return Some((topics, Rule::SubjectEarlier));
        }
        let verb: &[char] = if state.comma { &[] } else { &state.verb };
        let words: Vec<char> = verb.iter().chain(own).copied().collect();
        let row = self.tables.indicators.of_subject(&words, &self.tables.cues, self.level, fits);
        let topic = Topic { subject: lead.subject_in_text(), start, row, is_share: lead.of.is_some() };
        if let Some(pair) = self.pair(&topic, count).or_else(|| self.three_industries(&topic, count)) {
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

    /// 生产总值、固定资产投资双双突破200亿元,分别达到210亿元和241亿元: the subjects that one number was said of.
    fn topics_of_both(
        &self,
        token: &Token,
        lead: &Lead<'_>,
        count: usize,
        state: &State<'a>,
    ) -> Option<Vec<Topic<'a>>> {
        let fits = |row: &Indicator| self.fits(row, token, lead);
        let before = state.topic.as_ref()?;
        let listed = before.subject.strip_suffix(&['双', '双'][..])?;
        let parts = list::split(listed, count)?;
        let last = &listed[parts[count - 1].clone()];
        let topics = parts.into_iter().enumerate().map(|(index, part)| {
            let last = if index + 1 == count { &[] } else { last };
            let (subject, row) = self.list_item(&listed[part], last, &[], fits);
            Topic { subject: subject.into(), start: before.start, row, is_share: before.is_share }
        });
        Some(topics.collect())
    }

    /// 事故起数、死亡人数持续下降,降幅分别为14%、9%: the subjects that the clause before lists, without a number.
    fn topics_of_clause_before(
        &self,
        token: &Token,
        lead: &Lead<'_>,
        count: usize,
        fits: impl Fn(&Indicator) -> bool + Copy,
    ) -> Option<Vec<Topic<'a>>> {
        /// The longest clause looked for.
        const LONGEST: usize = 60;
        let folded = self.folded();
        let own = lead.phrase.at(0).unwrap_or(token.span.start);
        let end = own.checked_sub(1).filter(|&at| at > self.range.start && folded[at] == ',')?;
        let from = end.saturating_sub(LONGEST).max(self.range.start);
        let start = (from..end).rev().find(|&at| is_clause_mark(folded[at])).map_or(from, |at| at + 1);
        let words = &folded[start..end];
        if words.iter().any(char::is_ascii_digit) {
            return None;
        }
        let topics = list::split(words, count)?.into_iter().map(|part| {
            let row = self.tables.indicators.of_noun(&words[part.clone()], &self.tables.cues, fits);
            Topic { subject: words[part].into(), start, row, is_share: false }
        });
        let topics: Vec<Topic<'a>> = topics.collect();
        topics.iter().any(|topic| topic.row.is_some()).then_some(topics)
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

    /// 一二三产增加值分别增长: the three that one name stands for without a mark between.
    fn three_industries(&self, topic: &Topic<'a>, count: usize) -> Option<Vec<Topic<'a>>> {
        const MARKERS: [&str; 9] = [
            "一二三产业",
            "一二三产",
            "一二三次产业",
            "三次产业",
            "三大产业",
            "一、二、三产业",
            "一、二、三产",
            "一、二、三次产业",
            "第一、二、三产业",
        ];
        const NAMES: [&str; 3] = ["第一产业增加值", "第二产业增加值", "第三产业增加值"];
        let subject = &topic.subject;
        let own = subject.strip_suffix(&['增', '加', '值'][..]).unwrap_or(subject);
        if count != NAMES.len() || !words::ends_with_any(own, &MARKERS) {
            return None;
        }
        let rows = NAMES.iter().map(|name| self.tables.indicators.called(&name.chars().collect::<Vec<_>>()));
        Some(rows.map(|row| Topic { row, ..topic.clone() }).collect())
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
        // 巩固率 before 入学率 lacks nothing.
        let is_whole = last.len() > 1 && part.last() == last.last();
        for from in 1..if is_whole { 0 } else { last.len() } {
            let words: Vec<char> = with_verb.iter().chain(&last[from..]).copied().collect();
            // 职工基本医疗、基本养老保险参保人数: what both have does not part them, and 养老 is the last's alone.
            let both_have = || part.windows(from).any(|words| *words == last[..from]);
            if let Some(row) = lookup(&words).filter(|_| !both_have()) {
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
