//! What the store promises, tested through its public interface.

#[macro_use]
mod suite;

mod crash;
mod export;
mod fixtures;
mod groups;
mod opening;
mod queries;
mod room;
mod sqlite;
