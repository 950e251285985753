//! A record as the rows of its tables: pure, the same for every SQL back end, and checked before
//! any transaction begins.

use crate::forget;
use crate::query::Place;
use crate::value::Value;
use crate::{Record, StoreError};
use baogao_model::event::Revision;
use baogao_model::report::{Kind, Measurement, Region, Report};
use std::collections::BTreeSet;

/// A column's name and value.
pub(crate) type Field = (&'static str, Value);

/// Everything that one record writes.
pub(crate) struct Row {
    pub(crate) id: String,
    pub(crate) revision: Revision,
    /// `revision.fetch_no` as the database counts.
    pub(crate) fetch_no: i64,
    pub(crate) kind: Kind,
    /// The keys of tombstones that cover it.
    pub(crate) keys: Vec<String>,
    /// The whole record.
    pub(crate) json: String,
    /// What `current_records` says of it, identity and times apart.
    pub(crate) fields: Vec<Field>,
    /// One row of `measurements` each, the record's number apart. All fill the same columns.
    pub(crate) measurements: Vec<Vec<Field>>,
}

impl Row {
    /// Spreads `record` out.
    ///
    /// # Errors
    ///
    /// When it would not come out as it went in.
    pub(crate) fn new(record: &Record) -> Result<Self, StoreError> {
        let report = &record.report;
        let invalid = |reason: String| StoreError::InvalidRecord { id: report.id.clone(), reason };
        if report.id.as_str().is_empty() {
            return Err(invalid("its id is empty".to_owned()));
        }
        if let Some(field) = first_non_number(report) {
            return Err(invalid(format!("{field} is not a finite number, which JSON cannot say")));
        }
        let fetch_no = record.revision.fetch_no;
        let json = serde_json::to_string(record).map_err(|source| invalid(source.to_string()))?;
        if holds_nul(&json) {
            return Err(invalid("it holds U+0000, which databases cut texts at or refuse".to_owned()));
        }
        Ok(Self {
            id: report.id.as_str().to_owned(),
            revision: record.revision.clone(),
            fetch_no: i64::try_from(fetch_no).map_err(|_| invalid(format!("fetch_no {fetch_no} is beyond 2^63")))?,
            kind: report.kind,
            keys: forget::keys(&report.source),
            json,
            fields: fields(record),
            measurements: report.measurements.iter().enumerate().map(measurement_fields).collect(),
        })
    }
}

/// The first field that should be a number and is infinite or none.
fn first_non_number(report: &Report) -> Option<String> {
    if !report.kind_score.is_finite() {
        return Some("kind_score".to_owned());
    }
    for (index, measurement) in report.measurements.iter().enumerate() {
        let values = [("value", measurement.value), ("value_max", measurement.value_max)];
        for (name, value) in values {
            if value.is_some_and(|number| !number.0.is_finite()) {
                return Some(format!("measurements[{index}].{name}"));
            }
        }
    }
    None
}

/// Whether a text in the JSON document holds U+0000.
fn holds_nul(json: &str) -> bool {
    // The character is always escaped, and so is a backslash that stands for itself.
    json.match_indices("\\u0000")
        .any(|(at, _)| json[..at].bytes().rev().take_while(|byte| *byte == b'\\').count() % 2 == 0)
}

fn fields(record: &Record) -> Vec<Field> {
    let report = &record.report;
    let place = Place::of(record);
    let mut fields = vec![
        ("order_year", place.year.into()),
        ("order_code", place.code.into()),
        ("is_report", report.kind.is_report().into()),
        ("kind", name(report.kind.as_str())),
        ("kind_score", report.kind_score.into()),
        ("title", report.title.clone().into()),
        ("government", report.government.clone().into()),
        ("delivered_on", report.delivered_on.into()),
        ("year", report.year.into()),
        ("review_year", report.review_year.into()),
        ("plan_year", report.plan_year.into()),
        ("completeness", name(report.completeness.as_str())),
        ("text_chars", count(report.text.chars().count())),
        ("page_count", count(report.source.pages.len())),
        ("section_count", count(report.sections.len())),
        ("measurement_count", count(report.measurements.len())),
        ("glossary_count", count(report.glossary.len())),
        ("warning_count", count(report.warnings.len())),
        ("warning_codes", warning_codes(report).into()),
        ("text", report.text.clone().into()),
    ];
    fields.extend(region_fields(report.region.as_ref()));
    fields.extend(occasion_fields(report));
    fields.extend(source_fields(report));
    fields
}

fn region_fields(region: Option<&Region>) -> [Field; 6] {
    let region = region.cloned().unwrap_or_default();
    [
        ("level", region.level.map(|level| level.as_str().to_owned()).into()),
        ("adcode", region.adcode.into()),
        ("region", region.name.into()),
        ("province", region.province.into()),
        ("prefecture", region.prefecture.into()),
        ("resolved_by", region.resolved_by.into()),
    ]
}

/// At which meeting, and by whom.
fn occasion_fields(report: &Report) -> [Field; 7] {
    let meeting = report.meeting.as_ref();
    let speaker = report.speaker.as_ref();
    [
        ("meeting_body", meeting.and_then(|meeting| meeting.body.clone()).into()),
        ("meeting_term", meeting.and_then(|meeting| meeting.term).into()),
        ("meeting_session", meeting.and_then(|meeting| meeting.session).into()),
        ("meeting_text", meeting.map(|meeting| meeting.text.clone()).into()),
        ("speaker", speaker.map(|speaker| speaker.name.clone()).into()),
        ("speaker_office", speaker.and_then(|speaker| speaker.office.clone()).into()),
        ("speaker_acting", speaker.and_then(|speaker| speaker.acting).into()),
    ]
}

fn source_fields(report: &Report) -> [Field; 6] {
    let source = &report.source;
    [
        ("site", source.site.clone().into()),
        ("family", source.family.clone().into()),
        ("url", source.url.clone().into()),
        ("canonical_url", source.canonical_url.clone().into()),
        ("published_on", source.published_on.into()),
        ("fetched_at", source.fetched_at.into()),
    ]
}

fn measurement_fields((ordinal, m): (usize, &Measurement)) -> Vec<Field> {
    vec![
        ("ordinal", count(ordinal)),
        ("indicator", words(m.indicator.as_deref())),
        ("subject", name(&m.subject)),
        ("measure", name(m.measure.as_str())),
        ("value", m.value.map(|number| number.0).into()),
        ("value_max", m.value_max.map(|number| number.0).into()),
        ("unit", words(m.unit.as_deref())),
        ("counter", words(m.counter.as_deref())),
        ("bound", name(m.bound.as_str())),
        ("modality", name(m.modality.as_str())),
        ("period", words(m.period.as_deref())),
        ("scope", words(m.scope.as_deref())),
        ("of_what", words(m.of.as_deref())),
        ("basis", words(m.basis.as_deref())),
        ("quote", name(&m.quote)),
        ("span_start", m.span.start.into()),
        ("span_end", m.span.end.into()),
        ("section", m.section.into()),
    ]
}

/// Each code once, in alphabetical order.
fn warning_codes(report: &Report) -> String {
    let codes: BTreeSet<&str> = report.warnings.iter().map(|warning| warning.code.as_str()).collect();
    codes.into_iter().collect::<Vec<_>>().join(" ")
}

fn name(text: &str) -> Value {
    text.to_owned().into()
}

fn words(text: Option<&str>) -> Value {
    text.map(str::to_owned).into()
}

fn count(number: usize) -> Value {
    // No collection in memory has 2^63 elements.
    (number as i64).into()
}
