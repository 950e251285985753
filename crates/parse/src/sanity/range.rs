//! Values far outside what their indicator can be.
//!
//! `min` and `max` of `indicators.tsv` are set by level of government (`c` county, `p` prefecture,
//! `v` province, `n` nation, `all`), with `growth` for rates of change. They are drawn from life,
//! so a warning waits until a value is several times beyond: reports also name figures of a part
//! of the region, and sums over years.

use super::{Findings, value};
use baogao_model::Warning;
use baogao_model::report::{Level, Measure, Measurement};
use std::collections::HashMap;

/// The table as shipped.
const TABLE: &str = include_str!("../../indicators.tsv");

/// How far below the least and above the greatest a size may lie. A part of the region may be far
/// smaller than it, while nothing in it is larger.
const BELOW: f64 = 100.0;
const ABOVE: f64 = 4.0;

/// How far a rate of change may lie beyond.
const RATE: f64 = 3.0;

/// The bounds of one indicator by key.
#[derive(Debug, Default)]
struct Bounds {
    min: HashMap<String, f64>,
    max: HashMap<String, f64>,
    /// The unit that the bounds are in.
    unit: String,
}

/// The bounds of all indicators. Reading them takes a millisecond; make one and keep it.
#[derive(Debug)]
pub struct Ranges {
    rows: HashMap<&'static str, Bounds>,
}

impl Default for Ranges {
    fn default() -> Self {
        Self::new()
    }
}

impl Ranges {
    /// Reads the table.
    pub fn new() -> Self {
        let mut lines = TABLE.lines();
        let columns: Vec<&str> = lines.next().unwrap_or_default().split('\t').collect();
        let at = |name: &str| columns.iter().position(|column| *column == name);
        let (Some(min), Some(max), Some(units)) = (at("min"), at("max"), at("units")) else {
            return Self { rows: HashMap::new() };
        };
        let rows = lines.filter_map(|line| {
            let cells: Vec<&str> = line.split('\t').collect();
            let unit = cells.get(units)?.split('|').next()?.to_owned();
            Some((*cells.first()?, Bounds { min: bounds(cells.get(min)?), max: bounds(cells.get(max)?), unit }))
        });
        Self { rows: rows.collect() }
    }

    /// A warning for each value far outside.
    pub fn check(&self, findings: &Findings<'_>) -> Vec<Warning> {
        findings.measurements.iter().filter_map(|row| self.check_row(row, findings.level)).collect()
    }

    fn check_row(&self, row: &Measurement, level: Option<Level>) -> Option<Warning> {
        let indicator = row.indicator.as_deref()?;
        let bounds = self.rows.get(indicator)?;
        let value = value(row)?;
        let (min, max) = match row.measure {
            Measure::Growth | Measure::AvgGrowth if row.unit.as_deref() == Some("%") => {
                let of = |bounds: &HashMap<String, f64>| bounds.get("growth").map(|bound| bound * RATE);
                (of(&bounds.min)?, of(&bounds.max)?)
            }
            Measure::Level if row.unit.as_deref() == Some(bounds.unit.as_str()) => bounds.level(level, row)?,
            _ => return None,
        };
        let unit = row.unit.as_deref().unwrap_or_default();
        (value < min || value > max).then(|| {
            let message = format!("{indicator}: {value} {unit} in “{}” is outside of {min} to {max}", row.quote);
            Warning::new("value_out_of_range", message).at(row.span)
        })
    }
}

impl Bounds {
    /// The least and the greatest size at a level of government.
    fn level(&self, level: Option<Level>, row: &Measurement) -> Option<(f64, f64)> {
        if let (Some(&min), Some(&max)) = (self.min.get("all"), self.max.get("all")) {
            // Percentages end at 0 and 100, whatever the region.
            let is_share = matches!(self.unit.as_str(), "%" | "permille");
            return Some(if is_share { (min.min(0.0), max) } else { (min / BELOW, max * ABOVE) });
        }
        let (key, has_least) = match level? {
            Level::Nation => ("n", true),
            Level::Province => ("v", true),
            Level::Prefecture => ("p", true),
            Level::County => ("c", true),
            // Smaller than a county: nothing is too small.
            Level::Township | Level::Zone => ("c", false),
        };
        let max = *self.max.get(key)?;
        let min = self.min.get(key).copied().unwrap_or(0.0);
        // A sum over several years is larger than the value of one.
        let years = if row.period.as_deref().is_some_and(|period| period.contains('/')) { 6.0 } else { 1.0 };
        // A percentage below its least value is that of some part or other; above 100 it is none.
        let is_share = matches!(self.unit.as_str(), "%" | "permille");
        if is_share {
            return Some((f64::NEG_INFINITY, if self.unit == "%" { 100.0_f64.max(max) } else { max * ABOVE }));
        }
        Some((if has_least { min.min(0.0) + min.max(0.0) / BELOW } else { f64::NEG_INFINITY }, max * ABOVE * years))
    }
}

/// The bounds of a cell: `c=2e7;p=3e8;growth=-15`.
fn bounds(cell: &str) -> HashMap<String, f64> {
    cell.split(';')
        .filter_map(|bound| {
            let (key, value) = bound.split_once('=')?;
            Some((key.trim().to_owned(), value.trim().parse().ok()?))
        })
        .collect()
}
