//! What was taken down is not read any more, and its bytes stay.

mod fixture;

use baogao_archive::{ArchiveError, Found};
use baogao_model::{Target, Tombstone};
use fixture::{Store, exchange};
use jiff::Timestamp;

fn tombstone(target: &str, second: i64) -> Tombstone {
    let at = Timestamp::from_second(1_700_000_000 + second).unwrap();
    Tombstone { target: Target::parse(target).unwrap(), at, reason: Some("asked for".to_owned()) }
}

async fn what_was_taken_down_is_not_read_any_more(store: Store) {
    let archive = store.open().await;
    let taken = archive.append(exchange("http://www.qinglan.example/1", "青岚县")).await.unwrap();
    let other = archive.append(exchange("http://www.qinglan.example/2", "临澄市")).await.unwrap();
    let earlier_reader = store.read_only().await;
    archive.forget(&tombstone("https://www.qinglan.example/1", 1)).await.unwrap();
    archive.forget(&tombstone("http://www.qinglan.example/1", 2)).await.unwrap();
    for handle in [&archive, &store.read_only().await] {
        let error = handle.read(&taken).await.unwrap_err();
        assert!(matches!(&error, ArchiveError::Forgotten { url } if url.ends_with("/1")), "{error}");
        assert!(!error.is_transient());
        assert!(handle.read(&other).await.is_ok());
        assert_eq!(handle.tombstones().await.unwrap().oldest_first(), [&tombstone("https://www.qinglan.example/1", 1)]);
    }
    // One that has looked before looks again within a minute; until it has looked, it looks.
    assert!(earlier_reader.read(&taken).await.is_err());
    archive.close().await;

    let reader = store.read_only().await;
    let segments = reader.segments().await.unwrap();
    assert!(segments.iter().all(|segment| segment.name.ends_with(".warc.gz")), "tombstones are no segments");
    let segment = segments.iter().find(|segment| segment.name == taken.segment).unwrap();
    let records: Vec<_> = reader.scan(segment).await.unwrap().collect();
    let record = |offset: u64| {
        let is_it = |found: &&Found| matches!(found, Found::Record(record) if record.offset == offset);
        match records.iter().find(is_it) {
            Some(Found::Record(record)) => record.clone(),
            found => panic!("{found:?}"),
        }
    };
    let found = record(taken.offset);
    assert!(found.is_forgotten && found.fault.is_none(), "its bytes are there and sound: {found:?}");
    let scan = reader.scan(segment).await.unwrap();
    assert!(scan.exchange(taken.offset).unwrap_err().contains("taken down"));
    if other.segment == taken.segment {
        assert!(!record(other.offset).is_forgotten && scan.exchange(other.offset).is_ok());
    }
}

async fn a_take_down_is_taken_back(store: Store) {
    let archive = store.open().await;
    let at = archive.append(exchange("http://bbs.qinglan.example/1", "青岚县")).await.unwrap();
    let (site, page) = (tombstone("qinglan.example", 1), tombstone("http://bbs.qinglan.example/1", 2));
    archive.forget(&site).await.unwrap();
    archive.forget(&page).await.unwrap();
    assert!(archive.lift(&site.target).await.unwrap());
    assert!(!archive.lift(&site.target).await.unwrap());
    assert!(archive.read(&at).await.is_err(), "the other tombstone still covers it");
    assert!(archive.lift(&page.target).await.unwrap());
    assert!(archive.read(&at).await.is_ok());
    assert!(store.read_only().await.read(&at).await.is_ok());
}

async fn a_reader_takes_nothing_down(store: Store) {
    let archive = store.open().await;
    archive.append(exchange("http://www.qinglan.example/1", "青岚县")).await.unwrap();
    let reader = store.read_only().await;
    let refused = reader.forget(&tombstone("qinglan.example", 1)).await.unwrap_err();
    assert!(matches!(refused, ArchiveError::ReadOnly));
    assert!(matches!(reader.lift(&tombstone("qinglan.example", 1).target).await, Err(ArchiveError::ReadOnly)));
}

on_every_store!(what_was_taken_down_is_not_read_any_more, a_take_down_is_taken_back, a_reader_takes_nothing_down);

/// Whoever cannot tell what was taken down shows nothing, and waits for somebody to mend it.
#[tokio::test]
async fn an_unreadable_tombstone_stops_the_reading() {
    let store = Store::folder();
    let archive = store.open().await;
    let at = archive.append(exchange("http://www.qinglan.example/1", "青岚县")).await.unwrap();
    archive.forget(&tombstone("lincheng.example", 1)).await.unwrap();
    let Store::Folder(root) = &store else { panic!("it is a folder") };
    std::fs::write(root.path().join("tombstones/20260101T000000Z-x.json"), b"{").unwrap();
    // What a writer was killed over is none.
    std::fs::write(root.path().join("tombstones/20260101T000000Z-y.7.tmp"), b"{").unwrap();
    let error = store.read_only().await.read(&at).await.unwrap_err();
    assert!(matches!(&error, ArchiveError::BadTombstone { name, .. } if name.ends_with("-x.json")), "{error}");
    assert!(error.is_transient());
}
