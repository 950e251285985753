//! Markup to a tree, in bounded time and memory.
//!
//! The HTML standard's tree construction is quadratic on hostile input: every tag looks through the
//! stack of open elements, unclosed formatting is opened again in every paragraph. So nesting and the
//! number of nodes are limited on the way to the tree builder; browsers limit the nesting likewise.
//! What lies deeper keeps its text and loses its tags. Nothing here or downstream recurses.

use crate::tokens;
use ego_tree::Tree;
use html5ever::tokenizer::{Tag, TagKind, Token, TokenSink, TokenSinkResult};
use html5ever::tree_builder::{TreeBuilder, TreeBuilderOpts};
use html5ever::{LocalName, local_name};
use scraper::{Html, HtmlTreeSink, Node};
use std::cell::{Cell, RefCell};

/// Elements open at once. Blink stops at 512; a report in nested layout tables needs about 60.
const MAX_DEPTH: usize = 400;

/// Formatting elements (`b`, `font`…) without end tag. Each is opened again in every block after it,
/// also when the blocks that held it are closed.
const MAX_FORMATTING: usize = 64;

/// Nodes of one page. Real pages have some ten thousand.
const MAX_NODES: usize = 1_000_000;

/// How far up an end tag looks for its start tag; a stray one must not scan the whole stack.
const MAX_LOOKBACK: usize = 64;

/// A parsed page.
pub(crate) struct Parsed {
    pub html: Html,
    /// Whether a limit was hit, so that parts of the page may be missing or flattened.
    pub limited: bool,
}

/// Parses a page. `attributes` are those that are read beside the usual ones.
pub(crate) fn parse(text: &str, attributes: &[String]) -> Parsed {
    let limiter = Limiter::new(text);
    tokens::feed(text, attributes, &limiter);
    limiter.finish()
}

/// Stands between tokenizer and tree builder and drops the tags that would go too deep.
///
/// The lists here are estimates of the tree builder's own: elements whose end tag may be left out
/// (`p`, `li`, `td`…) are not counted, since they end each other.
struct Limiter {
    builder: TreeBuilder<<HtmlTreeSink as html5ever::tree_builder::TreeSink>::Handle, HtmlTreeSink>,
    open: RefCell<Vec<LocalName>>,
    formatting: RefCell<Vec<LocalName>>,
    limited: Cell<bool>,
    full: Cell<bool>,
}

impl Limiter {
    fn new(text: &str) -> Self {
        let mut html = Html::new_document();
        // About what it will hold: a node for every start tag, and for the text behind most tags. It grows all the same.
        let nodes = memchr::memchr_iter(b'<', text.as_bytes()).count();
        html.tree = Tree::with_capacity(Node::Document, nodes.min(MAX_NODES));
        Self {
            builder: TreeBuilder::new(HtmlTreeSink::new(html), TreeBuilderOpts::default()),
            open: RefCell::default(),
            formatting: RefCell::default(),
            limited: Cell::new(false),
            full: Cell::new(false),
        }
    }

    fn finish(self) -> Parsed {
        Parsed { limited: self.limited.get(), html: self.builder.sink.0.into_inner() }
    }

    /// Whether the tag may go on to the tree builder.
    fn admit(&self, tag: &Tag) -> bool {
        let admitted = if is_formatting(&tag.name) {
            self.admit_formatting(tag)
        } else if nests(&tag.name) {
            self.admit_nested(tag)
        } else {
            true
        };
        if !admitted {
            self.limited.set(true);
        }
        admitted
    }

    fn admit_nested(&self, tag: &Tag) -> bool {
        let mut open = self.open.borrow_mut();
        if tag.kind == TagKind::StartTag {
            open.push(tag.name.clone());
            return open.len() <= MAX_DEPTH;
        }
        let Some(back) = open.iter().rev().take(MAX_LOOKBACK).position(|name| *name == tag.name) else {
            // A stray end tag; the tree builder would look for its start through all that is open.
            return open.len() <= MAX_DEPTH;
        };
        let at = open.len() - 1 - back;
        open.truncate(at);
        at < MAX_DEPTH
    }

    fn admit_formatting(&self, tag: &Tag) -> bool {
        let mut formatting = self.formatting.borrow_mut();
        // A link ends the one before it.
        let ends = tag.kind == TagKind::EndTag || matches!(tag.name, local_name!("a") | local_name!("nobr"));
        if ends && let Some(at) = formatting.iter().rposition(|name| *name == tag.name) {
            formatting.remove(at);
        }
        if tag.kind == TagKind::EndTag {
            return true;
        }
        if formatting.len() >= MAX_FORMATTING {
            return false;
        }
        formatting.push(tag.name.clone());
        true
    }
}

impl TokenSink for Limiter {
    type Handle = <HtmlTreeSink as html5ever::tree_builder::TreeSink>::Handle;

    fn process_token(&self, token: Token, line: u64) -> TokenSinkResult<Self::Handle> {
        // The tree would keep what is said of every mistake: a gigabyte for 16 MiB of `<`.
        let is_error = matches!(token, Token::ParseError(_));
        if is_error || self.full.get() && !matches!(token, Token::EOFToken) {
            return TokenSinkResult::Continue;
        }
        if let Token::TagToken(tag) = &token {
            if self.builder.sink.0.borrow().tree.values().len() > MAX_NODES {
                self.full.set(true);
                self.limited.set(true);
                return TokenSinkResult::Continue;
            }
            if !self.admit(tag) {
                return TokenSinkResult::Continue;
            }
        }
        self.builder.process_token(token, line)
    }

    fn end(&self) {
        self.builder.end();
    }

    fn adjusted_current_node_present_but_not_in_html_namespace(&self) -> bool {
        self.builder.adjusted_current_node_present_but_not_in_html_namespace()
    }
}

/// The formatting elements of the HTML standard, §13.2.4.2.
fn is_formatting(name: &LocalName) -> bool {
    matches!(
        *name,
        local_name!("a")
            | local_name!("b")
            | local_name!("big")
            | local_name!("code")
            | local_name!("em")
            | local_name!("font")
            | local_name!("i")
            | local_name!("nobr")
            | local_name!("s")
            | local_name!("small")
            | local_name!("strike")
            | local_name!("strong")
            | local_name!("tt")
            | local_name!("u")
    )
}

/// Whether an element of this name can hold another of its own name without an end tag.
fn nests(name: &LocalName) -> bool {
    !matches!(
        *name,
        local_name!("html")
            | local_name!("head")
            | local_name!("body")
            | local_name!("p")
            | local_name!("li")
            | local_name!("dd")
            | local_name!("dt")
            | local_name!("td")
            | local_name!("th")
            | local_name!("tr")
            | local_name!("tbody")
            | local_name!("thead")
            | local_name!("tfoot")
            | local_name!("option")
            | local_name!("optgroup")
            // Never open.
            | local_name!("area")
            | local_name!("base")
            | local_name!("br")
            | local_name!("col")
            | local_name!("embed")
            | local_name!("hr")
            | local_name!("img")
            | local_name!("input")
            | local_name!("link")
            | local_name!("meta")
            | local_name!("param")
            | local_name!("source")
            | local_name!("track")
            | local_name!("wbr")
            // Raw text: the tokenizer changes its state for them.
            | local_name!("script")
            | local_name!("style")
            | local_name!("title")
            | local_name!("textarea")
            | local_name!("xmp")
            | local_name!("iframe")
            | local_name!("noembed")
            | local_name!("noframes")
            | local_name!("noscript")
            | local_name!("plaintext")
    )
}

#[cfg(test)]
mod tests {
    use super::{Limiter, Parsed, parse};
    use html5ever::buffer_queue::BufferQueue;
    use html5ever::tendril::StrTendril;
    use html5ever::tokenizer::{Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts};
    use proptest::prelude::*;
    use scraper::{Html, Node};
    use std::path::Path;

    /// Comments part texts, which counts in a table.
    struct WithoutComments(Limiter);

    impl TokenSink for WithoutComments {
        type Handle = <Limiter as TokenSink>::Handle;

        fn process_token(&self, token: Token, line: u64) -> TokenSinkResult<Self::Handle> {
            match token {
                Token::CommentToken(_) => TokenSinkResult::Continue,
                token => self.0.process_token(token, line),
            }
        }

        fn end(&self) {
            self.0.end();
        }

        fn adjusted_current_node_present_but_not_in_html_namespace(&self) -> bool {
            self.0.adjusted_current_node_present_but_not_in_html_namespace()
        }
    }

    /// The tree that html5ever's own tokenizer leads to.
    fn parse_by_html5ever(text: &str) -> Parsed {
        // It would leave out a byte order mark behind every script, too.
        let options = TokenizerOpts { discard_bom: false, ..Default::default() };
        let tokenizer = Tokenizer::new(WithoutComments(Limiter::new(text)), options);
        let input = BufferQueue::default();
        input.push_back(StrTendril::from_slice(text.strip_prefix('\u{FEFF}').unwrap_or(text)));
        // It returns wherever a script ends.
        while !input.is_empty() {
            let _ = tokenizer.feed(&input);
        }
        tokenizer.end();
        tokenizer.sink.0.finish()
    }

    /// What is read of a tree, each node on a line of its own: neither comments, nor most attributes, nor what scripts
    /// and styles hold, and of white space whether it breaks the line.
    fn outline(html: &Html) -> String {
        let mut out = String::new();
        let mut text = String::new();
        let mut depth = 0;
        for edge in html.tree.root().traverse() {
            let ego_tree::iter::Edge::Open(node) = edge else {
                depth -= 1;
                if !matches!(edge, ego_tree::iter::Edge::Close(node) if node.value().is_comment() || node.value().is_text())
                {
                    write_text(&mut out, &mut text);
                }
                continue;
            };
            depth += 1;
            let is_unread = node
                .parent()
                .and_then(|parent| parent.value().as_element())
                .is_some_and(|parent| parent.name() == "style" || parent.name() == "script");
            match node.value() {
                Node::Text(piece) if !is_unread => text.push_str(piece),
                Node::Text(_) | Node::Comment(_) => {}
                other => {
                    write_text(&mut out, &mut text);
                    let shown = match other {
                        Node::Element(element) => {
                            let read = ["class", "href", "id", "title", "hidden", "type", "content"];
                            let attributes = element.attrs().filter(|(name, _)| read.contains(name));
                            // What is read of one element only may be left out of others.
                            let attributes = attributes.filter(|(name, _)| match *name {
                                "type" => element.name() == "input",
                                "content" => element.name() == "meta",
                                _ => true,
                            });
                            format!("{} {:?}", element.name(), attributes.collect::<Vec<_>>())
                        }
                        other => format!("{other:?}"),
                    };
                    out.push_str(&format!("{depth} {shown}\n"));
                }
            }
        }
        out
    }

    /// Writes a text down, white space folded.
    fn write_text(out: &mut String, text: &mut String) {
        if text.is_empty() {
            return;
        }
        out.push('"');
        let mut white_space = None;
        for c in text.chars() {
            if matches!(c, ' ' | '\n' | '\t' | '\x0c') {
                white_space = Some(if c == '\n' { '\n' } else { white_space.unwrap_or(' ') });
                continue;
            }
            out.extend(white_space.take());
            out.push(c);
        }
        out.extend(white_space);
        out.push_str("\"\n");
        text.clear();
    }

    fn assert_same_tree(source: &str) {
        let (own, theirs) = (parse(source, &[]), parse_by_html5ever(source));
        assert_eq!(own.limited, theirs.limited, "{source:?}");
        assert!(own.html.quirks_mode == theirs.html.quirks_mode, "{source:?}");
        assert_eq!(outline(&own.html), outline(&theirs.html), "{source:?}");
    }

    #[test]
    fn trees_of_pages_are_those_of_html5ever() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut folders = vec![root.join("tests"), root.join("profiles")];
        let mut pages = 0;
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|extension| extension == "html") {
                    assert_same_tree(&crate::decode(&std::fs::read(&path).unwrap(), None).text);
                    pages += 1;
                }
            }
        }
        assert!(pages > 100, "{pages} pages");
    }

    /// Pieces of markup, sound and broken.
    const PIECES: &[&str] = &[
        "<p>",
        "</p>",
        "<div class=a>",
        "</div>",
        "<b>",
        "</b>",
        "<a href='/x?a=1&copy=2&amp;b'>",
        "</a>",
        "<table>",
        "<tr>",
        "<td>",
        "</td>",
        "</table>",
        "<ul><li>",
        "<br>",
        "<br/>",
        "</br>",
        "<select><option>",
        "<input type=hidden>",
        "<p id=\"一&nbsp;二\" CLASS=b>",
        "<p id=a/>",
        "<p/ id=b>",
        "<p id>",
        "<p id = c>",
        "<p id=>",
        "<p =a b'c\"d id=x>",
        "<P\0 ID=\"a\0\">",
        "<p id='没有完",
        "<a\nhref\n=\nb>",
        "<script>",
        "</script>",
        "<script>a<b</script >",
        "<script><!--",
        "-->",
        "--!>",
        "<!--",
        "<!-->",
        "<!--->",
        "<!-- a -->",
        "<!---",
        "<!",
        "<!x>",
        "<?x>",
        "</",
        "</>",
        "</ a>",
        "<",
        "<<",
        ">",
        "<1",
        "<!DOCTYPE html>",
        "<!doctype html public \"-//W3C//DTD HTML 4.0//EN\">",
        "<!DOCTYPE>",
        "<![CDATA[一]]>",
        "<![CDATA[",
        "]]>",
        "<svg>",
        "</svg>",
        "<svg/>",
        "<math><mi>",
        "</math>",
        "<font color=red>",
        "<font size=1>",
        "</font>",
        "<annotation-xml encoding='text/html'>",
        "<style>",
        "</style>",
        "<title>",
        "</title>",
        "<textarea>",
        "</textarea>",
        "<TITLE>a&amp;b</Title\n>",
        "<noscript>",
        "</noscript>",
        "<iframe>",
        "</iframe>",
        "<plaintext>",
        "<pre>",
        "</pre>",
        "<template>",
        "</template>",
        "<head>",
        "</head>",
        "<body class=c>",
        "</body>",
        "<html id=h>",
        "</html>",
        "<frameset>",
        "<meta charset=gbk>",
        "<base href=/>",
        "<h1>",
        "</h1>",
        "<form>",
        "</form>",
        "<button>",
        "<nobr>",
        "<x-y>",
        "</x-y>",
        "一",
        "二，三。",
        "a",
        " ",
        "  ",
        "\n",
        "\r\n",
        "\r",
        "\t\t",
        "\0",
        "\u{FEFF}",
        "&",
        "&amp",
        "&amp;",
        "&ampx",
        "&notit;",
        "&notin;",
        "&NotEqualTilde;",
        "&#65;",
        "&#x4e00",
        "&#",
        "&#x",
        "&#0;",
        "&#128;",
        "&#x110000;",
        "&#99999999999;",
        "&#xD800;",
        "&#13;",
        "&nbsp",
        "&nbsp;",
        "&zzz;",
        "=",
        "\"",
        "'",
        "/",
        "-",
        "script",
    ];

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1_000))]

        #[test]
        fn trees_of_broken_markup_are_those_of_html5ever(
            pieces in prop::collection::vec(prop::sample::select(PIECES), 0..24),
            cut in any::<prop::sample::Index>(),
        ) {
            let mut source = pieces.concat();
            assert_same_tree(&source);
            // Cut anywhere it ends in the middle of something.
            let mut end = cut.index(source.len() + 1);
            while !source.is_char_boundary(end) {
                end -= 1;
            }
            source.truncate(end);
            assert_same_tree(&source);
        }
    }
}
