//! A page's source as tokens for html5ever's tree builder: tags, texts, and the attributes that somebody reads.
//!
//! Half of a page is scripts, styles, comments and attributes such as `onclick`. A tokenizer that takes them apart was
//! a third of all the work on a page, so this one passes over them. What it does give are the tokens of the HTML
//! standard, §13.2.5, so that the tree is the one html5ever's own tokenizer would have led to, but for what was passed
//! over; the tests hold both trees against each other.

use crate::patterns::{Words, in_any_case};
use crate::references::{Place, resolved};
use aho_corasick::AhoCorasick;
use html5ever::tendril::StrTendril;
use html5ever::tokenizer::states::RawKind;
use html5ever::tokenizer::{Doctype, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer};
use html5ever::{Attribute, LocalName, QualName, local_name, ns};
use memchr::memmem;
use std::borrow::Cow;
use std::cell::RefCell;
use std::ops::Range;
use std::sync::LazyLock;

/// What makes a script worth keeping: lists and pagers that only it would show, and structured data.
static READ_SCRIPTS: LazyLock<Words> =
    LazyLock::new(|| Words::new(&["<datastore", "createPageHTML(", "Pager({", "countPage", "\"datePublished\""]));

/// The attributes that are read of every element, whatever the profile.
const READ: [LocalName; 7] = [
    local_name!("class"),
    local_name!("href"),
    local_name!("style"),
    local_name!("id"),
    local_name!("title"),
    local_name!("hidden"),
    local_name!("itemprop"),
];

/// Those read of one element only: by us, and the last ones by the tree builder.
const READ_OF: [(LocalName, &[LocalName]); 7] = [
    (local_name!("meta"), &[local_name!("name"), local_name!("content"), local_name!("property")]),
    (local_name!("link"), &[local_name!("rel")]),
    (local_name!("input"), &[local_name!("type")]),
    (local_name!("time"), &[local_name!("datetime")]),
    (local_name!("table"), &[local_name!("align")]),
    (local_name!("font"), &[local_name!("size"), local_name!("color"), local_name!("face")]),
    (local_name!("annotation-xml"), &[local_name!("encoding")]),
];

/// Without one of these a style neither hides an element nor makes it a block. `&` may stand for any of their letters.
static TELLING_STYLES: LazyLock<AhoCorasick> =
    LazyLock::new(|| in_any_case(&["display", "visibility", "font-size", "&"]));

/// Gives a source's tokens to a tree builder, up to the end of the document. `more_read` are attributes that a profile
/// reads.
pub(crate) fn feed(text: &str, more_read: &[String], sink: &impl TokenSink) {
    Source { text, more_read, sink, is_past_doctype: false }.run();
}

struct Source<'a, S> {
    text: &'a str,
    more_read: &'a [String],
    sink: &'a S,
    /// Only the first doctype counts.
    is_past_doctype: bool,
}

impl<S: TokenSink> Source<'_, S> {
    fn bytes(&self) -> &[u8] {
        self.text.as_bytes()
    }

    fn emit(&self, token: Token) -> TokenSinkResult<S::Handle> {
        // Lines are counted for messages about mistakes, which nobody reads.
        self.sink.process_token(token, 1)
    }

    fn run(&mut self) {
        let end = self.text.len();
        let mut at = if self.text.starts_with('\u{FEFF}') { '\u{FEFF}'.len_utf8() } else { 0 };
        let mut is_behind_tag = false;
        while at < end {
            let start = self.next_markup(at);
            if start > at {
                self.text_between(at, start, is_behind_tag);
            }
            if start == end {
                break;
            }
            (at, is_behind_tag) = self.markup(start);
        }
        let _ = self.emit(Token::EOFToken);
        self.sink.end();
    }

    fn byte(&self, at: usize) -> Option<u8> {
        self.bytes().get(at).copied()
    }

    /// Where a byte stands next, or the end of the text.
    fn find(&self, from: usize, byte: u8) -> usize {
        memchr::memchr(byte, &self.bytes()[from..]).map_or(self.text.len(), |found| from + found)
    }

    /// Where the next `<` stands that is no text, or the end.
    fn next_markup(&self, from: usize) -> usize {
        let begins = |&at: &usize| match self.byte(at + 1) {
            Some(b'/') => at + 2 < self.text.len(),
            Some(byte) => byte.is_ascii_alphabetic() || matches!(byte, b'!' | b'?'),
            None => false,
        };
        memchr::memchr_iter(b'<', &self.bytes()[from..])
            .map(|found| from + found)
            .find(begins)
            .unwrap_or(self.text.len())
    }

    /// Reads the markup that begins at a position. Returns where to go on, and whether that is straight behind a tag.
    fn markup(&mut self, start: usize) -> (usize, bool) {
        match self.byte(start + 1) {
            Some(b'!') => (self.declaration(start), false),
            Some(b'?') => (self.find(start + 2, b'>') + 1, false),
            Some(b'/') if self.byte(start + 2).is_some_and(|byte| byte.is_ascii_alphabetic()) => {
                self.tag(TagKind::EndTag, start + 2)
            }
            Some(b'/') => (self.find(start + 2, b'>') + 1, false),
            _ => self.tag(TagKind::StartTag, start + 1),
        }
    }

    /// Passes over a comment, reads a doctype or a CDATA section. Returns where to go on.
    fn declaration(&mut self, start: usize) -> usize {
        let begin = start + 2;
        let rest = &self.bytes()[begin..];
        if let Some(comment) = rest.strip_prefix(b"--") {
            return begin + 2 + end_of_comment(comment);
        }
        if rest.starts_with(b"[CDATA[") && self.sink.adjusted_current_node_present_but_not_in_html_namespace() {
            let begin = begin + "[CDATA[".len();
            let length = memmem::find(&self.bytes()[begin..], b"]]>");
            let end = length.map_or(self.text.len(), |length| begin + length);
            self.characters(&self.text[begin..end], false);
            return end + "]]>".len();
        }
        let end = self.find(begin, b'>');
        let is_doctype = rest.get(..7).is_some_and(|name| name.eq_ignore_ascii_case(b"doctype"));
        if is_doctype {
            let is_first = !std::mem::replace(&mut self.is_past_doctype, true);
            let source = &self.text[start..(end + 1).min(self.text.len())];
            let doctype = if is_first { doctype(source) } else { Doctype::default() };
            let _ = self.emit(Token::DoctypeToken(doctype));
        }
        end + 1
    }

    /// Reads a tag from its name on and, where it begins raw text, that text. Returns where to go on, and whether that
    /// is straight behind a tag.
    fn tag(&self, kind: TagKind, start: usize) -> (usize, bool) {
        let end_of_name = until(self.bytes(), start, |byte| is_space(byte) || matches!(byte, b'/' | b'>'));
        let name = lower_name(&self.text[start..end_of_name]);
        // A tag that does not end is none.
        let Some(Attributes { mut list, had_duplicates, self_closing, end }) = self.attributes(&name, end_of_name)
        else {
            return (self.text.len(), false);
        };
        if kind == TagKind::EndTag {
            list.clear();
        }
        let token =
            Tag { kind, name: name.clone(), self_closing, attrs: list, had_duplicate_attributes: had_duplicates };
        match self.emit(Token::TagToken(token)) {
            TokenSinkResult::RawData(kind) => (self.raw_text(&name, kind, end), false),
            TokenSinkResult::Plaintext => {
                self.characters(&without_nul(&self.text[end..]), false);
                (self.text.len(), false)
            }
            // The tree builder leaves out a line break here, but one only.
            _ => (end, !matches!(name, local_name!("pre") | local_name!("listing"))),
        }
    }

    /// Reads the attributes of a tag, from behind its name up to its `>`. `None` where there is none.
    fn attributes(&self, tag: &LocalName, start: usize) -> Option<Attributes> {
        let mut found = Attributes { list: Vec::new(), had_duplicates: false, self_closing: false, end: 0 };
        let (mut at, mut has_style) = (start, false);
        loop {
            match *self.bytes().get(at)? {
                b'>' => {
                    found.end = at + 1;
                    return Some(found);
                }
                b'/' => {
                    at += 1;
                    found.self_closing = self.bytes().get(at) == Some(&b'>');
                }
                byte if is_space(byte) => at += 1,
                _ => {
                    let attribute = attribute_at(self.bytes(), at);
                    if let Some(name) = self.read_name(tag, &self.text[at..attribute.end_of_name]) {
                        let value = &self.text[attribute.value];
                        let is_style = name == local_name!("style");
                        // Of several the first counts, also of styles that tell nothing.
                        if is_style && std::mem::replace(&mut has_style, true)
                            || found.list.iter().any(|other| other.name.local == name)
                        {
                            found.had_duplicates = true;
                        } else if !is_style || TELLING_STYLES.is_match(value) {
                            let name = QualName::new(None, ns!(), name);
                            found.list.push(Attribute { name, value: attribute_value(value) });
                        }
                    }
                    at = attribute.end;
                }
            }
        }
    }

    /// The name of an attribute, where it is read: by us, by the tree builder or by the profile.
    fn read_name(&self, tag: &LocalName, name: &str) -> Option<LocalName> {
        let is_it = |read: &&LocalName| name.eq_ignore_ascii_case(read);
        if let Some(read) = READ.iter().find(is_it) {
            return Some(read.clone());
        }
        if let Some((_, names)) = READ_OF.iter().find(|(of, _)| of == tag)
            && let Some(read) = names.iter().find(is_it)
        {
            // Colours and faces tell the tree builder where foreign content ends, and nothing else.
            let is_foreign = || self.sink.adjusted_current_node_present_but_not_in_html_namespace();
            let is_of_foreign = matches!(*read, local_name!("color") | local_name!("face"));
            return (!is_of_foreign || is_foreign()).then(|| read.clone());
        }
        let read = self.more_read.iter().find(|read| name.eq_ignore_ascii_case(read))?;
        Some(lower_name(read))
    }

    /// Reads raw text from `begin` to the end tag of this name. Returns where that stands. The text of styles, and of
    /// scripts that tell nothing, is passed over.
    fn raw_text(&self, name: &LocalName, kind: RawKind, begin: usize) -> usize {
        let content = &self.bytes()[begin..];
        let end = if kind == RawKind::ScriptData { end_of_script(content) } else { end_of_raw(content, name) };
        let end = end.map_or(self.text.len(), |end| begin + end);
        let text = &self.text[begin..end];
        let is_read = match *name {
            local_name!("style") => false,
            local_name!("script") => READ_SCRIPTS.is_match(text),
            _ => true,
        };
        if is_read {
            self.characters(&without_nul(text), kind == RawKind::Rcdata);
        }
        end
    }

    /// Gives the text between two pieces of markup. Of a run of white space behind a tag, which folds anyway, one
    /// character stays: a line break if there is one, since between wide characters that is no space.
    fn text_between(&self, from: usize, to: usize, is_behind_tag: bool) {
        let text = &self.text[from..to];
        let run = text.bytes().take_while(|&byte| is_behind_tag && is_space(byte)).count();
        if run < 2 {
            return self.characters(text, true);
        }
        let (white_space, rest) = text.split_at(run);
        let kept = if white_space.bytes().any(|byte| matches!(byte, b'\n' | b'\r')) { "\n" } else { " " };
        if rest.is_empty() {
            return self.characters(kept, false);
        }
        if rest.bytes().any(|byte| matches!(byte, b'\0' | b'&' | b'\r')) {
            return self.characters(&[kept, rest].concat(), true);
        }
        let mut whole = StrTendril::with_capacity(1 + rest.len() as u32);
        whole.push_slice(kept);
        whole.push_slice(rest);
        let _ = self.emit(Token::CharacterTokens(whole));
    }

    /// Gives a text, line ends made one character and references resolved.
    fn characters(&self, text: &str, has_references: bool) {
        for (place, piece) in text.split('\0').enumerate() {
            if place > 0 {
                let _ = self.emit(Token::NullCharacterToken);
            }
            if !piece.is_empty() {
                let piece = resolved(piece, has_references.then_some(Place::Text));
                let _ = self.emit(Token::CharacterTokens(StrTendril::from_slice(&piece)));
            }
        }
    }
}

/// A doctype, read by html5ever: there is one on a page.
fn doctype(source: &str) -> Doctype {
    #[derive(Default)]
    struct Found(RefCell<Doctype>);
    impl TokenSink for Found {
        type Handle = ();
        fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
            if let Token::DoctypeToken(doctype) = token {
                *self.0.borrow_mut() = doctype;
            }
            TokenSinkResult::Continue
        }
    }
    let tokenizer = Tokenizer::new(Found::default(), Default::default());
    let input = html5ever::buffer_queue::BufferQueue::default();
    input.push_back(StrTendril::from_slice(source));
    let _ = tokenizer.feed(&input);
    tokenizer.end();
    tokenizer.sink.0.into_inner()
}

/// Whether a byte parts the attributes of a tag.
fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | b'\x0c')
}

/// Where the first byte of some kind stands from a position on, or the end.
fn until(bytes: &[u8], from: usize, is_end: impl Fn(u8) -> bool) -> usize {
    bytes[from..].iter().position(|&byte| is_end(byte)).map_or(bytes.len(), |length| from + length)
}

/// A name as tags and attributes have it.
fn lower_name(name: &str) -> LocalName {
    if name.bytes().any(|byte| byte.is_ascii_uppercase() || byte == 0) {
        return LocalName::from(without_nul(name).to_ascii_lowercase());
    }
    LocalName::from(name)
}

/// A text with every NUL made what the standard makes of it in names, values and raw text.
fn without_nul(text: &str) -> Cow<'_, str> {
    match memchr::memchr(0, text.as_bytes()) {
        None => Cow::Borrowed(text),
        Some(_) => Cow::Owned(text.replace('\0', "\u{FFFD}")),
    }
}

/// The attributes of a tag that are read.
struct Attributes {
    list: Vec<Attribute>,
    had_duplicates: bool,
    /// Whether the tag ends with `/>`.
    self_closing: bool,
    /// The position behind the tag.
    end: usize,
}

/// Where an attribute stands in the source.
struct AttributeAt {
    end_of_name: usize,
    /// Without its quotes.
    value: Range<usize>,
    end: usize,
}

/// Finds the ends of the attribute that begins at a position.
fn attribute_at(bytes: &[u8], start: usize) -> AttributeAt {
    // A name may begin with `=`.
    let end_of_name = until(bytes, start + 1, |byte| is_space(byte) || matches!(byte, b'/' | b'>' | b'='));
    let equals = until(bytes, end_of_name, |byte| !is_space(byte));
    if bytes.get(equals) != Some(&b'=') {
        return AttributeAt { end_of_name, value: end_of_name..end_of_name, end: end_of_name };
    }
    let begin = until(bytes, equals + 1, |byte| !is_space(byte));
    if let Some(quote @ (b'"' | b'\'')) = bytes.get(begin) {
        let end = memchr::memchr(*quote, &bytes[begin + 1..]).map_or(bytes.len(), |length| begin + 1 + length);
        return AttributeAt { end_of_name, value: begin + 1..end, end: (end + 1).min(bytes.len()) };
    }
    let end = until(bytes, begin, |byte| is_space(byte) || byte == b'>');
    AttributeAt { end_of_name, value: begin..end, end }
}

fn attribute_value(source: &str) -> StrTendril {
    StrTendril::from_slice(&resolved(&without_nul(source), Some(Place::Attribute)))
}

/// The length of a comment behind its `<!--`, its end included.
fn end_of_comment(content: &[u8]) -> usize {
    // `<!-->` and `<!--->` end at once; elsewhere the standard knows two ends.
    if content.starts_with(b">") {
        return 1;
    }
    if content.starts_with(b"->") {
        return 2;
    }
    let usual = memmem::find(content, b"-->").map(|at| at + 3);
    let odd = memmem::find(&content[..usual.unwrap_or(content.len())], b"--!>").map(|at| at + 4);
    odd.or(usual).unwrap_or(content.len())
}

/// Whether a tag's name stands at the beginning, in any case, and ends there.
fn begins_with_name(content: &[u8], name: &[u8]) -> bool {
    content.get(..name.len()).is_some_and(|own| own.eq_ignore_ascii_case(name))
        && content.get(name.len()).is_some_and(|&byte| is_space(byte) || matches!(byte, b'/' | b'>'))
}

/// Where the end tag of raw text stands.
fn end_of_raw(content: &[u8], name: &str) -> Option<usize> {
    memmem::find_iter(content, b"</").find(|&at| begins_with_name(&content[at + 2..], name.as_bytes()))
}

/// Where the end tag of a script stands: the first one, but for those that close a script written out between `<!--`
/// and `-->` (HTML standard, §13.2.5.15 to §13.2.5.31).
fn end_of_script(content: &[u8]) -> Option<usize> {
    let (mut at, mut is_escaped, mut is_within_script) = (0, false, false);
    while let Some(found) = memchr::memchr2(b'<', b'-', &content[at..]) {
        at += found;
        let rest = &content[at..];
        if rest.starts_with(b"-->") {
            (is_escaped, is_within_script) = (false, false);
        } else if rest.starts_with(b"<!--") && !is_escaped {
            is_escaped = true;
            // Its dashes may be those of `-->`.
            at += 1;
        } else if rest.starts_with(b"</") && begins_with_name(&rest[2..], b"script") {
            if !is_within_script {
                return Some(at);
            }
            is_within_script = false;
        } else if is_escaped && rest[0] == b'<' && begins_with_name(&rest[1..], b"script") {
            is_within_script = true;
        }
        at += 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::feed;
    use html5ever::tokenizer::{TagKind, Token, TokenSink, TokenSinkResult};
    use std::cell::RefCell;

    /// Writes tokens down.
    #[derive(Default)]
    struct Written(RefCell<String>);

    impl TokenSink for Written {
        type Handle = ();

        fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
            let mut out = self.0.borrow_mut();
            match token {
                Token::TagToken(tag) => {
                    out.push_str(if tag.kind == TagKind::EndTag { "</" } else { "<" });
                    out.push_str(&tag.name);
                    for attribute in &tag.attrs {
                        out.push_str(&format!(" {}={:?}", attribute.name.local, &*attribute.value));
                    }
                    out.push_str(if tag.self_closing { "/>" } else { ">" });
                }
                Token::CharacterTokens(text) => out.push_str(&text),
                Token::DoctypeToken(doctype) => out.push_str(&format!("[{}]", doctype.name.unwrap_or_default())),
                Token::NullCharacterToken => out.push('␀'),
                Token::CommentToken(_) | Token::EOFToken | Token::ParseError(_) => {}
            }
            TokenSinkResult::Continue
        }
    }

    #[test]
    fn what_nobody_reads_is_passed_over() {
        let cases = [
            ("<p>一<!-- 二 -->三</p>", "<p>一三</p>"),
            ("<p>一<!-->二<!--->三", "<p>一二三"),
            ("一<!-- 二 --!>三<!-- 四", "一三"),
            ("一<?php 二 ?>三</ 四>五</>六<!七>八", "一三五六八"),
            ("<!DOCTYPE html><!doctype p>一", "[html][]一"),
            ("<a onclick='x>y' href=b target = c class=\"d\"e f>", r#"<a href="b" class="d">"#),
            ("<a href=b/><br/><br / ><A HREF='b'>", r#"<a href="b/"><br/><br><a href="b">"#),
            ("<img src=a/b.png alt=\"一\" title=二/>", r#"<img title="二/">"#),
            ("<p data-x=1 data-y=2 DATA-X=3>", r#"<p data-x="1">"#),
            ("<a =b =href=c>", "<a>"),
            ("<p style='color:red' style='display:none'>", "<p>"),
            ("<p STYLE='Display : none' style=a>", r#"<p style="Display : none">"#),
            ("<p style='d&#105;splay:none'>", r#"<p style="display:none">"#),
            ("<a name=b rel=c><META name=b rel=c><link name=b rel=c>", r#"<a><meta name="b"><link rel="c">"#),
            ("<p class=a class=b>一<p class=\"没有完>", r#"<p class="a">一"#),
            ("1<2 </ <", "1<2 "),
            ("1<2 &lt; </", "1<2 < </"),
            ("<p>\n\t\t<b> \r\n 一  二</b>  <i>", "<p>\n<b>\n一  二</b> <i>"),
            ("<pre>\n\n 一", "<pre>\n\n 一"),
            ("一\r\n二\r三\0四", "一\n二\n三␀四"),
        ];
        for (source, want) in cases {
            let sink = Written::default();
            feed(source, &["data-x".to_owned()], &sink);
            assert_eq!(*sink.0.borrow(), want, "{source}");
        }
    }
}
