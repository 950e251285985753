#![doc = include_str!("../README.md")]

mod archive;
mod content;
mod digest;
mod directory;
mod error;
mod exchange;
mod record;
mod repair;
mod writer;

pub use archive::{Archive, ArchiveConfig};
pub use content::Decoded;
pub use error::ArchiveError;
pub use exchange::{Archived, Exchange, MAX_PAYLOAD_BYTES};
