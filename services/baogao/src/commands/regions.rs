//! `baogao regions`: the divisions of a year, and what they are in another.

use super::Session;
use crate::cli::{RegionsCommand, RegionsCrosswalkArgs, RegionsListArgs};
use crate::exit::Exit;
use crate::{say, tell::tell};
use baogao_gazetteer::{Gazetteer, Link, Relation, Target, Unit};
use baogao_model::report::Level;
use serde::Serialize;
use std::io::{BufWriter, Write};

/// Carries the command out.
pub fn run(session: &Session, command: &RegionsCommand) -> anyhow::Result<Exit> {
    let mut out = BufWriter::new(std::io::stdout().lock());
    let exit = match command {
        RegionsCommand::List(args) => list(session, args, &mut out)?,
        RegionsCommand::Crosswalk(args) => crosswalk(session, args, &mut out)?,
    };
    out.flush()?;
    Ok(exit)
}

/// What is wanted of `items`: those of the level and, in the order asked for, those that a code or
/// name given is of. What nothing answers to is told and makes the exit code.
fn wanted<'a, T>(
    session: &Session,
    items: &'a [T],
    unit: impl Fn(&T) -> &Unit,
    asked: &[String],
    level: Option<Level>,
    year: i32,
) -> (Vec<&'a T>, Exit) {
    let fits = |item: &&T| level.is_none_or(|level| unit(item).level == level);
    if asked.is_empty() {
        return (items.iter().filter(fits).collect(), Exit::Done);
    }
    let (mut found, mut exit) = (Vec::new(), Exit::Done);
    for region in asked {
        let before = found.len();
        let named = |item: &&T| unit(item).code == region || unit(item).name == region;
        found.extend(items.iter().filter(named).filter(fits));
        if found.len() == before {
            tell(say!(
                session.lang,
                "there was no {} in {}; `baogao regions list --year {}` names all",
                "{} 在 {} 年不存在；用 baogao regions list --year {} 列出全部",
                region,
                year,
                year
            ));
            exit = Exit::SomeFailed;
        }
    }
    (found, exit)
}

/// A division as JSON.
#[derive(Serialize)]
struct UnitRow<'a> {
    code: &'a str,
    name: &'a str,
    level: Level,
    province: Option<String>,
    prefecture: Option<String>,
    from: i32,
    until: Option<i32>,
}

fn list(session: &Session, args: &RegionsListArgs, out: &mut impl Write) -> anyhow::Result<Exit> {
    let gazetteer = Gazetteer::global();
    let units: Vec<&Unit> = gazetteer.units().iter().filter(|unit| unit.valid_in(args.year)).collect();
    let (found, exit) = wanted(session, &units, |unit| unit, &args.regions, args.level, args.year);
    for unit in found {
        let region = gazetteer.region(unit, args.year);
        let row = UnitRow {
            code: unit.code,
            name: unit.name,
            level: unit.level,
            province: region.province,
            prefecture: region.prefecture,
            from: unit.from,
            until: unit.until,
        };
        if args.json {
            writeln!(out, "{}", serde_json::to_string(&row)?)?;
        } else {
            let until = row.until.map(|year| year.to_string()).unwrap_or_default();
            let above = [row.province, row.prefecture].map(Option::unwrap_or_default);
            writeln!(out, "{}\t{}\t{}\t{}\t{}\t{until}", row.code, row.name, above[0], above[1], row.from)?;
        }
    }
    Ok(exit)
}

/// A link as JSON.
#[derive(Serialize)]
struct LinkRow<'a> {
    code: &'a str,
    name: &'a str,
    level: Level,
    relation: &'a str,
    by_counties: bool,
    targets: Vec<TargetRow<'a>>,
}

/// One of its targets.
#[derive(Serialize)]
struct TargetRow<'a> {
    code: &'a str,
    name: &'a str,
    extent: &'a str,
}

fn crosswalk(session: &Session, args: &RegionsCrosswalkArgs, out: &mut impl Write) -> anyhow::Result<Exit> {
    let crosswalk = Gazetteer::global().crosswalk(args.from, args.to);
    let (mut found, exit) = wanted(session, crosswalk.links(), |link| link.unit, &args.regions, args.level, args.from);
    found.retain(|link| !args.changed || link.relation != Relation::Same);
    if args.csv {
        write!(out, "\u{feff}code,name,level,relation,by_counties,to_code,to_name,extent\r\n")?;
    }
    for link in found {
        if args.csv {
            write_csv(out, link)?;
        } else if args.json {
            writeln!(out, "{}", serde_json::to_string(&json(link))?)?;
        } else {
            let targets = link.targets.iter().map(|target| shown(session, target)).collect::<Vec<_>>().join(", ");
            writeln!(out, "{}\t{}\t{}\t{targets}", link.unit.code, link.unit.name, relation(session, link))?;
        }
    }
    Ok(exit)
}

/// One row a target, or one without where there is none. No code or name holds a comma or a quote.
fn write_csv(out: &mut impl Write, link: &Link<'_>) -> std::io::Result<()> {
    let head = |out: &mut dyn Write| {
        let unit = link.unit;
        write!(out, "{},{},{},{},{}", unit.code, unit.name, unit.level, link.relation, link.by_counties)
    };
    for target in &link.targets {
        head(out)?;
        write!(out, ",{},{},{}\r\n", target.unit.code, target.unit.name, target.extent.as_str())?;
    }
    if link.targets.is_empty() {
        head(out)?;
        write!(out, ",,,\r\n")?;
    }
    Ok(())
}

fn json<'a>(link: &'a Link<'a>) -> LinkRow<'a> {
    let target = |target: &Target<'a>| TargetRow {
        code: target.unit.code,
        name: target.unit.name,
        extent: target.extent.as_str(),
    };
    LinkRow {
        code: link.unit.code,
        name: link.unit.name,
        level: link.unit.level,
        relation: link.relation.as_str(),
        by_counties: link.by_counties,
        targets: link.targets.iter().map(target).collect(),
    }
}

/// The relation in words.
fn relation(session: &Session, link: &Link<'_>) -> &'static str {
    let chinese = match link.relation {
        Relation::Same => "未变",
        Relation::Renamed => "更名",
        Relation::Recoded => "换码",
        Relation::Gained => "并入部分",
        Relation::Merged => "合并",
        Relation::Split => "拆分",
        Relation::None => "无对应",
    };
    session.lang.pick(link.relation.as_str(), chinese)
}

/// A target in words: its code and name, and what of it.
fn shown(session: &Session, target: &Target<'_>) -> String {
    use baogao_gazetteer::Extent;
    let extent = match target.extent {
        Extent::Whole => "",
        Extent::Rest => session.lang.pick(" (rest)", "（余部）"),
        Extent::Part => session.lang.pick(" (part)", "（部分）"),
    };
    format!("{} {}{extent}", target.unit.code, target.unit.name)
}
