//! What was taken down.

use super::*;
use baogao_frontier::FORGOTTEN;
use baogao_model::{Target, Tombstone};

fn tombstone(target: &str, second: u64, reason: Option<&str>) -> Tombstone {
    Tombstone { target: Target::parse(target).expect("a target"), at: at(second), reason: reason.map(str::to_owned) }
}

pub async fn tombstones_are_kept_once_and_lifted<B: Bed>() {
    let bed = B::new();
    let frontier = bed.open(config(), at(0)).await;
    let page = tombstone("http://www.a.example/1?x=y", 2, Some("a court said so"));
    let site = tombstone("b.example", 1, None);
    frontier.forget(vec![page.clone(), site.clone()]).await.expect("keeps");
    frontier.forget(vec![tombstone("https://www.a.example/1?x=y", 9, Some("again"))]).await.expect("keeps");
    frontier.forget(Vec::new()).await.expect("keeps");
    assert_eq!(frontier.forgotten().await.expect("reads"), [site.clone(), page.clone()]);
    frontier.close().await.expect("closes");

    let frontier = bed.open(config(), at(10)).await;
    assert_eq!(frontier.forgotten().await.expect("reads"), [site.clone(), page.clone()]);
    assert!(frontier.lift(&page.target).await.expect("lifts"));
    assert!(!frontier.lift(&page.target).await.expect("lifts"));
    assert_eq!(frontier.forgotten().await.expect("reads"), [site]);
}

pub async fn what_was_forgotten_is_asked_for_whole_again<B: Bed>() {
    let frontier = opened::<B>(config(), at(0)).await;
    seed(&frontier, at(0), &["http://a.example/1"]).await;
    visit_all(&frontier, at(0), || page("1")).await;
    seed_now(&frontier, at(100)).await;
    let due = claim(&frontier, at(100)).await.remove(0);
    assert!(due.urls[0].etag.is_some());
    let excluded = Outcome::Excluded { reason: FORGOTTEN.to_owned() };
    let done = finish(&frontier, at(100), &due.token(), "http://a.example/1", excluded).await;
    assert_eq!((done.excluded, done.fetched), (1, 0));
    seed_now(&frontier, at(200)).await;
    assert_eq!(claim(&frontier, at(200)).await.remove(0).urls[0].etag, None);
}

async fn seed_now(frontier: &Frontier, now: Timestamp) {
    let asked = Seed { url: url("http://a.example/1"), priority: 0, now: true };
    frontier.schedule(now, vec![asked]).await.expect("schedules");
}
