//! The address of a server of ours, whose password nobody gets to see.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use url::Url;

/// What stands in place of a secret.
const HIDDEN: &str = "***";

/// Query settings of database addresses that hold secrets.
const SECRET_SETTINGS: [&str; 2] = ["password", "sslpassword"];

/// The address of a broker or database, with credentials perhaps.
///
/// Shown, logged or written as configuration, the password is hidden; only
/// [`ServerUrl::expose`] gives it.
#[derive(Clone, PartialEq, Eq)]
pub struct ServerUrl(Url);

/// Why a text is no address of a server. The text is not repeated: it may hold a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ServerUrlError {
    /// It cannot be read.
    #[error("is no address such as {example}: {why}")]
    Syntax {
        /// One that is.
        example: &'static str,
        /// What the reader says.
        why: url::ParseError,
    },
    /// It has another scheme or no host.
    #[error("must begin with {} and name a host, as in {example}", schemes.iter().map(|s| format!("{s}://")).collect::<Vec<_>>().join(" or "))]
    Other {
        /// The schemes there are.
        schemes: &'static [&'static str],
        /// An address that would do.
        example: &'static str,
    },
}

/// A kind of server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServerKind {
    /// A RabbitMQ broker.
    Broker,
    /// A PostgreSQL database.
    Database,
}

impl ServerKind {
    fn schemes(self) -> &'static [&'static str] {
        match self {
            Self::Broker => &["amqp", "amqps"],
            Self::Database => &["postgres", "postgresql"],
        }
    }

    fn example(self) -> &'static str {
        match self {
            Self::Broker => "amqps://broker.example:5671/%2f",
            Self::Database => "postgres://baogao@database.example/baogao",
        }
    }
}

impl ServerUrl {
    /// Reads the address of a server of this kind.
    ///
    /// # Errors
    ///
    /// When it is none.
    pub fn parse(kind: ServerKind, text: &str) -> Result<Self, ServerUrlError> {
        let example = kind.example();
        let url = Url::parse(text.trim()).map_err(|why| ServerUrlError::Syntax { example, why })?;
        let has_host = url.host_str().is_some_and(|host| !host.is_empty());
        if !kind.schemes().contains(&url.scheme()) || !has_host {
            return Err(ServerUrlError::Other { schemes: kind.schemes(), example });
        }
        Ok(Self(url))
    }

    /// The same with another user or password where one is given.
    #[must_use]
    pub fn with_credentials(mut self, user: Option<&str>, password: Option<&str>) -> Self {
        // Both fail only for addresses without a host, which are none of ours.
        if let Some(user) = user {
            let _ = self.0.set_username(user);
        }
        if let Some(password) = password {
            let _ = self.0.set_password(Some(password));
        }
        self
    }

    /// The address with its password, for whoever connects.
    pub fn expose(&self) -> &str {
        self.0.as_str()
    }
}

impl fmt::Display for ServerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = self.0.clone();
        if shown.password().is_some() {
            let _ = shown.set_password(Some(HIDDEN));
        }
        if shown.query_pairs().any(|(name, _)| is_secret(&name)) {
            let pairs: Vec<_> = self.0.query_pairs().into_owned().collect();
            let hidden =
                pairs.iter().map(|(name, value)| (name, if is_secret(name) { HIDDEN } else { value.as_str() }));
            shown.query_pairs_mut().clear().extend_pairs(hidden);
        }
        f.write_str(shown.as_str())
    }
}

impl fmt::Debug for ServerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for ServerUrl {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Whether a query setting holds a secret.
fn is_secret(name: &str) -> bool {
    SECRET_SETTINGS.contains(&name.to_ascii_lowercase().as_str())
}

/// A text that may hold a secret and is not looked at yet: as a configuration has it.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Unread(pub String);

impl fmt::Debug for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HIDDEN)
    }
}

impl<'de> Deserialize<'de> for Unread {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn broker(text: &str) -> ServerUrl {
        ServerUrl::parse(ServerKind::Broker, text).expect("an address")
    }

    #[test]
    fn the_password_is_shown_to_nobody() {
        let url = broker("amqps://crawler:s3cret@broker.example:5671/%2f");
        for shown in [url.to_string(), format!("{url:?}"), serde_json_like(&url)] {
            assert!(
                shown.contains("crawler") && shown.contains("broker.example") && !shown.contains("s3cret"),
                "{shown}"
            );
        }
        assert!(url.expose().contains("s3cret"));
        let url = ServerUrl::parse(ServerKind::Database, "postgres://db.example/x?password=s3cret&sslmode=require");
        let shown = url.expect("an address").to_string();
        assert!(!shown.contains("s3cret") && shown.contains("sslmode=require"), "{shown}");
    }

    fn serde_json_like(url: &ServerUrl) -> String {
        toml::Value::try_from(url).expect("a string").to_string()
    }

    #[test]
    fn credentials_from_elsewhere_come_before_those_of_the_address() {
        let url = broker("amqp://guest:guest@localhost/%2f").with_credentials(Some("a@b"), Some("p/w"));
        assert_eq!(url.expose(), "amqp://a%40b:p%2Fw@localhost/%2f");
        let url = broker("amqp://localhost/%2f").with_credentials(None, None);
        assert_eq!(url.expose(), "amqp://localhost/%2f");
    }

    #[test]
    fn what_is_no_address_says_so_without_its_secret() {
        for wrong in ["s3cret", "http://u:s3cret@broker.example/", "amqp:///x?s3cret", "amqp://u:s3cret@:x/"] {
            let error = ServerUrl::parse(ServerKind::Broker, wrong).expect_err("no address").to_string();
            assert!(error.contains("amqps://broker.example") && !error.contains("s3cret"), "{error}");
        }
    }
}
