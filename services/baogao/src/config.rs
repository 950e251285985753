//! The whole configuration: every role's section in one file.

use baogao_crawler::CrawlerConfig;
use baogao_fetch::{ConnectTo, FetchConfig, Fetcher};
use baogao_frontier::FrontierConfig;
use baogao_runtime::config::{ConfigError, File};
use baogao_runtime::telemetry::LogConfig;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The most messages one stage of one process handles at once.
const MAX_WORKERS: usize = 1024;

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
    /// How pages become articles.
    pub extract: ExtractConfig,
    /// The stages behind the crawler.
    pub stages: StagesConfig,
}

/// The section `data`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct DataConfig {
    /// The data directory.
    pub dir: PathBuf,
}

impl Default for DataConfig {
    fn default() -> Self {
        Self { dir: PathBuf::from("./baogao-data") }
    }
}

/// The section `seeds`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SeedsConfig {
    /// Where a continuous crawl begins: list pages of sites.
    pub urls: Vec<String>,
    /// How far it may go from them: `site`, `host`, `path` or `any`.
    pub scope: String,
}

impl Default for SeedsConfig {
    fn default() -> Self {
        Self { urls: Vec::new(), scope: "site".to_owned() }
    }
}

/// The section `fetch`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct FetchSection {
    /// An e-mail address or URL that site owners can turn to. Public hosts are fetched only with it.
    pub contact: Option<String>,
    /// The time to open a connection, in milliseconds.
    pub connect_timeout_ms: u64,
    /// The longest silence while a response comes, in milliseconds.
    pub read_timeout_ms: u64,
    /// The longest time for a whole response, in milliseconds.
    pub total_timeout_ms: u64,
    /// The largest response kept, in bytes.
    pub max_body_bytes: u64,
    /// Whether private and loopback addresses may be fetched.
    pub allow_private: bool,
    /// Addresses to use instead of what DNS says, each as HOST:PORT:ADDR:PORT.
    pub connect_to: Vec<String>,
}

impl Default for FetchSection {
    fn default() -> Self {
        let fetch = FetchConfig::default();
        Self {
            contact: fetch.contact,
            connect_timeout_ms: millis(fetch.connect_timeout),
            read_timeout_ms: millis(fetch.read_timeout),
            total_timeout_ms: millis(fetch.total_timeout),
            max_body_bytes: fetch.max_body_bytes,
            allow_private: fetch.allow_private,
            connect_to: Vec::new(),
        }
    }
}

/// The section `frontier`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct FrontierSection {
    /// How long a host is leased to one crawler, in milliseconds.
    pub lease_ms: u64,
    /// Attempts at a URL that fails for the time being before it is given up.
    pub max_attempts: u32,
    /// The wait before the second attempt, in milliseconds; doubled for each further one.
    pub retry_base_ms: u64,
    /// The longest wait between attempts, in milliseconds.
    pub retry_max_ms: u64,
    /// Redirects followed from one URL.
    pub max_redirects: u32,
    /// How long a split article waits for its missing parts, in milliseconds.
    pub group_patience_ms: u64,
}

impl Default for FrontierSection {
    fn default() -> Self {
        let frontier = FrontierConfig::default();
        Self {
            // Longer than the longest request, so that a host never has two owners.
            lease_ms: 180_000,
            max_attempts: frontier.max_attempts,
            retry_base_ms: millis(frontier.retry_base),
            retry_max_ms: millis(frontier.retry_max),
            max_redirects: frontier.max_redirects,
            group_patience_ms: millis(frontier.group_patience),
        }
    }
}

/// The section `extract`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ExtractConfig {
    /// A folder with profiles of your own; one with the name of a built-in profile replaces it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profiles: Option<PathBuf>,
}

/// The section `stages`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct StagesConfig {
    /// Pages cleaned at once; 0 means one for each core.
    pub scraper_concurrency: usize,
    /// Articles parsed at once; 0 means one for each core.
    pub parser_concurrency: usize,
    /// Records stored at once; they are committed in groups.
    pub publisher_concurrency: usize,
}

impl Default for StagesConfig {
    fn default() -> Self {
        Self { scraper_concurrency: 0, parser_concurrency: 0, publisher_concurrency: 32 }
    }
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
            extract: file.section("extract"),
            stages: file.section("stages"),
        };
        for (key, message) in config.crawler.problems() {
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
        if config.frontier.lease_ms < config.fetch.total_timeout_ms.saturating_add(30_000) {
            let least = config.fetch.total_timeout_ms.saturating_add(30_000);
            file.problem(
                "frontier.lease_ms",
                format!(
                    "must be at least {least}, 30 s more than `fetch.total_timeout_ms`, or a host could get two owners"
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
        problems
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

/// A duration in whole milliseconds.
fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
