//! `baogao profile`: the families that are known, and what one of them picks on a page.

use super::{Session, block_on};
use crate::cli::{ProfileCommand, ProfileTestArgs};
use crate::exit::Exit;
use crate::one_page::{self, Fetched};
use crate::{input, profiles, say};
use anyhow::Context as _;
use baogao_extract::{Extractor, Page, PageExtract};
use baogao_fetch::Fetcher;
use baogao_model::CanonicalUrl;
use std::io::Write;
use std::path::Path;

/// Lines of the text shown from each end.
const SHOWN: usize = 5;

/// Carries the command out.
pub fn run(session: &Session, command: &ProfileCommand) -> anyhow::Result<Exit> {
    let mut out = std::io::stdout().lock();
    match command {
        ProfileCommand::List { profiles } => {
            for (name, is_built_in) in extractor(profiles.as_deref())?.profiles() {
                let origin = if is_built_in {
                    session.lang.pick("built in", "内置")
                } else {
                    session.lang.pick("own", "自有")
                };
                writeln!(out, "{name}\t{origin}")?;
            }
        }
        ProfileCommand::Show { name, profiles } => {
            let extractor = extractor(profiles.as_deref())?;
            let text = extractor.profile_text(name).with_context(|| unknown(session, name))?;
            write!(out, "{text}")?;
        }
        ProfileCommand::Test(args) => return test(&mut out, session, args),
    }
    out.flush()?;
    Ok(Exit::Done)
}

/// Shows what a profile picks on a saved page or on one fetched now.
fn test(out: &mut impl Write, session: &Session, args: &ProfileTestArgs) -> anyhow::Result<Exit> {
    let (extractor, name) = named(&args.profile, args.profiles.as_deref())?;
    let fetched = match is_address(&args.page) {
        true => fetch(session, args)?,
        false => Fetched {
            url: args.url.as_deref().map(CanonicalUrl::parse).transpose()?,
            content_type: None,
            bytes: input::read(session.lang, Path::new(&args.page))?.into(),
            warnings: Vec::new(),
        },
    };
    let page = Page { bytes: &fetched.bytes, url: fetched.url.as_ref(), content_type: fetched.content_type.as_deref() };
    let detected = extractor.extract(&page).family;
    let mut page = extractor.extract_as(&name, &page).with_context(|| unknown(session, &name))?;
    page.warnings.splice(0..0, fetched.warnings);
    show(out, session, &detected, &page)?;
    out.flush()?;
    Ok(Exit::Done)
}

/// Whether a page is named by its address.
fn is_address(page: &str) -> bool {
    page.starts_with("http://") || page.starts_with("https://")
}

/// Gets the page from the web, as a crawl with these settings would.
fn fetch(session: &Session, args: &ProfileTestArgs) -> anyhow::Result<Fetched> {
    let url = CanonicalUrl::parse(&args.page)?;
    let config = args.fetch.settings()?;
    let fetcher = Fetcher::new(config.fetch_config()?)?;
    block_on(one_page::get(session.lang, &fetcher, config.crawler.host_delay(), url))
}

fn extractor(folder: Option<&Path>) -> anyhow::Result<Extractor> {
    folder.map_or_else(|| Ok(Extractor::new()), profiles::with_folder)
}

fn unknown(session: &Session, name: &str) -> String {
    say!(
        session.lang,
        "there is no profile {}; `baogao profile list` names them all",
        "没有名为 {} 的模板；用 baogao profile list 列出全部",
        name
    )
}

/// The extractor and the profile's name; `profile` is a name or a profile's file.
fn named(profile: &str, folder: Option<&Path>) -> anyhow::Result<(Extractor, String)> {
    let path = Path::new(profile);
    if !path.is_file() {
        return Ok((extractor(folder)?, profile.to_owned()));
    }
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    // `NAME/profile.toml` is called as its folder.
    let named_by = if path.file_name() == Some("profile.toml".as_ref()) { path.parent() } else { None };
    let name = named_by.unwrap_or(path).file_stem().and_then(|name| name.to_str()).unwrap_or("profile").to_owned();
    Ok((Extractor::with_profiles(&[(&name, &text)])?, name))
}

/// Prints what was picked.
fn show(out: &mut impl Write, session: &Session, detected: &str, page: &PageExtract) -> anyhow::Result<()> {
    let none = session.lang.pick("none", "无");
    let or_none = |value: &Option<String>| value.clone().unwrap_or_else(|| none.to_owned());
    let metadata = &page.metadata;
    let fields = [
        (session.lang.pick("family found", "识别的系统"), detected.to_owned()),
        (session.lang.pick("kind", "页面类别"), page.kind.as_str().to_owned()),
        (session.lang.pick("title", "标题"), or_none(&page.title)),
        (session.lang.pick("source", "来源"), or_none(&metadata.source)),
        (session.lang.pick("author", "作者"), or_none(&metadata.author)),
        (session.lang.pick("index number", "索引号"), or_none(&metadata.index_number)),
        (session.lang.pick("site code", "网站标识码"), or_none(&metadata.site_code)),
        (session.lang.pick("document key", "文档键"), or_none(&page.document_key)),
        (session.lang.pick("next page", "下一页"), or_none(&page.next_page)),
    ];
    for (name, value) in fields {
        writeln!(out, "{name}: {value}")?;
    }
    for found in &metadata.dates {
        let date = session.lang.pick("date", "日期");
        writeln!(out, "{date}: {} ({}) {}", found.date, found.found_in, found.text)?;
    }
    for warning in &page.warnings {
        writeln!(out, "{}: {}", warning.code, warning.message)?;
    }
    let lines: Vec<&str> = page.text.lines().collect();
    let (lines_word, chars) = (session.lang.pick("lines", "行"), page.text.chars().count());
    writeln!(out, "{}: {} ({chars})", lines_word, lines.len())?;
    for (at, line) in lines.iter().enumerate() {
        if at < SHOWN || at + SHOWN >= lines.len() {
            writeln!(out, "  {line}")?;
        } else if at == SHOWN {
            writeln!(out, "  …")?;
        }
    }
    Ok(())
}
