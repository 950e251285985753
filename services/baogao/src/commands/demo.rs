//! `baogao demo`: the whole pipeline on a bundled site.

use super::{Session, block_on, records, summary};
use crate::cli::DemoArgs;
use crate::config::Config;
use crate::demo::site::DemoSite;
use crate::embedded::{Embedded, End};
use crate::exit::Exit;
use crate::progress::Progress;
use crate::say;
use crate::tell::tell;
use anyhow::Context as _;
use baogao_crawler::{Scope, ScopeKind};
use baogao_fetch::Fetcher;
use baogao_frontier::Seed;
use baogao_model::CanonicalUrl;
use baogao_runtime::Shutdown;
use baogao_runtime::metrics::Counts;
use baogao_store::{Query, Summary};
use jiff::Timestamp;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The demo's own hosts can bear a faster pace than anybody else's.
const HOST_DELAY_MS: u64 = 20;

/// The demo has nothing that comes back later.
const PATIENCE: Duration = Duration::from_secs(1);

/// The demo stores less than this, so it runs on a small disk too.
const MIN_FREE_BYTES: u64 = 16 << 20;

/// Carries the command out.
pub fn run(session: &Session, args: DemoArgs) -> anyhow::Result<Exit> {
    let mut config = Config::default();
    session.start_log(&config, Some("error"))?;
    config.crawler.host_delay_ms = HOST_DELAY_MS;
    config.crawler.min_free_bytes = MIN_FREE_BYTES;
    let place = Place::of(&args)?;
    config.data.dir = place.path().to_owned();
    let counts = Counts::install()?;
    let exit = block_on(crawl(session, config, &counts))?;
    place.leave(session)?;
    Ok(exit)
}

/// Serves the site, crawls it, and shows what came of it.
async fn crawl(session: &Session, mut config: Config, counts: &Counts) -> anyhow::Result<Exit> {
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
    tell(say!(session.lang, "serving {} on loopback and crawling them", "在本机回环地址上提供 {} 并抓取", hosts));
    let fetcher = Fetcher::new(config.fetch_config()?)?;
    let stores = Embedded::open(&config.data.dir, &config).await?;
    let scope = Scope::around(ScopeKind::Site, &seeds);
    let rows = seeds.into_iter().map(|url| Seed { url, priority: 0, now: true }).collect();
    stores.frontier.schedule(Timestamp::now(), rows).await?;
    let mut running = stores.start(&config, fetcher, scope, &shutdown)?;
    let mut progress = Progress::new(session.lang, counts.clone());
    let ended = running.until_idle(&stores, PATIENCE, |load| progress.show(load)).await;
    progress.end();
    running.stop().await;
    let ended = ended?;
    let found = stores.records.list(&Query::default()).await?;
    stores.close().await?;
    site.shutdown().await;
    show(session, counts, &found)?;
    Ok(if ended == End::Idle { Exit::Done } else { Exit::Interrupted })
}

/// Where the demo's data go.
enum Place {
    /// A directory that is taken away afterwards.
    Temporary(tempfile::TempDir),
    /// One that stays.
    Kept(PathBuf),
}

impl Place {
    fn of(args: &DemoArgs) -> anyhow::Result<Self> {
        if let Some(dir) = &args.data {
            return Ok(Self::Kept(dir.clone()));
        }
        let dir = tempfile::Builder::new()
            .prefix("baogao-demo-")
            .tempdir()
            .context("cannot make a temporary directory; give one with `--data`")?;
        Ok(if args.keep { Self::Kept(dir.keep()) } else { Self::Temporary(dir) })
    }

    fn path(&self) -> &Path {
        match self {
            Self::Temporary(dir) => dir.path(),
            Self::Kept(dir) => dir,
        }
    }

    /// Takes a temporary directory away and says what to try next.
    fn leave(self, session: &Session) -> anyhow::Result<()> {
        let mut out = std::io::stdout().lock();
        writeln!(out, "{}", session.lang.pick("Try next:", "接下来可以试试："))?;
        match self {
            Self::Temporary(dir) => {
                dir.close().context("cannot remove the temporary directory")?;
                writeln!(out, "  baogao demo --data ./demo-data")?;
            }
            Self::Kept(dir) => {
                let dir = dir.display();
                writeln!(out, "  baogao records list --data {dir}")?;
                writeln!(out, "  baogao records export --format csv --data {dir}")?;
            }
        }
        writeln!(out, "  baogao crawl http://www.example.gov.cn/zwgk/zfgzbg/ --contact me@example.org")?;
        Ok(())
    }
}

/// Prints what the crawl came to and the records it made.
fn show(session: &Session, counts: &Counts, found: &[Summary]) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    summary::write_crawl(&mut out, session.lang, counts)?;
    writeln!(out, "{}", records::summaries(session, found))?;
    Ok(())
}
