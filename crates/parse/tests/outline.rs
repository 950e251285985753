//! Every text of `outline.txt` gives the sections below it: level, number, heading, role.

use baogao_model::{ReportId, report::Source};
use baogao_parse::{Document, Parser};

#[test]
fn every_outline() {
    let parser = Parser::new();
    let mut wrong = Vec::new();
    let mut seen = 0;
    for block in include_str!("outline.txt").split("=== ").skip(1) {
        let (name, rest) = block.split_once('\n').unwrap();
        let (text, expected) = rest.split_once("---\n").unwrap();
        let text = text.trim_end();
        let report =
            parser.parse(Document { id: ReportId::of_text(text), source: Source::default(), title: None, text });
        seen += 1;
        let mut got = String::new();
        for section in &report.sections {
            let number = section.number.as_deref().unwrap_or_default();
            got.push_str(&format!("{}\t{number}\t{}\t{}\n", section.level, section.heading, section.role));
            let body = section.span.slice(text);
            assert!(body.contains(&section.heading), "{name}: the span of {} does not hold it", section.heading);
        }
        if got.trim_end() != expected.trim_end() {
            wrong.push(format!("{name}:\nwant\n{expected}got\n{got}"));
        }
    }
    assert!(seen > 10, "the file is gone");
    assert!(wrong.is_empty(), "{} outlines wrong:\n{}", wrong.len(), wrong.join("\n"));
}
