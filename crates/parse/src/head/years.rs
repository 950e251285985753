//! Which year was delivered, reviewed, planned.
//!
//! A report of January 2023 reviews 2022 and plans 2023; one of December 2022 does the same. So the
//! delivery date alone does not tell: the text's own words do, above all the headings (2022年工作回顾,
//! 2023年重点工作).

use crate::date::find_dates;
use crate::text::fold;
use baogao_model::Warning;
use baogao_model::report::{Role, Section};
use jiff::civil::Date;

/// The three years of a report.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Years {
    /// The year of delivery.
    pub year: Option<i32>,
    /// The latest year reviewed.
    pub review: Option<i32>,
    /// The year planned.
    pub plan: Option<i32>,
}

/// What speaks for the years.
#[derive(Debug, Clone, Default)]
pub struct Evidence {
    /// The day of delivery.
    pub delivered: Option<Date>,
    /// The year of the session, where the head has no day (2024年1月 日).
    pub session: Option<i32>,
    /// The year of the yearbook that it is printed in, which tells of the year before.
    pub volume: Option<i32>,
    /// The year in the title, which is mostly the planned one.
    pub title: Option<i32>,
    /// The latest year that headings say was reviewed.
    pub reviewed: Option<i32>,
    /// The earliest year that headings say is planned.
    pub planned: Option<i32>,
    /// Whether the year reviewed is called nearly over (即将过去的2022年).
    pub nearly_over: bool,
}

impl Evidence {
    /// Collects what headings and the first sentences say. `opening` is the start of the body.
    pub fn collect(delivered: Option<Date>, title: Option<&str>, sections: &[Section], opening: &[char]) -> Self {
        let mut evidence = Self {
            delivered,
            title: title.filter(|title| !title.contains("年鉴")).and_then(last_year),
            ..Self::default()
        };
        for section in sections.iter().filter(|section| section.level <= 2) {
            // Hardly any heading names a year: one with 年 behind it, a date, or four digits.
            let names_year = |c| matches!(fold(c), '年' | '月' | '日' | '.' | '-' | '/' | '0'..='9');
            if !section.heading.contains(names_year) {
                continue;
            }
            let parts = clauses(&section.heading);
            for part in &parts {
                let Some(year) = last_year(part) else { continue };
                // 2009年主要工作 as the first part of a report on 2009.
                let looks_back =
                    parts.len() == 1 && matches!(section.role, Role::Review | Role::FiveYearReview) && is_plan(part);
                if is_review(part) || looks_back && section.level == 1 {
                    evidence.reviewed = evidence.reviewed.max(Some(year));
                } else if is_plan(part) && section.level == 1 {
                    evidence.planned = Some(evidence.planned.map_or(year, |planned| planned.min(year)));
                }
            }
        }
        let past = just_past(opening);
        evidence.nearly_over = past.is_some_and(|(_, nearly_over)| nearly_over);
        evidence.reviewed = evidence.reviewed.or(past.map(|(year, _)| year));
        evidence
    }
}

/// Decides the three years, with a warning and nulls where the evidence contradicts itself.
pub fn decide(evidence: &Evidence, warnings: &mut Vec<Warning>) -> Years {
    // What the headings say of the planned year, from either side.
    let by_headings = evidence.reviewed.map(|year| year + 1).or(evidence.planned);
    let by_date = evidence.delivered.map(planned_on);
    let by_date = by_date.or(evidence.session);
    if let (Some(headings), Some(date)) = (by_headings, by_date) {
        // A mid-year session may look back on the past year or on the running one.
        if (headings - date).abs() > 1 {
            let message = format!("the head says the report plans {date}, its headings say {headings}");
            warnings.push(Warning::new("year_contradiction", message));
            return Years::default();
        }
    }
    if let (Some(title), Some(own)) = (evidence.title, by_headings.or(by_date))
        && title != own
        && title != own - 1
    {
        let message = format!("the title says {title}, the report itself plans {own}");
        warnings.push(Warning::new("year_contradiction", message));
        return Years::default();
    }
    let plan = by_headings.or(by_date).or(evidence.title).or(evidence.volume.map(|volume| volume - 1));
    // Without a date the report is taken to be of the usual season, January to March.
    let season = if evidence.nearly_over { plan.map(|year| year - 1) } else { plan };
    let year = evidence.delivered.map(|date| i32::from(date.year())).or(evidence.session).or(season);
    Years { year, review: plan.map(|year| year - 1), plan }
}

/// The year that a report planned if it was delivered on the first day that the head names.
pub fn planned_by_head(zone: &super::zone::Zone) -> Option<i32> {
    let lines = zone.lines.iter().filter(|line| line.key.is_none());
    let day = lines.flat_map(|line| find_dates(&line.flat)).find_map(|mention| mention.date)?;
    Some(planned_on(day))
}

/// The sessions of November and December look back on the year that ends.
fn planned_on(day: Date) -> i32 {
    i32::from(day.year()) + i32::from(day.month() >= 11)
}

/// The parts of a heading that speak of different things: 2023年工作回顾和2024年工作安排.
fn clauses(heading: &str) -> Vec<String> {
    let folded: Vec<char> = heading.chars().map(fold).filter(|&c| c != ' ').collect();
    let dates = find_dates(&folded);
    // A clause reaches from one year to the next.
    let mut parts = Vec::new();
    let mut start = 0;
    for date in dates.iter().skip(1) {
        parts.push(folded[start..date.range.start].iter().collect());
        start = date.range.start;
    }
    parts.push(folded[start..].iter().collect());
    // 2021年和过去五年的工作回顾: what ends the heading governs the years before it too.
    let last: String = parts.last().cloned().unwrap_or_default();
    for part in parts.iter_mut().rev().skip(1) {
        if !is_review(part) && !is_plan(part) {
            part.push_str(&last.chars().rev().take(6).collect::<Vec<_>>().into_iter().rev().collect::<String>());
        }
    }
    parts
}

/// Whether a heading's part looks back.
fn is_review(part: &str) -> bool {
    ["回顾", "工作总结", "完成情况", "主要工作成效", "工作情况", "取得的成绩", "工作成绩", "执行情况"]
        .iter()
        .any(|cue| part.contains(cue))
}

/// Whether a heading's part looks ahead.
fn is_plan(part: &str) -> bool {
    [
        "安排",
        "重点工作",
        "主要任务",
        "工作任务",
        "目标",
        "总体要求",
        "工作部署",
        "工作重点",
        "工作意见",
        "工作打算",
        "主要工作",
        "基本方针",
        "政府工作",
        "工作建议",
    ]
    .iter()
    .any(|cue| part.contains(cue))
}

/// The last year a text names.
fn last_year(text: &str) -> Option<i32> {
    let folded: Vec<char> = text.chars().map(fold).filter(|&c| c != ' ').collect();
    let by_mark = find_dates(&folded).last().map(|date| date.year);
    by_mark.or_else(|| bare_year(&folded))
}

/// The volume of a yearbook that a line of the head names: 青岚年鉴2002, 《青岚年鉴》2002卷, 1998年卷.
pub fn volume(flat: &[char]) -> Option<i32> {
    let at = super::zone::find_str(flat, "年鉴")? + 2;
    let rest = &flat[at..flat.len().min(at + 8)];
    let digits = rest.iter().position(char::is_ascii_digit)?;
    let is_joint = |c: &char| matches!(c, '》' | '(' | '·' | '>' | '/' | '[' | '—' | '-');
    rest[..digits].iter().all(is_joint).then(|| bare_year(&rest[digits..])).flatten()
}

/// A year without 年, as in 2009政府工作报告.
fn bare_year(folded: &[char]) -> Option<i32> {
    let digits = folded.iter().take_while(|c| c.is_ascii_digit()).count();
    if digits != 4 {
        return None;
    }
    let year: String = folded[..4].iter().collect();
    year.parse().ok().filter(|year| (1949..2100).contains(year))
}

/// The year that the first sentences call past, and whether only nearly so: 刚刚过去的2013年,
/// 即将过去的2022年.
fn just_past(opening: &[char]) -> Option<(i32, bool)> {
    for cue in ["即将过去的", "即将结束的", "刚刚过去的", "刚过去的", "过去的"] {
        if let Some(at) = super::zone::find_str(opening, cue) {
            let from = at + cue.chars().count();
            let rest = &opening[from..opening.len().min(from + 8)];
            if let Some(date) = find_dates(rest).first().filter(|date| date.range.start == 0) {
                return Some((date.year, cue.starts_with('即')));
            }
        }
    }
    None
}
