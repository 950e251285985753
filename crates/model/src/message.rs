//! The envelope of everything that travels: CloudEvents 1.0 with a JSON body.

use crate::id::message_id;
use jiff::Timestamp;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

/// A payload that may travel on the bus, in one version.
pub trait Event: Serialize + DeserializeOwned {
    /// The CloudEvents `type` without its version: `baogao.page.fetched`.
    const NAME: &'static str;
    /// The version, raised by breaking changes only.
    const VERSION: u32;
    /// The shape of its routing keys, words that differ in braces: `page.fetched.{site}`.
    const ROUTING: &'static str;

    /// The routing key on the topic exchange; see [`routing_part`] for its alphabet.
    fn routing_key(&self) -> String;

    /// Turns a body of version `from` into one of the version after it; none where that cannot be done. A
    /// breaking change of an event comes with its upcaster, so that what was published before, and what
    /// lies in queues and dead letters, can be read by all later programs.
    fn upcast(from: u32, body: Value) -> Option<Value> {
        let _ = (from, body);
        None
    }
}

/// One message: the attributes of its envelope and the bytes of its body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// CloudEvents `id`; equal ids mean the same message sent again. See [`message_id`].
    pub id: String,
    /// CloudEvents `type`, version included: `baogao.page.fetched.v1`.
    pub r#type: String,
    /// CloudEvents `source`: the stage that made it, as `/baogao/<stage>`.
    pub source: String,
    /// CloudEvents `time`.
    pub time: Timestamp,
    /// The routing key on the topic exchange.
    pub routing_key: String,
    /// W3C trace context of the work this message continues.
    pub traceparent: Option<String>,
    /// The JSON body.
    pub body: Vec<u8>,
}

/// The stage that makes a message, from what, and when: what [`Message::new`] needs beside the event.
#[derive(Debug, Clone, Copy)]
pub struct Origin<'a> {
    /// The stage's name, such as `scraper`.
    pub stage: &'a str,
    /// The version of what the stage computes; a new version makes new ids.
    pub stage_version: u32,
    /// The id of the input the message is made from.
    pub input_id: &'a str,
    /// When it is made.
    pub time: Timestamp,
    /// The trace it continues; without one the message begins a trace of its own.
    pub traceparent: Option<&'a str>,
}

/// Why a message's body could not be read.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// The message is of another kind than the handler reads: wrong routing.
    #[error("message type {found} is not {wanted}")]
    OtherType {
        /// The type the message carries.
        found: String,
        /// The type the handler reads.
        wanted: String,
    },
    /// A later version than this program knows. It can be read after an upgrade.
    #[error("message type {found} is newer than version {known}, which this program reads; upgrade it")]
    Newer {
        /// The type the message carries.
        found: String,
        /// The newest version known here.
        known: u32,
    },
    /// An older version, from which no upcaster leads to the one that this program reads.
    #[error("message type {found} is older than version {known}, and nothing here can bring it up to that")]
    Older {
        /// The type the message carries.
        found: String,
        /// The version that is read here.
        known: u32,
    },
    /// The body does not fit its declared type.
    #[error("body of message type {found} is unreadable")]
    Unreadable {
        /// The type the message carries.
        found: String,
        /// What the JSON reader says.
        #[source]
        source: serde_json::Error,
    },
}

impl DecodeError {
    /// Whether the same message may become readable without anybody changing it.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Newer { .. })
    }
}

impl Message {
    /// Wraps `event` as the `ordinal`-th message that `origin` makes from its input.
    ///
    /// # Panics
    ///
    /// Never for the events of this crate: they hold no maps with keys that JSON cannot write.
    pub fn new<E: Event>(event: &E, origin: Origin<'_>, ordinal: u32) -> Self {
        let id = message_id(origin.stage, origin.stage_version, origin.input_id, ordinal);
        let traceparent = origin.traceparent.map_or_else(|| new_trace(&id), str::to_owned);
        Self {
            id,
            r#type: format!("{}.v{}", E::NAME, E::VERSION),
            source: format!("/baogao/{}", origin.stage),
            time: origin.time,
            routing_key: event.routing_key(),
            traceparent: Some(traceparent),
            body: serde_json::to_vec(event).expect("events are plain structs with string keys"),
        }
    }

    /// Reads the body as an event of type `E`.
    ///
    /// # Errors
    ///
    /// When the message is of another type or version, or its body does not fit.
    pub fn decode<E: Event>(&self) -> Result<E, DecodeError> {
        let (name, version) = self.split_type();
        if name != E::NAME || version == 0 {
            return Err(DecodeError::OtherType {
                found: self.r#type.clone(),
                wanted: format!("{}.v{}", E::NAME, E::VERSION),
            });
        }
        if version > E::VERSION {
            return Err(DecodeError::Newer { found: self.r#type.clone(), known: E::VERSION });
        }
        let unreadable = |source| DecodeError::Unreadable { found: self.r#type.clone(), source };
        if version == E::VERSION {
            return serde_json::from_slice(&self.body).map_err(unreadable);
        }
        let mut body = serde_json::from_slice(&self.body).map_err(unreadable)?;
        for version in version..E::VERSION {
            let older = || DecodeError::Older { found: self.r#type.clone(), known: E::VERSION };
            body = E::upcast(version, body).ok_or_else(older)?;
        }
        serde_json::from_value(body).map_err(unreadable)
    }

    /// Whether the message is some version of event `E`.
    pub fn is<E: Event>(&self) -> bool {
        self.split_type().0 == E::NAME
    }

    /// The type's name and version; version 0 where the type carries none.
    fn split_type(&self) -> (&str, u32) {
        self.r#type
            .rsplit_once(".v")
            .and_then(|(name, version)| Some((name, version.parse().ok()?)))
            .unwrap_or((&self.r#type, 0))
    }
}

/// The trace that begins with a message: its id is the message's, 128 bits in hexadecimal both, so a
/// message made again is in the same trace and the crawl of a page needs no random source.
///
/// Source of the notation: W3C Trace Context, level 1, §3.2.
fn new_trace(message_id: &str) -> String {
    // The id of the span that made the message; any will do that is not zero.
    let span = message_id.get(16..).unwrap_or(message_id);
    format!("00-{message_id}-{span}-01")
}

/// One word of a routing key: characters outside `[a-z0-9-]` become `_`, nothing becomes `-`.
pub fn routing_part(text: &str) -> String {
    if text.is_empty() {
        return "-".to_owned();
    }
    text.chars()
        .map(|c| match c.to_ascii_lowercase() {
            c @ ('a'..='z' | '0'..='9' | '-') => c,
            _ => '_',
        })
        .collect()
}
