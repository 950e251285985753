//! New URLs: seeds, and what the links of a page bring.

use super::urls::{self, Place};
use super::{GroupRow, Rows, Touched, UrlRow, Visit, Word, digest, groups, spread};
use crate::config::FrontierConfig;
use crate::links::{LinksStored, MAX_GROUP_MEMBERS, NewUrl, Seed};
use crate::micros;
use crate::trap::Trap;
use baogao_model::event::{GroupHint, LinksFound};
use baogao_model::{CanonicalUrl, GroupId, LinkRole};
use jiff::Timestamp;
use std::collections::{BTreeSet, HashSet};

/// Takes seeds: new ones are due now, known ones where they say so.
pub(crate) fn schedule<R: Rows>(
    rows: &mut R,
    config: &FrontierConfig,
    now: Timestamp,
    seeds: &[Seed],
) -> Result<(), R::Error> {
    let mut touched = Touched::default();
    for seed in seeds {
        if seed.now {
            urls::force(rows, now, &seed.url, seed.priority, &mut touched)?;
        } else {
            let place = Place { depth: 0, priority: seed.priority, redirects: 0 };
            urls::ensure(rows, now, &seed.url, place, &mut touched)?;
        }
    }
    groups::settle(rows, config, now, &touched)?;
    Ok(())
}

/// The group that a page says it belongs to.
pub(crate) fn group_of_page(found: &LinksFound, page_url: &CanonicalUrl) -> Option<GroupId> {
    found.group.as_ref().map(|hint| GroupId::of_document(&page_url.site(), &hint.document_key))
}

/// A member that a page names, after the checks.
struct Named {
    id: i64,
    part: u32,
}

/// Stores the links of a page and what it says of its group.
pub(crate) fn store_links<R: Rows>(
    rows: &mut R,
    config: &FrontierConfig,
    now: Timestamp,
    found: &LinksFound,
    new: &[NewUrl],
) -> Result<LinksStored, R::Error> {
    let mut stored = LinksStored::default();
    let page_url = CanonicalUrl::parse(&found.page_url).ok();
    let page = match &page_url {
        Some(url) => rows.find(url)?,
        None => None,
    };
    let Some((page_url, page)) = page_url.zip(page) else {
        tracing::warn!(url = %found.page_url, "links of a page that was never stored");
        stored.unknown_page = true;
        return Ok(stored);
    };
    let mut store = Store { rows, config, now, page, page_url, stored, touched: Touched::default() };
    let members = match &found.group {
        Some(hint) => store.members(hint)?,
        None => Vec::new(),
    };
    let grouped: HashSet<i64> = members.iter().map(|member| member.id).collect();
    for link in new {
        store.link(link, &grouped)?;
    }
    // The word of an older fetch, or of an older extractor, is overtaken.
    let word = (fetch_number(found), i64::from(found.extractor_version));
    if store.page.linked.is_none_or(|linked| word >= linked) {
        store.word(found, &members)?;
    }
    store.stored.documents_ready = groups::settle(store.rows, config, now, &store.touched)?;
    Ok(store.stored)
}

/// A fetch number as it is stored.
fn fetch_number(found: &LinksFound) -> i64 {
    i64::try_from(found.fetch_no).unwrap_or(i64::MAX)
}

struct Store<'a, R> {
    rows: &'a mut R,
    config: &'a FrontierConfig,
    now: Timestamp,
    /// The page as it was before its links were stored.
    page: UrlRow,
    page_url: CanonicalUrl,
    stored: LinksStored,
    touched: Touched,
}

impl<R: Rows> Store<'_, R> {
    /// Makes the members that a page names known; they stand at the page's own depth. The page
    /// itself is one of them, whether it says so or not.
    fn members(&mut self, hint: &GroupHint) -> Result<Vec<Named>, R::Error> {
        let mut members = vec![Named { id: self.page.id, part: hint.part }];
        let mut seen = HashSet::from([self.page.id]);
        for member in &hint.members {
            let Some(url) = self.acceptable_member(&member.url) else { continue };
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
    fn acceptable_member(&mut self, text: &str) -> Option<CanonicalUrl> {
        match CanonicalUrl::parse(text) {
            Ok(url) if url.site() == self.page_url.site() => (!self.is_trap(&url)).then_some(url),
            _ => {
                self.stored.refused_members += 1;
                None
            }
        }
    }

    fn link(&mut self, link: &NewUrl, grouped: &HashSet<i64>) -> Result<(), R::Error> {
        if let Some(row) = self.rows.find(&link.url)?
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

    fn ensure(&mut self, url: &CanonicalUrl, depth: u32, priority: i32) -> Result<i64, R::Error> {
        let place = Place { depth, priority, redirects: 0 };
        let (row, new) = urls::ensure(self.rows, self.now, url, place, &mut self.touched)?;
        if new {
            self.stored.new += 1;
        } else {
            self.stored.known += 1;
        }
        Ok(row.id)
    }

    /// Keeps what the page says of itself, in place of what it said before.
    fn word(&mut self, found: &LinksFound, members: &[Named]) -> Result<(), R::Error> {
        let group = group_of_page(found, &self.page_url).map(|id| id.to_string());
        let mut page = self.rows.url(self.page.id)?;
        page.linked = Some((fetch_number(found), i64::from(found.extractor_version)));
        page.own_group = group.clone();
        page.own_part = found.group.as_ref().map(|hint| hint.part);
        self.learn_kind(found, &mut page);
        self.rows.save(&page)?;
        self.rows.forget_words(page.id)?;
        if let (Some(id), Some(hint)) = (&group, &found.group) {
            self.make_group(id, hint)?;
            self.say(id, members)?;
        }
        self.touched.groups.extend(group);
        self.touched.groups.extend(self.page.own_group.clone());
        self.touched.urls.insert(page.id);
        Ok(())
    }

    fn make_group(&mut self, id: &str, hint: &GroupHint) -> Result<(), R::Error> {
        if self.rows.group(id)?.is_some() {
            return Ok(());
        }
        self.rows.save_group(&GroupRow {
            id: id.to_owned(),
            site: self.page_url.site(),
            document_key: hint.document_key.clone(),
            open_since: None,
            fingerprint: None,
            changed_at: None,
        })
    }

    /// Names the members, as many as the group can take.
    fn say(&mut self, group: &str, members: &[Named]) -> Result<(), R::Error> {
        let mut known: BTreeSet<i64> = self.rows.words(group)?.into_iter().map(|word| word.member).collect();
        for member in members {
            if !known.contains(&member.id) && known.len() >= MAX_GROUP_MEMBERS {
                tracing::warn!(group, "a document names more than {MAX_GROUP_MEMBERS} parts; the others are left out");
                continue;
            }
            known.insert(member.id);
            let word = Word { member: member.id, said_by: self.page.id, part: member.part };
            self.rows.add_word(group, word)?;
            groups::mark(self.rows, member.id)?;
        }
        Ok(())
    }

    /// The page's kind decides when it is seen again; it is known only now.
    fn learn_kind(&mut self, found: &LinksFound, page: &mut UrlRow) {
        let (kind, before) = (found.page_kind, page.page_kind());
        if before == Some(kind) {
            return;
        }
        let policy = &self.config.revisit;
        let previous = micros::to_duration(page.revisit.unwrap_or(0));
        let interval = policy.interval_of_kind(kind, before, previous);
        page.kind = Some(kind.as_str().to_owned());
        page.revisit = Some(micros::length(interval));
        // Only a planned revisit moves: not a retry, and not what a person asked for.
        if page.visit == Visit::Fetched
            && let Some(visited) = page.visited_at
        {
            let spread = spread(&digest(&self.page_url));
            let due = policy.next_visit(Some(kind), micros::to_timestamp(visited), interval, spread);
            page.due_at = micros::of(due);
            self.touched.keys.insert(page.key);
        }
    }
}
