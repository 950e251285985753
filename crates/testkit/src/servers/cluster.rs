//! Several RabbitMQ nodes that are one broker, on one machine.

use super::daemon::Daemon;
use super::management::Management;
use super::place::{Place, end_all};
use super::rabbitmq::{ATTEMPTS, Node, Ports, api_at};
use super::{port, unique_name};

/// A broker of several nodes: each to be killed and started again. Dropping it kills them all.
///
/// Queues that are declared once it has started have a copy on every node.
#[derive(Debug)]
pub struct RabbitCluster {
    members: Vec<(Node, Daemon)>,
}

impl RabbitCluster {
    /// Starts `size` nodes, one after the other, and waits until all are ready: about 20 s each. Blocks.
    ///
    /// # Panics
    ///
    /// When they cannot be started or do not find each other; the message says why.
    pub fn start(size: usize) -> Self {
        let mut attempt = 1;
        loop {
            match Self::try_start(size) {
                Ok(cluster) => return cluster,
                Err(why) if attempt == ATTEMPTS => panic!("the test cluster cannot be started: {why}"),
                Err(_) => attempt += 1,
            }
        }
    }

    fn try_start(size: usize) -> Result<Self, String> {
        let mut cluster = Self { members: Vec::new() };
        // Nodes find each other's ports by one mapper, that of the first.
        let mapper = port::free();
        let mut first: Option<String> = None;
        for _ in 0..size {
            let dir = Place::shared().fresh_server(&unique_name()).map_err(|error| error.to_string())?;
            let ports =
                Ports { amqp: port::free(), management: port::free(), distribution: port::free(), epmd: mapper };
            let node = Node { dir, ports };
            // A node that names itself only begins a cluster; those after it join the first.
            let peer = first.get_or_insert_with(|| node.name());
            let more = format!(
                "cluster_formation.peer_discovery_backend = classic_config\n\
                 cluster_formation.classic_config.nodes.1 = {peer}\n\
                 cluster_formation.randomized_startup_delay_range.min = 0\n\
                 cluster_formation.randomized_startup_delay_range.max = 1\n\
                 cluster_partition_handling = pause_minority\n"
            );
            let prepared = node.write_settings(&more).and_then(|()| match cluster.members.is_empty() {
                true => node.start_mapper(),
                false => Ok(()),
            });
            let started = prepared.map_err(|error| error.to_string()).and_then(|()| node.start());
            match started {
                Ok(daemon) => cluster.members.push((node, daemon)),
                Err(why) => {
                    let _ = end_all(&node.dir);
                    return Err(why);
                }
            }
        }
        match cluster.running() {
            running if running == size => Ok(cluster),
            running => Err(format!("of {size} nodes {running} have found each other")),
        }
    }

    /// Where clients connect, to the vhost `/`: the nodes' addresses in order, joined by commas.
    pub fn url(&self) -> String {
        let urls: Vec<String> = self.members.iter().map(|(node, _)| node.url()).collect();
        urls.join(",")
    }

    /// The management API of a node.
    pub fn management(&self, node: usize) -> Management {
        api_at(self.members[node].0.ports.management)
    }

    /// The name of a node, as the broker has it.
    pub fn name(&self, node: usize) -> String {
        self.members[node].0.name()
    }

    /// How many nodes run as part of the whole, as one that runs sees it; 0 when none answers.
    pub fn running(&self) -> usize {
        let answers = self.members.iter().filter(|(_, daemon)| daemon.is_alive()).find_map(|(node, _)| {
            let answer = api_at(node.ports.management).call("GET", "/api/nodes?columns=running", "").ok()?;
            (answer.status == 200).then_some(answer.body)
        });
        answers.map_or(0, |body| body.matches("\"running\":true").count())
    }

    /// SIGKILL of a node.
    pub fn kill(&mut self, node: usize) {
        self.members[node].1.kill();
    }

    /// Starts a node again, once killed, and waits until it is ready.
    ///
    /// # Panics
    ///
    /// When it still runs or cannot be started.
    pub fn start_again(&mut self, node: usize) {
        let (node, daemon) = &mut self.members[node];
        assert!(!daemon.is_alive(), "the node still runs");
        *daemon = node.start().unwrap_or_else(|why| panic!("the node cannot be started again: {why}"));
    }
}

impl Drop for RabbitCluster {
    fn drop(&mut self) {
        // All at once, so that none begins to look for the others.
        for (_, daemon) in &self.members {
            daemon.signal(rustix::process::Signal::KILL);
        }
        for (node, _) in &self.members {
            // What stays, the watchdog removes.
            let _ = end_all(&node.dir);
        }
    }
}
