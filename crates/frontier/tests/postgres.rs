//! The PostgreSQL back end: the suite, and what only a shared database can show.

mod suite;

use baogao_frontier::{
    ClaimToken, Completion, Frontier, FrontierConfig, FrontierError, Outcome, Pace, PostgresOptions, Scope,
};
use baogao_model::event::DocumentReady;
use baogao_testkit::servers::PostgresDatabase;
use jiff::Timestamp;
use sqlx::{Connection, PgConnection, Row};
use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use suite::{
    Bed, at, claim, config, documents, failure, fetch_no, finish, messages, page, part_links, seed, url, urls,
    visit_all,
};

/// A database of its own.
struct PostgresBed {
    database: PostgresDatabase,
}

impl PostgresBed {
    /// Opens the frontier beside those who have it open.
    async fn join(&self) -> Frontier {
        self.join_as(config()).await.expect("opens")
    }

    async fn join_as(&self, config: FrontierConfig) -> Result<Frontier, FrontierError> {
        Frontier::postgres(self.database.url(), config, options()).await
    }

    /// A connection of the test's own.
    async fn connect(&self) -> PgConnection {
        PgConnection::connect(self.database.url()).await.expect("connects")
    }
}

/// Few connections, as many tests share a server.
fn options() -> PostgresOptions {
    PostgresOptions { max_connections: 3, acquire_timeout: Duration::from_secs(60), ..PostgresOptions::default() }
}

impl Bed for PostgresBed {
    // A database and its tables take most of a second.
    const ONE_STORY_OF: u32 = 6;

    fn new() -> Self {
        Self { database: PostgresDatabase::create() }
    }

    async fn open(&self, config: FrontierConfig, now: Timestamp) -> Frontier {
        let frontier = self.join_as(config).await.expect("opens");
        // An earlier one is dead, which no database can know.
        frontier.end_leases(now).await.expect("ends leases");
        frontier
    }
}

frontier_suite!(on_postgres, crate::PostgresBed);

/// The texts of `n` pages, each on a host of its own.
fn hosts(n: usize) -> Vec<String> {
    (0..n).map(|n| format!("http://h{n}.example/")).collect()
}

async fn seed_all(frontier: &Frontier, pages: &[String]) {
    seed(frontier, at(0), &pages.iter().map(String::as_str).collect::<Vec<_>>()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn crawlers_of_several_processes_never_share_a_key() {
    const HOSTS: usize = 60;
    let bed = PostgresBed::new();
    let handles = [bed.join().await, bed.join().await, bed.join().await];
    seed_all(&handles[0], &hosts(HOSTS)).await;
    let visited = Arc::new(AtomicUsize::new(0));
    let crawlers = handles.iter().flat_map(|handle| [handle.clone(), handle.clone()]).map(|frontier| {
        let visited = Arc::clone(&visited);
        tokio::spawn(async move {
            let mut keys = Vec::new();
            // A claim may come back empty while others hold what is left, so the end is counted.
            while visited.load(Ordering::SeqCst) < HOSTS {
                for claim in claim(&frontier, at(0)).await {
                    let text = claim.urls[0].url.to_string();
                    let done = finish(&frontier, at(1), &claim.token(), &text, page(&text)).await;
                    assert!(!done.stale && done.fetched == 1, "{text}");
                    visited.fetch_add(1, Ordering::SeqCst);
                    keys.push(claim.pace_key);
                }
            }
            keys
        })
    });
    let mut keys = Vec::new();
    for crawler in crawlers.collect::<Vec<_>>() {
        keys.extend(crawler.await.expect("runs"));
    }
    assert_eq!(keys.len(), HOSTS, "a key went to two crawlers");
    assert_eq!(keys.iter().collect::<HashSet<_>>().len(), HOSTS);
    let pages = suite::pages_fetched(&handles[0]).await;
    assert_eq!(pages.iter().map(|page| page.fetch_no).collect::<HashSet<_>>().len(), HOSTS);
}

#[tokio::test]
async fn an_opening_takes_nothing_from_others() {
    let bed = PostgresBed::new();
    let first = bed.join().await;
    seed(&first, at(0), &["http://a.example/1", "http://a.example/2"]).await;
    let token = claim(&first, at(0)).await[0].token();
    let second = bed.join().await;
    assert_eq!(claim(&second, at(69)).await, [], "the lease and one delay");
    let done = finish(&first, at(1), &token, "http://a.example/1", page("1")).await;
    assert!(!done.stale);

    // The first is gone without a word; what it hands in late is kept and moves nothing.
    let lost = claim(&first, at(11)).await.remove(0);
    let owner = claim(&second, at(81)).await.remove(0);
    assert_eq!(urls(std::slice::from_ref(&owner)), ["http://a.example/2"]);
    assert!(owner.epoch > lost.epoch);
    let late = finish(&first, at(82), &lost.token(), "http://a.example/2", page("2")).await;
    assert!(late.stale && late.fetched == 1 && late.leased_until.is_none());
    assert_eq!(claim(&first, at(100)).await, [], "the key is the second's");
    let done = finish(&second, at(100), &owner.token(), "http://a.example/2", page("2 again")).await;
    assert!(!done.stale);
    assert_eq!(messages(&first).await.len(), 3);
}

/// A pair of hosts of one site, with a page of one split article on each, and a claim of both.
struct Pair {
    pages: [String; 2],
    tokens: [ClaimToken; 2],
    key: String,
}

impl Pair {
    async fn new(frontier: &Frontier, n: usize) -> Self {
        let pages = [format!("http://www.s{n}.example/1.html"), format!("http://bbs.s{n}.example/2.html")];
        seed_all(frontier, &pages).await;
        let mut claims = claim(frontier, at(0)).await;
        claims.sort_by(|a, b| b.pace_key.cmp(&a.pace_key));
        assert_eq!(claims.len(), 2);
        Self { tokens: [claims[0].token(), claims[1].token()], pages, key: format!("k{n}") }
    }

    /// Hands in what became of a page.
    async fn visit(&self, frontier: &Frontier, part: usize, outcome: Outcome) {
        finish(frontier, at(1), &self.tokens[part], &self.pages[part], outcome).await;
    }

    /// Stores that a page names both.
    async fn say(&self, frontier: &Frontier, part: usize) {
        let number = fetch_no(frontier, &self.pages[part]).await;
        let both = [(1, self.pages[0].as_str()), (2, self.pages[1].as_str())];
        let found = part_links(&self.pages[part], number, &self.key, part as u32 + 1, &both);
        frontier.store_links(at(2), &found, Vec::new()).await.expect("stores");
    }

    fn document<'a>(&self, documents: &'a [DocumentReady]) -> Vec<&'a DocumentReady> {
        documents.iter().filter(|document| document.document_key == self.key).collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_last_parts_at_once_exactly_one_finds_the_document_ready() {
    const ROUNDS: usize = 12;
    let bed = PostgresBed::new();
    let (a, b) = (bed.join().await, bed.join().await);
    for n in 0..ROUNDS {
        let pair = Pair::new(&a, n).await;
        pair.visit(&a, 0, page("one")).await;
        match n % 3 {
            // Both are fetched; what they say comes at once.
            0 => {
                pair.visit(&b, 1, page("two")).await;
                tokio::join!(pair.say(&a, 0), pair.say(&b, 1));
            }
            // The first names the second while that fails for good.
            1 => drop(tokio::join!(pair.say(&a, 0), pair.visit(&b, 1, failure("http_404", false)))),
            // The second was named, is fetched, and says so while the first is looked at again.
            _ => {
                pair.say(&a, 0).await;
                pair.visit(&b, 1, page("two")).await;
                tokio::join!(pair.say(&b, 1), pair.visit(&a, 0, Outcome::NotModified));
            }
        }
        let documents = documents(&a).await;
        let ready = pair.document(&documents);
        assert_eq!(ready.len(), 1, "round {n}");
        assert_eq!(ready[0].parts.len(), 2, "round {n}");
    }
    let ids: HashSet<String> = messages(&a).await.into_iter().map(|message| message.id).collect();
    assert_eq!(ids.len(), messages(&a).await.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn links_to_the_same_places_are_stored_at_once() {
    let bed = PostgresBed::new();
    let handles = [bed.join().await, bed.join().await];
    let pages = hosts(8);
    seed_all(&handles[0], &pages).await;
    // All pages name the same new URLs, half of them in the opposite order.
    let stores = pages.iter().enumerate().map(|(n, text)| {
        let (frontier, text) = (handles[n % 2].clone(), text.clone());
        tokio::spawn(async move {
            let mut new: Vec<_> = (0..30)
                .map(|n| baogao_frontier::NewUrl {
                    url: url(&format!("http://new{}.example/{n}", n % 10)),
                    priority: 0,
                    role: baogao_model::LinkRole::Other,
                })
                .collect();
            if n >= 4 {
                new.reverse();
            }
            let found = suite::links(&text, 1, baogao_model::PageKind::List);
            frontier.store_links(at(1), &found, new).await.expect("stores")
        })
    });
    let mut new = 0;
    for store in stores.collect::<Vec<_>>() {
        let stored = store.await.expect("runs");
        assert_eq!(stored.new + stored.known, 30);
        new += stored.new;
    }
    assert_eq!(new, 30, "each URL is new once");
    let stats = handles[0].stats(at(1), &Scope::default()).await.expect("counts");
    assert_eq!((stats.known, stats.unvisited, stats.hosts, stats.due_now), (38, 38, 18, 38));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_senders_share_the_outbox() {
    let bed = PostgresBed::new();
    let handles = [bed.join().await, bed.join().await];
    let pages: Vec<String> = (0..100).map(|n| format!("http://a.example/{n}")).collect();
    seed_all(&handles[0], &pages).await;
    let token = claim(&handles[0], at(0)).await[0].token();
    let completions =
        pages.iter().map(|text| Completion { url: url(text), at: at(1), outcome: page(text) }).collect::<Vec<_>>();
    let pace = Pace { next_at: at(11), delay: None, release: true };
    handles[0].complete(at(1), &token, completions, pace).await.expect("completes");
    let all: BTreeSet<i64> = handles[0].outbox(999).await.expect("reads").iter().map(|row| row.seq).collect();
    assert_eq!(all.len(), 100);

    let senders = handles.clone().map(|frontier| {
        tokio::spawn(async move {
            let mut sent = Vec::new();
            loop {
                let rows = frontier.claim_outbox(at(2), 7, Duration::from_secs(10)).await.expect("takes");
                assert!(rows.is_sorted_by_key(|row| row.seq));
                let seqs: Vec<i64> = rows.iter().map(|row| row.seq).collect();
                if seqs.is_empty() {
                    return sent;
                }
                frontier.mark_sent(&seqs).await.expect("marks");
                sent.extend(seqs);
            }
        })
    });
    let mut sent = Vec::new();
    for sender in senders {
        sent.extend(sender.await.expect("runs"));
    }
    assert_eq!(sent.len(), 100, "none goes out twice");
    assert_eq!(sent.into_iter().collect::<BTreeSet<_>>(), all);
    assert_eq!(messages(&handles[1]).await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn processes_that_start_together_migrate_once() {
    let bed = Arc::new(PostgresBed::new());
    let starts = (0..6).map(|_| {
        let bed = Arc::clone(&bed);
        tokio::spawn(async move { bed.join_as(config()).await.expect("opens") })
    });
    for start in starts.collect::<Vec<_>>() {
        let frontier = start.await.expect("runs");
        frontier.check().await.expect("is ready");
    }
    let row = sqlx::query("SELECT count(*), max(version) FROM frontier.schema_version")
        .fetch_one(&mut bed.connect().await)
        .await
        .expect("reads");
    assert_eq!(row.get::<i64, _>(0), row.get::<i64, _>(1), "each step once");
}

#[tokio::test]
async fn an_older_program_works_beside_a_newer_schema_as_far_as_that_allows() {
    let bed = PostgresBed::new();
    let old = bed.join().await;
    let mut newer = bed.connect().await;
    sqlx::raw_sql(
        "ALTER TABLE frontier.url ADD COLUMN added integer;
         INSERT INTO frontier.schema_version (version, is_compatible) VALUES (98, true)",
    )
    .execute(&mut newer)
    .await
    .expect("migrates");
    let another = bed.join().await;
    for frontier in [&old, &another] {
        frontier.check().await.expect("is compatible");
        seed(frontier, at(0), &["http://a.example/1"]).await;
    }
    visit_all(&old, at(0), || page("1")).await;

    sqlx::query("INSERT INTO frontier.schema_version (version, is_compatible) VALUES (99, false)")
        .execute(&mut newer)
        .await
        .expect("migrates");
    let refused = bed.join_as(config()).await.expect_err("is refused");
    assert!(matches!(&refused, FrontierError::NewerSchema { found: 99, .. }) && !refused.is_transient());
    let unready = old.check().await.expect_err("is refused");
    assert!(matches!(unready, FrontierError::NewerSchema { found: 99, .. }), "its probe says so");
}

#[tokio::test]
async fn schemas_of_one_database_are_apart_and_named_with_care() {
    let bed = PostgresBed::new();
    let open = async |schema: &str| {
        let options = PostgresOptions { schema: schema.to_owned(), ..options() };
        Frontier::postgres(bed.database.url(), config(), options).await
    };
    let (first, second) = (open("first").await.expect("opens"), open("second_2").await.expect("opens"));
    seed(&first, at(0), &["http://a.example/1"]).await;
    assert_eq!(second.stats(at(0), &Scope::default()).await.expect("counts").known, 0);
    for bad in ["", "Frontier", "a b", "a;b", "2a", "pg_mine", "a\"b"] {
        let error = open(bad).await.expect_err("is refused");
        assert!(!error.is_transient(), "{bad}: {error:?}");
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_is_waited_for() {
    let options = PostgresOptions { acquire_timeout: Duration::from_millis(50), ..options() };
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    drop(listener);
    let address = format!("postgres://postgres@127.0.0.1:{port}/none");
    let error = Frontier::postgres(&address, config(), options).await.expect_err("nobody answers");
    assert!(error.is_transient(), "{error:?}");
}

/// Waits until some other session of the database waits for a lock, and gives its process id.
async fn blocked(conn: &mut PgConnection) -> i32 {
    let end = Instant::now() + Duration::from_secs(60);
    loop {
        let found = sqlx::query_scalar(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
        );
        if let Some(pid) = found.fetch_optional(&mut *conn).await.expect("looks") {
            return pid;
        }
        assert!(Instant::now() < end, "nobody waits for the lock");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_is_cut_costs_nothing_but_another_try() {
    let bed = PostgresBed::new();
    let frontier = bed.join().await;
    let text = "http://a.example/1";
    seed(&frontier, at(0), &[text]).await;
    let token = claim(&frontier, at(0)).await[0].token();
    let completions = vec![Completion { url: url(text), at: at(1), outcome: page("1") }];
    let pace = Pace { next_at: at(11), delay: None, release: true };

    // In the middle of a transaction: another one holds the key, so it is found waiting.
    let mut holder = bed.connect().await;
    let mut hold = holder.begin().await.expect("begins");
    sqlx::query("SELECT 1 FROM frontier.pace_key FOR UPDATE").execute(&mut *hold).await.expect("locks");
    let mut killer = bed.connect().await;
    let cut = {
        let (frontier, completions, pace, token) = (frontier.clone(), completions.clone(), pace.clone(), token.clone());
        tokio::spawn(async move { frontier.complete(at(1), &token, completions, pace).await })
    };
    let pid = blocked(&mut killer).await;
    sqlx::query("SELECT pg_terminate_backend($1)").bind(pid).execute(&mut killer).await.expect("cuts");
    let error = cut.await.expect("runs").expect_err("is cut");
    assert!(error.is_transient(), "{error:?}");

    // One whose caller has gone does nothing more.
    let mut gone = Box::pin(frontier.complete(at(1), &token, completions.clone(), pace.clone()));
    tokio::select! {
        _ = &mut gone => panic!("the key is held"),
        _ = blocked(&mut killer) => {}
    }
    drop(gone);
    hold.rollback().await.expect("lets go");
    assert_eq!(messages(&frontier).await, []);

    // All of them at rest.
    sqlx::query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE datname = current_database() AND application_name = 'baogao-frontier'",
    )
    .execute(&mut killer)
    .await
    .expect("cuts");
    let deadline = Instant::now() + Duration::from_secs(60);
    let done = loop {
        match frontier.complete(at(1), &token, completions.clone(), pace.clone()).await {
            Ok(done) => break done,
            Err(error) => assert!(error.is_transient() && Instant::now() < deadline, "{error:?}"),
        }
    };
    assert_eq!((done.fetched, done.stale), (1, false));
    assert_eq!(messages(&frontier).await.len(), 1);
}

/// Fills a frontier by hand: `urls` URLs on `hosts` hosts, a tenth of them due at time 0.
async fn fill(conn: &mut PgConnection, hosts: i64, urls: i64) {
    let now = at(0).as_microsecond();
    let day = 24 * 3_600_000_000_i64;
    for (statement, n) in [
        (
            "INSERT INTO frontier.pace_key (name, next_at, polite_at)
             SELECT 'h' || i || '.example', 0, 0 FROM generate_series(1, $1) AS i WHERE $2 + $3 > 0",
            hosts,
        ),
        (
            "INSERT INTO frontier.host (name, site, pace_key, bucket)
             SELECT name, name, id, id % 16 FROM frontier.pace_key WHERE $1 + $2 + $3 > 0",
            hosts,
        ),
        (
            "INSERT INTO frontier.url (bucket, id, digest, url, host, priority, depth, visit, due_at, attempts,
                                       redirects, visited_at, grouped)
             SELECT h.bucket, i * 16 + h.bucket, substr(sha256(i::text::bytea), 1, 16),
                    'http://' || h.name || '/zwgk/2025/content_' || i || '.html', h.id, i % 2, i % 3, 1,
                    $2 + CASE WHEN i % 10 = 0 THEN -(i % 1000) ELSE i % 1000 + 1 END * ($3 / 1000), 0, 0, $2 - $3, false
             FROM generate_series(1, $1) AS i
                  JOIN frontier.host AS h ON h.id = 1 + i / 10 % (SELECT count(*) FROM frontier.host)",
            urls,
        ),
        (
            "INSERT INTO frontier.lane (host, priority, depth, fetched)
             SELECT host, priority, depth, count(*) FROM frontier.url WHERE $1 + $2 + $3 > 0 GROUP BY 1, 2, 3",
            urls,
        ),
        (
            "UPDATE frontier.pace_key SET due_at = front.due_at
             FROM (SELECT pace_key, min(due_at) AS due_at FROM frontier.url JOIN frontier.host ON host.id = url.host
                   WHERE $1 + $2 + $3 > 0 GROUP BY 1) AS front
             WHERE pace_key.id = front.pace_key",
            urls,
        ),
        (
            "INSERT INTO frontier.outbox (id, type, source, time, routing_key, body)
             SELECT i::text, 't', 's', 0, 'k', decode(repeat('00', 500), 'hex')
             FROM generate_series(1, $1 / 10) AS i WHERE $2 + $3 > 0",
            urls,
        ),
    ] {
        sqlx::query(statement).bind(n).bind(now).bind(day).execute(&mut *conn).await.expect("fills");
    }
    name(conn).await;
}

/// Gives every URL the digest it is known by.
async fn name(conn: &mut PgConnection) {
    let rows: Vec<(i16, i64, String)> =
        sqlx::query_as("SELECT bucket, id, url FROM frontier.url").fetch_all(&mut *conn).await.expect("reads");
    for rows in rows.chunks(10_000) {
        sqlx::query(
            "UPDATE frontier.url SET digest = v.digest FROM unnest($1::smallint[], $2::bigint[], $3::bytea[])
             AS v (bucket, id, digest) WHERE url.bucket = v.bucket AND url.id = v.id",
        )
        .bind(rows.iter().map(|row| row.0).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.1).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| blake3::hash(row.2.as_bytes()).as_bytes()[..16].to_vec()).collect::<Vec<_>>())
        .execute(&mut *conn)
        .await
        .expect("names");
    }
    sqlx::raw_sql("SELECT setval('frontier.url_block', 1 + (SELECT max(id) / 16 / 1024 FROM frontier.url))")
        .execute(&mut *conn)
        .await
        .expect("passes over what is taken");
    sqlx::raw_sql("VACUUM ANALYZE").execute(conn).await.expect("tidies");
}

/// Prints the median of some runs.
async fn timed<T>(name: &str, runs: usize, mut run: impl AsyncFnMut() -> T) {
    let mut times = Vec::new();
    for _ in 0..runs {
        let start = Instant::now();
        run().await;
        times.push(start.elapsed());
    }
    times.sort_unstable();
    println!("{name}: {:.1} ms", times[runs / 2].as_secs_f64() * 1e3);
}

/// How long the daily work takes in a large frontier; `BAOGAO_URLS` and `BAOGAO_HOSTS` say how large.
#[tokio::test]
#[ignore = "measures; run it by name with --ignored --nocapture"]
async fn how_long_a_large_frontier_takes() {
    let number = |name: &str, default: i64| {
        std::env::var(name).map_or(default, |text| text.parse().expect("a number of URLs or hosts"))
    };
    let (urls, hosts) = (number("BAOGAO_URLS", 200_000), number("BAOGAO_HOSTS", 3_000));
    let bed = PostgresBed::new();
    let frontier = bed.join().await;
    let start = Instant::now();
    fill(&mut bed.connect().await, hosts, urls).await;
    println!("{urls} URLs on {hosts} hosts; filled in {:.1} s", start.elapsed().as_secs_f64());

    let request =
        baogao_frontier::ClaimRequest { owner: "one".into(), max_keys: 32, urls_per_key: 16, scope: Scope::default() };
    let mut claims = Vec::new();
    timed("claim of 32 hosts with 16 URLs each", 21, async || {
        claims.extend(frontier.claim(at(0), &request).await.expect("claims"));
    })
    .await;
    assert_eq!(claims.len(), 21 * 32);
    let mut left = claims.iter();
    timed("completion of one page", 101, async || {
        let claim = left.next().expect("a claim");
        let text = claim.urls[0].url.as_str();
        let completions = vec![Completion { url: url(text), at: at(1), outcome: page(text) }];
        let pace = Pace { next_at: at(11), delay: None, release: false };
        let done = frontier.complete(at(1), &claim.token(), completions, pace).await.expect("completes");
        assert_eq!(done.fetched, 1);
    })
    .await;
    let mut pages = claims.iter();
    timed("links of a page, 40 of 50 known", 101, async || {
        let claim = pages.next().expect("a claim");
        let text = claim.urls[0].url.as_str();
        let known = (1..=40).map(|n| claim.urls[n % claim.urls.len()].url.clone());
        let new = (0..10).map(|n| url(&format!("http://{}/new/{n}", claim.pace_key)));
        let new = known.chain(new).map(|url| baogao_frontier::NewUrl {
            url,
            priority: 0,
            role: baogao_model::LinkRole::Other,
        });
        let found = suite::links(text, 1, baogao_model::PageKind::List);
        let stored = frontier.store_links(at(2), &found, new.collect()).await.expect("stores");
        assert_eq!(stored.new, 10);
    })
    .await;
    timed("128 messages taken and marked as sent", 51, async || {
        let rows = frontier.claim_outbox(at(3), 128, Duration::from_secs(10)).await.expect("takes");
        let seqs: Vec<i64> = rows.iter().map(|row| row.seq).collect();
        frontier.mark_sent(&seqs).await.expect("marks");
    })
    .await;
    timed("depth of the outbox", 21, async || frontier.outbox_depth().await.expect("counts")).await;
    timed("stats", 5, async || frontier.stats(at(3), &Scope::default()).await.expect("counts")).await;
    let one = Scope { sites: Some(vec!["h7.example".into()]), ..Scope::default() };
    timed("stats of one site", 21, async || frontier.stats(at(3), &one).await.expect("counts")).await;
    timed("list of 50 failures", 21, async || frontier.failures(50).await.expect("lists")).await;
}
