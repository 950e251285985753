//! `baogao config`: check a file, show every setting.

use super::Session;
use crate::cli::ConfigCommand;
use crate::config::Config;
use crate::exit::Exit;
use crate::say;
use anyhow::Context as _;

/// Carries the command out.
pub fn run(session: &Session, command: &ConfigCommand) -> anyhow::Result<Exit> {
    match command {
        ConfigCommand::Check { file } => {
            Config::load(Some(file))?;
            println!("{}", say!(session.lang, "{} is good", "{} 无误", file.display()));
        }
        ConfigCommand::Show { config } => {
            let config = Config::load(config.as_deref())?;
            print!("{}", toml::to_string_pretty(&config).context("cannot write the settings as TOML")?);
        }
    }
    Ok(Exit::Done)
}
