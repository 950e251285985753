//! The dead letters that a command line chooses.

use super::super::Session;
use crate::cli::DeadFilter;
use crate::exit::Exit;
use crate::say;
use crate::tell::tell;
use baogao_bus::{Bus, BusError, DeadLetter, DeadLetterFilter};
use jiff::Timestamp;
use serde::Serialize;
use std::collections::BTreeSet;
use std::time::Duration;

/// Dead letters read at a time: with their bodies they may be large, and over a broker each look reads all.
const PAGE: usize = 256;

/// A dead letter without its body: what is listed.
#[derive(Debug, Serialize)]
pub struct Row {
    /// Its name on the bus.
    pub id: String,
    /// The queue it failed in.
    pub stage: String,
    /// The site its pages are from, if the message says.
    pub site: Option<String>,
    /// What the last failure said.
    pub error: String,
    /// How often it was tried.
    pub attempts: u32,
    /// How often its process died with it.
    pub crashes: u32,
    /// When it failed for the first time.
    pub first_failed_at: Timestamp,
    /// When it was given up.
    pub last_failed_at: Timestamp,
    /// The message's own id.
    pub message_id: String,
    /// The message's type, version included.
    pub r#type: String,
    /// The routing key it was published with.
    pub routing_key: String,
    /// The length of the body.
    pub body_bytes: usize,
}

impl From<&DeadLetter> for Row {
    fn from(letter: &DeadLetter) -> Self {
        Self {
            id: letter.id.clone(),
            stage: letter.queue.clone(),
            site: letter.site(),
            error: letter.error.clone(),
            attempts: letter.attempts,
            crashes: letter.crashes,
            first_failed_at: letter.first_failed_at,
            last_failed_at: letter.last_failed_at,
            message_id: letter.message.id.clone(),
            r#type: letter.message.r#type.clone(),
            routing_key: letter.message.routing_key.clone(),
            body_bytes: letter.message.body.len(),
        }
    }
}

/// The filter that the flags describe, as of now. The limit is the caller's.
pub fn filter(args: &DeadFilter) -> DeadLetterFilter {
    let now = Timestamp::now();
    // Before the beginning of time, so none or all.
    let ago = |age: Duration| now.checked_sub(age).unwrap_or(Timestamp::MIN);
    DeadLetterFilter {
        queue: args.stage.clone(),
        ids: args.ids.clone(),
        error: args.error.clone(),
        site: args.site.clone(),
        failed_before: args.older_than.map(ago),
        failed_since: args.newer_than.map(ago),
        after: None,
        limit: None,
    }
}

/// The first `limit` dead letters that pass, oldest first. Only a page of bodies is held at a time.
pub async fn rows(bus: &Bus, filter: &DeadLetterFilter, limit: usize) -> Result<Vec<Row>, BusError> {
    let mut filter = filter.clone();
    let mut rows: Vec<Row> = Vec::new();
    while rows.len() < limit {
        let wanted = PAGE.min(limit - rows.len());
        filter.limit = Some(wanted);
        let page = bus.dead_letters(&filter).await?;
        rows.extend(page.iter().map(Row::from));
        if page.len() < wanted {
            break;
        }
        filter.after = rows.last().map(|row| row.id.clone());
    }
    Ok(rows)
}

/// Tells of ids that choose nothing, and of a stage that is none; these make the code 1.
///
/// `rows` are the first `limit` that were chosen.
pub async fn complain(
    session: &Session,
    bus: &Bus,
    args: &DeadFilter,
    rows: &[Row],
    limit: usize,
) -> Result<Exit, BusError> {
    let mut exit = Exit::Done;
    if rows.len() < limit {
        let found: BTreeSet<&str> = rows.iter().map(|row| row.id.as_str()).collect();
        for id in args.ids.iter().filter(|id| !found.contains(id.as_str())) {
            tell_missing(session, id);
            exit = Exit::SomeFailed;
        }
    }
    if let (Some(stage), true) = (&args.stage, rows.is_empty()) {
        let stages: Vec<String> = bus.depths().await?.into_iter().map(|depth| depth.queue).collect();
        if !stages.is_empty() && !stages.contains(stage) {
            let stages = stages.join(", ");
            tell(say!(
                session.lang,
                "error: there is no stage {}; there are {}",
                "错误：没有名为 {} 的阶段；现有：{}",
                stage,
                stages
            ));
            exit = Exit::SomeFailed;
        }
    }
    Ok(exit)
}

/// Tells of an id under which no dead letter was found.
pub fn tell_missing(session: &Session, id: &str) {
    tell(say!(
        session.lang,
        "error: there is no dead letter {} among those asked for; `baogao dead list` shows them",
        "错误：没有符合条件的死信 {}；查看：baogao dead list",
        id,
    ));
}
