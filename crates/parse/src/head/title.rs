//! The heading the text opens with, as printed.

use super::zone::{HeadLine, Zone, find_str, starts_with};
use crate::text::Text;
use std::ops::Range;

/// A title and where it came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Title {
    /// As printed, without what follows a dash.
    pub text: String,
    /// The line of the head, if it stands there.
    pub line: Option<usize>,
    /// Where it stands in the text, if it does.
    pub range: Option<Range<usize>>,
}

/// The longest line that may be a title.
const MAX_TITLE: usize = 70;

/// The page's heading where there is one; else the first title line; else the slogan above the
/// subtitle ——在…会议上的政府工作报告; else what a collector labelled 标题. `sessions` are the lines that
/// begin a 题注.
pub fn find(text: &Text<'_>, zone: &Zone, sessions: &[usize], page_heading: Option<&str>) -> Option<Title> {
    if let Some(heading) = page_heading.map(str::trim).filter(|heading| !heading.is_empty()) {
        return Some(Title { text: heading.to_owned(), line: None, range: None });
    }
    own(text, zone, sessions).or_else(|| labelled(zone)).or_else(|| first_line(text, zone, sessions))
}

/// A title that stands in the report's own head.
fn own(text: &Text<'_>, zone: &Zone, sessions: &[usize]) -> Option<Title> {
    let mut weak = None;
    for (index, line) in zone.lines.iter().enumerate() {
        match strength(&line.flat) {
            _ if line.key.is_some() => {}
            Strength::None if line.flat.len() > MAX_TITLE => {
                if let Some(title) = at_start(text, line, index) {
                    return Some(title);
                }
            }
            Strength::Strong if is_subtitle(&line.flat) => {
                if let Some(slogan) = slogan_above(text, zone, index) {
                    return Some(slogan);
                }
            }
            Strength::Strong => return Some(printed(text, line, index)),
            Strength::Weak if weak.is_none() => weak = Some(printed(text, line, index)),
            _ => {}
        }
    }
    // 在…会议上的政府工作报告 with nothing above it is the title after all.
    let subtitle = || {
        let index = sessions.iter().copied().find(|&i| matches!(strength(&zone.lines[i].flat), Strength::Strong))?;
        (!starts_dash(&zone.lines[index].flat)).then(|| printed(text, &zone.lines[index], index))
    };
    weak.or_else(subtitle)
}

/// The title that begins a line which goes on with the rest of the head.
fn at_start(text: &Text<'_>, line: &HeadLine, index: usize) -> Option<Title> {
    let end = find_str(&line.flat[..MAX_TITLE], "工作报告")? + 4;
    let words = &line.flat[..end];
    if !matches!(strength(words), Strength::Strong) || find_str(words, "届").is_some() {
        return None;
    }
    let range = line.offsets[0]..line.offsets[end - 1] + 1;
    Some(Title { text: text.slice(range.clone()), line: Some(index), range: Some(range) })
}

/// How sure a line is a title.
enum Strength {
    Strong,
    Weak,
    None,
}

/// Whether a line names a work report, and nothing more.
fn strength(flat: &[char]) -> Strength {
    if flat.len() > MAX_TITLE || flat.iter().any(|&c| matches!(c, '。' | '!' | ';' | '《' | '|' | '>')) {
        return Strength::None;
    }
    for words in ["作政府工作报告", "我代表", "审议", "现在,", "各位", "听取"] {
        if find_str(flat, words).is_some() {
            return Strength::None;
        }
    }
    let string: String = flat.iter().collect();
    if string == "工作报告" {
        Strength::Weak
    } else if string.contains("工作报告") || (string.contains("工作总结") && string.contains("安排")) {
        Strength::Strong
    } else {
        Strength::None
    }
}

/// Whether a title line is only the second half of one: ——在…会议上的政府工作报告.
fn is_subtitle(flat: &[char]) -> bool {
    (starts_dash(flat) || starts_with(flat, "(") || starts_with(flat, "在")) && find_str(flat, "上的").is_some()
}

/// Whether a line begins with a dash of any length.
fn starts_dash(flat: &[char]) -> bool {
    matches!(flat.first(), Some('—' | '-'))
}

/// The line above a subtitle, if it reads like a slogan.
fn slogan_above(text: &Text<'_>, zone: &Zone, index: usize) -> Option<Title> {
    let above = index.checked_sub(1)?;
    let line = &zone.lines[above];
    let reads = line.key.is_none()
        && (4..=MAX_TITLE).contains(&line.flat.len())
        && !line.flat.iter().any(|&c| matches!(c, '。' | ':' | '|' | '>'));
    reads.then(|| printed(text, line, above))
}

/// The title of a line, cut before a dash that follows it.
fn printed(text: &Text<'_>, line: &HeadLine, index: usize) -> Title {
    let folded = &text.folded[line.range.clone()];
    let begin = folded.iter().position(|&c| c != ' ').unwrap_or(0);
    // A lone hyphen may be inside (2021-2025); a dash is not.
    let dash = (begin + 1..folded.len())
        .find(|&at| folded[at] == '—' || (folded[at] == '-' && folded.get(at + 1) == Some(&'-')));
    let range = line.range.start + begin..line.range.start + dash.or(behind_date(line)).unwrap_or(folded.len());
    Title { text: text.slice(range.clone()).trim().to_owned(), line: Some(index), range: Some(range) }
}

/// Where the date begins that follows the title on its line with the session: 政府工作报告 2020年5月10日在….
fn behind_date(line: &HeadLine) -> Option<usize> {
    let named = find_str(&line.flat, "工作报告")? + 4;
    let date = crate::date::find_dates(&line.flat).into_iter().find(|date| date.range.start >= named)?;
    let goes_on = starts_with(&line.flat[date.range.end..], "在");
    goes_on.then(|| line.offsets[date.range.start] - line.range.start)
}

/// What a collector labelled 标题.
fn labelled(zone: &Zone) -> Option<Title> {
    let line = zone.lines.iter().find(|line| line.key == Some("标题"))?;
    let value: String = line.value().iter().collect();
    let value = value.split("——").next().unwrap_or_default().split('—').next().unwrap_or_default();
    (!value.is_empty()).then(|| Title { text: value.to_owned(), line: None, range: None })
}

/// The first line of a text that has no head of a report at all: a notice, news, another report.
fn first_line(text: &Text<'_>, zone: &Zone, sessions: &[usize]) -> Option<Title> {
    if zone.salutation || !sessions.is_empty() {
        return None;
    }
    let (index, line) = zone.lines.iter().enumerate().find(|(_, line)| line.key.is_none())?;
    let reads = line.flat.len() <= MAX_TITLE && !matches!(line.flat.last(), Some('。' | ';' | ':' | ',' | '!'));
    let is_date =
        crate::date::find_dates(&line.flat).first().is_some_and(|date| date.range.len() + 4 >= line.flat.len());
    (reads && !is_date).then(|| printed(text, line, index))
}
