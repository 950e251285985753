//! The article's title: a heading that the page's `title` element agrees with.
//!
//! Neither is enough alone: the element carries the site's name, and pages have headings that are
//! banners. So every short line above the text is a candidate, and evidence adds up.

use crate::body;
use crate::clean::{self, fold};
use crate::container::Container;
use crate::date;
use crate::dom::{Dom, Line, fold_spaces};
use crate::element::{attribute, class_of, id_of};
use crate::patterns::pattern;
use crate::profile::Profile;
use html5ever::local_name;

/// Candidates looked at, from the text upwards.
const WINDOW: usize = 120;

/// The longest title, in characters.
const MAX_CHARS: u32 = 150;

/// Names that CMSs give to the article's title in `meta` elements (国办发〔2017〕47号, annex).
const META_NAMES: &[&str] = &["ArticleTitle"];

// How phpBB begins the `title` element of a thread: site, what the page shows, thread.
pattern!(SHOWS_THREAD, r"(?i)^.{1,40}\s::\s(?:(?:阅读|查看|浏览|檢視)(?:主题|主題|话题)|view topic)\s-\s");

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
    r"^.{0,24}(?:网|网站|报|频道|在线|论坛|社区|博客|门户|政府|人大|政协|常委会|中心|资讯|平台|公开|目录|专栏|系统|首页|正文|详情|内容|信息|文章|新闻|局|厅|委|委员会|办公室|\.com|\.cn|\.net)$|^.{2,8}(?:中学|小学|大学|学院|学校|医院|公司|集团|协会)$"
);

// The name of a site before a hyphen without spaces: 某某论坛-题目.
pattern!(
    SITE_FIRST,
    r"^\S{2,12}(?:网|网站|在线|论坛|社区|博客|门户|频道|日报|晚报|人民政府)(?:手机版|触屏版|移动版)?$"
);

// A tag within a title.
pattern!(MARKUP, r"(?i)</?(?:h\d|p|b|i|u|br|font|span|strong|em|div|o:p)(?:\s[^<>]*)?/?>");

// How far a letter or a question has come, behind what it is about.
pattern!(
    STATE,
    r"[\[【（(]?(?:已|未|待|正在)(?:回复|答复|办理|办结|受理|解决|处理|关闭|回答)中?[\]】）)]?$|[\[【（(]?(?:办理|处理)中[\]】）)]?$"
);

// What a site counts: 日志总数：87.
pattern!(COUNT, r"[:：]\s*\d+$");

// Who issued a document, in a line of its own between its title and its text.
pattern!(ISSUER, r"^\p{Han}{2,18}(?:局|厅|委|部|政府|办公室|委员会)$");

// The number of a document, which stands below its title.
pattern!(DOCUMENT_NUMBER, r"〔\d{4}〕|\[\d{4}\]\s?\d+\s?号|第\s?\d+\s?号$");

// The entry of an index card that gives the title.
pattern!(
    TITLE_ENTRY,
    r"^[\[【\s]*(?:标\s*题|(?:[帖贴]子|文章)?主\s*题|信息名称|文件名称|公文名称)[\]】\s]*[:：\t]\s*(\S[^\t]{3,})"
);

// Its label, the title on the next line.
pattern!(CARD_TITLE, r"^[\[【\s]*(?:标\s*题|名\s*称|信息名称|文件名称|公文名称)[\]】\s]*[:：]?\s*$");

// A page of a newspaper, which holds many articles.
pattern!(PAGE_OF_ISSUE, r"^第?\w{1,4}版(?:$|[:：])");

// Addresses of home pages.
pattern!(HOME_ADDRESS, r"(?i)^(?:(?:https?:)?//[^/]+)?(?:\.?/)?(?:(?:index|default)\.\w+)?$");

// Who wrote the text, in a line of its own.
pattern!(
    BYLINE,
    r"^[\s□○◎●■▲]*(?:文\s?[/／丨|]|(?:本报|本台|本网|本刊)?(?:首席|特约|见习|实习)?(?:记者|通讯员|作者|撰稿))"
);

/// Lines above the text that may be a heading nothing speaks for.
const ABOVE_TEXT: usize = 8;

/// The lines a heading may be set in, and the shortest of several lines, in characters.
const MAX_SET_IN_LINES: usize = 4;
const MIN_SET_IN_LINES: usize = 10;

/// Nodes of a line that may hold a piece of it.
const MAX_PIECES: u32 = 40;

/// The longest name of a book of entries: an encyclopedia, a dictionary.
const MAX_BOOK: usize = 8;

/// The longest label that ends in a colon.
const MAX_LABEL: u32 = 12;

/// Lines around the beginning of a text that may be the head of a letter.
const LETTER: usize = 6;

/// Lines above the text that an index card may be in.
const CARD: usize = 40;

/// The likeliest heading among the lines straight above the text, where neither markup nor the `title` element
/// tells it.
fn above_text(dom: &Dom, container: Option<&Container>) -> Option<String> {
    let lines = &container?.lines;
    let text = *lines.iter().find(|&&index| body::begins_text(dom, &dom.lines[index])).or(lines.first())?;
    let near = (text.saturating_sub(WINDOW)..text).rev().filter(|&index| {
        let line = &dom.lines[index];
        line.link_share() <= 0.5 || line.heading > 0 && !leads_home(dom, line)
    });
    let entry = near.clone().take(CARD).find_map(|index| TITLE_ENTRY.captures(dom.line_text(&dom.lines[index])));
    if let Some(entry) = entry {
        return Some(fold_spaces(&entry[1]));
    }
    let mut best: Option<(f32, usize)> = None;
    let (mut distance, mut is_above_byline) = (0.0, false);
    let is_byline = |text: &str| {
        clean::is_about(text) || date::first_date(text).is_some() || is_breadcrumb(text) || BYLINE.is_match(text)
    };
    for index in near.take(ABOVE_TEXT) {
        let line = &dom.lines[index];
        let text = dom.line_text(line);
        if is_byline(text) {
            is_above_byline = true;
            continue;
        }
        let is_heading = (if line.heading > 0 { 2..=80 } else { 4..=80 }).contains(&line.chars)
            && text.chars().any(char::is_alphabetic)
            && line.punctuation <= 2
            && !text.starts_with(['—', '（', '('])
            && !text.ends_with(['：', ':'])
            && !clean::is_of_head(text)
            && !DOCUMENT_NUMBER.is_match(text)
            && !ISSUER.is_match(text)
            && !COUNT.is_match(text);
        let mut score = 2.0 - distance;
        score += if is_emphasised(dom, line) { 1.0 } else { 0.0 };
        // Blogs set the day above the title.
        let above = index.checked_sub(1).map(|above| dom.line_text(&dom.lines[above]));
        score += if is_above_byline || distance == 0.0 && above.is_some_and(is_byline) { 1.0 } else { 0.0 };
        if is_heading && best.is_none_or(|(most, _)| score > most) {
            best = Some((score, index));
        }
        distance += 0.4;
        is_above_byline = false;
    }
    best.map(|(_, index)| fold_spaces(dom.line_text(&dom.lines[index])))
}

/// Whether a line is a heading, bold or large.
fn is_emphasised(dom: &Dom, line: &Line) -> bool {
    let is_large = |at: u32| {
        let size = dom.markup(at).and_then(|element| attribute(element, &local_name!("size")));
        size.is_some_and(|size| matches!(size.trim().trim_start_matches('+').parse(), Ok(4..=7)))
    };
    line.heading > 0
        || dom.ancestors(line.at).take(4).any(|at| match dom.nodes[at as usize].tag {
            local_name!("b") | local_name!("strong") | local_name!("big") => true,
            local_name!("font") => is_large(at),
            _ => false,
        })
}

/// Whether a heading is that of a site or a column.
pub(crate) fn names_site(heading: &str) -> bool {
    NAMES_SITE.is_match(&fold(heading))
}

/// Whether a line names columns down to the page.
fn is_breadcrumb(text: &str) -> bool {
    text.contains(['>', '»', '›'])
}

/// Whether a line below a title says who wrote.
pub(crate) fn is_byline(line: &str) -> bool {
    BYLINE.is_match(line)
}

/// The title, where there is one.
pub(crate) fn find(dom: &Dom, profile: &Profile, container: Option<&Container>) -> Option<String> {
    if let Some(title) = meta_title(dom) {
        return Some(title);
    }
    let subject = container.and_then(|container| container.letter.clone().flatten());
    if let Some(title) = subject.or_else(|| letter_title(dom, container)) {
        return Some(title);
    }
    let declared = Declared::of(dom);
    if declared.as_ref().is_some_and(|declared| is_set_in_lines(dom, container, declared)) {
        return Some(without_site(&declared_title(dom)?));
    }
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
    let best = best.map(|(_, index)| index);
    let heading_in_piece = || {
        let index = container?.heading?;
        piece_of(dom, index, declared.as_ref()?).map(|_| index)
    };
    let heading = best.or_else(heading_in_piece).map(|index| {
        let piece = declared.as_ref().and_then(|declared| piece_of(dom, index, declared));
        piece.unwrap_or_else(|| without_label(dom.line_text(&dom.lines[index]), declared.as_ref()))
    });
    let declared = || Some(without_site(&declared_title(dom)?)).filter(|title| !title.is_empty());
    heading.or_else(|| match declared() {
        Some(title) if !NAMES_SITE.is_match(&title) && !is_name_of_home(dom, &title) => Some(title),
        title => above_text(dom, container).or(title),
    })
}

/// Whether lines in a row, as a heading is broken into, together are what the `title` element names.
fn is_set_in_lines(dom: &Dom, container: Option<&Container>, declared: &Declared) -> bool {
    if declared.names_site || declared.head_chars < MIN_SET_IN_LINES {
        return false;
    }
    let lines = &dom.lines[candidates(dom, container)];
    let is_set = |first: usize| {
        let own = lines[first..].iter().take(MAX_SET_IN_LINES).take_while(|line| line.link_share() <= 0.5);
        lines_together(dom, own, &declared.head).is_some_and(|count| count > 1)
    };
    (0..lines.len()).any(is_set)
}

/// How many of some lines, from the first on, together are a folded text; none where they are not.
pub(crate) fn lines_together<'a>(dom: &Dom, lines: impl Iterator<Item = &'a Line>, text: &str) -> Option<usize> {
    let mut rest = text;
    for (place, line) in lines.enumerate() {
        let words = dom.line_text(line);
        // Most lines begin otherwise, and Chinese characters fold to themselves.
        let first = words.chars().find(|c| !c.is_whitespace());
        if first.is_some_and(|c| ('\u{3001}'..='\u{9FFF}').contains(&c) && !rest.starts_with(c)) {
            return None;
        }
        rest = rest.strip_prefix(&*fold(words))?;
        if rest.is_empty() {
            return Some(place + 1);
        }
    }
    None
}

/// The subject of a text that is set like a letter, as boards of the telnet age do: 发信人, 标题, 发信站.
fn letter_title(dom: &Dom, container: Option<&Container>) -> Option<String> {
    let first = *container?.lines.first()?;
    let near = &dom.lines[first.saturating_sub(LETTER)..(first + LETTER).min(dom.lines.len())];
    let from = near.iter().position(|line| clean::begins_letter(dom.line_text(line)))?;
    let subject = near[from..].iter().take(LETTER).find_map(|line| TITLE_ENTRY.captures(dom.line_text(line)))?;
    Some(fold_spaces(&subject[1]))
}

/// The piece of a line that the `title` element begins with, where others stand beside it: a button, a state, a number.
fn piece_of(dom: &Dom, index: usize, declared: &Declared) -> Option<String> {
    let line = &dom.lines[index];
    // Where the element has the whole line, nothing stands beside the title.
    let whole = fold(dom.line_text(line));
    if declared.text.starts_with(&*whole) {
        return None;
    }
    let end = dom.lines.get(index + 1).map_or(dom.nodes.len() as u32, |below| below.at).min(line.at + MAX_PIECES);
    let pieces = (line.at..end).filter(|&at| !dom.nodes[at as usize].dropped);
    let mut texts = pieces.filter(|&at| (4..line.chars).contains(&dom.nodes[at as usize].chars));
    texts.find_map(|at| {
        let text = dom.text_at(at)?.trim();
        let is_title = |text: &&str| {
            let folded = fold(text);
            // （试行） is of the title, a state or a number of replies is not.
            let is_version = whole.strip_prefix(&*folded).is_some_and(|rest| {
                rest.starts_with('(') && !rest.contains(|c: char| c.is_ascii_digit()) && !STATE.is_match(rest)
            });
            !folded.is_empty() && (folded == declared.head || declared.begins_with(&folded)) && !is_version
        };
        [Some(text), behind_brackets(text)].into_iter().flatten().find(is_title).map(fold_spaces)
    })
}

/// A heading without the label of its row (标题　关于…) or one that the `title` element has not ([话题] …, Thread: …).
fn without_label(heading: &str, declared: Option<&Declared>) -> String {
    // Without a `title` element, or behind a label that is all of the heading, there is nothing to agree on.
    let is_declared = |rest: &&str| declared.is_some_and(|declared| !rest.is_empty() && fold(rest) == declared.head);
    if let Some(rest) = behind_brackets(heading).filter(is_declared) {
        return fold_spaces(rest);
    }
    let stateless = STATE.find(heading).map(|state| heading[..state.start()].trim_end());
    let is_first = |rest: &&str| declared.is_some_and(|declared| declared.begins_with(&fold(rest)));
    if let Some(rest) = stateless.filter(is_first) {
        return fold_spaces(rest);
    }
    let labelled = heading.split_once([']', '】', '］', ':', '：']).map(|(_, rest)| rest.trim_start());
    if let Some(rest) = labelled.filter(is_declared) {
        return fold_spaces(rest);
    }
    let entry = TITLE_ENTRY.captures(heading);
    fold_spaces(entry.as_ref().map_or(heading, |entry| entry.get(1).map_or(heading, |value| value.as_str())))
}

/// What stands behind a label in brackets: 『百姓声音』 …, 【转帖】…
fn behind_brackets(heading: &str) -> Option<&str> {
    let close = match heading.chars().next()? {
        '『' => '』',
        '「' => '」',
        '【' => '】',
        '《' => '》',
        '[' => ']',
        _ => return None,
    };
    Some(heading.split_once(close)?.1.trim_start())
}

/// Whether a `title` element's text is what a link to the home page is called.
fn is_name_of_home(dom: &Dom, title: &str) -> bool {
    let title = fold(title);
    let is_name = |line: &&Line| line.chars <= MAX_CHARS && fold(dom.line_text(line)) == title;
    dom.lines.iter().filter(|line| line.links > 0).filter(is_name).any(|line| leads_home(dom, line))
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
    // A heading of other pages or of files names nothing: 相关稿件：.
    let heads_others = line.heading != 1 && line.chars <= MAX_LABEL && text.ends_with(['：', ':']);
    if heads_others || clean::is_boilerplate(text) || leads_home(dom, line) {
        return 0.0;
    }
    let mut score = declared.map_or(0.0, |declared| declared.agreement_of(text, line.heading));
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
    // What tells two things of one name apart, below the name.
    if text.starts_with(['（', '(']) {
        score -= 1.5;
    }
    if let Some(first) = container.and_then(|container| container.lines.first().copied()) {
        let distance = first.abs_diff(index) as f32;
        score += (2.0 - 0.1 * distance).max(0.0);
    }
    score
}

/// Whether a line is a link to the home page: the banner of the site, whatever its markup calls it.
fn leads_home(dom: &Dom, line: &Line) -> bool {
    if line.links == 0 || line.link_share() <= 0.8 {
        return false;
    }
    let link = dom.ancestors(line.at).take(6).find(|&at| dom.nodes[at as usize].tag == local_name!("a"));
    let address = link.and_then(|at| dom.markup(at)).and_then(|element| attribute(element, &local_name!("href")));
    address.is_some_and(|address| HOME_ADDRESS.is_match(address.trim()))
}

/// The `title` element, folded for comparison.
pub(crate) struct Declared {
    text: String,
    /// Its first segment, the site's name left out.
    head: String,
    /// The head without what stands in brackets around it: 云岭（云南省辖市）, 【图片】春茶【青岚吧】.
    bare: String,
    /// Whether it names nothing but the site or a column.
    names_site: bool,
    /// Characters of `text`, of `head`, of `bare`, and of what stands before the first sign that may part names.
    chars: usize,
    head_chars: usize,
    bare_chars: usize,
    first_chars: usize,
}

impl Declared {
    /// The `title` element of a page.
    pub fn of(dom: &Dom) -> Option<Self> {
        let text = declared_title(dom)?;
        let (head, text) = (fold(&without_site(&text)), fold(&text));
        if PAGE_OF_ISSUE.is_match(&head) {
            return None;
        }
        let bare = without_labels(head.split('(').next().unwrap_or_default()).to_owned();
        let names_site = NAMES_SITE.is_match(&head);
        let first = text.split(BEHIND_SITE).next().unwrap_or_default();
        let count = |text: &str| text.chars().count();
        let (chars, head_chars, bare_chars) = (count(&text), count(&head), count(&bare));
        let first_chars = count(first);
        Some(Self { text, head, bare, names_site, chars, head_chars, bare_chars, first_chars })
    }

    /// Whether a heading of this length can agree all but fully: it is the head, the first name, or most of the whole.
    fn may_agree(&self, chars: u32) -> bool {
        let chars = chars as usize;
        [self.head_chars, self.bare_chars, self.first_chars].contains(&chars)
            || chars <= self.chars && 2 * chars >= self.chars
    }

    /// How well a line agrees with it, 0 to 6; names of places and people are short, where the markup says heading.
    fn agreement_of(&self, heading: &str, level: u8) -> f32 {
        let text = fold(heading);
        let is_short = level == 1 && (2..4).contains(&text.chars().count()) && !NAMES_SITE.is_match(&text);
        // What follows an entry's name is its book's; behind a site's name stands the title.
        let names_book = |rest: &str| {
            let name = rest.trim_start_matches(BEHIND_SITE).split(|c: char| !c.is_alphanumeric()).next();
            name.is_some_and(|name| name.chars().count() <= MAX_BOOK)
        };
        let is_entry = is_short && self.begins_with(&text) && names_book(&self.text[text.len()..]);
        if is_entry { 5.0 } else { self.agreement(heading) }
    }

    /// Whether its first name is this folded text, those of column and site behind it.
    fn begins_with(&self, text: &str) -> bool {
        !text.is_empty() && self.text.strip_prefix(text).is_some_and(|rest| rest.starts_with(BEHIND_SITE))
    }

    /// How well a heading agrees with it, 0 to 6.
    pub fn agreement(&self, heading: &str) -> f32 {
        let text = fold(heading);
        let length = text.chars().count() as f32;
        if text == self.head {
            // A banner says the same.
            return if self.names_site && self.head == self.text { 2.0 } else { 6.0 };
        }
        if text == self.bare && length >= 2.0 {
            return 5.0;
        }
        if text.is_empty() || length < 4.0 {
            return 0.0;
        }
        let all = self.chars as f32;
        match self.text.find(&text) {
            // Behind it stand the names of column and site.
            Some(0) if self.text[text.len()..].starts_with(BEHIND_SITE) && !NAMES_SITE.is_match(&text) => return 5.0,
            Some(0) => return 2.0 + 4.0 * length / all,
            // The site's name may come first.
            Some(at) if at + text.len() == self.text.len() && at < self.head.len() && !NAMES_SITE.is_match(&text) => {
                return 1.5 + 4.0 * length / all;
            }
            // Behind the article's name stand those of column and site; before it may stand one, too.
            Some(at) if at >= self.head.len() => return 0.5,
            Some(_) => return 0.5 + 4.0 * length / all,
            None => {}
        }
        if self.names_site {
            return 0.0;
        }
        // The element may leave out year or place: 政府工作报告.
        if self.head_chars >= 6 && length <= 2.5 * self.head_chars as f32 && holds_in_order(&text, &self.head) {
            return 3.0;
        }
        let common = text.chars().zip(self.text.chars()).take_while(|(a, b)| a == b).count() as f32;
        if common >= 6.0 && common >= 0.6 * length { 4.0 * common / length } else { 0.0 }
    }
}

/// A title without the labels that boards set around it: 【图片】 before, 【某某吧】 behind.
fn without_labels(title: &str) -> &str {
    let front = title.strip_prefix('【').and_then(|rest| Some(rest.split_once('】')?.1)).unwrap_or(title);
    let bare = front.strip_suffix('】').and_then(|rest| Some(rest.rsplit_once('【')?.0)).unwrap_or(front);
    if bare.chars().count() >= 4 { bare } else { title }
}

/// Whether a text has all characters of another, in their order.
fn holds_in_order(text: &str, part: &str) -> bool {
    let mut rest = text.chars();
    part.chars().all(|wanted| rest.any(|c| c == wanted))
}

/// The line that is clearly the article's heading: it agrees with the `title` element all but fully.
pub(crate) fn anchor(dom: &Dom) -> Option<usize> {
    let declared = Declared::of(dom)?;
    let mut best: Option<(f32, usize)> = None;
    for (index, line) in dom.lines.iter().enumerate() {
        let least = if line.heading == 1 { 2 } else { 4 };
        if line.chars < least || line.chars > MAX_CHARS || !declared.may_agree(line.chars) {
            continue;
        }
        let heading = if line.heading > 0 { 1.0 } else { 0.0 };
        let linked = if line.link_share() > 0.5 { 2.0 } else { 0.0 };
        // The index card above a document has its title, too.
        let above = index.checked_sub(1).map(|above| dom.line_text(&dom.lines[above])).unwrap_or_default();
        let in_card = if CARD_TITLE.is_match(above) { 2.0 } else { 0.0 };
        let score = declared.agreement_of(dom.line_text(line), line.heading) + heading - linked - in_card;
        if score >= 5.0 && best.is_none_or(|(most, _)| score > most) {
            best = Some((score, index));
        }
    }
    best.map(|(_, index)| index).or_else(|| anchor_in_pieces(dom, &declared))
}

/// The line that holds the name which the `title` element begins with, and something beside it.
fn anchor_in_pieces(dom: &Dom, declared: &Declared) -> Option<usize> {
    let first =
        declared.text.split(BEHIND_SITE).next().filter(|first| !first.is_empty() && !NAMES_SITE.is_match(first))?;
    let begin = first.chars().next()?;
    let may_be = |index: &usize| {
        let line = &dom.lines[*index];
        let is_long_enough = declared.first_chars < line.chars as usize && line.chars <= MAX_CHARS;
        is_long_enough && line.link_share() < 0.5 && dom.line_text(line).contains(begin)
    };
    (0..dom.lines.len()).filter(may_be).find(|&index| piece_of(dom, index, declared).is_some())
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
            let title = without_markup(attribute(element, &local_name!("content")).unwrap_or_default());
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
                return Some(without_label(&title, Some(declared)));
            }
        }
    }
    None
}

/// The text of the `title` element, or of `og:title` where a script would set it.
fn declared_title(dom: &Dom) -> Option<String> {
    let element = dom.find(&local_name!("title")).map(|at| without_markup(&dom.text_below(at)));
    element.filter(|title| !title.is_empty()).or_else(|| shared_title(dom))
}

/// A title without the tags that some sites leave in it; those of which none is closed are its subject.
fn without_markup(title: &str) -> String {
    if title.contains("</") { fold_spaces(&MARKUP.replace_all(title, " ")) } else { fold_spaces(title) }
}

/// The title for those who share the page.
fn shared_title(dom: &Dom) -> Option<String> {
    let metas = (0..dom.nodes.len() as u32).filter(|&at| dom.nodes[at as usize].tag == local_name!("meta"));
    let shared = metas.filter_map(|at| dom.markup(at)).find(|meta| meta.attr("property") == Some("og:title"))?;
    Some(fold_spaces(attribute(shared, &local_name!("content"))?)).filter(|title| !title.is_empty())
}

/// A `title` element's text without the names of site and column behind it.
fn without_site(declared: &str) -> String {
    let declared = SHOWS_THREAD.find(declared).map_or(declared, |found| &declared[found.end()..]);
    let declared = behind_site(declared);
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

/// What stands between the names of site and article.
const BEHIND_SITE: [char; 6] = ['-', '—', '–', '_', '|', '»'];

/// A `title` element's text behind the site's name, where that comes first.
fn behind_site(declared: &str) -> &str {
    match declared.split_once(BEHIND_SITE) {
        Some((site, rest)) if SITE_FIRST.is_match(site.trim()) => {
            let rest = rest.trim_start_matches(BEHIND_SITE).trim_start();
            if rest.chars().count() >= 4 && !SITE_NAME.is_match(rest.trim_end()) { rest } else { declared }
        }
        _ => declared,
    }
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
