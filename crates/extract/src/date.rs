//! The date a page shows for its publication.
//!
//! In order of trust: the site's own `meta` elements, the place the profile names, the line between
//! title and text that looks like it, the address, a labelled line below the text. Dates in the text
//! (the day a report was delivered) are another matter.

use crate::container::Container;
use crate::dom::Dom;
use crate::element::attribute;
use crate::marks;
use crate::metadata::DateEvidence;
use crate::patterns::pattern;
use crate::profile::Profile;
use html5ever::local_name;
use jiff::civil::Date;
use regex::{Captures, Regex};
use std::ops::Range;

/// Lines looked at above the text, links not counted.
const WINDOW: usize = 40;

/// The same with links.
const REACH: usize = 400;

/// What speaks for a date that stands in lines or an element of its own.
const SET_APART: f32 = 2.5;

/// Nodes of a line that are looked at for a `time` element.
const MAX_LINE_NODES: u32 = 200;

/// Dates looked at of one line: each is judged by all that stands before it.
const MAX_IN_LINE: usize = 4;

/// The longest line that a date in boxes makes, in bytes.
const MAX_BOX: usize = 24;

/// The longest line that says how long ago something was written, in characters.
const MAX_AGO: u32 = 60;

/// The longest label in a line of its own, in characters.
const MAX_LABEL: u32 = 10;

/// Dates read of `meta` elements.
const MAX_META: usize = 8;

/// Names of `meta` elements that hold the date of publication.
const META_NAMES: &[&str] = &[
    "pubdate",
    "publishdate",
    "publish_date",
    "publish-date",
    "article:published_time",
    "weibo: article:create_at",
    "og:time",
    "datepublished",
    "apub:time",
    "firstpublishedtime",
    "publishtime",
    "publish_time",
    "bytedance:published_time",
    "dc.date",
    "og:release_date",
    "article:create_at",
];

/// When a CMS made the page, which it does again whenever its frame changes.
const META_MADE: &[&str] = &["maketime"];

// A whole date, in digits.
pattern!(DATE, r"((?:19|20)\d{2})\s?[-/.．年]\s?(\d{1,2})\s?[-/.．月]\s?(\d{1,2})(?:\s?日)?");

// A year set apart from day and time: 2024 03/02 10:20.
pattern!(SPLIT, r"((?:19|20)\d{2})\s(\d{1,2})\s?[-/]\s?(\d{1,2})\s\d{1,2}:\d{2}");

// As programs for an American locale print it: 3/12/2004 5:54:13 AM; 03-12-2004, 05:54 AM.
pattern!(AMERICAN, r"(\d{1,2})[/-](\d{1,2})[/-]((?:19|20)\d{2}),?\s\d{1,2}:\d{2}(?::\d{2})?\s?[AP]M");

// The months as blogs in English templates name them: March 2, 2019; 2 Mar 2019; Apr 3rd, 2011.
pattern!(
    IN_ENGLISH,
    r"(?i)(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?\s(\d{1,2})(?:st|nd|rd|th)?,?\s((?:19|20)\d{2})|(\d{1,2})(?:st|nd|rd|th)?\s(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?,?\s((?:19|20)\d{2})"
);

// As boards set to the Chinese locale print it: 三月 02, 2004.
pattern!(IN_CHINESE, r"(十[一二]|[一二三四五六七八九十])月\s(\d{1,2}),?\s((?:19|20)\d{2})");

// As the C library prints it: Tue Mar  2 10:20:33 2010.
pattern!(
    OF_MAIL,
    r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)\s(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\s+(\d{1,2})\s\d{1,2}:\d{2}(?::\d{2})?\s(?:[A-Z]{3,4}\s)?((?:19|20)\d{2})"
);

// A date in Chinese numerals: 二○一三年三月二日.
pattern!(
    IN_NUMERALS,
    r"([〇○零Ｏ一二三四五六七八九]{4})年([一二三四五六七八九十]{1,3})月([一二三四五六七八九十]{1,3})日"
);

// The year and the day of a date that is set in two lines.
pattern!(YEAR_LINE, r"^(?:19|20)\d{2}年?$");
pattern!(DAY_LINE, r"^\d{1,2}[-/.月]\s?\d{1,2}日?(?:$|\s)");

// A day set large beside or above its month and year, all in one line: 05 2023-04; 04-05 2023.
pattern!(DAY_FIRST, r"^([0-9]{2})日?\s?((?:19|20)[0-9]{2})\s?[-/.年]\s?([0-9]{1,2})月?$");
pattern!(YEAR_LAST, r"^([0-9]{1,2})[-/.月]([0-9]{1,2})日?\s?((?:19|20)[0-9]{2})年?$");

// A time behind a date.
pattern!(TIME_BEHIND, r"^[\sT日]{0,3}\d{1,2}[:：]\d{2}");

// What stands before the day a member joined a board.
const JOINED: [&str; 3] = ["注册", "注册时间", "注册日期"];

// What stands before a date of publication.
pattern!(LABEL, r"(?:发布|发表|更新|时间|日期|刊登|上传|创建|来源|稿源)[^:：]{0,6}[:：]?\s*$");

// What stands before the day from which a rule is valid, or until which, and before that of a citation.
pattern!(OF_OTHERS, r"(?:引用|访问|检索|实施|施行|生效|执行|失效|废止|截止|到期|终止)(?:日期|时间)?\s*[:：]?\s*$");

// What stands before the day on which a document was drawn up.
pattern!(OF_DOCUMENT, r"(?:生成|成文|印发|签发|形成|制作)(?:日期|时间)\s*[:：]?\s*$");

// A line that gives the day of publication.
pattern!(OF_PAGE, r"(?:发布|发表|公布|公开|刊登|上传)(?:日期|时间)?\s*[:：]");

// What stands before the day of an answer rather than that of what it answers.
pattern!(OF_ANSWER, r"(?:回复|答复|回信|办理|处理|受理|办结|办复)(?:日期|时间)\s*[:：]?\s*$");

// A date in an address: /2024/0513/, /2024-05/13/, /20240513/, t20240513_, /art/2024/5/13/.
pattern!(IN_ADDRESS, r"(?:^|[/_t])((?:19|20)\d{2})[-/]?(\d{2}|\d(?:[-/]))[-/]?(\d{2}|\d(?:[/_.]))(?:[/_.]|\d*\.|$)");

/// Every date of publication the page or its address shows, in order of trust.
///
/// `last` is the last of the article's own lines.
pub(crate) fn find(
    dom: &Dom,
    profile: &Profile,
    container: Option<&Container>,
    last: Option<usize>,
    path: Option<&str>,
) -> Vec<DateEvidence> {
    let mut found = from_meta(dom, META_NAMES);
    found.extend(from_profile(dom, profile));
    found.extend(from_data(dom));
    let above = from_lines_above(dom, container);
    let mut below = last.and_then(|last| from_lines_below(dom, last));
    // The day a document was drawn up says less than that of its publication, also below the text.
    if above.as_ref().is_some_and(|(_, is_of_document)| *is_of_document) {
        // What was published before it was drawn up is another page.
        let drawn_up = above.as_ref().map(|(above, _)| above.date);
        found.extend(below.take_if(|below| OF_PAGE.is_match(&below.text) && Some(below.date) >= drawn_up));
    }
    found.extend(above.map(|(above, _)| above));
    found.extend(path.and_then(|path| Some(DateEvidence::new(from_address(path)?, "address", path))));
    found.extend(below);
    found.extend(from_meta(dom, META_MADE));
    found
}

fn from_meta(dom: &Dom, names: &[&str]) -> Vec<DateEvidence> {
    let mut found = Vec::new();
    for (at, node) in dom.nodes.iter().enumerate() {
        if node.tag != local_name!("meta") || found.len() >= MAX_META {
            continue;
        }
        let Some(element) = dom.markup(at as u32) else { continue };
        let name = attribute(element, &local_name!("name"))
            .or(element.attr("property"))
            .or(element.attr("itemprop"))
            .unwrap_or_default();
        if names.iter().any(|known| name.eq_ignore_ascii_case(known))
            && let Some(content) = attribute(element, &local_name!("content"))
            && let Some(date) = first_date(content)
        {
            found.push(DateEvidence::new(date, format!("meta {name}"), content));
        }
    }
    found
}

// The date in a page's structured data (schema.org as JSON-LD), with its hour where it is that of Greenwich.
pattern!(
    IN_DATA,
    r#""datePublished"\s*:\s*"((?:19|20)\d{2})-(\d{1,2})-(\d{1,2})(?:T(\d{2}):\d{2}(?::\d{2}(?:\.\d+)?)?(Z|\+00:?00))?"#
);

// The same in a `time` element's `datetime`.
pattern!(
    IN_TIME,
    r"^\s*((?:19|20)\d{2})[-/](\d{1,2})[-/](\d{1,2})(?:[T\s](\d{2}):\d{2}(?::\d{2}(?:\.\d+)?)?(Z|\+00:?00))?"
);

/// The day as it was in China, of a date captured with its hour where that is of Greenwich.
fn day_in_china(found: &Captures<'_>) -> Option<Date> {
    let date = date_of(found)?;
    let is_next_day = found.get(5).is_some() && found[4].parse::<u8>().is_ok_and(|hour| hour >= 16);
    Some(if is_next_day { date.tomorrow().unwrap_or(date) } else { date })
}

/// The date that the page's structured data give, as it was in China.
fn from_data(dom: &Dom) -> Option<DateEvidence> {
    let scripts = dom.nodes.iter().enumerate().filter(|(_, node)| node.tag == local_name!("script"));
    for (at, node) in scripts {
        let source = (at as u32..node.end).find_map(|child| dom.text_at(child)).unwrap_or_default();
        let Some(found) = IN_DATA.captures(source) else { continue };
        let Some(date) = day_in_china(&found) else { continue };
        return Some(DateEvidence::new(date, "data", &found[0]));
    }
    None
}

fn from_profile(dom: &Dom, profile: &Profile) -> Option<DateEvidence> {
    for selector in &profile.date {
        for at in 0..dom.nodes.len() as u32 {
            if dom.nodes[at as usize].tag.is_empty() || dom.nodes[at as usize].dropped {
                continue;
            }
            let Some(element) = dom.element(at) else { continue };
            if !selector.matches(&element) {
                continue;
            }
            // Discuz writes "3 天前" and puts the date into the title attribute.
            let mut text = dom.text_below(at);
            for child in at..dom.nodes[at as usize].end.min(at + 100) {
                if let Some(title) = dom.markup(child).and_then(|element| attribute(element, &local_name!("title"))) {
                    text.push(' ');
                    text.push_str(title);
                }
            }
            if let Some(date) = first_date(&text) {
                return Some(DateEvidence::new(date, "profile", &text));
            }
        }
    }
    None
}

/// The likeliest date of the lines from a little above the title to the first sentence.
/// Also whether it is the day on which the document was drawn up.
fn from_lines_above(dom: &Dom, container: Option<&Container>) -> Option<(DateEvidence, bool)> {
    let container = container?;
    let (first, last) = (*container.lines.first()?, *container.lines.last()?);
    let mut best: Option<(f32, Date, &str, bool)> = None;
    let mut sentences = 0;
    // A menu or a list of links between the date and the text does not part them.
    // Straight below the heading the day may lead to what was written on it.
    let below_heading = container.heading.map_or(0..0, |heading| heading + 1..heading + 3);
    let is_own = |index: &usize| {
        let line = &dom.lines[*index];
        below_heading.contains(index) || line.link_chars < line.chars || marks::is_mark(dom, line)
    };
    let above: Vec<usize> = (first.saturating_sub(REACH)..first).rev().filter(is_own).take(WINDOW).collect();
    let below = (first..(first + 12).min(last + 1).min(dom.lines.len())).map(|index| (index, index - first));
    // When others answered.
    let below = below.filter(|&(index, _)| !dom.is_in_any(&container.others, dom.lines[index].at));
    let above = above.iter().enumerate().map(|(place, &index)| (index, place + 1));
    for (index, distance) in above.rev().chain(below) {
        let line = &dom.lines[index];
        if index >= first && line.chars > 100 && line.is_prose() {
            sentences += 1;
            if sentences > 1 {
                break;
            }
        }
        let text = dom.line_text(line);
        let near = 2.0 - 0.05 * distance as f32;
        let dates = dates(text).into_iter().map(|found| {
            let is_of_document = OF_DOCUMENT.is_match(&text[..found.range.start]);
            let of_answer = if found.range.start == 0 && is_labelled_answer(dom, index) { 1.0 } else { 0.0 };
            (near + plausibility(text, &found.range, line.chars) - of_answer, found.date, is_of_document)
        });
        let split = in_two_lines(dom, index).or_else(|| in_time_element(dom, index));
        for (score, date, is_of_document) in dates.chain(split.map(|date| (near + SET_APART, date, false))) {
            if score > 2.0 && best.is_none_or(|(most, ..)| score > most) {
                best = Some((score, date, text, is_of_document));
            }
        }
    }
    best.map(|(_, date, text, is_of_document)| (DateEvidence::new(date, "line", text), is_of_document))
}

/// Whether the line above is nothing but the label of an answer's day.
fn is_labelled_answer(dom: &Dom, index: usize) -> bool {
    let above = index.checked_sub(1).map(|above| &dom.lines[above]);
    above.is_some_and(|above| above.chars <= MAX_LABEL && OF_ANSWER.is_match(dom.line_text(above)))
}

/// The date whose year is one line and whose day begins the next.
fn in_two_lines(dom: &Dom, index: usize) -> Option<Date> {
    let year = dom.line_text(&dom.lines[index]);
    let day = dom.line_text(dom.lines.get(index + 1)?);
    if !YEAR_LINE.is_match(year) || !DAY_LINE.is_match(day) {
        return None;
    }
    first_date(&format!("{}-{day}", year.trim_end_matches('年')))
}

/// The date a `time` element within a line gives to machines.
fn in_time_element(dom: &Dom, index: usize) -> Option<Date> {
    let line = &dom.lines[index];
    let above = index.checked_sub(1).map_or(0, |above| dom.lines[above].at + 1);
    let end = dom.lines.get(index + 1).map_or(dom.nodes.len() as u32, |below| below.at);
    let times = (line.owner.max(above)..end.min(line.at + MAX_LINE_NODES)).filter(|&at| {
        let node = &dom.nodes[at as usize];
        node.tag == local_name!("time") && !node.dropped && node.end > line.at
    });
    let mut moments = times.filter_map(|at| attribute(dom.markup(at)?, &local_name!("datetime")));
    moments.find_map(|moment| day_in_china(&IN_TIME.captures(moment)?)).or_else(|| behind_how_long_ago(dom, index))
}

/// The date that a line which says how long ago has for those who point at it.
fn behind_how_long_ago(dom: &Dom, index: usize) -> Option<Date> {
    let line = &dom.lines[index];
    let text = dom.line_text(line);
    if line.chars > MAX_AGO || !["前", "天", "刚"].iter().any(|word| text.contains(word)) {
        return None;
    }
    let end = dom.lines.get(index + 1).map_or(dom.nodes.len() as u32, |below| below.at).min(line.at + MAX_LINE_NODES);
    let inner = (line.at..end).filter(|&at| !dom.nodes[at as usize].dropped);
    let around = dom.ancestors(line.at).take_while(|&at| at >= line.owner);
    let mut titles = around.chain(inner).filter_map(|at| attribute(dom.markup(at)?, &local_name!("title")));
    let date = titles.find_map(|title| day_in_china(&IN_TIME.captures(title)?))?;
    (marks::is_timed(dom, line) && first_date(text).is_none()).then_some(date)
}

/// How much a date looks like the one of publication, from its surroundings.
fn plausibility(text: &str, whole: &Range<usize>, chars: u32) -> f32 {
    let mut score = 0.0;
    if LABEL.is_match(&text[..whole.start]) {
        score += 2.0;
    }
    if TIME_BEHIND.is_match(&text[whole.end..]) {
        score += 2.0;
    }
    if whole.start == 0 {
        score += 0.5;
    }
    if chars <= 80 {
        score += 0.5;
    }
    // When a writer joined the board.
    let before = text[..whole.start].trim_end_matches([':', '：', ' ', '于']);
    if JOINED.iter().any(|label| before.ends_with(label)) {
        score -= 4.0;
    }
    if text.contains("成文日期") || text.contains("有效期") || OF_DOCUMENT.is_match(&text[..whole.start]) {
        score -= 1.0;
    }
    // When a rule comes into force, or goes out of it; when a source was looked up.
    if OF_OTHERS.is_match(&text[..whole.start]) {
        score -= 2.5;
    }
    if OF_ANSWER.is_match(&text[..whole.start]) {
        score -= 1.0;
    }
    // The day a report was delivered stands in its head: ——2024年1月5日在…会议上.
    let is_delivery = text[whole.end..].trim_start().starts_with('在') || text.starts_with(['—', '―', '─']);
    if text.contains('。') || is_delivery {
        score -= 3.0;
    }
    score
}

fn from_lines_below(dom: &Dom, last: usize) -> Option<DateEvidence> {
    for index in last.saturating_sub(3)..(last + 12).min(dom.lines.len()) {
        let text = dom.line_text(&dom.lines[index]);
        if text.contains('。') {
            continue;
        }
        for found in dates(text) {
            // Below the text there is seldom another day to give way to.
            let gives_way = OF_DOCUMENT.is_match(&text[..found.range.start]) && !text.contains("成文日期")
                || OF_ANSWER.is_match(&text[..found.range.start]);
            let least = if gives_way { 1.0 } else { 2.0 };
            if plausibility(text, &found.range, dom.lines[index].chars) >= least {
                return Some(DateEvidence::new(found.date, "below", text));
            }
        }
    }
    None
}

fn from_address(path: &str) -> Option<Date> {
    let found = IN_ADDRESS.captures(path)?;
    date_of(&found)
}

/// The first whole date of a text.
pub(crate) fn first_date(text: &str) -> Option<Date> {
    dates(text).first().map(|found| found.date)
}

/// A date and where in a text it stands.
struct Found {
    range: Range<usize>,
    date: Date,
}

/// The first whole dates of a text: those in digits, or else in words.
fn dates(text: &str) -> Vec<Found> {
    let read = |pattern: &Regex, date_of: fn(&Captures<'_>) -> Option<Date>| -> Vec<Found> {
        let found = pattern.captures_iter(text).take(MAX_IN_LINE);
        found.filter_map(|found| Some(Found { range: found.get(0)?.range(), date: date_of(&found)? })).collect()
    };
    let is_numbered = text.contains("19") || text.contains("20");
    let mut dates = if is_numbered { read(&DATE, date_of) } else { Vec::new() };
    if dates.is_empty() && text.contains("年") {
        dates = read(&IN_NUMERALS, date_in_numerals);
        // The day a document was signed or passed is written so, too.
        dates.retain(|found| LABEL.is_match(&text[..found.range.start]) || found.range == (0..text.len()));
    } else if dates.is_empty() && is_numbered {
        dates = read(&SPLIT, date_of);
        if text.len() <= MAX_BOX {
            dates.extend(read(&DAY_FIRST, |found| date_from(&found[2], &found[3], &found[1])));
            dates.extend(read(&YEAR_LAST, |found| date_from(&found[3], &found[1], &found[2])));
        }
        dates.extend(read(&IN_ENGLISH, date_in_english));
        dates.extend(read(&OF_MAIL, date_in_english));
        dates.extend(read(&IN_CHINESE, |found| {
            let month = counted(&found[1]).to_string();
            date_from(&found[3], &month, &found[2])
        }));
        dates.extend(read(&AMERICAN, |found| date_from(&found[3], &found[1], &found[2])));
    }
    dates
}

/// A date with the name of its month, the day before or behind it.
fn date_in_english(found: &Captures<'_>) -> Option<Date> {
    const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let [month, day, year] = if found.get(1).is_some() { [1, 2, 3] } else { [5, 4, 6] };
    let name = found.get(month)?.as_str().to_ascii_lowercase();
    let month = MONTHS.iter().position(|known| *known == name)? + 1;
    date_from(&found[year], &month.to_string(), &found[day])
}

fn date_from(year: &str, month: &str, day: &str) -> Option<Date> {
    Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()
}

/// The value of a numeral: 三.
fn digit(c: char) -> i16 {
    "一二三四五六七八九".chars().position(|known| known == c).map_or(0, |place| place as i16 + 1)
}

/// A number up to 99 in Chinese numerals: 二十三.
pub(crate) fn counted(text: &str) -> i16 {
    match text.split_once('十') {
        Some((tens, ones)) => 10 * tens.chars().next().map_or(1, digit) + ones.chars().next().map_or(0, digit),
        None => text.chars().next().map_or(0, digit),
    }
}

/// A date in Chinese numerals: the year digit by digit, month and day counted.
fn date_in_numerals(found: &Captures<'_>) -> Option<Date> {
    let year = found[1].chars().fold(0, |year, c| 10 * year + digit(c));
    let number = |group: usize| i8::try_from(counted(&found[group])).ok();
    Date::new(year, number(2)?, number(3)?).ok()
}

/// Year, month and day as captured, if there is such a day.
fn date_of(found: &Captures<'_>) -> Option<Date> {
    let number = |group: usize| -> Option<i16> {
        let digits = found.get(group)?.as_str().trim_end_matches(|c: char| !c.is_ascii_digit());
        digits.parse().ok()
    };
    let (year, month, day) = (number(1)?, number(2)?, number(3)?);
    Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}
