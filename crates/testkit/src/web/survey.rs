//! Writing down the truth about the sites, as they are.

use super::fault;
use super::plan::Plan;
use super::site::{Place, Site};
use super::truth::{HostTruth, PageTruth, RecordTruth, Truth, What};

/// The truth about `sites`.
pub(super) fn survey(plan: &Plan, sites: &[Site]) -> Truth {
    let mut truth = Truth { hosts: Vec::new(), pages: Vec::new(), records: Vec::new(), forbidden: Vec::new() };
    for site in sites {
        truth.hosts.push(host(site));
        let records = records(site, &mut truth.records);
        pages(plan, site, &records, &mut truth);
    }
    truth
}

fn host(site: &Site) -> HostTruth {
    HostTruth {
        host: site.host.clone(),
        family: site.family,
        seed: site.url(&site.family.template().list_path(1)),
        has_robots: site.has_robots,
        crawl_delay: site.crawl_delay,
    }
}

/// Adds the records that the site owes, and gives for each of its documents the record's place.
fn records(site: &Site, owed: &mut Vec<RecordTruth>) -> Vec<Option<usize>> {
    let template = site.family.template();
    let mut places = Vec::with_capacity(site.documents.len());
    for document in &site.documents {
        let Some(head) = document.head() else {
            places.push(None);
            continue;
        };
        let path = |part| site.url(&template.part_path(document, part));
        places.push(Some(owed.len()));
        owed.push(RecordTruth {
            url: path(1),
            host: site.host.clone(),
            // Our hosts have three labels, the last two of which are registered.
            site: site.host.split_once('.').map_or(&*site.host, |(_, site)| site).to_owned(),
            family: site.family,
            parts: (1..=document.parts).map(path).collect(),
            title: document.heading(site.family),
            published_on: document.published_on(),
            head,
            document: document.clone(),
        });
    }
    places
}

/// Adds the site's addresses in the order of their paths.
fn pages(plan: &Plan, site: &Site, records: &[Option<usize>], truth: &mut Truth) {
    let mut places: Vec<(&str, Place)> = site.places().collect();
    places.sort_unstable_by_key(|(path, _)| *path);
    for (path, place) in places {
        let url = site.url(path);
        let what = match place {
            Place::Home | Place::List(_) => What::List,
            Place::Part { document, part } => match records[document] {
                Some(record) => What::Report { record, part },
                None => What::Lookalike,
            },
            Place::Hop { .. } => What::Redirect { to: site.url(&site.target(place).unwrap_or_default()) },
            Place::Loop(_) => What::Loop,
            Place::Missing => What::Missing,
            Place::Huge => What::Huge,
            Place::Private(_) | Place::Member(_) => What::Forbidden,
        };
        if what == What::Forbidden {
            truth.forbidden.push(url.clone());
        }
        truth.pages.push(PageTruth { url, what, obstacles: fault::obstacles(plan, &site.host, path, place) });
    }
}
