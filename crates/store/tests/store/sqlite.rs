//! The SQLite store under the suites that every sink and every store with queries must pass.

use crate::fixtures::{Fresh, Home};

sink_suite!(suite, crate::fixtures::Fresh::new);
query_suite!(queries, crate::fixtures::Fresh);

#[tokio::test]
async fn an_open_store_passes_its_check_and_a_closed_one_does_not() {
    let store = Fresh::fresh().await;
    store.records().check().await.expect("is open");
    store.records().close().await.expect("closes");
    let error = store.records().check().await.expect_err("is closed");
    assert!(error.is_transient(), "{error}");
}
