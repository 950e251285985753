//! Sites as labels of metrics, in a bounded number.
//!
//! What a site yields is worth a series of its own: it falls when the site is redesigned or puts a
//! wall in front of its pages. But sites come from links, and whoever writes links must not be able
//! to fill our memory, or that of whatever reads the metrics.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

/// The label of all sites beyond the limit.
pub const OTHER: &str = "(other)";

/// Sites with a label of their own in one process. China has some 3,200 counties and prefectures, and a
/// process is one of several.
const MAX_SITES: usize = 2_000;

/// The longest name that is a label. In bytes; no host name is longer (RFC 1035 §2.3.4).
const MAX_BYTES: usize = 255;

/// Gives the first sites it meets their own label and the others one together. Clones share it.
#[derive(Debug, Clone)]
pub struct SiteLabels {
    known: Arc<Mutex<HashSet<Arc<str>>>>,
    most: usize,
}

impl Default for SiteLabels {
    fn default() -> Self {
        Self::new(MAX_SITES)
    }
}

impl SiteLabels {
    /// Labels for up to `most` sites.
    pub fn new(most: usize) -> Self {
        Self { known: Arc::default(), most }
    }

    /// The label of a site; [`OTHER`] for one that came when there were enough already.
    pub fn of(&self, site: &str) -> Arc<str> {
        // Nothing can be half done while it is held.
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(label) = known.get(site) {
            return Arc::clone(label);
        }
        if known.len() >= self.most || site.len() > MAX_BYTES {
            return OTHER.into();
        }
        let label: Arc<str> = site.into();
        known.insert(Arc::clone(&label));
        label
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_sites_keep_their_labels_and_the_others_share_one() {
        let labels = SiteLabels::new(2);
        let shared = labels.clone();
        let given: Vec<Arc<str>> =
            ["a.example", "b.example", "c.example", "a.example"].into_iter().map(|site| shared.of(site)).collect();
        assert_eq!(
            given.iter().map(|label| &**label).collect::<Vec<_>>(),
            ["a.example", "b.example", OTHER, "a.example"]
        );
        assert_eq!(&*labels.of("d.example"), OTHER);
        assert_eq!(&*SiteLabels::default().of(&"x".repeat(256)), OTHER);
    }
}
