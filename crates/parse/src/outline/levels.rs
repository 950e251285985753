//! Which paragraphs are numbered headings or part titles, and how deep each lies.
//!
//! A mark says little by itself: 一、 is the first level in most reports and the second where
//! unnumbered part titles stand above it, which shows in 一、 starting again. So the first level is
//! found first, for the document as a whole; the deeper ones then follow within each part.

use super::marker::Class;
use super::paragraph::{Paragraph, heading_end};
use super::{Item, MAX_HEADING};
use crate::text::Text;
use crate::words;

/// A paragraph that may be a heading.
#[derive(Debug, Clone, Copy)]
struct Candidate {
    paragraph: usize,
    /// None for an unnumbered title.
    class: Option<Class>,
    value: Option<u32>,
    damaged: bool,
    level: u8,
}

/// Words that part titles are made of.
const PART_CUES: &[&str] = &[
    "回顾",
    "工作总结",
    "完成情况",
    "总体要求",
    "总体思路",
    "总体部署",
    "指导思想",
    "目标任务",
    "主要目标",
    "奋斗目标",
    "预期目标",
    "主要任务",
    "重点工作",
    "工作安排",
    "工作部署",
    "工作建议",
    "工作意见",
    "工作打算",
    "工作重点",
    "主要工作",
    "工作任务",
    "自身建设",
    "满意的政府",
    "工作设想",
    "工作思路",
    "年工作",
    "年的工作",
    "工作举措",
    "政府工作",
];

/// The numbered headings and part titles with their levels, in reading order.
pub fn items(text: &Text<'_>, paragraphs: &[Paragraph]) -> Vec<Item> {
    let mut candidates: Vec<Candidate> = Vec::new();
    for (index, paragraph) in paragraphs.iter().enumerate() {
        if let Some(candidate) = candidate(text, paragraphs, index, paragraph) {
            candidates.push(candidate);
        }
    }
    repair_slips(&mut candidates);
    if assign_first(&mut candidates) {
        adopt_titles(text, paragraphs, &mut candidates);
    }
    assign_deeper(&mut candidates);
    candidates.iter().filter(|c| (1..=4).contains(&c.level)).map(|c| item(text, &paragraphs[c.paragraph], c)).collect()
}

/// The candidate that a paragraph is, if it is one.
fn candidate(text: &Text<'_>, paragraphs: &[Paragraph], index: usize, paragraph: &Paragraph) -> Option<Candidate> {
    let Some(marker) = paragraph.marker else {
        let is_title = is_part_title(text, paragraph) && index + 1 < paragraphs.len();
        return is_title.then_some(Candidate { paragraph: index, class: None, value: None, damaged: false, level: 0 });
    };
    let content = paragraph.content(text);
    let length = heading_end(&text.folded, content, paragraph.range.end).saturating_sub(content);
    // A long first sentence behind a minor mark is an item of a list, not a heading.
    let longest = if marker.class <= Class::ChineseBracket { MAX_HEADING + 20 } else { MAX_HEADING };
    let is_item = marker.class > Class::ChineseBracket && is_list_item(text, paragraphs, index);
    ((1..=longest).contains(&length) && !is_item).then_some(Candidate {
        paragraph: index,
        class: Some(marker.class),
        value: marker.value,
        damaged: marker.damaged,
        level: 0,
    })
}

/// Whether a numbered paragraph is an item of a list, whose items semicolons part: itself ends in one, or the
/// item before does.
fn is_list_item(text: &Text<'_>, paragraphs: &[Paragraph], index: usize) -> bool {
    let ends_item = |paragraph: &Paragraph| text.folded[paragraph.range.end - 1] == ';';
    let class = |paragraph: &Paragraph| paragraph.marker.map(|marker| marker.class);
    let paragraph = &paragraphs[index];
    let before = index.checked_sub(1).map(|before| &paragraphs[before]);
    ends_item(paragraph) || before.is_some_and(|before| ends_item(before) && class(before) == class(paragraph))
}

/// Whether a paragraph without a mark is a title of a part: short, alone, unpunctuated, made of
/// the words that such titles are made of.
fn is_part_title(text: &Text<'_>, paragraph: &Paragraph) -> bool {
    let line = &text.folded[paragraph.range.clone()];
    stands_alone(line) && words::contains_any(line, PART_CUES) && !words::contains(line, "工作报告")
}

/// Whether a line is short and has no mark that a sentence or a label would have.
pub fn stands_alone(line: &[char]) -> bool {
    let length = line.iter().filter(|&&c| c != ' ').take(41).count();
    (4..=40).contains(&length)
        && !line.iter().any(|c| matches!(c, '。' | ';' | ':' | '!' | '?' | '|' | '>' | '@'))
        && !matches!(line, [.., ',' | '、'] | ['各', '位', ..])
}

/// Takes a （二） between 一、 and 三、 for the 二、 that was meant.
fn repair_slips(candidates: &mut [Candidate]) {
    let majors: Vec<usize> = (0..candidates.len())
        .filter(|&at| matches!(candidates[at].class, Some(Class::Chinese | Class::ChineseBracket)))
        .collect();
    for window in majors.windows(3) {
        let [before, at, behind] = [window[0], window[1], window[2]];
        let chinese = |at: usize| candidates[at].class == Some(Class::Chinese);
        let value = |at: usize| candidates[at].value.unwrap_or(0);
        if chinese(before)
            && !chinese(at)
            && chinese(behind)
            && value(at) > 1
            && value(before) + 1 == value(at)
            && value(at) + 1 == value(behind)
        {
            candidates[at].class = Some(Class::Chinese);
        }
    }
}

/// Gives the first level, and the second to 一、 where parts stand above it. Says whether a run of
/// 一、 was left without a part above it.
fn assign_first(candidates: &mut [Candidate]) -> bool {
    let has_parts = candidates.iter().any(|c| c.class == Some(Class::Part));
    let chinese: Vec<usize> =
        (0..candidates.len()).filter(|&at| candidates[at].class == Some(Class::Chinese)).collect();
    let first_title = candidates.iter().position(|c| c.class.is_none());
    if has_parts {
        for candidate in candidates.iter_mut() {
            candidate.level = match candidate.class {
                Some(Class::Part) => 1,
                Some(Class::Chinese) => 2,
                _ => 0,
            };
        }
        return false;
    }
    let restarts = chinese.iter().skip(1).any(|&at| candidates[at].value == Some(1));
    let title_above = match (first_title, chinese.first()) {
        (Some(title), Some(&first)) => title < first && candidates[first].value == Some(1),
        _ => false,
    };
    if !restarts && !title_above {
        // One run of 一、 is the first level; titles stand beside it only where it lacks its start.
        let lacks_start = chinese.first().is_none_or(|&at| candidates[at].value != Some(1));
        let before = chinese.first().copied().unwrap_or(candidates.len());
        for (at, candidate) in candidates.iter_mut().enumerate() {
            candidate.level = match candidate.class {
                Some(Class::Chinese) => 1,
                None if lacks_start && at < before => 1,
                _ => 0,
            };
        }
        return false;
    }
    assign_nested(candidates)
}

/// The first two levels where 一、 may be of either: a number that breaks the run, or that another
/// 一、 follows at once, is of the first.
fn assign_nested(candidates: &mut [Candidate]) -> bool {
    let tops: Vec<usize> =
        (0..candidates.len()).filter(|&at| matches!(candidates[at].class, None | Some(Class::Chinese))).collect();
    let (mut run, mut last_part, mut orphan, mut seen_part) = (0, 0, false, false);
    for (place, &at) in tops.iter().enumerate() {
        let next = tops.get(place + 1).map(|&next| candidates[next]);
        let next_restarts = next.is_some_and(|next| next.class.is_some() && next.value == Some(1));
        let current = candidates[at];
        let value = current.value.unwrap_or(0);
        let is_part = current.class.is_none()
            || current.damaged
            || next_restarts
            || (value != run + 1 && value == last_part + 1 && seen_part);
        if is_part {
            (run, seen_part) = (0, true);
            last_part = if current.class.is_some() { value } else { last_part + 1 };
            candidates[at].level = 1;
        } else {
            orphan |= value == 1 && (run > 0 || !seen_part);
            run = value;
            candidates[at].level = 2;
        }
    }
    orphan
}

/// Where a run of 一、 has no title above it, the last short line that stands alone between the
/// runs is that title, whatever its words.
fn adopt_titles(text: &Text<'_>, paragraphs: &[Paragraph], candidates: &mut Vec<Candidate>) {
    let mut adopted = Vec::new();
    let mut from = 0;
    let mut has_part = false;
    for candidate in candidates.iter().filter(|c| (1..=2).contains(&c.level)) {
        if candidate.level == 1 {
            has_part = true;
        } else if candidate.value == Some(1) && !has_part {
            let title = (from..candidate.paragraph).rev().find(|&index| {
                paragraphs[index].marker.is_none() && stands_alone(&text.folded[paragraphs[index].range.clone()])
            });
            if let Some(index) = title {
                adopted.push(Candidate { paragraph: index, class: None, value: None, damaged: false, level: 1 });
            }
        } else {
            has_part = false;
        }
        from = candidate.paragraph + 1;
    }
    candidates.extend(adopted);
    candidates.sort_by_key(|candidate| candidate.paragraph);
    candidates.dedup_by_key(|candidate| candidate.paragraph);
    if candidates.iter().all(|candidate| candidate.level != 1) {
        // No title anywhere: the runs are the first level after all.
        for candidate in candidates.iter_mut().filter(|candidate| candidate.level == 2) {
            candidate.level = 1;
        }
    }
}

/// The levels within each part.
fn assign_deeper(candidates: &mut [Candidate]) {
    let mut start = 0;
    for at in 0..=candidates.len() {
        if at == candidates.len() || candidates[at].level == 1 {
            assign_in_part(&mut candidates[start..at]);
            start = at + 1;
        }
    }
}

/// The levels of one part, its own heading left out: （一） below 一、, everything else below these.
fn assign_in_part(part: &mut [Candidate]) {
    let has_second = part.iter().any(|c| c.level == 2);
    let has_bracket = part.iter().any(|c| c.class == Some(Class::ChineseBracket));
    let bracket = if has_second { 3 } else { 2 };
    let base = match (has_second, has_bracket) {
        (true, true) => 4,
        (false, false) => 2,
        _ => 3,
    };
    let mut stack: Vec<Open> = Vec::new();
    for at in 0..part.len() {
        let Some(class) = part[at].class else { continue };
        if is_alone(part, at) {
            continue;
        }
        if part[at].level == 2 {
            stack.clear();
        } else if class == Class::ChineseBracket {
            part[at].level = bracket;
            stack.clear();
        } else {
            part[at].level = base + depth(part, at, class, &mut stack);
        }
    }
}

/// Whether a 第一 or 一是 has no second before the next major heading: a turn of phrase, no list.
fn is_alone(part: &[Candidate], at: usize) -> bool {
    let Some(class @ (Class::Ordinal | Class::Item)) = part[at].class else { return false };
    let is_major = |c: &&Candidate| matches!(c.class, None | Some(Class::Chinese | Class::ChineseBracket));
    // Neighbours of a list are near: a few headings away at most.
    let behind = part[at + 1..].iter().take(20).take_while(|c| !is_major(c));
    let before = part[..at].iter().rev().take(20).take_while(|c| !is_major(c));
    behind.chain(before).all(|other| other.class != Some(class))
}

/// A list of minor marks that is open.
struct Open {
    class: Class,
    /// Its last number.
    value: Option<u32>,
}

/// How deep a minor mark lies among minor marks: below the open list if that goes on behind it before the next
/// major heading, or if a finer list begins anew behind several of its items; else beside it.
fn depth(part: &[Candidate], at: usize, class: Class, stack: &mut Vec<Open>) -> u8 {
    let value = part[at].value;
    if let Some(open) = stack.iter().position(|open| open.class == class) {
        stack.truncate(open + 1);
        stack[open].value = value;
    } else {
        while let Some(top) = stack.last() {
            let goes_on = part[at..]
                .iter()
                .take_while(|c| c.level != 2 && c.class != Some(Class::ChineseBracket))
                .any(|c| c.class == Some(top.class));
            let is_finer = top.class < class && top.value.is_some_and(|last| last > 1) && value == Some(1);
            if goes_on || is_finer {
                break;
            }
            stack.pop();
        }
        stack.push(Open { class, value });
    }
    u8::try_from(stack.len() - 1).unwrap_or(u8::MAX / 2)
}

/// The item of a candidate.
fn item(text: &Text<'_>, paragraph: &Paragraph, candidate: &Candidate) -> Item {
    let start = paragraph.range.start;
    let content = paragraph.content(text);
    let number = start..start + paragraph.marker.map_or(0, |marker| marker.length);
    let mut heading = content..heading_end(&text.folded, content, paragraph.range.end);
    if paragraph.marker.is_none() && matches!(text.folded[heading.clone()], ['【', .., '】']) {
        heading = heading.start + 1..heading.end - 1;
    }
    Item {
        start,
        paragraph: candidate.paragraph,
        class: paragraph.marker.map(|marker| marker.class),
        number,
        heading,
        level: candidate.level,
    }
}
