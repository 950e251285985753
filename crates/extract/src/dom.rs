//! The page as two flat lists in document order: its nodes, and its lines of text.
//!
//! A *line* is what a reader sees as one: the text between two block boundaries or line breaks.
//! Every later question (where is the article, which line is a disclaimer, is this a list) is
//! answered from these lists, so the tree is walked once and never cloned.
//!
//! Text that is not shown (scripts, `display:none`, the anti-copy text of forums) is left out of
//! the lines, unless it is most of the page: some sites reveal the article by script.

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

/// A table cell longer than this is layout, not a cell of figures. In characters.
const MAX_CELL_CHARS: u32 = 200;

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
    breaks: u32,
    /// Characters of text below it, white space not counted.
    chars: u32,
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
        let parsed = markup::parse(text);
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
        if hidden > 200 && hidden > 2 * shown {
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
        (self.text, self.lines) = Layout::new(self).run();
        hidden
    }

    fn list_nodes(&mut self, profile: &Profile) -> u32 {
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
        let end = self.nodes[root as usize].end;
        let first = self.lines.partition_point(|line| line.at < root);
        let last = self.lines.partition_point(|line| line.at < end);
        first..last
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
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Makes lines out of listed nodes.
struct Layout<'a> {
    dom: &'a Dom,
    text: String,
    lines: Vec<Line>,
    current: Option<Line>,
    /// White space that is written only if text follows: `None`, a space, or a line break of the source.
    pending: Option<char>,
    open: Vec<Open>,
    regions: std::iter::Peekable<std::slice::Iter<'a, Region>>,
    region_index: u32,
}

/// An open element, with what its text inherits.
#[derive(Clone, Copy)]
struct Open {
    at: u32,
    end: u32,
    breaks: bool,
    block: u32,
    link: bool,
    heading: u8,
    preformatted: bool,
    region: Option<u32>,
    /// Inside a row of figures: cells are parted by tabs and blocks do not break.
    row: bool,
}

impl<'a> Layout<'a> {
    fn new(dom: &'a Dom) -> Self {
        Self {
            dom,
            text: String::new(),
            lines: Vec::new(),
            current: None,
            pending: None,
            open: Vec::new(),
            regions: dom.regions.iter().peekable(),
            region_index: 0,
        }
    }

    fn run(mut self) -> (String, Vec<Line>) {
        let mut at = 0;
        while let Some(node) = self.dom.nodes.get(at as usize) {
            self.close_until(at);
            let region = self.region_at(at);
            if node.dropped {
                if node.block && !self.top().row {
                    self.flush();
                }
                at = node.end;
                continue;
            }
            if let Some(text) = self.dom.text_at(at) {
                self.append(at, text);
            } else if node.tag == local_name!("br") || node.tag == local_name!("hr") {
                self.flush();
            } else if !node.tag.is_empty() {
                self.enter(at, region);
            }
            at += 1;
        }
        self.close_until(NONE);
        self.flush();
        (self.text, self.lines)
    }

    /// The region that begins here, if one does.
    fn region_at(&mut self, at: u32) -> Option<u32> {
        let mut found = None;
        while let Some(region) = self.regions.peek() {
            if region.root > at {
                break;
            }
            if region.root == at {
                found = Some(self.region_index);
            }
            self.regions.next();
            self.region_index += 1;
        }
        found
    }

    fn top(&self) -> Open {
        self.open.last().copied().unwrap_or(Open {
            at: 0,
            end: NONE,
            breaks: false,
            block: 0,
            link: false,
            heading: 0,
            preformatted: false,
            region: None,
            row: false,
        })
    }

    fn enter(&mut self, at: u32, region: Option<u32>) {
        let node = &self.dom.nodes[at as usize];
        let mut open = self.top();
        open.at = at;
        open.end = node.end;
        open.region = open.region.or(region);
        open.breaks = node.block && !open.row;
        match node.tag {
            local_name!("a") => {
                open.link = self.dom.markup(at).is_some_and(|element| element.attr("href").is_some());
                if open.link
                    && let Some(line) = &mut self.current
                {
                    line.links += 1;
                }
            }
            local_name!("pre") => open.preformatted = true,
            local_name!("h1") => open.heading = 1,
            local_name!("h2") => open.heading = 2,
            local_name!("h3") => open.heading = 3,
            local_name!("h4") => open.heading = 4,
            local_name!("h5") => open.heading = 5,
            local_name!("h6") => open.heading = 6,
            local_name!("tr") => {
                if !open.row && self.is_row_of_figures(at) {
                    open.row = true;
                }
            }
            local_name!("td") | local_name!("th") if open.row => self.pending = Some('\t'),
            _ => {}
        }
        if open.breaks {
            self.flush();
            open.block = at;
        }
        self.open.push(open);
    }

    fn close_until(&mut self, at: u32) {
        while let Some(open) = self.open.last() {
            if open.end > at {
                break;
            }
            let breaks = open.breaks;
            self.open.pop();
            if breaks {
                self.flush();
            }
        }
    }

    /// Whether a table row holds short cells without structure of their own.
    fn is_row_of_figures(&self, row: u32) -> bool {
        let mut cells = 0;
        let mut at = row + 1;
        while at < self.dom.nodes[row as usize].end {
            let node = &self.dom.nodes[at as usize];
            if node.tag == local_name!("td") || node.tag == local_name!("th") {
                cells += 1;
                // The cell itself, and one paragraph in it as word processors write it.
                if node.breaks > 2 || node.chars > MAX_CELL_CHARS {
                    return false;
                }
            }
            at = node.end;
        }
        cells >= 2
    }

    fn append(&mut self, at: u32, text: &str) {
        let top = self.top();
        for c in text.chars() {
            match c {
                '\n' if top.preformatted => self.flush(),
                ' ' | '\n' | '\t' | '\r' | '\x0c' => {
                    if self.pending.is_none() || c == '\n' && self.pending == Some(' ') {
                        self.pending = Some(if c == '\n' || c == '\r' { '\n' } else { ' ' });
                    }
                }
                // Width nothing: byte order marks, joiners, soft hyphens.
                '\u{200B}'..='\u{200F}' | '\u{2060}' | '\u{FEFF}' | '\u{00AD}' => {}
                _ if c.is_control() => {}
                _ => self.push(at, c, top),
            }
        }
    }

    fn push(&mut self, at: u32, c: char, top: Open) {
        // A no-break space is how editors write a plain one that must not collapse.
        let c = if c == '\u{A0}' { ' ' } else { c };
        if self.current.is_none() {
            if c.is_whitespace() {
                return;
            }
            self.current = Some(Line {
                range: self.text.len()..self.text.len(),
                owner: top.block,
                at,
                chars: 0,
                link_chars: 0,
                links: u32::from(top.link),
                punctuation: 0,
                heading: top.heading,
                region: top.region,
            });
            self.pending = None;
        }
        if let Some(space) = self.pending.take() {
            match space {
                '\t' => self.text.push('\t'),
                // A line break between two wide characters is no space (CSS Text 3, §4.1.3).
                '\n' if is_wide(c) && self.text.chars().next_back().is_some_and(is_wide) => {}
                _ => self.text.push(' '),
            }
        }
        self.text.push(c);
        // Set above where it was missing.
        if let Some(line) = &mut self.current
            && !c.is_whitespace()
        {
            line.chars += 1;
            line.link_chars += u32::from(top.link);
            line.punctuation += u32::from(is_prose_mark(c));
        }
    }

    fn flush(&mut self) {
        self.pending = None;
        let Some(mut line) = self.current.take() else { return };
        let length = self.text[line.range.start..].trim_end().len();
        line.range.end = line.range.start + length;
        self.text.truncate(line.range.end);
        self.lines.push(line);
    }
}

/// Whether a character takes the width of two and is written without spaces around it.
pub(crate) fn is_wide(c: char) -> bool {
    matches!(u32::from(c), 0x2E80..=0x303E | 0x3040..=0x9FFF | 0xF900..=0xFAFF | 0xFE30..=0xFE4F | 0xFF00..=0xFFEF | 0x20000..=0x3FFFF)
        || matches!(c, '“' | '”' | '‘' | '’' | '—' | '…')
}

/// Punctuation of sentences, in both widths: collectors often narrow it.
fn is_prose_mark(c: char) -> bool {
    matches!(c, '，' | '。' | '；' | '：' | '、' | '！' | '？' | ',' | ';' | '!' | '?' | '…')
}

/// Elements whose content no reader sees.
fn is_unseen(tag: &LocalName) -> bool {
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

fn is_block(element: &Element) -> bool {
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
fn is_hidden(element: &Element) -> bool {
    if element.attr("hidden").is_some() {
        return true;
    }
    // Anti-copy text of forums: random characters in the background's colour.
    if element.attr("class").is_some_and(|class| class.split_ascii_whitespace().any(|c| c == "jammer")) {
        return true;
    }
    let Some(style) = style_of(element) else { return false };
    style.contains("display:none") || style.contains("visibility:hidden") || has_no_size(&style)
}

/// The `style` attribute in lower case without white space.
fn style_of(element: &Element) -> Option<String> {
    let style = element.attr("style")?;
    Some(style.chars().filter(|c| !c.is_whitespace()).map(|c| c.to_ascii_lowercase()).collect())
}

/// Whether a style sets a font size of nothing.
fn has_no_size(style: &str) -> bool {
    let Some(at) = style.find("font-size:0") else { return false };
    let rest = &style[at + "font-size:0".len()..];
    !rest.starts_with(|c: char| c == '.' || c.is_ascii_digit())
}
