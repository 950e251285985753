//! Ids of URL rows, given out without asking the database for each.
//!
//! A value of the sequence `url_block` is a block of [`BLOCK`] numbers that belong to this handle
//! alone. An id is such a number with the bucket of its row in the low four bits.

use sqlx::PgConnection;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

/// Numbers in a block. Those that a handle has not used when it ends are lost, which costs nothing.
const BLOCK: i64 = 1024;

/// Buckets, and partitions of the table `url`.
pub(super) const BUCKETS: i64 = 16;

/// The bucket of the hosts that come to know of a pace key first.
pub(super) fn bucket_of_key(name: &str) -> i16 {
    i16::from(blake3::hash(name.as_bytes()).as_bytes()[0]) % BUCKETS as i16
}

/// The bucket in which a row of that id lies.
pub(super) fn bucket_of(id: i64) -> i16 {
    // Below 16, so it fits.
    (id & (BUCKETS - 1)) as i16
}

/// The id of a number in a bucket.
pub(super) fn id_in(bucket: i16, number: i64) -> i64 {
    number * BUCKETS + i64::from(bucket)
}

/// The numbers this handle has left.
#[derive(Debug, Default)]
pub(super) struct Numbers(Mutex<Range<i64>>);

impl Numbers {
    /// Takes `count` numbers.
    pub(super) async fn take(&self, conn: &mut PgConnection, count: usize) -> sqlx::Result<Vec<i64>> {
        let mut taken = self.take_left(count);
        while taken.len() < count {
            // Sequences stand outside transactions: a block is ours even if this one is undone.
            let block: i64 = sqlx::query_scalar("SELECT nextval('url_block')").fetch_one(&mut *conn).await?;
            let mut numbers = block * BLOCK..(block + 1) * BLOCK;
            taken.extend(numbers.by_ref().take(count - taken.len()));
            if !numbers.is_empty() {
                *self.0.lock().unwrap_or_else(PoisonError::into_inner) = numbers;
            }
        }
        Ok(taken)
    }

    fn take_left(&self, count: usize) -> Vec<i64> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).by_ref().take(count).collect()
    }
}
