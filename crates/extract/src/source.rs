//! The source of a page before it is parsed: what nobody reads is left out.
//!
//! Half of a page is scripts, styles, comments and attributes such as `onclick`. The tree builder
//! would take them apart and hold on to them; here they are passed over. Only what the HTML
//! standard's tokenizer would read as such goes, and only where its end is certain, so the tree is
//! the same but for them. Tags with too many attributes are cut short, see [`crate::markup`].

use aho_corasick::AhoCorasick;
use memchr::memmem;
use std::borrow::Cow;
use std::sync::LazyLock;

/// Attributes of one tag.
const MAX_ATTRIBUTES: usize = 256;

/// What makes a script worth keeping: lists and pagers that only it would show, and structured data.
const READ_SCRIPTS: &[&str] = &["<datastore", "createPageHTML(", "\"datePublished\""];

/// Elements whose content is text for the tokenizer, whatever it looks like.
const RAW: &[&str] =
    &["script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes", "noscript", "plaintext"];

/// The attributes that are read of every element, whatever the profile.
const READ: &[&str] = &["class", "href", "style", "id", "title", "hidden", "itemprop"];

/// Those read of one element only: by us, and the last by the tree builder.
const READ_OF: &[(&str, &[&str])] = &[
    ("meta", &["name", "content", "property"]),
    ("link", &["rel"]),
    ("input", &["type"]),
    ("time", &["datetime"]),
    ("table", &["align"]),
    ("font", &["size"]),
];

/// Without one of these a style neither hides an element nor makes it a block. `&` may stand for any of their letters.
static TELLING_STYLES: LazyLock<AhoCorasick> = LazyLock::new(|| {
    let words = ["display", "visibility", "font-size", "&"];
    // Building fails only for automata beyond 2^31 states.
    AhoCorasick::builder().ascii_case_insensitive(true).build(words).expect("a few short words fit an automaton")
});

/// The source to be parsed, and whether a tag was cut. `more_read` are attributes that a profile reads.
pub(crate) fn prepare<'a>(text: &'a str, more_read: &'a [String]) -> (Cow<'a, str>, bool) {
    let mut source = Source { text, more_read, out: String::new(), copied: 0, cut: false, foreign: 0 };
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
    more_read: &'a [String],
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
            if bytes.get(at) == Some(&b'>') {
                at = self.white_space(at + 1);
            }
        }
    }

    /// Of a run of white space behind a tag, which folds anyway, leaves one character: a line break if
    /// there is one, since between wide characters that is no space. Returns where it ends.
    fn white_space(&mut self, start: usize) -> usize {
        let rest = &self.text.as_bytes()[start..];
        let length = rest.iter().position(|&byte| !is_space(byte)).unwrap_or(rest.len());
        let kept = rest[..length].iter().position(|&byte| byte == b'\n').unwrap_or(0);
        if length > 1 {
            self.leave_out(start, start + kept);
            self.leave_out(start + kept + 1, start + length);
        }
        start + length
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
        start + 2 + name.len()
    }

    /// Reads a tag and, where it begins raw text, the text behind it. Returns where to go on.
    fn tag(&mut self, start: usize) -> usize {
        let bytes = self.text.as_bytes();
        let name = name_at(bytes, start + 1);
        let (end, is_empty) = self.attributes(start + 1);
        if is_foreign(name) && !is_empty {
            self.foreign += 1;
        }
        let raw = RAW.iter().find(|raw| name.eq_ignore_ascii_case(raw.as_bytes()));
        let Some(raw) = raw.filter(|_| self.foreign == 0) else { return end };
        self.raw_text(raw, (end + 1).min(bytes.len()))
    }

    /// Reads a tag from its name on and leaves out the attributes that nobody reads, and all beyond
    /// [`MAX_ATTRIBUTES`]. Returns the position of its `>`, and whether it ends with `/>`.
    fn attributes(&mut self, name: usize) -> (usize, bool) {
        let bytes = self.text.as_bytes();
        let is_end = |byte: u8| is_space(byte) || matches!(byte, b'/' | b'>');
        let mut at = bytes[name..].iter().position(|&byte| is_end(byte)).map_or(bytes.len(), |length| name + length);
        let tag = &bytes[name..at];
        let (mut count, mut cut, mut has_style) = (0, None, false);
        while let Some(&byte) = bytes.get(at) {
            if byte == b'>' {
                break;
            }
            if is_space(byte) || byte == b'/' {
                at += 1;
                continue;
            }
            let (name_end, end) = attribute_at(bytes, at);
            count += 1;
            if count > MAX_ATTRIBUTES {
                cut = cut.or(Some(at));
            } else if bytes[at - 1] != b'/' && !self.is_read(tag, &bytes[at..end], name_end - at, &mut has_style) {
                // Behind a slash it keeps the tag from being an empty element.
                self.leave_out(at, end);
            }
            at = end;
        }
        if let Some(cut) = cut {
            self.leave_out(cut, at);
            self.cut = true;
        }
        (at, bytes[at - 1] == b'/')
    }

    /// Whether an attribute with a name of this length is read: by us, by the tree builder or by the profile.
    /// Of several styles the first counts, so once one was seen no other is read.
    fn is_read(&self, tag: &[u8], attribute: &[u8], name: usize, has_style: &mut bool) -> bool {
        let (name, value) = attribute.split_at(name);
        if self.more_read.iter().any(|read| name.eq_ignore_ascii_case(read.as_bytes())) {
            return true;
        }
        if name.eq_ignore_ascii_case(b"style") {
            return !std::mem::replace(has_style, true) && TELLING_STYLES.is_match(value);
        }
        let is_among = |names: &[&str]| names.iter().any(|read| name.eq_ignore_ascii_case(read.as_bytes()));
        is_among(READ) || READ_OF.iter().any(|(of, names)| is_among(names) && tag.eq_ignore_ascii_case(of.as_bytes()))
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

/// Whether a byte parts the attributes of a tag.
fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | b'\x0c')
}

/// Reads the attribute that begins at a position, as the tokenizer would. Returns where its name ends,
/// and where it ends itself.
fn attribute_at(bytes: &[u8], start: usize) -> (usize, usize) {
    let until = |from: usize, is_end: fn(u8) -> bool| {
        bytes[from..].iter().position(|&byte| is_end(byte)).map_or(bytes.len(), |length| from + length)
    };
    // A name may begin with `=`.
    let name_end = until(start + 1, |byte| is_space(byte) || matches!(byte, b'/' | b'>' | b'='));
    let equals = until(name_end, |byte| !is_space(byte));
    if bytes.get(equals) != Some(&b'=') {
        return (name_end, name_end);
    }
    let value = until(equals + 1, |byte| !is_space(byte));
    let end = match bytes.get(value) {
        Some(quote @ (b'"' | b'\'')) => {
            memchr::memchr(*quote, &bytes[value + 1..]).map_or(bytes.len(), |length| value + 1 + length + 1)
        }
        Some(_) => until(value, |byte| is_space(byte) || byte == b'>'),
        None => bytes.len(),
    };
    (name_end, end)
}

#[cfg(test)]
mod tests {
    use super::prepare;

    #[test]
    fn what_nobody_reads_is_left_out() {
        let cases = [
            ("<p>一<!-- 二 -->三</p>", "<p>一三</p>"),
            ("<p>一<!-->二<!--->三", "<p>一<!-->二<!--->三"),
            ("一<!-- 二 --!>三<!-- 四", "一三<!-- 四"),
            ("<script src=a>if (a<b) c</script>一", "<script ></script>一"),
            ("<script>a<!--<script></script>--></script>", "<script>a<!--<script></script>--></script>"),
            ("<script>createPageHTML(2)</script>", "<script>createPageHTML(2)</script>"),
            ("<STYLE>p{}</Style >一", "<STYLE></Style >一"),
            ("<style>p{} 没有完", "<style>p{} 没有完"),
            ("<title>a<!--b--></title>", "<title>a<!--b--></title>"),
            ("<noscript><style></noscript>一<style>b</style>", "<noscript><style></noscript>一<style></style>"),
            ("<svg><style>a</style></svg><style>b</style>", "<svg><style>a</style></svg><style></style>"),
            ("<a onclick='x>y' href=b target = c class=\"d\"e f>", "<a  href=b  class=\"d\" >"),
            ("<img src=a/b.png alt=\"一\" title=二/>", "<img   title=二/>"),
            ("<path d=\"M0\" />", "<path  />"),
            ("<p data-x=1 data-y=2>", "<p data-x=1 >"),
            ("<a =b =href=c>", "<a >"),
            ("<p style='color:red' style='display:none'>", "<p  >"),
            ("<p STYLE='Display : none' style=a>", "<p STYLE='Display : none' >"),
            ("<p style='d&#105;splay:none'>", "<p style='d&#105;splay:none'>"),
            ("<a name=b rel=c><META name=b rel=c><link name=b rel=c>", "<a  ><META name=b ><link  rel=c>"),
            ("<p a=\"没有完>", "<p "),
            ("1<2 </ <", "1<2 </ <"),
            ("<p>\n\t\t<b> \r\n 一  二</b>  <i>", "<p>\n<b>\n一  二</b> <i>"),
        ];
        for (source, want) in cases {
            assert_eq!(prepare(source, &["data-x".to_owned()]), (want.into(), false), "{source}");
        }
    }

    #[test]
    fn a_tag_is_cut_at_its_last_attribute() {
        let source = format!("<p{} id=x>一", " class=a".repeat(300));
        let (prepared, is_cut) = prepare(&source, &[]);
        assert!(is_cut && prepared.ends_with(" >一") && !prepared.contains("id"), "{prepared}");
    }
}
