//! Whose pages a message is about: for people who look through dead letters.
//!
//! The events say it in their bodies, each in its own place. A dead letter may be one whose body nobody can
//! read; then the routing key still carries the site, though with every dot as an underscore.

use baogao_model::message::routing_part;
use baogao_model::{CanonicalUrl, Message};
use serde::Deserialize;

/// The events whose routing key ends with the site of the page.
const KEYS_WITH_SITE: [&str; 4] = ["page.fetched.", "document.ready.", "links.found.", "article.cleaned."];

/// The site of the pages that `message` is about: the registrable host, or what the routing key makes of it.
pub(crate) fn site(message: &Message) -> Option<String> {
    let places = places(message);
    let site = places.iter().find_map(|place| place.site.clone());
    let host = || places.iter().find_map(|place| host_of(place.url.as_deref()?));
    site.or_else(host).or_else(|| site_in_key(message).map(str::to_owned))
}

/// Whether `message` is about a page on `host` or on a host below it.
pub(crate) fn is_from(message: &Message, host: &str) -> bool {
    let wanted = host_of(&format!("http://{host}/")).unwrap_or_else(|| host.to_ascii_lowercase());
    let mut found: Vec<String> = Vec::new();
    for place in places(message) {
        found.extend(place.url.as_deref().and_then(host_of));
        found.extend(place.site);
    }
    if found.is_empty() {
        // A dot and an underscore are one here, which is as much as the key tells.
        return site_in_key(message).is_some_and(|site| is_below(site, &routing_part(&wanted), '_'));
    }
    found.iter().any(|host| is_below(host, &wanted, '.'))
}

/// Every URL by which the pages are named that `message` is about; none where the body cannot be read.
pub(crate) fn urls(message: &Message) -> Vec<String> {
    let of = |place: Place| place.url.into_iter().chain(place.canonical_url).chain(place.pages);
    places(message).into_iter().flat_map(of).collect()
}

/// Whether `host` is `domain` or lies below it.
fn is_below(host: &str, domain: &str, separator: char) -> bool {
    host.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with(separator))
}

fn site_in_key(message: &Message) -> Option<&str> {
    let site = KEYS_WITH_SITE.iter().find_map(|event| message.routing_key.strip_prefix(event))?;
    (site != "-").then_some(site)
}

fn host_of(url: &str) -> Option<String> {
    CanonicalUrl::parse(url).ok().map(|url| url.host().to_owned())
}

/// Where the bodies of the events name the pages they are about; links that stand on a page are not.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Body {
    site: Option<String>,
    url: Option<String>,
    page_url: Option<String>,
    parts: Vec<Place>,
    article: Option<Place>,
    report: Option<Record>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Record {
    source: Place,
}

/// A page, or the site it belongs to.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Place {
    site: Option<String>,
    url: Option<String>,
    canonical_url: Option<String>,
    pages: Vec<String>,
}

/// The pages that the body names; none where it cannot be read.
fn places(message: &Message) -> Vec<Place> {
    let body: Body = serde_json::from_slice(&message.body).unwrap_or_default();
    let mut places = vec![Place { site: body.site, url: body.url.or(body.page_url), ..Place::default() }];
    places.extend(body.article);
    places.extend(body.report.map(|report| report.source));
    places.extend(body.parts);
    places
}

#[cfg(test)]
mod tests {
    use super::*;
    use baogao_model::event::{ArticleCleaned, DocumentOther, DocumentReady, LinksFound, PageFetched, ReportParsed};
    use baogao_model::message::{Event, Origin};
    use baogao_testkit::sample;

    fn message<E: Event>(event: &E) -> Message {
        let origin = Origin { stage: "test", stage_version: 1, input_id: "in", time: sample::now(), traceparent: None };
        Message::new(event, origin, 0)
    }

    /// One of every event, all about pages of the same site.
    fn events() -> Vec<Message> {
        let fetched: PageFetched = sample::page_fetched("http://www.qinglan.gov.cn/zwgk/1.html", 1);
        let links: LinksFound = sample::links_found(1, 2, 1);
        let ready: DocumentReady = sample::document_ready(2);
        let report = sample::report();
        vec![
            message(&fetched),
            message(&links),
            message(&ready),
            message(&ArticleCleaned { article: sample::article() }),
            message(&ReportParsed { report: report.clone(), revision: sample::revision() }),
            message(&DocumentOther { report, revision: sample::revision() }),
        ]
    }

    #[test]
    fn every_event_says_whose_pages_it_is_about() {
        for message in events() {
            let site = site(&message).unwrap_or_else(|| panic!("{} has no site", message.r#type));
            assert!(site.contains('.'), "{}: {site} is from the body", message.r#type);
            assert!(is_from(&message, &site) && is_from(&message, &site.to_uppercase()), "{}", message.r#type);
            assert!(!is_from(&message, "elsewhere.example"), "{}", message.r#type);
            assert!(!is_from(&message, &site[1..]), "{}: half a name is no name", message.r#type);
        }
    }

    #[test]
    fn every_event_names_its_pages() {
        for message in events() {
            let urls = urls(&message);
            assert!(!urls.is_empty() && urls.iter().all(|url| host_of(url).is_some()), "{}: {urls:?}", message.r#type);
        }
        let report = sample::report();
        let pages = report.source.pages.clone();
        let named = urls(&message(&ReportParsed { report, revision: sample::revision() }));
        assert!(pages.iter().all(|page| named.contains(page)), "{named:?}");
    }

    #[test]
    fn a_host_chooses_itself_and_those_below() {
        let fetched = message(&sample::page_fetched("http://www.qinglan.gov.cn/zwgk/1.html", 1));
        assert!(is_from(&fetched, "www.qinglan.gov.cn") && is_from(&fetched, "gov.cn"));
        assert!(!is_from(&fetched, "bbs.qinglan.gov.cn"));
    }

    #[test]
    fn links_to_other_sites_are_not_what_a_message_is_about() {
        let links = Message {
            body: br#"{"page_url": "http://a.example/", "links": [{"url": "http://b.example/"}]}"#.to_vec(),
            ..message(&sample::links_found(1, 1, 1))
        };
        assert!(is_from(&links, "a.example") && !is_from(&links, "b.example"));
    }

    #[test]
    fn the_routing_key_speaks_for_a_body_that_cannot_be_read() {
        let whole = message(&sample::page_fetched("http://www.qinglan.gov.cn/zwgk/1.html", 1));
        for body in [&b""[..], b"{\"site\": \"qing", b"\xff\xfe", b"[]", b"{\"url\": 7}", b"{}"] {
            let broken = Message { body: body.to_vec(), ..whole.clone() };
            let known = site(&whole).unwrap();
            assert_eq!(site(&broken), Some(routing_part(&known)), "{body:?}");
            assert!(is_from(&broken, &known) && !is_from(&broken, "elsewhere.example"), "{body:?}");
        }
        let unknown = Message { body: Vec::new(), routing_key: "report.parsed.county.-.-".to_owned(), ..whole };
        assert_eq!((site(&unknown), is_from(&unknown, "gov.cn")), (None, false));
    }
}
