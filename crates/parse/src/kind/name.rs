//! What a document calls itself.

use super::{Case, Judgement};
use baogao_model::report::Kind;

/// Names of other documents, by their kind. The first that fits decides; more special ones first.
const NAMES: &[(&str, Kind)] = &[
    ("法治政府建设年度报告", Kind::Disclosure),
    ("法治政府建设情况", Kind::Disclosure),
    ("法治政府建设工作", Kind::Disclosure),
    ("法治政府建设报告", Kind::Disclosure),
    ("依法行政工作报告", Kind::Disclosure),
    ("依法行政工作情况", Kind::Disclosure),
    ("预算执行情况", Kind::Budget),
    ("预算完成情况", Kind::Budget),
    ("预算执行和", Kind::Budget),
    ("预算草案", Kind::Budget),
    ("预算(草案", Kind::Budget),
    ("预算调整", Kind::Budget),
    ("预算安排", Kind::Budget),
    ("预算报告", Kind::Budget),
    ("财政预算", Kind::Budget),
    ("财政决算", Kind::Budget),
    ("决算草案", Kind::Budget),
    ("决算的报告", Kind::Budget),
    ("决算(草案", Kind::Budget),
    ("社会发展计划", Kind::Plan),
    ("发展计划执行情况", Kind::Plan),
    ("计划执行情况", Kind::Plan),
    ("发展计划草案", Kind::Plan),
    ("社会发展第", Kind::Plan),
    ("五年规划纲要", Kind::Plan),
    ("五年计划纲要", Kind::Plan),
    ("人民法院工作报告", Kind::Court),
    ("法院工作报告", Kind::Court),
    ("检察院工作报告", Kind::Procuratorate),
    ("纪律检查委员会", Kind::Party),
    ("纪委工作报告", Kind::Party),
    ("人大常委会工作报告", Kind::StandingCommittee),
    ("常务委员会工作报告", Kind::StandingCommittee),
    ("常委会工作报告", Kind::StandingCommittee),
    ("主席团工作报告", Kind::StandingCommittee),
    ("党委工作报告", Kind::Party),
    ("县委工作报告", Kind::Party),
    ("市委工作报告", Kind::Party),
    ("区委工作报告", Kind::Party),
    ("旗委工作报告", Kind::Party),
    ("州委工作报告", Kind::Party),
    ("省委工作报告", Kind::Party),
    ("党代会报告", Kind::Party),
    ("次党代会", Kind::Party),
];

/// How a year's report on open government ends, behind 信息公开 or 政务公开.
const DISCLOSURES: [&str; 10] = [
    "工作情况年度报告",
    "工作年度报告",
    "年度工作报告",
    "年度报告",
    "工作报告",
    "工作年报",
    "年报",
    "工作总结",
    "工作情况报告",
    "情况年度报告",
];

/// The kind that a document's own name, speaker, or opening gives away.
pub fn of_others(case: &Case<'_>) -> Option<Judgement> {
    let by_name = by_name(case);
    if by_name.is_some() || case.opens_as_government() {
        return by_name;
    }
    by_congress(case).or_else(|| by_office(case)).or_else(|| by_opening(case))
}

/// By its own name. A name of another report counts on any line of the head, since a site's
/// heading may say 政府工作报告 above it; it must be a name there and no list of the agenda.
fn by_name(case: &Case<'_>) -> Option<Judgement> {
    for (at, name) in case.names.iter().enumerate() {
        let is_title = at == 0;
        let closes = ["报告", "草案", "说明", "书面)", "摘要)", "年报", "方案", "草案)", "稿)", "计划"];
        if !is_title
            && (case.opens_as_government()
                || name.contains("政府工作报告")
                || !closes.iter().any(|end| name.ends_with(end)))
        {
            continue;
        }
        if is_about(name) && !name.ends_with("说明") {
            continue;
        }
        if disclosure(name) {
            return Some(Judgement::new(Kind::Disclosure, 0.95, "title:信息公开".to_owned()));
        }
        // A court's 2011年工作报告 has the year between the two.
        let bare: String = without_years(name);
        if let Some((words, kind)) = NAMES.iter().find(|(words, _)| name.contains(words) || bare.contains(words)) {
            return Some(Judgement::new(*kind, 0.95, format!("title:{words}")));
        }
        let bodies = [
            ("人民法院", Kind::Court),
            ("检察院", Kind::Procuratorate),
            ("人大常委会", Kind::StandingCommittee),
            ("代表大会常务委员会", Kind::StandingCommittee),
        ];
        for (body, kind) in bodies {
            // 在…常委会第四十次会议上 only says where.
            if name.contains(body) && name.contains("报告") && !name.contains("会议上") {
                return Some(Judgement::new(kind, 0.9, format!("title:{body}")));
            }
        }
    }
    None
}

/// Whether a name is that of a report on open government.
fn disclosure(name: &str) -> bool {
    let bare = without_years(name);
    ["信息公开", "政务公开"].iter().any(|what| {
        let behind = bare.split(what).skip(1);
        behind.into_iter().any(|rest| DISCLOSURES.iter().any(|end| rest.starts_with(end)))
    })
}

/// A name without its years: 2011年工作报告 is 工作报告, 2018年度报告 is 报告.
fn without_years(name: &str) -> String {
    let is_number = |c: char| c.is_ascii_digit() || "〇○零一二三四五六七八九".contains(c);
    let mut bare = String::with_capacity(name.len());
    let mut rest = name;
    while let Some(at) = rest.find('年') {
        let before = &rest[..at];
        let cut = before.trim_end_matches(is_number);
        let behind = &rest[at + '年'.len_utf8()..];
        if before[cut.len()..].chars().count() == 4 {
            bare.push_str(cut);
            rest = behind.strip_prefix('度').unwrap_or(behind);
            continue;
        }
        bare.push_str(before);
        bare.push('年');
        rest = behind;
    }
    bare + rest
}

/// A report to a congress or a plenary session of the party.
fn by_congress(case: &Case<'_>) -> Option<Judgement> {
    let party = |name: &&String| {
        name.contains("党员代表大会")
            || (name.contains("中国共产党") || name.contains("中共")) && name.contains("代表大会")
            || (name.contains("中共") && name.contains("委员会") && name.contains("报告"))
            || (["县委", "市委", "区委", "省委", "旗委", "州委", "党委"].iter().any(|body| name.contains(body))
                && (name.contains("全体会议") || name.contains("全会") || name.contains("全体(扩大)会议")))
    };
    let name = case.names.iter().find(party)?;
    (!is_about(name) && !case.title.contains("政府工作报告"))
        .then(|| Judgement::new(Kind::Party, 0.9, "party_congress".to_owned()))
}

/// By the office of who speaks.
fn by_office(case: &Case<'_>) -> Option<Judgement> {
    if case.title.contains("政府工作报告") {
        return None;
    }
    for name in case.names.iter().filter(|name| name.chars().count() <= 40 && !is_about(name)) {
        let kind = if name.contains("法院") && name.contains("院长") {
            Kind::Court
        } else if name.contains("检察长") {
            Kind::Procuratorate
        } else {
            continue;
        };
        return Some(Judgement::new(kind, 0.85, "office".to_owned()));
    }
    None
}

/// By what the first sentences say is reported on, and for whom.
fn by_opening(case: &Case<'_>) -> Option<Judgement> {
    if case.title.contains("政府工作报告") {
        return None;
    }
    let subjects = [
        ("向大会报告法院工作", Kind::Court),
        ("报告法院工作", Kind::Court),
        ("报告检察工作", Kind::Procuratorate),
        ("报告常委会工作", Kind::StandingCommittee),
        ("提出的预算", Kind::Budget),
        ("预算执行情况", Kind::Budget),
        ("计划执行情况", Kind::Plan),
    ];
    let by_subject = subjects.iter().find(|(words, _)| case.start.contains(words) && case.zone.salutation);
    if let Some((words, kind)) = by_subject {
        return Some(Judgement::new(*kind, 0.8, format!("opening:{words}")));
    }
    let principal = principal(&case.opening)?;
    let bodies = [
        ("法院", Kind::Court),
        ("检察院", Kind::Procuratorate),
        ("人大常委会", Kind::StandingCommittee),
        ("大会常务委员会", Kind::StandingCommittee),
        ("人大主席团", Kind::StandingCommittee),
        ("大会主席团", Kind::StandingCommittee),
        ("中共", Kind::Party),
        ("中国共产党", Kind::Party),
        ("县委", Kind::Party),
        ("市委", Kind::Party),
        ("区委", Kind::Party),
        ("省委", Kind::Party),
        ("旗委", Kind::Party),
        ("州委", Kind::Party),
        ("镇党委", Kind::Party),
        ("乡党委", Kind::Party),
    ];
    let (words, kind) = bodies.iter().find(|(words, _)| principal.contains(words))?;
    Some(Judgement::new(*kind, 0.8, format!("opening:{words}")))
}

/// In whose name the first sentence speaks: 我代表…向大会, 受…委托. None where a government or the
/// committee of a zone is among them.
fn principal(opening: &str) -> Option<&str> {
    let window: usize = opening.char_indices().nth(120).map_or(opening.len(), |(at, _)| at);
    let opening = &opening[..window];
    let behind = |start: &str| opening.find(start).map(|at| &opening[at + start.len()..]);
    let represented = ["我代表", "我谨代表"]
        .iter()
        .find_map(|start| behind(start))
        .map(|rest| rest.split(['向', ',', '作', '。']).next().unwrap_or(rest));
    let commissioned = || behind("受")?.split_once("委托").map(|(body, _)| body);
    let principal = represented.or_else(commissioned)?;
    let is_government = principal.contains("政府") || principal.contains("工委") || principal.contains("管委");
    (!is_government && principal.chars().count() <= 40).then_some(principal)
}

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
    ("分解表", Kind::Other),
    ("完成情况", Kind::Other),
    ("落实情况", Kind::Other),
    ("进展情况", Kind::Other),
    ("统计公报", Kind::Other),
    ("述职", Kind::Other),
    ("主持词", Kind::Other),
    ("发言", Kind::Other),
    ("讲话", Kind::Other),
    ("议程", Kind::Other),
    ("日程", Kind::Other),
    ("范文", Kind::Other),
    ("写作", Kind::Other),
    ("目录", Kind::Other),
    ("试题", Kind::Other),
    ("名词解释", Kind::Other),
    ("解读", Kind::News),
    ("一图", Kind::News),
    ("图解", Kind::News),
    ("图说", Kind::News),
    ("数说", Kind::News),
    ("数读", Kind::News),
    ("划重点", Kind::News),
    ("关键词", Kind::News),
    ("侧记", Kind::News),
    ("综述", Kind::News),
    ("社论", Kind::News),
    ("评论员", Kind::News),
    ("审议", Kind::News),
    ("热议", Kind::News),
    ("热烈反响", Kind::News),
    ("讨论", Kind::News),
    ("开幕", Kind::News),
    ("闭幕", Kind::News),
    ("举行", Kind::News),
    ("召开", Kind::News),
    ("亮点", Kind::News),
    ("看点", Kind::News),
    ("速览", Kind::News),
    ("速读", Kind::News),
    ("起草", Kind::News),
    ("作政府工作报告", Kind::News),
    ("记者", Kind::News),
    ("征求", Kind::Other),
    ("征集", Kind::Other),
    ("意见建议", Kind::Other),
];

/// Whether a name is that of something about another document.
fn is_about(name: &str) -> bool {
    about_words(name).is_some()
}

/// The first of the words in a title that make it one about a report. The word for a draft does not.
fn about_words(name: &str) -> Option<&'static (&'static str, Kind)> {
    let mut own = name.to_owned();
    for draft in ["征求意见稿", "征求意见", "讨论稿", "审议稿", "工作安排"] {
        own = own.replace(draft, "");
    }
    ABOUT.iter().find(|(words, _)| own.contains(words))
}

/// Whether a title is that of a chapter in a novel: 第八十八章.
fn is_chapter(name: &str) -> bool {
    let numeral = |c: char| c.is_ascii_digit() || "零一二三四五六七八九十百千".contains(c);
    name.split('第').skip(1).any(|rest| {
        let behind = rest.trim_start_matches(numeral);
        behind.len() < rest.len() && behind.starts_with(['章', '回'])
    })
}

/// The kind of a document whose title is about a report, unless the report itself stands below.
pub fn about(case: &Case<'_>) -> Option<Judgement> {
    // Without a title the first line is one, unless a report opens below it.
    let own = case.names.iter().find(|name| !name.is_empty())?;
    if case.title.is_empty() && case.zone.opening {
        return None;
    }
    if is_chapter(own) {
        return Some(Judgement::new(Kind::Other, 0.9, "chapter".to_owned()));
    }
    // A caption may stand for the title of an extract: 市长作政府工作报告(摘要).
    if super::report::EXTRACTS.iter().any(|words| own.contains(&format!("报告({words}"))) {
        return None;
    }
    let is_there = case.zone.salutation && case.zone.opening && case.head.meeting.is_some();
    match about_words(own) {
        Some((words, kind)) if !is_there => Some(Judgement::new(*kind, 0.9, format!("title:{words}"))),
        _ => None,
    }
}
