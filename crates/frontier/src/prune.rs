//! What is taken out of the fetch log, and how a pass over it goes on.

/// How far a pass over the fetch log has come. A pass begins with the default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct LogPlace {
    /// When the row's visit was, in microseconds.
    pub(crate) at: i64,
    /// The row.
    pub(crate) id: i64,
}

impl Default for LogPlace {
    /// Before every row.
    fn default() -> Self {
        Self { at: i64::MIN, id: i64::MIN }
    }
}

/// What one step of a pass over the fetch log did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pruned {
    /// Rows deleted.
    pub deleted: u64,
    /// Where the next step begins; none where the pass is over.
    pub next: Option<LogPlace>,
}

/// Of some old rows in the order of the log, those that no URL's stored response needs.
pub(crate) struct Step {
    pub(crate) superseded: Vec<i64>,
    next: Option<LogPlace>,
}

impl Step {
    /// Decides about rows, each with whether it is its URL's current fetch. `limit` were asked for.
    pub(crate) fn of(rows: &[(LogPlace, bool)], limit: usize) -> Self {
        Self {
            superseded: rows.iter().filter(|(_, is_current)| !is_current).map(|(place, _)| place.id).collect(),
            next: rows.last().filter(|_| rows.len() >= limit).map(|(place, _)| *place),
        }
    }

    pub(crate) fn done(&self, deleted: u64) -> Pruned {
        Pruned { deleted, next: self.next }
    }
}
