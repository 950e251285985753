//! News: a dateline, or a third person who tells what a report says.

use super::{Case, Judgement};
use crate::head::zone::find_str;
use baogao_model::report::Kind;

/// Who writes news.
const DATELINES: [&str; 12] = [
    "本报讯",
    "日讯",
    "网讯",
    "网记者",
    "日报记者",
    "电(记者",
    "(记者",
    "本报记者",
    "新华社",
    "通讯员",
    "本网讯",
    "记者从",
];

/// How news tells of a report.
const TOLD: [&str; 20] = [
    "报告指出",
    "报告强调",
    "报告提出",
    "报告认为",
    "报告从",
    "在报告中指出",
    "在报告中说",
    "作政府工作报告",
    "作了政府工作报告",
    "作了题为",
    "代表们认为",
    "代表们表示",
    "代表说",
    "委员说",
    "会议听取",
    "出席会议",
    "走上报告席",
    "小编",
    "接受记者采访",
    "审议政府工作报告",
];

/// How much of a text is looked at.
const WINDOW: usize = 6000;

/// A report is not this short.
const SHORT: usize = 4000;

/// Judges by who speaks.
pub fn judge(case: &Case<'_>) -> Option<Judgement> {
    if case.zone.salutation && case.zone.opening {
        return None;
    }
    let mut reasons = Vec::new();
    let mut score: f64 = 0.0;
    if DATELINES.iter().any(|words| case.start.contains(words)) {
        score += 0.4;
        reasons.push("dateline".to_owned());
    }
    let window = &case.text.folded[..case.text.len().min(WINDOW)];
    let told = TOLD.iter().filter(|words| find_str(window, words).is_some()).count();
    if told > 0 {
        score += 0.2 + 0.15 * told.min(3) as f64;
        reasons.push(format!("third_person:{told}"));
    }
    if case.text.len() < SHORT {
        score += 0.1;
    }
    let own_head = case.head.meeting.is_some() && case.head.speaker.is_some() && case.title.contains("政府工作报告");
    (score >= 0.5 && !own_head).then_some(Judgement { kind: Kind::News, score: score.min(0.95), reasons })
}
