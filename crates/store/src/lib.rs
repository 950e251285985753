#![doc = include_str!("../README.md")]

mod backend;
mod error;
mod export;
mod forget;
mod postgres;
mod query;
mod record;
mod row;
mod rule;
mod sink;
mod sqlite;
mod value;

pub use backend::{Clock, Records};
pub use error::{Cause, StoreError};
pub use export::Format;
pub use forget::Covered;
pub use postgres::PostgresOptions;
pub use query::{Counts, Cursor, DEFAULT_LIMIT, MAX_LIMIT, Query, RevisionInfo, Stored, Summary};
pub use record::Record;
pub use sink::{Put, Sink};
pub use sqlite::Options;
