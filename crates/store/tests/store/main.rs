//! What the store promises, tested through its public interface.

#[macro_use]
mod suite;
#[macro_use]
mod queries;

mod crash;
mod export;
mod fixtures;
mod groups;
mod opening;
mod postgres;
mod postgres_faults;
mod room;
mod sqlite;
