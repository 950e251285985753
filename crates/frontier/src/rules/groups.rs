//! Document groups: which ones an event concerns, and what it makes of them.
//!
//! The verdict is [`crate::group::judge`]'s; here its members are read and its result written.

use super::{GroupRow, Rows, Touched, UrlRow, Visit, message};
use crate::config::FrontierConfig;
use crate::group::{Member, OwnWord, Ready, Standing, Verdict, judge};
use crate::micros;
use baogao_model::GroupId;
use baogao_model::event::DocumentReady;
use jiff::Timestamp;
use std::collections::BTreeSet;
use std::collections::btree_map::{BTreeMap, Entry};
use std::ops::RangeInclusive;

/// Draws the consequences of a transaction: due times of pace keys, and documents that became
/// ready. Returns the number of the latter. Must run after all other changes of the transaction.
pub(crate) fn settle<R: Rows>(
    rows: &mut R,
    config: &FrontierConfig,
    now: Timestamp,
    touched: &Touched,
) -> Result<u64, R::Error> {
    let mut keys = touched.keys.clone();
    let mut groups = touched.groups.clone();
    for url in &touched.urls {
        keys.insert(rows.url(*url)?.key);
        groups.extend(rows.groups_of(*url)?);
    }
    for key in keys {
        rows.refresh_due(key)?;
    }
    let mut ready = 0;
    for group in groups {
        ready += u64::from(evaluate(rows, config, now, &group, false)?);
    }
    Ok(ready)
}

/// When the groups were opened that wait no longer: all since a time, or else those that have waited
/// longer than the configured patience.
pub(crate) fn overdue(config: &FrontierConfig, now: Timestamp, since: Option<Timestamp>) -> RangeInclusive<i64> {
    match since {
        Some(since) => micros::of(since)..=micros::of(now),
        None => i64::MIN..=micros::of(now).saturating_sub(micros::length(config.group_patience)),
    }
}

/// Sends out a group if it was opened in this time, and says whether it was.
pub(crate) fn expire<R: Rows>(
    rows: &mut R,
    config: &FrontierConfig,
    now: Timestamp,
    opened: &RangeInclusive<i64>,
    group: &str,
) -> Result<bool, R::Error> {
    let is_overdue = |group: GroupRow| group.open_since.is_some_and(|open| opened.contains(&open));
    if !rows.group(group)?.is_some_and(is_overdue) {
        return Ok(false);
    }
    evaluate(rows, config, now, group, true)?;
    // Until something new happens to it.
    update_group(rows, group, |group| group.open_since = None)?;
    Ok(true)
}

/// Marks a URL, and what it redirects to, as named by a group's page.
pub(crate) fn mark<R: Rows>(rows: &mut R, url: i64) -> Result<(), R::Error> {
    let mut seen = BTreeSet::new();
    let mut next = Some(url);
    while let Some(id) = next
        && seen.insert(id)
    {
        let mut row = rows.url(id)?;
        // A visit to it at this moment would not know yet that a group waits for it.
        rows.rely_on(&row)?;
        if !row.grouped {
            row.grouped = true;
            rows.save(&row)?;
        }
        next = row.redirect_to;
    }
    Ok(())
}

/// Makes the siblings of a part that has changed due now, and the document wait for them: text moves
/// between the parts of an article that was edited, and a mixture of old and new was never published.
/// `part` is its row before this visit.
pub(crate) fn recall<R: Rows>(
    rows: &mut R,
    config: &FrontierConfig,
    at: Timestamp,
    part: &UrlRow,
    touched: &mut Touched,
) -> Result<(), R::Error> {
    for group in rows.groups_of(part.id)? {
        let Some(row) = rows.group(&group)? else { continue };
        let is_answer = row.open_since.is_some()
            && row.changed_at.is_some_and(|changed| {
                part.visit == Visit::Retry || part.visited_at.is_none_or(|visited| visited < changed)
            });
        if is_answer {
            continue; // This visit is itself due to such a recall.
        }
        update_group(rows, &group, |group| group.changed_at = Some(micros::of(at)))?;
        let members: BTreeSet<i64> = rows.words(&group)?.into_iter().map(|word| word.member).collect();
        for member in members {
            let mut sibling = follow(rows, config, member)?;
            if sibling.id != part.id {
                if sibling.fetch_no.is_some() && micros::of(at) < sibling.due_at {
                    sibling.due_at = micros::of(at);
                    rows.save(&sibling)?;
                }
                touched.urls.insert(sibling.id);
            }
        }
    }
    Ok(())
}

/// Judges a group and acts on the verdict; says whether a document went out.
fn evaluate<R: Rows>(
    rows: &mut R,
    config: &FrontierConfig,
    now: Timestamp,
    group: &str,
    overdue: bool,
) -> Result<bool, R::Error> {
    let Some(row) = rows.group(group)? else { return Ok(false) };
    let (members, extractor_version) = members(rows, config, &row)?;
    match judge(members, extractor_version, overdue) {
        Verdict::None => {
            update_group(rows, group, |group| (group.open_since, group.fingerprint) = (None, None))?;
            Ok(false)
        }
        Verdict::Waiting => {
            update_group(rows, group, |group| group.open_since = group.open_since.or(Some(micros::of(now))))?;
            Ok(false)
        }
        Verdict::Ready(ready) => send(rows, now, row, ready),
    }
}

/// Closes a group and puts its document into the outbox, unless the same went out last.
fn send<R: Rows>(rows: &mut R, now: Timestamp, group: GroupRow, ready: Ready) -> Result<bool, R::Error> {
    let is_known = group.fingerprint.as_ref() == Some(&ready.fingerprint);
    update_group(rows, &group.id, |group| {
        (group.open_since, group.fingerprint) = (None, Some(ready.fingerprint.clone()));
    })?;
    if is_known {
        return Ok(false);
    }
    // With the fetch number: a text that goes from A to B and back to A makes three messages.
    let input_id = format!("{}:{}:{}", group.id, ready.fingerprint, ready.fetch_no);
    let event = DocumentReady {
        group: GroupId::from_stored(&group.id),
        site: group.site,
        document_key: group.document_key,
        fetch_no: ready.fetch_no,
        fetched_at: ready.fetched_at,
        parts: ready.parts,
    };
    rows.send(message(now, &event, &input_id))?;
    Ok(true)
}

/// Makes the documents that a page is part of go out again, whatever went out last.
pub(crate) fn send_again<R: Rows>(rows: &mut R, page: &UrlRow, touched: &mut Touched) -> Result<(), R::Error> {
    for group in rows.groups_of(page.id)? {
        update_group(rows, &group, |group| group.fingerprint = None)?;
    }
    touched.urls.insert(page.id);
    Ok(())
}

/// Changes a group, which is written only if it is another one then.
fn update_group<R: Rows>(rows: &mut R, id: &str, change: impl FnOnce(&mut GroupRow)) -> Result<(), R::Error> {
    let Some(before) = rows.group(id)? else { return Ok(()) };
    let mut after = before.clone();
    change(&mut after);
    if after == before { Ok(()) } else { rows.save_group(&after) }
}

/// Everything said and known of a group's members, redirects followed, and the newest extractor
/// version among them.
fn members<R: Rows>(rows: &mut R, config: &FrontierConfig, group: &GroupRow) -> Result<(Vec<Member>, u32), R::Error> {
    // By where a member leads in the end: what it says, and who named it and as which part.
    let mut ends: BTreeMap<i64, (Member, u32)> = BTreeMap::new();
    let mut voted: BTreeSet<(i64, i64)> = BTreeSet::new();
    let mut resolved: BTreeMap<i64, i64> = BTreeMap::new();
    for word in rows.words(&group.id)? {
        let end = match resolved.get(&word.member) {
            Some(end) => *end,
            None => follow(rows, config, word.member)?.id,
        };
        resolved.insert(word.member, end);
        let (found, _) = match ends.entry(end) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => entry.insert(read_member(rows, group, end)?),
        };
        // A page that names both ends of a redirect has one vote.
        if voted.insert((word.said_by, end)) {
            found.named.push(word.part);
        }
    }
    let version = ends.values().map(|(_, version)| *version).max().unwrap_or(0);
    Ok((ends.into_values().map(|(member, _)| member).collect(), version))
}

/// Where the stored redirects of a URL lead. A loop ends where it was noticed.
fn follow<R: Rows>(rows: &mut R, config: &FrontierConfig, url: i64) -> Result<UrlRow, R::Error> {
    let mut row = rows.url(url)?;
    for _ in 0..=config.max_redirects.saturating_mul(2) {
        let Some(next) = row.redirect_to else { break };
        row = rows.url(next)?;
    }
    Ok(row)
}

/// A member as it stands, and the version of the extractor that looked at it (0 for none).
fn read_member<R: Rows>(rows: &mut R, group: &GroupRow, url: i64) -> Result<(Member, u32), R::Error> {
    let row = rows.url(url)?;
    let response = match row.fetch_no {
        Some(fetch_no) => rows.response(fetch_no)?,
        None => None,
    };
    let is_current = match (group.changed_at, row.visited_at) {
        (None, _) => true,
        (Some(changed), Some(visited)) => visited >= changed && row.visit != Visit::Retry,
        (Some(_), None) => false,
    };
    let own = match (row.linked, &row.own_group) {
        (None, _) => OwnWord::None,
        (Some(_), None) => OwnWord::Alone,
        (Some(_), Some(own)) if *own == group.id => row.own_part.map_or(OwnWord::None, OwnWord::Part),
        (Some(_), Some(_)) => OwnWord::Elsewhere,
    };
    let standing = match (row.fetch_no.zip(response), row.visit) {
        (Some((fetch_no, response)), _) => Standing::Fetched {
            payload: response.payload,
            content_type: response.content_type,
            fetch_no: fetch_no.unsigned_abs(),
            fetched_at: response.at,
            linked: is_current && row.linked.is_some_and(|(linked, _)| linked >= fetch_no),
        },
        (None, Visit::Failed | Visit::Excluded) => Standing::Failed { reason: row.reason.unwrap_or_default() },
        (None, _) => Standing::Pending,
    };
    let version = row.linked.map_or(0, |(_, version)| u32::try_from(version).unwrap_or(u32::MAX));
    Ok((Member { url: row.url, named: Vec::new(), own, standing }, version))
}
