//! What every back end of the frontier must do, under times the tests choose.
//!
//! A back end's test file names its [`Bed`] once: `frontier_suite!(sqlite, SqliteBed)`.

pub mod claims;
pub mod forgotten;
pub mod groups;
pub mod links;
pub mod outbox;
pub mod prune;
pub mod random;
pub mod restore;
pub mod visits;

use baogao_frontier::{
    Claim, ClaimRequest, ClaimToken, Completed, Completion, Frontier, FrontierConfig, Outcome, Pace, Scope, Seed,
};
use baogao_model::event::{DocumentReady, GroupHint, GroupMember, LinksFound, PageFetched};
use baogao_model::{CanonicalUrl, ContentHash, Message, PageKind, PayloadRef};
use jiff::Timestamp;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// A place where a frontier is kept, so that a test can open it again.
pub trait Bed: 'static {
    /// Of so many generated stories one is played, each in a place of its own: more than 1 where
    /// places are dear.
    const ONE_STORY_OF: u32 = 1;

    /// A new, empty place.
    fn new() -> Self;
    /// Opens what lies there. An earlier frontier of the same place is dead by then.
    fn open(&self, config: FrontierConfig, now: Timestamp) -> impl Future<Output = Frontier>;
}

/// A frontier together with its place, which ends with it.
pub struct Opened<B> {
    frontier: Frontier,
    _bed: B,
}

impl<B> std::ops::Deref for Opened<B> {
    type Target = Frontier;

    fn deref(&self) -> &Frontier {
        &self.frontier
    }
}

/// A frontier in a new place.
pub async fn opened<B: Bed>(config: FrontierConfig, now: Timestamp) -> Opened<B> {
    let bed = B::new();
    Opened { frontier: bed.open(config, now).await, _bed: bed }
}

/// Runs every test of the suite on a bed.
#[macro_export]
macro_rules! frontier_suite {
    ($name:ident, $bed:ty) => {
        mod $name {
            $crate::frontier_suite!(@tests $bed;
                claims: best_urls_come_first, a_key_has_one_owner_and_waits_for_its_delay,
                    a_crawl_delay_is_kept_and_taken_back, hosts_of_one_rule_share_a_pace,
                    changed_rules_move_known_hosts, a_lost_lease_is_waited_out_with_its_delay,
                    a_late_completion_publishes_and_moves_nothing, a_partial_batch_renews_the_lease,
                    a_dead_predecessors_leases_end_and_its_politeness_stays, scopes_bound_claims,
                    hosts_bound_claims_and_counts, prefixes_bound_claims_and_what_is_due, a_prefix_looks_behind_other_urls,
                    scoped_claims_look_past_full_windows, next_due_says_when_a_claim_succeeds;
                visits: transient_failures_back_off_and_end, a_seed_is_due_whatever_was_planned,
                    a_standing_seed_keeps_its_schedule, what_was_not_fetched_is_told, urls_not_tried_yet_are_unfetched,
                    a_final_failure_is_not_repeated_soon, retry_after_holds_the_whole_key,
                    silent_servers_are_asked_ever_less, robots_exclusions_are_counted_and_wait,
                    validators_come_back_with_the_claim, unchanged_pages_wait_longer,
                    the_kind_of_a_page_sets_its_pace, redirects_are_followed_and_bounded, redirect_loops_end,
                    bad_statuses_count_as_failures, robots_files_are_kept, stats_add_up;
                links: links_are_stored_once, parts_stand_at_the_pages_own_depth, a_shorter_way_counts,
                    traps_are_refused_and_counted, links_of_unknown_pages_are_left, members_are_checked;
                outbox: rows_keep_their_order_until_sent, a_row_has_one_sender_until_its_hold_ends,
                    the_depth_counts_what_is_not_sent, the_same_fetch_twice_is_one,
                    what_is_handed_in_again_changes_nothing, the_storage_says_that_it_is_there,
                    waiting_ends_with_new_rows, everything_survives_a_reopening;
                groups: a_document_is_ready_when_its_last_part_is, an_unchanged_part_sends_nothing,
                    a_text_that_returns_is_sent_again, a_changed_part_calls_its_siblings_back, a_newer_extractor_sends_again,
                    an_older_word_is_overtaken, overdue_groups_go_out, late_parts_follow_overdue_groups,
                    a_first_part_that_stands_alone_dissolves_its_group, two_pages_of_one_number,
                    a_page_may_leave_for_another_group, a_part_that_vanishes_stays,
                    a_part_may_redirect_twice_and_fail,
                    any_order_gives_the_same_document;
                restore: archived_pages_become_fetches_of_their_times, a_known_place_keeps_its_number,
                    what_is_older_than_known_is_left_alone, a_later_visit_knows_better, documents_in_parts_go_out_again,
                    nobody_waits_for_parts_that_nobody_fetches;
                prune: only_old_fetches_that_were_followed_by_others_go, a_pass_goes_on_where_it_stopped,
                    what_was_pruned_is_no_longer_recognised;
                forgotten: tombstones_are_kept_once_and_lifted, what_was_forgotten_is_asked_for_whole_again;
                random: random_crawls_keep_the_promises);
        }
    };
    (@tests $bed:ty; $($module:ident: $($test:ident),+);+) => {
        $($(
            #[tokio::test]
            async fn $test() {
                $crate::suite::$module::$test::<$bed>().await;
            }
        )+)+
    };
}

/// `seconds` after a day outside the season of the sessions.
pub fn at(seconds: u64) -> Timestamp {
    let start: Timestamp = "2025-06-02T00:00:00Z".parse().expect("a time");
    start + Duration::from_secs(seconds)
}

pub const DAY: u64 = 24 * 3600;

/// Round numbers: 10 s of delay, leases of 60 s.
pub fn config() -> FrontierConfig {
    FrontierConfig { default_delay: Duration::from_secs(10), ..FrontierConfig::default() }
}

pub fn url(text: &str) -> CanonicalUrl {
    CanonicalUrl::parse(text).expect("a good URL")
}

pub async fn seed(frontier: &Frontier, now: Timestamp, urls: &[&str]) {
    let seeds = urls.iter().map(|text| Seed { url: url(text), priority: 0, now: true }).collect();
    frontier.schedule(now, seeds).await.expect("schedules");
}

/// Claims up to 10 keys with up to 10 URLs each.
pub async fn claim(frontier: &Frontier, now: Timestamp) -> Vec<Claim> {
    claim_in(frontier, now, Scope::default()).await
}

pub async fn claim_in(frontier: &Frontier, now: Timestamp, scope: Scope) -> Vec<Claim> {
    let request = ClaimRequest { owner: "test".into(), max_keys: 10, urls_per_key: 10, scope };
    frontier.claim(now, &request).await.expect("claims")
}

/// The URLs of some claims, in order.
pub fn urls(claims: &[Claim]) -> Vec<String> {
    claims.iter().flat_map(|claim| &claim.urls).map(|due| due.url.to_string()).collect()
}

/// A page with this body.
pub fn page(body: &str) -> Outcome {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    Outcome::Fetched {
        status: 200,
        content_type: Some("text/html".into()),
        etag: Some(format!("\"{body}\"")),
        last_modified: None,
        payload: PayloadRef {
            segment: "2025/1.warc.gz".into(),
            offset: NEXT.fetch_add(1, Ordering::Relaxed),
            length: 9,
            blake3: ContentHash::of(body.as_bytes()),
        },
        bytes: body.len() as u64,
    }
}

pub fn failure(reason: &str, transient: bool) -> Outcome {
    Outcome::Failed { reason: reason.into(), transient, retry_after: None }
}

/// Hands in one outcome and releases the key.
pub async fn finish(
    frontier: &Frontier,
    now: Timestamp,
    token: &ClaimToken,
    text: &str,
    outcome: Outcome,
) -> Completed {
    let pace = Pace { next_at: now + Duration::from_secs(10), delay: None, release: true };
    hand_in(frontier, now, token, text, outcome, pace).await
}

pub async fn hand_in(
    frontier: &Frontier,
    now: Timestamp,
    token: &ClaimToken,
    text: &str,
    outcome: Outcome,
    pace: Pace,
) -> Completed {
    let completions = vec![Completion { url: url(text), at: now, outcome }];
    frontier.complete(now, token, completions, pace).await.expect("completes")
}

/// Claims the only due key and gives all its URLs the same fate.
pub async fn visit_all(frontier: &Frontier, now: Timestamp, outcome: impl Fn() -> Outcome) -> Completed {
    let mut claims = claim(frontier, now).await;
    assert_eq!(claims.len(), 1, "one key is due at {now}");
    let claim = claims.remove(0);
    let completions =
        claim.urls.iter().map(|due| Completion { url: due.url.clone(), at: now, outcome: outcome() }).collect();
    let pace = Pace { next_at: now + Duration::from_secs(10), delay: None, release: true };
    frontier.complete(now, &claim.token(), completions, pace).await.expect("completes")
}

/// The links of a page of no group.
pub fn links(page: &str, fetch_no: u64, kind: PageKind) -> LinksFound {
    LinksFound {
        page_url: page.into(),
        site: url(page).site(),
        fetch_no,
        page_kind: kind,
        links: Vec::new(),
        group: None,
        extractor_version: 1,
    }
}

/// The links of a page that is part `part` of document `key` and names `members`.
pub fn part_links(page: &str, fetch_no: u64, key: &str, part: u32, members: &[(u32, &str)]) -> LinksFound {
    let members = members.iter().map(|(part, url)| GroupMember { part: *part, url: (*url).into() }).collect();
    let group = GroupHint { document_key: key.into(), part, total: None, members };
    LinksFound { group: Some(group), ..links(page, fetch_no, PageKind::Article) }
}

/// Everything in the outbox.
pub async fn messages(frontier: &Frontier) -> Vec<Message> {
    frontier.outbox(usize::MAX).await.expect("reads").into_iter().map(|row| row.message).collect()
}

pub async fn pages_fetched(frontier: &Frontier) -> Vec<PageFetched> {
    let pages = messages(frontier).await.into_iter().filter(Message::is::<PageFetched>);
    pages.map(|message| message.decode().expect("reads")).collect()
}

pub async fn documents(frontier: &Frontier) -> Vec<DocumentReady> {
    let documents = messages(frontier).await.into_iter().filter(Message::is::<DocumentReady>);
    documents.map(|message| message.decode().expect("reads")).collect()
}

/// The number of the newest fetch of a page.
pub async fn fetch_no(frontier: &Frontier, text: &str) -> u64 {
    let pages = pages_fetched(frontier).await;
    pages.iter().rfind(|page| page.url == url(text).as_str()).expect("was fetched").fetch_no
}
