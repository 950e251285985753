//! The columns of the tables, in order. The README explains them; a test compares.
//!
//! Header names are ASCII and have at most 32 characters, the limit of Stata. Where each value
//! comes from is written for the aliases that every SQL back end uses: `c` for the current record,
//! `r` for its revision, `m` for a measurement.

/// One column of a table.
pub(crate) struct Column {
    /// Its name in the file.
    pub(crate) header: &'static str,
    /// The SQL column that gives its value; SQLite calls those of times differently.
    pub(crate) from: &'static str,
    /// How the value is to be read.
    pub(crate) form: Form,
}

/// How a database value is to be read.
#[derive(Clone, Copy)]
pub(crate) enum Form {
    /// As it is. Truth values are 1 and 0.
    Plain,
    /// A point in time.
    Instant,
}

const fn plain(header: &'static str, from: &'static str) -> Column {
    Column { header, from, form: Form::Plain }
}

const fn instant(header: &'static str, from: &'static str) -> Column {
    Column { header, from, form: Form::Instant }
}

/// The table of records.
pub(crate) const REPORT_COLUMNS: &[Column] = &[
    plain("id", "c.id"),
    plain("kind", "c.kind"),
    plain("kind_score", "c.kind_score"),
    plain("title", "c.title"),
    plain("level", "c.level"),
    plain("adcode", "c.adcode"),
    plain("region", "c.region"),
    plain("province", "c.province"),
    plain("prefecture", "c.prefecture"),
    plain("government", "c.government"),
    plain("delivered_on", "c.delivered_on"),
    plain("year", "c.year"),
    plain("review_year", "c.review_year"),
    plain("plan_year", "c.plan_year"),
    plain("meeting_body", "c.meeting_body"),
    plain("meeting_term", "c.meeting_term"),
    plain("meeting_session", "c.meeting_session"),
    plain("meeting_text", "c.meeting_text"),
    plain("speaker", "c.speaker"),
    plain("speaker_office", "c.speaker_office"),
    plain("speaker_acting", "c.speaker_acting"),
    plain("completeness", "c.completeness"),
    plain("text_chars", "c.text_chars"),
    plain("pages", "c.page_count"),
    plain("sections", "c.section_count"),
    plain("measurements", "c.measurement_count"),
    plain("glossary_entries", "c.glossary_count"),
    plain("warnings", "c.warning_count"),
    plain("warning_codes", "c.warning_codes"),
    plain("site", "c.site"),
    plain("family", "c.family"),
    plain("url", "c.url"),
    plain("canonical_url", "c.canonical_url"),
    plain("published_on", "c.published_on"),
    instant("fetched_at", "c.fetched_at"),
    plain("content_hash", "r.content_hash"),
    plain("fetch_no", "r.fetch_no"),
    plain("extractor_version", "r.extractor_version"),
    plain("parser_version", "r.parser_version"),
    instant("first_seen_at", "c.first_seen_at"),
    instant("last_seen_at", "c.last_seen_at"),
    instant("changed_at", "c.changed_at"),
];

/// The table of measurements.
pub(crate) const MEASUREMENT_COLUMNS: &[Column] = &[
    plain("id", "c.id"),
    plain("ordinal", "m.ordinal"),
    plain("kind", "c.kind"),
    plain("level", "c.level"),
    plain("adcode", "c.adcode"),
    plain("region", "c.region"),
    plain("province", "c.province"),
    plain("prefecture", "c.prefecture"),
    plain("year", "c.year"),
    plain("review_year", "c.review_year"),
    plain("plan_year", "c.plan_year"),
    plain("indicator", "m.indicator"),
    plain("subject", "m.subject"),
    plain("measure", "m.measure"),
    plain("value", "m.value"),
    plain("value_max", "m.value_max"),
    plain("unit", "m.unit"),
    plain("counter", "m.counter"),
    plain("bound", "m.bound"),
    plain("modality", "m.modality"),
    plain("period", "m.period"),
    plain("scope", "m.scope"),
    plain("of", "m.of_what"),
    plain("basis", "m.basis"),
    plain("quote", "m.quote"),
    plain("span_start", "m.span_start"),
    plain("span_end", "m.span_end"),
    plain("section", "m.section"),
];
