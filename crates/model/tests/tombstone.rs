//! What a tombstone covers, through the public interface.

use baogao_model::tombstone::{TargetError, keys_of};
use baogao_model::{Target, Tombstone, Tombstones};
use jiff::Timestamp;

fn target(text: &str) -> Target {
    Target::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn tombstone(text: &str, second: i64) -> Tombstone {
    Tombstone { target: target(text), at: Timestamp::from_second(second).unwrap(), reason: None }
}

#[test]
fn every_row_of_the_table_is_covered_or_not() {
    let mut table = csv::ReaderBuilder::new()
        .delimiter(b'\t')
        .quoting(false)
        .from_reader(include_str!("tombstones.tsv").as_bytes());
    let mut rows = 0;
    for row in table.records() {
        let row = row.expect("the table is well-formed");
        let one: Tombstones = [tombstone(&row[0], 1)].into_iter().collect();
        assert_eq!(one.cover(&row[1]), &row[2] == "yes", "{} {}: {}", &row[0], &row[1], &row[3]);
        rows += 1;
    }
    assert!(rows > 10, "only {rows} rows were read");
}

#[test]
fn what_cannot_be_taken_down_is_refused_with_its_reason() {
    let site = |text: &str| matches!(Target::parse(text), Err(TargetError::Site { .. }));
    assert!(["", "a b.example", "a.example/x", "a.example:80", "me@a.example"].into_iter().all(site));
    let wide = |text: &str| matches!(Target::parse(text), Err(TargetError::TooWide { .. }));
    assert!(["cn", "gov.cn", "com.cn", "COM"].into_iter().all(wide));
    assert!(matches!(Target::parse("ftp://a.example/x"), Err(TargetError::Url(_))));
    assert_eq!(target("localhost"), Target::Site("localhost".to_owned()), "a name of the own net is a site");
}

#[test]
fn targets_come_back_from_what_is_stored() {
    for text in ["http://www.qinglan.example/1?a=b", "www.qinglan.example"] {
        let target = target(text);
        assert_eq!(Target::from_stored(target.kind(), target.value()), Some(target.clone()));
        assert_eq!(target.site(), "qinglan.example");
        let json = serde_json::to_string(&tombstone(text, 1)).unwrap();
        assert_eq!(serde_json::from_str::<Tombstone>(&json).unwrap(), tombstone(text, 1));
    }
    assert_eq!(Target::from_stored("host", "a.example"), None);
}

#[test]
fn of_two_with_one_target_the_older_stands() {
    let all: Tombstones =
        [tombstone("a.example", 5), tombstone("b.example", 4), tombstone("a.example", 3)].into_iter().collect();
    let order: Vec<_> = all.oldest_first().into_iter().map(|one| one.at.as_second()).collect();
    assert_eq!(order, [3, 4]);
    assert_eq!(all.covering("http://x.a.example/").unwrap().at.as_second(), 3);
    assert!(!Tombstones::default().cover("http://a.example/"));
}

#[test]
fn keys_are_few_whatever_the_page() {
    assert_eq!(keys_of("http://a.b.example/x"), ["a.b.example/x", "a.b.example", "b.example", "example"]);
    assert_eq!(keys_of("nothing"), [] as [String; 0]);
}
