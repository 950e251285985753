//! Numbers that are no digits with a unit: 百分之三, 三分之二, 翻两番, 第三位, 2.1:1.

use super::decimal::Decimal;
use super::lex::{Form, Token, matches, plain};
use super::numeral::{self, Numeral};
use crate::explain::Rule;

/// 百分之十三点四, 千分之三.
pub fn per_hundred(text: &[char], at: usize) -> Option<Token> {
    let start = at + 3;
    if !numeral::starts(*text.get(start)?) {
        return None;
    }
    let number = numeral::read(text, start, 0)?;
    let unit = if text[at] == '百' { "%" } else { "permille" };
    let token = plain(at..number.end, number.value, unit, true);
    Some(Token { more: number.more, rule: Rule::NumberPerHundred, ..token })
}

/// 三分之二, of which `below` is the three: in per cent.
pub fn fraction(text: &[char], at: usize, below: Numeral) -> Option<Token> {
    if !matches(text, below.end, "分之") || !numeral::starts(*text.get(below.end + 2)?) {
        return None;
    }
    let above = numeral::read(text, below.end + 2, 0)?;
    let value = above.value.times(Decimal::whole(100))?.over(below.value.small()?)?;
    // 四分之一强: a little more.
    let more = text.get(above.end) == Some(&'强');
    let span = at..above.end + usize::from(more);
    Some(Token { more, rule: Rule::NumberFraction, ..plain(span, value, "%", true) })
}

/// 翻番, 翻一番, 翻了两番, 翻了近两番: the n-th power of two.
pub fn doubling(text: &[char], at: usize) -> Option<Token> {
    let mut next = at + 1;
    let mut about = false;
    while let Some(c) = text.get(next) {
        match c {
            '了' | '上' | '将' | '超' => {}
            '近' | '约' => about = true,
            _ => break,
        }
        next += 1;
    }
    let times = match text.get(next)? {
        '番' => {
            let token = plain(at..next + 1, Decimal::whole(2), "x", true);
            return Some(Token { form: Form::Doubling, about, rule: Rule::NumberDoubling, ..token });
        }
        '一' | '1' => 1,
        '两' | '二' | '2' => 2,
        '三' | '3' => 3,
        '四' | '4' => 4,
        _ => return None,
    };
    let more = matches!(text.get(next + 1), Some('多'));
    let end = next + 1 + usize::from(more);
    if text.get(end) != Some(&'番') {
        return None;
    }
    let value = Decimal::whole(1 << times);
    let token = plain(at..end + 1, value, "x", true);
    Some(Token { form: Form::Doubling, about, more, rule: Rule::NumberDoubling, ..token })
}

/// 第3, 第三位, 首位.
pub fn rank(text: &[char], at: usize) -> Option<Token> {
    let (value, end) = if text[at] == '首' {
        (text.get(at + 1) == Some(&'位')).then_some((Decimal::whole(1), at + 2))?
    } else {
        if !numeral::starts(*text.get(at + 1)?) {
            return None;
        }
        let number = numeral::read(text, at + 1, 0)?;
        (number.value, number.end)
    };
    Some(Token { form: Form::Rank, rule: Rule::NumberRank, ..plain(at..end, value, "rank", true) })
}

/// Whether a date stands before what is at `at`: 2023-2-23 19:22:26.
fn is_clock(text: &[char], at: usize) -> bool {
    let date = text[..at].iter().rposition(|c| !c.is_whitespace());
    date.is_some_and(|last| last + 1 < at && text[last].is_ascii_digit() || matches!(text[last], '日' | '午'))
}

/// 8.9:56.8:34.3 as three tokens, 2.1:1 as one; the offset behind it. `first` stands at `at`.
pub fn ratio(text: &[char], at: usize, first: Numeral, found: &mut Vec<Token>) -> Option<usize> {
    let goes_on = |end: usize| text.get(end) == Some(&':') && text.get(end + 1).is_some_and(char::is_ascii_digit);
    if !goes_on(first.end) || !text[at].is_ascii_digit() {
        return None;
    }
    if at > 0 && (text[at - 1].is_ascii_alphanumeric() || text[at - 1] == ':') || is_clock(text, at) {
        return None;
    }
    let mut parts = Vec::new();
    let (mut next, mut number) = (at, first);
    loop {
        if number.multiplied || number.more {
            return None;
        }
        parts.push((next..number.end, number.value));
        if !goes_on(number.end) || parts.len() == 4 {
            break;
        }
        next = number.end + 1;
        number = numeral::read(text, next, 0)?;
    }
    let end = number.end;
    match parts.len() {
        3 => {
            for (span, value) in parts {
                let token = plain(span, value, "%", false);
                found.push(Token { form: Form::Triple, rule: Rule::NumberTriple, ..token });
            }
            Some(end)
        }
        2 if parts[1].1.is(1) => {
            let token = plain(at..end, parts[0].1, "x", false);
            found.push(Token { form: Form::Ratio, rule: Rule::NumberRatio, ..token });
            Some(end)
        }
        _ => None,
    }
}
