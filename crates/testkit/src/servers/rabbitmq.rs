//! RabbitMQ: a vhost of its own for each test, and whole brokers to be broken.

use super::certificates::Certificates;
use super::daemon::{Daemon, wait_until_ready};
use super::management::{Management, credentials};
use super::place::{Place, end_all};
use super::{PATIENCE, port, programs, unique_name, variable};
use rustix::process::Signal;
use std::fs;
use std::io::Write as _;
use std::net::{Ipv4Addr, TcpStream};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use url::Url;

/// How often a broker is started on other ports, should somebody take one before it does.
pub(super) const ATTEMPTS: u32 = 3;

/// A vhost that nobody else uses, removed when this is dropped.
#[derive(Debug)]
pub struct RabbitVhost {
    url: String,
    name: String,
    management: Management,
}

impl RabbitVhost {
    /// Makes a new one on the test broker. Blocks.
    ///
    /// # Panics
    ///
    /// When there is no broker and none can be started; the message says what to install.
    pub fn create() -> Self {
        let (amqp, management) = match variable("BAOGAO_TEST_AMQP_URL") {
            Some(url) => given(&url).unwrap_or_else(|why| panic!("BAOGAO_TEST_AMQP_URL: {why}")),
            None => {
                let Ports { amqp, management, .. } = shared();
                let url = format!("amqp://guest:guest@127.0.0.1:{amqp}/").parse().expect("it is a URL");
                (url, api_at(management))
            }
        };
        Self::on(amqp, management)
    }

    /// Makes one on the broker at `amqp`.
    fn on(mut amqp: Url, management: Management) -> Self {
        let name = unique_name();
        let (user, _) = credentials(&amqp);
        management
            .demand("PUT", &format!("/api/vhosts/{name}"), "{}")
            .and_then(|()| {
                let rights = r#"{"configure":".*","write":".*","read":".*"}"#;
                management.demand("PUT", &format!("/api/permissions/{name}/{user}"), rights)
            })
            .unwrap_or_else(|error| panic!("cannot make a vhost on the test broker: {error}"));
        amqp.set_path(&name);
        Self { url: amqp.into(), name, management }
    }

    /// Where clients connect, credentials and vhost included: `amqp://guest:guest@127.0.0.1:25680/t-17`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Its name, in which nothing needs to be encoded.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The broker's management API.
    pub fn management(&self) -> &Management {
        &self.management
    }
}

impl Drop for RabbitVhost {
    fn drop(&mut self) {
        // The broker may be gone; then so is the vhost.
        let _ = self.management.call("DELETE", &format!("/api/vhosts/{}", self.name), "");
    }
}

/// The broker that the environment names.
fn given(amqp: &str) -> Result<(Url, Management), String> {
    let mut amqp: Url = amqp.parse().map_err(|error| format!("{error}"))?;
    let management = match variable("BAOGAO_TEST_AMQP_MANAGEMENT_URL") {
        Some(url) => url,
        None => {
            let host = amqp.host_str().ok_or("it names no host")?;
            // As RabbitMQ has it by default: 5672 and 15672.
            let port = amqp.port().unwrap_or(5672).checked_add(10_000).ok_or("name the management API too")?;
            format!("http://{}{host}:{port}", user_info(&amqp))
        }
    };
    let management = Management::at(&management).map_err(|why| format!("the management API {management}: {why}"))?;
    amqp.set_query(None);
    Ok((amqp, management))
}

/// `user:password@` of an address, as it stands there.
fn user_info(url: &Url) -> String {
    match (url.username(), url.password()) {
        ("", _) => String::new(),
        (user, password) => format!("{user}:{}@", password.unwrap_or_default()),
    }
}

/// A broker of a test's own: to be killed, stopped and paused. Dropping it kills it.
///
/// Its users and vhosts are those of a new broker, and what is durable outlives every restart.
#[derive(Debug)]
pub struct RabbitNode {
    node: Node,
    daemon: Daemon,
    tls: Option<Tls>,
}

/// Where a broker of a test's own speaks TLS.
#[derive(Debug)]
struct Tls {
    port: u16,
    authority: String,
}

impl RabbitNode {
    /// Starts one and waits until it is ready: half a minute, where the machine is busy. Blocks.
    ///
    /// # Panics
    ///
    /// When it cannot be started; the message says what to install.
    pub fn start() -> Self {
        let (node, daemon) = Node::start_new(Place::shared(), &unique_name(), |_| Ok(String::new()));
        Self { node, daemon, tls: None }
    }

    /// Starts one that listens for TLS too, with a certificate that no system trusts. Blocks.
    ///
    /// # Panics
    ///
    /// When it cannot be started; the message says what to install.
    pub fn start_with_tls() -> Self {
        let (port, certificates) = (port::free(), Certificates::new());
        let settings = |dir: &Path| certificates.write(dir, port);
        let (node, daemon) = Node::start_new(Place::shared(), &unique_name(), settings);
        Self { node, daemon, tls: Some(Tls { port, authority: certificates.authority }) }
    }

    /// Where clients connect over TLS, to the vhost `/`: `amqps://guest:guest@127.0.0.1:25681/%2f`.
    ///
    /// # Panics
    ///
    /// When it was started without.
    pub fn tls_url(&self) -> String {
        format!("amqps://guest:guest@127.0.0.1:{}/%2f", self.tls().port)
    }

    /// The certificate, in PEM, of the authority that vouches for the broker.
    ///
    /// # Panics
    ///
    /// When it was started without TLS.
    pub fn authority(&self) -> &str {
        &self.tls().authority
    }

    fn tls(&self) -> &Tls {
        self.tls.as_ref().expect("it was started with TLS")
    }

    /// Where clients connect, to the vhost `/`: `amqp://guest:guest@127.0.0.1:25680/%2f`.
    pub fn url(&self) -> String {
        self.node.url()
    }

    /// The port for AMQP, on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.node.ports.amqp
    }

    /// The management API.
    pub fn management(&self) -> Management {
        api_at(self.node.ports.management)
    }

    /// Makes a vhost on it, removed when that is dropped.
    ///
    /// # Panics
    ///
    /// When the broker does not run.
    pub fn vhost(&self) -> RabbitVhost {
        RabbitVhost::on(self.url().parse().expect("it is a URL"), self.management())
    }

    /// The number of its process.
    pub fn pid(&self) -> u32 {
        self.daemon.pid()
    }

    /// SIGKILL: what was not on the disk is lost.
    ///
    /// That a quorum queue exists is on the disk only half a second after its declaration (measured on
    /// 3.10.8: its register is saved when nobody has touched it for that long). A younger queue comes
    /// back empty or not at all, confirmed messages or not; a test that kills waits a second or two.
    pub fn kill(&mut self) {
        self.daemon.kill();
    }

    /// SIGTERM, and waits until it has shut down in order.
    ///
    /// # Panics
    ///
    /// When it does not.
    pub fn stop(&mut self) {
        self.daemon.signal(Signal::TERM);
        assert!(self.daemon.wait(PATIENCE), "the broker does not stop");
    }

    /// Starts it again on the same ports and data, once killed or stopped, and waits until it is ready.
    ///
    /// # Panics
    ///
    /// When it still runs or cannot be started.
    pub fn start_again(&mut self) {
        assert!(!self.daemon.is_alive(), "the broker still runs");
        self.daemon = self.node.start().unwrap_or_else(|why| panic!("the broker cannot be started again: {why}"));
    }

    /// SIGSTOP: it keeps its connections and answers nobody.
    pub fn pause(&mut self) {
        self.daemon.signal(Signal::STOP);
    }

    /// SIGCONT after [`RabbitNode::pause`].
    pub fn resume(&mut self) {
        self.daemon.signal(Signal::CONT);
    }
}

impl Drop for RabbitNode {
    fn drop(&mut self) {
        self.daemon.signal(Signal::KILL);
        // What stays, the watchdog removes.
        let _ = end_all(&self.node.dir);
    }
}

/// Where a broker listens on 127.0.0.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ports {
    pub(super) amqp: u16,
    pub(super) management: u16,
    pub(super) distribution: u16,
    pub(super) epmd: u16,
}

/// A broker's directory and settings, whether it runs or not.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) dir: PathBuf,
    pub(super) ports: Ports,
}

/// The broker of the whole run, started now where there is none.
fn shared() -> Ports {
    let place = Place::shared();
    let _starting = place.starting().expect("the test servers' directory can be locked");
    let dir = place.server("rabbitmq");
    if let Some(ports) = Ports::noted(&dir).filter(|ports| {
        let is_whole = Daemon::noted(&dir).iter().all(Daemon::is_alive);
        is_whole && TcpStream::connect((Ipv4Addr::LOCALHOST, ports.amqp)).is_ok()
    }) {
        return ports;
    }
    let (node, _) = Node::start_new(place, "rabbitmq", |_| Ok(String::new()));
    // Noted last: a broker without the note was never ready.
    node.ports.note(&dir).expect("the test servers' directory is writable");
    node.ports
}

impl Node {
    /// Makes a broker named `name` and starts it. What it needs beside the usual settings is made in its
    /// directory by `more`.
    fn start_new(place: &Place, name: &str, more: impl Fn(&Path) -> std::io::Result<String>) -> (Self, Daemon) {
        let mut attempt = 1;
        loop {
            let dir = place.fresh_server(name).expect("the test servers' directory is writable");
            let ports =
                Ports { amqp: port::free(), management: port::free(), distribution: port::free(), epmd: port::free() };
            let node = Self { dir, ports };
            match node.prepare(&more).map_err(|error| error.to_string()).and_then(|()| node.start()) {
                Ok(daemon) => return (node, daemon),
                Err(why) if attempt == ATTEMPTS => panic!("the test broker cannot be started: {why}"),
                Err(_) => attempt += 1,
            }
        }
    }

    /// Writes its settings and starts a port mapper of its own.
    fn prepare(&self, more: impl Fn(&Path) -> std::io::Result<String>) -> std::io::Result<()> {
        self.write_settings(&more(&self.dir)?)?;
        self.start_mapper()
    }

    /// The name by which other nodes know it.
    pub(super) fn name(&self) -> String {
        format!("baogao{}@localhost", self.ports.amqp)
    }

    /// Where clients connect, to the vhost `/`.
    pub(super) fn url(&self) -> String {
        format!("amqp://guest:guest@127.0.0.1:{}/%2f", self.ports.amqp)
    }

    /// Writes its settings, `more` among them, and the secret that nodes share.
    pub(super) fn write_settings(&self, more: &str) -> std::io::Result<()> {
        let Ports { amqp, management, .. } = self.ports;
        fs::write(
            self.dir.join("rabbitmq.conf"),
            format!(
                "listeners.tcp.default = 127.0.0.1:{amqp}\n\
                 management.tcp.ip = 127.0.0.1\n\
                 management.tcp.port = {management}\n\
                 collect_statistics_interval = 1000\n\
                 disk_free_limit.absolute = 200MB\n\
                 vm_memory_high_watermark.absolute = 1GB\n\
                 raft.wal_max_size_bytes = 67108864\n\
                 {more}"
            ),
        )?;
        fs::write(self.dir.join("enabled_plugins"), "[rabbitmq_management].\n")?;
        let mut cookie = fs::OpenOptions::new();
        cookie.write(true).create_new(true).mode(0o400).open(self.dir.join(".erlang.cookie"))?.write_all(b"baogao")
    }

    /// Starts the port mapper that Erlang nodes need: one of our own, so that none is left behind.
    pub(super) fn start_mapper(&self) -> std::io::Result<()> {
        let epmd = self.ports.epmd;
        programs::rabbitmq(); // The port mapper comes with it.
        let mut mapper = Command::new("epmd");
        mapper.args(["-port", &epmd.to_string(), "-address", "127.0.0.1"]).current_dir("/");
        Daemon::start(&mut mapper, &self.dir).map(drop)
    }

    /// Starts it and waits until it is ready.
    pub(super) fn start(&self) -> Result<Daemon, String> {
        let daemon = Daemon::start(&mut self.command(), &self.dir).map_err(|error| error.to_string())?;
        let api = api_at(self.ports.management);
        wait_until_ready(&daemon, &self.dir, || {
            TcpStream::connect((Ipv4Addr::LOCALHOST, self.ports.amqp)).is_ok()
                && api.call("GET", "/api/overview", "").is_ok_and(|answer| answer.status == 200)
        })?;
        Ok(daemon)
    }

    fn command(&self) -> Command {
        let dir = |name: &str| self.dir.join(name);
        let mut command = Command::new(programs::rabbitmq().join("rabbitmq-server"));
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy();
            // What a user has set for another broker.
            if ["RABBITMQ_", "ERL_", "RELEASE_"].iter().any(|prefix| text.starts_with(prefix)) {
                command.env_remove(&name);
            }
        }
        command
            .current_dir("/")
            .env("HOME", &self.dir)
            .env("RABBITMQ_NODENAME", self.name())
            .env("RABBITMQ_NODE_IP_ADDRESS", "127.0.0.1")
            .env("RABBITMQ_NODE_PORT", self.ports.amqp.to_string())
            .env("RABBITMQ_DIST_PORT", self.ports.distribution.to_string())
            .env("ERL_EPMD_PORT", self.ports.epmd.to_string())
            .env("ERL_EPMD_ADDRESS", "127.0.0.1")
            .env("RABBITMQ_MNESIA_BASE", dir("mnesia"))
            .env("RABBITMQ_LOG_BASE", dir("log"))
            .env("RABBITMQ_PID_FILE", dir("rabbitmq.pid"))
            .env("RABBITMQ_ENABLED_PLUGINS_FILE", dir("enabled_plugins"))
            .env("RABBITMQ_CONFIG_FILE", dir("rabbitmq.conf"))
            .env("RABBITMQ_ADVANCED_CONFIG_FILE", dir("none"))
            .env("RABBITMQ_GENERATED_CONFIG_DIR", dir("generated"))
            .env("RABBITMQ_CONF_ENV_FILE", dir("none"))
            // Else the distribution listens on every address.
            .env("RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS", "-kernel inet_dist_use_interface {127,0,0,1}")
            // With it the script becomes the server instead of watching it, so that there is one process.
            .env("RABBITMQ_ALLOW_INPUT", "1")
            .arg("-noinput");
        command
    }
}

impl Ports {
    fn note(self, dir: &Path) -> std::io::Result<()> {
        let text = format!("{} {} {} {}\n", self.amqp, self.management, self.distribution, self.epmd);
        let partial = dir.join("ports.partial");
        fs::write(&partial, text)?;
        fs::rename(partial, dir.join("ports"))
    }

    /// Those noted in `dir`.
    fn noted(dir: &Path) -> Option<Self> {
        let text = fs::read_to_string(dir.join("ports")).ok()?;
        let ports: Vec<u16> = text.split_whitespace().filter_map(|port| port.parse().ok()).collect();
        let [amqp, management, distribution, epmd] = ports[..] else { return None };
        Some(Self { amqp, management, distribution, epmd })
    }
}

pub(super) fn api_at(port: u16) -> Management {
    Management::at(&format!("http://guest:guest@127.0.0.1:{port}")).expect("it is a URL")
}
