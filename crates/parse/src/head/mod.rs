//! The head (题注): title, region, government, date, session, speaker.
//!
//! The lines before the body are a set in any order. Each field has its own reader that looks at
//! all of them; contradictions between lines end in a warning and a null.

mod delivery;
pub mod era;
pub mod meeting;
pub mod place;
pub mod region;
pub mod site;
pub mod speaker;
pub mod term;
pub mod title;
pub mod years;
pub mod zone;

use crate::date::find_dates;
use crate::text::{Text, fold};
use baogao_gazetteer::Gazetteer;
use baogao_model::Warning;
use baogao_model::report::{Level, Meeting, Region, Section, Source, Speaker};
use jiff::civil::Date;
use meeting::{Joined, Session, is_han};
use region::Place;
use site::Site;
use title::Title;
use zone::{Zone, find_str};

/// The fields of the head.
#[derive(Debug, Clone, Default)]
pub struct Head {
    /// The heading the text opens with.
    pub title: Option<String>,
    /// Whose government reports.
    pub region: Option<Region>,
    /// The government's name.
    pub government: Option<String>,
    /// The day of delivery.
    pub delivered_on: Option<Date>,
    /// The years of delivery, review and plan.
    pub years: years::Years,
    /// The session of the congress.
    pub meeting: Option<Meeting>,
    /// Who delivered it.
    pub speaker: Option<Speaker>,
}

/// What the lines of the head say, before years and region are decided.
struct Lines<'z> {
    zone: &'z Zone,
    sessions: Vec<(usize, Joined, Session)>,
    title: Option<Title>,
}

/// Reads the head. `sections` are those of the body, whose headings tell the years; `source` says which
/// site the text is from.
pub fn read(
    gazetteer: &Gazetteer,
    text: &Text<'_>,
    zone: &Zone,
    sections: &[Section],
    page_heading: Option<&str>,
    source: &Source,
    warnings: &mut Vec<Warning>,
) -> Head {
    let sessions = meeting::in_lines(&zone.lines);
    let starts: Vec<usize> = sessions.iter().map(|(line, ..)| *line).collect();
    let title = title::find(text, zone, &starts, page_heading);
    let lines = Lines { zone, sessions, title };

    let session = session(&lines, warnings);
    let delivered_on = delivery::delivered_on(text, &lines, warnings);
    let found = speaker(text, &lines, warnings);
    let title_text = lines.title.as_ref().map(|title| title.text.as_str());
    let opening: Vec<char> =
        text.folded[zone.end.min(text.len())..].iter().copied().filter(|&c| c != ' ').take(600).collect();
    let evidence = years::Evidence {
        session: delivery::session_year(&lines),
        volume: zone.lines.iter().find_map(|line| years::volume(&line.flat)),
        ..years::Evidence::collect(delivered_on, title_text, sections, &opening)
    };
    let mut years = years::decide(&evidence, warnings);
    let mut contradicted = years == years::Years::default() && (delivered_on.is_some() || evidence.reviewed.is_some());
    if let Some(year) = years.year.or(years.plan)
        && let Some(at) = era::of(text).against(year)
    {
        let message = format!("the report is dated {year}, but speaks of what is of other years");
        warnings.push(Warning::new("year_contradiction", message).at(at));
        years = years::Years::default();
        contradicted = true;
    }

    let mut place = places(gazetteer, &lines, session.as_ref(), found.as_ref(), &opening);
    place.site = Site::of(source, zone);
    let as_of = years.year.or(years.plan);
    let region = region::resolve(gazetteer, text, &place, as_of, warnings);
    let government = region.as_ref().and_then(government);
    let meeting = session.map(|session| into_meeting(session, region.as_ref()));
    let speaker = found.and_then(|found| into_speaker(found, warnings));
    Head {
        title: lines.title.map(|title| title.text),
        region,
        government,
        delivered_on: if contradicted { None } else { delivered_on },
        years,
        meeting,
        speaker,
    }
}

/// The session the head names; a collector's label counts where no line of its own does. Two lines
/// that name different sessions contradict each other.
fn session(lines: &Lines<'_>, warnings: &mut Vec<Warning>) -> Option<Session> {
    let mut own = lines.sessions.iter().map(|(_, _, session)| session);
    if let Some(first) = own.next() {
        let mut session = first.clone();
        for other in own {
            if (other.term, other.session) != (first.term, first.session) {
                let message = format!("the head names both {} and {}", first.text, other.text);
                warnings.push(Warning::new("session_contradiction", message));
                return None;
            }
            if other.place.chars().count() > session.place.chars().count() {
                session = other.clone();
            }
        }
        return Some(session);
    }
    let labelled =
        lines.zone.lines.iter().find(|line| line.key == Some("标题")).and_then(|line| meeting::find(line.value()));
    labelled.or_else(|| meeting::find(&flat(lines.title.as_ref()?.text.as_str())))
}

/// The speaker, from the stretches of the head that are neither session nor date nor title. Two
/// people in the same office contradict each other.
fn speaker(text: &Text<'_>, lines: &Lines<'_>, warnings: &mut Vec<Warning>) -> Option<speaker::Found> {
    let (named, lone) = speakers(text, lines);
    if let [first, others @ ..] = &named[..] {
        let same = |other: &&speaker::Found| other.office == first.office && other.name != first.name;
        if let Some(other) = others.iter().find(same) {
            let names = [first, other].map(|found| found.name.as_deref().unwrap_or_default());
            let message = format!("the head gives two speakers: {}, {}", names[0], names[1]);
            warnings.push(Warning::new("speaker_contradiction", message));
            return None;
        }
        return Some(first.clone());
    }
    lone.or_else(|| labelled_speaker(text, lines.zone)).filter(|found| found.name.is_some())
}

/// Everyone the head names with an office, in order, and who stands alone below a heading.
fn speakers(text: &Text<'_>, lines: &Lines<'_>) -> (Vec<speaker::Found>, Option<speaker::Found>) {
    let mut named = Vec::new();
    let mut office_only: Option<speaker::Found> = None;
    let mut after_heading = false;
    let mut lone: Option<speaker::Found> = None;
    for (index, line) in lines.zone.lines.iter().enumerate() {
        if line.key.is_some() {
            after_heading = false;
            continue;
        }
        let rest = without_session(text, lines, index);
        // 县长赵一鸣在…会议上作的政府工作报告: the speaker stands before the session in the title.
        let rest = match rest.iter().position(|&c| c == ';') {
            Some(at) if at > 0 && find_str(&rest, "作的").is_some() => {
                rest[..at - usize::from(rest[at - 1] == '在')].to_vec()
            }
            _ => rest,
        };
        let stripped: Vec<char> = trim(&rest);
        let is_heading =
            stripped.len() * 2 < line.flat.len() || lines.title.as_ref().is_some_and(|title| title.line == Some(index));
        let readable = stripped.len() <= 60 && !stripped.contains(&'。') && find_str(&stripped, "报告").is_none();
        if readable && !stripped.is_empty() {
            if let Some(mut found) = office_only.take() {
                found.name = speaker::name_from(&stripped);
                if found.name.is_some() {
                    named.push(found);
                    continue;
                }
            }
            match speaker::find(&stripped) {
                Some(found) if found.name.is_some() => named.push(found),
                Some(found) if found.before.chars().count() <= 30 => office_only = Some(found),
                _ => {}
            }
            if let (true, Some(name)) = (after_heading, speaker::lone_name(&stripped)) {
                lone.get_or_insert(speaker::Found { name: Some(name), ..speaker::Found::default() });
            }
        }
        after_heading = is_heading || (after_heading && stripped.is_empty());
    }
    (named, lone)
}

/// Who stands behind a collector's 报告人.
fn labelled_speaker(text: &Text<'_>, zone: &Zone) -> Option<speaker::Found> {
    let line = zone.lines.iter().find(|line| line.key == Some("报告人"))?;
    let printed: Vec<char> =
        text.folded[line.range.clone()].iter().copied().skip_while(|&c| c != ':').skip(1).collect();
    speaker::find(&printed)
        .or_else(|| Some(speaker::Found { name: speaker::name_from(&trim(&printed)), ..speaker::Found::default() }))
}

/// The folded characters of a line of the head, blanks kept, without its session and dates.
fn without_session(text: &Text<'_>, lines: &Lines<'_>, index: usize) -> Vec<char> {
    let line = &lines.zone.lines[index];
    let mut chars = text.folded[line.range.clone()].to_vec();
    // What is hidden may begin or end on other lines.
    let mut hide = |from: usize, to: usize| {
        let within = |at: usize| at.clamp(line.range.start, line.range.end) - line.range.start;
        chars[within(from)..within(to).max(within(from))].fill(';');
    };
    for (first, joined, session) in &lines.sessions {
        if (*first..first + joined.lines).contains(&index) {
            // From the line's start: what precedes the session is 在, dashes and the date.
            let end = joined.offsets[session.range.end - 1] + 1;
            hide(joined.offsets[session.range.start], end);
        }
    }
    for date in find_dates(&line.flat) {
        hide(line.offsets[date.range.start], line.offsets[date.range.end - 1] + 1);
    }
    chars
}

/// A stretch without what surrounds a session: dashes, 在, 上, brackets, separators, blanks.
fn trim(chars: &[char]) -> Vec<char> {
    let is_edge = |c: char| matches!(c, ' ' | ';' | '—' | '-' | '(' | ')' | '[' | ']' | ',' | ':');
    // 在 and 上 are edges where only a hidden stretch is beside them.
    let is_link = |c: char, beside: Option<&char>| matches!(c, '在' | '上') && matches!(beside, None | Some(';' | ' '));
    let mut rest = chars;
    while let [first, tail @ ..] = rest
        && (is_edge(*first) || is_link(*first, tail.first()))
    {
        rest = tail;
    }
    // The closing bracket of 赵一鸣(县长) is dropped too: the office stays.
    while let [head @ .., last] = rest
        && (is_edge(*last) || is_link(*last, head.last()))
    {
        rest = head;
    }
    // A second stretch behind the session (…会议上 县长 赵一鸣) is what is wanted.
    let parts: Vec<&[char]> = rest.split(|&c| c == ';').collect();
    let longest = parts.into_iter().max_by_key(|part| part.iter().filter(|&&c| is_han(c)).count()).unwrap_or_default();
    let is_behind_session = longest.len() < rest.len();
    let lead = longest.iter().take_while(|&&c| matches!(c, ' ' | ')') || (is_behind_session && c == '上')).count();
    longest[lead..].to_vec()
}

/// The printed places with what they say of the level.
fn places(
    gazetteer: &Gazetteer,
    lines: &Lines<'_>,
    session: Option<&Session>,
    speaker: Option<&speaker::Found>,
    opening: &[char],
) -> region::Evidence {
    let mut evidence = region::Evidence::default();
    let mut add = |place: Place, chain: place::Chain| evidence.chains.push((place, chain));
    if let Some(title) = &lines.title {
        add(Place::Title, title_place(gazetteer, &title.text));
    }
    let mut national = false;
    let mut level = None;
    if let Some(session) = session {
        national |= session.national;
        add(Place::Meeting, place::chain(gazetteer, &session.place));
        level = level.or(place::bare_level(&session.place));
    }
    if session.is_none() {
        let own = lines.zone.lines.iter().filter(|line| line.key.is_none());
        own.for_each(|line| add(Place::Meeting, conference_place(gazetteer, &line.flat)));
    }
    if let Some(found) = speaker {
        national |= found.before.ends_with("国务院") || found.office.as_deref() == Some("总理");
        let before: Vec<char> = found.before.chars().collect();
        let cut = government_at(&before).unwrap_or(before.len());
        add(Place::Speaker, place::chain_at_end(gazetteer, &before[..cut]));
        level = level.or(found.office.as_deref().and_then(office_level));
    }
    let opening = &opening[..opening.len().min(160)];
    national |= find_str(opening, "代表国务院").is_some() || find_str(opening, "受国务院").is_some();
    if let Some(at) =
        find_str(opening, "我代表").or_else(|| find_str(opening, "我受")).or_else(|| find_str(opening, "我谨代表"))
    {
        let behind = &opening[at + 1..opening.len().min(at + 60)];
        if let Some(cut) = government_at(behind) {
            let run = behind[..cut].iter().rposition(|&c| !is_han(c)).map_or(0, |at| at + 1);
            // 我代表和平区第十七届人民政府: the term is no part of the place.
            let words = without_term(&behind[run..cut]);
            let bare: String = words.iter().collect::<String>().trim_start_matches("代表").to_owned();
            level = level.or(place::bare_level(&bare));
            add(Place::Opening, place::chain_at_end(gazetteer, &words));
        }
    }
    for line in
        lines.zone.lines.iter().filter(|line| matches!(line.key, Some("发文单位" | "发文机关" | "发布机构" | "标题")))
    {
        let value = line.value();
        if let Some(cut) = government_at(value) {
            add(Place::Labelled, place::chain_at_end(gazetteer, &value[..cut]));
        }
    }
    if let Some(title) = &lines.title {
        national |= find_str(&flat(&title.text), "国务院政府工作报告").is_some();
    }
    evidence.level = level;
    evidence.national = national;
    evidence
}

/// The place of a conference that is no congress: 在云湖新区2019年工作会议上.
fn conference_place(gazetteer: &Gazetteer, line: &[char]) -> place::Chain {
    let (Some(at), Some(_)) = (find_str(line, "在"), find_str(line, "会议上")) else { return place::Chain::new() };
    let words: String = line[at + 1..].iter().take_while(|&&c| is_han(c)).collect();
    let end = ["工作会议", "经济", "党工委", "党委", "年度", "第", "干部", "三级"]
        .iter()
        .filter_map(|word| words.find(word))
        .min();
    place::chain(gazetteer, &words[..end.unwrap_or(words.len())])
}

/// Where 人民政府, 政府 or 管委会 stands.
fn government_at(chars: &[char]) -> Option<usize> {
    ["人民政府", "政府", "管理委员会", "管委会", "行政公署", "行署"]
        .iter()
        .filter_map(|words| find_str(chars, words))
        .min()
}

/// 和平区第十七届 without the term.
fn without_term(chars: &[char]) -> Vec<char> {
    match find_str(chars, "第") {
        Some(at) if chars.last() == Some(&'届') => chars[..at].to_vec(),
        _ => chars.to_vec(),
    }
}

/// The place that a title names: what stands before 政府工作报告, without year and brackets.
fn title_place(gazetteer: &Gazetteer, title: &str) -> place::Chain {
    let mut chars = flat(title);
    for date in find_dates(&chars.clone()).into_iter().rev() {
        chars.drain(date.range);
    }
    let end = government_at(&chars).or_else(|| find_str(&chars, "工作报告")).or_else(|| find_str(&chars, "工作总结"));
    let Some(end) = end else { return place::Chain::new() };
    // The congress in 在青岚县第十八届…会议上的政府工作报告 is read as a session.
    let before = &chars[..end];
    if find_str(before, "届").is_some() {
        return place::Chain::new();
    }
    // (云岭省)临澄市…, [云岭]临澄市…: a bracket before the place holds its province.
    let opens = |c: &char| matches!(c, '(' | '[' | '【');
    let closes = |c: &char| matches!(c, ')' | ']' | '】');
    let (tag, place) = match (before.iter().position(opens), before.iter().rposition(closes)) {
        (Some(open), Some(close)) if open < close => (&before[open + 1..close], &before[close + 1..]),
        _ => (&before[..0], before),
    };
    let place: Vec<char> = place.iter().copied().filter(|&c| is_han(c) || c == '·').collect();
    let chain = place::chain_at_end(gazetteer, &place);
    if !chain.is_empty() {
        return place::under(gazetteer, tag, chain);
    }
    // 高新区 in brackets behind the words.
    let behind: Vec<char> = chars[end..].iter().copied().filter(|&c| is_han(c)).collect();
    let tail: String = behind.iter().collect();
    let tail = tail.rsplit("安排").next().unwrap_or_default().to_owned();
    if tail.chars().count() <= 20 { place::chain(gazetteer, &tail) } else { place::Chain::new() }
}

/// The level that an office alone gives. 市长 and 主席 serve several.
fn office_level(office: &str) -> Option<Level> {
    match office.trim_start_matches("常务").trim_start_matches('副') {
        "省长" => Some(Level::Province),
        "州长" | "盟长" | "专员" => Some(Level::Prefecture),
        "区长" | "县长" | "旗长" => Some(Level::County),
        "乡长" | "镇长" => Some(Level::Township),
        _ => None,
    }
}

/// The name of a region's government.
fn government(region: &Region) -> Option<String> {
    let name = region.name.as_deref()?;
    Some(match region.level {
        Some(Level::Nation) => "国务院".to_owned(),
        Some(Level::Zone) => format!("{name}管理委员会"),
        Some(Level::Prefecture) if name.ends_with("地区") || name.ends_with('盟') => format!("{name}行政公署"),
        _ => format!("{name}人民政府"),
    })
}

/// The session as the record has it: its body is the region's bare name.
fn into_meeting(session: Session, region: Option<&Region>) -> Meeting {
    let body = if session.national {
        Some("全国".to_owned())
    } else {
        region
            .and_then(|region| region.name.clone())
            .or_else(|| (!place::is_bare(&session.place)).then(|| session.place.clone()))
    };
    Meeting { body, term: session.term, session: session.session, text: session.text }
}

/// The speaker as the record has him; one who is not the head of the government is warned of.
fn into_speaker(found: speaker::Found, warnings: &mut Vec<Warning>) -> Option<Speaker> {
    let name = found.name?;
    if found.office.as_deref().is_some_and(|office| office.contains('副')) {
        warnings.push(Warning::new("not_head", format!("{name} is a deputy of the head of the government")));
    }
    let acting = found.office.is_some().then_some(found.acting);
    Some(Speaker { name, office: found.office, acting })
}

/// A text folded and without blanks.
fn flat(text: &str) -> Vec<char> {
    text.chars().map(fold).filter(|&c| c != ' ' && c != '\n').collect()
}
