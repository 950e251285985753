//! What kind of page it is. "No article here" is a good answer.

use crate::container::Container;
use crate::date;
use crate::dom::{Dom, Line};
use crate::links::Anchor;
use crate::title;
use baogao_model::PageKind;

/// Lines between a heading and its text: when, from where, tools, a picture's caption.
const MAX_BETWEEN: usize = 6;

/// Rows with a headline and a day that make a list.
const MIN_ROWS: u32 = 5;

/// Linked names with a summary each that make a list, and the shortest such name, in characters.
const MIN_SUMMARIES: u32 = 4;
const MIN_HEADLINE: u32 = 4;

/// What the evidence of a page's lines comes to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Evidence {
    /// Characters of the article's own lines.
    pub text: u32,
    /// Those in sentences.
    pub prose: u32,
    /// Paragraphs that end like one.
    pub paragraphs: u32,
    /// Characters of all lines.
    pub all: u32,
    /// Lines that are one link with the text of a headline.
    pub entries: u32,
    /// Those of them within the container, or dated.
    pub dated_entries: u32,
    /// Whether the text stands under a heading, with a day between the two.
    pub is_headed: bool,
    /// Rows among the article's own lines that are a headline with its day, and their characters.
    pub rows: u32,
    pub row_chars: u32,
    /// Sentences among the article's own lines, and those of them that are the first below a linked name.
    pub sentences: u32,
    pub summaries: u32,
}

/// Counts the evidence.
pub(crate) fn evidence(dom: &Dom, own_lines: &[usize], anchors: &[Anchor], container: Option<&Container>) -> Evidence {
    let is_headed =
        container.and_then(|container| container.heading).is_some_and(|heading| is_headed(dom, heading, own_lines));
    let mut evidence = Evidence {
        text: 0,
        prose: 0,
        paragraphs: 0,
        all: 0,
        entries: 0,
        dated_entries: 0,
        is_headed,
        rows: 0,
        row_chars: 0,
        sentences: 0,
        summaries: 0,
    };
    for line in &dom.lines {
        evidence.all += line.chars;
        let is_headline = line.link_share() > 0.5
            && (line.link_chars / line.links.max(1) >= 8 || line.heading >= 2 && line.link_chars >= 3);
        // A row of a table: headline, writer, replies, date.
        let is_row = line.link_chars >= 8 && dom.line_text(line).contains('\t') && !line.is_prose();
        if line.links >= 1 && (is_headline || is_row) {
            evidence.entries += 1;
            evidence.dated_entries += u32::from(line.link_share() < 1.0);
        }
    }
    // What a script would set has no lines.
    let scripted = |anchor: &&Anchor| dom.nodes[anchor.at as usize].dropped && anchor.text.chars().count() >= 6;
    evidence.entries += anchors.iter().filter(scripted).count() as u32;
    let shown = &anchors[..anchors.partition_point(|anchor| !dom.nodes[anchor.at as usize].dropped)];
    let mut is_below_link = false;
    for &index in own_lines {
        let line = &dom.lines[index];
        evidence.text += line.chars;
        let text = dom.line_text(line);
        if line.links >= 1 && text.contains('\t') && !line.is_prose() && date::first_date(text).is_some() {
            evidence.rows += 1;
            evidence.row_chars += line.chars;
        }
        if line.is_prose() {
            evidence.sentences += 1;
            evidence.summaries += u32::from(std::mem::take(&mut is_below_link));
            evidence.prose += line.chars;
            let ending = dom.line_text(line).chars().next_back();
            evidence.paragraphs += u32::from(ending.is_some_and(|c| "。！？；：”.!?…）)".contains(c)));
        } else if line.link_chars >= MIN_HEADLINE && line.link_share() > 0.3 && leads_away(dom, index, shown) {
            is_below_link = true;
        }
    }
    evidence
}

/// Whether a line has a link that leads to another page, not to a place on this one. The anchors stand in page order.
fn leads_away(dom: &Dom, index: usize, anchors: &[Anchor]) -> bool {
    let next = dom.lines.get(index + 1).map_or(u32::MAX, |line| line.at);
    let until_next = &anchors[..anchors.partition_point(|anchor| anchor.at < next)];
    until_next.last().is_some_and(|anchor| dom.nodes[anchor.at as usize].end > dom.lines[index].at)
}

/// Whether a line with a day, but for links to other pages, stands between a heading and the text shortly below it.
/// The heading of a column is none.
fn is_headed(dom: &Dom, heading: usize, own_lines: &[usize]) -> bool {
    if title::names_site(dom.line_text(&dom.lines[heading])) {
        return false;
    }
    let below = || own_lines.iter().copied().filter(|&index| index > heading);
    let Some(first) = below().find(|&index| dom.lines[index].is_prose()).or(below().next()) else { return false };
    let between = &dom.lines[heading + 1..first];
    let is_day = |line: &Line| {
        let text = dom.line_text(line);
        line.link_share() < 0.5 && !text.contains('。') && date::first_date(text).is_some()
    };
    between.len() <= MAX_BETWEEN && between.iter().any(is_day)
}

/// Decides the kind of a page that is neither thread nor refusal. `is_list_address` says that its
/// address is a list's.
pub(crate) fn classify(container: Option<&Container>, evidence: Evidence, is_list_address: bool) -> PageKind {
    // Names of other pages, each with what stands there.
    let is_told = evidence.is_headed || container.is_some_and(|container| container.known || container.is_post);
    let is_summaries =
        !is_told && evidence.summaries >= MIN_SUMMARIES && evidence.summaries * 10 >= evidence.sentences * 9;
    let is_article = match container {
        None => false,
        Some(container) => {
            let enough = container.is_post && evidence.text >= 8
                || evidence.paragraphs >= 1 && evidence.prose >= 100
                || evidence.paragraphs >= 3 && evidence.prose >= 75
                || evidence.text >= 200
                || evidence.is_headed && (evidence.paragraphs >= 1 || evidence.text >= 60 && evidence.entries < 20)
                || container.known && evidence.text >= 60 && (evidence.paragraphs >= 1 || evidence.entries < 20);
            // A column's description is short beside its links.
            let outweighed = evidence.entries >= 15 && evidence.text < 4 * evidence.entries && evidence.text < 150;
            // A table of letters or documents is not text, whatever is said above it.
            let is_text = evidence.is_headed && evidence.paragraphs >= 1;
            let is_table = !is_text && evidence.rows >= MIN_ROWS && evidence.row_chars * 2 > evidence.text;
            enough && !is_table && !is_summaries && (container.known || evidence.is_headed || !outweighed)
        }
    };
    if is_article {
        PageKind::Article
    } else if is_summaries
        || evidence.entries >= 5
        || evidence.dated_entries >= 2
        || is_list_address && evidence.entries >= 1
    {
        // A young column has few entries, but they stand beside their dates or under its address.
        PageKind::List
    } else {
        PageKind::Other
    }
}
