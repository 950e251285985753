//! What divisions of one year are in another: real changes, and what must hold for all.

use baogao_gazetteer::{Crosswalk, Extent, Gazetteer, Relation};
use proptest::prelude::*;
use std::collections::BTreeSet;

/// The link of a code as the table writes it: relation and targets.
fn written(crosswalk: &Crosswalk<'_>, code: &str) -> (String, String) {
    let Some(link) = crosswalk.of(code) else { return ("-".to_owned(), "-".to_owned()) };
    let targets: Vec<String> =
        link.targets.iter().map(|target| format!("{}:{}", target.unit.code, target.extent.as_str())).collect();
    (link.relation.to_string(), if targets.is_empty() { "-".to_owned() } else { targets.join(";") })
}

#[test]
fn real_changes() {
    let gazetteer = Gazetteer::global();
    let mut wrong = Vec::new();
    for line in include_str!("crosswalk.tsv").lines().filter(|line| !line.starts_with('#')) {
        let cells: Vec<&str> = line.split('\t').collect();
        let [code, from, to, relation, targets, event] = cells[..] else { panic!("{line} has not six cells") };
        let crosswalk = gazetteer.crosswalk(from.parse().unwrap(), to.parse().unwrap());
        let got = written(&crosswalk, code);
        if got != (relation.to_owned(), targets.to_owned()) {
            wrong.push(format!("{code} {from} to {to} ({event}): want {relation} {targets}, got {} {}", got.0, got.1));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The pairs of codes that a crosswalk links, those that ended within its first year left out.
fn pairs<'g>(crosswalk: &Crosswalk<'g>, year: i32) -> BTreeSet<(&'g str, &'g str)> {
    let standing = crosswalk.links().iter().filter(|link| link.unit.stands_at_end_of(year));
    standing.flat_map(|link| link.targets.iter().map(|target| (link.unit.code, target.unit.code))).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    #[test]
    fn to_the_same_year_everything_is_itself(year in Gazetteer::YEARS) {
        let crosswalk = Gazetteer::global().crosswalk(year, year);
        prop_assert!(crosswalk.links().len() > 2000);
        for link in crosswalk.links() {
            prop_assert_eq!(link.targets.len(), 1);
            prop_assert_eq!(link.targets[0].unit, link.unit);
        }
    }

    #[test]
    fn back_leads_where_there_came_from(from in Gazetteer::YEARS, to in Gazetteer::YEARS) {
        prop_assume!(from != to);
        let gazetteer = Gazetteer::global();
        let (there, back) = (gazetteer.crosswalk(from, to), gazetteer.crosswalk(to, from));
        let returned: BTreeSet<_> = pairs(&back, to).into_iter().map(|(a, b)| (b, a)).collect();
        let there_only: Vec<_> = pairs(&there, from).symmetric_difference(&returned).copied().collect();
        prop_assert!(there_only.is_empty(), "{there_only:?}");
        for link in there.links().iter().filter(|link| link.unit.stands_at_end_of(from)) {
            if link.relation.is_one_to_one() {
                let home = back.of(link.targets[0].unit.code).unwrap();
                prop_assert!(home.relation.is_one_to_one(), "{:?} {:?}", link, home);
                prop_assert_eq!(home.targets[0].unit, link.unit);
            }
        }
    }

    #[test]
    fn relations_say_what_the_targets_are(from in Gazetteer::YEARS, to in Gazetteer::YEARS) {
        let crosswalk = Gazetteer::global().crosswalk(from, to);
        for link in crosswalk.links() {
            let whole = link.targets.iter().filter(|target| target.extent == Extent::Whole).count();
            match link.relation {
                Relation::None => prop_assert!(link.targets.is_empty()),
                Relation::Split => prop_assert!(link.targets.len() > 1 && whole == 0, "{link:?}"),
                _ => prop_assert!(link.targets.len() == 1 && whole == 1, "{link:?}"),
            }
            for target in &link.targets {
                prop_assert!(target.unit.valid_in(to), "{link:?}");
            }
        }
    }
}

/// Hardly anything of the last forty years is lost: what has no successor is listed here in number.
#[test]
fn nearly_every_division_has_a_successor() {
    let crosswalk = Gazetteer::global().crosswalk(1981, 2024);
    let lost: Vec<_> = crosswalk.links().iter().filter(|link| link.relation == Relation::None).collect();
    let names: Vec<String> = lost.iter().map(|link| format!("{} {}", link.unit.code, link.unit.name)).collect();
    assert!(lost.len() <= 5, "{} of {}: {}", lost.len(), crosswalk.links().len(), names.join(", "));
}
