#![doc = include_str!("../README.md")]

mod archive;
mod bucket;
mod content;
mod digest;
mod directory;
mod error;
mod exchange;
mod foreign;
mod graves;
mod location;
mod record;
mod repair;
mod segments;
mod upload;
mod writer;

pub use archive::{Archive, ArchiveConfig};
pub use content::Decoded;
pub use error::ArchiveError;
pub use exchange::{Archived, Exchange, MAX_PAYLOAD_BYTES};
pub use foreign::{Foreign, ForeignError, ForeignRecords};
pub use location::{AccessKey, BucketAddress, BucketOptions, Location};
pub use segments::{Found, Record, Scan, SegmentEntry};
