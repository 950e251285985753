//! Parts of a page whose markup says what they are: comments, navigation, share bars.
//!
//! Names are hints. A region counts only while it does not hold the article itself, which
//! [`crate::container`] decides: some sites wrap the whole page in a `comment` or `nav` class.

use crate::element::{class_of, id_of};
use aho_corasick::{AhoCorasick, AhoCorasickKind};
use html5ever::local_name;
use scraper::node::Element;
use std::sync::LazyLock;

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
        &["cmt", "saypl", "plpost", "respond", "replylist", "replies"],
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

/// What finding a word in a name means.
#[derive(Debug, Clone, Copy)]
enum Sign {
    /// The row of [`WORDS`] it stands in; only a whole word counts.
    Word(usize),
    /// The row of [`WORDS`] it stands in; a part of a word counts, too.
    Part(usize),
    /// One of [`CONTENT`].
    Content,
}

/// All words and parts in one automaton: a page has thousands of names.
struct Signs {
    automaton: AhoCorasick,
    signs: Vec<Sign>,
}

static SIGNS: LazyLock<Signs> = LazyLock::new(|| {
    let (mut needles, mut signs) = (Vec::<&str>::new(), Vec::new());
    for (row, (_, words, parts)) in WORDS.iter().enumerate() {
        needles.extend(words.iter().chain(*parts));
        signs.extend(words.iter().map(|_| Sign::Word(row)));
        signs.extend(parts.iter().map(|_| Sign::Part(row)));
    }
    needles.extend(CONTENT);
    signs.extend(CONTENT.iter().map(|_| Sign::Content));
    let built = AhoCorasick::builder().ascii_case_insensitive(true).kind(Some(AhoCorasickKind::DFA)).build(needles);
    // Building fails only for automata beyond 2^31 states.
    Signs { automaton: built.expect("a hundred short words fit an automaton"), signs }
});

/// What the element's name, id and classes call it, if anything.
pub(crate) fn kind_of(element: &Element) -> Option<RegionKind> {
    match element.name.local {
        local_name!("nav") | local_name!("footer") => return Some(RegionKind::Navigation),
        local_name!("aside") => return Some(RegionKind::Related),
        local_name!("body") | local_name!("html") | local_name!("main") | local_name!("article") => return None,
        local_name!("h1") | local_name!("pre") | local_name!("code") => return None,
        _ => {}
    }
    if element.attrs.is_empty() {
        return None;
    }
    let names = || std::iter::once(id_of(element)).chain(class_of(element).split_ascii_whitespace());
    let kind = names().find_map(kind_of_name)?;
    // A blog may set the words that choose its advertisements where its articles stand.
    let is_article = kind == RegionKind::Advertisement && names().any(holds_article);
    (!is_article).then_some(kind)
}

/// Whether a name is that of an article's text.
fn holds_article(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    !name.starts_with("ad")
        && (name.contains("article") || name.contains("artical"))
        && (name.contains("content") || name.contains("body"))
}

/// What one id or class name says.
fn kind_of_name(name: &str) -> Option<RegionKind> {
    if name.is_empty() || name.len() > 60 {
        return None;
    }
    // A bit for each row of `WORDS`.
    let mut rows = 0_u32;
    let mut speaks_of_content = false;
    for found in SIGNS.automaton.find_overlapping_iter(name) {
        match SIGNS.signs[found.pattern().as_usize()] {
            Sign::Content => speaks_of_content = true,
            Sign::Part(row) => rows |= 1 << row,
            Sign::Word(row) if is_word(name.as_bytes(), found.start(), found.end()) => rows |= 1 << row,
            Sign::Word(_) => {}
        }
    }
    // 评论 as it begins a name; behind or before other letters it is anything.
    if let [b'p' | b'P', b'l' | b'L'] | [b'p' | b'P', b'l' | b'L', b'-' | b'_', ..] = name.as_bytes() {
        return Some(RegionKind::Comments);
    }
    let mut kinds = WORDS.iter().enumerate().filter(|(row, _)| rows & (1 << row) != 0).map(|(_, (kind, ..))| *kind);
    // `comment-content` is still a comment; `nav_content` may be the content beside a menu.
    kinds.find(|kind| !speaks_of_content || *kind == RegionKind::Comments)
}

/// Whether a piece is a word of a name written `like-this`, `like_this` or `likeThis`.
fn is_word(name: &[u8], start: usize, end: usize) -> bool {
    is_boundary(name, start) && is_boundary(name, end) && !(start + 1..end).any(|at| is_boundary(name, at))
}

/// Whether a word ends or begins at a position.
fn is_boundary(name: &[u8], at: usize) -> bool {
    let (Some(before), Some(after)) = (at.checked_sub(1).map(|at| name[at]), name.get(at)) else { return true };
    !before.is_ascii_alphabetic()
        || !after.is_ascii_alphabetic()
        || before.is_ascii_lowercase() && after.is_ascii_uppercase()
}
