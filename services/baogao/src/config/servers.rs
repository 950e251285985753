//! The addresses of the servers, from the file or the environment, with their secrets kept.

use super::{BusSection, DatabaseSection};
use baogao_runtime::ServerUrl;
use baogao_runtime::config::File;
use baogao_runtime::server_url::{ServerKind, Unread};
use serde::Deserialize;
use std::path::PathBuf;

/// The broker's address in the environment.
const AMQP_URL: &str = "BAOGAO_AMQP_URL";

/// The broker's user, in place of the one in its address.
const AMQP_USER: &str = "BAOGAO_AMQP_USER";

/// The broker's password, in place of the one in its address.
const AMQP_PASSWORD: &str = "BAOGAO_AMQP_PASSWORD";

/// The database's address in the environment.
const DATABASE_URL: &str = "BAOGAO_DATABASE_URL";

/// The section `bus` as it stands in the file.
#[derive(Debug, Deserialize)]
#[serde(default)]
struct BusAsRead {
    url: Option<Unread>,
    ca_file: Option<PathBuf>,
    max_attempts: u32,
    retry_base_ms: u64,
    retry_max_ms: u64,
}

impl Default for BusAsRead {
    fn default() -> Self {
        let BusSection { url: _, ca_file, max_attempts, retry_base_ms, retry_max_ms } = BusSection::default();
        Self { url: None, ca_file, max_attempts, retry_base_ms, retry_max_ms }
    }
}

/// The section `database` as it stands in the file.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct DatabaseAsRead {
    url: Option<Unread>,
}

/// One server's address, wherever it comes from.
struct Address {
    /// The key of the file.
    key: &'static str,
    /// What the file says.
    in_file: Option<Unread>,
    /// The variable of the environment that comes before it.
    variable: &'static str,
    kind: ServerKind,
    is_needed: bool,
}

/// The section `bus`.
pub fn broker(file: &mut File, is_needed: bool, environment: &impl Fn(&str) -> Option<String>) -> BusSection {
    let BusAsRead { url, ca_file, max_attempts, retry_base_ms, retry_max_ms } = file.section("bus");
    let kind = ServerKind::Broker;
    let url = Address { key: "bus.url", in_file: url, variable: AMQP_URL, kind, is_needed }.read(file, environment);
    let (user, password) = (environment(AMQP_USER), environment(AMQP_PASSWORD));
    let url = url.map(|url| url.with_credentials(user.as_deref(), password.as_deref()));
    BusSection { url, ca_file, max_attempts, retry_base_ms, retry_max_ms }
}

/// The section `database`.
pub fn database(file: &mut File, is_needed: bool, environment: &impl Fn(&str) -> Option<String>) -> DatabaseSection {
    let DatabaseAsRead { url } = file.section("database");
    let kind = ServerKind::Database;
    let url = Address { key: "database.url", in_file: url, variable: DATABASE_URL, kind, is_needed };
    DatabaseSection { url: url.read(file, environment) }
}

impl Address {
    /// The address, with whatever is wrong with it noted in `file`.
    fn read(self, file: &mut File, environment: &impl Fn(&str) -> Option<String>) -> Option<ServerUrl> {
        let (key, text) = match (environment(self.variable), self.in_file) {
            (Some(text), _) => (self.variable, text),
            (None, Some(Unread(text))) => (self.key, text),
            (None, None) => {
                if self.is_needed {
                    file.problem(self.key, format!("is missing; give the address here or in {}", self.variable));
                }
                return None;
            }
        };
        ServerUrl::parse(self.kind, &text).map_err(|error| file.problem(key, error.to_string())).ok()
    }
}
