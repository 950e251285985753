//! The forms of the command line that other tools rely on.

use crate::support::{Place, baogao, folded, json_lines, run, text};
use baogao_testkit::{FakeWeb, Plan};

/// A report as collectors keep it: Windows line ends, full-width indents, left-over entities.
fn as_collected(text: &str) -> String {
    let lines: Vec<String> = text.lines().map(|line| format!("　　{line}&nbsp;")).collect();
    lines.join("\r\n")
}

#[test]
fn every_command_has_help_with_examples_in_both_languages() {
    let commands = [
        &[][..],
        &["demo"],
        &["crawl"],
        &["run"],
        &["extract"],
        &["profile"],
        &["profile", "test"],
        &["parse"],
        &["records"],
        &["regions"],
        &["regions", "list"],
        &["regions", "crosswalk"],
        &["service"],
        &["migrate"],
        &["config"],
    ];
    let dead = [&["dead"][..], &["dead", "list"], &["dead", "show"], &["dead", "replay"], &["dead", "drop"]];
    for command in commands.into_iter().chain(dead) {
        for (lang, word) in [("en", "Examples:"), ("zh", "示例：")] {
            let ended = run(baogao(command).args(["--lang", lang, "--help"]));
            assert!(ended.status.success(), "{command:?}: {}", ended.stderr);
            assert!(ended.stdout.contains(word), "{command:?} in {lang}: {}", ended.stdout);
        }
    }
}

#[test]
fn regions_are_listed_and_followed_through_the_years() {
    let ended = run(&mut baogao(&["regions", "list", "鼓楼区", "--year", "2021", "--json"]));
    assert!(ended.status.success(), "{}", ended.stderr);
    let rows = json_lines(&ended.stdout);
    let cities: Vec<&str> = rows.iter().map(|row| text(row, "prefecture")).collect();
    assert_eq!(cities, ["南京市", "徐州市", "福州市", "开封市"]);

    let crosswalk = |from: &str, to: &str| baogao(&["regions", "crosswalk", "--from", from, "--to", to]);
    let ended = run(crosswalk("2003", "2020").args(["--json", "铜官山区"]));
    let row = &json_lines(&ended.stdout)[0];
    assert_eq!((text(row, "code"), text(row, "relation")), ("340702", "merged"));
    assert_eq!(text(&row["targets"][0], "name"), "铜官区");
    let ended = run(crosswalk("2020", "2003").args(["--csv", "340705"]));
    assert!(ended.stdout.ends_with("340705,铜官区,county,split,false,340703,狮子山区,part\r\n"), "{}", ended.stdout);

    let ended = run(crosswalk("2003", "2020").args(["--lang", "en", "340702", "999999"]));
    assert_eq!(ended.status.code(), Some(1));
    assert!(ended.stdout.contains("铜官区") && ended.stderr.contains("no 999999 in 2003"), "{}", ended.stderr);
    assert_eq!(run(&mut crosswalk("1900", "2020")).status.code(), Some(2));
}

#[test]
fn parse_reads_text_in_any_charset_and_layout() {
    let plan = Plan { seed: 51, hosts: 1, pages_per_host: 3, lookalikes: 0.0, ..Plan::default() };
    let web = FakeWeb::start(plan).expect("a port on loopback");
    let truth = web.truth();
    let owed = &truth.records[0];
    let collected = as_collected(&owed.text());
    let place = Place::new();
    let utf8 = place.write("utf8.txt", [b"\xef\xbb\xbf", collected.as_bytes()].concat());
    let gb = place.write("gb.txt", encoding_rs::GB18030.encode(&collected).0);
    let ended = run(baogao(&["parse", "--json"]).args([&utf8, &gb]));
    assert!(ended.status.success(), "{}", ended.stderr);
    let records = json_lines(&ended.stdout);
    assert_eq!(records.len(), 2);
    assert_eq!(records[0]["text"], records[1]["text"]);
    for record in &records {
        assert_eq!(text(record, "schema"), "baogao.report/1");
        assert_eq!(text(record, "kind"), "report", "{}", record["kind_reasons"]);
        assert_eq!(text(record, "delivered_on"), owed.head.delivered_on.to_string());
        assert_eq!(text(&record["speaker"], "name"), owed.head.speaker);
        assert_eq!(record["meeting"]["term"], owed.head.term);
        assert_eq!(folded(text(record, "text")), folded(&owed.text()), "layout is gone and nothing else");
        assert!(text(record, "text").lines().all(|line| line.trim() == line && !line.is_empty()));
        let measurements = record["measurements"].as_array().expect("a list");
        assert!(measurements.len() > 20, "{} measurements", measurements.len());
        for m in measurements.iter().filter(|m| m["measure"] != "qualitative") {
            let span: Vec<usize> = serde_json::from_value(m["span"].clone()).expect("a pair");
            let slice: String = text(record, "text").chars().skip(span[0]).take(span[1] - span[0]).collect();
            assert!(slice.chars().any(|c| c.is_ascii_digit()), "{slice}");
        }
    }
    let shown = run(baogao(&["parse"]).arg(&utf8));
    assert!(shown.stdout.contains(&owed.head.speaker), "{}", shown.stdout);
}

/// An invented report, its numbers explained.
const EXPLAINED: &str = "青岚县政府工作报告\n2022年1月8日\n各位代表：\n一、2021年工作回顾\n\
    地区生产总值完成164.5亿元，增长6.2%，五年规划有序实施。";

#[test]
fn parse_explains_measurements_and_what_is_none() {
    let place = Place::new();
    let file = place.write("report.txt", EXPLAINED);
    let offset = |word: &str| EXPLAINED[..EXPLAINED.find(word).unwrap()].chars().count().to_string();

    for (lang, word) in [("en", "nothing says otherwise: a size"), ("zh", "别无他意：水平值")] {
        let ended = run(baogao(&["parse", "--explain", "--lang", lang]).arg(&file));
        assert!(ended.status.success(), "{}", ended.stderr);
        assert!(ended.stdout.contains("⟦164.5亿元 #0⟧，增长⟦6.2% #1⟧，五年规划"), "{}", ended.stdout);
        assert!(ended.stdout.contains("subject.inherited") && ended.stdout.contains(word), "{}", ended.stdout);
    }
    for (lang, word) in [("en", "no measurement: a year"), ("zh", "不是数值：年份")] {
        let year = offset("五年");
        let ended = run(baogao(&["parse", "--explain", "--at", &year, "--lang", lang]).arg(&file));
        assert!(ended.status.success(), "{}", ended.stderr);
        assert!(ended.stdout.contains(word) && ended.stdout.contains("not.year"), "{}", ended.stdout);
    }
    let ended =
        run(baogao(&["parse", "--explain", "--lang", "en", "--at", &offset("有序"), "--at", "9999"]).arg(&file));
    assert!(ended.stdout.contains("no number stands here"), "{}", ended.stdout);
    assert!(ended.stdout.contains("the text has only"), "{}", ended.stdout);

    let lines = json_lines(&run(baogao(&["parse", "--explain", "--json"]).arg(&file)).stdout);
    let growth = lines.iter().find(|line| line["printed"] == "6.2%").expect("the growth");
    assert_eq!(growth["measurement"], 1);
    let rules: Vec<&str> = growth["rules"].as_array().expect("rules").iter().map(|said| text(said, "rule")).collect();
    assert!(rules.contains(&"measure.growth"), "{rules:?}");
    let years: Vec<_> = lines.iter().filter(|line| line["nothing"] == "not.year").collect();
    assert!(!years.is_empty() && years.iter().all(|line| line["measurement"].is_null()), "{lines:?}");
}

#[test]
fn an_offset_alone_is_a_mistake() {
    assert_eq!(run(&mut baogao(&["parse", "--at", "3", "report.txt"])).status.code(), Some(2));
}

#[test]
fn extract_prints_the_fields_of_the_contract() {
    let place = Place::new();
    let page = place.write("page.html", "<html><body><p>各位代表。</p></body></html>");
    let ended = run(baogao(&["extract", "--json", "--url", "http://www.qinglan.example/1.html"]).arg(&page));
    let line = &json_lines(&ended.stdout)[0];
    let fields: std::collections::BTreeSet<&str> =
        line.as_object().expect("an object").keys().map(String::as_str).collect();
    let wanted = [
        "file",
        "page_kind",
        "family",
        "charset",
        "title",
        "published_on",
        "canonical_url",
        "metadata",
        "text",
        "next_page",
        "links",
        "warnings",
    ];
    assert_eq!(fields, wanted.into());
    assert_eq!(text(line, "file"), page.to_string_lossy());
}

#[test]
fn records_are_listed_shown_and_exported() {
    let web = FakeWeb::start(Plan { seed: 41, hosts: 1, pages_per_host: 4, lookalikes: 0.0, ..Plan::default() })
        .expect("a port on loopback");
    let place = Place::new();
    assert!(run(&mut place.crawl(&web.seeds(), &web.connect_to(), &[])).status.success());
    let data = place.data();
    let records = |args: &[&str]| run(baogao(&["records"]).args(args).arg("--data").arg(&data));

    let listed = json_lines(&records(&["list", "--json"]).stdout);
    assert_eq!(listed.len(), web.truth().records.len());
    let id = text(&listed[0], "id");
    let shown = records(&["show", &id[..12], "--json"]);
    assert_eq!(text(&json_lines(&shown.stdout)[0], "id"), id);
    assert_eq!(records(&["show", "zzzz"]).status.code(), Some(1));

    let csv = records(&["export", "--format", "csv"]).stdout;
    assert!(csv.starts_with('\u{feff}'), "CSV begins with a byte order mark");
    let mut reader = csv::Reader::from_reader(csv.trim_start_matches('\u{feff}').as_bytes());
    assert_eq!(reader.records().count(), listed.len());
    assert!(reader.headers().expect("a header").iter().all(|name| name.len() <= 32 && name.is_ascii()));
    let numbers = records(&["export", "--format", "csv", "--what", "measurements"]).stdout;
    assert!(csv::Reader::from_reader(numbers.as_bytes()).records().count() > listed.len());

    let year = listed[0]["year"].as_i64().expect("a year").to_string();
    assert!(!json_lines(&records(&["list", "--json", "--year", &year]).stdout).is_empty());
    assert!(json_lines(&records(&["list", "--json", "--year", "1950"]).stdout).is_empty());
    let wrong = records(&["list", "--level", "village"]);
    assert!(wrong.status.code() == Some(64) && wrong.stderr.contains("county"), "{}", wrong.stderr);
}
