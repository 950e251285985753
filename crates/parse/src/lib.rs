#![doc = include_str!("../README.md")]

mod censored;
mod charset;
pub mod completeness;
pub mod date;
pub mod explain;
pub mod glossary;
pub mod head;
pub mod kind;
pub mod layout;
pub mod measure;
pub mod numeral;
pub mod outline;
pub mod parser;
mod repair;
pub mod sanity;
mod signs;
pub mod text;
mod trie;
mod words;

pub use explain::Explanation;
pub use layout::{Tidied, tidy};
pub use parser::{Document, PARSER_VERSION, Parser};
