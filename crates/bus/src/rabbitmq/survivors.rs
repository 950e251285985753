//! What this process held when it lost a connection and lived on: it knows that nobody died over that.

use std::collections::HashMap;
use std::time::Duration;
use tokio::time::Instant;

/// How many are remembered. Beyond it, what is forgotten is merely treated as a suspect.
const MOST: usize = 65_536;
/// What did not come back by then went to another process, whose death would be another matter.
const LONGEST: Duration = Duration::from_secs(600);

#[derive(Default)]
pub(super) struct Survivors {
    /// By queue and message id.
    since: HashMap<(String, String), Instant>,
}

impl Survivors {
    pub(super) fn remember(&mut self, queue: &str, ids: Vec<String>) {
        if self.since.len() + ids.len() > MOST {
            self.since.retain(|_, since| since.elapsed() < LONGEST);
        }
        let now = Instant::now();
        for id in ids {
            if self.since.len() < MOST {
                self.since.insert((queue.to_owned(), id), now);
            }
        }
    }

    /// Whether the message is one of them; true once.
    pub(super) fn forgive(&mut self, queue: &str, id: &str) -> bool {
        if self.since.is_empty() {
            return false;
        }
        self.since.remove(&(queue.to_owned(), id.to_owned())).is_some_and(|since| since.elapsed() < LONGEST)
    }
}
