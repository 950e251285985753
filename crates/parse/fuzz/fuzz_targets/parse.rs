//! Any text, as a collector left it, through all of the parser.
#![no_main]

use baogao_parse::tidy;
use baogao_parse_fuzz::{PARSER, check, document, parse};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|raw: &str| {
    let text = tidy(raw).text;
    assert_eq!(tidy(&text).text, text, "tidying twice changes more");
    let report = parse(&text);
    check(&text, &report);
    let (same, explanation) = PARSER.explain(document(&text));
    assert!(same == report, "explaining changes the record");
    assert!(explanation.numbers().windows(2).all(|pair| pair[0].span.end <= pair[1].span.start));
    // What is not tidy must do no harm either.
    check(raw, &parse(raw));
});
