//! `baogao records`: what was made.

use super::{Session, block_on, summary};
use crate::cli::{
    FormatArg, RecordsCommand, RecordsExportArgs, RecordsFilter, RecordsListArgs, RecordsPlace, RecordsShowArgs,
    WhatArg,
};
use crate::config::{Config, Wrong};
use crate::exit::Exit;
use crate::tell::tell;
use crate::{say, table};
use anyhow::Context as _;
use baogao_model::report::{Kind, Level};
use baogao_runtime::data_dir::{DataDirError, Paths};
use baogao_store::{Format, PostgresOptions, Query, Records};
use std::io::{BufWriter, Write};
use std::path::Path;

/// Carries the command out.
pub fn run(session: &Session, command: RecordsCommand) -> anyhow::Result<Exit> {
    block_on(async {
        match command {
            RecordsCommand::List(args) => list(session, args).await,
            RecordsCommand::Show(args) => show(session, args).await,
            RecordsCommand::Export(args) => export(args).await,
        }
    })
}

/// Opens the records for reading, beside whoever writes them: those of the database where a
/// configuration names one, else those of a data directory.
async fn open(place: &RecordsPlace) -> anyhow::Result<Records> {
    let Some(file) = &place.config else { return open_local(&place.data).await };
    let config = Config::load_for(file, &[])?;
    match &config.database.url {
        Some(url) => Records::postgres(url.expose(), PostgresOptions::default())
            .await
            .with_context(|| format!("cannot open the records in {url}")),
        None => open_local(&config.data.dir).await,
    }
}

/// Opens the records of a data directory.
async fn open_local(data: &Path) -> anyhow::Result<Records> {
    let path = Paths::of_existing(data)?.records;
    if !path.is_file() {
        return Err(DataDirError::Missing { path }.into());
    }
    Records::sqlite_read_only(&path).await.with_context(|| format!("cannot open the records {}", path.display()))
}

/// The query that the flags describe.
fn query(filter: &RecordsFilter) -> anyhow::Result<Query> {
    let mut kinds = Vec::new();
    for name in &filter.kind {
        if name == "all" {
            kinds.extend(Kind::ALL);
        } else {
            let all = Kind::ALL.iter().map(|kind| kind.as_str()).collect::<Vec<_>>().join(", ");
            kinds.push(name.parse::<Kind>().map_err(|error| Wrong(format!("{error}; there are all, {all}")))?);
        }
    }
    let level = match &filter.level {
        Some(name) => {
            let all = Level::ALL.iter().map(|level| level.as_str()).collect::<Vec<_>>().join(", ");
            Some(name.parse::<Level>().map_err(|error| Wrong(format!("{error}; there are {all}")))?)
        }
        None => None,
    };
    Ok(Query {
        kinds,
        level,
        region: filter.region.clone(),
        adcode_prefix: filter.adcode.clone(),
        year: filter.year,
        site: filter.site.clone(),
        ..Query::default()
    })
}

/// Lists records as a table or as JSON lines.
async fn list(session: &Session, args: RecordsListArgs) -> anyhow::Result<Exit> {
    let lang = session.lang;
    let records = open(&args.filter.place).await?;
    let found = records.list(&Query { limit: Some(args.limit), ..query(&args.filter)? }).await?;
    let mut out = BufWriter::new(std::io::stdout().lock());
    if args.json {
        for row in &found {
            serde_json::to_writer(&mut out, row)?;
            writeln!(out)?;
        }
        out.flush()?;
        return Ok(Exit::Done);
    }
    writeln!(out, "{}", summaries(session, &found))?;
    if found.len() == args.limit as usize {
        writeln!(
            out,
            "{}",
            say!(lang, "the first {}; `--limit` shows more", "前 {} 条；--limit 可显示更多", args.limit)
        )?;
    }
    out.flush()?;
    Ok(Exit::Done)
}

/// Record summaries as a table.
pub fn summaries(session: &Session, found: &[baogao_store::Summary]) -> comfy_table::Table {
    let header = session.lang.pick(
        ["id", "kind", "region", "delivered", "title", "speaker", "complete", "numbers"],
        ["编号", "类别", "地区", "作报告日期", "标题", "报告人", "完整性", "数值"],
    );
    let mut table = table::new(&header);
    for row in found {
        table.add_row([
            row.id.as_str().chars().take(8).collect(),
            row.kind.to_string(),
            row.region.as_ref().and_then(|region| region.name.clone()).unwrap_or_default(),
            row.delivered_on.map(|date| date.to_string()).unwrap_or_default(),
            row.title.clone().unwrap_or_default(),
            row.speaker.as_ref().map(|speaker| speaker.name.clone()).unwrap_or_default(),
            row.completeness.to_string(),
            row.measurements.to_string(),
        ]);
    }
    table
}

/// Shows one record.
async fn show(session: &Session, args: RecordsShowArgs) -> anyhow::Result<Exit> {
    let records = open(&args.place).await?;
    let Some(stored) = records.get(&args.id).await? else {
        let place = match &args.place.config {
            Some(config) => format!("--config {}", config.display()),
            None => format!("--data {}", args.place.data.display()),
        };
        tell(say!(
            session.lang,
            "error: no record begins with {}; `baogao records list {}` shows them",
            "错误：没有以 {} 开头的记录；查看：baogao records list {}",
            args.id,
            place,
        ));
        return Ok(Exit::SomeFailed);
    };
    let mut out = BufWriter::new(std::io::stdout().lock());
    if args.json {
        serde_json::to_writer(&mut out, &stored.record.report)?;
        writeln!(out)?;
    } else {
        let report = &stored.record.report;
        summary::write_record(&mut out, session.lang, report.id.as_str(), report)?;
        for (label, value) in [("url", &report.source.url), ("canonical", &report.source.canonical_url)] {
            if let Some(value) = value {
                writeln!(out, "{label}: {value}")?;
            }
        }
        for payload in &report.source.archive {
            writeln!(out, "archive: {}@{} {}", payload.segment, payload.offset, payload.blake3)?;
        }
        let count = stored.revisions.len();
        writeln!(out, "{}", say!(session.lang, "revisions: {}", "修订：{}", count))?;
    }
    out.flush()?;
    Ok(Exit::Done)
}

/// Writes every matching record to standard output.
async fn export(args: RecordsExportArgs) -> anyhow::Result<Exit> {
    let records = open(&args.filter.place).await?;
    let format = match (args.format, args.what) {
        (FormatArg::Jsonl, _) => Format::Jsonl,
        (FormatArg::Csv, WhatArg::Reports) => Format::Csv,
        (FormatArg::Csv, WhatArg::Measurements) => Format::MeasurementsCsv,
    };
    let query = query(&args.filter)?;
    records.export(&query, format, std::io::stdout()).await.context("cannot write to standard output")?;
    Ok(Exit::Done)
}
