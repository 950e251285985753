//! Random crawls: whatever happens, the promises hold.

use super::*;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use std::collections::HashMap;

/// What a generated crawl does next.
#[derive(Debug, Clone)]
enum Step {
    Advance(u64),
    Claim {
        keys: usize,
        urls: usize,
        scope: Scope,
    },
    /// Completes a URL of one of the last four claims, late or not.
    Complete {
        claim: usize,
        fate: u8,
        release: bool,
    },
    Reopen,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (1_u64..100).prop_map(Step::Advance),
        1 => (DAY..40 * DAY).prop_map(Step::Advance),
        4 => (1_usize..3, 1_usize..4, scope()).prop_map(|(keys, urls, scope)| Step::Claim { keys, urls, scope }),
        6 => (0_usize..4, 0_u8..6, any::<bool>())
            .prop_map(|(claim, fate, release)| Step::Complete { claim, fate, release }),
        1 => Just(Step::Reopen),
    ]
}

fn scope() -> impl Strategy<Value = Scope> {
    prop_oneof![
        3 => Just(Scope::default()),
        1 => Just(Scope { hosts: Some(vec!["b.example".into()]), ..Scope::default() }),
        1 => (1..4).prop_map(|n| Scope { prefixes: Some(vec![format!("b.example/{n}")]), ..Scope::default() }),
    ]
}

fn outcome(fate: u8, n: usize) -> Outcome {
    match fate {
        0 => page(&format!("body {n}")),
        1 => page("same"),
        2 => failure("timeout", true),
        3 => failure("http_404", false),
        4 => Outcome::Redirected { to: url(&format!("http://b.example/{}", n % 5)), status: 302 },
        _ => Outcome::NotModified,
    }
}

/// What the tests know of a pace key: it may not be claimed before this.
type NotBefore = HashMap<String, Timestamp>;

async fn check<B: Bed>(steps: Vec<Step>) -> Result<(), TestCaseError> {
    let bed = B::new();
    let mut frontier = bed.open(config(), at(0)).await;
    seed(&frontier, at(0), &["http://a.example/1", "http://a.example/2", "http://b.example/1", "http://c.example/"])
        .await;
    let (mut now, mut claims, mut not_before) = (at(0), Vec::new(), NotBefore::new());
    let mut fetched = 0;
    for (n, step) in steps.into_iter().enumerate() {
        match step {
            Step::Advance(seconds) => now += Duration::from_secs(seconds),
            Step::Claim { keys, urls, scope } => {
                let next = frontier.stats(now, &scope).await.expect("counts").next_due;
                let request = ClaimRequest { owner: "test".into(), max_keys: keys, urls_per_key: urls, scope };
                let new = frontier.claim(now, &request).await.expect("claims");
                prop_assert_eq!(!new.is_empty(), next.is_some_and(|next| next <= now), "next_due tells the truth");
                prop_assert!(new.len() <= keys);
                for claim in new {
                    prop_assert!((1..=urls).contains(&claim.urls.len()));
                    let earliest = not_before.get(&claim.pace_key).copied().unwrap_or(at(0));
                    prop_assert!(now >= earliest, "{} is claimed at {now}, before {earliest}", claim.pace_key);
                    not_before.insert(claim.pace_key.clone(), claim.leased_until + claim.delay);
                    claims.push(claim);
                }
            }
            Step::Complete { claim: back, fate, release } if back < claims.len() => {
                let claim: &Claim = &claims[claims.len() - 1 - back];
                let text = claim.urls[n % claim.urls.len()].url.to_string();
                let pace = Pace { next_at: now + claim.delay, delay: None, release };
                let done = hand_in(&frontier, now, &claim.token(), &text, outcome(fate, n), pace).await;
                fetched += usize::from(fate < 2);
                prop_assert_eq!(done.fetched, u64::from(fate < 2));
                if !done.stale {
                    let end = done.leased_until.unwrap_or(now) + claim.delay;
                    not_before.insert(claim.pace_key.clone(), end);
                }
            }
            Step::Complete { .. } => {}
            Step::Reopen => {
                frontier.close().await.expect("closes");
                frontier = bed.open(config(), now).await;
                // Nobody holds a lease any more, but every request may have been a moment ago.
                for earliest in not_before.values_mut() {
                    *earliest = (*earliest).min(now + Duration::from_secs(10));
                }
            }
        }
    }
    let pages = pages_fetched(&frontier).await;
    prop_assert_eq!(pages.len(), fetched, "every response is published once");
    prop_assert!(pages.is_sorted_by(|a, b| a.fetch_no < b.fetch_no), "fetch numbers rise");
    let stats = frontier.stats(now, &Scope::default()).await.expect("counts");
    let states =
        [stats.unvisited, stats.fetched, stats.redirected, stats.pending_retries, stats.failed, stats.excluded];
    prop_assert_eq!(stats.known, states.iter().sum::<u64>());
    // Nothing is lost: in a year, every URL is visited again.
    let year = now + Duration::from_secs(365 * DAY);
    let all = frontier.stats(year, &Scope::default()).await.expect("counts");
    prop_assert_eq!(all.due_now, all.known);
    Ok(())
}

pub async fn random_crawls_keep_the_promises<B: Bed>() {
    // Crawls are run on a thread of their own, as proptest is not async.
    tokio::task::spawn_blocking(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        TestRunner::new(Config { cases: 48 / B::ONE_STORY_OF, failure_persistence: None, ..Config::default() })
            .run(&prop::collection::vec(step(), 1..60), |steps| runtime.block_on(check::<B>(steps)))
            .unwrap_or_else(|error| panic!("{error}"));
    })
    .await
    .expect("runs");
}
