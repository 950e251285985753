//! Cards of facts beside a text: what encyclopedias and catalogues set in two columns of label and value.
//!
//! A table of a report has its labels in the first row, or none; a card has one in every row. Lists of
//! definitions with nothing but short ones are cards, too.

use crate::dom::Dom;
use html5ever::local_name;

/// The fewest rows of a card.
const MIN_ROWS: u32 = 3;

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
                local_name!("table") => is_table_of_facts(dom, at),
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
    for at in dom.children(list) {
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

/// Whether most rows of a table are one label and one value.
fn is_table_of_facts(dom: &Dom, table: u32) -> bool {
    let (mut rows, mut pairs, mut long) = (0, 0, 0);
    for group in dom.children(table) {
        for row in dom.children(group) {
            if dom.nodes[row as usize].tag != local_name!("tr") {
                continue;
            }
            let (mut labels, mut values) = (0, 0);
            for cell in dom.children(row) {
                match dom.nodes[cell as usize].tag {
                    local_name!("th") => labels += 1,
                    local_name!("td") => values += 1,
                    _ => continue,
                }
                long += u32::from(dom.nodes[cell as usize].chars > 4 * MAX_VALUE);
            }
            rows += 1;
            pairs += u32::from(labels == 1 && values == 1);
        }
    }
    pairs > MIN_ROWS && pairs * 10 >= rows * 6 && long * 10 <= rows
}
