//! Documents in the shape of a report that are none: masked samples, spun copies, inventions.

use super::Judgement;
use crate::charset::CharSet;
use crate::signs::Signs;
use crate::text::Text;
use crate::trie::Trie;
use baogao_model::report::Kind;
use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::LazyLock;

/// Judges by the letters themselves.
pub fn judge(text: &Text<'_>) -> Option<Judgement> {
    masked(text)
        .or_else(|| avowed(text))
        .or_else(|| swapped(text))
        .or_else(|| stripped(text))
        .or_else(|| decorated(text))
}

/// What may stand behind a mask: units, and what is named with a number or a place.
const BEHIND_MASKS: &str = "年市县区镇乡省村亿万元%个.家月日届次公亩户人所条项名平吨";

/// A template: years, places or figures masked with X, *, circles or blanks to be filled in.
fn masked(text: &Text<'_>) -> Option<Judgement> {
    /// Fewer are slips.
    const LEAST: usize = 5;
    let masks = masks(text);
    if masks < LEAST {
        return None;
    }
    let numbers = figures(text);
    let share = masks as f64 / (masks + numbers) as f64;
    (share > 0.05).then(|| Judgement::new(Kind::Template, (0.5 + share).min(0.99), format!("masked:{masks}")))
}

/// How many runs of masks stand before what they may mask.
fn masks(text: &Text<'_>) -> usize {
    let chars = &text.folded;
    let mut masks = 0;
    let mut from = 0;
    while let Some(at) = text.next(Signs::MASK, from..chars.len()) {
        let c = chars[at];
        let run = chars[at..].iter().take_while(|&&next| next == c).count();
        from = at + run;
        let is_mask = match c {
            '_' | '某' => run >= 2,
            _ => true,
        };
        // The zeros of 二○一○年 mask nothing.
        let in_word = c != '某'
            && at > 0
            && (chars[at - 1].is_ascii_alphabetic() || "一二三四五六七八九".contains(chars[at - 1]));
        masks += usize::from(is_mask && !in_word && BEHIND_MASKS.contains(chars.get(from).copied().unwrap_or(' ')));
    }
    masks
}

/// How many runs of digits there are.
fn figures(text: &Text<'_>) -> usize {
    let mut behind = None;
    let begins = |at: &usize| behind.replace(at + 1) != Some(*at);
    text.all(Signs::DIGIT, 0..text.len()).filter(begins).count()
}

/// Sentences with which an invention owns up to being one, before or behind the text.
const AVOWALS: &[&str] = &[
    "人工智能生成",
    "AI生成",
    "由AI",
    "语言模型",
    "人工智能助手",
    "根据您的要求",
    "根据您的需求",
    "根据您提供",
    "为您生成",
    "为您撰写",
    "以上内容仅为示例",
    "仅为示例",
    "希望以上内容",
    "希望这份",
    "如需进一步修改",
    "数据为虚构",
    "数据均为虚构",
    "内容为虚构",
    "内容纯属虚构",
    "模拟数据",
    "公开资料整理",
    "公开信息整理",
    "摘要版本",
    "非官方原文",
    "非报告原文",
];

/// The stretch at either end that an avowal stands in.
const EDGE: usize = 300;

/// An invention that says so.
fn avowed(text: &Text<'_>) -> Option<Judgement> {
    let head = text.folded_str(0..EDGE);
    let tail = text.folded_str(text.len().saturating_sub(EDGE)..text.len());
    let words = AVOWALS.iter().find(|words| head.contains(**words) || tail.contains(**words))?;
    Some(Judgement::new(Kind::Fake, 0.9, format!("avowed:{words}")))
}

/// What a blanket replacement of words leaves behind and nobody else writes: 发展 by 开展, 回顾 by
/// 回忆, 服务 by 效劳, 建设 by 建立, 基 by 根, 健康 by 安康, 结构 by 构造, 水平 by 程度.
const SWAPPED: &[&str] = &[
    "科学开展观",
    "经济社会开展",
    "又好又快开展",
    "可持续开展",
    "开展不平衡",
    "开展理念",
    "开展战略",
    "开展环境",
    "开展成果",
    "开展机遇",
    "开展速度",
    "事业开展",
    "跨越开展",
    "安康开展",
    "工作回忆",
    "效劳型",
    "公共效劳",
    "效劳业",
    "廉政建立",
    "自身建立",
    "工程建立",
    "城市建立",
    "建立小康",
    "根底设施",
    "根本养老",
    "根本医疗",
    "产业构造",
    "构造调整",
    "经济构造",
    "生活程度",
    "保障程度",
    "管理程度",
    "财政收进",
    "总收进",
    "平稳较快成长",
    "平稳健康成长",
];

/// What such a replacement leaves behind, but a writer may write too (社会开展活动).
const MAYBE_SWAPPED: &[&str] = &[
    "经济开展",
    "高质量开展",
    "协调开展",
    "加快开展",
    "产业开展",
    "改革开展",
    "社会开展",
    "工业开展",
    "坚强指导",
    "深化贯彻",
];

/// The most characters of a pattern before the word put in.
const LONGEST_BEFORE: usize = 6;

/// Both lists, numbered: the patterns of [`SWAPPED`] come first.
static WORDS: LazyLock<Trie<usize>> = LazyLock::new(|| {
    let mut words = Trie::default();
    for (index, pattern) in SWAPPED.iter().chain(MAYBE_SWAPPED).enumerate() {
        *words.entry(pattern.chars()) = Some(index);
    }
    words
});

/// The second characters of the words that such a replacement puts in; the first are
/// [`Signs::PUT_IN`]. Every pattern of [`WORDS`] holds such a word.
static SECOND: CharSet = CharSet::new(&['展', '忆', '劳', '立', '底', '本', '造', '度', '进', '长', '导', '彻']);

/// A copy with words swapped against detection.
fn swapped(text: &Text<'_>) -> Option<Judgement> {
    let mut found = BTreeSet::new();
    let chars = &text.folded;
    for at in text.all(Signs::PUT_IN, 0..text.len()) {
        if chars.get(at + 1).is_some_and(|&c| SECOND.holds(c)) {
            let starts = at.saturating_sub(LONGEST_BEFORE)..=at;
            found.extend(starts.flat_map(|at| WORDS.prefixes(chars[at..].iter().copied())).map(|(_, &index)| index));
        }
    }
    let sure = found.range(..SWAPPED.len()).count();
    let signs = sure + (found.len() - sure) / 2;
    (sure >= 1 && signs >= 2)
        .then(|| Judgement::new(Kind::Rewritten, (0.5 + 0.1 * signs as f64).min(0.95), format!("swapped:{signs}")))
}

/// A copy whose figures were taken out: units stand behind words (生产总值亿元，增长%).
fn stripped(text: &Text<'_>) -> Option<Judgement> {
    /// Fewer are slips.
    const LEAST: usize = 6;
    let chars = &text.folded;
    let is_bare = |&at: &usize| {
        let (before, next) = (chars[at - 1], chars.get(at + 1).copied().unwrap_or(' '));
        let is_unit = matches!((chars[at], next), ('%', _) | ('亿' | '万', '元') | ('公', '里') | ('万', '亩' | '吨'));
        is_unit && !before.is_ascii_digit() && !is_numeral(before) && !names_class(chars, at + 2)
    };
    let bare = text.all(Signs::UNIT, 1..text.len()).filter(is_bare).count();
    if bare < LEAST {
        return None;
    }
    // A figure that the text ends with has no unit to lose.
    let figures = figures(text) - usize::from(chars.last().is_some_and(char::is_ascii_digit));
    (bare > figures).then(|| Judgement::new(Kind::Rewritten, 0.85, format!("stripped:{bare}")))
}

/// Whether a character may stand before a unit without a figure being lost: 数亿元, 二十公里.
fn is_numeral(c: char) -> bool {
    "〇零一二三四五六七八九十百千万亿两几数多余半上超过近达每个.XxX*".contains(c) || c == ' '
}

/// Whether a unit names a class: 亿元以上项目, 亿元村.
fn names_class(chars: &[char], behind: usize) -> bool {
    matches!(chars.get(behind), Some('以' | '项' | '村' | '企' | '产' | '级' | '乡' | '镇' | '大' | '元'))
}

/// A machine's way to set a page: pictographs before lines, or the marks of Markdown.
fn decorated(text: &Text<'_>) -> Option<Judgement> {
    let pictographs = text.all(Signs::PICTOGRAPH, 0..text.len()).count();
    let is_marked = |line: &&Range<usize>| {
        let start = &text.folded[line.start..line.end.min(line.start + 8)];
        let blanks = start.iter().take_while(|&&c| c == '-' || c.is_whitespace()).count();
        let start = &start[blanks..];
        start.starts_with(&['#', '#']) || (start.starts_with(&['*', '*']) && !start.starts_with(&['*', '*', '*']))
    };
    let marks = text.lines.iter().filter(is_marked).count();
    let (count, code) = if pictographs >= 3 { (pictographs, "pictographs") } else { (marks, "markdown") };
    (pictographs >= 3 || marks >= 4).then(|| Judgement::new(Kind::Fake, 0.7, format!("{code}:{count}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signs;

    #[test]
    fn every_pattern_is_found_by_the_word_it_holds() {
        for words in SWAPPED.iter().chain(MAYBE_SWAPPED) {
            let chars: Vec<char> = words.chars().collect();
            let is_put_in = |pair: &[char]| signs::of(pair[0]).any(Signs::PUT_IN) && SECOND.holds(pair[1]);
            assert!(chars.windows(2).position(is_put_in).is_some_and(|at| at <= LONGEST_BEFORE), "{words}");
        }
    }
}
