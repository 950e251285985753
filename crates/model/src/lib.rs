#![doc = include_str!("../README.md")]

pub mod article;
pub mod event;
pub mod excerpt;
pub mod id;
pub mod message;
pub mod page;
pub mod report;
pub mod schema;
pub mod tombstone;
pub mod url;
pub mod warning;

pub use article::Article;
pub use excerpt::Excerpt;
pub use id::{ContentHash, GroupId, ReportId};
pub use message::{Event, Message};
pub use page::{Link, LinkRole, PageKind, PayloadRef};
pub use report::Report;
pub use tombstone::{Target, Tombstone, Tombstones};
pub use url::{CanonicalUrl, UrlError};
pub use warning::{Span, Warning};
