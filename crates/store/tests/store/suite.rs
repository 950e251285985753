//! What every sink must do. A sink joins with one line: `sink_suite!(its_name, make)`, where `make`
//! is an `async fn` that gives a fresh [`Subject`].

use crate::fixtures::{Home, Record, id, of_kind, record, revision};
use async_trait::async_trait;
use baogao_model::event::Revision;
use baogao_model::report::{Kind, Number};
use baogao_model::{ReportId, Target, Tombstone};
use baogao_store::{Put, Sink};
use jiff::Timestamp;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use tokio::task::JoinSet;

/// A sink under test, and how to look into it.
#[async_trait]
pub trait Subject: Send + Sync + Sized {
    /// The sink; its clones share the state.
    fn sink(&self) -> std::sync::Arc<dyn Sink>;
    /// The current record of a document.
    async fn current(&self, id: &ReportId) -> Option<Record>;
    /// Every revision of a document that is kept, the current one first.
    async fn history(&self, id: &ReportId) -> Vec<Revision>;
    /// Another handle to the same sink, as another process has one.
    async fn another_handle(&self) -> std::sync::Arc<dyn Sink>;
    /// Another subject that is empty.
    async fn empty_beside(&self) -> Self;
    /// How many current records there are that go out as reports, and that do not.
    async fn totals(&self) -> (u64, u64);
}

/// Runs every case of the suite on the sink that `$make` gives.
macro_rules! sink_suite {
    ($name:ident, $make:path) => {
        mod $name {
            sink_suite!(@cases $make:
                same_record_twice_leaves_one
                older_revision_never_wins
                text_that_goes_and_comes_back_is_current_again
                newer_parser_makes_a_new_current_revision
                late_pod_of_an_old_version_makes_history
                provenance_follows_the_latest_fetch
                kind_moves_with_the_current_revision
                batch_may_hold_duplicates_and_revisions
                batch_with_an_invalid_record_stores_nothing
                nothing_to_put_is_nothing_done
                concurrent_puts_leave_one_current_record
                two_handles_that_put_one_record_make_one_revision
                two_handles_keep_the_order_of_revisions
                two_handles_put_the_same_documents_in_opposite_orders
                put_whose_answer_was_not_waited_for_is_put_again
                record_with_a_nul_is_refused_by_name
                what_is_taken_down_goes_with_its_history_and_stays_away
                a_host_takes_all_below_it_with_it
                forgetting_again_finishes_and_names_the_same
                what_is_put_while_it_is_taken_down_does_not_stay
            );

            #[test]
            fn any_order_of_arrival_ends_in_the_same_state() {
                $crate::suite::any_order_of_arrival_ends_in_the_same_state(|| Box::pin($make()));
            }
        }
    };
    (@cases $make:path: $($case:ident)+) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                $crate::suite::$case(&$make().await).await;
            }
        )+
    };
}

#[async_trait]
impl<H: Home> Subject for H {
    fn sink(&self) -> std::sync::Arc<dyn Sink> {
        std::sync::Arc::new(self.records().clone())
    }

    async fn current(&self, id: &ReportId) -> Option<Record> {
        self.records().get(id.as_str()).await.expect("reads").map(|stored| stored.record)
    }

    async fn history(&self, id: &ReportId) -> Vec<Revision> {
        let stored = self.records().get(id.as_str()).await.expect("reads").expect("is there");
        stored.revisions.into_iter().map(|info| info.revision).collect()
    }

    async fn another_handle(&self) -> std::sync::Arc<dyn Sink> {
        std::sync::Arc::new(Home::another_handle(self).await)
    }

    async fn empty_beside(&self) -> Self {
        self.open_beside().await
    }

    async fn totals(&self) -> (u64, u64) {
        let counts = self.records().counts().await.expect("counts");
        (counts.reports, counts.documents.values().sum::<u64>() - counts.reports)
    }
}

async fn put(subject: &impl Subject, record: &Record) -> Put {
    let puts = subject.sink().put(std::slice::from_ref(record)).await.expect("is stored");
    assert_eq!(puts.len(), 1);
    puts[0]
}

pub async fn same_record_twice_leaves_one(subject: &impl Subject) {
    let record = record("1");
    assert_eq!(put(subject, &record).await, Put::New);
    assert_eq!(put(subject, &record).await, Put::Unchanged);
    assert_eq!(subject.current(&record.report.id).await, Some(record.clone()));
    assert_eq!(subject.history(&record.report.id).await, [record.revision]);
    assert_eq!(subject.totals().await, (1, 0));
}

pub async fn older_revision_never_wins(subject: &impl Subject) {
    let old = revision("1", "甲", 1, 1, 1);
    let new = revision("1", "乙", 2, 1, 1);
    assert_eq!(put(subject, &new).await, Put::New);
    assert_eq!(put(subject, &old).await, Put::Superseded);
    assert_eq!(put(subject, &old).await, Put::Superseded);
    assert_eq!(subject.current(&id("1")).await, Some(new.clone()));
    assert_eq!(subject.history(&id("1")).await, [new.revision, old.revision]);
}

pub async fn text_that_goes_and_comes_back_is_current_again(subject: &impl Subject) {
    let first = revision("1", "甲", 1, 1, 1);
    let other = revision("1", "乙", 2, 1, 1);
    let back = revision("1", "甲", 3, 1, 1);
    assert_eq!(put(subject, &first).await, Put::New);
    assert_eq!(put(subject, &other).await, Put::Revised);
    assert_eq!(put(subject, &back).await, Put::Revised);
    assert_eq!(subject.current(&id("1")).await, Some(back.clone()));
    // Two texts, two revisions: the first one's order rose.
    assert_eq!(subject.history(&id("1")).await, [back.revision, other.revision.clone()]);
    // What is redelivered now changes nothing.
    assert_eq!(put(subject, &first).await, Put::Unchanged);
    assert_eq!(put(subject, &other).await, Put::Superseded);
}

pub async fn newer_parser_makes_a_new_current_revision(subject: &impl Subject) {
    let old = revision("1", "甲", 1, 1, 1);
    let mut new = revision("1", "甲", 1, 1, 2);
    new.report.measurements[0].value = Some(Number(5.25));
    put(subject, &old).await;
    assert_eq!(put(subject, &new).await, Put::Revised);
    assert_eq!(subject.current(&id("1")).await, Some(new.clone()));
    assert_eq!(subject.history(&id("1")).await, [new.revision, old.revision]);
    assert_eq!(subject.totals().await, (1, 0));
}

pub async fn late_pod_of_an_old_version_makes_history(subject: &impl Subject) {
    let new = revision("1", "甲", 4, 2, 2);
    put(subject, &new).await;
    // The same fetch, worked on by pods that were not replaced yet.
    for (extractor, parser) in [(1, 2), (2, 1), (1, 3)] {
        let late = revision("1", "甲", 4, extractor, parser);
        assert_eq!(put(subject, &late).await, Put::Superseded, "extractor {extractor}, parser {parser}");
    }
    assert_eq!(subject.current(&id("1")).await, Some(new));
    assert_eq!(subject.history(&id("1")).await.len(), 4);
}

pub async fn provenance_follows_the_latest_fetch(subject: &impl Subject) {
    let later = revision("1", "甲", 7, 1, 1);
    put(subject, &revision("1", "甲", 3, 1, 1)).await;
    assert_eq!(put(subject, &later).await, Put::Unchanged);
    assert_eq!(put(subject, &revision("1", "甲", 5, 1, 1)).await, Put::Unchanged);
    assert_eq!(subject.current(&id("1")).await, Some(later.clone()));
    assert_eq!(subject.history(&id("1")).await, [later.revision]);
}

pub async fn kind_moves_with_the_current_revision(subject: &impl Subject) {
    let report = revision("1", "甲", 1, 1, 1);
    let other = of_kind(revision("1", "甲", 1, 1, 2), Kind::Template);
    put(subject, &report).await;
    assert_eq!(subject.totals().await, (1, 0));
    assert_eq!(put(subject, &other).await, Put::Revised);
    assert_eq!(subject.totals().await, (0, 1));
    assert_eq!(put(subject, &report).await, Put::Superseded);
    assert_eq!(subject.totals().await, (0, 1));
    assert_eq!(put(subject, &revision("1", "甲", 1, 1, 3)).await, Put::Revised);
    assert_eq!(subject.totals().await, (1, 0));
}

pub async fn batch_may_hold_duplicates_and_revisions(subject: &impl Subject) {
    let newest = revision("1", "乙", 2, 1, 1);
    let batch = [
        revision("1", "甲", 1, 1, 1),
        revision("1", "甲", 1, 1, 1),
        record("2"),
        newest.clone(),
        revision("1", "甲", 1, 1, 1),
    ];
    let puts = subject.sink().put(&batch).await.expect("is stored");
    assert_eq!(puts, [Put::New, Put::Unchanged, Put::New, Put::Revised, Put::Superseded]);
    assert_eq!(subject.current(&id("1")).await, Some(newest));
    assert_eq!(subject.totals().await, (2, 0));
}

pub async fn batch_with_an_invalid_record_stores_nothing(subject: &impl Subject) {
    let mut invalid = record("2");
    invalid.report.measurements[1].value_max = Some(Number(f64::INFINITY));
    let error = subject.sink().put(&[record("1"), invalid]).await.expect_err("JSON has no infinity");
    assert!(!error.is_transient(), "{error}");
    assert!(error.to_string().contains("measurements[1].value_max"), "{error}");
    assert_eq!(subject.totals().await, (0, 0));
}

pub async fn nothing_to_put_is_nothing_done(subject: &impl Subject) {
    assert_eq!(subject.sink().put(&[]).await.expect("nothing can fail"), []);
    assert_eq!(subject.totals().await, (0, 0));
}

pub async fn concurrent_puts_leave_one_current_record(subject: &impl Subject) {
    let mut puts = JoinSet::new();
    for fetch_no in 1..=20_u64 {
        let sink = subject.sink();
        puts.spawn(async move {
            let text = format!("第{fetch_no}稿");
            sink.put(&[revision("1", &text, fetch_no, 1, 1)]).await.expect("is stored")[0]
        });
    }
    let answers = puts.join_all().await;
    assert_eq!(answers.iter().filter(|put| **put == Put::New).count(), 1);
    assert_eq!(subject.current(&id("1")).await, Some(revision("1", "第20稿", 20, 1, 1)));
    assert_eq!(subject.history(&id("1")).await.len(), 20);
    assert_eq!(subject.totals().await, (1, 0));
}

pub async fn two_handles_that_put_one_record_make_one_revision(subject: &impl Subject) {
    let record = record("1");
    let mut puts = JoinSet::new();
    for sink in [subject.sink(), subject.another_handle().await] {
        for _ in 0..8 {
            let (sink, record) = (sink.clone(), record.clone());
            puts.spawn(async move { sink.put(&[record]).await.expect("is stored")[0] });
        }
    }
    let answers = puts.join_all().await;
    assert_eq!(answers.iter().filter(|put| **put == Put::New).count(), 1);
    assert_eq!(answers.iter().filter(|put| **put == Put::Unchanged).count(), 15);
    assert_eq!(subject.current(&id("1")).await.as_ref(), Some(&record));
    assert_eq!(subject.history(&id("1")).await, [record.revision]);
    assert_eq!(subject.totals().await, (1, 0));
}

pub async fn two_handles_keep_the_order_of_revisions(subject: &impl Subject) {
    let sinks = [subject.sink(), subject.another_handle().await];
    let mut puts = JoinSet::new();
    for fetch_no in 1..=24_u64 {
        let sink = sinks[fetch_no as usize % 2].clone();
        puts.spawn(async move {
            // Three texts that come and go, so that the two meet over the same revisions.
            let text = format!("第{}稿", fetch_no % 3);
            sink.put(&[revision("1", &text, fetch_no, 1, 1)]).await.expect("is stored");
        });
    }
    puts.join_all().await;
    let history = subject.history(&id("1")).await;
    assert_eq!(history.iter().map(|revision| revision.fetch_no).collect::<Vec<_>>(), [24, 23, 22]);
    assert_eq!(subject.current(&id("1")).await, Some(revision("1", "第0稿", 24, 1, 1)));
}

pub async fn two_handles_put_the_same_documents_in_opposite_orders(subject: &impl Subject) {
    let keys: Vec<String> = (0..20).map(|number| number.to_string()).collect();
    let mut puts = JoinSet::new();
    for round in 0..6_u64 {
        let mut batch: Vec<Record> = keys.iter().map(|key| revision(key, "甲", round + 1, 1, 1)).collect();
        let sink = if round % 2 == 0 {
            batch.reverse();
            subject.another_handle().await
        } else {
            subject.sink()
        };
        puts.spawn(async move { sink.put(&batch).await.expect("is stored") });
    }
    puts.join_all().await;
    assert_eq!(subject.totals().await, (20, 0));
    for key in keys {
        assert_eq!(subject.history(&id(&key)).await, [revision(&key, "甲", 6, 1, 1).revision]);
    }
}

pub async fn put_whose_answer_was_not_waited_for_is_put_again(subject: &impl Subject) {
    let records = [record("1"), revision("2", "甲", 3, 1, 1)];
    for _ in 0..10 {
        let sink = subject.sink();
        let batch = records.clone();
        let put = tokio::spawn(async move { sink.put(&batch).await });
        tokio::task::yield_now().await;
        // Somewhere between not begun and done.
        put.abort();
        let _ = put.await;
        subject.another_handle().await.put(&records).await.expect("is stored");
        for record in &records {
            assert_eq!(subject.history(&record.report.id).await, std::slice::from_ref(&record.revision));
            assert_eq!(subject.current(&record.report.id).await.as_ref(), Some(record));
        }
        assert_eq!(subject.totals().await, (2, 0));
    }
}

pub async fn record_with_a_nul_is_refused_by_name(subject: &impl Subject) {
    let mut odd = record("1");
    odd.report.measurements[0].quote = "增长\0左右".into();
    let error = subject.sink().put(&[odd]).await.expect_err("no database keeps it whole");
    assert!(!error.is_transient() && error.to_string().contains("U+0000"), "{error}");
    // A text that speaks of it is another matter.
    let mut spoken = record("1");
    spoken.report.title = Some("\\u0000 \\\\u0000".to_owned());
    assert_eq!(put(subject, &spoken).await, Put::New);
    assert_eq!(subject.current(&id("1")).await, Some(spoken));
}

/// The state that a set of puts must end in: worked out from the specification, not step by step.
fn expected(puts: &[Record]) -> (Record, BTreeSet<(u64, u32, u32, String)>) {
    // Per revision key the content of its latest fetch.
    let mut revisions: BTreeMap<(String, u32, u32), &Record> = BTreeMap::new();
    for record in puts {
        let revision = &record.revision;
        let key = (revision.content_hash.to_string(), revision.extractor_version, revision.parser_version);
        let latest = revisions.entry(key).or_insert(record);
        if revision.fetch_no > latest.revision.fetch_no {
            *latest = record;
        }
    }
    let ranked = revisions.values().map(|record| rank(&record.revision)).collect();
    let current = revisions.values().max_by_key(|record| rank(&record.revision)).expect("some put");
    ((*current).clone(), ranked)
}

fn rank(revision: &Revision) -> (u64, u32, u32, String) {
    let (fetch_no, extractor, parser) = revision.order();
    (fetch_no, extractor, parser, revision.content_hash.to_string())
}

/// Puts of one document's revisions, few enough in each dimension that they often meet.
fn puts() -> impl Strategy<Value = Vec<Record>> {
    let one = (0..3_usize, 1..4_u64, 1..3_u32, 1..3_u32).prop_map(|(text, fetch_no, extractor, parser)| {
        let record = revision("1", ["甲", "乙", "丙"][text], fetch_no, extractor, parser);
        // What a parser takes a text for depends on text and parser.
        if (text, parser) == (2, 2) { of_kind(record, Kind::News) } else { record }
    });
    prop::collection::vec(one, 1..8)
}

type Make<S> = fn() -> std::pin::Pin<Box<dyn Future<Output = S>>>;

/// For any puts, in any order, in any batches, one after the other or at the same time.
pub fn any_order_of_arrival_ends_in_the_same_state<S: Subject>(make: Make<S>) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let home = runtime.block_on(make());
    let shuffled = puts().prop_flat_map(|puts| (Just(puts.clone()).prop_shuffle(), 1..4_usize, any::<bool>()));
    let config = ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() };
    proptest!(config, |((puts, batch, at_once) in shuffled)| {
        runtime.block_on(async {
            let subject = home.empty_beside().await;
            let mut running = JoinSet::new();
            for batch in puts.chunks(batch) {
                let (sink, batch) = (subject.sink(), batch.to_vec());
                running.spawn(async move { sink.put(&batch).await.expect("is stored"); });
                if !at_once {
                    running.join_next().await;
                }
            }
            running.join_all().await;

            let (current, history) = expected(&puts);
            let totals = if current.report.kind.is_report() { (1, 0) } else { (0, 1) };
            prop_assert_eq!(subject.totals().await, totals);
            let kept = subject.history(&id("1")).await;
            prop_assert_eq!(&kept[0], &current.revision);
            prop_assert_eq!(kept.iter().map(rank).collect::<BTreeSet<_>>(), history);
            prop_assert_eq!(subject.current(&id("1")).await, Some(current));
            Ok(())
        })?;
    });
}

fn tombstone(target: &str) -> Tombstone {
    let target = Target::parse(target).expect("a target");
    Tombstone { target, at: Timestamp::UNIX_EPOCH, reason: Some("asked for".to_owned()) }
}

/// A record whose only page is `page`.
fn alone(key: &str, page: &str, fetch_no: u64) -> Record {
    let mut record = revision(key, page, fetch_no, 1, 1);
    let source = &mut record.report.source;
    (source.url, source.canonical_url, source.pages) = (Some(page.to_owned()), None, vec![page.to_owned()]);
    record
}

pub async fn what_is_taken_down_goes_with_its_history_and_stays_away(subject: &impl Subject) {
    let sink = subject.sink();
    for (text, fetch_no) in [("甲", 1), ("乙", 2)] {
        put(subject, &revision("1", text, fetch_no, 1, 1)).await;
    }
    put(subject, &record("2")).await;
    put(subject, &record("10")).await;
    // By its second page, and over the other scheme.
    let taken = tombstone("https://www.qinglan.example/1.html?page=2");
    assert_eq!(sink.forget(&taken).await.expect("forgets"), [id("1")]);
    assert_eq!(subject.current(&id("1")).await, None);
    assert!(subject.current(&id("2")).await.is_some() && subject.current(&id("10")).await.is_some());
    assert_eq!(subject.totals().await, (2, 0));

    assert_eq!(put(subject, &revision("1", "丙", 3, 1, 1)).await, Put::Forgotten);
    let elsewhere = alone("1", "http://www.qinglan.example/other.html", 4);
    assert_eq!(put(subject, &elsewhere).await, Put::Forgotten, "another page of the same document");
    let copy = alone("3", "http://www.qinglan.example/1.html?page=2", 5);
    assert_eq!(put(subject, &copy).await, Put::Forgotten, "the same page as another document");
    let batch = [record("4"), revision("1", "丁", 6, 1, 1), record("2")];
    assert_eq!(sink.put(&batch).await.expect("puts"), [Put::New, Put::Forgotten, Put::Unchanged]);
    assert_eq!(subject.another_handle().await.put(&batch[1..2]).await.expect("puts"), [Put::Forgotten]);

    sink.lift(&taken.target).await.expect("lifts");
    assert_eq!(put(subject, &revision("1", "戊", 7, 1, 1)).await, Put::New);
    assert_eq!(subject.history(&id("1")).await.len(), 1, "its history is gone");
    assert_eq!(put(subject, &copy).await, Put::New);
}

pub async fn a_host_takes_all_below_it_with_it(subject: &impl Subject) {
    let sink = subject.sink();
    // More than are deleted in one step.
    let below: Vec<Record> =
        (0..230).map(|n| alone(&format!("b{n}"), &format!("http://a.bbs.qinglan.example/{n}"), 1)).collect();
    sink.put(&below).await.expect("puts");
    put(subject, &record("1")).await;
    let mut declared = alone("2", "http://www.lincheng.example/2", 1);
    declared.report.source.site = Some("lincheng.example".to_owned());
    declared.report.source.canonical_url = Some("http://bbs.qinglan.example/2".to_owned());
    put(subject, &declared).await;
    let forgotten = sink.forget(&tombstone("bbs.qinglan.example")).await.expect("forgets");
    assert_eq!(forgotten.len(), 231, "a copy that declares the page as its own goes with it");
    assert_eq!(subject.totals().await, (1, 0));
    assert!(subject.current(&id("1")).await.is_some());
    let late = alone("late", "http://bbs.qinglan.example/late", 1);
    assert_eq!(put(subject, &late).await, Put::Forgotten);
}

pub async fn forgetting_again_finishes_and_names_the_same(subject: &impl Subject) {
    let sink = subject.sink();
    assert_eq!(sink.forget(&tombstone("http://www.qinglan.example/9.html")).await.expect("forgets"), []);
    put(subject, &record("1")).await;
    put(subject, &record("2")).await;
    let site = tombstone("www.qinglan.example");
    let first = sink.forget(&site).await.expect("forgets");
    assert_eq!(first.iter().collect::<BTreeSet<_>>(), BTreeSet::from([&id("1"), &id("2")]));
    assert_eq!(subject.another_handle().await.forget(&site).await.expect("forgets"), first);
    // Under two tombstones it takes both to be lifted.
    let page = tombstone("http://www.qinglan.example/1.html");
    assert_eq!(sink.forget(&page).await.expect("forgets"), [], "it was gone before");
    sink.lift(&site.target).await.expect("lifts");
    assert_eq!(put(subject, &record("1")).await, Put::Forgotten);
    assert_eq!(put(subject, &record("2")).await, Put::New);
    sink.lift(&page.target).await.expect("lifts");
    sink.lift(&page.target).await.expect("lifts what is not there");
    assert_eq!(put(subject, &record("1")).await, Put::New);
}

pub async fn what_is_put_while_it_is_taken_down_does_not_stay(subject: &impl Subject) {
    let (sink, other) = (subject.sink(), subject.another_handle().await);
    let mut putters = JoinSet::new();
    for worker in 0..4_u64 {
        let sink = if worker % 2 == 0 { sink.clone() } else { other.clone() };
        putters.spawn(async move {
            for n in 0..25_u64 {
                // Page 2 alone is covered; the document is whichever of the two pages arrives.
                let page =
                    if n % 2 == 0 { "http://www.qinglan.example/x.html" } else { "http://www.qinglan.example/y.html" };
                let record = alone("1", page, 1 + worker * 25 + n);
                sink.put(&[record]).await.expect("puts");
            }
        });
    }
    let taken = tombstone("http://www.qinglan.example/x.html");
    let first = sink.forget(&taken).await.expect("forgets");
    while let Some(ended) = putters.join_next().await {
        ended.expect("runs");
    }
    // What was put before the page was known to be the document's is found now.
    let again = sink.forget(&taken).await.expect("forgets");
    assert!(first.len() <= again.len());
    let left = subject.current(&id("1")).await;
    assert!(left.is_none() || again.is_empty(), "{left:?}");
    let covered = left.is_some_and(|left| left.report.source.pages == ["http://www.qinglan.example/x.html"]);
    assert!(!covered, "nothing of the page is shown");
}
