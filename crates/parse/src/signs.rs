//! What each character of a text may begin or end, found out once while the text is prepared.
//!
//! Most rules look for something that begins with one of a few characters, and hardly any place of a
//! text does. Asked anew by every rule, that is a dozen walks over all of it; here one look-up a
//! character answers all of them, and a rule goes from place to place (see [`crate::text::Text::next`]).

use std::ops::BitOr;

/// A set of signs, a bit each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Signs(u16);

/// Declares the signs with the characters that are each.
macro_rules! signs {
    ($($(#[$doc:meta])* $name:ident = $bit:literal, $chars:literal;)+) => {
        impl Signs {
            $($(#[$doc])* pub const $name: Self = Self(1 << $bit);)+
        }

        /// The characters of each sign.
        const CHARS: &[(Signs, &str)] = &[$((Signs::$name, $chars),)+];
    };
}

signs! {
    /// An Arabic digit.
    DIGIT = 0, "0123456789";
    /// The end of a sentence.
    END = 1, "。!?";
    /// What parts clauses.
    CLAUSE = 2, ",;:。!?—\n…";
    /// A blank.
    BLANK = 3, " ";
    /// What opens or closes a quotation.
    QUOTE = 4, "“「《‘”」》’\"";
    /// What a number with its unit may begin with, and letters, which a number may be part of a name
    /// with.
    NUMBER = 5, "0123456789〇零○◯一壹二两贰三叁四肆五伍六陆七柒八捌九玖十拾百佰千仟万亿第首翻半倍\
                 ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    /// What an expression of time may begin with.
    TIME = 6, "123456一二两三四五六七八九十“\"今未过这近本任前刚去上明";
    /// What a word of hope, expectation or memory may begin with, and semicolons.
    TELLS = 7, "力预有初已目;";
    /// One of these is in every target without a number: 同步, 增长, 平均水平, 跑赢.
    WORDING = 8, "步长均赢";
    /// What masks a figure or a name.
    MASK = 9, "Xx×N*○〇o□_某";
    /// What a unit begins with that may have lost its figure.
    UNIT = 10, "%亿万公";
    /// What a word begins with that a blanket replacement puts in.
    PUT_IN = 11, "开回效建根构程收成指贯";
    /// The last character of a plan's or a congress's name, and what stands before words that censors
    /// take out.
    ERA = 12, "五大以";
    /// The end of a line.
    LINE = 13, "\n";
    /// A pictograph; those beyond the 16 bits of most characters are told apart in [`of`].
    PICTOGRAPH = 14, "✅✨⭐❤☀✔";
    /// What repairs go by: a bracket that a reading stands in, the point of an address.
    REPAIR = 15, "(.";
}

impl BitOr for Signs {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl Signs {
    /// Whether it is any of `other`.
    #[inline]
    pub fn any(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

/// The characters of a page of the table.
const PAGE: usize = 64;
/// The pages of the characters of 16 bits.
const PAGES: usize = 0x1_0000 / PAGE;
/// The pages that hold a sign, and an empty one.
const FILLED: usize = 96;

/// The signs by character, in pages, since nearly all pages are empty.
struct Table {
    /// Where the page of a character is; 0 is the empty one.
    pages: [u8; PAGES],
    signs: [[u16; PAGE]; FILLED],
}

static TABLE: Table = Table::new();

impl Table {
    /// Fills the table from [`CHARS`]. Were there more pages than [`FILLED`], it would not compile.
    const fn new() -> Self {
        let mut table = Self { pages: [0; PAGES], signs: [[0; PAGE]; FILLED] };
        let (mut filled, mut row) = (1, 0);
        while row < CHARS.len() {
            let (Signs(bit), chars) = CHARS[row];
            let (bytes, mut at) = (chars.as_bytes(), 0);
            while at < bytes.len() {
                let (code, length) = decoded(bytes, at);
                let page = &mut table.pages[code / PAGE];
                if *page == 0 {
                    *page = filled;
                    filled += 1;
                }
                table.signs[*page as usize][code % PAGE] |= bit;
                at += length;
            }
            row += 1;
        }
        table
    }
}

/// The character that begins at `at`, of 16 bits at most, and how many bytes it has.
const fn decoded(bytes: &[u8], at: usize) -> (usize, usize) {
    let first = bytes[at] as usize;
    match first {
        0..=0x7F => (first, 1),
        0xC0..=0xDF => ((first & 0x1F) << 6 | (bytes[at + 1] & 0x3F) as usize, 2),
        _ => ((first & 0xF) << 12 | ((bytes[at + 1] & 0x3F) as usize) << 6 | (bytes[at + 2] & 0x3F) as usize, 3),
    }
}

/// The signs of a folded character.
#[inline]
pub fn of(c: char) -> Signs {
    match TABLE.pages.get(c as usize / PAGE) {
        Some(&page) => Signs(TABLE.signs[page as usize][c as usize % PAGE]),
        None if matches!(c, '\u{1F300}'..='\u{1FAFF}') => Signs::PICTOGRAPH,
        None => Signs::default(),
    }
}

/// The place of the first of `signs` that is any of `wanted`.
#[inline]
pub fn find(signs: &[Signs], wanted: Signs) -> Option<usize> {
    /// So many are looked at together, which takes one step.
    const BLOCK: usize = 16;
    let mut from = 0;
    let mut blocks = signs.chunks_exact(BLOCK);
    for block in &mut blocks {
        if block.iter().fold(0, |any, signs| any | signs.0) & wanted.0 != 0 {
            break;
        }
        from += BLOCK;
    }
    signs[from..].iter().position(|signs| signs.any(wanted)).map(|at| from + at)
}

#[cfg(test)]
mod tests {
    use super::{CHARS, Signs, find, of};

    #[test]
    fn every_character_has_its_signs_and_no_other() {
        for c in '\0'..=char::MAX {
            for &(sign, chars) in CHARS {
                let is_pictograph = sign == Signs::PICTOGRAPH && ('\u{1F300}'..='\u{1FAFF}').contains(&c);
                assert_eq!(of(c).any(sign), chars.contains(c) || is_pictograph, "{c}");
            }
        }
    }

    #[test]
    fn the_first_is_found_wherever_it_stands() {
        for length in 0..40 {
            for at in 0..length {
                let text = (0..length).map(|place| if place < at { '的' } else { '5' });
                let signs: Vec<Signs> = text.map(of).collect();
                assert_eq!(find(&signs, Signs::DIGIT | Signs::END), Some(at));
                assert_eq!(find(&signs, Signs::END), None);
            }
        }
    }
}
