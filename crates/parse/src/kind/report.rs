//! The signs of a report, and which kind of report it is.

use super::{Case, Judgement};
use baogao_model::report::{Kind, Level, Role, Section};

/// A report's score from here on.
const REPORT: f64 = 0.5;

/// Words that say a text is not the one delivered, but one on its way there.
const DRAFTS: [&str; 13] = [
    "征求意见稿",
    "讨论稿",
    "审议稿",
    "协商稿",
    "送审稿",
    "草案)",
    "(草案",
    "初稿",
    "修改稿",
    "意见稿",
    "会议稿",
    "送阅稿",
    "稿)",
];

/// Words that say a text is part of a report.
pub const EXTRACTS: [&str; 9] = ["摘要", "摘登", "节选", "要点", "摘录", "摘编", "摘自", "节录", "选登"];

/// Bodies that run a zone, and what zones are called.
const ZONE_BODIES: [&str; 5] = ["管委会", "管理委员会", "党工委", "工委、管委", "办事处党工委"];
const ZONES: [&str; 16] = [
    "经济区",
    "港区",
    "新城管",
    "开发区",
    "高新区",
    "经开区",
    "高新技术产业",
    "新区",
    "度假区",
    "示范区",
    "园区",
    "产业园",
    "保税区",
    "风景区",
    "合作区",
    "试验区",
];

/// Judges by the sum of signs.
pub fn judge(case: &Case<'_>, sections: &[Section], has_closing: bool) -> Judgement {
    let zone = is_zone(case);
    let (score, mut reasons) = score(case, sections, has_closing, zone);
    if score < REPORT {
        reasons.push("too_few_signs".to_owned());
        return Judgement { kind: Kind::Other, score: 1.0 - score, reasons };
    }
    let kind = variant(case, zone, &mut reasons);
    Judgement { kind, score, reasons }
}

/// The signs of a report and their sum, 0 to 1.
fn score(case: &Case<'_>, sections: &[Section], has_closing: bool, is_zone: bool) -> (f64, Vec<String>) {
    let mut score: f64 = 0.0;
    let mut reasons = Vec::new();
    let mut sign = |holds: bool, weight: f64, code: &str| {
        if holds {
            score += weight;
            reasons.push(code.to_owned());
        }
    };
    let head = case.head;
    let is_titled = case.title.contains("政府工作报告") || case.names.iter().any(|name| names_report(name));
    sign(is_titled, 0.4, "title");
    sign(is_titled && EXTRACTS.iter().any(|words| is_extract(case, words)), 0.15, "extract_title");
    sign(head.region.is_some(), 0.05, "region");
    sign(!is_titled && case.names.iter().any(|name| names_work(name)), 0.15, "title_report");
    sign(is_zone && !is_titled && case.names.iter().any(|name| names_work(name)), 0.25, "zone_title");
    sign(head.meeting.is_some(), 0.2, "session");
    sign(case.zone.salutation, 0.15, "salutation");
    sign(case.zone.opening, 0.15, "opening");
    sign(head.speaker.is_some(), 0.1, "speaker");
    let has = |roles: &[Role]| sections.iter().any(|section| roles.contains(&section.role));
    sign(has(&[Role::Review, Role::FiveYearReview]), 0.1, "review");
    sign(has(&[Role::Tasks, Role::Targets, Role::OverallRequirements]), 0.1, "plan");
    sign(has(&[Role::SelfBuilding]), 0.05, "self_building");
    sign(sections.len() >= 3, 0.1, "outline");
    sign(has_closing, 0.05, "closing");
    sign(case.text.len() >= 4000, 0.1, "length");
    // A law of a session, or any long text in numbered parts, has the signs that are left.
    let is_addressed = is_titled || case.zone.salutation || case.zone.opening || has_closing;
    if !is_addressed && !case.names.iter().any(|name| names_work(name)) {
        score = score.min(0.4);
        reasons.push("not_addressed".to_owned());
    }
    if prose(case) < MIN_PROSE {
        score = score.min(0.2);
        reasons.push("too_short".to_owned());
    }
    (score.clamp(0.0, 1.0), reasons)
}

/// Fewer characters of prose than this are no report, nor part of one.
const MIN_PROSE: usize = 120;

/// The characters in lines that are sentences; lists of links have none.
fn prose(case: &Case<'_>) -> usize {
    let is_prose = |line: &&std::ops::Range<usize>| {
        let is_body = line.start >= case.zone.end;
        case.text.folded[(*line).clone()].iter().any(|c| matches!(c, '。' | ';') || (is_body && *c == ','))
    };
    case.text.lines.iter().filter(|line| line.len() >= 12).filter(is_prose).map(ExactSizeIterator::len).sum()
}

/// Whether a line is a report's name: 政府工作报告 with nothing behind it, or what says which version
/// of it this is.
fn names_report(name: &str) -> bool {
    let Some((_, behind)) = name.rsplit_once("政府工作报告") else { return false };
    let behind = behind.trim_start_matches('》');
    behind.is_empty() || behind.starts_with(['(', '[']) || EXTRACTS.iter().any(|words| behind.starts_with(words))
}

/// Whether a line names a report on the work of a whole body, and not on one matter (安全生产工作报告).
fn names_work(name: &str) -> bool {
    ["工作报告", "工作总结", "工作情况报告", "的报告"].iter().any(|words| {
        let Some((before, _)) = name.split_once(words) else { return false };
        before.is_empty()
            || before.ends_with(['年', '度', '区', '会', '府', '园', '上', '届', ')', '县', '市', '乡', '镇'])
    })
}

/// Whether the document is that of a zone: its region is one, or a zone's committee reports and no
/// congress is mentioned.
fn is_zone(case: &Case<'_>) -> bool {
    if case.head.meeting.is_some() {
        return false;
    }
    let by_region = case.head.region.as_ref().and_then(|region| region.level) == Some(Level::Zone);
    let is_body = |words: &&'static str| case.is_named(words) || case.opening.contains(*words);
    by_region || (ZONE_BODIES.iter().any(is_body) && ZONES.iter().any(is_body))
}

/// Which kind of report it is.
fn variant(case: &Case<'_>, is_zone: bool, reasons: &mut Vec<String>) -> Kind {
    let near: String = case.start.chars().take(120).collect();
    let near_title = |words: &str| case.title.contains(words) || near.contains(words);
    if let Some(words) = DRAFTS.iter().find(|words| case.title.contains(**words) || calls_draft(&near, words)) {
        reasons.push(format!("draft:{words}"));
        return Kind::Draft;
    }
    if let Some(words) = EXTRACTS.iter().find(|words| is_extract(case, words)) {
        reasons.push(format!("extract:{words}"));
        return Kind::Extract;
    }
    if near_title("年鉴") || near_title("特载") {
        reasons.push("yearbook".to_owned());
        return Kind::Yearbook;
    }
    if is_zone {
        reasons.push("zone".to_owned());
        return Kind::ZoneReport;
    }
    Kind::Report
}

/// Whether `words` stand in the beginning of the text and not behind the name of a plan that is handed
/// in with the report: 《…规划纲要(草案)》一并审议.
fn calls_draft(near: &str, words: &str) -> bool {
    near.match_indices(words).any(|(at, _)| {
        let name = near[..at].trim_end_matches(['(', '》']);
        !["纲要", "规划", "计划", "预算"].iter().any(|plan| name.ends_with(plan))
    })
}

/// Whether a line of the head that names a report, or one in brackets, says that this is part of it.
fn is_extract(case: &Case<'_>, words: &str) -> bool {
    case.names
        .iter()
        .filter(|name| name.contains(words))
        .any(|name| name.contains("报告") || name.trim_start_matches(['(', '[', '—', '【']).starts_with(words))
}
