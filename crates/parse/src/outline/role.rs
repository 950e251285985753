//! What a section is for, from the cues of its heading or first words.

use super::marker::Class;
use crate::charset::CharSet;
use crate::date::find_dates;
use crate::trie::Trie;
use crate::words;
use baogao_model::report::Role;
use std::sync::LazyLock;

/// What headings say of the roles of their sections. Of several the first counts.
const CUES: &[(Role, &[&str])] = &[
    (Role::Glossary, &["名词解释", "词语解释", "短语说明", "名词说明", "术语解释", "注释"]),
    (Role::Review, &["回顾", "工作总结", "完成情况", "执行情况", "取得的成绩"]),
    (
        Role::SelfBuilding,
        &[
            "自身建设",
            "满意的政府",
            "满意政府",
            "服务型政府",
            "法治政府",
            "廉洁政府",
            "效能政府",
            "为民务实清廉",
            "政府建设",
        ],
    ),
    (Role::OverallRequirements, &["总体安排", "工作总体"]),
    (
        Role::Tasks,
        &[
            "重点工作",
            "工作的建议",
            "主要工作",
            "工作安排",
            "工作意见",
            "工作建议",
            "工作重点",
            "工作打算",
            "主要任务",
            "工作任务",
            "工作举措",
        ],
    ),
    (Role::OverallRequirements, &["总体要求", "指导思想", "总体部署", "基本原则", "基本思路"]),
    (Role::Targets, &["目标"]),
    (Role::OverallRequirements, &["总体思路", "工作思路", "总体考虑"]),
    (Role::Tasks, &["工作部署", "任务"]),
    (Role::Situation, &["形势", "机遇和挑战", "机遇与挑战"]),
    (Role::Problems, &["困难和问题", "存在的问题", "存在问题", "主要问题"]),
];

/// Words that a heading begins with that looks back, whatever work it names.
const PAST: [&str; 6] = ["过去", "一年来", "五年来", "四年来", "三年来", "去年"];

/// Whether the first of the headings of the parts names the work or aims of a year, and a later one those
/// of the next: 2009年主要工作 before 2010年工作安排 looks back. The work of a year looks back from that of 今年,
/// too, and so does that of the year before the one that a report delivered then plans (`planned`), whatever
/// follows; aims of a year may be this year's.
pub fn first_looks_back(mut headings: impl Iterator<Item = String>, planned: Option<i32>) -> bool {
    let Some(first) = headings.next() else { return false };
    let role = of_heading(&first).filter(|role| matches!(role, Role::Tasks | Role::Targets));
    let (Some(role), Some(year)) = (role, last_year(&first)) else { return false };
    if role == Role::Tasks && planned == Some(year + 1) {
        return true;
    }
    headings.any(|heading| {
        role == Role::Tasks && heading.contains("今年") || last_year(&heading).is_some_and(|later| later == year + 1)
    })
}

/// The last year that a heading names.
fn last_year(heading: &str) -> Option<i32> {
    let chars: Vec<char> = heading.chars().collect();
    find_dates(&chars).iter().map(|date| date.year).max()
}

/// The role that a heading tells by itself.
pub fn of_heading(heading: &str) -> Option<Role> {
    /// The cues with their places in the table.
    static PLACES: LazyLock<Trie<usize>> = LazyLock::new(|| {
        let mut places = Trie::default();
        for (place, (_, cues)) in CUES.iter().enumerate() {
            for cue in *cues {
                places.entry(cue.chars()).get_or_insert(place);
            }
        }
        places
    });
    let cues = heading.char_indices().flat_map(|(at, _)| PLACES.prefixes(heading[at..].chars()));
    match CUES[cues.map(|(_, &place)| place).min()?].0 {
        Role::Review => Some(review(heading)),
        // 过去五年的主要工作, 一年来的重点工作.
        Role::Tasks | Role::Targets if PAST.iter().any(|word| heading.starts_with(word)) => Some(review(heading)),
        role => Some(role),
    }
}

/// Which kind of review a heading names: one that begins with a year reviews that year, whatever
/// else it adds.
fn review(heading: &str) -> Role {
    let begins_with_year = heading.chars().take(4).filter(char::is_ascii_digit).count() == 4
        || heading.starts_with("过去一年")
        || heading.starts_with("过去的一年");
    let long = ["五年", "四年", "三年", "本届", "时期", "“十", "以来"].iter().any(|cue| heading.contains(cue));
    if long && !begins_with_year { Role::FiveYearReview } else { Role::Review }
}

/// The role of a section from its own heading, its parent's role and its mark.
pub fn of_section(heading: &str, parent: Option<Role>, class: Option<Class>) -> Role {
    if let Some(parent @ (Role::Review | Role::FiveYearReview)) = parent {
        // What a review says of itself stays one; it may turn from the term to its last year.
        return match of_heading(heading) {
            Some(role @ (Role::Problems | Role::Thanks)) => role,
            _ if ["五年", "四年", "时期", "本届"].iter().any(|cue| heading.contains(cue)) => {
                Role::FiveYearReview
            }
            _ => parent,
        };
    }
    match (of_heading(heading), parent) {
        (Some(Role::Targets), Some(Role::Tasks)) => Role::Targets,
        (Some(role @ (Role::SelfBuilding | Role::Problems | Role::Glossary)), _) => role,
        (Some(role), None) => role,
        // What is numbered below requirements and targets says how to reach them.
        (_, Some(Role::OverallRequirements)) if class == Some(Class::ChineseBracket) => Role::Tasks,
        (_, Some(Role::Targets)) if !matches!(class, None | Some(Class::Dash | Class::Bullet)) => Role::Tasks,
        (_, Some(parent)) => parent,
        (None, None) => Role::Other,
    }
}

/// The role of a top section whose heading tells none, from the one before it: parts behind the
/// plan are tasks, a part before it is a review.
pub fn of_untold_part(before: Option<Role>, is_first: bool) -> Role {
    match before {
        None if is_first => Role::Review,
        None => Role::Other,
        Some(Role::Glossary) => Role::Glossary,
        Some(_) => Role::Tasks,
    }
}

/// The role that a paragraph without a heading carries, from its first words.
pub fn of_paragraph(start: &[char], whole: &[char]) -> Option<Role> {
    const PROBLEMS: &[&str] = &[
        "清醒地看到",
        "清醒看到",
        "清醒认识",
        "清醒地认识",
        "困难和问题",
        "困难与问题",
        "问题和不足",
        "不足和问题",
        "困难和挑战",
        "还存在一些",
        "还存在不少",
    ];
    static PROBLEMS_BEGIN: CharSet = CharSet::new(&['清', '困', '问', '不', '还']);
    if any_at(start, &PROBLEMS_BEGIN, |rest| words::starts_with_any(rest, PROBLEMS)) {
        return Some(Role::Problems);
    }
    const THANKS: &[&str] = &["衷心的感谢", "衷心感谢", "崇高的敬意", "崇高敬意"];
    if words::contains_any(whole, THANKS) {
        return Some(Role::Thanks);
    }
    static TARGETS_BEGIN: CharSet = CharSet::new(&['目']);
    if any_at(start, &TARGETS_BEGIN, |rest| states(rest, &["目标"])) {
        return Some(Role::Targets);
    }
    const REQUIREMENTS: &[&str] = &["总体要求", "指导思想", "总体思路", "基本思路"];
    static REQUIREMENTS_BEGIN: CharSet = CharSet::new(&['总', '指', '基']);
    if any_at(start, &REQUIREMENTS_BEGIN, |rest| states(rest, REQUIREMENTS)) {
        return Some(Role::OverallRequirements);
    }
    None
}

/// Whether `holds` is true of the rest of `text` from one of the characters of `begin` on.
fn any_at(text: &[char], begin: &CharSet, holds: impl Fn(&[char]) -> bool) -> bool {
    text.iter().enumerate().any(|(at, &c)| begin.holds(c) && holds(&text[at..]))
}

/// Whether a text begins with one of the words and says what it is: 预期目标是…, 总体要求：….
fn states(text: &[char], names: &[&str]) -> bool {
    names.iter().any(|name| {
        let Some(behind) = words::strip_prefix(text, name) else { return false };
        matches!(behind.first(), Some(':' | '是' | '为')) || words::starts_with_any(behind, &["建议", "初步", "安排"])
    })
}
