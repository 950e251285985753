//! Pages out of an archive: told of again where they are known, else taken as fetches of their times.

use super::*;
use baogao_frontier::{ArchivedPage, Restored};

const ONE: &str = "http://a.example/12.html";
const TWO: &str = "http://a.example/12_2.html";
const BOTH: [(u32, &str); 2] = [(1, ONE), (2, TWO)];

/// The page at a URL as the archive has it from `seconds` on.
fn archived(text: &str, seconds: u64, body: &str) -> ArchivedPage {
    let Outcome::Fetched { status, content_type, etag, last_modified, payload, bytes } = page(body) else {
        unreachable!("a page is a fetch")
    };
    ArchivedPage { url: url(text), at: at(seconds), status, content_type, etag, last_modified, payload, bytes }
}

async fn restore(frontier: &Frontier, now: Timestamp, pages: &[ArchivedPage]) -> Restored {
    frontier.restore(now, pages.to_vec()).await.expect("restores")
}

fn counts(new: u64, again: u64, older: u64) -> Restored {
    Restored { again, new, older }
}

pub async fn archived_pages_become_fetches_of_their_times<B: Bed>() {
    let frontier = opened::<B>(config(), at(DAY)).await;
    let pages = [archived(ONE, 1, "a"), archived(TWO, 2, "b"), archived(ONE, 3, "c")];
    assert_eq!(restore(&frontier, at(DAY), &pages).await, counts(3, 0, 0));
    let told = pages_fetched(&frontier).await;
    let told_of: Vec<_> = told.iter().map(|page| (page.url.as_str(), page.fetched_at, &page.payload)).collect();
    let expected: Vec<_> = pages.iter().map(|page| (page.url.as_str(), page.at, &page.payload)).collect();
    assert_eq!(told_of, expected);
    assert!(told.windows(2).all(|two| two[0].fetch_no < two[1].fetch_no), "later is higher");
    let last = frontier.last_fetched(&[url(TWO), url("http://a.example/unknown"), url(ONE)]).await.expect("looks up");
    assert_eq!(last, [Some(at(2)), None, Some(at(3))]);
    // They are visited again like any other page, with what the last answer said of itself.
    let claims = claim(&frontier, at(400 * DAY)).await;
    assert_eq!(urls(&claims), [ONE, TWO]);
    assert_eq!(claims[0].urls[0].etag.as_deref(), Some("\"c\""));
}

pub async fn a_known_place_keeps_its_number<B: Bed>() {
    let frontier = opened::<B>(config(), at(0)).await;
    seed(&frontier, at(0), &[ONE]).await;
    visit_all(&frontier, at(5), || page("a")).await;
    let before = messages(&frontier).await;
    let fetched = &pages_fetched(&frontier).await[0];
    // Whatever the archive says of the time: the place tells.
    let known = ArchivedPage { payload: fetched.payload.clone(), ..archived(ONE, 4, "a") };
    assert_eq!(restore(&frontier, at(9), std::slice::from_ref(&known)).await, counts(0, 1, 0));
    let after = messages(&frontier).await;
    assert_eq!((after.len(), &after[1].id, &after[1].body), (2, &before[0].id, &before[0].body));
    // Both in one go, twice: the first makes it known.
    let new = archived(ONE, 6, "b");
    assert_eq!(restore(&frontier, at(9), &[known, new.clone(), new]).await, counts(1, 2, 0));
    let numbers: Vec<u64> = pages_fetched(&frontier).await[2..].iter().map(|page| page.fetch_no).collect();
    assert!(numbers[0] == fetched.fetch_no && numbers[0] < numbers[1] && numbers[1] == numbers[2], "{numbers:?}");
}

pub async fn what_is_older_than_known_is_left_alone<B: Bed>() {
    let frontier = opened::<B>(config(), at(0)).await;
    seed(&frontier, at(0), &[ONE]).await;
    visit_all(&frontier, at(5), || page("a")).await;
    // Files on a disk have times that no table holds.
    let mut hardly = archived(ONE, 5, "hardly newer");
    hardly.at += Duration::from_nanos(300);
    let pages = [archived(ONE, 4, "older"), archived(ONE, 5, "as old"), hardly, archived(TWO, 1, "another")];
    assert_eq!(restore(&frontier, at(9), &pages).await, counts(1, 0, 3));
    assert_eq!(pages_fetched(&frontier).await.len(), 2);
    assert_eq!(frontier.last_fetched(&[url(ONE)]).await.expect("looks up"), [Some(at(5))]);
}

pub async fn a_later_visit_knows_better<B: Bed>() {
    let frontier = opened::<B>(config(), at(0)).await;
    seed(&frontier, at(0), &[ONE]).await;
    visit_all(&frontier, at(5), || page("a")).await;
    seed(&frontier, at(100), &[ONE]).await;
    visit_all(&frontier, at(100), || Outcome::NotModified).await;
    assert_eq!(frontier.last_fetched(&[url(ONE)]).await.expect("looks up"), [Some(at(100))]);
    assert_eq!(restore(&frontier, at(200), &[archived(ONE, 50, "b")]).await, counts(0, 0, 1));
    assert_eq!(restore(&frontier, at(200), &[archived(ONE, 150, "b")]).await, counts(1, 0, 0));
}

pub async fn documents_in_parts_go_out_again<B: Bed>() {
    let frontier = opened::<B>(config(), at(0)).await;
    let pages = [archived(ONE, 1, "1"), archived(TWO, 2, "2")];
    restore(&frontier, at(9), &pages).await;
    for (part, text) in BOTH {
        let found = part_links(text, fetch_no(&frontier, text).await, "12", part, &BOTH);
        frontier.store_links(at(9), &found, Vec::new()).await.expect("stores");
    }
    let first = documents(&frontier).await;
    assert_eq!(first.len(), 1);
    assert_eq!(restore(&frontier, at(10), &pages).await, counts(0, 2, 0));
    let again = documents(&frontier).await;
    assert_eq!((again.len(), &again[0]), (2, &again[1]), "one for both parts, and the same");
}

pub async fn nobody_waits_for_parts_that_nobody_fetches<B: Bed>() {
    let frontier = opened::<B>(config(), at(0)).await;
    restore(&frontier, at(9), &[archived(ONE, 1, "1")]).await;
    let found = part_links(ONE, fetch_no(&frontier, ONE).await, "12", 1, &BOTH);
    frontier.store_links(at(9), &found, Vec::new()).await.expect("stores");
    assert_eq!(frontier.expire_groups(at(10)).await.expect("expires"), 0);
    assert_eq!(frontier.close_groups(at(10), at(10)).await.expect("closes"), 0, "it was open before");
    assert_eq!(frontier.close_groups(at(10), at(9)).await.expect("closes"), 1);
    assert_eq!(documents(&frontier).await.len(), 1);
    assert_eq!(frontier.close_groups(at(11), at(0)).await.expect("closes"), 0);
}
