//! Records and crawls told to people.

use crate::lang::Lang;
use crate::{say, table};
use baogao_model::Report;
use baogao_model::report::{Measure, Measurement};
use baogao_runtime::metrics::Counts;
use std::collections::BTreeMap;
use std::io::{self, Write};

/// Measurements shown of one record.
const SHOWN: usize = 12;

/// Writes one record as a page of text: head, outline, the first measurements, warnings.
pub fn write_record(out: &mut impl Write, lang: Lang, name: &str, report: &Report) -> io::Result<()> {
    writeln!(out, "# {name}")?;
    let mut rows: Vec<(&str, String)> = Vec::new();
    let mut row = |en, zh, value: Option<String>| {
        if let Some(value) = value {
            rows.push((lang.pick(en, zh), value));
        }
    };
    row("kind", "类别", Some(format!("{} ({:.2})", report.kind, report.kind_score)));
    row("title", "标题", report.title.clone());
    row("region", "地区", report.region.as_ref().and_then(region_text));
    row("government", "政府", report.government.clone());
    row("delivered", "作报告日期", report.delivered_on.map(|date| date.to_string()));
    let year = |year: Option<i32>| year.map_or_else(|| "–".to_owned(), |year| year.to_string());
    row("reviews / plans", "回顾／部署", Some(format!("{} / {}", year(report.review_year), year(report.plan_year))));
    row("meeting", "会议", report.meeting.as_ref().map(|meeting| meeting.text.clone()));
    row(
        "speaker",
        "报告人",
        report.speaker.as_ref().map(|speaker| {
            let acting = if speaker.acting == Some(true) { lang.pick(" (acting)", "（代）") } else { "" };
            format!("{} {}{acting}", speaker.name, speaker.office.as_deref().unwrap_or_default())
        }),
    );
    row("completeness", "完整性", Some(report.completeness.to_string()));
    row("characters", "字数", Some(report.text.chars().count().to_string()));
    row("sections", "章节", Some(report.sections.len().to_string()));
    row("measurements", "数值", Some(report.measurements.len().to_string()));
    for (key, value) in rows {
        writeln!(out, "{key}: {value}")?;
    }
    for section in report.sections.iter().filter(|section| section.level <= 2 && !section.heading.is_empty()) {
        let indent = "  ".repeat(usize::from(section.level));
        writeln!(
            out,
            "{indent}{}{} [{}]",
            section.number.as_deref().unwrap_or_default(),
            section.heading,
            section.role
        )?;
    }
    if !report.measurements.is_empty() {
        let named = report.measurements.iter().filter(|m| m.indicator.is_some());
        let shown: Vec<_> = named.take(SHOWN).collect();
        let shown = if shown.is_empty() { report.measurements.iter().take(SHOWN).collect() } else { shown };
        writeln!(out, "{}", measurements_table(lang, &shown))?;
    }
    for warning in &report.warnings {
        writeln!(out, "! {}: {}", warning.code, warning.message)?;
    }
    writeln!(out)
}

/// The measurements as a table.
fn measurements_table(lang: Lang, shown: &[&Measurement]) -> comfy_table::Table {
    let header = lang.pick(
        ["subject", "measure", "value", "unit", "period", "indicator"],
        ["对象", "量", "值", "单位", "时期", "指标"],
    );
    let mut table = table::new(&header);
    for m in shown {
        let value = match (m.value, m.value_max) {
            (Some(low), Some(high)) => format!("{}–{}", low.0, high.0),
            (Some(value), None) => value.0.to_string(),
            (None, _) if m.measure == Measure::Qualitative => m.quote.to_string(),
            (None, _) => String::new(),
        };
        table.add_row([
            &m.subject,
            m.measure.as_str(),
            &value,
            m.counter.as_deref().or(m.unit.as_deref()).unwrap_or_default(),
            m.period.as_deref().unwrap_or_default(),
            m.indicator.as_deref().unwrap_or_default(),
        ]);
    }
    table
}

/// The region with its province and prefecture, and its code.
fn region_text(region: &baogao_model::report::Region) -> Option<String> {
    let mut names: Vec<&str> = Vec::new();
    for name in [&region.province, &region.prefecture, &region.name].into_iter().flatten() {
        if !names.contains(&name.as_str()) {
            names.push(name);
        }
    }
    let code = region.adcode.as_deref().map(|code| format!(" ({code})")).unwrap_or_default();
    (!names.is_empty()).then(|| format!("{}{code}", names.join(" ")))
}

/// What a crawl came to, by outcome.
pub fn write_crawl(out: &mut impl Write, lang: Lang, counts: &Counts) -> io::Result<()> {
    let outcomes = counts.by_label("baogao_crawler_pages_total", "outcome");
    writeln!(out, "{}", say!(lang, "pages: {}", "网页：{}", list(&outcomes)))?;
    let mut reasons = counts.by_label("baogao_crawler_pages_total", "reason");
    reasons.remove("");
    if !reasons.is_empty() {
        writeln!(out, "{}", say!(lang, "  why not fetched: {}", "  未取得的原因：{}", list(&reasons)))?;
    }
    write_made(out, lang, counts)
}

/// What was made of pages, by outcome.
pub fn write_made(out: &mut impl Write, lang: Lang, counts: &Counts) -> io::Result<()> {
    let kinds = counts.by_label("baogao_scraper_pages_total", "kind");
    writeln!(out, "{}", say!(lang, "page kinds: {}", "网页种类：{}", list(&kinds)))?;
    let documents = counts.by_label("baogao_parser_documents_total", "kind");
    writeln!(out, "{}", say!(lang, "documents: {}", "文档：{}", list(&documents)))?;
    let records = counts.by_label("baogao_publisher_records_total", "outcome");
    writeln!(out, "{}", say!(lang, "records: {}", "记录：{}", list(&records)))?;
    let dead = counts.by_label("baogao_stage_messages_total", "outcome").get("dead").copied().unwrap_or(0);
    if dead > 0 {
        writeln!(out, "{}", say!(lang, "dead letters: {}", "死信：{}", dead))?;
    }
    Ok(())
}

/// `3 fetched, 1 failed`; a dash for nothing.
pub fn list(counts: &BTreeMap<String, u64>) -> String {
    if counts.is_empty() {
        return "–".to_owned();
    }
    counts.iter().map(|(name, count)| format!("{count} {name}")).collect::<Vec<_>>().join(", ")
}
