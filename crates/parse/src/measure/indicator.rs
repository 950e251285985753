//! From a subject as printed to the canonical indicator of `indicators.tsv`.
//!
//! A name counts where it is the head of the subject: nothing but a few neutral words (总数, 规模)
//! may stand between it and the number, so that 规模以上工业企业研发活动覆盖率 is not a number of
//! firms. The longest name wins, and the unit must be one the indicator has.

use super::cue::Cues;
use super::subject::date_length;
use crate::trie::Trie;
use crate::words;
use baogao_model::report::Level;
use std::borrow::Cow;
use std::collections::HashMap;

/// One row of `indicators.tsv`.
#[derive(Debug, Clone)]
pub struct Indicator {
    /// The canonical name.
    pub id: &'static str,
    /// The part of life it belongs to: `fiscal`, `industry`…
    pub group: String,
    /// What sort of quantity it is: `money`, `ratio`, `count`…
    pub dimension: String,
    /// The units of its level.
    pub units: Vec<String>,
    /// The row of its increment (新增…), for a stock that has one.
    pub increment: Option<usize>,
    /// The rows a pair marker stands for (城乡居民…: urban, then rural).
    pub pair: Vec<usize>,
    /// Whether it can be a share of something, by the table or as a rate.
    pub has_share: bool,
}

impl Indicator {
    /// Whether `unit` is one of its own.
    pub fn has_unit(&self, unit: &str) -> bool {
        self.units.iter().any(|own| own == unit)
    }

    /// Whether it is an amount of money.
    pub fn is_money(&self) -> bool {
        matches!(self.dimension.as_str(), "money" | "money_any")
    }

    /// Whether it counts firms, which are printed in 户 as families are.
    pub fn counts_firms(&self) -> bool {
        const GROUPS: [&str; 7] =
            ["industry", "innovation", "digital", "enterprise", "agriculture", "finance", "trade"];
        self.has_unit("count") && GROUPS.contains(&self.group.as_str())
    }

    /// Whether it is a percentage by nature, so that 5% is its size and not its growth.
    pub fn is_ratio(&self) -> bool {
        matches!(self.dimension.as_str(), "ratio" | "ratio_triple" | "permille")
    }
}

/// A name found in a subject.
#[derive(Debug, Clone, Copy)]
struct Found {
    row: usize,
    weak: bool,
    start: usize,
    end: usize,
}

/// All indicators, found by their names.
#[derive(Debug)]
pub struct Indicators {
    rows: Vec<Indicator>,
    /// The rows that a name stands for, in the order of the table, and whether it is weak there.
    names: Trie<Vec<(usize, bool)>>,
    /// The same by the names read backwards, since most are looked for where a subject ends.
    backwards: Trie<Vec<(usize, bool)>>,
    /// The rows that follow a row, by the index of the row they follow, with the words that mean them there:
    /// 总投资 behind 签约项目.
    followers: Vec<Vec<(usize, Vec<Vec<char>>)>>,
    /// See [`OTHERS`].
    others: Trie<()>,
}

/// The table as shipped.
const TABLE: &str = include_str!("../../indicators.tsv");

/// Names of others: behind them stands their figure, not the region's.
const OTHERS: [&str; 23] = [
    "开发区",
    "高新区",
    "经开区",
    "园区",
    "新区",
    "集团",
    "公司",
    "京津冀",
    "长三角",
    "世界",
    "集聚区",
    "示范区",
    "产业园",
    "国际",
    "基地",
    "全球",
    // Parts of the region's own: 海洋生产总值, 脱贫县农村居民人均可支配收入, 口岸进出口总额.
    "海洋",
    "脱贫县",
    "脱贫地区",
    "贫困地区",
    "口岸",
    "跨境电商",
    // 烟草以外工业增加值.
    "以外",
];

/// Totals of a region that a branch or kind of firm before them narrows: 高技术制造业实际使用外资,
/// 民营企业进出口. Behind other names it is as often part of the printed name.
const TOTALS: [&str; 9] = [
    "fdi_actual",
    "fdi_contract",
    "trade_total",
    "export_total",
    "import_total",
    "fixed_asset_investment",
    "private_investment",
    "tax_revenue",
    "loan_balance",
];

impl Indicators {
    /// Reads the shipped table.
    pub fn new() -> Self {
        let table: Vec<Vec<&'static str>> = TABLE.lines().skip(1).map(|line| line.split('\t').collect()).collect();
        let by_id: HashMap<&str, usize> = table.iter().enumerate().map(|(row, cells)| (cells[0], row)).collect();
        let mut rows: Vec<Indicator> = Vec::with_capacity(table.len());
        let (mut names, mut backwards) = (Trie::default(), Trie::default());
        let mut followers = vec![Vec::new(); table.len()];
        for (row, cells) in table.iter().enumerate() {
            // A test holds every row of the shipped table to its columns and references.
            let cell = |column: usize| cells.get(column).copied().unwrap_or_default();
            let list = |column: usize| cell(column).split('|').filter(|name| !name.is_empty());
            for (column, weak) in [(7, false), (8, true)] {
                for name in list(column) {
                    let name = name.chars().filter(|&c| !is_silent(c)).map(|c| c.to_ascii_uppercase());
                    add(&mut backwards, name.clone().rev(), (row, weak));
                    add(&mut names, name, (row, weak));
                }
            }
            for (id, words) in cell(11).split(';').filter_map(|after| after.split_once(':')) {
                let words: Vec<Vec<char>> = words.split('|').map(|word| word.chars().collect()).collect();
                if let Some(&before) = by_id.get(id) {
                    followers[before].push((row, words));
                }
            }
            rows.push(Indicator {
                id: cells[0],
                group: cell(3).to_owned(),
                dimension: cell(4).to_owned(),
                units: list(5).map(str::to_owned).collect(),
                increment: by_id.get(cell(9)).copied(),
                pair: list(10).filter_map(|id| by_id.get(id).copied()).collect(),
                has_share: cell(6).split(',').any(|measure| measure == "share") || cell(5) == "%",
            });
        }
        let mut others = Trie::default();
        for other in OTHERS {
            *others.entry(other.chars()) = Some(());
        }
        Self { rows, names, backwards, followers, others }
    }

    /// One indicator.
    pub fn row(&self, row: usize) -> &Indicator {
        &self.rows[row]
    }

    /// The stock of which `row` is the increment; the row itself where it is none.
    pub fn stock_of(&self, row: usize) -> usize {
        self.rows.iter().position(|stock| stock.increment == Some(row)).unwrap_or(row)
    }

    /// The indicator that `words` mean behind a number of `row`: 总投资 behind 签约项目.
    pub fn after(&self, row: usize, words: &[char]) -> Option<usize> {
        let followers = self.followers[row].iter();
        let mut meant = followers.filter(|(_, known)| known.iter().any(|word| words == word.as_slice()));
        meant.next().map(|&(follower, _)| follower)
    }

    /// The indicator that a share of `row` in `of` is: 民生支出占一般公共预算支出的….
    pub fn share_of(&self, row: usize, of: &str) -> Option<usize> {
        let share = self.after(row, &['占'])?;
        // 占比 alone leaves the whole out.
        (of.is_empty() || of.contains("支出")).then_some(share)
    }

    /// Whether `subject` ends in a name of `row` itself, without a neutral word behind it.
    pub fn ends_in_name(&self, subject: &[char], row: usize) -> bool {
        let clean = spoken(subject);
        self.ending(&clean, clean.len()).any(|found| found.row == row)
    }

    /// Whether `subject` ends in a name of `row` that begins before `at`, behind nothing but where and when.
    pub fn ends_across(&self, subject: &[char], at: usize, row: usize, cues: &Cues) -> bool {
        self.ending(subject, subject.len()).any(|found| {
            found.row == row && !found.weak && found.start < at && is_attributive(&subject[..found.start], cues)
        })
    }

    /// Whether `subject` ends in any name, without a neutral word behind it.
    pub fn ends_in_any_name(&self, subject: &[char]) -> bool {
        let spoken = subject.iter().rev().filter(|&&c| !is_silent(c)).map(|c| c.to_ascii_uppercase());
        self.backwards.prefixes(spoken).next().is_some()
    }

    /// The indicator of which `subject` as a whole is a name.
    pub fn called(&self, subject: &[char]) -> Option<usize> {
        let clean = spoken(subject);
        self.starting(&clean, 0).find(|found| !found.weak && found.end == clean.len()).map(|found| found.row)
    }

    /// The indicator whose name is the head of `subject`.
    ///
    /// `fits` says whether a row can have the number at hand.
    pub fn of_subject(
        &self,
        subject: &[char],
        cues: &Cues,
        level: Option<Level>,
        fits: impl Fn(&Indicator) -> bool,
    ) -> Option<usize> {
        let clean = spoken(subject);
        let mut best: Option<Found> = None;
        // Where names may end, the latest first: before neutral words.
        let mut ends = vec![clean.len()];
        let mut next = 0;
        while let Some(&end) = ends.get(next) {
            next += 1;
            for found in self.ending(&clean, end) {
                let rank = |f: &Found| (!f.weak, f.end - f.start, f.end);
                if best.is_some_and(|other| rank(&found) <= rank(&other)) || !fits(&self.rows[found.row]) {
                    continue;
                }
                let (prefix, suffix) = (&clean[..found.start], &clean[end..]);
                // 出口量 is no 出口 in money.
                let is_head = suffix.is_empty() || cues.suffix.cover(suffix) && !(found.weak && suffix == ['量']);
                let narrowed = self.is_of_others(prefix, level) || self.is_of_branch(found, prefix);
                if is_head && !narrowed && (!found.weak || is_attributive(prefix, cues)) {
                    best = Some(found);
                }
            }
            for length in cues.suffix.all_at_end(&clean[..end]) {
                if !ends.contains(&(end - length)) {
                    ends.push(end - length);
                }
            }
        }
        let best = best?;
        Some(self.stock_or_increment(best, &clean, cues))
    }

    /// The indicator whose name opens a clause that goes on to tell how it fared, and the length of the name.
    pub fn opening(&self, clause: &[char], fits: impl Fn(&Indicator) -> bool) -> Option<(usize, usize)> {
        const FARES: [&str; 22] = [
            "连续",
            "先后",
            "受",
            "由负转正",
            "由降转升",
            "由降转增",
            "止跌",
            "扭",
            "再创",
            "创",
            "再上",
            "跃上",
            "迈上",
            "实现",
            "保持",
            "稳步",
            "持续",
            "快速",
            "平稳",
            "大幅",
            "逆势",
            "企稳",
        ];
        // 辖区税收收入总额连续跨越…: a place before the name, 总额 behind it.
        let start = if words::starts_with_any(clause, &PLACES) { 2 } else { 0 };
        let named = self.starting(clause, start).filter(|found| !found.weak && fits(&self.rows[found.row]));
        let told = named.filter(|found| {
            let behind = &clause[found.end..];
            let behind = words::strip_prefix(behind, "总额").unwrap_or(behind);
            words::starts_with_any(behind, &FARES)
        });
        told.last().map(|found| (found.row, found.end))
    }

    /// The indicator that the noun behind a number names: it stands at its beginning, behind a few
    /// attributes, and a verb or the end follows.
    pub fn of_noun(&self, noun: &[char], cues: &Cues, fits: impl Fn(&Indicator) -> bool) -> Option<usize> {
        /// How many characters of attributes may stand before the name.
        const ATTRIBUTES: usize = 14;
        let clean = spoken(noun);
        let mut best: Option<Found> = None;
        for found in (0..clean.len().min(ATTRIBUTES + 1)).flat_map(|start| self.starting(&clean, start)) {
            let behind = &clean[found.end..];
            let ends = behind.is_empty()
                || is_work(behind)
                || cues.verb.at_start(behind).is_some()
                || cues.suffix.at_start(behind).is_some()
                || !behind[0].is_alphanumeric();
            if !ends || !fits(&self.rows[found.row]) {
                continue;
            }
            // Of things counted, 全国 says their class: 全国重点实验室.
            let prefix = &clean[..found.start];
            if self.is_of_others(prefix, None) || (found.weak && !is_attributive(prefix, cues)) {
                continue;
            }
            let rank = |f: &Found| (!f.weak, std::cmp::Reverse(f.start), f.end);
            if best.is_none_or(|other| rank(&found) > rank(&other)) {
                best = Some(found);
            }
        }
        let best = best?;
        Some(self.stock_or_increment(best, &clean, cues))
    }

    /// Every name that begins at `start`, the shortest first.
    fn starting(&self, text: &[char], start: usize) -> impl Iterator<Item = Found> {
        let behind = text[start..].iter().map(|c| c.to_ascii_uppercase());
        self.names.prefixes(behind).flat_map(move |(length, rows)| {
            rows.iter().map(move |&(row, weak)| Found { row, weak, start, end: start + length })
        })
    }

    /// Every name that ends at `end`, the shortest first.
    fn ending(&self, text: &[char], end: usize) -> impl Iterator<Item = Found> {
        let before = text[..end].iter().rev().map(|c| c.to_ascii_uppercase());
        self.backwards.prefixes(before).flat_map(move |(length, rows)| {
            rows.iter().map(move |&(row, weak)| Found { row, weak, start: end - length, end })
        })
    }

    /// The increment's row where a verb before the name says so and the row has one.
    fn stock_or_increment(&self, found: Found, text: &[char], cues: &Cues) -> usize {
        let Some(increment) = self.rows[found.row].increment else { return found.row };
        let prefix = &text[..found.start];
        for at in 0..prefix.len() {
            if cues.increment.at_start(&prefix[at..]).is_some() {
                return increment;
            }
        }
        found.row
    }

    /// Whether a branch or kind of firm stands right before the name of a region's total.
    fn is_of_branch(&self, found: Found, prefix: &[char]) -> bool {
        // 进 is left of 进出口 where 出口 is looked at.
        let is_bank = words::ends_with_any(prefix, &["银行业", "金融业"]);
        !is_bank && matches!(prefix, [.., '业'] | [.., '业', '进']) && TOTALS.contains(&self.rows[found.row].id)
    }

    /// Whether the attributes name somebody else.
    fn is_of_others(&self, prefix: &[char], level: Option<Level>) -> bool {
        if prefix.is_empty() {
            return false;
        }
        let own_country = matches!(level, Some(Level::Nation) | None);
        let above = |word: &str| words::ends_with(prefix, word);
        (!own_country && (above("全国")))
            || (matches!(level, Some(Level::County | Level::Prefecture | Level::Township)) && above("全省"))
            || (0..prefix.len()).any(|at| self.others.longest(prefix[at..].iter().copied()).is_some())
    }
}

/// Adds a row to those that a name stands for.
fn add(names: &mut Trie<Vec<(usize, bool)>>, name: impl Iterator<Item = char>, row: (usize, bool)) {
    names.entry(name).get_or_insert_default().push(row);
}

/// Whether the words behind a name say what is done to the things counted: 老旧小区供热管网改造.
fn is_work(behind: &[char]) -> bool {
    const WORKS: [&str; 7] = ["改造", "整治", "修复", "提升", "建设", "工程", "治理"];
    /// Longer stretches hold more than one noun.
    const LONGEST: usize = 12;
    behind.len() <= LONGEST && words::ends_with_any(behind, &WORKS)
}

/// The characters that count in names.
fn spoken(text: &[char]) -> Cow<'_, [char]> {
    if text.iter().any(|&c| is_silent(c)) {
        Cow::Owned(text.iter().copied().filter(|&c| !is_silent(c)).collect())
    } else {
        Cow::Borrowed(text)
    }
}

/// Characters that do not count in names: quotes, blanks, brackets, and what sets an index low (PM_2.5).
fn is_silent(c: char) -> bool {
    matches!(c, '“' | '”' | '"' | '‘' | '’' | '\'' | '「' | '」' | ' ' | '_')
}

/// Words of two characters that say whose a figure is, and of what level.
const PLACES: [&str; 22] = [
    "全区", "全县", "全市", "全省", "全州", "全旗", "全国", "全镇", "全乡", "我区", "我县", "我市", "我省", "地方",
    "区级", "县级", "市级", "省级", "本级", "辖区", "本区", "本县",
];

/// Whether a prefix says nothing but where and when, so that a weak name behind it is beyond doubt.
fn is_attributive(prefix: &[char], cues: &Cues) -> bool {
    let mut rest = prefix;
    while !rest.is_empty() {
        if words::starts_with_any(rest, &PLACES) {
            // Each of them has two characters.
            rest = &rest[2..];
            continue;
        }
        match cues.start.at_start(rest) {
            Some(length) => rest = &rest[length..],
            None => match date_length(rest) {
                0 => return false,
                length => rest = &rest[length..],
            },
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::{Indicators, TABLE};
    use crate::measure::cue::Cues;
    use std::collections::HashSet;

    fn id(subject: &str, unit: &str) -> Option<String> {
        let (table, cues) = (Indicators::new(), Cues::new());
        let subject: Vec<char> = subject.chars().collect();
        let row = table.of_subject(&subject, &cues, None, |row| row.has_unit(unit))?;
        Some(table.row(row).id.to_owned())
    }

    #[test]
    fn the_shipped_table_is_whole() {
        let ids: HashSet<&str> = TABLE.lines().skip(1).filter_map(|line| line.split('\t').next()).collect();
        for line in TABLE.lines().skip(1) {
            let cells: Vec<&str> = line.split('\t').collect();
            assert_eq!(cells.len(), 15, "{line}");
            assert!(!cells[7].is_empty(), "no name: {line}");
            let after = cells[11].split(';').map(|after| after.split(':').next().unwrap());
            for reference in cells[10].split('|').chain([cells[9]]).chain(after) {
                assert!(reference.is_empty() || ids.contains(reference), "{reference} in {line}");
            }
        }
    }

    #[test]
    fn the_longest_name_at_the_head_wins() {
        assert_eq!(id("全县规模以上工业增加值", "CNY").as_deref(), Some("industrial_va_above_scale"));
        assert_eq!(id("规模以上工业企业研发活动覆盖率", "count"), None);
        assert_eq!(id("高新技术企业总数", "count").as_deref(), Some("high_tech_firms"));
        assert_eq!(id("粮食总产量", "CNY"), None, "the unit must fit");
        assert_eq!(id("云台开发区固定资产投资", "CNY"), None, "a figure of somebody else");
    }

    #[test]
    fn weak_names_need_a_bare_subject() {
        assert_eq!(id("财政收入", "CNY").as_deref(), Some("general_budget_revenue"));
        assert_eq!(id("门口财政收入", "CNY"), None);
    }

    #[test]
    fn increments_have_ids_of_their_own() {
        assert_eq!(id("培育国家高新技术企业", "count").as_deref(), Some("high_tech_firms_new"));
        assert_eq!(id("国家高新技术企业", "count").as_deref(), Some("high_tech_firms"));
    }
}
