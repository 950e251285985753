//! `baogao parse`: clean text or page to record, file by file.

use super::explain::Explainer;
use super::{Session, summary};
use crate::cli::ParseArgs;
use crate::exit::Exit;
use crate::input;
use anyhow::Context as _;
use baogao_extract::{Extractor, Page, decode};
use baogao_model::report::Source;
use baogao_model::{ContentHash, Report, ReportId, Warning};
use baogao_parse::{Document, Explanation, Parser, tidy};
use serde::Serialize;
use std::io::Write;
use std::path::Path;

/// One line of `--json`: the record with the file it came from.
#[derive(Serialize)]
struct Line<'a> {
    file: &'a str,
    #[serde(flatten)]
    report: &'a Report,
}

/// Carries the command out. A file that cannot be read is told and the others are done.
pub fn run(session: &Session, args: &ParseArgs) -> anyhow::Result<Exit> {
    let (extractor, parser) = (Extractor::new(), Parser::new());
    let mut exit = Exit::Done;
    let mut out = std::io::stdout().lock();
    for file in &args.files {
        let bytes = match input::read(session.lang, file) {
            Ok(bytes) => bytes,
            Err(error) => {
                session.complain(&error);
                exit = Exit::SomeFailed;
                continue;
            }
        };
        let (report, explanation) = parse(&extractor, &parser, file, &bytes, args.explain);
        let printed = if let Some(explanation) = explanation {
            explain(&mut out, session, args, file, (&report, &explanation))
        } else if args.json {
            serde_json::to_writer(&mut out, &Line { file: &file.to_string_lossy(), report: &report })
                .map_err(Into::into)
                .and_then(|()| writeln!(out))
        } else {
            summary::write_record(&mut out, session.lang, &file.display().to_string(), &report)
        };
        printed.context("cannot write to standard output")?;
    }
    out.flush()?;
    Ok(exit)
}

/// Writes why the numbers of a file are what they are: all of them, or those asked for.
fn explain(
    out: &mut impl Write,
    session: &Session,
    args: &ParseArgs,
    file: &Path,
    (report, explanation): (&Report, &Explanation),
) -> std::io::Result<()> {
    let file = file.to_string_lossy();
    let explainer = Explainer::new(session.lang, &file, report, explanation);
    if args.json {
        explainer.write_json(out, &args.at)
    } else if args.at.is_empty() {
        explainer.write_text(out)
    } else {
        args.at.iter().try_for_each(|&offset| explainer.write_at(out, offset))
    }
}

/// The record of a file: of the article in it where it is a page, else of its text. With it, if
/// wanted, what explains its measurements.
fn parse(
    extractor: &Extractor,
    parser: &Parser,
    file: &Path,
    bytes: &[u8],
    wants_explanation: bool,
) -> (Report, Option<Explanation>) {
    let (text, title, source, mut warnings) = if is_page(file, bytes) {
        let page = extractor.extract(&Page { bytes, url: None, content_type: None });
        let source = Source {
            canonical_url: page.canonical_url,
            family: Some(page.family),
            published_on: page.published_on,
            ..Source::default()
        };
        (page.text, page.title, source, page.warnings)
    } else {
        let decoded = decode(bytes, None);
        let tidied = tidy(&decoded.text);
        (tidied.text, None, Source::default(), [decoded.warnings, tidied.warnings].concat())
    };
    if text.is_empty() {
        warnings.push(Warning::new("no_text", "there is no text in this file"));
    }
    let source = Source { content_hash: Some(ContentHash::of(text.as_bytes())), ..source };
    let document = Document { id: ReportId::of_text(&text), source, title: title.as_deref(), text: &text };
    let (mut report, explanation) = if wants_explanation {
        let (report, explanation) = parser.explain(document);
        (report, Some(explanation))
    } else {
        (parser.parse(document), None)
    };
    report.warnings.splice(0..0, warnings);
    (report, explanation)
}

/// Whether a file is a saved page: by its name, else by how it begins.
fn is_page(file: &Path, bytes: &[u8]) -> bool {
    let suffix = file.extension().map(|suffix| suffix.to_string_lossy().to_ascii_lowercase());
    match suffix.as_deref() {
        Some("html" | "htm" | "shtml" | "xhtml") => true,
        Some("txt") => false,
        _ => {
            let start = String::from_utf8_lossy(&bytes[..bytes.len().min(512)]).to_ascii_lowercase();
            let start = start.trim_start_matches(|c: char| c == '\u{feff}' || c.is_whitespace());
            start.starts_with("<!doctype") || start.starts_with("<html") || start.contains("<head")
        }
    }
}
