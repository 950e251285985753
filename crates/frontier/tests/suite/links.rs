//! What the links of a page bring.

use super::*;
use baogao_frontier::{MAX_GROUP_MEMBERS, NewUrl};
use baogao_model::LinkRole;

const LIST: &str = "http://a.example/list";

fn link(text: &str, role: LinkRole) -> NewUrl {
    NewUrl { url: url(text), priority: 0, role }
}

/// The depth of each due URL of `a.example`.
async fn depths(frontier: &Frontier, now: Timestamp) -> Vec<(String, u32)> {
    let claims = claim(frontier, now).await;
    claims.iter().flat_map(|claim| &claim.urls).map(|due| (due.url.to_string(), due.depth)).collect()
}

pub async fn links_are_stored_once<B: Bed>() {
    let frontier = opened::<B>(config(), at(0)).await;
    seed(&frontier, at(0), &[LIST]).await;
    visit_all(&frontier, at(0), || page("list")).await;
    let new = || vec![link("http://a.example/1", LinkRole::Article), link(LIST, LinkRole::Other)];
    let found = links(LIST, 1, PageKind::List);
    let stored = frontier.store_links(at(1), &found, new()).await.expect("stores");
    assert_eq!((stored.new, stored.known), (1, 1));
    let before = frontier.stats(at(1), &Scope::default()).await.expect("counts");
    let again = frontier.store_links(at(99), &found, new()).await.expect("stores");
    assert_eq!((again.new, again.known), (0, 2));
    assert_eq!(frontier.stats(at(1), &Scope::default()).await.expect("counts"), before);
    assert_eq!(depths(&frontier, at(100)).await, [("http://a.example/1".to_owned(), 1)]);
}

pub async fn parts_stand_at_the_pages_own_depth<B: Bed>() {
    let frontier = opened::<B>(config(), at(0)).await;
    seed(&frontier, at(0), &[LIST]).await;
    visit_all(&frontier, at(0), || page("list")).await;
    let found = part_links(LIST, 1, "k", 1, &[(1, LIST), (2, "http://a.example/list_2")]);
    let new = vec![link("http://a.example/list_2", LinkRole::Article), link("http://a.example/part", LinkRole::Part)];
    let stored = frontier.store_links(at(1), &found, new).await.expect("stores");
    assert_eq!((stored.new, stored.known), (2, 1), "the page itself is known");
    let wanted = ["http://a.example/list_2", "http://a.example/part"].map(|text| (text.to_owned(), 0));
    assert_eq!(depths(&frontier, at(20)).await, wanted);
}

pub async fn a_shorter_way_counts<B: Bed>() {
    let frontier = opened::<B>(config(), at(0)).await;
    seed(&frontier, at(0), &[LIST]).await;
    visit_all(&frontier, at(0), || page("list")).await;
    let deep = vec![link("http://a.example/1", LinkRole::List)];
    frontier.store_links(at(1), &links(LIST, 1, PageKind::List), deep).await.expect("stores");
    let deeper = vec![link("http://a.example/2", LinkRole::Article)];
    frontier.store_links(at(2), &links("http://a.example/1", 2, PageKind::List), deeper).await.expect("stores");
    let near = vec![NewUrl { priority: 3, ..link("http://a.example/2", LinkRole::Article) }];
    frontier.store_links(at(3), &links(LIST, 1, PageKind::List), near).await.expect("stores");
    let wanted = [("http://a.example/2".to_owned(), 1), ("http://a.example/1".to_owned(), 1)];
    assert_eq!(depths(&frontier, at(20)).await, wanted, "the higher priority counts too");
}

pub async fn traps_are_refused_and_counted<B: Bed>() {
    let frontier = opened::<B>(config(), at(0)).await;
    seed(&frontier, at(0), &[LIST]).await;
    let deep = format!("http://a.example{}", "/x/y/z".repeat(2)) + "/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15";
    let new = vec![link("http://a.example/a/a/a/1", LinkRole::Article), link(&deep, LinkRole::Article)];
    let found = part_links(LIST, 1, "k", 1, &[(2, "http://a.example/b/c/b/c/b/c/")]);
    let stored = frontier.store_links(at(1), &found, new).await.expect("stores");
    assert_eq!((stored.new, stored.refused_repetition, stored.refused_too_deep), (0, 2, 1));
}

pub async fn links_of_unknown_pages_are_left<B: Bed>() {
    let frontier = opened::<B>(config(), at(0)).await;
    let new = vec![link("http://a.example/1", LinkRole::Article)];
    let stored = frontier.store_links(at(1), &links(LIST, 1, PageKind::List), new).await.expect("stores");
    assert!(stored.unknown_page && stored.new == 0);
    assert_eq!(frontier.stats(at(1), &Scope::default()).await.expect("counts").known, 0);
}

pub async fn members_are_checked<B: Bed>() {
    let frontier = opened::<B>(config(), at(0)).await;
    seed(&frontier, at(0), &[LIST]).await;
    let members: Vec<(u32, String)> =
        (2..=MAX_GROUP_MEMBERS as u32 + 3).map(|n| (n, format!("http://a.example/list_{n}"))).collect();
    let mut named: Vec<(u32, &str)> = vec![(9, "http://elsewhere.example/9"), (9, "no URL at all")];
    named.extend(members.iter().map(|(part, text)| (*part, text.as_str())));
    let stored = frontier.store_links(at(1), &part_links(LIST, 1, "k", 1, &named), Vec::new()).await.expect("stores");
    assert_eq!((stored.new, stored.refused_members), (MAX_GROUP_MEMBERS as u64 - 1, 2 + 3));
    // Another page of the group cannot make it grow further.
    let more = part_links("http://a.example/list_2", 2, "k", 2, &[(999, "http://a.example/list_999")]);
    frontier.store_links(at(2), &more, Vec::new()).await.expect("stores");
    frontier.expire_groups(at(2 * DAY)).await.expect("expires");
    assert_eq!(documents(&frontier).await, [], "nothing of it was fetched");
}
