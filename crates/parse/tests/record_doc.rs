//! `docs/record.md` says what the types and tables say.
//!
//! The page is written from the record's own fields, the values of its enumerations, the codes in
//! the source, `units.tsv` and `indicators.tsv`, with the words of `record_doc.tsv`. A field, value,
//! code or group without words fails; so does a page that is out of date, which
//! `BLESS=1 cargo test -p baogao-parse --test record_doc` rewrites.

use baogao_model::report::{
    Bound, Completeness, GlossaryEntry, Kind, Level, Measure, Measurement, Meeting, Modality, Number, Region, Role,
    Section, Source, Speaker,
};
use baogao_model::{ContentHash, PayloadRef, Report, ReportId, Span, Warning};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// The words on one name: type or note, English, Chinese.
type Words = [String; 3];

/// The words of the table by section and name, in its order.
struct Table {
    rows: Vec<(String, String, Words)>,
}

impl Table {
    fn read() -> Self {
        let rows = include_str!("record_doc.tsv").lines().filter(|row| !row.starts_with('#'));
        let rows = rows.map(|row| {
            let cells: Vec<&str> = row.split('\t').collect();
            let [section, name, note, english, chinese] = cells[..] else { panic!("{row} has not five cells") };
            assert!(!english.is_empty() && !chinese.is_empty(), "{name} is said in one language only");
            (section.to_owned(), name.to_owned(), [note, english, chinese].map(str::to_owned))
        });
        Self { rows: rows.collect() }
    }

    fn section<'a>(&'a self, section: &'a str) -> impl Iterator<Item = (&'a str, &'a Words)> {
        self.rows.iter().filter(move |(of, ..)| of == section).map(|(_, name, words)| (name.as_str(), words))
    }

    /// Fails where the table and the code name different things.
    fn check(&self, section: &str, named: &BTreeSet<String>) {
        let have: BTreeSet<String> = self.section(section).map(|(name, _)| name.to_owned()).collect();
        let missing: Vec<_> = named.difference(&have).collect();
        let stale: Vec<_> = have.difference(named).collect();
        assert!(missing.is_empty() && stale.is_empty(), "{section}: no words on {missing:?}, none needed on {stale:?}");
    }
}

/// A record in which nothing is missing, so that its JSON has every field.
fn full() -> Report {
    let some = || Some(String::new());
    let date = Some(jiff::civil::date(2024, 1, 8));
    let hash = ContentHash::of(b"");
    Report {
        schema: String::new(),
        id: ReportId::of_text(""),
        source: Source {
            url: some(),
            canonical_url: some(),
            site: some(),
            family: some(),
            pages: Vec::new(),
            published_on: date,
            fetched_at: Some(jiff::Timestamp::UNIX_EPOCH),
            content_hash: Some(hash),
            archive: Vec::<PayloadRef>::new(),
        },
        text: String::new(),
        kind: Kind::Report,
        kind_score: 1.0,
        kind_reasons: Vec::new(),
        title: some(),
        region: Some(Region {
            name: some(),
            level: Some(Level::County),
            adcode: some(),
            province: some(),
            prefecture: some(),
            resolved_by: some(),
        }),
        government: some(),
        delivered_on: date,
        year: Some(2024),
        review_year: Some(2023),
        plan_year: Some(2024),
        meeting: Some(Meeting { body: some(), term: Some(1), session: Some(1), text: String::new() }),
        speaker: Some(Speaker { name: String::new(), office: some(), acting: Some(false) }),
        completeness: Completeness::Complete,
        sections: vec![Section {
            level: 1,
            number: some(),
            heading: String::new(),
            role: Role::Other,
            span: Span::new(0, 0),
        }],
        measurements: vec![Measurement {
            quote: String::new().into(),
            subject: String::new().into(),
            indicator: some().map(Into::into),
            measure: Measure::Level,
            value: Some(Number(1.0)),
            value_max: Some(Number(2.0)),
            unit: some().map(Into::into),
            counter: some().map(Into::into),
            bound: Bound::Eq,
            modality: Modality::Actual,
            period: some().map(Into::into),
            scope: some().map(Into::into),
            of: some().map(Into::into),
            basis: some().map(Into::into),
            span: Span::new(0, 0),
            section: Some(0),
        }],
        glossary: vec![GlossaryEntry { term: String::new(), text: String::new() }],
        warnings: vec![Warning::new("", "").at(Span::new(0, 0))],
    }
}

/// The paths of all fields: `region.name`, `sections[].level`.
fn paths(value: &Value, prefix: &str, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                let path = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
                found.insert(path.clone());
                paths(value, &path, found);
            }
        }
        Value::Array(items) if items.first().is_some_and(Value::is_object) => {
            paths(&items[0], &format!("{prefix}[]"), found);
        }
        _ => {}
    }
}

/// The codes of warnings in the sources below `folder`.
fn codes(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            codes(&path, found);
        } else {
            let source = std::fs::read_to_string(&path).unwrap_or_default();
            for call in ["Warning::new(", "doubt("] {
                let arguments = source.split(call).skip(1).map(str::trim_start);
                let named = arguments.filter_map(|rest| rest.strip_prefix('"')?.split('"').next());
                found.extend(named.map(str::to_owned));
            }
        }
    }
}

/// The rows of a table of the crate, by column.
fn rows(table: &str) -> Vec<BTreeMap<&str, &str>> {
    let mut lines = table.lines();
    let columns: Vec<&str> = lines.next().unwrap().split('\t').collect();
    lines.map(|line| columns.iter().copied().zip(line.split('\t')).collect()).collect()
}

/// A table of names with their words.
fn list(page: &mut String, title: &str, table: &Table, section: &str) {
    let has_note = table.section(section).any(|(_, [note, ..])| !note.is_empty());
    let (head, rule) = if has_note { (" | type", "---|") } else { ("", "") };
    writeln!(page, "\n## {title}\n\n| name{head} | meaning | 含义 |\n|---|{rule}---|---|").unwrap();
    for (name, [note, english, chinese]) in table.section(section) {
        let note = if has_note { format!(" | {note}") } else { String::new() };
        writeln!(page, "| `{name}`{note} | {english} | {chinese} |").unwrap();
    }
}

fn units(page: &mut String) {
    let mut printed: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for row in rows(include_str!("../units.tsv")) {
        printed.entry(row["unit"]).or_default().push(row["printed"]);
    }
    let lead =
        "Values are given in these units; the printed ones are converted (亩 is 2000/3 m2). 数值一律换算为下列单位。";
    writeln!(page, "\n## Units / 单位\n\n{lead}\n\n| unit | printed as / 原文写法 |\n|---|---|").unwrap();
    for (unit, printed) in printed {
        writeln!(page, "| `{unit}` | {} |", printed.join("、")).unwrap();
    }
}

fn indicators(page: &mut String, table: &Table) {
    let rows = rows(include_str!("../indicators.tsv"));
    table.check("group", &rows.iter().map(|row| row["group"].to_owned()).collect());
    let lead = "A subject is given an indicator where its words are one of the names listed and its unit is one of the \
                indicator's: that is the definition a row was made by. The figures behind the words are those of the \
                department named with each group, as the government read them out; the parser neither corrects nor \
                completes them. “Range” is beyond what a warning may be given, by level of government: `c` county, \
                `p` prefecture, `v` province, `n` nation; `growth` in per cent.\n\n\
                主语用词与下列名称之一相同、且单位相符时，才归入该指标，这就是归类的定义。数字来自各组所注部门，\
                以政府宣读为准，解析器不作更正或补充。";
    writeln!(page, "\n## Indicators / 指标\n\n{lead}").unwrap();
    for (group, [source, english, chinese]) in table.section("group") {
        writeln!(page, "\n### {group}: {english}\n\n{chinese}。 Source: {source}.\n").unwrap();
        writeln!(page, "| id | 名称 | name | unit | measures | names in print / 原文名称 | range | note |").unwrap();
        writeln!(page, "|---|---|---|---|---|---|---|---|").unwrap();
        for row in rows.iter().filter(|row| row["group"] == group) {
            let cell = |name: &str| row.get(name).copied().unwrap_or_default();
            let note =
                cell("note").split("; ").filter(|part| !part.starts_with("tier=")).collect::<Vec<_>>().join("; ");
            let list = |name: &str, mark: &str, with: &str| cell(name).replace(mark, with);
            let range = match (cell("min"), cell("max")) {
                ("", "") => String::new(),
                (min, max) => format!("{min} … {max}"),
            };
            writeln!(
                page,
                "| `{}` | {} | {} | {} | {} | {} | {} | {} |",
                cell("id"),
                cell("name_zh"),
                cell("name_en"),
                list("units", "|", ", "),
                list("measures", ",", ", "),
                list("synonyms", "|", "、"),
                range,
                note.replace('|', "、"),
            )
            .unwrap();
        }
    }
}

fn page(table: &Table) -> String {
    let mut page = String::from(
        "# The record / 记录说明\n\n\
         <!-- Written by `BLESS=1 cargo test -p baogao-parse --test record_doc`; edit the words in \
         `crates/parse/tests/record_doc.tsv`. -->\n\n\
         One JSON object a report. What could not be told is null and never guessed; what is doubtful has a warning.\n\n\
         每份报告一个 JSON 对象。无法确定的字段为空，不作猜测；存疑之处列入 warnings。\n",
    );
    list(&mut page, "Fields / 字段", table, "field");
    page.push_str(
        "\nKinds of type “report” go out as reports, the others as documents that are kept with their kind.\n",
    );
    page.push_str("类型为 report 的进入报告流，其余作为 document 连同类别保存。\n");
    list(&mut page, "Kinds / 文档类别", table, "kind");
    list(&mut page, "Levels / 政府层级", table, "level");
    list(&mut page, "Completeness / 完整程度", table, "completeness");
    list(&mut page, "Roles / 段落作用", table, "role");
    list(&mut page, "Measures / 数值含义", table, "measure");
    list(&mut page, "Bounds / 界限", table, "bound");
    list(&mut page, "Modalities / 实现状态", table, "modality");
    list(&mut page, "Warnings / 疑点", table, "warning");
    list(&mut page, "Warnings of earlier stages / 前面各步的疑点", table, "earlier");
    units(&mut page);
    indicators(&mut page, table);
    page
}

#[test]
fn the_page_is_up_to_date() {
    let table = Table::read();
    let mut fields = BTreeSet::new();
    paths(&serde_json::to_value(full()).unwrap(), "", &mut fields);
    table.check("field", &fields);
    let names = |all: &[&'static str]| all.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<String>>();
    table.check("kind", &names(&Kind::ALL.iter().map(|kind| kind.as_str()).collect::<Vec<_>>()));
    table.check("level", &names(&Level::ALL.iter().map(|level| level.as_str()).collect::<Vec<_>>()));
    table.check("completeness", &names(&Completeness::ALL.iter().map(|ends| ends.as_str()).collect::<Vec<_>>()));
    table.check("role", &names(&Role::ALL.iter().map(|role| role.as_str()).collect::<Vec<_>>()));
    table.check("measure", &names(&Measure::ALL.iter().map(|measure| measure.as_str()).collect::<Vec<_>>()));
    table.check("bound", &names(&Bound::ALL.iter().map(|bound| bound.as_str()).collect::<Vec<_>>()));
    table.check("modality", &names(&Modality::ALL.iter().map(|modality| modality.as_str()).collect::<Vec<_>>()));
    for (kind, [stream, ..]) in table.section("kind") {
        let is_report = kind.parse::<Kind>().unwrap().is_report();
        assert_eq!(is_report, stream == "report", "{kind} goes out on the wrong stream");
    }
    let mut found = BTreeSet::new();
    codes(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut found);
    table.check("warning", &found);

    let want = page(&table);
    let path: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/record.md");
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, &want).unwrap();
    }
    let have = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(have == want, "docs/record.md is out of date; run with BLESS=1 and read the diff");
}
