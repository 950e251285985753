#![doc = include_str!("../README.md")]

mod error;
mod export;
mod query;
mod record;
mod rule;
mod sink;
mod sqlite;

pub use error::{Cause, StoreError};
pub use export::Format;
pub use query::{Counts, Cursor, DEFAULT_LIMIT, MAX_LIMIT, Query, RevisionInfo, Stored, Summary};
pub use record::Record;
pub use sink::{Put, Sink};
pub use sqlite::{Clock, Options, Records};
