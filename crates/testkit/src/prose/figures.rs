//! Figures: what the placeholders of the tables stand for.

use crate::rng::Rng;

/// Replaces each `{…}` of `template` by a figure drawn from `rng`.
///
/// | placeholder | stands for |
/// |---|---|
/// | `{亿}` | an amount of money, 0.1亿元 to 399.9亿元 |
/// | `{%}` | a rate of growth, 0.3% to 14.9% |
/// | `{c}` | a completion in per cent, 85.0 to 119.9 |
/// | `{q}` | a high share, 85.0 to 99.9; `{r}` a middling one, 30.0 to 69.9 |
/// | `{p}` `{u}` | percentage points, 0.1 to 3.9; an unemployment rate, 3.0 to 4.5 |
/// | `{k}` `{n}` `{N}` | counts: 2 to 19, 20 to 199, 1000 to 29999 |
/// | `{m}` `{l}` | a measure with one decimal, 1.0 to 59.9; a length, 10 to 399 |
/// | `{y}` `{d}` | yuan a year, 12000 to 49999; yuan a month, 400 to 999 |
pub(super) fn fill(template: &str, rng: &mut Rng) -> String {
    let mut out = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        // The tables are ours; a brace that is not closed would be caught by the tests.
        let (name, behind) = after.split_once('}').unwrap_or((after, ""));
        out.push_str(&figure(name, rng));
        rest = behind;
    }
    out.push_str(rest);
    out
}

/// The figure called `name`.
fn figure(name: &str, rng: &mut Rng) -> String {
    match name {
        "亿" => format!("{}亿元", tenths(rng, 1, 3999)),
        "%" => format!("{}%", tenths(rng, 3, 149)),
        "c" => tenths(rng, 850, 1199),
        "q" => tenths(rng, 850, 999),
        "r" => tenths(rng, 300, 699),
        "p" => tenths(rng, 1, 39),
        "u" => tenths(rng, 30, 45),
        "k" => rng.between(2, 19).to_string(),
        "n" => rng.between(20, 199).to_string(),
        "N" => rng.between(1000, 29_999).to_string(),
        "m" => tenths(rng, 10, 599),
        "l" => rng.between(10, 399).to_string(),
        "y" => rng.between(12_000, 49_999).to_string(),
        "d" => rng.between(400, 999).to_string(),
        // Left visible, so that the tests find it.
        unknown => format!("{{{unknown}}}"),
    }
}

/// A number of tenths as a decimal, without a closing `.0`.
fn tenths(rng: &mut Rng, low: u32, high: u32) -> String {
    let drawn = rng.between(low, high);
    match drawn % 10 {
        0 => (drawn / 10).to_string(),
        tenth => format!("{}.{tenth}", drawn / 10),
    }
}
