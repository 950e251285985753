//! What the crawl is doing, on standard error: one living line on a terminal, a line now and then elsewhere.

use crate::embedded::Load;
use crate::lang::Lang;
use crate::say;
use crate::tell::tell;
use baogao_runtime::metrics::Counts;
use indicatif::{ProgressBar, ProgressStyle};
use std::io::IsTerminal;
use std::time::{Duration, Instant};

/// Between two lines where standard error is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(10);

/// Shows the progress of one crawl.
pub struct Progress {
    lang: Lang,
    counts: Counts,
    /// What counts the pages.
    pages: &'static str,
    began: Instant,
    bar: Option<ProgressBar>,
    said: Instant,
}

impl Progress {
    /// Begins to show a crawl.
    pub fn new(lang: Lang, counts: Counts) -> Self {
        Self::counting("baogao_crawler_pages_total", lang, counts)
    }

    /// Begins to show what becomes of pages that nobody fetches.
    pub fn offline(lang: Lang, counts: Counts) -> Self {
        Self::counting("baogao_scraper_pages_total", lang, counts)
    }

    fn counting(pages: &'static str, lang: Lang, counts: Counts) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new_spinner();
            bar.set_style(ProgressStyle::default_spinner());
            bar.enable_steady_tick(Duration::from_millis(120));
            bar
        });
        Self { lang, counts, pages, began: Instant::now(), bar, said: Instant::now() }
    }

    /// Shows how things stand.
    pub fn show(&mut self, load: &Load) {
        match &self.bar {
            Some(bar) => bar.set_message(self.line(load)),
            None if self.said.elapsed() >= LINE_EVERY => {
                self.said = Instant::now();
                tell(self.line(load));
            }
            None => {}
        }
    }

    /// Takes the living line away.
    pub fn end(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    /// Pages, articles, reports, failures, rate, and what is under way.
    fn line(&self, load: &Load) -> String {
        let outcomes = self.counts.by_label("baogao_crawler_pages_total", "outcome");
        let pages = self.counts.total(self.pages);
        let failed = outcomes.get("failed").copied().unwrap_or(0);
        let articles = self.counts.total("baogao_scraper_articles_total");
        let kinds = self.counts.by_label("baogao_publisher_records_total", "kind");
        let reports = kinds.get("report").copied().unwrap_or(0);
        let rate = pages as f64 / self.began.elapsed().as_secs_f64().max(0.001);
        let (due, queued, unsent) = (load.frontier.due_now, load.queued, load.frontier.outbox_rows);
        let pause = match &load.pause {
            Some(reason) => say!(self.lang, "; paused: {}", "；暂停：{}", reason),
            None => String::new(),
        };
        say!(
            self.lang,
            "{} pages ({:.1}/s), {} articles, {} reports, {} failures; {} due, {} queued, {} unsent{}",
            "网页 {}（每秒 {:.1}），文章 {}，报告 {}，失败 {}；到期 {}，排队 {}，待发 {}{}",
            pages,
            rate,
            articles,
            reports,
            failed,
            due,
            queued,
            unsent,
            pause,
        )
    }
}
