//! Old rows leave the fetch log.

use super::*;
use baogao_frontier::{LogPlace, Pruned};

const A: &str = "http://a.example/1";
const DAY: u64 = 86_400;

/// A whole pass in steps of `limit` rows: what went, and how many steps it took.
async fn pass(frontier: &Frontier, before: Timestamp, limit: usize) -> (u64, usize) {
    let (mut from, mut deleted, mut steps) = (LogPlace::default(), 0, 0);
    loop {
        let Pruned { deleted: gone, next } = frontier.prune(before, from, limit).await.expect("prunes");
        (deleted, steps) = (deleted + gone, steps + 1);
        match next {
            Some(next) => from = next,
            None => return (deleted, steps),
        }
    }
}

/// Visits a page anew on each of the days.
async fn visit_on(frontier: &Frontier, text: &str, days: &[u64]) {
    for day in days {
        let now = at(day * DAY);
        let asked = Seed { url: url(text), priority: 0, now: true };
        frontier.schedule(now, vec![asked]).await.expect("schedules");
        let claims = claim(frontier, now).await;
        let token =
            claims.iter().find(|claim| urls(&[(*claim).clone()]).contains(&text.to_owned())).expect("is due").token();
        finish(frontier, now, &token, text, page(&format!("{text} of day {day}"))).await;
    }
}

pub async fn only_old_fetches_that_were_followed_by_others_go<B: Bed>() {
    let frontier = opened::<B>(config(), at(0)).await;
    visit_on(&frontier, A, &[1, 2, 3, 100]).await;
    visit_on(&frontier, "http://b.example/old", &[4]).await;
    assert_eq!(pass(&frontier, at(2 * DAY), 10).await, (1, 1), "the limit itself is not before it");
    assert_eq!(pass(&frontier, at(50 * DAY), 10).await, (2, 1), "the only fetch of a page stays however old it is");
    assert_eq!(pass(&frontier, at(50 * DAY), 10).await, (0, 1));
    assert_eq!(pass(&frontier, at(200 * DAY), 10).await, (0, 1), "and so does the current one");

    // What is stored is as it was: a page that comes again unchanged is known to be.
    visit_on(&frontier, "http://b.example/old", &[201]).await;
    assert_eq!(pages_fetched(&frontier).await.len(), 6);
    assert_eq!(pass(&frontier, at(200 * DAY), 10).await, (1, 1));
}

pub async fn a_pass_goes_on_where_it_stopped<B: Bed>() {
    let frontier = opened::<B>(config(), at(0)).await;
    visit_on(&frontier, A, &[1, 2, 3, 4, 5, 6, 7]).await;
    let (deleted, steps) = pass(&frontier, at(50 * DAY), 2).await;
    assert_eq!(deleted, 6);
    assert!(steps >= 4, "two rows a step, {steps} steps");
}

pub async fn what_was_pruned_is_no_longer_recognised<B: Bed>() {
    let frontier = opened::<B>(config(), at(0)).await;
    seed(&frontier, at(DAY), &[A]).await;
    let token = claim(&frontier, at(DAY)).await.remove(0).token();
    let first = page("1");
    finish(&frontier, at(DAY), &token, A, first.clone()).await;
    let again = finish(&frontier, at(DAY), &token, A, first.clone()).await;
    assert_eq!((again.fetched, again.duplicates), (0, 1));
    visit_on(&frontier, A, &[2]).await;
    assert_eq!(pass(&frontier, at(3 * DAY), 10).await, (1, 1));
    let again = finish(&frontier, at(DAY), &token, A, first).await;
    assert_eq!((again.fetched, again.duplicates), (1, 0));
}
