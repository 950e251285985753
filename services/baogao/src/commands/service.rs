//! `baogao service`: one role as a process of its own.

use super::{Session, block_on};
use crate::cli::{ServiceArgs, ServiceCommand};
use crate::config::{Config, Need};
use crate::distributed::{Role, Service};
use crate::exit::Exit;
use anyhow::Context as _;
use baogao_runtime::metrics::Exposition;
use baogao_runtime::{Context, Shutdown, health};

/// Carries the command out: until SIGTERM or SIGINT, which is a good end.
pub fn run(session: &Session, command: ServiceCommand) -> anyhow::Result<Exit> {
    let (role, ServiceArgs { config: file }) = match command {
        ServiceCommand::Crawler(args) => (Role::Crawler, args),
        ServiceCommand::Scraper(args) => (Role::Scraper, args),
        ServiceCommand::Parser(args) => (Role::Parser, args),
        ServiceCommand::Publisher(args) => (Role::Publisher, args),
    };
    let config = Config::load_for(&file, needs(role))?;
    session.start_log(&config, None)?;
    let metrics = Exposition::install()?;
    block_on(async {
        let shutdown = Shutdown::on_signals()?;
        let context = Context::new(shutdown.clone(), config.byte_budget());
        let listen = config.health.listen;
        let address = health::serve(&config.health, context.health.clone(), shutdown, metrics)
            .await
            .with_context(|| format!("cannot listen on {listen}; set `health.listen`"))?;
        let name = role.as_str();
        tracing::info!(role = name, health = %address, "the {name} runs; /live, /ready and /metrics are on {address}");
        Service { role, config: &config, context: &context }.run().await?;
        tracing::info!(role = name, "the {name} has stopped");
        Ok(Exit::Done)
    })
}

/// What the configuration must name for a role.
fn needs(role: Role) -> &'static [Need] {
    match role {
        Role::Crawler => &[Need::Bus, Need::Database, Need::Seeds],
        Role::Scraper | Role::Parser => &[Need::Bus],
        Role::Publisher => &[Need::Bus, Need::Database],
    }
}
