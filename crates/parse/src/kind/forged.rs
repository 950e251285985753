//! Documents in the shape of a report that are none: masked samples, spun copies, inventions.

use super::Judgement;
use crate::charset::CharSet;
use crate::text::Text;
use aho_corasick::AhoCorasick;
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
    let chars = &text.folded;
    let mut masks = 0_usize;
    let mut numbers = 0_usize;
    let mut at = 0;
    while at < chars.len() {
        let c = chars[at];
        // Nearly all of a text is Han, which masks nothing but for one.
        if matches!(c, '\u{3400}'..='\u{9FFF}') && c != '某' {
            at += 1;
            continue;
        }
        let run = chars[at..].iter().take_while(|&&next| next == c).count();
        let behind = chars.get(at + run).copied().unwrap_or(' ');
        match c {
            'X' | 'x' | 'N' | '×' | '*' | '○' | '〇' | 'o' | '□' | '_' => {
                // The zeros of 二○一○年 mask nothing.
                let in_word =
                    at > 0 && (chars[at - 1].is_ascii_alphabetic() || "一二三四五六七八九".contains(chars[at - 1]));
                let blank = c != '_' || run >= 2;
                masks += usize::from(blank && !in_word && BEHIND_MASKS.contains(behind));
            }
            '某' => masks += usize::from(run >= 2 && BEHIND_MASKS.contains(behind)),
            _ if c.is_ascii_digit() => {
                // A run of digits counts once, at its end.
                numbers += usize::from(!behind.is_ascii_digit());
            }
            _ => {}
        }
        at += run;
    }
    let share = masks as f64 / (masks + numbers).max(1) as f64;
    (masks >= 5 && share > 0.05)
        .then(|| Judgement::new(Kind::Template, (0.5 + share).min(0.99), format!("masked:{masks}")))
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

/// The characters of the longest pattern of both lists.
const LONGEST_SWAPPED: usize = 8;

/// Finds both lists in one pass: the patterns of [`SWAPPED`] come first.
static WORDS: LazyLock<AhoCorasick> = LazyLock::new(|| {
    AhoCorasick::new(SWAPPED.iter().chain(MAYBE_SWAPPED)).expect("a few short patterns always compile")
});

/// The words that such a replacement puts in, by character: every pattern of [`WORDS`] holds one.
static PUT_IN: [CharSet; 2] = [
    CharSet::new(&['开', '回', '效', '建', '根', '构', '程', '收', '成', '指', '贯']),
    CharSet::new(&['展', '忆', '劳', '立', '底', '本', '造', '度', '进', '长', '导', '彻']),
];

/// A copy with words swapped against detection.
fn swapped(text: &Text<'_>) -> Option<Judgement> {
    let mut found = BTreeSet::new();
    for (at, pair) in text.folded.windows(2).enumerate() {
        if PUT_IN[0].holds(pair[0]) && PUT_IN[1].holds(pair[1]) {
            let around = text.folded_str(at.saturating_sub(LONGEST_SWAPPED)..(at + LONGEST_SWAPPED).min(text.len()));
            found.extend(WORDS.find_overlapping_iter(&around).map(|hit| hit.pattern().as_usize()));
        }
    }
    let sure = found.range(..SWAPPED.len()).count();
    let signs = sure + (found.len() - sure) / 2;
    (sure >= 1 && signs >= 2)
        .then(|| Judgement::new(Kind::Rewritten, (0.5 + 0.1 * signs as f64).min(0.95), format!("swapped:{signs}")))
}

/// A copy whose figures were taken out: units stand behind words (生产总值亿元，增长%).
fn stripped(text: &Text<'_>) -> Option<Judgement> {
    let chars = &text.folded;
    let mut bare = 0_usize;
    let mut figures = 0_usize;
    for at in 1..chars.len() {
        let before = chars[at - 1];
        let next = chars.get(at + 1).copied().unwrap_or(' ');
        let is_unit = matches!((chars[at], next), ('%', _) | ('亿' | '万', '元') | ('公', '里') | ('万', '亩' | '吨'));
        if is_unit {
            bare += usize::from(!before.is_ascii_digit() && !is_numeral(before) && !names_class(chars, at + 2));
        }
        figures += usize::from(before.is_ascii_digit() && !chars[at].is_ascii_digit());
    }
    (bare >= 6 && bare > figures).then(|| Judgement::new(Kind::Rewritten, 0.85, format!("stripped:{bare}")))
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
    let is_pictograph = |c: char| {
        !matches!(c, '\u{3000}'..='\u{FFFF}')
            && matches!(c, '\u{1F300}'..='\u{1FAFF}' | '✅' | '✨' | '⭐' | '❤' | '☀' | '✔')
    };
    let pictographs = text.chars.iter().filter(|&&c| is_pictograph(c)).count();
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

    #[test]
    fn every_pattern_is_found_by_the_word_it_holds() {
        for words in SWAPPED.iter().chain(MAYBE_SWAPPED) {
            let chars: Vec<char> = words.chars().collect();
            assert!(chars.len() <= LONGEST_SWAPPED, "{words}");
            assert!(chars.windows(2).any(|pair| PUT_IN[0].holds(pair[0]) && PUT_IN[1].holds(pair[1])), "{words}");
        }
    }
}
