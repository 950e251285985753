//! The sample configurations, and what the binary makes of a container's command line and environment.

use crate::support::{Place, baogao, run};
use baogao_tests::root;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What closing connections may take after `stages.grace_ms`: the archive's or the database's, then the bus's.
const CLOSING: Duration = Duration::from_secs(6);

/// A file of `deploy/`.
pub fn file(name: &str) -> PathBuf {
    root().join("deploy").join(name)
}

/// The configuration of the services, as the binary reads it.
pub struct Sample {
    settings: toml::Table,
}

impl Sample {
    pub fn services() -> Self {
        Self::read("config/services.toml")
    }

    pub fn read(name: &str) -> Self {
        let ended = run(baogao(&["config", "show", "--config"]).arg(file(name)));
        assert!(ended.status.success(), "{name}: {}", ended.stderr);
        Self { settings: ended.stdout.parse().expect("settings are shown as TOML") }
    }

    fn setting(&self, section: &str, key: &str) -> &toml::Value {
        let set = self.settings.get(section).and_then(|section| section.get(key));
        set.unwrap_or_else(|| panic!("{section}.{key} is not set"))
    }

    fn text(&self, section: &str, key: &str) -> &str {
        self.setting(section, key).as_str().unwrap_or_else(|| panic!("{section}.{key} is a text"))
    }

    /// The folder that crawlers and scrapers share.
    pub fn archive(&self) -> &str {
        self.text("archive", "dir")
    }

    /// The folder of the embedded mode.
    pub fn data(&self) -> &str {
        self.text("data", "dir")
    }

    /// The port of `/live`, `/ready` and `/metrics`, which is on every address.
    pub fn health_port(&self) -> u64 {
        let listen = self.text("health", "listen");
        let port = listen.strip_prefix("0.0.0.0:").unwrap_or_else(|| panic!("{listen} is out of reach"));
        port.parse().expect("a port")
    }

    /// The least time that an orchestrator must wait before it kills.
    pub fn longest_stop(&self) -> Duration {
        let grace = self.setting("stages", "grace_ms").as_integer().expect("a number");
        Duration::from_millis(grace.try_into().expect("it is positive")) + CLOSING
    }
}

/// The variables that the help of the services documents: ours, and those of S3 where it names them.
pub fn documented_variables() -> BTreeSet<String> {
    variables(&run(&mut baogao(&["service", "--help"])).stdout)
}

/// The addresses of servers without which the binary does not start, by the names of their variables, where its
/// command line is `args` and the file that they name is the sample. So it reads its arguments and the file.
pub fn demanded_variables(args: &[&str], config_in_container: &str) -> BTreeSet<String> {
    assert!(args.contains(&config_in_container), "{args:?} does not name {config_in_container}");
    let sample = file("config/services.toml");
    let sample = sample.to_str().expect("the repository's path is UTF-8");
    let args: Vec<&str> = args.iter().map(|arg| if *arg == config_in_container { sample } else { arg }).collect();
    let mut command = baogao(&args);
    for variable in documented_variables() {
        command.env_remove(variable);
    }
    let ended = run(&mut command);
    // 2 would be a wrong command line, 64 is a configuration that names no server.
    assert_eq!(ended.status.code(), Some(64), "{args:?}: {}", ended.stderr);
    variables(&ended.stderr)
}

fn variables(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !(c.is_ascii_uppercase() || c == '_'));
    words.filter(|word| word.starts_with("BAOGAO_") || word.starts_with("AWS_")).map(str::to_owned).collect()
}

/// Holds the variables given to a container against those that its role wants: every server that it needs, no
/// secret that it does not need, nothing that the binary does not know.
pub fn check_variables(args: &[&str], config: &str, given: &BTreeSet<String>) {
    let known = documented_variables();
    assert!(given.is_subset(&known), "{args:?}: {given:?} are not all known: {known:?}");
    let addresses = |name: &&String| name.starts_with("BAOGAO_") && name.ends_with("_URL");
    let given_addresses: BTreeSet<String> = given.iter().filter(addresses).cloned().collect();
    assert_eq!(given_addresses, demanded_variables(args, config), "{args:?}");
    let with_broker = given.contains("BAOGAO_AMQP_URL");
    for credential in ["BAOGAO_AMQP_USER", "BAOGAO_AMQP_PASSWORD"] {
        assert_eq!(given.contains(credential), with_broker, "{args:?}: {credential}");
    }
}

/// The samples there are.
fn samples() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(file("config")).expect("there are samples");
    let paths = entries.map(|entry| entry.expect("the folder can be read").path());
    let samples: Vec<_> = paths.filter(|path| path.extension() == Some("toml".as_ref())).collect();
    assert_eq!(samples.len(), 2, "one a mode: {samples:?}");
    samples
}

fn assert_good(path: &Path) {
    let ended = run(baogao(&["config", "check"]).arg(path));
    assert_eq!(ended.status.code(), Some(0), "{}: {}{}", path.display(), ended.stdout, ended.stderr);
}

#[test]
fn every_sample_loads() {
    for sample in samples() {
        assert_good(&sample);
    }
}

#[test]
fn what_samples_show_as_comments_are_settings_too() {
    let place = Place::new();
    for sample in samples() {
        let text = std::fs::read_to_string(&sample).expect("it can be read");
        let is_setting = |line: &str| {
            let key = line.strip_prefix("# ").and_then(|rest| rest.split_once(" = ")).map(|(key, _)| key);
            key.is_some_and(|key| key.chars().all(|c| c.is_ascii_lowercase() || c == '_'))
        };
        assert!(text.lines().any(is_setting), "{} shows none", sample.display());
        let live: Vec<&str> = text.lines().map(|line| if is_setting(line) { &line[2..] } else { line }).collect();
        assert_good(&place.write("live.toml", live.join("\n")));
    }
}

#[test]
fn a_sample_without_its_servers_names_the_variables_that_are_missing() {
    let args = ["service", "crawler", "--config", "/etc/baogao/baogao.toml"];
    let demanded = demanded_variables(&args, "/etc/baogao/baogao.toml");
    assert_eq!(demanded, ["BAOGAO_AMQP_URL", "BAOGAO_DATABASE_URL"].map(str::to_owned).into());
    let documented = documented_variables();
    for variable in demanded.iter().map(String::as_str).chain(["BAOGAO_AMQP_USER", "BAOGAO_AMQP_PASSWORD"]) {
        assert!(documented.contains(variable), "{variable} is not in {documented:?}");
    }
}
