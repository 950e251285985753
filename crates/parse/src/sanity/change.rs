//! 由A到B against the growth, the difference, or the multiple that is stated behind it.
//!
//! Growth of money may be at comparable prices, so that A and B at their own prices give another
//! rate; a wide margin leaves such cases alone. The rest differs only by rounding.

use super::{Findings, across, value};
use crate::words;
use baogao_model::Warning;
use baogao_model::report::{Bound, Measure, Measurement};

/// Words between A and B.
const TOWARDS: [&str; 9] = ["到", "至", "为", "提升", "提高", "增长", "增加", "下降", "减少"];

/// Words between B and what is said of the change.
const CHANGES: [&str; 11] = ["增长", "增加", "提高", "上升", "提升", "扩大", "下降", "减少", "降低", "年均", "翻"];

/// The margin for prices, in points and as a part of the computed rate.
const PRICES: (f64, f64) = (15.0, 0.5);

/// Every change stated that A and B do not make.
pub fn check(findings: &Findings<'_>) -> Vec<Warning> {
    let triples = findings.measurements.windows(3);
    triples.filter_map(|triple| statement(findings, &triple[0], &triple[1], &triple[2])).collect()
}

/// Compares one statement.
fn statement(findings: &Findings<'_>, from: &Measurement, to: &Measurement, change: &Measurement) -> Option<Warning> {
    let sizes = from.measure == Measure::Level && to.measure == Measure::Level && from.unit == to.unit;
    let exact = [from, to, change].iter().all(|row| row.bound == Bound::Eq && row.value_max.is_none());
    if !sizes || !exact || from.indicator != to.indicator {
        return None;
    }
    let before = findings.before(from, 12);
    let start = before.iter().rposition(|c| matches!(c, '由' | '从'))?;
    if before[start..].iter().any(|c| matches!(c, ',' | ';' | '、' | '。')) {
        return None;
    }
    let towards = findings.between(from, to)?;
    let joins = towards.len() <= 8 && !towards.iter().any(|c| matches!(c, ',' | ';' | '、' | '和'));
    let behind = findings.between(to, change)?;
    let verb = behind.iter().position(|c| !matches!(c, ',' | ' ')).unwrap_or(behind.len());
    let verb = &behind[verb..];
    let follows = behind.len() <= 6 && words::starts_with_any(verb, &CHANGES);
    if !joins || !words::contains_any(towards, &TOWARDS) || !follows {
        return None;
    }
    let (a, b, stated) = (value(from)?, value(to)?, value(change)?);
    let slack = findings.precision(from) + findings.precision(to);
    let doubt = |code: &str, message: String| Some(Warning::new(code, message).at(across(from, change)));
    match change.measure {
        Measure::Growth if a > 0.0 && change.unit.as_deref() == Some("%") => {
            let computed = (b / a - 1.0) * 100.0;
            let margin = rounding(findings, change, b / a * slack * 100.0) + prices(to, computed);
            let message = format!("from {a} to {b} is a growth of {computed:.1} %, the text says {stated} %");
            ((computed - stated).abs() > margin).then_some(())?;
            doubt("growth_mismatch", message)
        }
        Measure::Multiple if a > 0.0 => {
            let computed = b / a;
            let margin = computed * slack + 0.06;
            let said_as_growth = verb.first() == Some(&'增') && (computed - (stated - 1.0)).abs() <= margin;
            let message = format!("from {a} to {b} is {computed:.2} times, the wording means {stated} times");
            ((computed - stated).abs() > margin && said_as_growth).then_some(())?;
            doubt("multiple_wording", message)
        }
        Measure::Change | Measure::ChangePp if is_same_unit(to, change) => {
            let computed = b - a;
            let margin = a.abs() * findings.precision(from) * 2.0
                + b.abs() * findings.precision(to) * 2.0
                + stated.abs() * findings.precision(change) * 2.0;
            let message = format!("from {a} to {b} is a change of {computed:.2}, the text says {stated}");
            ((computed.abs() - stated.abs()).abs() > margin + 1e-9).then_some(())?;
            doubt("growth_mismatch", message)
        }
        _ => None,
    }
}

/// Whether a change is in the unit of the sizes, points being that of percentages.
fn is_same_unit(size: &Measurement, change: &Measurement) -> bool {
    let points = size.unit.as_deref() == Some("%") && change.unit.as_deref() == Some("pp");
    points || (size.unit == change.unit && change.measure == Measure::Change)
}

/// The margin for rounded figures, in points.
fn rounding(findings: &Findings<'_>, change: &Measurement, of_sizes: f64) -> f64 {
    let stated = value(change).unwrap_or_default().abs();
    of_sizes + stated * findings.precision(change) * 2.0 + 0.5
}

/// The margin for prices, in points: money only.
fn prices(size: &Measurement, computed: f64) -> f64 {
    let is_money = matches!(size.unit.as_deref(), Some("CNY" | "USD" | "HKD" | "EUR"));
    if is_money { PRICES.0 + PRICES.1 * computed.abs() } else { 0.0 }
}
