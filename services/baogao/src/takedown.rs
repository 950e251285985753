//! Take-downs: what one would delete, and its deletion.
//!
//! The order makes a crash harmless: first nobody asks for the pages or reads them, then nothing of
//! them can be stored and what is stored goes, then what waits among the dead letters; subscribers are
//! told last. The same command again finishes what was broken off, and tells them under the same ids.

use crate::stores::Stores;
use baogao_bus::{BusError, DeadLetterFilter};
use baogao_model::event::DocumentForgotten;
use baogao_model::message::Origin;
use baogao_model::tombstone::TargetKind;
use baogao_model::{ContentHash, Message, ReportId, Target, Tombstone, Tombstones};
use baogao_store::{Covered, Sink};

/// The name under which messages are made.
const STAGE: &str = "forget";

/// The version of what is said.
const STAGE_VERSION: u32 = 1;

/// Ids in one message.
const IDS_AT_ONCE: usize = 500;

/// Dead letters read or deleted at a time.
const PAGE: usize = 100;

/// What one take-down would delete.
pub struct Plan {
    /// What is taken down; as it was said first, where it was before.
    pub tombstone: Tombstone,
    /// Whether that was said before.
    pub is_known: bool,
    /// The documents that are there.
    pub documents: Vec<Covered>,
    /// Ids of the dead letters that are about them.
    pub dead_letters: Vec<String>,
}

/// What one take-down has deleted.
pub struct Done {
    /// Documents deleted, those of earlier runs included.
    pub documents: usize,
    /// Dead letters discarded.
    pub dead_letters: u64,
}

/// Finds what `tombstone` covers.
pub async fn plan(stores: &Stores, tombstone: Tombstone, known: &Tombstones) -> anyhow::Result<Plan> {
    let before = known.of(&tombstone.target).cloned();
    let is_known = before.is_some();
    let tombstone = before.unwrap_or(tombstone);
    let documents = stores.records.covered(&tombstone.target).await?;
    let dead_letters = dead_letters(stores, &tombstone).await?;
    Ok(Plan { tombstone, is_known, documents, dead_letters })
}

/// The host below which a target lies.
fn host(target: &Target) -> String {
    match target {
        Target::Url(url) => url.host().to_owned(),
        Target::Site(host) => host.clone(),
    }
}

/// The dead letters whose messages name a page that is covered. One whose body nobody can read stays.
async fn dead_letters(stores: &Stores, tombstone: &Tombstone) -> Result<Vec<String>, BusError> {
    let one: Tombstones = [tombstone.clone()].into_iter().collect();
    let mut filter =
        DeadLetterFilter { site: Some(host(&tombstone.target)), limit: Some(PAGE), ..DeadLetterFilter::default() };
    let mut ids = Vec::new();
    loop {
        let page = stores.bus.dead_letters(&filter).await?;
        let covered = page.iter().filter(|letter| letter.urls().iter().any(|url| one.cover(url)));
        ids.extend(covered.map(|letter| letter.id.clone()));
        if page.len() < PAGE {
            return Ok(ids);
        }
        filter.after = page.last().map(|letter| letter.id.clone());
    }
}

/// Takes it down.
pub async fn carry_out(stores: &Stores, plan: &Plan) -> anyhow::Result<Done> {
    let tombstone = &plan.tombstone;
    stores.frontier.forget(vec![tombstone.clone()]).await?;
    stores.archive.forget(tombstone).await?;
    let ids = stores.records.forget(tombstone).await?;
    let mut dead_letters = 0;
    for some in plan.dead_letters.chunks(PAGE) {
        let these = DeadLetterFilter { ids: some.to_vec(), ..DeadLetterFilter::default() };
        dead_letters += stores.bus.discard(&these).await?;
    }
    stores.bus.publish(messages(tombstone, &ids)).await?;
    Ok(Done { documents: ids.len(), dead_letters })
}

/// What subscribers are told. The same take-down of the same documents has the same ids.
fn messages(tombstone: &Tombstone, ids: &[ReportId]) -> Vec<Message> {
    let target = &tombstone.target;
    // Without records there is still something to be told.
    let parts = if ids.is_empty() { vec![ids] } else { ids.chunks(IDS_AT_ONCE).collect() };
    let message = |(number, ids): (u32, &[ReportId])| {
        let event = DocumentForgotten {
            kind: TargetKind::from(target),
            target: target.value().to_owned(),
            site: target.site(),
            ids: ids.to_vec(),
            at: tombstone.at,
            reason: tombstone.reason.clone(),
        };
        let named: Vec<&str> = ids.iter().map(ReportId::as_str).collect();
        let input = format!("{} {} {}", target.key(), tombstone.at, ContentHash::of(named.join(" ").as_bytes()));
        let (time, traceparent) = (tombstone.at, None);
        let origin = Origin { stage: STAGE, stage_version: STAGE_VERSION, input_id: &input, time, traceparent };
        Message::new(&event, origin, number)
    };
    (0..).zip(parts).map(message).collect()
}

/// Takes take-downs back: what was kept out may come in before anybody asks for it. False if there was none.
pub async fn lift(stores: &Stores, target: &Target) -> anyhow::Result<bool> {
    stores.records.lift(target).await?;
    let was_archived = stores.archive.lift(target).await?;
    let was_kept = stores.frontier.lift(target).await?;
    Ok(was_archived || was_kept)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;

    #[test]
    fn subscribers_are_told_of_any_number_in_bounded_messages_of_the_same_ids() {
        let target = Target::parse("bbs.qinglan.example").expect("a host");
        let tombstone = Tombstone { target, at: Timestamp::UNIX_EPOCH, reason: None };
        let ids: Vec<ReportId> = (0..1201).map(|n| ReportId::of_text(&n.to_string())).collect();
        let told = messages(&tombstone, &ids);
        assert_eq!(told, messages(&tombstone, &ids));
        let events: Vec<DocumentForgotten> = told.iter().map(|one| one.decode().expect("reads")).collect();
        assert_eq!(events.iter().map(|one| one.ids.len()).collect::<Vec<_>>(), [500, 500, 201]);
        assert_eq!(told[0].routing_key, "document.forgotten.qinglan_example");
        let none = messages(&tombstone, &[]);
        assert_eq!(none.len(), 1);
        assert_ne!(none[0].id, told[0].id);
    }
}
