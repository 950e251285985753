//! The date a page shows for its publication.
//!
//! In order of trust: the site's own `meta` elements, the place the profile names, the line between
//! title and text that looks like it, the address, a labelled line below the text. Dates in the text
//! (the day a report was delivered) are another matter.

use crate::clean::pattern;
use crate::container::Container;
use crate::dom::Dom;
use crate::element::attribute;
use crate::metadata::DateEvidence;
use crate::profile::Profile;
use html5ever::local_name;
use jiff::civil::Date;
use regex::Captures;

/// Lines looked at above the text, links not counted.
const WINDOW: usize = 40;

/// The same with links.
const REACH: usize = 400;

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
    "maketime",
    "og:release_date",
    "article:create_at",
];

// A whole date, in digits.
pattern!(DATE, r"((?:19|20)\d{2})\s?[-/.．年]\s?(\d{1,2})\s?[-/.．月]\s?(\d{1,2})(?:\s?日)?");

// The same with a time behind it.
pattern!(TIME_BEHIND, r"^[\sT日]{0,3}\d{1,2}[:：]\d{2}");

// What stands before the day a member joined a board.
const JOINED: [&str; 3] = ["注册", "注册时间", "注册日期"];

// What stands before a date of publication.
pattern!(LABEL, r"(?:发布|发表|更新|时间|日期|刊登|上传|创建|来源|稿源)[^:：]{0,6}[:：]?\s*$");

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
    let mut found = from_meta(dom);
    found.extend(from_profile(dom, profile));
    found.extend(from_data(dom));
    found.extend(from_lines_above(dom, container));
    found.extend(path.and_then(|path| Some(DateEvidence::new(from_address(path)?, "address", path))));
    found.extend(last.and_then(|last| from_lines_below(dom, last)));
    found
}

fn from_meta(dom: &Dom) -> Vec<DateEvidence> {
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
        if META_NAMES.iter().any(|known| name.eq_ignore_ascii_case(known))
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

/// The date that the page's structured data give, as it was in China.
fn from_data(dom: &Dom) -> Option<DateEvidence> {
    let scripts = dom.nodes.iter().enumerate().filter(|(_, node)| node.tag == local_name!("script"));
    for (at, node) in scripts {
        let source = (at as u32..node.end).find_map(|child| dom.text_at(child)).unwrap_or_default();
        let Some(found) = IN_DATA.captures(source) else { continue };
        let Some(date) = date_of(&found) else { continue };
        let is_next_day = found.get(5).is_some() && found[4].parse::<u8>().is_ok_and(|hour| hour >= 16);
        let date = if is_next_day { date.tomorrow().unwrap_or(date) } else { date };
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
fn from_lines_above(dom: &Dom, container: Option<&Container>) -> Option<DateEvidence> {
    let first = container.and_then(|container| container.lines.first().copied())?;
    let mut best: Option<(f32, Date, &str)> = None;
    let mut sentences = 0;
    // A menu or a list of links between the date and the text does not part them.
    let is_own = |index: &usize| dom.lines[*index].link_chars < dom.lines[*index].chars;
    let above: Vec<usize> = (first.saturating_sub(REACH)..first).rev().filter(is_own).take(WINDOW).collect();
    let below = (first..(first + 12).min(dom.lines.len())).map(|index| (index, index - first));
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
        for found in DATE.captures_iter(text).take(4) {
            let Some(date) = date_of(&found) else { continue };
            let score = near + plausibility(text, &found, line.chars);
            if score > 2.0 && best.is_none_or(|(most, ..)| score > most) {
                best = Some((score, date, text));
            }
        }
    }
    best.map(|(_, date, text)| DateEvidence::new(date, "line", text))
}

/// How much a date looks like the one of publication, from its surroundings.
fn plausibility(text: &str, found: &Captures<'_>, chars: u32) -> f32 {
    let Some(whole) = found.get(0) else { return 0.0 };
    let mut score = 0.0;
    if LABEL.is_match(&text[..whole.start()]) {
        score += 2.0;
    }
    if TIME_BEHIND.is_match(&text[whole.end()..]) {
        score += 2.0;
    }
    if whole.start() == 0 {
        score += 0.5;
    }
    if chars <= 80 {
        score += 0.5;
    }
    // When a writer joined the board.
    let before = text[..whole.start()].trim_end_matches([':', '：', ' ', '于']);
    if JOINED.iter().any(|label| before.ends_with(label)) {
        score -= 4.0;
    }
    if text.contains("成文日期") || text.contains("生效日期") || text.contains("有效期") {
        score -= 1.0;
    }
    // The day a report was delivered stands in its head: ——2024年1月5日在…会议上.
    let is_delivery = text[whole.end()..].trim_start().starts_with('在') || text.starts_with(['—', '―', '─']);
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
        for found in DATE.captures_iter(text) {
            if let Some(date) = date_of(&found)
                && plausibility(text, &found, dom.lines[index].chars) >= 2.0
            {
                return Some(DateEvidence::new(date, "below", text));
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
    DATE.captures_iter(text).find_map(|found| date_of(&found))
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
