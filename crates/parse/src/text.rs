//! The text as the parser reads it: indexed by character, with a folded twin and a table of lines.
//!
//! Spans in the record count Unicode scalar values, so everything here does too. The twin
//! `folded` writes each character in one width only (`％` as `%`, `，` as `,`, `２` as `2`), one
//! character for one character, so that an offset means the same place in both. Rules read the
//! twin; what goes into the record is cut from the original.
//!
//! Folding is a map of punctuation, digits and letters, never NFKC: that would turn `Ⅲ` into
//! `III` and `㎡` into `m2` and shift every span behind them.

use crate::signs::{self, Signs};
use baogao_model::{Excerpt, Span};
use std::ops::Range;
use std::sync::Arc;

/// A clean text, prepared once and read by every part of the parser.
#[derive(Debug, Clone)]
pub struct Text<'a> {
    source: &'a str,
    printed: Printed,
    /// The characters as printed.
    pub chars: Vec<char>,
    /// The same characters in one width each; as long as `chars`.
    pub folded: Vec<char>,
    /// What each folded character may begin or end; as long as `folded`.
    signs: Vec<Signs>,
    /// The lines in order, without their line feeds; blank lines are kept as empty ranges. Where a
    /// whole document stands on a few lines, they are split where line ends were lost.
    pub lines: Vec<Range<usize>>,
    /// Where this is a reading that leaves some of the text out, by places of the reading: from here
    /// on, so many characters have been left out.
    left_out: Vec<(usize, usize)>,
}

/// The text as it is, for quotes to share, with nothing left out.
#[derive(Debug, Clone)]
struct Printed {
    text: Arc<str>,
    /// The byte at which each [`BLOCK`] of characters begins.
    blocks: Vec<usize>,
}

/// So many characters are walked over at most to find the byte of one.
const BLOCK: usize = 16;

impl Printed {
    /// The byte of the character `at`; the end of the text behind its last.
    fn byte(&self, at: usize) -> usize {
        let Some(&start) = self.blocks.get(at / BLOCK) else { return self.text.len() };
        let within = self.text[start..].char_indices().nth(at % BLOCK);
        within.map_or(self.text.len(), |(byte, _)| start + byte)
    }
}

impl<'a> Text<'a> {
    /// Prepares `source`, in time linear in its length.
    pub fn new(source: &'a str) -> Self {
        // Counting first costs less than growing.
        let mut chars = vec!['\0'; source.chars().count()];
        let mut blocks = Vec::with_capacity(chars.len().div_ceil(BLOCK));
        let mut rest = source.chars();
        for block in chars.chunks_mut(BLOCK) {
            blocks.push(source.len() - rest.as_str().len());
            for (place, c) in block.iter_mut().zip(rest.by_ref()) {
                *place = c;
            }
        }
        Self::of_chars(source, Printed { text: source.into(), blocks }, chars)
    }

    /// The same text without the characters in `cuts`, which are in order and disjoint.
    pub fn without(self, cuts: &[Range<usize>]) -> Self {
        let Self { source, printed, chars: all, folded, signs, lines, .. } = self;
        // What is made anew below need not be there twice.
        drop((folded, signs, lines));
        let mut chars = Vec::with_capacity(all.len());
        let mut left_out = Vec::with_capacity(cuts.len());
        let (mut at, mut count) = (0, 0);
        for cut in cuts {
            chars.extend_from_slice(&all[at..cut.start]);
            count += cut.len();
            left_out.push((chars.len(), count));
            at = cut.end;
        }
        chars.extend_from_slice(&all[at..]);
        drop(all);
        Self { left_out, ..Self::of_chars(source, printed, chars) }
    }

    fn of_chars(source: &'a str, printed: Printed, chars: Vec<char>) -> Self {
        let mut folded = vec!['\0'; chars.len()];
        let mut signs = vec![Signs::default(); chars.len()];
        for ((&c, folded), signs) in chars.iter().zip(&mut folded).zip(&mut signs) {
            *folded = fold(c);
            *signs = signs::of(*folded);
        }
        let mut lines = Vec::new();
        let mut start = 0;
        while let Some(length) = signs::find(&signs[start..], Signs::LINE) {
            lines.push(start..start + length);
            start += length + 1;
        }
        if start < chars.len() {
            lines.push(start..chars.len());
        }
        if lines.len() <= GLUED_LINES && chars.len() >= GLUED_CHARS {
            lines = lines.into_iter().flat_map(|line| lost_lines(&folded, line)).collect();
        }
        Self { source, printed, chars, folded, signs, lines, left_out: Vec::new() }
    }

    /// The text it was made from.
    pub fn source(&self) -> &'a str {
        self.source
    }

    /// The number of characters.
    pub fn len(&self) -> usize {
        self.chars.len()
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.chars.is_empty()
    }

    /// The printed characters of `range`; what lies outside the text is left out.
    pub fn slice(&self, range: Range<usize>) -> String {
        cut(&self.chars, range)
    }

    /// The characters between the ends of `range` as they stand in the text, what was left out
    /// between them included.
    pub fn quote(&self, range: Range<usize>) -> Excerpt {
        let printed = self.printed_range(range);
        Excerpt::of(&self.printed.text, self.printed.byte(printed.start)..self.printed.byte(printed.end))
    }

    /// Where `range` stands in the text with nothing left out.
    pub fn printed_range(&self, range: Range<usize>) -> Range<usize> {
        if self.left_out.is_empty() {
            return range;
        }
        let place = |at: usize| {
            let next = self.left_out.partition_point(|&(from, _)| from <= at);
            at + next.checked_sub(1).map_or(0, |last| self.left_out[last].1)
        };
        let start = place(range.start);
        // Nothing that was left out behind the last character belongs to the range.
        let end = if range.is_empty() { start } else { place(range.end - 1) + 1 };
        start..end
    }

    /// The folded characters of `range`; what lies outside the text is left out.
    pub fn folded_str(&self, range: Range<usize>) -> String {
        cut(&self.folded, range)
    }

    /// Where the first character of `range` stands that is any of `signs`.
    #[inline]
    pub(crate) fn next(&self, signs: Signs, range: Range<usize>) -> Option<usize> {
        let start = range.start;
        signs::find(self.signs.get(range)?, signs).map(|at| start + at)
    }

    /// The places in `range` of the characters that are any of `signs`.
    pub(crate) fn all(&self, signs: Signs, range: Range<usize>) -> impl Iterator<Item = usize> {
        let mut from = range.start;
        std::iter::from_fn(move || {
            let at = self.next(signs, from..range.end)?;
            from = at + 1;
            Some(at)
        })
    }

    /// The index of the line that holds the character at `offset`, a line feed counting to the
    /// line it ends; none behind the end of the text.
    pub fn line_at(&self, offset: usize) -> Option<usize> {
        let line = self.lines.partition_point(|line| line.end < offset);
        (line < self.lines.len()).then_some(line)
    }
}

/// A document of at least so many characters on at most so many lines has lost its line ends.
const GLUED_CHARS: usize = 800;
const GLUED_LINES: usize = 4;

/// Splits a line where a line end was lost: at blanks between words of two characters and more,
/// which Chinese text does not have, and between the end of a sentence and what begins a paragraph.
fn lost_lines(folded: &[char], line: Range<usize>) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut start = line.start;
    let mut at = line.start + 1;
    while at < line.end {
        let is_break = if folded[at] == ' ' {
            at = at + folded[at..line.end].iter().take_while(|&&c| c == ' ').count() - 1;
            is_word_break(&folded[line.start..line.end], at - line.start)
        } else {
            matches!(folded[at - 1], '。' | '!' | ':') && begins_paragraph(&folded[at..line.end.min(at + 12)])
        };
        if is_break {
            found.push(start..at);
            start = at;
        }
        at += 1;
    }
    found.push(start..line.end);
    found
}

/// Whether the blanks that end at `at` part two words: 政 府 工 作 is one.
fn is_word_break(line: &[char], at: usize) -> bool {
    let is_word = |c: Option<&char>| c.is_some_and(|&c| c != ' ' && !c.is_ascii());
    let before = line[..at].iter().rposition(|&c| c != ' ').unwrap_or(0);
    let left = before > 0 && is_word(line.get(before)) && is_word(line.get(before - 1));
    let right = is_word(line.get(at + 1)) && is_word(line.get(at + 2));
    (left || matches!(line[before], '。' | '!' | ':' | ';' | ')' | '%'))
        && (right || crate::outline::marker::at_start(&line[at + 1..]).is_some())
}

/// Whether characters begin a paragraph: a mark of the first two levels, or an address.
fn begins_paragraph(chars: &[char]) -> bool {
    use crate::outline::marker::{Class, at_start};
    let marked =
        at_start(chars).is_some_and(|mark| matches!(mark.class, Class::Chinese | Class::ChineseBracket | Class::Dash));
    marked || chars.starts_with(&['各', '位', '代', '表']) || chars.starts_with(&['名', '词', '解', '释'])
}

/// The characters of `range` as a string, cut to what there is.
fn cut(chars: &[char], range: Range<usize>) -> String {
    let end = range.end.min(chars.len());
    crate::words::string(chars.get(range.start.min(end)..end).unwrap_or_default())
}

/// The span of a range of characters.
///
/// Offsets beyond `u32` are cut to its maximum: a text that long never enters the parser.
pub fn span(range: Range<usize>) -> Span {
    let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    Span::new(offset(range.start), offset(range.end))
}

/// One character in its one width.
///
/// Full-width ASCII becomes ASCII; every white space but the line feed becomes a blank; the
/// dashes `―`, `─`, `–`, `﹣` become `—` (a hyphen stays a hyphen: it may be a minus); the ratio
/// signs become `:`, the middle dots `·`, and the brackets `〔〕` become `[` and `]` like `［］`.
#[inline]
pub fn fold(c: char) -> char {
    // Nearly every character of a report is one of these, and none of them is below.
    if matches!(c, '\u{4E00}'..='\u{9FFF}' | ' '..='~') { c } else { fold_rare(c) }
}

/// See [`fold`].
fn fold_rare(c: char) -> char {
    match c {
        '\n' => '\n',
        // The block mirrors ASCII, so the subtraction always lands on a character.
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c),
        '\t' | '\r' | '\u{A0}' | '\u{1680}' | '\u{2000}'..='\u{200A}' | '\u{202F}' | '\u{205F}' | '\u{3000}' => ' ',
        '―' | '─' | '–' | '━' | '﹣' | '﹘' => '—',
        '∶' | '︰' | '﹕' => ':',
        '•' | '・' | '‧' | '∙' | '⋅' => '·',
        '〔' | '﹝' => '[',
        '〕' | '﹞' => ']',
        '℅' | '﹪' => '%',
        '﹐' => ',',
        '﹔' => ';',
        '﹗' => '!',
        '︵' => '(',
        '︶' => ')',
        '｡' => '。',
        '､' => '、',
        '｢' => '「',
        '｣' => '」',
        '〜' => '~',
        _ => c,
    }
}
