//! From the words around a number to the indicator: a name as it stands, with a shared verb before
//! it, with its parts in another order, or behind what the sentence spoke of before.

use super::cue::Classes;
use super::indicator::Indicator;
use super::lex::{Form, Token};
use super::list;
use super::statement::{Sentence, State, Topic};
use super::subject::Lead;
use crate::explain::Rule;
use crate::words;

impl Sentence<'_> {
    /// The indicator whose name ends in what was read as a cue: 审批时限压缩, 贫困人口减少.
    pub(super) fn row_named_by_move(&self, lead: &Lead<'_>, fits: impl Fn(&Indicator) -> bool + Copy) -> Option<usize> {
        let (indicators, cues) = (&self.tables.indicators, &self.tables.cues);
        if lead.of.is_some() {
            // What 占 stands before is the whole, not the subject.
            return None;
        }
        for stage in lead.stages() {
            if stage <= lead.subject_end || lead.subject_start >= stage {
                continue;
            }
            let words = &lead.phrase.chars[lead.subject_start..stage];
            if !indicators.ends_in_any_name(words) {
                continue;
            }
            let row =
                indicators.of_subject(words, cues, self.level, fits).filter(|&row| indicators.ends_in_name(words, row));
            if row.is_some() {
                return row;
            }
        }
        None
    }

    /// The indicator of the words before a number, and the rule that found it.
    pub(super) fn row_of_lead(
        &self,
        lead: &Lead<'_>,
        state: &State<'_>,
        per_cent: bool,
        fits: impl Fn(&Indicator) -> bool + Copy,
    ) -> Option<(usize, Rule)> {
        let (indicators, cues) = (&self.tables.indicators, &self.tables.cues);
        if let Some(row) = self.row_of_share(lead, fits) {
            return Some((row, Rule::IndicatorShare));
        }
        // The names of some begin with a word that else says nothing: 争取上级资金, 完成造林.
        let own = &lead.phrase.chars[..lead.subject_end];
        let with_verb: Vec<char>;
        // Over a comma the verb reaches only a bare noun: 科技型中小企业64家, not 总量达到81家.
        let shares = !state.verb.is_empty() && (!state.comma || lead.cues == Classes::default());
        let words: &[char] = if shares || lead.cues.any(Classes::NEW) {
            let verb: &[char] = if !shares { &['新', '增'] } else { &state.verb };
            with_verb = verb.iter().chain(own).copied().collect();
            &with_verb
        } else {
            own
        };
        let whole = self.row_across_verb(own, fits).or_else(|| indicators.of_subject(words, cues, self.level, fits));
        // 建成了…,其中高速公路252公里: a weak name does without the verb.
        let whole = whole.or_else(|| indicators.of_subject(own, cues, self.level, fits).filter(|_| shares));
        let rows = self.rows_of_list(words, fits);
        let named = |row, rule| Some((row?, rule));
        let first = named(rows.first().copied(), Rule::IndicatorList);
        if rows.len() > 1 && whole == rows.last().copied() {
            // One percentage for two subjects is of either; a sum of two is of none.
            return first.filter(|_| per_cent);
        }
        named(whole, Rule::IndicatorName)
            .or(first)
            .or_else(|| named(self.row_of_span(words, fits), Rule::IndicatorName))
            .or_else(|| named(self.row_of_product(own, fits), Rule::IndicatorProduct))
            .or_else(|| named(self.row_of_stage(own, fits), Rule::IndicatorStage))
    }

    /// 规模以上工业完成总产值 is 规模以上工业总产值: a verb stands between whose figure it is and what is measured.
    fn row_across_verb(&self, own: &[char], fits: impl Fn(&Indicator) -> bool + Copy) -> Option<usize> {
        let at = ["完成", "实现"].iter().filter_map(|verb| words::rfind(own, verb)).max().filter(|&at| at > 0)?;
        // Both verbs have two characters.
        let (whose, what) = (&own[..at], &own[at + 2..]);
        let name = [whose, what].concat();
        let row = self.tables.indicators.of_subject(&name, &self.tables.cues, self.level, fits)?;
        // What is behind the verb has to be part of a longer name, or it is a name by itself.
        let across = self.tables.indicators.ends_across(&name, whose.len(), row, &self.tables.cues);
        across.then_some(row)
    }

    /// 制造业增加值占GDP比重: a share that has a name of its own.
    fn row_of_share(&self, lead: &Lead<'_>, fits: impl Fn(&Indicator) -> bool + Copy) -> Option<usize> {
        let words = lead.phrase.chars.get(lead.subject_start..lead.of.as_ref()?.end)?;
        // 占生产总值的比重 is 占生产总值比重.
        let words: Vec<char> = words.iter().copied().filter(|&c| c != '的').collect();
        let called = |words: &[char]| self.tables.indicators.called(words);
        let by_short_name = || {
            let whole = ["地区生产总值", "国内生产总值", "生产总值"].iter().find_map(|name| {
                let at = words::rfind(&words, name)?;
                Some((at, at + name.chars().count()))
            });
            let (from, to) = whole?;
            called(&[&words[..from], &['G', 'D', 'P'], &words[to..]].concat())
        };
        called(&words).or_else(by_short_name).filter(|&row| fits(self.tables.indicators.row(row)))
    }

    /// The different indicators of a list of subjects; none where it is no list.
    pub(super) fn rows_of_list(&self, words: &[char], fits: impl Fn(&Indicator) -> bool + Copy) -> Vec<usize> {
        let mut rows: Vec<usize> = Vec::new();
        if !list::is_list(words) {
            // It has no parts but itself, whose row is known.
            return rows;
        }
        for part in list::parts(words) {
            let row = self.tables.indicators.of_subject(&words[part], &self.tables.cues, self.level, fits);
            rows.extend(row.filter(|row| !rows.contains(row)));
        }
        rows
    }

    /// 新签约亿元以上产业项目 and 3个项目成功签约 are 签约项目: the stage and the projects apart.
    pub(super) fn row_of_stage(&self, words: &[char], fits: impl Fn(&Indicator) -> bool + Copy) -> Option<usize> {
        // 新上亿元以上非煤项目: so is their size.
        const STAGES: [(&str, &str); 6] = [
            ("签约", "签约项目"),
            ("落地", "落地项目"),
            ("开工", "新开工项目"),
            ("竣工", "竣工项目"),
            ("亿元以上", "亿元以上项目"),
            ("万元以上", "5000万元以上项目"),
        ];
        if !words::contains(words, "项目") {
            return None;
        }
        let (_, name) = STAGES.iter().find(|(stage, _)| words::contains(words, stage))?;
        let name: Vec<char> = name.chars().collect();
        self.tables.indicators.of_subject(&name, &self.tables.cues, self.level, fits)
    }

    /// 固定资产投资五年累计, 生产总值在2000年的基础上, 固定资产投资计划安排: the years or the plan that a
    /// figure is of stand behind its name.
    fn row_of_span(&self, words: &[char], fits: impl Fn(&Indicator) -> bool + Copy) -> Option<usize> {
        let name = match words {
            [name @ .., '计', '划', '安', '排'] => name,
            [before @ .., '基', '础', '上'] => &before[..before.iter().rposition(|&c| c == '在')?],
            [before @ .., '年'] => {
                let count = |c: &char| c.is_ascii_digit() || super::numeral::is_han(*c);
                &before[..before.iter().rposition(|c| !count(c))? + 1]
            }
            _ => return None,
        };
        self.tables.indicators.of_subject(name, &self.tables.cues, self.level, fits)
    }

    /// 生产汽车 is 汽车产量.
    pub(super) fn row_of_product(&self, own: &[char], fits: impl Fn(&Indicator) -> bool + Copy) -> Option<usize> {
        // 生产 has two characters.
        let product = &own[words::rfind(own, "生产")? + 2..];
        if product.is_empty() {
            return None;
        }
        let words: Vec<char> = product.iter().copied().chain("产量".chars()).collect();
        self.tables.indicators.of_subject(&words, &self.tables.cues, self.level, fits)
    }

    /// The indicator of a generic word behind a topic: 总产量 behind 粮食, 总数 behind 企业.
    pub(super) fn joined_row(
        &self,
        before: &Topic<'_>,
        own: &[char],
        fits: impl Fn(&Indicator) -> bool + Copy,
    ) -> Option<usize> {
        let indicators = &self.tables.indicators;
        if let Some(row) = self.row_after(before, own).filter(|&row| fits(indicators.row(row))) {
            return Some(row);
        }
        let words = join(&before.subject, own);
        let mut row = indicators.of_subject(&words, &self.tables.cues, self.level, fits);
        if row.is_none() && self.tables.cues.generic.exact(own).is_some_and(|said| said.any(Classes::SERIES)) {
            row = before.row.filter(|&row| fits(indicators.row(row)));
        }
        row = row.or_else(|| self.row_of_crop(&before.subject, own, fits));
        // 高速公路通车里程2079公里,总里程突破5000公里: the whole of the same.
        if let ['总', same @ ..] = own
            && before.subject.ends_with(same)
        {
            row = row.or(before.row.filter(|&row| fits(indicators.row(row))));
        }
        // 净增规上企业31家,总数达118家: the stock again.
        if own.first() == Some(&'总') {
            row = row.map(|row| indicators.stock_of(row));
        }
        row
    }

    /// 粮食生产连续六年增产,总产…: what is grown, before what is said of its growing.
    fn row_of_crop(&self, before: &[char], own: &[char], fits: impl Fn(&Indicator) -> bool + Copy) -> Option<usize> {
        if !words::ends_with_any(own, &["产", "产量"]) {
            return None;
        }
        let lengths = 2..=4.min(before.len());
        let mut crops = lengths.filter(|&length| {
            words::starts_with_any(&before[length..], &["生产", "播种", "种植", "作物", "面积", "在"])
        });
        let name = [&before[..crops.next()?], own].concat();
        self.tables.indicators.of_subject(&name, &self.tables.cues, self.level, fits)
    }

    /// The indicator that `words` mean behind the topic's: 总投资 behind 签约项目.
    pub(super) fn row_after(&self, before: &Topic<'_>, words: &[char]) -> Option<usize> {
        self.tables.indicators.after(before.row?, words)
    }

    /// Whether an indicator can have the number.
    pub(super) fn fits(&self, row: &Indicator, token: &Token, lead: &Lead<'_>) -> bool {
        match token.unit {
            "%" | "pp" | "x" | "rank" => match token.form {
                Form::Triple => row.dimension == "ratio_triple",
                Form::Ratio => row.dimension == "ratio_x",
                _ => {
                    let moves = lead.move_cue != Classes::default() || lead.of.is_some() || lead.completion;
                    // A bare percentage is a rate; of an amount it can be the growth; of a count it is not.
                    moves || token.unit != "%" || !matches!(row.dimension.as_str(), "count" | "persons" | "households")
                }
            },
            "" => !row.is_ratio() && (row.dimension != "ratio_x" || token.value.to_f64() < 10.0),
            "tce" => row.id == "energy_intensity",
            "household" => row.has_unit("household") || row.counts_firms(),
            "CNY" | "USD" | "EUR" | "HKD" | "JPY" => row.is_money() || row.has_unit(token.unit),
            unit => row.has_unit(unit),
        }
    }
}

/// Two words joined, with what the first ends in and the second begins with written once.
pub fn join(before: &[char], word: &[char]) -> Vec<char> {
    let overlap =
        (1..=word.len().min(before.len())).rev().find(|&length| before.ends_with(&word[..length])).unwrap_or(0);
    before.iter().chain(&word[overlap..]).copied().collect()
}
