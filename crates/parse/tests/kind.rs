//! Every text of `kind.txt` is of the kind that its heading names.

use baogao_model::{ReportId, report::Source};
use baogao_parse::{Document, Parser};
use std::collections::BTreeMap;

#[test]
fn every_kind() {
    let parser = Parser::new();
    let mut wrong = Vec::new();
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for block in include_str!("kind.txt").split("=== ").skip(1) {
        let (heading, text) = block.split_once('\n').unwrap();
        let (kind, name) = heading.split_once(": ").unwrap();
        let text = text.trim_end();
        let report =
            parser.parse(Document { id: ReportId::of_text(text), source: Source::default(), title: None, text });
        *seen.entry(kind).or_default() += 1;
        assert!((0.0..=1.0).contains(&report.kind_score), "{heading}: the score is {}", report.kind_score);
        assert!(!report.kind_reasons.is_empty(), "{heading}: no reasons");
        if report.kind.as_str() != kind {
            wrong.push(format!(
                "{kind}, {name}: got {} ({}) for {:?}",
                report.kind, report.kind_score, report.kind_reasons
            ));
        }
    }
    assert!(seen.values().all(|&count| count >= 3) && seen.len() >= 14, "too few texts: {seen:?}");
    assert!(wrong.is_empty(), "{} kinds wrong:\n{}", wrong.len(), wrong.join("\n"));
}
