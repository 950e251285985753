//! What a take-down means for stored documents: decided once for every back end.

use baogao_model::report::{Kind, Source};
use baogao_model::tombstone::keys_of;
use baogao_model::{ReportId, Target, Tombstone, Tombstones};
use jiff::Timestamp;
use serde::Serialize;
use std::collections::BTreeSet;

/// Documents looked at, or deleted, in one transaction.
pub(crate) const STEP: u32 = 100;

/// A stored document that a take-down covers.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Covered {
    /// Its id.
    pub id: ReportId,
    /// What it is.
    pub kind: Kind,
    /// The heading its text opens with.
    pub title: Option<String>,
    /// The address of its first page.
    pub url: Option<String>,
}

/// A revision that may be covered, as a back end reads it.
pub(crate) struct Candidate {
    pub(crate) id: String,
    pub(crate) kind: Kind,
    pub(crate) title: Option<String>,
    /// The field `source` of the record.
    pub(crate) source: String,
}

/// Every key under which a tombstone covers a document: by its pages and the address it declares.
pub(crate) fn keys(source: &Source) -> Vec<String> {
    let urls = source.pages.iter().chain(&source.url).chain(&source.canonical_url);
    let keys: BTreeSet<String> = urls.flat_map(|url| keys_of(url)).collect();
    keys.into_iter().collect()
}

/// Those of some revisions' documents that `target` covers, each once. Revisions of one document
/// stand together; one that is covered is enough.
pub(crate) fn covered(target: &Target, candidates: Vec<Candidate>) -> Vec<Covered> {
    let tombstone = Tombstone { target: target.clone(), at: Timestamp::UNIX_EPOCH, reason: None };
    let tombstones: Tombstones = [tombstone].into_iter().collect();
    let mut found: Vec<Covered> = Vec::new();
    for Candidate { id, kind, title, source } in candidates {
        // Stored by this program; what cannot be read names no page.
        let Ok(source) = serde_json::from_str::<Source>(&source) else { continue };
        let mut urls = source.pages.iter().chain(&source.url).chain(&source.canonical_url);
        let is_known = found.last().is_some_and(|last| last.id.as_str() == id);
        if !is_known && urls.any(|url| tombstones.cover(url)) {
            found.push(Covered { id: ReportId::from_stored(id), kind, title, url: source.url });
        }
    }
    found
}
