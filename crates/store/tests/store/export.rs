//! Exports: what comes out is what went in.

use crate::fixtures::{Hand, Home, Record, growth, of_kind, record, revision};
use baogao_model::report::{Kind, Number};
use baogao_store::{Format, Query, Records, Sink, StoreError};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, mpsc};

/// A destination whose bytes can be looked at afterwards.
#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Vec<u8>>>);

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("not poisoned").write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

async fn export(records: &Records, query: &Query, format: Format) -> (u64, String) {
    let destination = Shared::default();
    let written = records.export(query, format, destination.clone()).await.expect("exports");
    let bytes = destination.0.lock().expect("not poisoned").clone();
    (written, String::from_utf8(bytes).expect("UTF-8"))
}

fn parse_lines(lines: &str) -> Vec<Record> {
    lines.lines().map(|line| serde_json::from_str(line).expect("a record")).collect()
}

/// The rows of a CSV file as maps from header to field.
fn parse_table(table: &str) -> Vec<BTreeMap<String, String>> {
    let table = table.strip_prefix('\u{feff}').expect("a byte order mark");
    csv::Reader::from_reader(table.as_bytes()).deserialize().map(|row| row.expect("as long as the header")).collect()
}

fn headers(table: &str) -> Vec<String> {
    let table = table.strip_prefix('\u{feff}').expect("a byte order mark");
    let mut reader = csv::Reader::from_reader(table.as_bytes());
    reader.headers().expect("a header").iter().map(str::to_owned).collect()
}

/// Undoes the guard against formulas as the README says.
fn unguarded(field: &str) -> &str {
    let behind = field.trim_start_matches('\'');
    let guarded =
        behind.len() < field.len() && behind.starts_with(['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠']);
    if guarded { &field[1..] } else { field }
}

pub async fn a_line_is_the_whole_record<H: Home>() {
    let store = H::fresh().await;
    let records = [record("1"), of_kind(record("2"), Kind::Draft), of_kind(record("3"), Kind::News)];
    store.records().put(&records).await.expect("is stored");
    let (written, lines) = export(store.records(), &Query::everything(), Format::Jsonl).await;
    assert_eq!(written, 3);
    let mut got = parse_lines(&lines);
    let mut want = records.to_vec();
    got.sort_by_key(|record| record.report.id.clone());
    want.sort_by_key(|record| record.report.id.clone());
    assert_eq!(got, want);

    let line: serde_json::Value = serde_json::from_str(lines.lines().next().expect("a line")).expect("JSON");
    assert_eq!(line["schema"], "baogao.report/1");
    assert_eq!(line["measurements"][1]["value"].to_string(), "18180000000");
    assert_eq!(line["revision"]["parser_version"], 1);
}

pub async fn an_export_means_the_same_records_in_the_same_order_as_a_list<H: Home>() {
    let store = H::fresh().await;
    let mut records: Vec<Record> = (0..9).map(|number| record(&number.to_string())).collect();
    for (number, record) in records.iter_mut().enumerate() {
        record.report.plan_year = (number % 3 != 0).then_some(2020 + number as i32 % 3);
        record.report.year = None;
    }
    records.push(of_kind(record("news"), Kind::News));
    store.records().put(&records).await.expect("is stored");
    let list = store.records().list(&Query::default()).await.expect("lists");
    let queries = [
        Query::default(),
        Query { limit: Some(4), ..Query::default() },
        Query { after: Some(list[3].cursor.clone()), ..Query::default() },
        Query { plan_year: Some(2022), ..Query::default() },
        Query { plan_year: Some(1999), ..Query::default() },
    ];
    for query in queries {
        let list = store.records().list(&query).await.expect("lists");
        let want: Vec<String> = list.iter().map(|summary| summary.id.to_string()).collect();
        for format in [Format::Jsonl, Format::Csv] {
            let (written, text) = export(store.records(), &query, format).await;
            let got: Vec<String> = match format {
                Format::Jsonl => parse_lines(&text).iter().map(|record| record.report.id.to_string()).collect(),
                _ => parse_table(&text).iter().map(|row| row["id"].clone()).collect(),
            };
            assert_eq!((written, got), (want.len() as u64, want.clone()), "{query:?} as {format:?}");
        }
    }
}

pub async fn a_row_holds_the_fields_of_a_report<H: Home>() {
    let hand = Hand::default();
    let store = H::open(hand.clock()).await;
    hand.set(86_400);
    store.records().put(&[record("1")]).await.expect("is stored");
    let (_, table) = export(store.records(), &Query::default(), Format::Csv).await;
    let rows = parse_table(&table);
    let cases = [
        ("kind", "report"),
        ("kind_score", "0.97"),
        ("title", "青岚县政府工作报告"),
        ("level", "county"),
        ("adcode", "990123"),
        ("region", "青岚县"),
        ("province", "云岭省"),
        ("prefecture", "临澄市"),
        ("government", "青岚县人民政府"),
        ("delivered_on", "2023-01-08"),
        ("year", "2023"),
        ("review_year", "2022"),
        ("plan_year", "2023"),
        ("meeting_body", "青岚县"),
        ("meeting_term", "9"),
        ("meeting_session", "3"),
        ("meeting_text", "青岚县第九届人民代表大会第三次会议"),
        ("speaker", "苏晚"),
        ("speaker_office", "县长"),
        ("speaker_acting", "1"),
        ("completeness", "complete"),
        ("text_chars", "16"),
        ("pages", "2"),
        ("sections", "1"),
        ("measurements", "2"),
        ("glossary_entries", "1"),
        ("warnings", "3"),
        ("warning_codes", "ambiguous_region missing_date"),
        ("site", "qinglan.example"),
        ("family", "trs"),
        ("url", "http://www.qinglan.example/1.html"),
        ("canonical_url", "http://www.qinglan.example/1.html"),
        ("published_on", "2023-01-12"),
        ("fetched_at", "2023-11-14T22:13:21Z"),
        ("fetch_no", "1"),
        ("extractor_version", "1"),
        ("parser_version", "1"),
        ("first_seen_at", "1970-01-02T00:00:00Z"),
        ("last_seen_at", "1970-01-02T00:00:00Z"),
        ("changed_at", "1970-01-02T00:00:00Z"),
    ];
    for (header, want) in cases {
        assert_eq!(rows[0][header], want, "{header}");
    }
    assert_eq!(rows[0]["content_hash"], record("1").revision.content_hash.to_string());
    assert_eq!(rows[0].len(), cases.len() + 2, "id and content_hash beside the cases");
}

pub async fn what_is_unknown_is_an_empty_field<H: Home>() {
    let store = H::fresh().await;
    let mut bare = record("1");
    let report = &mut bare.report;
    (report.title, report.region, report.meeting, report.speaker) = (None, None, None, None);
    (report.year, report.delivered_on, report.source) = (None, None, Default::default());
    report.measurements[0].value = None;
    store.records().put(&[bare]).await.expect("is stored");
    let (_, table) = export(store.records(), &Query::default(), Format::Csv).await;
    let rows = parse_table(&table);
    for header in
        ["title", "level", "region", "meeting_term", "speaker_acting", "year", "delivered_on", "url", "fetched_at"]
    {
        assert_eq!(rows[0][header], "", "{header}");
    }
    let (_, table) = export(store.records(), &Query::default(), Format::MeasurementsCsv).await;
    assert_eq!(parse_table(&table)[0]["value"], "");
}

pub async fn measurements_are_those_of_the_current_revision<H: Home>() {
    let store = H::fresh().await;
    let mut newer = revision("1", "乙", 2, 1, 1);
    newer.report.measurements = vec![growth(6.0), growth(-3.25), growth(1e15)];
    newer.report.measurements[1].value_max = Some(Number(-3.0));
    newer.report.measurements[1].of = Some("全市".into());
    let mut none = revision("2", "乙", 2, 1, 1);
    none.report.measurements.clear();
    store
        .records()
        .put(&[record("1"), record("2"), newer, revision("1", "丙", 1, 1, 1), none])
        .await
        .expect("is stored");

    let (written, table) = export(store.records(), &Query::default(), Format::MeasurementsCsv).await;
    let rows = parse_table(&table);
    assert_eq!((written, rows.len()), (3, 3));
    let column = |header: &str| rows.iter().map(|row| row[header].as_str()).collect::<Vec<_>>();
    assert_eq!(column("value"), ["6", "-3.25", "1000000000000000"]);
    assert_eq!(column("value_max"), ["", "-3", ""]);
    assert_eq!(column("of"), ["", "全市", ""]);
    assert_eq!(column("ordinal"), ["0", "1", "2"]);
    let cases = [
        ("kind", "report"),
        ("level", "county"),
        ("adcode", "990123"),
        ("region", "青岚县"),
        ("province", "云岭省"),
        ("prefecture", "临澄市"),
        ("year", "2023"),
        ("review_year", "2022"),
        ("plan_year", "2023"),
        ("indicator", "gdp"),
        ("subject", "地区生产总值"),
        ("measure", "growth"),
        ("unit", "%"),
        ("counter", ""),
        ("bound", "approx"),
        ("modality", "target"),
        ("period", "2023"),
        ("scope", ""),
        ("basis", "可比价"),
        ("quote", "地区生产总值增长6%"),
        ("span_start", "20"),
        ("span_end", "24"),
        ("section", "0"),
    ];
    for (header, want) in cases {
        assert_eq!(rows[0][header], want, "{header}");
    }
}

pub async fn no_text_is_taken_for_a_formula<H: Home>() {
    let store = H::fresh().await;
    let cases = [
        ("=1+1", "'=1+1"),
        ("+8612345", "'+8612345"),
        ("-3", "'-3"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        ("＝1", "'＝1"),
        ("－1", "'－1"),
        ("'=1", "''=1"),
        ("''@x", "'''@x"),
        ("'quoted'", "'quoted'"),
        ("——工业", "——工业"),
        ("1-2", "1-2"),
        ("", ""),
        ("a,\"b\"\r\nc", "a,\"b\"\r\nc"),
    ];
    for (key, (title, _)) in cases.iter().enumerate() {
        let mut record = record(&format!("{key:02}"));
        record.report.title = Some((*title).to_owned());
        record.report.region.as_mut().expect("a region").adcode = Some(format!("{key:06}"));
        store.records().put(&[record]).await.expect("is stored");
    }
    let (_, table) = export(store.records(), &Query::default(), Format::Csv).await;
    for (row, (title, want)) in parse_table(&table).iter().zip(cases) {
        assert_eq!(row["title"], want, "{title:?}");
        assert_eq!(unguarded(&row["title"]), title);
    }
}

pub async fn tables_follow_rfc_4180_and_the_readme<H: Home>() {
    let store = H::fresh().await;
    let readme = include_str!("../../README.md");
    for (format, heading) in [(Format::Csv, "### Records"), (Format::MeasurementsCsv, "### Measurements")] {
        let (written, table) = export(store.records(), &Query::default(), format).await;
        assert_eq!(written, 0);
        assert!(table.ends_with("\r\n") && table.lines().count() == 1, "{table:?}");
        let headers = headers(&table);
        for header in &headers {
            let first = header.chars().next().expect("not empty");
            assert!(header.len() <= 32 && first.is_ascii_lowercase(), "{header}");
            assert!(header.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_'), "{header}");
        }
        let (_, section) = readme.split_once(heading).expect("a section of the README");
        let section = section.split("\n#").next().expect("up to the next heading");
        let explained: Vec<String> = section
            .lines()
            .filter_map(|line| line.strip_prefix("| `"))
            .flat_map(|line| line.split('|').next().expect("a first column").split('`').step_by(2))
            .map(|name| name.trim_matches([' ', ',']).to_owned())
            .filter(|name| !name.is_empty())
            .collect();
        assert_eq!(explained, headers, "{heading} of the README");
    }
}

pub async fn a_destination_that_fails_is_named_as_such<H: Home>() {
    struct Broken;
    impl Write for Broken {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::Error::new(io::ErrorKind::BrokenPipe, "gone"))
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let store = H::fresh().await;
    store.records().put(&[record("1")]).await.expect("is stored");
    for format in [Format::Jsonl, Format::Csv, Format::MeasurementsCsv] {
        let error = store.records().export(&Query::default(), format, Broken).await.expect_err("gone");
        let StoreError::Destination { source } = &error else { panic!("{error}") };
        assert_eq!(source.kind(), io::ErrorKind::BrokenPipe);
    }
}

pub async fn a_slow_destination_holds_no_old_state_open<H: Home>() {
    /// Says when it is written to, then waits until it is told to go on.
    struct Slow {
        reached: mpsc::Sender<()>,
        go_on: mpsc::Receiver<()>,
        behind: Shared,
    }
    impl Write for Slow {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            // Neither side waits for one that has gone.
            let _ = self.reached.send(());
            let _ = self.go_on.recv();
            self.behind.write(bytes)
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let store = H::fresh().await;
    // Larger than any buffer, so that the destination is written to at once.
    let mut big = record("1");
    big.report.text = "长".repeat(100_000);
    big.report.plan_year = Some(2030);
    let late = |mut record: Record| {
        record.report.plan_year = Some(1990);
        record
    };
    let mut records = vec![big, late(record("late"))];
    records.extend((2..52).map(|number| record(&number.to_string())));
    store.records().put(&records).await.expect("is stored");

    let (reached, has_reached) = mpsc::channel();
    let (let_go, go_on) = mpsc::channel();
    let destination = Shared::default();
    let slow = Slow { reached, go_on, behind: destination.clone() };
    let records = store.records().clone();
    let export = tokio::spawn(async move { records.export(&Query::default(), Format::Jsonl, slow).await });
    has_reached.recv().expect("the export writes");

    // Puts go through, and nothing is kept for the export's sake.
    let newer = late(revision("late", "乙", 2, 1, 1));
    store.records().put(std::slice::from_ref(&newer)).await.expect("is stored");
    assert!(!store.holds_an_old_state().await, "a reader holds on");

    drop(let_go);
    assert_eq!(export.await.expect("ran").expect("exports"), 52);
    let bytes = destination.0.lock().expect("not poisoned").clone();
    let lines = parse_lines(&String::from_utf8(bytes).expect("UTF-8"));
    // Some are read ahead.
    assert_eq!(lines[51], newer, "a record goes out as it is when its turn comes near");
}

/// Any text, formulas and line breaks among them.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![any::<String>(), "['=+@,\"\\r\\n\\t -]{0,4}[甲-癸a-c0-9]{0,3}"]
}

fn number() -> impl Strategy<Value = f64> {
    use proptest::num::f64;
    prop_oneof![f64::NORMAL | f64::SUBNORMAL | f64::ZERO | f64::NEGATIVE | f64::POSITIVE, -1000.0..1000.0]
}

pub fn any_record_survives_every_format<H: Home>() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let home = runtime.block_on(H::fresh());
    let fields = (text(), text(), text(), 0.0..=1.0, number(), proptest::option::of(number()));
    let config = ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() };
    proptest!(config, |(fields in prop::collection::vec(fields, 1..6))| {
        let mut records = Vec::new();
        for (key, (body, title, quote, score, value, value_max)) in fields.into_iter().enumerate() {
            let mut record = revision(&key.to_string(), &body, 1, 1, 1);
            let report = &mut record.report;
            (report.title, report.kind_score) = (Some(title), score);
            report.region.as_mut().expect("a region").adcode = Some(format!("{key:06}"));
            report.measurements = vec![growth(value)];
            report.measurements[0].quote = quote.into();
            report.measurements[0].value_max = value_max.map(Number);
            records.push(record);
        }
        runtime.block_on(async {
            let store = home.open_beside().await;
            store.records().put(&records).await.expect("is stored");
            let (_, lines) = export(store.records(), &Query::default(), Format::Jsonl).await;
            prop_assert_eq!(&parse_lines(&lines), &records);

            let (_, table) = export(store.records(), &Query::default(), Format::Csv).await;
            for (row, record) in parse_table(&table).iter().zip(&records) {
                prop_assert_eq!(Some(unguarded(&row["title"])), record.report.title.as_deref());
                prop_assert_eq!(row["kind_score"].parse::<f64>(), Ok(record.report.kind_score));
            }
            let (_, table) = export(store.records(), &Query::default(), Format::MeasurementsCsv).await;
            for (row, record) in parse_table(&table).iter().zip(&records) {
                let measurement = &record.report.measurements[0];
                prop_assert_eq!(unguarded(&row["quote"]), measurement.quote.as_str());
                prop_assert_eq!(row["value"].parse::<f64>().ok(), measurement.value.map(|number| number.0));
                prop_assert_eq!(row["value_max"].parse::<f64>().ok(), measurement.value_max.map(|number| number.0));
            }
            Ok(())
        })?;
    });
}
