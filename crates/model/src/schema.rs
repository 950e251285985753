//! What travels, described for other programs: a JSON Schema of the record and of every event, and an
//! AsyncAPI document of the stream. All is made from the types; `docs/schemas` holds what they say today.

use crate::Report;
use crate::event::{
    ArticleCleaned, DocumentForgotten, DocumentOther, DocumentReady, LinksFound, PageFetched, ReportParsed,
};
use crate::message::Event;
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};
use serde_json::{Map, Value, json};

/// The topic exchange of all events.
pub const EXCHANGE: &str = "baogao.events";

/// A schema with the name of its file, less `.json`.
#[derive(Debug, Clone, PartialEq)]
pub struct Published {
    /// `record`, or the event and its version: `report.parsed.v1`.
    pub name: String,
    /// JSON Schema, draft 2020-12.
    pub schema: Value,
}

/// An event as the documents tell of it.
struct Described {
    /// Without `baogao.`: `report.parsed`.
    name: &'static str,
    version: u32,
    routing: &'static str,
    schema: Value,
}

impl Described {
    fn of<E: Event + JsonSchema>() -> Self {
        let name = E::NAME.trim_start_matches("baogao.");
        let schema = schema_of::<E>(&format!("{name}.v{}", E::VERSION));
        Self { name, version: E::VERSION, routing: E::ROUTING, schema }
    }

    fn file(&self) -> String {
        format!("{}.v{}", self.name, self.version)
    }
}

/// Every event, in the order of the pipeline.
fn events() -> [Described; 7] {
    [
        Described::of::<PageFetched>(),
        Described::of::<LinksFound>(),
        Described::of::<DocumentReady>(),
        Described::of::<ArticleCleaned>(),
        Described::of::<ReportParsed>(),
        Described::of::<DocumentOther>(),
        Described::of::<DocumentForgotten>(),
    ]
}

/// The schemas of the record and of every event.
pub fn schemas() -> Vec<Published> {
    let record = Published { name: "record".to_owned(), schema: schema_of::<Report>("record") };
    let of_events = events().map(|event| Published { name: event.file(), schema: event.schema });
    std::iter::once(record).chain(of_events).collect()
}

/// The stream as an AsyncAPI 3.0 document. It refers to the schemas as files in `schemas` beside it.
pub fn asyncapi() -> Value {
    let (mut channels, mut operations, mut messages) = (Map::new(), Map::new(), Map::new());
    for event in events() {
        let (name, file) = (event.name, event.file());
        channels.insert(name.to_owned(), channel(&event));
        operations
            .insert(name.to_owned(), json!({ "action": "send", "channel": { "$ref": format!("#/channels/{name}") } }));
        let message = json!({
            "name": format!("baogao.{file}"),
            "title": event.schema["title"],
            "summary": event.schema["description"],
            "contentType": "application/json",
            "headers": { "$ref": "#/components/schemas/headers" },
            "payload": { "$ref": format!("schemas/{file}.json") },
        });
        messages.insert(file, message);
    }
    json!({
        "asyncapi": "3.0.0",
        "info": {
            "title": "baogao",
            "version": "1",
            "description": "Everything that the stages of baogao say to each other, and to whoever binds a queue of \
                            its own. CloudEvents 1.0 in binary mode over AMQP 0-9-1. Version 1 of each event is a draft.",
            "license": { "name": "Apache-2.0" },
        },
        "defaultContentType": "application/json",
        "servers": {
            "broker": { "host": "localhost:5672", "protocol": "amqp", "description": "The RabbitMQ of the services." },
        },
        "channels": channels,
        "operations": operations,
        "components": { "messages": messages, "schemas": { "headers": headers() } },
    })
}

/// Where an event is published.
fn channel(event: &Described) -> Value {
    let file = event.file();
    let names = event.routing.split('.').filter_map(|word| word.strip_prefix('{')?.strip_suffix('}'));
    let parameters: Map<String, Value> =
        names.map(|name| (name.to_owned(), json!({ "description": parameter(name) }))).collect();
    json!({
        "address": event.routing,
        "parameters": parameters,
        "messages": { file.clone(): { "$ref": format!("#/components/messages/{file}") } },
        "bindings": {
            "amqp": {
                "is": "routingKey",
                "exchange": { "name": EXCHANGE, "type": "topic", "durable": true, "autoDelete": false },
                "bindingVersion": "0.3.0",
            },
        },
    })
}

/// What a word of a routing key says.
fn parameter(name: &str) -> &'static str {
    match name {
        "site" => "The registrable host; characters outside [a-z0-9-] are `_`.",
        "level" => "The level of the government: nation, province, prefecture, county… `-` where unknown.",
        "adcode" => "The six digits of GB/T 2260, `-` where unknown.",
        "plan_year" => "The year the tasks are for, `-` where unknown.",
        "kind" => "What the document is.",
        _ => "",
    }
}

/// The attributes of the envelope, as AMQP headers.
fn headers() -> Value {
    let attribute = |what: &str| json!({ "type": "string", "description": what });
    json!({
        "type": "object",
        "properties": {
            "cloudEvents_specversion": { "type": "string", "const": "1.0" },
            "cloudEvents_id": attribute("Equal ids mean the same message sent again."),
            "cloudEvents_type": attribute("The event and its version: `baogao.report.parsed.v1`."),
            "cloudEvents_source": attribute("The stage that made it: `/baogao/parser`."),
            "cloudEvents_time": { "type": "string", "format": "date-time", "description": "When it was made." },
            "traceparent": attribute("W3C trace context, from the fetch to the store."),
        },
        "required": [
            "cloudEvents_specversion", "cloudEvents_id", "cloudEvents_type", "cloudEvents_source", "cloudEvents_time",
        ],
    })
}

/// The schema of what a reader of `T` gets: every field that is always written is required.
fn schema_of<T: JsonSchema>(name: &str) -> Value {
    let generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    let mut schema: Schema = generator.into_root_schema_for::<T>();
    schema.insert("$id".to_owned(), format!("urn:baogao:{name}").into());
    let mut schema = schema.to_value();
    plain(&mut schema);
    schema
}

/// Takes the marks of documentation links out of descriptions.
fn plain(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields.iter_mut() {
                match field {
                    Value::String(text) if name == "description" => {
                        *text = text.replace("[`", "`").replace("`]", "`").replace("crate::", "");
                    }
                    field => plain(field),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(plain),
        _ => {}
    }
}
