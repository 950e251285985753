//! `baogao replay`: archived pages through today's scraper and parser.

use super::archive::reading::Reading;
use super::{Session, block_on, summary};
use crate::cli::ReplayArgs;
use crate::config::{ArchiveSection, Config, Wrong};
use crate::embedded::End;
use crate::exit::Exit;
use crate::intake::{Intake, Outcome};
use crate::progress::Progress;
use crate::say;
use crate::tell::tell;
use anyhow::Context as _;
use baogao_archive::{Archive, BucketAddress, Exchange, Found, Location, Record, SegmentEntry};
use baogao_frontier::ArchivedPage;
use baogao_model::{CanonicalUrl, ContentHash, PayloadRef};
use baogao_runtime::Shutdown;
use baogao_runtime::data_dir::{DataDirError, Paths};
use baogao_runtime::metrics::Counts;
use std::collections::HashMap;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Carries the command out.
pub fn run(session: &Session, args: &ReplayArgs) -> anyhow::Result<Exit> {
    let config = super::configured(&args.place)?;
    session.start_log(&config, Some("warn"))?;
    let from = args.from.as_deref().map(source).transpose()?;
    if from.is_none() && config.bus.url.is_none() && config.database.url.is_none() {
        // Replaying what is not there would make it.
        Paths::of_existing(&config.data.dir)?;
    }
    let counts = Counts::install()?;
    block_on(async {
        let shutdown = Shutdown::on_signals()?;
        let Some(intake) = Intake::open(&config, &shutdown).await? else { return Ok(Exit::Interrupted) };
        let mut replay = Replay { session, args, intake, forgotten: 0, exit: Exit::Done };
        let read = match from {
            Some(location) => replay.take_over(&location).await,
            None => replay.own().await,
        };
        let Replay { intake, forgotten, exit, .. } = replay;
        // Closed in order, whatever became of the reading.
        if read.is_err() {
            shutdown.request();
        }
        let outcome = see_through(session, intake, &counts).await;
        read?;
        if forgotten > 0 {
            tell(say!(session.lang, "{} page(s) were taken down and stay so", "{} 个网页已下架，不再处理", forgotten));
        }
        report(session, &config, &counts, &outcome?, exit)
    })
}

/// Waits until everything taken is done, showing how it goes.
pub async fn see_through(session: &Session, intake: Intake, counts: &Counts) -> anyhow::Result<Outcome> {
    let mut progress = Progress::offline(session.lang, counts.clone());
    let outcome = intake.finish(|load| progress.show(load)).await;
    progress.end();
    outcome
}

/// Prints what became of pages taken in, and gives the exit code.
pub fn report(
    session: &Session,
    config: &Config,
    counts: &Counts,
    outcome: &Outcome,
    exit: Exit,
) -> anyhow::Result<Exit> {
    let lang = session.lang;
    let mut out = std::io::stdout().lock();
    let taken = &outcome.taken;
    writeln!(
        out,
        "{}",
        say!(
            lang,
            "pages: {} new, {} again; {} left alone, since their URLs have newer ones",
            "网页：新 {}，重做 {}；{} 因网址已有更新的版本而未动",
            taken.new,
            taken.again,
            taken.older,
        )
    )?;
    let Some(reports) = outcome.reports else {
        let said = lang.pick("they are on their way; the services do the rest", "已交付，其余由各服务完成");
        writeln!(out, "{said}")?;
        out.flush()?;
        return Ok(if outcome.end == End::Stopped { Exit::Interrupted } else { exit });
    };
    summary::write_made(&mut out, lang, counts)?;
    let dir = config.data.dir.display();
    let command = format!("baogao records list --data {dir}");
    let said = say!(lang, "stored in {}: {} reports; see `{}`", "{} 中共有报告 {} 份；查看：{}", dir, reports, command);
    writeln!(out, "{said}")?;
    out.flush()?;
    let dead = counts.by_label("baogao_stage_messages_total", "outcome").get("dead").copied().unwrap_or(0);
    Ok(match outcome.end {
        End::Stopped => {
            tell(lang.pick("interrupted; run the same command again", "已中断；请再次运行同一命令"));
            Exit::Interrupted
        }
        End::Idle if dead > 0 => Exit::SomeFailed,
        End::Idle => exit,
    })
}

/// The archive that `--from` means.
fn source(text: &str) -> anyhow::Result<Location> {
    if text.starts_with("s3://") {
        let url = BucketAddress::parse(text).map_err(|error| Wrong(format!("--from {error}")))?;
        return Ok(ArchiveSection { url: Some(url), ..ArchiveSection::default() }.location(Path::new("")));
    }
    let given = PathBuf::from(text);
    let inside = Paths::below(&given).archive;
    let folder = if inside.is_dir() { inside } else { given };
    if !folder.is_dir() {
        return Err(DataDirError::Missing { path: folder }.into());
    }
    Ok(Location::Folder(folder))
}

/// A replay at work.
struct Replay<'a> {
    session: &'a Session,
    args: &'a ReplayArgs,
    intake: Intake,
    /// Pages that were taken down.
    forgotten: u64,
    exit: Exit,
}

impl Replay<'_> {
    /// Replays the archive that is there.
    async fn own(&mut self) -> anyhow::Result<()> {
        let archive = self.intake.stores.archive.clone();
        // Before the intake's own segment could be among them, which holds no page.
        let segments = archive.segments().await?;
        self.read(&archive, &segments, |_, _| false).await
    }

    /// Replays another archive, whose segments are taken over first: what refers to them finds them here.
    /// What was taken down there is so here.
    async fn take_over(&mut self, location: &Location) -> anyhow::Result<()> {
        let lang = self.session.lang;
        let archive = Archive::open_read_only(location)
            .await
            .with_context(|| say!(lang, "cannot open the archive {}", "无法打开存档 {}", location))?;
        let tombstones = archive.tombstones().await?;
        for tombstone in tombstones.oldest_first() {
            let documents = self.intake.forget(tombstone).await?.documents;
            let target = &tombstone.target;
            tell(say!(
                lang,
                "taken down there, and so here: {}, {} documents deleted",
                "{} 在那里已下架，此处随之下架，删除文档 {} 份",
                target,
                documents
            ));
        }
        let segments = archive.segments().await?;
        let here: HashMap<String, u64> =
            self.intake.stores.archive.segments().await?.into_iter().map(|own| (own.name, own.bytes)).collect();
        self.read(&archive, &segments, |name, bytes| here.get(name).is_none_or(|own| *own < bytes)).await
    }

    /// Reads segments through; those that `is_missing` says so of are taken over.
    async fn read(
        &mut self,
        archive: &Archive,
        segments: &[SegmentEntry],
        is_missing: impl Fn(&str, u64) -> bool,
    ) -> anyhow::Result<()> {
        let mut reading = Reading::new(self.session.lang, segments, false);
        for segment in segments {
            if is_missing(&segment.name, segment.bytes) {
                let whole = archive.scan(segment).await?.whole();
                self.intake.stores.archive.adopt(&segment.name, whole).await?;
            }
            let mut scan = archive.scan(segment).await?;
            while let Some(found) = scan.next() {
                if self.intake.is_stopped() {
                    reading.end();
                    return Ok(());
                }
                let (offset, what) = match found {
                    Found::Record(record) if !self.is_wanted(&record) => continue,
                    Found::Record(record) if record.is_forgotten => {
                        self.forgotten += 1;
                        continue;
                    }
                    Found::Record(record) => match record.fault.clone() {
                        Some(fault) => (record.offset, fault),
                        None => match scan.exchange(record.offset) {
                            Ok(exchange) => {
                                self.take(segment, &record, exchange).await?;
                                continue;
                            }
                            Err(what) => (record.offset, what),
                        },
                    },
                    Found::Damage { offset, what, .. } => (offset, what),
                };
                self.exit = Exit::SomeFailed;
                let (name, lang) = (&segment.name, self.session.lang);
                tell(say!(lang, "damaged at {}:{}: {}", "{}:{} 处已损坏：{}", name, offset, what));
            }
            reading.read(segment);
        }
        reading.end();
        Ok(())
    }

    /// Whether a record is a good response that the flags ask for.
    fn is_wanted(&self, record: &Record) -> bool {
        let is_good = record.kind == "response" && record.status.is_some_and(|status| (200..300).contains(&status));
        let is_late = match (&self.args.since, record.time) {
            (Some(since), Some(time)) => time >= since.0,
            _ => true,
        };
        is_good
            && is_late
            && (self.args.site.is_empty() || record.url.as_deref().is_some_and(|url| self.is_of_site(url)))
    }

    fn is_of_site(&self, url: &str) -> bool {
        let Ok(url) = CanonicalUrl::parse(url) else { return false };
        self.args.site.iter().any(|site| {
            let site = site.trim().to_ascii_lowercase();
            site == url.site() || site == url.host()
        })
    }

    async fn take(&mut self, segment: &SegmentEntry, record: &Record, exchange: Exchange) -> anyhow::Result<()> {
        let payload = PayloadRef {
            segment: segment.name.clone(),
            offset: record.offset,
            length: record.length,
            blake3: ContentHash::of(&exchange.body),
        };
        match page(&exchange, payload) {
            Ok(page) if self.intake.is_forgotten(&page.url) => {
                self.forgotten += 1;
                Ok(())
            }
            Ok(page) => self.intake.take(page).await,
            Err(error) => {
                self.exit = Exit::SomeFailed;
                self.session.complain(&error);
                Ok(())
            }
        }
    }
}

/// An archived response as the frontier takes it.
///
/// # Errors
///
/// When its URL is none that could be fetched.
pub fn page(exchange: &Exchange, payload: PayloadRef) -> anyhow::Result<ArchivedPage> {
    let text = |name: &str| exchange.header(name).map(|value| String::from_utf8_lossy(value).into_owned());
    Ok(ArchivedPage {
        url: CanonicalUrl::parse(&exchange.url)?,
        at: exchange.fetched_at,
        status: exchange.status,
        content_type: exchange.content_type(),
        etag: text("etag"),
        last_modified: text("last-modified"),
        payload,
        bytes: exchange.body.len() as u64,
    })
}
