//! The services as processes of their own, for every test that has servers for them.

use crate::support::{PATIENCE, Place, baogao, json_lines, run, text};
use baogao_bus::{Bus, RabbitOptions};
use baogao_testkit::{Ended, FakeWeb, Process, Signal};
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// The services there are.
pub const SERVICES: [&str; 4] = ["crawler", "scraper", "parser", "publisher"];

/// The configuration of all services.
pub fn configuration(place: &Place, web: &FakeWeb, broker_url: &str, store_url: &str) -> PathBuf {
    let list = |items: &[String]| items.iter().map(|item| format!("{item:?}")).collect::<Vec<_>>().join(", ");
    place.write(
        "services.toml",
        format!(
            "[bus]\nurl = {broker_url:?}\n[database]\nurl = {store_url:?}\n[archive]\ndir = {:?}\n\
             [seeds]\nurls = [{}]\n[crawler]\nhost_delay_ms = 1\nmin_free_bytes = 1\n\
             [fetch]\nconnect_to = [{}]\n[frontier]\nretry_base_ms = 100\nretry_max_ms = 500\n",
            place.path("archive").to_string_lossy(),
            list(&web.seeds()),
            list(&web.connect_to()),
        ),
    )
}

/// A service at work.
pub struct Service {
    pub name: &'static str,
    pub process: Process,
    health: SocketAddr,
}

impl Service {
    /// Starts a service and waits until it says where it tells of itself.
    pub fn start(name: &'static str, config: &Path) -> Self {
        Self::start_by(name, &mut Self::command(name, config))
    }

    /// The command line that starts one.
    pub fn command(name: &str, config: &Path) -> Command {
        let mut command = baogao(&["service", name, "--config"]);
        command.arg(config);
        command
    }

    /// Starts a service by a command line of its own.
    pub fn start_by(name: &'static str, command: &mut Command) -> Self {
        let mut process = Process::start(command).expect("the binary starts");
        let health = std::cell::Cell::new(None);
        let says_where = |_: &str, stderr: &str| {
            let words = stderr.split_whitespace().skip_while(|word| *word != "/metrics");
            health.set(words.skip_while(|word| *word != "on").nth(1).and_then(|word| word.parse().ok()));
            health.get().is_some()
        };
        process.wait_for_output(PATIENCE, says_where).expect("it says where its health port is");
        Self { name, process, health: health.get().expect("just seen") }
    }

    /// Where it tells of itself.
    pub fn address(&self) -> SocketAddr {
        self.health
    }

    /// The status and the body of what it answers.
    pub fn ask(&self, path: &str) -> (u16, String) {
        self.try_ask(path).expect("it answers on its health port")
    }

    fn try_ask(&self, path: &str) -> std::io::Result<(u16, String)> {
        let mut stream = TcpStream::connect(self.address())?;
        let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes())?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let (head, body) = answer.split_once("\r\n\r\n").ok_or(ErrorKind::InvalidData)?;
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
        Ok((status.ok_or(ErrorKind::InvalidData)?, body.to_owned()))
    }

    /// Waits until it is ready, or until it waits for all of `parts`.
    pub fn wait_until(&self, parts: &[&str]) {
        let waits_for = |(status, body): &(u16, String)| match parts {
            [] => *status == 200,
            parts => *status == 503 && parts.iter().all(|part| body.contains(&format!("\"{part}\":\""))),
        };
        wait_for(&format!("{} waits for {parts:?}", self.name), || waits_for(&self.ask("/ready")));
        assert_eq!(self.ask("/live").0, 200, "{} is alive", self.name);
    }

    /// Asks it to end and waits until it has, well.
    pub fn stop(mut self) -> Ended {
        self.ask_to_stop();
        self.stopped()
    }

    /// Asks it to end. A second time would be an order to end at once.
    pub fn ask_to_stop(&mut self) {
        self.process.signal(Signal::Terminate).expect("the signal is sent");
    }

    /// Waits until it has ended well, as it was asked to.
    pub fn stopped(mut self) -> Ended {
        let ended = self.process.wait(Duration::from_secs(60)).expect("it stops within its time of grace");
        assert_eq!(ended.status.code(), Some(0), "{}: {}{}", self.name, ended.stdout, ended.stderr);
        ended
    }
}

/// Says how it is when a test fails.
impl Drop for Service {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            return;
        }
        let answers = |path| self.try_ask(path).map_or_else(|error| error.to_string(), |(_, body)| body);
        let metrics = answers("/metrics");
        let is_told = |line: &&str| line.starts_with("baogao_") && !line.contains("_bucket");
        let metrics: Vec<&str> = metrics.lines().filter(is_told).collect();
        let (_, log) = self.process.output();
        eprintln!("-- the {}: {}\n{}\n{log}", self.name, answers("/ready"), metrics.join("\n"));
    }
}

/// Waits for something to become true.
pub fn wait_for(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < deadline, "never: {what}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// The stored records of every kind by id, without what differs from crawl to crawl.
pub fn records(config: &Path) -> BTreeMap<String, Value> {
    let ended = run(baogao(&["records", "export", "--format", "jsonl", "--kind", "all", "--config"]).arg(config));
    assert!(ended.status.success(), "{}", ended.stderr);
    by_id(json_lines(&ended.stdout))
}

/// Records by id, without what differs from crawl to crawl.
pub fn by_id(records: Vec<Value>) -> BTreeMap<String, Value> {
    let timeless = |mut record: Value| {
        let id = text(&record, "id").to_owned();
        for volatile in ["fetched_at", "archive"] {
            record["source"][volatile] = Value::Null;
        }
        record["revision"]["fetch_no"] = Value::Null;
        (id, record)
    };
    records.into_iter().map(timeless).collect()
}

/// The stored records that are reports.
pub fn reports(config: &Path) -> Vec<Value> {
    records(config).into_values().filter(|record| record["kind"] == "report").collect()
}

/// How many dead letters a broker has.
pub fn dead_letters(url: &str) -> usize {
    tokio::runtime::Runtime::new().expect("a runtime").block_on(async {
        let bus = Bus::rabbitmq(url, RabbitOptions::default()).await.expect("an address");
        let letters = bus.dead_letters(&Default::default()).await.expect("the broker answers");
        bus.close().await.expect("the bus closes");
        letters.len()
    })
}
