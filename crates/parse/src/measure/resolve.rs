//! What a number is a number of: the subject before it, the noun behind it, or what the clause
//! before spoke of.

use super::cue::Classes;
use super::indicator::Indicator;
use super::lex::{Form, Token};
use super::naming::join;
use super::phrase::is_clause_mark;
use super::statement::{Resolved, Sentence, State, Topic, is_counted};
use super::subject::Lead;
use super::tail::Tail;
use crate::explain::Rule;
use std::borrow::Cow;

/// The longest clause that is walked back over.
const CLAUSE: usize = 200;

impl<'a> Sentence<'a> {
    /// Finds what the number is a number of.
    pub(super) fn resolve(&self, token: &Token, lead: &Lead<'a>, tail: &Tail<'a>, state: &State<'a>) -> Resolved<'a> {
        let fits = |row: &Indicator| self.fits(row, token, lead);
        // 由18平方公里拓宽到26.5平方公里: the verb to the second state is no noun.
        let is_verb = lead.from.is_some() && matches!(tail.phrase.chars.last(), Some('到' | '至' | '为'));
        let noun = if tail.is_noun && !is_verb { tail.noun(&self.tables.cues) } else { &[] };
        let own = lead.subject();
        if let Some(topic) = self.lifted_from_poverty(token, tail) {
            self.note_found(Rule::SubjectBehind, Some(Rule::IndicatorNoun));
            return Resolved { topic, has_own_subject: false, has_noun: true, named_by_move: false };
        }
        let counted = is_counted(token);
        if counted && !noun.is_empty() && token.form != Form::Rank {
            return self.resolve_noun(own, tail, noun, lead, state, fits);
        }
        if token.form == Form::Rank {
            return self.resolve_rank(token, lead, state);
        }
        if own.is_empty() && noun.is_empty() {
            return self.inherit(token, lead, tail, state);
        }
        if own.is_empty() {
            let row = self.row_behind(token, tail, fits);
            // 七成以上农户参保 opens a statement of its own; 突破100亿元大关 and 保持6%的增速 go on.
            let goes_on = tail.grows() || (!tail.attributive && lead.cues != Classes::default());
            if row.is_none() && goes_on && state.topic.is_some() {
                return self.inherit(token, lead, tail, state);
            }
            let start = token.span.start;
            self.note_found(Rule::SubjectBehind, row.map(|_| Rule::IndicatorNoun));
            let topic = Topic { subject: tail.phrase.part(0..noun.len()), start, row, is_share: false };
            return Resolved { topic, has_own_subject: false, has_noun: true, named_by_move: false };
        }
        // 由18平方公里扩展到26.5平方公里: whatever the verb, the second state is one of the same thing.
        const VERB: usize = 3;
        if state.from.is_some() && lead.cues.any(Classes::TO) && own.len() <= VERB && lead.from.is_none() {
            return self.inherit(token, lead, tail, state);
        }
        // 高于12%的目标2.4个百分点: what 的 opens belongs to the number before.
        let belongs_before = token.unit == "pp" && own.first() == Some(&'的') && state.topic.is_some();
        if belongs_before || self.goes_on_building(token, own, state) {
            return self.inherit(token, lead, tail, state);
        }
        self.resolve_lead(token, noun, tail, lead, state, fits)
    }

    /// 20个贫困村退出、1.1万人脱贫: people of whom nothing is told but that are no longer poor.
    fn lifted_from_poverty(&self, token: &Token, tail: &Tail<'a>) -> Option<Topic<'a>> {
        const TOLD: [&str; 4] = ["脱贫", "稳定脱贫", "实现脱贫", "实现稳定脱贫"];
        let words = &tail.phrase.chars;
        let told = TOLD.iter().find(|told| words.iter().copied().eq(told.chars()))?;
        let row = self.tables.indicators.called(&['脱', '贫', '人', '口']).filter(|_| token.unit == "person")?;
        let subject = tail.phrase.part(0..told.chars().count());
        Some(Topic { subject, start: token.span.start, row: Some(row), is_share: false })
    }

    /// 保障性住房新开工3200套,基本建成2600套: the stage of the same homes.
    fn goes_on_building(&self, token: &Token, own: &[char], state: &State<'_>) -> bool {
        const STAGES: [&str; 7] = ["建成", "基本建成", "竣工", "开工", "开工建设", "交付", "分配入住"];
        token.counter == Some("套")
            && STAGES.iter().any(|stage| own.iter().copied().eq(stage.chars()))
            && state.topic.as_ref().and_then(|topic| topic.row).is_some_and(|row| {
                let row = self.tables.indicators.row(row);
                row.group == "housing" && row.has_unit(token.unit)
            })
    }

    /// A subject before the number.
    pub(super) fn resolve_lead(
        &self,
        token: &Token,
        noun: &[char],
        tail: &Tail<'a>,
        lead: &Lead<'a>,
        state: &State<'a>,
        fits: impl Fn(&Indicator) -> bool + Copy,
    ) -> Resolved<'a> {
        let own = lead.subject();
        let start = self.start_of(lead);
        let is_share = own.windows(2).any(|pair| pair == ['占', '比']) || lead.of.is_some();
        let is_generic = self.tables.cues.generic.exact(own).is_some();
        let mut topic = Topic { subject: lead.subject_in_text(), start, row: None, is_share };
        let of_clause;
        let before = match &state.topic {
            None if is_generic => {
                of_clause = self.topic_before(start, own, fits);
                of_clause.as_ref()
            }
            topic => topic.as_ref(),
        };
        if let Some(before) = before.filter(|_| is_generic) {
            let joined = self.joined_row(before, own, fits);
            topic.row = joined.or_else(|| {
                let mut rows = state.history.iter().rev().filter_map(|earlier| self.row_after(earlier, own));
                rows.find(|&row| fits(self.tables.indicators.row(row)))
            });
            let rule = joined.map_or(Rule::IndicatorAfter, |_| Rule::IndicatorJoined);
            self.note_found(Rule::SubjectGeneric, topic.row.map(|_| rule));
            topic.subject = join(&before.subject, own).into();
            topic.start = before.start;
            return Resolved { topic, has_own_subject: true, has_noun: false, named_by_move: false };
        }
        let per_cent = matches!(token.unit, "%" | "pp" | "x");
        let named = self.row_named_by_move(lead, fits);
        let named_by_move = named.is_some();
        let mut found = named.map(|row| (row, Rule::IndicatorMove));
        found = found.or_else(|| self.row_of_lead(lead, state, per_cent, fits));
        if found.is_none()
            && let Some(before) = &state.topic
        {
            let row = self.row_after(before, own).filter(|&row| fits(self.tables.indicators.row(row)));
            found = row.map(|row| (row, Rule::IndicatorAfter));
        }
        let rule = found.map(|(_, rule)| rule);
        topic.row = found.map(|(row, _)| row);
        if topic.row.is_none() && !noun.is_empty() {
            topic.row = self.row_behind(token, tail, fits);
            if self.tables.cues.start.cover(own) || topic.row.is_some() {
                self.note_found(Rule::SubjectBehind, topic.row.map(|_| Rule::IndicatorNoun));
                topic.subject = tail.phrase.part(0..noun.len());
                return Resolved { topic, has_own_subject: true, has_noun: true, named_by_move: false };
            }
        }
        self.note_found(Rule::SubjectBefore, rule);
        Resolved { topic, has_own_subject: true, has_noun: false, named_by_move }
    }

    /// The indicator that the words behind a number name.
    fn row_behind(&self, token: &Token, tail: &Tail<'_>, fits: impl Fn(&Indicator) -> bool + Copy) -> Option<usize> {
        let indicators = &self.tables.indicators;
        // 贡献60%的生产总值: a part of an amount is not its growth.
        let is_part = token.unit == "%" && tail.attributive && !tail.grows();
        let row = indicators.of_noun(&tail.phrase.chars, &self.tables.cues, fits);
        row.filter(|&row| !(is_part && indicators.row(row).is_money()))
    }

    /// Notes where the subject came from, and the indicator if there is one.
    fn note_found(&self, subject: Rule, indicator: Option<Rule>) {
        self.note(subject, None);
        if let Some(indicator) = indicator {
            self.note(indicator, None);
        }
    }

    /// A noun behind the number, with the verb before it: 新建6座图书馆分馆.
    pub(super) fn resolve_noun(
        &self,
        own: &[char],
        tail: &Tail<'a>,
        noun: &[char],
        lead: &Lead<'a>,
        state: &State<'a>,
        fits: impl Fn(&Indicator) -> bool + Copy,
    ) -> Resolved<'a> {
        let cues = &self.tables.cues;
        let verb = self.verb_at_end(&lead.phrase.chars);
        let verb: &[char] = if verb.is_empty() && own.is_empty() && !state.comma { &state.verb } else { &verb };
        let words: Cow<'_, [char]> = if verb.is_empty() {
            Cow::Borrowed(&tail.phrase.chars)
        } else {
            [verb, &tail.phrase.chars].concat().into()
        };
        let named = |row, rule| Some((row?, rule));
        let found = named(self.tables.indicators.of_noun(&words, cues, fits), Rule::IndicatorNoun).or_else(|| {
            // 6家企业成功认定专精特新企业: what the firms became.
            let became = self.tables.indicators.of_subject(&words, cues, self.level, fits);
            named(became, Rule::IndicatorName).or_else(|| named(self.row_of_stage(&words, fits), Rule::IndicatorStage))
        });
        let row = found.map(|(row, _)| row);
        let rule = if verb.is_empty() { Rule::SubjectBehind } else { Rule::SubjectVerb };
        self.note_found(rule, found.map(|(_, rule)| rule));
        let subject = if verb.is_empty() { tail.phrase.part(0..noun.len()) } else { [verb, noun].concat().into() };
        let start = lead.phrase.at(lead.subject_start.min(lead.phrase.chars.len().saturating_sub(1)));
        let topic = Topic { subject, start: start.unwrap_or(self.range.start), row, is_share: false };
        Resolved { topic, has_own_subject: true, has_noun: true, named_by_move: false }
    }

    /// A place in a ranking: of the subject before it, or of what the sentence speaks of.
    pub(super) fn resolve_rank(&self, token: &Token, lead: &Lead<'a>, state: &State<'a>) -> Resolved<'a> {
        let (indicators, cues) = (&self.tables.indicators, &self.tables.cues);
        let row_of = |words: &[char]| indicators.of_subject(words, cues, self.level, |_| true);
        let words = &lead.phrase.chars;
        let mut end = lead.subject_end;
        let from = lead.subject_start.min(end);
        // 县域经济排名 is a name, though 排名 also stands between subject and rank.
        let mut row = None;
        while let Some((length, _)) = cues.ranking.at_end(&words[from..end]) {
            row = row.or_else(|| row_of(&words[from..end]));
            end -= length;
        }
        let own = &words[from..end];
        if own.is_empty() {
            let (mut topic, by) = match &state.topic {
                Some(topic) => (topic.clone(), Rule::SubjectInherited),
                None => (self.topic_of_clauses(token, |_| true), Rule::SubjectClause),
            };
            topic.row = topic.row.or_else(|| row_of(&topic.subject));
            self.note_found(by, topic.row.map(|_| Rule::IndicatorInherited));
            return Resolved { topic, has_own_subject: false, has_noun: false, named_by_move: false };
        }
        row = row.or_else(|| row_of(own));
        self.note_found(Rule::SubjectRank, row.map(|_| Rule::IndicatorName));
        let start = self.start_of(lead);
        let topic = Topic { subject: lead.phrase.part(from..end), start, row, is_share: false };
        Resolved { topic, has_own_subject: true, has_noun: false, named_by_move: false }
    }

    /// Nothing of its own: the subject of the clause before.
    pub(super) fn inherit(&self, token: &Token, lead: &Lead<'a>, tail: &Tail<'a>, state: &State<'a>) -> Resolved<'a> {
        let is_streak = token.unit == "year" && state.topic.is_none();
        let clause = self.topic_between(token, lead, |row| self.fits(row, token, lead));
        // 生产总值达到342亿元,人均生产总值超过1.2万元,均翻了一番: one number for both is the first's.
        let both = state.history.first().filter(|_| says_both(lead) && matches!(token.unit, "%" | "x" | "rank"));
        let (mut topic, mut by) = match clause.as_ref().or(both).or(state.topic.as_ref()) {
            Some(topic) => (topic.clone(), Rule::SubjectInherited),
            // 连续9年荣获…: what was done names it.
            None if is_streak && !tail.phrase.chars.is_empty() => {
                (Topic { start: token.span.start, ..Topic::default() }, Rule::SubjectTail)
            }
            None => (self.topic_of_clauses(token, |row| self.fits(row, token, lead)), Rule::SubjectClause),
        };
        if topic.subject.is_empty() {
            topic.subject = tail.phrase.chars.clone();
            by = Rule::SubjectTail;
        }
        let mut rule = topic.row.map(|_| Rule::IndicatorInherited);
        let (indicators, cues) = (&self.tables.indicators, &self.tables.cues);
        let fits = |row: &Indicator| self.fits(row, token, lead);
        // 贷款320笔4.5亿元: the same subject may be an indicator in one unit and none in the other.
        if topic.row.is_none_or(|row| !fits(indicators.row(row))) {
            topic.row = indicators.of_subject(&topic.subject, cues, self.level, fits);
            rule = topic.row.map(|_| Rule::IndicatorName);
        }
        // The tail of 9个月完成全部手续, 6家入选…: what was done names it.
        if topic.row.is_none() && is_counted(token) && !tail.phrase.chars.is_empty() {
            topic.row = indicators.of_subject(&tail.phrase.chars, cues, self.level, fits);
            rule = topic.row.map(|_| Rule::IndicatorNoun);
        }
        // 高新技术企业净增6家、达31家: the stock again, but not 新增主体突破5000户、达5300户.
        if is_counted(token) && lead.says("达") && !state.exceeded {
            topic.row = topic.row.map(|row| indicators.stock_of(row));
        }
        self.note_found(by, rule);
        topic.is_share |= lead.of.is_some();
        Resolved { topic, has_own_subject: false, has_noun: false, named_by_move: false }
    }

    /// The clause that names an indicator and nothing else between the number before and this one, whose
    /// own clause names none: 生产总值增长8%,人均生产总值,按当前汇率计算,已突破3000美元.
    fn topic_between(
        &self,
        token: &Token,
        lead: &Lead<'a>,
        fits: impl Fn(&Indicator) -> bool + Copy,
    ) -> Option<Topic<'a>> {
        /// How far before the number it may begin.
        const REACH: usize = 40;
        let folded = self.folded();
        let own = lead.phrase.at(0).unwrap_or(token.span.start);
        let from = own.saturating_sub(REACH).max(self.range.start);
        let mut end = own.checked_sub(1).filter(|&at| at > from && folded[at] == ',')?;
        for _ in 0..2 {
            let start = (from..end).rev().find(|&at| is_clause_mark(folded[at])).map_or(from, |at| at + 1);
            let words = &folded[start..end];
            let indicators = &self.tables.indicators;
            let row = indicators.of_subject(words, &self.tables.cues, self.level, fits);
            let row = row.filter(|&row| indicators.ends_in_name(words, row));
            if row.is_some() {
                return Some(Topic { subject: words.into(), start, row, is_share: false });
            }
            // A number in between is what the clause behind goes on from.
            if words.iter().any(char::is_ascii_digit) {
                return None;
            }
            // 固定资产投资受项目清理影响,下降7.5%: its own subject opens the clause before.
            if let Some((row, length)) = indicators.opening(words, fits) {
                return Some(Topic { subject: words[..length].into(), start, row: Some(row), is_share: false });
            }
            end = start.checked_sub(1).filter(|&at| at > from && folded[at] == ',')?;
        }
        None
    }

    /// What the clauses before the first number speak of: 地区生产总值再上台阶,达到164.5亿元.
    pub(super) fn topic_of_clauses(&self, token: &Token, fits: impl Fn(&Indicator) -> bool + Copy) -> Topic<'a> {
        let folded = self.folded();
        let mut end = token.span.start;
        let mut topic = Topic::default();
        // The clause of the number itself is empty of a subject; the two before it may name one.
        for _ in 0..3 {
            // Numbers that nothing names leave no topic, so each of a line of them looks back anew.
            let from = end.saturating_sub(CLAUSE).max(self.range.start);
            let start = (from..end).rev().find(|&at| is_clause_mark(folded[at])).map_or(from, |at| at + 1);
            let words = &folded[start..end.min(start + 40)];
            let row = self.tables.indicators.of_noun(words, &self.tables.cues, fits);
            if row.is_some() || topic.subject.is_empty() {
                topic = Topic { subject: words.into(), start, row, is_share: false };
            }
            if row.is_some() || start <= self.range.start || start == from {
                break;
            }
            end = start - 1;
        }
        topic
    }

    /// The subject that the clause before `start` opens with, where a generic word behind it makes
    /// a name: 粮食连年丰收,总产量….
    pub(super) fn topic_before(
        &self,
        start: usize,
        word: &[char],
        fits: impl Fn(&Indicator) -> bool + Copy,
    ) -> Option<Topic<'a>> {
        /// The longest subject looked for.
        const LONGEST: usize = 8;
        let folded = self.folded();
        let end = (start.saturating_sub(CLAUSE).max(self.range.start)..start).rev().find(|&at| folded[at] == ',')?;
        let from = (end.saturating_sub(CLAUSE).max(self.range.start)..end)
            .rev()
            .find(|&at| is_clause_mark(folded[at]))
            .map_or(self.range.start, |at| at + 1);
        let clause = &folded[from..end];
        let whole = self.tables.indicators.of_noun(clause, &self.tables.cues, fits);
        for length in 2..=LONGEST.min(clause.len()) {
            let topic = Topic { subject: clause[..length].into(), start: from, row: whole, is_share: false };
            if self.joined_row(&topic, word, fits).is_some() {
                return Some(topic);
            }
        }
        None
    }

    /// The increment verb that ends the lead.
    pub(super) fn verb_at_end(&self, lead: &[char]) -> Vec<char> {
        for length in (2..=4.min(lead.len())).rev() {
            let end = &lead[lead.len() - length..];
            if self.tables.cues.increment.at_start(end) == Some(length) {
                return end.to_vec();
            }
        }
        Vec::new()
    }
}

/// Whether 均 stands among the cues as a word of its own, not as part of 年均, 人均 or 平均.
fn says_both(lead: &Lead<'_>) -> bool {
    let cues = &lead.phrase.chars[lead.subject_end..];
    let part = |at: usize| at > 0 && matches!(cues[at - 1], '年' | '人' | '平' | '户' | '亩');
    (0..cues.len()).any(|at| cues[at] == '均' && !part(at) && cues.get(at + 1) != Some(&'为'))
}
