//! One file a command.

mod archive;
mod config;
mod crawl;
mod dead;
mod demo;
mod explain;
mod extract;
mod forget;
mod import;
mod migrate;
mod parse;
mod profile;
mod records;
mod regions;
mod replay;
mod run;
mod service;
mod summary;
mod tail;

use crate::cli::{Cli, Command, Place};
use crate::config::Config;
use crate::exit::Exit;
use crate::lang::Lang;
use crate::tell::tell_error;
use baogao_crawler::ScopeKind;
use baogao_runtime::config::ConfigError;
use baogao_runtime::telemetry;
use std::future::Future;

/// What every command is given.
pub struct Session {
    /// The language to speak.
    pub lang: Lang,
    /// The log filter of the command line.
    pub log: Option<String>,
}

/// Does what the command line says.
///
/// # Errors
///
/// When the command could not be carried out at all; single bad inputs are told and make
/// [`Exit::SomeFailed`].
pub fn run(cli: Cli, lang: Lang) -> anyhow::Result<Exit> {
    let session = Session { lang: cli.lang.unwrap_or(lang), log: cli.log };
    match cli.command {
        Command::Demo(args) => demo::run(&session, args),
        Command::Crawl(args) => crawl::run(&session, args),
        Command::Run(args) => run::run(&session, args),
        Command::Extract(args) => extract::run(&session, &args),
        Command::Profile(command) => profile::run(&session, &command),
        Command::Parse(args) => parse::run(&session, &args),
        Command::Records(command) => records::run(&session, command),
        Command::Regions(command) => regions::run(&session, &command),
        Command::Replay(args) => replay::run(&session, &args),
        Command::Import(args) => import::run(&session, &args),
        Command::Archive(command) => archive::run(&session, command),
        Command::Dead(command) => dead::run(&session, command),
        Command::Forget(args) => forget::run(&session, &args),
        Command::Tail(args) => tail::run(&session, args),
        Command::Service(command) => service::run(&session, command),
        Command::Migrate(args) => migrate::run(&session, &args),
        Command::Config(command) => config::run(&session, &command),
    }
}

impl Session {
    /// Starts logging: what the command line says, else `BAOGAO_LOG`, else the configuration, else
    /// `quiet` as a level for commands that talk to people.
    fn start_log(&self, config: &Config, quiet: Option<&str>) -> anyhow::Result<()> {
        let mut log = config.log.clone();
        let default = telemetry::LogConfig::default();
        match (self.log.clone().or_else(|| std::env::var("BAOGAO_LOG").ok()), quiet) {
            (Some(filter), _) => log.filter = filter,
            (None, Some(quiet)) if log.filter == default.filter => quiet.clone_into(&mut log.filter),
            _ => {}
        }
        telemetry::init(&log)?;
        Ok(())
    }

    /// Tells of an input that could not be used.
    fn complain(&self, error: &anyhow::Error) {
        tell_error(self.lang, error);
    }
}

/// The configuration of a command that works in a data directory or over servers: a directory that is
/// named on the command line is meant, whatever the file says.
fn configured(place: &Place) -> Result<Config, ConfigError> {
    let mut config = match &place.config {
        Some(file) => Config::load_for(file, &[])?,
        None => Config::load(None)?,
    };
    if let Some(data) = &place.data {
        config.data.dir.clone_from(data);
        (config.bus.url, config.database.url) = (None, None);
    }
    Ok(config)
}

/// Runs asynchronous work to its end. A text that is still being parsed then, after the time of
/// grace, holds up nothing.
fn block_on<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let result = runtime.block_on(work);
    runtime.shutdown_background();
    result
}

/// Reads the name of a scope as configurations write it.
///
/// # Errors
///
/// With the names there are.
pub fn scope_kind(name: &str) -> Result<ScopeKind, String> {
    match name {
        "site" => Ok(ScopeKind::Site),
        "host" => Ok(ScopeKind::Host),
        "path" => Ok(ScopeKind::Path),
        "any" => Ok(ScopeKind::Any),
        other => Err(format!("{other:?} is no scope; there are site, host, path and any")),
    }
}
