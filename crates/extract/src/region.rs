//! Parts of a page whose markup says what they are: comments, navigation, share bars.
//!
//! Names are hints. A region counts only while it does not hold the article itself, which
//! [`crate::container`] decides: some sites wrap the whole page in a `comment` or `nav` class.

use html5ever::local_name;
use scraper::node::Element;

/// What a region's name calls it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RegionKind {
    /// Comments and replies of visitors.
    Comments,
    /// Menus, breadcrumbs, pagers, headers and footers of the site.
    Navigation,
    /// Links to related or recommended pages, rankings, tags.
    Related,
    /// Share and vote buttons, tools.
    Tools,
    /// Copyright notices and disclaimers.
    Legal,
    /// Advertisements.
    Advertisement,
    /// Lists of sources and tables of facts in encyclopedias.
    Reference,
}

/// Whole words of class names and ids. Long ones count as a part of a word, too.
const WORDS: &[(RegionKind, &[&str], &[&str])] = &[
    (
        RegionKind::Comments,
        &["cmt", "pl", "saypl", "plpost", "respond", "replylist", "replies"],
        &["comment", "pinglun", "gentie", "disqus", "changyan", "liuyan", "guestbook", "uyan", "duoshuo"],
    ),
    (
        RegionKind::Navigation,
        &[
            "nav",
            "navi",
            "menu",
            "crumb",
            "crumbs",
            "foot",
            "header",
            "topbar",
            "top",
            "pager",
            "pages",
            "pagination",
            "pagebar",
            "weizhi",
            "position",
            "dqwz",
            "siderbar",
            "login",
        ],
        &["breadcrumb", "sidebar", "navbar", "navigation", "mianbao", "footer", "masthead", "pagination", "showpage"],
    ),
    (
        RegionKind::Related,
        &["relate", "related", "recommend", "rank", "ranking", "hot", "tags", "tag", "xgxw", "xgyd", "xglj", "prenext"],
        &["tuijian", "recommend", "relatednews", "relatearticle", "related", "nextprev", "prevnext", "hotnews"],
    ),
    (
        RegionKind::Tools,
        &[
            "share", "shares", "fenxiang", "tools", "toolbar", "qrcode", "ewm", "erweima", "digg", "print", "modal",
            "popup", "dialog", "cookie", "toast", "tips",
        ],
        &["bdshare", "jiathis", "bshare", "sharebox", "sharebar", "sharebutton", "weixin_code", "fontsize"],
    ),
    (
        RegionKind::Advertisement,
        &["ad", "ads", "adv", "advert", "adbox", "guanggao"],
        &["advert", "guanggao", "sponsor"],
    ),
    (RegionKind::Reference, &["references", "reflist", "footnotes"], &["infobox", "referencelist", "basicinfo"]),
    (RegionKind::Legal, &["disclaimer", "statement"], &["copyright", "shengming", "mianze"]),
];

/// Names that speak of the content itself, whatever else they hold.
const CONTENT: &[&str] = &["content", "article", "body", "main", "text", "wrap", "detail", "container", "layout"];

/// What the element's name, id and classes call it, if anything.
pub(crate) fn kind_of(element: &Element) -> Option<RegionKind> {
    match element.name.local {
        local_name!("nav") | local_name!("footer") => return Some(RegionKind::Navigation),
        local_name!("aside") => return Some(RegionKind::Related),
        local_name!("body") | local_name!("html") | local_name!("main") | local_name!("article") => return None,
        local_name!("h1") | local_name!("pre") | local_name!("code") => return None,
        _ => {}
    }
    let id = element.attr("id").unwrap_or_default();
    let class = element.attr("class").unwrap_or_default();
    if id.is_empty() && class.is_empty() {
        return None;
    }
    for name in std::iter::once(id).chain(class.split_ascii_whitespace()) {
        if let Some(kind) = kind_of_name(name) {
            return Some(kind);
        }
    }
    None
}

/// What one id or class name says.
fn kind_of_name(name: &str) -> Option<RegionKind> {
    if name.is_empty() || name.len() > 60 {
        return None;
    }
    let lower = name.to_ascii_lowercase();
    let speaks_of_content = CONTENT.iter().any(|word| lower.contains(word));
    for (kind, words, parts) in WORDS {
        // `comment-content` is still a comment; `nav_content` may be the content beside a menu.
        if speaks_of_content && *kind != RegionKind::Comments {
            continue;
        }
        if parts.iter().any(|part| lower.contains(part)) {
            return Some(*kind);
        }
        if words_of(name).any(|word| words.contains(&word.to_ascii_lowercase().as_str())) {
            return Some(*kind);
        }
    }
    None
}

/// The words of a name written `like-this`, `like_this` or `likeThis`.
fn words_of(name: &str) -> impl Iterator<Item = &str> {
    name.split(|c: char| !c.is_ascii_alphabetic()).flat_map(split_camel).filter(|word| !word.is_empty())
}

/// `likeThis` as `like`, `This`.
fn split_camel(word: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut start = 0;
    let bytes = word.as_bytes();
    for at in 1..bytes.len() {
        if bytes[at].is_ascii_uppercase() && bytes[at - 1].is_ascii_lowercase() {
            words.push(&word[start..at]);
            start = at;
        }
    }
    words.push(&word[start..]);
    words
}
