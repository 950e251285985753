//! The addresses of the servers, from the file or the environment, with their secrets kept.

use super::ServerSection;
use baogao_runtime::ServerUrl;
use baogao_runtime::config::File;
use baogao_runtime::server_url::{ServerKind, Unread};
use serde::Deserialize;

/// The broker's address in the environment.
const AMQP_URL: &str = "BAOGAO_AMQP_URL";

/// The broker's user, in place of the one in its address.
const AMQP_USER: &str = "BAOGAO_AMQP_USER";

/// The broker's password, in place of the one in its address.
const AMQP_PASSWORD: &str = "BAOGAO_AMQP_PASSWORD";

/// The database's address in the environment.
const DATABASE_URL: &str = "BAOGAO_DATABASE_URL";

/// The section as it stands in the file.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Section {
    url: Option<Unread>,
}

/// The section `bus`.
pub fn broker(file: &mut File, is_needed: bool, environment: &impl Fn(&str) -> Option<String>) -> ServerSection {
    let url = address(file, "bus", AMQP_URL, ServerKind::Broker, is_needed, environment);
    let (user, password) = (environment(AMQP_USER), environment(AMQP_PASSWORD));
    ServerSection { url: url.map(|url| url.with_credentials(user.as_deref(), password.as_deref())) }
}

/// The section `database`.
pub fn database(file: &mut File, is_needed: bool, environment: &impl Fn(&str) -> Option<String>) -> ServerSection {
    ServerSection { url: address(file, "database", DATABASE_URL, ServerKind::Database, is_needed, environment) }
}

/// The address in the section `name`, or the one in the environment, which comes first.
fn address(
    file: &mut File,
    name: &'static str,
    variable: &'static str,
    kind: ServerKind,
    is_needed: bool,
    environment: &impl Fn(&str) -> Option<String>,
) -> Option<ServerUrl> {
    let section: Section = file.section(name);
    let key = format!("{name}.url");
    let (key, text) = match (environment(variable), section.url) {
        (Some(text), _) => (variable.to_owned(), text),
        (None, Some(Unread(text))) => (key, text),
        (None, None) => {
            if is_needed {
                file.problem(key, format!("is missing; give the server's address here or in {variable}"));
            }
            return None;
        }
    };
    match ServerUrl::parse(kind, &text) {
        Ok(url) => Some(url),
        Err(error) => {
            file.problem(key, error.to_string());
            None
        }
    }
}
