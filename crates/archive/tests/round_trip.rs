//! What is archived comes back, whoever asks and whatever it holds.

mod fixture;

use baogao_archive::{Archive, ArchiveConfig, ArchiveError, Exchange};
use baogao_model::PayloadRef;
use bytes::Bytes;
use fixture::{exchange, files_below, unzip};
use jiff::Timestamp;
use proptest::prelude::*;
use std::net::IpAddr;

#[tokio::test]
async fn an_exchange_comes_back_as_it_was() {
    let root = tempfile::tempdir().unwrap();
    let archive = Archive::local(root.path(), ArchiveConfig::default()).await.unwrap();
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
    assert_eq!(Archive::read_only(root.path()).await.unwrap().read(&at).await.unwrap(), sent);
    archive.close().await;
    assert_eq!(archive.read(&at).await.unwrap(), sent);
}

#[tokio::test]
async fn an_undone_transfer_encoding_is_kept_under_another_name() {
    let root = tempfile::tempdir().unwrap();
    let archive = Archive::local(root.path(), ArchiveConfig::default()).await.unwrap();
    let mut sent = exchange("http://www.qinglan.example/", "正文");
    sent.headers = vec![("transfer-encoding".to_owned(), b"chunked".to_vec())];
    let at = archive.append(sent).await.unwrap();
    let read = archive.read(&at).await.unwrap();
    assert_eq!(read.headers, [("X-Archive-Orig-Transfer-Encoding".to_owned(), b"chunked".to_vec())]);
}

#[tokio::test]
async fn concurrent_appends_all_arrive() {
    let root = tempfile::tempdir().unwrap();
    let config = ArchiveConfig { segment_bytes: 20_000, ..ArchiveConfig::default() };
    let archive = Archive::local(root.path(), config).await.unwrap();
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
    let segments = files_below(root.path());
    assert!(segments.len() > 1, "the segments are small enough to need several");
    let mut whole = 0;
    for (_, bytes) in &segments {
        assert!(bytes.len() <= 20_000);
        whole += unzip(bytes).windows(23).filter(|window| window == b"WARC-Type: response\r\nWA").count();
    }
    assert_eq!(whole, 200);
}

#[tokio::test]
async fn a_segment_opens_with_a_warcinfo_and_names_its_digests() {
    let root = tempfile::tempdir().unwrap();
    let config = ArchiveConfig { software: "baogao/test\r\nforged: yes".to_owned(), ..ArchiveConfig::default() };
    let archive = Archive::local(root.path(), config).await.unwrap();
    let at = archive.append(exchange("http://www.qinglan.example/", "abc")).await.unwrap();
    archive.close().await;
    let (name, bytes) = files_below(root.path()).remove(0);
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

#[tokio::test]
async fn what_cannot_have_come_over_http_is_refused() {
    let root = tempfile::tempdir().unwrap();
    let archive = Archive::local(root.path(), ArchiveConfig::default()).await.unwrap();
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

#[tokio::test]
async fn references_that_are_not_ours_are_refused() {
    let root = tempfile::tempdir().unwrap();
    let archive = Archive::local(root.path(), ArchiveConfig::default()).await.unwrap();
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

#[tokio::test]
async fn only_an_open_archive_can_be_appended_to() {
    let root = tempfile::tempdir().unwrap();
    let read_only = Archive::read_only(root.path()).await.unwrap();
    let error = read_only.append(exchange("http://www.qinglan.example/", "正文")).await.unwrap_err();
    assert!(matches!(error, ArchiveError::ReadOnly));
    let archive = Archive::local(root.path(), ArchiveConfig::default()).await.unwrap();
    archive.clone().close().await;
    archive.close().await;
    let error = archive.append(exchange("http://www.qinglan.example/", "正文")).await.unwrap_err();
    assert!(matches!(error, ArchiveError::Closed) && error.is_transient());
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
