//! Digits set apart throughout a text (7 4 . 2亿元), and numbers set off from what stands beside them
//! (实现 74.2 亿元).

use super::Repair;
use crate::charset::CharSet;
use crate::signs::Signs;
use crate::text::Text;
use baogao_model::Warning;

/// So many neighbours must be set apart.
const LEAST: usize = 8;

/// Reads over the single blanks between digits, if all digits of the text are set apart.
pub fn find(text: &Text<'_>, repair: &mut Repair) {
    let folded = &text.folded;
    let (mut apart, mut tight) = (0_usize, 0_usize);
    let mut last_digit = None;
    for at in text.all(Signs::DIGIT, 0..folded.len()) {
        match last_digit.map(|last: usize| at - last) {
            Some(1) => tight += 1,
            Some(2) if folded[at - 1] == ' ' => apart += 1,
            _ => {}
        }
        last_digit = Some(at);
    }
    // One number torn in places is left alone; here, hardly any two digits stand together.
    if apart < LEAST || tight * 10 > apart {
        return;
    }
    let mut count = 0;
    for at in 1..folded.len().saturating_sub(1) {
        if folded[at] == ' ' && joins(folded, at) {
            repair.cut(at..at + 1);
            count += 1;
        }
    }
    repair
        .warn(Warning::new("spaced_digits", format!("digits are set apart throughout; {count} blanks were read over")));
}

/// Whether the blank at `at` stands alone within a number, or between a number and its unit.
fn joins(folded: &[char], at: usize) -> bool {
    let (before, behind) = (folded[at - 1], folded[at + 1]);
    let is_point = |c: char, beyond: Option<&char>| c == '.' && beyond.is_some_and(|c| c.is_ascii_digit() || *c == ' ');
    let left = before.is_ascii_digit() || is_point(before, at.checked_sub(2).and_then(|at| folded.get(at)));
    let right = behind.is_ascii_digit() || is_point(behind, folded.get(at + 2));
    left && (right || matches!(behind, '%' | '‰' | '\u{4E00}'..='\u{9FFF}'))
}

/// So many numbers must be set off from their units.
const SET_OFF: usize = 3;

/// What the units begin with that are set off from their numbers.
static UNITS: CharSet = CharSet::new(&[
    '%', '‰', '个', '百', '千', '万', '亿', '元', '美', '倍', '人', '名', '位', '户', '米', '公', '平', '亩', '立',
    '吨', '斤', '度', '兆', '天', '岁', '年', '月', '日', '小', '分', '微', '类', '种', '宗', '项', '家', '条', '所',
    '座', '处', '件', '次', '场', '支', '批', '笔', '起', '台', '套', '辆', '间', '栋', '张', '只', '头', '株', '余',
    '多',
]);

/// What stands before a number that is read together with it: 第 3 位, 比 2015 年, 8%和 9%.
static JOINED: CharSet =
    CharSet::new(&['第', '比', '较', '是', '为', '与', '同', '于', '由', '从', '到', '至', '和', '及', '、']);

/// Reads over the single blanks between numbers and their units, and between 第, 比 and their kin and a number,
/// in a text that sets its numbers off; before a per cent sign, 万, 亿 and 元 in any text. Typography, not damage: no warning.
pub fn find_set_off(text: &Text<'_>, repair: &mut Repair) {
    let folded = &text.folded;
    let (mut behind, mut before) = (Vec::new(), Vec::new());
    let mut last = None;
    let is = |at: usize, set: &CharSet| folded.get(at).is_some_and(|&c| set.holds(c));
    for at in text.all(Signs::DIGIT, 0..folded.len()) {
        if folded.get(at + 1) == Some(&' ') && is(at + 2, &UNITS) {
            behind.push(at + 1);
        }
        if last != at.checked_sub(1) && at > 1 && folded[at - 1] == ' ' && is(at - 2, &JOINED) {
            before.push(at - 1);
        }
        // 8% 和: as much set off from what follows.
        if matches!(folded[at + 1..], ['%' | '‰', ' ', '和' | '与' | '及' | '、', ..]) {
            before.push(at + 2);
        }
        last = Some(at);
    }
    if behind.len() < SET_OFF {
        behind.retain(|&at| matches!(folded[at + 1], '%' | '‰' | '万' | '亿' | '元'));
        before.clear();
    }
    behind.into_iter().chain(before).for_each(|at| repair.cut(at..at + 1));
}
