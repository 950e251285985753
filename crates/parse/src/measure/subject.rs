//! What stands before a number: the lead, read backwards into cues and subject.

use super::cue::{Classes, Cues};
use super::lex::is_place;
use super::phrase::{MAX_PHRASE, Phrase};
use super::time::{Times, Year};
use crate::explain::Rule;
use crate::words;
use std::borrow::Cow;
use std::ops::Range;

/// What stands between a number and whatever came before it.
#[derive(Debug, Clone, Default)]
pub struct Lead<'t> {
    /// The last clause of it.
    pub phrase: Phrase<'t>,
    /// How long the subject is, in characters of `phrase`: what is behind are cues.
    pub subject_end: usize,
    /// Where the subject begins: what is before are words that say nothing about it.
    pub subject_start: usize,
    /// The ends of the phrase after each cue read, a bit each. The name of an indicator may end in a
    /// word that is also a cue (审批时限压缩).
    stages: u128,
    /// What the cues say.
    pub cues: Classes,
    /// The cue next to the number among those that say how it moved.
    pub move_cue: Classes,
    /// The base of a comparison (比2015年), as its year.
    pub base: Option<Year>,
    /// Whether it is compared at all.
    pub compared: bool,
    /// Whether it is compared with another region, a plan or a limit instead of an earlier time.
    pub compared_elsewhere: bool,
    /// 占…的: what the share is of, in characters of `phrase`.
    pub of: Option<Range<usize>>,
    /// 完成年度任务的, 占年度目标的, 超年度计划.
    pub completion: bool,
    /// 是2016年的 before a multiple.
    pub times_of: bool,
    /// Whether the move names the state reached: 提高到, 降至.
    pub reaches: bool,
    /// 由, 从 before the number, with the time it dates the number to (由“十二五”末的).
    pub from: Option<Range<usize>>,
}

/// Words of an earlier time that something is compared with.
const EARLIER: [&str; 15] = [
    "前五年",
    "前三年",
    "上一个五年",
    "上年",
    "去年",
    "前年",
    "同期",
    "年初",
    "上期",
    "五年前",
    "以前",
    "往年",
    "上个",
    "上一届",
    "上届",
];

/// Words of another region, a plan or a limit that something is compared with.
const ELSEWHERE: [&str; 13] =
    ["平均", "全省", "全市", "全国", "全州", "计划", "目标", "预期", "时限", "规定", "标准", "预算", "法定"];

/// The words behind which a date is that of the state reached.
pub const BECAME: [&str; 8] = ["调整为", "优化为", "演变为", "演进为", "转变为", "变化为", "改变为", "变为"];

/// The words by which a rise or fall is said.
pub const MOVES: Classes = Classes::UP.and(Classes::DOWN).and(Classes::RATE_UP).and(Classes::RATE_DOWN);

// A phrase is no longer than the bits of `Lead::stages`.
const _: () = assert!(MAX_PHRASE < u128::BITS as usize);

impl<'t> Lead<'t> {
    /// Reads the lead in `range`.
    ///
    /// `is_name` tells whether a phrase ends in the name of an indicator: then its last character
    /// is no cue, though it may look like one. `note` is told which rule took which characters of
    /// the phrase off.
    pub fn read(
        text: &'t [char],
        range: Range<usize>,
        cues: &Cues,
        times: &Times,
        is_name: impl Fn(&[char]) -> bool,
        mut note: impl FnMut(Rule, Range<usize>),
    ) -> Self {
        let phrase = Phrase::last_clause(text, range);
        let mut lead = Self { subject_end: phrase.chars.len(), phrase, ..Self::default() };
        lead.stages |= 1 << lead.subject_end;
        let mut end = lead.subject_end;
        while let Some(rule) = lead.read_one(cues, times, &is_name) {
            lead.stages |= 1 << lead.subject_end;
            note(rule, lead.subject_end..end);
            end = lead.subject_end;
        }
        if let Some(rule) = lead.read_share() {
            note(rule, lead.subject_end..end);
        }
        lead.read_start(cues);
        if lead.subject_start > 0 {
            note(Rule::LeadStart, 0..lead.subject_start);
        }
        lead
    }

    /// Whether `word` stands among the cues.
    pub fn says(&self, word: &str) -> bool {
        words::contains(&self.phrase.chars[self.subject_end..], word)
    }

    /// Takes one thing off the end; which rule did, if any.
    fn read_one(&mut self, cues: &Cues, times: &Times, is_name: &impl Fn(&[char]) -> bool) -> Option<Rule> {
        if self.read_date() {
            Some(Rule::LeadDate)
        } else if self.read_from(times) {
            Some(Rule::LeadFrom)
        } else if let Some(rule) = self.read_cue(cues, is_name) {
            Some(rule)
        } else if self.read_lead_over() {
            Some(Rule::LeadOver)
        } else if self.read_basis() {
            Some(Rule::LeadBasis)
        } else if self.read_comparison(times) {
            Some(Rule::LeadComparison)
        } else {
            None
        }
    }

    /// Takes a bare place for one that goes on a comparison: 高于全国1.9个、全省0.8个百分点.
    pub fn compare_with_place(&mut self) {
        if is_place(self.subject()) {
            self.compared_elsewhere = true;
            self.subject_end = self.subject_start;
        }
    }

    /// Whether it leaves no subject.
    pub fn is_empty(&self) -> bool {
        self.subject_start >= self.subject_end
    }

    /// The subject.
    pub fn subject(&self) -> &[char] {
        &self.phrase.chars[self.subject_range()]
    }

    /// The subject, of the text itself where it can be.
    pub fn subject_in_text(&self) -> Cow<'t, [char]> {
        self.phrase.part(self.subject_range())
    }

    fn subject_range(&self) -> Range<usize> {
        self.subject_start.min(self.subject_end)..self.subject_end
    }

    /// The ends of the phrase after each cue read, the longest first.
    pub fn stages(&self) -> impl Iterator<Item = usize> {
        let mut left = self.stages;
        std::iter::from_fn(move || {
            let end = left.checked_ilog2()?;
            left &= !(1 << end);
            Some(end as usize)
        })
    }

    /// Takes one cue or mark off the end; which it was.
    fn read_cue(&mut self, cues: &Cues, is_name: &impl Fn(&[char]) -> bool) -> Option<Rule> {
        let rest = &self.phrase.chars[..self.subject_end];
        if rest.last().is_some_and(|&c| matches!(c, '、' | '-' | '~' | '·' | '“' | '/')) {
            self.subject_end -= 1;
            return Some(Rule::LeadMark);
        }
        let Some((length, classes)) = cues.end.at_end(rest) else {
            return self.read_earnings(cues).then_some(Rule::LeadCue);
        };
        // 高于全市: the place belongs to the comparison.
        let compares = rest[..rest.len() - length].last() == Some(&'于') && !classes.any(MOVES);
        if compares || classes.any(Classes::WORD) || is_name(rest) {
            return None;
        }
        if self.move_cue == Classes::default() && classes.any(MOVES) {
            self.move_cue = classes;
            self.reaches = self.cues.any(Classes::TO);
        }
        if classes.any(Classes::COMPARE) {
            self.compared = true;
        }
        self.cues = self.cues.and(classes);
        self.subject_end -= length;
        Some(Rule::LeadCue)
    }

    /// Takes 增收, 减产 and their kin off the end where nobody is named who earns or yields: 同比增收, but
    /// not 户均增收.
    fn read_earnings(&mut self, cues: &Cues) -> bool {
        let (own, class) = match &self.phrase.chars[..self.subject_end] {
            [own @ .., '增', '收' | '产'] => (own, Classes::UP),
            [own @ .., '减', '收' | '产'] => (own, Classes::DOWN),
            _ => return false,
        };
        let compared = cues.end.at_end(own).filter(|(_, classes)| classes.any(Classes::COMPARE));
        if !own.is_empty() && compared.is_none() || self.move_cue != Classes::default() {
            return false;
        }
        (self.move_cue, self.cues) = (class, self.cues.and(class));
        self.subject_end -= 2;
        true
    }

    /// Takes a date off the end: 增长到2025年的.
    fn read_date(&mut self) -> bool {
        let rest = &self.phrase.chars[..self.subject_end];
        let body = rest.iter().rposition(|c| !matches!(c, '底' | '末' | '初' | '的')).map_or(0, |at| at + 1);
        let Some(digits) = body.checked_sub(5).filter(|_| rest[body - 1] == '年') else { return false };
        let is_date = rest[digits..body - 1].iter().all(is_year_digit);
        // 调整为2015年的14.5: what it became, not what it is compared with.
        let became = words::ends_with_any(&rest[..digits], &BECAME);
        let compared = digits > 0 && matches!(rest[digits - 1], '比' | '较' | '是' | '为' | '从' | '由' | '与');
        let compared = compared && !became;
        if is_date && !compared {
            self.subject_end = digits;
        }
        is_date && !compared
    }

    /// Takes 由 or 从 off the end, with nothing but a time between it and the number.
    fn read_from(&mut self, times: &Times) -> bool {
        /// The longest time looked for.
        const LONGEST: usize = 12;
        let rest = &self.phrase.chars[..self.subject_end];
        let from = rest.len().saturating_sub(LONGEST);
        let Some(at) = rest[from..].iter().rposition(|&c| matches!(c, '由' | '从' | '自')) else { return false };
        let at = from + at;
        let dated = &rest[at + 1..];
        let is_time = dated.is_empty()
            // 从全国第13位: a place in a ranking.
            || is_place(dated)
            || times.base_year(dated).is_some()
            || words::starts_with_any(dated, &["原来", "上年", "去年", "最初", "年初", "过去", "以前", "原有"]);
        if !is_time || self.from.is_some() {
            return false;
        }
        self.from = Some(at + 1..self.subject_end);
        self.subject_end = at;
        true
    }

    /// Takes a lead over somebody off the end: 高于全省, 快于全国平均水平.
    fn read_lead_over(&mut self) -> bool {
        /// The longest comparison looked for.
        const LONGEST: usize = 14;
        let rest = &self.phrase.chars[..self.subject_end];
        let from = rest.len().saturating_sub(LONGEST);
        let text = &rest[from..];
        if !text.iter().any(|c| matches!(c, '于' | '领')) {
            return false;
        }
        let Some(at) =
            ["高于", "快于", "低于", "好于", "优于", "慢于", "领先"].iter().find_map(|verb| words::rfind(text, verb))
        else {
            return false;
        };
        // Each of the verbs has two characters.
        if !words::contains_any(&text[at + 2..], &["全省", "全市", "全国", "全州", "平均", "全区", "世界"])
        {
            return false;
        }
        self.compared_elsewhere = true;
        self.subject_end = from + at;
        true
    }

    /// Takes what a value is reckoned by or without off the end: 剔除留抵退税因素后, 按当年汇率折算.
    fn read_basis(&mut self) -> bool {
        /// The longest wording looked for.
        const LONGEST: usize = 16;
        let rest = &self.phrase.chars[..self.subject_end];
        let openings: &[&str] = if words::ends_with_any(rest, &["因素", "因素后", "因素影响", "因素影响后"])
        {
            &["剔除", "扣除"]
        } else if words::ends_with_any(rest, &["计算", "折算", "换算", "测算", "口径", "汇率", "可比价格", "不变价格"])
        {
            &["按"]
        } else {
            return false;
        };
        let from = rest.len().saturating_sub(LONGEST);
        let Some(at) = openings.iter().find_map(|opening| words::rfind(&rest[from..], opening)) else {
            return false;
        };
        self.subject_end = from + at;
        true
    }

    /// Takes a comparison off the end: 比2015年, 较“十二五”末, 是2016年的, 较法定时限.
    fn read_comparison(&mut self, times: &Times) -> bool {
        /// The longest comparison looked for.
        const LONGEST: usize = 18;
        let rest = &self.phrase.chars[..self.subject_end];
        let from = rest.len().saturating_sub(LONGEST);
        // 达到五年前的3倍 compares as 是五年前的3倍 does.
        let compares = |&at: &usize| match rest[at] {
            '比' | '较' | '是' | '为' | '与' => true,
            '到' => at > 0 && rest[at - 1] == '达',
            // 相当于前五年的4.3倍.
            '于' => at > 0 && rest[at - 1] == '当',
            _ => false,
        };
        let Some(start) = (from..rest.len()).rev().find(compares) else { return false };
        let against = &rest[start + 1..];
        if against.is_empty() || against.iter().any(|c| matches!(c, '占' | '重')) {
            return false;
        }
        // 为年初预算的103.5% is the fulfilment of a plan.
        if matches!(rest[start], '是' | '为') && words::ends_with_any(against, &["预算", "计划", "目标", "任务"])
        {
            return false;
        }
        // 是“十二五”时期的2.6倍: a period is no year that something began from.
        let is_period = words::contains_any(against, &["时期", "期间"]);
        let base = times.base_year(against).filter(|_| !is_period);
        let earlier = base.is_some() || is_period || words::contains_any(against, &EARLIER);
        let elsewhere = words::contains_any(against, &ELSEWHERE);
        let multiple = matches!(rest[start], '是' | '为' | '到' | '于');
        if !(earlier || elsewhere && !multiple) {
            return false;
        }
        self.base = self.base.or(base);
        self.compared |= earlier;
        self.compared_elsewhere |= elsewhere && !earlier;
        self.times_of |= multiple;
        self.subject_end = start
            - match rest[start] {
                '到' => 1,
                '于' if start > 1 && rest[start - 2] == '相' => 2,
                '于' => 1,
                _ => 0,
            };
        true
    }

    /// Splits 占 off: what is before it is the subject, what is behind it the whole.
    fn read_share(&mut self) -> Option<Rule> {
        let rest = &self.phrase.chars[..self.subject_end];
        let plan = ["目标", "任务", "计划", "预算", "指标"];
        if words::ends_with_any(rest, &plan) {
            let verb =
                ["完成", "占", "超", "为", "达到", "实现"].iter().filter_map(|verb| self.phrase.rfind(verb)).max();
            if let Some(at) = verb.filter(|&at| at < self.subject_end) {
                self.completion = true;
                self.of = Some(at + 1..self.subject_end);
                self.subject_end = at;
                // 超额完成, 已占.
                self.trim_end(&['超', '额', '已', '全', '年', '均', '完', '成']);
                return Some(Rule::LeadPlan);
            }
        }
        if words::ends_with(rest, "完成率") {
            self.completion = true;
            self.subject_end -= 3;
            return Some(Rule::LeadPlan);
        }
        let at = rest.iter().rposition(|&c| c == '占')?;
        // 占地3000亩 and 占用, but not 占地区生产总值的比重.
        match rest[at + 1..] {
            ['地', '区' | '方', ..] => {}
            ['地' | '用' | '有' | '比', ..] => return None,
            _ => {}
        }
        self.of = Some(at + 1..self.subject_end);
        self.subject_end = at;
        self.trim_end(&['、', '已', '总', '共', '均', '约']);
        Some(Rule::LeadShare)
    }

    /// Takes single characters off the end of the subject.
    fn trim_end(&mut self, marks: &[char]) {
        while self.subject_end > 0 && marks.contains(&self.phrase.chars[self.subject_end - 1]) {
            self.subject_end -= 1;
        }
    }

    /// Steps over what stands before the subject: time, adverbs, list marks.
    fn read_start(&mut self, cues: &Cues) {
        let rest = &self.phrase.chars[..self.subject_end];
        let mut at = 0;
        while at < rest.len() {
            let word = cues.start.at_start(&rest[at..]).filter(|&length| {
                // 将军镇, 使君乡: one character is an adverb only before more than a stump.
                length > 1 || rest.len() - at > 3
            });
            let step = match word {
                Some(length) => length,
                None if matches!(rest[at], '、' | '·' | '-') => 1,
                None => date_length(&rest[at..]).max(span_length(&rest[at..])),
            };
            if step == 0 {
                break;
            }
            at += step;
        }
        self.subject_start = at;
    }
}

/// The length of `text` if it is nothing but a span of years (两年 before 翻了一番).
fn span_length(text: &[char]) -> usize {
    match text {
        [count, '年'] if count.is_ascii_digit() || super::numeral::is_han(*count) => text.len(),
        _ => 0,
    }
}

/// Whether `c` can be a digit of a year: 2025, 一九九二.
fn is_year_digit(c: &char) -> bool {
    c.is_ascii_digit() || matches!(c, '〇' | '○' | '零') || "一二三四五六七八九".contains(*c)
}

/// The length of 2021年, 到2025年底, 1-11月份, 一九九二年 at the start of `text`.
pub fn date_length(text: &[char]) -> usize {
    let start = usize::from(text.first() == Some(&'到'));
    let digits = match text.get(start..start + 5) {
        Some([year @ .., '年']) if year.iter().all(is_year_digit) => year.len(),
        _ => text[start..].iter().take_while(|c| c.is_ascii_digit() || **c == '-').count(),
    };
    if digits == 0 || !matches!(text.get(start + digits), Some('年' | '月' | '日')) {
        return 0;
    }
    let mut end = start + digits + 1;
    while matches!(text.get(end), Some('底' | '末' | '初' | '份' | '内' | '前' | '度')) {
        end += 1;
    }
    end
}
