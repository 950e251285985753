//! One change: locks, rows, rules, rows back, in one transaction.
//!
//! There are two kinds of locks, taken in this order. The row of a **pace key** guards the hosts,
//! lanes and URLs below it; a transaction locks, by id, all keys under which it writes. The row of a
//! **document group** guards its state and its words; groups are locked by id too. A visit to a URL
//! and a page that names it as a member both lock its key, and two members that are visited at once
//! both lock their group: the second sees what the first did, so exactly one of them finds the
//! document ready.
//!
//! Which locks are needed is known only when the rules have run. So they run on what was loaded; a
//! lock that was missing begins the transaction anew with it. Nothing is locked out of order, so
//! there are no deadlocks to be had here; should other users of the tables cause one, it is retried.

use super::error::{classify, is_conflict, unusable};
use super::load::{self, GroupSeed};
use super::working_set::{Miss, Wanted, WorkingSet};
use super::{Postgres, flush};
use crate::error::FrontierError;
use crate::rules::{Digest, digest};
use baogao_model::{CanonicalUrl, PayloadRef};
use jiff::Timestamp;
use sqlx::{Connection, PgConnection};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// Beginnings of one change before it is given up for the moment. One or two are the rule.
const ATTEMPTS: u32 = 24;

/// The wait after a conflict, multiplied by the number of the attempt.
const AFTER_CONFLICT: Duration = Duration::from_millis(5);

/// What a change is about, as far as that is known before.
#[derive(Debug, Default)]
pub(super) struct Work<'a> {
    /// The pace key that the change is made in the name of.
    pub(super) key: Option<&'a str>,
    /// Every URL that can come up, with its host.
    pub(super) urls: BTreeMap<Digest, String>,
    /// Those whose groups will be asked for.
    pub(super) subjects: BTreeSet<Digest>,
    /// The page whose own word changes.
    pub(super) page: Option<Digest>,
    /// Hosts below which it will certainly write.
    pub(super) wanted: Wanted,
    /// Responses that may have been logged before.
    pub(super) responses: Vec<(Digest, Timestamp, &'a PayloadRef)>,
    /// Places of the archive where a response may lie that was logged before.
    pub(super) places: Vec<(Digest, &'a PayloadRef)>,
    /// Lines of the fetch log at most.
    pub(super) visits: usize,
    /// The group that `page` belongs to.
    pub(super) seed: Option<GroupSeed>,
    /// Groups that will certainly be written.
    pub(super) groups: BTreeSet<String>,
}

impl Work<'_> {
    /// A URL that will be looked up and, as a rule, not written.
    pub(super) fn mention(&mut self, url: &CanonicalUrl) {
        self.urls.insert(digest(url), url.host().to_owned());
    }

    /// A URL that will be written, or that decides something.
    pub(super) fn hold(&mut self, url: &CanonicalUrl) {
        self.mention(url);
        self.wanted.hosts.insert(url.host().to_owned(), url.site());
    }

    /// A URL that will be written and whose groups are concerned.
    pub(super) fn touch(&mut self, url: &CanonicalUrl) {
        self.hold(url);
        self.subjects.insert(digest(url));
    }
}

/// What became of an attempt.
enum Step<T> {
    /// It is committed, and so many messages with it.
    Done(T, usize),
    /// It was undone, since it needs these locks.
    Wanting(Wanted, BTreeSet<String>),
    /// It was undone, since the rules asked for what nobody had foreseen.
    Unforeseen(&'static str),
}

/// Makes a change by `rules`, which run as often as it takes; they must do nothing but read and
/// write the working set.
pub(super) async fn change<T: Send>(
    postgres: &Postgres,
    action: &'static str,
    work: &Work<'_>,
    rules: impl Fn(&mut WorkingSet) -> Result<T, Miss> + Send + Sync,
) -> Result<T, FrontierError> {
    let mut wanted = work.wanted.clone();
    let mut groups = work.groups.clone();
    for attempt in 1..=ATTEMPTS {
        let mut lent = postgres.lend(action).await?;
        let step = postgres.in_time(action, attempt_once(postgres, &mut lent, work, &wanted, &groups, &rules)).await?;
        lent.note(&step);
        match step {
            Ok(Step::Done(value, messages)) => {
                if messages > 0 {
                    postgres.news.notify_one();
                }
                return Ok(value);
            }
            Ok(Step::Wanting(locks, more)) => {
                wanted.keys.extend(locks.keys);
                wanted.hosts.extend(locks.hosts);
                groups.extend(more);
            }
            Ok(Step::Unforeseen(what)) => return Err(unusable(action, what.to_owned())),
            Err(error) if is_conflict(&error) && attempt < ATTEMPTS => {
                drop(lent);
                tokio::time::sleep(AFTER_CONFLICT * attempt).await;
            }
            Err(error) => return Err(classify(action, error)),
        }
    }
    let source = std::io::Error::other("too many others changed the same rows");
    Err(FrontierError::Database { action, transient: true, source: std::sync::Arc::new(source) })
}

async fn attempt_once<T>(
    postgres: &Postgres,
    conn: &mut PgConnection,
    work: &Work<'_>,
    wanted: &Wanted,
    groups: &BTreeSet<String>,
    rules: &(impl Fn(&mut WorkingSet) -> Result<T, Miss> + Send + Sync),
) -> sqlx::Result<Step<T>> {
    let mut tx = conn.begin().await?;
    let mut set = WorkingSet::default();
    prepare(postgres, &mut tx, work, wanted, groups, &mut set).await?;
    let mut last = None;
    loop {
        set.rewind();
        let miss = match rules(&mut set) {
            Ok(value) if set.wanting == Wanted::default() => {
                let messages = flush::flush(&mut tx, &set.loaded, &set.changes).await?;
                tx.commit().await?;
                return Ok(Step::Done(value, messages));
            }
            Ok(_) => {
                tx.rollback().await?;
                return Ok(Step::Wanting(set.wanting, BTreeSet::new()));
            }
            Err(miss) => miss,
        };
        if last.as_ref() == Some(&miss) {
            tx.rollback().await?;
            return Ok(Step::Unforeseen("a row that others refer to is not there"));
        }
        match &miss {
            Miss::Url(id) => load::chains(&mut tx, &[*id], &mut set.loaded).await?,
            Miss::GroupsOf(id) => load::groups_of(&mut tx, &[*id], &mut set.loaded).await?,
            Miss::Group(group) => {
                let is_next = set.loaded.groups.last_key_value().is_none_or(|(last, _)| last < group);
                if !is_next {
                    tx.rollback().await?;
                    return Ok(Step::Wanting(Wanted::default(), BTreeSet::from([group.clone()])));
                }
                load::lock_groups(&mut tx, &BTreeSet::from([group.clone()]), None, &mut set.loaded).await?;
            }
            Miss::Unforeseen(what) => {
                tx.rollback().await?;
                return Ok(Step::Unforeseen(what));
            }
        }
        last = Some(miss);
    }
}

/// Takes the locks and loads what is known to be needed.
async fn prepare(
    postgres: &Postgres,
    conn: &mut PgConnection,
    work: &Work<'_>,
    wanted: &Wanted,
    groups: &BTreeSet<String>,
    set: &mut WorkingSet,
) -> sqlx::Result<()> {
    let loaded = &mut set.loaded;
    load::lock_keys(conn, &postgres.config, wanted, work.key, loaded).await?;
    if !work.urls.is_empty() {
        load::find(conn, &work.urls, loaded).await?;
    }
    load::logged(conn, &work.responses, loaded).await?;
    load::places(conn, &work.places, loaded).await?;
    loaded.fetch_nos = load::fetch_nos(conn, work.visits).await?;
    let unknown = loaded.looked_up.values().filter(|id| id.is_none()).count();
    loaded.numbers = postgres.numbers.take(conn, unknown).await?;

    let id_of = |digest: &Digest| loaded.looked_up.get(digest).copied().flatten();
    let page = work.page.as_ref().and_then(id_of);
    let subjects = work.subjects.iter().filter_map(id_of);
    let grouped: Vec<i64> = subjects.filter(|id| loaded.urls.get(id).is_some_and(|row| row.grouped)).collect();
    load::groups_of(conn, &grouped, loaded).await?;
    let mut groups = groups.clone();
    groups.extend(loaded.groups_of.values().flatten().cloned());
    let seed = work.seed.as_ref().filter(|_| page.is_some());
    groups.extend(seed.map(|(id, _, _)| id.clone()));
    groups.extend(page.and_then(|id| loaded.urls.get(&id)?.own_group.clone()));
    load::lock_groups(conn, &groups, seed, loaded).await
}
