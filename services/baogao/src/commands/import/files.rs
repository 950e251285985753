//! Files and folders, and the response that a saved page would have been.

use crate::lang::Lang;
use crate::say;
use anyhow::Context as _;
use baogao_archive::Exchange;
use jiff::Timestamp;
use std::path::{Path, PathBuf};
use url::Url;

/// Folders in folders that are looked into.
const MAX_DEPTH: usize = 32;

/// How far into a page the browser's note of its address is looked for.
const NOTE_WITHIN: usize = 4096;

/// What browsers write into a page that they save, before its address.
const NOTE: &[u8] = b"<!-- saved from url=(";

/// The host of pages whose own is not known: one that cannot be (RFC 2606).
const NOWHERE: &str = "http://import.invalid/";

/// What a file holds, as its name says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Responses.
    Warc,
    /// A page.
    Html,
    /// A text.
    Text,
}

/// A file to be read.
#[derive(Debug)]
pub struct Input {
    /// Where it is.
    pub path: PathBuf,
    /// What it holds.
    pub kind: Kind,
    /// Its path below the folder that was given; of a file that was given, its name.
    below: PathBuf,
    /// The name of that folder.
    folder: Option<String>,
}

/// The files that a path means, in the order of their names: itself, or what is in it that can be read.
///
/// # Errors
///
/// When it is not there or cannot be listed, or is a file of another kind.
pub fn below(lang: Lang, path: &Path) -> anyhow::Result<Vec<Input>> {
    let cannot = || say!(lang, "cannot read {}", "无法读取 {}", path.display());
    let metadata = std::fs::metadata(path).with_context(cannot)?;
    if !metadata.is_dir() {
        let kind = kind_of(path).with_context(|| {
            say!(
                lang,
                "{} is no .warc, .warc.gz, .html, .htm, .shtml, .xhtml or .txt file",
                "{} 不是 .warc、.warc.gz、.html、.htm、.shtml、.xhtml、.txt 文件",
                path.display(),
            )
        })?;
        let below = path.file_name().map(PathBuf::from).unwrap_or_default();
        return Ok(vec![Input { path: path.to_owned(), kind, below, folder: None }]);
    }
    // `.` and `..` have names too.
    let name = path.canonicalize().ok().and_then(|path| Some(path.file_name()?.to_string_lossy().into_owned()));
    let mut inputs = Vec::new();
    let mut folders = vec![(path.to_owned(), 0)];
    while let Some((folder, depth)) = folders.pop() {
        for entry in std::fs::read_dir(&folder).with_context(cannot)? {
            let entry = entry.with_context(cannot)?;
            let (path_of, is_hidden) = (entry.path(), entry.file_name().to_string_lossy().starts_with('.'));
            // Links are not followed: they may lead in circles.
            let kind = entry.file_type().with_context(cannot)?;
            if is_hidden {
                continue;
            }
            if kind.is_dir() && depth < MAX_DEPTH {
                folders.push((path_of, depth + 1));
            } else if let Some(kind) = kind_of(&path_of).filter(|_| kind.is_file()) {
                let below = path_of.strip_prefix(path).map(Path::to_owned).unwrap_or_default();
                inputs.push(Input { path: path_of, kind, below, folder: name.clone() });
            }
        }
    }
    inputs.sort_unstable_by(|a, b| a.path.cmp(&b.path));
    Ok(inputs)
}

fn kind_of(path: &Path) -> Option<Kind> {
    let name = path.file_name()?.to_string_lossy().to_ascii_lowercase();
    if name.ends_with(".warc") || name.ends_with(".warc.gz") {
        return Some(Kind::Warc);
    }
    match name.rsplit_once('.')?.1 {
        "html" | "htm" | "shtml" | "xhtml" => Some(Kind::Html),
        "txt" => Some(Kind::Text),
        _ => None,
    }
}

/// The response that would have brought a saved page.
///
/// # Errors
///
/// When its time cannot be asked for.
pub fn exchange(input: &Input, body: Vec<u8>, base: Option<&Url>) -> anyhow::Result<Exchange> {
    let modified = std::fs::metadata(&input.path)?.modified()?;
    let content_type = if input.kind == Kind::Text { "text/plain" } else { "text/html" };
    Ok(Exchange {
        url: address(input, &body, base),
        // A file of tomorrow would keep out what is fetched today.
        fetched_at: Timestamp::try_from(modified)?.min(Timestamp::now()),
        peer: None,
        status: 200,
        reason: "OK".to_owned(),
        http_version: "HTTP/1.1".to_owned(),
        headers: vec![("Content-Type".to_owned(), content_type.into())],
        body: body.into(),
    })
}

/// Where a saved page comes from.
fn address(input: &Input, body: &[u8], base: Option<&Url>) -> String {
    if let Some(base) = base {
        return join(base, &input.below).into();
    }
    if let Some(noted) = noted_address(body) {
        return noted.into();
    }
    // A constant that is an address.
    let Ok(nowhere) = Url::parse(NOWHERE) else { return NOWHERE.to_owned() };
    let folder = input.folder.as_deref().unwrap_or_default();
    join(&nowhere, &Path::new(folder).join(&input.below)).into()
}

/// An address with a path below it, whatever characters are in that.
fn join(base: &Url, path: &Path) -> Url {
    let mut url = base.clone();
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.pop_if_empty().extend(path.iter().map(|part| part.to_string_lossy()));
    }
    url
}

/// The address that a browser has written into the page it saved: `<!-- saved from url=(0033)http://… -->`.
fn noted_address(body: &[u8]) -> Option<Url> {
    let start = &body[..body.len().min(NOTE_WITHIN)];
    let note = start.windows(NOTE.len()).position(|window| window.eq_ignore_ascii_case(NOTE))?;
    let note = std::str::from_utf8(start[note + NOTE.len()..].split(|byte| *byte == b'>').next()?).ok()?;
    let (_, address) = note.split_once(')')?;
    let url = Url::parse(address.trim_end_matches('-').trim()).ok()?;
    matches!(url.scheme(), "http" | "https").then_some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input(below: &str, folder: Option<&str>) -> Input {
        Input { path: below.into(), kind: Kind::Html, below: below.into(), folder: folder.map(str::to_owned) }
    }

    #[test]
    fn addresses_come_from_the_base_the_browser_or_the_path() {
        let base = Url::parse("http://www.qinglan.example/zwgk/").expect("an address");
        let noted = b"<!DOCTYPE html>\n<!-- saved from url=(0033)http://www.lincheng.example/a?b=1 -->\n<html>";
        let page = input("2024/报告 1.html", Some("pages"));
        let below_base = "http://www.qinglan.example/zwgk/2024/%E6%8A%A5%E5%91%8A%201.html";
        assert_eq!(address(&page, noted, Some(&base)), below_base);
        let bare = Url::parse("http://www.qinglan.example/zwgk").expect("an address");
        assert_eq!(address(&page, noted, Some(&bare)), below_base);
        assert_eq!(address(&page, noted, None), "http://www.lincheng.example/a?b=1");
        assert_eq!(address(&page, b"<html>", None), "http://import.invalid/pages/2024/%E6%8A%A5%E5%91%8A%201.html");
        assert_eq!(address(&input("1.txt", None), b"", None), "http://import.invalid/1.txt");
        for odd in [
            &b"<!-- saved from url=(0014)about:internet -->"[..],
            b"<!-- saved from url=(",
            b"<!-- saved from url=(9)\xff",
        ] {
            assert_eq!(address(&input("1.html", None), odd, None), "http://import.invalid/1.html");
        }
    }
}
