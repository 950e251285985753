//! Real servers for tests: apart from each other, shared where they should be, breakable where asked.

use baogao_testkit::servers::{PostgresDatabase, PostgresServer, RabbitNode, RabbitVhost};
use std::os::unix::fs::DirBuilderExt as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(60);

fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < deadline, "{what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn each_vhost_is_its_own_and_goes_with_its_owner() {
    let (one, other) = (RabbitVhost::create(), RabbitVhost::create());
    assert_ne!(one.url(), other.url());
    assert!(one.url().starts_with("amqp://") && one.url().ends_with(&format!("/{}", one.name())), "{}", one.url());

    let api = one.management().clone();
    let queue = |vhost: &RabbitVhost| format!("/api/queues/{}/things", vhost.name());
    let quorum = r#"{"durable":true,"arguments":{"x-queue-type":"quorum"}}"#;
    assert_eq!(api.call("PUT", &queue(&one), quorum).expect("it answers").status, 201);
    assert_eq!(api.call("GET", &queue(&one), "").expect("it answers").status, 200);
    assert_eq!(api.call("GET", &queue(&other), "").expect("it answers").status, 404);

    let path = format!("/api/vhosts/{}", one.name());
    assert_eq!(api.call("GET", &path, "").expect("it answers").status, 200);
    drop(one);
    assert_eq!(api.call("GET", &path, "").expect("it answers").status, 404);
}

#[test]
fn each_database_is_its_own_and_goes_with_its_owner() {
    let (one, other) = (PostgresDatabase::create(), PostgresDatabase::create());
    assert_ne!(one.url(), other.url());
    one.sql("CREATE TABLE thing (name TEXT); INSERT INTO thing VALUES ('报告')").expect("a table");
    assert_eq!(one.sql("SELECT name, 1 FROM thing").as_deref(), Ok("报告|1\n"));
    assert!(other.sql("SELECT name FROM thing").expect_err("another database").contains("does not exist"));

    let is_there = format!("SELECT count(*) FROM pg_database WHERE datname = '{}'", one.name());
    assert_eq!(other.sql(&is_there).as_deref(), Ok("1\n"));
    drop(one);
    assert_eq!(other.sql(&is_there).as_deref(), Ok("0\n"));
}

/// What the processes of the next test do.
#[test]
#[ignore = "a part of the test of several processes"]
fn tell_where_the_server_is() {
    let database = PostgresDatabase::create();
    println!("at {}", database.url().rsplit_once('/').expect("an address").0);
}

#[test]
fn processes_share_one_server_that_ends_soon_after_them() {
    let dir = std::env::temp_dir().join(format!("baogao-test-{}-shared", std::process::id()));
    std::fs::DirBuilder::new().mode(0o711).create(&dir).expect("a temporary directory");
    let start = || {
        Command::new(std::env::current_exe().expect("this test has a path"))
            .args(["--exact", "tell_where_the_server_is", "--ignored", "--nocapture"])
            .env_remove("BAOGAO_TEST_PG_URL")
            .env("BAOGAO_TEST_LINGER_S", "1")
            .env("TMPDIR", &dir)
            .stdout(Stdio::piped())
            .spawn()
            .expect("it starts")
    };
    // All at once, when there is no server yet.
    let processes: Vec<_> = (0..3).map(|_| start()).collect();
    let mut places = std::collections::BTreeSet::new();
    for process in processes {
        let output = process.wait_with_output().expect("it ends");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{text}");
        places.insert(text.lines().find_map(|line| Some(line.split_once("at postgres")?.1.to_owned())));
    }
    assert!(places.len() == 1 && !places.contains(&None), "{places:?}");
    until("the server's directory is still there", || std::fs::read_dir(&dir).expect("it is there").next().is_none());
    std::fs::remove_dir(dir).expect("it is empty");
}

#[test]
fn a_database_server_of_ones_own_keeps_what_was_committed_whatever_ends_it() {
    let mut server = PostgresServer::start();
    let database = server.database();
    database.sql("CREATE TABLE thing (name TEXT); INSERT INTO thing VALUES ('one')").expect("a table");
    let (port, first) = (server.port(), server.pid());

    server.kill();
    assert!(database.sql("SELECT 1").is_err());
    server.start_again();
    assert_eq!(server.port(), port);
    assert_ne!(server.pid(), first);
    assert_eq!(database.sql("SELECT name FROM thing").as_deref(), Ok("one\n"));

    server.stop();
    server.start_again();
    assert_eq!(database.sql("SELECT name FROM thing").as_deref(), Ok("one\n"));

    server.pause();
    let answer = std::thread::scope(|scope| {
        let asking = scope.spawn(|| database.sql("SELECT count(*) FROM thing"));
        std::thread::sleep(Duration::from_millis(300));
        assert!(!asking.is_finished(), "it answers while it stands still");
        server.resume();
        asking.join().expect("no panic")
    });
    assert_eq!(answer.as_deref(), Ok("1\n"));

    drop(database);
    drop(server);
    assert!(std::net::TcpStream::connect(("127.0.0.1", port)).is_err(), "it was not ended");
}

#[test]
fn a_broker_of_ones_own_keeps_what_is_durable_whatever_ends_it() {
    let mut node = RabbitNode::start();
    let (port, api) = (node.port(), node.management());
    let call = |method: &str, path: &str, body: &str| {
        let answer = api.call(method, path, body).expect("it answers");
        assert!((200..300).contains(&answer.status), "{path}: {answer:?}");
        answer.body
    };
    call("PUT", "/api/queues/%2f/things", r#"{"durable":true,"arguments":{"x-queue-type":"quorum"}}"#);
    let message =
        r#"{"routing_key":"things","payload":"one","payload_encoding":"string","properties":{"delivery_mode":2}}"#;
    assert!(call("POST", "/api/exchanges/%2f/amq.default/publish", message).contains("true"), "it was not routed");

    // See `RabbitNode::kill`: only then is the queue itself on the disk.
    std::thread::sleep(Duration::from_secs(2));
    node.kill();
    assert!(api.call("GET", "/api/overview", "").is_err());
    node.start_again();
    assert_eq!(node.port(), port);
    let get = r#"{"count":1,"ackmode":"ack_requeue_true","encoding":"auto"}"#;
    until("the message is lost", || {
        // The queue's leader may still be about to be chosen.
        let answer = api.call("POST", "/api/queues/%2f/things/get", get);
        answer.is_ok_and(|answer| answer.body.contains("\"payload\":\"one\""))
    });

    node.pause();
    std::thread::scope(|scope| {
        let asking = scope.spawn(|| api.call("GET", "/api/overview", ""));
        std::thread::sleep(Duration::from_millis(300));
        assert!(!asking.is_finished(), "it answers while it stands still");
        node.resume();
        assert_eq!(asking.join().expect("no panic").expect("it answers").status, 200);
    });

    let pid = node.pid();
    drop(node);
    // An orphan keeps its number until the system's first process takes note.
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    assert!(stat.is_empty() || stat.contains(") Z "), "it was not ended: {stat}");
    assert!(std::net::TcpStream::connect(("127.0.0.1", port)).is_err(), "it was not ended");
}
