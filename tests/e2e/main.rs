//! The binary, driven as a user would.

mod archive;
mod bad_input;
mod commands;
mod crawl;
mod dead;
mod demo;
mod forget;
mod profile;
mod replay;
mod schemas;
mod seeds;
mod service;
mod services;
mod stop;
mod stranger;
mod subscribe;
mod support;
mod tail;
