//! Numbers with their units, wherever they stand: the tokens every later rule works on.
//!
//! A token is only a candidate. Whether it is a quantity of the world or part of a date, a name or
//! a slogan is for [`super::not_quantity`] to say.
//!
//! One pass over the text; what is read at one place is bounded, so the time is linear.

use super::decimal::Decimal;
use super::numeral::{self, Numeral};
use super::unit::{Unit, Units};
use super::wording::{doubling, fraction, per_hundred, rank, ratio};
use crate::explain::Rule;
use crate::signs::Signs;
use crate::text::Text;
use crate::words;
use std::ops::Range;

/// What sort of number a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A number with a unit.
    Amount,
    /// 翻番: the value is the multiple already.
    Doubling,
    /// 第3位, 首位.
    Rank,
    /// One part of 8.9:56.8:34.3.
    Triple,
    /// 2.1:1.
    Ratio,
    /// A number without a unit: 13亿, 127.6. The subject must tell what it counts.
    Bare,
}

/// A number with its unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// Where number and unit stand.
    pub span: Range<usize>,
    /// What sort of number it is.
    pub form: Form,
    /// The value in `unit`; the low end of a range.
    pub value: Decimal,
    /// The high end of a range, in `unit`; few numbers have one.
    pub max: Option<Box<Decimal>>,
    /// The unit of the record; empty for [`Form::Bare`].
    pub unit: &'static str,
    /// The printed classifier of a count.
    pub counter: Option<&'static str>,
    /// Whether 余, 多 or 来 says that the true number is higher.
    pub more: bool,
    /// Whether 近 inside it (翻了近两番) says that the number is about so high.
    pub about: bool,
    /// Whether the number is printed in Chinese numerals.
    pub han: bool,
    /// Whether the number is multipliers alone: 近万亩.
    pub bare: bool,
    /// The rule that read it.
    pub rule: Rule,
}

/// All tokens of `range`, in order and disjoint. What looks like a number and is not read as one
/// goes to `refused`, with the reason.
pub fn tokens(
    text: &Text<'_>,
    range: Range<usize>,
    units: &Units,
    mut refused: impl FnMut(Range<usize>, Rule),
) -> Vec<Token> {
    let mut found = Vec::new();
    let chars = &text.folded[..range.end];
    let mut from = range.start;
    while let Some(at) = text.next(Signs::NUMBER, from..range.end) {
        from = match token_at(chars, at, units, &mut found) {
            Ok(end) => end,
            // A Chinese numeral without a unit may hide one further on: 千 in 千户 of 一千户.
            Err(reason) => {
                let end = skip(chars, at);
                refused(at..end, reason);
                end
            }
        };
    }
    share_units(chars, &mut found);
    found
}

/// 3200万和2500万美元, 4.5个和7.6个百分点: what is behind the last of a list is meant for all.
fn share_units(text: &[char], tokens: &mut [Token]) {
    for index in (1..tokens.len()).rev() {
        let (before, rest) = tokens.split_at_mut(index);
        let (Some(token), next) = (before.last_mut(), &rest[0]) else { continue };
        let is_currency = next.unit.len() == 3 && next.unit.bytes().all(|byte| byte.is_ascii_uppercase());
        let scaled = matches!(text[token.span.end - 1], '万' | '亿');
        let between = &text[token.span.end..next.span.start];
        let joined = matches!(between, ['和' | '与' | '及' | '、']);
        // 高于全国1.9个、全省0.8个百分点: a place may stand before the last.
        let compared = matches!(between, ['和' | '、', place @ ..] if is_place(place));
        if is_currency && token.form == Form::Bare && scaled && joined && !token.han {
            (token.form, token.unit, token.rule) = (Form::Amount, next.unit, Rule::NumberUnit);
        } else if next.unit == "pp" && token.counter == Some("个") && (joined || compared) {
            (token.unit, token.counter) = ("pp", None);
        } else if next.unit == "pp" && token.form == Form::Bare && joined && !token.han {
            (token.form, token.unit, token.rule) = (Form::Amount, "pp", Rule::NumberUnit);
        }
    }
}

/// Whether the words are a region that others are compared with.
pub fn is_place(words: &[char]) -> bool {
    matches!(words, ['全', '国' | '省' | '市' | '州' | '区' | '盟' | '县'])
}

/// The next offset to look at where nothing was found at `at`: behind a run of Arabic digits,
/// since no number begins in the middle of one.
fn skip(text: &[char], at: usize) -> usize {
    let mut end = at + 1;
    if text[at].is_ascii_digit() || text[at].is_ascii_alphabetic() {
        while !ends_in_abbreviation(text, end)
            && text.get(end).is_some_and(|c| c.is_ascii_digit() || c.is_ascii_alphabetic() || *c == '.')
        {
            end += 1;
        }
    } else if numeral::is_han(text[at]) {
        while text.get(end).is_some_and(|&c| numeral::is_han(c)) {
            end += 1;
        }
    }
    end
}

/// Reads what begins at `at` into `found`; the offset behind it, or why nothing does.
fn token_at(text: &[char], at: usize, units: &Units, found: &mut Vec<Token>) -> Result<usize, Rule> {
    match text[at] {
        '第' | '首' => return Ok(push(found, rank(text, at).ok_or(Rule::NotOrdinal)?)),
        '翻' => return Ok(push(found, doubling(text, at).ok_or(Rule::NotNumber)?)),
        '百' | '千' if matches(text, at + 1, "分之") => {
            if let Some(token) = per_hundred(text, at) {
                return Ok(push(found, token));
            }
        }
        '一' if matches(text, at, "一半") && !matches(text, at + 2, "是") => {
            let half = plain(at..at + 2, Decimal::whole(50), "%", true);
            return Ok(push(found, Token { rule: Rule::NumberHalf, ..half }));
        }
        '半' => {
            if !matches(text, at, "半数以上") {
                return Err(Rule::NotNumber);
            }
            let half = plain(at..at + 2, Decimal::whole(50), "%", true);
            return Ok(push(found, Token { rule: Rule::NumberHalf, ..half }));
        }
        '倍' => {
            let is_said = at > 1 && matches(text, at - 2, "实现倍增");
            let ends = text.get(at + 2).is_none_or(|c| !c.is_alphanumeric());
            if !(is_said && ends) {
                return Err(Rule::NotNumber);
            }
            let double = plain(at..at + 2, Decimal::whole(2), "x", true);
            return Ok(push(found, Token { form: Form::Doubling, rule: Rule::NumberDoubling, ..double }));
        }
        _ => {}
    }
    if !numeral::starts(text[at]) {
        return Err(Rule::NotCode);
    }
    let number = numeral::read(text, at, 0).ok_or(Rule::NotNumber)?;
    if let Some(end) = ratio(text, at, number, found) {
        return Ok(end);
    }
    if let Some(token) = fraction(text, at, number) {
        return Ok(push(found, token));
    }
    amount(text, at, number, units).map(|token| push(found, token))
}

/// Adds a token; the offset behind it.
fn push(found: &mut Vec<Token>, token: Token) -> usize {
    let end = token.span.end;
    found.push(token);
    end
}

/// A token without any of the rarer marks.
pub fn plain(span: Range<usize>, value: Decimal, unit: &'static str, han: bool) -> Token {
    Token {
        span,
        form: Form::Amount,
        value,
        max: None,
        unit,
        counter: None,
        more: false,
        about: false,
        han,
        bare: false,
        rule: Rule::NumberUnit,
    }
}

/// Whether `word` stands at `at`.
pub fn matches(text: &[char], at: usize, word: &str) -> bool {
    text.get(at..).is_some_and(|text| words::starts_with(text, word))
}

/// Whether the digits at `at` go on a number that a blank or line end has torn: 7 4 7 7 2亿元, 5. 1%.
/// The last piece alone would be a wrong value that looks right, and the whole would be a guess.
fn is_torn(text: &[char], at: usize) -> bool {
    if at < 2 || !text[at].is_ascii_digit() || !text[at - 1].is_whitespace() {
        return false;
    }
    let before = &text[at.saturating_sub(8)..at - 1];
    let [.., '.'] = before else { return text[at - 2].is_ascii_digit() };
    let digits = before.iter().rev().skip(1).take_while(|c| c.is_ascii_digit()).count();
    let start = before.len() - 1 - digits;
    // At the start of a line, and behind a mark, digits and a point number what follows: 如下:1. 300个.
    let numbers_an_item = |c: char| if text[at - 1] == '\n' { c == '\n' } else { !c.is_alphabetic() };
    digits > 0 && start > 0 && !numbers_an_item(before[start - 1])
}

/// Whether what stands before `at` is the short name of an indicator, which a value may follow at
/// once (人均GDP1.5万美元); behind other letters digits are part of a name (G310, PM2.5).
fn ends_in_abbreviation(text: &[char], at: usize) -> bool {
    ["GDP", "CPI", "PPI", "GNP"].iter().any(|name| at >= name.len() && matches(text, at - name.len(), name))
}

/// Number and unit, or a range of two numbers and a unit, or a number alone.
fn amount(text: &[char], at: usize, number: Numeral, units: &Units) -> Result<Token, Rule> {
    if is_torn(text, at) {
        return Err(Rule::NotTorn);
    }
    if at > 0 && text[at - 1].is_ascii_alphabetic() && !ends_in_abbreviation(text, at) {
        return Err(Rule::NotCode);
    }
    if at > 0 && (matches!(text[at - 1], '.' | '+' | '_' | '#' | '*' | '×')) {
        return Err(Rule::NotPart);
    }
    let (low, unit) = number_with_unit(text, at, number, units);
    let low_end = unit.map_or(low.end, |(_, end)| end);
    if let Some(token) = range_of(text, at, (low, unit), units) {
        return Ok(token);
    }
    // 3+10, 1+5+N: a code.
    if text.get(low_end) == Some(&'+') {
        return Err(Rule::NotSum);
    }
    let mut token = match unit {
        Some((unit, end)) => {
            let value = convert(low.value, unit).ok_or(Rule::NotNumber)?;
            Token { counter: unit.counter, ..plain(at..end, value, unit.unit, low.han) }
        }
        // Without a unit only large or broken numbers can be quantities; 一 and 12 are words and codes.
        None if !low.multiplied && (low.han || !text[at..low.end].contains(&'.')) => return Err(Rule::NotUnit),
        None => {
            let bare = plain(at..low.end, low.value, "", low.han);
            Token { form: Form::Bare, rule: Rule::NumberBare, ..bare }
        }
    };
    if matches!(text.get(token.span.end), Some('多')) && token.unit == "x" {
        token.span.end += 1;
        token.more = true;
    }
    if negative(text, at) {
        token.value = token.value.negated();
        token.span.start -= 1;
        token.rule = Rule::NumberNegative;
    }
    token.more |= low.more;
    token.bare = low.bare;
    Ok(token)
}

/// A value in the unit of the record.
fn convert(value: Decimal, unit: &Unit) -> Option<Decimal> {
    value.times(unit.factor)?.over(unit.divisor)
}

/// `number`, which stands at `at`, with the unit behind it, giving up to two multipliers back to the
/// unit.
fn number_with_unit<'u>(
    text: &[char],
    at: usize,
    number: Numeral,
    units: &'u Units,
) -> (Numeral, Option<(&'u Unit, usize)>) {
    let mut shorter = number;
    for spare in 0..=2 {
        if spare > 0 {
            let Some(read) = numeral::read(text, at, spare) else { break };
            shorter = read;
        }
        if let Some((unit, end)) = units.at(text, shorter.end)
            && (unit.han_numeral || !shorter.han || shorter.multiplied || is_figure(shorter))
            && !goes_on(text, end, unit.unit)
        {
            return (shorter, Some((unit, end)));
        }
    }
    (number, None)
}

/// Whether a Chinese numeral is a figure and no word: 一百三十二眼 of old reports, but not 一眼 or 百眼.
fn is_figure(number: Numeral) -> bool {
    !number.bare && number.value.to_f64() >= 20.0
}

/// Whether what looks like a unit is the beginning of a longer word: 8方面, 两位数, 3成立.
fn goes_on(text: &[char], end: usize, unit: &str) -> bool {
    let Some(&next) = text.get(end) else { return false };
    match text[end - 1] {
        '方' => matches!(next, '面' | '案' | '式' | '针' | '位' | '向'),
        '位' => matches!(next, '数' | '居' | '列' | '于'),
        // 八成就业岗位 has no 成就.
        '成' if matches!(text[end..], ['就', '业', ..]) => false,
        '成' => matches!(next, '立' | '为' | '果' | '员' | '本' | '效' | '功' | '就'),
        '人' => matches!(next, '均' | '口' | '民' | '大' | '才') && unit == "person",
        '名' => matches!(next, '列' | '优'),
        '期' => next == '间',
        '家' => next == '庭',
        '个' | '项' => false,
        '度' => matches!(next, '假' | '过'),
        '点' => matches!(next, '亮' | '火'),
        '部' => matches!(next, '门' | '署' | '分' | '委'),
        '面' => matches!(next, '积' | '对' | '向' | '临'),
        '次' => matches!(next, '全' | '会' | '产' | '党' | '常'),
        '年' => {
            matches!(next, '级' | '度' | '内' | '初' | '底' | '末' | '前' | '后' | '来' | '间' | '月' | '代' | '中')
        }
        '月' => next == '内',
        // 三里屯, but not 3.6公里管网.
        '里' => text[end - 2] != '公' && next != '的' && !matches!(next, ',' | '。' | ';' | '、'),
        '队' => next == '伍',
        '场' => matches!(next, '所' | '地'),
        '元' => matches!(next, '旦' | '宵'),
        '种' => matches!(next, '植' | '养' | '子' | '业'),
        '条' => matches!(next, '件' | '例'),
        '口' => matches!(next, '岸' | '子'),
        _ => false,
    }
}

/// 5%-6%, 8-8.5%, 300万到500万元, 3至5个: the second number follows at once, and the unit of the
/// second is that of the first. Not behind 由 or 从: those are two states, not a range.
fn range_of(
    text: &[char],
    at: usize,
    (low, low_unit): (Numeral, Option<(&Unit, usize)>),
    units: &Units,
) -> Option<Token> {
    let low_end = low_unit.map_or(low.end, |(_, end)| end);
    let mut next = low_end;
    while matches!(text.get(next), Some('-' | '—' | '~' | '至' | '到')) && next - low_end < 2 {
        next += 1;
    }
    // 三至五家: in Chinese numerals as in Arabic, but not one in each.
    let goes_on = |c: char| if low.han { numeral::is_han(c) } else { c.is_ascii_digit() };
    if next == low_end || !goes_on(*text.get(next)?) {
        return None;
    }
    if at > 0 && matches!(text[at - 1], '由' | '从' | '自') {
        return None;
    }
    let high = numeral::read(text, next, 0)?;
    let (high, Some((unit, end))) = number_with_unit(text, next, high, units) else { return None };
    if low_unit.is_some_and(|(other, _)| other.unit != unit.unit) {
        return None;
    }
    // 3-5亿元: the 亿 is meant for both. 300万到500万元: the first has its own.
    let scale = match text[high.end - 1] {
        '万' | '亿' if low.han && low_unit.is_none() && !matches!(text[low.end - 1], '万' | '亿') => {
            multiplier_of(text, high.end - 1, high)?
        }
        _ if high.multiplied && !low.multiplied && !low.han => multiplier_of(text, next, high)?,
        _ => Decimal::whole(1),
    };
    let low_value = convert(low.value.times(scale)?, unit)?;
    let high_value = convert(high.value, unit)?;
    Some(Token {
        max: Some(Box::new(high_value)),
        counter: unit.counter,
        more: low.more || high.more,
        rule: Rule::NumberRange,
        ..plain(at..end, low_value, unit.unit, low.han)
    })
}

/// What the multipliers from `at` to the end of a number come to.
fn multiplier_of(text: &[char], at: usize, number: Numeral) -> Option<Decimal> {
    let mut value = Decimal::whole(1);
    for &c in &text[at..number.end] {
        let by = match c {
            '十' => 10,
            '百' => 100,
            '千' => 1_000,
            '万' => 10_000,
            '亿' => 100_000_000,
            _ => continue,
        };
        value = value.times(Decimal::whole(by))?;
    }
    Some(value)
}

/// Whether a minus stands before the number at `at`: behind a letter, since between numbers a
/// hyphen is a dash.
fn negative(text: &[char], at: usize) -> bool {
    at > 1 && matches!(text[at - 1], '-' | '−') && !text[at - 2].is_ascii() && text[at - 2] != '—'
}

#[cfg(test)]
mod tests {
    use super::numeral;
    use crate::signs::{self, Signs};

    #[test]
    fn every_number_begins_with_a_beginning() {
        for c in '\0'..=char::MAX {
            assert!(signs::of(c).any(Signs::NUMBER) || !(numeral::starts(c) || c.is_ascii_alphanumeric()), "{c}");
        }
    }
}
