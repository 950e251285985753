//! `baogao archive verify`: whether every record is what it says.

use super::reading::Reading;
use super::{Session, open, segments};
use crate::cli::ArchiveVerifyArgs;
use crate::exit::Exit;
use crate::say;
use baogao_archive::Found;
use serde::Serialize;
use std::io::Write;

/// One damage as JSON.
#[derive(Serialize)]
struct Damage<'a> {
    segment: &'a str,
    offset: u64,
    length: u64,
    damage: &'a str,
}

/// What was read, as JSON.
#[derive(Default, Serialize)]
struct Sums {
    segments: u64,
    records: u64,
    bytes: u64,
    damaged: u64,
}

/// Carries the command out.
pub async fn run(session: &Session, args: ArchiveVerifyArgs) -> anyhow::Result<Exit> {
    let archive = open(session, &args.place).await?;
    let (segments, exit) = segments(session, &archive, &args.segments).await?;
    let mut reading = Reading::new(session.lang, &segments, false);
    let mut out = std::io::stdout().lock();
    let mut sums = Sums::default();
    for segment in &segments {
        for found in archive.scan(segment).await? {
            let (offset, length, damage) = match found {
                Found::Record(record) => {
                    sums.records += 1;
                    (record.offset, record.length, record.fault)
                }
                Found::Damage { offset, length, what } => (offset, length, Some(what)),
            };
            let Some(damage) = damage else { continue };
            sums.damaged += 1;
            let damage = Damage { segment: &segment.name, offset, length, damage: &damage };
            write_damage(&mut out, session, &damage, args.json)?;
        }
        sums.segments += 1;
        sums.bytes += segment.bytes;
        reading.read(segment);
    }
    reading.end();
    sum_up(&mut out, session, &sums, args.json)?;
    Ok(if sums.damaged == 0 { exit } else { Exit::SomeFailed })
}

fn write_damage(out: &mut impl Write, session: &Session, damage: &Damage<'_>, json: bool) -> anyhow::Result<()> {
    if json {
        writeln!(out, "{}", serde_json::to_string(damage)?)?;
    } else {
        let Damage { segment, offset, length, damage } = damage;
        writeln!(
            out,
            "{}",
            say!(
                session.lang,
                "damaged at {}:{}, {} bytes: {}",
                "{}:{} 处已损坏，{} 字节：{}",
                segment,
                offset,
                length,
                damage
            )
        )?;
    }
    out.flush()?;
    Ok(())
}

fn sum_up(out: &mut impl Write, session: &Session, sums: &Sums, json: bool) -> anyhow::Result<()> {
    if json {
        writeln!(out, "{}", serde_json::to_string(sums)?)?;
    } else {
        let Sums { segments, records, bytes, damaged } = sums;
        writeln!(
            out,
            "{}",
            say!(
                session.lang,
                "{} segments, {} records, {} bytes; {} damaged",
                "段文件 {}，记录 {}，共 {} 字节；损坏 {} 处",
                segments,
                records,
                bytes,
                damaged
            )
        )?;
    }
    out.flush()?;
    Ok(())
}
