//! What kind of page it is. "No article here" is a good answer.

use crate::container::Container;
use crate::dom::Dom;
use crate::links::Anchor;
use baogao_model::PageKind;

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
}

/// Counts the evidence.
pub(crate) fn evidence(dom: &Dom, own_lines: &[usize], anchors: &[Anchor]) -> Evidence {
    let mut evidence = Evidence { text: 0, prose: 0, paragraphs: 0, all: 0, entries: 0, dated_entries: 0 };
    for line in &dom.lines {
        evidence.all += line.chars;
        if line.links >= 1 && line.link_share() > 0.5 && line.link_chars / line.links.max(1) >= 8 {
            evidence.entries += 1;
            evidence.dated_entries += u32::from(line.link_share() < 1.0);
        }
    }
    // What a script would set has no lines.
    let scripted = |anchor: &&Anchor| dom.nodes[anchor.at as usize].dropped && anchor.text.chars().count() >= 6;
    evidence.entries += anchors.iter().filter(scripted).count() as u32;
    for &index in own_lines {
        let line = &dom.lines[index];
        evidence.text += line.chars;
        if line.is_prose() {
            evidence.prose += line.chars;
            let ending = dom.line_text(line).chars().next_back();
            evidence.paragraphs += u32::from(ending.is_some_and(|c| "。！？；：”.!?…）)".contains(c)));
        }
    }
    evidence
}

/// Decides the kind of a page that is neither thread nor refusal. `is_list_address` says that its
/// address is a list's.
pub(crate) fn classify(container: Option<&Container>, evidence: Evidence, is_list_address: bool) -> PageKind {
    let is_article = match container {
        None => false,
        Some(container) => {
            let enough = container.is_post && evidence.text >= 20
                || evidence.paragraphs >= 1 && evidence.prose >= 100
                || evidence.text >= 200
                || container.known && evidence.text >= 60 && (evidence.paragraphs >= 1 || evidence.entries < 20);
            // A column's description is short beside its links.
            let outweighed = evidence.entries >= 15 && evidence.text < 4 * evidence.entries && evidence.text < 150;
            enough && (container.known || !outweighed)
        }
    };
    if is_article {
        PageKind::Article
    } else if evidence.entries >= 5 || evidence.dated_entries >= 2 || is_list_address && evidence.entries >= 1 {
        // A young column has few entries, but they stand beside their dates or under its address.
        PageKind::List
    } else {
        PageKind::Other
    }
}
