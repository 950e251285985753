//! Lines out of nodes: what a reader sees as one line becomes one.
//!
//! White space folds as it does in a browser, but for no-break spaces, which editors write where a
//! plain one would vanish. A row of a table of figures is one line with tabs between its cells; a
//! table that only lays out the page breaks lines at its cells.

use crate::dom::{Dom, Line, NONE, Region};
use crate::element::attribute;
use html5ever::{LocalName, local_name};

/// The longest heading that is looked at for a link to itself, in characters.
const MAX_LINKED_HEADING: u32 = 60;

/// A table cell longer than this is layout, not a cell of figures. In characters.
const MAX_CELL_CHARS: u32 = 200;

/// The text of all lines, and the lines, in document order.
pub(crate) fn lines(dom: &Dom) -> (String, Vec<Line>) {
    Layout::new(dom).run()
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
                open.link =
                    self.dom.markup(at).is_some_and(|element| attribute(element, &local_name!("href")).is_some());
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
                if node.breaks > 2
                    || node.chars > MAX_CELL_CHARS
                    || self.mixes_text_and_blocks(at)
                    || self.holds_heading(at)
                {
                    return false;
                }
            }
            at = node.end;
        }
        cells >= 2
    }

    /// Whether a cell holds a heading.
    fn holds_heading(&self, cell: u32) -> bool {
        let is_heading = |tag: &LocalName| matches!(*tag, local_name!("h1") | local_name!("h2") | local_name!("h3"));
        self.dom.children(cell).any(|child| is_heading(&self.dom.nodes[child as usize].tag))
    }

    /// Whether a cell holds text of its own beside a block, as those of a board's posts do.
    fn mixes_text_and_blocks(&self, cell: u32) -> bool {
        let (mut text, mut block) = (false, false);
        let mut at = cell + 1;
        while at < self.dom.nodes[cell as usize].end {
            let node = &self.dom.nodes[at as usize];
            text |= node.tag.is_empty() && node.chars > 0;
            block |= node.block && !node.dropped;
            at = node.end;
        }
        text && block
    }

    /// White space that folds: a line end outweighs a blank.
    fn fold(&mut self, c: char) {
        if self.pending.is_none() || c == '\n' && self.pending == Some(' ') {
            self.pending = Some(if c == '\n' || c == '\r' { '\n' } else { ' ' });
        }
    }

    fn append(&mut self, at: u32, text: &str) {
        let top = self.top();
        // Ordinary characters are taken as runs.
        let mut run = 0;
        for (place, c) in text.char_indices() {
            if is_ordinary(c) {
                continue;
            }
            self.push_run(at, &text[run..place], top);
            run = place + c.len_utf8();
            match c {
                '\n' if top.preformatted => self.flush(),
                ' ' | '\n' | '\t' | '\r' | '\x0c' => self.fold(c),
                // Width nothing: byte order marks, joiners, soft hyphens.
                '\u{200B}'..='\u{200F}' | '\u{2060}' | '\u{FEFF}' | '\u{00AD}' => {}
                _ if c.is_control() => {}
                // White space that does not fold. A no-break space is how editors write a plain one
                // that must not collapse. Lines do not begin with it.
                _ if self.current.is_some() => {
                    let c = if c == '\u{A0}' { ' ' } else { c };
                    self.write_pending(c);
                    self.text.push(c);
                }
                _ => {}
            }
        }
        self.push_run(at, &text[run..], top);
    }

    /// Adds characters none of which is white space.
    fn push_run(&mut self, at: u32, run: &str, top: Open) {
        let Some(first) = run.chars().next() else { return };
        if self.current.is_none() {
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
        self.write_pending(first);
        // `18,652.59` is no prose.
        let mut before = self.text.chars().next_back();
        let (mut chars, mut punctuation) = (0, 0);
        for c in run.chars() {
            chars += 1;
            punctuation += u32::from(is_prose_mark(c) && !(c == ',' && before.is_some_and(|c| c.is_ascii_digit())));
            before = Some(c);
        }
        self.text.push_str(run);
        // Set above where it was missing.
        if let Some(line) = &mut self.current {
            line.chars += chars;
            line.link_chars += if top.link { chars } else { 0 };
            line.punctuation += punctuation;
        }
    }

    /// Writes the white space that waits, now that `c` follows.
    fn write_pending(&mut self, c: char) {
        match self.pending.take() {
            None => {}
            Some('\t') => self.text.push('\t'),
            // A line break between two wide characters is no space (CSS Text 3, §4.1.3).
            Some('\n') if is_wide(c) && self.text.chars().next_back().is_some_and(is_wide) => {}
            Some(_) => self.text.push(' '),
        }
    }

    /// Takes the link to itself off a heading's end: 历史[编辑], 缘起#. Without it the heading may be nothing.
    fn leave_out_link_to_itself(&mut self, line: &mut Line) {
        let text = &self.text[line.range.clone()];
        let mut left_out = link_to_itself(text, if line.heading > 0 { line.link_chars } else { 0 });
        if left_out == 0 {
            return;
        }
        line.chars -= left_out as u32;
        line.link_chars = line.link_chars.saturating_sub(left_out as u32);
        line.links -= 1;
        let mut end = text.len();
        while left_out > 0
            && let Some(c) = text[..end].chars().next_back()
        {
            end -= c.len_utf8();
            left_out -= usize::from(!c.is_whitespace());
        }
        line.range.end = line.range.start + text[..end].trim_end().len();
        self.text.truncate(line.range.end);
    }

    /// Whether the link around a text leads to a place on the same page.
    fn leads_here(&self, text: u32) -> bool {
        let link = self.dom.ancestors(text).find(|&at| self.dom.nodes[at as usize].tag == local_name!("a"));
        let href = link.and_then(|at| attribute(self.dom.markup(at)?, &local_name!("href")));
        href.is_some_and(|href| href.trim().len() > 1 && href.trim().starts_with('#'))
    }

    fn flush(&mut self) {
        self.pending = None;
        let Some(mut line) = self.current.take() else { return };
        let length = self.text[line.range.start..].trim_end().len();
        line.range.end = line.range.start + length;
        self.text.truncate(line.range.end);
        if line.links > 0 && line.chars <= MAX_LINKED_HEADING {
            self.leave_out_link_to_itself(&mut line);
            // Nor does one that is all of a heading lead to another page, where it names a place on this one.
            if line.heading > 0 && line.links == 1 && line.link_chars == line.chars && self.leads_here(line.at) {
                (line.links, line.link_chars) = (0, 0);
            }
        }
        if line.chars > 0 {
            self.lines.push(line);
        }
    }
}

/// The characters of a link to the heading that it stands in, or to a form for editing what is under it.
///
/// `link_chars` are those of its links where it is a heading in the markup, 0 where it is none.
fn link_to_itself(line: &str, link_chars: u32) -> usize {
    if link_chars == 1 && line.ends_with(['#', '¶', '§']) {
        return 1;
    }
    if link_chars == 2 && line.ends_with("编辑") {
        return 2;
    }
    let Some(open) = line.rfind(['[', '【']).filter(|_| line.ends_with([']', '】'])) else { return 0 };
    let inside = line[open..].trim_matches(['[', ']', '【', '】', ' ']);
    let is_form = |what: &str| {
        let part = what.trim().strip_prefix("编辑");
        part.is_some_and(|part| matches!(part, "" | "词条" | "本段" | "此段" | "章节" | "源代码" | "源码"))
    };
    let edits = inside.split(['|', '｜', '/']).all(is_form) || inside.eq_ignore_ascii_case("edit");
    if edits { line[open..].chars().filter(|c| !c.is_whitespace()).count() } else { 0 }
}

/// Whether a character is text as it is: no white space, no control character, none without a width.
fn is_ordinary(c: char) -> bool {
    match u32::from(c) {
        0x21..=0x7E => true,
        // Most Chinese text.
        0x3001..=0x9FFF => true,
        0..=0x20 | 0x7F..=0xA0 | 0xAD | 0x200B..=0x200F | 0x2060 | 0xFEFF => false,
        _ => !c.is_whitespace() && !c.is_control(),
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
