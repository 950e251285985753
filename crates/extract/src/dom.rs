//! The page as two flat lists in document order: its nodes, and its lines of text.
//!
//! A *line* is what a reader sees as one: the text between two block boundaries or line breaks.
//! Every later question (where is the article, which line is a disclaimer, is this a list) is
//! answered from these lists, so the tree is walked once and never cloned.
//!
//! Text that is not shown (scripts, `display:none`, the anti-copy text of forums) is left out of
//! the lines, unless it is most of the page: some sites reveal the article by script.

use crate::element::{is_block, is_hidden, is_unseen};
use crate::layout;
use crate::markup;
use crate::profile::Profile;
use crate::region::{self, RegionKind};
use ego_tree::NodeId;
use html5ever::{LocalName, local_name};
use scraper::node::Element;
use scraper::{ElementRef, Html, Node as Markup};
use std::ops::Range;

/// No node: the parent of the root.
pub(crate) const NONE: u32 = u32::MAX;

/// What is read of an element whose text is a label: a date, a name, a heading. Elements nest, so
/// reading all of each would be quadratic.
const MAX_LABEL_NODES: u32 = 2_000;
const MAX_LABEL_BYTES: usize = 4_000;

/// A node of the page. Its position in [`Dom::nodes`] is its name.
pub(crate) struct Node {
    id: NodeId,
    /// The position of its parent, or [`NONE`].
    pub parent: u32,
    /// The position behind its last descendant.
    pub end: u32,
    /// The element's name; empty for text and the rest.
    pub tag: LocalName,
    /// Whether neither it nor what is in it belongs to the lines.
    pub dropped: bool,
    /// Whether lines break around it.
    pub block: bool,
    /// Block boundaries and line breaks among its descendants.
    pub breaks: u32,
    /// Characters of text below it, white space not counted.
    pub chars: u32,
}

/// A part of the page that its class or element name calls boilerplate.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Region {
    pub root: u32,
    pub kind: RegionKind,
}

/// A line of text.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    /// Where its text lies in [`Dom::text`].
    pub range: Range<usize>,
    /// The innermost block element around its beginning.
    pub owner: u32,
    /// Its first text node.
    pub at: u32,
    /// Characters, white space not counted.
    pub chars: u32,
    /// Those of them within links.
    pub link_chars: u32,
    /// Links it holds.
    pub links: u32,
    /// Marks of punctuation that prose has and labels have not.
    pub punctuation: u32,
    /// The level of the heading it stands in, 1 to 6; 0 where it stands in none.
    pub heading: u8,
    /// The outermost boilerplate region around it, as an index into [`Dom::regions`].
    pub region: Option<u32>,
}

impl Line {
    /// The share of its characters that are within links.
    pub fn link_share(&self) -> f32 {
        self.link_chars as f32 / self.chars.max(1) as f32
    }

    /// Whether it reads like a sentence: long enough, with punctuation, and no link list.
    pub fn is_prose(&self) -> bool {
        self.chars >= 25 && self.punctuation >= 1 && self.link_share() < 0.4
    }
}

/// A parsed page, laid out flat.
pub(crate) struct Dom {
    html: Html,
    pub nodes: Vec<Node>,
    pub text: String,
    pub lines: Vec<Line>,
    pub regions: Vec<Region>,
    /// Whether a limit of the parser was hit.
    pub limited: bool,
    /// Whether text marked as hidden was kept because it is most of the page.
    pub revealed: bool,
}

impl Dom {
    /// Parses a page and lays it out, leaving out what `profile` drops.
    pub fn parse(text: &str, profile: &Profile) -> Self {
        let parsed = markup::parse(text, profile.attributes());
        let mut dom = Self {
            html: parsed.html,
            nodes: Vec::new(),
            text: String::new(),
            lines: Vec::new(),
            regions: Vec::new(),
            limited: parsed.limited,
            revealed: false,
        };
        let hidden = dom.lay_out(profile);
        let shown: u32 = dom.lines.iter().filter(|line| line.is_prose()).map(|line| line.chars).sum();
        if hidden > 100 && hidden > 2 * shown {
            dom.revealed = true;
            dom.nodes.clear();
            dom.regions.clear();
            dom.lay_out(profile);
        }
        dom
    }

    /// Lists nodes and lines. Returns how many characters of prose are hidden.
    fn lay_out(&mut self, profile: &Profile) -> u32 {
        let hidden = self.list_nodes(profile);
        let (text, mut lines) = layout::lines(self);
        let is_button = |line: &Line| profile.buttons.iter().any(|button| *button == text[line.range.clone()]);
        lines.retain(|line| profile.buttons.is_empty() || !is_button(line));
        (self.text, self.lines) = (text, lines);
        hidden
    }

    fn list_nodes(&mut self, profile: &Profile) -> u32 {
        self.nodes.reserve(self.html.tree.values().len());
        let mut hidden_prose = 0;
        let mut open: Vec<(u32, bool)> = Vec::new();
        for edge in self.html.tree.root().traverse() {
            match edge {
                ego_tree::iter::Edge::Open(node) => {
                    let at = self.nodes.len() as u32;
                    let (parent, parent_hidden) = open.last().copied().unwrap_or((NONE, false));
                    let mut entry = Node {
                        id: node.id(),
                        parent,
                        end: at + 1,
                        tag: local_name!(""),
                        dropped: parent != NONE && self.nodes[parent as usize].dropped,
                        block: false,
                        breaks: 0,
                        chars: 0,
                    };
                    let mut hidden = parent_hidden;
                    match node.value() {
                        Markup::Element(element) => {
                            entry.tag = element.name.local.clone();
                            entry.block = is_block(element);
                            entry.breaks = u32::from(entry.block || entry.tag == local_name!("br"));
                            if !entry.dropped {
                                if !self.revealed && is_hidden(element) {
                                    entry.dropped = true;
                                    hidden = true;
                                } else {
                                    entry.dropped = is_unseen(&entry.tag)
                                        || ElementRef::wrap(node).is_some_and(|element| profile.drops(element));
                                }
                                if !entry.dropped
                                    && let Some(kind) = region::kind_of(element)
                                {
                                    self.regions.push(Region { root: at, kind });
                                }
                            } else if is_unseen(&entry.tag) {
                                hidden = false;
                            }
                        }
                        Markup::Text(text) => {
                            entry.chars = text.chars().filter(|c| !c.is_whitespace()).count() as u32;
                            if hidden && entry.chars >= 25 && text.contains(['，', '。', '；']) {
                                hidden_prose += entry.chars;
                            }
                        }
                        _ => {}
                    }
                    self.nodes.push(entry);
                    open.push((at, hidden));
                }
                ego_tree::iter::Edge::Close(_) => {
                    let Some((at, _)) = open.pop() else { continue };
                    self.nodes[at as usize].end = self.nodes.len() as u32;
                    let (breaks, chars, parent) = {
                        let node = &self.nodes[at as usize];
                        (node.breaks, node.chars, node.parent)
                    };
                    if parent != NONE {
                        self.nodes[parent as usize].breaks += breaks;
                        self.nodes[parent as usize].chars += chars;
                    }
                }
            }
        }
        hidden_prose
    }

    /// The element at a position, for selectors.
    pub fn element(&self, at: u32) -> Option<ElementRef<'_>> {
        self.html.tree.get(self.nodes.get(at as usize)?.id).and_then(ElementRef::wrap)
    }

    /// The attributes of the element at a position.
    pub fn markup(&self, at: u32) -> Option<&Element> {
        self.element(at).map(|element| element.value())
    }

    /// The text of the text node at a position.
    pub fn text_at(&self, at: u32) -> Option<&str> {
        let node = self.nodes.get(at as usize)?;
        Some(&**self.html.tree.get(node.id)?.value().as_text()?)
    }

    /// The text of a line.
    pub fn line_text(&self, line: &Line) -> &str {
        &self.text[line.range.clone()]
    }

    /// Whether the node at `inner` is `outer` or lies within it.
    pub fn is_within(&self, inner: u32, outer: u32) -> bool {
        inner >= outer && inner < self.nodes[outer as usize].end
    }

    /// Whether a position lies within one of these elements, which are in document order and apart.
    pub fn is_in_any(&self, roots: &[u32], at: u32) -> bool {
        let before = roots.partition_point(|&root| root <= at);
        before > 0 && self.is_within(at, roots[before - 1])
    }

    /// Whether the element at a position holds one of these positions, which are in document order.
    pub fn holds_any(&self, outer: u32, positions: &[u32]) -> bool {
        let first = positions.partition_point(|&at| at < outer);
        positions.get(first).is_some_and(|&at| self.is_within(at, outer))
    }

    /// The children of the node at a position.
    pub fn children(&self, parent: u32) -> impl Iterator<Item = u32> + '_ {
        let end = self.nodes[parent as usize].end;
        let mut next = parent + 1;
        std::iter::from_fn(move || {
            let child = next;
            if child >= end {
                return None;
            }
            next = self.nodes[child as usize].end;
            Some(child)
        })
    }

    /// The positions from `at` up to the root.
    pub fn ancestors(&self, at: u32) -> impl Iterator<Item = u32> + '_ {
        let mut next = at;
        std::iter::from_fn(move || {
            let current = next;
            if current == NONE {
                return None;
            }
            next = self.nodes[current as usize].parent;
            Some(current)
        })
    }

    /// The lines whose first text lies in the element at `root`.
    pub fn lines_in(&self, root: u32) -> Range<usize> {
        self.lines_between(root, self.nodes[root as usize].end)
    }

    /// The lines whose first text lies from one position up to another.
    pub fn lines_between(&self, from: u32, to: u32) -> Range<usize> {
        let first = self.lines.partition_point(|line| line.at < from);
        let last = self.lines.partition_point(|line| line.at < to);
        first..last.max(first)
    }

    /// The first element with this name.
    pub fn find(&self, tag: &LocalName) -> Option<u32> {
        self.nodes.iter().position(|node| node.tag == *tag).map(|at| at as u32)
    }

    /// The text below an element, white space folded, hidden or not; the beginning of a long one.
    pub fn text_below(&self, root: u32) -> String {
        let mut out = String::new();
        for at in root..self.nodes[root as usize].end.min(root + MAX_LABEL_NODES) {
            if out.len() > MAX_LABEL_BYTES {
                break;
            }
            if let Some(text) = self.text_at(at) {
                out.push_str(text);
                out.push(' ');
            }
        }
        fold_spaces(&out)
    }
}

/// The text with every run of white space made one space, and none at the ends.
pub(crate) fn fold_spaces(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !folded.is_empty() {
            folded.push(' ');
        }
        folded.push_str(word);
    }
    folded
}
