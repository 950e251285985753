//! Messages and URLs by the million.

use crate::unlimited;
use baogao_bus::{Bus, Consumer};
use baogao_frontier::{Frontier, FrontierConfig, PostgresOptions, Seed};
use baogao_model::event::{ArticleCleaned, LinksFound, PageFetched, ReportParsed};
use baogao_model::message::Origin;
use baogao_model::{CanonicalUrl, Message, ReportId};
use baogao_testkit::{FakeWeb, sample};
use std::time::Duration;

/// How many different messages of a kind there are.
const SAMPLES: usize = 8;

/// Connections that publish at the same time.
const PUBLISHERS: u64 = 4;

/// Messages of one call.
const BATCH: u64 = 512;

/// URLs of one call.
const URLS: u64 = 2_000;

/// A kind of message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Page,
    Article,
    Report,
    Links,
}

impl Kind {
    const ALL: [Self; 4] = [Self::Page, Self::Article, Self::Report, Self::Links];

    /// What kind `message` is of.
    fn of(message: &Message) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| match kind {
            Self::Page => message.is::<PageFetched>(),
            Self::Article => message.is::<ArticleCleaned>(),
            Self::Report => message.is::<ReportParsed>(),
            Self::Links => message.is::<LinksFound>(),
        })
    }
}

/// Messages as services publish them.
pub struct Samples(Vec<Message>);

impl Samples {
    /// Takes from `tap` until there are enough of each kind.
    pub async fn collect(mut tap: Consumer) -> Self {
        // The record of a whole report is ten times as long: a million would fill most disks.
        let mut samples = Self(vec![report(0)]);
        while Kind::ALL.into_iter().any(|kind| samples.wants(kind)) {
            let delivery = tap.next().await.expect("a crawl says enough");
            if Kind::of(delivery.message()).is_some_and(|kind| samples.wants(kind)) {
                samples.0.push(delivery.message().clone());
            }
            delivery.ack().await.expect("the broker answers");
        }
        samples
    }

    fn wants(&self, kind: Kind) -> bool {
        kind != Kind::Report && self.of(kind).len() < SAMPLES
    }

    fn of(&self, kind: Kind) -> Vec<&Message> {
        self.0.iter().filter(|message| Kind::of(message) == Some(kind)).collect()
    }

    /// The mean length of a body.
    pub fn mean_bytes(&self, kind: Kind) -> usize {
        let bodies = self.of(kind);
        bodies.iter().map(|message| message.body.len()).sum::<usize>() / bodies.len()
    }

    /// Publishes `count` messages to the broker at `url`.
    pub async fn publish(&self, kind: Kind, url: &str, count: u64) {
        let mut publishers = tokio::task::JoinSet::new();
        for publisher in 0..PUBLISHERS {
            let bus = Bus::rabbitmq(url, unlimited()).await.expect("an address");
            let samples: Vec<Message> = self.of(kind).into_iter().cloned().collect();
            publishers.spawn(async move {
                let numbers: Vec<u64> = (publisher..count).step_by(PUBLISHERS as usize).collect();
                for batch in numbers.chunks(BATCH as usize) {
                    let messages = batch.iter().map(|number| copy(&samples, *number)).collect();
                    bus.publish(messages).await.expect("the broker has room");
                }
                bus.close().await.expect("the bus closes");
            });
        }
        while let Some(done) = publishers.join_next().await {
            done.expect("all is published");
        }
    }
}

/// The `number`-th copy of the samples, under an id of its own; of a record, one of another report.
fn copy(samples: &[Message], number: u64) -> Message {
    let sample = &samples[number as usize % samples.len()];
    match Kind::of(sample) {
        Some(Kind::Report) => report(number),
        _ => Message { id: format!("{number:032x}"), ..sample.clone() },
    }
}

/// A short record, of a report that no other number has.
fn report(number: u64) -> Message {
    let mut report = sample::report();
    report.id = ReportId::of_document("www.qinglan.example", &number.to_string());
    let input_id = number.to_string();
    let origin =
        Origin { stage: "parser", stage_version: 1, input_id: &input_id, time: sample::now(), traceparent: None };
    Message::new(&ReportParsed { report, revision: sample::revision() }, origin, 0)
}

/// Has `count` URLs due in the frontier, on the hosts of `web`, which has nothing there.
pub async fn schedule(database: &str, web: &FakeWeb, count: u64) {
    // The pace as the crawler has it.
    let config = FrontierConfig { default_delay: Duration::from_millis(1), ..FrontierConfig::default() };
    let frontier =
        Frontier::postgres(database, config, PostgresOptions::default()).await.expect("the database answers");
    let hosts: Vec<String> = web.truth().hosts.iter().map(|host| host.host.clone()).collect();
    for first in (0..count).step_by(URLS as usize) {
        let url = |number: u64| {
            let text = format!("http://{}/waiting/{count}/{number}.html", hosts[number as usize % hosts.len()]);
            CanonicalUrl::parse(&text).expect("it is one")
        };
        let seeds = (first..count.min(first + URLS)).map(|number| Seed { url: url(number), priority: 0, now: false });
        frontier.schedule(jiff::Timestamp::now(), seeds.collect()).await.expect("the database answers");
    }
    frontier.close().await.expect("it closes");
}
