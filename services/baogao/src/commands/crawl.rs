//! `baogao crawl`: from URLs to stored records, until nothing is due.

use super::{Session, block_on, summary};
use crate::cli::{CrawlArgs, ScopeArg};
use crate::config::{Config, Wrong};
use crate::embedded::Embedded;
use crate::exit::Exit;
use crate::progress::Progress;
use crate::say;
use baogao_crawler::{Scope, ScopeKind};
use baogao_frontier::Seed;
use baogao_model::CanonicalUrl;
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
    let seeds = seeds(&args.urls)?;
    let scope = Scope::around(args.scope.into(), &seeds);
    let counts = Counts::install()?;
    block_on(async {
        let shutdown = Shutdown::on_signals()?;
        let stores = Embedded::open(&config.data.dir, &config).await?;
        eprintln!(
            "{}",
            say!(
                session.lang,
                "crawling {} from {} URL(s) into {}; Ctrl-C stops, the next run goes on",
                "抓取 {}，起点 {} 个，数据在 {}；Ctrl-C 停止，下次接着做",
                scope,
                seeds.len(),
                config.data.dir.display(),
            )
        );
        let now = Timestamp::now();
        let rows = seeds.iter().map(|url| Seed { url: url.clone(), priority: SEED_PRIORITY, now: true }).collect();
        stores.frontier.schedule(now, rows).await?;

        let mut running = stores.start(&config, scope, &shutdown)?;
        let mut progress = Progress::new(session.lang, counts.clone());
        let ended = running.until_idle(&stores, args.patience, |load| progress.show(load)).await;
        progress.end();
        if matches!(ended, Ok(false)) {
            eprintln!("{}", session.lang.pick("stopping…", "正在停止…"));
        }
        running.stop().await;
        let is_done = ended?;
        report(session, &stores, &counts, is_done, &config).await?;
        let failed = failed_seeds(session, &stores, &seeds).await?;
        stores.close().await?;
        Ok(match (is_done, failed) {
            (false, _) => Exit::Interrupted,
            (true, 0) => Exit::Done,
            (true, _) => Exit::SomeFailed,
        })
    })
}

/// The settings of this crawl: the file's, overridden by the flags.
fn configure(args: &CrawlArgs) -> anyhow::Result<Config> {
    let mut config = Config::load(args.config.as_deref())?;
    if let Some(data) = &args.data {
        config.data.dir.clone_from(data);
    }
    if let Some(delay) = args.host_delay {
        config.crawler.host_delay_ms = u64::try_from(delay.as_millis()).unwrap_or(u64::MAX);
    }
    if args.depth.is_some() {
        config.crawler.max_depth = args.depth;
    }
    if args.max_pages.is_some() {
        config.crawler.max_pages = args.max_pages;
    }
    if args.contact.is_some() {
        config.fetch.contact.clone_from(&args.contact);
    }
    config.fetch.connect_to.extend(args.connect_to.iter().cloned());
    if let Some((key, message)) = config.crawler.problems().into_iter().next() {
        return Err(Wrong(format!("{key}: {message}")).into());
    }
    config.fetch_config()?;
    Ok(config)
}

/// The seeds in canonical form.
fn seeds(urls: &[String]) -> anyhow::Result<Vec<CanonicalUrl>> {
    let mut seeds = Vec::new();
    let mut wrong = Vec::new();
    for url in urls {
        match CanonicalUrl::parse(url) {
            Ok(url) => seeds.push(url),
            Err(error) => wrong.push(error.to_string()),
        }
    }
    if wrong.is_empty() { Ok(seeds) } else { Err(Wrong(wrong.join("\n")).into()) }
}

/// Prints what the crawl came to and what to do next.
async fn report(
    session: &Session,
    stores: &Embedded,
    counts: &Counts,
    is_done: bool,
    config: &Config,
) -> anyhow::Result<()> {
    let lang = session.lang;
    let retries = stores.frontier.pending_retries(LISTED).await?;
    let stored = stores.records.counts().await?;
    let mut out = std::io::stdout().lock();
    summary::write_crawl(&mut out, lang, counts)?;
    if !retries.is_empty() {
        writeln!(out, "{}", lang.pick("tried again later:", "稍后重试："))?;
        for retry in &retries {
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
                    retry.next_at.strftime("%F %T %Z"),
                )
            )?;
        }
    }
    let dir = config.data.dir.display();
    writeln!(
        out,
        "{}",
        say!(
            lang,
            "stored in {}: {} reports; see `baogao records list --data {}`",
            "{} 中共有报告 {} 份；查看：baogao records list --data {}",
            dir,
            stored.reports,
            dir,
        )
    )?;
    if !is_done {
        writeln!(
            out,
            "{}",
            lang.pick("interrupted; run the same command to go on", "已中断；再次运行同一命令即可接着做")
        )?;
    }
    Ok(())
}

/// Tells which seeds could not be got, and how many.
async fn failed_seeds(session: &Session, stores: &Embedded, seeds: &[CanonicalUrl]) -> anyhow::Result<usize> {
    let failures = stores.frontier.failures_of(seeds).await?;
    for failure in &failures {
        let (url, reason) = (&failure.url, explain(session, &failure.reason));
        eprintln!("{}", say!(session.lang, "error: {} was not fetched: {}", "错误：{} 未取得：{}", url, reason));
    }
    Ok(failures.len())
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
