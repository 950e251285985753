//! What the wire types promise.

use baogao_model::event::{DocumentReady, LinksFound, PageFetched, Part, PartState};
use baogao_model::message::{DecodeError, Origin, routing_part};
use baogao_model::report::{Kind, Number};
use baogao_model::{ContentHash, Event, GroupId, Message, PageKind, PayloadRef, ReportId, Span};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

fn page_fetched() -> PageFetched {
    PageFetched {
        url: "http://www.qinglan.gov.cn/12.html".into(),
        site: "qinglan.gov.cn".into(),
        fetch_no: 7,
        fetched_at: Timestamp::UNIX_EPOCH,
        status: 200,
        content_type: None,
        payload: PayloadRef { segment: "2024/01.warc.gz".into(), offset: 1, length: 2, blake3: ContentHash::of(b"x") },
        depth: 1,
    }
}

fn origin(input_id: &str) -> Origin<'_> {
    Origin { stage: "crawler", stage_version: 1, input_id, time: Timestamp::UNIX_EPOCH, traceparent: None }
}

#[test]
fn a_message_carries_type_key_and_body() {
    let message = Message::new(&page_fetched(), origin("7"), 0);
    assert_eq!(message.r#type, "baogao.page.fetched.v1");
    assert_eq!(message.source, "/baogao/crawler");
    assert_eq!(message.routing_key, "page.fetched.qinglan_gov_cn");
    assert!(message.is::<PageFetched>() && !message.is::<LinksFound>());
    assert_eq!(message.decode::<PageFetched>().expect("its own type"), page_fetched());
}

#[test]
fn the_same_input_makes_the_same_id_and_another_makes_another() {
    let id = |input, ordinal| Message::new(&page_fetched(), origin(input), ordinal).id;
    assert_eq!(id("7", 0), id("7", 0));
    assert_ne!(id("7", 0), id("7", 1));
    assert_ne!(id("7", 0), id("8", 0));
}

#[test]
fn a_fetch_begins_a_trace_and_what_is_made_of_it_goes_on_with_it() {
    let fetched = Message::new(&page_fetched(), origin("http://x/"), 0);
    let trace = fetched.traceparent.clone().expect("a trace");
    assert_eq!(Message::new(&page_fetched(), origin("http://x/"), 0).traceparent, fetched.traceparent, "made again");
    let fields: Vec<&str> = trace.split('-').collect();
    assert_eq!(fields.iter().map(|field| field.len()).collect::<Vec<_>>(), [2, 32, 16, 2], "{trace}");
    assert!(fields.iter().all(|field| field.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))), "{trace}");
    let made = Message::new(&page_fetched(), Origin { traceparent: Some(&trace), ..origin(&fetched.id) }, 0);
    assert_eq!(made.traceparent, Some(trace));
}

#[test]
fn unknown_fields_are_ignored_and_newer_versions_wait() {
    let mut message = Message::new(&page_fetched(), origin("7"), 0);
    let mut body: serde_json::Value = serde_json::from_slice(&message.body).expect("JSON");
    body["added_later"] = "x".into();
    message.body = serde_json::to_vec(&body).expect("JSON");
    assert!(message.decode::<PageFetched>().is_ok());

    message.r#type = "baogao.page.fetched.v2".into();
    let error = message.decode::<PageFetched>().expect_err("a newer version");
    assert!(matches!(error, DecodeError::Newer { known: 1, .. }) && error.is_transient());

    message.r#type = "baogao.page.fetched.v1".into();
    message.body = b"{".to_vec();
    let error = message.decode::<PageFetched>().expect_err("a broken body");
    assert!(matches!(error, DecodeError::Unreadable { .. }) && !error.is_transient());
    assert!(matches!(message.decode::<LinksFound>(), Err(DecodeError::OtherType { .. })));
}

#[test]
fn part_states_read_back() {
    let ready = DocumentReady {
        group: GroupId::of_document("a.example", "12"),
        site: "a.example".into(),
        document_key: "12".into(),
        fetch_no: 9,
        fetched_at: Timestamp::UNIX_EPOCH,
        parts: vec![
            Part {
                part: 1,
                url: "http://a.example/12.html".into(),
                state: PartState::Fetched { payload: page_fetched().payload, content_type: None, fetch_no: 9 },
            },
            Part {
                part: 2,
                url: "http://a.example/12_2.html".into(),
                state: PartState::Failed { reason: "http_404".into() },
            },
            Part { part: 3, url: "http://a.example/12_3.html".into(), state: PartState::Overdue },
        ],
    };
    let message = Message::new(&ready, origin("12"), 0);
    assert_eq!(message.decode::<DocumentReady>().expect("reads back"), ready);
}

#[test]
fn routing_words_have_a_closed_alphabet() {
    assert_eq!(routing_part("Qinglan.GOV.cn"), "qinglan_gov_cn");
    assert_eq!(routing_part(""), "-");
    assert_eq!(routing_part("standing_committee"), "standing_committee");
    assert_eq!(routing_part("*.#"), "___");
}

#[test]
fn numbers_are_integers_where_they_are() {
    let json = |value: f64| serde_json::to_string(&Number(value)).expect("a number");
    assert_eq!(json(18_180_000_000.0), "18180000000");
    assert_eq!(json(-33.8), "-33.8");
    assert_eq!(json(1.0e20), "1e+20");
}

#[test]
fn names_on_the_wire_read_back() {
    for kind in Kind::ALL {
        assert_eq!(kind.as_str().parse::<Kind>(), Ok(*kind));
        assert_eq!(serde_json::to_string(kind).expect("a name"), format!("{:?}", kind.as_str()));
    }
    assert!("repart".parse::<Kind>().is_err());
    assert_eq!(serde_json::to_string(&PageKind::Article).expect("a name"), "\"article\"");
}

#[test]
fn ids_depend_on_every_field_and_not_on_their_joints() {
    assert_eq!(ReportId::of_document("a", "bc"), ReportId::of_document("a", "bc"));
    assert_ne!(ReportId::of_document("a", "bc"), ReportId::of_document("ab", "c"));
    assert_ne!(ReportId::of_document("a", "b").as_str(), GroupId::of_document("a", "b").as_str());
}

#[test]
fn spans_count_characters() {
    assert_eq!(Span::new(1, 3).slice("增长5%"), "长5");
    assert_eq!(Span::new(1, 9).slice("增长"), "长");
    assert_eq!(Span::new(5, 9).slice("增长"), "");
    assert_eq!(serde_json::to_string(&Span::new(1, 3)).expect("a pair"), "[1,3]");
}

#[test]
fn routing_keys_have_the_shape_that_is_published() {
    let message = Message::new(&page_fetched(), origin("7"), 0);
    let words = |key: &str| key.split('.').map(str::to_owned).collect::<Vec<_>>();
    let (shape, key) = (words(PageFetched::ROUTING), words(&message.routing_key));
    assert_eq!(shape.len(), key.len());
    for (shape, word) in shape.iter().zip(&key) {
        assert!(shape.starts_with('{') || shape == word, "{shape} {word}");
    }
}

/// An event that has changed twice: `name` was renamed to `region`, and then split into region and level.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Counted {
    region: String,
    level: String,
    count: u32,
}

impl Event for Counted {
    const NAME: &'static str = "baogao.test.counted";
    const VERSION: u32 = 3;
    const ROUTING: &'static str = "test.counted";

    fn routing_key(&self) -> String {
        Self::ROUTING.to_owned()
    }

    fn upcast(from: u32, mut body: Value) -> Option<Value> {
        let fields = body.as_object_mut()?;
        match from {
            1 => {
                let name = fields.remove("name")?;
                fields.insert("region".to_owned(), name);
            }
            2 => {
                let region = fields.get("region")?.as_str()?;
                let level = if region.ends_with('县') { "county" } else { "prefecture" };
                fields.insert("level".to_owned(), level.into());
            }
            _ => return None,
        }
        Some(body)
    }
}

#[test]
fn what_was_published_before_is_read_through_upcasters() {
    let counted = Counted { region: "青岚县".to_owned(), level: "county".to_owned(), count: 3 };
    let mut message = Message::new(&counted, origin("7"), 0);
    assert_eq!(message.r#type, "baogao.test.counted.v3");
    let mut read = |r#type: &str, body: &str| {
        (message.r#type, message.body) = (r#type.to_owned(), body.as_bytes().to_vec());
        message.decode::<Counted>()
    };
    assert_eq!(read("baogao.test.counted.v1", r#"{"name":"青岚县","count":3}"#).unwrap(), counted);
    assert_eq!(read("baogao.test.counted.v2", r#"{"region":"青岚县","count":3,"more":1}"#).unwrap(), counted);
    let broken = read("baogao.test.counted.v1", r#"{"count":3}"#).unwrap_err();
    assert!(matches!(broken, DecodeError::Older { .. }) && !broken.is_transient(), "{broken}");
    assert!(matches!(read("baogao.test.counted.v2", "{").unwrap_err(), DecodeError::Unreadable { .. }));
    assert!(read("baogao.test.counted.v4", "{}").unwrap_err().is_transient());
}
