//! `baogao forget`: take-downs. What is taken down is neither shown nor fetched again.

use super::{Session, block_on, configured};
use crate::cli::ForgetArgs;
use crate::config::Wrong;
use crate::exit::Exit;
use crate::lang::Lang;
use crate::stores::Stores;
use crate::takedown::{self, Done, Plan};
use crate::tell::tell;
use crate::{say, table};
use baogao_model::{Target, Tombstone, Tombstones};
use baogao_runtime::Shutdown;
use baogao_runtime::data_dir::Paths;
use comfy_table::ContentArrangement;
use jiff::Timestamp;
use std::io::{self, BufRead, IsTerminal, Write};

/// The documents of one target that are shown before it is taken down.
const SHOWN: usize = 50;

/// Carries the command out.
pub fn run(session: &Session, args: &ForgetArgs) -> anyhow::Result<Exit> {
    let mut targets = Vec::new();
    for text in &args.targets {
        targets.push(Target::parse(text)?);
    }
    let is_asked = !(args.yes || args.dry_run || args.list || args.lift);
    if is_asked && !io::stdin().is_terminal() {
        let words = session.lang.pick(
            "what is forgotten is deleted for good and nobody can be asked here: say `--yes`, or look first with `--dry-run`",
            "下架的内容会永久删除，而此处无法询问：请加 --yes，或先用 --dry-run 查看",
        );
        return Err(Wrong(words.to_owned()).into());
    }
    let config = configured(&args.place)?;
    session.start_log(&config, Some("warn"))?;
    if config.bus.url.is_none() && config.database.url.is_none() {
        // Nothing is made where there is nothing to forget.
        Paths::of_existing(&config.data.dir)?;
    }
    block_on(async {
        let shutdown = Shutdown::on_signals()?;
        let Some(stores) = Stores::open(&config, &shutdown).await? else { return Ok(Exit::Interrupted) };
        let known: Tombstones = stores.frontier.forgotten().await?.into_iter().collect();
        let done = if args.list {
            list(session, &known, args.json)
        } else if args.lift {
            lift(session, &stores, &targets, args.json).await
        } else {
            forget(session, &stores, &known, targets, args, is_asked).await
        };
        let closed = stores.close().await;
        let exit = done?;
        closed?;
        Ok(exit)
    })
}

/// Shows what goes, asks, and takes it down.
async fn forget(
    session: &Session,
    stores: &Stores,
    known: &Tombstones,
    targets: Vec<Target>,
    args: &ForgetArgs,
    is_asked: bool,
) -> anyhow::Result<Exit> {
    let lang = session.lang;
    // As exact as stores keep it: told again later, it is the same moment.
    let at = Timestamp::from_microsecond(Timestamp::now().as_microsecond())?;
    let mut plans = Vec::new();
    for target in targets {
        let tombstone = Tombstone { target, at, reason: args.reason.clone() };
        plans.push(takedown::plan(stores, tombstone, known).await?);
    }
    if args.dry_run {
        let mut out = io::stdout().lock();
        for plan in &plans {
            show(&mut out, lang, plan, args.json)?;
        }
        if !args.json {
            writeln!(out, "{}", lang.pick("nothing was deleted", "没有删除任何内容"))?;
        }
        return Ok(Exit::Done);
    }
    if is_asked {
        // On standard error, where it does not mix with the result.
        for plan in &plans {
            show(&mut io::stderr().lock(), lang, plan, false)?;
        }
        if !is_confirmed(lang)? {
            tell(lang.pick("nothing was deleted", "没有删除任何内容"));
            return Ok(Exit::Done);
        }
    }
    for plan in &plans {
        let done = takedown::carry_out(stores, plan).await?;
        let (target, mut out) = (&plan.tombstone.target, io::stdout().lock());
        let Done { documents, dead_letters } = done;
        if args.json {
            let row = serde_json::json!({
                "kind": target.kind(), "target": target.value(), "documents": documents, "dead_letters": dead_letters,
            });
            writeln!(out, "{row}")?;
        } else {
            let words = say!(
                lang,
                "forgot {}: {} documents and {} dead letters deleted",
                "已下架 {}：删除文档 {} 份、死信 {} 条",
                target,
                documents,
                dead_letters
            );
            writeln!(out, "{words}")?;
        }
    }
    Ok(Exit::Done)
}

/// Writes what would go.
fn show(out: &mut impl Write, lang: Lang, plan: &Plan, json: bool) -> anyhow::Result<()> {
    let Plan { tombstone, is_known, documents, dead_letters } = plan;
    let target = &tombstone.target;
    if json {
        let row = serde_json::json!({
            "kind": target.kind(), "target": target.value(), "is_forgotten": is_known,
            "documents": documents, "dead_letters": dead_letters.len(),
        });
        writeln!(out, "{row}")?;
        return Ok(());
    }
    let (count, dead) = (documents.len(), dead_letters.len());
    writeln!(
        out,
        "{}",
        say!(lang, "{}: {} documents, {} dead letters", "{}：文档 {} 份，死信 {} 条", target, count, dead)
    )?;
    if *is_known {
        let at = tombstone.at;
        writeln!(out, "{}", say!(lang, "forgotten before, at {}", "此前已于 {} 下架", at))?;
    }
    if documents.is_empty() {
        return Ok(());
    }
    let mut table = table::new(&lang.pick(["id", "kind", "title", "URL"], ["编号", "类别", "标题", "网址"]));
    table.set_content_arrangement(ContentArrangement::Disabled);
    for one in documents.iter().take(SHOWN) {
        let (title, url) = (one.title.as_deref().unwrap_or_default(), one.url.as_deref().unwrap_or_default());
        table.add_row([one.id.as_str(), one.kind.as_str(), &printable(title), &printable(url)]);
    }
    writeln!(out, "{table}")?;
    if count > SHOWN {
        writeln!(out, "{}", say!(lang, "and {} more", "另有 {} 份", count - SHOWN))?;
    }
    Ok(())
}

/// A text from outside without what a terminal would obey.
fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

/// Asks whether it is to be done. No answer is a no.
fn is_confirmed(lang: Lang) -> io::Result<bool> {
    let mut err = io::stderr().lock();
    let question = lang.pick("delete this for good and never fetch it again? [y/N] ", "永久删除并不再抓取？[y/N] ");
    write!(err, "{question}")?;
    err.flush()?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    Ok(["y", "yes", "是"].contains(&answer.trim().to_lowercase().as_str()))
}

/// Lists what was taken down, the oldest first.
fn list(session: &Session, known: &Tombstones, json: bool) -> anyhow::Result<Exit> {
    let mut out = io::stdout().lock();
    for Tombstone { target, at, reason } in known.oldest_first() {
        let reason = reason.as_deref();
        if json {
            let row =
                serde_json::json!({ "kind": target.kind(), "target": target.value(), "at": at, "reason": reason });
            writeln!(out, "{row}")?;
        } else {
            writeln!(out, "{at}\t{target}\t{}", printable(reason.unwrap_or_default()))?;
        }
    }
    out.flush()?;
    if known.oldest_first().is_empty() && !json {
        tell(session.lang.pick("nothing was forgotten", "没有下架任何内容"));
    }
    Ok(Exit::Done)
}

/// Takes take-downs back.
async fn lift(session: &Session, stores: &Stores, targets: &[Target], json: bool) -> anyhow::Result<Exit> {
    let (lang, mut exit) = (session.lang, Exit::Done);
    for target in targets {
        let was_there = takedown::lift(stores, target).await?;
        let mut out = io::stdout().lock();
        if json {
            let row = serde_json::json!({ "kind": target.kind(), "target": target.value(), "lifted": was_there });
            writeln!(out, "{row}")?;
        } else if was_there {
            let words = say!(
                lang,
                "{} may be fetched and stored again; `baogao replay` makes it anew from the archive",
                "{} 可重新抓取与存储；baogao replay 可从存档恢复",
                target
            );
            writeln!(out, "{words}")?;
        }
        if !was_there {
            exit = Exit::SomeFailed;
            tell(say!(
                lang,
                "error: {} was not forgotten; `baogao forget --list` names what was",
                "错误：{} 未曾下架；用 baogao forget --list 查看",
                target
            ));
        }
    }
    Ok(exit)
}
