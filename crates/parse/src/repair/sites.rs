//! The address of a site set into sentences again and again.

use super::Repair;
use crate::signs::Signs;
use crate::text::Text;
use baogao_model::Warning;
use std::collections::HashMap;
use std::ops::Range;

/// So often must the same address stand in the text.
const LEAST: usize = 3;
/// The longest address.
const LONGEST: usize = 60;

/// Reads over an address that is repeated.
pub fn find(text: &Text<'_>, repair: &mut Repair) {
    let folded = &text.folded;
    let mut seen: HashMap<&[char], Vec<Range<usize>>> = HashMap::new();
    let mut at = 0;
    // Every address has a point.
    while let Some(point) = text.next(Signs::REPAIR, at..folded.len()) {
        if folded[point] != '.' {
            at = point + 1;
            continue;
        }
        let start = point - folded[at..point].iter().rev().take_while(|c| is_part(**c)).count();
        let end = point + folded[point..].iter().take_while(|c| is_part(**c)).count();
        let run = &folded[start..end];
        if run.len() <= LONGEST && is_address(run) {
            seen.entry(run).or_default().push(start..end);
        }
        at = end;
    }
    let mut found: Vec<_> = seen.into_iter().filter(|(_, places)| places.len() >= LEAST).collect();
    found.sort_by_key(|(_, places)| places[0].start);
    for (address, places) in found {
        let address: String = address.iter().collect();
        repair.warn(Warning::new(
            "watermark",
            format!("“{address}” stands in the text {} times and was read over", places.len()),
        ));
        places.into_iter().for_each(|place| repair.cut(place));
    }
}

/// Whether an address may hold `c`.
fn is_part(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '/' | ':' | '-' | '_')
}

/// Whether a run of such characters is the address of a site.
fn is_address(run: &[char]) -> bool {
    const ENDS: [&str; 5] = [".com", ".cn", ".net", ".org", ".com/"];
    run.contains(&'.') && (crate::words::starts_with(run, "www.") || crate::words::ends_with_any(run, &ENDS))
}
