//! What a site's robots.txt says as a whole, whether the file could be got or not.

use crate::response::Response;
use crate::robots::{MAX_ROBOTS_BYTES, Robots};
use baogao_model::CanonicalUrl;
use bytes::Bytes;
use flate2::read::MultiGzDecoder;
use std::io::Read;

/// The outcome of asking for a robots.txt, in a form that can be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RobotsAnswer {
    /// The file came.
    Rules {
        /// Its text, at most [`MAX_ROBOTS_BYTES`].
        body: Bytes,
    },
    /// There is no such file, so everything is allowed (RFC 9309 §2.3.1.3).
    AllowAll {
        /// What was answered, for people.
        why: String,
    },
    /// The file may exist but could not be got, so nothing is allowed until it can (§2.3.1.4).
    DenyAll {
        /// What went wrong, for people.
        why: String,
    },
}

impl RobotsAnswer {
    /// The name of the outcome for storage: `rules`, `allow_all` or `deny_all`.
    pub fn state(&self) -> &'static str {
        match self {
            Self::Rules { .. } => "rules",
            Self::AllowAll { .. } => "allow_all",
            Self::DenyAll { .. } => "deny_all",
        }
    }

    /// What belongs to the state: the file, or the reason in words.
    pub fn body(&self) -> &[u8] {
        match self {
            Self::Rules { body } => body,
            Self::AllowAll { why } | Self::DenyAll { why } => why.as_bytes(),
        }
    }

    /// An answer that was stored as [`state`](Self::state) and [`body`](Self::body).
    ///
    /// An unknown state denies, as a file that cannot be read does.
    pub fn from_stored(state: &str, body: &[u8]) -> Self {
        let why = || String::from_utf8_lossy(body).into_owned();
        match state {
            "rules" => Self::Rules { body: Bytes::copy_from_slice(&body[..body.len().min(MAX_ROBOTS_BYTES)]) },
            "allow_all" => Self::AllowAll { why: why() },
            "deny_all" => Self::DenyAll { why: why() },
            _ => Self::DenyAll { why: format!("stored with the unknown state {state:?}") },
        }
    }

    /// The rules that follow from the answer.
    pub fn robots(&self) -> Robots {
        match self {
            Self::Rules { body } => Robots::parse(body),
            Self::AllowAll { .. } => Robots::allow_all(),
            Self::DenyAll { .. } => Robots::deny_all(),
        }
    }
}

/// What one response to `GET /robots.txt` leads to.
pub(crate) enum Verdict {
    Answer(RobotsAnswer),
    Elsewhere(CanonicalUrl),
}

/// Reads a response by RFC 9309 §2.3.1.
pub(crate) fn judge(url: &CanonicalUrl, response: &Response) -> Verdict {
    let status = response.status;
    let deny = |why| Verdict::Answer(RobotsAnswer::DenyAll { why });
    if let Some(location) = response.location() {
        return match url.join(&location) {
            Ok(target) => Verdict::Elsewhere(target),
            Err(error) => deny(format!("status {status} with an unusable location: {error}")),
        };
    }
    match status {
        200..=299 => match plain_text(response) {
            Ok(body) => Verdict::Answer(RobotsAnswer::Rules { body }),
            Err(why) => deny(why),
        },
        // "Too many requests" asks us to slow down. It is no word about the file, so taking it as
        // leave to crawl everything would be the opposite of what was asked.
        429 => deny("status 429".to_owned()),
        400..=499 => Verdict::Answer(RobotsAnswer::AllowAll { why: format!("status {status}") }),
        _ => deny(format!("status {status}")),
    }
}

/// The file as text, at most [`MAX_ROBOTS_BYTES`] of it.
///
/// # Errors
///
/// When it is encoded in a way that was not asked for, or broken.
fn plain_text(response: &Response) -> Result<Bytes, String> {
    let encoding = response.header("content-encoding").unwrap_or_default().trim().to_ascii_lowercase();
    match encoding.as_str() {
        "" | "identity" => Ok(response.body.clone()),
        // Some servers send the header with a file that is not compressed at all.
        "gzip" | "x-gzip" if !response.body.starts_with(&[0x1f, 0x8b]) => Ok(response.body.clone()),
        "gzip" | "x-gzip" => {
            let mut text = Vec::new();
            let decoder = MultiGzDecoder::new(&response.body[..]);
            match decoder.take(MAX_ROBOTS_BYTES as u64).read_to_end(&mut text) {
                Ok(_) => Ok(text.into()),
                // Half a file could lack the very rule that matters.
                Err(error) => Err(format!("broken gzip: {error}")),
            }
        }
        other => Err(format!("the content encoding {other:?} was not asked for")),
    }
}
