//! Integers written with Arabic or Chinese numerals.
//!
//! Everything reads folded characters (see [`crate::text::fold`]) and takes the longest numeral at
//! the start of what it is given.

use crate::charset::CharSet;

/// The value of one digit: Arabic, Chinese, or one of the signs that stand for zero in print.
///
/// The letters O and o count as zero: they are a common slip in 二OO六年.
pub fn digit(c: char) -> Option<u32> {
    match c {
        '0'..='9' => Some(u32::from(c) - u32::from('0')),
        'O' | 'o' | 'Ο' | 'О' => Some(0),
        _ => chinese_digit(c),
    }
}

/// The value of one Chinese digit, in its common or its formal sign (GB/T 15835).
#[inline]
pub fn chinese_digit(c: char) -> Option<u32> {
    static DIGITS: CharSet = CharSet::new(&[
        '〇', '零', '○', '◯', '一', '壹', '二', '两', '贰', '三', '叁', '四', '肆', '五', '伍', '六', '陆', '七', '柒',
        '八', '捌', '九', '玖',
    ]);
    // Asked at every place of a text, and hardly ever of a digit.
    if DIGITS.holds(c) { value_of_chinese_digit(c) } else { None }
}

fn value_of_chinese_digit(c: char) -> Option<u32> {
    Some(match c {
        '〇' | '零' | '○' | '◯' => 0,
        '一' | '壹' => 1,
        '二' | '两' | '贰' => 2,
        '三' | '叁' => 3,
        '四' | '肆' => 4,
        '五' | '伍' => 5,
        '六' | '陆' => 6,
        '七' | '柒' => 7,
        '八' | '捌' => 8,
        '九' | '玖' => 9,
        _ => return None,
    })
}

/// Whether a character may stand in a Chinese integer.
pub fn is_chinese_numeral(c: char) -> bool {
    unit(c).is_some() || (digit(c).is_some() && !c.is_ascii())
}

/// The value of a sign for ten, hundred, thousand; 廿 and 卅 are read by [`chinese_integer`].
fn unit(c: char) -> Option<u64> {
    Some(match c {
        '十' | '拾' => 10,
        '百' | '佰' => 100,
        '千' | '仟' => 1000,
        '廿' => 20,
        '卅' => 30,
        _ => return None,
    })
}

/// Reads an integer at the start of `chars`: a run of ASCII digits or a Chinese numeral. Gives the
/// value and the number of characters read.
///
/// None where there is no numeral or the value is beyond `u64`.
pub fn integer(chars: &[char]) -> Option<(u64, usize)> {
    let digits = chars.iter().take_while(|c| c.is_ascii_digit()).count();
    if digits == 0 {
        return chinese_integer(chars);
    }
    let mut value: u64 = 0;
    for &c in &chars[..digits] {
        value = value.checked_mul(10)?.checked_add(u64::from(digit(c)?))?;
    }
    Some((value, digits))
}

/// Reads a Chinese integer at the start of `chars`: 十八, 一百二十, 三千〇五, 两万五千, 一亿零三百万, or
/// digit by digit 二〇二四. Gives the value and the number of characters read.
pub fn chinese_integer(chars: &[char]) -> Option<(u64, usize)> {
    let run = chars.iter().take_while(|&&c| is_chinese_numeral(c) || matches!(c, '万' | '亿')).count();
    let chars = &chars[..run];
    if run == 0 || matches!(chars[0], '万' | '亿' | '百' | '千') {
        return None;
    }
    if chars.iter().all(|&c| digit(c).is_some()) {
        return by_digits(chars);
    }
    by_units(chars).map(|value| (value, run))
}

/// 二〇二四: the digits one behind the other.
fn by_digits(chars: &[char]) -> Option<(u64, usize)> {
    let mut value: u64 = 0;
    for &c in chars {
        value = value.checked_mul(10)?.checked_add(u64::from(digit(c)?))?;
    }
    Some((value, chars.len()))
}

/// 一百二十: digits with their units, in groups of 万 and 亿.
fn by_units(chars: &[char]) -> Option<u64> {
    let (mut total, mut group, mut pending): (u64, u64, Option<u64>) = (0, 0, None);
    for &c in chars {
        if let Some(value) = digit(c) {
            // Two digits side by side (一百二三) are no integer; zero is only a filler.
            if pending.is_some_and(|pending| pending != 0) {
                return None;
            }
            pending = Some(u64::from(value));
        } else if matches!(c, '廿' | '卅') {
            group = group.checked_add(unit(c)?)?;
        } else if let Some(factor) = unit(c) {
            let count = pending.take().filter(|&count| count != 0).unwrap_or(1);
            group = group.checked_add(count.checked_mul(factor)?)?;
        } else {
            let factor = if c == '万' { 10_000 } else { 100_000_000 };
            group = group.checked_add(pending.take().unwrap_or(0))?;
            total = if c == '亿' {
                total.checked_add(group)?.checked_mul(factor)?
            } else {
                total.checked_add(group.checked_mul(factor)?)?
            };
            group = 0;
        }
    }
    total.checked_add(group)?.checked_add(pending.unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::{chinese_digit, value_of_chinese_digit};

    #[test]
    fn every_chinese_digit_is_known() {
        for c in '\0'..=char::MAX {
            assert_eq!(chinese_digit(c), value_of_chinese_digit(c), "{c}");
        }
    }
}
