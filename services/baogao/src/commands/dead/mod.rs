//! `baogao dead`: what could not be processed, and what becomes of it. Works beside a running process.

mod chosen;
mod judge;
mod show;

use super::crawl::local;
use super::{Session, block_on};
use crate::cli::{DeadCommand, DeadListArgs, Place};
use crate::distributed;
use crate::exit::Exit;
use crate::tell::tell;
use crate::{say, table};
use anyhow::Context as _;
use baogao_bus::Bus;
use baogao_runtime::data_dir::{DataDirError, Paths};
use chosen::Row;
use comfy_table::ContentArrangement;
use jiff::Timestamp;
use std::io::{BufWriter, Write};
use std::time::Duration;

/// How long a broker that is away is waited for.
const PATIENCE: Duration = Duration::from_secs(10);

/// What `list` shows without a limit of its own.
const LISTED: usize = 100;

/// The letters of an error in a table; `show` has them all.
const ERROR_SHOWN: usize = 80;

/// Carries the command out.
pub fn run(session: &Session, command: DeadCommand) -> anyhow::Result<Exit> {
    block_on(async {
        match command {
            DeadCommand::List(args) => list(session, args).await,
            DeadCommand::Show(args) => show::run(session, args).await,
            DeadCommand::Replay(args) => judge::replay(session, args).await,
            DeadCommand::Drop(args) => judge::drop(session, args).await,
        }
    })
}

/// Opens the bus that the command line means, beside whoever works with it.
async fn open(session: &Session, place: &Place) -> anyhow::Result<Bus> {
    let config = super::configured(place)?;
    session.start_log(&config, Some("warn"))?;
    if config.bus.url.is_some() {
        return distributed::connect(&config, "dead", PATIENCE).await;
    }
    let path = Paths::of_existing(&config.data.dir)?.bus;
    if !path.is_file() {
        return Err(DataDirError::Missing { path }.into());
    }
    Bus::sqlite_beside(&path).await.with_context(|| format!("cannot open the bus {}", path.display()))
}

/// Lists dead letters as a table or as JSON lines.
async fn list(session: &Session, args: DeadListArgs) -> anyhow::Result<Exit> {
    let bus = open(session, &args.place).await?;
    let limit = args.filter.limit.map_or(LISTED, |limit| limit as usize);
    let rows = chosen::rows(&bus, &chosen::filter(&args.filter), limit).await?;
    let mut out = BufWriter::new(std::io::stdout().lock());
    write_rows(&mut out, session, &rows, args.json)?;
    if !args.json && rows.len() == limit {
        writeln!(
            out,
            "{}",
            say!(session.lang, "the first {}; `--limit` shows more", "前 {} 条；--limit 可显示更多", limit)
        )?;
    }
    out.flush()?;
    let exit = chosen::complain(session, &bus, &args.filter, &rows, limit).await?;
    bus.close().await?;
    Ok(exit)
}

/// Writes dead letters as JSON lines, or as a table if there are any.
fn write_rows(out: &mut impl Write, session: &Session, rows: &[Row], json: bool) -> anyhow::Result<()> {
    if json {
        for row in rows {
            serde_json::to_writer(&mut *out, row)?;
            writeln!(out)?;
        }
        return Ok(());
    }
    if rows.is_empty() {
        tell(session.lang.pick("no dead letters found", "没有符合条件的死信"));
        return Ok(());
    }
    let header = session.lang.pick(
        ["stage", "id", "attempts", "crashes", "first", "last", "site", "error"],
        ["阶段", "编号", "尝试", "崩溃", "首次失败", "最后失败", "站点", "错误"],
    );
    let mut table = table::new(&header);
    // One line each whatever the terminal: ids are copied, and the error comes last.
    table.set_content_arrangement(ContentArrangement::Disabled);
    for row in rows {
        table.add_row([
            printable(&row.stage),
            printable(&row.id),
            row.attempts.to_string(),
            row.crashes.to_string(),
            minute(row.first_failed_at),
            minute(row.last_failed_at),
            printable(row.site.as_deref().unwrap_or_default()),
            one_line(&row.error),
        ]);
    }
    writeln!(out, "{table}")?;
    Ok(())
}

/// A time of this place, as exact as a table needs it.
fn minute(time: Timestamp) -> String {
    time.to_zoned(jiff::tz::TimeZone::system()).strftime("%F %H:%M").to_string()
}

/// The beginning of a text, fit for a table.
fn one_line(text: &str) -> String {
    let mut line: String = text.chars().take(ERROR_SHOWN).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.chars().nth(ERROR_SHOWN).is_some() {
        line.push('…');
    }
    line
}

/// A text from outside without what a terminal would obey.
fn printable(text: &str) -> String {
    let obeyed = |c: char| c.is_control() && c != '\n' && c != '\t';
    text.chars().map(|c| if obeyed(c) { char::REPLACEMENT_CHARACTER } else { c }).collect()
}
