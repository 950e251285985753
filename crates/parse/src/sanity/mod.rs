//! Sanity: what the finished record says that can hardly be so.
//!
//! A pure pass over measurements and head. It changes nothing: a false figure may stand in the
//! report itself, so each doubt is a warning with the place and the numbers, and the reader judges.
//! Only clear violations are told; a check that cries wolf would be switched off by its readers.
//!
//! | code | what it says |
//! |---|---|
//! | `value_out_of_range` | a value far outside what its indicator can be at this level of government |
//! | `share_over_whole` | a share of more than 100 % |
//! | `growth_mismatch` | the growth stated behind 由A到B is not that from A to B |
//! | `multiple_wording` | 增长N倍 behind 由A到B where B is N times A, not N + 1 times |
//! | `completion_mismatch` | the degree of fulfilment is not that of the result and the plan beside it |
//! | `sectors_do_not_sum` | the three sectors do not make up the regional product, or their shares 100 % |

mod change;
mod range;
mod total;

use crate::text::Text;
use baogao_model::report::{Level, Measurement};
use baogao_model::{Span, Warning};
pub use range::Ranges;

/// What the checks look at.
#[derive(Debug, Clone, Copy)]
pub struct Findings<'a> {
    /// The text of the report.
    pub text: &'a Text<'a>,
    /// Its measurements in the order of their spans.
    pub measurements: &'a [Measurement],
    /// The level of the government that reports.
    pub level: Option<Level>,
}

impl Findings<'_> {
    /// The folded characters between two measurements of one sentence; none where more than a few
    /// clauses or the end of a sentence lie between.
    fn between(&self, left: &Measurement, right: &Measurement) -> Option<&[char]> {
        let (from, to) = (left.span.end as usize, right.span.start as usize);
        let gap = self.text.folded.get(from..to).filter(|gap| gap.len() <= MAX_GAP)?;
        (!gap.iter().any(|c| matches!(c, '。' | '!' | '?' | '\n'))).then_some(gap)
    }

    /// The folded characters right before a measurement, at most `count`.
    fn before(&self, row: &Measurement, count: usize) -> &[char] {
        let end = (row.span.start as usize).min(self.text.len());
        &self.text.folded[end.saturating_sub(count)..end]
    }

    /// Half a unit of the last digit printed, as a part of the value: 50.1 is exact to 1/1002. A
    /// number in words counts as exact to a twentieth.
    fn precision(&self, row: &Measurement) -> f64 {
        let printed = &self.text.folded[row.span.start as usize..(row.span.end as usize).min(self.text.len())];
        let digits: Vec<u32> = printed.iter().filter_map(|c| c.to_digit(10)).take(12).collect();
        let significant = digits.iter().fold(0.0, |value, &digit| value * 10.0 + f64::from(digit));
        if significant > 0.0 { 0.5 / significant } else { 0.05 }
    }
}

/// The farthest that two numbers of one statement stand apart.
const MAX_GAP: usize = 40;

/// Every doubt, in the order of the checks and then of the text.
pub fn check(ranges: &Ranges, findings: &Findings<'_>) -> Vec<Warning> {
    let mut warnings = ranges.check(findings);
    warnings.extend(total::shares(findings));
    warnings.extend(total::sectors(findings));
    warnings.extend(total::structure(findings));
    warnings.extend(total::completion(findings));
    warnings.extend(change::check(findings));
    warnings
}

/// The span from one measurement to another.
fn across(left: &Measurement, right: &Measurement) -> Span {
    Span::new(left.span.start, right.span.end)
}

/// A measurement's value.
fn value(row: &Measurement) -> Option<f64> {
    row.value.map(|number| number.0).filter(|value| value.is_finite())
}
