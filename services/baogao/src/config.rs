//! The whole configuration: every role's section in one file.

mod archive;
mod sections;
mod servers;

pub use sections::{
    ArchiveSection, BusSection, DataConfig, DatabaseSection, ExtractSection, FetchSection, FrontierSection,
    SeedsConfig, StagesConfig,
};

use baogao_archive::Location;
use baogao_crawler::{CrawlerConfig, RetentionConfig};
use baogao_fetch::{ConnectTo, FetchConfig, Fetcher};
use baogao_frontier::FrontierConfig;
use baogao_runtime::ByteBudget;
use baogao_runtime::config::{ConfigError, File};
use baogao_runtime::data_dir::Paths;
use baogao_runtime::health::HealthConfig;
use baogao_runtime::telemetry::LogConfig;
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The most messages one stage of one process handles at once.
const MAX_WORKERS: usize = 1024;

/// The largest room for work in progress: more than any machine has.
const MAX_BUDGET_MIB: u64 = 1 << 20;

/// The longest time a stop may take.
const MAX_GRACE_MS: u64 = 3_600_000;

/// Everything that can be set.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Config {
    /// Where the data lie.
    pub data: DataConfig,
    /// What is logged.
    pub log: LogConfig,
    /// What `baogao run` crawls.
    pub seeds: SeedsConfig,
    /// How fast, how far and how much.
    pub crawler: CrawlerConfig,
    /// How a URL is got.
    pub fetch: FetchSection,
    /// When a URL is due again.
    pub frontier: FrontierSection,
    /// How long is kept what is needed for a time only.
    pub retention: RetentionConfig,
    /// How pages become articles.
    pub extract: ExtractSection,
    /// The stages behind the crawler.
    pub stages: StagesConfig,
    /// Where the responses are kept.
    pub archive: ArchiveSection,
    /// The broker of separate services.
    pub bus: BusSection,
    /// The database of separate services.
    pub database: DatabaseSection,
    /// Where a service tells how it is.
    pub health: HealthConfig,
}

/// What a command cannot do without.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// The broker's address.
    Bus,
    /// The database's address.
    Database,
    /// Somewhere to begin.
    Seeds,
}

/// A setting that makes no sense, found on the command line rather than in a file.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Wrong(pub String);

impl Config {
    /// Reads `path`; the defaults where there is none.
    ///
    /// # Errors
    ///
    /// With every mistake in the file.
    pub fn load(path: Option<&Path>) -> Result<Self, ConfigError> {
        Self::read(path, &[], |_| None)
    }

    /// Reads `path` for something that connects to servers: their addresses and credentials in the
    /// environment come before those of the file.
    ///
    /// # Errors
    ///
    /// With every mistake in the file and the environment, and whatever of `needs` is missing.
    pub fn load_for(path: &Path, needs: &[Need]) -> Result<Self, ConfigError> {
        Self::read(Some(path), needs, |name| std::env::var(name).ok().filter(|value| !value.is_empty()))
    }

    fn read(
        path: Option<&Path>,
        needs: &[Need],
        environment: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, ConfigError> {
        let mut file = match path {
            Some(path) => File::read(path)?,
            None => File::empty(),
        };
        let config = Self {
            data: file.section("data"),
            log: file.section("log"),
            seeds: file.section("seeds"),
            crawler: file.section("crawler"),
            fetch: file.section("fetch"),
            frontier: file.section("frontier"),
            retention: file.section("retention"),
            extract: file.section("extract"),
            stages: file.section("stages"),
            archive: archive::section(&mut file),
            bus: servers::broker(&mut file, needs.contains(&Need::Bus), &environment),
            database: servers::database(&mut file, needs.contains(&Need::Database), &environment),
            health: file.section("health"),
        };
        for (key, message) in config.crawler.problems().into_iter().chain(config.retention.problems()) {
            file.problem(key, message);
        }
        if let Err(error) = crate::profiles::extractor(&config.extract) {
            file.problem("extract.profiles", format!("{error:#}"));
        }
        match config.fetch_config() {
            Ok(fetch) if path.is_some() => {
                if let Err(error) = Fetcher::new(fetch) {
                    file.problem("fetch", error.to_string());
                }
            }
            Ok(_) => {}
            Err(error) => file.problem("fetch.connect_to", error.to_string()),
        }
        for (key, message) in config.senseless() {
            file.problem(key, message);
        }
        let margins = config.frontier.lease_margin_ms.saturating_mul(2);
        let least = config.fetch.total_timeout_ms.saturating_add(margins);
        if config.frontier.lease_ms < least {
            file.problem(
                "frontier.lease_ms",
                format!(
                    "must be at least {least}, `fetch.total_timeout_ms` and twice `frontier.lease_margin_ms`, or a host \
                     could get two owners"
                ),
            );
        }
        if let Err(error) = crate::commands::scope_kind(&config.seeds.scope) {
            file.problem("seeds.scope", error);
        }
        for url in &config.seeds.urls {
            if let Err(error) = baogao_model::CanonicalUrl::parse(url) {
                file.problem("seeds.urls", error.to_string());
            }
        }
        // Without seeds nothing is in scope, unless everything is.
        if needs.contains(&Need::Seeds) && config.seeds.urls.is_empty() && config.seeds.scope != "any" {
            file.problem("seeds.urls", "names no seeds; give the list pages where the crawl begins");
        }
        file.finish()?;
        Ok(config)
    }

    /// Values that no part could work with, as pairs of key and message.
    fn senseless(&self) -> Vec<(&'static str, String)> {
        let mut problems = Vec::new();
        let times = [
            ("fetch.connect_timeout_ms", self.fetch.connect_timeout_ms),
            ("fetch.read_timeout_ms", self.fetch.read_timeout_ms),
            ("fetch.total_timeout_ms", self.fetch.total_timeout_ms),
            ("fetch.max_body_bytes", self.fetch.max_body_bytes),
        ];
        for (key, value) in times {
            if value == 0 {
                problems.push((key, "must be more than 0, or nothing can be fetched".to_owned()));
            }
        }
        let workers = [
            ("stages.scraper_concurrency", self.stages.scraper_concurrency),
            ("stages.parser_concurrency", self.stages.parser_concurrency),
            ("stages.publisher_concurrency", self.stages.publisher_concurrency),
        ];
        for (key, value) in workers {
            if value > MAX_WORKERS {
                problems.push((key, format!("{value} is more than {MAX_WORKERS}")));
            }
        }
        let mib = self.stages.byte_budget_mib;
        if mib == 0 || mib > MAX_BUDGET_MIB {
            problems.push(("stages.byte_budget_mib", format!("must be 1 to {MAX_BUDGET_MIB}")));
        }
        if self.bus.retry_base_ms == 0 {
            problems.push(("bus.retry_base_ms", "must be more than 0, or a message is tried in a circle".to_owned()));
        }
        if self.stages.grace_ms > MAX_GRACE_MS {
            problems.push(("stages.grace_ms", format!("{} is longer than an hour", self.stages.grace_ms)));
        }
        problems
    }

    /// The room for work in progress.
    pub fn byte_budget(&self) -> ByteBudget {
        ByteBudget::new(self.stages.byte_budget_mib.saturating_mul(1 << 20))
    }

    /// How long what is in hand may take once a stop is asked for.
    pub fn grace(&self) -> Duration {
        Duration::from_millis(self.stages.grace_ms)
    }

    /// How a bus treats what fails.
    pub fn bus_options(&self) -> baogao_bus::Options {
        baogao_bus::Options {
            max_attempts: self.bus.max_attempts,
            retry_base: Duration::from_millis(self.bus.retry_base_ms),
            retry_max: Duration::from_millis(self.bus.retry_max_ms),
            ..baogao_bus::Options::default()
        }
    }

    /// The certificates trusted beside the system's own; none where no file is named.
    ///
    /// # Errors
    ///
    /// When the file cannot be read.
    pub fn bus_ca(&self) -> Result<Option<String>, Wrong> {
        let read = |path: &PathBuf| {
            std::fs::read_to_string(path)
                .map_err(|error| Wrong(format!("bus.ca_file: cannot read {}: {error}", path.display())))
        };
        self.bus.ca_file.as_ref().map(read).transpose()
    }

    /// Where the WARC files are.
    pub fn archive_location(&self) -> Location {
        self.archive.location(&Paths::below(&self.data.dir).archive)
    }

    /// The settings of the fetcher.
    ///
    /// # Errors
    ///
    /// When a `connect_to` entry is not HOST:PORT:ADDR:PORT.
    pub fn fetch_config(&self) -> Result<FetchConfig, Wrong> {
        let mut connect_to = Vec::new();
        for entry in &self.fetch.connect_to {
            connect_to.push(entry.parse::<ConnectTo>().map_err(|error| Wrong(error.to_string()))?);
        }
        Ok(FetchConfig {
            contact: self.fetch.contact.clone(),
            connect_timeout: Duration::from_millis(self.fetch.connect_timeout_ms),
            read_timeout: Duration::from_millis(self.fetch.read_timeout_ms),
            total_timeout: Duration::from_millis(self.fetch.total_timeout_ms),
            max_body_bytes: self.fetch.max_body_bytes,
            allow_private: self.fetch.allow_private,
            connect_to,
            ..FetchConfig::default()
        })
    }

    /// The settings of the frontier.
    pub fn frontier_config(&self) -> FrontierConfig {
        FrontierConfig {
            default_delay: self.crawler.host_delay(),
            lease: Duration::from_millis(self.frontier.lease_ms),
            max_attempts: self.frontier.max_attempts,
            max_redirects: self.frontier.max_redirects,
            retry_base: Duration::from_millis(self.frontier.retry_base_ms),
            retry_max: Duration::from_millis(self.frontier.retry_max_ms),
            group_patience: Duration::from_millis(self.frontier.group_patience_ms),
            ..FrontierConfig::default()
        }
    }
}
