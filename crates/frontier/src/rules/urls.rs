//! How a URL becomes known, and when a person's wish makes it due.

use super::{NewRow, Rows, Touched, UrlRow, Visit};
use crate::micros;
use baogao_model::CanonicalUrl;
use jiff::Timestamp;

/// Priorities are cut to this range, so that the queues of a host stay few.
const PRIORITY: std::ops::RangeInclusive<i32> = -100..=100;

/// Depths are cut to this, for the same reason.
const MAX_DEPTH: u32 = 1_000_000;

/// Where a URL comes to stand.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    pub(crate) depth: u32,
    pub(crate) priority: i32,
    pub(crate) redirects: u32,
}

/// Makes sure a URL is known, due at `now` if it is new. A known one may move up to a smaller depth
/// or a higher priority and keeps its schedule. Returns its row and whether it is new.
pub(crate) fn ensure<R: Rows>(
    rows: &mut R,
    now: Timestamp,
    url: &CanonicalUrl,
    place: Place,
    touched: &mut Touched,
) -> Result<(UrlRow, bool), R::Error> {
    let (priority, depth) = (clamp(place.priority), place.depth.min(MAX_DEPTH));
    if let Some(mut row) = rows.find(url)? {
        if depth < row.depth || priority > row.priority {
            let (priority, depth) = (priority.max(row.priority), depth.min(row.depth));
            rows.place(&mut row, priority, depth)?;
            rows.save(&row)?;
        }
        return Ok((row, false));
    }
    let new = NewRow { url, priority, depth, redirects: place.redirects, due_at: micros::of(now) };
    let row = rows.insert(new)?;
    touched.keys.insert(row.key);
    Ok((row, true))
}

/// Makes a URL due now at depth 0, with all attempts back, whatever was planned for it.
pub(crate) fn force<R: Rows>(
    rows: &mut R,
    now: Timestamp,
    url: &CanonicalUrl,
    priority: i32,
    touched: &mut Touched,
) -> Result<(), R::Error> {
    let (mut row, _) = ensure(rows, now, url, Place { depth: 0, priority, redirects: 0 }, touched)?;
    rows.place(&mut row, clamp(priority), 0)?;
    row.visit = Visit::None;
    row.due_at = micros::of(now);
    row.attempts = 0;
    row.redirects = 0;
    rows.save(&row)?;
    touched.keys.insert(row.key);
    touched.urls.insert(row.id);
    Ok(())
}

fn clamp(priority: i32) -> i32 {
    priority.clamp(*PRIORITY.start(), *PRIORITY.end())
}
