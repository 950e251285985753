//! `deploy/` held against the binary: its samples load, its manifests render and are valid, and whatever
//! both name (arguments, settings, variables, ports, folders) is the binary's own.
//!
//! What makes an image and runs it needs root and some minutes, and has a command of its own:
//!
//! ```text
//! cargo test -p baogao-tests --test deploy -- --ignored --nocapture
//! ```

mod compose;
mod image;
mod image_run;
mod manifests;
mod overlay;
mod samples;
#[path = "../e2e/service.rs"]
#[allow(dead_code, reason = "the end-to-end tests use all of it")]
mod service;
#[path = "../e2e/support.rs"]
#[allow(dead_code, reason = "the end-to-end tests use all of it")]
mod support;
mod yaml;
