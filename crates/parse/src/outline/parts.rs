//! The parts that the headings found so far make, for those that look for more headings.

use super::Item;
use std::ops::Range;

/// Which paragraphs the items found so far head, and the parts they make.
pub struct Map {
    /// Whether a paragraph begins with a heading.
    pub headed: Vec<bool>,
    /// In reading order.
    pub parts: Vec<Part>,
    /// The part of each paragraph.
    pub part_of: Vec<usize>,
}

/// The paragraphs from one heading of the first level to the next.
pub struct Part {
    /// Its paragraphs, its own heading's included.
    pub paragraphs: Range<usize>,
    /// Whether numbered headings stand below its own.
    pub numbered: bool,
}

impl Map {
    /// Maps `count` paragraphs by the items among them, which are in order.
    pub fn new(count: usize, items: &[Item]) -> Self {
        let mut headed = vec![false; count];
        let mut starts = vec![0];
        for item in items {
            headed[item.paragraph] = true;
            if item.level == 1 && item.paragraph > 0 {
                starts.push(item.paragraph);
            }
        }
        starts.push(count);
        starts.dedup();
        let mut parts = Vec::with_capacity(starts.len());
        let mut part_of = vec![0; count];
        for pair in starts.windows(2) {
            let paragraphs = pair[0]..pair[1];
            part_of[paragraphs.clone()].fill(parts.len());
            let numbered = within(items, &paragraphs).iter().any(|item| item.level > 1 && item.class.is_some());
            parts.push(Part { paragraphs, numbered });
        }
        Self { headed, parts, part_of }
    }

    /// The stretches of paragraphs between those that begin with a heading.
    pub fn stretches(&self) -> Vec<Range<usize>> {
        let mut found: Vec<Range<usize>> = Vec::new();
        for index in (0..self.headed.len()).filter(|&index| !self.headed[index]) {
            match found.last_mut() {
                Some(last) if last.end == index => last.end += 1,
                _ => found.push(index..index + 1),
            }
        }
        found
    }

    /// Whether themes below a governor are headings: below a part only where it has no numbers of
    /// its own, since what precedes these is introduction.
    pub fn may_hold_themes(&self, governor: &Item, index: usize) -> bool {
        governor.level > 1 || !self.parts[self.part_of[index]].numbered
    }
}

/// The items whose paragraphs lie in a range.
pub fn within<'i>(items: &'i [Item], paragraphs: &Range<usize>) -> &'i [Item] {
    let start = items.partition_point(|item| item.paragraph < paragraphs.start);
    let end = items.partition_point(|item| item.paragraph < paragraphs.end);
    &items[start..end.max(start)]
}

/// The item whose section holds a paragraph: the last that begins in it or before it.
pub fn governor(items: &[Item], index: usize) -> Option<&Item> {
    let behind = items.partition_point(|item| item.paragraph <= index);
    items[..behind].last()
}

/// The heading that a paragraph begins with.
pub fn heading_of(items: &[Item], index: usize) -> Option<&Item> {
    let from = items.partition_point(|item| item.paragraph < index);
    items.get(from).filter(|item| item.paragraph == index)
}

/// An item without a number.
pub fn unnumbered(paragraph: usize, heading: Range<usize>, level: u8) -> Item {
    Item { start: heading.start, paragraph, class: None, number: heading.start..heading.start, heading, level }
}

/// Whether an Arabic digit stands in the words.
pub fn has_digit(words: &[char]) -> bool {
    words.iter().any(char::is_ascii_digit)
}
