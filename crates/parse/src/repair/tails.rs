//! What a site sets behind its lines against copying: the same token behind many (…发展。pbY), or
//! other letters behind each.

use super::Repair;
use super::lines::{Lines, closes, ends_sentence};
use crate::text::Text;
use baogao_model::Warning;
use std::collections::HashMap;
use std::ops::Range;

/// The longest token looked for.
const LONGEST_TOKEN: usize = 12;
/// The longest tail of random letters looked for.
const LONGEST_TAIL: usize = 60;
/// So many lines must have it.
const LEAST: usize = 5;

/// Cuts tokens and tails off the lines.
pub fn find(text: &Text<'_>, lines: &mut Lines, repair: &mut Repair) {
    let tails: Vec<Option<Range<usize>>> = lines.lines.iter().map(|line| tail(&text.folded, line)).collect();
    for token in tokens(text, lines, &tails) {
        let mut count = 0;
        let stretch = extended(text, lines, &token);
        for line in &mut lines.lines[stretch] {
            if line.len() > token.chars.len() && text.folded[line.clone()].ends_with(&token.chars) {
                let end = line.end - token.chars.len();
                repair.cut(end..line.end);
                line.end = trimmed(&text.folded, line.start..end);
                count += 1;
            }
        }
        let printed: String = token.chars.iter().collect();
        repair.warn(Warning::new("watermark", format!("{count} lines end in “{printed}”, which was read over")));
    }
    random_tails(text, lines, repair);
}

/// A token that many lines of a stretch end in.
struct Token {
    chars: Vec<char>,
    /// From the first line that ends in it to behind the last.
    lines: Range<usize>,
}

/// The stretch of a token with the lines on both sides that end in it too: those of the head, which
/// end no sentence.
fn extended(text: &Text<'_>, lines: &Lines, token: &Token) -> Range<usize> {
    let ends = |line: &&Range<usize>| text.folded[(*line).clone()].ends_with(&token.chars);
    let before = lines.lines[..token.lines.start].iter().rev().take_while(ends).count();
    let behind = lines.lines[token.lines.end..].iter().take_while(ends).count();
    token.lines.start - before..token.lines.end + behind
}

/// What stands behind the last sentence of a line, or the Latin letters and digits that it ends in.
fn tail(folded: &[char], line: &Range<usize>) -> Option<Range<usize>> {
    let from = line.end.saturating_sub(LONGEST_TOKEN + 1).max(line.start);
    let end = &folded[from..line.end];
    let start = match end.iter().rposition(|&c| ends_sentence(c) && !matches!(c, ':' | ';')) {
        Some(mark) => {
            let rest = &end[mark + 1..];
            from + mark + 1 + rest.iter().take_while(|&&c| closes(c) || c == ' ').count()
        }
        None => {
            let latin = end.iter().rev().take_while(|c| c.is_ascii_alphanumeric()).count();
            line.end - latin
        }
    };
    // A remark in brackets is of the text: (见第4页), (掌声).
    let says = folded[start..line.end].iter().any(|c| c.is_alphabetic());
    let is_remark = matches!(folded.get(start), Some('(' | '[' | '【' | '《' | '“'));
    // A number with a word may be a quantity, and a label has something to say, however often they are
    // printed: 10个, 责任单位:县政府办.
    let has = |kind: fn(char) -> bool| folded[start..line.end].iter().any(|&c| kind(c));
    let is_quantity = has(|c| c.is_ascii_digit()) && has(|c| c.is_alphabetic() && !c.is_ascii());
    let is_said = is_quantity || has(|c| matches!(c, ':' | ';'));
    (says && !is_remark && !is_said && start > line.start && line.end - start >= 2).then_some(start..line.end)
}

/// The tokens that are no part of the text: at the end of a third of the lines of a stretch, or of
/// most where it is in words, and hardly anywhere else.
fn tokens(text: &Text<'_>, lines: &Lines, tails: &[Option<Range<usize>>]) -> Vec<Token> {
    let mut seen: HashMap<&[char], (usize, Range<usize>)> = HashMap::new();
    for (index, tail) in tails.iter().enumerate() {
        let Some(tail) = tail else { continue };
        let (count, stretch) = seen.entry(&text.folded[tail.clone()]).or_insert((0, index..index));
        *count += 1;
        stretch.end = index + 1;
    }
    seen.retain(|chars, (count, stretch)| {
        // Words may be of the text where letters hardly can.
        let share = if chars.iter().all(char::is_ascii_alphanumeric) { 3 } else { 6 };
        *count >= LEAST && *count * 10 >= stretch.len() * share
    });
    // A map has no order. Each token takes a look at the whole text, so there must be few; more are
    // no watermarks but a table.
    let mut seen: Vec<_> = seen.into_iter().collect();
    seen.sort_by_key(|(chars, (count, _))| (std::cmp::Reverse(*count), *chars));
    seen.truncate(MOST_TOKENS);
    let mut tokens: Vec<Token> = Vec::new();
    for (chars, (count, stretch)) in seen {
        if elsewhere(text, lines, chars, count / 4) <= count / 4 {
            tokens.push(Token { chars: chars.to_vec(), lines: stretch });
        }
    }
    // A shorter token may be the end of a longer one.
    tokens.sort_by_key(|token| std::cmp::Reverse(token.chars.len()));
    tokens
}

/// A page has one token, a text of several pages some.
const MOST_TOKENS: usize = 16;

/// How often `word` stands within lines; counting ends behind `enough`.
fn elsewhere(text: &Text<'_>, lines: &Lines, word: &[char], enough: usize) -> usize {
    let mut count = 0;
    for line in &lines.lines {
        let inner = &text.folded[line.start..line.end.saturating_sub(word.len()).max(line.start)];
        count += inner.windows(word.len()).filter(|window| *window == word).count();
        if count > enough {
            break;
        }
    }
    count
}

/// Cuts letters and signs off that stand behind the last sentence of a third of the lines, other
/// ones behind each.
fn random_tails(text: &Text<'_>, lines: &mut Lines, repair: &mut Repair) {
    let found: Vec<(usize, usize)> = lines
        .lines
        .iter()
        .enumerate()
        .filter_map(|(index, line)| Some((index, random_tail(&text.folded, line)?)))
        .collect();
    if found.len() < LEAST || found.len() * 10 < lines.lines.len() * 3 {
        return;
    }
    for &(index, start) in &found {
        let line = &mut lines.lines[index];
        repair.cut(start..line.end);
        line.end = start;
    }
    let message = format!("{} lines end in stray letters and signs, which were read over", found.len());
    repair.warn(Warning::new("jammed_lines", message));
}

/// Where Latin letters and signs begin behind the last sentence of a line.
fn random_tail(folded: &[char], line: &Range<usize>) -> Option<usize> {
    let from = line.end.saturating_sub(LONGEST_TAIL + 1).max(line.start);
    let end = &folded[from..line.end];
    // Half-width marks are folded to the same, so the end of the last Chinese word or mark counts.
    let last = end.iter().rposition(|c| !c.is_ascii())?;
    let start = if closes(end[last]) || ends_sentence(end[last]) { last + 1 } else { last + 2 };
    let mark = end.get(start - 1).copied()?;
    let tail = end.get(start..)?;
    let is_random = tail.len() >= 4 && tail.iter().any(|c| c.is_ascii_alphabetic());
    ((ends_sentence(mark) || closes(mark)) && is_random).then_some(from + start)
}

/// The end of a line without the blanks before it.
fn trimmed(folded: &[char], line: Range<usize>) -> usize {
    folded[line.clone()].iter().rposition(|&c| c != ' ').map_or(line.start, |last| line.start + last + 1)
}
