//! The rules of the measurements by name, with what each says in two languages.

/// Declares the rules: name, stable code, meaning in English and in Chinese.
macro_rules! rules {
    ($($name:ident = $code:literal, $en:literal, $zh:literal;)+) => {
        /// A rule that had a part in reading a number, or that threw it out.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Rule {
            $(#[doc = $en] $name,)+
        }

        impl Rule {
            /// Every rule.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// The stable short code: its stage, a full stop, its name.
            pub fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)+ }
            }

            /// What it says, in English.
            pub fn english(self) -> &'static str {
                match self { $(Self::$name => $en,)+ }
            }

            /// What it says, in Chinese.
            pub fn chinese(self) -> &'static str {
                match self { $(Self::$name => $zh,)+ }
            }
        }
    };
}

rules! {
    // How the number is written.
    NumberUnit = "number.unit", "a number with a unit of the table of units", "数字后面是单位表中的单位";
    NumberRange = "number.range", "two numbers that make a range", "两个数字组成区间";
    NumberBare = "number.bare", "a number without a unit, large or with a fraction", "没有单位的大数或小数";
    NumberPerHundred = "number.per_hundred", "a percentage in words", "用文字写的百分数";
    NumberFraction = "number.fraction", "a fraction in words", "用文字写的分数";
    NumberHalf = "number.half", "one half in words", "一半";
    NumberDoubling = "number.doubling", "a doubling", "翻番";
    NumberRank = "number.rank", "a place in an order", "名次或序次";
    NumberTriple = "number.triple", "one of three parts of a whole", "三项比例之一";
    NumberRatio = "number.ratio", "a ratio to one", "某数比一";
    NumberNegative = "number.negative", "a minus stands before it", "前有负号";
    NumberWording = "number.wording", "a target in words, without a number", "没有数字的目标";

    // The words between the subject and the number.
    LeadMark = "lead.mark", "a mark before the number, stepped over", "数字前的标点，略过";
    LeadCue = "lead.cue", "a word that says how subject and number hang together", "表明主语与数字关系的词";
    LeadDate = "lead.date", "a date between subject and number, stepped over", "主语与数字之间的日期，略过";
    LeadFrom = "lead.from", "the first of two states (from A to B)", "由甲到乙中的前一状态";
    LeadOver = "lead.over", "a lead over others", "与其他地区相比";
    LeadBasis = "lead.basis", "what is left out of the comparison, stepped over", "比较时剔除的因素，略过";
    LeadComparison = "lead.comparison", "what it is compared with", "比较的对象";
    LeadShare = "lead.share", "what it is a part of", "占比的总体";
    LeadPlan = "lead.plan", "the plan that it fulfils", "所完成的计划";
    LeadStart = "lead.start", "words that say nothing of the subject, stepped over", "与主语无关的起首词，略过";

    // What it is a number of.
    SubjectBefore = "subject.before", "the words before the number are its subject", "数字前的词是主语";
    SubjectBehind = "subject.behind", "the noun behind the number is its subject", "数字后的名词是主语";
    SubjectVerb = "subject.verb", "the noun behind the number with the verb before it", "数字前的动词加数字后的名词";
    SubjectInherited = "subject.inherited", "no subject of its own: that of the number before", "自身无主语，承前一数字的主语";
    SubjectClause = "subject.clause", "no subject of its own: that of a clause before", "自身无主语，取自前面的分句";
    SubjectTail = "subject.tail", "no subject before it: what the words behind it say", "前无主语，取自数字后的词";
    SubjectGeneric = "subject.generic", "a general word, joined to the subject before", "通称，与前面的主语合读";
    SubjectShared = "subject.shared", "the noun behind the last number of the list is that of all", "并列数字共用最后一个数字后的名词";
    SubjectDealt = "subject.dealt", "numbers of a list dealt out to a list of subjects", "并列数字依次对应并列主语";
    SubjectEarlier = "subject.earlier", "numbers of a list dealt out to the subjects before", "并列数字依次对应前面各主语";
    SubjectPair = "subject.pair", "numbers of a list dealt out to what one name stands for", "并列数字对应一个名称所含的各项";
    SubjectRank = "subject.rank", "the words before the ranking are its subject", "名次前的词是主语";

    // The indicator.
    IndicatorName = "indicator.name", "the subject ends in a name of the indicator", "主语以指标名结尾";
    IndicatorNoun = "indicator.noun", "the noun behind the number begins with a name of the indicator", "数字后的名词以指标名开头";
    IndicatorMove = "indicator.move", "a name that ends in a word of rise or fall", "指标名以升降词结尾";
    IndicatorList = "indicator.list", "the first indicator in a list of subjects", "并列主语中的第一个指标";
    IndicatorProduct = "indicator.product", "what is produced, by its output", "生产某物即某物产量";
    IndicatorStage = "indicator.stage", "projects by their stage", "按阶段称呼的项目";
    IndicatorJoined = "indicator.joined", "the subject before and the general word make a name", "前面的主语与通称合成指标名";
    IndicatorAfter = "indicator.after", "the words mean it behind the indicator before", "在前一指标之后，此词指该指标";
    IndicatorInherited = "indicator.inherited", "the indicator of the inherited subject", "所承主语的指标";
    IndicatorPair = "indicator.pair", "one of the indicators that the name stands for", "该名称所含指标之一";
    IndicatorEarlier = "indicator.earlier", "the indicator of the subject before", "前面主语的指标";
    IndicatorShare = "indicator.share", "a share that is an indicator of its own", "该占比自成指标";
    IndicatorNot = "indicator.not", "compared with others, so of no indicator", "与他地相比，不属任何指标";

    // What the value says.
    MeasureForm = "measure.form", "so it is written", "由写法决定";
    MeasureLevel = "measure.level", "nothing says otherwise: a size", "别无他意：水平值";
    MeasureCompletion = "measure.completion", "of a plan: a completion", "对照计划：完成度";
    MeasurePoints = "measure.points", "percentage points: a change", "百分点：变动";
    MeasureTimes = "measure.times", "times: a multiple", "倍数";
    MeasureAddsOne = "measure.adds_one", "grown by so many times: one more than printed", "增长若干倍：比所印多一倍";
    MeasureAverage = "measure.average", "a yearly average", "年均";
    MeasureGrowth = "measure.growth", "a percentage behind a word of rise or fall", "升降词后的百分数";
    MeasureGrowthNoun = "measure.growth_noun", "the noun behind it speaks of growth", "其后的名词说增长";
    MeasureGrowthAmount = "measure.growth_amount", "a percentage of an amount can only be its growth", "金额后的百分数只能是增速";
    MeasureChange = "measure.change", "an amount behind a word of rise or fall", "升降词后的数额";
    MeasureShare = "measure.share", "a part of a whole", "占总体的部分";
    MeasureIndex = "measure.index", "a price index: its size is its movement", "价格指数：水平即涨跌";
    MeasureElsewhere = "measure.elsewhere", "compared with others, a plan or a limit, not with an earlier time", "与他地、计划或限额相比，而非与往期相比";
    MeasureSecond = "measure.second", "the second of two states says what the first does", "后一状态与前一状态同义";
    MeasureFalls = "measure.falls", "a word of falling: below zero", "下降之词：取负值";

    // How the true value stands to the printed one.
    BoundBehind = "bound.behind", "a bound behind the number", "数字后的界限词";
    BoundWithin = "bound.within", "a bound within the number", "数字中的界限词";
    BoundBefore = "bound.before", "a bound before the number", "数字前的界限词";

    // The unit.
    UnitFirms = "unit.firms", "households that are firms or users: a count", "户指企业或用户：计数";
    UnitBare = "unit.bare", "the unit follows from the subject", "单位由主语得出";
    UnitIntensity = "unit.intensity", "energy against output", "单位产值能耗";

    // Done or to be reached.
    ModalityFrame = "modality.frame", "the part of the report sets targets", "该部分讲目标任务";
    ModalityRecalled = "modality.recalled", "among tasks, but recalled as done", "任务部分中回顾的既成事实";
    ModalityPast = "modality.past", "among tasks, but of years gone by", "任务部分中说往年";
    ModalityFuture = "modality.future", "of a year to come", "说未来年份";
    ModalityHope = "modality.hope", "a word of hope before it", "前有力争等词";
    ModalityExpected = "modality.expected", "a word of expectation before it", "前有预计等词";
    ModalityDone = "modality.done", "the part of the report tells what was done", "该部分讲已做的工作";

    // The year.
    PeriodNamed = "period.named", "the time named before the number", "数字前写明的时间";
    PeriodFrom = "period.from", "the time of the first state", "前一状态的时间";
    PeriodLine = "period.line", "the time that the paragraph opens with", "段首的时间";
    PeriodGoverning = "period.governing", "the time that governs until another does", "统领下文的时间";
    PeriodPlan = "period.plan", "the year that the report plans", "报告部署的年份";
    PeriodReview = "period.review", "the year that the report reviews", "报告回顾的年份";
    PeriodTerm = "period.term", "the term that the report reviews", "报告回顾的任期";
    PeriodAverage = "period.average", "an average is of the range of years", "平均值属于整个区间";
    PeriodSince = "period.since", "from the year behind the base", "自基期次年起";
    PeriodStreak = "period.streak", "a streak no longer than the years spoken of", "连续年数不超过所说年限";
    PeriodDoubling = "period.doubling", "a doubling is of the years spoken of", "翻番属于所说的年限";
    PeriodLast = "period.last", "the second state is that of the last year", "后一状态属于末年";

    // Why a number is no measurement: the reader of numbers.
    NotTorn = "not.torn", "a blank or line end stands within its digits, and numbers are not repaired by guess", "数字中间有空格或换行，不作猜测";
    NotCode = "not.code", "a letter stands before it: part of a name or code", "前有字母：名称或代号的一部分";
    NotPart = "not.part", "a mark before it makes it part of a code or of another number", "前有符号：代号或另一数字的一部分";
    NotSum = "not.sum", "a plus stands behind it: a code", "后有加号：代号";
    NotUnit = "not.unit", "no unit behind it", "后无单位";
    NotNumber = "not.number", "too long, too large, or not a number", "过长、过大或不成数";
    // Why a number is no measurement: what is no quantity.
    NotQuoted = "not.quoted", "within quotes: a slogan or a name", "在引号内：口号或名称";
    NotThreshold = "not.threshold", "names a class (of projects, firms…)", "门槛，只用于称呼一类项目或企业等";
    NotOrdinal = "not.ordinal", "an ordinal, no place in a ranking", "序数，不是排名";
    NotMove = "not.move", "places gained or lost in a ranking", "名次的升降";
    NotMultiplier = "not.multiplier", "multipliers alone, and no word says that they are a value", "只有数位词，且无词表明是数值";
    NotAge = "not.age", "an age that names a group", "用年龄称呼一类人";
    NotYear = "not.year", "a year or a stretch of years, not a count of them", "年份或时期，不是年数";
    NotDuration = "not.duration", "a time that names a service or a day", "用时间称呼服务或日子";
    NotOne = "not.one", "one, as a word", "作虚词的一";
    NotPoints = "not.points", "counts words or points of the speech", "计字句或讲话要点";
    NotListed = "not.listed", "counts what the speech lists next", "计下文所列各点";
    NotVague = "not.vague", "a vague number: no value", "概数，没有数值";
    NotHeading = "not.heading", "a count in a heading: a slogan", "标题中的计数：口号";
    NotMeaning = "not.meaning", "without a unit, and the subject gives it none", "没有单位，主语也得不出单位";
    NotGlossary = "not.glossary", "the glossary states no measurements", "名词解释中不取数值";
}

#[cfg(test)]
mod tests {
    use super::Rule;
    use std::collections::HashSet;

    #[test]
    fn codes_differ() {
        let codes: HashSet<&str> = Rule::ALL.iter().map(|rule| rule.code()).collect();
        assert_eq!(codes.len(), Rule::ALL.len());
    }
}
