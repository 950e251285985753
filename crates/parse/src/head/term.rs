//! Which years the term had that a report reviews, where it says so itself.

use crate::date::find_dates;
use crate::text::fold;
use baogao_model::report::{Role, Section};

/// The first and last year of the term reviewed: named as a range in the heading of its review
/// (2017—2021年工作回顾), or counted there back from the latest year reviewed (过去五年工作回顾).
/// None where no heading says, or not without doubt.
pub fn term(sections: &[Section], review: Option<i32>) -> Option<(i32, i32)> {
    let review = review?;
    let reviews = sections.iter().filter(|section| section.role == Role::FiveYearReview && section.level <= 2);
    reviews.filter(|section| !section.heading.is_empty()).find_map(|section| {
        let heading: Vec<char> = section.heading.chars().map(fold).filter(|&c| c != ' ').collect();
        let (from, to) = named(&heading).or_else(|| counted(&heading, review))?;
        // Terms have had three to five years; the last may be the one before the year just reviewed.
        ((2..=4).contains(&(to - from)) && (review - 1..=review).contains(&to)).then_some((from, to))
    })
}

/// 2017年至2021年, 2017—2021年.
fn named(heading: &[char]) -> Option<(i32, i32)> {
    let dates = find_dates(heading);
    let last = dates.last()?;
    let before = &heading[..last.range.start];
    let joint = before.len() - before.iter().rev().take_while(|c| matches!(c, '—' | '-' | '~' | '至' | '到')).count();
    if joint == before.len() {
        return None;
    }
    let first = heading[..joint].strip_suffix(&['年']).unwrap_or(&heading[..joint]);
    let digits = &first[first.len().checked_sub(4)?..];
    let from = digits.iter().try_fold(0, |year, c| Some(year * 10 + c.to_digit(10)?))?;
    Some((i32::try_from(from).ok()?, last.year))
}

/// 过去五年, 五年来, 五年工作: so many years up to the latest reviewed. Not 十五年, nor 未来五年.
fn counted(heading: &[char], review: i32) -> Option<(i32, i32)> {
    (0..heading.len()).find_map(|at| {
        let count = match heading[at] {
            '三' | '3' => 3,
            '四' | '4' => 4,
            '五' | '5' => 5,
            _ => return None,
        };
        let before = &heading[..at];
        let behind = heading[at + 1..].strip_prefix(&['年'])?;
        let coming = crate::words::ends_with_any(before, &["今后", "未来", "今后的", "未来的", "下一个", "后"]);
        let longer = before.last().is_some_and(|&c| c.is_ascii_digit() || matches!(c, '十' | '第'));
        let past = crate::words::ends_with_any(before, &["过去", "过去的", "这", "近", "任期", "前"])
            || crate::words::starts_with_any(behind, &["来", "工作", "的工作", "政府工作", "间"]);
        (past && !coming && !longer).then_some((review + 1 - count, review))
    })
}

#[cfg(test)]
mod tests {
    use super::term;
    use baogao_model::Span;
    use baogao_model::report::{Role, Section};

    #[test]
    fn terms_that_headings_say() {
        let cases = [
            ("过去五年工作回顾", Some((2017, 2021))),
            ("五年来的工作", Some((2017, 2021))),
            ("本届政府过去的四年工作回顾", Some((2018, 2021))),
            ("２０１７—２０２１年工作回顾", Some((2017, 2021))),
            ("2017年至2021年工作回顾", Some((2017, 2021))),
            ("2016-2020年工作回顾", Some((2016, 2020))),
            ("2021年和过去五年的工作回顾", Some((2017, 2021))),
            ("2011-2015年工作回顾", None),
            ("今后五年工作", None),
            ("“十三五”时期工作回顾", None),
            ("本届政府工作回顾", None),
        ];
        for (heading, want) in cases {
            let section = Section {
                level: 1,
                number: None,
                heading: heading.to_owned(),
                role: Role::FiveYearReview,
                span: Span::new(0, 9),
            };
            assert_eq!(term(&[section], Some(2021)), want, "{heading}");
        }
    }
}
