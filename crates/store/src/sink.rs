//! What every sink promises, and the rule by which one revision of a document replaces another.
//!
//! The rule is a pure function, so that every sink decides alike and a table can test it.

use crate::{Record, StoreError};
use async_trait::async_trait;
use baogao_model::event::Revision;

/// A place where records end up.
///
/// # Promises of every sink
///
/// - A document stands there once, however often and in whatever order its revisions arrive, from
///   however many callers at the same time: its current revision is the one with the highest order.
/// - [`Sink::put`] is idempotent. Who does not know whether it came through puts again.
#[async_trait]
pub trait Sink: Send + Sync {
    /// The sink's short name, for queues, logs and metrics.
    fn name(&self) -> &str;

    /// Takes a batch: all of it in one transaction, or nothing. Returns when it is durable, with one
    /// answer per record in the order given.
    ///
    /// The batch may hold several revisions of a document, and the same one twice. A caller that
    /// stops waiting does not know whether the batch came through.
    ///
    /// # Errors
    ///
    /// When a record cannot be stored as it is, or the store is at fault;
    /// [`StoreError::is_transient`] tells which.
    async fn put(&self, records: &[Record]) -> Result<Vec<Put>, StoreError>;
}

/// What became of one record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Put {
    /// The document was not known.
    New,
    /// The document was known; this revision is now the current one in place of another.
    Revised,
    /// This revision was the current one already.
    Unchanged,
    /// A revision of a higher order is there: this one is history.
    Superseded,
}

impl Put {
    /// The name for logs and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Revised => "revised",
            Self::Unchanged => "unchanged",
            Self::Superseded => "superseded",
        }
    }
}

/// Decides between the current revision of a document, if there is one, and another that arrives.
///
/// The higher order wins. Two texts of the same order (parts of a document fetched again while the
/// highest fetch number stayed) are told apart by their hash: any rule will do that does not depend
/// on which came first.
pub(crate) fn judge(current: Option<&Revision>, incoming: &Revision) -> Put {
    let Some(current) = current else { return Put::New };
    if is_same(current, incoming) {
        return Put::Unchanged;
    }
    let rank = |revision: &Revision| (revision.order(), revision.content_hash.clone());
    if rank(incoming) > rank(current) { Put::Revised } else { Put::Superseded }
}

/// Whether both are the same revision, seen in two fetches perhaps.
fn is_same(a: &Revision, b: &Revision) -> bool {
    let key = |revision: &Revision| (revision.extractor_version, revision.parser_version);
    a.content_hash == b.content_hash && key(a) == key(b)
}

#[cfg(test)]
mod tests {
    use super::*;
    use baogao_model::ContentHash;

    /// `<text>/<fetch_no>/<extractor>/<parser>`, as in `a/3/1/1`.
    fn revision(text: &str) -> Revision {
        let words: Vec<&str> = text.split('/').collect();
        Revision {
            content_hash: ContentHash::from_stored(words[0]),
            fetch_no: words[1].parse().expect("a number"),
            extractor_version: words[2].parse().expect("a number"),
            parser_version: words[3].parse().expect("a number"),
        }
    }

    #[test]
    fn the_higher_order_wins() {
        let cases = [
            ("a/3/1/1", "a/3/1/1", Put::Unchanged),
            ("a/3/1/1", "a/2/1/1", Put::Unchanged),
            ("a/3/1/1", "a/4/1/1", Put::Unchanged),
            ("a/3/1/1", "b/4/1/1", Put::Revised),
            ("b/4/1/1", "a/3/1/1", Put::Superseded),
            ("a/3/1/1", "a/3/1/2", Put::Revised),
            ("a/3/1/2", "a/3/2/1", Put::Revised),
            ("a/3/2/2", "b/4/1/1", Put::Revised),
            ("a/3/1/2", "a/4/1/1", Put::Revised),
            ("a/3/1/1", "b/3/1/1", Put::Revised),
            ("b/3/1/1", "a/3/1/1", Put::Superseded),
        ];
        for (current, incoming, want) in cases {
            let got = judge(Some(&revision(current)), &revision(incoming));
            assert_eq!(got, want, "{incoming} after {current}");
        }
        assert_eq!(judge(None, &revision("a/1/1/1")), Put::New);
    }
}
