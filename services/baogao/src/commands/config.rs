//! `baogao config`: check a file, show every setting.

use super::Session;
use crate::cli::ConfigCommand;
use crate::config::Config;
use crate::exit::Exit;
use crate::say;
use anyhow::Context as _;
use std::io::Write;

/// Settings without a default, with a value to show: section, key, example.
const UNSET: [(&str, &str, &str); 11] = [
    ("crawler", "max_depth", "3"),
    ("crawler", "max_pages", "1000"),
    ("fetch", "contact", "\"you@example.org\""),
    ("archive", "region", "\"us-east-1\""),
    ("archive", "endpoint", "\"https://s3.example:9000\""),
    ("archive", "url", "\"s3://bucket/prefix\""),
    ("archive", "dir", "\"/srv/baogao/archive\""),
    ("bus", "url", "\"amqp://broker.example/%2f\""),
    ("bus", "ca_file", "\"/etc/baogao/ca.pem\""),
    ("database", "url", "\"postgres://baogao@database.example/baogao\""),
    ("extract", "profiles", "\"./profiles\""),
];

/// Carries the command out.
pub fn run(session: &Session, command: &ConfigCommand) -> anyhow::Result<Exit> {
    let mut out = std::io::stdout().lock();
    match command {
        ConfigCommand::Check { file } => {
            Config::load(Some(file))?;
            writeln!(out, "{}", say!(session.lang, "{} is good", "{} 无误", file.display()))?;
        }
        ConfigCommand::Show { config } => {
            let config = Config::load(config.as_deref())?;
            write!(out, "{}", shown(&config)?)?;
        }
    }
    out.flush()?;
    Ok(Exit::Done)
}

/// Every setting as TOML; those without a value as comments.
fn shown(config: &Config) -> anyhow::Result<String> {
    let mut text = toml::to_string_pretty(config).context("cannot write the settings as TOML")?;
    let set: toml::Table = text.parse().context("cannot read the settings back")?;
    for (section, key, example) in UNSET {
        if set.get(section).is_some_and(|table| table.get(key).is_none()) {
            let header = format!("[{section}]\n");
            text = text.replacen(&header, &format!("{header}# {key} = {example}\n"), 1);
        }
    }
    Ok(text)
}
