//! Waiting for what is away: at the start until it can be opened, and ever after.

use crate::context::Context;
use crate::work::Failure;
use std::future::Future;
use std::time::Duration;
use tokio::time::timeout;

/// The pause after the first attempt that failed, doubled up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(250);

/// The longest pause between two attempts to open a part.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// The time between two looks at a part.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// A part that takes longer than this to answer is away: a cut line may say nothing for minutes.
const PATIENCE: Duration = Duration::from_secs(10);

/// Opens a part, however long it is away. None where the process is asked to stop before.
///
/// # Errors
///
/// With the first failure that waiting cannot mend: [`Failure::Permanent`].
pub async fn open<T, F>(
    context: &Context,
    part: &'static str,
    mut attempt: impl FnMut() -> F,
) -> anyhow::Result<Option<T>>
where
    F: Future<Output = Result<T, Failure>>,
{
    context.health.watch(part);
    let mut pause = FIRST_PAUSE;
    loop {
        // A slow answer is told of but not given up: it may be a migration of many rows.
        let slow = async {
            tokio::time::sleep(PATIENCE).await;
            context.health.lost(part, silent());
            std::future::pending().await
        };
        let answer = tokio::select! {
            () = context.shutdown.requested() => return Ok(None),
            answer = attempt() => answer,
            never = slow => never,
        };
        match answer {
            Ok(opened) => {
                context.health.back(part);
                return Ok(Some(opened));
            }
            Err(Failure::Permanent(error)) => return Err(error),
            Err(failure) => context.health.lost(part, failure.text()),
        }
        if !context.shutdown.sleep(pause).await {
            return Ok(None);
        }
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// Looks at a part again and again and notes what it finds, until the process is asked to stop.
pub async fn keep_looking<F>(context: &Context, part: &'static str, mut look: impl FnMut() -> F)
where
    F: Future<Output = Result<(), Failure>>,
{
    context.health.watch(part);
    loop {
        match timeout(PATIENCE, look()).await {
            Ok(Ok(())) => context.health.back(part),
            Ok(Err(failure)) => context.health.lost(part, failure.text()),
            Err(_) => context.health.lost(part, silent()),
        }
        if !context.shutdown.sleep(LOOK_EVERY).await {
            return;
        }
    }
}

fn silent() -> String {
    format!("no answer within {} s", PATIENCE.as_secs())
}
