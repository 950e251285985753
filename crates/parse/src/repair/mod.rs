//! Damage to a text that can be undone for sure, undone for reading only.
//!
//! Sites and collectors leave things in a text that were never said: a token at the end of every
//! line, line ends at a fixed width, blanks between all digits. Where the evidence of the whole
//! text leaves no doubt, the parser reads over them; a warning says so. Every repair leaves
//! characters out and none puts any in, so a place of the reading is a place of the text: spans and
//! quotes in the record are of the text as it is, junk included.
//!
//! A number is never guessed: digits that a blank or a line end parts in one place are left alone.
//! Only where all digits of a text are set apart, or all its lines end at one width, is there
//! nothing to guess.

mod digits;
mod lines;
mod pages;
mod pinyin;
mod sites;
mod tails;
mod wraps;

use crate::text::{Text, span};
use baogao_model::{Report, Span, Warning};
use lines::Lines;
use std::ops::Range;

/// What is to be left out in reading a text.
#[derive(Debug, Default)]
pub struct Repair {
    /// The characters left out, in order and disjoint.
    cuts: Vec<Range<usize>>,
    /// What was undone.
    warnings: Vec<Warning>,
}

/// The most warnings with a place that one text gets of each kind.
const MOST_PLACES: usize = 20;

impl Repair {
    /// Finds what damage can be undone, in time linear in the text.
    pub fn find(text: &Text<'_>) -> Self {
        let mut repair = Self::default();
        let mut lines = Lines::of(text);
        tails::find(text, &mut lines, &mut repair);
        pages::find(text, &mut lines, &mut repair);
        wraps::find(text, &lines, &mut repair);
        digits::find(text, &mut repair);
        digits::find_set_off(text, &mut repair);
        pinyin::find(text, &mut repair);
        sites::find(text, &mut repair);
        repair.cuts.sort_by_key(|cut| cut.start);
        repair.cuts = merged(std::mem::take(&mut repair.cuts));
        repair
    }

    /// Whether there is nothing to undo.
    pub fn is_empty(&self) -> bool {
        self.cuts.is_empty()
    }

    /// What is left out.
    pub fn cuts(&self) -> &[Range<usize>] {
        &self.cuts
    }

    /// Moves every span of a record that was read from `text`, which leaves the cuts out, to where it
    /// stands in the text as it is, and adds the warnings.
    pub fn restore(self, text: &Text<'_>, report: &mut Report) {
        report.sections.iter_mut().for_each(|section| move_span(text, &mut section.span));
        report.measurements.iter_mut().for_each(|measurement| move_span(text, &mut measurement.span));
        report.warnings.iter_mut().filter_map(|warning| warning.span.as_mut()).for_each(|span| move_span(text, span));
        report.warnings.splice(0..0, self.warnings);
    }

    /// Leaves `range` out.
    fn cut(&mut self, range: Range<usize>) {
        if !range.is_empty() {
            self.cuts.push(range);
        }
    }

    fn warn(&mut self, warning: Warning) {
        self.warnings.push(warning);
    }

    /// Warns of a place, unless there have been many such.
    fn warn_at(&mut self, warning: Warning, at: Range<usize>) {
        if self.warnings.iter().filter(|other| other.code == warning.code).count() < MOST_PLACES {
            self.warnings.push(warning.at(span(at)));
        }
    }
}

/// Moves a span of a reading to where it stands in the text as it is.
pub fn move_span(text: &Text<'_>, moved: &mut Span) {
    *moved = span(text.printed_range(moved.start as usize..moved.end as usize));
}

/// Ranges in the order of their starts, with those that touch made one.
fn merged(cuts: Vec<Range<usize>>) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::with_capacity(cuts.len());
    for cut in cuts {
        match found.last_mut() {
            Some(last) if cut.start <= last.end => last.end = last.end.max(cut.end),
            _ => found.push(cut),
        }
    }
    found
}
