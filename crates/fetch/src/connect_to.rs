//! Connecting somewhere else than a URL's host says, as with curl's `--connect-to`.
//!
//! For tests, demonstrations and mirrors. The URL, the `Host` header and the name that TLS asks for
//! stay as they are; only a literal address in an https URL is not what TLS asks for, but the place
//! that the rule names.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

/// One rule `HOST:PORT:ADDR:PORT`.
///
/// An empty `HOST` or `PORT` on the left fits any; an empty one on the right keeps what the URL says.
/// `ADDR` is an address or a name, IPv6 addresses stand in brackets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectTo {
    host: Option<String>,
    port: Option<u16>,
    to_host: Option<String>,
    to_port: Option<u16>,
}

/// Why a text is no [`ConnectTo`] rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectToError {
    /// It does not have four parts.
    #[error("{text:?} has {parts} parts instead of the four of HOST:PORT:ADDR:PORT; put IPv6 addresses in brackets")]
    Parts {
        /// The rule.
        text: String,
        /// How many parts it has.
        parts: usize,
    },
    /// A bracket is not closed or has something other than an IPv6 address inside.
    #[error("{part:?} in {text:?} is no IPv6 address in brackets")]
    Brackets {
        /// The rule.
        text: String,
        /// The part.
        part: String,
    },
    /// A port is no number from 1 to 65535.
    #[error("{part:?} in {text:?} is no port; give 1 to 65535 or nothing")]
    Port {
        /// The rule.
        text: String,
        /// The part.
        part: String,
    },
    /// The right half is empty, so the rule would change nothing.
    #[error("{text:?} names neither an address nor a port to connect to")]
    NoTarget {
        /// The rule.
        text: String,
    },
}

impl ConnectTo {
    /// Whether the rule applies to a connection to `host` (without brackets) at `port`.
    pub(crate) fn fits(&self, host: &str, port: u16) -> bool {
        let host_fits = self.host.as_ref().is_none_or(|own| own.eq_ignore_ascii_case(host));
        host_fits && self.port.is_none_or(|own| own == port)
    }

    /// The host to connect to instead, if it is another.
    pub(crate) fn to_host(&self) -> Option<&str> {
        self.to_host.as_deref()
    }

    /// The port to connect to instead, if it is another.
    pub(crate) fn to_port(&self) -> Option<u16> {
        self.to_port
    }
}

impl FromStr for ConnectTo {
    type Err = ConnectToError;

    fn from_str(text: &str) -> Result<Self, ConnectToError> {
        let parts = split_outside_brackets(text);
        let [host, port, to_host, to_port] = parts[..] else {
            return Err(ConnectToError::Parts { text: text.to_owned(), parts: parts.len() });
        };
        let rule = Self {
            host: read_host(text, host)?,
            port: read_port(text, port)?,
            to_host: read_host(text, to_host)?,
            to_port: read_port(text, to_port)?,
        };
        if rule.to_host.is_none() && rule.to_port.is_none() {
            return Err(ConnectToError::NoTarget { text: text.to_owned() });
        }
        Ok(rule)
    }
}

impl fmt::Display for ConnectTo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_end(f, self.host.as_deref(), self.port)?;
        f.write_str(":")?;
        write_end(f, self.to_host.as_deref(), self.to_port)
    }
}

/// Writes one half of a rule.
fn write_end(f: &mut fmt::Formatter<'_>, host: Option<&str>, port: Option<u16>) -> fmt::Result {
    match host {
        Some(host) if host.contains(':') => write!(f, "[{host}]:")?,
        Some(host) => write!(f, "{host}:")?,
        None => f.write_str(":")?,
    }
    port.map_or(Ok(()), |port| write!(f, "{port}"))
}

/// The parts between colons that stand in no bracket.
fn split_outside_brackets(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut start, mut inside) = (0, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'[' => inside = true,
            b']' => inside = false,
            b':' if !inside => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

/// A host without its brackets, or nothing.
fn read_host(text: &str, part: &str) -> Result<Option<String>, ConnectToError> {
    if part.is_empty() {
        return Ok(None);
    }
    if !part.contains(['[', ']']) {
        return Ok(Some(part.to_ascii_lowercase()));
    }
    let inner = part.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    // Written in the one form that URLs use as well.
    match inner.and_then(|inner| inner.parse::<IpAddr>().ok()) {
        Some(IpAddr::V6(address)) => Ok(Some(address.to_string())),
        _ => Err(ConnectToError::Brackets { text: text.to_owned(), part: part.to_owned() }),
    }
}

/// A port, or nothing.
fn read_port(text: &str, part: &str) -> Result<Option<u16>, ConnectToError> {
    if part.is_empty() {
        return Ok(None);
    }
    match part.parse() {
        Ok(0) | Err(_) => Err(ConnectToError::Port { text: text.to_owned(), part: part.to_owned() }),
        Ok(port) => Ok(Some(port)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_fit_what_they_name() {
        let cases = [
            ("www.qinglan.example:80:127.0.0.1:8080", "www.qinglan.example", 80, true),
            ("www.qinglan.example:80:127.0.0.1:8080", "www.qinglan.example", 443, false),
            ("www.qinglan.example:80:127.0.0.1:8080", "bbs.qinglan.example", 80, false),
            ("WWW.Qinglan.example::127.0.0.1:", "www.qinglan.example", 443, true),
            ("::[::1]:8080", "anything.example", 9, true),
            (":80:web:", "anything.example", 80, true),
            ("[2001:DB8::1]:80:127.0.0.1:8080", "2001:db8::1", 80, true),
        ];
        for (rule, host, port, fits) in cases {
            let rule: ConnectTo = rule.parse().unwrap();
            assert_eq!(rule.fits(host, port), fits, "{rule} for {host}:{port}");
        }
    }

    #[test]
    fn rules_are_written_as_read() {
        for text in ["a.example:80:127.0.0.1:8080", "::[::1]:8080", ":80:web:", "[::1]:80::81"] {
            assert_eq!(text.parse::<ConnectTo>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn mistakes_are_named() {
        let parts = |text: &str, parts| ConnectToError::Parts { text: text.to_owned(), parts };
        assert_eq!("a:80".parse::<ConnectTo>(), Err(parts("a:80", 2)));
        assert_eq!("".parse::<ConnectTo>(), Err(parts("", 1)));
        assert_eq!("a:80:::1:80".parse::<ConnectTo>(), Err(parts("a:80:::1:80", 6)));
        for text in ["a:80:[::1:80", "a:80:[b]:80", "a:80:[127.0.0.1]:80", "[]:80:b:80"] {
            assert!(
                matches!(
                    text.parse::<ConnectTo>(),
                    Err(ConnectToError::Brackets { .. } | ConnectToError::Parts { .. })
                ),
                "{text}"
            );
        }
        for text in ["a:0:b:80", "a:80:b:65536", "a:x:b:80", "a:80:b:-1"] {
            assert!(matches!(text.parse::<ConnectTo>(), Err(ConnectToError::Port { .. })), "{text}");
        }
        assert_eq!("a:80::".parse::<ConnectTo>(), Err(ConnectToError::NoTarget { text: "a:80::".to_owned() }));
    }
}
