//! A process killed at any moment loses nothing that was acknowledged.

mod fixture;

use baogao_archive::{Archive, ArchiveConfig, Location};
use baogao_model::PayloadRef;
use baogao_testkit::servers::S3Bucket;
use baogao_testkit::{Process, Signal, TcpProxy};
use fixture::{Store, config, exchange, options, warcio_complaints};
use std::io::Write;
use std::process::Command;
use std::time::Duration;

/// Where the child writes: a folder, or a bucket and the endpoint it is reached at.
const FOLDER: &str = "BAOGAO_ARCHIVE_TEST_FOLDER";
const BUCKET: &str = "BAOGAO_ARCHIVE_TEST_BUCKET";

/// Far more than any step takes.
const PATIENCE: Duration = Duration::from_secs(120);

/// The page that the child archives as its `number`th.
fn page(number: u32) -> baogao_archive::Exchange {
    exchange(&format!("http://www.qinglan.example/{number}"), &"政府工作报告".repeat(number as usize % 50))
}

/// Segments so small that a kill finds one at its beginning, in its middle and at its end.
fn small() -> ArchiveConfig {
    ArchiveConfig { segment_bytes: 5000, object_bytes: 5000, ..config() }
}

/// The program that is killed: it archives pages for ever, four at a time, and prints the reference
/// of each once it has it.
#[tokio::test]
async fn child_that_archives_until_it_is_killed() {
    let location = match (std::env::var_os(FOLDER), std::env::var(BUCKET)) {
        (Some(folder), _) => Location::Folder(folder.into()),
        (None, Ok(bucket)) => {
            let (address, endpoint) = bucket.split_once(' ').unwrap();
            Location::Bucket(fixture::options_of(address, endpoint))
        }
        // Not started by a test of this file.
        (None, Err(_)) => return,
    };
    let archive = Archive::open(&location, small()).await.unwrap();
    let mut number = 0;
    loop {
        let four = [number, number + 1, number + 2, number + 3];
        let all = futures::future::join_all(four.map(|number| archive.append(page(number)))).await;
        for (number, at) in four.into_iter().zip(all) {
            let at = serde_json::to_string(&at.unwrap()).unwrap();
            let mut out = std::io::stdout().lock();
            writeln!(out, "@{number} {at}").unwrap();
            out.flush().unwrap();
        }
        number += 4;
    }
}

/// Starts the child.
fn child(variable: &str, value: impl AsRef<std::ffi::OsStr>) -> Process {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "child_that_archives_until_it_is_killed", "--nocapture"]).env(variable, value);
    Process::start(&mut command).unwrap()
}

/// What the child has acknowledged; a line that the kill cut off was not.
fn acknowledged(stdout: &str) -> Vec<(u32, PayloadRef)> {
    let whole = stdout.rsplit_once('\n').map_or("", |(whole, _)| whole);
    let lines = whole.lines().filter_map(|line| line.split_once('@'));
    lines
        .map(|(_, line)| {
            let (number, at) = line.split_once(' ').unwrap();
            (number.parse().unwrap(), serde_json::from_str(at).unwrap())
        })
        .collect()
}

/// Kills the child once it has acknowledged `count` pages, and gives all that it has.
fn kill_after(mut child: Process, count: usize) -> Vec<(u32, PayloadRef)> {
    child.wait_for_output(PATIENCE, |stdout, _| acknowledged(stdout).len() >= count).unwrap();
    child.signal(Signal::Kill).unwrap();
    acknowledged(&child.wait(PATIENCE).unwrap().stdout)
}

/// Every page acknowledged can be read, and other programs find nothing wrong with any segment.
async fn assert_nothing_lost(store: &Store, all: &[(u32, PayloadRef)]) {
    // The next run repairs what is torn.
    let archive = store.open_with(small()).await;
    for (number, at) in all {
        assert_eq!(archive.read(at).await.unwrap(), page(*number));
    }
    for segment in archive.segments().await.unwrap() {
        assert!(!segment.is_open, "{segment:?}");
    }
    archive.close().await;
    assert_eq!(warcio_complaints(&store.segments()), "");
}

#[tokio::test(flavor = "multi_thread")]
async fn kill_nine_in_the_middle_of_a_segment_loses_no_acknowledged_page() {
    let store = Store::folder();
    let Location::Folder(folder) = store.location() else { unreachable!("it is one") };
    let mut all = Vec::new();
    for kill in 0..12 {
        all.extend(kill_after(child(FOLDER, &folder), 1 + kill * 3));
    }
    assert!(store.segments().len() > 12);
    assert_nothing_lost(&store, &all).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn kill_nine_in_the_middle_of_a_put_loses_no_acknowledged_page() {
    let bucket = S3Bucket::create();
    let proxy = TcpProxy::start(bucket.address()).unwrap();
    let endpoint = format!("http://{}", proxy.address());
    let where_to = format!("{} {endpoint}", options(&bucket, &endpoint).address);
    let mut all = Vec::new();
    for kill in 0..6 {
        let mut child = child(BUCKET, &where_to);
        let count = 1 + kill * 3;
        if kill % 2 == 0 {
            // From here on its requests get no answer: the kill finds it in the middle of one.
            child.wait_for_output(PATIENCE, |stdout, _| acknowledged(stdout).len() >= count).unwrap();
            proxy.black_hole(true);
            // Longer than a segment is open: by then one is on its way, as in most runs of this.
            std::thread::sleep(small().object_age * 3);
        }
        all.extend(kill_after(child, count));
        proxy.cut();
        proxy.black_hole(false);
    }
    let keys = bucket.keys();
    assert!(keys.len() >= 6, "{keys:?}");
    assert_nothing_lost(&Store::Bucket(bucket), &all).await;
}
