//! Markup to a tree, in bounded time and memory.
//!
//! The HTML standard's tree construction is quadratic on hostile input: every tag looks through the
//! stack of open elements, unclosed formatting is opened again in every paragraph, every attribute
//! is compared with those before it. So nesting, the number of nodes and the attributes of one tag
//! are limited on the way to the tree builder; browsers limit the nesting likewise. What lies
//! deeper keeps its text and loses its tags. Nothing here or downstream recurses.

use crate::source;
use ego_tree::Tree;
use html5ever::buffer_queue::BufferQueue;
use html5ever::tendril::StrTendril;
use html5ever::tokenizer::{Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer};
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
    let (text, cut) = source::prepare(text, attributes);
    let mut html = Html::new_document();
    // About what it will hold: a node for every start tag, and for the text behind most tags. It grows all the same.
    let nodes = memchr::memchr_iter(b'<', text.as_bytes()).count();
    html.tree = Tree::with_capacity(Node::Document, nodes.min(MAX_NODES));
    let sink = HtmlTreeSink::new(html);
    let sink = Limiter {
        builder: TreeBuilder::new(sink, TreeBuilderOpts::default()),
        open: RefCell::default(),
        formatting: RefCell::default(),
        limited: Cell::new(cut),
        full: Cell::new(false),
    };
    let tokenizer = Tokenizer::new(sink, Default::default());
    let input = BufferQueue::default();
    input.push_back(StrTendril::from_slice(&text));
    // The tokenizer returns early wherever a script ends; scripts are not run.
    while !input.is_empty() {
        let _ = tokenizer.feed(&input);
    }
    tokenizer.end();
    let limited = tokenizer.sink.limited.get();
    let html = tokenizer.sink.builder.sink.0.into_inner();
    Parsed { html, limited }
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
