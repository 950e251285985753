//! Layout is not text: a bare text file brought into the form of a clean text.
//!
//! Collectors leave the traces of files and pages in what they save: byte order marks, CRLF, the
//! two characters `\r\n` written out, `&nbsp;`, runs of `????` where blanks were, indents. They
//! are undone here, before any span is counted. Numbers and words are never touched.

use crate::text::Text;
use baogao_model::Warning;
use std::borrow::Cow;

/// A clean text made from a bare text file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tidied {
    /// One paragraph a line, no blank lines, no indents.
    pub text: String,
    /// What was undone that a reader may want to know of.
    pub warnings: Vec<Warning>,
}

/// Brings a bare text into the form of a clean text: one paragraph a line, blank lines dropped.
///
/// Byte order marks, zero-width characters and NULs vanish; line ends of every kind, the literal
/// `\r\n` and `\n` included, end a paragraph; `&nbsp;` and its kin, tabs, no-break and ideographic
/// blanks become blanks; runs of two and more `?` after a Han character or at a line's ends, which
/// stand for blanks that an encoding lost, do too. Blanks at both ends of a line are dropped.
///
/// Runs in time linear in the length of `raw`.
pub fn tidy(raw: &str) -> Tidied {
    // First: what vanishes may stand within what is written out.
    let (unescaped, escapes) = unescape(&visible(raw));
    let mut text = String::with_capacity(unescaped.len());
    let mut lost_blanks = 0;
    for line in unescaped.split(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}', '\u{B}', '\u{C}']) {
        let (line, lost) = tidy_line(line);
        lost_blanks += lost;
        if !line.is_empty() {
            if !text.is_empty() {
                text.push('\n');
            }
            text.push_str(&line);
        }
    }
    let mut warnings = Vec::new();
    if escapes > 0 {
        let message = format!("{escapes} line ends or blanks were written out, as in \\r\\n or &nbsp;");
        warnings.push(Warning::new("written_out_layout", message));
    }
    if lost_blanks > 0 {
        let message = format!("{lost_blanks} runs of question marks were read as blanks that an encoding lost");
        warnings.push(Warning::new("lost_blanks", message));
    }
    if raw.contains('\u{FFFD}') {
        warnings.push(Warning::new("lost_characters", "the text holds replacement characters where bytes were lost"));
    }
    Tidied { text, warnings }
}

/// Layout that collectors write out, and what it stands for. Longer ones first.
const ESCAPES: &[(&str, &str)] = &[
    ("\\r\\n", "\n"),
    ("\\n", "\n"),
    ("\\r", "\n"),
    ("&nbsp;", " "),
    ("&ensp;", " "),
    ("&emsp;", " "),
    ("&#160;", " "),
    ("&#12288;", " "),
    ("&ldquo;", "“"),
    ("&rdquo;", "”"),
    ("&mdash;", "—"),
    ("&middot;", "·"),
];

/// Whether a character is nothing to a reader.
fn is_nothing(c: char) -> bool {
    matches!(c, '\u{FEFF}' | '\u{200B}'..='\u{200F}' | '\u{2060}' | '\u{AD}' | '\0')
}

/// The text without the characters that are nothing.
fn visible(raw: &str) -> Cow<'_, str> {
    if raw.contains(is_nothing) { raw.chars().filter(|&c| !is_nothing(c)).collect() } else { Cow::Borrowed(raw) }
}

/// Undoes [`ESCAPES`] and counts them.
fn unescape(raw: &str) -> (String, usize) {
    let mut out = String::with_capacity(raw.len());
    let mut count = 0;
    let mut rest = raw;
    while let Some(at) = rest.find(['\\', '&']) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        if let Some((escape, meaning)) = ESCAPES.iter().find(|(escape, _)| rest.starts_with(escape)) {
            out.push_str(meaning);
            rest = &rest[escape.len()..];
            count += 1;
        } else {
            // Both characters are ASCII, so one byte is one character.
            out.push_str(&rest[..1]);
            rest = &rest[1..];
        }
    }
    out.push_str(rest);
    (out, count)
}

/// One line without layout, and how many runs of `?` were read as blanks.
fn tidy_line(line: &str) -> (String, usize) {
    let mut out = String::with_capacity(line.len());
    let mut lost = 0;
    let mut marks = 0;
    for c in line.chars() {
        if c == '?' {
            marks += 1;
            continue;
        }
        lost += usize::from(flush_marks(&mut out, marks));
        marks = 0;
        match c {
            '\t' | '\u{A0}' | '\u{1680}' | '\u{2000}'..='\u{200A}' | '\u{202F}' | '\u{205F}' | '\u{3000}' => {
                out.push(' ')
            }
            _ => out.push(c),
        }
    }
    lost += usize::from(flush_marks(&mut out, marks));
    (out.trim().to_owned(), lost)
}

/// Writes a run of `?`, as a blank where it stands for lost ones; whether it did.
fn flush_marks(out: &mut String, marks: usize) -> bool {
    let lost = marks >= 2;
    if lost {
        out.push(' ');
    } else if marks == 1 {
        out.push('?');
    }
    lost
}

/// Where the body that begins at character `from` begins again, on a page that prints it twice: the
/// second occurrence of its first long paragraph.
pub fn repeats_from(text: &Text<'_>, from: usize) -> Option<usize> {
    let mut long = text.lines.iter().filter(|line| line.start >= from && line.len() >= 60);
    let first = long.next()?;
    let words = &text.chars[first.clone()];
    let start = first.start;
    long.find(|line| line.len() == words.len() && text.chars[(*line).clone()] == *words)
        .filter(|line| line.start > start)
        .map(|line| line.start)
}
