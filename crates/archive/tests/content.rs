//! Content encodings are undone within limits.

mod fixture;

use baogao_archive::{ArchiveError, Decoded, Exchange};
use bytes::Bytes;
use fixture::exchange;
use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
use proptest::prelude::*;
use std::io::Write;

const LIMIT: u64 = 1 << 20;

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn encoded(encodings: &[&str], body: Vec<u8>) -> Exchange {
    let mut page = exchange("http://www.qinglan.example/", "");
    page.body = Bytes::from(body);
    page.headers.extend(encodings.iter().map(|value| ("Content-Encoding".to_owned(), value.as_bytes().to_vec())));
    page
}

#[test]
fn encodings_are_undone_as_browsers_do() {
    let text = "青岚县人民政府工作报告。".repeat(50).into_bytes();
    let two_members = [gzip(&text[..600]), gzip(&text[600..])].concat();
    let cases: Vec<(&str, Vec<&str>, Vec<u8>)> = vec![
        ("none", vec![], text.clone()),
        ("identity", vec!["identity"], text.clone()),
        ("gzip", vec!["gzip"], gzip(&text)),
        ("another spelling", vec![" X-GZip "], gzip(&text)),
        ("members", vec!["gzip"], two_members),
        ("garbage behind", vec!["gzip"], [gzip(&text), b"\0\0garbage".to_vec()].concat()),
        ("mislabelled", vec!["gzip"], text.clone()),
        ("deflate with wrapper", vec!["deflate"], zlib(&text)),
        ("deflate without", vec!["deflate"], deflate(&text)),
        ("layers in one line", vec!["deflate, gzip"], gzip(&zlib(&text))),
        ("layers in two lines", vec!["deflate", "gzip"], gzip(&zlib(&text))),
    ];
    for (name, encodings, body) in cases {
        let decoded = encoded(&encodings, body).decoded(LIMIT).unwrap();
        assert_eq!(decoded, Decoded { bytes: text.clone().into(), truncated: false }, "{name}");
    }
}

#[test]
fn unknown_encodings_are_named() {
    for encoding in ["br", "zstd", "gzip, br"] {
        let error = encoded(&[encoding], Vec::new()).decoded(LIMIT).unwrap_err();
        assert!(matches!(error, ArchiveError::UnknownEncoding { .. }) && !error.is_transient());
        assert!(error.to_string().contains(encoding.rsplit(' ').next().unwrap()), "{error}");
    }
    assert!(encoded(&["gzip, gzip, gzip, gzip"], gzip(b"")).decoded(LIMIT).is_err());
}

#[test]
fn a_bomb_stops_at_the_limit() {
    let zeros = vec![0; 50 << 20];
    for (encoding, body) in [("gzip", gzip(&zeros)), ("deflate", zlib(&zeros)), ("deflate", deflate(&zeros))] {
        let decoded = encoded(&[encoding], body).decoded(LIMIT).unwrap();
        assert_eq!((decoded.bytes.len() as u64, decoded.truncated), (LIMIT, true), "{encoding}");
    }
    let many = gzip(&vec![0; 1 << 19]).repeat(8);
    let decoded = encoded(&["gzip"], many).decoded(LIMIT).unwrap();
    assert_eq!((decoded.bytes.len() as u64, decoded.truncated), (LIMIT, true));
}

#[test]
fn the_limit_itself_is_no_truncation() {
    let text = b"0123456789".to_vec();
    for body in [encoded(&["gzip"], gzip(&text)), encoded(&[], text.clone()), encoded(&["deflate"], zlib(&text))] {
        assert_eq!(body.decoded(10).unwrap(), Decoded { bytes: text.clone().into(), truncated: false });
        assert_eq!(body.decoded(9).unwrap(), Decoded { bytes: text[..9].to_vec().into(), truncated: true });
        assert_eq!(body.decoded(0).unwrap(), Decoded { bytes: Bytes::new(), truncated: true });
    }
}

#[test]
fn a_broken_stream_gives_what_came_before() {
    let text: Vec<u8> = (0..20_000_u32).flat_map(|number| number.to_string().into_bytes()).collect();
    let whole = gzip(&text);
    let decoded = encoded(&["gzip"], whole[..whole.len() / 2].to_vec()).decoded(LIMIT).unwrap();
    assert!(decoded.truncated && decoded.bytes.len() > text.len() / 4);
    assert!(text.starts_with(&decoded.bytes));

    let mut wrong_sum = whole;
    let sum_at = wrong_sum.len() - 8;
    wrong_sum[sum_at] ^= 1;
    let decoded = encoded(&["gzip"], wrong_sum).decoded(LIMIT).unwrap();
    assert_eq!(decoded, Decoded { bytes: text.into(), truncated: true });
}

#[test]
fn content_types_survive_foreign_bytes() {
    let mut page = exchange("http://www.qinglan.example/", "");
    assert_eq!(page.content_type().as_deref(), Some("text/html; charset=utf-8"));
    page.headers = vec![("CONTENT-TYPE".to_owned(), b"text/html; charset=\xff".to_vec())];
    assert_eq!(page.content_type().as_deref(), Some("text/html; charset=\u{fffd}"));
    page.headers.clear();
    assert_eq!(page.content_type(), None);
}

proptest! {
    #[test]
    fn random_bytes_stay_within_the_limit(
        body in proptest::collection::vec(any::<u8>(), 0..400),
        encoding in proptest::sample::select(vec!["gzip", "deflate", "gzip, deflate", "deflate, gzip"]),
        limit in 0..1000_u64,
        magic in any::<bool>(),
    ) {
        let body = if magic { [b"\x1f\x8b\x08\0\0\0\0\0\0\xff".as_slice(), &body].concat() } else { body };
        let decoded = encoded(&[encoding], body).decoded(limit).unwrap();
        prop_assert!(decoded.bytes.len() as u64 <= limit);
    }
}
