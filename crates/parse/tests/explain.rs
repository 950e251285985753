//! What the parser says of how it came to its measurements, and of the numbers it left out.

use baogao_model::report::{Measure, Source};
use baogao_model::{Report, ReportId};
use baogao_parse::explain::{Explained, Place, Rule, Verdict};
use baogao_parse::{Document, Explanation, Parser};
use std::collections::HashSet;
use std::sync::LazyLock;

static PARSER: LazyLock<Parser> = LazyLock::new(Parser::new);

fn document(text: &str) -> Document<'_> {
    Document { id: ReportId::of_text(text), source: Source::default(), title: None, text }
}

fn explain(text: &str) -> (Report, Explanation) {
    PARSER.explain(document(text))
}

/// The codes of the rules that a number names.
fn codes(number: &Explained) -> Vec<&'static str> {
    number.notes.iter().map(|note| note.rule.code()).collect()
}

/// `explain.tsv`: heading of the part, sentence, number, the reason why it is no measurement, and
/// rules that must have had a part.
#[test]
fn each_rule_says_what_it_did() {
    let mut wrong = Vec::new();
    for line in include_str!("explain.tsv").lines().skip(1) {
        let cells: Vec<&str> = line.split('\t').collect();
        let [part, sentence, number, reason, rules] = cells[..] else { panic!("{line}") };
        let text = format!("青岚县政府工作报告\n2022年1月8日\n各位代表：\n{part}\n{sentence}");
        let at = text[..text.rfind(sentence).unwrap() + sentence.rfind(number).unwrap()].chars().count();
        let (_, explanation) = explain(&text);
        let found = match explanation.at(u32::try_from(at).unwrap()) {
            Place::Number(found) => found,
            Place::Silent(rule) if rule.code() == reason => continue,
            _ => {
                wrong.push(format!("{sentence}: nothing at {number}"));
                continue;
            }
        };
        let got = match found.verdict {
            Verdict::Measurement(_) => "-",
            Verdict::Nothing(rule) => rule.code(),
        };
        let named = codes(found);
        let missing: Vec<&str> = rules.split(' ').filter(|rule| *rule != "-" && !named.contains(rule)).collect();
        if reason != got || !missing.is_empty() {
            wrong.push(format!("{sentence} {number}: {got}, {named:?}, missing {missing:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A rule without a row could say anything, or nothing any more.
#[test]
fn every_rule_has_a_row() {
    let table = include_str!("explain.tsv");
    let codes: HashSet<&str> = table.lines().skip(1).flat_map(|line| line.split(['\t', ' '])).collect();
    let missing: Vec<&str> = Rule::ALL.iter().map(|rule| rule.code()).filter(|code| !codes.contains(code)).collect();
    assert!(missing.is_empty(), "no row of explain.tsv names {}", missing.join(", "));
}

const REPORT: &str = include_str!("report.txt");

#[test]
fn explaining_changes_nothing() {
    assert_eq!(explain(REPORT.trim_end()).0, PARSER.parse(document(REPORT.trim_end())));
}

#[test]
fn every_measurement_is_explained_once() {
    let (report, explanation) = explain(REPORT.trim_end());
    let explained: Vec<usize> = explanation
        .numbers()
        .iter()
        .filter_map(|number| match number.verdict {
            Verdict::Measurement(index) => Some(index),
            Verdict::Nothing(_) => None,
        })
        .collect();
    assert_eq!(explained, (0..report.measurements.len()).collect::<Vec<_>>());
    for number in explanation.numbers() {
        let Verdict::Measurement(index) = number.verdict else { continue };
        let measurement = &report.measurements[index];
        let codes = codes(number);
        let has = |stage: &str| codes.iter().any(|code| code.starts_with(stage));
        assert!(has("number.") && has("subject.") && has("modality."), "{measurement:?}: {codes:?}");
        assert_eq!(has("measure."), measurement.measure != Measure::Qualitative, "{measurement:?}: {codes:?}");
        assert_eq!(has("period."), measurement.period.is_some(), "{measurement:?}: {codes:?}");
        if measurement.indicator.is_some() {
            assert!(has("indicator."), "{measurement:?}: {codes:?}");
        }
    }
}

#[test]
fn numbers_are_in_order_and_apart() {
    let (_, explanation) = explain(REPORT.trim_end());
    let numbers = explanation.numbers();
    assert!(numbers.windows(2).all(|pair| pair[0].span.end <= pair[1].span.start));
}

#[test]
fn words_and_the_glossary_hold_no_numbers() {
    let text = "各位代表：\n一、工作回顾\n我们做了工作。\n名词解释\n1.四早：早发现3天。\n2.两快：快5天。";
    let (_, explanation) = explain(text);
    assert_eq!(explanation.at(0), Place::Words);
    assert_eq!(explanation.at(10_000), Place::Words);
    let inside = text[..text.find("3天").unwrap()].chars().count();
    let Place::Silent(rule) = explanation.at(u32::try_from(inside).unwrap()) else { panic!("not silent") };
    assert_eq!(rule.code(), "not.glossary");
}
