//! Stopping in the middle, and going on.

use crate::support::{PATIENCE, Place, baogao, run};
use baogao_testkit::{FakeWeb, Plan, Process, Signal};
use std::time::Duration;

/// Asks for a stop once some pages were asked for, and says how it ended.
fn stop_in_the_middle(web: &FakeWeb, mut process: Process, signal: Signal) -> baogao_testkit::Ended {
    let deadline = std::time::Instant::now() + PATIENCE;
    while web.log().len() < 6 {
        assert!(std::time::Instant::now() < deadline, "the crawl has not begun");
        assert!(process.is_running().expect("the system says"), "the crawl has ended already");
        std::thread::sleep(Duration::from_millis(5));
    }
    process.signal(signal).expect("the signal is sent");
    process.wait(PATIENCE).expect("it stops")
}

#[test]
fn ctrl_c_stops_and_the_next_run_goes_on() {
    let web = FakeWeb::start(Plan { seed: 21, hosts: 2, pages_per_host: 10, ..Plan::default() }).expect("a port");
    let place = Place::new();
    let command = || place.crawl(&web.seeds(), &web.connect_to(), &["--host-delay", "30ms"]);
    let process = Process::start(&mut command()).expect("the binary starts");
    let ended = stop_in_the_middle(&web, process, Signal::Interrupt);
    assert_eq!(ended.status.code(), Some(130), "{}{}", ended.stdout, ended.stderr);
    assert!(ended.stdout.contains("run the same command to go on"), "{}", ended.stdout);

    let before = web.log().len();
    let ended = run(&mut command());
    assert_eq!(ended.status.code(), Some(0), "{}{}", ended.stdout, ended.stderr);
    assert_eq!(place.reports().len(), web.truth().records.len());
    let hits = web.log();
    let again =
        hits[before..].iter().filter(|hit| hits[..before].iter().any(|h| h.host == hit.host && h.path == hit.path));
    // The seeds are fetched again by order; beside them only what was under way.
    assert!(again.count() <= 2 * web.truth().hosts.len(), "pages are not fetched twice");
}

#[test]
fn ctrl_c_does_not_wait_for_a_host_that_never_answers() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port on loopback");
    let connect_to = [format!("www.qinglan.example:80:{}", listener.local_addr().expect("an address"))];
    let place = Place::new();
    let mut command = place.crawl(&["http://www.qinglan.example/".to_owned()], &connect_to, &[]);
    let mut process = Process::start(&mut command).expect("the binary starts");
    // It has connected to ask for robots.txt and waits for an answer that never comes.
    let (_connection, _) = listener.accept().expect("the crawl connects");
    process.signal(Signal::Interrupt).expect("the signal is sent");
    let ended = process.wait(Duration::from_secs(20)).expect("it stops within seconds");
    assert_eq!(ended.status.code(), Some(130), "{}{}", ended.stdout, ended.stderr);
}

#[test]
fn a_continuous_run_ends_well_on_sigterm() {
    let web = FakeWeb::start(Plan { seed: 22, hosts: 2, pages_per_host: 6, ..Plan::default() }).expect("a port");
    let place = Place::new();
    let list = |items: &[String]| items.iter().map(|item| format!("{item:?}")).collect::<Vec<_>>().join(", ");
    let config = place.write(
        "run.toml",
        format!(
            "[data]\ndir = {:?}\n[seeds]\nurls = [{}]\n[crawler]\nhost_delay_ms = 20\n[fetch]\nconnect_to = [{}]\n",
            place.data().to_string_lossy(),
            list(&web.seeds()),
            list(&web.connect_to()),
        ),
    );
    let check = run(baogao(&["config", "check"]).arg(&config));
    assert!(check.status.success(), "{}", check.stderr);
    let process = Process::start(baogao(&["run", "--config"]).arg(&config)).expect("the binary starts");
    let ended = stop_in_the_middle(&web, process, Signal::Terminate);
    assert_eq!(ended.status.code(), Some(0), "{}{}", ended.stdout, ended.stderr);
}
