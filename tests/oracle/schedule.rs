//! What goes wrong in a run, and when: drawn from a seed.
//!
//! Moments are numbers of requests served, so that a slow machine is broken in as many different places
//! as a fast one. Everything is bounded in number and time, and each server and wire is well again
//! before the next thing happens to it.

use baogao_tests::chance::Chance;
use std::fmt;
use std::time::Duration;

/// The longest that something is away or stands still.
const LONGEST: u64 = 7_000;

/// How long a paused crawler outlasts its lease, in milliseconds.
const BEYOND_LEASE: (u64, u64) = (500, 3_000);

/// One of the servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Server {
    Broker,
    Database,
}

/// A part of the pipeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    Crawler,
    Scraper,
    Parser,
    Publisher,
}

impl Role {
    pub const ALL: [Self; 4] = [Self::Crawler, Self::Scraper, Self::Parser, Self::Publisher];

    /// The name that the command line has for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Crawler => "crawler",
            Self::Scraper => "scraper",
            Self::Parser => "parser",
            Self::Publisher => "publisher",
        }
    }
}

/// One process of a role.
pub type Replica = (Role, usize);

/// A message that cannot be processed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Poison {
    /// A page whose bytes in the archive are others than it says.
    WrongChecksum,
    /// A page at a place of the archive where no record begins.
    NoRecord,
    /// A body that is no JSON, for the queue of pages.
    UnreadablePage,
    /// The same for the queue of records.
    UnreadableRecord,
    /// A message of a type that nobody knows, for the queue of articles.
    UnknownType,
    /// An article that brings the parser down.
    Deadly,
}

impl Poison {
    const ALL: [Self; 6] = [
        Self::WrongChecksum,
        Self::NoRecord,
        Self::UnreadablePage,
        Self::UnreadableRecord,
        Self::UnknownType,
        Self::Deadly,
    ];
}

/// What goes wrong. Times are in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// SIGKILL; it is started again after a while.
    Kill { replica: Replica, down: u64 },
    /// SIGSTOP, then SIGCONT.
    Pause { replica: Replica, still: u64 },
    /// SIGKILL of a server and a new start on the same data; a service may die meanwhile.
    KillServer { server: Server, down: u64, meanwhile: Option<Replica> },
    /// An orderly stop of the database and a new start.
    StopDatabase { down: u64 },
    /// SIGSTOP of a server, then SIGCONT.
    PauseServer { server: Server, still: u64 },
    /// All connections to a server are reset.
    Cut { server: Server },
    /// They are reset in the middle of what is being said.
    CutAfter { server: Server, bytes: u64 },
    /// Everything said to a server or by it comes late.
    Slow { server: Server, by: u64, lasting: u64 },
    /// Nobody can connect, and who is connected is cut off.
    Refuse { server: Server, lasting: u64 },
    /// Nothing passes.
    BlackHole { server: Server, lasting: u64 },
    /// A poison message is published.
    Poison(Poison),
}

/// An event and its moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// The number of requests served from which on it is due.
    pub after: u64,
    pub event: Event,
}

/// Everything that goes wrong in one run, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    pub moments: Vec<Moment>,
}

impl Schedule {
    /// The one of `seed` for a web of so many pages, crawled by `replicas` processes of each role that
    /// hold a host for `lease`.
    pub fn distributed(seed: u64, pages: usize, replicas: usize, lease: Duration) -> Self {
        let mut draw = Draw { chance: Chance::new(seed), replicas };
        let lease = u64::try_from(lease.as_millis()).unwrap_or(u64::MAX);
        // More for a longer crawl, the costly ones less so.
        let many = 1 + pages / 700;
        let some = 1 + pages / 1500;
        let mut events = Vec::new();
        for _ in 0..7 * many {
            events.push(Event::Kill { replica: draw.replica(), down: draw.within(0, 1500) });
        }
        for _ in 0..2 * many {
            events.push(Event::Pause { replica: draw.replica(), still: draw.within(200, 2500) });
            events.push(Event::Cut { server: draw.server() });
            events.push(Event::CutAfter { server: draw.server(), bytes: draw.within(1, 60_000) });
        }
        for _ in 0..many {
            let (by, lasting) = (draw.within(5, 60), draw.within(500, 3000));
            events.push(Event::Slow { server: draw.server(), by, lasting });
            events.push(Event::Refuse { server: draw.server(), lasting: draw.within(200, 3000) });
            events.push(Event::BlackHole { server: draw.server(), lasting: draw.within(200, LONGEST) });
        }
        for _ in 0..some {
            let replica = (Role::Crawler, draw.chance.below(replicas as u64) as usize);
            events.push(Event::Pause { replica, still: lease + draw.within(BEYOND_LEASE.0, BEYOND_LEASE.1) });
            for server in [Server::Broker, Server::Database] {
                let meanwhile = (draw.chance.below(2) == 0).then(|| draw.replica());
                events.push(Event::KillServer { server, down: draw.within(0, 3000), meanwhile });
            }
            events.push(Event::StopDatabase { down: draw.within(0, 2000) });
            events.push(Event::PauseServer { server: draw.server(), still: draw.within(200, LONGEST) });
        }
        events.extend(Poison::ALL.map(Event::Poison));
        Self::at_random(draw.chance, events, pages)
    }

    /// The one of `seed` for a web of so many pages, crawled by one process that holds everything.
    pub fn embedded(seed: u64, pages: usize) -> Self {
        let mut draw = Draw { chance: Chance::new(seed), replicas: 1 };
        let kill = |draw: &mut Draw| Event::Kill { replica: (Role::Crawler, 0), down: draw.within(0, 50) };
        let mut events: Vec<_> = (0..12 + pages / 100).map(|_| kill(&mut draw)).collect();
        events.extend(Poison::ALL.map(Event::Poison));
        Self::at_random(draw.chance, events, pages)
    }

    /// Puts the events at moments spread over a crawl of `pages` pages.
    fn at_random(mut chance: Chance, events: Vec<Event>, pages: usize) -> Self {
        // Not too close to the end, where pages come no more but for retries.
        let last = (pages as u64 * 9 / 10).max(1);
        let mut moments: Vec<_> =
            events.into_iter().map(|event| Moment { after: chance.within(1, last), event }).collect();
        moments.sort_by_key(|moment| moment.after);
        Self { moments }
    }

    /// How many crawlers are paused for longer than their lease: each may then make one request that
    /// comes too early.
    pub fn long_pauses(&self, lease: Duration) -> usize {
        let is_long = |moment: &&Moment| match moment.event {
            Event::Pause { replica: (Role::Crawler, _), still } => Duration::from_millis(still) >= lease,
            _ => false,
        };
        self.moments.iter().filter(is_long).count()
    }
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Moment { after, event } in &self.moments {
            writeln!(f, "  after {after:>5} requests: {event:?}")?;
        }
        Ok(())
    }
}

/// Chance, and among what it chooses.
struct Draw {
    chance: Chance,
    replicas: usize,
}

impl Draw {
    fn within(&mut self, low: u64, high: u64) -> u64 {
        self.chance.within(low, high)
    }

    fn replica(&mut self) -> Replica {
        let role = self.chance.one_of(&Role::ALL);
        (role, self.chance.below(self.replicas as u64) as usize)
    }

    fn server(&mut self) -> Server {
        self.chance.one_of(&[Server::Broker, Server::Database])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEASE: Duration = Duration::from_secs(4);

    #[test]
    fn a_seed_gives_one_schedule_and_another_seed_another() {
        let of = |seed| Schedule::distributed(seed, 2000, 2, LEASE);
        assert_eq!(of(7), of(7));
        assert_ne!(of(7), of(8));
        assert_ne!(Schedule::embedded(7, 500), Schedule::embedded(8, 500));
    }

    #[test]
    fn every_kind_of_trouble_comes_in_order_and_in_time() {
        for seed in 0..50 {
            let schedule = Schedule::distributed(seed, 500, 2, LEASE);
            assert!(schedule.moments.is_sorted_by_key(|moment| moment.after));
            assert!(schedule.moments.iter().all(|moment| (1..=450).contains(&moment.after)));
            let kinds: std::collections::BTreeSet<_> = schedule
                .moments
                .iter()
                .map(|moment| format!("{:?}", moment.event).split([' ', '(']).next().unwrap_or_default().to_owned())
                .collect();
            assert_eq!(kinds.len(), 11, "{kinds:?}");
            assert_eq!(schedule.long_pauses(LEASE), 1);
        }
    }
}
