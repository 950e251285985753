//! Expressions of time and the year or years they mean.

use super::lex::matches;
use super::phrase::is_clause_mark;
use super::subject::BECAME;
use crate::signs::Signs;
use crate::text::Text;
use crate::words;
use std::ops::Range;

/// A year or a range of years, as `period` in the record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Years {
    /// The first year.
    pub from: i32,
    /// The last year; equal to the first for a single one.
    pub to: i32,
}

impl Years {
    /// One year.
    pub fn one(year: i32) -> Self {
        Self { from: year, to: year }
    }

    /// Whether it is more than one year.
    pub fn is_range(self) -> bool {
        self.from < self.to
    }

    /// How many years it is.
    pub fn count(self) -> i32 {
        self.to - self.from + 1
    }

    /// As on the wire: `2021` or `2017/2021`.
    pub fn text(self) -> String {
        if self.is_range() { format!("{}/{}", self.from, self.to) } else { self.from.to_string() }
    }
}

/// A year that something is compared with.
pub type Year = i32;

/// How far an expression reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// A named year: its clause and what follows up to the next semicolon.
    Named,
    /// 五年来, 过去一年, 「十三五」时期: at the start of a sentence it governs until another does.
    Governing,
}

/// An expression of time found in the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expression {
    /// Where it stands.
    pub span: Range<usize>,
    /// What it means.
    pub years: Years,
    /// How far it reaches.
    pub reach: Reach,
    /// Whether it is the far side of a comparison (比上年) or a base (“十二五”末的).
    pub is_base: bool,
}

/// What the expressions are resolved against.
#[derive(Debug, Clone, Copy, Default)]
pub struct Times {
    /// The year whose work is reviewed.
    pub review: Option<i32>,
    /// The year the tasks are for.
    pub plan: Option<i32>,
    /// The calendar year of delivery.
    pub delivered: Option<i32>,
    /// The years of the term under review.
    pub term: Option<Years>,
}

impl Times {
    /// The years that 五年来 means.
    pub fn five_years(&self) -> Option<Years> {
        /// The years that it says.
        const COUNT: i32 = 5;
        let term = self.term.filter(|term| term.count() == COUNT);
        term.or(self.review.map(|review| Years { from: review + 1 - COUNT, to: review }))
    }

    /// The years that 今后五年 means.
    fn coming(&self) -> Option<Years> {
        self.plan.map(|plan| Years { from: plan, to: plan + 4 })
    }

    /// The year that a base names: 2015年, “十二五”末, 上年.
    pub fn base_year(&self, text: &[char]) -> Option<Year> {
        for at in 0..text.len() {
            if let Some((year, _)) = named_year(text, at).or_else(|| han_year(text, at)) {
                return Some(year);
            }
            if let Some((years, _)) = plan_period(text, at) {
                return Some(years.to);
            }
        }
        None
    }

    /// Every expression of time in `range`, in order.
    pub fn find(&self, text: &Text<'_>, range: Range<usize>) -> Vec<Expression> {
        let mut found = Vec::new();
        let mut from = range.start;
        let chars = &text.folded[..range.end];
        while let Some(at) = text.next(Signs::TIME, from..range.end) {
            from = at + 1;
            if let Some(expression) = self.at(chars, at) {
                from = expression.span.end;
                found.push(expression);
            }
        }
        found
    }

    /// The expression that begins at `at`.
    fn at(&self, text: &[char], at: usize) -> Option<Expression> {
        let expression = |end: usize, years: Years, reach: Reach| {
            let is_base = at > 0 && matches!(text[at - 1], '比' | '较' | '与' | '同')
                || at > 0 && matches!(text[at], '“' | '"') && text[at - 1] == '于'
                || at > 0
                    && matches!(text[at - 1], '是' | '为')
                    && is_of(text, end)
                    && !words::ends_with_any(&text[..at], &BECAME)
                || is_basis(text, end);
            Expression { span: at..end, years, reach, is_base }
        };
        match text[at] {
            '1' | '2' => {
                if let Some((years, end)) = hyphenated(text, at) {
                    return Some(expression(end, years, Reach::Named));
                }
                let (first, end) = named_year(text, at)?;
                let (years, end) = year_range(text, first, end);
                Some(expression(end, years, Reach::Named))
            }
            '二' | '一' if text.get(at + 4) == Some(&'年') => {
                let (year, end) = han_year(text, at)?;
                Some(expression(end, Years::one(year), Reach::Named))
            }
            '十' | '八' | '九' | '七' | '“' | '"' => {
                let (years, end) = plan_period(text, at)?;
                let last = matches!(text.get(end), Some('末'));
                let governs = ["时期", "期间", "以来", "五年", "规划", "末", "时", "累计"]
                    .iter()
                    .any(|word| matches(text, end, word));
                if !governs {
                    return None;
                }
                let years = if last { Years::one(years.to) } else { self.so_far(years) };
                let found = expression(end + 1, years, Reach::Governing);
                let is_base = last || found.is_base || is_whole(text, at, end);
                Some(Expression { is_base, ..found })
            }
            _ => self.in_words(text, at).map(|(length, years, reach)| expression(at + length, years, reach)),
        }
    }

    /// A plan period that is still running ends, in a review, with the year under review.
    fn so_far(&self, years: Years) -> Years {
        match self.review {
            Some(review)
                if years.from <= review && review < years.to && self.plan.is_none_or(|plan| plan <= review) =>
            {
                Years { from: years.from, to: review }
            }
            _ => years,
        }
    }

    /// The part of a range of years that is over when the review ends.
    pub fn until_review(&self, years: Years) -> Years {
        match self.review {
            Some(review) if years.from < review && review < years.to => Years { from: years.from, to: review },
            _ => years,
        }
    }

    /// 五年来, 去年, 近三年…: length, years, reach.
    fn in_words(&self, text: &[char], at: usize) -> Option<(usize, Years, Reach)> {
        // By their first character, since this is asked at every place that might begin one.
        let coming: &[&str] = match text[at] {
            '今' => &["今后五年", "今后5年", "今后的五年"],
            '未' => &["未来五年", "未来5年"],
            _ => &[],
        };
        if let Some(length) = word_at(text, at, coming) {
            return Some((length, self.coming()?, Reach::Governing));
        }
        let term: &[&str] = match text[at] {
            '过' => &["过去的五年", "过去五年", "过去5年"],
            '这' => &["这五年"],
            '近' => &["近五年", "近5年"],
            '五' => &["五年来", "五年间", "五年中", "五年累计", "五年共"],
            '5' => &["5年来"],
            '本' => &["本届政府任期", "本届政府"],
            '任' => &["任期五年"],
            '前' => &["前五年"],
            _ => &[],
        };
        if let Some(length) = word_at(text, at, term) {
            // 本届政府 is the term, whatever years it had.
            let own = self.term.filter(|_| text[at] == '本');
            return Some((length, own.or(self.five_years())?, Reach::Governing));
        }
        if let Some(length) = self.whole_term(text, at) {
            return Some((length, self.five_years()?, Reach::Governing));
        }
        let last: &[&str] = match text[at] {
            '过' => &["过去的一年", "过去一年"],
            '一' => &["一年来"],
            '刚' => &["刚刚过去的一年"],
            _ => &[],
        };
        if let Some(length) = word_at(text, at, last) {
            return Some((length, Years::one(self.review?), Reach::Governing));
        }
        let before: &[&str] = match text[at] {
            '去' => &["去年"],
            '上' => &["上年", "上一年"],
            _ => &[],
        };
        if let Some(length) = word_at(text, at, before) {
            let year = self.delivered.map(|year| year - 1).or(self.review)?;
            return Some((length, Years::one(year), Reach::Named));
        }
        if matches!(text[at], '今' | '明') && text.get(at + 1) == Some(&'年') {
            let year = self.delivered.or(self.plan)? + i32::from(text[at] == '明');
            return Some((2, Years::one(year), Reach::Named));
        }
        self.within(text, at).or_else(|| self.recent_years(text, at))
    }

    /// 五年全社会固定资产投资累计: the length of 五年 at the beginning of a clause that sums up.
    fn whole_term(&self, text: &[char], at: usize) -> Option<usize> {
        /// How far behind it the sum may be told.
        const REACH: usize = 24;
        let is_term = matches!(text[at..], ['五' | '5', '年', ..]);
        let begins = at == 0 || !text[at - 1].is_alphanumeric() && text[at - 1] != '“';
        if !is_term || !begins {
            return None;
        }
        let clause = text[at + 2..].iter().take(REACH).take_while(|&&c| !is_clause_mark(c) && c != '、');
        let clause: Vec<char> = clause.copied().collect();
        words::contains(&clause, "累计").then_some(2)
    }

    /// 三年内, 力争5年之内: so many years from the plan's, where nothing says that they are other years
    /// (过去三年内, 毕业两年内, 三年内累计).
    fn within(&self, text: &[char], at: usize) -> Option<(usize, Years, Reach)> {
        let count = match text[at] {
            '两' | '二' | '2' => 2,
            '三' | '3' => 3,
            '五' | '5' => 5,
            _ => return None,
        };
        let length = word_at(text, at + 1, &["年内", "年之内"])? + 1;
        let before = &text[at.saturating_sub(4)..at];
        let begins = before.last().is_none_or(|c| !c.is_alphanumeric() && *c != '.');
        let ahead = ["力争", "争取", "计划", "确保", "未来", "今后", "利用", "用", "在"];
        let behind = ["累计", "共", "已"].iter().any(|word| matches(text, at + length, word));
        let is_to_come = (begins || words::ends_with_any(before, &ahead)) && !behind;
        let first = self.plan.filter(|_| is_to_come)?;
        Some((length, Years { from: first, to: first + count - 1 }, Reach::Named))
    }

    /// 近三年, 三年来, 三年累计: the last so many years of the review.
    fn recent_years(&self, text: &[char], at: usize) -> Option<(usize, Years, Reach)> {
        let near = usize::from(text[at] == '近');
        let count = match text.get(at + near)? {
            '两' | '二' | '2' => 2,
            '三' | '3' => 3,
            '四' | '4' => 4,
            '五' | '5' => 5,
            '六' | '6' => 6,
            '十' => 10,
            _ => return None,
        };
        let year = at + near + 1;
        if text.get(year) != Some(&'年') {
            return None;
        }
        let behind = ["来", "间", "累计", "共", "内累计"].iter().find(|word| matches(text, year + 1, word));
        if near == 0 && behind.is_none() {
            return None;
        }
        let review = self.review?;
        let length = near + 2 + behind.map_or(0, |word| word.chars().count());
        Some((length, Years { from: review - count + 1, to: review }, Reach::Governing))
    }
}

/// Whether what stands behind a year makes it what a value is reckoned by or from: 2010年不变价格,
/// 在2020年的基础上.
fn is_basis(text: &[char], end: usize) -> bool {
    let end = end + usize::from(text.get(end) == Some(&'的'));
    ["不变价", "可比价", "基础上", "价格计算"].iter().any(|word| matches(text, end, word))
}

/// Whether 的 follows a year, its end or beginning: 是2015年的1.8倍, 是2015年末的1.8倍.
fn is_of(text: &[char], end: usize) -> bool {
    let part = usize::from(matches!(text.get(end), Some('底' | '末' | '初')));
    text.get(end + part) == Some(&'的')
}

/// Whether a plan period is what a multiple is of: 是“十二五”时期的2.6倍.
fn is_whole(text: &[char], at: usize, end: usize) -> bool {
    let digit = |at: usize| text.get(at).is_some_and(char::is_ascii_digit);
    at > 0
        && matches!(text[at - 1], '是' | '为' | '于')
        && ["时期的", "期间的"].iter().any(|word| matches(text, end, word) && digit(end + 3))
}

/// The length of the first of `words` that stands at `at`.
fn word_at(text: &[char], at: usize, words: &[&str]) -> Option<usize> {
    words.iter().find(|word| matches(text, at, word)).map(|word| word.chars().count())
}

/// 2021年: the year and the offset behind.
fn named_year(text: &[char], at: usize) -> Option<(i32, usize)> {
    if at > 0 && (text[at - 1].is_ascii_digit() || text[at - 1] == '.') {
        return None;
    }
    let mut year = 0;
    for offset in 0..4 {
        year = year * 10 + i32::try_from(text.get(at + offset)?.to_digit(10)?).ok()?;
    }
    let plausible = (1949..2100).contains(&year);
    (plausible && text.get(at + 4) == Some(&'年')).then_some((year, at + 5))
}

/// 二〇二五年.
fn han_year(text: &[char], at: usize) -> Option<(i32, usize)> {
    if !matches!(text[at], '一' | '二') || text.get(at + 4) != Some(&'年') {
        return None;
    }
    let number = super::numeral::read(text, at, 0)?;
    let year = i32::try_from(number.value.small()?).ok()?;
    ((1949..2100).contains(&year) && text.get(number.end) == Some(&'年')).then_some((year, number.end + 1))
}

/// 2017年到2021年, 2016-2020年; the single year where nothing follows.
fn year_range(text: &[char], first: i32, end: usize) -> (Years, usize) {
    let single = (Years::one(first), end);
    if !matches!(text.get(end), Some('到' | '至' | '—' | '-' | '~')) {
        return single;
    }
    let next = (end + 1..end + 3).find(|&at| text.get(at).is_some_and(char::is_ascii_digit));
    match next.and_then(|next| named_year(text, next)) {
        Some((last, behind)) if last > first => (Years { from: first, to: last }, behind),
        _ => single,
    }
}

/// 2016-2020年.
fn hyphenated(text: &[char], at: usize) -> Option<(Years, usize)> {
    let mut from = 0;
    for offset in 0..4 {
        from = from * 10 + i32::try_from(text.get(at + offset)?.to_digit(10)?).ok()?;
    }
    if !matches!(text.get(at + 4), Some('-' | '—' | '~' | '至' | '到')) || (at > 0 && text[at - 1].is_ascii_digit())
    {
        return None;
    }
    let (to, end) = named_year(text, at + 5)?;
    (from > 1948 && from < to).then_some((Years { from, to }, end))
}

/// The years of the first plan that a heading names.
pub fn plan_named(heading: &[char]) -> Option<Years> {
    let mut quotes = (0..heading.len()).filter(|&at| matches!(heading[at], '“' | '"'));
    quotes.find_map(|at| plan_period(heading, at)).map(|(years, _)| years)
}

/// “十三五”: its years and the offset behind, closing quote included.
fn plan_period(text: &[char], at: usize) -> Option<(Years, usize)> {
    let mut next = at;
    if matches!(text.get(next), Some('“' | '"')) {
        next += 1;
    }
    let number = match (text.get(next)?, text.get(next + 1)?, text.get(next + 2)) {
        ('十', '五', _) => (10, 2),
        ('十', '一', Some('五')) => (11, 3),
        ('十', '二', Some('五')) => (12, 3),
        ('十', '三', Some('五')) => (13, 3),
        ('十', '四', Some('五')) => (14, 3),
        ('九', '五', _) => (9, 2),
        ('八', '五', _) => (8, 2),
        ('七', '五', _) => (7, 2),
        ('六', '五', _) => (6, 2),
        _ => return None,
    };
    // 十五五 is the fifteenth plan, 十五 the tenth.
    let (ordinal, length) = if matches(text, next, "十五五") { (15, 3) } else { number };
    let mut end = next + length;
    if matches!(text.get(end), Some('”' | '"')) {
        end += 1;
    }
    // The plans have run in steps of five years since the third (1966-1970).
    let from = 1966 + 5 * (ordinal - 3);
    Some((Years { from, to: from + 4 }, end))
}

#[cfg(test)]
mod tests {
    use super::Times;
    use crate::text::Text;

    #[test]
    fn expressions_and_their_years() {
        let times = Times { review: Some(2021), plan: Some(2022), delivered: Some(2022), term: None };
        let cases = [
            ("五年来,我们", "2017/2021"),
            ("2020年全区", "2020"),
            ("2017年到2021年,", "2017/2021"),
            ("2016-2020年", "2016/2020"),
            ("“十二五”末的", "2015"),
            ("“十三五”时期,", "2016/2020"),
            ("去年", "2021"),
            ("近三年累计", "2019/2021"),
            ("今后五年", "2022/2026"),
            ("二〇二〇年", "2020"),
            ("实现“十四五”良好开局", ""),
        ];
        for (text, want) in cases {
            let read = Text::new(text);
            let found = times.find(&read, 0..read.len());
            let got = found.first().map(|found| found.years.text()).unwrap_or_default();
            assert_eq!(got, want, "{text}");
        }
    }
}
