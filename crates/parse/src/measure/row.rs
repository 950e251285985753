//! The row of the record: everything found out about a number, put together.

use super::bound::bound;
use super::classify::{Classified, Surroundings, classify};
use super::cue::Classes;
use super::decimal::Decimal;
use super::lex::Form;
use super::lex::Token;
use super::phrase::is_clause_mark;
use super::qualitative;
use super::statement::{Resolved, Sentence, State};
use super::subject::Lead;
use super::tail::Tail;
use crate::charset::CharSet;
use crate::explain::Rule;
use crate::text::span;
use crate::words;
use baogao_model::Excerpt;
use baogao_model::report::{Bound, Measure, Measurement, Modality, Number};
use std::borrow::Cow;
use std::ops::Range;

/// The most characters of a quote before its number. A subject inherited from further back is in
/// `subject`; quoting all that lies between would make a long list quote itself for every number.
const QUOTE: usize = 200;

impl Sentence<'_> {
    /// Writes the row.
    pub(super) fn emit(
        &self,
        token: &Token,
        lead: &Lead<'_>,
        tail: &Tail<'_>,
        resolved: &Resolved<'_>,
        state: &State<'_>,
        found: &mut Vec<Measurement>,
    ) -> Classified {
        let indicators = &self.tables.indicators;
        let indicator = resolved.topic.row.map(|row| indicators.row(row));
        let around = Surroundings {
            indicator,
            named_by_move: resolved.named_by_move,
            has_noun: resolved.has_noun || tail.is_noun,
            is_share: resolved.topic.is_share,
            noun_grows: (resolved.has_noun || tail.attributive) && tail.grows(),
            is_spent: token.unit == "%" && is_spent(&tail.phrase.chars),
        };
        let said = match state.from {
            // 降幅由15.3%收窄至12.7%: both states say the same thing.
            Some(first) if lead.is_empty() && lead.cues.any(Classes::TO) => {
                Classified { rule: Rule::MeasureSecond, ..first }
            }
            // 降幅分别为22.6%、18.4%, 高于全省、全市0.9、0.4个百分点: what holds for the first of a list holds for all.
            _ => match state.listed.filter(|_| lead.is_empty() && lead.cues == Classes::default()) {
                Some(first) => first,
                None => classify(token, lead, around),
            },
        };
        self.note_said(&said, resolved);
        let mut row = resolved.topic.row.filter(|_| !said.elsewhere);
        if said.measure == Measure::Share
            && let Some(share) = row.and_then(|row| indicators.share_of(row, &lead_of(lead)))
        {
            row = Some(share);
            self.note(Rule::IndicatorShare, None);
        }
        // 用于民生的支出…,占一般公共预算支出的81%: whatever the spending on lives is called.
        if said.measure == Measure::Share
            && row.is_none()
            && words::contains(&resolved.topic.subject, "民生")
            && let Some(spending) = indicators.called(&['民', '生', '支', '出'])
        {
            row = lead.of.as_ref().and_then(|_| indicators.share_of(spending, &lead_of(lead)));
            if row.is_some() {
                self.note(Rule::IndicatorShare, None);
            }
        }
        // 财政支出70%以上用于民生: the share that what follows has.
        if said.measure == Measure::Share && around.is_spent {
            let spending = indicators.called(&['民', '生', '支', '出']);
            let on_lives = words::contains(&tail.phrase.chars, "民生");
            row = spending
                .filter(|_| on_lives)
                .and_then(|row| indicators.share_of(row, &words::string(&resolved.topic.subject)));
        }
        // 高标准农田占比62%, 风电装机占总装机的21%: what is no share by the table is not meant as a whole.
        if said.measure == Measure::Share
            && row.is_some_and(|row| !indicators.row(row).has_share && !indicators.row(row).is_money())
        {
            row = None;
            self.note(Rule::IndicatorNot, None);
        }
        let (unit, counter) = self.unit(token, tail, resolved);
        let (value, max) = signed(token, said);
        let local = self.local(token);
        let (bound, bound_by) = bound(token, lead, tail);
        if let Some(rule) = bound_by {
            self.note(rule, None);
        }
        let modality = self.modality(token, lead, said, local);
        let measurement = Measurement {
            quote: self.quote(token, tail, resolved),
            subject: words::string(&resolved.topic.subject).into(),
            indicator: row.map(|row| indicators.row(row).id.into()),
            measure: said.measure,
            value: Some(Number(value)),
            value_max: max.map(Number),
            unit: Some(unit.into()),
            counter: counter.map(Cow::Borrowed),
            bound,
            modality,
            period: self.period(token, lead, said, modality, state, local).map(|years| years.text().into()),
            scope: None,
            of: lead.of.clone().map(|of| lead.phrase.text(of).into()),
            basis: self.basis(token).map(Cow::Borrowed),
            span: span(token.span.clone()),
            section: self.frame.section,
        };
        found.push(measurement);
        if let Some(trace) = self.trace {
            trace.measurement(token.span.clone());
        }
        said
    }

    /// Notes what the value says.
    fn note_said(&self, said: &Classified, resolved: &Resolved<'_>) {
        self.note(said.rule, None);
        if said.falls {
            self.note(Rule::MeasureFalls, None);
        }
        if said.adds_one {
            self.note(Rule::MeasureAddsOne, None);
        }
        if said.elsewhere && resolved.topic.row.is_some() {
            self.note(Rule::IndicatorNot, None);
        }
    }

    /// The unit and classifier of the row.
    pub(super) fn unit(
        &self,
        token: &Token,
        tail: &Tail<'_>,
        resolved: &Resolved<'_>,
    ) -> (&'static str, Option<&'static str>) {
        let row = resolved.topic.row.map(|row| self.tables.indicators.row(row));
        match token.unit {
            "" => {
                self.note(Rule::UnitBare, None);
                self.unit_of_bare(token, resolved).unwrap_or_default()
            }
            "household" => {
                let words: Vec<char> = resolved.topic.subject.iter().chain(tail.phrase.chars.iter()).copied().collect();
                const FIRMS: [&str; 14] = [
                    "电话",
                    "用户",
                    "市场",
                    "企业",
                    "主体",
                    "商户",
                    "个体",
                    "公司",
                    "个转企",
                    "小升规",
                    "规升巨",
                    "工商户",
                    "商家",
                    // 10亿元以上12户: what is sized in money are firms.
                    "元以上",
                ];
                let counts = row.is_some_and(|row| row.has_unit("count") && !row.has_unit("household"));
                if counts || (words::contains_any(&words, &FIRMS) && !row.is_some_and(|r| r.has_unit("household"))) {
                    self.note(Rule::UnitFirms, None);
                    ("count", Some("户"))
                } else {
                    ("household", None)
                }
            }
            "tce" if row.is_some_and(|row| row.id == "energy_intensity") => {
                self.note(Rule::UnitIntensity, None);
                ("tce/10k CNY", None)
            }
            unit => (unit, token.counter),
        }
    }

    /// The unit of a number printed without one, from its subject: 13亿人口, 指数达到127.6.
    pub(super) fn unit_of_bare(
        &self,
        token: &Token,
        resolved: &Resolved<'_>,
    ) -> Option<(&'static str, Option<&'static str>)> {
        let subject = &resolved.topic.subject;
        let behind = self.text.folded.get(token.span.end..(token.span.end + 6).min(self.range.end))?;
        let row = resolved.topic.row.map(|row| self.tables.indicators.row(row));
        // 城乡收入比由3.14缩小到2.78: the 1 that it is to is left out.
        if row.is_some_and(|row| row.dimension == "ratio_x") && !token.han {
            return Some(("x", None));
        }
        if words::ends_with(subject, "指数") && !token.han {
            return Some(("index", None));
        }
        if !self.is_scaled(token) {
            return None;
        }
        if let Some(row) = row {
            return match row.units.first().map(String::as_str) {
                Some("person") => Some(("person", None)),
                Some("count") if words::ends_with(subject, "人次") => Some(("count", Some("人次"))),
                Some("CNY") if row.units.len() == 1 => Some(("CNY", None)),
                _ => None,
            };
        }
        const PEOPLE: [&str; 19] = [
            "人口",
            "群众",
            "农民",
            "职工",
            "学生",
            "党员",
            "居民",
            "干部",
            "劳动力",
            "人员",
            "牧民",
            "渔民",
            "纳税人",
            "老人",
            "孩子",
            "儿童",
            "村民",
            "文盲",
            "师生",
        ];
        let behind = behind.split(|&c| is_clause_mark(c)).next().unwrap_or_default();
        if words::contains_any(behind, &PEOPLE) || words::ends_with_any(subject, &PEOPLE) {
            return Some(("person", None));
        }
        words::ends_with(subject, "人次").then_some(("count", Some("人次")))
    }

    /// Whether a bare number is large enough to be one of people or money.
    fn is_scaled(&self, token: &Token) -> bool {
        token.value.to_f64() >= 10_000.0 && self.ends_in_multiplier(token)
    }

    pub(super) fn ends_in_multiplier(&self, token: &Token) -> bool {
        matches!(self.text.folded[token.span.end - 1], '万' | '亿' | '余' | '多')
    }

    /// Whether a bare number can find no meaning, whatever its subject: it is neither large nor behind
    /// an index or a ratio.
    pub(super) fn means_nothing(&self, token: &Token) -> bool {
        token.form == Form::Bare && !self.is_scaled(token) && (token.han || !self.marks.names_index)
    }

    /// Whether a bare number has found a meaning.
    pub(super) fn keeps(&self, token: &Token, resolved: &Resolved<'_>) -> bool {
        token.form != Form::Bare || self.unit_of_bare(token, resolved).is_some()
    }

    /// The shortest stretch that holds subject and value.
    pub(super) fn quote(&self, token: &Token, tail: &Tail<'_>, resolved: &Resolved<'_>) -> Excerpt {
        let nearest = token.span.start.saturating_sub(QUOTE).max(self.range.start);
        let start = match resolved.topic.start {
            // Without a subject there is nothing but the value to hold.
            _ if resolved.topic.subject.is_empty() => token.span.start,
            start => start.clamp(nearest, token.span.start),
        };
        let end = if resolved.has_noun {
            let noun = tail.noun(&self.tables.cues).len();
            noun.checked_sub(1).and_then(|last| tail.phrase.at(last)).map_or(token.span.end, |at| at + 1)
        } else {
            self.behind_suffix(token.span.end)
        };
        self.text.quote(start..end.max(token.span.end))
    }

    /// 可比价, 同口径: what a growth is reckoned by.
    pub(super) fn basis(&self, token: &Token) -> Option<&'static str> {
        /// How far before the number it may stand.
        const WINDOW: usize = 24;
        let from = token.span.start.saturating_sub(WINDOW).max(self.range.start);
        let before = &self.text.folded[from..token.span.start];
        // Hardly any number has one of these before it, and all are asked.
        static FIRST: CharSet = CharSet::new(&['同', '可', '扣', '剔']);
        FIRST.find(before)?;
        ["同口径", "可比口径", "可比价", "扣除价格因素", "剔除"].into_iter().find(|word| words::contains(before, word))
    }

    /// Targets without a number, in the clauses that have none.
    pub(super) fn qualitative(&self, tokens: &[Token], found: &mut Vec<Measurement>) {
        for target in qualitative::find(self.text, self.range.clone(), &self.tables.cues) {
            let next = tokens.partition_point(|token| token.span.end <= target.clause.start);
            if tokens.get(next).is_some_and(|token| token.span.start < target.clause.end) {
                continue;
            }
            let (indicators, cues) = (&self.tables.indicators, &self.tables.cues);
            let row = indicators.of_subject(&target.subject, cues, self.level, |_| true);
            self.note_target(&target.span, row.is_some());
            found.push(Measurement {
                quote: self.text.quote(target.clause.clone()),
                subject: words::string(&target.subject).into(),
                indicator: row.map(|row| indicators.row(row).id.into()),
                measure: Measure::Qualitative,
                value: None,
                value_max: None,
                unit: None,
                counter: None,
                bound: Bound::Eq,
                modality: Modality::Target,
                period: self.frame.years.map(|years| years.text().into()),
                scope: None,
                of: None,
                basis: None,
                span: span(target.span),
                section: self.frame.section,
            });
        }
    }

    /// Notes a target without a number.
    fn note_target(&self, at: &Range<usize>, has_row: bool) {
        let Some(trace) = self.trace else { return };
        trace.take();
        trace.note(Rule::NumberWording, Some(at.clone()));
        trace.note(Rule::SubjectBefore, None);
        if has_row {
            trace.note(Rule::IndicatorName, None);
        }
        trace.note(Rule::ModalityFrame, None);
        self.frame.years_by.into_iter().for_each(|rule| trace.note(rule, None));
        trace.measurement(at.clone());
    }
}

/// Whether the words behind a percentage say what it is spent on: 用于民生, 左右财政支出用于民生.
fn is_spent(behind: &[char]) -> bool {
    let behind = ["财政支出", "财政资金", "支出", "资金"]
        .iter()
        .find_map(|spent| words::strip_prefix(behind, spent))
        .unwrap_or(behind);
    words::starts_with_any(behind, &["用于", "投入", "投向"])
}

/// What a share is of.
fn lead_of(lead: &Lead<'_>) -> String {
    lead.of.clone().map(|of| lead.phrase.text(of)).unwrap_or_default()
}

/// The value and its high end with the sign that the words give.
fn signed(token: &Token, said: Classified) -> (f64, Option<f64>) {
    let mut value = token.value;
    let mut max = token.max.as_deref().copied();
    if said.adds_one {
        let one = Decimal::whole(1);
        value = value.plus(one).unwrap_or(value);
        max = max.map(|max| max.plus(one).unwrap_or(max));
    }
    // 下降2.1% and 增长-2.1% are the same fall; a printed minus behind 降幅 is not doubled.
    if said.falls && !value.is_negative() {
        value = value.negated();
        max = max.map(Decimal::negated);
    }
    (value.to_f64(), max.map(Decimal::to_f64))
}
