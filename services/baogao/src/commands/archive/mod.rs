//! `baogao archive`: what was fetched, as it was fetched. Works beside a running process.

mod cat;
mod list;
pub mod reading;
mod verify;

use super::{Session, block_on};
use crate::cli::{ArchiveCommand, Place};
use crate::config::Config;
use crate::exit::Exit;
use crate::say;
use crate::tell::tell;
use anyhow::Context as _;
use baogao_archive::{Archive, Location, SegmentEntry};
use baogao_runtime::data_dir::{DataDirError, Paths};

/// Carries the command out.
pub fn run(session: &Session, command: ArchiveCommand) -> anyhow::Result<Exit> {
    block_on(async {
        match command {
            ArchiveCommand::List(args) => list::run(session, args).await,
            ArchiveCommand::Cat(args) => cat::run(session, args).await,
            ArchiveCommand::Verify(args) => verify::run(session, args).await,
        }
    })
}

/// Opens the archive that the command line means, for reading.
async fn open(session: &Session, place: &Place) -> anyhow::Result<Archive> {
    let config = Config::load(place.config.as_deref())?;
    session.start_log(&config, Some("warn"))?;
    let location = match &place.data {
        // A directory named here is meant, whatever the file says.
        Some(data) => Location::Folder(Paths::of_existing(data)?.archive),
        None => config.archive_location(),
    };
    if let Location::Folder(path) = &location
        && !path.is_dir()
    {
        return Err(DataDirError::Missing { path: path.clone() }.into());
    }
    Archive::open_read_only(&location)
        .await
        .with_context(|| say!(session.lang, "cannot open the archive {}", "无法打开存档 {}", location))
}

/// The segments of an archive, or those of them that are asked for. One that is not there is told
/// and makes the exit code.
async fn segments(session: &Session, archive: &Archive, asked: &[String]) -> anyhow::Result<(Vec<SegmentEntry>, Exit)> {
    let mut segments = archive.segments().await?;
    if asked.is_empty() {
        return Ok((segments, Exit::Done));
    }
    let mut exit = Exit::Done;
    for name in asked {
        if !segments.iter().any(|segment| segment.name == *name) {
            exit = Exit::SomeFailed;
            tell(say!(
                session.lang,
                "there is no segment {}; `baogao archive list` names all",
                "没有段文件 {}；用 baogao archive list 列出全部",
                name
            ));
        }
    }
    segments.retain(|segment| asked.contains(&segment.name));
    Ok((segments, exit))
}
