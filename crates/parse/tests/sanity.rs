//! Every line of `sanity.tsv` gives the doubts it names and no others, and a text's own words can
//! speak against its date.

use baogao_model::{Report, ReportId, report::Source};
use baogao_parse::{Document, Parser};

/// The codes that the sanity pass gives.
const CODES: [&str; 6] = [
    "value_out_of_range",
    "share_over_whole",
    "growth_mismatch",
    "multiple_wording",
    "completion_mismatch",
    "sectors_do_not_sum",
];

/// A report of `date` that states `sentence`.
fn report(parser: &Parser, date: &str, sentence: &str) -> Report {
    let year: i32 = date[..4].parse().unwrap();
    let text = format!(
        "政府工作报告\n——{date}在青岚县第十八届人民代表大会第四次会议上\n青岚县人民政府县长 赵一鸣\n各位代表：\n\
         现在，我代表县人民政府，向大会报告工作，请予审议。\n一、{}年工作回顾\n{sentence}\n",
        year - 1
    );
    parser.parse(Document { id: ReportId::of_text(&text), source: Source::default(), title: None, text: &text })
}

#[test]
fn every_doubt() {
    let parser = Parser::new();
    let mut wrong = Vec::new();
    let mut seen = 0;
    for row in include_str!("sanity.tsv").lines().filter(|row| !row.starts_with('#')) {
        let cells: Vec<&str> = row.split('\t').collect();
        let [case, sentence, want] = cells[..] else { panic!("{row} has not three cells") };
        let report = report(&parser, "2024年1月8日", sentence);
        seen += 1;
        let doubts: Vec<_> = report.warnings.iter().filter(|w| CODES.contains(&w.code.as_str())).collect();
        for doubt in &doubts {
            let span = doubt.span.unwrap_or_else(|| panic!("{case}: {doubt:?} has no place"));
            assert!(sentence.contains(span.slice(&report.text)), "{case}: {doubt:?} points elsewhere");
            assert!(doubt.message.contains(|c: char| c.is_ascii_digit()), "{case}: {doubt:?} has no number");
        }
        let codes: Vec<&str> = doubts.iter().map(|doubt| doubt.code.as_str()).collect();
        let got = if codes.is_empty() { "-".to_owned() } else { codes.join(",") };
        if got != want {
            let rows: Vec<_> =
                report.measurements.iter().map(|m| (&m.quote, &m.indicator, m.measure, m.value, &m.unit)).collect();
            wrong.push(format!("{case}: want {want}, got {got}; rows {rows:?}"));
        }
    }
    assert!(seen > 20, "the table is gone");
    assert!(wrong.is_empty(), "{} doubts wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn the_text_speaks_against_its_date() {
    let parser = Parser::new();
    let old = "“十二五”以来，我们深入贯彻党的十八大精神，“十二五”规划顺利实施，全县地区生产总值增长8.1%。";
    let cases = [("2015年1月8日", true), ("2016年1月8日", true), ("2023年1月8日", false), ("2008年1月8日", false)];
    for (date, holds) in cases {
        let report = report(&parser, date, old);
        let doubted = report.warnings.iter().any(|warning| warning.code == "year_contradiction");
        assert_eq!(doubted, !holds, "{date}: {:?}", report.warnings);
        assert_eq!(report.delivered_on.is_some(), holds, "{date}");
        assert_eq!(report.year.is_some() && report.plan_year.is_some(), holds, "{date}");
    }
    // The tenth plan is written like the number fifteen.
    let number = report(&parser, "2023年1月8日", "全县十五个乡镇建成十五条公路，完成十五项任务。");
    assert_eq!(number.year, Some(2023), "{:?}", number.warnings);
}
