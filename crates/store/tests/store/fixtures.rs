//! Records of invented places.

use async_trait::async_trait;
use baogao_model::event::Revision;
use baogao_model::report::{
    Bound, Completeness, GlossaryEntry, Kind, Level, Measure, Measurement, Meeting, Modality, Number, Region, Report,
    Role, SCHEMA, Section, Source, Speaker,
};
use baogao_model::{ContentHash, PayloadRef, ReportId, Span, Warning};
use baogao_store::{Clock, Options, Records};
use jiff::Timestamp;
use jiff::civil::date;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use tempfile::TempDir;

pub use baogao_store::Record;

/// The id of the document that `qinglan.example` knows under `key`.
pub fn id(key: &str) -> ReportId {
    ReportId::of_document("qinglan.example", key)
}

/// The revision of document `key` with the text `text`, in the order given. The record depends on
/// its arguments only.
pub fn revision(key: &str, text: &str, fetch_no: u64, extractor_version: u32, parser_version: u32) -> Record {
    let content_hash = ContentHash::of(text.as_bytes());
    Record {
        report: report(key, text, fetch_no, &content_hash),
        revision: Revision { content_hash, fetch_no, extractor_version, parser_version },
    }
}

/// The first revision of document `key`.
pub fn record(key: &str) -> Record {
    revision(key, "青岚县政府工作报告\n各位代表：\n", 1, 1, 1)
}

fn report(key: &str, text: &str, fetch_no: u64, content_hash: &ContentHash) -> Report {
    Report {
        schema: SCHEMA.to_owned(),
        id: id(key),
        source: source(key, fetch_no, content_hash),
        text: text.to_owned(),
        kind: Kind::Report,
        kind_score: 0.97,
        kind_reasons: vec!["title".to_owned(), "closing".to_owned()],
        title: Some("青岚县政府工作报告".to_owned()),
        region: Some(region()),
        government: Some("青岚县人民政府".to_owned()),
        delivered_on: Some(date(2023, 1, 8)),
        year: Some(2023),
        review_year: Some(2022),
        plan_year: Some(2023),
        meeting: Some(Meeting {
            body: Some("青岚县".to_owned()),
            term: Some(9),
            session: Some(3),
            text: "青岚县第九届人民代表大会第三次会议".to_owned(),
        }),
        speaker: Some(Speaker { name: "苏晚".to_owned(), office: Some("县长".to_owned()), acting: Some(true) }),
        completeness: Completeness::Complete,
        sections: vec![Section {
            level: 1,
            number: Some("一、".to_owned()),
            heading: "过去一年的工作".to_owned(),
            role: Role::Review,
            span: Span::new(9, 15),
        }],
        measurements: vec![growth(5.2), output(18_180_000_000.0)],
        glossary: vec![GlossaryEntry {
            term: "两山银行".to_owned(), text: "生态资源的交易平台。".to_owned()
        }],
        warnings: vec![
            Warning::new("missing_date", "the page shows no date"),
            Warning::new("ambiguous_region", "two places are called so").at(Span::new(0, 3)),
            Warning::new("missing_date", "nor does the text"),
        ],
    }
}

fn source(key: &str, fetch_no: u64, content_hash: &ContentHash) -> Source {
    let url = format!("http://www.qinglan.example/{key}.html");
    Source {
        url: Some(url.clone()),
        canonical_url: Some(url.clone()),
        site: Some("qinglan.example".to_owned()),
        family: Some("trs".to_owned()),
        pages: vec![url.clone(), format!("{url}?page=2")],
        published_on: Some(date(2023, 1, 12)),
        fetched_at: Some(Timestamp::from_second(1_700_000_000 + fetch_no as i64).expect("in range")),
        content_hash: Some(content_hash.clone()),
        archive: vec![PayloadRef {
            segment: format!("2023/{fetch_no}.warc.gz"),
            offset: 7,
            length: 9,
            blake3: content_hash.clone(),
        }],
    }
}

fn region() -> Region {
    Region {
        name: Some("青岚县".to_owned()),
        level: Some(Level::County),
        adcode: Some("990123".to_owned()),
        province: Some("云岭省".to_owned()),
        prefecture: Some("临澄市".to_owned()),
        resolved_by: Some("title".to_owned()),
    }
}

/// Growth by `value` per cent.
pub fn growth(value: f64) -> Measurement {
    Measurement {
        quote: format!("地区生产总值增长{value}%").into(),
        subject: "地区生产总值".into(),
        indicator: Some("gdp".into()),
        measure: Measure::Growth,
        value: Some(Number(value)),
        value_max: None,
        unit: Some("%".into()),
        counter: None,
        bound: Bound::Approx,
        modality: Modality::Target,
        period: Some("2023".into()),
        scope: None,
        of: None,
        basis: Some("可比价".into()),
        span: Span::new(20, 24),
        section: Some(0),
    }
}

/// A size of `value` yuan.
pub fn output(value: f64) -> Measurement {
    Measurement {
        quote: "地区生产总值181.8亿元".into(),
        measure: Measure::Level,
        value: Some(Number(value)),
        unit: Some("CNY".into()),
        bound: Bound::Eq,
        modality: Modality::Actual,
        period: Some("2022".into()),
        basis: None,
        ..growth(value)
    }
}

/// The same record taken for another kind of document.
pub fn of_kind(mut record: Record, kind: Kind) -> Record {
    record.report.kind = kind;
    record
}

/// A store under test: empty, and in a place of its own that goes when this does.
#[async_trait]
pub trait Home: Send + Sync + Sized + 'static {
    /// Makes one whose records are seen at the times of `clock`.
    async fn open(clock: Clock) -> Self;
    /// Makes another, as empty, where that is cheaper than from nothing.
    async fn open_beside(&self) -> Self;
    /// Its store; clones are the same handle.
    fn records(&self) -> &Records;
    /// Another handle to the same store, as another process has one.
    async fn another_handle(&self) -> Records;
    /// Whether some reader keeps an old state of the store alive, so that it cannot be tidied up.
    async fn holds_an_old_state(&self) -> bool;

    /// [`Home::open`] by the machine's clock.
    async fn fresh() -> Self {
        Self::open(Arc::new(Timestamp::now)).await
    }
}

/// An empty SQLite store in a folder of its own, which goes when this does.
pub struct Fresh {
    pub records: Records,
    pub folder: TempDir,
}

impl Fresh {
    pub async fn new() -> Self {
        Self::with(Options::default()).await
    }

    pub async fn with(options: Options) -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        let records = Records::sqlite_with(folder.path().join("records.db"), options).await.expect("opens");
        Self { records, folder }
    }
}

#[async_trait]
impl Home for Fresh {
    async fn open(clock: Clock) -> Self {
        Self::with(Options { clock, ..Options::default() }).await
    }

    async fn open_beside(&self) -> Self {
        Self::new().await
    }

    fn records(&self) -> &Records {
        &self.records
    }

    async fn another_handle(&self) -> Records {
        Records::sqlite(self.folder.path().join("records.db")).await.expect("opens")
    }

    async fn holds_an_old_state(&self) -> bool {
        let connection = rusqlite::Connection::open(self.folder.path().join("records.db")).expect("opens");
        // The log can be folded in whole only if no reader looks at a part of it.
        let busy: i64 = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0)).expect("answers");
        busy != 0
    }
}

/// A clock that stands until it is set.
#[derive(Clone, Default)]
pub struct Hand(Arc<AtomicI64>);

impl Hand {
    /// Sets the clock to so many seconds past the epoch.
    pub fn set(&self, second: i64) {
        self.0.store(second, Ordering::SeqCst);
    }

    pub fn clock(&self) -> Clock {
        let hand = self.clone();
        Arc::new(move || at(hand.0.load(Ordering::SeqCst)))
    }
}

/// So many seconds past the epoch.
pub fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).expect("in range")
}
