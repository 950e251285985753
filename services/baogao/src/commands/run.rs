//! `baogao run`: the configured seeds, continuously.

use super::{Session, block_on, scope_kind};
use crate::cli::RunArgs;
use crate::config::{Config, Wrong};
use crate::embedded::Embedded;
use crate::exit::Exit;
use baogao_crawler::Scope;
use baogao_fetch::Fetcher;
use baogao_frontier::Seed;
use baogao_model::CanonicalUrl;
use baogao_runtime::Shutdown;
use baogao_runtime::metrics::Counts;
use jiff::Timestamp;

/// Seeds are list pages: they go before what is found on them.
const SEED_PRIORITY: i32 = 100;

/// Carries the command out: until SIGTERM or SIGINT, which is a good end.
pub fn run(session: &Session, args: RunArgs) -> anyhow::Result<Exit> {
    let mut config = Config::load(Some(&args.config))?;
    if let Some(data) = args.data {
        config.data.dir = data;
    }
    session.start_log(&config, None)?;
    let mut seeds = Vec::new();
    for url in &config.seeds.urls {
        seeds.push(CanonicalUrl::parse(url)?);
    }
    if seeds.is_empty() {
        return Err(Wrong(format!("{} names no seeds; set `seeds.urls`", args.config.display())).into());
    }
    let kind = scope_kind(&config.seeds.scope).map_err(Wrong)?;
    let scope = Scope::around(kind, &seeds);
    Counts::install()?;
    block_on(async {
        let shutdown = Shutdown::on_signals()?;
        let fetcher = Fetcher::new(config.fetch_config()?)?;
        let stores = Embedded::open(&config.data.dir, &config).await?;
        let rows = seeds.into_iter().map(|url| Seed { url, priority: SEED_PRIORITY, now: false }).collect();
        stores.frontier.schedule(Timestamp::now(), rows).await?;
        tracing::info!(scope = %scope, data = %config.data.dir.display(), "baogao runs");
        let mut running = stores.start(&config, fetcher, scope, &shutdown)?;
        let ended = running.until_stopped().await;
        tracing::info!("baogao stops");
        running.stop().await;
        stores.close().await?;
        ended?;
        Ok(Exit::Done)
    })
}
