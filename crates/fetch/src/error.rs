//! Why an exchange failed, as the crawler and its log need to know it.

use std::error::Error;
use std::fmt;
use std::io::ErrorKind;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

/// What lies below a failure. Shared, since the HTTP client hands out references only.
pub(crate) type Cause = Arc<dyn Error + Send + Sync>;

/// What an exchange was waiting for when its time ran out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// The addresses of the host, or the handshakes of TCP and TLS.
    Connect,
    /// The status line and headers.
    Headers,
    /// The next bytes of the body.
    Body,
    /// The end of the whole exchange, bytes still coming.
    Total,
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Connect => "connecting",
            Self::Headers => "waiting for the response's headers",
            Self::Body => "waiting for more of the body",
            Self::Total => "receiving the body",
        })
    }
}

/// Why a URL could not be fetched. An answer of any HTTP status is not among these.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum FetchError {
    /// The host was too slow.
    #[error("{host} took longer than {after:?} {phase}; raise the fetch timeouts if it is merely slow")]
    Timeout {
        /// The host.
        host: String,
        /// What was being waited for.
        phase: Phase,
        /// The limit that was reached.
        after: Duration,
    },
    /// No TCP connection could be made, or it was closed within the TLS handshake.
    #[error("cannot connect to {host}")]
    Connect {
        /// The host.
        host: String,
        /// What the system says.
        #[source]
        source: Cause,
    },
    /// The name has no address, or no name server answered.
    #[error("cannot resolve {host}")]
    Dns {
        /// The name.
        host: String,
        /// What the system says.
        #[source]
        source: Arc<std::io::Error>,
    },
    /// The connection ended before the response was complete.
    #[error("{host} broke off after {received} bytes of the body")]
    Reset {
        /// The host.
        host: String,
        /// How much of the body had come; 0 where the headers had not.
        received: u64,
        /// What was noticed.
        #[source]
        source: Cause,
    },
    /// The body is larger than what is taken.
    #[error("the body from {host} exceeds max_body_bytes = {limit}{}", declared_text(*.declared))]
    TooLarge {
        /// The host.
        host: String,
        /// The length the server declared, if it did.
        declared: Option<u64>,
        /// The limit in bytes.
        limit: u64,
    },
    /// The host leads into a private or otherwise special network.
    #[error("{host} leads to {address}, which is {kind}; only allow_private or a connect_to entry permits that")]
    PrivateAddress {
        /// The host.
        host: String,
        /// The address that was refused.
        address: IpAddr,
        /// What kind of address it is.
        kind: &'static str,
    },
    /// A public host would have been contacted by a crawler that does not say whose it is.
    #[error(
        "{host} is public and no contact is configured; set `contact` (--contact) to an e-mail address or a URL \
         under which the operator can be reached"
    )]
    NoContact {
        /// The host.
        host: String,
    },
    /// No TLS session could be agreed on, or the certificate is not valid for the host.
    #[error("no TLS session with {host}")]
    Tls {
        /// The host.
        host: String,
        /// What is wrong.
        #[source]
        source: Cause,
    },
    /// What came is not HTTP/1, or the URL cannot be asked for over it.
    #[error("no valid HTTP exchange with {host}")]
    Protocol {
        /// The host.
        host: String,
        /// What is wrong.
        #[source]
        source: Cause,
    },
}

impl FetchError {
    /// A stable short code for the fetch log and for metrics.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Timeout { .. } => "timeout",
            Self::Connect { .. } => "connect",
            Self::Dns { .. } => "dns",
            Self::Reset { .. } => "reset",
            Self::TooLarge { .. } => "too_large",
            Self::PrivateAddress { .. } => "private_address",
            Self::NoContact { .. } => "no_contact",
            Self::Tls { .. } => "tls",
            Self::Protocol { .. } => "protocol",
        }
    }

    /// Whether the same request may well succeed within hours.
    ///
    /// A certificate or a server that speaks nonsense is mended by people, in days if at all.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Timeout { .. } | Self::Connect { .. } | Self::Dns { .. } | Self::Reset { .. } => true,
            Self::TooLarge { .. }
            | Self::PrivateAddress { .. }
            | Self::NoContact { .. }
            | Self::Tls { .. }
            | Self::Protocol { .. } => false,
        }
    }

    /// Whether we refused before anything was sent, so that it says nothing about the site.
    pub fn is_refusal(&self) -> bool {
        matches!(self, Self::PrivateAddress { .. } | Self::NoContact { .. })
    }

    /// The message with the messages of its causes, for places that keep only a text.
    pub(crate) fn chain(&self) -> String {
        let mut text = self.to_string();
        let mut cause = self.source();
        while let Some(error) = cause {
            text.push_str(": ");
            text.push_str(&error.to_string());
            cause = error.source();
        }
        text
    }
}

/// The end of the message about a large body.
fn declared_text(declared: Option<u64>) -> String {
    declared.map(|bytes| format!(": it is declared to have {bytes} bytes")).unwrap_or_default()
}

/// Reads a failure of the HTTP client as one of ours.
///
/// `received` is how much of the body had come, `connect_timeout` the client's limit.
pub(crate) fn classify(host: &str, received: u64, connect_timeout: Duration, error: reqwest::Error) -> FetchError {
    let error = error.without_url();
    let kind = kind_of(&error);
    let (is_connect, is_timeout) = (error.is_connect(), error.is_timeout());
    let (host, source) = (host.to_owned(), Arc::new(error));
    match kind {
        Kind::Ours(ours) => ours,
        Kind::Tls => FetchError::Tls { host, source },
        _ if is_connect && is_timeout => FetchError::Timeout { host, phase: Phase::Connect, after: connect_timeout },
        _ if is_connect => FetchError::Connect { host, source },
        Kind::Reset => FetchError::Reset { host, received, source },
        Kind::Protocol => FetchError::Protocol { host, source },
    }
}

/// What a chain of causes boils down to.
enum Kind {
    Ours(FetchError),
    Tls,
    Reset,
    Protocol,
}

/// The first telling cause in the chain; a chain without one is a broken protocol.
fn kind_of(error: &(dyn Error + 'static)) -> Kind {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(ours) = error.downcast_ref::<FetchError>() {
            return Kind::Ours(ours.clone());
        }
        if error.is::<rustls::Error>() {
            return Kind::Tls;
        }
        if let Some(hyper) = error.downcast_ref::<hyper::Error>() {
            if hyper.is_incomplete_message() || hyper.is_closed() || hyper.is_canceled() {
                return Kind::Reset;
            }
            if hyper.is_parse() {
                return Kind::Protocol;
            }
        }
        if let Some(io) = error.downcast_ref::<std::io::Error>() {
            // The source of an io::Error is its content's source: the content itself is looked at here.
            let kind = io.get_ref().map_or(Kind::Protocol, |content| kind_of(content));
            return match kind {
                // hyper reports bad chunks as invalid input; all else is the connection's end.
                Kind::Protocol if !matches!(io.kind(), ErrorKind::InvalidData | ErrorKind::InvalidInput) => Kind::Reset,
                kind => kind,
            };
        }
        next = error.source();
    }
    Kind::Protocol
}
