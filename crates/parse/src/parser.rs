//! The one entrance: a clean text with its provenance in, the record out.

use crate::explain::{Explanation, Trace};
use crate::head::{self, zone};
use crate::measure::{Context, Measurer};
use crate::repair::{self, Repair};
use crate::sanity::{self, Findings, Ranges};
use crate::text::Text;
use crate::{censored, completeness, glossary, kind, layout, outline};
use baogao_gazetteer::Gazetteer;
use baogao_model::report::{Role, SCHEMA, Section, Source};
use baogao_model::{Report, ReportId, Warning};

/// The version of what this crate computes. It is raised whenever a record may come out different,
/// so that a re-run makes a new revision.
pub const PARSER_VERSION: u32 = 4;

/// What is to be parsed.
#[derive(Debug, Clone)]
pub struct Document<'a> {
    /// The name of the document.
    pub id: ReportId,
    /// Where it came from; copied into the record.
    pub source: Source,
    /// The heading of its page, if it came from one.
    pub title: Option<&'a str>,
    /// The clean text: title first, one paragraph a line. See [`crate::tidy`].
    pub text: &'a str,
}

/// The parser with its compiled tables.
#[derive(Debug)]
pub struct Parser {
    gazetteer: &'static Gazetteer,
    measurer: Measurer,
    ranges: Ranges,
}

impl Default for Parser {
    fn default() -> Self {
        Self::new()
    }
}

impl Parser {
    /// Compiles the tables. Make one and keep it.
    pub fn new() -> Self {
        Self { gazetteer: Gazetteer::global(), measurer: Measurer::new(), ranges: Ranges::new() }
    }

    /// Reads a document. Never fails: doubt is in the record's warnings.
    pub fn parse(&self, document: Document<'_>) -> Report {
        let (text, repair) = reading(document.text);
        let mut report = self.read(&text, document, None);
        repair.restore(&text, &mut report);
        report
    }

    /// Reads a document, and tells of each of its numbers why it is the measurement it is, or none.
    pub fn explain(&self, document: Document<'_>) -> (Report, Explanation) {
        let trace = Trace::default();
        let (text, repair) = reading(document.text);
        let mut report = self.read(&text, document, Some(&trace));
        let mut explanation = trace.finish(&report.measurements);
        repair.restore(&text, &mut report);
        explanation.mend_spans(|span| repair::move_span(&text, span));
        (report, explanation)
    }

    fn read(&self, text: &Text<'_>, document: Document<'_>, trace: Option<&Trace>) -> Report {
        let mut warnings = Vec::new();
        let zone = zone::find(text);
        let end = layout::repeats_from(text, zone.end).unwrap_or(text.len());
        let glossary = glossary::find(text, zone.end..end);
        let body_end = glossary.as_ref().map_or(end, |glossary| glossary.title.start);
        let closing = completeness::closing(text, body_end);
        let sections = sections(text, &zone, closing.as_ref().map_or(body_end, |line| line.end), glossary.as_ref());
        let head = head::read(self.gazetteer, text, &zone, &sections, document.title, &document.source, &mut warnings);
        let first_heading = sections.iter().find(|section| section.number.is_some()).map(begins);
        let is_summary = head.title.as_deref().is_some_and(|title| title.contains("摘要"));
        let completeness =
            completeness::judge(text, &zone, head.meeting.is_some(), first_heading, closing.is_some(), is_summary);
        let judgement = kind::judge(text, &zone, &head, &sections, closing.is_some());
        if judgement.kind.is_report() && head.delivered_on.is_none() {
            warnings.push(Warning::new("no_date", "the text does not say when the report was delivered"));
        }
        warnings.extend(censored::check(text));
        let measurements = self.measurer.measure_with(
            text,
            &Context {
                sections: &sections,
                review_year: head.years.review,
                plan_year: head.years.plan,
                delivered_year: head.years.year,
                level: head.region.as_ref().and_then(|region| region.level),
                term_years: head::term::term(&sections, head.years.review),
            },
            trace,
        );
        let findings =
            Findings { text, measurements: &measurements, level: head.region.as_ref().and_then(|region| region.level) };
        warnings.extend(sanity::check(&self.ranges, &findings));
        Report {
            schema: SCHEMA.to_owned(),
            id: document.id,
            source: document.source,
            text: document.text.to_owned(),
            kind: judgement.kind,
            kind_score: (judgement.score * 1000.0).round() / 1000.0,
            kind_reasons: judgement.reasons,
            title: head.title,
            region: head.region,
            government: head.government,
            delivered_on: head.delivered_on,
            year: head.years.year,
            review_year: head.years.review,
            plan_year: head.years.plan,
            meeting: head.meeting,
            speaker: head.speaker,
            completeness,
            sections,
            measurements,
            glossary: glossary.map(|glossary| glossary.entries).unwrap_or_default(),
            warnings,
        }
    }
}

/// The text as it is to be read, and what is left out of it.
fn reading(text: &str) -> (Text<'_>, Repair) {
    let text = Text::new(text);
    let repair = Repair::find(&text);
    if repair.is_empty() { (text, repair) } else { (text.without(repair.cuts()), repair) }
}

/// The sections of the body, which ends with its closing call or before its glossary, and the
/// glossary's own.
fn sections(text: &Text<'_>, zone: &zone::Zone, to: usize, glossary: Option<&glossary::Glossary>) -> Vec<Section> {
    let mut sections = outline::outline(text, zone.end, to, head::years::planned_by_head(zone));
    sections.extend(glossary.and_then(|glossary| glossary.section.clone()));
    sections
}

/// Whether a numbered heading is the first of its row, so that nothing is missing before it.
fn begins(section: &Section) -> bool {
    let number = section.number.as_deref().unwrap_or_default();
    section.role != Role::Glossary
        && (number.contains('一')
            || number.contains('1')
            || number.contains('①')
            || number.starts_with(['—', '-', '第']))
        && !number.contains('十')
}
