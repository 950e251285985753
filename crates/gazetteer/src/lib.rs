#![doc = include_str!("../README.md")]

mod compiled;
pub mod crosswalk;
pub mod mention;
pub mod name;
mod stem;
pub mod table;
pub mod unit;

pub use crosswalk::{Crosswalk, Extent, Link, Relation, Target};
pub use mention::Mention;
pub use name::{level_of_name, romanised};
pub use stem::stem;
pub use table::Gazetteer;
pub use unit::Unit;
