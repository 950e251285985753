//! `docs/schemas` says what the types say. `BLESS=1 cargo test -p baogao-model --test schemas` rewrites it.

use baogao_model::event::ROUTING_KEYS;
use baogao_model::schema::{asyncapi, schemas};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::PathBuf;

/// Every file by its path below `docs`, with what it is to hold.
fn files() -> Vec<(String, Value)> {
    let mut files: Vec<_> =
        schemas().into_iter().map(|file| (format!("schemas/{}.json", file.name), file.schema)).collect();
    files.push(("asyncapi.json".to_owned(), asyncapi()));
    files
}

#[test]
fn what_is_published_is_what_the_types_say() {
    let docs = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs");
    let is_blessed = std::env::var_os("BLESS").is_some();
    std::fs::create_dir_all(docs.join("schemas")).unwrap();
    for (path, value) in files() {
        let text = format!("{value:#}\n");
        if is_blessed {
            std::fs::write(docs.join(&path), text).unwrap();
        } else {
            let found = std::fs::read_to_string(docs.join(&path)).unwrap_or_default();
            assert!(found == text, "docs/{path} is not what the types say; if that is meant, run this with BLESS=1");
        }
    }
    let published: BTreeSet<String> = files().into_iter().map(|(path, _)| path).collect();
    for entry in std::fs::read_dir(docs.join("schemas")).unwrap() {
        let path = format!("schemas/{}", entry.unwrap().file_name().to_str().unwrap());
        assert!(published.contains(&path), "docs/{path} describes nothing");
    }
}

#[test]
fn every_channel_has_a_routing_key_that_can_be_listened_to() {
    let asyncapi = asyncapi();
    let channels = asyncapi["channels"].as_object().unwrap().values();
    let described: BTreeSet<&str> = channels.map(|channel| channel["address"].as_str().unwrap()).collect();
    assert_eq!(described, ROUTING_KEYS.into_iter().collect());
}

/// Every `$ref` below a value.
fn references(value: &Value) -> Vec<String> {
    match value {
        Value::Object(fields) => fields
            .iter()
            .flat_map(|(name, field)| match field {
                Value::String(to) if name == "$ref" => vec![to.clone()],
                field => references(field),
            })
            .collect(),
        Value::Array(items) => items.iter().flat_map(references).collect(),
        _ => Vec::new(),
    }
}

#[test]
fn every_reference_leads_somewhere() {
    let files = files();
    for (path, value) in &files {
        for reference in references(value) {
            let is_there = match reference.strip_prefix('#') {
                Some(pointer) => value.pointer(pointer).is_some(),
                None => files.iter().any(|(path, _)| *path == reference),
            };
            assert!(is_there, "{path}: {reference}");
        }
    }
}

#[test]
fn what_is_always_written_is_required_and_links_of_the_source_are_gone() {
    let record = schemas().into_iter().find(|file| file.name == "record").unwrap().schema;
    let required: BTreeSet<&str> = record["required"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert!(required.contains("region") && required.contains("measurements"), "{required:?}");
    assert_eq!(record["properties"]["title"]["type"], serde_json::json!(["string", "null"]));
    let text = record.to_string();
    assert!(!text.contains("[`") && !text.contains("crate::"), "{text}");
}
