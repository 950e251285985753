//! What the numbers of a sentence become: tables of cases beside this file, and properties.

use baogao_model::Span;
use baogao_model::report::{Measurement, Role, Section};
use baogao_parse::measure::{Context, measure};
use baogao_parse::text::Text;
use proptest::prelude::*;

/// Reads `sentence` as a part of a report of 2022 that reviews 2021.
fn read(frame: &str, sentence: &str) -> Vec<Measurement> {
    let role = match frame {
        "review" => Role::Review,
        "five" => Role::FiveYearReview,
        "target" => Role::Targets,
        other => panic!("no frame {other}"),
    };
    let length = u32::try_from(sentence.chars().count()).unwrap();
    let section = Section { level: 1, number: None, heading: String::new(), role, span: Span::new(0, length) };
    let context = Context {
        sections: &[section],
        review_year: Some(2021),
        plan_year: Some(2022),
        delivered_year: Some(2022),
        level: None,
        term_years: Some((2017, 2021)),
    };
    measure(&Text::new(sentence), &context)
}

/// A row as the tables write it.
fn row(m: &Measurement) -> String {
    let number = |n: Option<baogao_model::report::Number>| n.map(|n| n.0.to_string()).unwrap_or_default();
    let cells = [
        &m.subject,
        m.measure.as_str(),
        &number(m.value),
        &number(m.value_max),
        m.unit.as_deref().unwrap_or_default(),
        m.counter.as_deref().unwrap_or_default(),
        m.bound.as_str(),
        m.modality.as_str(),
        m.period.as_deref().unwrap_or_default(),
        m.indicator.as_deref().unwrap_or_default(),
    ];
    cells.join("|")
}

/// The cases of a table: its cells, comments and the head line left out.
fn cases(table: &'static str) -> Vec<Vec<&'static str>> {
    let lines = table.lines().skip(1).filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| line.split('\t').collect()).collect()
}

/// `measure/grammar.tsv`: row of the numbers grammar, frame, sentence, then a cell for each number.
#[test]
fn grammar() {
    let table = cases(include_str!("measure/grammar.tsv"));
    let mut wrong = Vec::new();
    for cells in &table {
        let found: Vec<String> = read(cells[1], cells[2]).iter().map(row).collect();
        if found != cells[3..] {
            wrong.push(format!(
                "{} {}\n  want {}\n  got  {}",
                cells[0],
                cells[2],
                cells[3..].join("\n       "),
                found.join("\n       ")
            ));
        }
    }
    assert!(table.len() > 80, "the table is cut");
    assert!(wrong.is_empty(), "{} of {} differ:\n{}", wrong.len(), table.len(), wrong.join("\n"));
}

/// `measure/nothing.tsv`: dates, names, ordinals, slogans and thresholds yield no row.
#[test]
fn what_is_no_quantity_yields_nothing() {
    for cells in cases(include_str!("measure/nothing.tsv")) {
        let found: Vec<String> = read(cells[1], cells[2]).iter().map(row).collect();
        assert!(found.is_empty(), "{}: {} gave {found:?}", cells[0], cells[2]);
    }
}

/// The text of a report of two parts, and its sections.
fn two_parts(review: &str, tasks: &str) -> (String, Vec<Section>) {
    let heading = ["一、2021年工作回顾", "二、2022年重点工作"];
    let text = format!("{}\n{review}\n{}\n{tasks}", heading[0], heading[1]);
    let middle = u32::try_from(text.chars().take_while(|&c| c != '二').count()).unwrap();
    let end = u32::try_from(text.chars().count()).unwrap();
    let section = |heading: &str, role, span| Section {
        level: 1,
        number: Some(heading.chars().take(2).collect()),
        heading: heading.chars().skip(2).collect(),
        role,
        span,
    };
    let sections = vec![
        section(heading[0], Role::Review, Span::new(0, middle)),
        section(heading[1], Role::Tasks, Span::new(middle, end)),
    ];
    (text, sections)
}

#[test]
fn the_section_says_whether_a_value_is_done_or_to_be_reached() {
    let (text, sections) = two_parts("新建公园3个。", "新建公园5个。");
    let context = Context {
        sections: &sections,
        review_year: Some(2021),
        plan_year: Some(2022),
        delivered_year: Some(2022),
        ..Context::default()
    };
    let found = measure(&Text::new(&text), &context);
    let got: Vec<_> = found.iter().map(|m| (m.modality.as_str(), m.period.as_deref(), m.section)).collect();
    assert_eq!(got, [("actual", Some("2021"), Some(0)), ("target", Some("2022"), Some(1))]);
}

#[test]
fn a_glossary_holds_no_measurements() {
    let text = "名词解释\n规上企业:年主营业务收入2000万元及以上的企业,共120家。";
    let end = u32::try_from(text.chars().count()).unwrap();
    let section =
        Section {
            level: 1, number: None, heading: "名词解释".into(), role: Role::Glossary, span: Span::new(0, end)
        };
    let found = measure(&Text::new(text), &Context { sections: &[section], ..Context::default() });
    assert_eq!(found, []);
}

#[test]
fn without_years_and_sections_numbers_are_still_read() {
    let found = measure(&Text::new("地区生产总值完成164.5亿元,同比增长6.2%。"), &Context::default());
    let got: Vec<String> = found.iter().map(row).collect();
    assert_eq!(
        got,
        ["地区生产总值|level|16450000000||CNY||eq|actual||gdp", "地区生产总值|growth|6.2||%||eq|actual||gdp",]
    );
}

/// Pieces that reports are made of, and pieces that break parsers.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "地区生产总值",
        "增长",
        "分别",
        "5.3%",
        "１２．５％",
        "亿元",
        "由",
        "提高到",
        "、",
        "和",
        ",",
        "，",
        "。",
        "；",
        "占",
        "的",
        "“",
        "”",
        "(",
        ")",
        "[",
        "]",
        "第",
        "三",
        "翻一番",
        "百分之",
        "五年来",
        "2021年",
        "比上年",
        "千",
        "万",
        "倍",
        "-",
        ":",
        "户",
        "个",
        "\n",
        "以上",
        "突破",
        "一",
        "点",
        "9999999999999999999",
        "0",
        "余",
        "首位",
        "预计",
        "\u{3000}",
        "?",
        "€",
        "😀",
    ]);
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

/// A sentence from the grammar table.
fn sentence() -> impl Strategy<Value = (&'static str, &'static str)> {
    let table = cases(include_str!("measure/grammar.tsv"));
    let sentences: Vec<_> = table.into_iter().map(|cells| (cells[1], cells[2])).collect();
    prop::sample::select(sentences)
}

/// Half-width ASCII written full width.
fn widened(text: &str) -> String {
    let widen = |c: char| match c {
        '!'..='~' => char::from_u32(u32::from(c) + 0xFEE0).unwrap(),
        _ => c,
    };
    text.chars().map(widen).collect()
}

proptest! {
    #[test]
    fn never_panics_and_spans_lie_in_the_text(text in pieces()) {
        let length = u32::try_from(text.chars().count()).unwrap();
        let mut last = 0;
        for found in read("review", &text) {
            prop_assert!(found.span.start < found.span.end && found.span.end <= length);
            prop_assert!(found.span.start >= last, "spans are in order and disjoint");
            last = found.span.end;
            let raw = found.span.slice(&text);
            if found.value.is_some() {
                prop_assert!(found.quote.contains(raw), "{raw} is not in {}", found.quote);
            }
        }
    }

    #[test]
    fn any_text_is_read_without_a_panic(text in any::<String>()) {
        read("target", &text);
    }

    #[test]
    fn widths_do_not_change_the_facts((frame, sentence) in sentence()) {
        let facts = |text: &str| -> Vec<_> {
            let key = |m: Measurement| (m.indicator, m.measure, m.value.map(|n| n.0), m.unit, m.modality, m.period, m.span);
            read(frame, text).into_iter().map(key).collect()
        };
        prop_assert_eq!(facts(sentence), facts(&widened(sentence)));
    }
}

/// One line without an end, of each shape that makes a careless rule walk back over all of it.
/// A quote that grew with the line once made this quadratic in memory too.
#[test]
fn endless_lines_are_read() {
    for piece in ["1个、", "2021年", "9", "、", "增长5%和", "甲乙3家,", "由1%提高到", "第一", "“", "(", "亿"]
    {
        let text = piece.repeat(100_000 / piece.len());
        let length = u32::try_from(text.chars().count()).unwrap();
        for found in read("review", &text) {
            assert!(found.span.end <= length, "{piece}");
            assert!(found.quote.chars().count() <= 400, "{piece}: a quote must stay short");
        }
    }
}
