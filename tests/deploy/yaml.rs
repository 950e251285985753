//! YAML as JSON, read by the Python tools that the tests have anyway.

use baogao_testkit::python;
use serde_json::Value;
use std::path::Path;
use std::process::Command;

/// Reads every document of a stream, with anchors and merge keys followed.
const READER: &str = "import sys, json, yaml; json.dump(list(yaml.safe_load_all(open(sys.argv[1]))), sys.stdout)";

/// The documents of a file.
pub fn documents(path: &Path) -> Vec<Value> {
    let mut reader = Command::new(python::interpreter());
    let text = output(reader.args(["-c", READER]).arg(path));
    serde_json::from_str(&text).expect("the reader writes JSON")
}

/// What a program that succeeds writes to its standard output.
pub fn output(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?} does not start: {error}"));
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{command:?}: {}\n{stdout}{stderr}", output.status);
    stdout.into_owned()
}

/// The text at a JSON pointer.
pub fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("no text at {pointer} of {value:#}"))
}

/// The list at a JSON pointer; empty where there is none.
pub fn list<'a>(value: &'a Value, pointer: &str) -> &'a [Value] {
    value.pointer(pointer).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// A list of texts.
pub fn texts(values: &[Value]) -> Vec<&str> {
    values.iter().map(|value| value.as_str().unwrap_or_else(|| panic!("{value} is no text"))).collect()
}

/// The one of `values` that has `name` under `name`.
pub fn named<'a>(values: &'a [Value], name: &str) -> &'a Value {
    let mut found = values.iter().filter(|value| value["name"] == name);
    found.next().unwrap_or_else(|| panic!("there is no {name} in {values:#?}"))
}
