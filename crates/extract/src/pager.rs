//! The other pages of a split article, thread or list.
//!
//! A pager is a run of links whose texts are numbers (or 下一页) and whose addresses differ in that
//! number only. Addresses are read as a template with the number left out; the page's own address
//! must fit it, so that the pager of a comment list or a link block `1 2 3` is no pager of this
//! page. Some systems write their pagers by script; what the script is given is read instead.

use crate::date;
use crate::dom::Dom;
use crate::links::{Anchor, Base};
use crate::patterns::{Words, pattern};
use crate::region::RegionKind;
use baogao_model::CanonicalUrl;
use html5ever::local_name;
use regex::Captures;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

/// A higher number is no page number but a year or a count.
const MAX_NUMBER: u32 = 1_900;

/// The highest page number looked for in an address that no link text speaks of.
const MAX_OWN_NUMBER: u32 = 100;

/// The longest name that a script is given for the pages, in bytes.
const MAX_NAME: usize = 200;

/// The pages of one article or list, this one among them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pager {
    /// The number of this page, from 1.
    pub current: u32,
    /// How many there are, where that is known.
    pub total: Option<u32>,
    /// Addresses by page number, this page's own included where it is known.
    pub pages: BTreeMap<u32, String>,
    /// The page behind this one.
    pub next: Option<String>,
}

/// What stands in scripts that may write a pager.
static WRITES: LazyLock<Words> = LazyLock::new(|| Words::new(&["createPageHTML(", "Pager({", "countPage"]));

// TRS: `createPageHTML(5, 0, "index", "html")`: count, index of this page from 0, name, extension. With the name of an
// element before them, the index counts from 1, and so do the addresses.
pattern!(
    CALL,
    r#"createPageHTML\((?-u:\s*(['"][A-Za-z]\w*['"]\s*,\s*)?['"]?(\d{1,4})['"]?\s*,\s*['"]?(\d{1,4})['"]?\s*,\s*['"])([^'"]+)(?-u:['"]\s*,\s*['"](\w{1,6})['"])"#
);

// The same as an object: `Pager({size:5, current:0, prefix:'index', suffix:'html'})`.
pattern!(
    CALL_OF_OBJECT,
    r#"Pager\(\{(?-u:\s*size\s*:\s*(\d{1,4})\s*,\s*current\s*:\s*(\d{1,4})\s*,\s*prefix\s*:\s*['"])([^'"]+)(?-u:['"]\s*,\s*suffix\s*:\s*['"](\w{1,6})['"])"#
);

// Older TRS pages have variables, and name and extension in the links that the script puts together:
// `"<a href=\"index" + "_" + nextPage + "." + "html\">"`, or that of the first page, `"<a href=\"index.html\">"`.
pattern!(CURRENT_PAGE, r"(?-u:var\s+currentPage\s*=\s*(\d{1,4}))");
pattern!(COUNT_OF_PAGES, r"(?-u:var\s+countPage\s*=\s*(\d{1,4}))");
pattern!(
    WRITTEN_LINK,
    r#"(?-u:href=\\?["']([\w-]+)(?:"\s*\+\s*"_"\s*\+\s*\w+\s*\+\s*"\."\s*\+\s*"|\.(?:"\s*\+\s*")?)(\w{1,6}))"#
);

pattern!(NUMBER, r"^[\[【(（.…\s]*(?:第\s*)?(\d{1,4})(?:\s*页)?[\]】)）\s]*$");

// A page with its heading, and one in words: 第2页：今年的工作, 第二页.
pattern!(NUMBER_HEADED, r"^第\s?([0-9]{1,4})\s?页\s?[:：]");
pattern!(NUMBER_IN_WORDS, r"^[\[【(（\s]*第([一二三四五六七八九十]{1,3})页[\]】)）\s]*$");

pattern!(
    NEXT,
    r"(?i)^[\[【(（\s]*(?:下一?[页頁张]|后一?页|(?:点击)?(?:阅读|查看)?余下(?:全文|内容)|next(?:\s*page)?|下一?页\s*[>»›]*|>|›|»|＞|>>)[\]】)）\s]*$"
);

pattern!(
    OTHER,
    r"(?i)^[\[【(（\s]*(?:上一?[页頁张]|前一?页|首\s?[页頁]|第一页|尾\s?[页頁]|末\s?[页頁]|最后一?页|prev(?:ious)?|first|last|<|‹|«|<<|\.\.\.|…)?[\]】)）\s]*$"
);

pattern!(TOTAL, r"共\s*(\d{1,4})\s*页|/\s*(\d{1,4})\s*页?(?:\s|$)");

/// Finds the page's own pager.
///
/// `strict` asks for an address of the page's own stem, as parts of an article have; pages of a list
/// may be called `index.html` and `list_2.html`.
pub(crate) fn find(
    dom: &Dom,
    anchors: &[Anchor],
    base: &Base,
    own: Option<&CanonicalUrl>,
    strict: bool,
    max_pages: u32,
) -> Option<Pager> {
    if let Some(pager) = by_script(dom, base, own, strict, max_pages) {
        return Some(pager);
    }
    let own = own.map(CanonicalUrl::as_str);
    let mut best: Option<(usize, Pager)> = None;
    for run in runs(dom, anchors, strict) {
        if let Some((votes, pager)) = read(dom, &run, own, strict, max_pages)
            && best.as_ref().is_none_or(|(most, _)| votes > *most)
        {
            best = Some((votes, pager));
        }
    }
    // What was made by putting numbers together must still be an address.
    let is_address =
        |url: &String| own.is_none() || CanonicalUrl::parse(url).is_ok_and(|canonical| canonical.as_str() == url);
    // `1204_02.html` is no `1204_2.html`: who writes so has other addresses than those made here.
    let is_own =
        |pager: &Pager| !strict || own.is_none_or(|own| pager.pages.get(&pager.current).is_none_or(|url| url == own));
    best.map(|(_, pager)| pager).filter(|pager| pager.pages.values().all(is_address) && is_own(pager))
}

/// What a script is given to write a pager.
struct Written<'a> {
    total: u32,
    /// The number of this page, from 1.
    current: u32,
    name: &'a str,
    extension: &'a str,
    /// The number in the address of the second page.
    second: u32,
}

impl<'a> Written<'a> {
    fn read(script: &'a str) -> Option<Self> {
        let number = |found: &Captures<'_>, group: usize| found[group].parse::<u32>().ok();
        let name = |found: &Captures<'a>, group: usize| found.get(group).map_or("", |name| name.as_str());
        if let Some(call) = CALL.captures(script) {
            let from_one = call.get(1).is_some();
            let current = number(&call, 3)? + u32::from(!from_one);
            let (total, second) = (number(&call, 2)?, 1 + u32::from(from_one));
            return Some(Self { total, current, name: name(&call, 4), extension: name(&call, 5), second });
        }
        if let Some(call) = CALL_OF_OBJECT.captures(script) {
            let (total, current) = (number(&call, 1)?, number(&call, 2)? + 1);
            return Some(Self { total, current, name: name(&call, 3), extension: name(&call, 4), second: 1 });
        }
        let (count, current) = (COUNT_OF_PAGES.captures(script)?, CURRENT_PAGE.captures(script)?);
        let link = WRITTEN_LINK.captures(script)?;
        let (total, current) = (number(&count, 1)?, number(&current, 1)? + 1);
        Some(Self { total, current, name: name(&link, 1), extension: name(&link, 2), second: 1 })
    }

    fn reference(&self, number: u32) -> String {
        match number {
            1 => format!("{}.{}", self.name, self.extension),
            _ => format!("{}_{}.{}", self.name, number - 2 + self.second, self.extension),
        }
    }
}

/// The pager of a page whose system leaves it to a script, from what the script is given.
fn by_script(dom: &Dom, base: &Base, own: Option<&CanonicalUrl>, strict: bool, max_pages: u32) -> Option<Pager> {
    // A script may as well write the pager of comments, or of a list beside the article.
    let is_own = |written: &Written<'_>| {
        let own = own.filter(|_| strict).map(CanonicalUrl::as_str);
        let address = || base.resolve(&written.reference(written.current));
        own.is_none_or(|own| own.ends_with('/') || address().as_deref() == own.split('?').next())
    };
    for (at, node) in dom.nodes.iter().enumerate() {
        if node.tag != local_name!("script") {
            continue;
        }
        for child in at as u32..node.end {
            let script = dom.text_at(child).filter(|text| WRITES.is_match(text));
            let written = script.and_then(Written::read).filter(|written| written.name.len() <= MAX_NAME);
            let Some(written) = written else { continue };
            let Written { total, current, .. } = written;
            if total < 2 || current == 0 || current > total || !is_own(&written) {
                continue;
            }
            let mut pages = BTreeMap::new();
            for number in 1..=total.min(max_pages) {
                pages.insert(number, base.resolve(&written.reference(number))?);
            }
            if let Some(own) = own {
                pages.insert(current, own.as_str().to_owned());
            }
            // A name with `#` in it makes one address of all numbers.
            let addresses: BTreeSet<&String> = pages.values().collect();
            if addresses.len() < pages.len() {
                return None;
            }
            return Some(Pager { current, total: Some(total), next: pages.get(&(current + 1)).cloned(), pages });
        }
    }
    None
}

/// What an anchor says in a pager.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Label {
    Number(u32),
    Next,
    Other,
}

/// Anchors in a row that could be a pager.
struct Run<'a> {
    anchors: Vec<(Label, &'a Anchor)>,
}

impl Run<'_> {
    /// Whether it has more than a single number: several, or a link to the next page.
    fn leads_on(&self) -> bool {
        let numbers = self.anchors.iter().filter(|(label, _)| matches!(label, Label::Number(_))).count();
        numbers >= 2 || self.anchors.iter().any(|(label, _)| *label == Label::Next)
    }
}

fn runs<'a>(dom: &Dom, anchors: &'a [Anchor], strict: bool) -> Vec<Run<'a>> {
    let mut comments: Vec<u32> = Vec::new();
    for region in dom.regions.iter().filter(|region| region.kind == RegionKind::Comments) {
        if !dom.is_in_any(&comments, region.root) {
            comments.push(region.root);
        }
    }
    let mut runs = Vec::new();
    let mut current = Run { anchors: Vec::new() };
    for anchor in anchors {
        let is_comments = dom.is_in_any(&comments, anchor.at);
        // On a list it leads to an article.
        let is_rest = !strict && anchor.text.contains("余下");
        match label_of(&anchor.text).filter(|_| !is_comments && !is_rest) {
            Some(label) => current.anchors.push((label, anchor)),
            None => runs.push(std::mem::replace(&mut current, Run { anchors: Vec::new() })),
        }
    }
    runs.push(current);
    runs.retain(|run| run.anchors.iter().any(|(label, _)| *label != Label::Other));
    runs
}

fn label_of(text: &str) -> Option<Label> {
    if text.starts_with('第')
        && text.len() <= 160
        && let Some(found) = NUMBER_HEADED.captures(text)
    {
        return page_number(found[1].parse().ok()?);
    }
    if text.len() > 40 {
        return None;
    }
    let has_digit = text.bytes().any(|b| b.is_ascii_digit());
    if has_digit && let Some(found) = NUMBER.captures(text) {
        return page_number(found[1].parse().ok()?);
    }
    if text.contains('第')
        && let Some(found) = NUMBER_IN_WORDS.captures(text)
    {
        let number = date::counted(&found[1]).try_into().ok()?;
        // 第一页 stands beside 上一页, too, where nobody counts.
        return if number == 1 { Some(Label::Other) } else { page_number(number) };
    }
    if NEXT.is_match(text) {
        return Some(Label::Next);
    }
    OTHER.is_match(text).then_some(Label::Other)
}

fn page_number(number: u32) -> Option<Label> {
    (1..=MAX_NUMBER).contains(&number).then_some(Label::Number(number))
}

/// An address with the page number left out.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Template {
    prefix: String,
    suffix: String,
    /// What the number in the address is less than the number of the page: 0, or 1 where counting begins at 0.
    offset: u32,
    /// Where addresses count down, as VSB's do, the sum of both numbers: new pages then move no old one.
    sum: Option<u32>,
}

impl Template {
    fn url(&self, number: u32) -> String {
        let written = match self.sum {
            Some(sum) => sum.saturating_sub(number),
            None => number.saturating_sub(self.offset),
        };
        format!("{}{written}{}", self.prefix, self.suffix)
    }

    /// The number of the page with this address.
    fn number_of(&self, url: &str) -> Option<u32> {
        let digits = url.strip_prefix(self.prefix.as_str())?.strip_suffix(self.suffix.as_str())?;
        if digits.is_empty() || digits.len() > 4 || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let written = digits.parse::<u32>().ok()?;
        let number = match self.sum {
            Some(sum) => sum.checked_sub(written),
            None => written.checked_add(self.offset),
        };
        number.filter(|&number| number >= 1)
    }

    /// The address of the first page where it has no number: `1204.html` beside `1204_2.html`.
    fn bare(&self) -> Option<String> {
        // `baogao/` beside `baogao/2/`.
        if self.suffix == "/" && self.prefix.ends_with('/') && !is_host(&self.prefix[..self.prefix.len() - 1]) {
            return Some(self.prefix.clone());
        }
        // In `thread-7-2-1.html` the number is not the last.
        if !self.suffix.is_empty() && !self.suffix.starts_with(['.', '?']) {
            return None;
        }
        // `gzbg.htm` beside `gzbg/4.htm`.
        let prefix = self.prefix.strip_suffix(['_', '-', '/'])?;
        // `/4.htm` lies beside no `.htm`, least of all behind the host's name.
        if self.prefix.ends_with("//") || prefix.ends_with('/') || is_host(prefix) {
            return None;
        }
        Some(format!("{prefix}{}", self.suffix))
    }

    /// The same for a number in the query: `a.php?id=7` beside `a.php?id=7&page=2`.
    fn bare_query(&self) -> Option<String> {
        let (rest, name) = self.prefix.rsplit_once(['?', '&'])?;
        let name = name.strip_suffix('=')?;
        let name = name.to_ascii_lowercase();
        let counts_pages = name.contains("page") && !name.ends_with("id") && !name.ends_with("size");
        if !counts_pages && !matches!(&*name, "p" | "pn") {
            return None;
        }
        Some(match (self.prefix[..rest.len() + 1].ends_with('?'), self.suffix.strip_prefix('&')) {
            (true, Some(suffix)) => format!("{rest}?{suffix}"),
            _ => format!("{rest}{}", self.suffix),
        })
    }

    /// Whether an address is one of the template's pages.
    fn fits(&self, url: &str) -> bool {
        self.number_of(url).is_some() || self.is_first(url)
    }

    /// Whether an address is that of the first page, without a number.
    fn is_first(&self, url: &str) -> bool {
        self.bare().as_deref() == Some(url) || self.bare_query().as_deref() == Some(url) || self.is_folder(url)
    }

    /// Whether an address is the folder that the template's pages lie in, not that of the whole site: `baogao/` beside
    /// `baogao/p2.html`.
    fn is_folder(&self, url: &str) -> bool {
        let is_top = || url.strip_suffix('/').is_none_or(is_host);
        // `71/2.html` may be the second of many articles.
        let is_named = self.suffix.starts_with('.') && !self.prefix.ends_with('/');
        is_named && self.sum.is_none() && self.directory() == url && !is_top()
    }

    /// The directory the template's pages lie in.
    fn directory(&self) -> &str {
        self.prefix.rfind('/').map_or("", |at| &self.prefix[..=at])
    }
}

/// Whether an absolute address ends with its host.
fn is_host(url: &str) -> bool {
    url.split_once("://").is_some_and(|(_, rest)| !rest.contains('/'))
}

/// Every reading of `url` as a template with the page number `number` in it.
fn templates_of(url: &str, number: u32) -> Vec<Template> {
    let start_of_path =
        url.find("://").map_or(0, |at| url[at + 3..].find('/').map_or(url.len(), |slash| at + 3 + slash));
    let bytes = url.as_bytes();
    let mut templates = Vec::new();
    let mut at = start_of_path;
    while at < bytes.len() {
        if !bytes[at].is_ascii_digit() {
            // The digits of `%3C` are no number.
            at += if bytes[at] == b'%' { 3 } else { 1 };
            continue;
        }
        let mut end = at;
        while end < bytes.len() && bytes[end].is_ascii_digit() {
            end += 1;
        }
        let value = url[at..end].parse::<u32>().ok().filter(|_| end - at <= 4);
        for offset in [0, 1] {
            if value.is_some_and(|value| value + offset == number) {
                templates.push(Template {
                    prefix: url[..at].to_owned(),
                    suffix: url[end..].to_owned(),
                    offset,
                    sum: None,
                });
            }
        }
        if let Some(value) = value.filter(|_| url[..at].ends_with('/')) {
            let sum = Some(value + number);
            templates.push(Template { prefix: url[..at].to_owned(), suffix: url[end..].to_owned(), offset: 0, sum });
        }
        at = end;
    }
    templates
}

/// Reads a run as a pager of the page at `own`. Returns how many links agree, and the pager.
fn read(dom: &Dom, run: &Run<'_>, own: Option<&str>, strict: bool, max_pages: u32) -> Option<(usize, Pager)> {
    let found = best_template(run, own).filter(|(template, _)| !strict || own.is_none_or(|own| template.fits(own)));
    let Some((template, votes)) = found.or_else(|| template_of_own(run, own?)) else {
        return only_next(run, own, strict);
    };
    let first = run.anchors.iter().find(|(label, _)| *label == Label::Number(1)).map(|(_, anchor)| anchor.url.as_str());
    let linked: Vec<u32> = run
        .anchors
        .iter()
        .filter_map(|(label, anchor)| match label {
            Label::Number(1) => Some(1),
            _ => template.number_of(&anchor.url),
        })
        .collect();
    let fits = own.map(|own| current_by_address(&template, own, first));
    let current = match fits {
        Some(Some(current)) => current,
        // A list's first page may be called anything in the same directory. One number alone may be
        // anything, such as a count of replies that links to its thread.
        Some(None) if !strict && run.leads_on() && own.is_some_and(|own| own.starts_with(template.directory())) => {
            by_gap(&linked)
        }
        Some(None) => return None,
        None => by_gap(&linked),
    };
    let mut total = linked.iter().copied().max().unwrap_or(1).max(current);
    let printed = printed_total(dom, run);
    total = total.max(printed.unwrap_or(0));
    let mut pages = BTreeMap::new();
    // Counting down, the highest page is the one numbered 1; a printed total may be of something else.
    let total = template.sum.map_or(total, |sum| total.min(sum.saturating_sub(1)).max(current));
    for number in 1..=total.min(max_pages) {
        pages.insert(number, template.url(number));
    }
    let first = match (first, current, own) {
        (_, 1, Some(own)) => own.to_owned(),
        (Some(first), _, _) => first.to_owned(),
        _ if template.offset == 1 || template.sum.is_some() || strict => {
            template.bare().or_else(|| template.bare_query()).unwrap_or(template.url(1))
        }
        _ => template.url(1),
    };
    pages.insert(1, first);
    let next = pages.get(&(current + 1)).cloned().or_else(|| {
        let (_, anchor) = run.anchors.iter().find(|(label, _)| *label == Label::Next)?;
        (template.number_of(&anchor.url) == Some(current + 1)).then(|| anchor.url.clone())
    });
    // Previous and next alone do not say how many there are.
    let is_counted = printed.is_some() || run.anchors.iter().any(|(label, _)| matches!(label, Label::Number(_)));
    Some((votes, Pager { current, total: is_counted.then_some(total), pages, next }))
}

/// The template most links agree on; among equals the one the page's own address fits, counting from 1.
fn best_template(run: &Run<'_>, own: Option<&str>) -> Option<(Template, usize)> {
    let mut votes: Vec<(Template, usize)> = Vec::new();
    for (label, anchor) in run.anchors.iter().take(40) {
        let Label::Number(number) = label else { continue };
        for template in templates_of(&anchor.url, *number) {
            match votes.iter_mut().find(|(other, _)| *other == template) {
                Some((_, count)) => *count += 1,
                None => votes.push((template, 1)),
            }
        }
    }
    let fits = |template: &Template| own.is_some_and(|own| template.fits(own));
    votes
        .into_iter()
        // One link may count down by chance.
        .filter(|(template, count)| template.sum.is_none() || *count >= 2)
        .max_by_key(|(template, count)| (*count, template.sum.is_none(), fits(template), template.offset == 0))
}

/// The template of this page's own address, where the run leads back to its first page: on the last
/// of two pages no link has a number in its address.
fn template_of_own(run: &Run<'_>, own: &str) -> Option<(Template, usize)> {
    for number in 2..=MAX_OWN_NUMBER {
        for template in templates_of(own, number).into_iter().filter(|template| template.sum.is_none()) {
            // 首页 beside separate articles leads to the folder they lie in.
            let leads_back = |(label, anchor): &(Label, &Anchor)| {
                template.is_first(&anchor.url) && (*label == Label::Number(1) || !anchor.url.ends_with('/'))
            };
            if run.anchors.iter().any(leads_back) {
                return Some((template, 1));
            }
        }
    }
    None
}

/// The number of the page at `own` by its address alone.
fn current_by_address(template: &Template, own: &str, first: Option<&str>) -> Option<u32> {
    // A folder is no first page where that has an address like the others': `img1.html` in a row of pictures.
    let is_first = || {
        template.is_first(own)
            && !(own.ends_with('/') && first.is_some_and(|first| template.number_of(first) == Some(1)))
    };
    if first == Some(own) || is_first() {
        return Some(1);
    }
    template.number_of(own)
}

/// The number of this page as the one no link leads to.
fn by_gap(linked: &[u32]) -> u32 {
    let most = linked.iter().copied().max().unwrap_or(0);
    (1..=most).find(|number| !linked.contains(number)).unwrap_or(most + 1)
}

/// A pager without numbers: one link to the next page.
fn only_next(run: &Run<'_>, own: Option<&str>, strict: bool) -> Option<(usize, Pager)> {
    let (_, anchor) = run.anchors.iter().find(|(label, _)| *label == Label::Next)?;
    let own = own?;
    if own == anchor.url {
        return None;
    }
    // `72.html` behind `71.html` is the next article: only a number that the first page lacks is a part's.
    for template in templates_of(&anchor.url, 2).into_iter().filter(|template| template.sum.is_none()) {
        if template.is_first(own) {
            let pages = BTreeMap::from([(1, own.to_owned()), (2, anchor.url.clone())]);
            return Some((1, Pager { current: 1, total: None, pages, next: Some(anchor.url.clone()) }));
        }
    }
    // 下一页 on a list leads on whatever its address; in an article it may be the next article.
    let is_word = anchor.text.contains(['页', '頁']);
    (!strict && is_word).then(|| {
        let pager = Pager { current: 1, total: None, pages: BTreeMap::new(), next: Some(anchor.url.clone()) };
        (0, pager)
    })
}

/// How many pages the text around the links speaks of.
fn printed_total(dom: &Dom, run: &Run<'_>) -> Option<u32> {
    let (_, first) = run.anchors.first()?;
    let (_, last) = run.anchors.last()?;
    let block = dom.ancestors(first.at).find(|&at| dom.nodes[at as usize].block && dom.is_within(last.at, at))?;
    let text = dom.text_below(block);
    if text.chars().count() > 300 {
        return None;
    }
    let found = TOTAL.captures_iter(&text).filter_map(|found| {
        let digits = found.get(1).or(found.get(2))?;
        digits.as_str().parse().ok()
    });
    found.filter(|&total| total <= MAX_NUMBER).max()
}
