//! Pace keys: which hosts share one politeness queue.
//!
//! Hundreds of county sites run on one platform; a delay per host alone would let the platform be
//! hit hundreds of times at once. A rule gives all hosts under a domain one key.

/// All hosts under one domain share one pace key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaceRule {
    /// The domain: the rule is for this host and every host that ends in `.` and this.
    pub domain: String,
    /// The key they share. Rules may share a key too.
    pub key: String,
}

/// The pace key of `host`: that of the rule with the longest domain, else the host itself.
///
/// The port plays no part: two ports are one machine.
pub fn pace_key<'a>(host: &'a str, rules: &'a [PaceRule]) -> &'a str {
    let mut best: Option<&PaceRule> = None;
    for rule in rules {
        if is_under(host, &rule.domain) && best.is_none_or(|b| b.domain.len() < rule.domain.len()) {
            best = Some(rule);
        }
    }
    best.map_or(host, |rule| &rule.key)
}

/// Whether `host` is `domain` or lies below it.
fn is_under(host: &str, domain: &str) -> bool {
    host.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_rule_wins_and_labels_are_whole() {
        let rule = |domain: &str, key: &str| PaceRule { domain: domain.into(), key: key.into() };
        let rules = [rule("yunling.example", "yunling"), rule("cms.yunling.example", "cms")];
        assert_eq!(pace_key("www.qinglan.example", &rules), "www.qinglan.example");
        assert_eq!(pace_key("yunling.example", &rules), "yunling");
        assert_eq!(pace_key("www.yunling.example", &rules), "yunling");
        assert_eq!(pace_key("a.cms.yunling.example", &rules), "cms");
        assert_eq!(pace_key("otheryunling.example", &rules), "otheryunling.example");
    }
}
