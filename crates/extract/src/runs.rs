//! Blocks of one sort most of which are signed.

use crate::authors;
use crate::dom::{Dom, Line, NONE, Node};
use crate::element::{class_of, id_of};
use crate::marks::{DAY, FLOOR, MOMENT, weight_of};
use crate::patterns::in_any_case;
use crate::records::{MIN_OPENING, text_of};
use aho_corasick::AhoCorasick;
use html5ever::local_name;
use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

/// The marks that make a block signed; see [`weight_of`].
const SIGNED: u32 = 3;

/// Kinds of marks in two blocks that make them records where there is no third.
const SURE_KINDS: u32 = 3;

/// Classes of one element that are looked at.
const MAX_CLASSES: usize = 4;

/// Blocks of one sort, in document order, none within another.
pub(crate) struct Run {
    /// At least two of them.
    pub members: Vec<u32>,
}

impl Run {
    /// The parent of blocks that hold only who wrote when: the posts stand between them.
    pub fn bylines_of(&self, dom: &Dom) -> Option<u32> {
        let parent = dom.nodes[self.members[0] as usize].parent;
        let is_byline = |&member: &u32| {
            dom.nodes[member as usize].parent == parent && text_of(dom, dom.lines_in(member)) < MIN_OPENING
        };
        // A short reply looks like a byline; nothing stands behind it.
        (self.members.len() >= 2 && parent != NONE && self.members.iter().all(is_byline)).then_some(parent)
    }
}

/// What makes two blocks of one sort: the name, and a class or else the parent.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Sort {
    tag: html5ever::LocalName,
    class: String,
    parent: u32,
}

/// The sorts an element is of: one for each class without its numbers (`post-1203` is a `post-`),
/// or that of its parent's children of this name.
fn sorts_of(dom: &Dom, at: u32) -> Vec<Sort> {
    let node = &dom.nodes[at as usize];
    let class = dom.markup(at).map(class_of).unwrap_or_default();
    let mut sorts = Vec::new();
    // Columns of a grid are no records, however alike they are called; those of the whole width are rows.
    let is_column = |name: &&str| name.starts_with("col-") && !name.ends_with("-12");
    let names = class.split_ascii_whitespace().filter(|name| !is_column(name));
    for name in names.take(MAX_CLASSES) {
        let class: String = name.chars().filter(|c| !c.is_ascii_digit()).take(40).collect();
        if !class.is_empty() {
            sorts.push(Sort { tag: node.tag.clone(), class, parent: NONE });
        }
    }
    if sorts.is_empty() && !class.split_ascii_whitespace().any(|name| is_column(&name)) {
        // Blocks without a class are alike only beside each other.
        sorts.push(Sort { tag: node.tag.clone(), class: String::new(), parent: node.parent });
    }
    sorts
}

/// Every run of like blocks most of which are signed. `marks` are those of all elements.
pub(crate) fn find(dom: &Dom, marks: &[u8]) -> Vec<Run> {
    let candidates: Vec<u32> =
        (0..dom.nodes.len() as u32).filter(|&at| can_be_record(&dom.nodes[at as usize])).collect();
    let members = std::cell::LazyCell::new(|| authors::links(dom));
    let is_signed = |at: u32| {
        let weight = weight_of(marks[at as usize]) + u32::from(is_named_post(dom, at));
        // A link to the writer's page speaks for a writer as much as a class does.
        weight >= SIGNED
            || weight + 1 == SIGNED && marks[at as usize] & (MOMENT | DAY | FLOOR) != 0 && dom.holds_any(at, &members)
    };
    let mut found: HashMap<Sort, Vec<u32>> = HashMap::new();
    for &at in candidates.iter().filter(|&&at| marks[at as usize] != 0 && is_signed(at)) {
        for sort in sorts_of(dom, at) {
            found.entry(sort).or_default();
        }
    }
    if found.is_empty() {
        return Vec::new();
    }
    for &at in &candidates {
        for sort in sorts_of(dom, at) {
            let Some(members) = found.get_mut(&sort) else { continue };
            let is_inner = members.last().is_some_and(|&last| dom.is_within(at, last));
            if !is_inner {
                members.push(at);
            }
        }
    }
    found.into_values().filter_map(|members| run_of(dom, marks, members, is_signed)).collect()
}

/// The run that blocks of one sort are, if most of them are signed.
fn run_of(dom: &Dom, marks: &[u8], mut members: Vec<u32>, is_signed: impl Fn(u32) -> bool) -> Option<Run> {
    let says_nothing = |&at: &u32| !dom.lines[dom.lines_in(at)].iter().any(Line::is_prose) || !says(dom, at);
    if are_called_differently(dom, &members) && !members.iter().all(|&at| is_signed(at)) {
        return None;
    }
    // What stands above the first record in its shape: a table with the name of the board.
    let head = members.iter().position(|member| is_signed(*member) || !says_nothing(member))?;
    members.drain(..head);
    // And below the last: a table with the number of pages.
    let end = members.iter().rposition(|member| is_signed(*member) || !says_nothing(member)).map_or(0, |last| last + 1);
    let signed = members[..end].iter().filter(|&&at| is_signed(at)).count();
    // A single line may be a notice between posts: moved, renamed, pinned.
    let is_unsigned = |&&at: &&u32| !is_signed(at) && dom.nodes[at as usize].breaks >= 2;
    let unsigned = members[..end].iter().filter(is_unsigned).count();
    let is_sure = |&at: &u32| is_named_post(dom, at) || marks[at as usize].count_ones() >= SURE_KINDS;
    let enough = if members[..end].iter().all(is_sure) { 2 } else { 3 };
    (signed >= 2 && members.len() >= enough && signed * 10 >= (signed + unsigned) * 6).then_some(Run { members })
}

/// Whether blocks without a class have a name each, and no two the same but for its number: the parts of a page.
fn are_called_differently(dom: &Dom, members: &[u32]) -> bool {
    let mut names = HashSet::new();
    members.iter().all(|&at| {
        let Some(element) = dom.markup(at).filter(|element| class_of(element).is_empty()) else { return false };
        let name = id_of(element).trim_matches(|c: char| c.is_ascii_digit());
        !name.is_empty() && names.insert(name)
    })
}

/// Whether a block holds as much text as an opening post.
fn says(dom: &Dom, at: u32) -> bool {
    let mut chars = 0;
    dom.lines_in(at).any(|index| {
        chars += text_of(dom, index..index + 1);
        chars >= MIN_OPENING
    })
}

/// Whether an element may hold a whole record.
fn can_be_record(node: &Node) -> bool {
    node.block
        && !node.dropped
        && node.chars >= 10
        && matches!(
            node.tag,
            local_name!("div")
                | local_name!("li")
                | local_name!("article")
                | local_name!("section")
                | local_name!("table")
                | local_name!("tbody")
                | local_name!("tr")
                | local_name!("dl")
                // Only as bylines, with the posts between them.
                | local_name!("p")
        )
}

/// What elements that hold posts are called.
static CALLED_POST: LazyLock<AhoCorasick> =
    LazyLock::new(|| in_any_case(&["post", "reply", "answer", "comment", "floor", "thread", "message", "topic"]));

/// Whether an element's name says post, so that two of them are a thread.
fn is_named_post(dom: &Dom, at: u32) -> bool {
    let Some(element) = dom.markup(at) else { return false };
    [id_of(element), class_of(element)].into_iter().any(|name| !name.is_empty() && CALLED_POST.is_match(name))
}
