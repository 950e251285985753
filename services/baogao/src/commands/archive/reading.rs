//! How far the reading of an archive has come, on standard error: a bar on a terminal, a line now
//! and then elsewhere.

use crate::lang::Lang;
use crate::say;
use crate::tell::tell;
use baogao_archive::SegmentEntry;
use indicatif::{ProgressBar, ProgressStyle};
use std::io::IsTerminal;
use std::time::{Duration, Instant};

/// Between two lines where standard error is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(10);

/// Bytes in a mebibyte.
const MIB: f64 = 1_048_576.0;

/// The progress of one reading.
pub struct Reading {
    lang: Lang,
    bar: Option<ProgressBar>,
    done: u64,
    all: u64,
    said: Instant,
}

impl Reading {
    /// Begins to show; with output on the same terminal nothing is shown that would get into it.
    pub fn new(lang: Lang, segments: &[SegmentEntry], has_output: bool) -> Self {
        let all = segments.iter().map(|segment| segment.bytes).sum();
        let is_shared = has_output && std::io::stdout().is_terminal();
        let bar = (std::io::stderr().is_terminal() && !is_shared).then(|| {
            let bar = ProgressBar::new(all);
            let style = ProgressStyle::with_template("{bytes}/{total_bytes} ({bytes_per_sec}, {eta})");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar
        });
        Self { lang, bar, done: 0, all, said: Instant::now() }
    }

    /// Notes that a segment has been read.
    pub fn read(&mut self, segment: &SegmentEntry) {
        self.done += segment.bytes;
        match &self.bar {
            Some(bar) => bar.set_position(self.done),
            None if self.said.elapsed() >= LINE_EVERY => {
                self.said = Instant::now();
                let (done, all) = (self.done as f64 / MIB, self.all as f64 / MIB);
                tell(say!(self.lang, "read {:.0} of {:.0} MiB", "已读 {:.0} / {:.0} MiB", done, all));
            }
            None => {}
        }
    }

    /// Takes the bar away.
    pub fn end(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
