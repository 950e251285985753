//! What holds for an archive in a bucket only: segments written whole, a store that is away.

mod fixture;

use baogao_archive::{Archive, ArchiveConfig, ArchiveError, BucketAddress, Location};
use baogao_model::ContentHash;
use baogao_testkit::{TcpProxy, servers::S3Bucket};
use bytes::Bytes;
use fixture::{PREFIX, Store, config, exchange, options};
use futures::StreamExt;
use futures::stream::FuturesUnordered;
use std::time::Duration;

/// Longer than any test takes.
const NEVER: Duration = Duration::from_secs(24 * 3600);

/// A page of 3200 bytes that do not compress.
fn noise(number: u32) -> baogao_archive::Exchange {
    let mut sent = exchange(&format!("http://www.qinglan.example/{number}"), "");
    let digits = (0..100).flat_map(|part| hex(&format!("{number} {part}")));
    sent.body = digits.collect::<Vec<u8>>().into();
    sent
}

/// The bytes of a digest.
fn hex(text: &str) -> Vec<u8> {
    let digest = ContentHash::of(text.as_bytes()).to_string();
    let digits = digest.as_bytes();
    digits.chunks(2).filter_map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}

#[tokio::test]
async fn appends_share_a_segment_and_are_answered_when_it_is_written() {
    let store = Store::bucket();
    let archive = store.open_with(ArchiveConfig { object_bytes: 30_000, object_age: NEVER, ..config() }).await;
    let mut appends: FuturesUnordered<_> = (0..10).map(|number| archive.append(noise(number))).collect();
    let mut first = Vec::new();
    // The ninth does not fit.
    for _ in 0..8 {
        first.push(appends.next().await.unwrap().unwrap());
    }
    assert!(first.iter().all(|at| at.segment == first[0].segment), "{first:#?}");
    let segments = store.segments();
    assert_eq!((segments.len(), segments[0].0.as_str()), (1, first[0].segment.as_str()));
    assert!(segments[0].1.len() <= 30_000);
    // Nobody waits for the end of the day.
    archive.close().await;
    let rest: Vec<_> = appends.map(|at| at.unwrap().segment).collect().await;
    assert_eq!((rest.len(), rest[0] == rest[1]), (2, true));
    assert_eq!(store.segments().len(), 2);
}

#[tokio::test]
async fn records_larger_than_a_segment_or_the_room_for_them_go_alone() {
    let store = Store::bucket();
    let narrow = ArchiveConfig { object_bytes: 100, max_unacknowledged_bytes: 1, ..config() };
    let archive = store.open_with(narrow).await;
    let sent: Vec<_> = (0..5).map(noise).collect();
    let all = futures::future::join_all(sent.iter().map(|sent| archive.append(sent.clone()))).await;
    for (at, sent) in all.into_iter().zip(sent) {
        assert_eq!(archive.read(&at.unwrap()).await.unwrap(), sent);
    }
    assert_eq!(store.segments().len(), 5);
}

/// A store behind a network that can be broken, for a test that has patience for a few attempts.
fn behind_proxy() -> (S3Bucket, TcpProxy, Location) {
    let bucket = S3Bucket::create();
    let proxy = TcpProxy::start(bucket.address()).unwrap();
    let location = Location::Bucket(options(&bucket, &format!("http://{}", proxy.address())));
    (bucket, proxy, location)
}

#[tokio::test]
async fn a_store_that_is_away_is_said_so_and_tried_again() {
    let (_bucket, proxy, location) = behind_proxy();
    let archive = Archive::open(&location, config()).await.unwrap();
    let at = archive.append(noise(1)).await.unwrap();
    proxy.refuse(true);
    proxy.cut();
    // All at once: each is repeated for some seconds.
    let (append, read, list, open, open_read_only) = tokio::join!(
        archive.append(noise(2)),
        archive.read(&at),
        archive.segments(),
        Archive::open(&location, config()),
        Archive::open_read_only(&location),
    );
    let failures = [
        append.unwrap_err(),
        read.unwrap_err(),
        // Known by now: it asks only after a while without any answer, or after a failure.
        archive.check().await.unwrap_err(),
        list.unwrap_err(),
        open.unwrap_err(),
        open_read_only.unwrap_err(),
    ];
    for error in failures {
        assert!(matches!(error, ArchiveError::Store { .. }) && error.is_transient(), "{error:?}");
        let text = error.to_string();
        assert!(text.contains("s3://") && !text.contains(S3Bucket::SECRET), "{text}");
    }
    proxy.heal();
    archive.check().await.unwrap();
    let later = archive.append(noise(3)).await.unwrap();
    assert_eq!(archive.read(&at).await.unwrap(), noise(1));
    assert_eq!(archive.read(&later).await.unwrap(), noise(3));
}

#[tokio::test]
async fn a_write_cut_in_the_middle_is_repeated() {
    let (bucket, proxy, location) = behind_proxy();
    let archive = Archive::open(&location, config()).await.unwrap();
    proxy.cut_after(2000);
    let at = archive.append(noise(1)).await.unwrap();
    assert_eq!(archive.read(&at).await.unwrap(), noise(1));
    assert_eq!(bucket.keys(), [format!("{PREFIX}/{}", at.segment)]);
}

#[tokio::test]
async fn a_bucket_that_is_not_there_is_waited_for() {
    let bucket = S3Bucket::create();
    let mut missing = options(&bucket, &bucket.endpoint());
    missing.address = BucketAddress::parse("s3://baogao-no-such-bucket/warc").unwrap();
    let error = Archive::open(&Location::Bucket(missing), config()).await.unwrap_err();
    assert!(error.is_transient() && error.to_string().contains("s3://baogao-no-such-bucket/warc"), "{error}");
}

#[tokio::test]
async fn settings_that_make_no_sense_are_not_waited_for() {
    let bucket = S3Bucket::create();
    let error = Archive::open(&Location::Bucket(options(&bucket, "ftp://s3.example")), config()).await.unwrap_err();
    assert!(!error.is_transient(), "{error}");
}

#[tokio::test]
async fn archives_under_two_prefixes_do_not_see_each_other() {
    let bucket = S3Bucket::create();
    let at = |prefix: &str| {
        let address = BucketAddress::parse(&format!("s3://{}{prefix}", bucket.name())).unwrap();
        let options = options(&bucket, &bucket.endpoint());
        Location::Bucket(baogao_archive::BucketOptions { address, ..options })
    };
    let mut segments = Vec::new();
    for prefix in ["", "/warc", "/warc2"] {
        let archive = Archive::open(&at(prefix), config()).await.unwrap();
        let written = archive.append(noise(1)).await.unwrap();
        archive.close().await;
        assert_eq!(archive.read(&written).await.unwrap().body, Bytes::clone(&noise(1).body));
        segments.push((prefix, written.segment));
    }
    for (prefix, segment) in &segments[1..] {
        let found = Archive::open_read_only(&at(prefix)).await.unwrap().segments().await.unwrap();
        assert_eq!(found.iter().map(|found| &found.name).collect::<Vec<_>>(), [segment], "{prefix}");
    }
}
