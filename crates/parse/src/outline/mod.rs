//! The outline: a flat list of sections with relative levels and roles.
//!
//! `paragraph` splits the body, `levels` finds numbered headings and part titles, `standing` and `theme` the
//! headings without numbers on lines of their own and within paragraphs, `inline` lists there, `role` what each is for.

mod inline;
pub mod levels;
pub mod marker;
pub mod paragraph;
mod parts;
pub mod role;
mod standing;
pub mod theme;

use crate::text::{Text, span};
use baogao_model::report::{Role, Section};
use marker::Class;
use paragraph::Paragraph;
use std::ops::Range;

/// The longest heading behind a minor mark, in characters.
const MAX_HEADING: usize = 60;

/// A heading found, before it becomes a section.
#[derive(Debug, Clone)]
pub struct Item {
    /// Where it begins, its number included.
    start: usize,
    /// The index of its paragraph.
    paragraph: usize,
    /// The kind of its mark.
    class: Option<Class>,
    /// The characters of its number; empty where it has none.
    number: Range<usize>,
    /// The characters of its words.
    heading: Range<usize>,
    /// 1 to 4.
    level: u8,
}

/// The sections of the body that begins at character `from` and ends at `to`; `planned` is the year that a
/// report of the day in the head plans. The time is that of sorting the headings.
pub fn outline(text: &Text<'_>, from: usize, to: usize, planned: Option<i32>) -> Vec<Section> {
    let mut paragraphs = paragraph::paragraphs(text, from);
    paragraphs.retain(|paragraph| paragraph.range.start < to);
    let mut items = levels::items(text, &paragraphs);
    standing::add_standing(text, &paragraphs, &mut items);
    theme::add_families(text, &paragraphs, &mut items);
    theme::add_themes(text, &paragraphs, &mut items);
    let headed = sections(text, &items, to, planned);
    add_headless(text, &paragraphs, &items, headed)
}

/// Turns items into sections: roles from headings and parents, spans up to the next heading of the
/// same or a higher level.
fn sections(text: &Text<'_>, items: &[Item], end: usize, planned: Option<i32>) -> Vec<Section> {
    let mut sections: Vec<Section> = Vec::with_capacity(items.len());
    // The open section of each level, to close it when the next one of its level begins.
    let mut open: Vec<usize> = Vec::new();
    let mut before: Option<Role> = None;
    let parts = items.iter().filter(|item| item.level == 1);
    let looks_back = role::first_looks_back(parts.map(|part| text.folded_str(part.heading.clone())), planned);
    for item in items {
        while open.last().is_some_and(|&at| sections[at].level >= item.level) {
            close(&mut sections, &mut open, item.start);
        }
        let heading = text.slice(item.heading.clone()).trim().to_owned();
        let folded = text.folded_str(item.heading.clone());
        let parent = open.last().map(|&at| sections[at].role);
        let role = if item.level == 1 {
            match role::of_heading(&folded) {
                Some(_) if looks_back && before.is_none() => Role::Review,
                Some(role) => role,
                None => role::of_untold_part(before, before.is_none()),
            }
        } else {
            role::of_section(&folded, parent, item.class)
        };
        if item.level == 1 {
            before = Some(role);
        }
        let number: String = text.slice(item.number.clone()).chars().filter(|c| !c.is_whitespace()).collect();
        let number = Some(number).filter(|number| !number.is_empty());
        open.push(sections.len());
        sections.push(Section { level: item.level, number, heading, role, span: span(item.start..end) });
    }
    sections
}

/// Ends the innermost open section at `at`.
fn close(sections: &mut [Section], open: &mut Vec<usize>, at: usize) {
    if let Some(index) = open.pop() {
        sections[index].span.end = span(0..at).end;
    }
}

/// Adds sections with an empty heading for paragraphs that carry a role of their own: targets,
/// problems, thanks.
fn add_headless(text: &Text<'_>, paragraphs: &[Paragraph], items: &[Item], headed: Vec<Section>) -> Vec<Section> {
    let mut sections: Vec<Section> = Vec::with_capacity(headed.len());
    let mut headed = headed.into_iter().peekable();
    // The sections that are open where we are, innermost last.
    let mut open: Vec<usize> = Vec::new();
    for (index, paragraph) in paragraphs.iter().enumerate() {
        let here = span(paragraph.range.clone());
        while let Some(section) = headed.next_if(|section| section.span.start < here.end) {
            open.retain(|&at| sections[at].span.end > section.span.start);
            open.push(sections.len());
            sections.push(section);
        }
        let is_headed = items.binary_search_by_key(&index, |item| item.paragraph).is_ok();
        if is_headed || paragraph.marker.is_some() {
            continue;
        }
        let whole = &text.folded[paragraph.range.clone()];
        if let Some(role) = role::of_paragraph(&whole[..whole.len().min(60)], whole) {
            open.retain(|&at| sections[at].span.end > here.start);
            if matches!(role, Role::Problems | Role::Thanks) {
                // They sum up the part, so what is open below it ends here.
                while let Some(at) = open.pop_if(|at| sections[*at].level > 1) {
                    sections[at].span.end = here.start;
                }
            }
            let level = open.last().map_or(1, |&at| sections[at].level + 1).min(4);
            sections.push(Section { level, number: None, heading: String::new(), role, span: here });
        }
    }
    sections.extend(headed);
    sections
}
