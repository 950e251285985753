//! What the tests of heads and of whole texts share.

use baogao_model::{Report, ReportId, report::Source};
use baogao_parse::{Document, Parser, tidy};

/// Parses a text as the driver of a bare file does. `⏎` ends a line.
pub fn parse(parser: &Parser, raw: &str) -> Report {
    parse_from(parser, raw, None)
}

/// Parses a text that was found at `url`.
pub fn parse_from(parser: &Parser, raw: &str, url: Option<&str>) -> Report {
    let text = tidy(&raw.replace('⏎', "\n")).text;
    let source = Source { url: url.map(str::to_owned), ..Source::default() };
    parser.parse(Document { id: ReportId::of_text(&text), source, title: None, text: &text })
}

/// The value of a field as the tables write it.
pub fn field(report: &Report, name: &str) -> String {
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
        "resolved_by" => region.resolved_by,
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

/// The fields of `expected` (`a=b; c=d`, `null` for none) that the report says otherwise.
/// `warning=code` asks for a warning of that code.
pub fn differences(report: &Report, expected: &str) -> Vec<String> {
    let pairs = expected.split("; ").filter(|pair| !pair.is_empty());
    let wrong = pairs.filter_map(|pair| {
        let (name, want) = pair.split_once('=').unwrap();
        let got = if name == "warning" {
            report.warnings.iter().map(|w| w.code.as_str()).find(|code| *code == want).unwrap_or("null").to_owned()
        } else {
            field(report, name)
        };
        (got != want).then(|| format!("{name}: want {want}, got {got}; warnings {:?}", report.warnings))
    });
    wrong.collect()
}
