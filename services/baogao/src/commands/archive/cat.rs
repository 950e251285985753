//! `baogao archive cat`: one archived response.

use super::reading::Reading;
use super::{Session, open, segments};
use crate::cli::ArchiveCatArgs;
use crate::exit::Exit;
use crate::say;
use crate::tell::tell;
use anyhow::Context as _;
use baogao_archive::{Archive, ArchiveError, Archived, Found, Record, SegmentEntry};
use baogao_model::CanonicalUrl;
use serde::Serialize;
use std::io::Write;

/// The most bytes of a payload that are printed once its content encoding is undone.
const MAX_BYTES: u64 = 256 << 20;

/// A response as JSON.
#[derive(Serialize)]
struct ResponseRow<'a> {
    #[serde(flatten)]
    record: super::list::RecordRow<'a>,
    peer: Option<std::net::IpAddr>,
    http_version: &'a str,
    reason: &'a str,
    headers: Vec<(&'a str, String)>,
}

/// Carries the command out.
pub async fn run(session: &Session, args: ArchiveCatArgs) -> anyhow::Result<Exit> {
    let archive = open(session, &args.place).await?;
    let found = match place_of(&args.record) {
        Some((segment, offset)) => at(session, &archive, segment, offset).await?,
        None => newest(session, &archive, &args.record).await?,
    };
    let Some((segment, record, response)) = found else {
        tell(say!(
            session.lang,
            "there is no response for {}; `baogao archive list --records` names all",
            "没有 {} 的响应；用 baogao archive list --records 列出全部",
            args.record
        ));
        return Ok(Exit::SomeFailed);
    };
    let mut out = std::io::stdout().lock();
    if args.json {
        writeln!(out, "{}", serde_json::to_string(&row(&segment, &record, &response))?)?;
    } else if args.http {
        out.write_all(&response.http_head())?;
        out.write_all(&response.body)?;
    } else {
        let decoded = response.decoded(MAX_BYTES).with_context(|| {
            session.lang.pick("the payload cannot be decoded; see --http", "无法解码内容；可用 --http 查看").to_owned()
        })?;
        out.write_all(&decoded.bytes)?;
        if decoded.truncated {
            tell(
                session
                    .lang
                    .pick("the payload is cut short or damaged; see --http", "内容不完整或已损坏；可用 --http 查看"),
            );
        }
    }
    out.flush()?;
    Ok(Exit::Done)
}

/// The segment and the offset in it, where the text names both.
fn place_of(text: &str) -> Option<(&str, u64)> {
    let (segment, offset) = text.rsplit_once(':')?;
    segment.ends_with(".warc.gz").then(|| Some((segment, offset.parse().ok()?))).flatten()
}

/// A response with where it stands.
type Place = (SegmentEntry, Record, Archived);

/// The response at a place.
async fn at(session: &Session, archive: &Archive, segment: &str, offset: u64) -> anyhow::Result<Option<Place>> {
    let (segments, _) = segments(session, archive, &[segment.to_owned()]).await?;
    let Some(segment) = segments.into_iter().next() else { return Ok(None) };
    let mut scan = archive.scan(&segment).await?;
    let response = scan.exchange(offset).map_err(anyhow::Error::msg);
    let begins = |found: &Found| matches!(found, Found::Record(record) if record.offset == offset);
    match scan.find(begins) {
        Some(Found::Record(record)) if record.is_forgotten => Err(forgotten(&record)),
        Some(Found::Record(record)) => {
            let response = response
                .with_context(|| say!(session.lang, "cannot read {}:{}", "无法读取 {}:{}", segment.name, offset))?;
            Ok(Some((segment, record, response)))
        }
        _ => Ok(None),
    }
}

/// The newest response for a URL as given or in its canonical form.
async fn newest(session: &Session, archive: &Archive, url: &str) -> anyhow::Result<Option<Place>> {
    let canonical = CanonicalUrl::parse(url).map(|url| url.to_string()).unwrap_or_default();
    let is_it = |own: &str| own == url || own == canonical;
    let (mut segments, _) = segments(session, archive, &[]).await?;
    segments.reverse();
    let mut reading = Reading::new(session.lang, &segments, false);
    for segment in &segments {
        let mut scan = archive.scan(segment).await?;
        let mut last = None;
        for found in scan.by_ref() {
            if let Found::Record(record) = found
                && record.kind == "response"
                && record.url.as_deref().is_some_and(is_it)
            {
                last = Some(record);
            }
        }
        reading.read(segment);
        if let Some(record) = last {
            reading.end();
            if record.is_forgotten {
                return Err(forgotten(&record));
            }
            let response = scan.exchange(record.offset).map_err(anyhow::Error::msg)?;
            return Ok(Some((segment.clone(), record, response)));
        }
    }
    reading.end();
    Ok(None)
}

/// Why a record of a page that was taken down is not printed.
fn forgotten(record: &Record) -> anyhow::Error {
    ArchiveError::Forgotten { url: record.url.clone().unwrap_or_default() }.into()
}

fn row<'a>(segment: &'a SegmentEntry, record: &'a Record, response: &'a Archived) -> ResponseRow<'a> {
    let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
    ResponseRow {
        record: super::list::RecordRow::new(segment, record),
        peer: response.peer,
        http_version: &response.http_version,
        reason: &response.reason,
        headers: response.headers.iter().map(|(name, value)| (name.as_str(), text(value))).collect(),
    }
}
