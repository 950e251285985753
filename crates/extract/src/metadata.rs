//! What a page says of its document besides title and text: who issued it, under which number, when.
//!
//! Government sites say it in `meta` elements (国办发〔2017〕47号, annex), in an index card above the
//! text, and in the line between heading and text. All dates are kept, each with where it was found;
//! the first of them is the one chosen.

use crate::container::Container;
use crate::dom::{Dom, Line, fold_spaces};
use crate::element::attribute;
use crate::patterns::pattern;
use html5ever::local_name;
use jiff::civil::Date;
use serde::Serialize;

/// Lines looked at above the text.
const WINDOW: usize = 60;

/// The longest value, in characters.
const MAX_VALUE: usize = 60;

/// What a page says of its document.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Metadata {
    /// Who the text comes from: an office, a newspaper.
    pub source: Option<String>,
    /// Who wrote it.
    pub author: Option<String>,
    /// The number of the document in its site's index (索引号).
    pub index_number: Option<String>,
    /// The ten-digit code of the government site (网站标识码).
    pub site_code: Option<String>,
    /// The site's name, where it is declared.
    pub site_name: Option<String>,
    /// The column's name, where it is declared.
    pub column: Option<String>,
    /// Every date found for the publication, the chosen one first.
    pub dates: Vec<DateEvidence>,
}

/// A date, and why it may be the one of publication.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DateEvidence {
    /// The day.
    pub date: Date,
    /// Where it stands: `meta NAME`, `profile`, `data` (JSON-LD), `line`, `address`, `below`, `post`.
    pub found_in: String,
    /// The text it was read from, cut to sixty characters.
    pub text: String,
}

impl DateEvidence {
    pub(crate) fn new(date: Date, found_in: impl Into<String>, text: &str) -> Self {
        Self { date, found_in: found_in.into(), text: cut(text) }
    }
}

pattern!(
    INDEX_NUMBER,
    r"^[\[【\s]*(?:信息)?索\s*引\s*号[\]】]?\s*[:：]?\s*([0-9A-Za-z\u{4e00}-\u{9fff}][0-9A-Za-z\u{4e00}-\u{9fff}/\-_.()（）〔〕]{3,59})"
);
pattern!(SITE_CODE, r"网站标识码\s*[:：]?\s*([0-9A-Za-z]{10})\b");
pattern!(SOURCE, r"(?:信息来源|文章来源|稿件来源|新闻来源|来源|來源|稿源|出处)\s*[:：]\s*([^\s|｜:：，。]{2,40})");
// The label behind a source that nothing parts from it: 来源：县政府办公室点击量：12.
pattern!(
    NEXT_LABEL,
    r"(?:责任编辑|责编|编辑|作者|记者|审核|供稿|录入|发布者|发布人|发布时间|发表时间|更新时间|发布日期|时间|日期|(?:访问|浏览|点击|阅读|评论|查看)(?:量|数|次数|率)?|人气|字体大小|字体|字号|视力保护色|分享到?)$"
);
// A newspaper or station behind the hour: 2003年8月14日08:35 云岭晚报.
pattern!(
    STAMPED,
    r"\d{1,2}[:：]\d{2}(?:[:：]\d{2})?[\s\u{3000}]+(\p{Han}{2,12}(?:报|网|社|台|刊|在线|客户端|热线|融媒体中心))(?:[\s\u{3000}]|$)"
);
// A byline: 本报记者 何田.
pattern!(
    BYLINE,
    r"^[□■○●◎]?\s*(?:本[报台网刊站])?(?:首席|特约|见习|实习)?(?:记者|通讯员)[ \u{3000}]+(\p{Han}{2,4})(?:[\s\u{3000}]|$)"
);
pattern!(AUTHOR, r"(?:(?:作者|撰稿|记者)[ \u{3000}]*[:：\t]|文/|^文 ?[丨|/])\s*([^\s|｜:：，。/]{2,20})");

/// Reads everything but the dates.
pub(crate) fn find(dom: &Dom, container: Option<&Container>) -> Metadata {
    let mut found = Metadata::default();
    from_meta(dom, &mut found);
    if let Some(first) = container.and_then(|container| container.lines.first().copied()) {
        for index in first.saturating_sub(WINDOW)..(first + 8).min(dom.lines.len()) {
            from_line(dom, index, &mut found);
        }
    }
    if found.site_code.is_none() {
        found.site_code = dom.lines.iter().rev().take(WINDOW).find_map(|line| capture(&SITE_CODE, dom.line_text(line)));
    }
    found
}

fn from_meta(dom: &Dom, found: &mut Metadata) {
    for (at, node) in dom.nodes.iter().enumerate() {
        if node.tag != local_name!("meta") {
            continue;
        }
        let Some(element) = dom.markup(at as u32) else { continue };
        let name = attribute(element, &local_name!("name")).or(element.attr("property")).unwrap_or_default();
        let field = match name.to_ascii_lowercase().as_str() {
            "contentsource" | "source" => &mut found.source,
            "author" | "article:author" => &mut found.author,
            "siteidcode" => &mut found.site_code,
            "sitename" | "og:site_name" => &mut found.site_name,
            "columnname" => &mut found.column,
            _ => continue,
        };
        let value = fold_spaces(attribute(element, &local_name!("content")).unwrap_or_default());
        if field.is_none() && !value.is_empty() {
            *field = Some(cut(&value));
        }
    }
}

/// Reads the line between heading and text, and the entries of an index card, which may stand in one
/// line with tabs between them or in lines of their own.
fn from_line(dom: &Dom, index: usize, found: &mut Metadata) {
    let line: &Line = &dom.lines[index];
    if line.chars > 200 {
        return;
    }
    let text = dom.line_text(line);
    if found.index_number.is_none() {
        let next = dom.lines.get(index + 1).map(|line| dom.line_text(line)).unwrap_or_default();
        let cells: Vec<&str> = text.split('\t').collect();
        for (place, cell) in cells.iter().enumerate() {
            let value = cells.get(place + 1).copied().unwrap_or(next);
            found.index_number = found
                .index_number
                .take()
                .or_else(|| capture(&INDEX_NUMBER, cell))
                .or_else(|| capture(&INDEX_NUMBER, &format!("{cell}{value}")));
        }
    }
    if line.is_prose() && text.contains('。') {
        return;
    }
    found.source = found.source.take().or_else(|| source(text)).or_else(|| stamped(text));
    // Links lead to columns: 作者:投稿须知.
    if line.link_share() < 0.5 {
        found.author = found.author.take().or_else(|| capture(&AUTHOR, text)).or_else(|| capture(&BYLINE, text));
    }
}

/// The source behind a moment: 10:20 云岭日报.
fn stamped(text: &str) -> Option<String> {
    // Buttons and forecasts end like newspapers.
    capture(&STAMPED, text).filter(|name| !["举报", "预报", "播报"].iter().any(|word| name.ends_with(word)))
}

/// The labelled source in a line, without the label of what follows it.
fn source(text: &str) -> Option<String> {
    let found = SOURCE.captures(text)?.get(1)?;
    let value = found.as_str();
    let value = match NEXT_LABEL.find(value).filter(|_| text[found.end()..].starts_with([':', '：'])) {
        Some(label) => &value[..label.start()],
        None => value,
    };
    (!value.is_empty()).then(|| value.to_owned())
}

fn capture(pattern: &regex::Regex, text: &str) -> Option<String> {
    Some(pattern.captures(text)?.get(1)?.as_str().to_owned())
}

fn cut(text: &str) -> String {
    fold_spaces(text).chars().take(MAX_VALUE).collect()
}
