//! One page from the web, for a command that looks at a single one.
//!
//! As polite as a crawl: robots.txt is asked first, the delay between requests to a host is kept,
//! and a redirect is followed only where robots.txt of its target allows it.

use crate::lang::Lang;
use crate::say;
use crate::tell::tell;
use anyhow::Context as _;
use baogao_archive::Exchange;
use baogao_fetch::{Fetcher, ROBOTS_AGENT, Request, Response, RobotsAnswer};
use baogao_model::{CanonicalUrl, Warning};
use bytes::Bytes;
use std::time::Duration;

/// Redirects followed.
const MAX_REDIRECTS: u32 = 5;

/// The longest delay that is waited for; who looks at one page can save it instead.
const LONGEST_DELAY: Duration = Duration::from_secs(120);

/// The most bytes a page may have once its content encoding is undone, as in a crawl.
const MAX_PAGE_BYTES: u64 = baogao_scraper::MAX_PAGE_BYTES;

/// The address brought no page; the text says why.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct NoPage(String);

/// A page as it came, content encoding undone.
pub struct Fetched {
    /// Its address, behind all redirects.
    pub url: Option<CanonicalUrl>,
    /// The `Content-Type` header as sent.
    pub content_type: Option<String>,
    /// The body.
    pub bytes: Bytes,
    /// What was wrong with its encoding.
    pub warnings: Vec<Warning>,
}

/// Gets the page at `url`, with at least `delay` between two requests to a host.
///
/// # Errors
///
/// When robots.txt forbids it, or no page came.
pub async fn get(lang: Lang, fetcher: &Fetcher, delay: Duration, url: CanonicalUrl) -> anyhow::Result<Fetched> {
    let mut url = url;
    for _ in 0..=MAX_REDIRECTS {
        let pause = allowed(lang, fetcher, delay, &url).await?;
        tell(say!(lang, "asking for {}", "正在请求 {}", url));
        let request = Request { pause, ..Request::new(url.clone()) };
        let response = fetcher.get(&request).await.with_context(|| NoPage(cannot(lang, &url)))?;
        match response.location() {
            Some(location) => {
                let target = url.join(&location);
                url = target.with_context(|| NoPage(cannot(lang, &url)))?;
            }
            None => return page(lang, url, response),
        }
    }
    Err(NoPage(say!(lang, "more than {} redirects, the last to {}", "跳转超过 {} 次，最后到 {}", MAX_REDIRECTS, url))
        .into())
}

fn cannot(lang: Lang, url: &CanonicalUrl) -> String {
    say!(lang, "cannot get {}", "无法取得 {}", url)
}

/// Asks robots.txt, and gives the pause that its site wants before the page.
async fn allowed(lang: Lang, fetcher: &Fetcher, delay: Duration, url: &CanonicalUrl) -> anyhow::Result<Duration> {
    let answer = fetcher.robots(url, delay).await.with_context(|| NoPage(cannot(lang, url)))?;
    if let RobotsAnswer::DenyAll { why } = &answer {
        let why = say!(
            lang,
            "robots.txt of {} cannot be got, which forbids everything for now: {}",
            "无法取得 {} 的 robots.txt，暂不允许抓取：{}",
            url.host(),
            why,
        );
        return Err(NoPage(why).into());
    }
    let rules = answer.robots();
    if !rules.allows(ROBOTS_AGENT, url.path_and_query()) {
        let why = say!(lang, "robots.txt of {} forbids {}", "{} 的 robots.txt 不允许抓取 {}", url.host(), url);
        return Err(NoPage(why).into());
    }
    let pause = rules.crawl_delay(ROBOTS_AGENT).unwrap_or_default().max(delay);
    if pause > LONGEST_DELAY {
        let why = say!(
            lang,
            "{} wants {} s between two requests; save the page in a browser and give the file",
            "{} 要求两次请求相隔 {} 秒；请用浏览器保存网页后给出文件",
            url.host(),
            pause.as_secs(),
        );
        return Err(NoPage(why).into());
    }
    Ok(pause)
}

/// The page of a response that is no redirect.
fn page(lang: Lang, url: CanonicalUrl, response: Response) -> anyhow::Result<Fetched> {
    let status = response.status;
    if !(200..300).contains(&status) {
        return Err(NoPage(say!(lang, "{} answered {}", "{} 的回答是 {}", url, status)).into());
    }
    let content_type = response.header("content-type").map(|value| value.into_owned());
    let exchange = Exchange {
        url: url.to_string(),
        fetched_at: response.ended_at,
        peer: Some(response.peer.ip()),
        status,
        reason: response.reason,
        http_version: response.http_version,
        headers: response.headers,
        body: response.body,
    };
    let decoded = exchange.decoded(MAX_PAGE_BYTES).with_context(|| NoPage(cannot(lang, &url)))?;
    let cut = decoded
        .truncated
        .then(|| Warning::new("truncated_page", "the page was cut or too large; its beginning was read"));
    Ok(Fetched { url: Some(url), content_type, bytes: decoded.bytes, warnings: Vec::from_iter(cut) })
}
