#![doc = include_str!("../README.md")]

mod log;
mod process;
mod prose;
mod proxy;
pub mod python;
mod rng;
pub mod sample;
mod server;
pub mod servers;
mod static_web;
mod web;

pub use log::{Hit, max_in_flight, min_gap, min_interval};
pub use process::{Ended, Process, Signal};
pub use prose::Head;
pub use proxy::TcpProxy;
pub use static_web::{Route, StaticWeb};
pub use web::{FakeWeb, Family, Faults, HostTruth, Obstacle, PageTruth, Plan, RecordTruth, Truth, What};
