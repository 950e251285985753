//! Years and dates in any script: 2024年1月8日, 二○二四年一月八日, ２０２４．１．８, 1 9 9 8 年.

use crate::numeral::{digit, integer};
use jiff::civil::Date;
use std::ops::Range;

/// A year or a date where it stands in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DateMention {
    /// Its characters.
    pub range: Range<usize>,
    /// The year, 1949 to 2099.
    pub year: i32,
    /// The whole date, if it is one. Of 1月8日至10日 the first day.
    pub date: Option<Date>,
    /// Whether month or day are there but make no date (2月30日), or digits were lost (20211月12日).
    pub broken: bool,
}

/// Finds every year and date in folded characters, in order and without overlap.
///
/// A year alone needs 年 behind it; a date may also be written with points, hyphens or slashes. A
/// year of two digits is read only with a month (24年1月8日).
pub fn find_dates(chars: &[char]) -> Vec<DateMention> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < chars.len() {
        if digit(chars[at]).is_none() || (at > 0 && is_number_char(chars[at - 1])) {
            at += 1;
            continue;
        }
        match date_at(chars, at) {
            Some(mention) => {
                at = mention.range.end;
                found.push(mention);
            }
            None => at += 1,
        }
    }
    found
}

/// Whether a character before a digit makes it the tail of a longer number.
fn is_number_char(c: char) -> bool {
    digit(c).is_some() || matches!(c, '.' | '十' | '百' | '千')
}

/// The date or year that starts at `at`.
fn date_at(chars: &[char], at: usize) -> Option<DateMention> {
    let mut digits = [0; LONGEST_RUN];
    let (count, after_digits) = digit_run(chars, at, &mut digits);
    let digits = &digits[..count];
    let year_mark = skip_blanks(chars, after_digits);
    match (digits.len(), chars.get(year_mark)) {
        (4, Some('年')) => {
            let year = plausible_year(digits)?;
            Some(with_month(chars, at, year, year_mark + 1))
        }
        (2, Some('年')) => {
            let year = i32::try_from(digits[0] * 10 + digits[1]).ok()?;
            let year = if year >= 50 { 1900 + year } else { 2000 + year };
            let mention = with_month(chars, at, year, year_mark + 1);
            mention.date.is_some().then_some(mention)
        }
        (4, Some(&mark @ ('.' | '-' | '/'))) => {
            let year = plausible_year(digits)?;
            let (month, month_end) = number_at(chars, year_mark + 1)?;
            if chars.get(month_end) != Some(&mark) {
                return None;
            }
            let (day, end) = number_at(chars, month_end + 1)?;
            let date = civil(year, month, day)?;
            Some(DateMention { range: at..end, year, date: Some(date), broken: false })
        }
        // 年 and digits lost: 20211月12日, 2019123日.
        (5..=7, Some('月' | '日')) => {
            let year = plausible_year(&digits[..4])?;
            let mut end = year_mark + 1;
            if let Some((_, day_end)) = number_at(chars, end).filter(|&(_, e)| chars.get(e) == Some(&'日')) {
                end = day_end + 1;
            }
            Some(DateMention { range: at..end, year, date: None, broken: true })
        }
        _ => None,
    }
}

/// The date of `year` whose month may start at `from`, or the year alone.
fn with_month(chars: &[char], start: usize, year: i32, from: usize) -> DateMention {
    let alone = DateMention { range: start..from, year, date: None, broken: false };
    let first = skip_blanks(chars, from);
    // 元月 is January.
    let in_words = (chars.get(first) == Some(&'元')).then_some((1, first + 1));
    let Some((month, month_end)) = in_words.or_else(|| number_at(chars, first)) else {
        return alone;
    };
    let month_mark = skip_blanks(chars, month_end);
    if chars.get(month_mark) != Some(&'月') {
        return alone;
    }
    let Some((day, day_end)) = number_at(chars, skip_blanks(chars, month_mark + 1)) else {
        return alone;
    };
    let day_mark = skip_blanks(chars, day_end);
    let closed = matches!(chars.get(day_mark), Some('日' | '号'));
    // A first day of a range may go without 日: 1月8—10日.
    let ranged = matches!(chars.get(day_mark), Some('至' | '—' | '-' | '~' | '、' | '和'));
    if !closed && !ranged {
        return alone;
    }
    let end = if closed { day_mark + 1 } else { day_end };
    let date = civil(year, month, day);
    DateMention { range: start..end, year, date, broken: date.is_none() }
}

/// The most digits of a run that are looked at.
const LONGEST_RUN: usize = 8;

/// Reads the digits at `at` into `digits`, blanks between them skipped; how many there are, and the
/// end of the last.
fn digit_run(chars: &[char], at: usize, digits: &mut [u32; LONGEST_RUN]) -> (usize, usize) {
    let mut count = 0;
    let mut end = at;
    let mut next = at;
    while let Some(value) = chars.get(next).and_then(|&c| digit(c)) {
        digits[count] = value;
        count += 1;
        end = next + 1;
        if count == LONGEST_RUN {
            break;
        }
        next = skip_blanks(chars, end);
    }
    (count, end)
}

/// An integer below 100 at `at`; spaced digits (1 2 月) are joined.
fn number_at(chars: &[char], at: usize) -> Option<(u64, usize)> {
    let (mut value, read) = integer(chars.get(at..(at + 4).min(chars.len()))?)?;
    let mut end = at + read;
    let next = skip_blanks(chars, end);
    if value < 10
        && next > end
        && let Some(second) = chars.get(next).and_then(|&c| digit(c))
    {
        value = value * 10 + u64::from(second);
        end = next + 1;
    }
    (value < 100).then_some((value, end))
}

/// The first character from `at` on that is no blank. Looks at most eight characters ahead.
fn skip_blanks(chars: &[char], at: usize) -> usize {
    let blanks = chars.iter().skip(at).take(8).take_while(|&&c| c == ' ').count();
    at + blanks
}

/// Four digits as a year that a report may speak of.
fn plausible_year(digits: &[u32]) -> Option<i32> {
    let year = digits.iter().fold(0, |year, digit| year * 10 + digit);
    i32::try_from(year).ok().filter(|year| (1949..2100).contains(year))
}

/// A date of the calendar.
fn civil(year: i32, month: u64, day: u64) -> Option<Date> {
    Date::new(i16::try_from(year).ok()?, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}
