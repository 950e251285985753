//! The annexed glossary (名词解释): where it begins, and its entries.

use crate::outline::marker::{self, Class};
use crate::text::{Text, span};
use baogao_model::report::{GlossaryEntry, Role, Section};
use std::ops::Range;

/// A glossary found in a text.
#[derive(Debug, Clone, Default)]
pub struct Glossary {
    /// The lines of its title: 附：, 名词解释.
    pub title: Range<usize>,
    /// Its entries in order.
    pub entries: Vec<GlossaryEntry>,
    /// Its section, heading and body.
    pub section: Option<Section>,
}

/// What titles of glossaries say.
const TITLES: &[&str] = &[
    "名词解释",
    "词语解释",
    "名词说明",
    "词语说明",
    "短语说明",
    "术语解释",
    "名词注释",
    "词语注释",
    "有关名词",
    "有关用语说明",
    "用语说明",
    "部分词汇解释",
    "词汇解释",
    "相关名词",
    "注释",
];

/// Finds the glossary in a stretch of the text: a title line of its own, followed by entries.
///
/// Entries are lines that begin with a number or a note mark and hold a colon, or a numbered term
/// on one line and its explanation on the next. The glossary ends with the last of them.
pub fn find(text: &Text<'_>, within: Range<usize>) -> Option<Glossary> {
    let first = text.lines.partition_point(|line| line.start < within.start);
    let behind = text.lines.partition_point(|line| line.end <= within.end);
    let lines = text.lines.get(first..behind)?;
    let at = lines.iter().rposition(|line| is_title(text, line))?;
    let mut entries = Vec::new();
    let mut end = lines[at].end;
    let mut term: Option<String> = None;
    for line in &lines[at + 1..] {
        let trimmed = trim(text, line.clone());
        if trimmed.is_empty() {
            continue;
        }
        if let Some(length) = note_mark(&text.folded[trimmed.clone()]) {
            let content = trim(text, trimmed.start + length..trimmed.end);
            match split_entry(text, content.clone()) {
                Some(entry) => {
                    term = None;
                    entries.push(entry);
                }
                None => term = Some(text.slice(content)),
            }
        } else if let Some(waiting) = term.take() {
            entries.push(GlossaryEntry { term: waiting, text: text.slice(trimmed.clone()) });
        } else if entries.is_empty() {
            // Without numbers only a term with a colon is an entry.
            match split_entry(text, trimmed.clone()).filter(|entry| entry.term.chars().count() <= 30) {
                Some(entry) => entries.push(entry),
                None => break,
            }
        } else if let Some(entry) = unnumbered_entry(text, &lines[at + 1], trimmed.clone()) {
            entries.push(entry);
        } else if trimmed.len() >= 12 && !is_chrome(&flat(text, line)) {
            // An explanation of more than one paragraph.
            if let Some(last) = entries.last_mut() {
                last.text.push('\n');
                last.text.push_str(&text.slice(trimmed.clone()));
            }
        } else {
            break;
        }
        end = trimmed.end;
    }
    if entries.is_empty() {
        return None;
    }
    let mut title = trim(text, lines[at].clone());
    if title.len() > 1 && text.folded[title.end - 1] == ':' {
        title.end -= 1;
    }
    let heading = text.slice(title.clone());
    let section = Section { level: 1, number: None, heading, role: Role::Glossary, span: span(title.start..end) };
    Some(Glossary { title, entries, section: Some(section) })
}

/// Whether a line is a glossary's title, blanks left out.
fn is_title(text: &Text<'_>, line: &Range<usize>) -> bool {
    const LONGEST: usize = 30;
    // Nearly every line is longer, and need not be written out to be known for none.
    let words = &text.folded[line.clone()];
    let length = words.iter().filter(|&&c| c != ' ').take(LONGEST + 1).count();
    if !(2..=LONGEST).contains(&length) || !words.iter().any(|c| matches!(c, '释' | '说' | '词')) {
        return false;
    }
    let line = flat(text, line);
    TITLES.iter().any(|title| line.contains(title)) && !line.contains(['。', ',', ';'])
}

/// Whether a line belongs to the page around the text.
fn is_chrome(line: &str) -> bool {
    ["分享到", "上一篇", "下一篇", "责任编辑", "打印", "相关文章", "相关链接"]
        .iter()
        .any(|words| line.starts_with(words))
}

/// The length of the number or note mark that a line begins with: 1. 1、 (1) [1] ①.
fn note_mark(line: &[char]) -> Option<usize> {
    if line.first() == Some(&'[') {
        let digits = line[1..].iter().take_while(|c| c.is_ascii_digit()).count();
        return ((1..=3).contains(&digits) && line.get(digits + 1) == Some(&']')).then_some(digits + 2);
    }
    let digits = line.iter().take_while(|c| c.is_ascii_digit()).count();
    if (1..=3).contains(&digits) && matches!(line.get(digits), Some('.' | '、')) {
        return Some(digits + 1);
    }
    marker::at_start(line)
        .filter(|mark| {
            matches!(mark.class, Class::Arabic | Class::ArabicBracket | Class::Chinese | Class::ChineseBracket)
        })
        .map(|mark| mark.length)
}

/// Term and explanation of a line that holds both: parted by the first colon outside quotation
/// marks, or by a dash.
fn split_entry(text: &Text<'_>, range: Range<usize>) -> Option<GlossaryEntry> {
    let mut quoted = 0_i32;
    for at in range.clone() {
        let length = match text.folded[at] {
            '“' | '《' => {
                quoted += 1;
                0
            }
            '”' | '》' => {
                quoted -= 1;
                0
            }
            ':' if quoted <= 0 => 1,
            '—' if quoted <= 0 && text.folded.get(at + 1) == Some(&'—') => 2,
            _ => 0,
        };
        if length > 0 {
            let term = trim(text, range.start..at);
            let explanation = trim(text, at + length..range.end);
            let both = !term.is_empty() && !explanation.is_empty();
            return both.then(|| GlossaryEntry { term: text.slice(term), text: text.slice(explanation) });
        }
    }
    None
}

/// An entry without a number, in a glossary whose first entry has none either.
fn unnumbered_entry(text: &Text<'_>, first: &Range<usize>, range: Range<usize>) -> Option<GlossaryEntry> {
    let first = trim(text, first.clone());
    if note_mark(&text.folded[first]).is_some() {
        return None;
    }
    split_entry(text, range).filter(|entry| entry.term.chars().count() <= 30)
}

/// A line folded and without blanks.
fn flat(text: &Text<'_>, line: &Range<usize>) -> String {
    text.folded[line.clone()].iter().filter(|&&c| c != ' ').collect()
}

/// A range without the blanks around it.
fn trim(text: &Text<'_>, range: Range<usize>) -> Range<usize> {
    let (mut start, mut end) = (range.start, range.end.max(range.start));
    while start < end && text.folded[start] == ' ' {
        start += 1;
    }
    while end > start && text.folded[end - 1] == ' ' {
        end -= 1;
    }
    start..end
}
