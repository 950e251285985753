//! Printed numbers: Arabic digits with point and thousands, Chinese numerals, and mixtures of both
//! (3.85万, 两千余, 十八点二三万亿).

use super::decimal::Decimal;
use crate::numeral::chinese_digit;

/// A number as printed, before its unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Numeral {
    /// The value, multipliers (万, 亿) included.
    pub value: Decimal,
    /// The offset behind it.
    pub end: usize,
    /// Whether it has no Arabic digit.
    pub han: bool,
    /// Whether it consists of multipliers alone, as in 近万亩 and 百亿元.
    pub bare: bool,
    /// Whether it has a multiplier of its own.
    pub multiplied: bool,
    /// Whether 余, 多 or 来 says that the true number is higher.
    pub more: bool,
}

/// The value of a Chinese digit.
fn digit(c: char) -> Option<i64> {
    chinese_digit(c).map(i64::from)
}

/// The value of a Chinese multiplier.
fn multiplier(c: char) -> Option<i64> {
    Some(match c {
        '十' | '拾' => 10,
        '百' | '佰' => 100,
        '千' | '仟' => 1_000,
        '万' => 10_000,
        '亿' => 100_000_000,
        _ => return None,
    })
}

/// Whether a number may begin with `c`.
pub fn starts(c: char) -> bool {
    c.is_ascii_digit() || digit(c).is_some() || multiplier(c).is_some()
}

/// Whether `c` is part of a Chinese numeral.
pub fn is_han(c: char) -> bool {
    digit(c).is_some() || multiplier(c).is_some()
}

/// Reads the number at `at`, with `spare` of its last multipliers left to the unit behind it
/// (in 50万千瓦 the 千 belongs to the unit). None where there is no such number.
pub fn read(text: &[char], at: usize, spare: usize) -> Option<Numeral> {
    if text.get(at)?.is_ascii_digit() { read_arabic(text, at, spare) } else { read_han(text, at, spare) }
}

/// Arabic digits, then multipliers.
fn read_arabic(text: &[char], at: usize, spare: usize) -> Option<Numeral> {
    let (value, mut end) = arabic_digits(text, at);
    let mut value = value?;
    let (inner, after) = more_mark(text, end);
    // 6300余万元: the mark stands before the multiplier; 1450余场: before the unit.
    let run_start = if inner { after } else { end };
    let mut run = run_start;
    while text.get(run).is_some_and(|&c| multiplier(c).is_some()) {
        run += 1;
    }
    let run = run.checked_sub(spare)?;
    if run < run_start {
        return None;
    }
    for &c in &text[run_start..run] {
        value = value.times(Decimal::whole(multiplier(c)?))?;
    }
    let multiplied = run > run_start;
    if multiplied || inner {
        end = run;
    }
    let (outer, after) = more_mark(text, end);
    let end = if outer { after } else { end };
    Some(Numeral { value, end, han: false, bare: false, multiplied, more: inner || outer })
}

/// The value of the digits at `at`, thousands separators and point included, and the offset behind
/// them. No value where they are too many.
fn arabic_digits(text: &[char], at: usize) -> (Option<Decimal>, usize) {
    let is_digit = |i: usize| text.get(i).is_some_and(char::is_ascii_digit);
    let mut end = at;
    while is_digit(end) {
        end += 1;
    }
    if end - at <= 3 {
        // 12,345 is one number, 12,34 is a list. Each group must have three digits exactly.
        while text.get(end) == Some(&',')
            && is_digit(end + 1)
            && is_digit(end + 2)
            && is_digit(end + 3)
            && !is_digit(end + 4)
        {
            end += 4;
        }
    }
    let mut places = 0;
    if text.get(end) == Some(&'.') && is_digit(end + 1) {
        end += 1;
        while is_digit(end) {
            end += 1;
            places += 1;
        }
    }
    let digits = text[at..end].iter().copied().filter(char::is_ascii_digit);
    (Decimal::of_digits(digits, places), end)
}

/// Whether 余, 多 or 来 stands at `at`, and the offset behind it.
fn more_mark(text: &[char], at: usize) -> (bool, usize) {
    match text.get(at) {
        Some('余' | '多' | '来') => (true, at + 1),
        _ => (false, at),
    }
}

/// The most characters of a Chinese numeral; longer runs are not numbers.
const MAX_HAN: usize = 24;

/// Chinese digits and multipliers, possibly with 点 and a fraction.
fn read_han(text: &[char], at: usize, spare: usize) -> Option<Numeral> {
    let mut run = at;
    while run - at < MAX_HAN && text.get(run).is_some_and(|&c| is_han(c)) {
        run += 1;
    }
    let point = text.get(run) == Some(&'点') && text.get(run + 1).is_some_and(|&c| digit(c).is_some());
    let end = if point { run } else { run.checked_sub(spare)? };
    if end <= at {
        return None;
    }
    let printed = &text[at..end];
    let mut value = Decimal::whole(han_whole(printed)?);
    let mut multiplied = printed.iter().any(|&c| c == '万' || c == '亿');
    let mut end = end;
    if point {
        (value, end) = han_fraction(text, run, value, spare)?;
        multiplied |= text[run..end].iter().any(|&c| multiplier(c).is_some());
    }
    let (mut more, mut after) = more_mark(text, end);
    // 三百多万: multipliers behind the mark.
    while more && text.get(after).is_some_and(|&c| c == '万' || c == '亿') {
        value = value.times(Decimal::whole(multiplier(text[after])?))?;
        multiplied = true;
        after += 1;
    }
    if more && text.get(end) == Some(&'来') && text.get(after).is_none() {
        (more, after) = (false, end);
    }
    let bare = printed.iter().all(|&c| multiplier(c).is_some() && c != '十');
    Some(Numeral { value, end: after, han: true, bare, multiplied, more })
}

/// The value of a run of Chinese digits and multipliers; none where it overflows.
fn han_whole(printed: &[char]) -> Option<i64> {
    // Digits alone are read by place, as years are: 二〇二五.
    if printed.len() > 1 && printed.iter().all(|&c| digit(c).is_some()) {
        let mut value: i64 = 0;
        for &c in printed {
            value = value.checked_mul(10)?.checked_add(digit(c)?)?;
        }
        return Some(value);
    }
    let (mut total, mut section, mut current): (i64, i64, Option<i64>) = (0, 0, None);
    for &c in printed {
        if let Some(value) = digit(c) {
            current = Some(value);
            continue;
        }
        let by = multiplier(c)?;
        if by < 10_000 {
            section = section.checked_add(current.take().unwrap_or(1).checked_mul(by)?)?;
        } else {
            section = section.checked_add(current.take().unwrap_or(0))?;
            let has_any = section > 0 || total > 0;
            let base = if has_any { total.checked_add(section)? } else { 1 };
            // 三亿五千万: the 亿 is done with, the 万 scales only what follows it.
            if by == 10_000 && total >= 100_000_000 {
                total = total.checked_add(section.max(1).checked_mul(by)?)?;
            } else {
                total = base.checked_mul(by)?;
            }
            section = 0;
        }
    }
    total.checked_add(section)?.checked_add(current.unwrap_or(0))
}

/// 点二三万亿 behind a whole part: the value with fraction and multipliers, and the offset behind.
fn han_fraction(text: &[char], point: usize, whole: Decimal, spare: usize) -> Option<(Decimal, usize)> {
    let digits = || text[point + 1..].iter().map_while(|&c| chinese_digit(c));
    let places = digits().count();
    let end = point + 1 + places;
    // With the nought before the point one digit fewer is let in.
    let printed = std::iter::once(0).chain(digits()).map_while(|value| char::from_digit(value, 10));
    let mut value = whole.plus(Decimal::of_digits(printed, places)?)?;
    let mut run = end;
    while text.get(run).is_some_and(|&c| multiplier(c).is_some()) {
        run += 1;
    }
    let run = run.checked_sub(spare).filter(|&run| run >= end)?;
    for &c in &text[end..run] {
        value = value.times(Decimal::whole(multiplier(c)?))?;
    }
    Some((value, run))
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn numbers_in_every_script() {
        let cases = [
            ("164.5亿", 16_450_000_000.0, 6),
            ("12,345.6", 12_345.6, 8),
            ("5500余万", 55_000_000.0, 6),
            ("3千万", 30_000_000.0, 3),
            ("十二", 12.0, 2),
            ("一百二十", 120.0, 4),
            ("两千三百亿", 230_000_000_000.0, 5),
            ("三亿五千万", 350_000_000.0, 5),
            ("二〇二五", 2025.0, 4),
            ("十八点二三万亿", 18_230_000_000_000.0, 7),
            ("一百零八", 108.0, 4),
            ("三百多万", 3_000_000.0, 4),
            ("百万", 1_000_000.0, 2),
        ];
        for (text, value, end) in cases {
            let chars: Vec<char> = text.chars().collect();
            let found = read(&chars, 0, 0).unwrap_or_else(|| panic!("{text} is a number"));
            assert_eq!((found.value.to_f64(), found.end), (value, end), "{text}");
        }
    }

    #[test]
    fn a_multiplier_can_be_left_to_the_unit() {
        let chars: Vec<char> = "50万千".chars().collect();
        let found = read(&chars, 0, 1).unwrap();
        assert_eq!((found.value.to_f64(), found.end), (500_000.0, 3));
    }
}
