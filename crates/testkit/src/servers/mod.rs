//! Throw-away places on a real RabbitMQ and a real PostgreSQL: a vhost or a database for each test.

mod postgres;
mod rabbitmq;

pub use postgres::PostgresDatabase;
pub use rabbitmq::RabbitVhost;
