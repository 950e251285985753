//! How the rest of the process talks to the writer thread.

use super::consumers::{ConsumerId, Item};
use crate::backend::{Decision, Receipt, Received};
use crate::{BusError, DeadLetterFilter, QueueSpec};
use async_trait::async_trait;
use baogao_model::Message;
use std::sync::mpsc::Sender;
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::{OwnedSemaphorePermit, oneshot};

/// Where the result of a command goes: how many rows it concerned.
pub(super) type Reply = oneshot::Sender<Result<u64, BusError>>;

/// What the writer is asked to do.
pub(super) enum Command {
    /// A change of the database, made durable before the reply.
    Write(Pending),
    /// A consumer comes. Its receipts answer to `inbox`.
    Subscribe {
        consumer: ConsumerId,
        queue: String,
        prefetch: usize,
        items: UnboundedSender<Item>,
        inbox: Inbox,
        reply: Reply,
    },
    /// A consumer goes.
    Unsubscribe { consumer: ConsumerId },
    /// A consumer is ready to process a suspect at once. Answered by one, or by hanging up.
    AskForSuspect { consumer: ConsumerId, give: oneshot::Sender<Received> },
    /// Somebody has begun to listen.
    LookAround,
    /// The end.
    Close { reply: Reply },
}

/// A change and who waits for it.
pub(super) struct Pending {
    pub(super) write: Write,
    /// None where nobody waits.
    pub(super) reply: Option<Reply>,
    /// Held until the change is made: it bounds what waits.
    _permit: Option<OwnedSemaphorePermit>,
}

/// A change of the database.
pub(super) enum Write {
    Declare(Vec<QueueSpec>),
    Publish(Vec<Message>),
    Settle { delivery: i64, decision: Decision },
    Replay(DeadLetterFilter),
    Discard(DeadLetterFilter),
}

/// The way to the writer. It ends when the writer has closed.
#[derive(Clone)]
pub(super) struct Inbox {
    sender: Sender<Command>,
}

impl Inbox {
    pub(super) fn new(sender: Sender<Command>) -> Self {
        Self { sender }
    }

    /// Sends a command nobody waits for. A closed writer has handed everything back already.
    pub(super) fn post(&self, command: Command) {
        let _ = self.sender.send(command);
    }

    /// Sends a change and waits until it is durable. The change is made even if the call is dropped.
    pub(super) async fn write(&self, write: Write, permit: Option<OwnedSemaphorePermit>) -> Result<u64, BusError> {
        self.ask(|reply| Command::Write(Pending { write, reply: Some(reply), _permit: permit })).await
    }

    /// Sends the command made with a reply address and waits for the reply.
    pub(super) async fn ask(&self, command: impl FnOnce(Reply) -> Command) -> Result<u64, BusError> {
        let (reply, answer) = oneshot::channel();
        self.post(command(reply));
        answer.await.unwrap_or(Err(BusError::Closed))
    }
}

/// The right to decide about one delivery.
pub(super) struct SqliteReceipt {
    inbox: Inbox,
    delivery: i64,
    is_decided: bool,
}

impl SqliteReceipt {
    pub(super) fn new(inbox: Inbox, delivery: i64) -> Self {
        Self { inbox, delivery, is_decided: false }
    }

    fn decide(&mut self, decision: Decision, reply: Option<Reply>) {
        if !self.is_decided {
            self.is_decided = true;
            let write = Write::Settle { delivery: self.delivery, decision };
            self.inbox.post(Command::Write(Pending { write, reply, _permit: None }));
        }
    }
}

#[async_trait]
impl Receipt for SqliteReceipt {
    async fn settle(mut self: Box<Self>, decision: Decision) -> Result<(), BusError> {
        let (reply, answer) = oneshot::channel();
        self.decide(decision, Some(reply));
        answer.await.unwrap_or(Err(BusError::Closed)).map(drop)
    }

    fn settle_detached(mut self: Box<Self>, decision: Decision) {
        self.decide(decision, None);
    }
}

impl Drop for SqliteReceipt {
    fn drop(&mut self) {
        self.decide(Decision::HandBack, None);
    }
}
