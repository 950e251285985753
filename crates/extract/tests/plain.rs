//! Responses that are plain text.

use baogao_extract::{Extractor, Page};

const TEXT: &str = "\u{feff}青岚县人民政府工作报告\r\n\r\n　　各位代表：\r\n　　现在，我代表县人民政府作工作报告。  \n<政府>二字不是标记。\n";

fn text(bytes: &[u8], content_type: &str) -> (String, String, &'static str) {
    let page = Extractor::new().extract(&Page { bytes, url: None, content_type: Some(content_type) });
    (page.text, page.charset, page.kind.as_str())
}

#[test]
fn each_line_is_a_paragraph() {
    let want = "青岚县人民政府工作报告\n各位代表：\n现在，我代表县人民政府作工作报告。\n<政府>二字不是标记。\n";
    assert_eq!(text(TEXT.as_bytes(), "Text/Plain ; charset=utf-8"), (want.to_owned(), "utf-8".to_owned(), "article"));
    let (gb, _, _) = encoding_rs::GB18030.encode(&TEXT[3..]);
    assert_eq!(text(&gb, "text/plain"), (want.to_owned(), "gb18030".to_owned(), "article"));
    assert_eq!(text(b" \r\n\t\n", "text/plain"), (String::new(), "utf-8".to_owned(), "other"));
}

#[test]
fn markup_stays_markup_whatever_it_is_called() {
    let html =
        "<!DOCTYPE html><title>青岚县</title><div><p>各位代表：现在，我代表县人民政府向大会作工作报告。</p></div>";
    assert_eq!(text(html.as_bytes(), "text/plain"), text(html.as_bytes(), "text/html"));
}
