//! Which family a page is of.
//!
//! The fingerprints of all profiles are looked for in one pass over the source text, before any
//! markup is read.

use crate::profile::{ENOUGH, Profile, ProfileError};
use aho_corasick::{AhoCorasick, MatchKind, packed};

/// The profiles that come with the crate: a folder and a line here for each.
const BUILT_IN: &[(&str, &str)] = &[
    ("dedecms", include_str!("../profiles/dedecms/profile.toml")),
    ("discuz", include_str!("../profiles/discuz/profile.toml")),
    ("empirecms", include_str!("../profiles/empirecms/profile.toml")),
    ("epaper", include_str!("../profiles/epaper/profile.toml")),
    ("gkmlpt", include_str!("../profiles/gkmlpt/profile.toml")),
    ("jcms", include_str!("../profiles/jcms/profile.toml")),
    ("jiyuehua", include_str!("../profiles/jiyuehua/profile.toml")),
    ("mediawiki", include_str!("../profiles/mediawiki/profile.toml")),
    ("phpwind", include_str!("../profiles/phpwind/profile.toml")),
    ("siteserver", include_str!("../profiles/siteserver/profile.toml")),
    ("trs", include_str!("../profiles/trs/profile.toml")),
    ("ucap", include_str!("../profiles/ucap/profile.toml")),
    ("vsb", include_str!("../profiles/vsb/profile.toml")),
    ("wordpress", include_str!("../profiles/wordpress/profile.toml")),
    ("zhidao", include_str!("../profiles/zhidao/profile.toml")),
];

/// Marks of one vectorised search; it takes no more than 64.
const PACKED: usize = 48;

/// All known families.
#[derive(Debug)]
pub(crate) struct Families {
    profiles: Vec<Profile>,
    generic: Profile,
    marks: AhoCorasick,
    /// The same marks, [`PACKED`] at a time, for processors with vectors: several times faster.
    packed: Option<Vec<packed::Searcher>>,
    /// The profiles' files as written, and whether they are built in, in the order of `profiles`.
    texts: Vec<(String, bool)>,
    /// For each mark of the automaton: itself and the marks that are parts of it. Looking for the longest
    /// mark only is several times faster than looking for all.
    within: Vec<Vec<usize>>,
    /// For each mark of the automaton: the profile it speaks for, and how loudly.
    weights: Vec<(usize, u32)>,
}

impl Families {
    /// The built-in families.
    pub fn built_in() -> Self {
        // The built-in profiles are constants; the tests load every one of them.
        Self::with(&[]).expect("the built-in profiles are valid")
    }

    /// The built-in families and `extra` ones; an extra profile of a built-in name replaces it.
    pub fn with(extra: &[(&str, &str)]) -> Result<Self, ProfileError> {
        let (mut profiles, mut texts) = (Vec::new(), Vec::new());
        for (name, toml) in extra {
            profiles.push(Profile::read(name, toml)?);
            texts.push(((*toml).to_owned(), false));
        }
        for (name, toml) in BUILT_IN {
            if !extra.iter().any(|(replaced, _)| replaced == name) {
                profiles.push(Profile::read(name, toml)?);
                texts.push(((*toml).to_owned(), true));
            }
        }
        let mut needles = Vec::new();
        let mut weights = Vec::new();
        for (index, profile) in profiles.iter().enumerate() {
            for (mark, weight) in &profile.fingerprint.marks {
                needles.push(mark.clone());
                weights.push((index, *weight));
            }
        }
        // Building fails only for automata beyond 2^31 states.
        let marks = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .build(&needles)
            .expect("a few dozen short strings fit an automaton");
        let packed_config = packed::Config::new().match_kind(packed::MatchKind::LeftmostLongest).clone();
        let packed = needles.chunks(PACKED).map(|chunk| packed_config.builder().extend(chunk).build()).collect();
        let parts = |mark: &String| (0..needles.len()).filter(|&part| mark.contains(&needles[part])).collect();
        let within = needles.iter().map(parts).collect();
        Ok(Self { profiles, generic: Profile::generic(), marks, packed, texts, within, weights })
    }

    /// The names of all profiles, and whether each is built in.
    pub fn names(&self) -> impl Iterator<Item = (&str, bool)> {
        self.profiles.iter().zip(&self.texts).map(|(profile, (_, built_in))| (profile.name.as_str(), *built_in))
    }

    /// A profile and its file as written.
    pub fn named(&self, name: &str) -> Option<(&Profile, &str)> {
        let at = self.profiles.iter().position(|profile| profile.name == name)?;
        Some((&self.profiles[at], self.texts[at].0.as_str()))
    }

    /// The family of a page with this source and, where known, this path and query.
    pub fn detect(&self, source: &str, path_and_query: Option<&str>) -> &Profile {
        let mut scores = vec![0; self.profiles.len()];
        let mut seen = vec![false; self.weights.len()];
        let mut note = |found: usize| {
            for &mark in &self.within[found] {
                if !std::mem::replace(&mut seen[mark], true) {
                    let (profile, weight) = self.weights[mark];
                    scores[profile] += weight;
                }
            }
        };
        match &self.packed {
            Some(packed) => {
                for (chunk, searcher) in packed.iter().enumerate() {
                    searcher.find_iter(source).for_each(|found| note(chunk * PACKED + found.pattern().as_usize()));
                }
            }
            None => self.marks.find_iter(source).for_each(|found| note(found.pattern().as_usize())),
        }
        if let Some(address) = path_and_query {
            for (profile, score) in self.profiles.iter().zip(&mut scores) {
                let matching = profile.fingerprint.urls.iter().filter(|(pattern, _)| pattern.is_match(address));
                *score += matching.map(|(_, weight)| weight).max().unwrap_or(&0);
            }
        }
        let mut best = (&self.generic, ENOUGH - 1);
        for (profile, score) in self.profiles.iter().zip(scores) {
            if score > best.1 {
                best = (profile, score);
            }
        }
        best.0
    }
}
