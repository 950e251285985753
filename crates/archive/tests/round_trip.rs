//! What is archived comes back, whoever asks and whatever it holds.

mod fixture;

use baogao_archive::{Archive, ArchiveConfig, ArchiveError, Exchange, Found, Record, SegmentEntry};
use baogao_model::PayloadRef;
use bytes::Bytes;
use fixture::{Store, config, exchange, unzip, warcio_complaints};
use jiff::Timestamp;
use proptest::prelude::*;
use std::net::IpAddr;

async fn an_exchange_comes_back_as_it_was(store: Store) {
    let archive = store.open().await;
    let mut sent = exchange("http://www.qinglan.example/zfgzbg/1.html", "青岚县人民政府工作报告");
    sent.headers = vec![
        ("Server".to_owned(), b"\xc7\xe0\xe1\xb0".to_vec()),
        ("set-cookie".to_owned(), b"a=1".to_vec()),
        ("X-Empty".to_owned(), Vec::new()),
        ("set-cookie".to_owned(), b"b: \x00\x01\x7f \t".to_vec()),
    ];
    let at = archive.append(sent.clone()).await.unwrap();
    assert_eq!(archive.read(&at).await.unwrap(), sent);
    // And through another handle, while the segment is still open.
    assert_eq!(store.read_only().await.read(&at).await.unwrap(), sent);
    archive.close().await;
    assert_eq!(archive.read(&at).await.unwrap(), sent);
}

async fn an_undone_transfer_encoding_is_kept_under_another_name(store: Store) {
    let archive = store.open().await;
    let mut sent = exchange("http://www.qinglan.example/", "正文");
    sent.headers = vec![("transfer-encoding".to_owned(), b"chunked".to_vec())];
    let at = archive.append(sent).await.unwrap();
    let read = archive.read(&at).await.unwrap();
    assert_eq!(read.headers, [("X-Archive-Orig-Transfer-Encoding".to_owned(), b"chunked".to_vec())]);
}

async fn concurrent_appends_all_arrive(store: Store) {
    let config = ArchiveConfig { segment_bytes: 20_000, object_bytes: 20_000, ..config() };
    let archive = store.open_with(config).await;
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..200 {
        let archive = archive.clone();
        tasks.spawn(async move {
            let sent = exchange(&format!("http://www.lincheng.example/{number}"), &"临澄市".repeat(number));
            (archive.append(sent.clone()).await.unwrap(), sent)
        });
    }
    let all = tasks.join_all().await;
    archive.close().await;
    for (at, sent) in &all {
        assert_eq!(&archive.read(at).await.unwrap(), sent);
    }
    let segments = store.segments();
    assert!(segments.len() > 1, "the segments are small enough to need several");
    let mut whole = 0;
    for (_, bytes) in &segments {
        assert!(bytes.len() <= 20_000);
        whole += unzip(bytes).windows(23).filter(|window| window == b"WARC-Type: response\r\nWA").count();
    }
    assert_eq!(whole, 200);
}

async fn a_segment_opens_with_a_warcinfo_and_names_its_digests(store: Store) {
    let config = ArchiveConfig { software: "baogao/test\r\nforged: yes".to_owned(), ..config() };
    let archive = store.open_with(config).await;
    let at = archive.append(exchange("http://www.qinglan.example/", "abc")).await.unwrap();
    archive.close().await;
    let (name, bytes) = store.segments().remove(0);
    assert_eq!(name, at.segment);
    let text = String::from_utf8(unzip(&bytes)).unwrap();
    assert!(text.starts_with("WARC/1.1\r\nWARC-Type: warcinfo\r\n"), "{text}");
    assert!(text.contains("\r\nsoftware: baogao/test  forged: yes\r\n"), "{text}");
    // The well-known digest of "abc".
    assert!(text.contains("\r\nWARC-Payload-Digest: sha1:VGMT4NSHA2AWVOR6EVYXQUGCNSONBWE5\r\n"), "{text}");
    assert!(text.contains("\r\nWARC-IP-Address: 192.0.2.7\r\n"), "{text}");
    assert_eq!(
        unzip(&bytes[at.offset as usize..(at.offset + at.length) as usize]),
        &text.as_bytes()[text.rfind("WARC/1.1").unwrap()..]
    );
}

async fn what_cannot_have_come_over_http_is_refused(store: Store) {
    let archive = store.open().await;
    type Spoil = fn(&mut Exchange);
    let flaws: [(&str, Spoil); 9] = [
        ("empty URL", |e| e.url.clear()),
        ("white space in the URL", |e| e.url.push_str("\r\nWARC-Type: metadata")),
        ("status 99", |e| e.status = 99),
        ("status 1000", |e| e.status = 1000),
        ("line break in the reason", |e| e.reason.push('\n')),
        ("no HTTP version", |e| e.http_version.clear()),
        ("white space in the version", |e| e.http_version.push(' ')),
        ("colon in a header's name", |e| e.headers.push(("a:b".to_owned(), Vec::new()))),
        ("line break in a header", |e| e.headers.push(("a".to_owned(), b"1\r\nb: 2".to_vec()))),
    ];
    for (name, spoil) in flaws {
        let mut spoilt = exchange("http://www.qinglan.example/", "正文");
        spoil(&mut spoilt);
        let error = archive.append(spoilt).await.expect_err(name);
        assert!(matches!(error, ArchiveError::Invalid { .. }) && !error.is_transient(), "{name}: {error}");
    }
}

async fn references_that_are_not_ours_are_refused(store: Store) {
    let archive = store.open().await;
    let at = archive.append(exchange("http://www.qinglan.example/", "正文")).await.unwrap();
    for segment in ["", "/etc/passwd", "../x", "a/../../x", "./x", "a\\..\\x"] {
        let error = archive.read(&PayloadRef { segment: segment.to_owned(), ..at.clone() }).await.unwrap_err();
        assert!(matches!(error, ArchiveError::BadReference { .. }) && !error.is_transient(), "{segment}: {error}");
    }
    let missing = PayloadRef { segment: "2020/01/01/none.warc.gz".to_owned(), ..at.clone() };
    let error = archive.read(&missing).await.unwrap_err();
    assert!(matches!(error, ArchiveError::MissingSegment { .. }) && error.is_transient(), "{error}");
    for (offset, length) in
        [(at.offset, u64::MAX), (u64::MAX, 1), (at.offset, at.length + 1), (at.offset, 0), (0, at.offset)]
    {
        let error = archive.read(&PayloadRef { offset, length, ..at.clone() }).await.unwrap_err();
        assert!(matches!(error, ArchiveError::Damaged { .. }) && !error.is_transient(), "{error}");
    }
    let other = archive.append(exchange("http://www.qinglan.example/", "别的")).await.unwrap();
    let error = archive.read(&PayloadRef { blake3: other.blake3, ..at }).await.unwrap_err();
    assert!(matches!(error, ArchiveError::Checksum { .. }) && !error.is_transient(), "{error}");
}

async fn a_segment_taken_over_serves_its_references(store: Store) {
    let other = Store::folder();
    let from = other.open().await;
    let first = exchange("http://www.qinglan.example/1", "one");
    let at = from.append(first.clone()).await.unwrap();
    let archive = store.open().await;
    // While it is still written to: what is whole of it.
    let open = from.segments().await.unwrap().remove(0);
    assert!(open.is_open);
    archive.adopt(&open.name, from.scan(&open).await.unwrap().whole()).await.unwrap();
    assert_eq!(archive.read(&at).await.unwrap(), first);

    let second = exchange("http://www.qinglan.example/2", "two");
    let later = from.append(second.clone()).await.unwrap();
    from.close().await;
    assert!(archive.read(&later).await.is_err());
    let closed = from.segments().await.unwrap().remove(0);
    archive.adopt(&closed.name, from.scan(&closed).await.unwrap().whole()).await.unwrap();
    assert_eq!((archive.read(&at).await.unwrap(), archive.read(&later).await.unwrap()), (first, second));
    assert!(archive.segments().await.unwrap().contains(&closed));
    for name in ["", "../x.warc.gz", "/x.warc.gz"] {
        assert!(archive.adopt(name, Bytes::new()).await.is_err(), "{name:?}");
    }
    assert!(matches!(store.read_only().await.adopt(&closed.name, Bytes::new()).await, Err(ArchiveError::ReadOnly)));
}

async fn only_an_open_archive_can_be_appended_to(store: Store) {
    let read_only = store.read_only().await;
    let error = read_only.append(exchange("http://www.qinglan.example/", "正文")).await.unwrap_err();
    assert!(matches!(error, ArchiveError::ReadOnly));
    let archive = store.open().await;
    archive.clone().close().await;
    archive.close().await;
    let error = archive.append(exchange("http://www.qinglan.example/", "正文")).await.unwrap_err();
    assert!(matches!(error, ArchiveError::Closed) && error.is_transient());
}

async fn other_programs_find_nothing_wrong_with_it(store: Store) {
    let archive = store.open_with(ArchiveConfig { segment_bytes: 2000, object_bytes: 2000, ..config() }).await;
    for number in 0..8 {
        let mut sent = exchange(&format!("http://www.qinglan.example/{number}"), &"政府工作报告".repeat(number * 50));
        sent.headers.push(("Transfer-Encoding".to_owned(), b"chunked".to_vec()));
        archive.append(sent).await.unwrap();
    }
    archive.close().await;
    let mut segments = store.segments();
    assert!(segments.len() > 1);
    assert_eq!(warcio_complaints(&segments), "");
    // And they do look: text that does not compress stands in its record as it is.
    let noise: Vec<u8> = (0..200_u32).flat_map(|n| blake3_of(n).into_bytes()).collect();
    let archive = store.open().await;
    let mut sent = exchange("http://www.qinglan.example/noise", "");
    sent.body = Bytes::from(noise);
    let at = archive.append(sent).await.unwrap();
    archive.close().await;
    segments = store.segments();
    let (_, bytes) = segments.iter_mut().find(|(name, _)| *name == at.segment).unwrap();
    let forged = forge(&bytes[at.offset as usize..]);
    bytes.splice(at.offset as usize.., forged);
    assert_ne!(warcio_complaints(&segments), "");
}

fn blake3_of(number: u32) -> String {
    baogao_model::ContentHash::of(&number.to_le_bytes()).to_string()
}

/// A member with one byte of its payload changed and everything else made to fit.
fn forge(member: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut record = unzip(member);
    let last = record.len() - 5;
    record[last] ^= 1;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(&record).unwrap();
    encoder.finish().unwrap()
}

/// What the records of all segments say, with the segment of each.
async fn scanned(archive: &Archive) -> Vec<(SegmentEntry, Vec<Found>)> {
    let mut all = Vec::new();
    for segment in archive.segments().await.unwrap() {
        let found = archive.scan(&segment).await.unwrap().collect();
        all.push((segment, found));
    }
    all
}

fn whole(found: &Found) -> &Record {
    match found {
        Found::Record(record) => record,
        damage => panic!("{damage:?}"),
    }
}

async fn every_record_is_listed_with_what_it_says(store: Store) {
    let archive = store.open().await;
    let sent = exchange("http://www.qinglan.example/1", "青岚县");
    let at = archive.append(sent.clone()).await.unwrap();
    archive.close().await;
    let reader = store.read_only().await;
    let [(segment, found)] = &scanned(&reader).await[..] else { panic!("one segment") };
    assert_eq!((segment.name.as_str(), segment.is_open), (at.segment.as_str(), false));
    assert_eq!(segment.bytes, at.offset + at.length);
    let [info, record] = &found[..] else { panic!("{found:?}") };
    assert_eq!((whole(info).kind.as_str(), whole(info).offset, whole(info).fault.as_deref()), ("warcinfo", 0, None));
    let record = whole(record);
    assert_eq!((record.offset, record.length, record.kind.as_str()), (at.offset, at.length, "response"));
    assert_eq!((record.url.as_deref(), record.time), (Some(sent.url.as_str()), Some(sent.fetched_at)));
    assert_eq!((record.status, record.payload_bytes), (Some(200), 9));
    assert_eq!(record.content_type.as_deref(), Some("text/html; charset=utf-8"));
    assert!(record.digest.as_deref().is_some_and(|digest| digest.starts_with("sha1:")));
    assert_eq!(record.fault, None);
    assert_eq!(reader.scan(segment).await.unwrap().exchange(at.offset).unwrap(), sent);
    for nowhere in [0, at.offset + 1, u64::MAX] {
        assert!(reader.scan(segment).await.unwrap().exchange(nowhere).is_err());
    }
}

async fn damage_is_found_where_it_is_and_nowhere_else(store: Store) {
    let archive = store.open_with(ArchiveConfig { object_bytes: 1, segment_bytes: 1, ..config() }).await;
    let mut at = Vec::new();
    for number in 0..3 {
        let url = format!("http://www.qinglan.example/{number}");
        at.push(archive.append(exchange(&url, &"青岚县".repeat(9))).await.unwrap());
    }
    archive.close().await;
    let segments = store.segments();
    assert_eq!(segments.len(), 3);
    // One whose digest lies, one with a broken member in front of a whole one, one cut short.
    let (first, second, third) = (&segments[0].1, &segments[1].1, &segments[2].1);
    let (head, member) = first.split_at(at[0].offset as usize);
    store.replace(&segments[0].0, &[head, &forge(member)].concat());
    let mut broken = second.clone();
    broken[at[1].offset as usize + 30] ^= 0x55;
    store.replace(&segments[1].0, &[&broken[..], &second[at[1].offset as usize..]].concat());
    store.replace(&segments[2].0, &third[..third.len() - 9]);

    let found = scanned(&store.read_only().await).await;
    let [_, forged] = &found[0].1[..] else { panic!("{:?}", found[0]) };
    assert!(whole(forged).fault.as_deref().is_some_and(|fault| fault.contains("Digest")), "{forged:?}");
    let [_, Found::Damage { offset, length, .. }, Found::Record(next)] = &found[1].1[..] else {
        panic!("{:?}", found[1]);
    };
    assert_eq!((*offset, *length, next.fault.as_deref()), (at[1].offset, at[1].length, None));
    let [_, Found::Damage { offset, length, .. }] = &found[2].1[..] else { panic!("{:?}", found[2]) };
    assert_eq!((*offset, *length), (at[2].offset, at[2].length - 9));
}

on_every_store!(
    an_exchange_comes_back_as_it_was,
    an_undone_transfer_encoding_is_kept_under_another_name,
    concurrent_appends_all_arrive,
    a_segment_opens_with_a_warcinfo_and_names_its_digests,
    what_cannot_have_come_over_http_is_refused,
    references_that_are_not_ours_are_refused,
    a_segment_taken_over_serves_its_references,
    only_an_open_archive_can_be_appended_to,
    other_programs_find_nothing_wrong_with_it,
    every_record_is_listed_with_what_it_says,
    damage_is_found_where_it_is_and_nowhere_else,
);

#[tokio::test]
async fn a_folder_that_is_not_there_is_no_archive() {
    let root = tempfile::tempdir().unwrap();
    assert!(Archive::read_only(&root.path().join("nowhere")).await.unwrap_err().is_transient());
}

fn any_exchange() -> impl Strategy<Value = Exchange> {
    let header = ("[A-Za-z0-9!#$%&'*+.^_`|~-]{1,12}", proptest::collection::vec(any::<u8>(), 0..40));
    let headers = proptest::collection::vec(header, 0..6);
    let url = "http://[a-z]{1,9}\\.example/[!-~]{0,40}";
    let when = -30_000_000_000_i64..200_000_000_000;
    let body = proptest::collection::vec(any::<u8>(), 0..3000);
    let peer = proptest::option::of(any::<IpAddr>());
    (url, when, 0..1_000_000_000_i32, peer, 100..1000_u16, "[^\r\n]{0,20}", headers, body).prop_map(
        |(url, second, nanosecond, peer, status, reason, headers, body)| Exchange {
            url,
            fetched_at: Timestamp::new(second, nanosecond).unwrap(),
            peer,
            status,
            reason,
            http_version: "HTTP/1.1".to_owned(),
            headers: headers
                .into_iter()
                .map(|(name, value)| (name, value.into_iter().filter(|byte| !matches!(byte, b'\r' | b'\n')).collect()))
                .filter(|(name, _): &(String, Vec<u8>)| !name.eq_ignore_ascii_case("transfer-encoding"))
                .collect(),
            body: Bytes::from(body),
        },
    )
}

/// In a folder only: what is in a segment does not depend on where it lies.
#[test]
fn any_exchange_comes_back_byte_for_byte() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let root = tempfile::tempdir().unwrap();
    let archive = runtime.block_on(Archive::local(root.path(), ArchiveConfig::default())).unwrap();
    proptest!(|(sent in any_exchange())| {
        let at = runtime.block_on(archive.append(sent.clone())).unwrap();
        prop_assert_eq!(runtime.block_on(archive.read(&at)).unwrap(), sent);
    });
}
