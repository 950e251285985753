//! Every line of `head.tsv` is read into the fields it names.

mod common;

use baogao_model::Report;
use baogao_parse::Parser;
use common::{differences, field, parse, parse_from};
use std::collections::BTreeSet;

/// Name, level, code, province and prefecture as the tables write them, null parts as `-`.
fn region(report: &Report) -> String {
    ["region", "level", "adcode", "province", "prefecture"]
        .map(|name| field(report, name))
        .join("|")
        .replace("null", "-")
}

#[test]
fn every_pattern() {
    let parser = Parser::new();
    let mut wrong = Vec::new();
    let mut seen = 0;
    let mut rows = BTreeSet::new();
    for row in include_str!("head.tsv").lines().filter(|row| !row.starts_with('#')) {
        let cells: Vec<&str> = row.split('\t').collect();
        let [pattern, text, expected] = cells[..] else { panic!("{row} has not three cells") };
        let report = parse(&parser, text);
        seen += 1;
        // 17b is another line of row 17; lines of no row begin with a word.
        let digits = pattern.bytes().take_while(u8::is_ascii_digit).count();
        rows.extend(pattern[..digits].parse::<u32>());
        wrong.extend(differences(&report, expected).into_iter().map(|difference| format!("{pattern}: {difference}")));
    }
    assert!(seen > 60, "the table is gone");
    assert!(rows.into_iter().eq(1..=52), "a pattern has no line");
    assert!(wrong.is_empty(), "{} fields wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_region() {
    let parser = Parser::new();
    let mut wrong = Vec::new();
    let mut seen = 0;
    for row in include_str!("region.tsv").lines().filter(|row| !row.starts_with('#')) {
        let cells: Vec<&str> = row.split('\t').collect();
        let [case, text, expected, warning] = cells[..] else { panic!("{row} has not four cells") };
        let report = parse(&parser, text);
        seen += 1;
        let got = region(&report);
        let codes: Vec<&str> = report.warnings.iter().map(|warning| warning.code.as_str()).collect();
        let warned = warning == "-" || codes.contains(&warning);
        if got != expected || !warned {
            wrong.push(format!("{case}: want {expected}, got {got}; warnings {codes:?}"));
        }
    }
    assert!(seen > 20, "the table is gone");
    assert!(wrong.is_empty(), "{} regions wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_site() {
    let parser = Parser::new();
    let mut wrong = Vec::new();
    let mut seen = 0;
    for row in include_str!("site.tsv").lines().filter(|row| !row.starts_with('#')) {
        let cells: Vec<&str> = row.split('\t').collect();
        let [case, url, text, expected, told] = cells[..] else { panic!("{row} has not five cells") };
        let report = parse_from(&parser, text, Some(url).filter(|&url| url != "-"));
        seen += 1;
        if region(&report) != expected {
            wrong.push(format!("{case}: want {expected}, got {}", region(&report)));
        }
        if told.starts_with("warning=") {
            wrong.extend(differences(&report, told).into_iter().map(|difference| format!("{case}: {difference}")));
        } else if field(&report, "resolved_by") != told {
            wrong.push(format!("{case}: told by {}, not {told}", field(&report, "resolved_by")));
        }
    }
    assert!(seen > 10, "the table is gone");
    assert!(wrong.is_empty(), "{} regions wrong:\n{}", wrong.len(), wrong.join("\n"));
}
