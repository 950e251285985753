//! WARC files of other programs.

use baogao_archive::{Exchange, Foreign, ForeignRecords};
use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;
use std::io::{BufReader, Cursor, Read, Write};

/// A record with this header, whose length is added, and this block.
fn record(header: &str, block: &[u8]) -> Vec<u8> {
    let head = format!("WARC/1.0\r\n{header}Content-Length: {}\r\n\r\n", block.len());
    [head.as_bytes(), block, b"\r\n\r\n"].concat()
}

const PAGE: &str = "WARC-Type: response\r\nWARC-Target-URI: http://www.qinglan.example/1.html\r\n\
                    WARC-Date: 2023-02-03T04:05:06Z\r\nContent-Type: application/http; msgtype=response\r\n";

fn page(http: &str) -> Vec<u8> {
    record(PAGE, http.as_bytes())
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// The records of a file, and whether it could be read to its end.
fn read(bytes: Vec<u8>) -> (Vec<Foreign>, bool) {
    let (mut records, mut is_whole) = (Vec::new(), true);
    for found in ForeignRecords::new(Cursor::new(bytes)).unwrap() {
        match found {
            Ok(record) => records.push(record),
            Err(_) => is_whole = false,
        }
    }
    (records, is_whole)
}

/// The only record of a file, which brings a page.
fn exchange(bytes: Vec<u8>) -> Exchange {
    match read(bytes) {
        (records, true) => match &records[..] {
            [Foreign::Exchange(exchange)] => exchange.clone(),
            other => panic!("{other:?}"),
        },
        (records, false) => panic!("not to the end: {records:?}"),
    }
}

fn info() -> Vec<u8> {
    record("WARC-Type: warcinfo\r\nContent-Type: application/warc-fields\r\n", b"software: another\r\n")
}

#[test]
fn compressed_or_not_the_records_are_the_same() {
    let one = page("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<p>one</p>");
    let two = page("HTTP/1.0 404 Not Found\r\n\r\ngone");
    let plain = [info(), one.clone(), two.clone()].concat();
    let by_record = [gzip(&info()), gzip(&one), gzip(&two)].concat();
    let (records, is_whole) = read(plain.clone());
    assert!(is_whole);
    let [Foreign::Other { kind }, Foreign::Exchange(one), Foreign::Exchange(two)] = &records[..] else {
        panic!("{records:?}")
    };
    assert_eq!(kind, "warcinfo");
    assert_eq!(
        (one.status, &one.body[..], one.content_type().as_deref()),
        (200, &b"<p>one</p>"[..], Some("text/html"))
    );
    assert_eq!(one.url, "http://www.qinglan.example/1.html");
    assert_eq!(one.fetched_at, "2023-02-03T04:05:06Z".parse().unwrap());
    assert_eq!((two.status, two.reason.as_str(), two.http_version.as_str()), (404, "Not Found", "HTTP/1.0"));
    assert_eq!(read(gzip(&plain)), (records.clone(), true));
    assert_eq!(read(by_record), (records, true));
}

#[test]
fn what_programs_do_differently_is_understood() {
    let bare_lines = String::from_utf8(page("HTTP/1.1 200 OK\r\n\r\nx")).unwrap();
    let (head, http) = bare_lines.split_once("\r\n\r\n").unwrap();
    assert_eq!(&exchange(format!("{}\n\n{http}", head.replace("\r\n", "\n")).into()).body[..], b"x");
    let bracketed = String::from_utf8(page("HTTP/2 200\r\ncontent-type: text/html\r\n\r\nx")).unwrap();
    let bracketed = bracketed.replace("http://www.qinglan.example/1.html", "<http://www.qinglan.example/1.html>");
    let read = exchange(bracketed.into());
    assert_eq!((read.url.as_str(), read.http_version.as_str()), ("http://www.qinglan.example/1.html", "HTTP/1.1"));
    let resource = PAGE.replace("response\r\n", "resource\r\n").replace("application/http; msgtype=", "text/html; x=");
    let read = exchange(record(&resource, b"<p>kept without HTTP</p>"));
    assert_eq!((read.status, &read.body[..]), (200, &b"<p>kept without HTTP</p>"[..]));
}

#[test]
fn chunks_are_undone_where_there_are_any() {
    let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (payload, body) in [
        ("5\r\n<p>on\r\n6;x=y\r\ne</p>\n\r\n0\r\n\r\n", "<p>one</p>\n"),
        // Undone by the program that kept it, cut off, empty.
        ("<p>one</p>", "<p>one</p>"),
        ("5\r\n<p>on\r\n6\r\ne<", "<p>one<"),
        ("0\r\n\r\n", ""),
        ("", ""),
    ] {
        assert_eq!(exchange(page(&format!("{head}{payload}"))).body, body.as_bytes(), "{payload:?}");
    }
}

#[test]
fn what_is_unusable_is_said_and_the_rest_is_read() {
    let good = page("HTTP/1.1 200 OK\r\n\r\nx");
    let undated = String::from_utf8(good.clone()).unwrap().replace("2023-02-03T04:05:06Z", "yesterday");
    let bad = [undated.into_bytes(), page("no header"), page("HTTP/1.1 200 OK\r\nNever: ends"), good].concat();
    let (records, is_whole) = read(bad);
    assert!(is_whole);
    let [
        Foreign::Unusable { what: date, .. },
        Foreign::Unusable { what: no_http, .. },
        Foreign::Unusable { what: endless, url },
        Foreign::Exchange(_),
    ] = &records[..]
    else {
        panic!("{records:?}")
    };
    assert!(date.contains("yesterday") && no_http.contains("unreadable") && endless.contains("does not end"));
    assert_eq!(url.as_deref(), Some("http://www.qinglan.example/1.html"));
}

#[test]
fn a_response_that_is_too_large_is_passed_by() {
    let length: u64 = 65 << 20;
    let head = format!("WARC/1.0\r\n{PAGE}Content-Length: {length}\r\n\r\n");
    let tail = [b"\r\n\r\n".to_vec(), page("HTTP/1.1 200 OK\r\n\r\nx")].concat();
    let file = Cursor::new(head).chain(std::io::repeat(b' ').take(length)).chain(Cursor::new(tail));
    let records: Vec<_> = ForeignRecords::new(BufReader::new(file)).unwrap().map(Result::unwrap).collect();
    let [Foreign::Unusable { what, .. }, Foreign::Exchange(_)] = &records[..] else {
        panic!("{} records", records.len())
    };
    assert!(what.contains("more than"), "{what}");
}

#[test]
fn the_end_of_a_damaged_file_is_an_error() {
    let good = page("HTTP/1.1 200 OK\r\n\r\nx");
    let huge = format!("WARC/1.0\r\n{PAGE}Content-Length: 99999999999999\r\n\r\nx");
    let whole = gzip(&good);
    for (name, bytes) in [
        ("cut short", good[..good.len() - 6].to_vec()),
        ("cut in its header", good[..60].to_vec()),
        ("a length that is a lie", huge.into_bytes()),
        ("no WARC at all", b"<html></html>".to_vec()),
        ("a damaged member", [&whole[..whole.len() / 2], &[7; 20]].concat()),
        ("a line without an end", [b"WARC/1.0\r\n".to_vec(), vec![b'x'; 1 << 20]].concat()),
        ("no length", b"WARC/1.0\r\nWARC-Type: response\r\n\r\n".to_vec()),
    ] {
        let (records, is_whole) = read([good.clone(), bytes.clone()].concat());
        // What is compressed does not begin in the middle of what is not.
        assert!(!is_whole && records.len() == 1, "{name}: {records:?}");
        assert!(!read(bytes).1, "{name}");
    }
    assert_eq!(read(Vec::new()), (Vec::new(), true));
}

proptest! {
    #[test]
    fn any_bytes_come_to_an_end(bytes in proptest::collection::vec(any::<u8>(), 0..600), at in any::<prop::sample::Index>()) {
        let mut file = [info(), page("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n0\r\n\r\n")].concat();
        let at = at.index(file.len());
        file.splice(at..(at + bytes.len() / 2).min(file.len()), bytes.iter().copied());
        let (records, _) = read(file.clone());
        prop_assert!(records.len() <= file.len() / 8 + 1);
        read(gzip(&file));
        read(bytes);
    }
}
