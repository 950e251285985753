//! What looks like a quantity and is none: dates, ordinals, names, slogans, thresholds that only
//! name a class, counts of the speech's own points.

use super::cue::{Classes, Cues};
use super::lex::{Form, Token, matches};
use super::phrase::is_clause_mark;
use super::subject::Lead;
use super::tail::{Tail, suffix_at};
use crate::explain::Rule;
use crate::signs::Signs;
use crate::text::Text;
use crate::words;
use std::ops::{Deref, Range};

/// The nouns behind a Chinese numeral that count points of the speech or words of a slogan.
const POINTS: [&str; 29] = [
    "方面",
    "原则",
    "字",
    "坚持",
    "确保",
    "作用",
    "关键",
    "层面",
    "环节",
    "大事",
    "意识",
    "自信",
    "维护",
    "确立",
    "必须",
    "务必",
    "毫不动摇",
    "规定",
    "重大",
    "着力",
    "统筹",
    "转变",
    "百分之",
    "结合",
    "第一",
    "更加",
    "基本",
    "台阶",
    "大关",
];

/// Whether the token is no quantity, and why. The lead is read if it is asked for.
pub fn reason<'t>(
    text: &[char],
    token: &Token,
    lead: &impl Deref<Target = Lead<'t>>,
    tail: &Tail<'_>,
    quotes: &Quotes,
    cues: &Cues,
) -> Option<Rule> {
    let span = &token.span;
    if quotes.hide(span.start, span.end) {
        return Some(Rule::NotQuoted);
    }
    match token.form {
        Form::Rank => return (!is_rank(text, token)).then_some(Rule::NotOrdinal),
        Form::Doubling | Form::Triple | Form::Ratio => return None,
        Form::Bare | Form::Amount => {}
    }
    let before = span.start.checked_sub(1).map(|at| text[at]);
    if matches!(before, Some('第')) || is_top(text, span) {
        return Some(Rule::NotOrdinal);
    }
    // 上千亿元, but not 迈上千亿元台阶.
    let steps_up = matches!(text[..span.start], [.., '迈' | '跨' | '登' | '站' | '跃' | '踏', '上']);
    if token.han && !steps_up && matches!(before, Some('几' | '数' | '上' | '若')) {
        return Some(Rule::NotVague);
    }
    if is_threshold(text, token, lead, tail, cues) {
        return Some(Rule::NotThreshold);
    }
    if is_move_of_rank(text, token, lead, tail) {
        return Some(Rule::NotMove);
    }
    if token.bare && !said_as_value(text, span.start) {
        return Some(Rule::NotMultiplier);
    }
    let time_name = time_name(text, token, lead, tail);
    if time_name.is_some() {
        return time_name;
    }
    if token.han && token.form == Form::Amount { rhetoric(text, token, lead, tail) } else { None }
}

/// Whether 第N says a place in a ranking: a word of ranking before it, and the end, 位 or 名 behind.
fn is_rank(text: &[char], token: &Token) -> bool {
    const RANKED: [&str; 24] = [
        "位居", "位列", "排名", "名列", "稳居", "居", "列", "排", "全国", "全省", "全市", "全区", "全县", "全州",
        "世界", "中部", "西部", "城市", "东部", "前列", "升至", "跃居", "为", "全球",
    ];
    let behind = text.get(token.span.end).copied().unwrap_or('。');
    let ends = matches!(behind, ',' | '。' | ';' | '、' | '位' | '名' | ')' | '!' | '的' | '和' | '\n' | '"' | '”');
    if text[token.span.start] == '首' {
        let before = &text[token.span.start.saturating_sub(8)..token.span.start];
        let clause = before.rsplit(|c| matches!(c, ',' | '。' | ';' | '、')).next().unwrap_or_default();
        return words::contains_any(clause, &["居", "列", "排名", "稳坐"]);
    }
    let first = first_of_ranks(text, token.span.start);
    let before = &text[first.saturating_sub(4)..first];
    if words::ends_with_any(before, &["放在", "摆在", "作为", "置于"]) {
        return false;
    }
    let place = before.iter().rposition(|c| !matches!(c, '之' | '在' | ' ')).map_or(0, |at| at + 1);
    let placed = words::ends_with_any(&before[..place], &RANKED);
    // 前列第: never a rank by itself; 为第一要务 goes on with a noun and is out by `ends`.
    // 第一位任务 goes on with a noun.
    let alone = text.get(token.span.end + 1).is_none_or(|c| !c.is_alphanumeric());
    ends && (placed || alone && matches!(behind, '位' | '名') && before.last() != Some(&'第'))
}

/// 前100位的跨国公司, 前十名: the best so many, a bound on a rank. 目前 and its kin tell a time.
fn is_top(text: &[char], span: &Range<usize>) -> bool {
    const TIMES: [char; 9] = ['目', '此', '之', '以', '日', '当', '提', '年', '会'];
    let [.., before, '前'] = &text[..span.start] else { return false };
    !TIMES.contains(before) && matches!(text[span.end - 1], '位' | '名' | '强')
}

/// Where a list of ranks begins of which one stands at `at`: 第一、第二和第三位. Looks back over a few.
fn first_of_ranks(text: &[char], mut at: usize) -> usize {
    /// The longest rank with its list mark: 第十二位、.
    const LONGEST: usize = 5;
    for _ in 0..4 {
        let [before @ .., '、' | '和' | '与' | '及'] = &text[..at] else { break };
        let from = before.len().saturating_sub(LONGEST);
        let Some(ordinal) = before[from..].iter().rposition(|&c| c == '第') else { break };
        let is_rank = |&c: &char| c.is_ascii_digit() || super::numeral::is_han(c) || matches!(c, '位' | '名');
        if !before[from + ordinal + 1..].iter().all(is_rank) {
            break;
        }
        at = from + ordinal;
    }
    at
}

/// 5000万元以上项目, 10蒸吨及以下锅炉, 亿元级企业: the number names a class.
fn is_threshold<'t>(
    text: &[char],
    token: &Token,
    lead: &impl Deref<Target = Lead<'t>>,
    tail: &Tail<'_>,
    cues: &Cues,
) -> bool {
    if matches!(text.get(token.span.end), Some('级')) {
        return true;
    }
    if matches!(token.unit, "%" | "pp" | "x" | "permille") {
        return false;
    }
    // 产值超亿元企业8家, 计税金额不足80万元的部分: amounts that pick out a class.
    let is_money = token.unit.len() == 3 && token.unit.bytes().all(|byte| byte.is_ascii_uppercase());
    // 迈上万亿元台阶: but a step reached is none.
    let steps = words::starts_with_any(&tail.phrase.chars, &["台阶", "大关", "关口", "门槛"]);
    let picks = is_money && tail.is_noun && !steps && (token.bare || tail.attributive && lead.cues.any(Classes::LT));
    if picks {
        return true;
    }
    // 销售收入超过100亿元的企业由1户发展到6户: a bound on money before a noun that is counted.
    let bounds = is_money && lead.cues.any(Classes::GT) && tail.attributive && tail.is_noun;
    if bounds && counts_things(text, token.span.end) {
        return true;
    }
    let is_number = |c: &char| c.is_ascii_digit() || super::numeral::is_han(*c);
    // 月税收超千万元的3幢: the class is left without its noun.
    if is_money && lead.cues.any(Classes::GT) && matches!(&text[token.span.end..], ['的', next, ..] if is_number(next))
    {
        return true;
    }
    let Some((_, length)) = suffix_at(text, token.span.end) else { return false };
    let rest = &tail.phrase.chars;
    // 亿元以上项目8个,其中10亿元以上2个: so here.
    if rest.is_empty() && text.get(token.span.end + length).is_some_and(is_number) {
        return is_money;
    }
    // 再有1000万以上贫困人口脱贫: without a unit people are counted, but for 100万以上人口的城市.
    let counts_people = token.form == Form::Bare && words::find(rest, "人口").is_some_and(|at| at > 0);
    let is_word = rest.first().is_some_and(|c| c.is_alphabetic());
    is_word && !counts_people && cues.verb.at_start(rest).is_none()
}

/// Whether firms or projects stand behind `at` with their number: 的企业由1户发展到6户, 的项目3个.
fn counts_things(text: &[char], at: usize) -> bool {
    /// How far behind the number may stand.
    const REACH: usize = 20;
    let behind = &text[at..text.len().min(at + REACH)];
    let clause = behind.split(|&c| is_clause_mark(c) || c == '、').next().unwrap_or_default();
    let Some(number) = clause.iter().position(char::is_ascii_digit) else { return false };
    let is_classifier = |c: &char| matches!(c, '个' | '家' | '户');
    words::contains_any(&clause[..number], &["企业", "集团", "项目", "公司", "园区"])
        && clause[number..].iter().find(|c| !c.is_ascii_digit()).is_some_and(is_classifier)
}

/// 前移7位, 上升3个位次: places gained, which are neither persons nor things.
fn is_move_of_rank<'t>(text: &[char], token: &Token, lead: &impl Deref<Target = Lead<'t>>, tail: &Tail<'_>) -> bool {
    const MOVED: [&str; 6] = ["前移", "后移", "前进", "后退", "提前", "晋升"];
    if text[token.span.end - 1] == '位' {
        return lead.move_cue != Classes::default() || words::ends_with_any(&lead.phrase.chars, &MOVED);
    }
    matches!(tail.phrase.chars[..], ['位' | '名', '次', ..])
}

/// Whether a word that introduces a value stands before multipliers alone: 突破百亿元, 近万亩.
fn said_as_value(text: &[char], start: usize) -> bool {
    const SAID: [&str; 15] =
        ["突破", "超过", "超", "近", "逾", "过", "达", "达到", "约", "接近", "上", "跨越", "站上", "破", "高达"];
    let before = &text[start.saturating_sub(2)..start];
    words::ends_with_any(before, &SAID) && !words::ends_with(before, "以上")
}

/// How far before an age that is dated its name may stand.
const REACH_OF_AGE: usize = 32;

/// Times that are names or dates: 24小时服务, 15分钟“阅读圈”, 365天, 五年规划, 三年行动.
fn time_name<'t>(text: &[char], token: &Token, lead: &impl Deref<Target = Lead<'t>>, tail: &Tail<'_>) -> Option<Rule> {
    let (is_name, rule) = match token.unit {
        "year" if text[token.span.end - 1] == '岁' => {
            // 由76岁提高到78岁: the second state is of the same thing.
            let goes_on = lead.is_empty() && lead.reaches;
            // 由2020年的75.2岁提高到2025年的76.8岁: what a date parts from its name is looked for behind it.
            let behind_date = words::ends_with(&text[..token.span.start], "年的");
            let from = token.span.start.saturating_sub(REACH_OF_AGE);
            let own = if behind_date { &text[from..token.span.start] } else { lead.subject() };
            (!goes_on && !words::contains_any(own, &["寿命", "年龄"]), Rule::NotAge)
        }
        // 平均受教育年限10.8年: only a mean has a fraction.
        "year" if text[token.span.clone()].contains(&'.') => return None,
        // Years are dates unless a word says that they are counted.
        "year" => {
            // 提前实现比2010年翻一番: four digits are a date whatever stands before them.
            let said = lead.cues.any(Classes::STREAK.and(Classes::AHEAD))
                || lead.says("延长")
                || words::ends_with(lead.subject(), "年限");
            let counted = said && token.value.to_f64() < 1000.0;
            (!counted || tail.is_noun && tail.attributive, Rule::NotYear)
        }
        "minute" => {
            let rest = &tail.phrase.chars;
            let is_name = token.value.is(24 * 60) || rest.contains(&'圈') || matches!(rest.first(), Some('“' | '"'));
            (is_name, Rule::NotDuration)
        }
        // 2公里充电服务圈.
        "m" => (tail.is_noun && !tail.attributive && tail.phrase.chars.contains(&'圈'), Rule::NotDuration),
        "day" => (token.value.is(365) || matches!(text.get(token.span.end), Some('*' | '×')), Rule::NotDuration),
        "month" => (token.han && tail.attributive, Rule::NotDuration),
        _ => return None,
    };
    is_name.then_some(rule)
}

/// 八个方面, 一个, 三个百分之百, “四个自信”: a Chinese numeral that counts words.
fn rhetoric<'t>(text: &[char], token: &Token, lead: &impl Deref<Target = Lead<'t>>, tail: &Tail<'_>) -> Option<Rule> {
    if matches!(token.unit, "%" | "permille" | "CNY" | "USD" | "x" | "year") || token.value.to_f64() >= 1000.0 {
        return None;
    }
    if token.value.is(1) {
        return Some(Rule::NotOne);
    }
    let behind = token.span.end;
    // 连跨两个百亿元台阶: what is counted is a round sum.
    let is_sum = |at: &usize| matches(text, *at, "亿元") || matches(text, *at, "万亿");
    if (behind..behind + 2).any(|at| is_sum(&at)) && matches!(text.get(behind), Some('百' | '千' | '万' | '亿')) {
        return Some(Rule::NotPoints);
    }
    // 二次供水泵房, 二次创业: the second of a kind.
    let is_second = token.value.is(2) && matches(text, token.span.start, "二次") && tail.is_noun;
    if is_second || POINTS.iter().any(|word| matches(text, behind, word)) || matches!(text.get(behind), Some('“' | '"'))
    {
        return Some(Rule::NotPoints);
    }
    // 重点抓好以下三项工作: what follows is the list itself.
    let before = &lead.phrase.chars;
    let lists = words::contains(before, "以下") || words::ends_with_any(before, &["抓好", "做好", "突出"]);
    lists.then_some(Rule::NotListed)
}

/// The quoted stretches of a line.
#[derive(Debug, Default)]
pub struct Quotes {
    ranges: Vec<(usize, usize)>,
}

impl Quotes {
    /// Reads the quotes of a line; straight quotes are paired in order.
    pub fn of(text: &Text<'_>, line: Range<usize>) -> Self {
        let mut ranges = Vec::new();
        let mut open: Option<usize> = None;
        for at in text.all(Signs::QUOTE, line) {
            match text.folded[at] {
                '“' | '「' | '《' | '‘' => open = Some(at),
                '”' | '」' | '》' | '’' => {
                    if let Some(from) = open.take() {
                        ranges.push((from, at));
                    }
                }
                '"' => match open.take() {
                    Some(from) => ranges.push((from, at)),
                    None => open = Some(at),
                },
                _ => {}
            }
        }
        Self { ranges }
    }

    /// Whether the number in `start..end` is hidden in a name: within a short quotation.
    fn hide(&self, start: usize, end: usize) -> bool {
        /// A quotation longer than this is speech, and speech may state quantities.
        const LONGEST_NAME: usize = 30;
        // Ranges are in order and disjoint.
        let index = self.ranges.partition_point(|&(_, close)| close < start);
        self.ranges
            .get(index)
            .is_some_and(|&(open, close)| open < start && end <= close && close - open <= LONGEST_NAME)
    }
}
