//! `baogao tail`: the events as they pass, beside whoever works with them.
//!
//! It looks on and nothing more: what it does not print in time is dropped and counted, by the bus.

mod line;

use super::{Session, block_on};
use crate::cli::TailArgs;
use crate::distributed;
use crate::exit::Exit;
use crate::lang::Lang;
use crate::say;
use crate::tell::tell;
use anyhow::Context as _;
use baogao_bus::{Bus, Heard, Listener};
use baogao_runtime::Shutdown;
use baogao_runtime::data_dir::{DataDirError, Paths};
use std::io::Write;
use std::time::Duration;

/// What is listened to unless told otherwise.
const REPORTS: &str = "report.parsed.#";

/// A call to the broker that does not answer is given up after this long; listening is not.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long taking leave of the broker may take.
const CLOSING: Duration = Duration::from_secs(3);

/// Carries the command out: until so many events, Ctrl-C, or the end of whoever reads.
pub fn run(session: &Session, mut args: TailArgs) -> anyhow::Result<Exit> {
    if args.key.is_empty() {
        args.key.push(REPORTS.to_owned());
    }
    block_on(async {
        let (bus, place) = open(session, &args).await?;
        let shutdown = Shutdown::on_signals()?;
        let mut listener = bus.listen(args.key.clone()).await?;
        let mut tail = Tail { lang: session.lang, args: &args, place, printed: 0, missed: 0, away: None };
        let ended = tail.follow(&mut listener, &shutdown).await;
        let closing = async {
            listener.close().await;
            bus.close().await
        };
        // Nothing is lost with it, and a broker that is away has nothing to be told.
        let _ = tokio::time::timeout(CLOSING, closing).await;
        ended?;
        tail.sum_up();
        Ok(Exit::Done)
    })
}

/// Opens the bus that the command line means, beside whoever works with it; gives its name for people, too.
async fn open(session: &Session, args: &TailArgs) -> anyhow::Result<(Bus, String)> {
    let config = super::configured(&args.place)?;
    session.start_log(&config, Some("error"))?;
    if let Some(url) = &config.bus.url {
        let place = url.to_string();
        return Ok((distributed::connect(&config, "tail", PATIENCE).await?, place));
    }
    let path = Paths::of_existing(&config.data.dir)?.bus;
    if !path.is_file() {
        return Err(DataDirError::Missing { path }.into());
    }
    let bus = Bus::sqlite_beside(&path).await.with_context(|| format!("cannot open the bus {}", path.display()))?;
    Ok((bus, config.data.dir.display().to_string()))
}

/// One command at work.
struct Tail<'a> {
    lang: Lang,
    args: &'a TailArgs,
    /// The data directory, or the broker without its password.
    place: String,
    printed: u64,
    missed: u64,
    /// Why the bus was out of reach when that was last told.
    away: Option<String>,
}

impl Tail<'_> {
    /// Prints what is heard.
    async fn follow(&mut self, listener: &mut Listener, shutdown: &Shutdown) -> anyhow::Result<()> {
        while self.args.count.is_none_or(|count| self.printed < count) {
            let heard = tokio::select! {
                () = shutdown.requested() => break,
                heard = listener.next() => heard?,
            };
            let Heard::Message(message) = heard else {
                self.tell(heard);
                continue;
            };
            let line = match self.args.json {
                true => line::json(&message)?,
                false => line::plain(self.lang, &message),
            };
            // Whoever reads may take its time; until then a signal must be heard.
            let writing = tokio::task::spawn_blocking(move || print(&line));
            tokio::select! {
                () = shutdown.requested() => break,
                written = writing => written?.context("cannot write to standard output")?,
            }
            self.printed += 1;
        }
        Ok(())
    }

    /// Tells how it stands.
    fn tell(&mut self, heard: Heard) {
        let (lang, place) = (self.lang, &self.place);
        match heard {
            Heard::Began => {
                self.away = None;
                let keys = self.args.key.join(", ");
                tell(say!(lang, "listening to {} in {}", "正在收听 {}（{}）", keys, place));
            }
            Heard::NobodyAtWork => {
                tell(say!(
                    lang,
                    "no process works on {} just now; waiting for one",
                    "目前没有进程在 {} 上工作；等待中",
                    place
                ));
            }
            Heard::Away(reason) if self.away.as_ref() != Some(&reason) => {
                tell(say!(
                    lang,
                    "{} is out of reach: {}; trying again, and what passes meanwhile is missed",
                    "无法连接 {}：{}；正在重试，其间的事件会漏掉",
                    place,
                    reason
                ));
                self.away = Some(reason);
            }
            Heard::Missed(Some(count)) => {
                self.missed = self.missed.saturating_add(count);
                tell(say!(
                    lang,
                    "{} events missed: they came faster than they were read",
                    "漏掉 {} 个事件：来得比读得快",
                    count
                ));
            }
            Heard::Missed(None) => tell(lang.pick(
                "events missed while this process was held up; nobody knows how many",
                "本进程曾停顿，其间漏掉了一些事件，数目不详",
            )),
            Heard::Away(_) | Heard::Message(_) => {}
        }
    }

    /// Tells what it came to.
    fn sum_up(&self) {
        let Self { lang, printed, missed, .. } = self;
        tell(match missed {
            0 => say!(lang, "{} events", "共 {} 个事件", printed),
            _ => say!(lang, "{} events, {} missed", "共 {} 个事件，漏掉 {} 个", printed, missed),
        });
    }
}

/// Writes a line, whole and at once: whoever reads it may be waiting for it.
fn print(line: &str) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(line.as_bytes())?;
    out.write_all(b"\n")?;
    out.flush()
}
