//! The arguments of `baogao tail`, and what a pattern of keys may be.

use super::Place;
use baogao_model::event::ROUTING_KEYS;
use baogao_model::message::routing_part;
use baogao_model::report::{Kind, Level};
use clap::Args;

/// Arguments of `tail`.
#[derive(Debug, Args)]
pub struct TailArgs {
    /// Only events whose routing key matches; `*` is one word, `#` any number. May be repeated [default: report.parsed.#].
    #[arg(long, value_name = "PATTERN", value_parser = pattern)]
    pub key: Vec<String>,

    /// End after this many events.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub count: Option<u64>,

    /// Print one CloudEvent as JSON a line, with its whole body.
    #[arg(long)]
    pub json: bool,

    /// Where.
    #[command(flatten)]
    pub place: Place,
}

/// The longest pattern in bytes: AMQP writes it as a short string.
const MAX_BYTES: usize = 255;

/// Reads a pattern, and refuses one that no event can match: nobody would ever tell.
fn pattern(text: &str) -> Result<String, String> {
    if text.len() > MAX_BYTES {
        return Err(format!("it has {} bytes, at most {MAX_BYTES} may be", text.len()));
    }
    let words: Vec<&str> = text.split('.').collect();
    for word in &words {
        check_word(word)?;
    }
    if !ROUTING_KEYS.iter().any(|shape| can_match(&words, &shape.split('.').collect::<Vec<_>>())) {
        return Err(format!("no event has such a key; there are {}", ROUTING_KEYS.join(", ")));
    }
    Ok(text.to_owned())
}

fn check_word(word: &str) -> Result<(), String> {
    if matches!(word, "*" | "#") {
        return Ok(());
    }
    if word.is_empty() {
        return Err("a word is missing; write words joined by dots, as in report.parsed.county.#".to_owned());
    }
    if word.contains(['*', '#']) {
        return Err(format!("* and # stand for whole words, not for a part of one as in {word:?}"));
    }
    match word.chars().find(|c| !matches!(c, 'a'..='z' | '0'..='9' | '-' | '_')) {
        Some(other) => Err(format!("no key has {other:?} in it, only a to z, digits, - and _")),
        None => Ok(()),
    }
}

/// Whether some key of a shape, whose words in braces may differ, matches a pattern.
fn can_match(pattern: &[&str], shape: &[&str]) -> bool {
    match pattern.split_first() {
        None => shape.is_empty(),
        // One is as good as several, and several would be tried in every combination.
        Some((&"#", rest)) if rest.first() == Some(&"#") => can_match(rest, shape),
        Some((&"#", rest)) => (0..=shape.len()).any(|skipped| can_match(rest, &shape[skipped..])),
        Some((word, rest)) => {
            shape.split_first().is_some_and(|(slot, shape)| fits(word, slot) && can_match(rest, shape))
        }
    }
}

/// Whether a word may stand at a place of a key.
fn fits(word: &str, slot: &str) -> bool {
    let Some(name) = slot.strip_prefix('{').and_then(|slot| slot.strip_suffix('}')) else {
        return word == "*" || word == slot;
    };
    let is_number_of = |digits: usize| word.len() == digits && word.bytes().all(|b| b.is_ascii_digit());
    if matches!(word, "*" | "-") {
        return true;
    }
    match name {
        "level" => Level::ALL.iter().any(|level| level.as_str() == word),
        "kind" => Kind::ALL.iter().any(|kind| routing_part(kind.as_str()) == word),
        "adcode" => is_number_of(6),
        "plan_year" => is_number_of(4),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_that_some_event_can_match_are_taken() {
        for good in [
            "#",
            "report.parsed.#",
            "report.parsed.county.#",
            "report.parsed.*.330127.*",
            "report.parsed.-.-.-",
            "report.#.2026",
            "*.fetched.#",
            "#.county.#",
            "#.#.#.#.#",
            "page.fetched.gov_cn",
            "document.other.news",
            "document.*.*",
            "#.report.#",
        ] {
            assert_eq!(pattern(good), Ok(good.to_owned()));
        }
    }

    #[test]
    fn what_would_stay_silent_for_ever_is_refused_with_a_reason() {
        for (bad, why) in [
            ("", "a word is missing"),
            ("report..county", "a word is missing"),
            ("report.parsed.", "a word is missing"),
            ("report.parsed", "no event has such a key"),
            ("report.pased.#", "no event has such a key; there are page.fetched.{site},"),
            ("report.parsed.conty.#", "no event has such a key"),
            ("report.parsed.*.33012.*", "no event has such a key"),
            ("report.parsed.county.330127.2026.x", "no event has such a key"),
            ("document.other.gossip", "no event has such a key"),
            ("report.par*", "whole words"),
            ("##", "whole words"),
            ("Report.parsed.#", "no key has 'R' in it"),
            ("report.parsed.青岚", "no key has '青' in it"),
            ("page.fetched.gov.cn", "no event has such a key"),
            (&"a.".repeat(200), "at most 255"),
        ] {
            let refused = pattern(bad).unwrap_err();
            assert!(refused.contains(why), "{bad:?}: {refused}");
        }
    }
}
