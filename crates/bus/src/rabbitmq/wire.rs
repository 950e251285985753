//! Messages as AMQP carries them: CloudEvents 1.0 in binary mode, and beside it what the bus itself has to
//! remember about a message on its way.
//!
//! The attributes travel as headers `cloudEvents_<name>` (the AMQP binding's spelling that JMS clients can
//! read too; `cloudEvents:<name>` is understood as well), the data as the body, `traceparent` under its own
//! name as W3C and OpenTelemetry have it. Our own headers begin with `baogao-`.
//!
//! A message is taken apart when it comes and put together again when it is published anew, so nothing of
//! the broker's travels twice: a message that still carries `x-death` can vanish on its next round without
//! a trace, `CC` would copy it to other queues, and an expiry would end it among the dead letters.

use baogao_model::Message;
use jiff::Timestamp;
use lapin::BasicProperties;
use lapin::types::{AMQPValue, FieldTable, ShortString};

/// What the headers may take: they travel in one frame of 128 KiB with ours beside them.
const MAX_HEADER_BYTES: usize = 64 * 1024;
/// Survives a restart of the broker. Quorum queues keep everything so; the mark is for those of others.
const PERSISTENT: u8 = 2;

const OURS: &str = "baogao-";
const ROUTING_KEY: &str = "baogao-routing-key";
const ATTEMPT: &str = "baogao-attempt";
const CRASHES: &str = "baogao-crashes";
const REDELIVERED: &str = "baogao-redelivered";
const FIRST_FAILED: &str = "baogao-first-failed-at";
const LAST_FAILED: &str = "baogao-last-failed-at";
const ERROR: &str = "baogao-error";
const DEAD_ID: &str = "baogao-dead-letter";

/// What is remembered about a message on its way through one queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Travel {
    /// The routing key it was published with; on later rounds it travels under the queue's name.
    pub(super) routing_key: String,
    /// The attempt that comes, or is under way, from 1.
    pub(super) attempt: u32,
    /// How often its process died while it was out as a suspect.
    pub(super) crashes: u32,
    /// Whether somebody may have seen this attempt before.
    pub(super) is_redelivered: bool,
    pub(super) first_failed_at: Option<Timestamp>,
}

/// Why and when a message was given up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Burial {
    pub(super) id: String,
    pub(super) error: String,
    pub(super) last_failed_at: Timestamp,
}

/// A message as it came, without what was the broker's and ours.
#[derive(Debug, Clone)]
pub(super) struct Parcel {
    /// Content type, message id and the like, and the headers of its publisher.
    properties: BasicProperties,
    pub(super) body: Vec<u8>,
    pub(super) travel: Travel,
    /// Among the dead letters only.
    pub(super) burial: Option<Burial>,
    /// The broker's own reason, where it was the broker that moved the message here.
    pub(super) broker_reason: Option<String>,
}

/// What a message is published with for the first time.
pub(super) fn outgoing(message: &Message) -> BasicProperties {
    let mut headers = FieldTable::default();
    for (name, value) in
        [("specversion", "1.0"), ("id", &message.id), ("type", &message.r#type), ("source", &message.source)]
    {
        headers.insert(ShortString::from(format!("cloudEvents_{name}")), text(value));
    }
    headers.insert("cloudEvents_time".into(), text(&message.time.to_string()));
    if let Some(traceparent) = &message.traceparent {
        headers.insert("traceparent".into(), text(traceparent));
    }
    let properties = BasicProperties::default()
        .with_content_type("application/json".into())
        .with_delivery_mode(PERSISTENT)
        .with_headers(headers);
    match ShortString::try_new(message.id.as_str()) {
        Ok(id) => properties.with_message_id(id),
        // Longer than AMQP's field; the header has it whole.
        Err(_) => properties,
    }
}

impl Parcel {
    /// Takes apart what came with `routing_key`.
    pub(super) fn open(routing_key: &str, properties: &BasicProperties, body: Vec<u8>) -> Self {
        let empty = FieldTable::default();
        let headers = properties.headers().as_ref().unwrap_or(&empty);
        let count = |name, least: u32| {
            number(headers, name).and_then(|n| u32::try_from(n).ok()).map_or(least, |n| n.max(least))
        };
        let travel = Travel {
            routing_key: string(headers, ROUTING_KEY).unwrap_or_else(|| routing_key.to_owned()),
            attempt: count(ATTEMPT, 1),
            crashes: count(CRASHES, 0),
            is_redelivered: headers.contains_key(REDELIVERED),
            first_failed_at: time(headers, FIRST_FAILED),
        };
        let burial = string(headers, DEAD_ID).map(|id| Burial {
            id,
            error: string(headers, ERROR).unwrap_or_default(),
            last_failed_at: time(headers, LAST_FAILED).unwrap_or_default(),
        });
        let broker_reason = death_reason(headers);
        Self { properties: cleaned(properties, headers), body, travel, burial, broker_reason }
    }

    /// Reads the CloudEvent.
    ///
    /// # Errors
    ///
    /// What it lacks: a stranger's message, or one damaged on its way.
    pub(super) fn message(&self) -> Result<Message, String> {
        let need = |name: &str| self.attribute(name).ok_or_else(|| format!("it has no header cloudEvents_{name}"));
        let version = need("specversion")?;
        if !version.starts_with("1.") {
            return Err(format!("CloudEvents {version} cannot be read, only 1.0"));
        }
        let time = need("time")?;
        let time = time.parse().map_err(|_| format!("its cloudEvents_time {time:?} is none"))?;
        Ok(Message {
            id: need("id")?,
            r#type: need("type")?,
            source: need("source")?,
            time,
            routing_key: self.travel.routing_key.clone(),
            traceparent: self.traceparent(),
            body: self.body.clone(),
        })
    }

    /// The same with gaps where something is missing, to show among the dead letters.
    pub(super) fn message_with_gaps(&self) -> Message {
        Message {
            id: self.id(),
            r#type: self.attribute("type").unwrap_or_default(),
            source: self.attribute("source").unwrap_or_default(),
            time: self.attribute("time").and_then(|time| time.parse().ok()).unwrap_or_default(),
            routing_key: self.travel.routing_key.clone(),
            traceparent: self.traceparent(),
            body: self.body.clone(),
        }
    }

    /// The message's id; empty where it has none.
    pub(super) fn id(&self) -> String {
        let property = || self.properties.message_id().as_ref().map(ToString::to_string);
        self.attribute("id").or_else(property).unwrap_or_default()
    }

    /// What it is published with on its next round.
    pub(super) fn properties(&self, travel: &Travel) -> BasicProperties {
        let mut headers = self.properties.headers().clone().unwrap_or_default();
        // A key that came in a short string fits one.
        headers.insert(ROUTING_KEY.into(), text(&travel.routing_key));
        headers.insert(ATTEMPT.into(), AMQPValue::LongLongInt(travel.attempt.into()));
        if travel.crashes > 0 {
            headers.insert(CRASHES.into(), AMQPValue::LongLongInt(travel.crashes.into()));
        }
        if travel.is_redelivered {
            headers.insert(REDELIVERED.into(), AMQPValue::Boolean(true));
        }
        if let Some(at) = travel.first_failed_at {
            headers.insert(FIRST_FAILED.into(), text(&at.to_string()));
        }
        self.properties.clone().with_headers(headers).with_delivery_mode(PERSISTENT)
    }

    /// What it is published with to the dead letters.
    pub(super) fn buried(&self, travel: &Travel, burial: &Burial) -> BasicProperties {
        let properties = self.properties(travel);
        let mut headers = properties.headers().clone().unwrap_or_default();
        headers.insert(DEAD_ID.into(), text(&burial.id));
        headers.insert(ERROR.into(), text(&burial.error));
        headers.insert(LAST_FAILED.into(), text(&burial.last_failed_at.to_string()));
        properties.with_headers(headers)
    }

    fn attribute(&self, name: &str) -> Option<String> {
        let headers = self.properties.headers().as_ref()?;
        ["_", ":"].iter().find_map(|separator| string(headers, &format!("cloudEvents{separator}{name}")))
    }

    fn traceparent(&self) -> Option<String> {
        let header = self.properties.headers().as_ref().and_then(|headers| string(headers, "traceparent"));
        header.or_else(|| self.attribute("traceparent"))
    }
}

/// What of a publisher's properties may go on another round.
fn cleaned(properties: &BasicProperties, headers: &FieldTable) -> BasicProperties {
    let mut kept = FieldTable::default();
    let mut size = 0;
    for (name, value) in headers.inner() {
        if is_ours_or_the_brokers(name.as_str()) {
            continue;
        }
        let more = name.as_str().len() + size_of_value(value);
        if size + more <= MAX_HEADER_BYTES {
            size += more;
            kept.insert(name.clone(), value.clone());
        }
    }
    let mut clean = BasicProperties::default().with_headers(kept);
    if let Some(value) = properties.content_type() {
        clean = clean.with_content_type(value.clone());
    }
    if let Some(value) = properties.content_encoding() {
        clean = clean.with_content_encoding(value.clone());
    }
    if let Some(value) = properties.message_id() {
        clean = clean.with_message_id(value.clone());
    }
    if let Some(value) = properties.correlation_id() {
        clean = clean.with_correlation_id(value.clone());
    }
    if let Some(value) = properties.timestamp() {
        clean = clean.with_timestamp(*value);
    }
    // Not kept: user id and reply-to, which the broker checks against whoever publishes; expiry; priority.
    clean
}

fn is_ours_or_the_brokers(name: &str) -> bool {
    const BROKERS: [&str; 5] = ["x-death", "x-first-death-", "x-last-death-", "x-delivery-count", "x-acquired-count"];
    name.starts_with(OURS) || matches!(name, "CC" | "BCC") || BROKERS.iter().any(|prefix| name.starts_with(prefix))
}

/// Why the broker itself moved the message, where it did: its delivery limit, say.
fn death_reason(headers: &FieldTable) -> Option<String> {
    let AMQPValue::FieldArray(deaths) = headers.inner().get("x-death")? else { return None };
    let AMQPValue::FieldTable(latest) = deaths.as_slice().first()? else { return None };
    string(latest, "reason")
}

fn text(value: &str) -> AMQPValue {
    AMQPValue::LongString(value.into())
}

fn string(headers: &FieldTable, name: &str) -> Option<String> {
    match headers.inner().get(name)? {
        AMQPValue::LongString(value) => String::from_utf8(value.as_bytes().to_vec()).ok(),
        AMQPValue::ShortString(value) => Some(value.to_string()),
        _ => None,
    }
}

fn number(headers: &FieldTable, name: &str) -> Option<i64> {
    match headers.inner().get(name)? {
        AMQPValue::LongLongInt(value) => Some(*value),
        AMQPValue::LongInt(value) => Some((*value).into()),
        AMQPValue::ShortInt(value) => Some((*value).into()),
        AMQPValue::ShortShortInt(value) => Some((*value).into()),
        _ => None,
    }
}

fn time(headers: &FieldTable, name: &str) -> Option<Timestamp> {
    string(headers, name)?.parse().ok()
}

/// About what a value takes on the wire.
fn size_of_value(value: &AMQPValue) -> usize {
    match value {
        AMQPValue::LongString(value) => value.len() + 5,
        AMQPValue::ShortString(value) => value.as_str().len() + 2,
        AMQPValue::ByteArray(value) => value.len() + 5,
        AMQPValue::FieldArray(values) => values.as_slice().iter().map(size_of_value).sum::<usize>() + 5,
        AMQPValue::FieldTable(table) => {
            table.inner().iter().map(|(name, value)| name.as_str().len() + 1 + size_of_value(value)).sum::<usize>() + 5
        }
        _ => 16,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message() -> Message {
        Message {
            id: "m1".to_owned(),
            r#type: "baogao.page.fetched.v1".to_owned(),
            source: "/baogao/crawler".to_owned(),
            time: "2026-01-20T03:04:05.123456789Z".parse().unwrap(),
            routing_key: "page.fetched.a".to_owned(),
            traceparent: Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".to_owned()),
            body: "县".into(),
        }
    }

    #[test]
    fn a_message_survives_every_round() {
        let sent = message();
        let first = Parcel::open("page.fetched.a", &outgoing(&sent), sent.body.clone());
        assert_eq!((first.message().unwrap(), first.travel.attempt), (sent.clone(), 1));
        let travel = Travel {
            attempt: 4,
            crashes: 2,
            is_redelivered: true,
            first_failed_at: Some("2026-02-01T00:00:00.000001Z".parse().unwrap()),
            ..first.travel.clone()
        };
        let second = Parcel::open("work", &first.properties(&travel), first.body.clone());
        assert_eq!((second.message().unwrap(), &second.travel), (sent.clone(), &travel));
        let burial = Burial { id: "7".to_owned(), error: "错".to_owned(), last_failed_at: sent.time };
        let dead = Parcel::open("work.dead", &second.buried(&travel, &burial), second.body.clone());
        assert_eq!((dead.message().unwrap(), dead.travel, dead.burial), (sent, travel, Some(burial)));
    }

    #[test]
    fn what_is_the_brokers_travels_once() {
        let mut headers = outgoing(&message()).headers().clone().unwrap();
        for name in ["x-death", "x-first-death-queue", "x-last-death-reason", "x-delivery-count", "CC", "BCC"] {
            headers.insert(name.into(), text("no"));
        }
        headers.insert("theirs".into(), text("kept"));
        headers.insert("huge".into(), text(&"x".repeat(MAX_HEADER_BYTES)));
        let properties =
            outgoing(&message()).with_headers(headers).with_expiration("5".into()).with_user_id("other".into());
        let parcel = Parcel::open("k", &properties, Vec::new());
        let again = parcel.properties(&parcel.travel);
        let names: Vec<_> = again.headers().as_ref().unwrap().inner().keys().map(ToString::to_string).collect();
        assert!(
            names.iter().all(|name| !name.starts_with("x-") && name != "CC" && name != "BCC" && name != "huge"),
            "{names:?}"
        );
        assert!(names.contains(&"theirs".to_owned()));
        assert!(again.expiration().is_none() && again.user_id().is_none());
    }

    #[test]
    fn a_stranger_is_told_what_is_missing() {
        let parcel = Parcel::open("k", &BasicProperties::default(), b"{}".to_vec());
        assert_eq!(parcel.message().unwrap_err(), "it has no header cloudEvents_specversion");
        assert_eq!((parcel.message_with_gaps().id.as_str(), parcel.message_with_gaps().body), ("", b"{}".to_vec()));
    }
}
