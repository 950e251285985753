#![doc = include_str!("../README.md")]

pub mod budget;
pub mod config;
pub mod context;
pub mod data_dir;
pub mod free_space;
pub mod health;
pub mod metrics;
pub mod reach;
pub mod server_url;
pub mod shutdown;
pub mod sites;
pub mod telemetry;
pub mod trace;
pub mod work;

pub use budget::ByteBudget;
pub use context::Context;
pub use data_dir::{DataDir, DataDirError};
pub use health::Health;
pub use server_url::ServerUrl;
pub use shutdown::Shutdown;
pub use sites::SiteLabels;
pub use work::{Failure, Handled, Worker};
