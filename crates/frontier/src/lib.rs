#![doc = include_str!("../README.md")]

mod backend;
mod claim;
mod completion;
mod config;
mod error;
mod group;
mod links;
mod micros;
mod outbox;
mod pace;
mod postgres;
mod prune;
mod restore;
mod retry;
mod revisit;
mod robots;
mod rules;
mod sqlite;
mod stats;
mod trap;

pub use backend::{Backend, Frontier};
pub use claim::{Claim, ClaimRequest, ClaimToken, DueUrl, Scope};
pub use completion::{Completed, Completion, FORGOTTEN, Outcome, Pace};
pub use config::FrontierConfig;
pub use error::FrontierError;
pub use links::{LinksStored, MAX_GROUP_MEMBERS, NewUrl, Seed};
pub use outbox::{OutboxDepth, OutboxRow};
pub use pace::{PaceRule, pace_key};
pub use postgres::PostgresOptions;
pub use prune::{LogPlace, Pruned};
pub use restore::{ArchivedPage, Restored};
pub use revisit::{Interval, MonthDay, RevisitPolicy, Season};
pub use robots::StoredRobots;
pub use stats::{Failure, FrontierStats, PendingRetry, Unfetched};
pub use trap::{Trap, TrapLimits};
