//! Cards of facts beside a text: what encyclopedias and catalogues set in two columns of label and value.
//!
//! A table of a report has its labels in the first row, or none; a card has one or two in every row. Lists of
//! definitions with nothing but short ones are cards, too.

use crate::dom::Dom;
use crate::element::{attribute, class_of};
use html5ever::local_name;
use scraper::node::Element;

/// The fewest rows of a card.
const MIN_ROWS: u32 = 3;

/// The longest label, in characters.
const MAX_LABEL: u32 = 8;

/// What a table that floats holds at most, in nodes.
const MAX_ASIDE: u32 = 500;

/// The longest value, in characters.
const MAX_VALUE: u32 = 60;

/// The cards of a page, in document order and apart, but for those that hold the page's heading.
pub(crate) fn find(dom: &Dom, heading: Option<usize>) -> Vec<u32> {
    let mut cards = Vec::new();
    let mut at = 0;
    while let Some(node) = dom.nodes.get(at as usize) {
        let is_card = !node.dropped
            && match node.tag {
                local_name!("dl") => is_list_of_facts(dom, at),
                local_name!("table") => is_table_of_facts(dom, at) || is_set_aside(dom, at),
                local_name!("div") | local_name!("ul") | local_name!("section") => {
                    is_list_of_pairs(dom, at) && !stands_in_text(dom, at)
                }
                _ => false,
            };
        if is_card && !heading.is_some_and(|heading| dom.lines_in(at).contains(&heading)) {
            cards.push(at);
            at = node.end;
        } else {
            at += 1;
        }
    }
    cards
}

/// Whether every term of a list is short, and so is nearly every definition.
fn is_list_of_facts(dom: &Dom, list: u32) -> bool {
    let (mut terms, mut values, mut long) = (0, 0, 0);
    for at in dom.children(list).flat_map(|child| pieces_of(dom, child)) {
        let node = &dom.nodes[at as usize];
        match node.tag {
            local_name!("dt") => terms += 1,
            local_name!("dd") => values += 1,
            _ => continue,
        }
        long += u32::from(node.chars > MAX_VALUE);
    }
    terms >= MIN_ROWS && values + 1 >= terms && long * 10 <= terms + values
}

/// The parts of a list of definitions: a child, or those of the block that holds a term and its definition.
fn pieces_of(dom: &Dom, child: u32) -> impl Iterator<Item = u32> + '_ {
    let node = &dom.nodes[child as usize];
    let is_group = node.block && node.tag != local_name!("dt") && node.tag != local_name!("dd");
    let inner = is_group.then(|| dom.children(child)).into_iter().flatten();
    inner.chain((!is_group).then_some(child))
}

/// Whether an element has nothing but rows of two short pieces, a label and its value.
fn is_list_of_pairs(dom: &Dom, list: u32) -> bool {
    let mut rows = 0;
    for row in dom.children(list) {
        let node = &dom.nodes[row as usize];
        if node.chars == 0 {
            continue;
        }
        if !node.block || !is_pair(dom, row) {
            return false;
        }
        rows += 1;
    }
    rows >= MIN_ROWS
}

/// Whether there is a sentence straight above an element and another straight below, in the element around it.
fn stands_in_text(dom: &Dom, at: u32) -> bool {
    let lines = dom.lines_in(at);
    let is_sentence = |index: Option<usize>| {
        let line = index.and_then(|index| dom.lines.get(index));
        line.is_some_and(|line| line.is_prose() && dom.is_within(line.at, dom.nodes[at as usize].parent))
    };
    is_sentence(lines.start.checked_sub(1)) && is_sentence(Some(lines.end))
}

/// Whether an element holds a label and a value, each in an element that breaks no line.
fn is_pair(dom: &Dom, row: u32) -> bool {
    let mut pieces = 0;
    for piece in dom.children(row).filter(|&piece| dom.nodes[piece as usize].chars > 0) {
        let node = &dom.nodes[piece as usize];
        let most = if pieces == 0 { MAX_LABEL } else { MAX_VALUE };
        // Links would make it a menu.
        if node.tag.is_empty() || node.tag == local_name!("a") || node.breaks > 0 || node.chars > most {
            return false;
        }
        // Of a programme it is the hour.
        if pieces == 0 && dom.text_below(piece).contains(|c: char| c.is_ascii_digit()) {
            return false;
        }
        pieces += 1;
    }
    pieces == 2
}

/// Whether a table floats to the right of a text and has neither sentences nor pictures: the facts of an entry,
/// a ticker. Word processors float tables of a text to the left.
fn is_set_aside(dom: &Dom, table: u32) -> bool {
    let floats = dom.markup(table).and_then(|element| attribute(element, &local_name!("align")));
    floats.is_some_and(|side| side.eq_ignore_ascii_case("right"))
        && dom.nodes[table as usize].end - table <= MAX_ASIDE
        && !dom.lines[dom.lines_in(table)].iter().any(|line| line.is_prose())
        && !(table..dom.nodes[table as usize].end).any(|at| dom.nodes[at as usize].tag == local_name!("img"))
}

/// Whether a cell's class says that it is the label of the one beside it.
fn is_called_label(cell: &Element) -> bool {
    class_of(cell).split_ascii_whitespace().any(|name| {
        let name = name.to_ascii_lowercase();
        ["title", "label", "tit", "bt"]
            .iter()
            .any(|end| name.strip_suffix(end).is_some_and(|rest| !rest.ends_with("sub")))
    })
}

/// Whether most rows of a table are labels with a value each, one or two.
fn is_table_of_facts(dom: &Dom, table: u32) -> bool {
    let (mut rows, mut pairs, mut headed, mut long) = (0, 0, 0, 0);
    let is_label = |cell: u32| dom.markup(cell).is_some_and(is_called_label);
    for group in dom.children(table) {
        for row in dom.children(group) {
            if dom.nodes[row as usize].tag != local_name!("tr") {
                continue;
            }
            let (mut labels, mut heads, mut values) = (0, 0, 0);
            for cell in dom.children(row) {
                match dom.nodes[cell as usize].tag {
                    local_name!("th") => heads += 1,
                    local_name!("td") if is_label(cell) => labels += 1,
                    local_name!("td") => values += 1,
                    _ => continue,
                }
                long += u32::from(dom.nodes[cell as usize].chars > 4 * MAX_VALUE);
            }
            rows += 1;
            headed += u32::from((labels, heads, values) == (0, 1, 1));
            pairs += u32::from(labels + heads == values && (1..=2).contains(&values));
        }
    }
    let are_most = |pairs: u32| pairs > MIN_ROWS && pairs * 10 >= rows * 6 && long * 10 <= rows;
    // Amid sentences, other labels than one head a row may be those of a text's own table.
    are_most(headed) || are_most(pairs) && !stands_in_text(dom, table)
}
