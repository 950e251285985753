//! A printed place taken apart: (云岭省)临澄市青岚县 is a province, a prefecture and a county.

use super::meeting::is_han;
use super::zone::find_str;
use baogao_gazetteer::{Gazetteer, level_of_name};
use baogao_model::report::Level;

/// One part of a printed place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Component {
    /// Its name as printed.
    pub name: String,
    /// Whether the gazetteer knows a division of that full name in some year.
    pub known: bool,
}

/// The parts of a printed place from the largest to the smallest; empty if it is none.
pub type Chain = Vec<Component>;

/// Words that name a kind of division without naming one: the speaker's own.
const BARE: &[(&str, Level)] = &[
    ("自治区", Level::Province),
    ("自治州", Level::Prefecture),
    ("自治县", Level::County),
    ("地区", Level::Prefecture),
    ("省", Level::Province),
    ("州", Level::Prefecture),
    ("盟", Level::Prefecture),
    ("县", Level::County),
    ("旗", Level::County),
    ("区", Level::County),
    ("乡", Level::Township),
    ("镇", Level::Township),
];

/// The level that a bare word gives (区, 县, 自治区); none for 市 and for names.
pub fn bare_level(text: &str) -> Option<Level> {
    BARE.iter().find(|(word, _)| *word == text).map(|&(_, level)| level)
}

/// Whether the text is a bare word for a division, 市 and 全国 included.
pub fn is_bare(text: &str) -> bool {
    text.is_empty()
        || matches!(
            text,
            "市" | "本"
                | "全市"
                | "全县"
                | "全区"
                | "全省"
                | "新区"
                | "开发区"
                | "园区"
                | "管理区"
                | "林区"
                | "特区"
        )
        || bare_level(text).is_some()
}

/// Takes a printed place apart.
///
/// From left to right the longest full name of the gazetteer is taken, else the shortest stretch
/// of two characters and more that ends like a name. What precedes the first name is dropped, so
/// a slogan or a word before the place does no harm; what follows the last ends it.
pub fn chain(gazetteer: &Gazetteer, place: &str) -> Chain {
    let chars: Vec<char> = place.chars().filter(|&c| is_han(c) || c == '·').collect();
    let Some(mut parts) = split(gazetteer, &chars) else {
        return Chain::new();
    };
    parts.retain(|part| !is_bare(&part.name));
    parts
}

/// The parts of `chars`, if its end can be reached; else the known name at its end.
fn split(gazetteer: &Gazetteer, chars: &[char]) -> Option<Chain> {
    let mut parts = Chain::new();
    let mut at = 0;
    while at < chars.len() {
        let (length, known) = name_at(gazetteer, &chars[at..])?;
        parts.push(Component { name: chars[at..at + length].iter().collect(), known });
        at += length;
    }
    Some(parts)
}

/// The length of the name at the start of `chars` and whether it is known.
fn name_at(gazetteer: &Gazetteer, chars: &[char]) -> Option<(usize, bool)> {
    let longest = chars.len().min(18);
    for length in (2..=longest).rev() {
        let name: String = chars[..length].iter().collect();
        if gazetteer.by_name(&name, None).next().is_some() {
            return Some((length, true));
        }
    }
    // The shortest that ends like a name; 自治区, 开发区 and the like must not be cut at 区 alone,
    // and 州 ends a name only in 自治州 (广州市 goes on).
    for length in 2..=longest {
        let name: String = chars[..length].iter().collect();
        let rest: String = chars[length..].iter().take(4).collect();
        let ends = match chars[length - 1] {
            '省' | '市' | '县' | '盟' => !rest.starts_with('区') || chars[length - 1] == '省',
            '旗' => true,
            '州' => name.ends_with("自治州"),
            '区' => !rest.starts_with('县'),
            '乡' | '镇' => !rest.starts_with(['市', '县', '区']),
            '道' => name.ends_with("街道"),
            '木' => name.ends_with("苏木"),
            _ => false,
        };
        if ends && !(name.ends_with("自治区") && length < 4) {
            return Some((length, false));
        }
    }
    None
}

/// The place at the end of what stands before 人民政府, 政府, 管委会 or an office: the longest tail
/// that is a chain.
pub fn chain_at_end(gazetteer: &Gazetteer, text: &[char]) -> Chain {
    let run = text.iter().rev().take_while(|&&c| is_han(c) || matches!(c, '(' | ')' | '[' | ']' | '·')).count();
    let mut tail: Vec<char> = text[text.len() - run..].iter().copied().filter(|&c| is_han(c) || c == '·').collect();
    // 我代表临澄市…, 中共…: what comes before the place is no part of it.
    for words in ["代表", "委托", "关于", "中共", "会议上", "在", "受"] {
        while let Some(at) = find_str(&tail, words) {
            tail.drain(..at + words.chars().count());
        }
    }
    let tail_start = tail.len().saturating_sub(30);
    for start in tail_start..tail.len() {
        let place: String = tail[start..].iter().collect();
        let parts = chain(gazetteer, &place);
        // A tail that starts in the middle of a word would make a name of it; known names may
        // start anywhere.
        if !parts.is_empty() && (start == tail_start || parts.iter().all(|part| part.known)) {
            return parts;
        }
    }
    Chain::new()
}

/// A chain below the place that a tag before it names, if that is one: a full name, or the stem of
/// a province.
pub fn under(gazetteer: &Gazetteer, tag: &[char], chain: Chain) -> Chain {
    let tag: String = tag.iter().collect();
    let mut above = self::chain(gazetteer, &tag);
    if above.is_empty() && gazetteer.by_stem(&tag, None).any(|unit| unit.level == Level::Province) {
        above.push(Component { name: tag, known: true });
    }
    above.retain(|part| chain.iter().all(|below| below.name != part.name));
    above.extend(chain);
    above
}

/// The level that the printed name alone gives; see [`level_of_name`].
pub fn printed_level(name: &str) -> Option<Level> {
    level_of_name(name)
}
