//! The article's title: a heading that the page's `title` element agrees with.
//!
//! Neither is enough alone: the element carries the site's name, and pages have headings that are
//! banners. So every short line above the text is a candidate, and evidence adds up.

use crate::body;
use crate::clean::{self, fold, pattern};
use crate::container::Container;
use crate::date;
use crate::dom::{Dom, fold_spaces};
use crate::element::{attribute, class_of, id_of};
use crate::profile::Profile;
use html5ever::local_name;

/// Candidates looked at, from the text upwards.
const WINDOW: usize = 120;

/// The longest title, in characters.
const MAX_CHARS: u32 = 150;

/// Names that CMSs give to the article's title in `meta` elements (国办发〔2017〕47号, annex).
const META_NAMES: &[&str] = &["ArticleTitle"];

// What follows the article's name in a `title` element.
pattern!(SITE_SEPARATOR, r"\s*(?:_|\||｜|--+|——|\s[-–—]\s?|[-–—]\s|»|>>|<|::|·\s)\s*");

// The name of a site or column behind a hyphen without spaces.
pattern!(
    SITE_NAME,
    r"(?i)(?:网|站|报|频道|在线|论坛|社区|博客|门户|政府|新闻|中心|资讯|平台|财经|日报|晚报|部|局|厅|委|之窗|公司|百科|小说|\.com|\.cn|\.net)$"
);

// A `title` element that is the same on every page of a site.
pattern!(
    NAMES_SITE,
    r"^.{0,24}(?:网|网站|报|频道|在线|论坛|社区|博客|门户|政府|中心|资讯|平台|公开|目录|专栏|系统|首页|正文|详情|内容|信息|文章|新闻|局|厅|委|委员会|办公室|\.com|\.cn|\.net)$"
);

// Who wrote the text, in a line of its own.
pattern!(BYLINE, r"^(?:本报|本台|本网|本刊)?(?:首席|特约|见习|实习)?(?:记者|通讯员|作者|撰稿)");

/// Lines above the text that may be a heading nothing speaks for.
const ABOVE_TEXT: usize = 8;

/// The likeliest heading among the lines straight above the text, where neither markup nor the `title` element
/// tells it.
fn above_text(dom: &Dom, container: Option<&Container>) -> Option<String> {
    let lines = &container?.lines;
    let text = *lines.iter().find(|&&index| body::begins_text(dom, &dom.lines[index])).or(lines.first())?;
    let near = (text.saturating_sub(WINDOW)..text).rev().filter(|&index| dom.lines[index].link_share() <= 0.5);
    let mut best: Option<(f32, usize)> = None;
    let (mut distance, mut is_above_byline) = (0.0, false);
    for index in near.take(ABOVE_TEXT) {
        let line = &dom.lines[index];
        let text = dom.line_text(line);
        if clean::is_about(text) || date::first_date(text).is_some() || is_breadcrumb(text) || BYLINE.is_match(text) {
            is_above_byline = true;
            continue;
        }
        let is_heading = (4..=80).contains(&line.chars) && line.punctuation <= 2 && !text.starts_with(['—', '（', '(']);
        let score = 2.0 - distance + if is_above_byline { 1.0 } else { 0.0 } + if line.heading > 0 { 1.0 } else { 0.0 };
        if is_heading && best.is_none_or(|(most, _)| score > most) {
            best = Some((score, index));
        }
        distance += 0.4;
        is_above_byline = false;
    }
    best.map(|(_, index)| fold_spaces(dom.line_text(&dom.lines[index])))
}

/// Whether a line names columns down to the page.
fn is_breadcrumb(text: &str) -> bool {
    text.contains(['>', '»', '›'])
}

/// The title, where there is one.
pub(crate) fn find(dom: &Dom, profile: &Profile, container: Option<&Container>) -> Option<String> {
    if let Some(title) = meta_title(dom) {
        return Some(title);
    }
    let declared = Declared::of(dom);
    if let Some(title) = declared.as_ref().and_then(|declared| profile_title(dom, profile, declared)) {
        return Some(title);
    }
    let mut best: Option<(f32, usize)> = None;
    for index in candidates(dom, container) {
        let score = score(dom, profile, container, index, declared.as_ref());
        if score >= 4.0 && best.is_none_or(|(most, _)| score > most) {
            best = Some((score, index));
        }
    }
    let heading = best.map(|(_, index)| fold_spaces(dom.line_text(&dom.lines[index])));
    let declared = || Some(without_site(&declared_title(dom)?)).filter(|title| !title.is_empty());
    heading.or_else(|| match declared() {
        Some(title) if !NAMES_SITE.is_match(&title) => Some(title),
        title => above_text(dom, container).or(title),
    })
}

/// The lines that could be the title: those above the text and the first few of it.
fn candidates(dom: &Dom, container: Option<&Container>) -> std::ops::Range<usize> {
    match container.and_then(|container| container.lines.first().copied()) {
        Some(first) => first.saturating_sub(WINDOW)..(first + 12).min(dom.lines.len()),
        None => 0..dom.lines.len().min(WINDOW),
    }
}

/// How much speaks for a line as the title.
fn score(
    dom: &Dom,
    profile: &Profile,
    container: Option<&Container>,
    index: usize,
    declared: Option<&Declared>,
) -> f32 {
    let line = &dom.lines[index];
    if line.chars < 2 || line.chars > MAX_CHARS {
        return 0.0;
    }
    let text = dom.line_text(line);
    if crate::clean::is_boilerplate(text) {
        return 0.0;
    }
    let mut score = declared.map_or(0.0, |declared| declared.agreement(text));
    score += match line.heading {
        1 => 3.0,
        2 => 2.5,
        3 => 1.5,
        4..=6 => 1.0,
        _ => 0.0,
    };
    let named = dom.ancestors(line.at).take(4);
    for at in named {
        let Some(element) = dom.element(at) else { continue };
        if profile.title.iter().any(|selector| selector.matches(&element)) {
            score += 4.0;
            break;
        }
        if is_called_title(element.value()) {
            score += 1.5;
            break;
        }
    }
    if line.link_share() > 0.8 {
        score -= 2.5;
    }
    if line.region.is_some() {
        score -= 1.0;
    }
    if let Some(first) = container.and_then(|container| container.lines.first().copied()) {
        let distance = first.abs_diff(index) as f32;
        score += (2.0 - 0.1 * distance).max(0.0);
    }
    score
}

/// The `title` element, folded for comparison.
pub(crate) struct Declared {
    text: String,
    /// Its first segment, the site's name left out.
    head: String,
    /// Characters of `text` and of `head`.
    chars: usize,
    head_chars: usize,
}

impl Declared {
    /// The `title` element of a page.
    pub fn of(dom: &Dom) -> Option<Self> {
        let text = declared_title(dom)?;
        let (head, text) = (fold(&without_site(&text)), fold(&text));
        Some(Self { chars: text.chars().count(), head_chars: head.chars().count(), head, text })
    }

    /// Whether a heading of this length can agree all but fully: it is the head, or most of the whole.
    fn may_agree(&self, chars: u32) -> bool {
        let chars = chars as usize;
        chars == self.head_chars || chars <= self.chars && 2 * chars >= self.chars
    }

    /// How well a heading agrees with it, 0 to 6.
    pub fn agreement(&self, heading: &str) -> f32 {
        let text = fold(heading);
        let length = text.chars().count() as f32;
        if text == self.head {
            return 6.0;
        }
        if text.is_empty() || length < 4.0 {
            return 0.0;
        }
        let all = self.chars as f32;
        match self.text.find(&text) {
            Some(0) => return 2.0 + 4.0 * length / all,
            // Behind the article's name stand those of column and site; before it may stand one, too.
            Some(at) if at >= self.head.len() => return 0.5,
            Some(_) => return 0.5 + 4.0 * length / all,
            None => {}
        }
        let common = text.chars().zip(self.text.chars()).take_while(|(a, b)| a == b).count() as f32;
        if common >= 6.0 && common >= 0.6 * length { 4.0 * common / length } else { 0.0 }
    }
}

/// The line that is clearly the article's heading: it agrees with the `title` element all but fully.
pub(crate) fn anchor(dom: &Dom) -> Option<usize> {
    let declared = Declared::of(dom)?;
    let mut best: Option<(f32, usize)> = None;
    for (index, line) in dom.lines.iter().enumerate() {
        if line.chars < 4 || line.chars > MAX_CHARS || !declared.may_agree(line.chars) {
            continue;
        }
        let heading = if line.heading > 0 { 1.0 } else { 0.0 };
        let linked = if line.link_share() > 0.5 { 2.0 } else { 0.0 };
        let score = declared.agreement(dom.line_text(line)) + heading - linked;
        if score >= 5.0 && best.is_none_or(|(most, _)| score > most) {
            best = Some((score, index));
        }
    }
    best.map(|(_, index)| index)
}

/// Whether an element's id or class says title.
fn is_called_title(element: &scraper::node::Element) -> bool {
    std::iter::once(id_of(element)).chain(class_of(element).split_ascii_whitespace()).any(|name| {
        let name = name.to_ascii_lowercase();
        (name.contains("title") || name.contains("headline") || name.contains("biaoti") || name == "bt")
            && !name.contains("sub")
            && !name.contains("site")
    })
}

/// The title a government site's CMS declares in `meta`.
fn meta_title(dom: &Dom) -> Option<String> {
    for at in 0..dom.nodes.len() as u32 {
        if dom.nodes[at as usize].tag != local_name!("meta") {
            continue;
        }
        let element = dom.markup(at)?;
        let name = attribute(element, &local_name!("name")).unwrap_or_default();
        if META_NAMES.iter().any(|known| name.eq_ignore_ascii_case(known)) {
            let title = fold_spaces(attribute(element, &local_name!("content")).unwrap_or_default());
            if !title.is_empty() {
                return Some(title);
            }
        }
    }
    None
}

/// The text where the profile has the title, if the `title` element agrees.
fn profile_title(dom: &Dom, profile: &Profile, declared: &Declared) -> Option<String> {
    for selector in &profile.title {
        for (at, node) in dom.nodes.iter().enumerate() {
            if node.tag.is_empty()
                || node.dropped
                || !dom.element(at as u32).is_some_and(|element| selector.matches(&element))
            {
                continue;
            }
            let title = dom.text_below(at as u32);
            if title.chars().count() >= 2 && declared.agreement(&title) >= 2.0 {
                return Some(title);
            }
        }
    }
    None
}

/// The text of the `title` element, or of `og:title` where a script would set it.
fn declared_title(dom: &Dom) -> Option<String> {
    let element = dom.find(&local_name!("title")).map(|at| dom.text_below(at));
    element.filter(|title| !title.is_empty()).or_else(|| shared_title(dom))
}

/// The title for those who share the page.
fn shared_title(dom: &Dom) -> Option<String> {
    let metas = (0..dom.nodes.len() as u32).filter(|&at| dom.nodes[at as usize].tag == local_name!("meta"));
    let shared = metas.filter_map(|at| dom.markup(at)).find(|meta| meta.attr("property") == Some("og:title"))?;
    Some(fold_spaces(attribute(shared, &local_name!("content"))?)).filter(|title| !title.is_empty())
}

/// A `title` element's text without the names of site and column behind it.
fn without_site(declared: &str) -> String {
    let mut title = declared;
    for separator in SITE_SEPARATOR.find_iter(declared) {
        if declared[..separator.start()].chars().count() >= 4 {
            title = &declared[..separator.start()];
            break;
        }
    }
    while let Some((head, tail)) = title.rsplit_once(['-', '—', '–']) {
        if head.chars().count() < 4 || !SITE_NAME.is_match(tail) {
            break;
        }
        title = head;
    }
    title.trim().to_owned()
}

/// A title without the marker of the part it stands on: `(2)`, `[2]`, `第2页`.
pub(crate) fn without_part(title: &str, part: u32) -> String {
    let trimmed = title.trim_end();
    for (open, close) in [
        ("(", ")"),
        ("（", "）"),
        ("[", "]"),
        ("【", "】"),
        ("_", ""),
        ("-", ""),
        (" ", ""),
        ("第", "页"),
        ("(第", "页)"),
        ("（第", "页）"),
    ] {
        let marker = format!("{open}{part}{close}");
        if let Some(head) = trimmed.strip_suffix(&marker)
            && head.chars().count() >= 2
        {
            return head.trim_end().to_owned();
        }
    }
    title.to_owned()
}
