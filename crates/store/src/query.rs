//! What can be asked of a store, and the answers.

use crate::{Record, StoreError};
use baogao_model::ReportId;
use baogao_model::event::Revision;
use baogao_model::report::{Completeness, Kind, Level, Region, Speaker};
use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// How many summaries a list holds where the query does not say.
pub const DEFAULT_LIMIT: u32 = 100;

/// The most summaries one list holds, whatever the query says. Use [`Query::after`] for the rest.
pub const MAX_LIMIT: u32 = 1000;

/// Which current records are meant: those that pass every condition set. The default means every report.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    /// Of one of these kinds; if empty, of a kind that goes out as a report. [`Kind::ALL`] means every document.
    pub kinds: Vec<Kind>,
    /// Of a government of this level.
    pub level: Option<Level>,
    /// Of a region whose code of GB/T 2260 begins so: `41` is a province with all below it.
    pub adcode_prefix: Option<String>,
    /// Of a region whose name, or whose prefecture's or province's name, contains this.
    pub region: Option<String>,
    /// Delivered in this year.
    pub year: Option<i32>,
    /// With tasks for this year.
    pub plan_year: Option<i32>,
    /// From this registrable host.
    pub site: Option<String>,
    /// Whose current revision became current here at this time or later.
    ///
    /// Who follows a store by this overlaps his steps by some minutes: the time is taken when a
    /// record arrives, a moment before it can be seen.
    pub since: Option<Timestamp>,
    /// Whose clean text contains each of these words, set apart by white space, exactly as written.
    /// Reads every text that passes the other conditions.
    pub text: Option<String>,
    /// At most this many. A list holds [`DEFAULT_LIMIT`] unless told, [`MAX_LIMIT`] at most; an export everything.
    pub limit: Option<u32>,
    /// Only what comes behind the summary that gave this cursor.
    pub after: Option<Cursor>,
}

impl Query {
    /// Every current record, whatever its kind.
    pub fn everything() -> Self {
        Self { kinds: Kind::ALL.to_vec(), ..Self::default() }
    }

    /// The kinds that are meant.
    pub(crate) fn meant_kinds(&self) -> Vec<Kind> {
        if self.kinds.is_empty() {
            return Kind::ALL.iter().copied().filter(|kind| kind.is_report()).collect();
        }
        self.kinds.clone()
    }
}

/// A place in the order of lists: latest year first, then by code, then by id.
///
/// It stays valid when records come and go. Callers pass it on as text and do not look inside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Cursor(String);

impl Cursor {
    /// Takes a cursor that was handed out before. Checked when it is used.
    pub fn from_text(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    pub(crate) fn new(place: &Place) -> Self {
        Self(format!("{}:{}:{}", place.year, place.code, place.id))
    }

    /// Reads the place back.
    pub(crate) fn place(&self) -> Result<Place, StoreError> {
        let parts = self.0.split_once(':').and_then(|(year, rest)| Some((year, rest.rsplit_once(':')?)));
        let invalid = || StoreError::InvalidCursor { cursor: self.0.clone() };
        let (year, (code, id)) = parts.ok_or_else(invalid)?;
        // Nothing that is stored holds it.
        if self.0.contains('\0') {
            return Err(invalid());
        }
        Ok(Place { year: year.parse().map_err(|_| invalid())?, code: code.to_owned(), id: id.to_owned() })
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What lists are ordered by: `year` falling, then `code` and `id` rising.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) year: i32,
    pub(crate) code: String,
    pub(crate) id: String,
}

impl Place {
    /// The place of `record`: those without a year or a code come last.
    pub(crate) fn of(record: &Record) -> Self {
        let report = &record.report;
        let code = report.region.as_ref().and_then(|region| region.adcode.clone());
        Self {
            year: report.plan_year.or(report.year).unwrap_or(i32::MIN),
            // Behind every digit.
            code: code.unwrap_or_else(|| "~".to_owned()),
            id: report.id.as_str().to_owned(),
        }
    }
}

/// What a list says about one current record.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Summary {
    /// The record's id.
    pub id: ReportId,
    /// What the document is.
    pub kind: Kind,
    /// How sure the parser is of that, 0 to 1.
    pub kind_score: f64,
    /// The heading the text opens with.
    pub title: Option<String>,
    /// The region whose government reports.
    pub region: Option<Region>,
    /// The government.
    pub government: Option<String>,
    /// The day of delivery.
    pub delivered_on: Option<Date>,
    /// The calendar year of delivery.
    pub year: Option<i32>,
    /// The latest year reviewed.
    pub review_year: Option<i32>,
    /// The year planned for.
    pub plan_year: Option<i32>,
    /// Who delivered it.
    pub speaker: Option<Speaker>,
    /// Which of its ends are there.
    pub completeness: Completeness,
    /// The registrable host it came from.
    pub site: Option<String>,
    /// The address of its first part.
    pub url: Option<String>,
    /// The date the page shows.
    pub published_on: Option<Date>,
    /// Characters of the clean text.
    pub text_chars: u64,
    /// How many measurements it holds.
    pub measurements: u64,
    /// How many warnings it carries.
    pub warnings: u64,
    /// When the document was first put here.
    pub first_seen_at: Timestamp,
    /// When it was last put here, in whatever revision.
    pub last_seen_at: Timestamp,
    /// When its current revision became current here.
    pub changed_at: Timestamp,
    /// Its place in the list, for [`Query::after`].
    pub cursor: Cursor,
}

/// One document with its current record and its history.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Stored {
    /// The current record.
    pub record: Record,
    /// Every revision that was ever put here, the current one first, then by falling order.
    pub revisions: Vec<RevisionInfo>,
    /// When the document was first put here.
    pub first_seen_at: Timestamp,
    /// When it was last put here, in whatever revision.
    pub last_seen_at: Timestamp,
}

/// One revision of a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RevisionInfo {
    /// Its key and order; `fetch_no` is the highest it was seen with.
    pub revision: Revision,
    /// What the parser took the document for.
    pub kind: Kind,
    /// When it was first put here.
    pub first_seen_at: Timestamp,
    /// When it was last put here.
    pub last_seen_at: Timestamp,
}

/// How much a store holds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Current records of a kind that goes out as a report.
    pub reports: u64,
    /// Current records by kind, those that are reports included. Kinds without any are left out.
    pub documents: BTreeMap<Kind, u64>,
    /// Revisions, current ones and history.
    pub revisions: u64,
    /// Measurements of the current records.
    pub measurements: u64,
}
