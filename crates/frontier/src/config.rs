//! The settings of a frontier.

use crate::pace::PaceRule;
use crate::revisit::RevisitPolicy;
use crate::trap::TrapLimits;
use std::time::Duration;

/// How a frontier paces, retries and revisits. Every replica of one frontier needs the same.
#[derive(Debug, Clone)]
pub struct FrontierConfig {
    /// The shortest time between the end of a request and the next one to the same pace key, where
    /// the site's robots.txt asks for no longer one.
    pub default_delay: Duration,
    /// How long a claim holds without a word of its owner. After it a new owner waits one delay more.
    pub lease: Duration,
    /// After how many failed attempts in a row a visit is given up.
    pub max_attempts: u32,
    /// How many redirects in a row are followed.
    pub max_redirects: u32,
    /// The wait after the first failed attempt; it doubles with each further one.
    pub retry_base: Duration,
    /// The longest such wait.
    pub retry_max: Duration,
    /// The longest `Retry-After` that is honoured; longer ones are cut to this.
    pub retry_after_max: Duration,
    /// How long a document group waits for its parts before it goes out without the missing ones.
    pub group_patience: Duration,
    /// When pages are visited again.
    pub revisit: RevisitPolicy,
    /// Which hosts share a pace key. A change holds for all stored URLs from the next opening on.
    pub pace_rules: Vec<PaceRule>,
    /// Which URLs found on pages are refused as parts of a trap.
    pub traps: TrapLimits,
}

impl Default for FrontierConfig {
    fn default() -> Self {
        Self {
            default_delay: Duration::from_secs(5),
            lease: Duration::from_secs(60),
            max_attempts: 4,
            max_redirects: 5,
            retry_base: Duration::from_secs(60),
            retry_max: Duration::from_secs(6 * 3600),
            retry_after_max: Duration::from_secs(24 * 3600),
            group_patience: Duration::from_secs(24 * 3600),
            revisit: RevisitPolicy::default(),
            pace_rules: Vec::new(),
            traps: TrapLimits::default(),
        }
    }
}
