//! What a fake web is asked to be.

use std::time::Duration;

/// A fake web to be: the same plan gives the same pages, the same faults and the same truth.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// Names everything that is left to chance.
    pub seed: u64,
    /// How many hosts. They take turns among the families, aggregator first.
    pub hosts: usize,
    /// How many texts each host lists: reports and look-alikes. List pages, further parts and the
    /// addresses that lead nowhere come on top.
    pub pages_per_host: usize,
    /// The share of texts that look like reports and owe no record.
    pub lookalikes: f64,
    /// `Crawl-delay` of the hosts that have robots rules; none leaves it out.
    pub crawl_delay: Option<Duration>,
    /// What goes wrong.
    pub faults: Faults,
}

impl Default for Plan {
    fn default() -> Self {
        Self { seed: 1, hosts: 3, pages_per_host: 12, lookalikes: 0.3, crawl_delay: None, faults: Faults::none() }
    }
}

/// What goes wrong, and how often. Every share is a probability from 0 to 1.
///
/// A fault never takes a record away: what fails, fails at first and comes when asked again, and
/// what never comes (missing, endless, huge) stands at addresses of its own that owe nothing.
#[derive(Debug, Clone, PartialEq)]
pub struct Faults {
    /// Pages that are answered late.
    pub slow: f64,
    /// How late.
    pub slow_by: Duration,
    /// Pages that answer 429 with `Retry-After: 1` when first asked.
    pub too_many_requests: f64,
    /// Pages that answer 503 when first asked.
    pub unavailable: f64,
    /// Pages whose connection is reset in the middle of the body when first asked.
    pub reset: f64,
    /// How often in a row a page of the three kinds above fails before it comes.
    pub failures_in_a_row: u32,
    /// Pages whose bytes are in another charset than header or meta tag declare.
    pub wrong_charset: f64,
    /// Pages that go out with `Content-Encoding: gzip` to a client that accepts it.
    pub gzip: f64,
    /// Texts that a list links by an address that redirects twice before it reaches them.
    pub redirect_chain: f64,
    /// Hosts with a link into a redirect loop.
    pub redirect_loop: f64,
    /// Hosts with a link to a page that is not there.
    pub missing: f64,
    /// Hosts with a link to a page of `huge_bytes`.
    pub huge: f64,
    /// How large that is.
    pub huge_bytes: u64,
    /// Hosts with robots rules that answer 503 for robots.txt when first asked.
    pub robots_unavailable: f64,
}

impl Faults {
    /// A web in perfect order.
    pub fn none() -> Self {
        Self {
            slow: 0.0,
            slow_by: Duration::from_millis(200),
            too_many_requests: 0.0,
            unavailable: 0.0,
            reset: 0.0,
            failures_in_a_row: 1,
            wrong_charset: 0.0,
            gzip: 0.0,
            redirect_chain: 0.0,
            redirect_loop: 0.0,
            missing: 0.0,
            huge: 0.0,
            huge_bytes: 40 * 1024 * 1024,
            robots_unavailable: 0.0,
        }
    }

    /// Some of everything that a crawl meets in an ordinary hour, robots.txt excepted: a host whose
    /// rules cannot be read is forbidden for long.
    pub fn some() -> Self {
        Self {
            slow: 0.05,
            too_many_requests: 0.05,
            unavailable: 0.05,
            reset: 0.05,
            wrong_charset: 0.15,
            gzip: 0.4,
            redirect_chain: 0.15,
            redirect_loop: 0.5,
            missing: 0.7,
            huge: 0.3,
            ..Self::none()
        }
    }
}
