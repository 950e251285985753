//! The source of a page before it is parsed: what nobody reads is left out.
//!
//! A third of a page is scripts, styles and comments. The tree builder would take them apart and
//! hold on to them; here they are passed over. Only what the HTML standard's tokenizer would read
//! as such goes, and only where its end is certain, so the tree is the same but for their text.
//! Tags with too many attributes are cut short, see [`crate::markup`].

use memchr::memmem;
use std::borrow::Cow;

/// Attributes of one tag.
const MAX_ATTRIBUTES: usize = 256;

/// What makes a script worth keeping: lists and pagers that only it would show.
const READ_SCRIPTS: &[&str] = &["<datastore", "createPageHTML("];

/// Elements whose content is text for the tokenizer, whatever it looks like.
const RAW: &[&str] =
    &["script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes", "noscript", "plaintext"];

/// The source to be parsed, and whether a tag was cut.
pub(crate) fn prepare(text: &str) -> (Cow<'_, str>, bool) {
    let mut source = Source { text, out: String::new(), copied: 0, cut: false, foreign: 0 };
    source.run();
    match source.copied {
        0 => (Cow::Borrowed(text), false),
        copied => {
            source.out.push_str(&text[copied..]);
            (Cow::Owned(source.out), source.cut)
        }
    }
}

struct Source<'a> {
    text: &'a str,
    out: String,
    /// What stands before this position is in `out`, or left out.
    copied: usize,
    cut: bool,
    /// `svg` and `math` elements that are open: in them nothing is raw text.
    foreign: u32,
}

impl Source<'_> {
    fn run(&mut self) {
        let bytes = self.text.as_bytes();
        let mut at = 0;
        while let Some(found) = memchr::memchr(b'<', &bytes[at..]) {
            let start = at + found;
            at = match bytes.get(start + 1) {
                Some(b'!') => self.comment(start),
                Some(b'/') => self.end_tag(start),
                Some(byte) if byte.is_ascii_alphabetic() => self.tag(start),
                _ => start + 1,
            };
        }
    }

    /// Leaves out the text from one position to another; both are at ASCII characters.
    fn leave_out(&mut self, from: usize, to: usize) {
        if from < to {
            self.out.push_str(&self.text[self.copied..from]);
            self.copied = to;
        }
    }

    /// Leaves out a comment. Returns where to go on.
    fn comment(&mut self, start: usize) -> usize {
        let bytes = self.text.as_bytes();
        let Some(content) = bytes[start..].strip_prefix(b"<!--") else { return start + 2 };
        let begin = start + 4;
        // `<!-->` and `<!--->` end at once.
        if content.starts_with(b">") || content.starts_with(b"->") {
            return begin;
        }
        // The standard knows two ends.
        let usual = memmem::find(content, b"-->").map(|at| at + 3);
        let odd = memmem::find(&content[..usual.unwrap_or(content.len())], b"--!>").map(|at| at + 4);
        let Some(length) = odd.or(usual) else { return self.text.len() };
        self.leave_out(start, begin + length);
        begin + length
    }

    fn end_tag(&mut self, start: usize) -> usize {
        let name = name_at(self.text.as_bytes(), start + 2);
        if is_foreign(name) {
            self.foreign = self.foreign.saturating_sub(1);
        }
        start + 2
    }

    /// Reads a tag and, where it begins raw text, the text behind it. Returns where to go on.
    fn tag(&mut self, start: usize) -> usize {
        let bytes = self.text.as_bytes();
        let tag = scan_tag(bytes, start);
        if let Some(cut) = tag.cut {
            self.leave_out(cut, tag.end);
            self.cut = true;
        }
        let name = name_at(bytes, start + 1);
        if is_foreign(name) && !tag.is_empty {
            self.foreign += 1;
        }
        let raw = RAW.iter().find(|raw| name.eq_ignore_ascii_case(raw.as_bytes()));
        let Some(raw) = raw.filter(|_| self.foreign == 0) else { return tag.end };
        self.raw_text(raw, (tag.end + 1).min(bytes.len()))
    }

    /// Passes over raw text from `begin` to its end tag, and leaves out that of scripts and styles.
    fn raw_text(&mut self, name: &str, begin: usize) -> usize {
        let content = &self.text.as_bytes()[begin..];
        let Some(end) = end_of_raw(content, name) else { return self.text.len() };
        let content = &content[..end];
        let goes = match name {
            "style" => true,
            // Behind `<!--` a script may hold another one's end tag.
            "script" => {
                memmem::find(content, b"<!--").is_none()
                    && READ_SCRIPTS.iter().all(|words| memmem::find(content, words.as_bytes()).is_none())
            }
            _ => false,
        };
        if goes {
            self.leave_out(begin, begin + end);
        }
        begin + end
    }
}

/// The name of a tag that begins at a position.
fn name_at(bytes: &[u8], at: usize) -> &[u8] {
    let rest = bytes.get(at..).unwrap_or_default();
    let length = rest.iter().take_while(|b| b.is_ascii_alphanumeric()).count();
    &rest[..length]
}

fn is_foreign(name: &[u8]) -> bool {
    name.eq_ignore_ascii_case(b"svg") || name.eq_ignore_ascii_case(b"math")
}

/// Where the end tag of raw text stands.
fn end_of_raw(content: &[u8], name: &str) -> Option<usize> {
    let mut at = 0;
    while let Some(found) = memmem::find(&content[at..], b"</") {
        let start = at + found;
        let behind = start + 2 + name.len();
        let is_it = content.get(start + 2..behind).is_some_and(|own| own.eq_ignore_ascii_case(name.as_bytes()))
            && content.get(behind).is_some_and(|b| b.is_ascii_whitespace() || matches!(b, b'/' | b'>'));
        if is_it {
            return Some(start);
        }
        at = start + 2;
    }
    None
}

/// Where a tag ends, and where it must be cut.
struct ScannedTag {
    /// The position of its `>`, or of the end of the text.
    end: usize,
    /// Whether it ends with `/>`.
    is_empty: bool,
    /// The position before the first attribute too many. Separators and quoted values are both
    /// counted, so a tag may have up to twice the limit of separators.
    cut: Option<usize>,
}

/// Reads a tag from its `<`, as the tokenizer would: quotes count only behind `=`.
fn scan_tag(bytes: &[u8], start: usize) -> ScannedTag {
    let mut attributes = 0;
    let mut cut = None;
    let mut before = b' ';
    let mut last_visible = b' ';
    let mut at = start + 1;
    while at < bytes.len() {
        let byte = bytes[at];
        match byte {
            b'>' => break,
            b'"' | b'\'' if last_visible == b'=' => {
                let Some(close) = memchr::memchr(byte, &bytes[at + 1..]) else {
                    return ScannedTag { end: bytes.len(), is_empty: false, cut };
                };
                at += 1 + close;
                attributes += 1;
                if cut.is_none() && attributes > 2 * MAX_ATTRIBUTES {
                    cut = Some(at + 1);
                }
            }
            b' ' | b'\t' | b'\n' | b'\r' | b'\x0c' | b'/' if !matches!(before, b' ' | b'\t' | b'\n' | b'\r' | b'/') => {
                attributes += 1;
            }
            _ => {}
        }
        let between = byte.is_ascii_whitespace() || byte == b'/';
        if cut.is_none() && attributes > 2 * MAX_ATTRIBUTES && between {
            cut = Some(at);
        }
        if !byte.is_ascii_whitespace() {
            last_visible = byte;
        }
        before = byte;
        at += 1;
    }
    ScannedTag { end: at, is_empty: before == b'/', cut }
}
