//! One line for each row of the domain's tables: the numbers grammar, what is no quantity, the
//! indicators, the defects of copied texts. The heads' rows stand in `head.tsv`, those of divisions
//! in `region.tsv`.
//!
//! A sentence is put into a whole report and goes through the one entrance. The expected rows are
//! written `measure value unit`, with what is not usual behind: `5..6` a range, `count/家` a counter,
//! a bound other than `eq`, a modality or `@period` other than the part's own (`@-` for none), and
//! `#indicator`. Rows are separated by `; `.
//!
//! A line may carry a last cell that stands word for word in `docs/limits.md`: then fewer rows may
//! come out than are wanted, but none besides them.

mod common;

use baogao_model::report::{Bound, Measurement};
use baogao_parse::Parser;
use common::{differences, parse};
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// A part of a report: what stands before the sentence, and the modality and period of its rows.
struct Frame {
    text: &'static str,
    modality: &'static str,
    period: &'static str,
}

const REVIEW: Frame = Frame {
    text: "政府工作报告\n——2024年1月8日在青岚县第十八届人民代表大会第四次会议上\n青岚县人民政府县长 赵一鸣\n各位代表：\n\
           现在，我代表县人民政府，向大会报告工作，请予审议。\n一、2023年工作回顾\n",
    modality: "actual",
    period: "2023",
};

const FIVE: Frame = Frame {
    text: "政府工作报告\n——2022年1月8日在青岚县第十八届人民代表大会第一次会议上\n青岚县人民政府县长 赵一鸣\n各位代表：\n\
           现在，我代表县人民政府，向大会报告工作，请予审议。\n一、过去五年工作回顾\n",
    modality: "actual",
    period: "2017/2021",
};

const TARGET: Frame = Frame {
    text: "政府工作报告\n——2024年1月8日在青岚县第十八届人民代表大会第四次会议上\n青岚县人民政府县长 赵一鸣\n各位代表：\n\
           现在，我代表县人民政府，向大会报告工作，请予审议。\n一、2023年工作回顾\n过去一年，各项事业全面进步。\n\
           二、2024年主要预期目标\n",
    modality: "target",
    period: "2024",
};

/// A part for the years to come, named by its heading alone.
const COMING: Frame = Frame {
    text: "政府工作报告\n——2024年1月8日在青岚县第十八届人民代表大会第四次会议上\n青岚县人民政府县长 赵一鸣\n各位代表：\n\
           现在，我代表县人民政府，向大会报告工作，请予审议。\n一、2023年工作回顾\n过去一年，各项事业全面进步。\n\
           二、今后五年工作的总体要求\n坚持稳中求进。\n",
    modality: "target",
    period: "2024/2028",
};

/// The same by the name of a plan.
const PLANNED: Frame = Frame {
    text: "政府工作报告\n——2021年1月8日在青岚县第十七届人民代表大会第五次会议上\n青岚县人民政府县长 赵一鸣\n各位代表：\n\
           现在，我代表县人民政府，向大会报告工作，请予审议。\n一、2020年工作回顾\n过去一年，各项事业全面进步。\n\
           二、“十四五”发展目标\n坚持稳中求进。\n",
    modality: "target",
    period: "2021/2025",
};

fn frame(name: &str) -> &'static Frame {
    match name {
        "review" => &REVIEW,
        "five" => &FIVE,
        "target" => &TARGET,
        "coming" => &COMING,
        "planned" => &PLANNED,
        other => panic!("no frame {other}"),
    }
}

/// The rows of `sentence` in a part of a report.
fn read(parser: &Parser, frame: &Frame, sentence: &str) -> Vec<String> {
    let report = parse(parser, &format!("{}{sentence}\n", frame.text));
    let from = u32::try_from(frame.text.chars().count()).unwrap();
    let rows = report.measurements.iter().filter(|row| row.span.start >= from);
    rows.map(|row| written(row, frame)).collect()
}

/// A row as the tables write it.
fn written(row: &Measurement, frame: &Frame) -> String {
    let mut out = row.measure.to_string();
    if let Some(value) = row.value {
        let _ = write!(out, " {}", rounded(value.0));
        if let Some(max) = row.value_max {
            let _ = write!(out, "..{}", rounded(max.0));
        }
    }
    if let Some(unit) = &row.unit {
        let _ = write!(out, " {unit}");
    }
    if let Some(counter) = &row.counter {
        let _ = write!(out, "/{counter}");
    }
    if row.bound != Bound::Eq {
        let _ = write!(out, " {}", row.bound);
    }
    if row.modality.as_str() != frame.modality {
        let _ = write!(out, " {}", row.modality);
    }
    let period = row.period.as_deref().unwrap_or("-");
    if period != frame.period {
        let _ = write!(out, " @{period}");
    }
    if let Some(indicator) = &row.indicator {
        let _ = write!(out, " #{indicator}");
    }
    out
}

/// A value with the digits that count: thirds have no end.
fn rounded(value: f64) -> f64 {
    (value * 10_000.0).round() / 10_000.0
}

/// A line of a table, its cells.
fn lines(table: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    table.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).map(|line| line.split('\t').collect())
}

/// The wanted rows of a cell.
fn wanted(cell: &str) -> Vec<String> {
    cell.split("; ").filter(|row| !row.is_empty()).map(str::to_owned).collect()
}

/// Whether `got` is what a line wants; with a limit it may be less.
fn meets(want: &[String], got: &[String], limit: Option<&str>) -> bool {
    let Some(limit) = limit else { return want == got };
    assert!(include_str!("../../../docs/limits.md").contains(limit), "docs/limits.md does not say {limit}");
    let mut rest = want.iter();
    got.iter().all(|row| rest.any(|wanted| wanted == row))
}

/// Says what differs, with the lines that do.
fn check(wrong: &[String], seen: usize) {
    assert!(wrong.is_empty(), "{} of {seen} lines differ:\n{}", wrong.len(), wrong.join("\n"));
}

/// What a line wants and what came.
fn difference(name: &str, text: &str, want: &[String], got: &[String]) -> String {
    format!("{name} {text}\n  want {}\n  got  {}", want.join("\n       "), got.join("\n       "))
}

/// Every row of the numbers grammar has a line.
#[test]
fn numbers() {
    let parser = Parser::new();
    let (mut wrong, mut seen) = (Vec::new(), BTreeSet::new());
    for cells in lines(include_str!("domain/numbers.tsv")) {
        let row: u32 = cells[0].trim_end_matches(char::is_alphabetic).parse().unwrap();
        seen.insert(row);
        let (want, got) = (wanted(cells[3]), read(&parser, frame(cells[1]), cells[2]));
        if !meets(&want, &got, cells.get(4).copied()) {
            wrong.push(difference(cells[0], cells[2], &want, &got));
        }
    }
    assert!(seen.iter().copied().eq(1..=96), "a row of the grammar has no line");
    check(&wrong, seen.len());
}

/// Nothing of the list of what is no quantity becomes a row.
#[test]
fn traps() {
    let parser = Parser::new();
    let (mut wrong, mut seen) = (Vec::new(), 0);
    for cells in lines(include_str!("domain/traps.tsv")) {
        seen += 1;
        let got = read(&parser, frame(cells[1]), cells[2]);
        if !got.is_empty() {
            wrong.push(difference(cells[0], cells[2], &[], &got));
        }
    }
    assert!(seen > 40, "the table is cut");
    check(&wrong, seen);
}

/// Every indicator is recognised in a sentence. A row that names no indicator is the line's own.
#[test]
fn indicators() {
    let parser = Parser::new();
    let (mut wrong, mut seen) = (Vec::new(), BTreeSet::new());
    for cells in lines(include_str!("domain/indicators.tsv")) {
        seen.insert(cells[0]);
        let mut want = wanted(cells[2]);
        for row in want.iter_mut().filter(|row| !row.contains('#')) {
            let _ = write!(row, " #{}", cells[0]);
        }
        let got = read(&parser, &REVIEW, cells[1]);
        if !meets(&want, &got, cells.get(3).copied()) {
            wrong.push(difference(cells[0], cells[1], &want, &got));
        }
    }
    let ids = include_str!("../indicators.tsv").lines().skip(1).filter_map(|line| line.split('\t').next());
    let missing: Vec<&str> = ids.filter(|id| !seen.contains(id)).collect();
    assert!(missing.is_empty(), "no line for {missing:?}");
    check(&wrong, seen.len());
}

/// Texts damaged as copies are: fields of the head, then the rows, without periods and indicators.
#[test]
fn defects() {
    let parser = Parser::new();
    let (mut wrong, mut seen) = (Vec::new(), 0);
    for cells in lines(include_str!("domain/defects.tsv")) {
        seen += 1;
        let report = parse(&parser, cells[1]);
        wrong
            .extend(differences(&report, cells[2]).into_iter().map(|difference| format!("{}: {difference}", cells[0])));
        let bare = |row: &Measurement| {
            let mut row = row.clone();
            (row.indicator, row.period, row.modality) = (None, Some(REVIEW.period.into()), "actual".parse().unwrap());
            written(&row, &REVIEW)
        };
        if cells[3] == "-" {
            continue; // It is no report: its numbers are nobody's.
        }
        let (want, got) = (wanted(cells[3]), report.measurements.iter().map(bare).collect::<Vec<_>>());
        if !meets(&want, &got, cells.get(4).copied()) {
            wrong.push(difference(cells[0], "", &want, &got));
        }
    }
    assert!(seen > 10, "the table is cut");
    check(&wrong, seen);
}

/// Every name of every indicator is recognised before a plain value in a unit of its own. What else
/// may come out stands in `domain/names.tsv`: the name and the indicator it gives, `-` for none.
#[test]
fn names_of_indicators() {
    let parser = Parser::new();
    let exceptions: BTreeSet<(&str, &str)> =
        lines(include_str!("domain/names.tsv")).map(|cells| (cells[0], cells[1])).collect();
    let (mut wrong, mut seen) = (Vec::new(), 0);
    for line in include_str!("../indicators.tsv").lines().skip(1) {
        let cells: Vec<&str> = line.split('\t').collect();
        let (id, unit, names) = (cells[0], cells[5].split('|').next().unwrap(), cells[7]);
        let Some(value) = printed(unit) else { continue };
        for name in names.split('|') {
            seen += 1;
            let report = parse(&parser, &format!("{}全年{name}达到{value}。\n", REVIEW.text));
            let found = report.measurements.last().and_then(|row| row.indicator.as_deref()).unwrap_or("-");
            if found != id && !exceptions.contains(&(name, found)) {
                wrong.push(format!("{name}\t{found}\t{id}"));
            }
        }
    }
    assert!(seen > 1000, "the table is cut");
    check(&wrong, seen);
}

/// A value in a unit of the record; none where the unit stands for no single number.
fn printed(unit: &str) -> Option<&'static str> {
    Some(match unit {
        "CNY" => "3.6亿元",
        "USD" => "3600万美元",
        "%" => "36.5%",
        "permille" => "3.6‰",
        "x" => "2.6:1",
        "person" => "3600人",
        "household" => "3600户",
        "count" => "36个",
        "m" => "36公里",
        "m2" => "36平方公里",
        "kg" => "36万吨",
        "kWh" => "36亿千瓦时",
        "kW" => "36万千瓦",
        "day" => "306天",
        "year" => "76岁",
        "ug/m3" => "36微克/立方米",
        _ => return None,
    })
}
