//! PostgreSQL: a database of its own for each test, and whole servers to be broken.

use super::daemon::{Daemon, wait_until_ready};
use super::place::{Place, end_all};
use super::{PATIENCE, port, programs, unique_name, variable};
use rustix::process::Signal;
use std::fs::{self, DirBuilder};
use std::os::unix::fs::{DirBuilderExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};
use url::Url;

/// How often a server is started on another port, should somebody take one before it does.
const ATTEMPTS: u32 = 3;

/// A database that nobody else uses, removed when this is dropped.
#[derive(Debug)]
pub struct PostgresDatabase {
    url: String,
    server: String,
    name: String,
}

impl PostgresDatabase {
    /// Makes a new one on the test server. Blocks.
    ///
    /// # Panics
    ///
    /// When there is no server and none can be started; the message says what to install.
    pub fn create() -> Self {
        Self::on(&variable("BAOGAO_TEST_PG_URL").unwrap_or_else(|| address(shared())))
    }

    /// Makes one on the server of `server`, an address with a database that is there.
    fn on(server: &str) -> Self {
        let name = unique_name();
        let mut url: Url = server.parse().unwrap_or_else(|error| panic!("BAOGAO_TEST_PG_URL: {error}"));
        url.set_path(&name);
        // Not template1, which somebody may be connected to.
        sql(server, &format!("CREATE DATABASE {name} TEMPLATE template0"))
            .unwrap_or_else(|why| panic!("cannot make a database on the test server: {why}"));
        Self { url: url.into(), server: server.to_owned(), name }
    }

    /// Where clients connect: `postgres://postgres@127.0.0.1:25432/baogao_test_17`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Its name, in which nothing needs to be quoted.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Runs `statements` in it, by `psql`, and gives what they answer: a line a row, its columns
    /// parted by `|`.
    ///
    /// # Errors
    ///
    /// What `psql` says of the first failure.
    pub fn sql(&self, statements: &str) -> Result<String, String> {
        sql(&self.url, statements)
    }
}

impl Drop for PostgresDatabase {
    fn drop(&mut self) {
        // The server may be gone; then so is the database.
        let _ = sql(&self.server, &format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name));
    }
}

/// A PostgreSQL of a test's own: to be killed, stopped and paused. Dropping it kills it.
#[derive(Debug)]
pub struct PostgresServer {
    cluster: Cluster,
    daemon: Daemon,
}

impl PostgresServer {
    /// Starts one and waits until it is ready: a few seconds. Blocks.
    ///
    /// # Panics
    ///
    /// When it cannot be started; the message says what to install.
    pub fn start() -> Self {
        let (cluster, daemon) = Cluster::start_new(Place::shared(), &unique_name());
        Self { cluster, daemon }
    }

    /// Where clients connect, to the database `postgres`: `postgres://postgres@127.0.0.1:25432/postgres`.
    pub fn url(&self) -> String {
        address(self.cluster.port)
    }

    /// The port, on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.cluster.port
    }

    /// The number of its first process.
    pub fn pid(&self) -> u32 {
        self.daemon.pid()
    }

    /// Makes a database on it, removed when that is dropped.
    ///
    /// # Panics
    ///
    /// When the server does not run.
    pub fn database(&self) -> PostgresDatabase {
        PostgresDatabase::on(&self.url())
    }

    /// SIGKILL of its first process; the others end as they notice. What was committed stays.
    pub fn kill(&mut self) {
        self.daemon.kill();
    }

    /// A fast shutdown: transactions are rolled back, clients are cut off, everything is written.
    ///
    /// # Panics
    ///
    /// When it does not stop.
    pub fn stop(&mut self) {
        self.daemon.signal(Signal::INT);
        assert!(self.daemon.wait(PATIENCE), "the server does not stop");
    }

    /// Starts it again on the same port and data, once killed or stopped, and waits until it is ready.
    ///
    /// # Panics
    ///
    /// When it still runs or cannot be started.
    pub fn start_again(&mut self) {
        assert!(!self.daemon.is_alive(), "the server still runs");
        let deadline = Instant::now() + PATIENCE;
        // After a kill its other processes have the memory for a moment longer, and it refuses.
        self.daemon = loop {
            match self.cluster.start() {
                Ok(daemon) => break daemon,
                Err(why) if Instant::now() >= deadline => panic!("the server cannot be started again: {why}"),
                Err(_) => std::thread::sleep(Duration::from_millis(100)),
            }
        };
    }

    /// SIGSTOP of all its processes: connections stay and nobody is answered.
    pub fn pause(&mut self) {
        self.signal_all(Signal::STOP);
    }

    /// SIGCONT after [`PostgresServer::pause`].
    pub fn resume(&mut self) {
        self.signal_all(Signal::CONT);
    }

    fn signal_all(&self, signal: Signal) {
        // The first process first: once it stands still, it makes no others.
        self.daemon.signal(signal);
        for child in self.daemon.children() {
            // One that stands still does not notice the end of the first process, so it is to be ended by name.
            let _ = child.note(&self.cluster.dir);
            child.signal(signal);
        }
    }
}

impl Drop for PostgresServer {
    fn drop(&mut self) {
        self.resume();
        self.daemon.signal(Signal::KILL);
        // What stays, the watchdog removes.
        let _ = end_all(&self.cluster.dir);
    }
}

/// A server's directory and port, whether it runs or not.
#[derive(Debug)]
struct Cluster {
    dir: PathBuf,
    port: u16,
}

/// The port of the run's server, started now where there is none.
fn shared() -> u16 {
    let place = Place::shared();
    let _starting = place.starting().expect("the test servers' directory can be locked");
    let dir = place.server("postgres");
    let note = dir.join("port");
    let noted = fs::read_to_string(&note).ok().and_then(|text| text.trim().parse().ok());
    if let Some(port) = noted.filter(|port| {
        let is_whole = Daemon::noted(&dir).iter().all(Daemon::is_alive);
        is_whole && sql(&address(*port), "SELECT 1").is_ok()
    }) {
        return port;
    }
    let (cluster, _) = Cluster::start_new(place, "postgres");
    // Noted last: a server without the note was never ready.
    let partial = dir.join("port.partial");
    fs::write(&partial, cluster.port.to_string()).expect("the test servers' directory is writable");
    fs::rename(partial, note).expect("the test servers' directory is writable");
    cluster.port
}

impl Cluster {
    /// Makes a cluster named `name` and starts it.
    fn start_new(place: &Place, name: &str) -> (Self, Daemon) {
        let mut attempt = 1;
        loop {
            let dir = place.fresh_server(name).expect("the test servers' directory is writable");
            let cluster = Self { dir, port: port::free() };
            match cluster.prepare().and_then(|()| cluster.start()) {
                Ok(daemon) => return (cluster, daemon),
                Err(why) if attempt == ATTEMPTS => panic!("the test database server cannot be started: {why}"),
                Err(_) => attempt += 1,
            }
        }
    }

    /// Makes the files of an empty cluster.
    fn prepare(&self) -> Result<(), String> {
        let data = self.data();
        let make = || {
            DirBuilder::new().mode(0o700).create(&data)?;
            match programs::humble_user() {
                Some((user, group)) => chown(&data, Some(user), Some(group)),
                None => Ok(()),
            }
        };
        make().map_err(|error| format!("{}: {error}", data.display()))?;
        let mut initdb = self.command("initdb");
        initdb.args(["-U", "postgres", "--auth=trust", "--no-sync", "-E", "UTF8", "--locale=C.UTF-8", "-D"]).arg(&data);
        let output = initdb.output().map_err(|error| format!("initdb: {error}"))?;
        if output.status.success() {
            Ok(())
        } else {
            Err(format!("initdb: {}", String::from_utf8_lossy(&output.stderr)))
        }
    }

    /// Starts it and waits until it is ready.
    fn start(&self) -> Result<Daemon, String> {
        let mut postgres = self.command("postgres");
        postgres.arg("-D").arg(self.data()).args(["-p", &self.port.to_string()]);
        // Processes are killed here, never the machine: nothing needs to reach the disk.
        let settings = [
            "listen_addresses=127.0.0.1",
            "unix_socket_directories=",
            "max_connections=500",
            "fsync=off",
            "full_page_writes=off",
        ];
        for setting in settings {
            postgres.args(["-c", setting]);
        }
        let daemon = Daemon::start(&mut postgres, &self.dir).map_err(|error| error.to_string())?;
        wait_until_ready(&daemon, &self.dir, || sql(&address(self.port), "SELECT 1").is_ok())?;
        Ok(daemon)
    }

    fn data(&self) -> PathBuf {
        self.dir.join("data")
    }

    /// One of the server's programs, which refuse to run as root.
    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(programs::postgres().join(program));
        command.current_dir("/").env_remove("PGDATA").env_remove("PGPORT");
        if let Some((user, group)) = programs::humble_user() {
            command.uid(user).gid(group);
        }
        command
    }
}

fn address(port: u16) -> String {
    format!("postgres://postgres@127.0.0.1:{port}/postgres")
}

/// Runs statements at `url`.
fn sql(url: &str, statements: &str) -> Result<String, String> {
    let mut psql = Command::new(programs::psql());
    psql.env("PGCONNECT_TIMEOUT", "30").current_dir("/");
    psql.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", url, "-c", statements]);
    let output = psql.output().map_err(|error| format!("psql: {error}"))?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).trim().to_owned())
    }
}
