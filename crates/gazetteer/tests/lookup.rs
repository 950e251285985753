//! The table answers what is known of real divisions.

use baogao_gazetteer::{Gazetteer, Unit, level_of_name, romanised, stem};
use baogao_model::report::Level;
use proptest::prelude::*;
use std::collections::BTreeMap;

/// The table itself, to compare its rows with what was read.
const TABLE: &str = include_str!("../divisions.tsv");

fn codes<'g>(units: impl Iterator<Item = &'g Unit>) -> Vec<&'g str> {
    units.map(|unit| unit.code).collect()
}

#[test]
fn every_row_is_what_the_table_says() {
    let units = Gazetteer::global().units();
    assert_eq!(units.len(), TABLE.lines().count() - 1);
    for (line, unit) in TABLE.lines().skip(1).zip(units) {
        let until = unit.until.map(|year| year.to_string()).unwrap_or_default();
        let successors = unit.successors().map(|(code, year)| match year {
            Some(year) => format!("{code}[{year}]"),
            None => code.to_owned(),
        });
        let successors = successors.collect::<Vec<_>>().join(";");
        assert_eq!(format!("{}\t{}\t{}\t{until}\t{successors}", unit.code, unit.name, unit.from), line);
        assert!(unit.stem.chars().count() >= 2 && unit.name.starts_with(unit.stem), "{unit:?} has an odd stem");
        assert_eq!(unit.stem, stem(unit.name));
        assert!(Gazetteer::YEARS.contains(&unit.from), "{unit:?} begins outside the years of the table");
    }
}

#[test]
fn every_name_and_stem_finds_its_rows() {
    let gazetteer = Gazetteer::global();
    let (mut names, mut stems): (BTreeMap<_, Vec<_>>, BTreeMap<_, Vec<_>>) = Default::default();
    for unit in gazetteer.units() {
        names.entry(unit.name).or_default().push(unit);
        stems.entry(unit.stem).or_default().push(unit);
    }
    for (name, units) in names {
        assert_eq!(gazetteer.by_name(name, None).collect::<Vec<_>>(), units, "{name}");
    }
    for (stem, units) in stems {
        assert_eq!(gazetteer.by_stem(stem, None).collect::<Vec<_>>(), units, "{stem}");
    }
    for unit in gazetteer.units() {
        let year = unit.until.unwrap_or(2024);
        assert!(gazetteer.by_code(unit.code, year).is_some(), "{unit:?}");
    }
}

#[test]
fn every_unit_has_its_parents() {
    let gazetteer = Gazetteer::global();
    for unit in gazetteer.units() {
        assert!(gazetteer.province_of(unit, unit.from).is_some(), "{unit:?} lies in no province");
    }
}

#[test]
fn the_same_name_at_different_times() {
    let gazetteer = Gazetteer::global();
    assert_eq!(codes(gazetteer.by_name("和平区", Some(2021))), ["120101", "210102"]);
    assert_eq!(codes(gazetteer.by_name("铜官山区", Some(2014))), ["340702"]);
    assert_eq!(codes(gazetteer.by_name("铜官山区", Some(2016))), [""; 0]);
    assert_eq!(codes(gazetteer.by_name("铜官区", Some(2016))), ["340705"]);
    assert_eq!(codes(gazetteer.by_name("青岚县", None)), [""; 0]);
}

#[test]
fn codes_are_of_a_year() {
    let gazetteer = Gazetteer::global();
    let name = |code: &str, year: i32| gazetteer.by_code(code, year).map(|unit| unit.name);
    assert_eq!(name("420600", 2005), Some("襄樊市"));
    assert_eq!(name("420600", 2015), Some("襄阳市"));
    assert_eq!(name("500000", 1990), None);
    assert_eq!(name("500000", 2000), Some("重庆市"));
    assert_eq!(name("000000", 2000), None);
    // Records begin in 1981; what they begin with is taken to reach back.
    assert_eq!(name("110101", 1964), Some("东城区"));
}

#[test]
fn parents() {
    let gazetteer = Gazetteer::global();
    let region = |code: &str, year: i32| {
        let region = gazetteer.region(gazetteer.by_code(code, year).unwrap(), year);
        (region.province, region.prefecture, region.level)
    };
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(region("411002", 2022), (some("河南省"), some("许昌市"), Some(Level::County)));
    assert_eq!(region("120101", 2021), (some("天津市"), None, Some(Level::County)));
    assert_eq!(region("429004", 2020), (some("湖北省"), None, Some(Level::County)));
    assert_eq!(region("220200", 2020), (some("吉林省"), some("吉林市"), Some(Level::Prefecture)));
    assert_eq!(region("540000", 2020), (some("西藏自治区"), None, Some(Level::Province)));
}

#[test]
fn stems_and_levels_of_names() {
    let table = [
        ("魏都区", "魏都", Some(Level::County)),
        ("唐县", "唐县", Some(Level::County)),
        ("恩施土家族苗族自治州", "恩施", Some(Level::Prefecture)),
        ("新疆维吾尔自治区", "新疆", Some(Level::Province)),
        ("积石山保安族东乡族撒拉族自治县", "积石山", Some(Level::County)),
        ("鄂温克族自治旗", "鄂温克", Some(Level::County)),
        ("内蒙古自治区", "内蒙古", Some(Level::Province)),
        ("毕节地区", "毕节", Some(Level::Prefecture)),
        ("沈阳市", "沈阳", None),
        ("柳溪镇", "柳溪镇", Some(Level::Township)),
        ("临澄高新区", "临澄高新", Some(Level::Zone)),
    ];
    for (name, want_stem, want_level) in table {
        assert_eq!((stem(name), level_of_name(name)), (want_stem, want_level), "{name}");
    }
}

#[test]
fn provinces_and_prefectures_have_a_name_in_pinyin() {
    for unit in Gazetteer::global().units().iter().filter(|unit| unit.code.ends_with("00")) {
        let pinyin = romanised(unit.stem);
        let is_plain = |name: &str| name.len() > 2 && name.bytes().all(|byte| byte.is_ascii_lowercase());
        // 海南行政区 became 海南省 before there were sites.
        assert!(pinyin.is_some_and(is_plain) || unit.name == "海南行政区", "{unit:?} has {pinyin:?}");
    }
    assert_eq!(romanised("开封"), Some("kaifeng"));
    assert_eq!(romanised("鼓楼"), None);
}

#[test]
fn mentions_take_the_longest_name() {
    let gazetteer = Gazetteer::global();
    let found = |text: &str| -> Vec<String> {
        let chars: Vec<char> = text.chars().collect();
        gazetteer.mentions(&chars).into_iter().map(|mention| chars[mention.range].iter().collect()).collect()
    };
    assert_eq!(found("高唐县与唐县结对,天津市和辽宁支援"), ["高唐县", "唐县", "天津市", "辽宁"]);
    assert_eq!(found("城区改造,郊区绿化"), [""; 0]);
    assert_eq!(found("恩施和毕节,恩施市、唐县"), ["恩施", "毕节", "恩施市", "唐县"]);
    assert_eq!(found(""), [""; 0]);
}

proptest! {
    #[test]
    fn mentions_lie_in_any_text(text in "\\PC{0,80}") {
        let chars: Vec<char> = text.chars().collect();
        let mut last = 0;
        for mention in Gazetteer::global().mentions(&chars) {
            prop_assert!(last <= mention.range.start && mention.range.start < mention.range.end && mention.range.end <= chars.len());
            prop_assert!(!mention.units.is_empty());
            last = mention.range.end;
        }
    }
}
