//! Page numbers that a file was printed with, on lines of their own: - 12 -, 第3页.

use super::Repair;
use super::lines::Lines;
use crate::text::Text;
use baogao_model::Warning;
use std::ops::Range;

/// So many numbers must follow each other.
const LEAST: usize = 3;

/// Leaves page numbers out if they count on through the text.
pub fn find(text: &Text<'_>, lines: &mut Lines, repair: &mut Repair) {
    let found: Vec<(usize, u32)> = lines
        .lines
        .iter()
        .enumerate()
        .filter_map(|(index, line)| Some((index, page(&text.folded[line.clone()])?)))
        .collect();
    let count_on = found.windows(2).all(|pair| pair[1].1 == pair[0].1 + 1);
    if found.len() < LEAST || !count_on {
        return;
    }
    for &(index, _) in &found {
        let line = &lines.lines[index];
        // The line end before it goes with it.
        repair.cut(line.start.saturating_sub(1)..line.end);
    }
    repair.warn(Warning::new("page_numbers", format!("{} page numbers were read over", found.len())));
    let pages: Vec<usize> = found.iter().map(|&(index, _)| index).collect();
    join(text, lines, &pages, repair);
    let mut pages = pages.into_iter().peekable();
    let mut index = 0;
    lines.lines.retain(|_| {
        index += 1;
        pages.next_if_eq(&(index - 1)).is_none()
    });
}

/// The number of a page: between dashes, or in words.
fn page(line: &[char]) -> Option<u32> {
    const LONGEST: usize = 16;
    if line.len() > LONGEST {
        return None;
    }
    let line: Vec<char> = line.iter().copied().filter(|&c| c != ' ').collect();
    let is_dash = |c: char| matches!(c, '-' | '—' | '~');
    let number = match line.as_slice() {
        [first, number @ .., last] if is_dash(*first) && is_dash(*last) => {
            let number = &number[number.iter().take_while(|&&c| is_dash(c)).count()..];
            &number[..number.len() - number.iter().rev().take_while(|&&c| is_dash(c)).count()]
        }
        ['第', number @ .., '页'] => number,
        _ => return None,
    };
    let all_digits = (1..=4).contains(&number.len()) && number.iter().all(char::is_ascii_digit);
    all_digits.then(|| number.iter().filter_map(|c| c.to_digit(10)).fold(0, |value, digit| value * 10 + digit))
}

/// Joins the paragraphs that a page number stands within: the one before it is long, has clauses,
/// and does not end.
fn join(text: &Text<'_>, lines: &Lines, pages: &[usize], repair: &mut Repair) {
    const LONG: usize = 30;
    for &index in pages {
        let (Some(before), Some(next)) =
            (index.checked_sub(1).map(|before| &lines.lines[before]), lines.lines.get(index + 1))
        else {
            continue;
        };
        let words = &text.folded[before.clone()];
        let has_clauses = words.iter().any(|&c| matches!(c, ',' | '、' | '。' | ';'));
        let goes_on = words.len() >= LONG && has_clauses && super::wraps::goes_on(&text.folded, before, next);
        if goes_on && pages.binary_search(&(index + 1)).is_err() {
            join_over(text, before.end..next.start, repair);
        }
    }
}

/// Leaves out all between two lines.
fn join_over(text: &Text<'_>, between: Range<usize>, repair: &mut Repair) {
    let is_number = super::wraps::parts_number(&text.folded, &between);
    let around = between.start.saturating_sub(1)..(between.end + 1).min(text.len());
    repair.cut(between);
    let message =
        if is_number { "a number goes on behind a page number" } else { "a paragraph goes on behind a page number" };
    repair.warn_at(Warning::new("joined_pages", message), around);
}
