//! New URLs: seeds, and what the links of a page bring.

use super::complete::spread;
use super::groups;
use super::urls::{self, Place, Touched, UrlRow, Visit};
use crate::config::FrontierConfig;
use crate::links::{LinksStored, MAX_GROUP_MEMBERS, NewUrl, Seed};
use crate::micros;
use crate::trap::Trap;
use baogao_model::event::{GroupHint, LinksFound};
use baogao_model::{CanonicalUrl, GroupId, LinkRole};
use jiff::Timestamp;
use rusqlite::{Connection, params};
use std::collections::HashSet;

/// Takes seeds: new ones are due now, known ones where they say so.
pub(super) fn schedule(
    conn: &Connection,
    config: &FrontierConfig,
    now: Timestamp,
    seeds: &[Seed],
) -> rusqlite::Result<()> {
    let mut touched = Touched::default();
    for seed in seeds {
        if seed.now {
            urls::force(conn, config, now, &seed.url, seed.priority, &mut touched)?;
        } else {
            let place = Place { depth: 0, priority: seed.priority, redirects: 0 };
            urls::ensure(conn, config, now, &seed.url, place, &mut touched)?;
        }
    }
    groups::settle(conn, config, now, &touched)?;
    Ok(())
}

/// A member that a page names, after the checks.
struct Named {
    id: i64,
    part: u32,
}

/// Stores the links of a page and what it says of its group.
pub(super) fn store_links(
    conn: &Connection,
    config: &FrontierConfig,
    now: Timestamp,
    found: &LinksFound,
    new: &[NewUrl],
) -> rusqlite::Result<LinksStored> {
    let mut stored = LinksStored::default();
    let Some((page_url, page)) = find_page(conn, found)? else {
        tracing::warn!(url = %found.page_url, "links of a page that was never stored");
        stored.unknown_page = true;
        return Ok(stored);
    };
    let mut store = Store { conn, config, now, page: &page, stored, touched: Touched::default() };
    let mut members = Vec::new();
    if let Some(hint) = &found.group {
        members = store.members(hint, &page_url)?;
    }
    let grouped: HashSet<i64> = members.iter().map(|member| member.id).collect();
    for link in new {
        store.link(link, &grouped)?;
    }
    // The word of an older fetch, or of an older extractor, is overtaken.
    let word = (fetch_number(found), i64::from(found.extractor_version));
    if page.linked.is_none_or(|linked| word >= linked) {
        store.word(found, &page_url, &members)?;
    }
    store.stored.documents_ready = groups::settle(conn, config, now, &store.touched)?;
    Ok(store.stored)
}

fn find_page(conn: &Connection, found: &LinksFound) -> rusqlite::Result<Option<(CanonicalUrl, UrlRow)>> {
    let Ok(url) = CanonicalUrl::parse(&found.page_url) else { return Ok(None) };
    Ok(urls::find(conn, &urls::digest(&url))?.map(|row| (url, row)))
}

/// A fetch number as it is stored.
fn fetch_number(found: &LinksFound) -> i64 {
    i64::try_from(found.fetch_no).unwrap_or(i64::MAX)
}

struct Store<'a> {
    conn: &'a Connection,
    config: &'a FrontierConfig,
    now: Timestamp,
    page: &'a UrlRow,
    stored: LinksStored,
    touched: Touched,
}

impl Store<'_> {
    /// Makes the members that a page names known; they stand at the page's own depth. The page
    /// itself is one of them, whether it says so or not.
    fn members(&mut self, hint: &GroupHint, page_url: &CanonicalUrl) -> rusqlite::Result<Vec<Named>> {
        let mut members = vec![Named { id: self.page.id, part: hint.part }];
        let mut seen = HashSet::from([self.page.id]);
        for member in &hint.members {
            let Some(url) = self.acceptable_member(&member.url, page_url) else { continue };
            if members.len() == MAX_GROUP_MEMBERS {
                self.stored.refused_members += 1;
                continue;
            }
            let id = self.ensure(&url, self.page.depth, self.page.priority)?;
            if seen.insert(id) {
                members.push(Named { id, part: member.part });
            }
        }
        Ok(members)
    }

    /// The URL of a member, if it is one that may be: of the page's own site, and no trap.
    fn acceptable_member(&mut self, text: &str, page_url: &CanonicalUrl) -> Option<CanonicalUrl> {
        match CanonicalUrl::parse(text) {
            Ok(url) if url.site() == page_url.site() => (!self.is_trap(&url)).then_some(url),
            _ => {
                self.stored.refused_members += 1;
                None
            }
        }
    }

    fn link(&mut self, link: &NewUrl, grouped: &HashSet<i64>) -> rusqlite::Result<()> {
        if let Some(row) = urls::find(self.conn, &urls::digest(&link.url))?
            && grouped.contains(&row.id)
        {
            return Ok(()); // Counted and placed as a member.
        }
        if self.is_trap(&link.url) {
            return Ok(());
        }
        let depth = if link.role == LinkRole::Part { self.page.depth } else { self.page.depth.saturating_add(1) };
        self.ensure(&link.url, depth, link.priority)?;
        Ok(())
    }

    /// Counts a URL that looks like part of a trap.
    fn is_trap(&mut self, url: &CanonicalUrl) -> bool {
        match self.config.traps.check(url) {
            None => return false,
            Some(Trap::Repetition) => self.stored.refused_repetition += 1,
            Some(Trap::TooDeep) => self.stored.refused_too_deep += 1,
        }
        true
    }

    fn ensure(&mut self, url: &CanonicalUrl, depth: u32, priority: i32) -> rusqlite::Result<i64> {
        let place = Place { depth, priority, redirects: 0 };
        let (id, new) = urls::ensure(self.conn, self.config, self.now, url, place, &mut self.touched)?;
        if new {
            self.stored.new += 1;
        } else {
            self.stored.known += 1;
        }
        Ok(id)
    }

    /// Keeps what the page says of itself, in place of what it said before.
    fn word(&mut self, found: &LinksFound, page_url: &CanonicalUrl, members: &[Named]) -> rusqlite::Result<()> {
        let group = found.group.as_ref().map(|hint| {
            let site = page_url.site();
            let id = GroupId::of_document(&site, &hint.document_key);
            (id.to_string(), site, hint)
        });
        self.conn
            .prepare_cached(
                "UPDATE url SET linked_no = ?2, linked_version = ?3, own_group = ?4, own_part = ?5 WHERE id = ?1",
            )?
            .execute(params![
                self.page.id,
                fetch_number(found),
                found.extractor_version,
                group.as_ref().map(|(id, _, _)| id),
                group.as_ref().map(|(_, _, hint)| hint.part),
            ])?;
        self.conn.prepare_cached("DELETE FROM group_word WHERE said_by = ?1")?.execute([self.page.id])?;
        if let Some((id, site, hint)) = &group {
            self.conn
                .prepare_cached(
                    "INSERT INTO doc_group (id, site, document_key) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
                )?
                .execute([id, site, &hint.document_key])?;
            for member in members {
                self.say(id, member)?;
            }
            self.touched.groups.insert(id.clone());
        }
        self.touched.groups.extend(self.page.own_group.clone());
        self.touched.urls.insert(self.page.id);
        self.learn_kind(found, page_url)
    }

    fn say(&self, group: &str, member: &Named) -> rusqlite::Result<()> {
        if groups::is_full(self.conn, group, member.id)? {
            tracing::warn!(group, "a document names more than {MAX_GROUP_MEMBERS} parts; the others are left out");
            return Ok(());
        }
        self.conn
            .prepare_cached("INSERT INTO group_word (group_id, said_by, member, part) VALUES (?1, ?2, ?3, ?4)")?
            .execute(params![group, self.page.id, member.id, member.part])?;
        groups::mark(self.conn, member.id)
    }

    /// The page's kind decides when it is seen again; it is known only now.
    fn learn_kind(&mut self, found: &LinksFound, page_url: &CanonicalUrl) -> rusqlite::Result<()> {
        let kind = found.page_kind;
        if self.page.kind == Some(kind) {
            return Ok(());
        }
        let policy = &self.config.revisit;
        let previous = micros::to_duration(self.page.revisit.unwrap_or(0));
        let interval = policy.interval_of_kind(kind, self.page.kind, previous);
        self.conn.prepare_cached("UPDATE url SET kind = ?2, revisit = ?3 WHERE id = ?1")?.execute(params![
            self.page.id,
            kind.as_str(),
            micros::length(interval)
        ])?;
        // Only a planned revisit moves: not a retry, and not what a person asked for.
        if self.page.visit == Visit::Fetched
            && let Some(visited) = self.page.visited_at
        {
            let spread = spread(&urls::digest(page_url));
            let due = policy.next_visit(Some(kind), micros::to_timestamp(visited), interval, spread);
            self.conn
                .prepare_cached("UPDATE url SET due_at = ?2 WHERE id = ?1")?
                .execute([self.page.id, micros::of(due)])?;
            self.touched.keys.insert(self.page.key);
        }
        Ok(())
    }
}
