//! Prints every report that is parsed: a program of its own at a queue of its own.

use futures::StreamExt;
use lapin::options::{
    BasicAckOptions, BasicConsumeOptions, ExchangeDeclareOptions, QueueBindOptions, QueueDeclareOptions,
};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{Connection, ConnectionProperties, ExchangeKind};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let broker = Connection::connect(&std::env::var("BAOGAO_AMQP_URL")?, ConnectionProperties::default()).await?;
    let channel = broker.create_channel().await?;
    let (none, exchange, queue) = (FieldTable::default(), "baogao.events", "sub.mine-too");
    let durable = ExchangeDeclareOptions { durable: true, ..Default::default() };
    channel.exchange_declare(exchange.into(), ExchangeKind::Topic, durable, none.clone()).await?;
    let mut quorum = none.clone();
    quorum.insert("x-queue-type".into(), AMQPValue::LongString("quorum".into()));
    let durable = QueueDeclareOptions { durable: true, ..Default::default() };
    channel.queue_declare(queue.into(), durable, quorum).await?;
    let bind = QueueBindOptions::default();
    channel.queue_bind(queue.into(), exchange.into(), "report.parsed.#".into(), bind, none.clone()).await?;
    let mut reports = channel.basic_consume(queue.into(), "".into(), BasicConsumeOptions::default(), none).await?;
    while let Some(delivery) = reports.next().await {
        let delivery = delivery?;
        let body: serde_json::Value = serde_json::from_slice(&delivery.data)?;
        println!(
            "{} {} {}",
            delivery.properties.message_id().clone().unwrap_or_default(),
            body["report"]["id"],
            body["report"]["title"]
        );
        delivery.ack(BasicAckOptions::default()).await?;
    }
    Ok(())
}
