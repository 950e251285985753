//! How fast the store is here. Nothing is asserted: figures depend on the machine.

use crate::fixtures::{Fresh, Record, growth, revision};
use baogao_store::{Format, Query, Sink};
use std::time::Instant;
use tokio::task::JoinSet;

/// A record of the size of a county's report: 15 000 characters, 300 measurements.
fn full_size(number: usize) -> Record {
    let text = format!("第{number}篇。{}", "深入实施乡村振兴战略，".repeat(1363));
    let mut record = revision(&number.to_string(), &text, 1, 1, 1);
    record.report.measurements = (0..300).map(|at| growth(f64::from(at) / 8.0)).collect();
    record
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "prints figures; run it in release with --ignored --nocapture"]
async fn figures() {
    const RECORDS: usize = 1000;
    let store = Fresh::new().await;
    let records: Vec<Record> = (0..RECORDS).map(full_size).collect();
    let bytes: usize = records.iter().map(|record| serde_json::to_string(record).map_or(0, |json| json.len())).sum();
    println!("{RECORDS} records, {} KB of JSON each", bytes / RECORDS / 1000);
    let say = |what: &str, since: Instant| {
        let seconds = since.elapsed().as_secs_f64();
        println!("{what}: {:.0} records/s", RECORDS as f64 / seconds);
    };

    let start = Instant::now();
    for record in &records[..100] {
        store.records.put(std::slice::from_ref(record)).await.expect("is stored");
    }
    println!("put one after the other: {:.0} records/s", 100.0 / start.elapsed().as_secs_f64());

    let start = Instant::now();
    let mut puts = JoinSet::new();
    for chunk in records.chunks(RECORDS / 32) {
        let (records, chunk) = (store.records.clone(), chunk.to_vec());
        puts.spawn(async move {
            for record in &chunk {
                records.put(std::slice::from_ref(record)).await.expect("is stored");
            }
        });
    }
    puts.join_all().await;
    say("put one by one from 32 tasks", start);

    let start = Instant::now();
    for batch in records.chunks(50) {
        store.records.put(batch).await.expect("is stored");
    }
    say("put again, unchanged, in batches of 50", start);

    for format in [Format::Jsonl, Format::Csv, Format::MeasurementsCsv] {
        let start = Instant::now();
        store.records.export(&Query::default(), format, std::io::sink()).await.expect("exports");
        say(&format!("export as {format:?}"), start);
    }
    for (what, query) in [
        ("list of 100", Query::default()),
        ("search of all texts", Query { text: Some("第7篇".to_owned()), ..Query::default() }),
    ] {
        let start = Instant::now();
        store.records.list(&query).await.expect("lists");
        println!("{what}: {:.1} ms", start.elapsed().as_secs_f64() * 1000.0);
    }
    store.records.close().await.expect("closes");
    let size = std::fs::metadata(store.folder.path().join("records.db")).expect("a file").len();
    println!("file: {} KB a record", size / RECORDS as u64 / 1000);
}
