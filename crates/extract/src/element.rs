//! What an element's name and own attributes say about how it is shown.

use html5ever::{LocalName, local_name};
use scraper::node::Element;
use std::borrow::Cow;

/// An attribute by a name known when this was compiled. `Element::attr` looks the name up among all
/// names first, which is what most of the time of a page would go into.
pub(crate) fn attribute<'a>(element: &'a Element, name: &LocalName) -> Option<&'a str> {
    element.attrs.iter().find(|(own, _)| own.local == *name).map(|(_, value)| &**value)
}

/// An element's `id`, empty where it has none.
pub(crate) fn id_of(element: &Element) -> &str {
    attribute(element, &local_name!("id")).unwrap_or_default()
}

/// An element's `class`, empty where it has none.
pub(crate) fn class_of(element: &Element) -> &str {
    attribute(element, &local_name!("class")).unwrap_or_default()
}

/// Elements whose content no reader sees.
pub(crate) fn is_unseen(tag: &LocalName) -> bool {
    matches!(
        *tag,
        local_name!("head")
            | local_name!("title")
            | local_name!("script")
            | local_name!("style")
            | local_name!("noscript")
            | local_name!("template")
            | local_name!("iframe")
            | local_name!("object")
            | local_name!("embed")
            | local_name!("applet")
            | local_name!("select")
            | local_name!("textarea")
            | local_name!("button")
            | local_name!("svg")
            | local_name!("canvas")
            | local_name!("audio")
            | local_name!("video")
            | local_name!("map")
            | local_name!("noframes")
    )
}

/// Whether lines break around an element.
pub(crate) fn is_block(element: &Element) -> bool {
    match element.name.local {
        local_name!("address")
        | local_name!("article")
        | local_name!("aside")
        | local_name!("blockquote")
        | local_name!("body")
        | local_name!("caption")
        | local_name!("center")
        | local_name!("dd")
        | local_name!("details")
        | local_name!("dialog")
        | local_name!("dir")
        | local_name!("div")
        | local_name!("dl")
        | local_name!("dt")
        | local_name!("fieldset")
        | local_name!("figcaption")
        | local_name!("figure")
        | local_name!("footer")
        | local_name!("form")
        | local_name!("h1")
        | local_name!("h2")
        | local_name!("h3")
        | local_name!("h4")
        | local_name!("h5")
        | local_name!("h6")
        | local_name!("header")
        | local_name!("hgroup")
        | local_name!("hr")
        | local_name!("html")
        | local_name!("legend")
        | local_name!("li")
        | local_name!("main")
        | local_name!("menu")
        | local_name!("nav")
        | local_name!("ol")
        | local_name!("p")
        | local_name!("pre")
        | local_name!("section")
        | local_name!("summary")
        | local_name!("table")
        | local_name!("tbody")
        | local_name!("td")
        | local_name!("tfoot")
        | local_name!("th")
        | local_name!("thead")
        | local_name!("tr")
        | local_name!("ul") => true,
        _ => style_of(element).is_some_and(|style| style.contains("display:block")),
    }
}

/// Whether the element's own attributes keep it from being shown.
pub(crate) fn is_hidden(element: &Element) -> bool {
    if element.attrs.is_empty() {
        return false;
    }
    if attribute(element, &local_name!("hidden")).is_some() {
        return true;
    }
    // Anti-copy text of forums: random characters in the background's colour.
    if class_of(element).split_ascii_whitespace().any(|c| c == "jammer") {
        return true;
    }
    let Some(style) = style_of(element) else { return false };
    style.contains("display:none") || style.contains("visibility:hidden") || has_no_size(&style)
}

/// The `style` attribute in lower case without white space.
fn style_of(element: &Element) -> Option<Cow<'_, str>> {
    let style = attribute(element, &local_name!("style"))?;
    if !style.bytes().any(|b| b.is_ascii_uppercase() || b.is_ascii_whitespace()) {
        return Some(Cow::Borrowed(style));
    }
    Some(style.chars().filter(|c| !c.is_whitespace()).map(|c| c.to_ascii_lowercase()).collect())
}

/// Whether a style sets a font size of nothing.
fn has_no_size(style: &str) -> bool {
    let Some(at) = style.find("font-size:0") else { return false };
    let rest = &style[at + "font-size:0".len()..];
    !rest.starts_with(|c: char| c == '.' || c.is_ascii_digit())
}
