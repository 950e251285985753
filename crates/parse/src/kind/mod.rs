//! What a document is: a report, or one of its many look-alikes.
//!
//! Questions are asked from the surest to the weakest sign:
//!
//! 1. [`name`]: does its own name, its speaker, or its opening say that it is another body's
//!    report (budget, plan, court, party…)?
//! 2. [`forged`]: is it masked, spun, stripped of its figures, or avowedly made up?
//! 3. [`name`] again: is a report's name only part of its title (a notice, a resolution, news)?
//! 4. [`news`]: does a third person tell of a report?
//! 5. [`report`]: do enough independent signs speak for a report, and for which kind of one?
//!
//! Each answer carries short codes of the signs that led to it. A first person alone (我代表…政府) is
//! not enough: novels, budget reports and consultation speeches have it.

mod forged;
mod name;
mod news;
mod report;

use crate::head::Head;
use crate::head::zone::Zone;
use crate::text::Text;
use baogao_model::report::{Kind, Section};

/// A kind with how sure it is and why.
#[derive(Debug, Clone, PartialEq)]
pub struct Judgement {
    /// The kind.
    pub kind: Kind,
    /// 0 to 1.
    pub score: f64,
    /// Codes of the signs that counted.
    pub reasons: Vec<String>,
}

impl Judgement {
    /// A judgement for one reason.
    fn new(kind: Kind, score: f64, reason: String) -> Self {
        Self { kind, score, reasons: vec![reason] }
    }
}

/// What the questions are asked about.
struct Case<'a> {
    text: &'a Text<'a>,
    zone: &'a Zone,
    head: &'a Head,
    /// The title, folded and without blanks.
    title: String,
    /// The lines that may name the document, folded and without blanks, the title first.
    names: Vec<String>,
    /// The first [`START`] characters, folded and without blanks.
    start: String,
    /// The first [`START`] characters behind the head, folded and without blanks.
    opening: String,
}

/// How many characters from the start are the place for a document's own name.
const START: usize = 400;

/// A line longer than this is no name.
const MAX_NAME: usize = 90;

/// How many lines of the head may name the document.
const NAME_LINES: usize = 12;

impl<'a> Case<'a> {
    fn new(text: &'a Text<'a>, zone: &'a Zone, head: &'a Head) -> Self {
        let squeeze = |from: usize| -> String {
            let to = text.len().min(from + START);
            text.folded[from.min(to)..to].iter().filter(|&&c| c != ' ').collect()
        };
        let title: String =
            head.title.iter().flat_map(|title| title.chars()).map(crate::text::fold).filter(|&c| c != ' ').collect();
        let lines = zone.lines.iter().filter(|line| line.key.is_none() && line.flat.len() <= MAX_NAME);
        let own = lines.map(super::head::zone::HeadLine::string).filter(|line| !line.contains(['。', '>', '|', ';']));
        let mut names = vec![title.clone()];
        names.extend(own.take(NAME_LINES));
        Self { text, zone, head, title, names, start: squeeze(0), opening: squeeze(zone.end) }
    }

    /// Whether the body opens with a government's report on its work: what else the head names is
    /// then beside it.
    fn opens_as_government(&self) -> bool {
        let opening: String = self.opening.chars().take(120).collect();
        let on_work =
            ["报告工作", "政府工作报告", "作工作报告", "报告政府工作"].iter().any(|words| opening.contains(words));
        let speaks = opening.contains("我代表") || opening.contains("我谨代表") || opening.contains("委托");
        speaks && on_work && opening.contains("政府")
    }

    /// Whether a line of the head holds `words`.
    fn is_named(&self, words: &str) -> bool {
        self.names.iter().any(|name| name.contains(words))
    }
}

/// Judges a document.
pub fn judge(text: &Text<'_>, zone: &Zone, head: &Head, sections: &[Section], has_closing: bool) -> Judgement {
    let case = Case::new(text, zone, head);
    name::of_others(&case)
        .or_else(|| forged::judge(text))
        .or_else(|| name::about(&case))
        .or_else(|| news::judge(&case))
        .unwrap_or_else(|| report::judge(&case, sections, has_closing))
}
