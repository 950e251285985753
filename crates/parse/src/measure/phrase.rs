//! A stretch of the text as its words are read: without brackets and blanks.

use crate::words;
use std::borrow::Cow;
use std::ops::Range;

/// A stretch of the text without its brackets and blanks, with the offset of each character.
///
/// Most stretches have neither; then it is the text itself that is read.
#[derive(Debug, Clone, Default)]
pub struct Phrase<'t> {
    /// The characters.
    pub chars: Cow<'t, [char]>,
    offsets: Offsets,
}

/// Where the characters of a phrase stand in the text.
#[derive(Debug, Clone)]
enum Offsets {
    /// One behind the other from here on.
    From(usize),
    Each(Vec<usize>),
}

impl Default for Offsets {
    fn default() -> Self {
        Self::From(0)
    }
}

/// The most characters of a lead or tail that are looked at. Longer clauses are cut at the far end.
pub const MAX_PHRASE: usize = 80;

impl<'t> Phrase<'t> {
    /// Reads `range`; what stands in brackets and note marks (`[3]`) is left out.
    pub fn of(text: &'t [char], range: Range<usize>) -> Self {
        let plain = &text[range.clone()];
        if !plain.iter().any(|&c| c == ' ' || is_bracket(c)) {
            return Self { chars: Cow::Borrowed(plain), offsets: Offsets::From(range.start) };
        }
        let (mut chars, mut offsets) = (Vec::with_capacity(plain.len()), Vec::with_capacity(plain.len()));
        let mut depth = 0_usize;
        for at in range {
            match text[at] {
                '(' | '[' => depth += 1,
                ')' | ']' => {
                    // A bracket that closes but never opened cuts what stood before it.
                    if depth == 0 {
                        chars.clear();
                        offsets.clear();
                    }
                    depth = depth.saturating_sub(1);
                }
                ' ' => {}
                c if depth == 0 => {
                    chars.push(c);
                    offsets.push(at);
                }
                _ => {}
            }
        }
        Self { chars: Cow::Owned(chars), offsets: Offsets::Each(offsets) }
    }

    /// The last clause of `range`, or its end where it is long.
    pub fn last_clause(text: &'t [char], range: Range<usize>) -> Self {
        let plain = &text[range.clone()];
        let behind_mark = |chars: &[char]| chars.iter().rposition(|&c| is_clause_mark(c)).map_or(0, |at| at + 1);
        let mut phrase = if plain.iter().any(|&c| is_bracket(c)) {
            // A mark within brackets parts no clauses.
            let mut phrase = Self::of(text, range);
            phrase.cut_start(behind_mark(&phrase.chars));
            phrase
        } else {
            Self::of(text, range.start + behind_mark(plain)..range.end)
        };
        phrase.cut_start(phrase.chars.len().saturating_sub(MAX_PHRASE));
        phrase
    }

    /// Without its first `count` characters.
    pub fn cut_start(&mut self, count: usize) {
        match &mut self.chars {
            Cow::Borrowed(chars) => *chars = &chars[count..],
            Cow::Owned(chars) => drop(chars.drain(..count)),
        }
        match &mut self.offsets {
            Offsets::From(start) => *start += count,
            Offsets::Each(offsets) => drop(offsets.drain(..count)),
        }
    }

    /// Where the character `index` stands in the text.
    pub fn at(&self, index: usize) -> Option<usize> {
        match &self.offsets {
            Offsets::From(start) => (index < self.chars.len()).then_some(start + index),
            Offsets::Each(offsets) => offsets.get(index).copied(),
        }
    }

    /// The characters of a part, of the text itself where it can be.
    pub fn part(&self, part: Range<usize>) -> Cow<'t, [char]> {
        match &self.chars {
            Cow::Borrowed(chars) => Cow::Borrowed(&chars[part]),
            Cow::Owned(chars) => Cow::Owned(chars[part].to_vec()),
        }
    }

    /// The text of a part.
    pub fn text(&self, part: Range<usize>) -> String {
        words::string(&self.chars[part])
    }

    /// Whether any of `words` stands in it.
    pub fn text_has(&self, words: &[&str]) -> bool {
        words::contains_any(&self.chars, words)
    }

    /// Where `word` begins last, in characters of the phrase.
    pub fn rfind(&self, word: &str) -> Option<usize> {
        words::rfind(&self.chars, word)
    }
}

/// Whether `c` opens or closes a bracket.
fn is_bracket(c: char) -> bool {
    matches!(c, '(' | ')' | '[' | ']')
}

/// Whether `c` parts clauses.
pub fn is_clause_mark(c: char) -> bool {
    matches!(c, ',' | ';' | ':' | '。' | '!' | '?' | '—' | '\n' | '…')
}

#[cfg(test)]
mod tests {
    use super::Phrase;

    /// The words of the last clause, and the offset of the first.
    fn last(text: &str) -> (String, Option<usize>) {
        let text: Vec<char> = text.chars().collect();
        let phrase = Phrase::last_clause(&text, 0..text.len());
        (phrase.text(0..phrase.chars.len()), phrase.at(0))
    }

    #[test]
    fn the_last_clause_is_read_without_brackets_and_blanks() {
        assert_eq!(last("粮食丰收,总产量"), ("总产量".to_owned(), Some(5)));
        assert_eq!(last("丰收,总 产量"), ("总产量".to_owned(), Some(3)));
        assert_eq!(last("丰收,总产量(吨,粮)增"), ("总产量增".to_owned(), Some(3)));
        assert_eq!(last("丰收,吨)增长"), ("增长".to_owned(), Some(5)));
        assert_eq!(last("丰收,"), (String::new(), None));
    }
}
