//! A web of given bytes: for tests that know exactly what a host should say.

use crate::log::{self, Hit};
use crate::server::{Answer, Asked, Handler, Payload, Server};
use bytes::Bytes;
use std::collections::{BTreeSet, HashMap};
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

/// What one address answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// The host, without port.
    pub host: String,
    /// Path and query, exactly as asked for.
    pub path_and_query: String,
    /// The status.
    pub status: u16,
    /// The headers; nothing is added but `Content-Length` and `Date`.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Bytes,
}

impl Route {
    /// A page with status 200 and no word about its charset.
    pub fn html(host: &str, path_and_query: &str, body: impl Into<Bytes>) -> Self {
        Self {
            host: host.to_owned(),
            path_and_query: path_and_query.to_owned(),
            status: 200,
            headers: vec![("content-type".to_owned(), "text/html".to_owned())],
            body: body.into(),
        }
    }

    /// A redirect to `location`.
    pub fn redirect(host: &str, path_and_query: &str, status: u16, location: &str) -> Self {
        Self {
            status,
            headers: vec![("location".to_owned(), location.to_owned())],
            ..Self::html(host, path_and_query, Bytes::new())
        }
    }

    /// The same route with another status.
    #[must_use]
    pub fn status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    /// The same route with one more header; the value of an earlier one of that name is replaced.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }
}

/// A server that answers given bytes to given addresses, and 404 to all others.
pub struct StaticWeb {
    server: Server,
    routes: Arc<Routes>,
}

#[derive(Default)]
struct Routes(RwLock<HashMap<(String, String), Route>>);

impl StaticWeb {
    /// Starts it. A later route for the same address replaces an earlier one.
    ///
    /// # Errors
    ///
    /// When no port of 127.0.0.1 can be bound.
    pub fn start(routes: Vec<Route>) -> io::Result<Self> {
        let table = Arc::new(Routes::default());
        for route in routes {
            table.set(route);
        }
        let server = Server::start(Arc::clone(&table) as Arc<dyn Handler>)?;
        Ok(Self { server, routes: table })
    }

    /// Adds a route or replaces the one at its address.
    pub fn set(&self, route: Route) {
        self.routes.set(route);
    }

    /// Takes a route away; the address answers 404 from now on.
    pub fn remove(&self, host: &str, path_and_query: &str) {
        self.routes.write().remove(&(host.to_ascii_lowercase(), path_and_query.to_owned()));
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// How to reach its hosts, in curl's form `HOST:80:127.0.0.1:PORT`.
    pub fn connect_to(&self) -> Vec<String> {
        let hosts: BTreeSet<String> = self.routes.read().keys().map(|(host, _)| host.clone()).collect();
        hosts.iter().map(|host| connect_to(host, self.address())).collect()
    }

    /// What was asked so far, in the order of arrival.
    pub fn log(&self) -> Vec<Hit> {
        self.server.log().hits()
    }

    /// See [`crate::min_gap`].
    pub fn min_gap(&self, host: &str) -> Option<Duration> {
        log::min_gap(&self.log(), host)
    }

    /// Stops it and closes its connections. Dropping does the same.
    pub fn shutdown(self) {}
}

/// One entry in curl's form.
pub(crate) fn connect_to(host: &str, address: SocketAddr) -> String {
    format!("{host}:80:{}:{}", address.ip(), address.port())
}

impl Routes {
    fn set(&self, route: Route) {
        self.write().insert((route.host.to_ascii_lowercase(), route.path_and_query.clone()), route);
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, HashMap<(String, String), Route>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> std::sync::RwLockWriteGuard<'_, HashMap<(String, String), Route>> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Handler for Routes {
    fn answer(&self, asked: &Asked<'_>) -> Answer {
        match self.read().get(&(asked.host.to_owned(), asked.path.to_owned())) {
            Some(route) => Answer {
                status: route.status,
                headers: route.headers.clone(),
                body: Payload::Whole(route.body.clone()),
                delay: Duration::ZERO,
            },
            None => Answer::plain(404, "nothing here\n"),
        }
    }
}
