//! What a sink takes: a parsed document and its place among the revisions of that document.

use baogao_model::Report;
use baogao_model::event::{DocumentOther, ReportParsed, Revision};
use serde::{Deserialize, Serialize};

/// One revision of one document, a report or not: `report.kind` tells.
///
/// As JSON it is one object: the fields of the record (schema `baogao.report/1`) and `revision`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// What the parser says about the document.
    #[serde(flatten)]
    pub report: Report,
    /// Which revision of the document this is, and its order among them.
    pub revision: Revision,
}

impl From<ReportParsed> for Record {
    fn from(event: ReportParsed) -> Self {
        Self { report: event.report, revision: event.revision }
    }
}

impl From<DocumentOther> for Record {
    fn from(event: DocumentOther) -> Self {
        Self { report: event.report, revision: event.revision }
    }
}
