//! Readings set behind characters by converters: 發(fā)布時(shí)間.

use super::Repair;
use crate::signs::Signs;
use crate::text::Text;
use baogao_model::Warning;

/// So many readings with a tone must be there.
const LEAST: usize = 3;
/// The longest reading: zhuang.
const LONGEST: usize = 6;

/// Reads over bracketed readings, if there are some that can be nothing else.
pub fn find(text: &Text<'_>, repair: &mut Repair) {
    let folded = &text.folded;
    let mut toned = 0;
    let mut found = Vec::new();
    for at in text.all(Signs::REPAIR, 1..folded.len()) {
        if folded[at] != '(' || !matches!(folded[at - 1], '\u{3400}'..='\u{9FFF}') {
            continue;
        }
        let Some((length, has_tone)) = reading(&folded[at + 1..]) else { continue };
        toned += usize::from(has_tone);
        found.push(at..at + length + 2);
    }
    if toned < LEAST {
        return;
    }
    repair
        .warn(Warning::new("pinyin", format!("{} readings in brackets behind characters were read over", found.len())));
    found.into_iter().for_each(|cut| repair.cut(cut));
}

/// The length of a reading that a closing bracket follows, and whether it has a tone.
fn reading(chars: &[char]) -> Option<(usize, bool)> {
    let length = chars.iter().take(LONGEST + 1).take_while(|&&c| c.is_ascii_lowercase() || is_toned(c)).count();
    let reading = &chars[..length];
    let closed = (1..=LONGEST).contains(&length) && chars.get(length) == Some(&')');
    closed.then(|| (length, reading.iter().any(|&c| is_toned(c))))
}

fn is_toned(c: char) -> bool {
    matches!(
        c,
        'ā' | 'á'
            | 'ǎ'
            | 'à'
            | 'ō'
            | 'ó'
            | 'ǒ'
            | 'ò'
            | 'ē'
            | 'é'
            | 'ě'
            | 'è'
            | 'ī'
            | 'í'
            | 'ǐ'
            | 'ì'
            | 'ū'
            | 'ú'
            | 'ǔ'
            | 'ù'
            | 'ǖ'
            | 'ǘ'
            | 'ǚ'
            | 'ǜ'
            | 'ü'
            | 'ń'
            | 'ň'
            | 'ɡ'
            | 'ɑ'
    )
}
