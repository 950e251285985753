//! Measurements: every quantity the report states about the world.
//!
//! A line is read in stages, each in a module of its own:
//!
//! 1. [`lex`] finds numbers with their units, [`wording`] those in words; [`not_quantity`] drops
//!    dates, names and slogans;
//! 2. [`subject`] reads the words before a number backwards and [`tail`] those behind it forwards,
//!    both out of a [`phrase`];
//!    [`frame`] and [`time`] know which years the text speaks of;
//! 3. [`statement`] walks a sentence from number to number; [`resolve`], [`naming`] and
//!    [`indicator`] say what each is a number of, [`respective`] and [`list`] deal numbers out to
//!    lists of subjects;
//! 4. [`classify`], [`bound`] and [`when`] say what the value says, and [`row`] writes it down;
//!    [`qualitative`] finds the targets without a number.
//!
//! # Promises
//!
//! - Pure and deterministic; time linear in the text, since a sentence's clauses are looked at in
//!   windows of bounded length.
//! - Every span lies in the text and holds the number with its unit as printed.
//! - A number is never repaired: what is not understood yields no row.
//!
//! The words that rules go by are data: `cues.tsv` here, `units.tsv` and `indicators.tsv` beside
//! the manifest. What is not supported stands in `docs/limits.md`.

mod bound;
mod classify;
mod cue;
mod decimal;
mod frame;
mod indicator;
mod lex;
mod list;
mod naming;
mod not_quantity;
mod numeral;
mod phrase;
mod qualitative;
mod resolve;
mod respective;
mod row;
mod statement;
mod subject;
mod tail;
mod time;
mod unit;
mod when;
mod wording;

use crate::explain::{Rule, Trace};
use crate::signs::Signs;
use crate::text::Text;
use baogao_model::report::Level;
use baogao_model::report::{Measurement, Section};
use cue::Cues;
use frame::Frames;
use indicator::Indicators;
use statement::Sentence;
use std::ops::Range;
use std::sync::LazyLock;
use time::{Times, Years};
use unit::Units;
use when::Marks;

/// What is known of the report before its numbers are read.
#[derive(Debug, Clone, Copy, Default)]
pub struct Context<'a> {
    /// The outline; its roles tell deeds from tasks.
    pub sections: &'a [Section],
    /// The latest year whose work is reviewed.
    pub review_year: Option<i32>,
    /// The year the tasks are for.
    pub plan_year: Option<i32>,
    /// The calendar year of delivery, which 今年 and 去年 go by.
    pub delivered_year: Option<i32>,
    /// The level of the government that reports.
    pub level: Option<Level>,
    /// The first and last year of the term under review, where the report says so; else 五年来 means
    /// five years up to the review.
    pub term_years: Option<(i32, i32)>,
}

/// The compiled tables. Making one takes milliseconds; make one and keep it.
#[derive(Debug)]
pub struct Measurer {
    units: Units,
    indicators: Indicators,
    cues: Cues,
}

impl Default for Measurer {
    fn default() -> Self {
        Self::new()
    }
}

impl Measurer {
    /// Compiles the tables.
    pub fn new() -> Self {
        Self { units: Units::new(), indicators: Indicators::new(), cues: Cues::new() }
    }

    /// Every measurement of `text`, in the order of their spans.
    pub fn measure(&self, text: &Text<'_>, context: &Context<'_>) -> Vec<Measurement> {
        self.measure_with(text, context, None)
    }

    /// See [`Self::measure`]; the rules leave their notes with `trace`.
    pub fn measure_with(&self, text: &Text<'_>, context: &Context<'_>, trace: Option<&Trace>) -> Vec<Measurement> {
        let times = Times {
            review: context.review_year,
            plan: context.plan_year,
            delivered: context.delivered_year,
            term: context.term_years.map(|(from, to)| Years { from, to }),
        };
        let mut frames = Frames::new(context, times);
        let mut found = Vec::new();
        for line in &text.lines {
            let expressions = times.find(text, line.clone());
            frames.enter_line(&text.folded, line, &expressions);
            let quotes = not_quantity::Quotes::of(text, line.clone());
            for range in sentences(text, line.clone()) {
                frames.enter_sentence(range.start, &expressions);
                let frame = frames.frame();
                if frame.is_silent {
                    if let Some(trace) = trace {
                        trace.silent(range, Rule::NotGlossary);
                    }
                    continue;
                }
                let sentence = Sentence {
                    text,
                    is_heading: frames.has_heading(&range),
                    range,
                    frame,
                    times: &times,
                    expressions: &expressions,
                    quotes: &quotes,
                    marks: Marks::default(),
                    level: context.level,
                    tables: self,
                    trace,
                };
                sentence.measure(&mut found);
            }
        }
        found
    }
}

/// Every measurement of `text`, with tables compiled once for the process.
pub fn measure(text: &Text<'_>, context: &Context<'_>) -> Vec<Measurement> {
    static MEASURER: LazyLock<Measurer> = LazyLock::new(Measurer::new);
    MEASURER.measure(text, context)
}

/// The sentences of a line, marks included. Sentences of a semicolon list stay together, since
/// 预计 at the head of the list governs all of it.
fn sentences(text: &Text<'_>, line: Range<usize>) -> impl Iterator<Item = Range<usize>> {
    let mut start = line.start;
    std::iter::from_fn(move || {
        let end = text.next(Signs::END, start..line.end).map_or(line.end, |at| at + 1);
        let sentence = start..end;
        start = end;
        (!sentence.is_empty()).then_some(sentence)
    })
}
