//! What the site a text comes from says of the region: its host, and the area code with which the
//! index number it prints begins. It decides among divisions of one name; it never names one.

use super::zone::Zone;
use baogao_gazetteer::{Gazetteer, Unit, romanised};
use baogao_model::report::Source;

/// What is known of the site.
#[derive(Debug, Clone, Default)]
pub struct Site {
    /// The labels of its host that may name a place.
    labels: Vec<String>,
    /// The area codes of its index numbers.
    codes: Vec<String>,
}

/// The label under which sites print the index number.
const INDEX_NUMBER: &str = "索引号";

/// Names this long may have something behind them in a label: kaifengshi, but not xian in xiangfan.
const LONG: usize = 6;

impl Site {
    /// Reads the source's host and the labelled lines of the head.
    pub fn of(source: &Source, zone: &Zone) -> Self {
        let host = source.canonical_url.as_deref().or(source.url.as_deref()).and_then(host_of);
        let host = host.or(source.site.as_deref()).unwrap_or_default();
        let labels = host.split(['.', ':']).filter(|label| label.len() > 2).map(str::to_ascii_lowercase).collect();
        let numbers = zone.lines.iter().filter(|line| line.key == Some(INDEX_NUMBER));
        let codes = numbers.filter_map(|line| area_code(line.value())).collect();
        Self { labels, codes }
    }

    /// The one candidate that the site speaks for more than for any other.
    pub fn choose<'g>(&self, gazetteer: &'g Gazetteer, candidates: &[&'g Unit], year: i32) -> Option<&'g Unit> {
        let mut scores: Vec<(u32, &Unit)> =
            candidates.iter().map(|&unit| (self.score(gazetteer, unit, year), unit)).collect();
        scores.sort_by_key(|&(score, unit)| (std::cmp::Reverse(score), unit.code));
        match scores[..] {
            [(best, unit), (second, _), ..] if best > second => Some(unit),
            _ => None,
        }
    }

    /// How much it says for a candidate: its own code, its city, its province.
    fn score(&self, gazetteer: &Gazetteer, unit: &Unit, year: i32) -> u32 {
        let has_code = |code: &str| self.codes.iter().any(|own| own == code);
        if has_code(unit.code) {
            return 4;
        }
        let year = unit.until.map_or(year, |until| year.min(until)).max(unit.from);
        let province = gazetteer.province_of(unit, year);
        let says = |above: Option<&Unit>| above.is_some_and(|above| has_code(above.code) || self.hosts(above.stem));
        match (says(gazetteer.prefecture_of(unit, year)), says(province)) {
            (true, _) => 2,
            // A municipality is the city of its districts.
            (_, true) if province.is_some_and(|province| province.name.ends_with('市')) => 2,
            (_, true) => 1,
            _ => 0,
        }
    }

    /// Whether the host is named after a place.
    fn hosts(&self, stem: &str) -> bool {
        let Some(name) = romanised(stem) else { return false };
        self.labels.iter().any(|label| label == name || name.len() >= LONG && label.starts_with(name))
    }
}

/// The host of a URL.
fn host_of(url: &str) -> Option<&str> {
    url.split_once("://")?.1.split(['/', '?', '#']).next()?.rsplit('@').next()
}

/// The area code of an index number: its first six digits, or in the eighteen characters of a
/// unified social credit code the third to eighth.
fn area_code(number: &[char]) -> Option<String> {
    let run: Vec<char> = number.iter().copied().take_while(char::is_ascii_alphanumeric).collect();
    let code = if run.len() == 18 { &run[2..8] } else { run.get(..6)? };
    code.iter().all(char::is_ascii_digit).then(|| code.iter().collect())
}
