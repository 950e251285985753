//! Parts that do not make up their whole: shares, sectors, plans.

use super::{Findings, across, value};
use crate::words;
use baogao_model::Warning;
use baogao_model::report::{Bound, Measure, Measurement, Modality};

/// Shares of more than everything.
pub fn shares(findings: &Findings<'_>) -> Vec<Warning> {
    let shares = findings.measurements.iter().filter(|row| row.measure == Measure::Share);
    shares
        .filter(|row| row.unit.as_deref() == Some("%"))
        .filter_map(|row| {
            let value = value(row).filter(|value| *value > 100.0)?;
            // 占计划投资的118.7% is the fulfilment of a plan.
            if words::contains_any(findings.before(row, 12), &["计划", "任务", "目标", "预算", "序时"]) {
                return None;
            }
            let message = format!("a share of {value} % in “{}”", row.quote);
            Some(Warning::new("share_over_whole", message).at(row.span))
        })
        .collect()
}

/// The three sectors, by indicator.
const SECTORS: [&str; 3] = ["primary_va", "secondary_va", "tertiary_va"];

/// The part of the whole that sectors may miss it by: their figures are rounded, or preliminary.
const MISS: f64 = 0.02;

/// How many measurements behind the regional product its sectors are looked for.
const REACH: usize = 8;

/// Sectors that follow the regional product of the same year and do not sum to it.
pub fn sectors(findings: &Findings<'_>) -> Vec<Warning> {
    let rows = findings.measurements;
    let mut warnings = Vec::new();
    for (at, gdp) in rows.iter().enumerate().filter(|(_, row)| is_size_of(row, "gdp")) {
        let parts: Vec<&Measurement> = SECTORS
            .iter()
            .filter_map(|sector| {
                let near = rows[at + 1..].iter().take(REACH).take_while(|row| !is_size_of(row, "gdp"));
                near.into_iter().find(|row| is_size_of(row, sector) && row.period == gdp.period && row.unit == gdp.unit)
            })
            .collect();
        let [first, second, third] = parts[..] else { continue };
        let (Some(whole), Some(sum)) = (value(gdp), sum(&[first, second, third])) else { continue };
        if whole > 0.0 && (sum - whole).abs() > MISS * whole {
            let message = format!("the three sectors sum to {sum}, the regional product is {whole}");
            warnings.push(Warning::new("sectors_do_not_sum", message).at(across(gdp, third)));
        }
    }
    warnings
}

/// The printed proportion of the sectors, which must make 100.
pub fn structure(findings: &Findings<'_>) -> Vec<Warning> {
    let mut warnings = Vec::new();
    let mut rest = findings.measurements;
    while let [first, second, third, tail @ ..] = rest {
        let is_part =
            |row: &Measurement| row.indicator.as_deref() == Some("industry_structure") && row.measure == Measure::Level;
        let joined =
            |left: &Measurement, right: &Measurement| findings.between(left, right).is_some_and(|gap| gap.len() <= 2);
        if [first, second, third].iter().all(|row| is_part(row)) && joined(first, second) && joined(second, third) {
            if let Some(sum) = sum(&[first, second, third])
                && (sum - 100.0).abs() > 1.0
                && sum > 20.0
            {
                let message = format!("the proportions of the three sectors sum to {sum:.1}");
                warnings.push(Warning::new("sectors_do_not_sum", message).at(across(first, third)));
            }
            rest = tail;
        } else {
            rest = &rest[1..];
        }
    }
    warnings
}

/// A result, a plan and a degree of fulfilment in one sentence that do not go together.
pub fn completion(findings: &Findings<'_>) -> Vec<Warning> {
    let rows = findings.measurements;
    let mut warnings = Vec::new();
    for triple in rows.windows(3) {
        let Some(degree) = triple.iter().find(|row| row.measure == Measure::Completion) else { continue };
        let sizes: Vec<&Measurement> = triple.iter().filter(|row| row.measure == Measure::Level).collect();
        let [left, right] = sizes[..] else { continue };
        let same = left.unit == right.unit && left.indicator == right.indicator && left.counter == right.counter;
        let in_one = triple.windows(2).all(|pair| findings.between(&pair[0], &pair[1]).is_some());
        let plans = [left, right].map(|row| is_plan(findings, row));
        let (plan, result) = match plans {
            [true, false] => (left, right),
            [false, true] => (right, left),
            _ => continue,
        };
        let exact = [degree, left, right].iter().all(|row| row.bound == Bound::Eq);
        let (Some(plan), Some(result), Some(stated)) = (value(plan), value(result), value(degree)) else { continue };
        let stated = if degree.unit.as_deref() == Some("pp") { stated + 100.0 } else { stated };
        if !same || !in_one || !exact || plan <= 0.0 {
            continue;
        }
        let computed = result / plan * 100.0;
        if (computed - stated).abs() > 1.0 + 0.02 * computed {
            let message = format!("{result} of {plan} planned is {computed:.1} %, the text says {stated} %");
            warnings.push(Warning::new("completion_mismatch", message).at(across(&triple[0], &triple[2])));
        }
    }
    warnings
}

/// Whether a size is what was planned.
fn is_plan(findings: &Findings<'_>, row: &Measurement) -> bool {
    row.modality == Modality::Target || words::contains_any(findings.before(row, 6), &["计划", "任务", "目标"])
}

/// Whether a row is the size of an indicator, printed exactly.
fn is_size_of(row: &Measurement, indicator: &str) -> bool {
    row.measure == Measure::Level && row.bound == Bound::Eq && row.indicator.as_deref() == Some(indicator)
}

/// The sum of values; none where one is missing.
fn sum(rows: &[&Measurement]) -> Option<f64> {
    rows.iter().map(|row| value(row)).sum()
}
