//! The marks that number a heading: 一、 (一) 1. 第一 一是 —— and their kin.

use crate::numeral::{integer, is_chinese_numeral};

/// The kind of a mark. The order is that of the usual nesting, outermost first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// 第一部分.
    Part,
    /// 一、
    Chinese,
    /// （一） ㈠
    ChineseBracket,
    /// 第一，
    Ordinal,
    /// 1. 1、
    Arabic,
    /// (1) ⑴ ①
    ArabicBracket,
    /// 一是 一要
    Item,
    /// ——
    Dash,
    /// ● ◆ ※
    Bullet,
}

/// A mark at the start of a paragraph or sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Marker {
    /// Its kind.
    pub class: Class,
    /// Its number; none for dashes and bullets.
    pub value: Option<u32>,
    /// How many characters it takes.
    pub length: usize,
    /// Whether a stray & stands in the number (二&、), as some collectors leave it.
    pub damaged: bool,
}

/// Whether a line of folded characters begins like a heading that only a body has.
pub fn starts_numbered_heading(flat: &[char]) -> bool {
    matches!(at_start(flat), Some(Marker { class: Class::Part | Class::Chinese | Class::ChineseBracket, .. }))
}

/// The mark at the start of folded characters, if there is one.
///
/// Not taken for marks: 一、二、三产业, 第一书记, 1.5亿元, 2021.
pub fn at_start(chars: &[char]) -> Option<Marker> {
    let first = *chars.first()?;
    match first {
        '第' => ordinal(chars),
        '(' => bracket(chars),
        '—' | '-' => dash(chars),
        '●' | '◆' | '■' | '※' | '★' | '▲' | '◇' | '□' | '►' | '▶' | '·' => {
            Some(Marker { class: Class::Bullet, value: None, length: 1, damaged: false })
        }
        '㈠'..='㈩' => signs(first, '㈠', Class::ChineseBracket),
        '①'..='⑳' => signs(first, '①', Class::ArabicBracket),
        '⑴'..='⒇' => signs(first, '⑴', Class::ArabicBracket),
        '⒈'..='⒛' => signs(first, '⒈', Class::Arabic),
        c if c.is_ascii_digit() => arabic(chars),
        c if is_chinese_numeral(c) => chinese(chars),
        _ => None,
    }
}

/// A sign that is a number by itself, counted from the sign for one.
fn signs(sign: char, one: char, class: Class) -> Option<Marker> {
    let value = u32::from(sign) - u32::from(one) + 1;
    Some(Marker { class, value: Some(value), length: 1, damaged: false })
}

/// 第一部分, 第一， 第一、
fn ordinal(chars: &[char]) -> Option<Marker> {
    let (value, read) = small(&chars[1..], 3)?;
    let rest = &chars[1 + read..];
    let class = match (rest.first()?, rest.get(1)) {
        ('部', Some('分')) => return Some(Marker { class: Class::Part, value, length: read + 3, damaged: false }),
        ('篇' | '章', _) => return Some(Marker { class: Class::Part, value, length: read + 2, damaged: false }),
        (',' | '、' | ':' | ' ' | '.', _) => Class::Ordinal,
        _ => return None,
    };
    Some(Marker { class, value, length: read + 1, damaged: false })
}

/// （一） （一）、 (1)
fn bracket(chars: &[char]) -> Option<Marker> {
    let inner = skip_blanks(chars, 1);
    let (value, read) = small(&chars[inner..], 3)?;
    let close = skip_blanks(chars, inner + read);
    if chars.get(close) != Some(&')') {
        return None;
    }
    let class = if chars[inner].is_ascii_digit() { Class::ArabicBracket } else { Class::ChineseBracket };
    // Some print （一）、 with both marks.
    let extra = usize::from(matches!(chars.get(close + 1), Some('、' | '.')));
    Some(Marker { class, value, length: close + 1 + extra, damaged: false })
}

/// 一、 一. 一是 一要
fn chinese(chars: &[char]) -> Option<Marker> {
    let (value, read) = small(chars, 3)?;
    let damaged = chars.get(read) == Some(&'&');
    let mark = skip_blanks(chars, read + usize::from(damaged));
    let next = chars.get(mark + 1).copied().unwrap_or(' ');
    let class = match chars.get(mark)? {
        // 一、二、三产业 enumerates; so does 一、二期工程.
        '、' if is_chinese_numeral(next)
            && matches!(chars.get(mark + 2), Some('、' | '产' | '期' | '线' | '号' | '季')) =>
        {
            return None;
        }
        '、' => Class::Chinese,
        '.' if !next.is_ascii_digit() => Class::Chinese,
        // 一， numbers only a line of its own.
        ',' | ':' if chars.len() <= 40 && !chars.contains(&'。') => Class::Chinese,
        '是' | '要' if mark == read => Class::Item,
        _ => return None,
    };
    Some(Marker { class, value, length: mark + 1, damaged })
}

/// 1. 1、
fn arabic(chars: &[char]) -> Option<Marker> {
    let (value, read) = small(chars, 2)?;
    let mark = skip_blanks(chars, read);
    let next = chars.get(mark + 1).copied().unwrap_or(' ');
    match chars.get(mark)? {
        '.' | '、' if !next.is_ascii_digit() => {
            Some(Marker { class: Class::Arabic, value, length: mark + 1, damaged: false })
        }
        _ => None,
    }
}

/// ——, ———, －－, and a single dash, but not a hyphen.
fn dash(chars: &[char]) -> Option<Marker> {
    let length = chars.iter().take_while(|c| matches!(c, '—' | '-')).count();
    let is_dash = chars[0] == '—' || length >= 2;
    is_dash.then_some(Marker { class: Class::Dash, value: None, length, damaged: false })
}

/// A numeral of at most `longest` characters whose value is from 1 to 99.
fn small(chars: &[char], longest: usize) -> Option<(Option<u32>, usize)> {
    let (value, read) = integer(chars)?;
    let value = u32::try_from(value).ok()?;
    ((1..100).contains(&value) && read <= longest).then_some((Some(value), read))
}

/// The first index from `at` that is no blank.
fn skip_blanks(chars: &[char], at: usize) -> usize {
    at + chars.iter().skip(at).take(4).take_while(|&&c| c == ' ').count()
}
