//! `baogao archive list`: segments, and the records in them.

use super::reading::Reading;
use super::{Session, open, segments};
use crate::cli::ArchiveListArgs;
use crate::exit::Exit;
use crate::say;
use crate::tell::tell;
use baogao_archive::{Found, Record, SegmentEntry};
use jiff::Timestamp;
use serde::Serialize;
use std::io::{BufWriter, Write};

/// A segment as JSON.
#[derive(Serialize)]
struct SegmentRow<'a> {
    segment: &'a str,
    bytes: u64,
    open: bool,
}

/// A record as JSON.
#[derive(Serialize)]
pub(super) struct RecordRow<'a> {
    pub(super) segment: &'a str,
    pub(super) offset: u64,
    pub(super) length: u64,
    #[serde(rename = "type")]
    pub(super) kind: &'a str,
    pub(super) url: Option<&'a str>,
    pub(super) time: Option<Timestamp>,
    pub(super) status: Option<u16>,
    pub(super) content_type: Option<&'a str>,
    pub(super) payload_bytes: u64,
    pub(super) digest: Option<&'a str>,
    /// Whether its page was taken down, so that it is not printed.
    pub(super) forgotten: bool,
}

impl<'a> RecordRow<'a> {
    pub(super) fn new(segment: &'a SegmentEntry, record: &'a Record) -> Self {
        Self {
            segment: &segment.name,
            offset: record.offset,
            length: record.length,
            kind: &record.kind,
            url: record.url.as_deref(),
            time: record.time,
            status: record.status,
            content_type: record.content_type.as_deref(),
            payload_bytes: record.payload_bytes,
            digest: record.digest.as_deref(),
            forgotten: record.is_forgotten,
        }
    }
}

/// Carries the command out.
pub async fn run(session: &Session, args: ArchiveListArgs) -> anyhow::Result<Exit> {
    let archive = open(session, &args.place).await?;
    let (segments, mut exit) = segments(session, &archive, &args.segments).await?;
    let mut out = BufWriter::new(std::io::stdout().lock());
    if args.segments.is_empty() && !args.records && args.url.is_none() {
        for segment in &segments {
            write_segment(&mut out, session, segment, args.json)?;
        }
        out.flush()?;
        return Ok(exit);
    }
    let mut reading = Reading::new(session.lang, &segments, true);
    for segment in &segments {
        for found in archive.scan(segment).await? {
            match found {
                Found::Record(record) if is_wanted(&args, &record) => {
                    write_record(&mut out, session, &RecordRow::new(segment, &record), args.json)?;
                }
                Found::Record(_) => {}
                Found::Damage { offset, what, .. } => {
                    exit = Exit::SomeFailed;
                    let (name, lang) = (&segment.name, session.lang);
                    tell(say!(lang, "damaged at {}:{}: {}", "{}:{} 处已损坏：{}", name, offset, what));
                }
            }
        }
        reading.read(segment);
    }
    reading.end();
    out.flush()?;
    Ok(exit)
}

fn is_wanted(args: &ArchiveListArgs, record: &Record) -> bool {
    args.url.as_ref().is_none_or(|text| record.url.as_ref().is_some_and(|url| url.contains(text)))
}

fn write_segment(out: &mut impl Write, session: &Session, segment: &SegmentEntry, json: bool) -> anyhow::Result<()> {
    if json {
        let row = SegmentRow { segment: &segment.name, bytes: segment.bytes, open: segment.is_open };
        writeln!(out, "{}", serde_json::to_string(&row)?)?;
    } else {
        let state = if segment.is_open { session.lang.pick("\topen", "\t写入中") } else { "" };
        writeln!(out, "{}\t{}{state}", segment.name, segment.bytes)?;
    }
    Ok(())
}

/// Writes a record as a line: where, when, status, length, digest, URL, and whether that was taken down.
fn write_record(out: &mut impl Write, session: &Session, row: &RecordRow<'_>, json: bool) -> anyhow::Result<()> {
    if json {
        writeln!(out, "{}", serde_json::to_string(row)?)?;
        return Ok(());
    }
    let time = row.time.map(|time| time.to_string()).unwrap_or_default();
    let status = row.status.map_or_else(|| row.kind.to_owned(), |status| status.to_string());
    let (digest, url) = (row.digest.unwrap_or_default(), row.url.unwrap_or_default());
    let forgotten = if row.forgotten { session.lang.pick("\tforgotten", "\t已下架") } else { "" };
    let (segment, offset, bytes) = (row.segment, row.offset, row.payload_bytes);
    let line = format!("{segment}:{offset}\t{time}\t{status}\t{bytes}\t{digest}\t{url}{forgotten}");
    // What a terminal would obey does not belong in a list.
    let shown: String = line.chars().filter(|c| !c.is_control() || *c == '\t').collect();
    writeln!(out, "{shown}")?;
    Ok(())
}
