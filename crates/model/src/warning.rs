//! Doubt is data: what a stage was unsure of travels with its result.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A half-open range of characters (Unicode scalar values, not bytes) of a clean text.
///
/// Serialised as `[start, end]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(from = "(u32, u32)", into = "(u32, u32)")]
#[schemars(with = "(u32, u32)")]
pub struct Span {
    /// The first character.
    pub start: u32,
    /// The character behind the last.
    pub end: u32,
}

impl Span {
    /// Makes a span from character offsets.
    pub fn new(start: u32, end: u32) -> Self {
        Self { start, end }
    }

    /// Whether the two spans share at least one character.
    pub fn overlaps(self, other: Self) -> bool {
        self.start < other.end && other.start < self.end
    }

    /// The stretch of `text` that the span covers; empty where it lies outside.
    pub fn slice(self, text: &str) -> &str {
        let offset = |chars: u32| text.char_indices().nth(chars as usize).map_or(text.len(), |(at, _)| at);
        let (start, end) = (offset(self.start), offset(self.end));
        text.get(start..end).unwrap_or_default()
    }
}

impl From<(u32, u32)> for Span {
    fn from((start, end): (u32, u32)) -> Self {
        Self { start, end }
    }
}

impl From<Span> for (u32, u32) {
    fn from(span: Span) -> Self {
        (span.start, span.end)
    }
}

/// Something a stage was unsure of. It goes with the result instead of stopping it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Warning {
    /// A stable short code in `snake_case`, such as `ambiguous_region`.
    pub code: String,
    /// What happened, in a sentence for people.
    pub message: String,
    /// Where in the clean text, if it has a place there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub span: Option<Span>,
}

impl Warning {
    /// A warning about the document as a whole.
    pub fn new(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { code: code.into(), message: message.into(), span: None }
    }

    /// The same warning with a place in the clean text.
    #[must_use]
    pub fn at(mut self, span: Span) -> Self {
        self.span = Some(span);
        self
    }
}
