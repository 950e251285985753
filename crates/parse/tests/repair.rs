//! Damage that is undone for reading, on our own report damaged in each way, and what is left alone.

use baogao_model::report::Source;
use baogao_model::{Report, ReportId};
use baogao_parse::{Document, Parser};
use proptest::prelude::*;
use std::sync::LazyLock;

static PARSER: LazyLock<Parser> = LazyLock::new(Parser::new);

fn parse(text: &str) -> Report {
    PARSER.parse(Document { id: ReportId::of_text(text), source: Source::default(), title: None, text })
}

const REPORT: &str = include_str!("report.txt");

/// What a report says, places left out.
fn said(report: &Report) -> String {
    let mut out = format!(
        "{:?} {:?} {:?} {:?} {:?} {:?} {:?}\n",
        report.kind,
        report.title,
        report.region,
        report.delivered_on,
        report.meeting.as_ref().map(|meeting| (meeting.term, meeting.session)),
        report.speaker,
        report.completeness
    );
    for section in report.sections.iter().filter(|section| section.number.is_some()) {
        out += &format!("{} {:?} {} {}\n", section.level, section.number, section.heading, section.role);
    }
    out + &facts(report) + &format!("{:?}\n", report.glossary)
}

/// The measurements of a report, places left out.
fn facts(report: &Report) -> String {
    let mut out = String::new();
    for m in &report.measurements {
        out += &format!(
            "{} {:?} {} {:?} {:?} {:?} {} {} {:?}\n",
            m.subject, m.indicator, m.measure, m.value, m.value_max, m.unit, m.bound, m.modality, m.period
        );
    }
    out
}

/// The codes of a record's warnings.
fn codes(report: &Report) -> Vec<&str> {
    report.warnings.iter().map(|warning| warning.code.as_str()).collect()
}

/// Every span lies in the text as it is, and every quote stands there.
fn check_places(text: &str, report: &Report) {
    assert_eq!(report.text, text);
    let length = u32::try_from(text.chars().count()).unwrap();
    for section in &report.sections {
        assert!(section.span.start < section.span.end && section.span.end <= length, "{section:?}");
    }
    for m in &report.measurements {
        assert!(text.contains(&*m.quote), "{}", m.quote);
        let raw = m.span.slice(text);
        assert!(!raw.is_empty() && m.quote.contains(raw), "{raw:?} is not in {:?}", m.quote);
        assert_eq!(raw.trim(), raw);
    }
    for warning in &report.warnings {
        assert!(warning.span.is_none_or(|span| span.start < span.end && span.end <= length), "{warning:?}");
    }
}

/// Parses a damaged report and holds it to the report without damage.
fn check(damaged: &str, code: &str) {
    let (whole, report) = (parse(REPORT.trim_end()), parse(damaged));
    assert!(codes(&report).contains(&code), "{:?}\n{damaged}", report.warnings);
    check_places(damaged, &report);
    similar(&said(&whole), &said(&report));
}

/// Tells the first line that differs.
fn similar(want: &str, got: &str) {
    for (want, got) in want.lines().zip(got.lines()) {
        assert_eq!(want, got);
    }
    assert_eq!(want, got);
}

/// Each line of the report, changed.
fn by_line(change: impl Fn(usize, &str) -> String) -> String {
    REPORT.trim_end().lines().enumerate().map(|(index, line)| change(index, line)).collect::<Vec<_>>().join("\n")
}

/// Lines of at most `width` characters.
fn cut_lines(line: &str, width: usize) -> String {
    let chars: Vec<char> = line.chars().collect();
    chars.chunks(width).map(|chunk| chunk.iter().collect::<String>()).collect::<Vec<_>>().join("\n")
}

/// Lines with room for `width` Chinese characters, no mark at the beginning of one.
fn wrapped(line: &str, width: usize) -> String {
    let mut out = String::new();
    let mut room = 0;
    for c in line.chars() {
        let takes = if c.is_ascii() { 1 } else { 2 };
        if room + takes > 2 * width && !"，。；：、！？）”%".contains(c) {
            out.push('\n');
            room = 0;
        }
        out.push(c);
        room += takes;
    }
    out
}

/// A line whose digits and points are printed in full width.
fn full_width(line: &str) -> String {
    let wide = |c: char| match c {
        '0'..='9' | '.' | '%' => char::from_u32(c as u32 + 0xFEE0).unwrap_or(c),
        c => c,
    };
    line.chars().map(wide).collect()
}

#[test]
fn a_token_behind_every_line() {
    for token in ["pbY", "1jE", "某某文库"] {
        check(&by_line(|_, line| format!("{line}{token}")), "watermark");
    }
}

#[test]
fn a_token_behind_half_of_the_lines() {
    check(&by_line(|index, line| if index % 2 == 0 { format!("{line}v7R") } else { line.to_owned() }), "watermark");
}

#[test]
fn other_letters_behind_every_line() {
    let tail = |index: usize| format!("{} k{}#q{}Z", index * 7 % 10, index * 31 % 97, index * 13 % 89);
    let damaged =
        by_line(|index, line| if line.ends_with('。') { line.to_owned() + &tail(index) } else { line.into() });
    check(&damaged, "jammed_lines");
}

#[test]
fn lines_broken_at_one_width() {
    for width in [22, 25, 28] {
        check(&by_line(|_, line| wrapped(line, width)), "hard_wraps");
        check(&by_line(|_, line| cut_lines(line, width + 4)), "hard_wraps");
        // Full-width digits take the room of letters.
        let damaged = by_line(|_, line| wrapped(&full_width(line), width));
        let report = parse(&damaged);
        assert!(codes(&report).contains(&"hard_wraps"), "{damaged}");
        similar(&facts(&parse(&full_width(REPORT.trim_end()))), &facts(&report));
    }
    // A broken title stays broken, since the lines of a head end no sentence.
    for damaged in [by_line(|_, line| wrapped(line, 17)), by_line(|_, line| cut_lines(line, 18))] {
        let report = parse(&damaged);
        check_places(&damaged, &report);
        similar(&facts(&parse(REPORT.trim_end())), &facts(&report));
    }
}

#[test]
fn a_token_behind_broken_lines() {
    let damaged = by_line(|_, line| wrapped(line, 22)).lines().map(|line| format!("{line}pbY\n")).collect::<String>();
    check(damaged.trim_end(), "hard_wraps");
}

#[test]
fn a_number_broken_at_the_end_of_a_full_line_is_told() {
    let line = "全县上下凝心聚力实干争先经济社会平稳发展";
    let text = format!("{}全年共有3018户5\n703人脱贫。", format!("{line}全年共有的居民\n").repeat(12));
    // The last full line is as long as the others: 27 characters.
    let text = text.replace("全年共有3018户5\n", "经济社会平稳向好快速持续发展全年里县共有20186户5\n");
    let report = parse(&text);
    check_places(&text, &report);
    assert!(codes(&report).contains(&"joined_number"), "{:?}", report.warnings);
    let people = report.measurements.iter().find(|m| m.unit.as_deref() == Some("person")).unwrap();
    assert_eq!((people.value.unwrap().0, people.span.slice(&text)), (5703.0, "5\n703人"));
}

#[test]
fn digits_set_apart_throughout() {
    let mut damaged = String::new();
    let mut last = ' ';
    for c in REPORT.trim_end().chars() {
        if last.is_ascii_digit() && (c.is_ascii_digit() || c == '%') {
            damaged.push(' ');
        }
        damaged.push(c);
        last = c;
    }
    check(&damaged, "spaced_digits");
}

/// A text that sets its numbers off says the same, without a warning: it is typography.
#[test]
fn numbers_set_off_from_their_units() {
    let is_han = |c: char| ('\u{4E00}'..='\u{9FFF}').contains(&c);
    let damaged = by_line(|index, line| {
        let mut out = String::new();
        let mut last = '\n';
        for c in line.chars() {
            // The lines of the head stay as they are.
            let parts =
                last.is_ascii_digit() && (is_han(c) || matches!(c, '%' | '‰')) || is_han(last) && c.is_ascii_digit();
            if index > 4 && parts {
                out.push(' ');
            }
            out.push(c);
            last = c;
        }
        out
    });
    let report = parse(&damaged);
    check_places(&damaged, &report);
    similar(&facts(&parse(REPORT.trim_end())), &facts(&report));
}

#[test]
fn readings_behind_characters() {
    let damaged = REPORT.trim_end().replace('发', "发(fā)").replace('时', "时(shí)").replace('的', "的(de)");
    check(&damaged, "pinyin");
}

#[test]
fn page_numbers_between_lines_and_within_paragraphs() {
    let lines = REPORT.trim_end().lines().enumerate();
    let mut page = 0;
    let mut damaged = Vec::new();
    for (index, line) in lines {
        if index % 4 != 3 {
            damaged.push(line.to_owned());
            continue;
        }
        page += 1;
        let chars: Vec<char> = line.chars().collect();
        if chars.len() > 60 {
            damaged.push(chars[..45].iter().collect());
            damaged.push(format!("— {page} —"));
            damaged.push(chars[45..].iter().collect());
        } else {
            damaged.push(line.to_owned());
            damaged.push(format!("— {page} —"));
        }
    }
    check(&damaged.join("\n"), "page_numbers");
}

#[test]
fn an_address_within_sentences() {
    let damaged = REPORT.trim_end().replace('，', "，www.wenku.example.com");
    check(&damaged, "watermark");
}

/// Words that look like damage and are none, or damage that could be undone in two ways.
#[test]
fn what_is_not_sure_is_left_alone() {
    let sentence = "全县经济社会平稳发展，民生福祉不断增进，各项事业取得新的成效。";
    let table = [
        ("one torn number", format!("{sentence}财政收入7 4 7 7 2亿元。\n全年2023个。共12家、35人、46户、58名。")),
        ("thousands set apart", format!("{sentence}收入223 961万元，支出114 827万元。")),
        ("a full stop for the point", format!("{sentence}增长26。8%。")),
        ("few lines end in letters", format!("{sentence}5G\n{sentence}APP\n{sentence}").repeat(2)),
        ("lines end in figures", format!("{sentence}12\n各项事业有序推进。3\n{sentence}{sentence}46\n").repeat(5)),
        ("one quantity behind many lines", format!("{sentence}完成改厕:10个\n").repeat(8)),
        ("one office behind many lines", format!("{sentence}责任单位:县政府办\n").repeat(8)),
        ("one quantity behind many sentences", format!("{sentence}共10个\n").repeat(8)),
        ("a short list", "粮食产量\n油料产量\n蔬菜产量\n".repeat(9)),
        ("English in brackets", format!("{sentence}推行网格(grid)管理(app)和示范(demo)。")),
        ("page numbers that do not count on", format!("{sentence}\n- 3 -\n{sentence}\n- 9 -\n{sentence}\n- 1 -")),
    ];
    for (what, text) in table {
        let report = parse(&text);
        let undone = ["watermark", "jammed_lines", "hard_wraps", "spaced_digits", "pinyin", "page_numbers"];
        assert!(!codes(&report).iter().any(|code| undone.contains(code)), "{what}: {:?}", report.warnings);
        check_places(&text, &report);
    }
}

#[test]
fn a_paragraph_that_ends_with_a_full_line_is_not_joined() {
    // Every line is full; each third one ends a sentence.
    let line = "我们坚持稳中求进的工作总基调统筹推进各项";
    let text = format!("{line}\n{line}\n我们坚持稳中求进的工作总基调统筹推进各。\n").repeat(8);
    let report = parse(text.trim_end());
    assert!(codes(&report).contains(&"hard_wraps"));
    let joined = report.warnings.iter().find(|warning| warning.code == "hard_wraps").unwrap();
    assert!(joined.message.starts_with("16 "), "{}", joined.message);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn damage_of_any_kind_keeps_every_place(
        lines in prop::collection::vec("(增长[1-9] [0-9] [0-9]%，|财政收入[1-9]{1,4}亿元。|— [1-9] —|[山水田林，、]{18,20}|发\\(fā\\)|www\\.a\\.com|\\PC{0,6}){1,4}", 0..40),
        token in "(pbY|9x)?",
    ) {
        let text = lines.iter().map(|line| format!("{line}{token}")).collect::<Vec<_>>().join("\n");
        let report = parse(&text);
        for m in &report.measurements {
            prop_assert!(m.span.start < m.span.end);
            prop_assert!(text.contains(&*m.quote));
            prop_assert!(m.quote.contains(m.span.slice(&text)));
        }
        prop_assert!(report.measurements.windows(2).all(|pair| pair[0].span.end <= pair[1].span.start));
    }
}
