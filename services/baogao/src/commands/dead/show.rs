//! `baogao dead show`: one dead letter with its message.

use super::chosen::{Row, tell_missing};
use super::{Session, local, open, printable};
use crate::cli::DeadShowArgs;
use crate::exit::Exit;
use crate::lang::Lang;
use crate::say;
use baogao_bus::{DeadLetter, DeadLetterFilter};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use std::io::{self, BufWriter, Write};

/// The letters of a body that are shown without being asked for all.
const BODY_SHOWN: usize = 4000;

/// A dead letter with its message, as JSON.
#[derive(Serialize)]
struct Whole<'a> {
    #[serde(flatten)]
    row: Row,
    source: &'a str,
    time: Timestamp,
    traceparent: Option<&'a str>,
    /// The body, if it is JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<Value>,
    /// The body as text, if it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    body_text: Option<String>,
}

/// Carries the command out.
pub async fn run(session: &Session, args: DeadShowArgs) -> anyhow::Result<Exit> {
    let bus = open(session, &args.place).await?;
    let one = DeadLetterFilter { ids: vec![args.id.clone()], limit: Some(1), ..DeadLetterFilter::default() };
    let found = bus.dead_letters(&one).await?;
    bus.close().await?;
    let Some(letter) = found.first() else {
        tell_missing(session, &args.id);
        return Ok(Exit::SomeFailed);
    };
    let mut out = BufWriter::new(io::stdout().lock());
    if args.json {
        serde_json::to_writer(&mut out, &whole(letter))?;
        writeln!(out)?;
    } else {
        write_head(&mut out, session.lang, letter)?;
        write_body(&mut out, session.lang, &letter.message.body, args.full)?;
    }
    out.flush()?;
    Ok(Exit::Done)
}

fn whole(letter: &DeadLetter) -> Whole<'_> {
    let message = &letter.message;
    let body: Option<Value> = serde_json::from_slice(&message.body).ok();
    Whole {
        row: letter.into(),
        source: &message.source,
        time: message.time,
        traceparent: message.traceparent.as_deref(),
        body_text: body.is_none().then(|| String::from_utf8_lossy(&message.body).into_owned()),
        body,
    }
}

/// Writes everything but the body, one thing a line.
fn write_head(out: &mut impl Write, lang: Lang, letter: &DeadLetter) -> io::Result<()> {
    let message = &letter.message;
    let lines = [
        ("id", "编号", letter.id.clone()),
        ("stage", "阶段", letter.queue.clone()),
        ("error", "错误", letter.error.clone()),
        ("attempts", "尝试", letter.attempts.to_string()),
        ("crashes", "崩溃", letter.crashes.to_string()),
        ("first failure", "首次失败", local(letter.first_failed_at)),
        ("last failure", "最后失败", local(letter.last_failed_at)),
        ("site", "站点", letter.site().unwrap_or_else(|| "–".to_owned())),
        ("message id", "消息编号", message.id.clone()),
        ("type", "类型", message.r#type.clone()),
        ("source", "来源", message.source.clone()),
        ("published", "发布时间", local(message.time)),
        ("routing key", "路由键", message.routing_key.clone()),
        ("traceparent", "traceparent", message.traceparent.clone().unwrap_or_else(|| "–".to_owned())),
        ("body", "正文", say!(lang, "{} bytes", "{} 字节", message.body.len())),
    ];
    for (en, zh, value) in lines {
        writeln!(out, "{}: {}", lang.pick(en, zh), printable(&value))?;
    }
    writeln!(out)
}

/// Writes the body: indented if it is JSON, its beginning unless all is asked for.
fn write_body(out: &mut impl Write, lang: Lang, body: &[u8], full: bool) -> io::Result<()> {
    let json = serde_json::from_slice::<Value>(body).and_then(|value| serde_json::to_string_pretty(&value));
    let text = printable(&json.unwrap_or_else(|_| String::from_utf8_lossy(body).into_owned()));
    let end = if full { None } else { text.char_indices().nth(BODY_SHOWN) };
    let Some((end, _)) = end else { return writeln!(out, "{text}") };
    writeln!(out, "{}", &text[..end])?;
    let rest = text[end..].chars().count();
    writeln!(
        out,
        "{}",
        say!(lang, "… and {} characters more; `--full` shows them", "……其余 {} 字；--full 显示全部", rest)
    )
}
