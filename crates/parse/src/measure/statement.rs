//! A sentence, walked from number to number: what its clauses inherit from each other.

use super::Measurer;
use super::classify::Classified;
use super::cue::Classes;
use super::frame::Frame;
use super::lex::{self, Form, Token};
use super::list;
use super::not_quantity::{self, Quotes};
use super::subject::Lead;
use super::tail::{Tail, per_length, suffix_at};
use super::time::{Expression, Times};
use super::when::Marks;
use crate::explain::{Rule, Trace};
use crate::text::Text;
use baogao_model::report::{Level, Measurement};
use std::borrow::Cow;
use std::cell::LazyCell;
use std::ops::Range;

/// A sentence with all that is known around it.
pub struct Sentence<'a> {
    /// The whole text.
    pub text: &'a Text<'a>,
    /// The sentence.
    pub range: Range<usize>,
    /// What holds here unless the sentence says otherwise.
    pub frame: Frame,
    /// How time is resolved.
    pub times: &'a Times,
    /// The expressions of time of the line.
    pub expressions: &'a [Expression],
    /// The quotes of the line.
    pub quotes: &'a Quotes,
    /// The words of hope and expectation in it, and its semicolons, once it has a number.
    pub marks: Marks,
    /// Whether a heading stands in it: slogans count things there that are none.
    pub is_heading: bool,
    /// The level of the government.
    pub level: Option<Level>,
    /// The compiled tables.
    pub tables: &'a Measurer,
    /// Where rules leave their notes, if anybody asks.
    pub trace: Option<&'a Trace>,
}

/// What a clause speaks of, for those behind it to inherit.
#[derive(Debug, Clone, Default)]
pub struct Topic<'a> {
    /// The subject as printed, of the text itself where it can be.
    pub subject: Cow<'a, [char]>,
    /// Where the subject stands, for the quote.
    pub start: usize,
    /// The indicator's row.
    pub row: Option<usize>,
    /// Whether it is a share (占比).
    pub is_share: bool,
}

/// What is carried from number to number.
#[derive(Debug, Default)]
pub struct State<'a> {
    /// What the number before was a number of.
    pub topic: Option<Topic<'a>>,
    /// The topics since the last semicolon, each once.
    pub history: Vec<Topic<'a>>,
    /// Those before it, for a list that deals numbers out to more subjects than stand behind it.
    pub earlier: Vec<Topic<'a>>,
    /// The increment verb that a list shares: 新增A5家、B3家.
    pub verb: Vec<char>,
    /// Whether a comma stands between that verb and here.
    pub comma: bool,
    /// What the first state of 由A到B said, right behind it.
    pub from: Option<Classified>,
    /// What the number before said.
    pub said: Option<Classified>,
    /// The same where both stand in one list, joined by marks alone.
    pub listed: Option<Classified>,
    /// Whether it was printed as exceeded, so that the value reached may follow.
    pub exceeded: bool,
}

/// Where a topic came from, for one number.
#[derive(Debug)]
pub struct Resolved<'a> {
    /// What it is a number of.
    pub topic: Topic<'a>,
    /// Whether its own clause names the subject.
    pub has_own_subject: bool,
    /// Whether the noun behind it does.
    pub has_noun: bool,
    /// Whether a word that looks like a cue is part of the indicator's name.
    pub named_by_move: bool,
}

/// How many topics are remembered: no list of numbers reaches further back.
const HISTORY: usize = 12;
/// How many counts may share the noun behind the last.
const SHARED: usize = 6;

impl<'a> Sentence<'a> {
    /// A rule has decided something about the number at hand, by the words at `words`.
    #[inline]
    pub(super) fn note(&self, rule: Rule, words: Option<Range<usize>>) {
        if let Some(trace) = self.trace {
            trace.note(rule, words);
        }
    }

    /// Notes what had a part in reading the number itself and the words before it.
    pub(super) fn note_number(&self, tokens: &[Token], index: usize) {
        let Some(trace) = self.trace else { return };
        trace.take();
        let token = &tokens[index];
        trace.note(token.rule, Some(token.span.clone()));
        // Read again, with somebody listening: the same words by the same rules.
        let phrase = &self.lead(tokens, index).phrase;
        self.lead_with(tokens, index, |rule, words| {
            let last = words.end.checked_sub(1).and_then(|last| phrase.at(last));
            trace.note(rule, phrase.at(words.start).zip(last).map(|(first, last)| first..last + 1));
        });
    }

    /// The folded characters of the text.
    pub(super) fn folded(&self) -> &'a [char] {
        &self.text.folded
    }

    /// Adds the measurements of the sentence to `found`.
    pub fn measure(mut self, found: &mut Vec<Measurement>) {
        let tokens = self.quantities();
        let first = found.len();
        if self.frame.is_target {
            self.qualitative(&tokens, found);
        }
        if tokens.is_empty() {
            return;
        }
        let has_wordings = found.len() > first;
        self.marks = Marks::of(self.text, self.range.clone());
        let mut state = State::default();
        for chain in list::chains(self.folded(), &tokens) {
            if chain.len() > 1 && self.respectively(&tokens, chain.clone(), &mut state, found) {
                continue;
            }
            for index in chain.clone() {
                state.listed = state.said.filter(|_| index > chain.start);
                self.one(&tokens, index, &mut state, found);
            }
        }
        if has_wordings {
            // Targets without a number stand among those with one.
            found[first..].sort_by_key(|measurement| measurement.span);
        }
    }

    /// The tokens that are quantities. What stands around each is read when it is asked for: kept
    /// for all of them, it would take more memory than the record.
    fn quantities(&self) -> Vec<Token> {
        let mut tokens = lex::tokens(self.text, self.range.clone(), &self.tables.units, |at, rule| {
            if let Some(trace) = self.trace {
                self.refused(trace, at, rule);
            }
        });
        let keep: Vec<bool> = (0..tokens.len()).map(|index| self.is_quantity(&tokens, index)).collect();
        let mut kept = keep.iter();
        // As many as were looked at, in the same order.
        tokens.retain(|_| kept.next() == Some(&true));
        tokens
    }

    /// Whether a token is a quantity, judged by what stands between it and its neighbours, be they
    /// quantities or not.
    fn is_quantity(&self, tokens: &[Token], index: usize) -> bool {
        let token = &tokens[index];
        // Few numbers are judged by what stands before them.
        let lead = LazyCell::new(|| self.lead(tokens, index));
        let tail = self.tail(tokens, index);
        let is_slogan = self.is_heading && token.han && is_counted(token);
        let reason = not_quantity::reason(self.folded(), token, &lead, &tail, self.quotes, &self.tables.cues)
            .or(is_slogan.then_some(Rule::NotHeading));
        if let Some(trace) = self.trace
            && let Some(reason) = reason
        {
            trace.note(token.rule, Some(token.span.clone()));
            trace.nothing(token.span.clone(), reason);
        }
        reason.is_none()
    }

    /// What the reader of numbers did not take; letters and words without a digit are no numbers.
    fn refused(&self, trace: &Trace, at: Range<usize>, rule: Rule) {
        let is_number = |&c: &char| c.is_ascii_digit() || super::numeral::is_han(c);
        if self.text.folded[at.clone()].iter().any(is_number) {
            trace.nothing(at, rule);
        }
    }

    /// The lead of a token: up to the token before, or the start of the sentence.
    pub(super) fn lead(&self, tokens: &[Token], index: usize) -> Lead<'a> {
        self.lead_with(tokens, index, |_, _| {})
    }

    /// See [`Self::lead`]; `note` is told which rule took what off.
    fn lead_with(&self, tokens: &[Token], index: usize, note: impl FnMut(Rule, Range<usize>)) -> Lead<'a> {
        let start = index.checked_sub(1).map_or(self.range.start, |before| tokens[before].span.end);
        let mut start = self.behind_suffix(start);
        // 60%的生产总值、70%的税收: what stands behind the first is its own.
        let shares = |token: &Token| token.unit == "%" && self.text.folded.get(token.span.end) == Some(&'的');
        if index > 0 && shares(&tokens[index - 1]) && shares(&tokens[index]) {
            let between = &self.text.folded[start..tokens[index].span.start];
            start += between.iter().rposition(|&c| c == '、').map_or(0, |at| at + 1);
        }
        // A 和 behind a number is never part of a subject.
        if index > 0 && matches!(self.text.folded[start], '和' | '与' | '及') {
            start += 1;
        }
        let mut lead = self.lead_in(start..tokens[index].span.start, note);
        if index > 0 && tokens[index].unit == "pp" && tokens[index - 1].unit == "pp" {
            lead.compare_with_place();
        }
        lead
    }

    fn lead_in(&self, range: Range<usize>, note: impl FnMut(Rule, Range<usize>)) -> Lead<'a> {
        let is_name = |text: &[char]| {
            let (indicators, cues) = (&self.tables.indicators, &self.tables.cues);
            // Only a name that ends here, not one with a neutral word behind it; mostly none does.
            let named = || indicators.of_subject(text, cues, None, |_| true);
            indicators.ends_in_any_name(text) && named().is_some_and(|row| indicators.ends_in_name(text, row))
        };
        Lead::read(self.folded(), range.start.min(range.end)..range.end, &self.tables.cues, self.times, is_name, note)
    }

    /// The tail of a token: up to the next token or the end of the sentence.
    pub(super) fn tail(&self, tokens: &[Token], index: usize) -> Tail<'a> {
        let end = tokens.get(index + 1).map_or(self.range.end, |next| next.span.start);
        Tail::read(self.folded(), tokens[index].span.end..end, &self.tables.cues)
    }

    /// The offset behind a bound such as 以上 that stands at `at`.
    pub(super) fn behind_suffix(&self, at: usize) -> usize {
        let at = suffix_at(self.folded(), at).map_or(at, |(_, length)| at + length);
        at + per_length(self.folded(), at)
    }

    /// One number.
    fn one(&self, tokens: &[Token], index: usize, state: &mut State<'a>, found: &mut Vec<Measurement>) {
        self.begin_segment(tokens, index, state);
        // Whatever it is a number of, it has no meaning then, and nothing is remembered of it.
        if self.trace.is_none() && self.means_nothing(&tokens[index]) {
            return;
        }
        self.note_number(tokens, index);
        let head = self.head_of_triple(tokens, index);
        let lead = &self.lead(tokens, head);
        let mut tail = self.tail(tokens, index);
        // 36个、2150户小区: the noun behind the last of a list is that of all.
        if !tail.is_noun
            && is_counted(&tokens[index])
            && let Some(last) = self.list_end(tokens, index)
        {
            let shared = self.tail(tokens, last);
            if shared.is_noun {
                tail = Tail { suffix: tail.suffix, ..shared };
                self.note(Rule::SubjectShared, None);
            }
        }
        let token = &tokens[index];
        // 调整到2015年的14.5:49.6:35.9: all three are of what the first is.
        let resolved = if head < index && state.topic.is_some() {
            self.inherit(token, lead, &tail, state)
        } else {
            self.resolve(token, lead, &tail, state)
        };
        if !self.keeps(token, &resolved) {
            if let Some(trace) = self.trace {
                trace.nothing(token.span.clone(), Rule::NotMeaning);
            }
            return;
        }
        let said = self.emit(token, lead, &tail, &resolved, state, found);
        self.remember(lead, &resolved, Some(said), state);
    }

    /// The first part of the triple that `index` is part of; itself where it is none: 由 before
    /// 18:47:35 is meant for all three.
    fn head_of_triple(&self, tokens: &[Token], mut index: usize) -> usize {
        while tokens[index].form == Form::Triple
            && let Some(before) = index.checked_sub(1)
            && tokens[before].form == Form::Triple
            && self.text.folded[tokens[before].span.end..tokens[index].span.start] == [':']
        {
            index = before;
        }
        index
    }

    /// Forgets what does not reach over a semicolon.
    pub(super) fn begin_segment(&self, tokens: &[Token], index: usize, state: &mut State<'_>) {
        let start = index.checked_sub(1).map_or(self.range.start, |before| tokens[before].span.end);
        let between = &self.text.folded[start..tokens[index].span.start];
        if between.contains(&';') {
            state.earlier = std::mem::take(&mut state.history);
            state.verb.clear();
            state.from = None;
        }
        state.comma |= between.contains(&',');
    }

    /// The last token of a list of counts that `index` begins, joined by 、 alone.
    pub(super) fn list_end(&self, tokens: &[Token], index: usize) -> Option<usize> {
        let mut last = index;
        while last - index < SHARED
            && let Some(next) = tokens.get(last + 1)
        {
            let between = &self.text.folded[tokens[last].span.end..next.span.start];
            if !matches!(between, [] | ['、' | '和']) {
                break;
            }
            last += 1;
        }
        (last > index).then_some(last)
    }

    /// Keeps the topic for what follows.
    pub(super) fn remember(
        &self,
        lead: &Lead<'_>,
        resolved: &Resolved<'a>,
        said: Option<Classified>,
        state: &mut State<'a>,
    ) {
        if resolved.has_own_subject {
            let verb = self.leading_verb(lead.subject());
            if !verb.is_empty() {
                state.verb = verb;
                state.comma = false;
            }
        }
        let known = state.history.iter_mut().find(|topic| {
            topic.subject == resolved.topic.subject && (topic.row == resolved.topic.row || topic.row.is_none())
        });
        match known {
            Some(topic) => topic.row = resolved.topic.row,
            None => {
                if state.history.len() == HISTORY {
                    state.history.remove(0);
                }
                state.history.push(resolved.topic.clone());
            }
        }
        state.topic = Some(resolved.topic.clone());
        state.from = said.filter(|_| lead.from.is_some());
        state.exceeded = lead.cues.any(Classes::GT);
        state.said = said;
    }

    /// Where the subject of a lead stands.
    pub(super) fn start_of(&self, lead: &Lead<'_>) -> usize {
        lead.phrase.at(lead.subject_start).unwrap_or(self.range.start)
    }
}

/// Whether the token counts or sizes things, so that a noun behind it names them.
pub fn is_counted(token: &Token) -> bool {
    const OTHERS: [&str; 13] =
        ["%", "pp", "permille", "x", "CNY", "USD", "EUR", "HKD", "JPY", "year", "month", "minute", "workday"];
    matches!(token.form, Form::Amount | Form::Bare) && !OTHERS.contains(&token.unit)
}
