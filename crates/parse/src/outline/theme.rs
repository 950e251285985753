//! Headings without a number: theme sentences at the head of paragraphs and inside them.
//!
//! In plain text the bold type is gone that set them off. What is left is their shape: short,
//! without figures, closed by a full stop, and never alone: siblings of the same make stand in the
//! same part.

use super::marker::Class;
use super::paragraph::{Paragraph, sentences};
use super::parts::{Map, governor, has_digit, heading_of, unnumbered, within};
use super::{Item, inline, marker};
use crate::text::Text;
use crate::words::position;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// The longest theme sentence inside a paragraph.
const MAX_THEME: usize = 16;
/// The longest at a paragraph's head.
const MAX_LEAD: usize = 20;
/// The longest of a family of parallel sentences (这五年，我们…).
const MAX_PARALLEL: usize = 62;

/// Words that begin a statement of fact, which is no theme however short.
const FACTS: &[&str] = &[
    "完成",
    "建成",
    "获评",
    "荣获",
    "入选",
    "蝉联",
    "成功",
    "顺利",
    "圆满",
    "获得",
    "被评",
    "率先",
    "全市首",
    "全省首",
    "全国首",
    "首个",
    "首家",
    "其中",
    "同时",
    "此外",
    "为此",
    "目前",
    "各位",
    "同志们",
    "现在",
    "谢谢",
    "以上",
    "这些",
    "我们",
    "今年",
    "去年",
];

/// Adds the parallel families to the numbered items.
pub fn add_families(text: &Text<'_>, paragraphs: &[Paragraph], items: &mut Vec<Item>) {
    let map = Map::new(paragraphs.len(), items);
    let mut found: Vec<Item> = Vec::new();
    for part in &map.parts {
        let free: Vec<(usize, Range<usize>)> = part
            .paragraphs
            .clone()
            .filter(|&index| !map.headed[index])
            .filter_map(|index| Some((index, parallel_sentence(text, &paragraphs[index])?)))
            .collect();
        for family in families(text, &free) {
            if let Some(level) = family_level(&family, items, &part.paragraphs) {
                found.extend(family.members.into_iter().map(|(index, sentence)| unnumbered(index, sentence, level)));
            }
        }
    }
    items.extend(found);
    items.sort_by_key(|item| (item.start, item.level));
}

/// Paragraphs whose first sentences are made alike.
struct Family {
    members: Vec<(usize, Range<usize>)>,
    /// Whether a phrase of time opens them all (这五年, 2018年).
    timed: bool,
}

/// The families among first sentences: three and more that open with the same phrase, end with the
/// same words, or are built of the same clauses.
fn families(text: &Text<'_>, free: &[(usize, Range<usize>)]) -> Vec<Family> {
    let mut by_key: BTreeMap<String, Vec<(usize, Range<usize>)>> = BTreeMap::new();
    for (index, sentence) in free {
        let words = &text.folded[sentence.clone()];
        let clauses: Vec<&[char]> = words.split(|&c| c == ',').collect();
        if clauses.len() > 1 && (2..=10).contains(&clauses[0].len()) && !has_digit(&words[clauses[0].len()..]) {
            let phrase: String = clauses[0].iter().collect();
            by_key.entry(format!("a{phrase}")).or_default().push((*index, sentence.clone()));
        }
        if has_digit(words) || words.len() > 50 {
            continue;
        }
        if words.len() >= 8 {
            let ending: String = words[words.len() - 3..].iter().collect();
            by_key.entry(format!("c{ending}")).or_default().push((*index, sentence.clone()));
        }
        if let [.., last] = clauses[..]
            && clauses.len() >= 3
            && let Some(first) = last.first()
        {
            by_key.entry(format!("b{}{first}", clauses.len())).or_default().push((*index, sentence.clone()));
        }
    }
    let mut families: Vec<Family> = Vec::new();
    let mut taken: BTreeSet<usize> = BTreeSet::new();
    // In the order of the keys: an opening phrase binds closer than a build, a build than an ending.
    for (key, mut members) in by_key.into_iter().filter(|(_, members)| members.len() >= 3) {
        drop_introduction(text, &key[1..], &mut members);
        if members.iter().all(|(index, _)| !taken.contains(index)) {
            taken.extend(members.iter().map(|(index, _)| *index));
            families.push(Family { members, timed: key.starts_with('a') && is_time(&key[1..]) });
        }
    }
    families
}

/// Drops the first of a family that a phrase opens, if all others go on alike behind the phrase and
/// it does not: 过去的一年，是极不平凡的一年 before 过去的一年，我们….
fn drop_introduction(text: &Text<'_>, phrase: &str, members: &mut Vec<(usize, Range<usize>)>) {
    let skipped = phrase.chars().count() + 1;
    let next =
        |range: &Range<usize>| text.folded.get(range.start + skipped..range.start + skipped + 2).map(<[char]>::to_vec);
    if let [(_, first), (_, second), others @ ..] = &members[..]
        && others.len() >= 2
        && next(first) != next(second)
        && others.iter().all(|(_, other)| next(other) == next(second))
    {
        members.remove(0);
    }
}

/// Whether a phrase says when.
fn is_time(phrase: &str) -> bool {
    ["年", "来", "期间", "时期", "以来"].iter().any(|ending| phrase.ends_with(ending))
}

/// The level of a family: below the part, or below the one numbered item that holds it all. A
/// phrase of time behind the last item sums up the part, not the item.
fn family_level(family: &Family, items: &[Item], part: &Range<usize>) -> Option<u8> {
    let first = family.members.first()?.0;
    let last = family.members.last()?.0;
    let below = |paragraphs: Range<usize>| within(items, &paragraphs).iter().rfind(|item| item.level > 1);
    let above = below(part.start..first);
    let between = below(first + 1..last).is_some();
    let followed = below(last + 1..part.end.max(last + 1)).is_some();
    match above {
        Some(item) if !between && (followed || !family.timed) => Some(item.level + 1).filter(|&level| level <= 4),
        // Behind the last item three may be mere statements; more are a second row of headings.
        Some(_) if !between && family.members.len() < 4 => None,
        _ => Some(2),
    }
}

/// The first sentence of a paragraph without a mark, if it may belong to a family.
fn parallel_sentence(text: &Text<'_>, paragraph: &Paragraph) -> Option<Range<usize>> {
    if paragraph.marker.is_some() {
        return None;
    }
    let (sentence, close) = first_sentence(text, paragraph)?;
    let words = &text.folded[sentence.clone()];
    let fits = close == Some('。')
        && (6..=MAX_PARALLEL).contains(&words.len())
        && !words.contains(&':')
        && !words.contains(&';');
    let starts: String = words.iter().take(4).collect();
    (fits && !starts.starts_with("各位") && !starts.starts_with("同志们")).then_some(sentence)
}

/// Adds short sentences that open paragraphs, and themes inside paragraphs, below what governs them.
pub fn add_themes(text: &Text<'_>, paragraphs: &[Paragraph], items: &mut Vec<Item>) {
    let map = Map::new(paragraphs.len(), items);
    let leads = leads(text, paragraphs, items, &map);
    items.extend(leads);
    items.sort_by_key(|item| (item.start, item.level));
    let mut found = Vec::new();
    let per_paragraph: Vec<Vec<Range<usize>>> = paragraphs
        .iter()
        .enumerate()
        .map(|(index, paragraph)| run_ins(text, paragraph, heading_of(items, index)))
        .collect();
    // A document built so has themes in many paragraphs; then one at the head of another counts.
    let built_so = per_paragraph.iter().filter(|themes| themes.len() >= 2).count() >= 3;
    for (index, themes) in per_paragraph.into_iter().enumerate() {
        let Some(governor) = governor(items, index) else { continue };
        if !map.may_hold_themes(governor, index) {
            continue;
        }
        let at_head = themes
            .first()
            .is_some_and(|theme| follows_heading(text, &paragraphs[index], heading_of(items, index), theme));
        let enough = if governor.level == 1 { are_siblings(text, &themes) } else { themes.len() >= 2 };
        if enough || (built_so && at_head && governor.level >= 2) {
            found.extend(themes.into_iter().map(|theme| unnumbered(index, theme, governor.level + 1)));
        }
        found.extend(inline::items(text, &paragraphs[index], index, governor, &map));
    }
    found.retain(|item| item.level <= 4);
    items.extend(found);
    items.sort_by_key(|item| (item.start, item.level));
}

/// The short sentences that open paragraphs: at least two in a stretch, and two fifths of it.
fn leads(text: &Text<'_>, paragraphs: &[Paragraph], items: &[Item], map: &Map) -> Vec<Item> {
    let mut found = Vec::new();
    for stretch in map.stretches() {
        let openings = stretch.clone().filter_map(|index| Some((index, lead(text, paragraphs, index)?)));
        let members = alike(text, openings.collect());
        if members.len() >= 2
            && members.len() * 5 >= stretch.len() * 2
            && let Some(governor) = governor(items, stretch.start)
            && governor.level < 4
            && map.may_hold_themes(governor, stretch.start)
        {
            let level = governor.level + u8::from(!sums_up(text, paragraphs, governor, members[0].0));
            found.extend(members.into_iter().map(|(index, lead)| unnumbered(index, lead, level)));
        }
    }
    found
}

/// Whether the paragraph before `first` announces a list of its own behind a list of themes: what it announces
/// stands beside the themes, not below the last of them.
fn sums_up(text: &Text<'_>, paragraphs: &[Paragraph], governor: &Item, first: usize) -> bool {
    let is_theme = governor.level > 1 && matches!(governor.class, None | Some(Class::Dash));
    let Some(before) = first.checked_sub(1).filter(|&before| before > governor.paragraph) else { return false };
    is_theme && text.folded[paragraphs[before].range.end - 1] == ':'
}

/// Of the sentences that open the paragraphs of a stretch those that are made alike.
///
/// One clause, or two that balance, are headings by themselves. Two that do not balance need
/// another of the same build, or of the same first words. The first of several is dropped where it
/// alone has its build: the motto of an introduction.
fn alike(text: &Text<'_>, mut members: Vec<(usize, Range<usize>)>) -> Vec<(usize, Range<usize>)> {
    let build = |range: &Range<usize>| -> Vec<usize> {
        text.folded[range.clone()].split(|&c| c == ',').map(<[char]>::len).collect()
    };
    let mut builds: BTreeMap<Vec<usize>, usize> = BTreeMap::new();
    let mut starts: BTreeMap<&[char], usize> = BTreeMap::new();
    for (_, range) in &members {
        *builds.entry(build(range)).or_default() += 1;
        *starts.entry(&text.folded[range.start..range.start + 2]).or_default() += 1;
    }
    if members.len() >= 3
        && let (_, first) = &members[0]
        && build(first).len() > 1
        && members[1..].iter().all(|(_, other)| build(other).len() == 1 || other.len().abs_diff(first.len()) >= 3)
        && starts[&text.folded[first.start..first.start + 2]] == 1
    {
        members.remove(0);
    }
    members.retain(|(_, range)| {
        let own = build(range);
        let balanced = match own[..] {
            [first, second] => first.abs_diff(second) <= 1 && (3..=10).contains(&first),
            _ => own.len() == 1,
        };
        balanced || builds[&own] > 1 || starts[&text.folded[range.start..range.start + 2]] > 1
    });
    members
}

/// The short sentence that opens a paragraph, if it does: of one clause or two.
fn lead(text: &Text<'_>, paragraphs: &[Paragraph], index: usize) -> Option<Range<usize>> {
    let paragraph = &paragraphs[index];
    if paragraph.marker.is_some() {
        return None;
    }
    let (sentence, close) = first_sentence(text, paragraph)?;
    let words = &text.folded[sentence.clone()];
    let clauses = words.split(|&c| c == ',').count();
    let goes_on =
        paragraph.range.end > sentence.end + 10 || paragraphs.get(index + 1).is_some_and(|next| next.marker.is_none());
    (close == Some('。') && clauses <= 2 && goes_on && is_theme(words, MAX_LEAD)).then_some(sentence)
}

/// Whether words may be a theme: short, without figures, colons or the start of a fact.
fn is_theme(words: &[char], longest: usize) -> bool {
    // Most sentences are longer and hold no blank that would not count.
    if words.len() > longest && position(&words[..=longest], ' ').is_none() {
        return false;
    }
    let length = words.iter().filter(|&&c| c != ' ').take(longest + 1).count();
    (3..=longest).contains(&length)
        && !matches!(words, ['“', .., '”'])
        && !has_digit(words)
        && !words.iter().any(|&c| matches!(c, ':' | ';' | '!' | '?' | '(' | '…'))
        && !FACTS.iter().any(|fact| crate::head::zone::starts_with(words, fact))
}

/// The theme sentences inside a paragraph, behind its own heading: each followed by a longer
/// sentence that is none.
fn run_ins(text: &Text<'_>, paragraph: &Paragraph, heading: Option<&Item>) -> Vec<Range<usize>> {
    let from = heading.map_or(paragraph.range.start, |item| (item.heading.end + 1).min(paragraph.range.end));
    let start = |theme: &Range<usize>| &text.folded[theme.start..theme.start + 2];
    let mut found: Vec<Range<usize>> = Vec::new();
    // What closes a paragraph is no heading: nothing follows that it could head.
    let mut waits: Option<Range<usize>> = None;
    for (sentence, close) in sentences(text, from..paragraph.range.end) {
        let words = &text.folded[sentence.clone()];
        let may_head = close == Some('。')
            && is_theme(words, MAX_THEME)
            && !words.contains(&',')
            && marker::at_start(words).is_none();
        let before = waits.take();
        if may_head {
            // Of two short ones the first is a theme if it begins like another.
            found.extend(before.filter(|short| found.iter().any(|theme| start(theme) == start(short))));
            waits = Some(sentence);
        } else {
            found.extend(before);
        }
    }
    found
}

/// Whether themes straight below a part, where any two short sentences may meet, are made alike: of
/// the same first words, or at least three of nearly the same length.
fn are_siblings(text: &Text<'_>, themes: &[Range<usize>]) -> bool {
    let [first, others @ ..] = themes else { return false };
    let start = |theme: &Range<usize>| text.folded[theme.start..theme.start + 2].to_vec();
    let same_start = !others.is_empty() && others.iter().all(|theme| start(theme) == start(first));
    let same_length = others.len() >= 2 && others.iter().all(|theme| theme.len().abs_diff(first.len()) <= 2);
    same_start || same_length
}

/// Whether a theme follows the heading of its paragraph, or its beginning, at once.
fn follows_heading(text: &Text<'_>, paragraph: &Paragraph, heading: Option<&Item>, theme: &Range<usize>) -> bool {
    let from = heading.map_or(paragraph.range.start, |item| item.heading.end);
    text.folded[from.min(theme.start)..theme.start].iter().all(|&c| matches!(c, '。' | ' '))
}

/// The first sentence of a paragraph and the mark that closes it.
fn first_sentence(text: &Text<'_>, paragraph: &Paragraph) -> Option<(Range<usize>, Option<char>)> {
    let window = paragraph.range.start..paragraph.range.end.min(paragraph.range.start + MAX_PARALLEL + 20);
    sentences(text, window).next()
}
