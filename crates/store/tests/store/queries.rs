//! Lists, look-ups and counts, and [`query_suite`], which runs these and the exports on a back end.

use crate::fixtures::{Hand, Home, Record, at, id, of_kind, record, revision};
use baogao_model::ReportId;
use baogao_model::report::{Kind, Level, Region};
use baogao_store::{Cursor, Query, Sink, StoreError, Summary};
use std::collections::BTreeMap;
use std::str::FromStr;

/// Runs every case of queries and exports on the stores of `$home`.
macro_rules! query_suite {
    ($name:ident, $home:path) => {
        mod $name {
            query_suite!(@cases $home: queries:
                filters
                pages_of_any_size_make_the_whole_list
                a_cursor_of_somebody_else_is_refused
                a_summary_says_what_the_record_says
                times_tell_seeing_from_changing
                since_means_changed_then_or_later
                an_id_may_be_shortened_as_long_as_it_is_unique
                an_ambiguous_prefix_names_ten_candidates_at_most
                counts_tell_current_from_history
            );
            query_suite!(@cases $home: export:
                a_line_is_the_whole_record
                an_export_means_the_same_records_in_the_same_order_as_a_list
                a_row_holds_the_fields_of_a_report
                what_is_unknown_is_an_empty_field
                measurements_are_those_of_the_current_revision
                no_text_is_taken_for_a_formula
                tables_follow_rfc_4180_and_the_readme
                a_destination_that_fails_is_named_as_such
                a_slow_destination_holds_no_old_state_open
            );

            #[test]
            fn any_record_survives_every_format() {
                $crate::export::any_record_survives_every_format::<$home>();
            }
        }
    };
    (@cases $home:path: $module:ident: $($case:ident)+) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                $crate::$module::$case::<$home>().await;
            }
        )+
    };
}

/// A table's rows: fields set apart by tabs, lines with `#` left out.
fn rows(table: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    table.lines().filter(|line| !line.starts_with('#')).map(|line| line.split('\t').collect())
}

fn value<T: FromStr>(field: &str) -> Option<T> {
    (field != "-").then(|| field.parse().unwrap_or_else(|_| panic!("{field:?} is unreadable")))
}

/// One row of `records.tsv`.
fn table_record(row: &[&str]) -> Record {
    let mut record = of_kind(revision(row[0], row[10], 1, 1, 1), value(row[1]).expect("a kind"));
    let report = &mut record.report;
    let region = Region {
        level: value::<Level>(row[2]),
        adcode: value(row[3]),
        name: value(row[4]),
        prefecture: value(row[5]),
        province: value(row[6]),
        resolved_by: None,
    };
    report.region = (region != Region::default()).then_some(region);
    report.year = value(row[7]);
    report.plan_year = value(row[8]);
    report.source.site = value(row[9]);
    record
}

/// The store of `records.tsv`, and its keys by id.
async fn table_store<H: Home>() -> (H, BTreeMap<ReportId, &'static str>) {
    let store = H::fresh().await;
    let mut keys = BTreeMap::new();
    let mut records = Vec::new();
    for row in rows(include_str!("data/records.tsv")) {
        keys.insert(id(row[0]), row[0]);
        records.push(table_record(&row));
    }
    store.records().put(&records).await.expect("is stored");
    (store, keys)
}

/// `name=value;name=value`; `-` is the default.
fn query(text: &str) -> Query {
    let mut query = Query::default();
    for condition in text.split(';').filter(|condition| *condition != "-") {
        let (name, value) = condition.split_once('=').expect("name=value");
        let number = || value.parse().expect("a number");
        match name {
            "kinds" => query.kinds = value.split(',').map(|kind| kind.parse().expect("a kind")).collect(),
            "level" => query.level = Some(value.parse().expect("a level")),
            "adcode_prefix" => query.adcode_prefix = Some(value.to_owned()),
            "region" => query.region = Some(value.to_owned()),
            "year" => query.year = Some(number()),
            "plan_year" => query.plan_year = Some(number()),
            "site" => query.site = Some(value.to_owned()),
            "text" => query.text = Some(value.to_owned()),
            "limit" => query.limit = Some(value.parse().expect("a number")),
            other => panic!("no condition {other}"),
        }
    }
    query
}

fn names(list: &[Summary], keys: &BTreeMap<ReportId, &'static str>) -> String {
    if list.is_empty() {
        return "none".to_owned();
    }
    list.iter().map(|summary| keys[&summary.id]).collect::<Vec<_>>().join(" ")
}

pub async fn filters<H: Home>() {
    let (store, keys) = table_store::<H>().await;
    let mut seen = 0;
    for row in rows(include_str!("data/filters.tsv")) {
        let list = store.records().list(&query(row[0])).await.expect("lists");
        assert_eq!(names(&list, &keys), row[1], "{}", row[0]);
        seen += 1;
    }
    assert!(seen > 20, "only {seen} cases");
}

pub async fn pages_of_any_size_make_the_whole_list<H: Home>() {
    let (store, keys) = table_store::<H>().await;
    let whole = store.records().list(&Query::everything()).await.expect("lists");
    assert_eq!(names(&whole, &keys), "f e d a g c b h i");
    for size in 1..=10 {
        let mut paged = Vec::new();
        let mut query = Query { limit: Some(size), ..Query::everything() };
        loop {
            let page = store.records().list(&query).await.expect("lists");
            let Some(last) = page.last() else { break };
            // Over the wire and back.
            query.after = Some(Cursor::from_text(last.cursor.to_string()));
            paged.extend(page);
        }
        assert_eq!(paged, whole, "pages of {size}");
    }
}

pub async fn a_cursor_of_somebody_else_is_refused<H: Home>() {
    let (store, _) = table_store::<H>().await;
    for text in ["", "2023", "x:1:2", "2023:1"] {
        let query = Query { after: Some(Cursor::from_text(text)), ..Query::default() };
        let error = store.records().list(&query).await.expect_err("no place");
        assert!(matches!(&error, StoreError::InvalidCursor { cursor } if cursor == text), "{error}");
        assert!(!error.is_transient());
    }
}

pub async fn a_summary_says_what_the_record_says<H: Home>() {
    let hand = Hand::default();
    let store = H::open(hand.clock()).await;
    let record = record("1");
    hand.set(50);
    store.records().put(std::slice::from_ref(&record)).await.expect("is stored");
    let list = store.records().list(&Query::default()).await.expect("lists");
    let [summary] = list.as_slice() else { panic!("{} summaries", list.len()) };
    let report = record.report;
    assert_eq!(summary.id, report.id);
    assert_eq!((summary.kind, summary.kind_score), (report.kind, report.kind_score));
    assert_eq!(summary.title, report.title);
    assert_eq!(summary.region, report.region);
    assert_eq!(summary.government, report.government);
    assert_eq!(summary.delivered_on, report.delivered_on);
    assert_eq!([summary.year, summary.review_year, summary.plan_year], [Some(2023), Some(2022), Some(2023)]);
    assert_eq!(summary.speaker, report.speaker);
    assert_eq!(summary.completeness, report.completeness);
    assert_eq!(summary.site, report.source.site);
    assert_eq!(summary.url, report.source.url);
    assert_eq!(summary.published_on, report.source.published_on);
    assert_eq!((summary.text_chars, summary.measurements, summary.warnings), (16, 2, 3));
    assert_eq!([summary.first_seen_at, summary.last_seen_at, summary.changed_at], [at(50); 3]);
}

pub async fn times_tell_seeing_from_changing<H: Home>() {
    let hand = Hand::default();
    let store = H::open(hand.clock()).await;
    // When what was put, and (first seen, last seen, changed) afterwards.
    let steps = [
        (10, revision("1", "甲", 1, 1, 1), (10, 10, 10)),
        (20, revision("1", "甲", 2, 1, 1), (10, 20, 10)),
        (30, revision("1", "乙", 3, 1, 1), (10, 30, 30)),
        (40, revision("1", "丙", 1, 1, 1), (10, 40, 30)),
        // A clock that was set back takes nothing back.
        (35, revision("1", "乙", 3, 1, 1), (10, 40, 30)),
    ];
    for (now, record, (first, last, changed)) in steps {
        hand.set(now);
        store.records().put(&[record]).await.expect("is stored");
        let list = store.records().list(&Query::default()).await.expect("lists");
        let times = [list[0].first_seen_at, list[0].last_seen_at, list[0].changed_at];
        assert_eq!(times, [at(first), at(last), at(changed)], "at {now}");
    }
    let stored = store.records().get(id("1").as_str()).await.expect("reads").expect("is there");
    assert_eq!((stored.first_seen_at, stored.last_seen_at), (at(10), at(40)));
    let seen: Vec<_> =
        stored.revisions.iter().map(|info| (info.revision.fetch_no, info.first_seen_at, info.last_seen_at)).collect();
    assert_eq!(seen, [(3, at(30), at(35)), (2, at(10), at(20)), (1, at(40), at(40))]);
}

pub async fn since_means_changed_then_or_later<H: Home>() {
    let hand = Hand::default();
    let store = H::open(hand.clock()).await;
    for (now, key) in [(10, "1"), (20, "2"), (30, "1")] {
        hand.set(now);
        store.records().put(&[record(key)]).await.expect("is stored");
    }
    for (since, want) in [(9, 2), (10, 2), (11, 1), (20, 1), (21, 0)] {
        let query = Query { since: Some(at(since)), ..Query::default() };
        assert_eq!(store.records().list(&query).await.expect("lists").len(), want, "since {since}");
    }
}

pub async fn an_id_may_be_shortened_as_long_as_it_is_unique<H: Home>() {
    let store = H::fresh().await;
    let named = |id: &str| {
        let mut record = record("1");
        record.report.id = ReportId::from_stored(id);
        record
    };
    let ids = ["3f00aa", "3f00ab", "3f17cc", "a0", "a0b1"];
    store.records().put(&ids.map(named)).await.expect("is stored");
    let cases = [("3f00aa", "3f00aa"), ("3f1", "3f17cc"), (" 3F17 ", "3f17cc"), ("a0b", "a0b1"), ("a0", "a0")];
    for (prefix, want) in cases {
        let stored = store.records().get(prefix).await.expect("one").expect("is there");
        assert_eq!(stored.record.report.id.as_str(), want, "{prefix}");
    }
    for prefix in ["", "  ", "4", "3f00aaa", "%", "_"] {
        assert_eq!(store.records().get(prefix).await.expect("none"), None, "{prefix:?}");
    }
    for (prefix, want) in [("3f", vec!["3f00aa", "3f00ab", "3f17cc"]), ("3f0", vec!["3f00aa", "3f00ab"])] {
        let error = store.records().get(prefix).await.expect_err("several");
        let StoreError::AmbiguousId { candidates, more: false, .. } = &error else { panic!("{error}") };
        assert_eq!(candidates.iter().map(ReportId::as_str).collect::<Vec<_>>(), want);
        assert!(error.to_string().contains("3f00aa, 3f00ab"), "{error}");
    }
}

pub async fn an_ambiguous_prefix_names_ten_candidates_at_most<H: Home>() {
    let store = H::fresh().await;
    let records: Vec<Record> = (0..12)
        .map(|number| {
            let mut record = record("1");
            record.report.id = ReportId::from_stored(format!("c{number:02}"));
            record
        })
        .collect();
    store.records().put(&records).await.expect("is stored");
    let error = store.records().get("c").await.expect_err("several");
    assert!(matches!(&error, StoreError::AmbiguousId { candidates, more: true, .. } if candidates.len() == 10));
    assert!(error.to_string().starts_with("c is the beginning of more than 10 ids: c00, c01"), "{error}");
}

pub async fn counts_tell_current_from_history<H: Home>() {
    let store = H::fresh().await;
    let mut bare = record("4");
    bare.report.measurements.clear();
    let records = [
        revision("1", "甲", 1, 1, 1),
        revision("1", "乙", 2, 1, 1),
        of_kind(record("2"), Kind::Draft),
        of_kind(record("3"), Kind::Budget),
        bare,
    ];
    store.records().put(&records).await.expect("is stored");
    let counts = store.records().counts().await.expect("counts");
    assert_eq!((counts.reports, counts.revisions, counts.measurements), (3, 5, 6));
    assert_eq!(counts.documents, BTreeMap::from([(Kind::Report, 2), (Kind::Draft, 1), (Kind::Budget, 1)]));
}
