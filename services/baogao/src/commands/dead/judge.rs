//! `baogao dead replay` and `baogao dead drop`.
//!
//! What is chosen is listed once, at the beginning, and then named by its ids: a letter that fails again
//! while the others are replayed is not replayed a second time, and nothing is dropped that was not shown.

use super::{Session, chosen, open, write_rows};
use crate::cli::{DeadDropArgs, DeadFilter, DeadReplayArgs, Rate};
use crate::config::Wrong;
use crate::exit::Exit;
use crate::lang::Lang;
use crate::say;
use crate::tell::tell;
use anyhow::Context as _;
use baogao_bus::{Bus, BusError, DeadLetterFilter};
use baogao_runtime::Shutdown;
use chosen::Row;
use std::io::{self, BufRead, BufWriter, IsTerminal, Write};

/// Dead letters changed at a time: a running process waits for each of these changes.
const BATCH: usize = 100;

/// The most dead letters of one command, which bounds its memory.
const MOST: usize = 100_000;

/// What is done to dead letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Replay,
    Drop,
}

/// How far it came.
struct Judged {
    done: u64,
    is_interrupted: bool,
}

/// Carries `replay` out.
pub async fn replay(session: &Session, args: DeadReplayArgs) -> anyhow::Result<Exit> {
    let bus = open(session, &args.place).await?;
    let (rows, exit) = choose(session, &bus, &args.filter).await?;
    if args.dry_run {
        return show_only(session, &rows, Verdict::Replay, args.json, exit);
    }
    finish(session, &bus, &rows, Verdict::Replay, args.rate, args.json, exit).await
}

/// Carries `drop` out.
pub async fn drop(session: &Session, args: DeadDropArgs) -> anyhow::Result<Exit> {
    let is_asked = !args.yes && !args.dry_run;
    if is_asked && !io::stdin().is_terminal() {
        let words = session.lang.pick(
            "what is dropped is gone for good and nobody can be asked here: say `--yes`, or look first with `--dry-run`",
            "删除后无法恢复，而此处无法询问：请加 --yes，或先用 --dry-run 查看",
        );
        return Err(Wrong(words.to_owned()).into());
    }
    let bus = open(session, &args.place).await?;
    let (rows, exit) = choose(session, &bus, &args.filter).await?;
    if args.dry_run {
        return show_only(session, &rows, Verdict::Drop, args.json, exit);
    }
    if is_asked && !rows.is_empty() {
        // On standard error, where it does not mix with the result.
        write_rows(&mut io::stderr().lock(), session, &rows, false)?;
        if !is_confirmed(session.lang, rows.len())? {
            tell(session.lang.pick("nothing was dropped", "没有删除任何死信"));
            return Ok(exit);
        }
    }
    finish(session, &bus, &rows, Verdict::Drop, None, args.json, exit).await
}

/// The dead letters that the flags choose now, and what was wrong with the flags.
async fn choose(session: &Session, bus: &Bus, args: &DeadFilter) -> anyhow::Result<(Vec<Row>, Exit)> {
    let limit = args.limit.map_or(MOST, |limit| limit as usize);
    let rows = chosen::rows(bus, &chosen::filter(args), limit).await?;
    let exit = chosen::complain(session, bus, args, &rows, limit).await?;
    if args.limit.is_none() && rows.len() == MOST {
        tell(say!(
            session.lang,
            "only the oldest {} at a time; run the command again for the rest",
            "一次最多处理最早的 {} 条；其余请再次运行",
            MOST,
        ));
    }
    Ok((rows, exit))
}

/// Lists what would be done.
fn show_only(session: &Session, rows: &[Row], verdict: Verdict, json: bool, exit: Exit) -> anyhow::Result<Exit> {
    let mut out = BufWriter::new(io::stdout().lock());
    write_rows(&mut out, session, rows, json)?;
    if !json {
        let count = rows.len();
        let words = match verdict {
            Verdict::Replay => {
                say!(session.lang, "would replay {}; nothing was done", "将重放 {} 条；未做任何改动", count)
            }
            Verdict::Drop => say!(session.lang, "would drop {}; nothing was done", "将删除 {} 条；未做任何改动", count),
        };
        writeln!(out, "{words}")?;
    }
    out.flush()?;
    Ok(exit)
}

/// Asks whether so many are to be deleted. No answer is a no.
fn is_confirmed(lang: Lang, count: usize) -> io::Result<bool> {
    let mut err = io::stderr().lock();
    let question = say!(lang, "delete these {} for good? [y/N] ", "永久删除这 {} 条死信？[y/N] ", count);
    write!(err, "{question}")?;
    err.flush()?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    Ok(["y", "yes", "是"].contains(&answer.trim().to_lowercase().as_str()))
}

/// Does it, and tells how far it came.
async fn finish(
    session: &Session,
    bus: &Bus,
    rows: &[Row],
    verdict: Verdict,
    rate: Option<Rate>,
    json: bool,
    exit: Exit,
) -> anyhow::Result<Exit> {
    let lang = session.lang;
    // Only now, so that at the question before a single Ctrl-C still ends the process.
    let shutdown = Shutdown::on_signals()?;
    let judged = judge(bus, rows, verdict, rate, &shutdown, lang).await?;
    bus.close().await?;
    let (done, chosen) = (judged.done, rows.len());
    let mut out = io::stdout().lock();
    if json {
        let key = match verdict {
            Verdict::Replay => "replayed",
            Verdict::Drop => "dropped",
        };
        writeln!(out, "{}", serde_json::json!({ "chosen": chosen, key: done }))?;
    } else {
        let words = match verdict {
            Verdict::Replay => {
                say!(lang, "replayed {} of {} dead letters", "已重放 {} 条死信，共选中 {} 条", done, chosen)
            }
            Verdict::Drop => {
                say!(lang, "dropped {} of {} dead letters", "已删除 {} 条死信，共选中 {} 条", done, chosen)
            }
        };
        writeln!(out, "{words}")?;
    }
    out.flush()?;
    if judged.is_interrupted {
        tell(lang.pick("interrupted; the others are still dead letters", "已中断；其余仍为死信"));
        return Ok(Exit::Interrupted);
    }
    if done < chosen as u64 {
        tell(
            lang.pick(
                "the others were replayed or dropped by somebody else meanwhile",
                "其余已在此期间由他人重放或删除",
            ),
        );
    }
    Ok(exit)
}

/// Replays or drops, batch by batch, until all is done or a stop is asked for.
async fn judge(
    bus: &Bus,
    rows: &[Row],
    verdict: Verdict,
    rate: Option<Rate>,
    shutdown: &Shutdown,
    lang: Lang,
) -> anyhow::Result<Judged> {
    let mut done = 0;
    let bursts = rows.chunks(rate.map_or(BATCH, |rate| rate.burst));
    let last = bursts.len().saturating_sub(1);
    for (at, burst) in bursts.enumerate() {
        for batch in burst.chunks(BATCH) {
            if shutdown.is_requested() {
                return Ok(Judged { done, is_interrupted: true });
            }
            let so_far = || say!(lang, "failed after {} of them", "完成 {} 条后出错", done);
            let count = apply(bus, batch, verdict).await.with_context(so_far)?;
            done += count;
        }
        if let Some(rate) = rate
            && at < last
            && !shutdown.sleep(rate.pause).await
        {
            return Ok(Judged { done, is_interrupted: true });
        }
    }
    Ok(Judged { done, is_interrupted: false })
}

async fn apply(bus: &Bus, batch: &[Row], verdict: Verdict) -> Result<u64, BusError> {
    let ids = batch.iter().map(|row| row.id.clone()).collect();
    let these = DeadLetterFilter { ids, ..DeadLetterFilter::default() };
    match verdict {
        Verdict::Replay => bus.replay(&these).await,
        Verdict::Drop => bus.discard(&these).await,
    }
}
