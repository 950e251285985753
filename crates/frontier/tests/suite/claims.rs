//! Politeness, leases, order and scope of claims.

use super::*;
use baogao_frontier::PaceRule;

pub async fn best_urls_come_first<B: Bed>() {
    let frontier = opened::<B>(config(), at(0)).await;
    let seeds = [("http://a.example/low", -1), ("http://b.example/high", 5), ("http://a.example/middle", 1)];
    let seeds = seeds.map(|(text, priority)| Seed { url: url(text), priority, now: true });
    frontier.schedule(at(0), seeds.to_vec()).await.expect("schedules");
    seed(&frontier, at(1), &["http://a.example/zero", "http://a.example/zero-too"]).await;

    let request = ClaimRequest { owner: "test".into(), max_keys: 1, urls_per_key: 3, scope: Scope::default() };
    let first = frontier.claim(at(2), &request).await.expect("claims");
    assert_eq!(urls(&first), ["http://b.example/high"]);
    let second = frontier.claim(at(2), &request).await.expect("claims");
    let wanted = ["http://a.example/middle", "http://a.example/zero", "http://a.example/zero-too"];
    assert_eq!(urls(&second), wanted);
    assert_eq!(second[0].pace_key, "a.example");
    assert_eq!(second[0].delay, Duration::from_secs(10));
    assert_eq!(second[0].leased_until, at(62));
}

pub async fn a_key_has_one_owner_and_waits_for_its_delay<B: Bed>() {
    let frontier = opened::<B>(config(), at(0)).await;
    seed(&frontier, at(0), &["http://a.example/1", "http://a.example/2"]).await;
    let claims = claim(&frontier, at(0)).await;
    assert_eq!(claim(&frontier, at(0)).await, []);
    let done = finish(&frontier, at(3), &claims[0].token(), "http://a.example/1", page("1")).await;
    assert!(!done.stale && done.leased_until.is_none());
    assert_eq!(claim(&frontier, at(12)).await, []);
    assert_eq!(urls(&claim(&frontier, at(13)).await), ["http://a.example/2"]);
}

pub async fn a_crawl_delay_is_kept_and_taken_back<B: Bed>() {
    let frontier = opened::<B>(config(), at(0)).await;
    seed(&frontier, at(0), &["http://a.example/1"]).await;
    for (asked, kept) in [(Some(30), 30), (None, 30), (Some(3), 10)] {
        seed(&frontier, at(0), &["http://a.example/1"]).await;
        let now = frontier.stats(at(0), &Scope::default()).await.expect("counts").next_due.expect("a URL");
        let claims = claim(&frontier, now).await;
        let pace = Pace { next_at: now, delay: asked.map(Duration::from_secs), release: true };
        hand_in(&frontier, now, &claims[0].token(), "http://a.example/1", page("1"), pace).await;
        seed(&frontier, at(0), &["http://a.example/1"]).await;
        let next = claim(&frontier, now).await;
        assert_eq!(next[0].delay, Duration::from_secs(kept), "after {asked:?}");
        let pace = Pace { next_at: now, delay: None, release: true };
        frontier.complete(now, &next[0].token(), Vec::new(), pace).await.expect("completes");
    }
}

pub async fn hosts_of_one_rule_share_a_pace<B: Bed>() {
    let rule = PaceRule { domain: "platform.example".into(), key: "platform".into() };
    let frontier = opened::<B>(FrontierConfig { pace_rules: vec![rule], ..config() }, at(0)).await;
    let hosts = ["http://qinglan.platform.example/", "http://lincheng.platform.example/", "http://other.example/"];
    seed(&frontier, at(0), &hosts).await;
    let mut claims = claim(&frontier, at(0)).await;
    claims.sort_by(|a, b| a.pace_key.cmp(&b.pace_key));
    let keys: Vec<&str> = claims.iter().map(|claim| claim.pace_key.as_str()).collect();
    assert_eq!(keys, ["other.example", "platform"]);
    assert_eq!(claims[1].urls.len(), 2);
}

pub async fn changed_rules_move_known_hosts<B: Bed>() {
    let bed = B::new();
    let frontier = bed.open(config(), at(0)).await;
    seed(&frontier, at(0), &["http://a.platform.example/1", "http://b.platform.example/1"]).await;
    assert_eq!(claim(&frontier, at(0)).await.len(), 2);
    frontier.close().await.expect("closes");

    let rule = PaceRule { domain: "platform.example".into(), key: "platform".into() };
    let frontier = bed.open(FrontierConfig { pace_rules: vec![rule], ..config() }, at(1)).await;
    assert_eq!(claim(&frontier, at(10)).await, [], "the stricter politeness of both holds");
    let claims = claim(&frontier, at(11)).await;
    assert_eq!((claims.len(), claims[0].urls.len()), (1, 2));
    frontier.close().await.expect("closes");

    let frontier = bed.open(config(), at(12)).await;
    assert_eq!(claim(&frontier, at(22)).await.len(), 2);
}

pub async fn a_lost_lease_is_waited_out_with_its_delay<B: Bed>() {
    let frontier = opened::<B>(config(), at(0)).await;
    seed(&frontier, at(0), &["http://a.example/1"]).await;
    let first = claim(&frontier, at(0)).await;
    assert_eq!(first[0].leased_until, at(60));
    assert_eq!(claim(&frontier, at(69)).await, []);
    let second = claim(&frontier, at(70)).await;
    assert_eq!(urls(&second), ["http://a.example/1"]);
    assert!(second[0].epoch > first[0].epoch);
}

pub async fn a_late_completion_publishes_and_moves_nothing<B: Bed>() {
    let frontier = opened::<B>(config(), at(0)).await;
    seed(&frontier, at(0), &["http://a.example/1", "http://a.example/2", "http://a.example/3"]).await;
    let late = claim(&frontier, at(0)).await[0].token();
    let owner = claim(&frontier, at(70)).await;
    let target = Outcome::Redirected { to: url("http://a.example/4"), status: 302 };
    for (text, outcome) in [
        ("http://a.example/1", page("1")),
        ("http://a.example/2", failure("http_404", false)),
        ("http://a.example/3", target),
    ] {
        let done = finish(&frontier, at(71), &late, text, outcome).await;
        assert!(done.stale && done.leased_until.is_none(), "{text}");
    }
    assert_eq!(pages_fetched(&frontier).await.len(), 1);
    let stats = frontier.stats(at(71), &Scope::default()).await.expect("counts");
    assert_eq!((stats.known, stats.unvisited, stats.due_now, stats.leased_keys), (3, 3, 3, 1));
    assert_eq!(claim(&frontier, at(100)).await, [], "the owner still holds the key");

    let done = finish(&frontier, at(101), &owner[0].token(), "http://a.example/1", page("1")).await;
    assert!(!done.stale);
    assert_eq!(pages_fetched(&frontier).await.len(), 2);
}

pub async fn a_partial_batch_renews_the_lease<B: Bed>() {
    let frontier = opened::<B>(config(), at(0)).await;
    seed(&frontier, at(0), &["http://a.example/1", "http://a.example/2"]).await;
    let token = claim(&frontier, at(0)).await[0].token();
    let pace = Pace { next_at: at(60), delay: None, release: false };
    let done = hand_in(&frontier, at(50), &token, "http://a.example/1", page("1"), pace).await;
    assert_eq!(done.leased_until, Some(at(110)));
    assert_eq!(claim(&frontier, at(119)).await, []);
    assert_eq!(urls(&claim(&frontier, at(120)).await), ["http://a.example/2"]);
}

pub async fn a_dead_predecessors_leases_end_and_its_politeness_stays<B: Bed>() {
    let bed = B::new();
    let frontier = bed.open(config(), at(0)).await;
    seed(&frontier, at(0), &["http://a.example/1", "http://b.example/1", "http://c.example/1"]).await;
    let claims = claim(&frontier, at(0)).await;
    let token = |host: &str| claims.iter().find(|claim| claim.pace_key == host).expect("is claimed").token();
    // `b` was released with a wait, `c` asked to be left alone in the middle of its claim.
    let pace = Pace { next_at: at(40), delay: None, release: true };
    frontier.complete(at(1), &token("b.example"), Vec::new(), pace).await.expect("completes");
    let busy =
        Outcome::Failed { reason: "http_503".into(), transient: true, retry_after: Some(Duration::from_secs(300)) };
    let pace = Pace { next_at: at(10), delay: None, release: false };
    hand_in(&frontier, at(1), &token("c.example"), "http://c.example/1", busy, pace).await;
    frontier.close().await.expect("closes");

    let frontier = bed.open(config(), at(5)).await;
    assert_eq!(claim(&frontier, at(14)).await, [], "the last request may have left just before the end");
    assert_eq!(urls(&claim(&frontier, at(15)).await), ["http://a.example/1"]);
    assert_eq!(urls(&claim(&frontier, at(40)).await), ["http://b.example/1"]);
    assert_eq!(claim(&frontier, at(300)).await.iter().filter(|claim| claim.pace_key == "c.example").count(), 0);
    assert!(claim(&frontier, at(302)).await.iter().any(|claim| claim.pace_key == "c.example"));

    let done = finish(&frontier, at(303), &token("a.example"), "http://a.example/1", page("1")).await;
    assert!(done.stale, "a token of the dead process is worth nothing");
}

/// `a.example` with one URL at each depth from 0 to 2, and `b.example` with a seed.
async fn two_sites(frontier: &Frontier) {
    seed(frontier, at(0), &["http://www.a.example/0", "http://b.example/0"]).await;
    for depth in 0..2 {
        let page_url = format!("http://www.a.example/{depth}");
        let next = url(&format!("http://www.a.example/{}", depth + 1));
        let link = baogao_frontier::NewUrl { url: next, priority: 0, role: baogao_model::LinkRole::Article };
        frontier.store_links(at(0), &links(&page_url, 1, PageKind::List), vec![link]).await.expect("stores");
    }
}

pub async fn scopes_bound_claims<B: Bed>() {
    let frontier = opened::<B>(config(), at(0)).await;
    two_sites(&frontier).await;
    let one_site = Scope { sites: Some(vec!["a.example".into()]), max_depth: Some(1), ..Scope::default() };
    let stats = frontier.stats(at(0), &one_site).await.expect("counts");
    assert_eq!((stats.known, stats.due_now, stats.hosts), (2, 2, 1));
    let claims = claim_in(&frontier, at(0), one_site).await;
    assert_eq!(urls(&claims), ["http://www.a.example/0", "http://www.a.example/1"]);
    let nowhere = Scope { sites: Some(Vec::new()), ..Scope::default() };
    assert_eq!(claim_in(&frontier, at(0), nowhere.clone()).await, []);
    let stats = frontier.stats(at(0), &nowhere).await.expect("counts");
    assert_eq!((stats.known, stats.next_due), (0, None));
    assert_eq!(urls(&claim(&frontier, at(0)).await), ["http://b.example/0"]);
}

pub async fn hosts_bound_claims_and_counts<B: Bed>() {
    let www = Scope { hosts: Some(vec!["www.a.example".into(), "www.b.example".into()]), ..Scope::default() };
    let both = Scope { sites: Some(vec!["a.example".into()]), ..www.clone() };
    let none = Scope { hosts: Some(Vec::new()), ..Scope::default() };
    for (scope, wanted) in [
        (none, &[] as &[&str]),
        (both, &["http://www.a.example/1"]),
        (www, &["http://www.a.example/1", "http://www.b.example/1"]),
    ] {
        let frontier = opened::<B>(config(), at(0)).await;
        seed(&frontier, at(0), &["http://www.a.example/1", "http://bbs.a.example/1", "http://www.b.example/1"]).await;
        let stats = frontier.stats(at(0), &scope).await.expect("counts");
        let n = wanted.len() as u64;
        assert_eq!((stats.known, stats.due_now, stats.hosts), (n, n, n), "{scope:?}");
        assert_eq!(stats.next_due.is_some(), n > 0, "{scope:?}");
        assert_eq!(urls(&claim_in(&frontier, at(0), scope).await), wanted);
    }
}

pub async fn prefixes_bound_claims_and_what_is_due<B: Bed>() {
    let texts = [
        "http://www.a.example/zwgk",
        "http://www.a.example/zwgk/1.html",
        "https://www.a.example/zwgk/2.html?page=1",
        "http://www.a.example/other/?from=www.a.example/zwgk/",
        "http://www.a.example:8080/zwgk/3.html",
        "http://www.a.example.b.example/zwgk/",
        "http://[2001:db8::1]/zwgk/",
        "http://[2001:db8::1]:81/zwgk/",
    ];
    for (prefixes, hosts, wanted) in [
        (vec!["www.a.example/zwgk/"], None, vec![1, 2]),
        (vec!["www.a.example/zwgk"], None, vec![0, 1, 2]),
        (vec!["www.a.example:8080/", "www.a.example/other/"], None, vec![3, 4]),
        (vec!["www.a.example/zwgk/2.html?page"], None, vec![]),
        (vec!["www.a.example"], None, vec![0, 1, 2, 3, 4, 5]),
        (vec!["www.a.example/zwgk/", "www.a.example.b"], None, vec![1, 2, 5]),
        (vec!["www.a.example/zwgk/", "www.a.example.b.example/"], Some("www.a.example.b.example"), vec![5]),
        (vec!["www.a.example/zwgk/"], Some("www.b.example"), vec![]),
        (vec!["[2001:db8::1]/"], None, vec![6]),
        (vec!["[2001:db8::1]:81/"], None, vec![7]),
        (vec!["http://www.a.example/"], None, vec![]),
        (vec![""], None, (0..texts.len()).collect()),
        (vec![], None, vec![]),
    ] {
        let frontier = opened::<B>(config(), at(0)).await;
        seed(&frontier, at(0), &texts).await;
        let scope = Scope {
            prefixes: Some(prefixes.into_iter().map(str::to_owned).collect()),
            hosts: hosts.map(|host: &str| vec![host.to_owned()]),
            ..Scope::default()
        };
        let stats = frontier.stats(at(0), &scope).await.expect("counts");
        assert_eq!(stats.due_now, wanted.len() as u64, "{scope:?}");
        assert_eq!(stats.next_due, (!wanted.is_empty()).then_some(at(0)), "{scope:?}");
        let mut claimed = urls(&claim_in(&frontier, at(0), scope.clone()).await);
        claimed.sort_by_key(|text| texts.iter().position(|known| known == text));
        assert_eq!(claimed, wanted.into_iter().map(|n| texts[n]).collect::<Vec<_>>(), "{scope:?}");
    }
}

pub async fn a_prefix_looks_behind_other_urls<B: Bed>() {
    let frontier = opened::<B>(config(), at(0)).await;
    // What is outside has a better priority or has been due for longer.
    let outside = (0..30).map(|n| (format!("http://a.example/out/{n}"), i32::from(n % 2 == 0), 0));
    let inside = [("http://a.example/in/2", 0, 3), ("http://a.example/in/1", 0, 2), ("http://a.example/in/0", -1, 1)];
    for (text, priority, due) in outside.chain(inside.map(|(text, priority, due)| (text.to_owned(), priority, due))) {
        let seeds = vec![Seed { url: url(&text), priority, now: true }];
        frontier.schedule(at(due), seeds).await.expect("schedules");
    }
    let scope = Scope { prefixes: Some(vec!["a.example/in/".into()]), ..Scope::default() };
    let next = async || frontier.stats(at(3), &scope).await.expect("counts").next_due;
    assert_eq!(next().await, Some(at(1)));
    assert_eq!(claim_in(&frontier, at(0), scope.clone()).await, [], "what is due is outside");
    let claims = claim_in(&frontier, at(3), scope.clone()).await;
    assert_eq!(urls(&claims), ["http://a.example/in/1", "http://a.example/in/2", "http://a.example/in/0"]);
    for due in &claims[0].urls {
        let pace = Pace { next_at: at(13), delay: None, release: due == &claims[0].urls[2] };
        hand_in(&frontier, at(3), &claims[0].token(), due.url.as_str(), page("x"), pace).await;
    }
    let stats = frontier.stats(at(DAY), &scope).await.expect("counts");
    assert_eq!(stats.due_now, 0);
    assert!(next().await > Some(at(DAY)), "a crawl of this scope is over");
    assert_eq!(stats.known, 33, "a prefix counts as its host");
}

pub async fn scoped_claims_look_past_full_windows<B: Bed>() {
    let frontier = opened::<B>(config(), at(0)).await;
    // 600 hosts whose only due URL is too deep, and one host that has waited less.
    seed(&frontier, at(0), &["http://list.example/"]).await;
    let deep = (0..600).map(|n| baogao_frontier::NewUrl {
        url: url(&format!("http://h{n}.example/")),
        priority: 0,
        role: baogao_model::LinkRole::Other,
    });
    let found = links("http://list.example/", 1, PageKind::List);
    frontier.store_links(at(0), &found, deep.collect()).await.expect("stores");
    visit_one(&frontier, "http://list.example/").await;
    seed(&frontier, at(1), &["http://late.example/"]).await;
    let claims = claim_in(&frontier, at(1), Scope { max_depth: Some(0), ..Scope::default() }).await;
    assert_eq!(urls(&claims), ["http://late.example/"]);
    seed(&frontier, at(1), &["http://tardy.example/"]).await;
    let by_prefix = Scope { prefixes: Some(vec!["tardy.ex".into()]), ..Scope::default() };
    assert_eq!(urls(&claim_in(&frontier, at(1), by_prefix).await), ["http://tardy.example/"]);
}

/// Claims the site of a URL at time 0 and fetches the URL.
async fn visit_one(frontier: &Frontier, text: &str) {
    let scope = Scope { sites: Some(vec![url(text).site()]), ..Scope::default() };
    let claims = claim_in(frontier, at(0), scope).await;
    finish(frontier, at(0), &claims[0].token(), text, page("x")).await;
}

pub async fn next_due_says_when_a_claim_succeeds<B: Bed>() {
    let frontier = opened::<B>(config(), at(0)).await;
    let next = async |scope: &Scope| frontier.stats(at(0), scope).await.expect("counts").next_due;
    let scopes = [
        Scope::default(),
        Scope { sites: Some(vec!["a.example".into()]), ..Scope::default() },
        Scope { max_depth: Some(3), ..Scope::default() },
        Scope { hosts: Some(vec!["a.example".into()]), ..Scope::default() },
        Scope { prefixes: Some(vec!["a.example/".into()]), ..Scope::default() },
    ];
    assert_eq!(next(&scopes[0]).await, None);
    seed(&frontier, at(5), &["http://a.example/1", "http://a.example/2"]).await;
    for scope in &scopes {
        assert_eq!(next(scope).await, Some(at(5)));
    }
    assert_eq!(claim(&frontier, at(4)).await, []);
    let token = claim(&frontier, at(5)).await[0].token();
    for scope in &scopes {
        assert_eq!(next(scope).await, Some(at(75)), "the lease and one delay");
    }
    finish(&frontier, at(6), &token, "http://a.example/1", page("1")).await;
    for scope in &scopes {
        assert_eq!(next(scope).await, Some(at(16)));
    }
    let token = claim(&frontier, at(16)).await[0].token();
    finish(&frontier, at(16), &token, "http://a.example/2", page("2")).await;
    let due = next(&scopes[0]).await.expect("a revisit");
    assert_eq!(claim(&frontier, due - Duration::from_micros(1)).await, []);
    assert_eq!(claim(&frontier, due).await.len(), 1);
}
