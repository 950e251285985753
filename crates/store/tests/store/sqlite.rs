//! The SQLite store under the suite that every sink must pass.

use crate::fixtures::{Fresh, Record};
use crate::suite::Subject;
use async_trait::async_trait;
use baogao_model::ReportId;
use baogao_model::event::Revision;
use baogao_store::Sink;
use std::sync::Arc;

#[async_trait]
impl Subject for Fresh {
    fn sink(&self) -> Arc<dyn Sink> {
        Arc::new(self.records.clone())
    }

    async fn current(&self, id: &ReportId) -> Option<Record> {
        self.records.get(id.as_str()).await.expect("reads").map(|stored| stored.record)
    }

    async fn history(&self, id: &ReportId) -> Vec<Revision> {
        let stored = self.records.get(id.as_str()).await.expect("reads").expect("is there");
        stored.revisions.into_iter().map(|info| info.revision).collect()
    }

    async fn totals(&self) -> (u64, u64) {
        let counts = self.records.counts().await.expect("counts");
        (counts.reports, counts.documents.values().sum::<u64>() - counts.reports)
    }
}

sink_suite!(suite, crate::fixtures::Fresh::new);
