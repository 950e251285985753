//! Document groups: the parts of split articles, in every order.

use super::*;
use baogao_model::event::{Part, PartState};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

const ONE: &str = "http://a.example/12.html";
const TWO: &str = "http://a.example/12_2.html";
const THREE: &str = "http://a.example/12_3.html";
const ALL: [(u32, &str); 3] = [(1, ONE), (2, TWO), (3, THREE)];

/// A frontier that holds the parts as seeds, and a claim of their host that never ends.
pub struct Site {
    /// Keeps the place of the frontier.
    _bed: Box<dyn std::any::Any>,
    frontier: Frontier,
    token: ClaimToken,
    now: Timestamp,
}

impl Site {
    async fn new<B: Bed>() -> Self {
        let config = FrontierConfig { lease: Duration::from_secs(1000 * DAY), ..config() };
        let bed = B::new();
        let frontier = bed.open(config, at(0)).await;
        seed(&frontier, at(0), &[ONE, TWO, THREE]).await;
        let token = claim(&frontier, at(0)).await[0].token();
        Self { _bed: Box::new(bed), frontier, token, now: at(0) }
    }

    /// Hands in one outcome a second later than the last.
    async fn visit(&mut self, text: &str, outcome: Outcome) -> Completed {
        self.now += Duration::from_secs(1);
        let pace = Pace { next_at: self.now, delay: None, release: false };
        hand_in(&self.frontier, self.now, &self.token, text, outcome, pace).await
    }

    /// Stores the word of a page as it was fetched last.
    async fn say(&self, text: &str, part: u32, members: &[(u32, &str)]) {
        let found = part_links(text, fetch_no(&self.frontier, text).await, "12", part, members);
        self.frontier.store_links(self.now, &found, Vec::new()).await.expect("stores");
    }

    async fn say_alone(&self, text: &str) {
        let found = links(text, fetch_no(&self.frontier, text).await, PageKind::Article);
        self.frontier.store_links(self.now, &found, Vec::new()).await.expect("stores");
    }

    /// Fetches the three parts and stores what they say.
    async fn whole(&mut self) {
        for (part, text) in ALL {
            self.visit(text, page(text)).await;
            self.say(text, part, &ALL).await;
        }
    }

    /// Looks at parts again that have not changed.
    async fn find_unchanged(&mut self, parts: &[&str]) {
        for text in parts {
            self.visit(text, Outcome::NotModified).await;
        }
    }

    async fn documents(&self) -> Vec<DocumentReady> {
        documents(&self.frontier).await
    }

    async fn open_groups(&self) -> u64 {
        self.frontier.stats(self.now, &Scope::default()).await.expect("counts").open_groups
    }
}

/// A document's parts as short words: `1 …/12.html fetched`.
fn parts(document: &DocumentReady) -> Vec<(u32, &str, &str)> {
    let word = |part: &Part| match &part.state {
        PartState::Fetched { .. } => "fetched",
        PartState::Failed { .. } => "failed",
        PartState::Overdue => "overdue",
    };
    document.parts.iter().map(|part| (part.part, part.url.as_str(), word(part))).collect()
}

const WHOLE: [(u32, &str, &str); 3] = [(1, ONE, "fetched"), (2, TWO, "fetched"), (3, THREE, "fetched")];

pub async fn a_document_is_ready_when_its_last_part_is<B: Bed>() {
    let mut site = Site::new::<B>().await;
    site.visit(ONE, page("1")).await;
    site.say(ONE, 1, &[(1, ONE), (2, TWO)]).await;
    site.visit(TWO, page("2")).await;
    assert_eq!((site.documents().await.len(), site.open_groups().await), (0, 1), "part 2 may name a part 3");
    site.say(TWO, 2, &[(2, TWO), (3, THREE)]).await;
    assert_eq!(site.documents().await.len(), 0);
    site.visit(THREE, failure("http_404", false)).await;
    let documents = site.documents().await;
    assert_eq!(documents.len(), 1);
    assert_eq!(parts(&documents[0]), [(1, ONE, "fetched"), (2, TWO, "fetched"), (3, THREE, "failed")]);
    assert_eq!(documents[0].fetch_no, fetch_no(&site.frontier, TWO).await);
    assert_eq!((documents[0].site.as_str(), documents[0].document_key.as_str()), ("a.example", "12"));
    assert_eq!(documents[0].fetched_at, at(2));
    assert_eq!(site.open_groups().await, 0);
}

pub async fn an_unchanged_part_sends_nothing<B: Bed>() {
    let mut site = Site::new::<B>().await;
    site.whole().await;
    assert_eq!(site.documents().await.len(), 1);
    site.visit(TWO, page(TWO)).await;
    site.say(TWO, 2, &ALL).await;
    site.visit(THREE, Outcome::NotModified).await;
    site.visit(ONE, failure("timeout", true)).await;
    assert_eq!(site.documents().await.len(), 1);
    assert_eq!(site.open_groups().await, 0);
}

pub async fn a_text_that_returns_is_sent_again<B: Bed>() {
    let mut site = Site::new::<B>().await;
    site.whole().await;
    for text in ["changed", TWO] {
        site.visit(TWO, page(text)).await;
        site.say(TWO, 2, &ALL).await;
        site.find_unchanged(&[ONE, THREE]).await;
    }
    let documents = site.documents().await;
    assert_eq!(documents.len(), 3);
    assert!(documents[0].fetch_no < documents[1].fetch_no && documents[1].fetch_no < documents[2].fetch_no);
    let mut ids: Vec<String> = messages(&site.frontier).await.into_iter().map(|message| message.id).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), messages(&site.frontier).await.len(), "no two messages share an id");
}

pub async fn a_changed_part_calls_its_siblings_back<B: Bed>() {
    let mut site = Site::new::<B>().await;
    site.whole().await;
    let pace = Pace { next_at: site.now, delay: None, release: true };
    site.frontier.complete(site.now, &site.token, Vec::new(), pace).await.expect("completes");
    assert_eq!(claim(&site.frontier, site.now).await, [], "nothing is due so soon");

    site.now += Duration::from_secs(1);
    finish(&site.frontier, site.now, &site.token, TWO, page("edited")).await;
    site.say(TWO, 2, &ALL).await;
    assert_eq!((site.documents().await.len(), site.open_groups().await), (1, 1), "no mixture of old and new");
    site.now += Duration::from_secs(60);
    seed(&site.frontier, site.now, &["http://a.example/other.html"]).await;
    let claims = claim(&site.frontier, site.now).await;
    let mut due = urls(&claims);
    due.sort_unstable();
    assert_eq!(due, [ONE, THREE, "http://a.example/other.html"]);
    site.token = claims[0].token();

    site.visit(ONE, failure("timeout", true)).await;
    site.find_unchanged(&[THREE]).await;
    assert_eq!(site.documents().await.len(), 1, "part 1 is tried again soon");
    site.visit(ONE, page("edited too")).await;
    site.say(ONE, 1, &ALL).await;
    let documents = site.documents().await;
    assert_eq!((documents.len(), site.open_groups().await), (2, 0), "a part called back calls nobody");
    assert_eq!(parts(&documents[1]), WHOLE);
    assert_eq!(documents[1].fetch_no, fetch_no(&site.frontier, ONE).await);
}

pub async fn a_newer_extractor_sends_again<B: Bed>() {
    let mut site = Site::new::<B>().await;
    site.whole().await;
    for (part, text) in ALL {
        let mut found = part_links(text, fetch_no(&site.frontier, text).await, "12", part, &ALL);
        found.extractor_version = 2;
        site.frontier.store_links(site.now, &found, Vec::new()).await.expect("stores");
    }
    let documents = site.documents().await;
    assert_eq!(documents.len(), 2, "once for the document, not once a part");
    assert_eq!(documents[0].parts, documents[1].parts);
}

pub async fn an_older_word_is_overtaken<B: Bed>() {
    let mut site = Site::new::<B>().await;
    site.visit(ONE, page("old")).await;
    let old = part_links(ONE, fetch_no(&site.frontier, ONE).await, "12", 1, &[(1, ONE), (2, TWO), (3, THREE)]);
    site.visit(ONE, page("new")).await;
    site.visit(TWO, page("2")).await;
    site.say(ONE, 1, &[(1, ONE), (2, TWO)]).await;
    site.say(TWO, 2, &[(1, ONE), (2, TWO)]).await;
    site.frontier.store_links(site.now, &old, Vec::new()).await.expect("stores");
    let documents = site.documents().await;
    assert_eq!(documents.len(), 1);
    assert_eq!(parts(&documents[0]), [(1, ONE, "fetched"), (2, TWO, "fetched")]);
    assert_eq!(site.open_groups().await, 0);
}

pub async fn overdue_groups_go_out<B: Bed>() {
    let mut site = Site::new::<B>().await;
    site.visit(ONE, page("1")).await;
    site.visit(TWO, page("2")).await;
    site.say(ONE, 1, &ALL).await;
    let open = site.now;
    let patience = Duration::from_secs(DAY);
    assert_eq!(site.frontier.expire_groups(open + patience - Duration::from_secs(1)).await.expect("expires"), 0);
    assert_eq!(site.frontier.expire_groups(open + patience).await.expect("expires"), 1);
    let documents = site.documents().await;
    assert_eq!(documents.len(), 1);
    // Part 2 is there, though nobody has said what links it holds.
    assert_eq!(parts(&documents[0]), [(1, ONE, "fetched"), (2, TWO, "fetched"), (3, THREE, "overdue")]);
    assert_eq!(site.frontier.expire_groups(open + 9 * patience).await.expect("expires"), 0);
    assert_eq!(site.open_groups().await, 0);
}

pub async fn late_parts_follow_overdue_groups<B: Bed>() {
    let mut site = Site::new::<B>().await;
    site.visit(ONE, page("1")).await;
    site.say(ONE, 1, &ALL).await;
    site.frontier.expire_groups(at(2 * DAY)).await.expect("expires");
    for (part, text) in &ALL[1..] {
        site.visit(text, page(text)).await;
        site.say(text, *part, &ALL).await;
    }
    let documents = site.documents().await;
    assert_eq!(documents.len(), 2);
    assert_eq!(parts(&documents[1]), WHOLE);
}

pub async fn a_first_part_that_stands_alone_dissolves_its_group<B: Bed>() {
    let mut site = Site::new::<B>().await;
    site.whole().await;
    site.visit(ONE, page("all on one page now")).await;
    assert_eq!(site.open_groups().await, 1);
    site.say_alone(ONE).await;
    assert_eq!((site.documents().await.len(), site.open_groups().await), (1, 0));
    // A middle part that says nothing of a group is still one, by the word of the others.
    let mut site = Site::new::<B>().await;
    site.whole().await;
    site.visit(TWO, page("without a pager")).await;
    site.say_alone(TWO).await;
    site.find_unchanged(&[ONE, THREE]).await;
    let documents = site.documents().await;
    assert_eq!(documents.len(), 2);
    assert_eq!(parts(&documents[1]), WHOLE);
}

pub async fn two_pages_of_one_number<B: Bed>() {
    let mut site = Site::new::<B>().await;
    for text in [ONE, TWO, THREE] {
        site.visit(text, page(text)).await;
    }
    // Part 1 takes page three for part 2; page two says itself that it is, and page three is alone.
    site.say(ONE, 1, &[(1, ONE), (2, THREE)]).await;
    site.say_alone(THREE).await;
    site.say(TWO, 2, &[(1, ONE), (2, TWO)]).await;
    let documents = site.documents().await;
    let last = documents.last().expect("is ready");
    assert_eq!(parts(last), [(1, ONE, "fetched"), (2, TWO, "fetched")]);
}

pub async fn a_page_may_leave_for_another_group<B: Bed>() {
    let mut site = Site::new::<B>().await;
    site.whole().await;
    site.visit(THREE, page("another document")).await;
    let found = part_links(THREE, fetch_no(&site.frontier, THREE).await, "13", 1, &[(1, THREE)]);
    site.frontier.store_links(site.now, &found, Vec::new()).await.expect("stores");
    site.find_unchanged(&[ONE, TWO]).await;
    let documents = site.documents().await;
    let last_of = |key: &str| documents.iter().rfind(|document| document.document_key == key).expect("is ready");
    assert_eq!(parts(last_of("12")), WHOLE[..2]);
    assert_eq!(parts(last_of("13")), [(1, THREE, "fetched")]);
    assert_eq!(documents.len(), 3);
}

pub async fn a_part_that_vanishes_stays<B: Bed>() {
    let mut site = Site::new::<B>().await;
    site.whole().await;
    site.visit(TWO, failure("http_404", false)).await;
    site.visit(THREE, Outcome::Excluded { reason: "robots".into() }).await;
    assert_eq!(site.documents().await.len(), 1);
}

pub async fn a_part_may_redirect_twice_and_fail<B: Bed>() {
    let (x, y) = ("http://a.example/x.html", "http://a.example/y.html");
    for named_first in [true, false] {
        let mut site = Site::new::<B>().await;
        site.visit(ONE, page("1")).await;
        if named_first {
            site.say(ONE, 1, &[(1, ONE), (2, TWO)]).await;
        }
        site.visit(TWO, Outcome::Redirected { to: url(x), status: 301 }).await;
        site.visit(x, Outcome::Redirected { to: url(y), status: 302 }).await;
        if !named_first {
            site.say(ONE, 1, &[(1, ONE), (2, TWO)]).await;
        }
        assert_eq!(site.documents().await.len(), 0);
        site.visit(y, failure("http_404", false)).await;
        let documents = site.documents().await;
        assert_eq!(documents.len(), 1, "named first: {named_first}");
        assert_eq!(parts(&documents[0]), [(1, ONE, "fetched"), (2, y, "failed")]);
    }
}

/// What becomes of each part in a generated story.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Fetched,
    Fails,
    FailsOnceThenFetched,
    Redirects,
}

/// Which siblings the pages name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Naming {
    /// Every page names all.
    All,
    /// Every page names itself and the next.
    Next,
    /// The first page names all, the others themselves.
    First,
}

/// One step of a story; the number is the part's, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Visit(usize),
    VisitTarget(usize),
    Say(usize),
}

#[derive(Debug, Clone)]
struct Story {
    fates: Vec<Fate>,
    naming: Naming,
    steps: Vec<Step>,
}

fn part_url(part: usize) -> String {
    format!("http://a.example/12_{}.html", part + 1)
}

fn target_url(part: usize) -> String {
    format!("http://a.example/new/12_{}.html", part + 1)
}

/// The page that carries part `part` in the end.
fn final_url(part: usize, fate: Fate) -> String {
    if fate == Fate::Redirects { target_url(part) } else { part_url(part) }
}

/// The steps of one part, in the only order they can have.
fn steps_of(part: usize, fate: Fate) -> Vec<Step> {
    match fate {
        Fate::Fails => vec![Step::Visit(part)],
        Fate::Fetched => vec![Step::Visit(part), Step::Say(part)],
        Fate::FailsOnceThenFetched => vec![Step::Visit(part), Step::Visit(part), Step::Say(part)],
        Fate::Redirects => vec![Step::Visit(part), Step::VisitTarget(part), Step::Say(part)],
    }
}

/// Three or four parts, the first of which is there, with their steps in any order that can happen.
fn story() -> impl Strategy<Value = Story> {
    let fate = prop_oneof![
        3 => Just(Fate::Fetched),
        1 => Just(Fate::Fails),
        1 => Just(Fate::FailsOnceThenFetched),
        1 => Just(Fate::Redirects),
    ];
    let naming = prop_oneof![Just(Naming::All), Just(Naming::Next), Just(Naming::First)];
    (prop::collection::vec(fate, 2..=3), naming)
        .prop_flat_map(|(mut fates, naming)| {
            fates.insert(0, Fate::Fetched);
            if naming == Naming::Next {
                // A part that is lost names no next one, so only the last may be.
                for index in 1..fates.len() - 1 {
                    if fates[index] == Fate::Fails {
                        fates[index] = Fate::Fetched;
                    }
                }
            }
            let owners: Vec<usize> =
                fates.iter().enumerate().flat_map(|(part, fate)| vec![part; steps_of(part, *fate).len()]).collect();
            (Just(fates), Just(naming), Just(owners).prop_shuffle())
        })
        .prop_map(|(fates, naming, owners)| {
            let mut left: Vec<_> =
                fates.iter().enumerate().map(|(part, fate)| steps_of(part, *fate).into_iter()).collect();
            let steps = owners.into_iter().filter_map(|part| left[part].next()).collect();
            Story { fates, naming, steps }
        })
}

impl Story {
    /// The siblings that the page of part `part` names.
    fn named(&self, part: usize) -> Vec<(u32, String)> {
        let range = match self.naming {
            Naming::All => 0..self.fates.len(),
            Naming::First if part == 0 => 0..self.fates.len(),
            Naming::First => part..part + 1,
            Naming::Next => part..self.fates.len().min(part + 2),
        };
        range.map(|part| (part as u32 + 1, part_url(part))).collect()
    }

    fn expected(&self) -> Vec<(u32, String, &'static str)> {
        let state = |fate| if fate == Fate::Fails { "failed" } else { "fetched" };
        let parts = self.fates.iter().enumerate();
        parts.map(|(part, fate)| (part as u32 + 1, final_url(part, *fate), state(*fate))).collect()
    }
}

/// Plays a story and returns the frontier with what it said to the pages' words.
async fn play<B: Bed>(story: &Story) -> (Site, Vec<LinksFound>) {
    let mut site = Site::new::<B>().await;
    let urls: Vec<String> = (0..story.fates.len()).map(part_url).collect();
    seed(&site.frontier, at(0), &urls.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let mut visits = [0; 4];
    let mut words = Vec::new();
    for step in &story.steps {
        match *step {
            Step::Visit(part) => {
                visits[part] += 1;
                let outcome = match story.fates[part] {
                    Fate::Fails => failure("http_404", false),
                    Fate::FailsOnceThenFetched if visits[part] == 1 => failure("timeout", true),
                    Fate::Redirects => Outcome::Redirected { to: url(&target_url(part)), status: 301 },
                    Fate::Fetched | Fate::FailsOnceThenFetched => page(&part_url(part)),
                };
                site.visit(&part_url(part), outcome).await;
            }
            Step::VisitTarget(part) => {
                site.visit(&target_url(part), page(&target_url(part))).await;
            }
            Step::Say(part) => {
                let text = final_url(part, story.fates[part]);
                let named = story.named(part);
                let named: Vec<(u32, &str)> = named.iter().map(|(part, url)| (*part, url.as_str())).collect();
                let found = part_links(&text, fetch_no(&site.frontier, &text).await, "12", part as u32 + 1, &named);
                site.frontier.store_links(site.now, &found, Vec::new()).await.expect("stores");
                words.push(found);
            }
        }
    }
    (site, words)
}

async fn check<B: Bed>(story: &Story) -> Result<(), TestCaseError> {
    let (site, words) = play::<B>(story).await;
    let documents = site.documents().await;
    if story.naming == Naming::All {
        prop_assert_eq!(documents.len(), 1, "every page names all: the document goes out once");
    }
    let Some(last) = documents.last() else { return Err(TestCaseError::fail("no document went out")) };
    let got: Vec<(u32, String, &str)> =
        parts(last).into_iter().map(|(part, url, state)| (part, url.to_owned(), state)).collect();
    prop_assert_eq!(got, story.expected());
    prop_assert_eq!(site.open_groups().await, 0);
    for found in &words {
        site.frontier.store_links(site.now, found, Vec::new()).await.expect("stores");
    }
    prop_assert_eq!(site.documents().await.len(), documents.len(), "words that come again change nothing");
    Ok(())
}

pub async fn any_order_gives_the_same_document<B: Bed>() {
    // Stories are played on threads of their own, as proptest is not async.
    tokio::task::spawn_blocking(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        TestRunner::new(Config { cases: 96 / B::ONE_STORY_OF, failure_persistence: None, ..Config::default() })
            .run(&story(), |story| runtime.block_on(check::<B>(&story)))
            .unwrap_or_else(|error| panic!("{error}"));
    })
    .await
    .expect("runs");
}
