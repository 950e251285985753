//! Bytes to text, by evidence.
//!
//! Declarations are claims: of 188 real Chinese pages, one in seven declared a wrong charset or none.
//! The order is: byte order mark, then bytes that are valid UTF-8 (which GB text hardly ever is),
//! then the HTTP header, then the page's own `meta`, each checked against the bytes, then the
//! candidate that fits best. Every GB name means GB18030, the superset of GB 2312 and GBK
//! (WHATWG Encoding Standard; GB 18030-2022). The charset is a matter of one response, never of a
//! site.
//!
//! Decoding never fails: bytes that fit nothing become U+FFFD and a warning.

use baogao_model::Warning;
use encoding_rs::{BIG5, Encoding, GB18030, GBK, UTF_8, UTF_16BE, UTF_16LE};
use std::sync::LazyLock;

/// The longest page that is read, in bytes. What comes behind is cut off with a warning.
pub const MAX_PAGE_BYTES: usize = 16 << 20;

/// How far into a page its own declaration is looked for.
const META_WINDOW: usize = 16 << 10;

/// How many bytes are decoded to compare charsets.
const SAMPLE_BYTES: usize = 64 << 10;

/// Characters so frequent in Chinese prose that text decoded rightly is full of them: simplified,
/// traditional, and the marks of both.
const FREQUENT: &str = "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过\
                        子说产种面而方后多定行学法所民得经十三之进着等部度家电力里如水化高自二理起小现实加量都两体制机当使点从业本去把性好应\
                        開這為個國時來們對會發動過說產種後學經進著電裡現實體機當點從業應與區市縣政府報告，。、：；？！「」";

/// The same as a bit for each character of the Basic Multilingual Plane: it is asked for every character of a sample.
static IS_FREQUENT: LazyLock<Box<[u64]>> = LazyLock::new(|| {
    let mut bits = vec![0; 0x1_0000 / 64].into_boxed_slice();
    for c in FREQUENT.chars() {
        bits[c as usize / 64] |= 1 << (c as usize % 64);
    }
    bits
});

/// A text and how it was come by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decoded {
    /// The text, without byte order mark.
    pub text: String,
    /// The charset that was used, by its name in the WHATWG Encoding Standard in lower case.
    pub charset: &'static str,
    /// What was declared wrongly, unreadable or cut off.
    pub warnings: Vec<Warning>,
}

/// Decodes the bytes of a page or a text file.
///
/// `content_type` is the HTTP header as sent, if there was one.
pub fn decode(bytes: &[u8], content_type: Option<&str>) -> Decoded {
    let mut warnings = Vec::new();
    let bytes = match bytes.get(..MAX_PAGE_BYTES) {
        Some(head) if bytes.len() > MAX_PAGE_BYTES => {
            warnings.push(Warning::new(
                "page_cut",
                format!("the page has {} bytes; only the first {MAX_PAGE_BYTES} were read", bytes.len()),
            ));
            head
        }
        _ => bytes,
    };
    if let Some((encoding, length)) = Encoding::for_bom(bytes) {
        return finish(&bytes[length..], encoding, warnings);
    }
    let declared = content_type.and_then(charset_of_header).or_else(|| charset_of_meta(bytes));
    let as_utf8 = std::str::from_utf8(bytes);
    let encoding = match as_utf8 {
        Ok(_) => UTF_8,
        // A character cut off at the very end.
        Err(error) if error.error_len().is_none() => UTF_8,
        Err(_) => choose(bytes, declared),
    };
    if let Some(declared) = declared
        && declared != encoding
        && !bytes.is_ascii()
    {
        warnings.push(Warning::new(
            "wrong_charset",
            format!("the page declares {} but its bytes are {}", name_of(declared), name_of(encoding)),
        ));
    }
    match as_utf8 {
        Ok(text) => Decoded { text: text.to_owned(), charset: name_of(UTF_8), warnings },
        Err(_) => finish(bytes, encoding, warnings),
    }
}

/// Decides between the declared charset and what the bytes themselves say, which are no UTF-8.
fn choose(bytes: &[u8], declared: Option<&'static Encoding>) -> &'static Encoding {
    let sample = &bytes[..bytes.len().min(SAMPLE_BYTES)];
    let mut best = None;
    for encoding in declared.into_iter().chain([GB18030, UTF_8, BIG5]) {
        let fit = fit(sample, encoding);
        // A declaration is believed unless another charset is clearly better.
        let fit = if Some(encoding) == declared { fit + 0.05 } else { fit };
        if best.is_none_or(|(_, best_fit)| fit > best_fit) {
            best = Some((encoding, fit));
        }
    }
    best.map_or(GB18030, |(encoding, _)| encoding)
}

/// How much text decoded so looks like text: the share of frequent characters among those beyond
/// ASCII, less the share of unreadable ones.
fn fit(bytes: &[u8], encoding: &'static Encoding) -> f64 {
    let (text, _) = encoding.decode_without_bom_handling(bytes);
    let is_frequent =
        |c: char| IS_FREQUENT.get(c as usize / 64).is_some_and(|bits| bits & (1 << (c as usize % 64)) != 0);
    let (mut beyond_ascii, mut frequent, mut broken) = (0_u32, 0_u32, 0_u32);
    for c in text.chars() {
        if c.is_ascii() {
            continue;
        }
        beyond_ascii += 1;
        if c == '\u{FFFD}' || matches!(u32::from(c), 0xE000..=0xF8FF) {
            broken += 1;
        } else if is_frequent(c) {
            frequent += 1;
        }
    }
    if beyond_ascii == 0 {
        return 0.0;
    }
    (f64::from(frequent) - 3.0 * f64::from(broken)) / f64::from(beyond_ascii)
}

/// The charset parameter of a `Content-Type` header.
fn charset_of_header(header: &str) -> Option<&'static Encoding> {
    let lower = header.to_ascii_lowercase();
    let value = lower.split(';').skip(1).find_map(|parameter| parameter.trim().strip_prefix("charset="))?;
    for_name(value.trim_matches(['"', '\'', ' ']))
}

/// The charset the page declares near its beginning, in a `meta` tag or an XML declaration.
fn charset_of_meta(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = bytes[..bytes.len().min(META_WINDOW)].to_ascii_lowercase();
    let mut from = 0;
    while let Some(found) = memchr::memmem::find(&head[from..], b"charset").map(|at| from + at) {
        from = found + b"charset".len();
        if let Some(encoding) = label_after(&head[from..]).and_then(for_name) {
            return Some(encoding);
        }
    }
    let xml = head.strip_prefix(b"<?xml")?;
    let at = memchr::memmem::find(&xml[..xml.len().min(200)], b"encoding")?;
    for_name(label_after(&xml[at + b"encoding".len()..])?)
}

/// The label in `="gbk"` or ` = gbk`.
fn label_after(bytes: &[u8]) -> Option<&str> {
    let text = bytes.trim_ascii_start().strip_prefix(b"=")?.trim_ascii_start();
    let text = text.strip_prefix(b"\"").or_else(|| text.strip_prefix(b"'")).unwrap_or(text);
    let length = text.iter().take_while(|b| b.is_ascii_alphanumeric() || b"-_:.".contains(b)).count();
    std::str::from_utf8(&text[..length]).ok().filter(|label| !label.is_empty())
}

/// The encoding of a label; UTF-16 in a declaration that could be read as ASCII is no UTF-16.
fn for_name(label: &str) -> Option<&'static Encoding> {
    let encoding = Encoding::for_label(label.as_bytes())?;
    if encoding == GBK {
        Some(GB18030)
    } else if encoding == UTF_16LE || encoding == UTF_16BE {
        Some(UTF_8)
    } else {
        Some(encoding)
    }
}

/// The name under which an encoding is reported.
fn name_of(encoding: &'static Encoding) -> &'static str {
    match encoding.name() {
        "UTF-8" => "utf-8",
        "gb18030" => "gb18030",
        "Big5" => "big5",
        "UTF-16LE" => "utf-16le",
        "UTF-16BE" => "utf-16be",
        "windows-1252" => "windows-1252",
        "Shift_JIS" => "shift_jis",
        "EUC-JP" => "euc-jp",
        "EUC-KR" => "euc-kr",
        other => other,
    }
}

/// Decodes, and says how much could not be read.
fn finish(bytes: &[u8], encoding: &'static Encoding, mut warnings: Vec<Warning>) -> Decoded {
    let (text, broken) = encoding.decode_without_bom_handling(bytes);
    if broken {
        let count = text.chars().filter(|&c| c == '\u{FFFD}').count();
        warnings.push(Warning::new(
            "broken_characters",
            format!("{count} characters could not be read as {}", name_of(encoding)),
        ));
    }
    Decoded { text: text.into_owned(), charset: name_of(encoding), warnings }
}
