//! Which page meets which obstacle, and how a rendered page becomes bytes on the wire.

use super::plan::Plan;
use super::site::Place;
use super::truth::Obstacle;
use crate::rng::Rng;
use bytes::Bytes;
use encoding_rs::{Encoding, GBK, UTF_8};
use flate2::{Compression, write::GzEncoder};
use std::io::Write;

/// Stands in a rendered page where the meta tag names the charset.
pub(super) const CHARSET_MARK: &str = "{charset}";

/// The obstacles before the page at `path` of `host`: at most one that makes the first requests
/// fail, so that a page fails `Faults::failures_in_a_row` times at most.
/// Only pages of lists and texts have any.
pub(super) fn obstacles(plan: &Plan, host: &str, path: &str, place: Place) -> Vec<Obstacle> {
    if !matches!(place, Place::List(_) | Place::Part { .. }) {
        return Vec::new();
    }
    let faults = &plan.faults;
    let mut rng = Rng::of(plan.seed, &format!("faults {host}{path}"));
    let mut found = Vec::new();
    let failures = [
        (faults.too_many_requests, Obstacle::TooManyRequests),
        (faults.unavailable, Obstacle::Unavailable),
        (faults.reset, Obstacle::Reset),
    ];
    // Every draw is made whatever comes of it, so that turning one rate leaves the others' pages alone.
    let drawn: Vec<Obstacle> =
        failures.into_iter().filter(|(share, _)| rng.chance(*share)).map(|(_, obstacle)| obstacle).collect();
    found.extend(drawn.first());
    let lasting =
        [(faults.slow, Obstacle::Slow), (faults.wrong_charset, Obstacle::WrongCharset), (faults.gzip, Obstacle::Gzip)];
    found.extend(lasting.into_iter().filter(|(share, _)| rng.chance(*share)).map(|(_, obstacle)| obstacle));
    found.sort_unstable();
    found
}

/// A page as bytes, with the charset its header declares.
pub(super) struct Wire {
    pub(super) body: Bytes,
    pub(super) content_type: &'static str,
}

/// Encodes a rendered page whose family writes `own` charset; if `wrong`, so that declaration and
/// bytes disagree in one of three ways that real sites know.
pub(super) fn encode(html: &str, own: &'static Encoding, wrong: bool, rng: &mut Rng) -> Wire {
    let other = if own == UTF_8 { GBK } else { UTF_8 };
    let (written, meta, content_type) = match (wrong, rng.between(0, 2)) {
        (false, _) => (own, own, "text/html"),
        // The page was converted, its meta tag was not.
        (true, 0) => (other, own, "text/html"),
        // The template was copied from elsewhere.
        (true, 1) => (own, other, "text/html"),
        // The server adds its default to every page; it can only be shown wrong by valid UTF-8.
        (true, _) => (UTF_8, UTF_8, "text/html; charset=gbk"),
    };
    let name = if meta == UTF_8 { "utf-8" } else { "gbk" };
    let html = html.replace(CHARSET_MARK, name);
    let (body, _, _) = written.encode(&html);
    Wire { body: Bytes::from(body.into_owned()), content_type }
}

/// Compresses `body` as `Content-Encoding: gzip` wants it.
pub(super) fn gzip(body: &[u8]) -> Bytes {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    // Writing to memory does not fail; if it did the empty body would fail the test that reads it.
    let done = encoder.write_all(body).and_then(|()| encoder.finish());
    Bytes::from(done.unwrap_or_default())
}
