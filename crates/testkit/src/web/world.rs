//! What the server answers: places of sites, with the plan's faults in the way.

use super::fault::{self, Wire};
use super::plan::{Faults, Plan};
use super::site::{Place, Site};
use super::survey::survey;
use super::truth::{Obstacle, Truth};
use crate::rng::Rng;
use crate::server::{Answer, Asked, Handler, Payload};
use bytes::Bytes;
use hyper::header::{ACCEPT_ENCODING, HeaderMap, IF_NONE_MATCH};
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hasher};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Everything the server needs to answer.
pub(super) struct World {
    plan: Plan,
    state: Mutex<State>,
}

struct State {
    sites: Vec<Site>,
    hosts: HashMap<String, usize>,
    /// How often a page with a failing obstacle was asked for.
    asked: HashMap<String, u32>,
    truth: Arc<Truth>,
}

impl World {
    /// Builds the web of `plan`.
    pub(super) fn build(plan: Plan) -> Self {
        let sites: Vec<Site> = (0..plan.hosts).map(|index| Site::build(&plan, index)).collect();
        let hosts = sites.iter().enumerate().map(|(index, site)| (site.host.clone(), index)).collect();
        let truth = Arc::new(survey(&plan, &sites));
        Self { plan, state: Mutex::new(State { sites, hosts, asked: HashMap::new(), truth }) }
    }

    /// The truth as things are now.
    pub(super) fn truth(&self) -> Arc<Truth> {
        Arc::clone(&self.state().truth)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets the revision of the text that the page at `url` belongs to. Whether there is one.
    pub(super) fn revise(&self, url: &str, next: impl Fn(u32) -> u32) -> bool {
        let mut state = self.state();
        let Some((host, path)) = split(url) else { return false };
        let Some(index) = state.hosts.get(host).copied() else { return false };
        let site = &mut state.sites[index];
        let Some(Place::Part { document, .. } | Place::Hop { document, .. }) = site.place(path) else { return false };
        let document = &mut site.documents[document];
        document.revision = next(document.revision);
        state.truth = Arc::new(survey(&self.plan, &state.sites));
        true
    }

    /// Puts a new report on `host` and gives its address.
    pub(super) fn publish(&self, host: &str) -> Option<String> {
        let mut state = self.state();
        let index = *state.hosts.get(host)?;
        let site = &mut state.sites[index];
        let document = site.publish(&self.plan);
        let url = site.url(&site.family.template().part_path(&site.documents[document], 1));
        state.truth = Arc::new(survey(&self.plan, &state.sites));
        Some(url)
    }

    /// The failing obstacle that still stands before this request, if one does; counts the request.
    fn failing(&self, state: &mut State, url: String, obstacles: &[Obstacle]) -> Option<Obstacle> {
        let failing = obstacles
            .iter()
            .copied()
            .find(|obstacle| matches!(obstacle, Obstacle::TooManyRequests | Obstacle::Unavailable | Obstacle::Reset))?;
        let asked = state.asked.entry(url).or_default();
        *asked += 1;
        (*asked <= self.plan.faults.failures_in_a_row).then_some(failing)
    }

    fn robots(&self, state: &mut State, index: usize) -> Answer {
        let site = &state.sites[index];
        if !site.has_robots {
            return Answer::plain(404, "no robots.txt here\n");
        }
        let mut rules = String::from("User-agent: *\nDisallow: /private/\n");
        for path in site.family.template().disallowed() {
            rules.push_str(&format!("Disallow: {path}\n"));
        }
        if let Some(delay) = site.crawl_delay {
            rules.push_str(&format!("Crawl-delay: {}\n", delay.as_secs_f64()));
        }
        let obstacles: &[Obstacle] = if site.robots_fail_first { &[Obstacle::Unavailable] } else { &[] };
        let url = site.url("/robots.txt");
        match self.failing(state, url, obstacles) {
            Some(_) => Answer::plain(503, "try later\n"),
            None => Answer::plain(200, &rules),
        }
    }

    fn page(&self, state: &mut State, index: usize, asked: &Asked<'_>) -> Answer {
        let site = &state.sites[index];
        let Some(place) = site.place(asked.path) else { return Answer::plain(404, "no such page\n") };
        if let Some(target) = site.target(place) {
            return Answer {
                status: if matches!(place, Place::Hop { hop: 1, .. }) { 301 } else { 302 },
                headers: vec![("location".to_owned(), target)],
                body: Payload::Whole(Bytes::new()),
                delay: Duration::ZERO,
            };
        }
        let Some(html) = site.render(place) else { return Answer::plain(404, "no such page\n") };
        let obstacles = fault::obstacles(&self.plan, &site.host, asked.path, place);
        let wrong = obstacles.contains(&Obstacle::WrongCharset);
        let mut rng = Rng::of(self.plan.seed, &format!("charset {}{}", asked.host, asked.path));
        let wire = fault::encode(&html, site.family.template().charset(), wrong, &mut rng);
        let url = site.url(asked.path);
        let failing = self.failing(state, url, &obstacles);

        let mut answer = respond(wire, place, &obstacles, asked.headers, &self.plan.faults);
        match failing {
            Some(Obstacle::TooManyRequests) => {
                answer = Answer::plain(429, "too many requests\n");
                answer.headers.push(("retry-after".to_owned(), "1".to_owned()));
            }
            Some(Obstacle::Unavailable) => answer = Answer::plain(503, "try later\n"),
            Some(_) => {
                if let Payload::Whole(bytes) = answer.body {
                    answer.body = Payload::Torn(bytes);
                }
            }
            None => {}
        }
        answer
    }
}

impl Handler for World {
    fn answer(&self, asked: &Asked<'_>) -> Answer {
        let mut state = self.state();
        match state.hosts.get(asked.host).copied() {
            None => Answer::plain(421, "no such host; is the connect-to list whole?\n"),
            Some(index) if asked.path == "/robots.txt" => self.robots(&mut state, index),
            Some(index) => self.page(&mut state, index, asked),
        }
    }
}

/// A page's answer when nothing fails: validator, encoding, lateness, length.
fn respond(wire: Wire, place: Place, obstacles: &[Obstacle], headers: &HeaderMap, faults: &Faults) -> Answer {
    let mut hasher = DefaultHasher::new();
    hasher.write(&wire.body);
    let etag = format!("\"{:016x}\"", hasher.finish());
    let delay = if obstacles.contains(&Obstacle::Slow) { faults.slow_by } else { Duration::ZERO };
    let mut answer = Answer {
        status: 200,
        headers: vec![("content-type".to_owned(), wire.content_type.to_owned()), ("etag".to_owned(), etag.clone())],
        body: Payload::Whole(wire.body.clone()),
        delay,
    };
    let says =
        |name, word: &str| headers.get(name).and_then(|value| value.to_str().ok()).is_some_and(|v| v.contains(word));
    if says(IF_NONE_MATCH, &etag) {
        answer.status = 304;
        answer.body = Payload::Whole(Bytes::new());
    } else if matches!(place, Place::Huge) {
        answer.body = Payload::Padded { start: wire.body, total: faults.huge_bytes };
    } else if obstacles.contains(&Obstacle::Gzip) && says(ACCEPT_ENCODING, "gzip") {
        answer.headers.push(("content-encoding".to_owned(), "gzip".to_owned()));
        answer.body = Payload::Whole(fault::gzip(&wire.body));
    }
    answer
}

/// Host and path of one of our addresses.
fn split(url: &str) -> Option<(&str, &str)> {
    let rest = url.strip_prefix("http://")?;
    let path = rest.find('/')?;
    Some((&rest[..path], &rest[path..]))
}
