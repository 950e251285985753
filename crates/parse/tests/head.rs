//! Every line of `head.tsv` is read into the fields it names.

use baogao_model::{Report, ReportId, report::Source};
use baogao_parse::{Document, Parser, tidy};

/// Parses a text as the driver of a bare file does.
fn parse(parser: &Parser, raw: &str) -> Report {
    let text = tidy(raw).text;
    parser.parse(Document { id: ReportId::of_text(&text), source: Source::default(), title: None, text: &text })
}

/// The value of a field as the table writes it.
fn field(report: &Report, name: &str) -> String {
    let region = report.region.clone().unwrap_or_default();
    let meeting = report.meeting.as_ref();
    let speaker = report.speaker.as_ref();
    let value: Option<String> = match name {
        "title" => report.title.clone(),
        "region" => region.name,
        "level" => region.level.map(|level| level.to_string()),
        "adcode" => region.adcode,
        "province" => region.province,
        "prefecture" => region.prefecture,
        "government" => report.government.clone(),
        "delivered_on" => report.delivered_on.map(|date| date.to_string()),
        "year" => report.year.map(|year| year.to_string()),
        "review_year" => report.review_year.map(|year| year.to_string()),
        "plan_year" => report.plan_year.map(|year| year.to_string()),
        "body" => meeting.and_then(|meeting| meeting.body.clone()),
        "term" => meeting.and_then(|meeting| meeting.term).map(|term| term.to_string()),
        "session" => meeting.and_then(|meeting| meeting.session).map(|session| session.to_string()),
        "speaker" => speaker.map(|speaker| speaker.name.clone()),
        "office" => speaker.and_then(|speaker| speaker.office.clone()),
        "acting" => speaker.and_then(|speaker| speaker.acting).map(|acting| acting.to_string()),
        "completeness" => Some(report.completeness.to_string()),
        "kind" => Some(report.kind.to_string()),
        _ => panic!("the table names an unknown field {name}"),
    };
    value.unwrap_or_else(|| "null".to_owned())
}

#[test]
fn every_pattern() {
    let parser = Parser::new();
    let mut wrong = Vec::new();
    let mut seen = 0;
    for row in include_str!("head.tsv").lines().filter(|row| !row.starts_with('#')) {
        let cells: Vec<&str> = row.split('\t').collect();
        let [pattern, text, expected] = cells[..] else { panic!("{row} has not three cells") };
        let report = parse(&parser, &text.replace('⏎', "\n"));
        seen += 1;
        for pair in expected.split("; ") {
            let (name, want) = pair.split_once('=').unwrap();
            let got = if name == "warning" {
                report.warnings.iter().map(|w| w.code.as_str()).find(|code| *code == want).unwrap_or("null").to_owned()
            } else {
                field(&report, name)
            };
            if got != want {
                wrong.push(format!("{pattern}: {name}: want {want}, got {got}; warnings {:?}", report.warnings));
            }
        }
    }
    assert!(seen > 60, "the table is gone");
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
        let report = parse(&parser, &text.replace('⏎', "\n"));
        seen += 1;
        let fields = ["region", "level", "adcode", "province", "prefecture"].map(|name| field(&report, name));
        let got = fields.join("|").replace("null", "-");
        let codes: Vec<&str> = report.warnings.iter().map(|warning| warning.code.as_str()).collect();
        let warned = warning == "-" || codes.contains(&warning);
        if got != expected || !warned {
            wrong.push(format!("{case}: want {expected}, got {got}; warnings {codes:?}"));
        }
    }
    assert!(seen > 20, "the table is gone");
    assert!(wrong.is_empty(), "{} regions wrong:\n{}", wrong.len(), wrong.join("\n"));
}
