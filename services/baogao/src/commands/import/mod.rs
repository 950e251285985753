//! `baogao import`: saved pages, texts and WARC files of any program through the pipeline.

mod files;
mod queue;

use super::replay::{report, see_through};
use super::summary;
use super::{Session, block_on, configured};
use crate::cli::ImportArgs;
use crate::config::Wrong;
use crate::exit::Exit;
use crate::intake::Intake;
use crate::say;
use crate::tell::tell;
use anyhow::Context as _;
use baogao_archive::{Exchange, Foreign, ForeignRecords};
use baogao_model::CanonicalUrl;
use baogao_runtime::Shutdown;
use baogao_runtime::metrics::Counts;
use files::{Input, Kind};
use indicatif::ProgressBar;
use queue::Queue;
use std::collections::BTreeMap;
use std::io::{BufReader, IsTerminal, Write};
use tokio::sync::mpsc;
use url::Url;

/// The reason of pages that were taken down.
const FORGOTTEN: &str = "forgotten";

/// Records of a WARC file that are read ahead.
const AHEAD: usize = 2;

/// Carries the command out.
pub fn run(session: &Session, args: &ImportArgs) -> anyhow::Result<Exit> {
    let config = configured(&args.place)?;
    session.start_log(&config, Some("warn"))?;
    let base = args.base.as_deref().map(base).transpose()?;
    let mut exit = Exit::Done;
    let mut inputs = Vec::new();
    for path in &args.paths {
        match files::below(session.lang, path) {
            Ok(found) => inputs.extend(found),
            Err(error) => {
                session.complain(&error);
                exit = Exit::SomeFailed;
            }
        }
    }
    if inputs.is_empty() {
        tell(session.lang.pick(
            "there is nothing to import: no .warc, .warc.gz, .html, .htm, .shtml, .xhtml or .txt file",
            "没有可导入的文件：只接受 .warc、.warc.gz、.html、.htm、.shtml、.xhtml、.txt",
        ));
        return Ok(Exit::SomeFailed);
    }
    let counts = Counts::install()?;
    block_on(async {
        let shutdown = Shutdown::on_signals()?;
        let Some(intake) = Intake::open(&config, &shutdown).await? else { return Ok(Exit::Interrupted) };
        let mut import = Import { session, base, queue: Queue::new(intake), left_out: BTreeMap::new(), exit };
        let read = import.all(inputs).await;
        let Import { queue, left_out, exit, .. } = import;
        if read.is_err() {
            shutdown.request();
        }
        let known = queue.known();
        let outcome = see_through(session, queue.into_intake(), &counts).await;
        read?;
        write_left_out(session, &left_out, known)?;
        report(session, &config, &counts, &outcome?, exit)
    })
}

/// Prints what was not imported, by reason.
fn write_left_out(session: &Session, left_out: &BTreeMap<String, u64>, known: u64) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    if known > 0 {
        let said = say!(session.lang, "there already, or in a newer version: {}", "已有或已有更新的版本：{}", known);
        writeln!(out, "{said}")?;
    }
    if !left_out.is_empty() {
        let reasons = summary::list(left_out);
        writeln!(out, "{}", say!(session.lang, "left out: {}", "未导入：{}", reasons))?;
    }
    Ok(())
}

/// The address below which saved pages lie.
fn base(text: &str) -> anyhow::Result<Url> {
    let wrong = |why: &str| Wrong(format!("--base {text:?} {why}, as in http://www.example.gov.cn/zwgk/"));
    let mut url = Url::parse(text).map_err(|_| wrong("is no address; write it out"))?;
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return Err(wrong("must begin with http:// or https:// and a host").into());
    }
    url.set_query(None);
    url.set_fragment(None);
    Ok(url)
}

/// An import at work.
struct Import<'a> {
    session: &'a Session,
    base: Option<Url>,
    queue: Queue,
    /// What was not imported, by reason.
    left_out: BTreeMap<String, u64>,
    exit: Exit,
}

impl Import<'_> {
    /// Reads every file. One that cannot be read is told, and the others are done.
    async fn all(&mut self, inputs: Vec<Input>) -> anyhow::Result<()> {
        let bar = std::io::stderr().is_terminal().then(|| ProgressBar::new(inputs.len() as u64));
        for input in inputs {
            if self.queue.is_stopped() {
                break;
            }
            let read = match input.kind {
                Kind::Warc => self.warc(&input).await?,
                Kind::Html | Kind::Text => self.file(&input).await?,
            };
            if let Err(error) = read {
                self.session.complain(&error);
                self.exit = Exit::SomeFailed;
            }
            if let Some(bar) = &bar {
                bar.inc(1);
            }
        }
        if let Some(bar) = bar {
            bar.finish_and_clear();
        }
        self.queue.flush().await?;
        for error in self.queue.refused() {
            self.session.complain(&error.into());
            self.leave_out("unusable".to_owned());
            self.exit = Exit::SomeFailed;
        }
        Ok(())
    }

    /// One saved page or text. The inner error is about the file.
    async fn file(&mut self, input: &Input) -> anyhow::Result<anyhow::Result<()>> {
        let (lang, path) = (self.session.lang, input.path.clone());
        let read = tokio::task::spawn_blocking(move || crate::input::read(lang, &path)).await?;
        let exchange = read.and_then(|bytes| files::exchange(input, bytes, self.base.as_ref()));
        match exchange {
            Ok(exchange) if self.queue.is_forgotten(&exchange) => {
                self.leave_out(FORGOTTEN.to_owned());
                Ok(Ok(()))
            }
            Ok(exchange) => self.queue.push(exchange).await.map(Ok),
            Err(error) => Ok(Err(error)),
        }
    }

    /// The responses of a WARC file. The inner error is about the file, and says how far it was read.
    async fn warc(&mut self, input: &Input) -> anyhow::Result<anyhow::Result<()>> {
        let (path, lang) = (input.path.clone(), self.session.lang);
        let (send, mut records) = mpsc::channel(AHEAD);
        let reader = tokio::task::spawn_blocking(move || {
            let file = std::fs::File::open(&path)?;
            for record in ForeignRecords::new(BufReader::new(file))? {
                // Nobody listens any more after a stop.
                if send.blocking_send(record).is_err() {
                    break;
                }
            }
            Ok::<_, std::io::Error>(())
        });
        let cannot = || say!(lang, "cannot read {}", "无法读取 {}", input.path.display());
        let mut taken = 0u64;
        while let Some(record) = records.recv().await {
            if self.queue.is_stopped() {
                return Ok(Ok(()));
            }
            match record {
                Ok(Foreign::Exchange(exchange)) => match refusal(&exchange) {
                    None if self.queue.is_forgotten(&exchange) => self.leave_out(FORGOTTEN.to_owned()),
                    None => {
                        taken += 1;
                        self.queue.push(exchange).await?;
                    }
                    Some(why) => self.leave_out(why),
                },
                Ok(Foreign::Other { .. }) => {}
                Ok(Foreign::Unusable { url, what }) => {
                    let (name, url) = (input.path.display(), url.unwrap_or_default());
                    tell(say!(lang, "{}: {} cannot be used: {}", "{}：{} 无法使用：{}", name, url, what));
                    self.leave_out("unusable".to_owned());
                    self.exit = Exit::SomeFailed;
                }
                Err(error) => {
                    let so_far = say!(lang, "{} page(s) before were taken", "此前的 {} 页已导入", taken);
                    let mark = lang.pick("; ", "；");
                    return Ok(Err(anyhow::Error::new(error).context(format!("{}{mark}{so_far}", cannot()))));
                }
            }
        }
        Ok(reader.await?.with_context(cannot))
    }

    fn leave_out(&mut self, why: String) {
        *self.left_out.entry(why).or_default() += 1;
    }
}

/// Why a response of a WARC file brings no page, if it brings none.
fn refusal(exchange: &Exchange) -> Option<String> {
    if !(200..300).contains(&exchange.status) {
        return Some(format!("http_{}", exchange.status));
    }
    if CanonicalUrl::parse(&exchange.url).is_err() {
        return Some("no_http_address".to_owned());
    }
    let kind = exchange.content_type().unwrap_or_default();
    let essence = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match essence.as_str() {
        "" | "text/html" | "application/xhtml+xml" | "text/plain" => None,
        // In a reason, which is counted: not whatever a server may have sent.
        other => Some(other.chars().filter(char::is_ascii_graphic).take(40).collect()),
    }
}
