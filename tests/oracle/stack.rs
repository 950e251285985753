//! The distributed stack: broker, database, the wires to them, and several processes of each service.

use crate::poison::DEADLY;
use crate::schedule::{Replica, Role, Server};
use baogao_bus::{Bus, RabbitOptions};
use baogao_frontier::{Frontier, FrontierConfig, PostgresOptions};
use baogao_testkit::servers::{PostgresDatabase, PostgresServer, RabbitNode, RabbitVhost};
use baogao_testkit::{FakeWeb, Process, Signal, TcpProxy};
use baogao_tests::binary;
use std::net::SocketAddr;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::time::Duration;

/// Processes of each service.
pub const REPLICAS: usize = 2;

/// The least time between two requests to a host.
pub const DELAY: Duration = Duration::from_millis(20);

/// How long a crawler holds a host without a word. Short, so that the hosts of a killed one do not stand
/// still for long; as short as a request of two seconds allows.
pub const LEASE: Duration = Duration::from_secs(4);

/// The longest that a process may take to end when asked: the time of grace and some for closing.
const ENDING: Duration = Duration::from_secs(60);

/// SIGABRT, by which the parser dies of a deadly article.
const ABORTED: i32 = 6;

/// The servers, which serve one run after the other.
pub struct Servers {
    broker: RabbitNode,
    database: PostgresServer,
}

impl Servers {
    pub fn start() -> Self {
        Self { broker: RabbitNode::start(), database: PostgresServer::start() }
    }
}

/// Everything that is at work in one run.
pub struct Stack<'a> {
    servers: &'a mut Servers,
    // Fields are dropped in order: processes before what they use.
    services: Vec<Service>,
    broker_wire: TcpProxy,
    database_wire: TcpProxy,
    vhost: RabbitVhost,
    database: PostgresDatabase,
    dir: PathBuf,
    /// Processes that a deadly article has brought down.
    pub aborts: usize,
}

/// One process of a service, whether it runs or not.
struct Service {
    replica: Replica,
    process: Option<Process>,
}

impl<'a> Stack<'a> {
    /// Starts everything for a crawl of `web`, with its files in `dir`.
    pub fn start(servers: &'a mut Servers, web: &FakeWeb, dir: &Path) -> Self {
        let (vhost, database) = (servers.broker.vhost(), servers.database.database());
        let to = |port| TcpProxy::start(SocketAddr::from(([127, 0, 0, 1], port))).expect("a port on loopback");
        let (broker_wire, database_wire) = (to(servers.broker.port()), to(servers.database.port()));
        let through = |url: &str, wire: &TcpProxy, port: u16| {
            url.replace(&format!("127.0.0.1:{port}/"), &format!("{}/", wire.address()))
        };
        let config = configuration(
            web,
            &through(vhost.url(), &broker_wire, servers.broker.port()),
            &through(database.url(), &database_wire, servers.database.port()),
        );
        std::fs::write(dir.join("baogao.toml"), config).expect("the directory is writable");
        std::fs::create_dir(dir.join("logs")).expect("the directory is writable");
        let replicas = Role::ALL.into_iter().flat_map(|role| (0..REPLICAS).map(move |number| (role, number)));
        let services = replicas.map(|replica| Service { replica, process: None }).collect();
        let dir = dir.to_owned();
        let mut stack = Self { servers, services, broker_wire, database_wire, vhost, database, dir, aborts: 0 };
        stack.start_all();
        stack
    }

    /// Where its files are.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The folder of the archive.
    pub fn archive(&self) -> PathBuf {
        self.dir.join("archive")
    }

    /// A bus of our own, past the wire.
    ///
    /// # Errors
    ///
    /// When there is none.
    pub async fn bus(&self) -> anyhow::Result<Bus> {
        Ok(Bus::rabbitmq(self.vhost.url(), RabbitOptions::default()).await?)
    }

    /// The frontier, past the wire.
    ///
    /// # Errors
    ///
    /// When the database does not answer.
    pub async fn frontier(&self) -> anyhow::Result<Frontier> {
        // As the services have it, or it would set them right.
        let config = FrontierConfig { default_delay: DELAY, lease: LEASE, ..FrontierConfig::default() };
        Ok(Frontier::postgres(self.database.url(), config, PostgresOptions::default()).await?)
    }

    /// The database's address, past the wire.
    pub fn database_url(&self) -> &str {
        self.database.url()
    }

    /// The wire to a server.
    pub fn wire(&self, server: Server) -> &TcpProxy {
        match server {
            Server::Broker => &self.broker_wire,
            Server::Database => &self.database_wire,
        }
    }

    /// SIGKILL of a server.
    pub fn kill_server(&mut self, server: Server) {
        match server {
            Server::Broker => self.servers.broker.kill(),
            Server::Database => self.servers.database.kill(),
        }
    }

    /// An orderly stop of the database.
    pub fn stop_database(&mut self) {
        self.servers.database.stop();
    }

    /// Starts a server again and waits until it is ready.
    pub fn start_server(&mut self, server: Server) {
        match server {
            Server::Broker => self.servers.broker.start_again(),
            Server::Database => self.servers.database.start_again(),
        }
    }

    /// Lets a server stand still, or go on.
    pub fn hold_server(&mut self, server: Server, holds: bool) {
        match (server, holds) {
            (Server::Broker, true) => self.servers.broker.pause(),
            (Server::Broker, false) => self.servers.broker.resume(),
            (Server::Database, true) => self.servers.database.pause(),
            (Server::Database, false) => self.servers.database.resume(),
        }
    }

    /// Starts what does not run.
    pub fn start_all(&mut self) {
        for index in 0..self.services.len() {
            self.start_service(self.services[index].replica);
        }
    }

    /// Starts a process unless it runs.
    pub fn start_service(&mut self, replica: Replica) {
        let (role, number) = replica;
        let log = self.dir.join("logs").join(format!("{}-{number}.log", role.name()));
        let mut command = Command::new(binary());
        command.args(["service", role.name(), "--config"]).arg(self.dir.join("baogao.toml"));
        command.env("BAOGAO_LANG", "en").env("BAOGAO_TEST_ABORT_ON", DEADLY).current_dir(&self.dir);
        for variable in
            ["BAOGAO_LOG", "BAOGAO_AMQP_URL", "BAOGAO_AMQP_USER", "BAOGAO_AMQP_PASSWORD", "BAOGAO_DATABASE_URL"]
        {
            command.env_remove(variable);
        }
        let service = self.service(replica);
        if service.process.is_none() {
            service.process = Some(Process::start_logged(&mut command, &log).expect("the binary starts"));
        }
    }

    /// Sends a signal to a process, if it runs.
    pub fn signal(&mut self, replica: Replica, signal: Signal) {
        let service = self.service(replica);
        let Some(process) = &mut service.process else { return };
        process.signal(signal).expect("the system lets us");
        if signal == Signal::Kill {
            process.wait(ENDING).expect("it is killed");
            service.process = None;
        }
    }

    /// Starts again what has died of a deadly article.
    ///
    /// # Errors
    ///
    /// When something has ended for another reason: nothing else should end a service.
    pub fn look_after(&mut self) -> anyhow::Result<()> {
        let mut fallen = Vec::new();
        for service in &mut self.services {
            if let Some(status) = ended(&mut service.process) {
                let (role, number) = service.replica;
                anyhow::ensure!(status.signal() == Some(ABORTED), "{} {number} has ended with {status}", role.name());
                fallen.push(service.replica);
            }
        }
        for replica in fallen {
            self.aborts += 1;
            self.start_service(replica);
        }
        Ok(())
    }

    /// Asks every process to end and waits until all have.
    ///
    /// # Errors
    ///
    /// When one does not end in time or not well.
    pub fn drain(&mut self) -> anyhow::Result<()> {
        for replica in self.services.iter().map(|service| service.replica).collect::<Vec<_>>() {
            self.signal(replica, Signal::Terminate);
        }
        for service in &mut self.services {
            let Some(mut process) = service.process.take() else { continue };
            let (role, number) = service.replica;
            let status = process.wait(ENDING)?.status;
            anyhow::ensure!(status.success(), "{} {number} was asked to end and did so with {status}", role.name());
        }
        Ok(())
    }

    fn service(&mut self, replica: Replica) -> &mut Service {
        let mut services = self.services.iter_mut();
        services.find(|service| service.replica == replica).expect("every replica has its place")
    }
}

/// How a process has ended, which is then forgotten; none while it runs.
fn ended(process: &mut Option<Process>) -> Option<ExitStatus> {
    let running = process.as_mut()?;
    if running.is_running().expect("the system says") {
        return None;
    }
    let status = running.wait(ENDING).expect("it has ended").status;
    *process = None;
    Some(status)
}

/// What the services are told.
fn configuration(web: &FakeWeb, broker: &str, database: &str) -> String {
    let list = |items: Vec<String>| serde_json::Value::from(items).to_string();
    format!(
        "[bus]\nurl = \"{broker}\"\n\n\
         [database]\nurl = \"{database}\"\n\n\
         [archive]\ndir = \"archive\"\n\n\
         [health]\nlisten = \"127.0.0.1:0\"\n\n\
         [seeds]\nurls = {}\n\n\
         # Tight, so that a crawler without its broker soon has to stop.\n\
         [crawler]\nhost_delay_ms = {}\nmax_queued = 400\nmax_outbox_bytes = 262144\nmin_free_bytes = 1048576\n\n\
         [fetch]\nallow_private = true\ntotal_timeout_ms = 2000\nconnect_to = {}\n\n\
         [frontier]\nlease_ms = {}\nlease_margin_ms = 900\nretry_base_ms = 100\nretry_max_ms = 1000\nmax_attempts = 12\n",
        list(web.seeds()),
        DELAY.as_millis(),
        list(web.connect_to()),
        LEASE.as_millis(),
    )
}
