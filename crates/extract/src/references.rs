//! Character references: `&nbsp;`, `&#20013;`, and `&copy` as old pages write it.

use html5ever::data::{C1_REPLACEMENTS, NAMED_ENTITIES};
use std::borrow::Cow;

/// Where a reference stands: in an attribute `&copy=1` is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Text,
    Attribute,
}

/// A text with its line ends made one character and, with a `place`, its references resolved.
pub(crate) fn resolved(text: &str, place: Option<Place>) -> Cow<'_, str> {
    let bytes = text.as_bytes();
    let next = |from: usize| match place {
        Some(_) => memchr::memchr2(b'&', b'\r', &bytes[from..]),
        None => memchr::memchr(b'\r', &bytes[from..]),
    };
    let (mut out, mut at) = (String::new(), 0);
    while let Some(found) = next(at) {
        let start = at + found;
        out.push_str(&text[at..start]);
        at = start + 1;
        if bytes[start] == b'\r' {
            out.push('\n');
            at += usize::from(bytes.get(at) == Some(&b'\n'));
        } else if let Some(reference) = reference(&text[at..], place) {
            out.push(reference.char);
            out.extend(reference.second);
            at += reference.length;
        } else {
            out.push('&');
        }
    }
    if at == 0 {
        return Cow::Borrowed(text);
    }
    out.push_str(&text[at..]);
    Cow::Owned(out)
}

/// What a reference stands for, and its length behind the `&`.
struct Reference {
    char: char,
    second: Option<char>,
    length: usize,
}

/// The reference that a text behind `&` begins with (HTML standard, §13.2.5.72).
fn reference(text: &str, place: Option<Place>) -> Option<Reference> {
    if let Some(number) = text.strip_prefix('#') {
        let (char, length) = numeric_reference(number)?;
        return Some(Reference { char, second: None, length: 1 + length });
    }
    if text.starts_with("nbsp;") {
        return Some(Reference { char: '\u{A0}', second: None, length: 5 });
    }
    // The table holds every beginning of a name, too.
    let mut found = None;
    for length in 1..=text.len() {
        match text.get(..length).and_then(|name| NAMED_ENTITIES.get(name)) {
            Some((0, _)) => {}
            Some((first, second)) => found = Some((length, *first, *second)),
            None => break,
        }
    }
    let (length, first, second) = found?;
    let next = text.as_bytes().get(length);
    let is_cut_short = !text[..length].ends_with(';');
    if is_cut_short && place == Some(Place::Attribute) && next.is_some_and(|&b| b == b'=' || b.is_ascii_alphanumeric())
    {
        return None;
    }
    let second = char::from_u32(second).filter(|&second| second != '\0');
    Some(Reference { char: char::from_u32(first)?, second, length })
}

/// The character of a number behind `&#`, and the length of the number.
fn numeric_reference(text: &str) -> Option<(char, usize)> {
    let (radix, begin) = if text.starts_with(['x', 'X']) { (16, 1) } else { (10, 0) };
    let digits = text[begin..].bytes().take_while(|&byte| char::from(byte).is_digit(radix)).count();
    if digits == 0 {
        return None;
    }
    let end = begin + digits;
    // What does not fit is no character either.
    let code = u32::from_str_radix(&text[begin..end], radix).unwrap_or(u32::MAX);
    let char = match code {
        0 => '\u{FFFD}',
        0x80..=0x9F => C1_REPLACEMENTS[code as usize - 0x80].or(char::from_u32(code))?,
        _ => char::from_u32(code).unwrap_or('\u{FFFD}'),
    };
    Some((char, end + usize::from(text[end..].starts_with(';'))))
}
