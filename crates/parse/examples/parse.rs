//! Prints the record of each text file given, one JSON object a line with `file` added.

use baogao_model::{ReportId, report::Source};
use baogao_parse::{Document, Parser, tidy};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let parser = Parser::new();
    for file in std::env::args().skip(1) {
        let bytes = std::fs::read(&file)?;
        let raw = match String::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => encoding_rs::GB18030.decode(error.as_bytes()).0.into_owned(),
        };
        let tidied = tidy(&raw);
        let mut report = parser.parse(Document {
            id: ReportId::of_text(&tidied.text),
            source: Source::default(),
            title: None,
            text: &tidied.text,
        });
        report.warnings.extend(tidied.warnings);
        let mut record = serde_json::to_value(&report)?;
        record["file"] = file.into();
        println!("{record}");
    }
    Ok(())
}
