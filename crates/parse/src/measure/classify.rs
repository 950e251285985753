//! What a value says about its subject: its size, its growth, its share… and with which sign.

use super::cue::Classes;
use super::indicator::Indicator;
use super::lex::{Form, Token};
use super::subject::Lead;
use crate::explain::Rule;
use crate::words;
use baogao_model::report::Measure;

/// The measure of a number, and whether it is a fall.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Classified {
    /// What the value says.
    pub measure: Measure,
    /// Whether the value goes below zero.
    pub falls: bool,
    /// For 增长N倍: the printed N is the growth, the value is one more.
    pub adds_one: bool,
    /// Whether the number compares with another region, so that it belongs to no indicator.
    pub elsewhere: bool,
    /// The rule that says so.
    pub rule: Rule,
}

impl Classified {
    /// A measure without further marks.
    fn of(measure: Measure, rule: Rule) -> Self {
        Self { measure, falls: false, adds_one: false, elsewhere: false, rule }
    }
}

/// What is known of a number besides its lead.
#[derive(Debug, Clone, Copy)]
pub struct Surroundings<'a> {
    /// The indicator, if there is one.
    pub indicator: Option<&'a Indicator>,
    /// Whether the word that says how it moved is part of the indicator's name.
    pub named_by_move: bool,
    /// Whether a counted noun stands behind it.
    pub has_noun: bool,
    /// Whether the subject is a share (占比).
    pub is_share: bool,
    /// Whether the noun behind it speaks of growth: 8%的增长目标.
    pub noun_grows: bool,
    /// Whether what it is a part of is spent on what follows: 财政支出70%以上用于….
    pub is_spent: bool,
}

/// Says what the value means.
pub fn classify(token: &Token, lead: &Lead<'_>, around: Surroundings<'_>) -> Classified {
    let falls = lead.move_cue.any(Classes::DOWN.and(Classes::RATE_DOWN));
    let is = Classified::of;
    match token.form {
        Form::Rank => return is(Measure::Rank, Rule::MeasureForm),
        Form::Doubling => return is(Measure::Multiple, Rule::MeasureForm),
        Form::Ratio | Form::Triple => return is(Measure::Level, Rule::MeasureForm),
        Form::Amount | Form::Bare => {}
    }
    if lead.completion {
        return is(Measure::Completion, Rule::MeasureCompletion);
    }
    // 降幅收窄至1.2%, 增速回落到4.2%: what moved is a rate, and its new state is the growth.
    let rates = Classes::RATE_UP.and(Classes::RATE_DOWN);
    let is_rate = token.unit == "%" && lead.reaches && lead.cues.any(rates) && !lead.compared_elsewhere;
    if is_rate && around.indicator.is_some_and(Indicator::is_money) && !lead.cues.any(Classes::AVG) {
        return Classified { falls: lead.cues.any(Classes::RATE_DOWN), ..is(Measure::Growth, Rule::MeasureGrowth) };
    }
    let reached = is_reached(lead);
    // 贫困人口减少1840人, 审批时限压缩60%: the move is part of the name.
    let moves = lead.move_cue != Classes::default() && !reached && !around.named_by_move;
    match token.unit {
        "pp" => points(lead, falls),
        "x" => {
            let adds_one = moves && !lead.times_of;
            Classified { adds_one, ..is(Measure::Multiple, Rule::MeasureTimes) }
        }
        "%" | "permille" => per_cent(lead, around, moves, falls),
        "year" | "month" | "minute" | "workday" if !moves => is(Measure::Level, Rule::MeasureLevel),
        _ if lead.cues.any(Classes::AVG) && moves => {
            Classified { falls, ..is(Measure::AvgGrowth, Rule::MeasureAverage) }
        }
        // 增加520元 is a change; 增加岗位5000个 and 增加5000个岗位 are sizes of what was added.
        _ if moves && !around.has_noun && !lead.move_cue.any(Classes::RATE_UP.and(Classes::RATE_DOWN)) => {
            Classified { falls, ..is(Measure::Change, Rule::MeasureChange) }
        }
        // 村集体经济收入净增2.6万元: of an amount of money it can only be a change.
        _ if around.indicator.is_some_and(Indicator::is_money) && !around.has_noun && lead.says("净增") => {
            is(Measure::Change, Rule::MeasureChange)
        }
        _ => is(Measure::Level, Rule::MeasureLevel),
    }
}

/// Whether the move names the state reached: 提高到35%, 降至; but not 增长达35%.
fn is_reached(lead: &Lead<'_>) -> bool {
    let grows = ["增长达", "下降达", "增幅达", "增速达"].iter().any(|word| lead.says(word));
    lead.reaches && !grows && !lead.move_cue.any(Classes::RATE_UP.and(Classes::RATE_DOWN))
}

/// Percentage points.
fn points(lead: &Lead<'_>, falls: bool) -> Classified {
    let is = Classified::of;
    // 民营工业增加值增速高于全部工业2.3个百分点, but not 高于上年.
    let over = words::contains_any(lead.subject(), &["高于", "快于", "低于", "高出"]);
    let is_earlier = || words::contains_any(lead.subject(), &["上年", "去年", "同期", "年初"]);
    if lead.compared_elsewhere || over && !is_earlier() {
        return Classified { elsewhere: true, ..is(Measure::Level, Rule::MeasureElsewhere) };
    }
    if lead.cues.any(Classes::AVG) {
        return Classified { falls, ..is(Measure::AvgGrowth, Rule::MeasureAverage) };
    }
    Classified { falls, ..is(Measure::ChangePp, Rule::MeasurePoints) }
}

/// Per cent.
fn per_cent(lead: &Lead<'_>, around: Surroundings<'_>, moves: bool, falls: bool) -> Classified {
    let is = Classified::of;
    if around.indicator.is_some_and(|row| row.id == "cpi") {
        return Classified { falls, ..is(Measure::Level, Rule::MeasureIndex) };
    }
    if moves && lead.compared_elsewhere {
        return is(Measure::Level, Rule::MeasureElsewhere);
    }
    if moves && lead.cues.any(Classes::AVG) {
        return Classified { falls, ..is(Measure::AvgGrowth, Rule::MeasureAverage) };
    }
    if moves {
        return Classified { falls, ..is(Measure::Growth, Rule::MeasureGrowth) };
    }
    if lead.of.is_some() || around.is_share || around.is_spent {
        return is(Measure::Share, Rule::MeasureShare);
    }
    if around.noun_grows {
        // 保持年均15.7%的高速增长.
        let measure = if lead.cues.any(Classes::AVG) { Measure::AvgGrowth } else { Measure::Growth };
        return is(measure, Rule::MeasureGrowthNoun);
    }
    // 固定资产投资10%: of an amount, a bare percentage can only be its growth.
    let is_amount = around.indicator.is_some_and(Indicator::is_money);
    if is_amount && !around.has_noun {
        let measure = if lead.cues.any(Classes::AVG) { Measure::AvgGrowth } else { Measure::Growth };
        return is(measure, Rule::MeasureGrowthAmount);
    }
    is(Measure::Level, Rule::MeasureLevel)
}
