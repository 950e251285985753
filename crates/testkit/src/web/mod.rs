//! A web of many hosts on one loopback server, made from a seed.
//!
//! Promises: the same [`Plan`] gives the same bytes at the same addresses and the same [`Truth`];
//! every address of the truth is reached from the seeds by links and redirects; every record's text
//! stands whole on its parts; what is not in [`Truth::records`] owes no record.

mod fault;
mod plan;
mod site;
mod survey;
mod template;
mod truth;
mod world;

pub use plan::{Faults, Plan};
pub use site::Family;
pub use truth::{HostTruth, Obstacle, PageTruth, RecordTruth, Truth, What};

use crate::log::{self, Hit};
use crate::server::{Handler, Server};
use crate::static_web::connect_to;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use world::World;

/// A running fake web. Dropping it stops it.
pub struct FakeWeb {
    server: Server,
    world: Arc<World>,
}

impl FakeWeb {
    /// Builds the web of `plan` and serves it on a free port of 127.0.0.1, on a thread of its own.
    ///
    /// # Errors
    ///
    /// When no port can be bound or no thread started.
    pub fn start(plan: Plan) -> io::Result<Self> {
        let world = Arc::new(World::build(plan));
        let server = Server::start(Arc::clone(&world) as Arc<dyn Handler>)?;
        Ok(Self { server, world })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// How to reach its hosts, in curl's form `HOST:80:127.0.0.1:PORT`.
    pub fn connect_to(&self) -> Vec<String> {
        self.truth().hosts.iter().map(|host| connect_to(&host.host, self.address())).collect()
    }

    /// The list pages from which everything is reached, one a host.
    pub fn seeds(&self) -> Vec<String> {
        self.truth().hosts.iter().map(|host| host.seed.clone()).collect()
    }

    /// What a crawl owes, as things are now.
    pub fn truth(&self) -> Arc<Truth> {
        self.world.truth()
    }

    /// What was asked so far, in the order of arrival.
    pub fn log(&self) -> Vec<Hit> {
        self.server.log().hits()
    }

    /// The length of [`FakeWeb::log`].
    pub fn asked(&self) -> usize {
        self.server.log().len()
    }

    /// See [`crate::min_gap`].
    pub fn min_gap(&self, host: &str) -> Option<Duration> {
        log::min_gap(&self.log(), host)
    }

    /// Gives the text that the page at `url` is a part of new figures, as an editor's correction
    /// would. Addresses and head stay. Whether there is such a text.
    pub fn change(&self, url: &str) -> bool {
        self.world.revise(url, |revision| revision + 1)
    }

    /// Gives that text the figures it had at first. Whether there is such a text.
    pub fn restore(&self, url: &str) -> bool {
        self.world.revise(url, |_| 0)
    }

    /// Puts one more report on top of the lists of `host` and gives the address of its first part;
    /// none where there is no such host.
    pub fn publish(&self, host: &str) -> Option<String> {
        self.world.publish(host)
    }

    /// Stops it and closes its connections. Dropping does the same.
    pub fn shutdown(self) {}
}
