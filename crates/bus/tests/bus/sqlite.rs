//! What only the SQLite back end promises: it survives crashes, full disks and visitors.

use crate::suite::{depth, is_quiet, message, messages, next, next_id, options, soon, until_depth, work};
use baogao_bus::{Bus, BusError, Consumer, DeadLetterFilter, Options, QueueSpec};
use baogao_model::Message;
use rusqlite::Connection;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use tempfile::TempDir;

struct Place {
    dir: TempDir,
    generation: u32,
}

impl Place {
    fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap(), generation: 0 }
    }

    fn file(&self) -> PathBuf {
        self.dir.path().join(format!("bus-{}.db", self.generation))
    }

    async fn open(&self) -> Bus {
        Bus::sqlite(&self.file(), options()).await.unwrap()
    }

    /// What a process killed at this moment would have left, opened by the next one. The old bus lives
    /// on in its own file and is nothing to the new one.
    async fn crash(&mut self) -> Bus {
        self.crash_with(options()).await
    }

    /// The same, opened by a process with other options.
    async fn crash_with(&mut self, options: Options) -> Bus {
        let old = self.file();
        self.generation += 1;
        let new = self.file();
        {
            // Keeps the writer from writing between the two copies.
            let lock = Connection::open(&old).unwrap();
            lock.execute_batch("BEGIN IMMEDIATE").unwrap();
            for suffix in ["", "-wal"] {
                let with = |path: &Path| PathBuf::from(format!("{}{suffix}", path.display()));
                std::fs::copy(with(&old), with(&new)).unwrap();
            }
            lock.execute_batch("ROLLBACK").unwrap();
        }
        Bus::sqlite(&new, options).await.unwrap()
    }
}

#[tokio::test]
async fn what_was_confirmed_survives_a_crash() {
    let mut place = Place::new();
    let bus = place.open().await;
    work(&bus, 5).await;
    let mut consumer = bus.consume("work", 1).await.unwrap();
    next(&mut consumer).await.ack().await.unwrap();
    next(&mut consumer).await.retry_later("not yet").await.unwrap();
    next(&mut consumer).await.dead_letter("never").await.unwrap();
    let _out = next(&mut consumer).await;

    let bus = place.crash().await;
    let mut consumer = bus.consume("work", 1).await.unwrap();
    let mut seen = Vec::new();
    for _ in 0..3 {
        let delivery = next(&mut consumer).await;
        let id = delivery.message().id.clone();
        assert_eq!(*delivery.message(), message(&id, "work.a"));
        seen.push((id, delivery.attempt(), delivery.is_redelivered()));
        delivery.ack().await.unwrap();
    }
    seen.sort();
    assert_eq!(seen, [("m001".into(), 2, false), ("m003".into(), 1, true), ("m004".into(), 1, false)]);
    assert_eq!(bus.dead_letters(&DeadLetterFilter::default()).await.unwrap()[0].error, "never");
    assert_eq!(depth(&bus, "work").await.pending(), 0);
}

#[tokio::test]
async fn suspects_are_delivered_one_at_a_time_beside_the_ordinary_flow() {
    let mut place = Place::new();
    let bus = place.open().await;
    work(&bus, 4).await;
    let mut consumer = bus.consume("work", 3).await.unwrap();
    let _out = (next(&mut consumer).await, next(&mut consumer).await, next(&mut consumer).await);

    let bus = place.crash().await;
    let depths = depth(&bus, "work").await;
    assert_eq!((depths.ready, depths.suspect, depths.unacked), (1, 3, 0));
    // Two consumers, so that isolation is the queue's and not the consumer's.
    let (mut a, mut b) = (bus.consume("work", 4).await.unwrap(), bus.consume("work", 4).await.unwrap());
    let mut held = Vec::new();
    while held.len() < 2 {
        tokio::select! {
            delivery = soon(a.next()) => held.push(delivery.unwrap()),
            delivery = soon(b.next()) => held.push(delivery.unwrap()),
        }
    }
    assert!(is_quiet(&mut a).await && is_quiet(&mut b).await);
    held.sort_by_key(|delivery| delivery.message().id.clone());
    let ids: Vec<_> = held.iter().map(|d| (d.message().id.as_str(), d.is_suspect(), d.attempt())).collect();
    assert_eq!(ids, [("m000", true, 1), ("m003", false, 1)]);
    // Handed back, it stays a suspect; decided, it makes way for the next.
    held.remove(0).hand_back().await.unwrap();
    for id in ["m000", "m001", "m002"] {
        let suspect = tokio::select! {
            delivery = soon(a.next()) => delivery.unwrap(),
            delivery = soon(b.next()) => delivery.unwrap(),
        };
        assert_eq!((suspect.message().id.as_str(), suspect.is_suspect()), (id, true));
        assert!(is_quiet(&mut a).await && is_quiet(&mut b).await);
        suspect.ack().await.unwrap();
    }
    held.remove(0).ack().await.unwrap();
    assert_eq!(depth(&bus, "work").await.pending(), 0);
}

#[tokio::test]
async fn a_suspect_is_not_given_beyond_the_prefetch() {
    let mut place = Place::new();
    let bus = place.open().await;
    work(&bus, 2).await;
    let mut consumer = bus.consume("work", 2).await.unwrap();
    let _out = (next(&mut consumer).await, next(&mut consumer).await);
    let bus = place.crash().await;
    bus.publish(vec![message("new", "work.a")]).await.unwrap();
    let mut consumer = bus.consume("work", 1).await.unwrap();
    let held = next(&mut consumer).await;
    assert!(is_quiet(&mut consumer).await);
    held.ack().await.unwrap();
}

/// The first death makes it a suspect, each death as a suspect counts, the third buries it.
#[tokio::test]
async fn three_crashes_as_a_suspect_make_a_dead_letter() {
    let mut place = Place::new();
    let mut bus = place.open().await;
    work(&bus, 1).await;
    for death in 0..4 {
        assert!(bus.dead_letters(&DeadLetterFilter::default()).await.unwrap().is_empty());
        let mut consumer = bus.consume("work", 1).await.unwrap();
        let killer = next(&mut consumer).await;
        assert_eq!((killer.is_suspect(), killer.attempt()), (death > 0, 1));
        bus = place.crash().await;
        drop(killer);
    }
    let dead = bus.dead_letters(&DeadLetterFilter::default()).await.unwrap();
    assert_eq!((dead[0].queue.as_str(), dead[0].crashes, dead[0].attempts), ("work", 3, 1));
    assert_eq!(dead[0].message, message("m000", "work.a"));
    assert!(dead[0].error.contains("died 3 times"), "{}", dead[0].error);
    assert!(dead[0].first_failed_at < dead[0].last_failed_at);
    assert_eq!(depth(&bus, "work").await.pending(), 0);

    // Tried again by hand, it begins as a suspect.
    assert_eq!(bus.replay(&DeadLetterFilter::default()).await.unwrap(), 1);
    let again = next(&mut bus.consume("work", 1).await.unwrap()).await;
    assert!(again.is_suspect() && again.is_redelivered());
}

/// Kills from outside come in series: an innocent suspect must not be what each of them meets.
#[tokio::test]
async fn a_suspect_rests_after_the_crash_it_is_charged_with() {
    let mut place = Place::new();
    let bus = place.open().await;
    work(&bus, 2).await;
    let mut consumer = bus.consume("work", 2).await.unwrap();
    let _out = (next(&mut consumer).await, next(&mut consumer).await);
    let bus = place.crash().await;
    let long = Options { crash_rest: Duration::from_secs(3600), ..options() };
    let first = next(&mut bus.consume("work", 2).await.unwrap()).await;
    assert_eq!((first.message().id.as_str(), first.is_suspect()), ("m000", true));
    for _ in 0..5 {
        let bus = place.crash_with(long.clone()).await;
        assert_eq!((depth(&bus, "work").await.waiting, depth(&bus, "work").await.dead), (1, 0));
        // The other has its turn at once, and alone.
        let mut consumer = bus.consume("work", 2).await.unwrap();
        let second = next(&mut consumer).await;
        assert_eq!((second.message().id.as_str(), second.is_suspect()), ("m001", true));
        assert!(is_quiet(&mut consumer).await);
        second.hand_back().await.unwrap();
    }
}

#[tokio::test]
async fn a_rested_suspect_comes_back_as_one() {
    let mut place = Place::new();
    let bus = place.open().await;
    work(&bus, 1).await;
    let _out = next(&mut bus.consume("work", 1).await.unwrap()).await;
    let bus = place.crash().await;
    let _suspect = next(&mut bus.consume("work", 1).await.unwrap()).await;
    let bus = place.crash_with(Options { crash_rest: Duration::from_millis(50), ..options() }).await;
    let again = next(&mut bus.consume("work", 1).await.unwrap()).await;
    assert_eq!((again.message().id.as_str(), again.is_suspect(), again.attempt()), ("m000", true, 1));
    again.ack().await.unwrap();
    assert_eq!(depth(&bus, "work").await.pending(), 0);
}

#[tokio::test]
async fn crashes_elsewhere_hand_backs_and_clean_ends_count_for_nothing() {
    let mut place = Place::new();
    let mut bus = place.open().await;
    work(&bus, 1).await;
    {
        let mut consumer = bus.consume("work", 1).await.unwrap();
        let _out = next(&mut consumer).await;
        bus = place.crash().await;
    }
    // A suspect that is not out when the process dies is not charged, however often it dies.
    for _ in 0..5 {
        next(&mut bus.consume("work", 1).await.unwrap()).await.hand_back().await.unwrap();
        bus = place.crash().await;
        assert_eq!(depth(&bus, "work").await.suspect, 1);
    }
    // Nor is one that is out when the bus is closed.
    for _ in 0..5 {
        let mut consumer = bus.consume("work", 1).await.unwrap();
        let held = next(&mut consumer).await;
        assert!(held.is_suspect());
        bus.close().await.unwrap();
        bus = place.open().await;
    }
    // A suspect that fails without killing is cleared.
    next(&mut bus.consume("work", 1).await.unwrap()).await.retry_later("no").await.unwrap();
    let again = next(&mut bus.consume("work", 1).await.unwrap()).await;
    assert_eq!((again.is_suspect(), again.attempt()), (false, 2));
    bus.close().await.unwrap();
    let bus = place.open().await;
    let again = next(&mut bus.consume("work", 1).await.unwrap()).await;
    assert_eq!((again.is_suspect(), again.is_redelivered(), again.attempt()), (false, true, 2));
}

/// Two queues, one process: of two suspects out at a death, nobody knows which one did it.
#[tokio::test]
async fn a_suspect_is_not_blamed_for_the_suspect_of_another_queue() {
    let mut place = Place::new();
    let mut bus = place.open().await;
    bus.declare(&[QueueSpec::new("guilty", ["g"]), QueueSpec::new("innocent", ["i"])]).await.unwrap();
    bus.publish(vec![message("killer", "g"), message("slow", "i")]).await.unwrap();
    // Out together at the first death, and again, as suspects, at the second.
    for _ in 0..2 {
        let (mut guilty, mut innocent) = both(&bus).await;
        let _out = (next(&mut guilty).await, next(&mut innocent).await);
        bus = place.crash().await;
    }
    // From now on only one of the two is out, whoever comes first.
    let mut deaths = 0;
    while bus.dead_letters(&DeadLetterFilter::default()).await.unwrap().is_empty() {
        let (mut guilty, mut innocent) = both(&bus).await;
        tokio::select! {
            _killer = next(&mut guilty) => {
                assert!(is_quiet(&mut innocent).await);
                deaths += 1;
                bus = place.crash().await;
            }
            slow = next(&mut innocent) => {
                assert!(is_quiet(&mut guilty).await);
                slow.ack().await.unwrap();
            }
        }
    }
    let dead = bus.dead_letters(&DeadLetterFilter::default()).await.unwrap();
    assert_eq!((dead.len(), dead[0].message.id.as_str(), dead[0].crashes, deaths), (1, "killer", 3, 3));
    if depth(&bus, "innocent").await.pending() > 0 {
        next_id(&mut bus.consume("innocent", 1).await.unwrap()).await;
    }
}

/// Once a death was unclear, the next must not be: no suspect of any other queue is out beside them.
#[tokio::test]
async fn those_who_shared_a_death_wait_for_every_other_suspect() {
    let mut place = Place::new();
    let bus = place.open().await;
    let queues = [QueueSpec::new("guilty", ["g"]), QueueSpec::new("innocent", ["i"]), QueueSpec::new("third", ["t"])];
    bus.declare(&queues).await.unwrap();
    bus.publish(vec![message("killer", "g"), message("slow", "i"), message("late", "t")]).await.unwrap();
    let (mut guilty, mut innocent) = both(&bus).await;
    let _out = (next(&mut guilty).await, next(&mut innocent).await);
    let bus = place.crash().await;
    let (mut guilty, mut innocent) = both(&bus).await;
    let mut third = bus.consume("third", 1).await.unwrap();
    let _out = (next(&mut guilty).await, next(&mut innocent).await, next(&mut third).await);
    let bus = place.crash().await;
    let late = next(&mut bus.consume("third", 1).await.unwrap()).await;
    assert!(late.is_suspect());
    let mut guilty = bus.consume("guilty", 1).await.unwrap();
    assert!(is_quiet(&mut guilty).await);
    late.ack().await.unwrap();
    assert!(next(&mut guilty).await.is_suspect());
}

async fn both(bus: &Bus) -> (Consumer, Consumer) {
    (bus.consume("guilty", 1).await.unwrap(), bus.consume("innocent", 1).await.unwrap())
}

const DIE_WITH: &str = "BAOGAO_BUS_TEST_DIE_WITH";

/// The child of the next test: takes a message and dies with it. Does nothing otherwise.
#[tokio::test]
async fn child_that_dies_with_a_message() {
    let Some(file) = std::env::var_os(DIE_WITH) else { return };
    let bus = Bus::sqlite(Path::new(&file), options()).await.unwrap();
    let _held = next(&mut bus.consume("work", 1).await.unwrap()).await;
    std::process::abort();
}

#[tokio::test]
async fn a_real_process_that_dies_leaves_a_suspect() {
    let place = Place::new();
    let bus = place.open().await;
    work(&bus, 1).await;
    bus.close().await.unwrap();
    for crashes in 0..4 {
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "sqlite::child_that_dies_with_a_message"])
            .env(DIE_WITH, place.file())
            .output()
            .unwrap();
        assert!(!child.status.success(), "crash {crashes}: the child should have died");
    }
    let bus = place.open().await;
    let dead = bus.dead_letters(&DeadLetterFilter::default()).await.unwrap();
    assert_eq!((dead.len(), dead[0].crashes, dead[0].message.id.as_str()), (1, 3, "m000"));
}

async fn small_bus(place: &Place) -> Bus {
    let options = Options { max_file_bytes: Some(512 * 1024), ..options() };
    let bus = Bus::sqlite(&place.file(), options).await.unwrap();
    bus.declare(&[QueueSpec::new("work", ["work.#"])]).await.unwrap();
    bus
}

fn bulky(id: &str, bytes: usize) -> Message {
    Message { body: vec![b'x'; bytes], ..message(id, "work.a") }
}

#[tokio::test]
async fn a_full_disk_refuses_publishers_and_loses_nothing() {
    let place = Place::new();
    let bus = small_bus(&place).await;
    let mut confirmed = Vec::new();
    let refused = loop {
        let id = format!("m{:03}", confirmed.len());
        match bus.publish(vec![bulky(&id, 3000)]).await {
            Ok(()) => confirmed.push(id),
            Err(error) => break error,
        }
        assert!(confirmed.len() < 1000, "the file grows beyond its limit");
    };
    assert!(matches!(refused, BusError::Full { .. }) && refused.is_transient(), "{refused:?}");
    assert!(confirmed.len() > 20);
    // Full as it is, it delivers, and takes acknowledgements.
    let mut consumer = bus.consume("work", 4).await.unwrap();
    for id in &confirmed {
        assert_eq!(next_id(&mut consumer).await, *id);
    }
    // And then there is room again.
    bus.publish(vec![bulky("after", 3000)]).await.unwrap();
    assert_eq!(next_id(&mut consumer).await, "after");
    assert_eq!(depth(&bus, "work").await.pending(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_that_does_not_fit_does_not_poison_its_group() {
    let place = Place::new();
    let bus = small_bus(&place).await;
    let mut tasks = Vec::new();
    for n in 0..40 {
        let bus = bus.clone();
        let bytes = if n % 10 == 5 { 900_000 } else { 100 };
        tasks.push(tokio::spawn(async move { (bytes, bus.publish(vec![bulky(&format!("m{n}"), bytes)]).await) }));
    }
    for task in tasks {
        let (bytes, result) = soon(task).await.unwrap();
        match result {
            Ok(()) => assert_eq!(bytes, 100),
            Err(error) => assert!(bytes == 900_000 && matches!(error, BusError::Full { .. }), "{error:?}"),
        }
    }
    assert_eq!(depth(&bus, "work").await.ready, 36);
}

#[tokio::test]
async fn an_input_whose_output_does_not_fit_comes_again() {
    let place = Place::new();
    let bus = small_bus(&place).await;
    bus.publish(vec![message("in", "work.a")]).await.unwrap();
    let mut consumer = bus.consume("work", 1).await.unwrap();
    for redelivered in [false, true, true] {
        let delivery = next(&mut consumer).await;
        assert_eq!((delivery.attempt(), delivery.is_redelivered()), (1, redelivered));
        let refused = delivery.publish_then_ack(vec![bulky("small", 100), bulky("large", 900_000)]).await;
        assert!(matches!(refused, Err(BusError::Full { .. })), "{refused:?}");
    }
    next(&mut consumer).await.publish_then_ack(vec![bulky("small", 100)]).await.unwrap();
    assert_eq!(next_id(&mut consumer).await, "small");
    assert_eq!(depth(&bus, "work").await.pending(), 0);
}

/// Takes the five seconds that the writer waits for the lock.
#[tokio::test]
async fn a_decision_that_cannot_be_stored_becomes_a_hand_back_as_soon_as_it_can() {
    let place = Place::new();
    let bus = place.open().await;
    work(&bus, 2).await;
    let mut consumer = bus.consume("work", 1).await.unwrap();
    let held = next(&mut consumer).await;
    let lock = Connection::open(place.file()).unwrap();
    lock.execute_batch("BEGIN IMMEDIATE").unwrap();
    let refused = soon(held.ack()).await.unwrap_err();
    assert!(matches!(refused, BusError::Unavailable { .. }) && refused.is_transient(), "{refused:?}");
    lock.execute_batch("ROLLBACK").unwrap();
    let again = next(&mut consumer).await;
    assert_eq!((again.message().id.as_str(), again.attempt(), again.is_redelivered()), ("m000", 1, true));
    again.ack().await.unwrap();
    assert_eq!(next_id(&mut consumer).await, "m001");
    assert_eq!(depth(&bus, "work").await.pending(), 0);
}

#[tokio::test]
async fn a_backlog_worked_off_gives_its_disk_back() {
    let place = Place::new();
    let bus = place.open().await;
    bus.declare(&[QueueSpec::new("work", ["work.#"])]).await.unwrap();
    for n in 0..40 {
        bus.publish(vec![bulky(&n.to_string(), 1024 * 1024)]).await.unwrap();
    }
    let mut consumer = bus.consume("work", 4).await.unwrap();
    for _ in 0..40 {
        next_id(&mut consumer).await;
    }
    let visitor = Connection::open(place.file()).unwrap();
    let pages = || visitor.query_row("PRAGMA page_count", [], |row| row.get::<_, i64>(0)).unwrap();
    // 16 MiB are kept for the next messages.
    soon(async {
        while pages() > 4096 + 64 {
            tokio::time::sleep(std::time::Duration::from_millis(2)).await;
        }
    })
    .await;
    drop(visitor);
    bus.close().await.unwrap();
    assert!(std::fs::metadata(place.file()).unwrap().len() < 18 * 1024 * 1024);
}

#[tokio::test]
async fn a_body_goes_with_its_last_reference() {
    let place = Place::new();
    let bus = place.open().await;
    bus.declare(&[QueueSpec::new("a", ["#"]), QueueSpec::new("b", ["#"])]).await.unwrap();
    bus.publish(messages(1, "work.a")).await.unwrap();
    let visitor = Connection::open(place.file()).unwrap();
    let rows = || {
        let count = |table| visitor.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap();
        (count("message"), count("delivery"))
    };
    let counts: (i64, i64) = rows();
    assert_eq!(counts, (1, 2));
    next(&mut bus.consume("a", 1).await.unwrap()).await.dead_letter("no").await.unwrap();
    next(&mut bus.consume("b", 1).await.unwrap()).await.ack().await.unwrap();
    assert_eq!(rows(), (1, 1), "a dead letter keeps its message");
    bus.discard(&DeadLetterFilter::default()).await.unwrap();
    assert_eq!(rows(), (0, 0));
}

#[tokio::test]
async fn a_visitor_reads_beside_the_owner_and_after_it() {
    let place = Place::new();
    let bus = place.open().await;
    work(&bus, 3).await;
    let mut consumer = bus.consume("work", 1).await.unwrap();
    next(&mut consumer).await.dead_letter("no").await.unwrap();
    let held = next(&mut consumer).await;
    drop(consumer);
    let visitor = Bus::sqlite_read_only(&place.file()).await.unwrap();
    let depths = depth(&visitor, "work").await;
    assert_eq!((depths.ready, depths.unacked, depths.dead), (1, 1, 1));
    assert_eq!(visitor.dead_letters(&DeadLetterFilter::default()).await.unwrap()[0].error, "no");
    held.ack().await.unwrap();
    assert_eq!(depth(&visitor, "work").await.unacked, 0);
    for refused in [
        visitor.declare(&[]).await.err(),
        visitor.publish(vec![Message { body: Vec::new(), ..message("m", "work.a") }]).await.err(),
        visitor.consume("work", 1).await.err(),
        visitor.replay(&DeadLetterFilter::default()).await.err(),
        visitor.discard(&DeadLetterFilter::default()).await.err(),
    ] {
        assert!(matches!(refused, Some(BusError::ReadOnly { .. })), "{refused:?}");
    }
    bus.close().await.unwrap();
    let visitor = Bus::sqlite_read_only(&place.file()).await.unwrap();
    assert_eq!(depth(&visitor, "work").await.ready, 1);
}

/// One dead letter, "m000", in the queue "work".
async fn one_dead_letter(bus: &Bus) {
    work(bus, 1).await;
    next(&mut bus.consume("work", 1).await.unwrap()).await.dead_letter("no").await.unwrap();
}

#[tokio::test]
async fn a_dead_letter_replayed_by_a_visitor_is_delivered_by_the_owner() {
    let place = Place::new();
    let bus = place.open().await;
    one_dead_letter(&bus).await;
    let mut consumer = bus.consume("work", 1).await.unwrap();
    let visitor = Bus::sqlite_beside(&place.file()).await.unwrap();
    // Again and again: the owner has just found nothing, and sleeps.
    for round in 0..3 {
        assert!(is_quiet(&mut consumer).await);
        assert_eq!(visitor.replay(&DeadLetterFilter::default()).await.unwrap(), 1);
        let again = next(&mut consumer).await;
        assert_eq!(*again.message(), message("m000", "work.a"), "round {round}");
        assert_eq!((again.attempt(), again.is_redelivered(), again.is_suspect()), (1, true, false));
        assert_eq!(visitor.replay(&DeadLetterFilter::default()).await.unwrap(), 0, "it is no dead letter any more");
        again.dead_letter("no again").await.unwrap();
    }
    assert_eq!(visitor.discard(&DeadLetterFilter::default()).await.unwrap(), 1);
    assert!(bus.dead_letters(&DeadLetterFilter::default()).await.unwrap().is_empty());
    // The owner goes on as before.
    bus.publish(vec![message("new", "work.a")]).await.unwrap();
    assert_eq!(next_id(&mut consumer).await, "new");
}

#[tokio::test]
async fn a_replay_beside_the_owner_goes_behind_what_is_ready() {
    let place = Place::new();
    let bus = place.open().await;
    one_dead_letter(&bus).await;
    bus.publish(vec![message("n1", "work.a"), message("n2", "work.a")]).await.unwrap();
    let visitor = Bus::sqlite_beside(&place.file()).await.unwrap();
    assert_eq!(visitor.replay(&DeadLetterFilter::default()).await.unwrap(), 1);
    let mut consumer = bus.consume("work", 1).await.unwrap();
    for id in ["n1", "n2", "m000"] {
        assert_eq!(next_id(&mut consumer).await, id);
    }
}

#[tokio::test]
async fn a_visitor_takes_nothing_back_from_the_owner() {
    let place = Place::new();
    let bus = place.open().await;
    work(&bus, 2).await;
    let mut consumer = bus.consume("work", 1).await.unwrap();
    next(&mut consumer).await.dead_letter("no").await.unwrap();
    let held = next(&mut consumer).await;
    let visitor = Bus::sqlite_beside(&place.file()).await.unwrap();
    assert_eq!(visitor.discard(&DeadLetterFilter::default()).await.unwrap(), 1);
    visitor.close().await.unwrap();
    let depths = depth(&bus, "work").await;
    assert_eq!((depths.unacked, depths.ready, depths.suspect, depths.dead), (1, 0, 0, 0));
    held.ack().await.unwrap();
    assert_eq!(depth(&bus, "work").await.pending(), 0);
    for refused in [
        visitor.declare(&[]).await.err(),
        visitor.publish(vec![Message { body: Vec::new(), ..message("m", "work.a") }]).await.err(),
        visitor.consume("work", 1).await.err(),
    ] {
        assert!(matches!(refused, Some(BusError::ReadOnly { .. })), "{refused:?}");
    }
}

#[tokio::test]
async fn a_visitor_works_without_an_owner_and_makes_no_file() {
    let place = Place::new();
    let missing = Bus::sqlite_beside(&place.file()).await.unwrap_err();
    assert!(matches!(missing, BusError::Open { .. }) && !place.file().exists(), "{missing:?}");

    let bus = place.open().await;
    one_dead_letter(&bus).await;
    bus.close().await.unwrap();
    let visitor = Bus::sqlite_beside(&place.file()).await.unwrap();
    assert_eq!(visitor.replay(&DeadLetterFilter::default()).await.unwrap(), 1);
    let bus = place.open().await;
    let again = next(&mut bus.consume("work", 1).await.unwrap()).await;
    assert_eq!((again.message().id.as_str(), again.is_suspect()), ("m000", false));
}

#[tokio::test]
async fn a_killer_replayed_by_a_visitor_comes_back_as_a_suspect() {
    let mut place = Place::new();
    let mut bus = place.open().await;
    work(&bus, 1).await;
    for _ in 0..4 {
        let _killer = next(&mut bus.consume("work", 1).await.unwrap()).await;
        bus = place.crash().await;
    }
    let mut consumer = bus.consume("work", 1).await.unwrap();
    assert!(is_quiet(&mut consumer).await);
    let visitor = Bus::sqlite_beside(&place.file()).await.unwrap();
    assert_eq!(visitor.replay(&DeadLetterFilter::default()).await.unwrap(), 1);
    assert!(next(&mut consumer).await.is_suspect());
}

/// Replays one by one from a second place while the owner works: each message is delivered once more, none
/// is lost, none comes twice.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn owner_and_visitor_write_at_the_same_time() {
    const DEAD: usize = 60;
    let place = Place::new();
    let bus = place.open().await;
    work(&bus, DEAD).await;
    let mut consumer = bus.consume("work", 8).await.unwrap();
    for _ in 0..DEAD {
        next(&mut consumer).await.dead_letter("no").await.unwrap();
    }
    let visitor = Bus::sqlite_beside(&place.file()).await.unwrap();
    let replays = tokio::spawn(async move {
        let mut replayed = 0;
        for dead in visitor.dead_letters(&DeadLetterFilter::default()).await.unwrap() {
            let one = DeadLetterFilter { ids: vec![dead.id], ..DeadLetterFilter::default() };
            replayed += visitor.replay(&one).await.unwrap();
        }
        replayed
    });
    let publisher = bus.clone();
    let publishes = tokio::spawn(async move {
        for n in 0..DEAD {
            publisher.publish(vec![message(&format!("new{n}"), "work.a")]).await.unwrap();
        }
    });
    let mut seen = Vec::new();
    while seen.len() < 2 * DEAD {
        seen.push(next_id(&mut consumer).await);
    }
    assert_eq!(soon(replays).await.unwrap(), DEAD as u64);
    soon(publishes).await.unwrap();
    assert!(is_quiet(&mut consumer).await);
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 2 * DEAD);
    assert_eq!(depth(&bus, "work").await.pending(), 0);
}

#[tokio::test]
async fn a_bus_without_handles_still_serves_its_consumers() {
    let place = Place::new();
    let bus = place.open().await;
    work(&bus, 2).await;
    let mut consumer = bus.consume("work", 1).await.unwrap();
    drop(bus);
    assert_eq!(next_id(&mut consumer).await, "m000");
    assert_eq!(next_id(&mut consumer).await, "m001");
    drop(consumer);
    let bus = place.open().await;
    until_depth(&bus, "work", |depth| depth.pending() == 0).await;
}

#[tokio::test]
async fn a_consumer_that_has_gone_is_sent_nothing() {
    let place = Place::new();
    let bus = place.open().await;
    work(&bus, 0).await;
    for _ in 0..3 {
        drop(bus.consume("work", 100).await.unwrap());
    }
    bus.publish(messages(5, "work.a")).await.unwrap();
    assert_eq!(depth(&bus, "work").await.ready, 5);
    let mut consumer = bus.consume("work", 1).await.unwrap();
    for _ in 0..5 {
        let delivery = next(&mut consumer).await;
        assert!(!delivery.is_redelivered(), "it was with a consumer that is no more");
        delivery.ack().await.unwrap();
    }
}

#[tokio::test]
async fn other_files_are_refused() {
    let place = Place::new();
    let missing = Bus::sqlite_read_only(&place.file()).await.unwrap_err();
    assert!(matches!(missing, BusError::Open { .. }), "{missing:?}");
    let no_folder = Bus::sqlite(&place.dir.path().join("none").join("bus.db"), options()).await.unwrap_err();
    assert!(matches!(no_folder, BusError::Open { .. }), "{no_folder:?}");

    let text = place.dir.path().join("text.db");
    std::fs::write(&text, "青岚县政府工作报告".repeat(100)).unwrap();
    let garbage = Bus::sqlite(&text, options()).await.unwrap_err();
    assert!(matches!(garbage, BusError::Open { .. }) && !garbage.is_transient(), "{garbage:?}");

    let foreign = place.dir.path().join("foreign.db");
    Connection::open(&foreign).unwrap().execute_batch("CREATE TABLE url (key TEXT); PRAGMA user_version = 1").unwrap();
    for refused in [Bus::sqlite(&foreign, options()).await, Bus::sqlite_read_only(&foreign).await] {
        assert!(matches!(refused, Err(BusError::NotABus { .. })), "{refused:?}");
    }

    place.open().await.close().await.unwrap();
    Connection::open(place.file()).unwrap().execute_batch("PRAGMA user_version = 99").unwrap();
    for refused in [Bus::sqlite(&place.file(), options()).await, Bus::sqlite_read_only(&place.file()).await] {
        assert!(matches!(refused, Err(BusError::NewerSchema { found: 99, .. })), "{refused:?}");
    }
}
