//! The day of delivery, among the other days that a head may name.

use super::zone::find_str;
use super::{Lines, flat, meeting, speaker};
use crate::date::{DateMention, find_dates};
use crate::text::{Text, span};
use baogao_model::{Span, Warning};
use jiff::civil::Date;

/// The day of delivery.
///
/// It stands in the 题注, or on a line of its own, or in the title, or in a collector's 标题; dates
/// that a site labelled (发布时间) are none. Within the best of these places two different days
/// contradict each other, and so does a title whose day differs from the report's own.
pub(super) fn delivered_on(text: &Text<'_>, lines: &Lines<'_>, warnings: &mut Vec<Warning>) -> Option<Date> {
    let own = own_dates(text, lines);
    let in_title: Vec<Date> =
        lines.title.iter().flat_map(|title| find_dates(&flat(&title.text))).filter_map(|d| d.date).collect();
    let broken = own.iter().find(|(date, _)| date.broken);
    if let (Some((_, at)), true) = (broken, own.iter().all(|(date, _)| date.date.is_none())) {
        warnings.push(Warning::new("bad_date", "the date of delivery cannot be read").at(*at));
        return None;
    }
    let mut days: Vec<Date> = own.iter().filter_map(|(date, _)| date.date).collect();
    days.dedup();
    if days.len() > 1 {
        let list: Vec<String> = days.iter().map(ToString::to_string).collect();
        warnings.push(Warning::new("date_contradiction", format!("the head gives several days: {}", list.join(", "))));
        return None;
    }
    match (days.first(), in_title.first()) {
        (Some(&own), Some(&title)) if own != title => {
            warnings.push(Warning::new("date_contradiction", format!("the title says {title}, the head {own}")));
            None
        }
        (Some(&day), _) | (None, Some(&day)) => Some(day),
        (None, None) => {
            let labelled = lines.zone.lines.iter().find(|line| line.key == Some("标题"))?;
            find_dates(labelled.value()).into_iter().find_map(|date| date.date)
        }
    }
}

/// The dates of the 题注, or where it has none those that fill a line or follow the speaker.
fn own_dates(text: &Text<'_>, lines: &Lines<'_>) -> Vec<(DateMention, Span)> {
    let with_day = |date: &DateMention| date.date.is_some() || date.broken;
    let mut found = Vec::new();
    for (_, joined, session) in &lines.sessions {
        if is_adoption(&joined.flat) {
            continue;
        }
        // The day stands before the session or right behind it (…第四次会议 2024年1月8日).
        let window = &joined.flat[..joined.flat.len().min(session.range.end + 30)];
        found.extend(find_dates(window).into_iter().filter(with_day).map(|date| {
            let at = span(joined.offsets[date.range.start]..joined.offsets[date.range.end - 1] + 1);
            (date, at)
        }));
    }
    if !found.is_empty() {
        return found;
    }
    let mut best = 0;
    for (index, line) in lines.zone.lines.iter().enumerate().filter(|(_, line)| line.key.is_none()) {
        let dates: Vec<DateMention> = find_dates(&line.flat).into_iter().filter(with_day).collect();
        let [date] = &dates[..] else { continue };
        let rest = line.flat.len() - date.range.len();
        let signed = rest <= 40 && line.flat.len() <= 60 && speaker::find(&text.folded[line.range.clone()]).is_some();
        // ——2024年1月9日在全盟经济工作会议上: a conference where there is no congress.
        let behind = &line.flat[date.range.end..];
        let signed = signed || behind.first() == Some(&'在') && rest <= 40 && find_str(behind, "会议上").is_some();
        let clock = line.flat[date.range.end..].contains(&':');
        let signed = signed || is_signature(&line.flat, date);
        if (rest <= 4 || signed) && !clock && !is_adoption(&line.flat) {
            // 2024-01-08 on a line of its own is mostly the site's date; one in brackets, or behind
            // the speaker or the 题注, is the report's.
            let above = index.checked_sub(1).map(|above| &lines.zone.lines[above]);
            let behind_head = above.is_some_and(|above| {
                speaker::find(&text.folded[above.range.clone()]).is_some_and(|found| found.name.is_some())
                    || meeting::find(&above.flat).is_some()
            });
            let rank = match line.flat.first() {
                _ if signed || behind_head => 3,
                Some('(' | '[' | '—') => 3,
                _ if line.flat.contains(&'年') => 2,
                _ => 1,
            };
            if rank > best {
                found.clear();
                best = rank;
            }
            if rank == best {
                found.push((date.clone(), span(line.range.clone())));
            }
        }
    }
    found
}

/// Whether a line in brackets holds a date and a name: (2006年2月8日 赵一鸣).
fn is_signature(flat: &[char], date: &DateMention) -> bool {
    let [.., ')'] = flat else { return false };
    let name = &flat[date.range.end..flat.len() - 1];
    date.range.start == 1
        && flat[0] == '('
        && (2..=4).contains(&name.len())
        && name.iter().all(|c| ('\u{4e00}'..='\u{9fff}').contains(c))
        && !name.iter().any(|c| matches!(c, '社' | '报' | '网' | '讯' | '电' | '午'))
}

/// The year that the 题注 gives without a day: ——2024年1月 日在….
pub(super) fn session_year(lines: &Lines<'_>) -> Option<i32> {
    let own = lines.sessions.iter().filter(|(_, joined, _)| !is_adoption(&joined.flat));
    let mut years = own.flat_map(|(_, joined, session)| find_dates(&joined.flat[..session.range.start]));
    years.find(|date| date.date.is_none() && !date.broken).map(|date| date.year)
}

/// Whether a line tells of the adoption of the report, which is no delivery.
fn is_adoption(flat: &[char]) -> bool {
    ["批准", "通过", "发布", "印发", "记者"].iter().any(|words| find_str(flat, words).is_some())
}
