//! What a fetcher is told at its start.

use crate::connect_to::ConnectTo;
use std::time::Duration;

/// How to fetch. [`Default`] gives values that are kind to small servers.
#[derive(Debug, Clone)]
pub struct FetchConfig {
    /// An e-mail address or an http(s) URL under which the operator can be reached. Goes into the
    /// user agent. Without it only private and special addresses can be fetched, where permitted.
    pub contact: Option<String>,
    /// The product token and version that open the user agent: `baogao/0.0.0`.
    pub product: String,
    /// The longest wait for the addresses of a host and the handshakes of TCP and TLS, together.
    pub connect_timeout: Duration,
    /// The longest wait for the headers, and then for each next piece of the body.
    pub read_timeout: Duration,
    /// The longest exchange, however steadily bytes trickle in.
    pub total_timeout: Duration,
    /// The largest body as it comes over the wire, in bytes; a larger one is an error.
    pub max_body_bytes: u64,
    /// Whether private and special addresses may be contacted; for tests and intranets.
    pub allow_private: bool,
    /// Where to connect instead, by host and port; the first entry that fits wins.
    pub connect_to: Vec<ConnectTo>,
}

impl Default for FetchConfig {
    fn default() -> Self {
        Self {
            contact: None,
            product: concat!("baogao/", env!("CARGO_PKG_VERSION")).to_owned(),
            connect_timeout: Duration::from_secs(15),
            read_timeout: Duration::from_secs(30),
            total_timeout: Duration::from_secs(120),
            max_body_bytes: 32 * 1024 * 1024,
            allow_private: false,
            connect_to: Vec::new(),
        }
    }
}

/// Why no fetcher can be made of a configuration.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The contact is neither an e-mail address nor a URL.
    #[error(
        "contact = {contact:?} is neither an e-mail address nor an http(s) URL; give one that reaches the operator"
    )]
    Contact {
        /// What was given.
        contact: String,
    },
    /// The product is no `name/version`.
    #[error("product = {product:?} is not of the form name/version, in letters, digits and -._ only")]
    Product {
        /// What was given.
        product: String,
    },
    /// A limit is zero, with which nothing could be fetched.
    #[error("{name} is zero; nothing could be fetched")]
    ZeroLimit {
        /// The limit's name.
        name: &'static str,
    },
    /// The HTTP client cannot be set up, above all where the system has no CA certificates.
    #[error(
        "the HTTP client cannot be set up; if CA certificates are missing, install the system's package \
         (ca-certificates) or name a file of them in the environment as SSL_CERT_FILE"
    )]
    Client {
        /// What is missing.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl FetchConfig {
    /// Checks what the types do not.
    ///
    /// # Errors
    ///
    /// The first mistake found.
    pub(crate) fn validate(&self) -> Result<(), ConfigError> {
        if let Some(contact) = self.contact.as_ref().filter(|contact| !is_contact(contact)) {
            return Err(ConfigError::Contact { contact: contact.clone() });
        }
        if !is_product(&self.product) {
            return Err(ConfigError::Product { product: self.product.clone() });
        }
        let limits = [
            ("connect_timeout", self.connect_timeout.is_zero()),
            ("read_timeout", self.read_timeout.is_zero()),
            ("total_timeout", self.total_timeout.is_zero()),
            ("max_body_bytes", self.max_body_bytes == 0),
        ];
        for (name, is_zero) in limits {
            if is_zero {
                return Err(ConfigError::ZeroLimit { name });
            }
        }
        Ok(())
    }

    /// The user agent: product first, then where to complain, as webmasters expect it.
    pub(crate) fn user_agent(&self) -> String {
        match &self.contact {
            Some(contact) => format!("{} (+{contact})", self.product),
            None => self.product.clone(),
        }
    }
}

/// Whether a text can be written to or visited, as far as its form goes.
fn is_contact(text: &str) -> bool {
    // It stands in a comment of a header, so neither parentheses nor white space may occur.
    if !text.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'(' | b')' | b'\\')) {
        return false;
    }
    if let Ok(url) = url::Url::parse(text)
        && matches!(url.scheme(), "http" | "https")
    {
        return true;
    }
    let address = text.strip_prefix("mailto:").unwrap_or(text);
    address.split_once('@').is_some_and(|(name, host)| {
        !name.is_empty() && host.contains('.') && !host.starts_with('.') && !host.ends_with('.') && !host.contains('@')
    })
}

/// Whether a text is a product token with a version (RFC 9110 §10.1.5).
fn is_product(text: &str) -> bool {
    let is_token = |part: &str| {
        !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_'))
    };
    text.split_once('/').is_some_and(|(name, version)| is_token(name) && is_token(version))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contacts_reach_somebody() {
        for good in ["ops@example.org", "mailto:ops@example.org", "https://example.org/crawler?a=1"] {
            assert!(is_contact(good), "{good}");
        }
        for bad in
            ["", "ops", "ops@", "@example.org", "ops@localhost", "a b@example.org", "x@y.z\r\nHost: a", "(a@b.c)"]
        {
            assert!(!is_contact(bad), "{bad}");
        }
    }

    #[test]
    fn a_mistake_is_named() {
        let config = FetchConfig { read_timeout: Duration::ZERO, ..FetchConfig::default() };
        assert!(matches!(config.validate(), Err(ConfigError::ZeroLimit { name: "read_timeout" })));
        let config = FetchConfig { product: "baogao 1".to_owned(), ..FetchConfig::default() };
        assert!(matches!(config.validate(), Err(ConfigError::Product { .. })));
        let config = FetchConfig { contact: Some("nobody".to_owned()), ..FetchConfig::default() };
        assert!(config.validate().unwrap_err().to_string().contains("nobody"));
    }
}
