//! The first command of the README.

use crate::support::{Place, baogao, exists, run, text};
use baogao_tests::root;
use std::collections::BTreeSet;

#[test]
fn the_demo_shows_every_report_of_its_site() {
    let place = Place::new();
    let ended = run(baogao(&["demo", "--data"]).arg(place.data()));
    assert!(ended.status.success(), "{}{}", ended.stdout, ended.stderr);

    let table = std::fs::read_to_string(root().join("services/baogao/demo/records.tsv")).expect("the demo's truth");
    let mut owed: BTreeSet<(String, String, String)> = BTreeSet::new();
    for row in table.lines().skip(1) {
        let mut cells = row.split('\t').map(str::to_owned);
        let mut cell = || cells.next().unwrap_or_default();
        owed.insert((cell(), cell(), cell()));
    }
    let found: BTreeSet<_> = place
        .reports()
        .iter()
        .map(|report| {
            let region = report["region"]["name"].as_str().unwrap_or_default().to_owned();
            (text(report, "title").to_owned(), region, text(report, "delivered_on").to_owned())
        })
        .collect();
    assert!(owed.len() > 5, "the demo owes several reports");
    assert_eq!(found, owed);
    for (title, ..) in &owed {
        let start: String = title.chars().take(4).collect();
        assert!(ended.stdout.contains(&start), "{title} is not shown:\n{}", ended.stdout);
    }
}

#[test]
fn the_demo_leaves_nothing_behind_unless_asked_to() {
    let place = Place::new();
    std::fs::create_dir(place.path("tmp")).expect("the place is writable");
    let ended = run(baogao(&["demo", "--lang", "zh"]).env("TMPDIR", place.path("tmp")));
    assert!(ended.status.success(), "{}{}", ended.stdout, ended.stderr);
    assert!(ended.stdout.contains("接下来可以试试"), "{}", ended.stdout);
    assert!(exists(&place.path("tmp")));
    let left = std::fs::read_dir(place.path("tmp")).expect("the place is readable").count();
    assert_eq!(left, 0, "files left behind");
}
