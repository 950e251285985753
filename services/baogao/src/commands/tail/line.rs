//! One event in one line: for people, and as CloudEvents in JSON.

use crate::lang::Lang;
use crate::say;
use baogao_model::Message;
use baogao_model::event::{
    ArticleCleaned, DocumentForgotten, DocumentOther, DocumentReady, LinksFound, PageFetched, ReportParsed,
};
use baogao_model::report::Report;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

/// The event in CloudEvents' structured form, JSON event format 1.0, with the routing key and `traceparent` as
/// extension attributes.
pub fn json(message: &Message) -> serde_json::Result<String> {
    let mut event = json!({
        "specversion": "1.0",
        "id": message.id,
        "type": message.r#type,
        "source": message.source,
        "time": message.time,
        "routingkey": message.routing_key,
    });
    if let Some(traceparent) = &message.traceparent {
        event["traceparent"] = json!(traceparent);
    }
    // What is no JSON is a stranger's, and shown as far as it is text.
    let (kind, data) = match serde_json::from_slice::<Value>(&message.body) {
        Ok(data) => ("application/json", data),
        Err(_) => ("text/plain", String::from_utf8_lossy(&message.body).into()),
    };
    event["datacontenttype"] = json!(kind);
    event["data"] = data;
    serde_json::to_string(&event)
}

/// The event as people read it: when it was made, its key, and what it is about.
pub fn plain(lang: Lang, message: &Message) -> String {
    let time = message.time.to_zoned(TimeZone::system()).strftime("%H:%M:%S");
    let about = about(lang, message).unwrap_or_else(|| {
        // Of a later version, or a stranger's.
        say!(lang, "{}, {} bytes", "{}，{} 字节", message.r#type, message.body.len())
    });
    one_line(&format!("{time}  {}  {about}", message.routing_key))
}

/// What an event is about; none for one that cannot be read here.
fn about(lang: Lang, message: &Message) -> Option<String> {
    if let Ok(event) = message.decode::<ReportParsed>() {
        return Some(report(lang, &event.report));
    }
    if let Ok(event) = message.decode::<DocumentOther>() {
        return Some(other(&event.report));
    }
    if let Ok(ArticleCleaned { article }) = message.decode() {
        let title = article.title.unwrap_or(article.url);
        return Some(say!(lang, "{}, {} characters", "{}，{} 字", title, article.text.chars().count()));
    }
    if let Ok(event) = message.decode::<PageFetched>() {
        return Some(format!("{} {}", event.status, event.url));
    }
    if let Ok(event) = message.decode::<LinksFound>() {
        return Some(say!(lang, "{}, {} links", "{}，{} 个链接", event.page_url, event.links.len()));
    }
    if let Ok(event) = message.decode::<DocumentForgotten>() {
        return Some(say!(lang, "{} was taken down", "{} 已下架", event.target));
    }
    let event = message.decode::<DocumentReady>().ok()?;
    Some(say!(lang, "{}, {} parts", "{}，{} 页", event.document_key, event.parts.len()))
}

/// Region, title and how much was found.
fn report(lang: Lang, report: &Report) -> String {
    let region = report.region.as_ref().and_then(|region| region.name.as_deref()).unwrap_or("–");
    let title = title(report);
    let (sections, numbers, warnings) = (report.sections.len(), report.measurements.len(), report.warnings.len());
    let found = say!(lang, "{} sections, {} numbers", "{} 节，{} 个数值", sections, numbers);
    let doubts = match warnings {
        0 => String::new(),
        _ => say!(lang, ", {} warnings", "，{} 条警告", warnings),
    };
    format!("{region}  {title}  {found}{doubts}")
}

/// Title and address: the kind stands in the key.
fn other(report: &Report) -> String {
    match &report.source.url {
        Some(url) if report.title.is_some() => format!("{}  {url}", title(report)),
        _ => title(report).to_owned(),
    }
}

/// The title, else the address.
fn title(report: &Report) -> &str {
    report.title.as_deref().or(report.source.url.as_deref()).unwrap_or("–")
}

/// A text without what would begin a new line or be obeyed by a terminal.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(r#type: &str, body: &[u8]) -> Message {
        Message {
            id: "0af7".to_owned(),
            r#type: r#type.to_owned(),
            source: "/baogao/crawler".to_owned(),
            time: "2026-01-20T03:04:05.5Z".parse().unwrap(),
            routing_key: "page.fetched.qinglan_gov_cn".to_owned(),
            traceparent: None,
            body: body.to_vec(),
        }
    }

    const FETCHED: &[u8] =
        "{\"url\": \"http://www.qinglan.gov.cn/\\u001b[2J\", \"site\": \"qinglan.gov.cn\", \"fetch_no\": 1,
        \"fetched_at\": \"2026-01-20T03:04:05Z\", \"status\": 200, \"content_type\": null, \"depth\": 0,
        \"payload\": {\"segment\": \"a\", \"offset\": 0, \"length\": 1, \"blake3\": \"00\"}}"
            .as_bytes();

    #[test]
    fn a_structured_event_has_its_data_as_json_in_one_line() {
        let line = json(&message("baogao.page.fetched.v1", FETCHED)).unwrap();
        assert!(!line.contains('\n'), "{line}");
        let event: Value = serde_json::from_str(&line).unwrap();
        assert_eq!((&event["specversion"], &event["id"]), (&json!("1.0"), &json!("0af7")));
        assert_eq!(event["time"], "2026-01-20T03:04:05.5Z");
        assert_eq!((&event["datacontenttype"], &event["data"]["status"]), (&json!("application/json"), &json!(200)));
        assert_eq!(event.get("traceparent"), None, "an absent attribute is left out");
        let stranger: Value = serde_json::from_str(&json(&message("", b"\xff no\n")).unwrap()).unwrap();
        assert_eq!((&stranger["datacontenttype"], &stranger["data"]), (&json!("text/plain"), &json!("\u{fffd} no\n")));
    }

    #[test]
    fn what_a_page_says_is_no_order_to_a_terminal_and_no_second_line() {
        for (r#type, body) in [("baogao.page.fetched.v1", FETCHED), ("a\n\x1b[2Jb", b"x")] {
            let line = plain(Lang::En, &message(r#type, body));
            assert!(line.contains("page.fetched.qinglan_gov_cn") && !line.chars().any(char::is_control), "{line:?}");
        }
        assert!(plain(Lang::Zh, &message("baogao.page.fetched.v9", FETCHED)).contains("字节"));
    }
}
