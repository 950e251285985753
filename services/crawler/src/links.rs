//! Links on their way into the frontier: made canonical, kept in scope, put in order of promise.

use crate::forgotten::Forgotten;
use crate::scope::Scope;
use baogao_frontier::{Frontier, NewUrl};
use baogao_model::event::LinksFound;
use baogao_model::{CanonicalUrl, Link, LinkRole, Message, Tombstones};
use baogao_runtime::{Failure, Handled};
use jiff::Timestamp;
use std::sync::Arc;

/// Which URLs may become rows of the frontier.
#[derive(Clone)]
pub struct Open {
    /// What may be crawled.
    pub scope: Arc<Scope>,
    /// What of it was taken down.
    pub forgotten: Forgotten,
}

/// Handles one `links.found`.
pub async fn store(frontier: Frontier, open: Open, message: Message) -> Handled {
    let mut found: LinksFound = message.decode()?;
    let (scope, forgotten) = (open.scope, open.forgotten.known());
    if forgotten.cover(&found.page_url) {
        return Ok(Vec::new());
    }
    let new = candidates(&found, &scope, &forgotten);
    if let Some(group) = &mut found.group {
        // A part outside the scope would keep its group waiting for a page that is never asked for. One that was
        // taken down stays named: it is settled without a request, and without it the rest is no document.
        let site = &found.site;
        group.members.retain(|member| CanonicalUrl::parse(&member.url).is_ok_and(|url| scope.follows(site, &url)));
    }
    let stored = frontier.store_links(Timestamp::now(), &found, new).await.map_err(|error| {
        let is_transient = error.is_transient();
        Failure::of_store(error, is_transient)
    })?;
    metrics::counter!("baogao_crawler_links_total", "outcome" => "new").increment(stored.new);
    metrics::counter!("baogao_crawler_links_total", "outcome" => "known").increment(stored.known);
    tracing::debug!(url = found.page_url, new = stored.new, known = stored.known, "stored links");
    Ok(Vec::new())
}

/// The links worth a row in the frontier.
fn candidates(found: &LinksFound, scope: &Scope, forgotten: &Tombstones) -> Vec<NewUrl> {
    let mut new = Vec::new();
    for link in &found.links {
        let dropped = match CanonicalUrl::parse(&link.url) {
            Err(_) => "not_http",
            Ok(url) if is_file(url.as_url().path()) => "file",
            Ok(url) if !scope.follows(&found.site, &url) => "out_of_scope",
            Ok(url) if forgotten.cover(url.as_str()) => "forgotten",
            Ok(url) => {
                new.push(NewUrl { url, priority: promise(link), role: link.role });
                continue;
            }
        };
        metrics::counter!("baogao_crawler_links_total", "outcome" => dropped).increment(1);
    }
    new
}

/// How much a link promises; the frontier hands out the highest first.
fn promise(link: &Link) -> i32 {
    let named = match () {
        () if link.text.contains("政府工作报告") => 60,
        () if link.text.contains("工作报告") || link.text.contains("政府报告") => 40,
        () => 0,
    };
    let place = match link.role {
        LinkRole::Part => 100,
        LinkRole::ListPage => 30,
        LinkRole::Article => 20,
        LinkRole::List => 10,
        LinkRole::Other => 0,
    };
    named + place
}

/// Whether a path names a file that holds no page: media, styles, archives, and the documents whose
/// text cannot be read yet.
fn is_file(path: &str) -> bool {
    const SUFFIXES: [&str; 37] = [
        "7z", "apk", "avi", "bmp", "css", "csv", "doc", "docx", "exe", "flv", "gif", "gz", "ico", "jpeg", "jpg", "js",
        "json", "mov", "mp3", "mp4", "ofd", "pdf", "png", "ppt", "pptx", "rar", "rm", "rss", "svg", "swf", "tar",
        "wav", "webp", "wps", "xls", "xlsx", "zip",
    ];
    let file = path.rsplit('/').next().unwrap_or_default();
    let suffix = file.rsplit_once('.').map(|(_, suffix)| suffix.to_ascii_lowercase());
    suffix.is_some_and(|suffix| SUFFIXES.binary_search(&suffix.as_str()).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scope::ScopeKind;
    use baogao_model::PageKind;
    use baogao_model::{Target, Tombstone};

    fn link(url: &str, text: &str, role: LinkRole) -> Link {
        Link { url: url.to_owned(), text: text.to_owned(), role }
    }

    fn found(links: Vec<Link>) -> LinksFound {
        LinksFound {
            page_url: "http://www.qinglan.example/".to_owned(),
            site: "qinglan.example".to_owned(),
            fetch_no: 1,
            page_kind: PageKind::List,
            links,
            group: None,
            extractor_version: 1,
        }
    }

    #[test]
    fn only_pages_in_scope_are_candidates() {
        let seed = CanonicalUrl::parse("http://www.qinglan.example/").expect("a good URL");
        let scope = Scope::around(ScopeKind::Site, &[seed]);
        let links = vec![
            link("http://www.qinglan.example/a.html", "", LinkRole::Other),
            link("http://www.qinglan.example/a.PDF", "", LinkRole::Other),
            link("http://www.lincheng.example/a.html", "", LinkRole::Other),
            link("mailto:x@qinglan.example", "", LinkRole::Other),
            link("http://bbs.qinglan.example/a.html", "", LinkRole::Other),
        ];
        let target = Target::parse("bbs.qinglan.example").expect("a host");
        let forgotten = [Tombstone { target, at: Timestamp::UNIX_EPOCH, reason: None }].into_iter().collect();
        let urls: Vec<_> =
            candidates(&found(links), &scope, &forgotten).into_iter().map(|new| new.url.to_string()).collect();
        assert_eq!(urls, ["http://www.qinglan.example/a.html"]);
    }

    #[test]
    fn reports_come_before_pagers_and_pagers_before_the_rest() {
        let promise_of = |text, role| promise(&link("http://www.qinglan.example/", text, role));
        let report = promise_of("青岚县2024年政府工作报告", LinkRole::Article);
        let pager = promise_of("下一页", LinkRole::ListPage);
        let notice = promise_of("关于值班的通知", LinkRole::Article);
        assert!(promise_of("2", LinkRole::Part) > report && report > pager && pager > notice);
    }
}
