//! The lines of a text as the repairs see them: without what has been found to be no part of them.

use crate::text::Text;
use std::ops::Range;

/// The lines that hold something, in order.
#[derive(Debug)]
pub struct Lines {
    /// Each line, up to what was cut off its end.
    pub lines: Vec<Range<usize>>,
}

impl Lines {
    /// The lines of `text` that are not blank, blanks at their ends left out.
    pub fn of(text: &Text<'_>) -> Self {
        let mut lines = Vec::with_capacity(text.lines.len());
        for line in &text.lines {
            let chars = &text.folded[line.clone()];
            let Some(last) = chars.iter().rposition(|&c| c != ' ') else { continue };
            lines.push(line.start..line.start + last + 1);
        }
        Self { lines }
    }
}

/// Whether `c` ends a sentence or an item.
pub fn ends_sentence(c: char) -> bool {
    matches!(c, '。' | '!' | '?' | ';' | ':' | '…')
}

/// Whether `c` closes a quotation or bracket.
pub fn closes(c: char) -> bool {
    matches!(c, '”' | '"' | '’' | ')' | ']' | '》' | '」' | '』' | '】' | '〉')
}

/// Whether a line is over with its last character: behind the end of a sentence, closed or not.
pub fn is_over(line: &[char]) -> bool {
    line.iter().rev().find(|&&c| !closes(c)).is_none_or(|&c| ends_sentence(c))
}
