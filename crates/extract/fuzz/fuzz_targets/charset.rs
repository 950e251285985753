//! Any bytes under any header: what comes out is text, and reading it again changes nothing.
#![no_main]

use baogao_extract::decode;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (Option<&str>, &[u8])| {
    let (header, bytes) = input;
    let decoded = decode(bytes, header);
    assert_eq!(decoded, decode(bytes, header));
    let again = decode(decoded.text.as_bytes(), None);
    assert!(decoded.text.starts_with('\u{FEFF}') || again.text == decoded.text, "{:?} as {}", decoded.text, again.charset);
});
