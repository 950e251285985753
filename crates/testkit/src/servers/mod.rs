//! Real servers for tests: a vhost, a database or a bucket of its own for each test, and whole servers
//! to be killed, stopped and paused.
//!
//! One RabbitMQ and one PostgreSQL serve a whole test run: they are started from the installed
//! binaries by the first test that asks, on free ports of 127.0.0.1, and stopped by their process
//! numbers about a minute after the last test process has ended, whatever became of it. Missing
//! binaries are installed where that can be done (Debian and its kin, as root or with passwordless
//! `sudo`); otherwise the test fails and says what to install. Nothing is skipped.
//!
//! `BAOGAO_TEST_AMQP_URL` and `BAOGAO_TEST_PG_URL` name servers to use instead. The broker's
//! management API is then looked for on the same host, on a port higher by 10,000, or where
//! `BAOGAO_TEST_AMQP_MANAGEMENT_URL` says; the database is spoken to with `psql`, as a user that may
//! create databases. `BAOGAO_TEST_LINGER_S` is for how long our own servers wait for the next run.
//!
//! Buckets lie in a `moto_server`, which speaks the S3 protocol and forgets everything when it ends.
//!
//! Everything here blocks, and panics where a server cannot be had: a test has no use for an error.

mod certificates;
mod cluster;
mod daemon;
mod management;
mod place;
mod port;
mod postgres;
pub(crate) mod programs;
mod rabbitmq;
mod s3;

pub use cluster::RabbitCluster;
pub use management::{Answer, Management};
pub(crate) use port::free as free_port;
pub use postgres::{PostgresDatabase, PostgresServer};
pub use programs::want as want_programs;
pub use rabbitmq::{RabbitNode, RabbitVhost};
pub use s3::S3Bucket;

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The longest that a server may take to start; brokers on busy machines take half a minute.
const PATIENCE: Duration = Duration::from_secs(180);

/// A name that no other test on this server has, made of lower-case letters, digits and underscores.
fn unique_name() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    // Several machines may share a server that is given, hence the time beside the process number.
    let nanos = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    format!("baogao_test_{}_{nanos:x}_{count}", std::process::id())
}

/// The value of an environment variable; none where it is empty.
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
