//! Names of divisions in running text.

use crate::unit::Unit;
use std::ops::Range;

/// One place where a text names a division.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mention<'g> {
    /// The characters of the name.
    pub range: Range<usize>,
    /// Every division that was ever called so, whatever the year.
    pub units: Vec<&'g Unit>,
    /// Whether the full name stands there, not only its stem.
    pub full: bool,
}
