//! Stretches of a text that hold it in common.

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;
use std::ops::{Deref, Range};
use std::sync::Arc;

/// A stretch of a text. Those of one text share it, so that a quotation takes no memory of its own
/// and costs nothing to make; as long as one of them is kept, the text is.
///
/// Serialised as the string that it is. One that is read back has a text to itself.
#[derive(Clone)]
pub struct Excerpt {
    text: Arc<str>,
    /// Bytes of `text`, at the bounds of characters.
    range: Range<usize>,
}

impl Excerpt {
    /// The bytes `range` of `text`; empty where they are no stretch of it.
    pub fn of(text: &Arc<str>, range: Range<usize>) -> Self {
        let range = if text.get(range.clone()).is_some() { range } else { 0..0 };
        Self { text: Arc::clone(text), range }
    }

    /// The words of it.
    pub fn as_str(&self) -> &str {
        &self.text[self.range.clone()]
    }
}

impl From<String> for Excerpt {
    fn from(text: String) -> Self {
        Self { range: 0..text.len(), text: text.into() }
    }
}

impl From<&str> for Excerpt {
    fn from(text: &str) -> Self {
        Self::from(text.to_owned())
    }
}

impl Deref for Excerpt {
    type Target = str;

    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl PartialEq for Excerpt {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Excerpt {}

impl fmt::Debug for Excerpt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_str().fmt(f)
    }
}

impl fmt::Display for Excerpt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self)
    }
}

impl Serialize for Excerpt {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self)
    }
}

impl<'de> Deserialize<'de> for Excerpt {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::from)
    }
}

impl JsonSchema for Excerpt {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        String::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        String::json_schema(generator)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_words_and_reads_back_as_such() {
        let text: Arc<str> = "全年增长6.5%。".into();
        let excerpt = Excerpt::of(&text, 6..text.len() - 3);
        assert_eq!(&*excerpt, "增长6.5%");
        let json = serde_json::to_string(&excerpt).unwrap();
        assert_eq!(json, "\"增长6.5%\"");
        assert_eq!(serde_json::from_str::<Excerpt>(&json).unwrap(), excerpt);
        assert_eq!(excerpt, Excerpt::from("增长6.5%"));
        assert_eq!(format!("{excerpt:?} {excerpt}"), "\"增长6.5%\" 增长6.5%");
    }

    #[test]
    fn what_is_no_stretch_is_empty() {
        let text: Arc<str> = "增长".into();
        for range in [1..3, 0..7, 6..9] {
            assert_eq!(Excerpt::of(&text, range).as_str(), "");
        }
    }
}
