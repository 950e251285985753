//! Words looked for in stretches of characters, without writing the stretch out as a string.

/// The characters as a string.
pub fn string(text: &[char]) -> String {
    // Counting first costs less than growing, and leaves nothing over.
    let mut string = String::with_capacity(text.iter().map(|c| c.len_utf8()).sum());
    string.extend(text);
    string
}

/// Whether `text` begins with `word`.
pub fn starts_with(text: &[char], word: &str) -> bool {
    let mut text = text.iter();
    word.chars().all(|c| text.next() == Some(&c))
}

/// What stands behind `word`, if `text` begins with it.
pub fn strip_prefix<'t>(text: &'t [char], word: &str) -> Option<&'t [char]> {
    let mut rest = text;
    for c in word.chars() {
        rest = rest.strip_prefix(&[c])?;
    }
    Some(rest)
}

/// Whether `text` ends with `word`.
pub fn ends_with(text: &[char], word: &str) -> bool {
    let mut text = text.iter().rev();
    word.chars().rev().all(|c| text.next() == Some(&c))
}

/// Whether `text` ends with any of `words`.
pub fn ends_with_any(text: &[char], words: &[&str]) -> bool {
    words.iter().any(|word| ends_with(text, word))
}

/// Whether `text` begins with any of `words`.
pub fn starts_with_any(text: &[char], words: &[&str]) -> bool {
    words.iter().any(|word| starts_with(text, word))
}

/// Where `word`, which is not empty, first begins in `text`.
pub fn find(text: &[char], word: &str) -> Option<usize> {
    let first = word.chars().next()?;
    let rest = &word[first.len_utf8()..];
    let mut from = 0;
    loop {
        from += position(&text[from..], first)? + 1;
        if starts_with(&text[from..], rest) {
            return Some(from - 1);
        }
    }
}

/// Where `wanted` first stands in `text`.
#[inline]
pub fn position(text: &[char], wanted: char) -> Option<usize> {
    /// So many are looked at together, which takes one step.
    const BLOCK: usize = 16;
    let mut from = 0;
    for block in text.chunks_exact(BLOCK) {
        if block.iter().fold(false, |any, &c| any | (c == wanted)) {
            break;
        }
        from += BLOCK;
    }
    text[from..].iter().position(|&c| c == wanted).map(|at| from + at)
}

/// Where `word`, which is not empty, last begins in `text`.
pub fn rfind(text: &[char], word: &str) -> Option<usize> {
    let first = word.chars().next()?;
    let rest = &word[first.len_utf8()..];
    (0..text.len()).rev().find(|&at| text[at] == first && starts_with(&text[at + 1..], rest))
}

/// Whether `word`, which is not empty, stands in `text`.
pub fn contains(text: &[char], word: &str) -> bool {
    find(text, word).is_some()
}

/// Whether any of `words`, none of them empty, stands in `text`.
pub fn contains_any(text: &[char], words: &[&str]) -> bool {
    words.iter().any(|word| contains(text, word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_same_as_of_strings(text in "[增长率]{0,12}", word in "[增长率]{1,4}") {
            let chars: Vec<char> = text.chars().collect();
            let in_chars = |at: Option<usize>| at.map(|at| text[..at].chars().count());
            prop_assert_eq!(starts_with(&chars, &word), text.starts_with(&word));
            let stripped = text.strip_prefix(&word).map(str::to_owned);
            prop_assert_eq!(strip_prefix(&chars, &word).map(string), stripped);
            prop_assert_eq!(ends_with(&chars, &word), text.ends_with(&word));
            prop_assert_eq!(find(&chars, &word), in_chars(text.find(&word)));
            prop_assert_eq!(rfind(&chars, &word), in_chars(text.rfind(&word)));
            prop_assert_eq!(contains(&chars, &word), text.contains(&word));
        }
    }
}
