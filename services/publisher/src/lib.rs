#![doc = include_str!("../README.md")]

use baogao_bus::{Bus, QueueSpec};
use baogao_model::Message;
use baogao_model::event::{DocumentOther, ReportParsed};
use baogao_model::message::DecodeError;
use baogao_runtime::work::body_bytes;
use baogao_runtime::{Context, Failure, Handled, Worker};
use baogao_store::{Record, Sink};
use std::sync::Arc;

/// The name of the records among the parts that `/ready` tells of.
pub const RECORDS: &str = "records";

/// The queue of records on their way into the records store.
pub const RECORDS_QUEUE: &str = "publish.records";

/// The queues this role consumes.
pub fn queues() -> Vec<QueueSpec> {
    vec![QueueSpec {
        name: RECORDS_QUEUE.to_owned(),
        bindings: vec!["report.parsed.#".to_owned(), "document.other.#".to_owned()],
    }]
}

/// One sink and the queue that feeds it.
#[derive(Clone)]
pub struct Publisher {
    /// Carries the messages.
    pub bus: Bus,
    /// The sink's queue.
    pub queue: &'static str,
    /// Takes the records.
    pub sink: Arc<dyn Sink>,
    /// Messages handled at once; the sink commits them in groups.
    pub concurrency: usize,
    /// What the process shares.
    pub context: Context,
}

impl Publisher {
    /// Publishes until shutdown is asked for.
    pub async fn run(self) {
        let worker = Worker {
            bus: self.bus,
            queue: self.queue,
            concurrency: self.concurrency,
            store: RECORDS,
            weigh: body_bytes,
            context: self.context,
        };
        let sink = self.sink;
        worker.run(move |message| handle(Arc::clone(&sink), message)).await;
    }
}

/// Handles one record.
async fn handle(sink: Arc<dyn Sink>, message: Message) -> Handled {
    let record = record(&message)?;
    let kind = if record.report.kind.is_report() { "report" } else { "other" };
    let puts = sink.put(&[record]).await.map_err(|error| {
        let is_transient = error.is_transient();
        Failure::of_store(error, is_transient)
    })?;
    for put in puts {
        let outcome = put.as_str();
        let sink = sink.name().to_owned();
        metrics::counter!("baogao_publisher_records_total", "sink" => sink, "kind" => kind, "outcome" => outcome)
            .increment(1);
    }
    Ok(Vec::new())
}

/// The record in a message, whichever of the two events it is.
fn record(message: &Message) -> Result<Record, DecodeError> {
    if message.is::<ReportParsed>() {
        let ReportParsed { report, revision } = message.decode()?;
        return Ok(Record { report, revision });
    }
    let DocumentOther { report, revision } = message.decode()?;
    Ok(Record { report, revision })
}
