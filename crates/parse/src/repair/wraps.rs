//! Lines that end where the page was full and not where a paragraph does.

use super::Repair;
use super::lines::{Lines, is_over};
use crate::outline::marker;
use crate::text::Text;
use baogao_model::Warning;
use std::ops::Range;

/// So many lines must break off within a sentence.
const LEAST: usize = 8;

/// How the width of a line is told: by the room its characters take, or by their number, which is
/// what a program that knows no Chinese counts.
struct Measure {
    width: fn(&[char]) -> usize,
    /// The narrowest page: shorter lines are headings and lists.
    narrowest: usize,
    /// The widest page: longer lines are paragraphs.
    widest: usize,
    /// By how much full lines differ: some marks must not begin a line.
    ragged: usize,
}

/// The exact one first.
const MEASURES: [Measure; 2] = [
    Measure { width: <[char]>::len, narrowest: 15, widest: 120, ragged: 1 },
    Measure { width: room, narrowest: 30, widest: 240, ragged: 4 },
];

/// Reads over line ends within sentences, if they are all at one width.
pub fn find(text: &Text<'_>, lines: &Lines, repair: &mut Repair) {
    let lines = &lines.lines;
    let open: Vec<bool> = lines.iter().map(|line| !is_over(&text.folded[line.clone()])).collect();
    let Some(is_full) = MEASURES.iter().find_map(|measure| full_lines(text, lines, &open, measure)) else { return };
    let mut count = 0;
    let mut first = 0;
    for index in 1..=lines.len() {
        let joined =
            lines.get(index).is_some_and(|next| is_full[index - 1] && goes_on(&text.folded, &lines[index - 1], next));
        if joined {
            continue;
        }
        // What ends no sentence is no paragraph: lines of a head, a list.
        if !open[index - 1] {
            join(text, &lines[first..index], repair);
            count += index - 1 - first;
        }
        first = index;
    }
    if count > 0 {
        repair.warn(Warning::new("hard_wraps", format!("{count} line ends within sentences were read over")));
    }
}

/// Makes lines one paragraph.
fn join(text: &Text<'_>, lines: &[Range<usize>], repair: &mut Repair) {
    for pair in lines.windows(2) {
        let between = pair[0].end..pair[1].start;
        if parts_number(&text.folded, &between) {
            let around = between.start - 1..between.end + 1;
            repair.warn_at(Warning::new("joined_number", "a number goes on behind the end of a full line"), around);
        }
        repair.cut(between);
    }
}

/// Which lines are full, if the lines that break off do so at one width and no line is wider.
fn full_lines(text: &Text<'_>, lines: &[Range<usize>], open: &[bool], measure: &Measure) -> Option<Vec<bool>> {
    // As printed: a full-width digit takes the room of a letter, folded it would take half.
    let width = |line: &Range<usize>| (measure.width)(&text.chars[line.clone()]);
    let full = lines.iter().zip(open).filter(|(_, open)| **open).map(|(line, _)| width(line)).max()?;
    // The first paragraph mostly ends it, so not every line need be measured.
    let is_wider = || lines.iter().any(|line| width(line) > full + measure.ragged);
    if full > measure.widest || full < measure.narrowest + measure.ragged || is_wider() {
        return None;
    }
    let widths: Vec<usize> = lines.iter().map(width).collect();
    let is_full: Vec<bool> = widths.iter().map(|&width| width + measure.ragged >= full).collect();
    let long = widths.iter().zip(open).filter(|(width, open)| **open && **width >= measure.narrowest).count();
    let broken = is_full.iter().zip(open).filter(|(full, open)| **full && **open).count();
    let is_page = broken >= LEAST && broken * 10 >= long * 8 && broken * 10 >= lines.len() * 3;
    is_page.then_some(is_full)
}

/// The room that a line takes, in half widths.
fn room(line: &[char]) -> usize {
    line.iter().map(|c| if c.is_ascii() { 1 } else { 2 }).sum()
}

/// Whether the sentence of the line `before` goes on in the line `next`.
pub fn goes_on(folded: &[char], before: &Range<usize>, next: &Range<usize>) -> bool {
    let (last, first) = (folded[before.end - 1], folded[next.start]);
    // Words in letters would run together.
    let is_word = last.is_ascii_alphabetic() && first.is_ascii_alphabetic();
    !is_word && !is_over(&folded[before.clone()]) && marker::at_start(&folded[next.clone()]).is_none()
}

/// Whether what stands between two lines parts the digits of a number.
pub fn parts_number(folded: &[char], between: &Range<usize>) -> bool {
    let is_digit = |at: Option<&char>| at.is_some_and(|c| c.is_ascii_digit() || *c == '.');
    is_digit(between.start.checked_sub(1).and_then(|at| folded.get(at))) && is_digit(folded.get(between.end))
}
