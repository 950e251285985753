//! Which routing keys a binding takes: the patterns of an AMQP topic exchange (AMQP 0-9-1, §3.1.3.3).
//!
//! Keys and patterns are words joined by `.`; in a pattern `*` stands for exactly one word and `#`
//! for zero or more. Matching takes time in proportion to words × words whatever the pattern, so a
//! subscriber cannot slow the bus down with a binding full of `#`.

/// The longest routing key, pattern or queue name in bytes: AMQP writes them as short strings.
pub(crate) const MAX_NAME_BYTES: usize = 255;

/// One binding pattern, split into its words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pattern {
    words: Vec<Word>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Word {
    /// `*`
    One,
    /// `#`
    Many,
    /// Anything else.
    Literal(String),
}

impl Pattern {
    /// Reads a pattern. Every text is one, since only whole words `*` and `#` are special.
    pub(crate) fn new(text: &str) -> Self {
        let words = words(text).map(|word| match word {
            "*" => Word::One,
            "#" => Word::Many,
            literal => Word::Literal(literal.to_owned()),
        });
        Self { words: words.collect() }
    }

    /// Whether the pattern takes messages with this routing key.
    pub(crate) fn matches(&self, routing_key: &str) -> bool {
        let key: Vec<&str> = words(routing_key).collect();
        // reach[n]: the pattern's words so far match the first n words of the key.
        let mut reach = vec![false; key.len() + 1];
        reach[0] = true;
        for word in &self.words {
            match word {
                Word::Many => {
                    for n in 1..reach.len() {
                        reach[n] |= reach[n - 1];
                    }
                }
                Word::One => step(&mut reach, |_| true),
                Word::Literal(literal) => step(&mut reach, |n| key[n] == literal),
            }
        }
        reach[key.len()]
    }
}

/// Extends every match by the one word `takes` agrees to.
fn step(reach: &mut [bool], takes: impl Fn(usize) -> bool) {
    for n in (1..reach.len()).rev() {
        reach[n] = reach[n - 1] && takes(n - 1);
    }
    reach[0] = false;
}

/// The words of a key or pattern. The empty text has none, as on RabbitMQ.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split('.').filter(move |_| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_case_of_the_table() {
        let mut seen = 0;
        for line in include_str!("topic_cases.tsv").lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
            let [pattern, key, want] = line.split('\t').collect::<Vec<_>>()[..] else {
                panic!("{line:?} has not three columns")
            };
            // Column values are quoted, since a pattern may be empty or begin with '#'.
            let (pattern, key) = (pattern.trim_matches('"'), key.trim_matches('"'));
            assert_eq!(Pattern::new(pattern).matches(key), want == "yes", "{pattern:?} on {key:?}");
            seen += 1;
        }
        assert!(seen > 30, "only {seen} cases read");
    }

    /// The definition, written down without thought for speed.
    fn naive(pattern: &[&str], key: &[&str]) -> bool {
        match (pattern.split_first(), key.split_first()) {
            (None, None) => true,
            (Some((&"#", rest)), _) => naive(rest, key) || key.split_first().is_some_and(|(_, k)| naive(pattern, k)),
            (Some((&"*", rest)), Some((_, key))) => naive(rest, key),
            (Some((word, rest)), Some((first, key))) => word == first && naive(rest, key),
            _ => false,
        }
    }

    proptest! {
        #[test]
        fn agrees_with_the_definition(
            pattern in prop::collection::vec(prop::sample::select(vec!["a", "b", "*", "#"]), 1..7),
            key in prop::collection::vec(prop::sample::select(vec!["a", "b", "c"]), 1..7),
        ) {
            prop_assert_eq!(Pattern::new(&pattern.join(".")).matches(&key.join(".")), naive(&pattern, &key));
        }
    }

    #[test]
    fn a_binding_full_of_wildcards_is_still_quick() {
        // A backtracking matcher would need more steps than there are atoms.
        let pattern = Pattern::new(&format!("{}z", "#.".repeat(120)));
        assert!(!pattern.matches(&["a"; 120].join(".")));
    }
}
