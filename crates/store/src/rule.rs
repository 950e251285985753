//! The rule by which one revision of a document replaces another.
//!
//! Pure functions, so that every back end decides alike and a table can test it.

use crate::Put;
use baogao_model::event::Revision;

/// What putting a revision does to its document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Verdict {
    /// What the caller is told.
    pub(crate) put: Put,
    /// Whether the revision is new or was seen in a later fetch than before, so that its stored
    /// fetch number and content are to be taken from what arrives.
    ///
    /// The content rises with the fetch number since provenance (when fetched, where archived)
    /// belongs to the latest fetch that brought the text; the text itself is the same by definition.
    pub(crate) has_risen: bool,
}

impl Verdict {
    /// Whether another revision than before is current now.
    pub(crate) fn changes(self) -> bool {
        matches!(self.put, Put::New | Put::Revised)
    }

    /// Whether the document's current record is to be written from what arrives.
    pub(crate) fn spreads(self) -> bool {
        self.changes() || (self.put == Put::Unchanged && self.has_risen)
    }
}

/// Decides what `incoming` does to a document whose current revision is `current`, if there is one.
///
/// `known_fetch_no` is the highest fetch number that this very revision was seen with before.
pub(crate) fn decide(current: Option<&Revision>, known_fetch_no: Option<u64>, incoming: &Revision) -> Verdict {
    let has_risen = known_fetch_no.is_none_or(|known| incoming.fetch_no > known);
    Verdict { put: judge(current, incoming), has_risen }
}

/// Whether both are the same revision, seen in two fetches perhaps.
pub(crate) fn is_same(a: &Revision, b: &Revision) -> bool {
    let key = |revision: &Revision| (revision.extractor_version, revision.parser_version);
    a.content_hash == b.content_hash && key(a) == key(b)
}

/// Decides between the current revision of a document, if there is one, and another that arrives.
///
/// The higher order wins. Two texts of the same order (parts of a document fetched again while the
/// highest fetch number stayed) are told apart by their hash: any rule will do that does not depend
/// on which came first.
fn judge(current: Option<&Revision>, incoming: &Revision) -> Put {
    let Some(current) = current else { return Put::New };
    if is_same(current, incoming) {
        return Put::Unchanged;
    }
    let rank = |revision: &Revision| (revision.order(), revision.content_hash.clone());
    if rank(incoming) > rank(current) { Put::Revised } else { Put::Superseded }
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

    #[test]
    fn content_rises_with_the_fetch_number() {
        // Highest fetch number known, that of the arrival, and (has risen, is spread out).
        let cases = [(None, 3, (true, true)), (Some(2), 3, (true, true)), (Some(3), 3, (false, false))];
        for (known, fetch_no, want) in cases {
            let current = known.map(|known| revision(&format!("a/{known}/1/1")));
            let verdict = decide(current.as_ref(), known, &revision(&format!("a/{fetch_no}/1/1")));
            assert_eq!((verdict.has_risen, verdict.spreads()), want, "{fetch_no} after {known:?}");
        }
        let history = decide(Some(&revision("b/9/1/1")), Some(2), &revision("a/3/1/1"));
        assert_eq!((history.put, history.has_risen, history.spreads()), (Put::Superseded, true, false));
    }
}
