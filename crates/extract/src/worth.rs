//! What lines and elements are worth as an article.
//!
//! Prose counts its length, links less than nothing; an element is worth the sum of what is in it, and a
//! little more for what it is called and where it begins.

use crate::clean;
use crate::dom::{Dom, Line, NONE};
use crate::element::{attribute, class_of, id_of};
use crate::profile::Profile;
use html5ever::local_name;

/// The least that a block adds to what is around it: a long list of links below a text says no more
/// against the text than a short one.
const LEAST: f32 = -150.0;

/// How much more an element is worth that begins where the article's heading stands.
const AFTER_HEADING: f32 = 0.5;

/// How much more an element is worth that the profile names.
const NAMED_BY_PROFILE: f32 = 0.5;

/// Below this worth no name is looked at.
const LEAST_NAMED: f32 = 20.0;

/// What a line adds to an article.
pub(crate) fn worth_of(dom: &Dom, line: &Line) -> f32 {
    let chars = line.chars as f32;
    let text = dom.line_text(line);
    if line.link_share() > 0.5 {
        // Even a short menu entry says "menu".
        return -(line.link_chars as f32).max(8.0 * line.links as f32);
    }
    if clean::is_boilerplate(text) {
        return -chars.min(40.0);
    }
    let plain = chars - line.link_chars as f32;
    if line.punctuation > 0 {
        return plain;
    }
    // Figures say nothing by themselves: a ticker, a counter.
    let figures = text.bytes().filter(|b| b.is_ascii_digit() || b.is_ascii_punctuation()).count() as f32;
    0.35 * (plain - figures).max(0.0)
}

/// The worth of every node: its lines and its descendants'; what lies in believed regions is worth
/// nothing to what is around them.
pub(crate) fn totals(dom: &Dom, regions: &[u32], values: &[f32], most_against: f32) -> Vec<f32> {
    let mut totals = vec![0.0; dom.nodes.len()];
    let mut against = vec![0.0; dom.nodes.len()];
    let add = |totals: &mut [f32], against: &mut [f32], at: u32, value: f32| match value > 0.0 {
        true => totals[at as usize] += value,
        false => against[at as usize] += value,
    };
    for (line, &value) in dom.lines.iter().zip(values) {
        add(&mut totals, &mut against, line.owner, value);
    }
    let mut region = regions.iter().rev().peekable();
    for at in (0..dom.nodes.len()).rev() {
        let gain = totals[at];
        totals[at] += if gain > 0.0 { against[at].max(-most_against * gain) } else { against[at] };
        if region.next_if(|&&root| root as usize == at).is_some() {
            continue;
        }
        let parent = dom.nodes[at].parent;
        if parent != NONE {
            let total = totals[at].max(LEAST);
            add(&mut totals, &mut against, parent, total);
        }
    }
    totals
}

/// How much more each element is worth for what it is called.
pub(crate) fn priors(dom: &Dom, profile: &Profile, totals: &[f32], anchor: Option<usize>) -> Vec<f32> {
    let mut priors = vec![0.0; dom.nodes.len()];
    for at in 0..dom.nodes.len() {
        if totals[at] < LEAST_NAMED {
            continue;
        }
        let Some(element) = dom.element(at as u32) else { continue };
        if profile.holds_article(element) {
            priors[at] = NAMED_BY_PROFILE;
        } else if is_called_content(element.value()) {
            priors[at] = 0.1;
        }
        if let Some(anchor) = anchor
            && follows_heading(dom, at as u32, anchor)
        {
            priors[at] += AFTER_HEADING;
        }
    }
    priors
}

/// Whether an element begins at the article's heading or a few lines (date, source, tools) below it.
pub(crate) fn follows_heading(dom: &Dom, at: u32, anchor: usize) -> bool {
    let first = dom.lines_in(at).start;
    first + 3 >= anchor && first <= anchor + 12
}

/// Whether an element's id or class is what many sites call the article's body.
fn is_called_content(element: &scraper::node::Element) -> bool {
    const NAMES: &[&str] = &[
        "content",
        "article",
        "zoom",
        "text",
        "artibody",
        "article-content",
        "article_content",
        "articlecontent",
        "newscontent",
        "news_content",
        "news-content",
        "entry-content",
        "post-content",
        "post_content",
        "detail-content",
        "contenttext",
        "main-content",
        "rich_media_content",
        "js_content",
        "vsb_content",
        "v_news_content",
        "pages_content",
        "ucap-content",
        "ucapcontent",
        "trs_editor",
        "trs_ueditor",
        "trs_editor_view",
        "articlebody",
        "article-body",
        "article_body",
        "txt",
        "textbox",
        "conte",
        "maintext",
        "endtext",
        "main_content",
        "bt_content",
        "fontzoom",
        "ozoom",
        "j-fontcontent",
        "wzcon",
        "zoomcon",
        "cas_content",
        "contentbox",
        "articletext",
        "article_text",
        "art_content",
    ];
    std::iter::once(id_of(element))
        .chain(class_of(element).split_ascii_whitespace())
        .any(|name| NAMES.iter().any(|known| name.eq_ignore_ascii_case(known)))
        || attribute(element, &local_name!("itemprop")).is_some_and(|property| property == "articleBody")
}
