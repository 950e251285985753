//! The PostgreSQL store: the suites, and what only a schema shared by many programs promises.

use crate::fixtures::{Home, Record, record, revision};
use async_trait::async_trait;
use baogao_store::{Clock, Format, PostgresOptions, Put, Query, Records, Sink, StoreError};
use baogao_testkit::servers::PostgresDatabase;
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tokio::task::JoinSet;

sink_suite!(suite, crate::postgres::Database::new);
query_suite!(queries, crate::postgres::Database);

/// An empty store in a schema of its own. The database goes with the last store in it.
pub struct Database {
    records: Records,
    pub schema: String,
    database: Arc<PostgresDatabase>,
}

impl Database {
    pub async fn new() -> Self {
        Self::fresh().await
    }

    /// A store in `database`, which nobody else knows.
    async fn in_schema(database: Arc<PostgresDatabase>, options: PostgresOptions) -> Self {
        let records = Records::postgres(database.url(), options.clone()).await.expect("connects");
        Self { records, schema: options.schema, database }
    }

    /// Where it is.
    pub fn url(&self) -> &str {
        self.database.url()
    }

    /// The options of every handle to it.
    pub fn options(&self) -> PostgresOptions {
        PostgresOptions { schema: self.schema.clone(), ..PostgresOptions::default() }
    }

    /// A connection of somebody else.
    pub async fn stranger(&self) -> PgConnection {
        let mut connection = PgConnection::connect(self.url()).await.expect("connects");
        run(&mut connection, &format!("SET search_path = {}", self.schema)).await;
        connection
    }
}

/// An empty database.
pub async fn empty_database() -> Arc<PostgresDatabase> {
    let made = tokio::task::spawn_blocking(PostgresDatabase::create).await;
    Arc::new(made.expect("a database"))
}

/// Runs statements that answer nothing.
pub async fn run(connection: &mut PgConnection, sql: &str) {
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(connection).await.expect("runs");
}

/// One number that a statement answers.
pub async fn number(connection: &mut PgConnection, sql: &str) -> i64 {
    sqlx::query_scalar(AssertSqlSafe(sql.to_owned())).fetch_one(connection).await.expect("answers")
}

#[async_trait]
impl Home for Database {
    async fn open(clock: Clock) -> Self {
        let options = PostgresOptions { clock, ..PostgresOptions::default() };
        Self::in_schema(empty_database().await, options).await
    }

    async fn open_beside(&self) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        let schema = format!("records_{}", NEXT.fetch_add(1, Ordering::Relaxed));
        let options = PostgresOptions { schema, ..PostgresOptions::default() };
        Self::in_schema(self.database.clone(), options).await
    }

    fn records(&self) -> &Records {
        &self.records
    }

    async fn another_handle(&self) -> Records {
        Records::postgres(self.url(), self.options()).await.expect("connects")
    }

    async fn holds_an_old_state(&self) -> bool {
        let sql = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
                   AND pid <> pg_backend_pid() AND (xact_start IS NOT NULL OR backend_xmin IS NOT NULL)
                   AND backend_type = 'client backend'";
        let mut stranger = self.stranger().await;
        // What is being read at this moment is soon read; what is held open stays so.
        for _ in 0..500 {
            if number(&mut stranger, sql).await == 0 {
                return false;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        true
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn programs_that_start_together_migrate_once() {
    let database = empty_database().await;
    let mut starting = JoinSet::new();
    for _ in 0..8 {
        let database = database.clone();
        starting.spawn(async move { Records::postgres(database.url(), PostgresOptions::default()).await });
    }
    let handles = starting.join_all().await;
    for handle in &handles {
        let records = handle.as_ref().expect("connects");
        records.check().await.expect("is ready");
        records.put(&[record("1")]).await.expect("is stored");
    }
    let mut stranger = PgConnection::connect(database.url()).await.expect("connects");
    let twice = "SELECT count(*) - count(DISTINCT version) FROM records.migrations";
    assert_eq!(number(&mut stranger, twice).await, 0);
    assert_eq!(number(&mut stranger, "SELECT count(*) FROM records.revisions").await, 1);
}

/// What a newer program's migration leaves behind, beside what it adds to the tables.
async fn migrate_further(store: &Database, needed: i64, sql: &str) {
    let step = format!("INSERT INTO migrations (version, name, needed) VALUES (9, 'of a newer program', {needed})");
    run(&mut store.stranger().await, &format!("{sql}; {step}")).await;
}

#[tokio::test]
async fn an_older_program_works_beside_a_schema_that_was_added_to() {
    let store = Database::fresh().await;
    store.records().put(&[record("1")]).await.expect("is stored");
    let additions = "ALTER TABLE current_records ADD COLUMN mood text, ADD COLUMN words bigint NOT NULL DEFAULT 0;
                     ALTER TABLE revisions ADD COLUMN model_version bigint;
                     CREATE TABLE moods (name text)";
    migrate_further(&store, 0, additions).await;
    // One that ran meanwhile, and one that starts now.
    for records in [store.records().clone(), store.another_handle().await] {
        records.check().await.expect("is ready");
        let put = records.put(&[record("1"), revision("2", "甲", 1, 1, 1)]).await.expect("is stored");
        assert_eq!(put[0], Put::Unchanged);
        assert_eq!(records.list(&Query::default()).await.expect("lists").len(), 2);
    }
}

#[tokio::test]
async fn an_older_program_refuses_a_schema_that_it_cannot_work_with() {
    let store = Database::fresh().await;
    migrate_further(&store, 9, "ALTER TABLE current_records RENAME COLUMN title TO heading").await;
    let opened = Records::postgres(store.url(), store.options()).await.err();
    for error in [opened.expect("too new"), store.records().check().await.expect_err("too new")] {
        assert!(matches!(error, StoreError::SchemaVersion { found: 9, .. }) && !error.is_transient(), "{error}");
        assert!(error.to_string().ends_with("upgrade it"), "{error}");
    }
    // What comes in meanwhile is not its fault: it waits for a program that can store it.
    let error = store.records().put(&[record("1")]).await.expect_err("a column is gone");
    assert!(matches!(error, StoreError::OtherSchema { .. }) && error.is_transient(), "{error}");
}

#[tokio::test]
async fn a_schema_of_somebody_else_is_left_alone() {
    let store = Database::fresh().await;
    run(&mut store.stranger().await, "CREATE SCHEMA theirs; CREATE TABLE theirs.migrated (version text)").await;
    let options = PostgresOptions { schema: "theirs".to_owned(), ..PostgresOptions::default() };
    let error = Records::postgres(store.url(), options).await.err().expect("not ours");
    assert!(matches!(error, StoreError::Foreign { .. }) && !error.is_transient(), "{error}");
    let tables = "SELECT count(*) FROM pg_tables WHERE schemaname = 'theirs'";
    assert_eq!(number(&mut store.stranger().await, tables).await, 1);
}

#[tokio::test]
async fn a_schema_that_was_made_beforehand_is_used() {
    let database = empty_database().await;
    let mut stranger = PgConnection::connect(database.url()).await.expect("connects");
    // As where the program may not make schemas itself.
    run(&mut stranger, "CREATE SCHEMA given").await;
    let options = PostgresOptions { schema: "given".to_owned(), ..PostgresOptions::default() };
    let store = Database::in_schema(database, options).await;
    assert_eq!(store.records().put(&[record("1")]).await.expect("is stored"), [Put::New]);
}

#[tokio::test]
async fn unusable_addresses_are_refused_without_their_password() {
    let schema = |schema: &str| PostgresOptions { schema: schema.to_owned(), ..PostgresOptions::default() };
    let address = "postgres://baogao:geheim@127.0.0.1:5432/records";
    let cases = [
        ("postgres://baogao:geheim@127.0.0.1:port/records", schema("records")),
        ("not an address", schema("records")),
        (address, schema("")),
        (address, schema("Records")),
        (address, schema("records; DROP TABLE x")),
        (address, schema("pg_records")),
    ];
    for (url, options) in cases {
        let error = Records::postgres(url, options).await.err().expect("is refused");
        assert!(matches!(error, StoreError::InvalidAddress { .. }) && !error.is_transient(), "{error}");
        assert!(!error.to_string().contains("geheim"), "{error}");
    }
}

#[tokio::test]
async fn what_a_newer_program_added_to_a_record_leaves_with_it() {
    let store = Database::fresh().await;
    store.records().put(&[record("1")]).await.expect("is stored");
    run(&mut store.stranger().await, "UPDATE revisions SET record = record || '{\"mood\": \"glad\"}'").await;
    let path = tempfile::NamedTempFile::new().expect("a file");
    let destination = path.reopen().expect("opens");
    store.records().export(&Query::default(), Format::Jsonl, destination).await.expect("exports");
    let line = std::fs::read_to_string(path.path()).expect("reads");
    assert!(line.contains("\"mood\": \"glad\"") && line.lines().count() == 1, "{line}");
    let known: Record = serde_json::from_str(&line).expect("a record");
    assert_eq!(known, record("1"));
}

#[tokio::test]
async fn a_database_of_another_encoding_is_refused() {
    let database = empty_database().await;
    let mut stranger = PgConnection::connect(database.url()).await.expect("connects");
    let url = format!("{}_latin", database.url());
    let name = url.rsplit('/').next().expect("a database");
    let make = format!("CREATE DATABASE {name} ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0");
    run(&mut stranger, &make).await;
    let opened = Records::postgres(&url, PostgresOptions::default()).await;
    run(&mut stranger, &format!("DROP DATABASE {name} WITH (FORCE)")).await;
    let error = opened.err().expect("is refused");
    assert!(matches!(error, StoreError::InvalidAddress { .. }) && error.to_string().contains("LATIN1"), "{error}");
}

#[tokio::test]
async fn queries_of_the_readme_answer() {
    let store = Database::fresh().await;
    let records: Vec<Record> = (0..3).map(|number| record(&number.to_string())).collect();
    store.records().put(&records).await.expect("is stored");
    let readme = include_str!("../../README.md");
    let queries: Vec<&str> = readme.split("```sql\n").skip(1).filter_map(|part| part.split("```").next()).collect();
    assert!(queries.len() >= 2, "{} queries", queries.len());
    let mut stranger = store.stranger().await;
    for query in queries {
        let rows = sqlx::raw_sql(AssertSqlSafe(query)).fetch_all(&mut stranger).await.expect("is valid");
        assert!(!rows.is_empty(), "{query}");
    }
}

#[tokio::test]
async fn views_hold_columns_of_their_types() {
    let store = Database::fresh().await;
    store.records().put(&[record("1")]).await.expect("is stored");
    let sql = "SELECT count(*) FROM reports
               WHERE record->>'id' = id AND (record->'revision'->>'fetch_no')::bigint = fetch_no
                 AND record->'measurements'->1->>'value' = '18180000000' AND delivered_on = date '2023-01-08'
                 AND fetched_at = timestamptz '2023-11-14T22:13:21Z' AND speaker_acting AND adcode = '990123'
                 AND plan_year = 2023 AND level = 'county' AND changed_at <= now() + interval '1 day'";
    assert_eq!(number(&mut store.stranger().await, sql).await, 1);
}
