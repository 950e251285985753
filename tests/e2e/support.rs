//! Starting the binary and reading what it made.

use baogao_testkit::{Ended, Process};
use baogao_tests::binary;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use tempfile::TempDir;

/// Long enough for anything here on a busy machine; a test that needs it all has failed.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// A place for one test's data.
pub struct Place {
    dir: TempDir,
}

impl Place {
    pub fn new() -> Self {
        Self { dir: tempfile::tempdir().expect("a temporary directory") }
    }

    /// A path below it.
    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// The data directory of its crawls.
    pub fn data(&self) -> PathBuf {
        self.path("data")
    }

    /// Writes a file and gives its path.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, content).expect("the temporary directory is writable");
        path
    }

    /// A configuration whose retries come soon.
    pub fn hasty_config(&self) -> PathBuf {
        self.write("hasty.toml", "[frontier]\nretry_base_ms = 100\nretry_max_ms = 500\n")
    }

    /// `baogao crawl` of `urls` into this place's data, quick and patient enough for loopback.
    pub fn crawl(&self, urls: &[String], connect_to: &[String], more: &[&str]) -> Command {
        let mut command = baogao(&["crawl", "--host-delay", "1ms", "--patience", "3s"]);
        command.arg("--data").arg(self.data()).arg("--config").arg(self.hasty_config());
        for entry in connect_to {
            command.args(["--connect-to", entry]);
        }
        command.args(more).args(urls);
        command
    }

    /// The stored records of every kind, whole.
    pub fn records(&self) -> Vec<Value> {
        let mut command = baogao(&["records", "export", "--format", "jsonl", "--kind", "all", "--data"]);
        let ended = run(command.arg(self.data()));
        assert!(ended.status.success(), "{}", ended.stderr);
        ended.stdout.lines().map(|line| serde_json::from_str(line).expect("a line is a JSON object")).collect()
    }

    /// The stored reports.
    pub fn reports(&self) -> Vec<Value> {
        let of_reports = ["report", "draft", "extract", "zone_report", "yearbook"];
        self.records().into_iter().filter(|r| of_reports.contains(&text(r, "kind"))).collect()
    }

    /// How many revisions a record has.
    pub fn revisions(&self, id: &str) -> usize {
        let mut command = baogao(&["records", "show", id, "--data"]);
        let ended = run(command.arg(self.data()));
        let line = ended.stdout.lines().find_map(|line| line.strip_prefix("revisions: "));
        line.unwrap_or_else(|| panic!("no revisions told: {}{}", ended.stdout, ended.stderr)).parse().expect("a number")
    }
}

/// A command line of the binary, in English.
pub fn baogao(args: &[&str]) -> Command {
    let mut command = Command::new(binary());
    command.env("BAOGAO_LANG", "en").env_remove("BAOGAO_LOG").args(args);
    command
}

/// Runs a command to its end.
pub fn run(command: &mut Command) -> Ended {
    Process::start(command).expect("the binary starts").wait(PATIENCE).expect("it ends in time")
}

/// A text field of a record; empty where it is null.
pub fn text<'a>(record: &'a Value, field: &str) -> &'a str {
    record[field].as_str().unwrap_or_default()
}

/// A text without white space: what a reader compares.
pub fn folded(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

/// The lines of a program's output that are JSON objects.
pub fn json_lines(output: &str) -> Vec<Value> {
    output.lines().map(|line| serde_json::from_str(line).expect("a line is a JSON object")).collect()
}

/// Whether a path is there.
pub fn exists(path: &Path) -> bool {
    path.try_exists().expect("the path can be looked at")
}
