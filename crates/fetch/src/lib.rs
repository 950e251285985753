#![doc = include_str!("../README.md")]

mod address;
mod config;
mod connect_to;
mod error;
mod fetcher;
mod gate;
mod guard;
mod response;
mod robots;
mod robots_answer;
mod route;

pub use config::{ConfigError, FetchConfig};
pub use connect_to::{ConnectTo, ConnectToError};
pub use error::{FetchError, Phase};
pub use fetcher::Fetcher;
pub use response::{MAX_RETRY_AFTER, Request, Response};
pub use robots::{MAX_ROBOTS_BYTES, ROBOTS_AGENT, Robots};
pub use robots_answer::RobotsAnswer;
