//! The segments of an archive, and going through the records of one.

use crate::digest::sha1_label;
use crate::error::ArchiveError;
use crate::exchange::Archived;
use crate::record::{self, Block};
use crate::repair::next_member;
use baogao_model::Tombstones;
use bytes::Bytes;
use jiff::Timestamp;
use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;

/// A segment of an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SegmentEntry {
    /// Its name as it stands in references.
    pub name: String,
    /// Its length in bytes.
    pub bytes: u64,
    /// Whether it is still written to, or was when its writer was killed. Its end may be torn.
    pub is_open: bool,
}

/// What a record says of itself, and whether it is what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Where it begins in its segment.
    pub offset: u64,
    /// How long its gzip member is.
    pub length: u64,
    /// Its `WARC-Type`: `warcinfo`, `response`.
    pub kind: String,
    /// Its `WARC-Target-URI`.
    pub url: Option<String>,
    /// Its `WARC-Date`.
    pub time: Option<Timestamp>,
    /// The HTTP status of a `response`.
    pub status: Option<u16>,
    /// The HTTP content type of a `response`.
    pub content_type: Option<String>,
    /// The length of the payload: of what follows the HTTP headers, or of the whole block.
    pub payload_bytes: u64,
    /// Its `WARC-Payload-Digest`, or the digest of its block.
    pub digest: Option<String>,
    /// The digest that does not fit, in words.
    pub fault: Option<String>,
    /// Whether its page was taken down: then [`Scan::exchange`] does not give the response.
    pub is_forgotten: bool,
}

/// What stands at one place of a segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// A whole record.
    Record(Record),
    /// Bytes that are no record.
    Damage {
        /// Where they begin.
        offset: u64,
        /// How many there are.
        length: u64,
        /// What is wrong with them.
        what: String,
    },
}

/// The records of a segment in order. Takes the memory of the segment and of one record.
#[derive(Debug)]
pub struct Scan {
    bytes: Bytes,
    at: usize,
    is_open: bool,
    tombstones: Arc<Tombstones>,
}

impl Scan {
    pub(crate) fn new(bytes: Bytes, is_open: bool, tombstones: Arc<Tombstones>) -> Self {
        Self { bytes, at: 0, is_open, tombstones }
    }

    /// All bytes of the segment, but for a torn end of one that is still written to. Reads it through.
    pub fn whole(mut self) -> Bytes {
        while self.next().is_some() {}
        self.bytes.slice(..self.at)
    }

    /// The exchange whose record begins at `offset`.
    ///
    /// # Errors
    ///
    /// What is wrong with the record, in words.
    pub fn exchange(&self, offset: u64) -> Result<Archived, String> {
        let rest = usize::try_from(offset).ok().and_then(|offset| self.bytes.get(offset..)).unwrap_or_default();
        let exchange = record::unfold(rest)?.block()?.into_exchange()?;
        match self.tombstones.cover(&exchange.url) {
            true => Err(format!("{} was taken down", exchange.url)),
            false => Ok(exchange),
        }
    }
}

impl Iterator for Scan {
    type Item = Found;

    fn next(&mut self) -> Option<Found> {
        let rest = &self.bytes[self.at..];
        if rest.is_empty() {
            return None;
        }
        let offset = self.at as u64;
        let what = match record::unfold(rest) {
            Ok(unfolded) => {
                let length = unfolded.length;
                self.at += length;
                match unfolded.block() {
                    Ok(block) => {
                        let mut record = inspect(block, offset, length as u64);
                        record.is_forgotten = record.url.as_deref().is_some_and(|url| self.tombstones.cover(url));
                        return Some(Found::Record(record));
                    }
                    Err(what) => return Some(Found::Damage { offset, length: length as u64, what }),
                }
            }
            Err(what) => what,
        };
        let skipped = next_member(rest);
        self.at = skipped.map_or(self.bytes.len(), |skipped| self.at + skipped);
        if skipped.is_none() && self.is_open {
            // Being written at the moment, or to be cut off at the next start.
            return None;
        }
        Some(Found::Damage { offset, length: self.at as u64 - offset, what })
    }
}

/// Reads a record and checks its digests.
fn inspect(block: Block, offset: u64, length: u64) -> Record {
    let field = |name: &str| block.field(name).map(str::to_owned);
    let kind = field("warc-type").unwrap_or_default();
    let is_http = block.field("content-type").is_some_and(|kind| kind.starts_with("application/http"));
    let payload = if is_http { record::payload_of(&block.bytes) } else { &block.bytes };
    let checks = [("WARC-Block-Digest", &block.bytes[..]), ("WARC-Payload-Digest", payload)];
    let mut fault = None;
    for (name, bytes) in checks {
        // Only SHA-1 is written here; other digests are for other programs to check.
        let Some(said) = block.field(name).filter(|said| said.starts_with("sha1:")) else { continue };
        let found = sha1_label(&[bytes]);
        if said != found {
            fault = Some(format!("its {name} is {said}, but its bytes have {found}"));
        }
    }
    let (payload_bytes, digest) =
        (payload.len() as u64, field("warc-payload-digest").or_else(|| field("warc-block-digest")));
    let (url, time) = (field("warc-target-uri"), block.field("warc-date").and_then(|time| time.parse().ok()));
    let exchange = (kind == "response").then(|| block.into_exchange());
    let (mut status, mut content_type) = (None, None);
    match exchange {
        Some(Ok(exchange)) => (status, content_type) = (Some(exchange.status), exchange.content_type()),
        Some(Err(what)) => fault = fault.or(Some(what)),
        None => {}
    }
    Record { offset, length, kind, url, time, status, content_type, payload_bytes, digest, fault, is_forgotten: false }
}

/// All segments below a folder, in the order they were begun.
pub(crate) fn below(root: &Path) -> Result<Vec<SegmentEntry>, ArchiveError> {
    // Looked at first: a segment that is closed in between is called open, which claims less.
    let open = file_names(&root.join("open"))?;
    let mut found = Vec::new();
    let mut folders = vec![String::new()];
    while let Some(folder) = folders.pop() {
        let path = root.join(&folder);
        for entry in fs::read_dir(&path).map_err(ArchiveError::io("list", &path))? {
            let entry = entry.map_err(ArchiveError::io("list", &path))?;
            let Ok(file) = entry.file_name().into_string() else { continue };
            let name = if folder.is_empty() { file.clone() } else { format!("{folder}/{file}") };
            let metadata = entry.metadata().map_err(ArchiveError::io("read", &entry.path()))?;
            if metadata.is_dir() && name != "open" {
                folders.push(name);
            } else if metadata.is_file() && file.ends_with(".warc.gz") {
                found.push(SegmentEntry { name, bytes: metadata.len(), is_open: open.contains(&file) });
            }
        }
    }
    found.sort_unstable_by(|a, b| a.name.cmp(&b.name));
    Ok(found)
}

/// The names in a folder; none where there is no folder.
fn file_names(folder: &Path) -> Result<Vec<String>, ArchiveError> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(ArchiveError::io("list", folder)(error)),
    };
    Ok(entries.flatten().filter_map(|entry| entry.file_name().into_string().ok()).collect())
}
