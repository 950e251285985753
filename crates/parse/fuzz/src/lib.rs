//! What the fuzz targets share: texts made of the words that rules go by, and what must hold.

use baogao_model::report::Source;
use baogao_model::{Report, ReportId, Span};
use baogao_parse::{Document, Parser};
use std::sync::LazyLock;

/// The parser, compiled once.
pub static PARSER: LazyLock<Parser> = LazyLock::new(Parser::new);

/// A text of `pieces`, one for each byte: so every input is near to what the rules look for, and a
/// changed byte changes a word.
pub fn text_of(pieces: &[&str], bytes: &[u8]) -> String {
    bytes.iter().map(|&byte| pieces[usize::from(byte) % pieces.len()]).collect()
}

/// Parses a text without provenance.
pub fn parse(text: &str) -> Report {
    PARSER.parse(document(text))
}

/// A text as a document.
pub fn document(text: &str) -> Document<'_> {
    Document { id: ReportId::of_text(text), source: Source::default(), title: None, text }
}

/// Holds a record to what is promised of every record.
pub fn check(text: &str, report: &Report) {
    let chars: Vec<char> = text.chars().collect();
    let lies_within = |span: Span| span.start < span.end && span.end as usize <= chars.len();
    for section in &report.sections {
        assert!(lies_within(section.span), "{section:?} of {}", chars.len());
    }
    for m in &report.measurements {
        assert!(lies_within(m.span), "{m:?} of {}", chars.len());
        let raw: String = chars[m.span.start as usize..m.span.end as usize].iter().collect();
        assert!(m.value.is_none() || m.quote.contains(&raw), "{raw:?} is not in {m:?}");
        assert!(m.value.is_none_or(|value| value.0.is_finite()), "{m:?}");
        assert!(m.section.is_none_or(|section| (section as usize) < report.sections.len()), "{m:?}");
    }
    let in_order = report.measurements.windows(2).all(|pair| pair[0].span.end <= pair[1].span.start);
    assert!(in_order, "measurements overlap");
    assert!(report.warnings.iter().all(|warning| warning.span.is_none_or(lies_within)), "{:?}", report.warnings);
}
