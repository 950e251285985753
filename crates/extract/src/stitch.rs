//! One article from the parts it was split into.
//!
//! A pure function of the parts at hand: whatever the order they are given in, and whichever of
//! them are missing, the text is that of the parts in order, with the page heading once.

use crate::clean::fold;
use crate::{PageExtract, assemble, forum, title};
use baogao_model::Warning;
use jiff::civil::Date;

/// Lines at the top of a part that may repeat the heading of the first one.
const MAX_HEADING_LINES: usize = 4;

/// What there is of one part.
#[derive(Debug, Clone)]
pub enum PartInput<'a> {
    /// The part's page.
    Page(&'a PageExtract),
    /// It could not be had.
    Missing {
        /// Why, as a short code or sentence.
        reason: &'a str,
    },
}

/// The whole document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stitched {
    /// The heading, from the first part that has one.
    pub title: Option<String>,
    /// The date of publication, from the first part that shows one.
    pub published_on: Option<Date>,
    /// The address the document declares for itself on its first part at hand.
    pub canonical_url: Option<String>,
    /// The family of the first part at hand; `generic` where there is none.
    pub family: String,
    /// The clean text; every line ends with a line break.
    pub text: String,
    /// What is missing or doubtful.
    pub warnings: Vec<Warning>,
}

/// Joins the parts of one document, given with their numbers.
pub fn stitch(parts: &[(u32, PartInput<'_>)]) -> Stitched {
    let mut parts: Vec<&(u32, PartInput<'_>)> = parts.iter().collect();
    parts.sort_by_key(|(number, _)| *number);
    let mut warnings = Vec::new();
    let mut pages: Vec<(u32, &PageExtract)> = Vec::new();
    for (number, part) in parts {
        match part {
            PartInput::Missing { reason } => {
                warnings.push(Warning::new("missing_part", format!("part {number} is missing: {reason}")))
            }
            PartInput::Page(_) if pages.iter().any(|(other, _)| other == number) => {
                warnings.push(Warning::new(
                    "repeated_part",
                    format!("part {number} was given twice; the second is left out"),
                ));
            }
            PartInput::Page(page) => pages.push((*number, page)),
        }
    }
    let is_thread = pages.iter().any(|(_, page)| page.thread.is_some());
    let lines = if is_thread { thread_lines(&pages, &mut warnings) } else { article_lines(&pages, &mut warnings) };
    for (number, page) in &pages {
        for warning in &page.warnings {
            let message = format!("part {number}: {}", warning.message);
            warnings.push(Warning::new(warning.code.clone(), message));
        }
    }
    let title = pages.iter().find_map(|(number, page)| Some(title::without_part(page.title.as_ref()?, *number)));
    let text = assemble(title.as_deref(), &lines);
    Stitched {
        published_on: pages.iter().find_map(|(_, page)| page.published_on),
        canonical_url: pages.first().and_then(|(_, page)| page.canonical_url.clone()),
        family: pages.first().map_or_else(|| "generic".to_owned(), |(_, page)| page.family.clone()),
        title,
        text,
        warnings,
    }
}

/// The lines of a split article, repeated headings and repeated parts left out.
fn article_lines(pages: &[(u32, &PageExtract)], warnings: &mut Vec<Warning>) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut seen: Vec<&[String]> = Vec::new();
    for (number, page) in pages {
        let body = page.body.as_slice();
        if body.is_empty() {
            warnings.push(Warning::new("empty_part", format!("part {number} holds no text")));
            continue;
        }
        if seen.contains(&body) {
            warnings
                .push(Warning::new("repeated_part", format!("part {number} repeats an earlier one and is left out")));
            continue;
        }
        let repeated = seen.first().map_or(0, |first| repeated_heading(first, body, page.title.as_deref()));
        lines.extend(body[repeated..].iter().cloned());
        seen.push(body);
    }
    lines
}

/// How many lines at the top of `body` repeat the top of the `first` part or the title.
fn repeated_heading(first: &[String], body: &[String], title: Option<&str>) -> usize {
    let mut repeated = 0;
    let title = title.map(fold);
    for (a, b) in first.iter().zip(body).take(MAX_HEADING_LINES) {
        if fold(a) != fold(b) && title.as_deref() != Some(fold(b).as_str()) {
            break;
        }
        repeated += 1;
    }
    repeated
}

/// The lines of a thread: those of its opening author. Without the first page nobody knows who that is.
fn thread_lines(pages: &[(u32, &PageExtract)], warnings: &mut Vec<Warning>) -> Vec<String> {
    if pages.first().is_none_or(|(number, _)| *number != 1) {
        warnings.push(Warning::new(
            "no_opening_post",
            "the first page of the thread is missing, so its author and text are unknown",
        ));
        return Vec::new();
    }
    forum::document(pages.iter().filter_map(|(_, page)| page.thread.as_ref()).flat_map(|thread| &thread.posts))
}
