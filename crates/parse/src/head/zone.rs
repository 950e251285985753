//! Where the head ends and the body begins, and the lines in between.
//!
//! The head is a set of lines in any order: title, 题注, speaker, and whatever a site put among
//! them. It ends before the salutation (各位代表), the opening formula (我代表…), the first numbered
//! heading, or the first long paragraph, whichever the text has.

use crate::outline::marker;
use crate::text::Text;
use std::ops::Range;

/// The lines before the body.
#[derive(Debug, Clone, Default)]
pub struct Zone {
    /// The lines that are not blank, in order.
    pub lines: Vec<HeadLine>,
    /// The character at which the body begins: the salutation, if there is one.
    pub end: usize,
    /// Whether a salutation ends the head.
    pub salutation: bool,
    /// Whether the formula stands there with which a report opens (我代表…向大会报告工作).
    pub opening: bool,
}

/// One line of the head.
#[derive(Debug, Clone)]
pub struct HeadLine {
    /// Its characters in the text.
    pub range: Range<usize>,
    /// Its folded characters without blanks.
    pub flat: Vec<char>,
    /// The offset in the text of each character of `flat`.
    pub offsets: Vec<usize>,
    /// The key, if a site or a collector labelled it (来源：, 发文时间：).
    pub key: Option<&'static str>,
}

impl HeadLine {
    /// Takes the line of `text` at `range`.
    fn new(text: &Text<'_>, range: Range<usize>) -> Self {
        let offsets: Vec<usize> = range.clone().filter(|&at| text.folded[at] != ' ').collect();
        let flat: Vec<char> = offsets.iter().map(|&at| text.folded[at]).collect();
        let key = label(&flat);
        Self { range, flat, offsets, key }
    }

    /// The characters of `flat` as a string.
    pub fn string(&self) -> String {
        self.flat.iter().collect()
    }

    /// The part of `flat` behind the label.
    pub fn value(&self) -> &[char] {
        match (self.key.filter(|key| LABELS.contains(key)), self.flat.iter().position(|&c| c == ':')) {
            (Some(_), Some(colon)) => &self.flat[colon + 1..],
            _ => &self.flat,
        }
    }
}

/// How those who listen are addressed.
const SALUTATIONS: &[&str] = &[
    "各位代表",
    "各位委员",
    "各位领导",
    "各位同志",
    "各位来宾",
    "同志们",
    "代表们",
    "代表同志们",
    "尊敬的各位",
    "主席团",
];

/// Labels that sites and collectors print before a value. Their lines are no part of the report's
/// own head; some are read when it has none.
const LABELS: &[&str] = &[
    "标题",
    "名称",
    "发文单位",
    "发文机关",
    "发布机构",
    "发文时间",
    "发文日期",
    "发布时间",
    "发布日期",
    "发表时间",
    "成文日期",
    "生成日期",
    "公开日期",
    "时间",
    "日期",
    "来源",
    "来源URL",
    "信息来源",
    "稿件来源",
    "文章来源",
    "作者",
    "报告人",
    "索引号",
    "内容摘要",
    "摘要",
    "正文",
    "阅读",
    "阅读量",
    "评论",
    "浏览次数",
    "浏览量",
    "点击数",
    "点击率",
    "访问量",
    "责任编辑",
    "编辑",
    "主题分类",
    "文号",
    "发文字号",
    "关键词",
    "有效性",
    "组配分类",
    "发布人",
    "审核",
    "当前位置",
    "您的位置",
    "字号",
    "字体",
    "分享到",
    "本文地址",
];

/// The head reaches no further than this many characters.
const MAX_HEAD: usize = 6000;

/// A paragraph this long with a full stop in it belongs to the body.
const LONG_PARAGRAPH: usize = 90;

/// Finds the head of a text.
pub fn find(text: &Text<'_>) -> Zone {
    let mut zone = Zone::default();
    let mut first_long: Option<usize> = None;
    let mut end: Option<usize> = None;
    for range in &text.lines {
        if range.start > MAX_HEAD {
            break;
        }
        let mut line = HeadLine::new(text, range.clone());
        if line.flat.is_empty() {
            continue;
        }
        // The abstract that a collector labelled repeats the head and the opening in one line.
        if zone
            .lines
            .last()
            .is_some_and(|last| matches!(last.key, Some("内容摘要" | "摘要")) && last.value().is_empty())
        {
            line.key = Some("摘要内容");
        }
        if line.key.is_none() {
            if let Some(at) = salutation(&line) {
                zone.salutation = true;
                end = Some(at);
                if at > range.start {
                    zone.lines.push(HeadLine::new(text, range.start..at));
                }
                break;
            }
            if is_opening(&line.flat) || marker::starts_numbered_heading(&line.flat) {
                end = Some(range.start);
                break;
            }
            if first_long.is_none() && line.flat.len() >= LONG_PARAGRAPH && line.flat.contains(&'。') {
                first_long = Some(range.start);
            }
        }
        zone.lines.push(line);
    }
    // Without any sign of a body the head ends at the first long paragraph, or is the first line.
    let fallback = || first_long.or_else(|| text.lines.iter().find(|l| !l.is_empty()).map(|l| l.end)).unwrap_or(0);
    zone.end = match (end, first_long) {
        (Some(end), _) if zone.salutation => end,
        (Some(end), Some(long)) => end.min(long),
        (Some(end), None) => end,
        (None, _) => fallback(),
    };
    zone.lines.retain(|line| line.range.start < zone.end);
    zone.opening = opens(text, zone.end);
    zone
}

/// The offset of the salutation in a line: at its start, or behind a head that stands in the same
/// line, where it must be followed by what a salutation is followed by.
fn salutation(line: &HeadLine) -> Option<usize> {
    let flat = &line.flat;
    for words in SALUTATIONS {
        if starts_with(flat, words) && flat.len() > words.chars().count() {
            return Some(line.offsets[0]);
        }
        if flat.iter().copied().eq(words.chars()) {
            return Some(line.offsets[0]);
        }
    }
    let window = flat.len().min(400);
    (1..window)
        .find(|&at| {
            let rest = &flat[at..];
            (starts_with(rest, "各位代表:") || starts_with(rest, "各位代表,") || starts_with(rest, "各位代表!"))
                && find_str(&rest[..rest.len().min(80)], "报告").is_some()
        })
        .map(|at| line.offsets[at])
}

/// Whether a line is the sentence with which a speaker begins his report.
fn is_opening(flat: &[char]) -> bool {
    let start = &flat[..flat.len().min(120)];
    let speaks =
        find_str(start, "我代表").is_some() || (find_str(start, "我受").is_some() && find_str(start, "委托").is_some());
    speaks && (find_str(start, "报告").is_some() || find_str(start, "审议").is_some())
}

/// Whether the formula stands within the first lines behind `from`.
fn opens(text: &Text<'_>, from: usize) -> bool {
    let window: Vec<char> =
        text.folded[from.min(text.len())..text.len().min(from + 400)].iter().copied().filter(|&c| c != ' ').collect();
    let speaks = find_str(&window, "代表").is_some() || find_str(&window, "委托").is_some();
    let reports = find_str(&window, "报告").is_some()
        && (find_str(&window, "向大会").is_some() || find_str(&window, "审议").is_some());
    let first_person = find_str(&window, "我").is_some();
    speaks && reports && first_person
}

/// The label at the start of a line, if it is one of [`LABELS`].
fn label(flat: &[char]) -> Option<&'static str> {
    let flat = match flat.first() {
        Some('【' | '(' | '[') => &flat[1..],
        _ => flat,
    };
    LABELS.iter().copied().find(|label| starts_with(flat, label) && flat.get(label.chars().count()) == Some(&':'))
}

/// Whether `chars` begins with `words`.
pub fn starts_with(chars: &[char], words: &str) -> bool {
    words.chars().enumerate().all(|(at, c)| chars.get(at) == Some(&c))
}

/// The index at which `words` first occurs in `chars`.
pub fn find_str(chars: &[char], words: &str) -> Option<usize> {
    crate::words::find(chars, words)
}
