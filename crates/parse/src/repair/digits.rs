//! Digits set apart throughout a text: 7 4 . 2亿元.

use super::Repair;
use crate::signs::Signs;
use crate::text::Text;
use baogao_model::Warning;

/// So many neighbours must be set apart.
const LEAST: usize = 8;

/// Reads over the single blanks between digits, if all digits of the text are set apart.
pub fn find(text: &Text<'_>, repair: &mut Repair) {
    let folded = &text.folded;
    let (mut apart, mut tight) = (0_usize, 0_usize);
    let mut last_digit = None;
    for at in text.all(Signs::DIGIT, 0..folded.len()) {
        match last_digit.map(|last: usize| at - last) {
            Some(1) => tight += 1,
            Some(2) if folded[at - 1] == ' ' => apart += 1,
            _ => {}
        }
        last_digit = Some(at);
    }
    // One number torn in places is left alone; here, hardly any two digits stand together.
    if apart < LEAST || tight * 10 > apart {
        return;
    }
    let mut count = 0;
    for at in 1..folded.len().saturating_sub(1) {
        if folded[at] == ' ' && joins(folded, at) {
            repair.cut(at..at + 1);
            count += 1;
        }
    }
    repair
        .warn(Warning::new("spaced_digits", format!("digits are set apart throughout; {count} blanks were read over")));
}

/// Whether the blank at `at` stands alone within a number, or between a number and its unit.
fn joins(folded: &[char], at: usize) -> bool {
    let (before, behind) = (folded[at - 1], folded[at + 1]);
    let is_point = |c: char, beyond: Option<&char>| c == '.' && beyond.is_some_and(|c| c.is_ascii_digit() || *c == ' ');
    let left = before.is_ascii_digit() || is_point(before, at.checked_sub(2).and_then(|at| folded.get(at)));
    let right = behind.is_ascii_digit() || is_point(behind, folded.get(at + 2));
    left && (right || behind == '%' || matches!(behind, '\u{4E00}'..='\u{9FFF}'))
}
