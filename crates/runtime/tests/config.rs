//! A configuration file lists every mistake at once.

use baogao_runtime::config::{ConfigError, File};
use serde::Deserialize;
use std::path::Path;

#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
struct Section {
    host_delay_ms: u64,
    name: String,
}

fn read(text: &str) -> (Section, Section, Result<(), ConfigError>) {
    let mut file = File::from_text(Path::new("baogao.toml"), text).expect("TOML");
    let crawler: Section = file.section("crawler");
    let parser: Section = file.section("parser");
    if crawler.host_delay_ms > 1000 {
        file.problem("crawler.host_delay_ms", "too long");
    }
    (crawler, parser, file.finish())
}

#[test]
fn sections_have_their_values_and_defaults() {
    let (crawler, parser, result) = read("[crawler]\nhost_delay_ms = 20\n");
    assert_eq!(crawler, Section { host_delay_ms: 20, name: String::new() });
    assert_eq!(parser, Section::default());
    assert!(result.is_ok());
}

#[test]
fn every_mistake_is_listed() {
    let (_, _, result) = read("[crawler]\nhost_delay_ms = 2000\nspeed = 3\n[parser]\nname = 5\n[crowler]\n");
    let Err(ConfigError::Mistakes { problems, .. }) = result else { panic!("there are mistakes: {result:?}") };
    let keys: Vec<_> = problems.iter().map(|problem| problem.key.as_str()).collect();
    assert_eq!(keys, ["crawler.speed", "parser.name", "crawler.host_delay_ms", "crowler"]);
}

#[test]
fn what_is_no_toml_or_no_file_says_so() {
    let error = File::from_text(Path::new("baogao.toml"), "[crawler\n").expect_err("no TOML");
    assert!(matches!(&error, ConfigError::Syntax { message, .. } if message.contains("line 1")), "{error}");
    let error = File::read(Path::new("no/such/file.toml")).expect_err("no file");
    assert!(error.to_string().contains("no/such/file.toml"), "{error}");
}

#[test]
fn a_line_with_a_mistake_is_not_repeated() {
    let text = "[bus]\nurl = \"amqp://crawler:s3cret@broker.example\n";
    let error = File::from_text(Path::new("baogao.toml"), text).expect_err("no TOML").to_string();
    assert!(error.contains("line 2") && !error.contains("s3cret"), "{error}");
}
