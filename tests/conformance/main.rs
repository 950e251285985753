//! The house's own rules, held against what Cargo says of the workspace.
//!
//! An arrow between two of our crates deserves more thought than the code inside either, so it is
//! changed on purpose, in `arrows.tsv`, or not at all.

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The workspace's root.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ lies in the root").to_owned()
}

/// What Cargo says of our packages.
fn packages() -> Vec<Value> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(root())
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo metadata is JSON");
    metadata["packages"].as_array().expect("there are packages").clone()
}

/// The names of the dependencies of a package, of the kinds wanted (`null` is the normal kind).
fn dependencies(package: &Value, is_wanted: impl Fn(&Value) -> bool) -> BTreeSet<String> {
    let all = package["dependencies"].as_array().expect("a list");
    all.iter().filter(|d| is_wanted(&d["kind"])).map(|d| d["name"].as_str().expect("a name").to_owned()).collect()
}

/// The table of arrows.
fn arrows() -> BTreeMap<String, BTreeSet<String>> {
    let rows = include_str!("arrows.tsv").lines().skip(1);
    rows.map(|row| {
        let (package, may) = row.split_once('\t').expect("two columns");
        (package.to_owned(), may.split_whitespace().map(str::to_owned).collect())
    })
    .collect()
}

fn is_ours(name: &str) -> bool {
    name == "baogao" || name.starts_with("baogao-")
}

#[test]
fn arrows_between_our_crates_are_those_of_the_house_plan() {
    let arrows = arrows();
    let mut wrong = Vec::new();
    for package in packages() {
        let name = package["name"].as_str().expect("a name");
        let Some(may) = arrows.get(name) else {
            wrong.push(format!("{name} is not in arrows.tsv"));
            continue;
        };
        let has = dependencies(&package, |kind| kind != "dev");
        for dependency in has.iter().filter(|dependency| is_ours(dependency) && !may.contains(*dependency)) {
            wrong.push(format!("{name} must not depend on {dependency}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn testkit_is_for_tests_only() {
    for package in packages() {
        let normal = dependencies(&package, |kind| kind != "dev");
        assert!(!normal.contains("baogao-testkit"), "{} takes testkit as a normal dependency", package["name"]);
    }
}

/// Crates that may do what others must not, by the crate that gives the ability.
#[test]
fn abilities_stay_where_they_belong() {
    let owners: [(&str, &[&str]); 9] = [
        ("reqwest", &["baogao-fetch"]),
        ("lapin", &["baogao-bus"]),
        ("object_store", &["baogao-archive"]),
        ("rusqlite", &["baogao-bus", "baogao-frontier", "baogao-store"]),
        ("sqlx", &["baogao-bus", "baogao-frontier", "baogao-store"]),
        ("scraper", &["baogao-extract"]),
        ("html5ever", &["baogao-extract"]),
        ("encoding_rs", &["baogao-extract", "baogao", "baogao-testkit"]),
        ("clap", &["baogao"]),
    ];
    for package in packages() {
        let name = package["name"].as_str().expect("a name");
        let has = dependencies(&package, |kind| kind != "dev");
        for (ability, may) in owners {
            assert!(!has.contains(ability) || may.contains(&name), "{name} must not depend on {ability}");
        }
    }
}

#[test]
fn pure_crates_do_not_wait() {
    for package in packages() {
        let name = package["name"].as_str().expect("a name");
        if ["baogao-model", "baogao-gazetteer", "baogao-extract", "baogao-parse"].contains(&name) {
            let has = dependencies(&package, |kind| kind != "dev");
            for waiting in ["tokio", "futures", "async-trait", "reqwest", "hyper"] {
                assert!(!has.contains(waiting), "{name} is pure and must not depend on {waiting}");
            }
        }
    }
}

#[test]
fn every_package_is_named_and_described_as_the_house_wants() {
    let root = root();
    for package in packages() {
        let name = package["name"].as_str().expect("a name");
        let manifest = Path::new(package["manifest_path"].as_str().expect("a path"));
        let folder = manifest.parent().expect("a folder").strip_prefix(&root).expect("inside the workspace");
        let last = folder.file_name().expect("a name").to_string_lossy();
        let wanted =
            if folder == Path::new("services/baogao") { "baogao".to_owned() } else { format!("baogao-{last}") };
        assert_eq!(name, wanted, "in {}", folder.display());
        assert!(package["description"].as_str().is_some_and(|text| text.len() > 20), "{name} has no description");
        if name != "baogao-tests" {
            assert!(root.join(folder).join("README.md").is_file(), "{name} has no README.md");
        }
    }
}
