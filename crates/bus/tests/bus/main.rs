//! Every back end passes the same suite, and those that outlive a process some more.

mod listening;
mod rabbitmq;
mod sqlite;
mod suite;

use baogao_bus::{Bus, RabbitOptions};
use baogao_testkit::servers::RabbitVhost;
use tempfile::TempDir;

async fn memory() -> (Bus, ()) {
    (Bus::memory_with(suite::options()), ())
}

async fn sqlite() -> (Bus, TempDir) {
    let dir = tempfile::tempdir().unwrap();
    (Bus::sqlite(&dir.path().join("bus.db"), suite::options()).await.unwrap(), dir)
}

async fn rabbitmq() -> (Bus, RabbitVhost) {
    let vhost = tokio::task::spawn_blocking(RabbitVhost::create).await.unwrap();
    let options = RabbitOptions { bus: suite::options(), ..RabbitOptions::default() };
    (Bus::rabbitmq(vhost.url(), options).await.unwrap(), vhost)
}

bus_suite!(in_memory, crate::memory());
bus_suite!(in_sqlite, crate::sqlite());
bus_suite!(in_rabbitmq, crate::rabbitmq());
