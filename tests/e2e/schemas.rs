//! What is published about the format, held against what is written, by a validator that others have made.

use crate::support::{Place, baogao, json_lines, run};
use baogao_testkit::{Ended, python};
use baogao_tests::root;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Asks for the violations of schemas by values, each with the path of its schema below the root.
fn validate(place: &Place, values: &[(String, Value)]) -> Ended {
    let line = |(schema, value): &(String, Value)| json!({ "schema": root().join(schema), "value": value }).to_string();
    let lines = place.write("values.jsonl", values.iter().map(line).collect::<Vec<_>>().join("\n"));
    run(Command::new(python::interpreter()).arg(root().join("tests/e2e/valid.py")).arg(lines))
}

/// Holds values to the schemas of `docs/schemas`, named without `.json`.
pub fn fit(place: &Place, values: Vec<(String, Value)>) {
    let values: Vec<_> = values.into_iter().map(|(name, value)| (format!("docs/schemas/{name}.json"), value)).collect();
    let ended = validate(place, &values);
    let wanted = format!("{} values, 0 violations\n", values.len());
    assert!(ended.status.success() && ended.stdout == wanted, "{}{}", ended.stdout, ended.stderr);
    print!("{wanted}");
}

/// The schema of an event, by its CloudEvents type.
pub fn of_event(event: &Value) -> (String, Value) {
    let r#type = event["type"].as_str().and_then(|name| name.strip_prefix("baogao.")).expect("a type of ours");
    (r#type.to_owned(), event["data"].clone())
}

/// Files below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("the folder can be read") {
        let path = entry.expect("the folder can be read").path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found.sort();
    found
}

#[test]
fn whatever_text_the_parser_is_given_its_record_fits_the_schema() {
    let place = Place::new();
    let mut texts: Vec<String> = vec![String::new(), "\u{feff}\n \n".to_owned()];
    for path in files(&root().join("crates/parse/tests")) {
        if path.extension().is_some_and(|extension| extension == "txt" || extension == "tsv") {
            let text = std::fs::read_to_string(&path).expect("it is a text");
            // Every case of its own, as it stands there, and all of them as one long odd text.
            texts.extend(text.split("\n=== ").map(str::to_owned));
            texts.push(text);
        }
    }
    let write = |(n, text): (usize, &String)| place.write(&format!("{n}.txt"), text);
    let ended = run(baogao(&["parse", "--json"]).args(texts.iter().enumerate().map(write)));
    let records = json_lines(&ended.stdout);
    assert!(records.len() > 150, "{} records of {} texts: {}", records.len(), texts.len(), ended.stderr);
    fit(&place, records.into_iter().map(|record| ("record".to_owned(), record)).collect());
}

#[test]
fn the_description_of_the_stream_is_valid_asyncapi() {
    let place = Place::new();
    let text = std::fs::read_to_string(root().join("docs/asyncapi.json")).expect("it is there");
    let document: Value = serde_json::from_str(&text).expect("it is JSON");
    let schema = "tests/e2e/asyncapi-3.0.0.json".to_owned();
    let ended = validate(&place, &[(schema.clone(), document.clone())]);
    assert!(ended.status.success(), "{}{}", ended.stdout, ended.stderr);

    let mut wrong = document;
    wrong["operations"]["report.parsed"]["action"] = json!("shout");
    let ended = validate(&place, &[(schema, wrong)]);
    assert_eq!(ended.status.code(), Some(1), "{}", ended.stderr);
    assert!(ended.stdout.contains("operations"), "{}", ended.stdout);
}
