//! `baogao parse --explain`: a text with its measurements marked, and the rules that made each.

use crate::lang::Lang;
use crate::say;
use baogao_model::report::{Measurement, Number};
use baogao_model::{Report, Span};
use baogao_parse::Explanation;
use baogao_parse::explain::{Explained, Note, Place, Rule, Verdict};
use serde::Serialize;
use std::io::{self, Write};

/// A file's record with what explains it.
pub struct Explainer<'a> {
    lang: Lang,
    file: &'a str,
    report: &'a Report,
    explanation: &'a Explanation,
    text: Vec<char>,
}

impl<'a> Explainer<'a> {
    /// Prepares the text.
    pub fn new(lang: Lang, file: &'a str, report: &'a Report, explanation: &'a Explanation) -> Self {
        Self { lang, file, report, explanation, text: report.text.chars().collect() }
    }

    /// Writes the whole text, a line with its offset, measurements marked, and below each line the rules.
    pub fn write_text(&self, out: &mut impl Write) -> io::Result<()> {
        writeln!(out, "# {}", self.file)?;
        let mut numbers = self.explanation.numbers().iter().filter_map(|number| Some((number, index_of(number)?)));
        let mut next = numbers.next();
        let mut start = 0;
        for line in self.text.split(|&c| c == '\n') {
            let end = start + line.len();
            let mut at = start;
            let mut marked = String::new();
            let mut below = Vec::new();
            // A number may reach over a line end; it is shown with the line it begins in.
            while let Some((number, index)) = next.filter(|(number, _)| (number.span.start as usize) < end) {
                let from = (number.span.start as usize).clamp(at, end);
                let to = (number.span.end as usize).clamp(from, end);
                marked.extend(&self.text[at..from]);
                marked.push('⟦');
                marked.extend(&self.text[from..to]);
                marked.push_str(&format!(" #{index}⟧"));
                below.push((number, index));
                at = to;
                next = numbers.next();
            }
            marked.extend(&self.text[at.min(end)..end]);
            writeln!(out, "{start:>6}  {marked}")?;
            for (number, index) in below {
                self.write_measurement(out, number, index)?;
            }
            start = end + 1;
        }
        for warning in &self.report.warnings {
            writeln!(out, "! {}: {}", warning.code, warning.message)?;
        }
        writeln!(out)
    }

    /// Writes what was made of the number at an offset, or why there is nothing.
    pub fn write_at(&self, out: &mut impl Write, offset: u32) -> io::Result<()> {
        writeln!(out, "# {} @{offset}", self.file)?;
        match self.explanation.at(offset) {
            Place::Number(number) => {
                writeln!(out, "        …{}…", self.context(number.span))?;
                match number.verdict {
                    Verdict::Measurement(index) => self.write_measurement(out, number, index)?,
                    Verdict::Nothing(rule) => {
                        let printed = self.printed(number.span);
                        let (code, why) = (rule.code(), self.words(rule));
                        let says = say!(self.lang, "no measurement: {} ({})", "不是数值：{}（{}）", why, code);
                        writeln!(out, "        {printed} [{}] {says}", range(number.span))?;
                        self.write_notes(out, &number.notes)?;
                    }
                }
            }
            Place::Silent(rule) => {
                let says =
                    say!(self.lang, "no measurement: {} ({})", "不是数值：{}（{}）", self.words(rule), rule.code());
                writeln!(out, "        …{}…\n        {says}", self.context(Span::new(offset, offset + 1)))?;
            }
            Place::Words if (offset as usize) < self.text.len() => {
                let says = self.lang.pick("no number stands here", "此处没有数字");
                writeln!(out, "        …{}…\n        {says}", self.context(Span::new(offset, offset + 1)))?;
            }
            Place::Words => {
                let length = self.text.len();
                let says = say!(self.lang, "the text has only {} characters", "正文只有 {} 个字符", length);
                writeln!(out, "        {says}")?;
            }
        }
        writeln!(out)
    }

    /// Writes one JSON object for each number, or for those at `offsets` if there are any.
    pub fn write_json(&self, out: &mut impl Write, offsets: &[u32]) -> io::Result<()> {
        if offsets.is_empty() {
            return self.explanation.numbers().iter().try_for_each(|number| self.write_line(out, number));
        }
        for &offset in offsets {
            match self.explanation.at(offset) {
                Place::Number(number) => self.write_line(out, number)?,
                Place::Silent(rule) => self.write_nothing(out, offset, Some(rule))?,
                Place::Words => self.write_nothing(out, offset, None)?,
            }
        }
        Ok(())
    }

    fn write_line(&self, out: &mut impl Write, number: &Explained) -> io::Result<()> {
        let line = Line {
            file: self.file,
            span: number.span,
            printed: self.printed(number.span),
            measurement: index_of(number),
            nothing: match number.verdict {
                Verdict::Nothing(rule) => Some(rule.code()),
                Verdict::Measurement(_) => None,
            },
            rules: number.notes.iter().map(|note| Said { rule: note.rule.code(), span: note.span }).collect(),
        };
        serde_json::to_writer(&mut *out, &line)?;
        writeln!(out)
    }

    fn write_nothing(&self, out: &mut impl Write, offset: u32, rule: Option<Rule>) -> io::Result<()> {
        let span = Span::new(offset, offset.saturating_add(1));
        let line = Line {
            file: self.file,
            span,
            printed: self.printed(span),
            measurement: None,
            nothing: rule.map(Rule::code),
            rules: Vec::new(),
        };
        serde_json::to_writer(&mut *out, &line)?;
        writeln!(out)
    }

    /// One measurement with its rules.
    fn write_measurement(&self, out: &mut impl Write, number: &Explained, index: usize) -> io::Result<()> {
        // The explanation names measurements of this very record.
        let Some(measurement) = self.report.measurements.get(index) else { return Ok(()) };
        let printed = self.printed(number.span);
        writeln!(out, "        #{index} {printed} [{}] = {}", range(number.span), self.reading(measurement))?;
        self.write_notes(out, &number.notes)
    }

    fn write_notes(&self, out: &mut impl Write, notes: &[Note]) -> io::Result<()> {
        for note in notes {
            let by = note.span.map(|span| format!(": {}", self.printed(span))).unwrap_or_default();
            writeln!(out, "           {:<22} {}{by}", note.rule.code(), self.words(note.rule))?;
        }
        Ok(())
    }

    /// The measurement in one line.
    fn reading(&self, m: &Measurement) -> String {
        let number = |number: Option<Number>| number.map(|number| number.0.to_string()).unwrap_or_default();
        let high = m.value_max.map(|_| format!("–{}", number(m.value_max))).unwrap_or_default();
        let unit = m.counter.as_deref().or(m.unit.as_deref()).unwrap_or_default();
        let value = format!("{}{high} {unit}", number(m.value));
        let none = self.lang.pick("no indicator", "无指标");
        let cells = [
            m.indicator.as_deref().unwrap_or(none),
            &*m.subject,
            m.measure.as_str(),
            value.trim(),
            m.bound.as_str(),
            m.modality.as_str(),
            m.period.as_deref().unwrap_or("–"),
        ];
        cells.into_iter().filter(|cell| !cell.is_empty()).collect::<Vec<_>>().join(" · ")
    }

    fn words(&self, rule: Rule) -> &'static str {
        self.lang.pick(rule.english(), rule.chinese())
    }

    /// The characters of a span, line ends as blanks.
    fn printed(&self, span: Span) -> String {
        let end = (span.end as usize).min(self.text.len());
        let chars = self.text.get((span.start as usize).min(end)..end).unwrap_or_default();
        chars.iter().map(|&c| if c == '\n' { ' ' } else { c }).collect()
    }

    /// The span with some characters around it.
    fn context(&self, span: Span) -> String {
        const AROUND: u32 = 20;
        self.printed(Span::new(span.start.saturating_sub(AROUND), span.end.saturating_add(AROUND)))
    }
}

/// One number in JSON.
#[derive(Serialize)]
struct Line<'a> {
    file: &'a str,
    span: Span,
    printed: String,
    /// The index in the record's measurements, if it is one.
    measurement: Option<usize>,
    /// The code of the reason why it is none.
    nothing: Option<&'static str>,
    rules: Vec<Said>,
}

/// One note in JSON.
#[derive(Serialize)]
struct Said {
    rule: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    span: Option<Span>,
}

fn index_of(number: &Explained) -> Option<usize> {
    match number.verdict {
        Verdict::Measurement(index) => Some(index),
        Verdict::Nothing(_) => None,
    }
}

/// A span as `131..138`.
fn range(span: Span) -> String {
    format!("{}..{}", span.start, span.end)
}
