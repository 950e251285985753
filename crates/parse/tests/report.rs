//! Whole reports: the record of one, the ends of others, and what holds for any text.

use baogao_model::report::{GlossaryEntry, Measure, Modality, Number, Source};
use baogao_model::{Report, ReportId, Span};
use baogao_parse::text::fold;
use baogao_parse::{Document, Parser};
use proptest::prelude::*;
use std::borrow::Cow;
use std::sync::LazyLock;

static PARSER: LazyLock<Parser> = LazyLock::new(Parser::new);

fn parse(text: &str) -> Report {
    PARSER.parse(Document { id: ReportId::of_text(text), source: Source::default(), title: None, text })
}

const REPORT: &str = include_str!("report.txt");

#[test]
fn a_whole_report() {
    let mut report = parse(REPORT.trim_end());
    // Text and id are the input; the measurements have tests of their own.
    report.text.clear();
    report.measurements.clear();
    insta::assert_json_snapshot!(report);
}

#[test]
fn the_page_heading_is_the_title() {
    let text = REPORT.trim_end();
    let document = Document {
        id: ReportId::of_text(text),
        source: Source::default(),
        title: Some("(云岭省)临澄市青岚县政府工作报告"),
        text,
    };
    let report = PARSER.parse(document);
    assert_eq!(report.title.as_deref(), Some("(云岭省)临澄市青岚县政府工作报告"));
    assert_eq!(report.region.unwrap().province.as_deref(), Some("云岭省"));
}

#[test]
fn completeness() {
    let text = REPORT.trim_end();
    let lines: Vec<&str> = text.lines().collect();
    let glossary = lines.iter().position(|line| *line == "名词解释").unwrap();
    let middle = lines.iter().position(|line| line.starts_with("（二）")).unwrap();
    let table = [
        ("complete", lines[..].join("\n")),
        ("complete", lines[..glossary].join("\n")),
        ("head_only", lines[..glossary - 1].join("\n")),
        ("head_only", lines[..middle].join("\n")),
        ("tail_only", format!("{}\n{}", lines[0], lines[middle..].join("\n"))),
        ("fragment", format!("{}\n{}", lines[0], lines[middle..glossary - 1].join("\n"))),
        ("fragment", lines[middle..glossary - 1].join("\n")),
    ];
    for (want, text) in table {
        assert_eq!(parse(&text).completeness.as_str(), want, "{text}");
    }
}

#[test]
fn glossaries() {
    let entry = |term: &str, text: &str| GlossaryEntry { term: term.to_owned(), text: text.to_owned() };
    let both = vec![entry("四早", "早发现、早报告。"), entry("“3+10”机制", "“3”即三大领域：产业、基建、民生。")];
    let table = [
        "名词解释\n1.四早：早发现、早报告。\n2.“3+10”机制：“3”即三大领域：产业、基建、民生。",
        "附：\n《政府工作报告》名词解释\n〔1〕四早：早发现、早报告。\n〔2〕“3+10”机制：“3”即三大领域：产业、基建、民生。",
        "部分词语解释\n１．四早：早发现、早报告。\n２．“3+10”机制：“3”即三大领域：产业、基建、民生。\n分享到：\n上一篇：",
        "名 词 解 释\n1、四早\n早发现、早报告。\n2、“3+10”机制\n“3”即三大领域：产业、基建、民生。",
    ];
    for annex in table {
        let report = parse(&format!("各位代表：\n一、工作回顾\n我们做了工作。\n{annex}"));
        assert_eq!(report.glossary, both, "{annex}");
        assert_eq!(report.sections.last().unwrap().role.as_str(), "glossary");
    }
    assert!(parse("各位代表：\n一、工作回顾\n我们做了名词解释。").glossary.is_empty());
}

#[test]
fn a_body_printed_twice_is_read_once() {
    let text = REPORT.trim_end();
    let body_start = text.find("各位代表").unwrap();
    let twice = format!("{text}\n{}", &text[body_start..]);
    let (once, twice) = (parse(text), parse(&twice));
    let headings = |report: &Report| {
        report.sections.iter().map(|s| s.heading.clone()).filter(|h| h != "名词解释").collect::<Vec<_>>()
    };
    assert_eq!(headings(&once), headings(&twice));
}

#[test]
fn a_report_on_one_line_is_read_like_one_on_many() {
    let lines = parse(REPORT.trim_end());
    for joint in [" ", "    "] {
        let one = parse(&REPORT.trim_end().replace('\n', joint));
        assert_eq!(
            (&one.region, &one.delivered_on, &one.speaker),
            (&lines.region, &lines.delivered_on, &lines.speaker)
        );
        assert_eq!((one.kind, one.completeness, &one.glossary), (lines.kind, lines.completeness, &lines.glossary));
        let headings =
            |report: &Report| report.sections.iter().map(|s| (s.level, s.heading.clone())).collect::<Vec<_>>();
        assert_eq!(headings(&one), headings(&lines), "joined by {joint:?}");
    }
}

/// A text in full width, as some sites print it.
fn widen(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '0'..='9' | '%' | '(' | ')' | ',' | ':' => char::from_u32(u32::from(c) + 0xFEE0).unwrap(),
            _ => c,
        })
        .collect()
}

#[test]
fn width_changes_nothing_of_the_head() {
    let narrow: String = REPORT.trim_end().chars().map(fold).collect();
    let wide = widen(&narrow);
    assert_ne!(narrow, wide);
    let (narrow, wide) = (parse(&narrow), parse(&wide));
    assert_eq!(
        (narrow.region, narrow.government, narrow.delivered_on),
        (wide.region, wide.government, wide.delivered_on)
    );
    assert_eq!((narrow.year, narrow.review_year, narrow.plan_year), (wide.year, wide.review_year, wide.plan_year));
    assert_eq!((narrow.speaker, narrow.completeness, narrow.kind), (wide.speaker, wide.completeness, wide.kind));
    let levels = |sections: &[baogao_model::report::Section]| {
        sections.iter().map(|s| (s.level, s.role, s.span)).collect::<Vec<_>>()
    };
    assert_eq!(levels(&narrow.sections), levels(&wide.sections));
}

/// Texts made of what reports are made of, in any order.
fn report_like() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "政府工作报告",
        "——",
        "2024年1月8日",
        "在",
        "青岚县",
        "第十八届",
        "人民代表大会",
        "第四次会议上",
        "县长",
        " 赵一鸣",
        "\n",
        "各位代表：",
        "一、",
        "（一）",
        "1.",
        "一是",
        "第一，",
        "2023年工作回顾",
        "。",
        "，",
        "增长5.1%",
        "财政收入完成12.6亿元",
        "城乡居民收入分别增长7%、8%",
        "新建学校2所",
        "由3家增加到１２家",
        "五年来",
        "占比38.5％",
        "以上",
        "、",
        "名词解释",
        "：",
        "“",
        "”",
        "二〇二四年",
        "届",
        "次",
        "会议",
        "XX",
        "(",
        ")",
        "    ",
        "各位代表！让我们团结奋斗！",
        "主要目标是",
        "\u{FFFD}",
        "９",
        "年",
        "月",
        "日",
        "（云岭省）",
        "和平区",
        "—",
        "代",
    ]);
    prop::collection::vec(pieces, 0..80).prop_map(|pieces| pieces.concat())
}

/// A fact: what a measurement says of what, and where.
type Fact = (Option<Name>, Measure, Option<f64>, Option<f64>, Option<Name>, Modality, Option<Box<str>>, Span);
type Name = Cow<'static, str>;

/// The facts that a report states up to the character `to`.
fn facts(report: &Report, to: usize) -> Vec<Fact> {
    let stated = report.measurements.iter().filter(|m| (m.span.end as usize) <= to).cloned();
    let value = |number: Option<Number>| number.map(|number| number.0);
    stated
        .map(|m| (m.indicator, m.measure, value(m.value), value(m.value_max), m.unit, m.modality, m.period, m.span))
        .collect()
}

/// Every span lies in the text and slices to what was read, and all are in order.
fn check_spans(text: &str, report: &Report) -> Result<(), TestCaseError> {
    let length = u32::try_from(text.chars().count()).unwrap();
    for section in &report.sections {
        prop_assert!(section.span.start < section.span.end && section.span.end <= length, "{section:?} of {length}");
        prop_assert!(section.span.slice(text).contains(&section.heading));
        prop_assert!((1..=4).contains(&section.level));
    }
    prop_assert!(report.sections.windows(2).all(|pair| pair[0].span.start <= pair[1].span.start));
    for m in &report.measurements {
        prop_assert!(m.span.start < m.span.end && m.span.end <= length, "{m:?} of {length}");
        prop_assert!(m.value.is_none() || m.quote.contains(m.span.slice(text)), "{m:?}");
    }
    prop_assert!(report.measurements.windows(2).all(|pair| pair[0].span.end <= pair[1].span.start));
    for warning in &report.warnings {
        prop_assert!(warning.span.is_none_or(|span| span.start < span.end && span.end <= length));
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_text_gives_a_record(text in "\\PC{0,200}") {
        check_spans(&text, &parse(&text))?;
    }

    #[test]
    fn any_report_like_text_gives_a_record(text in report_like()) {
        check_spans(&text, &parse(&text))?;
    }

    #[test]
    fn tidying_twice_changes_nothing(text in report_like()) {
        let once = baogao_parse::tidy(&text).text;
        prop_assert_eq!(&baogao_parse::tidy(&once).text, &once);
    }

    #[test]
    fn widths_do_not_change_the_facts_of_a_text(text in report_like()) {
        let narrow: String = text.chars().map(fold).collect();
        let wide = widen(&narrow);
        prop_assert_eq!(facts(&parse(&text), usize::MAX), facts(&parse(&narrow), usize::MAX));
        prop_assert_eq!(facts(&parse(&wide), usize::MAX), facts(&parse(&narrow), usize::MAX));
    }

    #[test]
    fn a_paragraph_without_marks_changes_no_head(words in "[山水田林湖草沙]{5,40}") {
        let report = parse(REPORT.trim_end());
        let longer = parse(&format!("{}\n{words}。", REPORT.trim_end()));
        prop_assert_eq!(report.region, longer.region);
        prop_assert_eq!(report.delivered_on, longer.delivered_on);
        prop_assert_eq!(report.speaker, longer.speaker);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn a_paragraph_without_marks_changes_no_earlier_fact(
        cut in 6_usize..28,
        words in "([山水田林湖草沙]{4,30}，){0,3}[山水田林湖草沙]{4,30}。",
    ) {
        // Behind a whole report, and behind one that breaks off.
        let lines: Vec<&str> = REPORT.trim_end().lines().collect();
        for text in [REPORT.trim_end().to_owned(), lines[..cut.min(lines.len())].join("\n")] {
            let length = text.chars().count();
            let (before, after) = (parse(&text), parse(&format!("{text}\n{words}")));
            prop_assert_eq!(facts(&before, length), facts(&after, length));
        }
    }
}
