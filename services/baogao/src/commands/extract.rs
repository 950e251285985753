//! `baogao extract`: page bytes to article, file by file.

use super::Session;
use crate::cli::ExtractArgs;
use crate::exit::Exit;
use crate::{input, profiles, say};
use anyhow::Context as _;
use baogao_extract::{Extractor, Metadata, Page, PageExtract};
use baogao_model::{CanonicalUrl, Link, Warning};
use jiff::civil::Date;
use serde::Serialize;
use std::io::Write;
use std::path::Path;

/// One line of `--json`. The names are a contract.
#[derive(Serialize)]
struct Line<'a> {
    file: &'a str,
    page_kind: &'a str,
    family: &'a str,
    charset: &'a str,
    title: Option<&'a str>,
    published_on: Option<Date>,
    canonical_url: Option<&'a str>,
    metadata: &'a Metadata,
    text: &'a str,
    next_page: Option<&'a str>,
    links: &'a [Link],
    warnings: &'a [Warning],
}

/// Carries the command out. A file that cannot be read is told and the others are done.
pub fn run(session: &Session, args: &ExtractArgs) -> anyhow::Result<Exit> {
    let url = args.url.as_deref().map(CanonicalUrl::parse).transpose()?;
    let extractor = args.profiles.as_deref().map_or_else(|| Ok(Extractor::new()), profiles::with_folder)?;
    let mut exit = Exit::Done;
    let mut out = std::io::stdout().lock();
    for file in &args.files {
        match input::read(session.lang, file) {
            Ok(bytes) => {
                let page = extractor.extract(&Page { bytes: &bytes, url: url.as_ref(), content_type: None });
                print(&mut out, session, args.json, file, &page).context("cannot write to standard output")?;
            }
            Err(error) => {
                session.complain(&error);
                exit = Exit::SomeFailed;
            }
        }
    }
    out.flush()?;
    Ok(exit)
}

/// Prints one article, for programs or for people.
fn print(out: &mut impl Write, session: &Session, json: bool, file: &Path, page: &PageExtract) -> anyhow::Result<()> {
    if json {
        let line = Line {
            file: &file.to_string_lossy(),
            page_kind: page.kind.as_str(),
            family: &page.family,
            charset: &page.charset,
            title: page.title.as_deref(),
            published_on: page.published_on,
            canonical_url: page.canonical_url.as_deref(),
            metadata: &page.metadata,
            text: &page.text,
            next_page: page.next_page.as_deref(),
            links: &page.links,
            warnings: &page.warnings,
        };
        serde_json::to_writer(&mut *out, &line)?;
        writeln!(out)?;
        return Ok(());
    }
    let none = session.lang.pick("none", "无");
    let date = page.published_on.map_or_else(|| none.to_owned(), |date| date.to_string());
    writeln!(out, "# {}", file.display())?;
    let (kind, family, charset) = (page.kind.as_str(), &page.family, &page.charset);
    writeln!(
        out,
        "{}",
        say!(
            session.lang,
            "# {}, {}, {}; published {}; {} links",
            "# {}，{}，{}；发布日期 {}；{} 个链接",
            kind,
            family,
            charset,
            date,
            page.links.len(),
        )
    )?;
    for warning in &page.warnings {
        writeln!(out, "# {}: {}", warning.code, warning.message)?;
    }
    writeln!(out, "{}", page.text)?;
    Ok(())
}
