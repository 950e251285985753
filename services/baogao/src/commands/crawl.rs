//! `baogao crawl`: from URLs to stored records, until nothing is due.

use super::{Session, block_on, summary};
use crate::cli::{CrawlArgs, ScopeArg};
use crate::config::{Config, Wrong};
use crate::embedded::{Embedded, End};
use crate::exit::Exit;
use crate::progress::Progress;
use crate::say;
use crate::tell::tell;
use baogao_crawler::{Scope, ScopeKind};
use baogao_fetch::Fetcher;
use baogao_frontier::{PendingRetry, Seed, Unfetched};
use baogao_model::{CanonicalUrl, UrlError};
use baogao_runtime::Shutdown;
use baogao_runtime::metrics::Counts;
use jiff::Timestamp;
use std::io::Write;

/// Seeds go before everything that is found on the way.
const SEED_PRIORITY: i32 = 100;

/// Pending retries listed in the summary.
const LISTED: usize = 20;

/// Carries the command out.
pub fn run(session: &Session, args: CrawlArgs) -> anyhow::Result<Exit> {
    let config = configure(&args)?;
    session.start_log(&config, Some("warn"))?;
    let seeds = seeds(session, &args.urls)?;
    let fetcher = Fetcher::new(config.fetch_config()?)?;
    let counts = Counts::install()?;
    let outcome = block_on(crawl(session, &args, &config, fetcher, &seeds, &counts))?;
    // The stores are closed: whoever has stopped reading stops nothing any more.
    report(session, &counts, &outcome, &config)?;
    Ok(match outcome.end {
        End::Stopped => Exit::Interrupted,
        End::Idle if outcome.unfetched.is_empty() && outcome.dead == 0 => Exit::Done,
        End::Idle => Exit::SomeFailed,
    })
}

/// What a crawl came to.
struct Outcome {
    end: End,
    /// The URLs given that brought no page.
    unfetched: Vec<Unfetched>,
    /// What is tried again later.
    retries: Vec<PendingRetry>,
    /// Reports stored by now.
    reports: u64,
    /// Messages of this run that could not be processed.
    dead: u64,
}

/// Crawls until nothing is due, or until a stop is asked for.
async fn crawl(
    session: &Session,
    args: &CrawlArgs,
    config: &Config,
    fetcher: Fetcher,
    seeds: &[CanonicalUrl],
    counts: &Counts,
) -> anyhow::Result<Outcome> {
    let shutdown = Shutdown::on_signals()?;
    let scope = Scope::around(args.scope.into(), seeds);
    let stores = Embedded::open(&config.data.dir, config).await?;
    tell(say!(
        session.lang,
        "crawling {} from {} URL(s) into {}; Ctrl-C stops, the next run goes on",
        "抓取 {}，起点 {} 个，数据在 {}；Ctrl-C 停止，下次接着做",
        scope,
        seeds.len(),
        config.data.dir.display(),
    ));
    let rows = seeds.iter().map(|url| Seed { url: url.clone(), priority: SEED_PRIORITY, now: true }).collect();
    stores.frontier.schedule(Timestamp::now(), rows).await?;

    let mut running = stores.start(config, fetcher, scope, &shutdown)?;
    let mut progress = Progress::new(session.lang, counts.clone());
    let ended = running.until_idle(&stores, args.patience, |load| progress.show(load)).await;
    progress.end();
    if matches!(ended, Ok(End::Stopped)) {
        tell(session.lang.pick("stopping…", "正在停止…"));
    }
    running.stop().await;
    let outcome = Outcome {
        end: ended?,
        unfetched: stores.frontier.unfetched(seeds).await?,
        retries: stores.frontier.pending_retries(LISTED).await?,
        reports: stores.records.counts().await?.reports,
        dead: counts.by_label("baogao_stage_messages_total", "outcome").get("dead").copied().unwrap_or(0),
    };
    stores.close().await?;
    Ok(outcome)
}

/// The settings of this crawl: the file's, overridden by the flags.
fn configure(args: &CrawlArgs) -> anyhow::Result<Config> {
    let mut config = args.fetch.settings()?;
    if let Some(data) = &args.data {
        config.data.dir.clone_from(data);
    }
    if args.depth.is_some() {
        config.crawler.max_depth = args.depth;
    }
    if args.max_pages.is_some() {
        config.crawler.max_pages = args.max_pages;
    }
    if let Some((key, message)) = config.crawler.problems().into_iter().next() {
        return Err(Wrong(format!("{key}: {message}")).into());
    }
    config.fetch_config()?;
    Ok(config)
}

/// The seeds in canonical form. Of several wrong ones, all are told.
fn seeds(session: &Session, urls: &[String]) -> anyhow::Result<Vec<CanonicalUrl>> {
    let mut seeds = Vec::new();
    let mut wrong: Option<UrlError> = None;
    for url in urls {
        match CanonicalUrl::parse(url) {
            Ok(url) => seeds.push(url),
            Err(error) => {
                if let Some(earlier) = wrong.replace(error) {
                    session.complain(&earlier.into());
                }
            }
        }
    }
    match wrong {
        None => Ok(seeds),
        Some(error) => Err(error.into()),
    }
}

/// Prints what the crawl came to and what to do next.
fn report(session: &Session, counts: &Counts, outcome: &Outcome, config: &Config) -> anyhow::Result<()> {
    let lang = session.lang;
    // After an interruption, what was not asked yet is no failure.
    let is_failure = |url: &&Unfetched| url.reason.is_some() || outcome.end == End::Idle;
    for url in outcome.unfetched.iter().filter(is_failure) {
        let next = local(url.next_at);
        let why = match &url.reason {
            Some(reason) => explain(session, reason),
            None => lang.pick("not asked yet", "尚未请求").to_owned(),
        };
        tell(say!(
            lang,
            "error: {} was not fetched: {}; can be tried from {}",
            "错误：{} 未取得：{}；{} 起可再试",
            url.url,
            why,
            next,
        ));
    }
    let dir = config.data.dir.display();
    if outcome.dead > 0 {
        tell(say!(
            lang,
            "error: {} message(s) could not be processed and are kept as dead letters; see `baogao dead list --data {}`",
            "错误：{} 条消息无法处理，已留作死信；查看：baogao dead list --data {}",
            outcome.dead,
            dir,
        ));
    }
    let mut out = std::io::stdout().lock();
    summary::write_crawl(&mut out, lang, counts)?;
    if !outcome.retries.is_empty() {
        writeln!(out, "{}", lang.pick("tried again later:", "稍后重试："))?;
    }
    for retry in &outcome.retries {
        writeln!(
            out,
            "{}",
            say!(
                lang,
                "  {} ({}, attempt {}), due {}",
                "  {}（{}，已试 {} 次），{} 到期",
                retry.url,
                retry.reason,
                retry.attempts,
                local(retry.next_at),
            )
        )?;
    }
    writeln!(
        out,
        "{}",
        say!(
            lang,
            "stored in {}: {} reports; see `baogao records list --data {}`",
            "{} 中共有报告 {} 份；查看：baogao records list --data {}",
            dir,
            outcome.reports,
            dir,
        )
    )?;
    if outcome.end == End::Stopped {
        writeln!(
            out,
            "{}",
            lang.pick("interrupted; run the same command to go on", "已中断；再次运行同一命令即可接着做")
        )?;
    }
    out.flush()?;
    Ok(())
}

/// A time as people here read it.
pub fn local(time: Timestamp) -> String {
    time.to_zoned(jiff::tz::TimeZone::system()).strftime("%F %T %Z").to_string()
}

/// What a reason code means and what to do about it.
fn explain(session: &Session, reason: &str) -> String {
    let lang = session.lang;
    let advice = match reason {
        "no_contact" => lang.pick(
            "public hosts need a contact address; give yours with `--contact` or set `fetch.contact`",
            "抓取公网主机需要联系方式，请用 --contact 给出或设置 fetch.contact",
        ),
        "private_address" => lang.pick(
            "its address is private; allow it with `--connect-to` or `fetch.allow_private`",
            "该地址为内网地址，可用 --connect-to 或 fetch.allow_private 允许",
        ),
        "robots" => lang.pick("robots.txt of the site forbids it", "网站的 robots.txt 不允许"),
        "robots_unreachable" => lang
            .pick("robots.txt could not be got, which forbids everything for now", "无法取得 robots.txt，暂不允许抓取"),
        "redirect_out_of_scope" => lang.pick(
            "it leads to another site; give that address, or a wider `--scope`",
            "它跳转到范围之外，请改用跳转后的地址，或用 --scope 放宽范围",
        ),
        _ => return reason.to_owned(),
    };
    format!("{reason}: {advice}")
}

impl From<ScopeArg> for ScopeKind {
    fn from(arg: ScopeArg) -> Self {
        match arg {
            ScopeArg::Site => Self::Site,
            ScopeArg::Host => Self::Host,
            ScopeArg::Path => Self::Path,
            ScopeArg::Any => Self::Any,
        }
    }
}
