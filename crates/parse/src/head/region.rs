//! Which region reports, from scored evidence.
//!
//! The name comes from what the head prints: the chain of the title, the 题注, the speaker's line,
//! the opening formula. A name that several divisions bear is decided by the site (its host, its
//! index number) and by the text around it: which candidate's parents and neighbours it speaks of.
//! What stays below the threshold, or what the two say differently, is null, with the candidates in
//! a warning.

use super::place::{self, Chain};
use super::site::Site;
use super::zone::find_str;
use crate::text::Text;
use baogao_gazetteer::{Gazetteer, Unit};
use baogao_model::Warning;
use baogao_model::report::{Level, Region};
use std::collections::BTreeMap;

/// The nation's name in the record.
const NATION: &str = "中华人民共和国";

/// How much of the text is read for parents and neighbours: the places named first are the near ones.
const WINDOW: usize = 4000;

/// A winner needs this score, and [`LEAD`] times that of the second.
const THRESHOLD: i32 = 4;
const LEAD: i32 = 2;

/// See [`by_mentions`].
const OFTEN: usize = 3;

/// Where a printed place was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// The title's chain.
    Title,
    /// The 题注.
    Meeting,
    /// Before the speaker's office.
    Speaker,
    /// 我代表…人民政府.
    Opening,
    /// What a collector labelled 发文单位.
    Labelled,
}

impl Place {
    /// The wire value of `resolved_by`.
    fn as_str(self) -> &'static str {
        match self {
            Self::Title => "title",
            _ => "text",
        }
    }
}

/// What speaks for the region.
#[derive(Debug, Clone, Default)]
pub struct Evidence {
    /// The printed places with their sources, best first.
    pub chains: Vec<(Place, Chain)>,
    /// The level that bare words give: 区人民政府, 县长.
    pub level: Option<Level>,
    /// Whether it is the nation's report.
    pub national: bool,
    /// What the site says.
    pub site: Site,
}

/// Decides the region as of `year`.
pub fn resolve(
    gazetteer: &Gazetteer,
    text: &Text<'_>,
    evidence: &Evidence,
    year: Option<i32>,
    warnings: &mut Vec<Warning>,
) -> Option<Region> {
    if evidence.national {
        let resolved_by = Some("text".to_owned());
        return Some(Region {
            name: Some(NATION.to_owned()),
            level: Some(Level::Nation),
            resolved_by,
            ..Region::default()
        });
    }
    let mut chains: Vec<&(Place, Chain)> = evidence.chains.iter().filter(|(_, chain)| !chain.is_empty()).collect();
    chains.sort_by_key(|(place, _)| *place);
    if chains.is_empty() {
        let named = by_mentions(gazetteer, text, evidence.level, year);
        if named.is_none() {
            warnings.push(Warning::new("no_region", "the head names no region, and the text none often enough"));
        }
        return named
            .map(|unit| Region { resolved_by: Some("text".to_owned()), ..gazetteer.region(unit, as_of(unit, year)) });
    }
    let (place, chain) = choose(&chains, warnings)?;
    let name = chain.last()?.name.clone();
    // Parents may be printed in one place and not in the other.
    let parents: Vec<&str> = chains
        .iter()
        .filter(|(_, other)| other.last().map(|part| &part.name) == Some(&name))
        .flat_map(|(_, other)| other[..other.len() - 1].iter().map(|part| part.name.as_str()))
        .collect();
    let found = candidates(gazetteer, &name, year);
    let asked = year.unwrap_or(i32::MAX);
    let fitting: Vec<&Unit> =
        found.iter().copied().filter(|unit| has_parents(gazetteer, unit, &parents, asked)).collect();
    if fitting.is_empty() && !found.is_empty() && !parents.is_empty() {
        let message = format!("{name} is known, but not under {}", parents.join(""));
        warnings.push(Warning::new("region_parents_unknown", message));
    }
    let resolved_by = Some(place.as_str().to_owned());
    if let [unit] = fitting[..] {
        return Some(Region { resolved_by, ..gazetteer.region(unit, as_of(unit, year)) });
    }
    if fitting.len() > 1 {
        let window = &text.folded[..text.len().min(WINDOW)];
        let by_site = evidence.site.choose(gazetteer, &fitting, asked);
        let by_text = by_text(gazetteer, window, &name, &fitting, evidence.level, asked);
        let is_contradicted = by_site.is_some() && by_text.is_some() && by_site != by_text;
        let told = match (by_site, by_text) {
            // The site and the text speak for different ones.
            _ if is_contradicted => None,
            (Some(unit), _) => Some((unit, "site")),
            (None, text) => text.map(|unit| (unit, "text")),
        };
        if let Some((unit, by)) = told {
            return Some(Region { resolved_by: Some(by.to_owned()), ..gazetteer.region(unit, as_of(unit, year)) });
        }
        let list: Vec<String> = fitting.iter().map(|unit| full_name(gazetteer, unit, asked)).collect();
        let why = if is_contradicted { "the site and the text do not agree" } else { "the text does not tell" };
        let message = format!("{name} may be {}; {why}", list.join(", "));
        warnings.push(Warning::new("ambiguous_region", message));
        let level = fitting[0].level;
        let level = fitting.iter().all(|unit| unit.level == level).then_some(level);
        return Some(Region { name: Some(name), level, resolved_by, ..Region::default() });
    }
    let mut region = Region { resolved_by, ..as_printed(&name, &parents, evidence.level) };
    let is_bare_zone = region.level == Some(Level::Zone) && region.province.is_none() && region.prefecture.is_none();
    if let Some(host) = is_bare_zone.then(|| host_of_zone(gazetteer, &name, year)).flatten() {
        let above = gazetteer.region(host, as_of(host, year));
        (region.province, region.prefecture) = (above.province, above.prefecture);
    }
    Some(region)
}

/// The city that a zone's name begins with, if only one is called so: 许昌经济技术开发区.
fn host_of_zone<'g>(gazetteer: &'g Gazetteer, name: &str, year: Option<i32>) -> Option<&'g Unit> {
    /// The stems of cities are two to four characters long; the longest one counts.
    const STEMS: std::ops::RangeInclusive<usize> = 2..=4;
    STEMS.rev().find_map(|length| {
        let (end, _) = name.char_indices().nth(length)?;
        let mut hosts: Vec<&Unit> = gazetteer
            .by_stem(&name[..end], year)
            .filter(|unit| unit.level == Level::Prefecture || unit.level == Level::Province)
            .collect();
        hosts.sort_by_key(|unit| (unit.code, std::cmp::Reverse(unit.from)));
        hosts.dedup_by_key(|unit| unit.code);
        match hosts[..] {
            // Of a province the name does not say which city: 海南….
            [host] if host.level == Level::Prefecture || host.name.ends_with('市') => Some(host),
            _ => None,
        }
    })
}

/// The chain whose last name is the region's.
///
/// The title's and the text's own may differ in depth (临澄市 above 青岚县); where their names
/// contradict each other nothing is chosen.
fn choose<'c>(chains: &[&'c (Place, Chain)], warnings: &mut Vec<Warning>) -> Option<(Place, &'c Chain)> {
    let (mut place, mut chain) = chains.first().map(|(place, chain)| (*place, chain))?;
    for (other_place, other) in chains.iter().skip(1) {
        if *other_place == Place::Labelled {
            break; // A collector's word counts only where the text has none.
        }
        let (name, other_name) = (&chain.last()?.name, &other.last()?.name);
        if name == other_name {
            continue;
        }
        if other.iter().any(|part| part.name == *name) {
            // The other goes deeper: the title names the city, the text its district.
            (place, chain) = (*other_place, other);
        } else if !chain.iter().any(|part| part.name == *other_name) && !is_above(other_name, chain) {
            let message = format!("the title or head speaks of {name}, another line of it of {other_name}");
            warnings.push(Warning::new("region_contradiction", message));
            return None;
        }
    }
    Some((place, chain))
}

/// Whether a name is that of a larger division than the chain's, so that it may be its parent.
fn is_above(name: &str, chain: &Chain) -> bool {
    let rank = |name: &str| match place::printed_level(name) {
        Some(Level::Province) => 0,
        Some(Level::Prefecture) => 1,
        None if name.ends_with('市') => 1,
        Some(Level::County) => 2,
        Some(Level::Zone) => 2,
        Some(Level::Township) => 3,
        _ => 2,
    };
    chain.last().is_some_and(|part| rank(name) < rank(&part.name))
}

/// The divisions called `name` at the time of the report.
///
/// In the year of a change that year's January decides, when most sessions are held. Without a
/// year the latest of each code's rows counts.
fn candidates<'g>(gazetteer: &'g Gazetteer, name: &str, year: Option<i32>) -> Vec<&'g Unit> {
    let mut found: Vec<&Unit> = gazetteer.by_name(name, year).collect();
    if let Some(year) = year {
        // A law of change: codes of one place follow each other, so only where a place has two in
        // the same year is one of them dropped.
        let at_start: Vec<&Unit> = found.iter().copied().filter(|unit| unit.valid_at_start_of(year)).collect();
        found.retain(|unit| {
            unit.valid_at_start_of(year)
                || !at_start.iter().any(|old| old.successors().any(|(code, _)| code == unit.code))
        });
        if found.is_empty() {
            // Names are used a little before they are decreed and after they are abolished.
            found = gazetteer.by_name(name, None).filter(|unit| unit.years_from(year) <= 1).collect();
        }
    } else {
        let all = found.clone();
        found.retain(|unit| !all.iter().any(|later| later.from > unit.from && succeeds(unit, later)));
    }
    found.dedup_by_key(|unit| unit.code);
    found
}

/// Whether `later` is what became of `unit`.
fn succeeds(unit: &Unit, later: &Unit) -> bool {
    unit.code == later.code || unit.successors().any(|(code, _)| code == later.code)
}

/// The year as of which a unit's parents are asked for.
fn as_of(unit: &Unit, year: Option<i32>) -> i32 {
    match (year, unit.until) {
        (Some(year), _) if unit.valid_in(year) => year,
        (_, Some(until)) => until,
        (Some(year), None) => year.max(unit.from),
        (None, None) => unit.from.max(2024),
    }
}

/// Whether the printed parents are those of the unit, by name or stem.
fn has_parents(gazetteer: &Gazetteer, unit: &Unit, parents: &[&str], year: i32) -> bool {
    let year = as_of(unit, Some(year).filter(|&year| year != i32::MAX));
    let own = [gazetteer.province_of(unit, year), gazetteer.prefecture_of(unit, year)];
    parents.iter().all(|parent| own.iter().flatten().any(|known| known.name == *parent || known.stem == *parent))
}

/// The candidate that the text speaks for, if one clearly leads.
fn by_text<'g>(
    gazetteer: &'g Gazetteer,
    window: &[char],
    name: &str,
    candidates: &[&'g Unit],
    level: Option<Level>,
    year: i32,
) -> Option<&'g Unit> {
    let mentions = gazetteer.mentions(window);
    let mut scores: Vec<(i32, &Unit)> = candidates
        .iter()
        .map(|&unit| {
            let year = as_of(unit, Some(year).filter(|&year| year != i32::MAX));
            let province = gazetteer.province_of(unit, year);
            let prefecture = gazetteer.prefecture_of(unit, year);
            // A candidate of the level that the head names is likelier by far: 区长 is no mayor.
            let mut score = if level == Some(unit.level) { 3 } else { 0 };
            let (mut parents, mut neighbours) = (0, 0);
            for mention in &mentions {
                let before = &window[mention.range.start.saturating_sub(1)..mention.range.start];
                let behind = &window[mention.range.end..window.len().min(mention.range.end + 8)];
                // 对…工作的重要指示, 视察…: spoken to the province or city that is above.
                let addressed =
                    before == ['对'] && (find_str(behind, "工作") == Some(0) || find_str(behind, "重要") == Some(0));
                let near = [prefecture, province].iter().flatten().any(|parent| mention.units.contains(parent));
                if near {
                    parents += if addressed { 4 } else { 1 + i32::from(mention.full) };
                } else if mention.full && mention.units.iter().any(|other| is_neighbour(unit, other, name)) {
                    neighbours += 1;
                }
            }
            score += parents.min(8)
                + neighbours.min(3)
                + group_score(window, unit)
                + committee_score(window, unit, prefecture);
            (score, unit)
        })
        .collect();
    scores.sort_by_key(|&(score, unit)| (-score, unit.code));
    match scores[..] {
        [(best, unit), (second, _), ..] if best >= THRESHOLD && best >= LEAD * second.max(1) => Some(unit),
        _ => None,
    }
}

/// A head without a name (区十五届人大一次会议) leaves what the text names itself: the one division of
/// the level that the head tells, named at least [`OFTEN`] times and [`OFTEN`] times as often as any
/// other of that level.
fn by_mentions<'g>(
    gazetteer: &'g Gazetteer,
    text: &Text<'_>,
    level: Option<Level>,
    year: Option<i32>,
) -> Option<&'g Unit> {
    let level = level?;
    let mut counts: BTreeMap<&str, (usize, &Unit)> = BTreeMap::new();
    for mention in gazetteer.mentions(&text.folded[..text.len().min(2 * WINDOW)]) {
        let mut fitting =
            mention.units.iter().filter(|unit| unit.level == level && year.is_none_or(|year| unit.valid_in(year)));
        if let (true, Some(unit), None) = (mention.full, fitting.next(), fitting.next()) {
            counts.entry(unit.code).or_insert((0, unit)).0 += 1;
        }
    }
    let mut ranked: Vec<(usize, &Unit)> = counts.into_values().collect();
    ranked.sort_by_key(|&(count, unit)| (std::cmp::Reverse(count), unit.code));
    match ranked[..] {
        [(best, unit)] if best >= OFTEN => Some(unit),
        [(best, unit), (second, _), ..] if best >= OFTEN * second => Some(unit),
        _ => None,
    }
}

/// Whether another division lies in the same prefecture or municipality.
fn is_neighbour(unit: &Unit, other: &Unit, name: &str) -> bool {
    other.level == Level::County && other.name != name && other.code[..4] == unit.code[..4]
}

/// Regional strategies and their provinces, by the first two digits of the code.
const GROUPS: &[(&str, &[&str])] = &[
    ("京津冀", &["11", "12", "13"]),
    ("长三角", &["31", "32", "33", "34"]),
    ("粤港澳", &["44"]),
    ("珠三角", &["44"]),
    ("成渝", &["50", "51"]),
    ("东北振兴", &["21", "22", "23"]),
    ("东北全面振兴", &["21", "22", "23"]),
    ("中原", &["41"]),
    ("关中", &["61"]),
    ("中部崛起", &["14", "34", "36", "41", "42", "43"]),
];

/// What regional strategies say for a candidate.
fn group_score(window: &[char], unit: &Unit) -> i32 {
    let hits =
        GROUPS.iter().filter(|(name, codes)| codes.contains(&&unit.code[..2]) && find_str(window, name).is_some());
    i32::try_from(hits.count()).map_or(0, |hits| hits.min(2))
}

/// What the committees above say: a district that answers to 市委 and never to 省委 lies in a
/// municipality.
fn committee_score(window: &[char], unit: &Unit, prefecture: Option<&Unit>) -> i32 {
    let city = find_str(window, "市委").is_some();
    let province = find_str(window, "省委").is_some()
        || find_str(window, "自治区党委").is_some()
        || find_str(window, "省政府").is_some();
    let municipal = prefecture.is_none() && unit.level == Level::County;
    i32::from(city && province != municipal)
}

/// A candidate with its parents, for a warning.
fn full_name(gazetteer: &Gazetteer, unit: &Unit, year: i32) -> String {
    let year = as_of(unit, Some(year).filter(|&year| year != i32::MAX));
    let region = gazetteer.region(unit, year);
    let parents: Vec<String> =
        [region.province, region.prefecture].into_iter().flatten().filter(|name| name != unit.name).collect();
    format!("{}{} ({})", parents.join(""), unit.name, unit.code)
}

/// A region that the gazetteer does not know, as the text prints it.
fn as_printed(name: &str, parents: &[&str], bare: Option<Level>) -> Region {
    let is_province = |name: &&str| matches!(place::printed_level(name), Some(Level::Province));
    let province = parents.iter().copied().find(is_province);
    let prefecture = parents.iter().copied().find(|parent| {
        Some(*parent) != province && (parent.ends_with('市') || place::printed_level(parent) == Some(Level::Prefecture))
    });
    let level = place::printed_level(name).or(bare).or(match (province, prefecture) {
        // A city under a city is a county; one under a province a prefecture.
        (_, Some(_)) => Some(Level::County),
        (Some(_), None) => Some(Level::Prefecture),
        (None, None) => None,
    });
    let own = |wanted: Level| (level == Some(wanted)).then(|| name.to_owned());
    Region {
        name: Some(name.to_owned()),
        level,
        adcode: None,
        province: province.map(str::to_owned).or_else(|| own(Level::Province)),
        prefecture: prefecture.map(str::to_owned).or_else(|| own(Level::Prefecture)),
        resolved_by: None,
    }
}
