//! The record of one government work report (政府工作报告), schema `baogao.report/1`.

use crate::excerpt::Excerpt;
use crate::id::{ContentHash, ReportId};
use crate::page::PayloadRef;
use crate::warning::{Span, Warning};
use jiff::{Timestamp, civil::Date};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fmt;

/// The schema's name and version. A breaking change raises the number.
pub const SCHEMA: &str = "baogao.report/1";

/// Everything the parser says about one document.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Report {
    /// [`SCHEMA`].
    pub schema: String,
    /// Stable whatever the URL variant or re-crawl.
    pub id: ReportId,
    /// Where it came from.
    pub source: Source,
    /// The clean text that every span refers to.
    pub text: String,
    /// What the document is.
    pub kind: Kind,
    /// How sure the parser is of `kind`, 0 to 1.
    pub kind_score: f64,
    /// Why, as short codes.
    pub kind_reasons: Vec<String>,
    /// The heading the text opens with, as printed.
    pub title: Option<String>,
    /// The region whose government reports.
    pub region: Option<Region>,
    /// The government, such as 青岚县人民政府.
    pub government: Option<String>,
    /// The day the report was delivered, if the text says so.
    pub delivered_on: Option<Date>,
    /// The calendar year of delivery.
    pub year: Option<i32>,
    /// The latest year whose work the report reviews.
    pub review_year: Option<i32>,
    /// The year its tasks are for.
    pub plan_year: Option<i32>,
    /// The session of the people's congress it was delivered to.
    pub meeting: Option<Meeting>,
    /// Who delivered it.
    pub speaker: Option<Speaker>,
    /// Which of its ends are there.
    pub completeness: Completeness,
    /// The outline: a flat list in reading order.
    pub sections: Vec<Section>,
    /// Every quantity the report states about the world.
    pub measurements: Vec<Measurement>,
    /// An annexed 名词解释.
    pub glossary: Vec<GlossaryEntry>,
    /// What the parser was unsure of.
    pub warnings: Vec<Warning>,
}

/// Where a record came from. Empty for a bare text file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Source {
    /// The address of the first part as fetched.
    pub url: Option<String>,
    /// The address the document declares for itself.
    pub canonical_url: Option<String>,
    /// The registrable host.
    pub site: Option<String>,
    /// The CMS family found.
    pub family: Option<String>,
    /// Every URL stitched into the report, in order.
    pub pages: Vec<String>,
    /// The date the page shows for its publication.
    pub published_on: Option<Date>,
    /// When the last part was fetched.
    pub fetched_at: Option<Timestamp>,
    /// BLAKE3 of the clean text.
    pub content_hash: Option<ContentHash>,
    /// Where the raw bytes lie.
    pub archive: Vec<PayloadRef>,
}

/// Implements the wire name of a field-less enum in one place, for serde, `as_str` and `Display`.
macro_rules! wire_enum {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        pub enum $name {
            $($(#[$vdoc])* #[serde(rename = $text)] $variant,)+
        }

        impl $name {
            /// Every value, in the order of the specification.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The name on the wire.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)+
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = UnknownName;

            fn from_str(text: &str) -> Result<Self, UnknownName> {
                Self::ALL
                    .iter()
                    .copied()
                    .find(|value| value.as_str() == text)
                    .ok_or_else(|| UnknownName { what: stringify!($name), found: text.to_owned() })
            }
        }
    };
}

/// A wire name that no value of the enum has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no {what} is called {found:?}")]
pub struct UnknownName {
    what: &'static str,
    found: String,
}

wire_enum! {
    /// What a document is. The first five go out as reports.
    Kind {
        /// A report as delivered.
        Report = "report",
        /// 征求意见稿, 讨论稿, 草案: not the delivered text.
        Draft = "draft",
        /// 摘要, 摘登, 节选.
        Extract = "extract",
        /// The report of a zone without a congress of its own.
        ZoneReport = "zone_report",
        /// A report printed in a yearbook.
        Yearbook = "yearbook",
        /// Masked: XX年, **县, X亿元.
        Template = "template",
        /// A copy with words or figures swapped.
        Rewritten = "rewritten",
        /// Made up.
        Fake = "fake",
        /// 财政预算报告.
        Budget = "budget",
        /// 国民经济和社会发展计划报告.
        Plan = "plan",
        /// A court's report.
        Court = "court",
        /// A procuratorate's report.
        Procuratorate = "procuratorate",
        /// A party committee's report.
        Party = "party",
        /// A standing committee's report.
        StandingCommittee = "standing_committee",
        /// News on a report.
        News = "news",
        /// 政府信息公开工作年度报告.
        Disclosure = "disclosure",
        /// Anything else.
        Other = "other",
    }
}

impl Kind {
    /// Whether documents of this kind go out as reports.
    pub fn is_report(self) -> bool {
        matches!(self, Self::Report | Self::Draft | Self::Extract | Self::ZoneReport | Self::Yearbook)
    }
}

wire_enum! {
    /// The level of a government.
    Level {
        /// 国家.
        Nation = "nation",
        /// 省, 自治区, 直辖市.
        Province = "province",
        /// 地级市, 自治州, 盟, 地区.
        Prefecture = "prefecture",
        /// 县, 区, 县级市, 旗.
        County = "county",
        /// 乡, 镇, 街道.
        Township = "township",
        /// 开发区, 高新区, 新区 without an administrative code.
        Zone = "zone",
    }
}

/// The region whose government reports. What could not be resolved stays null.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Region {
    /// Its name, such as 青岚县.
    pub name: Option<String>,
    /// Its level.
    pub level: Option<Level>,
    /// Its code of GB/T 2260 as valid at delivery.
    pub adcode: Option<String>,
    /// The province's name, the region's own included.
    pub province: Option<String>,
    /// The prefecture's name, the region's own included; none in a municipality.
    pub prefecture: Option<String>,
    /// What told: `title`, `site`, `text`…
    pub resolved_by: Option<String>,
}

/// A session of a people's congress.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Meeting {
    /// The region's bare name.
    pub body: Option<String>,
    /// 届.
    pub term: Option<u32>,
    /// 次.
    pub session: Option<u32>,
    /// As printed, joined if broken over lines.
    pub text: String,
}

/// Who delivered the report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Speaker {
    /// The name, inner layout spaces removed.
    pub name: String,
    /// The office without 代, such as 县长; none where none is printed.
    pub office: Option<String>,
    /// Whether the office is held for the time being (代县长); none where no office is printed.
    pub acting: Option<bool>,
}

wire_enum! {
    /// Which ends of the report are there, judged after stitching.
    Completeness {
        /// Both ends.
        Complete = "complete",
        /// It breaks off before the closing.
        HeadOnly = "head_only",
        /// It starts in the middle.
        TailOnly = "tail_only",
        /// Both ends are missing.
        Fragment = "fragment",
    }
}

wire_enum! {
    /// What a section is for.
    Role {
        /// The review of the past year.
        Review = "review",
        /// The review of a term or a plan period.
        FiveYearReview = "five_year_review",
        /// The situation ahead.
        Situation = "situation",
        /// 总体要求, 指导思想.
        OverallRequirements = "overall_requirements",
        /// 预期目标.
        Targets = "targets",
        /// 重点工作.
        Tasks = "tasks",
        /// 政府自身建设.
        SelfBuilding = "self_building",
        /// 衷心的感谢.
        Thanks = "thanks",
        /// 困难和问题.
        Problems = "problems",
        /// 名词解释.
        Glossary = "glossary",
        /// None of these.
        Other = "other",
    }
}

/// One section of the outline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Section {
    /// 1 to 4, relative to the document.
    pub level: u8,
    /// The number as printed: 一、 (四) 一是 ——; none where there is none.
    pub number: Option<String>,
    /// The heading's own words, without number and closing punctuation.
    pub heading: String,
    /// What the section is for.
    pub role: Role,
    /// Heading and body, up to the next section of the same or a higher level.
    pub span: Span,
}

wire_enum! {
    /// What a measurement's value says about its subject.
    Measure {
        /// A size.
        Level = "level",
        /// A rate of growth against an earlier time.
        Growth = "growth",
        /// An average annual rate, or an average annual increment in the subject's unit.
        AvgGrowth = "avg_growth",
        /// A change in percentage points.
        ChangePp = "change_pp",
        /// A change in the unit itself.
        Change = "change",
        /// A part of a whole.
        Share = "share",
        /// Per cent of a plan fulfilled; in `pp`, the excess over 100 %.
        Completion = "completion",
        /// New over old.
        Multiple = "multiple",
        /// A place in a ranking.
        Rank = "rank",
        /// A target without a number.
        Qualitative = "qualitative",
    }
}

wire_enum! {
    /// How the true value stands to the printed one.
    Bound {
        /// Equal.
        Eq = "eq",
        /// About.
        Approx = "approx",
        /// At least.
        Ge = "ge",
        /// More than.
        Gt = "gt",
        /// At most.
        Le = "le",
        /// Less than.
        Lt = "lt",
    }
}

wire_enum! {
    /// Whether a value has been reached.
    Modality {
        /// Done.
        Actual = "actual",
        /// 预计.
        Estimate = "estimate",
        /// To be reached.
        Target = "target",
    }
}

/// A number on the wire: an integer where it is one, so that 181.8亿元 is `18180000000`.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Number(pub f64);

impl Serialize for Number {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // Below 2^53 every integral f64 is exact.
        if self.0.fract() == 0.0 && self.0.abs() < 9_007_199_254_740_992.0 {
            serializer.serialize_i64(self.0 as i64)
        } else {
            serializer.serialize_f64(self.0)
        }
    }
}

impl From<f64> for Number {
    fn from(value: f64) -> Self {
        Self(value)
    }
}

/// One number the report states about the world.
// A text may hold a million of them, so each owns as little as it can: words of closed lists are the
// program's own, and quotes share the text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Measurement {
    /// The shortest stretch of the text that holds subject and value.
    pub quote: Excerpt,
    /// What is measured, as printed.
    pub subject: Box<str>,
    /// The canonical indicator, if the subject is one.
    pub indicator: Option<Cow<'static, str>>,
    /// What the value says about the subject.
    pub measure: Measure,
    /// The value in `unit`; the low end of a range; none for qualitative targets.
    pub value: Option<Number>,
    /// The high end of a range.
    pub value_max: Option<Number>,
    /// One of the closed list of units: `CNY`, `%`, `count`, `m2`…; none for qualitative targets.
    pub unit: Option<Cow<'static, str>>,
    /// The printed classifier when `unit` is `count`: 个, 家, 项.
    pub counter: Option<Cow<'static, str>>,
    /// How the true value stands to the printed one.
    pub bound: Bound,
    /// Whether the value has been reached.
    pub modality: Modality,
    /// The year (`2021`) or years (`2017/2021`) it speaks of.
    pub period: Option<Box<str>>,
    /// What a rank ranks among.
    pub scope: Option<Box<str>>,
    /// What a share or completion is of.
    pub of: Option<Box<str>>,
    /// 可比价, 同口径.
    pub basis: Option<Cow<'static, str>>,
    /// The number with its unit in the text.
    pub span: Span,
    /// Index into the report's sections.
    pub section: Option<u32>,
}

/// One entry of an annexed 名词解释.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GlossaryEntry {
    /// The term.
    pub term: String,
    /// Its explanation.
    pub text: String,
}
