//! The queues that stand behind one work queue, and the waits between attempts.

use crate::Options;
use lapin::types::{AMQPValue, FieldTable};
use std::time::Duration;

pub(super) use baogao_model::schema::EXCHANGE;
/// Holds one message: which queues there are and what they are bound to.
pub(super) const REGISTRY: &str = "baogao.topology";
/// Exclusive to the connection that changes the topology just now.
pub(super) const TOPOLOGY_LOCK: &str = "baogao.lock.topology";
/// Exclusive to the connection that reads dead letters just now.
pub(super) const DEAD_LOCK: &str = "baogao.lock.dead";

/// How often a message may come back to a work queue before the broker itself gives it up. Explicit, since
/// the default differs between releases; high, since our own counters decide.
const DELIVERY_LIMIT: i64 = 1000;
/// For queues whose messages are read and put back: beyond reach.
const NO_DELIVERY_LIMIT: i64 = 1_000_000_000;

pub(super) fn suspect(queue: &str) -> String {
    format!("{queue}.suspect")
}

pub(super) fn dead(queue: &str) -> String {
    format!("{queue}.dead")
}

/// Where a message waits `millis` before it returns to `queue`.
pub(super) fn wait(queue: &str, millis: u64) -> String {
    format!("{queue}.wait.{millis}")
}

/// Where a suspect rests `millis` before it returns to `queue`'s suspects.
pub(super) fn rest(queue: &str, millis: u64) -> String {
    format!("{queue}.rest.{millis}")
}

/// The waits that there are queues for: the steps of [`Options::retry_delay`], in milliseconds.
#[derive(Debug, Clone)]
pub(super) struct Waits {
    /// Doubling, so at most 32.
    retry: Vec<u64>,
    /// After the first and the second crash; empty where suspects do not rest.
    rest: Vec<u64>,
}

/// A year: beyond any use, and within what the broker takes as a time to live.
const LONGEST: u64 = 365 * 24 * 3600 * 1000;
/// The broker's own precision.
const SHORTEST: u64 = 1;

impl Waits {
    pub(super) fn new(options: &Options, max_crashes: u32) -> Self {
        let millis = |wait: Duration| u64::try_from(wait.as_millis()).unwrap_or(LONGEST).clamp(SHORTEST, LONGEST);
        let (mut step, last) = (millis(options.retry_base), millis(options.retry_max));
        let mut retry = vec![step.min(last)];
        while step < last && (retry.len() as u32) < options.max_attempts.clamp(1, 32) {
            step = (step * 2).min(last);
            retry.push(step);
        }
        let rest = match options.crash_rest {
            Duration::ZERO => Vec::new(),
            rest => (1..max_crashes).map(|crashes| millis(rest.saturating_mul(crashes))).collect(),
        };
        Self { retry, rest }
    }

    /// How long a message waits after its `attempt`-th delivery failed. Where [`Options::retry_delay`]
    /// varies the step, this takes its neighbour: each wait has one queue with one time to live, because
    /// a message with its own would be looked at only at the head of the queue.
    pub(super) fn after_attempt(&self, options: &Options, attempt: u32, seed: u64) -> u64 {
        let last = self.retry.len() - 1;
        let nominal = (attempt.saturating_sub(1) as usize).min(last);
        let varied = options.retry_delay(attempt, seed).as_secs_f64() * 1000.0 / self.retry[nominal] as f64;
        let chosen = match varied {
            v if v < 0.875 => nominal.saturating_sub(1),
            v if v > 1.125 => nominal + 1,
            _ => nominal,
        };
        self.retry[chosen.min(last)]
    }

    /// How long a suspect rests after the crash that made them `crashes`.
    pub(super) fn after_crash(&self, crashes: u32) -> Option<u64> {
        let last = self.rest.len().checked_sub(1)?;
        Some(self.rest[(crashes.saturating_sub(1) as usize).min(last)])
    }

    /// The queues in which messages of `queue` wait.
    pub(super) fn queues(&self, queue: &str) -> Vec<String> {
        let retry = self.retry.iter().map(|millis| wait(queue, *millis));
        let mut names: Vec<_> = retry.chain(self.rest.iter().map(|millis| rest(queue, *millis))).collect();
        names.dedup();
        names
    }

    /// Every queue behind `queue`, itself included, with the arguments it is declared with.
    pub(super) fn plan(&self, queue: &str, limits: (Option<u64>, Option<u64>)) -> Vec<(String, FieldTable)> {
        let mut work = returning_to(quorum(DELIVERY_LIMIT), &dead(queue));
        for (argument, limit) in [("x-max-length", limits.0), ("x-max-length-bytes", limits.1)] {
            if let Some(limit) = limit {
                work.insert(argument.into(), AMQPValue::LongLongInt(i64::try_from(limit).unwrap_or(i64::MAX)));
            }
        }
        let mut suspects = returning_to(quorum(DELIVERY_LIMIT), &dead(queue));
        suspects.insert("x-single-active-consumer".into(), AMQPValue::Boolean(true));
        // What others return to comes first, so that nothing can return to nowhere.
        let mut plan = vec![(dead(queue), keeping()), (queue.to_owned(), work), (suspect(queue), suspects)];
        for millis in &self.retry {
            plan.push((wait(queue, *millis), waiting(*millis, queue)));
        }
        for millis in &self.rest {
            plan.push((rest(queue, *millis), waiting(*millis, &suspect(queue))));
        }
        plan.dedup_by(|a, b| a.0 == b.0);
        plan
    }
}

/// A replicated queue that refuses what it has no room for.
fn quorum(delivery_limit: i64) -> FieldTable {
    let mut arguments = FieldTable::default();
    arguments.insert("x-queue-type".into(), AMQPValue::LongString("quorum".into()));
    arguments.insert("x-overflow".into(), AMQPValue::LongString("reject-publish".into()));
    arguments.insert("x-delivery-limit".into(), AMQPValue::LongLongInt(delivery_limit));
    arguments
}

/// A queue whose messages are read and put back as often as anybody likes.
pub(super) fn keeping() -> FieldTable {
    quorum(NO_DELIVERY_LIMIT)
}

/// What leaves the queue by itself goes to `target`, through the default exchange and so to no other queue,
/// and leaves only when it has arrived there.
fn returning_to(mut arguments: FieldTable, target: &str) -> FieldTable {
    arguments.insert("x-dead-letter-exchange".into(), AMQPValue::LongString("".into()));
    arguments.insert("x-dead-letter-routing-key".into(), AMQPValue::LongString(target.into()));
    arguments.insert("x-dead-letter-strategy".into(), AMQPValue::LongString("at-least-once".into()));
    arguments
}

/// Holds each message `millis` and passes it on to `target`.
fn waiting(millis: u64, target: &str) -> FieldTable {
    let mut arguments = returning_to(quorum(NO_DELIVERY_LIMIT), target);
    arguments.insert("x-message-ttl".into(), AMQPValue::LongLongInt(i64::try_from(millis).unwrap_or(i64::MAX)));
    arguments
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_steps_double_up_to_the_longest_and_have_neighbours_for_jitter() {
        let options = Options { max_attempts: 10, ..Options::default() };
        let waits = Waits::new(&options, 3);
        assert_eq!(waits.retry, [10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600].map(|seconds| seconds * 1000),);
        assert_eq!(waits.rest, [2000, 4000]);
        let chosen = |attempt| {
            let mut chosen: Vec<_> = (0..200).map(|seed| waits.after_attempt(&options, attempt, seed)).collect();
            chosen.sort_unstable();
            chosen.dedup();
            chosen
        };
        assert_eq!(chosen(1), [10_000, 20_000]);
        assert_eq!(chosen(3), [20_000, 40_000, 80_000]);
        assert_eq!(chosen(50), [2_560_000, 3_600_000]);
    }

    #[test]
    fn extreme_settings_make_few_queues_and_no_overflow() {
        let longest = Duration::from_secs(u64::MAX);
        let options =
            Options { retry_base: Duration::ZERO, retry_max: longest, crash_rest: longest, ..Options::default() };
        let waits = Waits::new(&Options { max_attempts: u32::MAX, ..options.clone() }, 3);
        assert!(waits.retry.len() <= 32 && waits.queues("q").len() <= 34);
        waits.after_attempt(&options, u32::MAX, 7);
        let never = Waits::new(&Options { crash_rest: Duration::ZERO, retry_max: Duration::ZERO, ..options }, 3);
        assert_eq!((never.retry.as_slice(), never.after_crash(1)), ([1].as_slice(), None));
    }
}
