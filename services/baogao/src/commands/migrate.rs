//! `baogao migrate`: the database's schema brought up to this program's, and nothing else.

use super::{Session, block_on};
use crate::cli::MigrateArgs;
use crate::config::{Config, Need};
use crate::distributed::{open_frontier, open_records};
use crate::exit::Exit;
use crate::say;
use baogao_runtime::{ByteBudget, Context, Shutdown};
use std::io::Write;

/// Carries the command out. A database that is away is waited for.
pub fn run(session: &Session, args: &MigrateArgs) -> anyhow::Result<Exit> {
    let config = Config::load_for(&args.config, &[Need::Database])?;
    session.start_log(&config, Some("warn"))?;
    let is_done = block_on(async {
        let context = Context::new(Shutdown::on_signals()?, ByteBudget::default());
        let Some(frontier) = open_frontier(&config, &context).await? else { return Ok(false) };
        let Some(records) = open_records(&config, &context).await? else { return Ok(false) };
        frontier.close().await?;
        records.close().await?;
        Ok(true)
    })?;
    if !is_done {
        return Ok(Exit::Interrupted);
    }
    writeln!(std::io::stdout(), "{}", say!(session.lang, "the database is up to date", "数据库已是最新结构"))?;
    Ok(Exit::Done)
}
