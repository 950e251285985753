//! `baogao demo`: the whole pipeline on a bundled site.

use super::{Session, block_on, records, summary};
use crate::cli::DemoArgs;
use crate::config::Config;
use crate::demo::site::DemoSite;
use crate::embedded::Embedded;
use crate::exit::Exit;
use crate::progress::Progress;
use crate::say;
use anyhow::Context as _;
use baogao_crawler::{Scope, ScopeKind};
use baogao_frontier::Seed;
use baogao_model::CanonicalUrl;
use baogao_runtime::Shutdown;
use baogao_runtime::metrics::Counts;
use baogao_store::Query;
use jiff::Timestamp;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The demo's own hosts can bear a faster pace than anybody else's.
const HOST_DELAY_MS: u64 = 20;

/// The demo has nothing that comes back later.
const PATIENCE: Duration = Duration::from_secs(1);

/// Carries the command out.
pub fn run(session: &Session, args: DemoArgs) -> anyhow::Result<Exit> {
    let mut config = Config::default();
    session.start_log(&config, Some("error"))?;
    config.crawler.host_delay_ms = HOST_DELAY_MS;
    let (dir, temporary) = data_dir(&args)?;
    config.data.dir.clone_from(&dir);
    let counts = Counts::install()?;
    let result = block_on(async {
        let shutdown = Shutdown::on_signals()?;
        let site = DemoSite::start().await.context("cannot open a port on loopback for the demo site")?;
        for (host, port, address) in site.connect_to() {
            config.fetch.connect_to.push(format!("{host}:{port}:{}:{}", address.ip(), address.port()));
        }
        let mut seeds = Vec::new();
        for url in site.seeds() {
            seeds.push(CanonicalUrl::parse(url)?);
        }
        let hosts = seeds.iter().map(CanonicalUrl::host).collect::<Vec<_>>().join(", ");
        eprintln!(
            "{}",
            say!(session.lang, "serving {} on loopback and crawling them", "在本机回环地址上提供 {} 并抓取", hosts)
        );
        let stores = Embedded::open(&dir, &config).await?;
        let scope = Scope::around(ScopeKind::Site, &seeds);
        let rows = seeds.into_iter().map(|url| Seed { url, priority: 0, now: true }).collect();
        stores.frontier.schedule(Timestamp::now(), rows).await?;
        let mut running = stores.start(&config, scope, &shutdown)?;
        let mut progress = Progress::new(session.lang, counts.clone());
        let ended = running.until_idle(&stores, PATIENCE, |load| progress.show(load)).await;
        progress.end();
        running.stop().await;
        let is_done = ended?;
        show(session, &stores, &counts).await?;
        stores.close().await?;
        site.shutdown().await;
        Ok(if is_done { Exit::Done } else { Exit::Interrupted })
    });
    end(session, &dir, temporary && !args.keep)?;
    result
}

/// Where the demo's data go, and whether that is a directory of its own.
fn data_dir(args: &DemoArgs) -> anyhow::Result<(PathBuf, bool)> {
    if let Some(dir) = &args.data {
        return Ok((dir.clone(), false));
    }
    let dir = std::env::temp_dir().join(format!("baogao-demo-{}", std::process::id()));
    std::fs::create_dir_all(&dir)
        .with_context(|| format!("cannot make {}; give a directory with `--data`", dir.display()))?;
    Ok((dir, true))
}

/// Prints what the crawl came to and the records it made.
async fn show(session: &Session, stores: &Embedded, counts: &Counts) -> anyhow::Result<()> {
    let found = stores.records.list(&Query::default()).await?;
    let mut out = std::io::stdout().lock();
    summary::write_crawl(&mut out, session.lang, counts)?;
    writeln!(out, "{}", records::summaries(session, &found))?;
    Ok(())
}

/// Says what to try next, and takes a temporary directory away.
fn end(session: &Session, dir: &Path, remove: bool) -> anyhow::Result<()> {
    let lang = session.lang;
    if remove {
        std::fs::remove_dir_all(dir).with_context(|| format!("cannot remove {}", dir.display()))?;
        println!("{}", lang.pick("Try next:", "接下来可以试试："));
        println!("  baogao demo --data ./demo-data");
    } else {
        println!("{}", lang.pick("Try next:", "接下来可以试试："));
        println!("  baogao records list --data {}", dir.display());
        println!("  baogao records export --format csv --data {}", dir.display());
    }
    println!("  baogao crawl http://www.example.gov.cn/zwgk/zfgzbg/ --contact me@example.org");
    Ok(())
}
