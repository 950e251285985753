//! What the divisions of one year are in another, earlier or later.
//!
//! A year means its last day, as in the yearly lists of codes; a code that ended within the year
//! asked from is still found, as of the year before. Backwards is forwards read the other way round, so that a pair of
//! years gives the same links in both directions.

use crate::table::Gazetteer;
use crate::unit::Unit;
use baogao_model::report::Level;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// How a division of one year stands to those of the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Relation {
    /// Code and name are the same, and no other division has a share in it.
    Same,
    /// The code is the same under another name.
    Renamed,
    /// One division became one other, under another code.
    Recoded,
    /// It goes on and is the whole of what it was, but in the other year it holds parts of others too.
    Gained,
    /// Several whole divisions of the year asked from are one in the other year.
    Merged,
    /// It is several divisions in the other year, or parts of it are in others. How much is where,
    /// the table does not know.
    Split,
    /// Nothing in the other year is known to stand for it.
    None,
}

impl Relation {
    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Renamed => "renamed",
            Self::Recoded => "recoded",
            Self::Gained => "gained",
            Self::Merged => "merged",
            Self::Split => "split",
            Self::None => "none",
        }
    }

    /// Whether figures of the one can be set beside figures of the other as they are: exactly one
    /// division stands for exactly one.
    pub fn is_one_to_one(self) -> bool {
        matches!(self, Self::Same | Self::Renamed | Self::Recoded)
    }
}

impl fmt::Display for Relation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How much of a division a link carries over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Extent {
    /// All of it.
    Whole,
    /// What is left under its own code after parts went elsewhere.
    Rest,
    /// Some of it.
    Part,
}

impl Extent {
    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Whole => "whole",
            Self::Rest => "rest",
            Self::Part => "part",
        }
    }
}

/// One division of the other year, and how much of the one asked for it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Target<'g> {
    /// The division.
    pub unit: &'g Unit,
    /// How much of the one asked for is in it.
    pub extent: Extent,
}

/// One division and what stands for it in the other year.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link<'g> {
    /// The division of the year asked from.
    pub unit: &'g Unit,
    /// How the two years stand to each other here.
    pub relation: Relation,
    /// The divisions of the other year, by code; empty where none is known.
    pub targets: Vec<Target<'g>>,
    /// Whether the table names no successor, so that those of its counties were counted: a
    /// prefecture that was dissolved.
    pub by_counties: bool,
}

/// The links of all divisions between two years.
#[derive(Debug)]
pub struct Crosswalk<'g> {
    links: Vec<Link<'g>>,
}

impl<'g> Crosswalk<'g> {
    /// Links every division of the year `from` with those of the year `to`.
    pub(crate) fn new(gazetteer: &'g Gazetteer, from: i32, to: i32) -> Self {
        let mut links = links(gazetteer, from, to);
        if from != to {
            // What ended within the year is asked for as of the year before.
            let ended = self::links(gazetteer, from - 1, to).into_iter().filter(|link| link.unit.until == Some(from));
            links.extend(ended);
        }
        links.sort_by_key(|link| (link.unit.code, link.unit.from));
        Self { links }
    }

    /// Every link, by code of the year asked from.
    pub fn links(&self) -> &[Link<'g>] {
        &self.links
    }

    /// The link of a code of the year asked from. Where a code had two names in that year it is
    /// that of the year's end.
    pub fn of(&self, code: &str) -> Option<&Link<'g>> {
        let from = self.links.partition_point(|link| link.unit.code < code);
        self.links[from..].iter().take_while(|link| link.unit.code == code).last()
    }
}

/// The links of what stood at the end of `from`; in the same year everything is itself.
fn links(gazetteer: &Gazetteer, from: i32, to: i32) -> Vec<Link<'_>> {
    let units = gazetteer.units().iter();
    if from == to {
        let valid = units.filter(|unit| unit.valid_in(from));
        let itself = |unit| Traced { unit, ends: vec![unit], by_counties: false };
        return related(valid.map(itself).collect());
    }
    let (earlier, later) = (from.min(to), from.max(to));
    let standing = units.filter(|unit| unit.stands_at_end_of(earlier));
    let forward: Vec<Traced<'_>> = standing.map(|unit| trace(gazetteer, unit, earlier, later)).collect();
    related(if from < to { forward } else { reversed(gazetteer, &forward, from) })
}

/// A division and where its ways lead.
struct Traced<'g> {
    unit: &'g Unit,
    ends: Vec<&'g Unit>,
    by_counties: bool,
}

/// Follows a division to the year `to`.
fn trace<'g>(gazetteer: &'g Gazetteer, unit: &'g Unit, from: i32, to: i32) -> Traced<'g> {
    let ends = ends_of(gazetteer, unit, from, to);
    if !ends.is_empty() || unit.level != Level::Prefecture {
        return Traced { unit, ends, by_counties: false };
    }
    // Dissolved prefectures name no successor: their counties do.
    let within = gazetteer.units().iter().filter(|county| {
        county.level == Level::County && county.code[..4] == unit.code[..4] && county.stands_at_end_of(from)
    });
    let mut ends: Vec<&Unit> = within
        .flat_map(|county| ends_of(gazetteer, county, from, to))
        .filter_map(|county| city_of(gazetteer, county, to))
        .collect();
    order(&mut ends);
    Traced { unit, ends, by_counties: true }
}

/// The prefecture or municipality that a county lay in at the end of `year`; none where a province
/// governs it directly.
fn city_of<'g>(gazetteer: &'g Gazetteer, county: &Unit, year: i32) -> Option<&'g Unit> {
    let prefecture = gazetteer.standing(&format!("{}00", &county.code[..4]), year);
    prefecture.filter(|above| above.level == Level::Prefecture).or_else(|| {
        let province = gazetteer.standing(&format!("{}0000", &county.code[..2]), year)?;
        province.name.ends_with('市').then_some(province)
    })
}

/// The divisions of the end of `to` that hold `unit` or parts of it, by code.
fn ends_of<'g>(gazetteer: &'g Gazetteer, unit: &'g Unit, from: i32, to: i32) -> Vec<&'g Unit> {
    let mut ends = Vec::new();
    let mut seen: BTreeSet<(&str, i32)> = BTreeSet::new();
    let mut open: Vec<(&Unit, i32)> = vec![(unit, from)];
    while let Some((unit, since)) = open.pop() {
        if !seen.insert((unit.code, unit.from)) {
            continue;
        }
        let stands = unit.stands_at_end_of(to);
        if stands {
            ends.push(unit);
        }
        let ended = if stands { None } else { unit.until };
        for (code, moved) in unit.successors() {
            let Some(year) = moved.or(ended) else { continue };
            // A part that left before belongs to the other already; the districts that a city was
            // divided into lie in it still, and so does a county in the city that took a part of it.
            let is_past = moved.is_some_and(|year| year <= since || year > to);
            let is_above = moved.is_some() && code[..4] == unit.code[..4] && code.ends_with("00");
            if is_past || is_above || is_below(unit, code) {
                continue;
            }
            open.extend(gazetteer.standing(code, year).map(|next| (next, year)));
        }
        if let Some(year) = ended {
            // Renamed: the next row of the same code.
            open.extend(gazetteer.standing(unit.code, year).filter(|next| next.from == year).map(|next| (next, year)));
        }
    }
    order(&mut ends);
    ends
}

/// Whether `code` is of a division within `unit`.
fn is_below(unit: &Unit, code: &str) -> bool {
    match unit.level {
        Level::Province => code[..2] == unit.code[..2] && code != unit.code,
        Level::Prefecture => code[..4] == unit.code[..4] && code != unit.code,
        _ => false,
    }
}

/// By code, each once.
fn order(units: &mut Vec<&Unit>) {
    units.sort_by_key(|unit| (unit.code, unit.from));
    units.dedup();
}

/// The ways read backwards, for every division of the year `from`.
fn reversed<'g>(gazetteer: &'g Gazetteer, forward: &[Traced<'g>], from: i32) -> Vec<Traced<'g>> {
    let mut origins: BTreeMap<(&str, i32), (Vec<&'g Unit>, bool)> = BTreeMap::new();
    for traced in forward {
        for end in &traced.ends {
            let origin = origins.entry((end.code, end.from)).or_default();
            origin.0.push(traced.unit);
            origin.1 |= traced.by_counties;
        }
    }
    let standing = gazetteer.units().iter().filter(|unit| unit.stands_at_end_of(from));
    let reversed = standing.map(|unit| {
        let (ends, by_counties) = origins.remove(&(unit.code, unit.from)).unwrap_or_default();
        Traced { unit, ends, by_counties }
    });
    reversed.collect()
}

/// Says of every way how the two years stand to each other.
fn related(traced: Vec<Traced<'_>>) -> Vec<Link<'_>> {
    // What comes to each end, and whether as a whole.
    let mut arrivals: BTreeMap<(&str, i32), Vec<(&str, Extent)>> = BTreeMap::new();
    for one in &traced {
        for end in &one.ends {
            arrivals.entry((end.code, end.from)).or_default().push((one.unit.code, extent(one, end)));
        }
    }
    let links = traced.into_iter().map(|one| {
        let relation = match one.ends[..] {
            [] => Relation::None,
            [end] => {
                let others = arrivals[&(end.code, end.from)].iter().filter(|(code, _)| *code != one.unit.code);
                let whole = others.clone().any(|(_, extent)| *extent != Extent::Part);
                match (whole, others.count()) {
                    (true, _) => Relation::Merged,
                    (false, 1..) => Relation::Gained,
                    _ if end.code != one.unit.code => Relation::Recoded,
                    _ if end.name != one.unit.name => Relation::Renamed,
                    _ => Relation::Same,
                }
            }
            _ => Relation::Split,
        };
        let targets = one.ends.iter().map(|end| Target { unit: end, extent: extent(&one, end) }).collect();
        Link { unit: one.unit, relation, targets, by_counties: one.by_counties }
    });
    links.collect()
}

/// How much of a division comes to one of its ends.
fn extent(traced: &Traced<'_>, end: &Unit) -> Extent {
    match traced.ends.len() {
        1 => Extent::Whole,
        _ if end.code == traced.unit.code => Extent::Rest,
        _ => Extent::Part,
    }
}
