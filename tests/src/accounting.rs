//! What a crawl owes against what is there.

use serde_json::Value;
use std::collections::BTreeMap;

/// A record owed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owed {
    /// The addresses of its parts, in order.
    pub parts: Vec<String>,
    /// Its text; white space does not count.
    pub text: String,
}

/// What is wrong with `reports`, the records as exported, when each of `owed` should be there once and
/// nothing else: one line a fault, none when all is well.
pub fn faults(owed: &[Owed], reports: &[Value]) -> Vec<String> {
    let mut found: BTreeMap<String, usize> = BTreeMap::new();
    for report in reports {
        *found.entry(folded(report["text"].as_str().unwrap_or_default())).or_default() += 1;
    }
    let mut faults = Vec::new();
    for owed in owed {
        let count = found.get(&folded(&owed.text)).copied().unwrap_or(0);
        if count != 1 {
            let pages = reports.iter().map(|report| &report["source"]["pages"]);
            let near: Vec<_> = pages
                .filter(|pages| {
                    pages.as_array().is_some_and(|pages| pages.iter().any(|page| owed.parts.iter().any(|p| page == p)))
                })
                .collect();
            faults.push(format!("{:?} stands {count} times; records of its pages: {near:?}", owed.parts));
        }
    }
    if reports.len() != owed.len() {
        faults.push(format!("{} reports are there, {} are owed", reports.len(), owed.len()));
    }
    faults
}

/// A text without white space: what a reader compares.
pub fn folded(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn owed(name: &str) -> Owed {
        Owed { parts: vec![format!("http://h/{name}")], text: format!("报告 {name}\n全文") }
    }

    fn report(name: &str) -> Value {
        json!({ "text": format!("报告{name} 全文"), "source": { "pages": [format!("http://h/{name}")] } })
    }

    #[test]
    fn what_is_missing_doubled_or_too_much_is_found() {
        let both = [owed("one"), owed("two")];
        assert_eq!(faults(&both, &[report("two"), report("one")]), Vec::<String>::new());
        assert_eq!(faults(&both, &[report("one")]).len(), 2);
        assert_eq!(faults(&both, &[report("one"), report("two"), report("two")]).len(), 2);
        assert_eq!(faults(&both, &[report("one"), report("two"), report("three")]).len(), 1);
        let torn = json!({ "text": "报告two", "source": { "pages": ["http://h/two"] } });
        let found = faults(&both, &[report("one"), torn]);
        assert!(found.len() == 1 && found[0].contains("http://h/two"), "{found:?}");
    }
}
