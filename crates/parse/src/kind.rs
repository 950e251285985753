//! What a document is: a report, or one of its many look-alikes.
//!
//! A score in favour of a report is summed from independent signs, each with a short code; signs
//! of other documents decide their own kinds first. A first person alone (我代表…政府) is not enough:
//! novels, budget reports and consultation speeches have it.

use crate::head::Head;
use crate::head::zone::{Zone, find_str};
use crate::text::Text;
use baogao_model::report::{Kind, Level, Role, Section};

/// A kind with how sure it is and why.
#[derive(Debug, Clone, PartialEq)]
pub struct Judgement {
    /// The kind.
    pub kind: Kind,
    /// 0 to 1.
    pub score: f64,
    /// Codes of the signs that counted.
    pub reasons: Vec<String>,
}

/// How many characters from the start are the place for a document's own name.
const START: usize = 400;

/// A report's score from here on.
const REPORT: f64 = 0.5;

/// Titles of other documents, by their kind. The first that fits decides; more special ones first.
const TITLES: &[(&str, Kind)] = &[
    ("信息公开工作年度报告", Kind::Disclosure),
    ("信息公开年度报告", Kind::Disclosure),
    ("信息公开工作报告", Kind::Disclosure),
    ("信息公开工作年报", Kind::Disclosure),
    ("法治政府建设年度报告", Kind::Disclosure),
    ("法治政府建设情况", Kind::Disclosure),
    ("财政预算执行情况", Kind::Budget),
    ("预算执行情况", Kind::Budget),
    ("预算草案", Kind::Budget),
    ("财政预算", Kind::Budget),
    ("财政决算", Kind::Budget),
    ("国民经济和社会发展计划", Kind::Plan),
    ("社会发展计划执行情况", Kind::Plan),
    ("发展计划草案", Kind::Plan),
    ("人民法院工作报告", Kind::Court),
    ("法院工作报告", Kind::Court),
    ("人民检察院工作报告", Kind::Procuratorate),
    ("检察院工作报告", Kind::Procuratorate),
    ("人大常委会工作报告", Kind::StandingCommittee),
    ("常务委员会工作报告", Kind::StandingCommittee),
    ("常委会工作报告", Kind::StandingCommittee),
    ("党委工作报告", Kind::Party),
    ("县委工作报告", Kind::Party),
    ("市委工作报告", Kind::Party),
    ("区委工作报告", Kind::Party),
    ("省委工作报告", Kind::Party),
    ("党代会报告", Kind::Party),
    ("代表大会上的报告", Kind::Party),
];

/// Words of titles that make a report's name part of something else: a notice, a resolution, a
/// breakdown of tasks, news.
const ABOUT: &[(&str, Kind)] = &[
    ("通知", Kind::Other),
    ("公告", Kind::Other),
    ("公示", Kind::Other),
    ("决议", Kind::Other),
    ("决定", Kind::Other),
    ("说明", Kind::Other),
    ("任务分解", Kind::Other),
    ("分工", Kind::Other),
    ("责任分解", Kind::Other),
    ("完成情况", Kind::Other),
    ("落实情况", Kind::Other),
    ("征求", Kind::Other),
    ("征集", Kind::Other),
    ("意见建议", Kind::Other),
    ("统计公报", Kind::Other),
    ("述职", Kind::Other),
    ("主持词", Kind::Other),
    ("议程", Kind::Other),
    ("范文", Kind::Other),
    ("解读", Kind::News),
    ("一图", Kind::News),
    ("侧记", Kind::News),
    ("审议", Kind::News),
    ("热议", Kind::News),
    ("讨论", Kind::News),
    ("开幕", Kind::News),
    ("举行", Kind::News),
    ("召开", Kind::News),
    ("摘编", Kind::News),
    ("亮点", Kind::News),
    ("速览", Kind::News),
    ("起草", Kind::News),
];

/// Judges a document.
pub fn judge(text: &Text<'_>, zone: &Zone, head: &Head, sections: &[Section], has_closing: bool) -> Judgement {
    let title = head.title.as_deref().map(squeeze).unwrap_or_default();
    let start: String = text.folded[..text.len().min(START)].iter().filter(|&&c| c != ' ').collect();
    if let Some(judgement) = by_title(&title, &start, zone, head) {
        return judgement;
    }
    if let Some(judgement) = masked(text).or_else(|| forged(text)) {
        return judgement;
    }
    if let Some(judgement) = as_news(text, &start, zone, head) {
        return judgement;
    }
    let (score, mut reasons) = report_score(text, zone, head, sections, has_closing, &title);
    if score < REPORT {
        reasons.push("too_few_signs".to_owned());
        return Judgement { kind: Kind::Other, score: 1.0 - score, reasons };
    }
    let kind = variant(&title, &start, head, &mut reasons);
    Judgement { kind, score, reasons }
}

/// The kind that a title gives away, unless the text below it is a report after all.
fn by_title(title: &str, start: &str, zone: &Zone, head: &Head) -> Option<Judgement> {
    if let Some((words, kind)) = TITLES.iter().find(|(words, _)| title.contains(words)) {
        return Some(Judgement { kind: *kind, score: 0.95, reasons: vec![format!("title:{words}")] });
    }
    // Other reports to the same congress open with what they report on.
    if !title.contains("政府工作报告") {
        let opening = [
            ("向大会报告法院工作", Kind::Court),
            ("报告法院工作", Kind::Court),
            ("报告检察工作", Kind::Procuratorate),
            ("报告常委会工作", Kind::StandingCommittee),
            ("提出的预算", Kind::Budget),
            ("预算执行情况和", Kind::Budget),
            ("计划执行情况与", Kind::Plan),
            ("计划执行情况和", Kind::Plan),
            ("我代表中共", Kind::Party),
            ("我代表中国共产党", Kind::Party),
            ("受中共", Kind::Party),
        ];
        if let Some((words, kind)) = opening.iter().find(|(words, _)| start.contains(words)) {
            return Some(Judgement { kind: *kind, score: 0.8, reasons: vec![format!("opening:{words}")] });
        }
    }
    let own_title = title.replace("征求意见稿", "").replace("工作安排", "").replace("讨论稿", "").replace("审议稿", "");
    let about = ABOUT.iter().find(|(words, _)| own_title.contains(words));
    match about {
        Some((words, kind)) if !(zone.salutation && zone.opening && head.meeting.is_some()) => {
            Some(Judgement { kind: *kind, score: 0.9, reasons: vec![format!("title:{words}")] })
        }
        _ => None,
    }
}

/// A template: years, places or figures masked with X or *.
fn masked(text: &Text<'_>) -> Option<Judgement> {
    let mut masks = 0_usize;
    let mut numbers = 0_usize;
    let chars = &text.folded;
    for at in 0..chars.len() {
        let run_starts = at == 0 || chars[at - 1] != chars[at];
        let next = chars.get(at + 1).copied().unwrap_or(' ');
        match chars[at] {
            'X' | 'x' | '×' | '*' | '＊' | '○' if run_starts => {
                let behind = chars[at..].iter().copied().find(|&c| c != chars[at]).unwrap_or(' ');
                masks += usize::from(matches!(
                    behind,
                    '年' | '市'
                        | '县'
                        | '区'
                        | '镇'
                        | '乡'
                        | '省'
                        | '亿'
                        | '万'
                        | '元'
                        | '%'
                        | '个'
                        | '.'
                        | '家'
                        | '月'
                        | '日'
                        | '届'
                        | '次'
                ));
            }
            c if c.is_ascii_digit() && !next.is_ascii_digit() => numbers += 1,
            _ => {}
        }
    }
    let share = masks as f64 / (masks + numbers).max(1) as f64;
    (masks >= 5 && share > 0.05).then(|| Judgement {
        kind: Kind::Template,
        score: (0.5 + share).min(0.99),
        reasons: vec![format!("masked:{masks}")],
    })
}

/// Phrases that a blanket replacement of words leaves behind (发展 by 开展, 回顾 by 回忆).
const SWAPPED: &[&str] = &[
    "科学开展观",
    "经济社会开展",
    "社会开展",
    "又好又快开展",
    "可持续开展",
    "高质量开展",
    "协调开展",
    "开展不平衡",
    "工作回忆",
    "开展阶段",
    "加快开展",
    "产业开展",
    "改革开展",
];

/// A copy with words swapped against detection, or one made by a machine, which decorates with
/// pictographs.
fn forged(text: &Text<'_>) -> Option<Judgement> {
    let swapped = SWAPPED.iter().filter(|words| text.source().contains(**words)).count();
    if swapped >= 2 {
        let score = (0.5 + 0.1 * swapped as f64).min(0.95);
        return Some(Judgement { kind: Kind::Rewritten, score, reasons: vec![format!("swapped:{swapped}")] });
    }
    let pictographs =
        text.chars.iter().filter(|&&c| matches!(c, '\u{1F300}'..='\u{1FAFF}' | '✅' | '✨' | '⭐')).count();
    (pictographs >= 3).then(|| Judgement {
        kind: Kind::Fake,
        score: 0.7,
        reasons: vec![format!("pictographs:{pictographs}")],
    })
}

/// News: a dateline, or a third person who reports what the report says.
fn as_news(text: &Text<'_>, start: &str, zone: &Zone, head: &Head) -> Option<Judgement> {
    if zone.salutation && zone.opening {
        return None;
    }
    let mut reasons = Vec::new();
    let mut score: f64 = 0.0;
    for words in ["本报讯", "日讯", "电(记者", "(记者", "本报记者", "新华社", "通讯员", "本网讯", "记者从"]
    {
        if start.contains(words) {
            score += 0.4;
            reasons.push("dateline".to_owned());
            break;
        }
    }
    let window = &text.folded[..text.len().min(6000)];
    let mut told = 0;
    for words in [
        "报告指出",
        "报告强调",
        "报告提出",
        "报告认为",
        "在报告中指出",
        "在报告中说",
        "作政府工作报告",
        "作了政府工作报告",
        "代表们认为",
        "代表们表示",
        "会议听取",
        "出席会议",
    ] {
        told += usize::from(find_str(window, words).is_some());
    }
    if told > 0 {
        score += 0.2 + 0.15 * told.min(3) as f64;
        reasons.push(format!("third_person:{told}"));
    }
    if text.len() < 4000 {
        score += 0.1;
    }
    let titled = head.title.as_deref().is_some_and(|title| squeeze(title).contains("政府工作报告"));
    let own_head = head.meeting.is_some() && head.speaker.is_some() && titled;
    (score >= 0.5 && !own_head).then_some(Judgement { kind: Kind::News, score: score.min(0.95), reasons })
}

/// The signs of a report and their sum, 0 to 1.
fn report_score(
    text: &Text<'_>,
    zone: &Zone,
    head: &Head,
    sections: &[Section],
    has_closing: bool,
    title: &str,
) -> (f64, Vec<String>) {
    let mut score = 0.0;
    let mut reasons = Vec::new();
    let mut sign = |holds: bool, weight: f64, code: &str| {
        if holds {
            score += weight;
            reasons.push(code.to_owned());
        }
    };
    sign(title.contains("政府工作报告"), 0.4, "title");
    sign(head.region.is_some(), 0.05, "region");
    sign(!title.contains("政府工作报告") && title.contains("工作报告"), 0.15, "title_report");
    sign(head.meeting.is_some(), 0.2, "session");
    sign(zone.salutation, 0.15, "salutation");
    sign(zone.opening, 0.15, "opening");
    sign(head.speaker.is_some(), 0.1, "speaker");
    let has = |roles: &[Role]| sections.iter().any(|section| roles.contains(&section.role));
    sign(has(&[Role::Review, Role::FiveYearReview]), 0.1, "review");
    sign(has(&[Role::Tasks, Role::Targets, Role::OverallRequirements]), 0.1, "plan");
    sign(has(&[Role::SelfBuilding]), 0.05, "self_building");
    sign(sections.len() >= 3, 0.1, "outline");
    sign(has_closing, 0.05, "closing");
    sign(text.len() >= 4000, 0.1, "length");
    // A page without paragraphs of any length holds no report.
    let longest = text.lines.iter().map(ExactSizeIterator::len).max().unwrap_or(0);
    if text.len() < 300 || longest < 60 {
        score = score.min(0.2);
        reasons.push("too_short".to_owned());
    }
    (score.clamp(0.0, 1.0), reasons)
}

/// Which kind of report it is.
fn variant(title: &str, start: &str, head: &Head, reasons: &mut Vec<String>) -> Kind {
    let near_title = |words: &str| title.contains(words) || start.chars().take(120).collect::<String>().contains(words);
    for words in ["征求意见稿", "讨论稿", "审议稿", "协商稿", "送审稿", "草案)", "(草案", "初稿", "修改稿"]
    {
        if near_title(words) {
            reasons.push(format!("draft:{words}"));
            return Kind::Draft;
        }
    }
    for words in ["(摘要", "(摘登", "(节选", "(要点", "(摘录", "摘登", "摘要)"] {
        if near_title(words) {
            reasons.push(format!("extract:{words}"));
            return Kind::Extract;
        }
    }
    if near_title("年鉴") || near_title("特载") {
        reasons.push("yearbook".to_owned());
        return Kind::Yearbook;
    }
    if head.region.as_ref().and_then(|region| region.level) == Some(Level::Zone) {
        reasons.push("zone".to_owned());
        return Kind::ZoneReport;
    }
    Kind::Report
}

/// A title folded and without blanks.
fn squeeze(title: &str) -> String {
    title.chars().map(crate::text::fold).filter(|&c| c != ' ').collect()
}
