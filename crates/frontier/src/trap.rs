//! Crawler traps: URLs that a site makes up without end.
//!
//! The two oldest and safest rules, after Heritrix's `PathologicalPathDecideRule` and
//! `TooManyPathSegmentsDecideRule`: a relative link that a server answers below itself makes paths
//! such as `/a/b/a/b/a/b/`, and a broken calendar makes ever deeper ones. Seeds are never refused.

use baogao_model::CanonicalUrl;

/// The longest sequence of segments whose repetition is looked for.
const MAX_PERIOD: usize = 4;

/// What a path may look like at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrapLimits {
    /// How many times in a row the same one to four segments may stand.
    pub repetitions: usize,
    /// How many segments there may be.
    pub segments: usize,
}

impl Default for TrapLimits {
    fn default() -> Self {
        Self { repetitions: 2, segments: 20 }
    }
}

/// Why a URL was taken for part of a trap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Trap {
    /// The same segments follow each other too often.
    Repetition,
    /// The path is too deep.
    TooDeep,
}

impl TrapLimits {
    /// Whether `url` looks like part of a trap, and which.
    pub fn check(&self, url: &CanonicalUrl) -> Option<Trap> {
        let segments: Vec<&str> = url.as_url().path().split('/').filter(|segment| !segment.is_empty()).collect();
        if segments.len() > self.segments {
            return Some(Trap::TooDeep);
        }
        // The number of segments is bounded by now, so the three loops are short.
        for period in 1..=MAX_PERIOD {
            for start in 0..segments.len() {
                if repetitions(&segments[start..], period) > self.repetitions {
                    return Some(Trap::Repetition);
                }
            }
        }
        None
    }
}

/// How many times the first `period` segments stand at the beginning, one after the other.
fn repetitions(segments: &[&str], period: usize) -> usize {
    let mut chunks = segments.chunks_exact(period);
    let Some(first) = chunks.next() else { return 0 };
    1 + chunks.take_while(|chunk| *chunk == first).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_of_the_table_is_judged_right() {
        let mut table = csv::ReaderBuilder::new()
            .delimiter(b'\t')
            .quoting(false)
            .from_reader(include_str!("../tests/traps.tsv").as_bytes());
        let mut rows = 0;
        for row in table.records() {
            let row = row.expect("the table is well-formed");
            let url = CanonicalUrl::parse(&row[0]).expect("a good URL");
            let got = match TrapLimits::default().check(&url) {
                None => "-",
                Some(Trap::Repetition) => "repetition",
                Some(Trap::TooDeep) => "too_deep",
            };
            assert_eq!(got, &row[1], "{}: {}", &row[0], &row[2]);
            rows += 1;
        }
        assert!(rows > 5, "only {rows} rows were read");
    }
}
