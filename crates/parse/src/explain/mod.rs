//! Why a number became the measurement it is, or none.
//!
//! The rules themselves say so: where one decides, it leaves a [`Note`] with the [`Trace`], if
//! there is one. The ordinary parse has none and pays a comparison with nothing.

mod rule;

pub use rule::Rule;

use crate::text::span;
use baogao_model::Span;
use baogao_model::report::Measurement;
use std::cell::RefCell;
use std::ops::Range;

/// What one rule had to say of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Note {
    /// The rule.
    pub rule: Rule,
    /// The words that it went by, where it went by words of the text.
    pub span: Option<Span>,
}

/// What became of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The measurement of this index in the record.
    Measurement(usize),
    /// No measurement, for this reason.
    Nothing(Rule),
}

/// A number that the parser looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explained {
    /// Where it stands, with its unit.
    pub span: Span,
    /// What became of it.
    pub verdict: Verdict,
    /// The rules that had a part in it, in the order in which they were asked.
    pub notes: Vec<Note>,
}

/// What the parser made of a place of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place<'e> {
    /// A number, or a target in words.
    Number(&'e Explained),
    /// A stretch in which nothing is measured, for this reason.
    Silent(Rule),
    /// No number stands there.
    Words,
}

/// Every number of a text with what became of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Explanation {
    numbers: Vec<Explained>,
    silent: Vec<(Span, Rule)>,
}

impl Explanation {
    /// The numbers, in the order of the text.
    pub fn numbers(&self) -> &[Explained] {
        &self.numbers
    }

    /// What the parser made of the character `offset`.
    pub fn at(&self, offset: u32) -> Place<'_> {
        let holds = |span: Span| span.start <= offset && offset < span.end;
        let next = self.numbers.partition_point(|number| number.span.end <= offset);
        if let Some(number) = self.numbers.get(next).filter(|number| holds(number.span)) {
            return Place::Number(number);
        }
        let next = self.silent.partition_point(|(span, _)| span.end <= offset);
        match self.silent.get(next) {
            Some(&(span, rule)) if holds(span) => Place::Silent(rule),
            _ => Place::Words,
        }
    }

    /// Calls `mend` on every span.
    pub(crate) fn mend_spans(&mut self, mend: impl Fn(&mut Span)) {
        for number in &mut self.numbers {
            mend(&mut number.span);
            number.notes.iter_mut().filter_map(|note| note.span.as_mut()).for_each(&mend);
        }
        self.silent.iter_mut().for_each(|(span, _)| mend(span));
    }
}

/// Where the rules leave their notes.
#[derive(Debug, Default)]
pub struct Trace {
    inner: RefCell<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    /// The notes on the number at hand.
    pending: Vec<Note>,
    /// What has become of numbers, none for a measurement.
    numbers: Vec<(Span, Option<Rule>, Vec<Note>)>,
    silent: Vec<(Span, Rule)>,
}

impl Trace {
    /// A rule has decided something about the number at hand.
    pub fn note(&self, rule: Rule, words: Option<Range<usize>>) {
        self.inner.borrow_mut().pending.push(Note { rule, span: words.map(span) });
    }

    /// The notes on the number at hand, which begin anew.
    pub fn take(&self) -> Vec<Note> {
        std::mem::take(&mut self.inner.borrow_mut().pending)
    }

    /// The number at hand is no measurement.
    pub fn nothing(&self, at: Range<usize>, rule: Rule) {
        let notes = self.take();
        self.inner.borrow_mut().numbers.push((span(at), Some(rule), notes));
    }

    /// The number at hand is a measurement.
    pub fn measurement(&self, at: Range<usize>) {
        let notes = self.take();
        self.inner.borrow_mut().numbers.push((span(at), None, notes));
    }

    /// Nothing is measured in a stretch.
    pub fn silent(&self, at: Range<usize>, rule: Rule) {
        self.inner.borrow_mut().silent.push((span(at), rule));
    }

    /// What was noted, on the measurements that came of it, which are in the order of their spans.
    pub fn finish(self, measurements: &[Measurement]) -> Explanation {
        let Inner { mut numbers, silent, .. } = self.inner.into_inner();
        numbers.sort_by_key(|(span, ..)| *span);
        let numbers = numbers.into_iter().filter_map(|(span, nothing, notes)| {
            let verdict = match nothing {
                Some(rule) => Verdict::Nothing(rule),
                // Every number noted as a measurement is one of the record.
                None => Verdict::Measurement(measurements.binary_search_by_key(&span, |m| m.span).ok()?),
            };
            Some(Explained { span, verdict, notes })
        });
        Explanation { numbers: numbers.collect(), silent }
    }
}
