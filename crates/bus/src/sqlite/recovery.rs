//! What a process that died has left: whose fault it may have been, and what becomes of it.
//!
//! Deliveries that were out come back. Any of them may have killed the process, so each becomes a
//! *suspect*, and suspects of a queue are delivered one at a time. Being out at that first death counts
//! for nothing: with a prefetch of 64, 63 of 64 are innocent. Only a death while a message was out *as a
//! suspect* counts as a crash of that message, and the third makes it a dead letter. In between it rests,
//! so that a process killed from outside again and again does not meet the same innocent message each time.
//!
//! In the embedded mode all queues share one process, so suspects of two queues may be out when it dies,
//! and again only one of them did it. Then neither is charged; both are delivered from now on with no
//! other suspect out on the whole bus, and the next death is clear.

use crate::Options;
use crate::dead_letter::crash_error;
use rusqlite::{Connection, TransactionBehavior, params};

/// A message that killed its process this often while processed alone is given up.
const MAX_CRASHES: u32 = 3;

/// Takes back what was out when the last writer of this file died. `now` in microseconds.
pub(super) fn recover(conn: &mut Connection, options: &Options, now: i64) -> rusqlite::Result<()> {
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let suspects_out: i64 =
        tx.query_row("SELECT count(*) FROM delivery WHERE state = 2 AND suspicion > 0", [], |row| row.get(0))?;
    match suspects_out {
        0 => {}
        1 => charge_the_suspect(&tx, options, now)?,
        _ => {
            tx.execute("UPDATE delivery SET suspicion = 2 WHERE state = 2 AND suspicion > 0", [])?;
        }
    }
    tx.execute("UPDATE delivery SET suspicion = 1 WHERE state = 2 AND suspicion = 0", [])?;
    let back = tx.execute("UPDATE delivery SET state = 0, redelivered = 1 WHERE state = 2", [])?;
    tx.commit()?;
    if back > 0 {
        tracing::warn!(deliveries = back, "{back} deliveries were out when the last process died; they come back");
    }
    Ok(())
}

/// Counts a crash of the one suspect that was out: it rests, or is buried when that was the last allowed.
fn charge_the_suspect(tx: &Connection, options: &Options, now: i64) -> rusqlite::Result<()> {
    let (id, crashes): (i64, u32) = tx.query_row(
        "UPDATE delivery SET crashes = crashes + 1, first_failed_at = ifnull(first_failed_at, ?1)
         WHERE state = 2 AND suspicion > 0 RETURNING id, crashes",
        [now],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    if crashes >= MAX_CRASHES {
        tx.execute(
            "UPDATE delivery SET state = 3, error = ?2, last_failed_at = ?3 WHERE id = ?1",
            params![id, crash_error(crashes), now],
        )?;
        tracing::warn!(dead_letter = id, crashes, "delivery {id} killed its process {crashes} times: dead letter");
    } else if !options.crash_rest.is_zero() {
        let rest = i64::try_from(options.crash_rest.saturating_mul(crashes).as_micros()).unwrap_or(i64::MAX);
        tx.execute(
            "UPDATE delivery SET state = 1, redelivered = 1, due_at = ?2 WHERE id = ?1",
            params![id, now.saturating_add(rest)],
        )?;
    }
    Ok(())
}
