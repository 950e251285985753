//! The sections of a configuration and their defaults.

use baogao_archive::BucketAddress;
use baogao_fetch::FetchConfig;
use baogao_frontier::FrontierConfig;
use baogao_runtime::ServerUrl;
use serde::{Deserialize, Serialize, Serializer};
use std::path::PathBuf;
use std::time::Duration;

/// The section `archive`. Keys of a bucket come from the environment only.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ArchiveSection {
    /// The folder of the WARC files; `archive` in the data directory where missing. Services share it.
    pub dir: Option<PathBuf>,
    /// The bucket of the WARC files, instead of a folder.
    #[serde(serialize_with = "as_shown")]
    pub url: Option<BucketAddress>,
    /// The object store's address where it is not Amazon's.
    pub endpoint: Option<String>,
    /// The region of the bucket.
    pub region: Option<String>,
    /// Whether the endpoint may be spoken to without TLS.
    pub allow_http: bool,
}

fn as_shown<S: Serializer>(value: &Option<BucketAddress>, serializer: S) -> Result<S::Ok, S::Error> {
    value.as_ref().map(BucketAddress::to_string).serialize(serializer)
}

/// The section `extract`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ExtractSection {
    /// A folder with profiles of your own; one with the name of a built-in profile replaces it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profiles: Option<PathBuf>,
}

/// The section `database`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct DatabaseSection {
    /// The address; its password is never shown.
    pub url: Option<ServerUrl>,
}

/// The section `bus`. The attempts hold for the embedded mode too.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BusSection {
    /// The broker's address; its password is never shown.
    pub url: Option<ServerUrl>,
    /// Certificates in PEM that are trusted beside the system's own, for `amqps://`.
    pub ca_file: Option<PathBuf>,
    /// Attempts at a message that fails for the time being before it is a dead letter.
    pub max_attempts: u32,
    /// The wait before the second attempt, in milliseconds; doubled for each further one.
    pub retry_base_ms: u64,
    /// The longest wait between attempts, in milliseconds.
    pub retry_max_ms: u64,
}

impl Default for BusSection {
    fn default() -> Self {
        let options = baogao_bus::Options::default();
        Self {
            url: None,
            ca_file: None,
            max_attempts: options.max_attempts,
            retry_base_ms: millis(options.retry_base),
            retry_max_ms: millis(options.retry_max),
        }
    }
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
    /// What must be left of the lease, besides the longest request, when a request begins, in
    /// milliseconds. The clocks of all crawlers must agree within it.
    pub lease_margin_ms: u64,
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
            lease_margin_ms: 15_000,
            max_attempts: frontier.max_attempts,
            retry_base_ms: millis(frontier.retry_base),
            retry_max_ms: millis(frontier.retry_max),
            max_redirects: frontier.max_redirects,
            group_patience_ms: millis(frontier.group_patience),
        }
    }
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
    /// The room for work in progress over all stages of a process, in MiB. Larger pieces are worked
    /// on alone.
    pub byte_budget_mib: u64,
    /// How long what is in hand may take once a stop is asked for, in milliseconds.
    pub grace_ms: u64,
}

impl Default for StagesConfig {
    fn default() -> Self {
        Self {
            scraper_concurrency: 0,
            parser_concurrency: 0,
            publisher_concurrency: 32,
            byte_budget_mib: 64,
            // Orchestrators kill after 30 s; some of them are for closing.
            grace_ms: 25_000,
        }
    }
}

/// A duration in whole milliseconds.
fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
