//! What is set into a text and says itself that it is none of it: advertisements under their label, boxes that ask
//! the reader for something.

use crate::dom::{Dom, Line};
use crate::element::attribute;
use crate::marks;
use html5ever::local_name;

/// What a box of either sort holds at most.
const MAX_LINES: usize = 5;
const MAX_CHARS: u32 = 150;

/// The longest line of such a box, in characters.
const MAX_LINE: u32 = 60;

/// Labels and fields that are looked at.
const MAX_FOUND: usize = 100;

/// What is set above or below advertisements.
const LABELS: &[&str] = &["广告", "推广", "赞助", "广告位", "商业推广", "赞助内容", "AD", "Advertisement", "Sponsored"];

/// The boxes of a page, in document order and apart, but for those that hold the page's heading.
pub(crate) fn find(dom: &Dom, heading: Option<usize>) -> Vec<u32> {
    let is_label = |line: &&Line| line.chars <= 13 && LABELS.contains(&dom.line_text(line));
    let labels = dom.lines.iter().filter(is_label).map(|line| line.at);
    let fields = (0..dom.nodes.len() as u32).filter(|&at| is_field(dom, at));
    let marks = labels.take(MAX_FOUND).chain(fields.take(MAX_FOUND));
    let mut boxes: Vec<u32> = marks.filter_map(|mark| box_around(dom, mark, heading)).collect();
    boxes.sort_unstable();
    let mut covered_until = 0;
    boxes.retain(|&found| {
        let is_outermost = found >= covered_until;
        covered_until = covered_until.max(dom.nodes[found as usize].end);
        is_outermost
    });
    boxes
}

/// Whether something can be written into an element, or chosen.
fn is_field(dom: &Dom, at: u32) -> bool {
    let node = &dom.nodes[at as usize];
    if node.tag != local_name!("input") || node.dropped {
        return false;
    }
    let kind = dom.markup(at).and_then(|element| attribute(element, &local_name!("type"))).unwrap_or("text");
    ["text", "email", "tel", "search", "radio", "checkbox"].iter().any(|known| kind.eq_ignore_ascii_case(known))
}

/// The largest block around a mark that is small enough for a box and has more than one line.
fn box_around(dom: &Dom, mark: u32, heading: Option<usize>) -> Option<u32> {
    let is_box = |&at: &u32| {
        let range = dom.lines_in(at);
        let lines = &dom.lines[range.clone()];
        lines.len() <= MAX_LINES
            && lines.iter().map(|line| line.chars).sum::<u32>() <= MAX_CHARS
            // Posts have fields for answers, and a day.
            && lines.iter().all(|line| line.chars <= MAX_LINE && line.heading != 1 && !marks::is_mark(dom, line))
            && !heading.is_some_and(|heading| range.contains(&heading))
    };
    let found = dom.ancestors(mark).take_while(is_box).filter(|&at| dom.nodes[at as usize].block).last()?;
    (dom.lines_in(found).len() > 1).then_some(found)
}
