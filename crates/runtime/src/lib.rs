#![doc = include_str!("../README.md")]

pub mod config;
pub mod data_dir;
pub mod free_space;
pub mod metrics;
pub mod shutdown;
pub mod telemetry;
pub mod work;

pub use data_dir::{DataDir, DataDirError};
pub use shutdown::Shutdown;
pub use work::{Failure, Handled, Worker};
