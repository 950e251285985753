//! `compose.yaml`, as its documents say it. What a real reader of such files says of it is in `image_run.rs`.

use crate::image;
use crate::samples::{Sample, check_variables, file};
use crate::service::SERVICES;
use crate::yaml::{documents, list, output, text, texts};
use baogao_testkit::servers::want_programs;
use baogao_tests::root;
use serde_json::Value;
use std::collections::BTreeSet;
use std::process::Command;
use std::time::Duration;

fn compose() -> Value {
    let mut documents = documents(&file("compose.yaml"));
    assert_eq!(documents.len(), 1);
    documents.remove(0)
}

/// The containers of the binary, by name.
fn roles(compose: &Value) -> Vec<(&str, &Value)> {
    SERVICES.into_iter().chain(["migrate"]).map(|name| (name, &compose["services"][name])).collect()
}

/// The command that asks a service whether it is ready.
pub fn health_check() -> Vec<String> {
    let compose = compose();
    let test = texts(list(&compose, "/services/parser/healthcheck/test")).into_iter();
    test.skip_while(|word| *word == "CMD").map(str::to_owned).collect()
}

/// What is mounted where, and whether read-only.
fn mounts(role: &Value) -> Vec<(&str, &str, bool)> {
    let mounts = texts(list(role, "/volumes")).into_iter().map(|mount| {
        let (from, to) = mount.split_once(':').expect("a short form");
        to.strip_suffix(":ro").map_or((from, to, false), |to| (from, to, true))
    });
    mounts.collect()
}

#[test]
fn every_role_gets_arguments_and_variables_that_the_binary_knows() {
    let compose = compose();
    for (name, role) in roles(&compose) {
        let args = texts(list(role, "/command"));
        let wanted = if name == "migrate" { vec!["migrate"] } else { vec!["service", name] };
        assert!(args.starts_with(&wanted), "{name}: {args:?}");
        let config = mounts(role).into_iter().find(|(from, ..)| *from == "./config/services.toml");
        let (_, config, _) = config.expect("the sample is mounted");
        let given = role["environment"].as_object().expect("variables").keys().cloned().collect();
        check_variables(&args, config, &given);
    }
}

#[test]
fn folders_ports_and_times_are_those_of_the_sample() {
    let (compose, sample) = (compose(), Sample::services());
    for (name, role) in roles(&compose) {
        let archive = mounts(role).into_iter().find(|(from, ..)| *from == "archive");
        let wanted = match name {
            "crawler" => Some(("archive", sample.archive(), false)),
            "scraper" => Some(("archive", sample.archive(), true)),
            _ => None,
        };
        assert_eq!(archive, wanted, "{name}");
        assert!(seconds(text(role, "/stop_grace_period")) >= sample.longest_stop(), "{name}");
        assert_eq!(role["read_only"], true, "{name}");
        assert_eq!(role["cap_drop"], serde_json::json!(["ALL"]), "{name}");
    }
    let asks = health_check().join(" ");
    assert!(asks.contains(&format!("/dev/tcp/127.0.0.1/{} ", sample.health_port())), "{asks}");
    assert!(asks.contains("GET /ready "), "{asks}");
    let context = file(text(&compose, "/services/crawler/build/context"));
    let context = context.canonicalize().expect("it is there");
    assert_eq!(context, root().canonicalize().expect("it is there"));
    assert!(context.join(text(&compose, "/services/crawler/build/dockerfile")).is_file());
    assert!(image::user() > 0, "the image chooses the user, so that no role says one");
}

#[test]
fn every_volume_is_declared_and_every_secret_comes_from_the_environment() {
    let compose = compose();
    let declared: BTreeSet<&String> = compose["volumes"].as_object().expect("volumes").keys().collect();
    let services = compose["services"].as_object().expect("services");
    for (name, service) in services {
        for (from, ..) in mounts(service) {
            let is_there = declared.contains(&from.to_owned()) || from.starts_with('.') && file(from).is_file();
            assert!(is_there, "{name} mounts {from}");
        }
        let variables = service["environment"].as_object().into_iter().flatten();
        for (variable, value) in variables.filter(|(name, _)| name.contains("PASS") || name.contains("DATABASE_URL")) {
            assert!(value.as_str().expect("a text").contains("_PASSWORD:?"), "{name}: {variable} is no secret");
        }
    }
    let example = std::fs::read_to_string(file(".env.example")).expect("there is an example");
    for secret in ["BAOGAO_AMQP_PASSWORD", "BAOGAO_DATABASE_PASSWORD"] {
        assert!(example.lines().any(|line| line == format!("{secret}=")), "{secret} is not there to be set");
    }
}

/// Compose itself has been written anew since the version that Debian has; the form of such files is the same.
#[test]
#[ignore = "installs Debian's docker-compose; it has a command of its own"]
fn compose_reads_the_file() {
    want_programs(&["docker-compose"]);
    let secrets = [("BAOGAO_AMQP_PASSWORD", "one"), ("BAOGAO_DATABASE_PASSWORD", "two")];
    let config = || {
        let mut config = Command::new("docker-compose");
        config.arg("--file").arg(file("compose.yaml")).arg("config");
        config
    };
    let said = output(config().envs(secrets));
    for wanted in ["BAOGAO_AMQP_PASSWORD: one", "BAOGAO_DATABASE_URL: postgres://baogao:two@database:5432/baogao"] {
        assert!(said.contains(wanted), "{wanted} is not in\n{said}");
    }
    let without = config().output().expect("it starts");
    let said = String::from_utf8_lossy(&without.stderr);
    assert!(!without.status.success() && said.contains("set it in deploy/.env"), "{said}");
}

fn seconds(text: &str) -> Duration {
    Duration::from_secs(text.strip_suffix('s').and_then(|number| number.parse().ok()).expect("seconds"))
}
