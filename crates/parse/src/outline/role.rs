//! What a section is for, from the cues of its heading or first words.

use super::marker::Class;
use crate::words;
use baogao_model::report::Role;

/// The role that a heading tells by itself.
pub fn of_heading(heading: &str) -> Option<Role> {
    let has = |cues: &[&str]| cues.iter().any(|cue| heading.contains(cue));
    if has(&["名词解释", "词语解释", "短语说明", "名词说明", "术语解释", "注释"]) {
        return Some(Role::Glossary);
    }
    if has(&["回顾", "工作总结", "完成情况", "执行情况", "取得的成绩"]) {
        return Some(review(heading));
    }
    if has(&[
        "自身建设",
        "满意的政府",
        "满意政府",
        "服务型政府",
        "法治政府",
        "廉洁政府",
        "效能政府",
        "为民务实清廉",
        "政府建设",
    ]) {
        return Some(Role::SelfBuilding);
    }
    if has(&["总体安排", "工作总体"]) {
        return Some(Role::OverallRequirements);
    }
    if has(&[
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
    ]) {
        return Some(Role::Tasks);
    }
    if has(&["总体要求", "指导思想", "总体部署", "基本原则", "基本思路"]) {
        return Some(Role::OverallRequirements);
    }
    if heading.contains("目标") {
        return Some(Role::Targets);
    }
    if has(&["总体思路", "总体考虑"]) {
        return Some(Role::OverallRequirements);
    }
    if has(&["工作部署", "任务"]) {
        return Some(Role::Tasks);
    }
    if has(&["形势", "机遇和挑战", "机遇与挑战"]) {
        return Some(Role::Situation);
    }
    if has(&["困难和问题", "存在的问题", "存在问题", "主要问题"]) {
        return Some(Role::Problems);
    }
    None
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
pub fn of_paragraph(start: &str, whole: &[char]) -> Option<Role> {
    let begins = |cues: &[&str]| cues.iter().any(|cue| start.contains(cue));
    if begins(&[
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
    ]) {
        return Some(Role::Problems);
    }
    let thanks = whole.iter().enumerate().any(|(at, &c)| match c {
        '衷' => words::starts_with_any(&whole[at..], &["衷心的感谢", "衷心感谢"]),
        '崇' => words::starts_with_any(&whole[at..], &["崇高的敬意", "崇高敬意"]),
        _ => false,
    });
    if thanks {
        return Some(Role::Thanks);
    }
    if states(start, "目标") {
        return Some(Role::Targets);
    }
    if ["总体要求", "指导思想", "总体思路", "基本思路"].iter().any(|words| states(start, words)) {
        return Some(Role::OverallRequirements);
    }
    None
}

/// Whether a start says what something is: 预期目标是…, 总体要求：….
fn states(start: &str, words: &str) -> bool {
    start.match_indices(words).any(|(at, _)| {
        let behind: String = start[at + words.len()..].chars().take(5).collect();
        behind.starts_with([':', '是', '为'])
            || behind.starts_with("建议")
            || behind.starts_with("初步")
            || behind.starts_with("安排")
    })
}
