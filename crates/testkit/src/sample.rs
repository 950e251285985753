//! Ready-made values of the model for tests that need one and do not care which.
//!
//! Each is complete and consistent with the others: the article is of the page, the report of the
//! article. Change a field with struct update syntax.

use baogao_model::event::{DocumentReady, GroupHint, GroupMember, LinksFound, PageFetched, Part, PartState, Revision};
use baogao_model::report::{
    Bound, Completeness, Kind, Level, Measure, Measurement, Meeting, Modality, Number, Region, Role, SCHEMA, Section,
    Source, Speaker,
};
use baogao_model::{Article, ContentHash, GroupId, Link, LinkRole, PageKind, PayloadRef, Report, ReportId, Span};
use jiff::Timestamp;
use jiff::civil::date;

/// The host of every sample.
pub const SITE: &str = "juhe.example";
/// The address of every sample's first part.
pub const URL: &str = "http://www.juhe.example/baogao/xinan/5012.html";
/// The document's name within its site.
pub const DOCUMENT_KEY: &str = "article/5012";
/// The clean text of the sample article.
pub const TEXT: &str = "青岚县2024年政府工作报告\n\
    ——2024年1月18日在青岚县第十八届人民代表大会第三次会议上\n\
    青岚县人民政府县长 赵一鸣\n\
    各位代表：\n\
    现在，我代表县人民政府，向大会报告工作，请予审议。\n\
    一、2023年工作回顾\n\
    全年地区生产总值完成181.8亿元，增长6.2%。\n";

/// A moment on the day after the sample report was delivered.
pub fn now() -> Timestamp {
    // 2024-01-19T02:30:00Z lies within the range of timestamps.
    Timestamp::from_second(1_705_631_400).expect("the second is in range")
}

/// A reference to a payload that no archive holds; `number` tells two apart.
pub fn payload(number: u64) -> PayloadRef {
    PayloadRef {
        segment: "2024/01/19/sample-1.warc.gz".to_owned(),
        offset: number * 4096,
        length: 4096,
        blake3: ContentHash::of(&number.to_le_bytes()),
    }
}

/// The page at `url`, fetched as the `fetch_no`-th.
pub fn page_fetched(url: &str, fetch_no: u64) -> PageFetched {
    PageFetched {
        url: url.to_owned(),
        site: SITE.to_owned(),
        fetch_no,
        fetched_at: now(),
        status: 200,
        content_type: Some("text/html".to_owned()),
        payload: payload(fetch_no),
        depth: 1,
    }
}

/// What part `part` of a document of `total` parts says about links and the whole.
pub fn links_found(part: u32, total: u32, fetch_no: u64) -> LinksFound {
    let members: Vec<GroupMember> = (1..=total).map(|part| GroupMember { part, url: part_url(part) }).collect();
    let link =
        |member: &GroupMember| Link { url: member.url.clone(), text: member.part.to_string(), role: LinkRole::Part };
    LinksFound {
        page_url: part_url(part),
        site: SITE.to_owned(),
        fetch_no,
        page_kind: PageKind::Article,
        links: members.iter().filter(|member| member.part != part).map(link).collect(),
        group: (total > 1).then(|| GroupHint {
            document_key: DOCUMENT_KEY.to_owned(),
            part,
            total: Some(total),
            members,
        }),
        extractor_version: 1,
    }
}

/// A document of `total` parts, all of them fetched.
pub fn document_ready(total: u32) -> DocumentReady {
    let part = |part: u32| Part {
        part,
        url: part_url(part),
        state: PartState::Fetched {
            payload: payload(u64::from(part)),
            content_type: Some("text/html".to_owned()),
            fetch_no: u64::from(part),
        },
    };
    DocumentReady {
        group: GroupId::of_document(SITE, DOCUMENT_KEY),
        site: SITE.to_owned(),
        document_key: DOCUMENT_KEY.to_owned(),
        fetch_no: u64::from(total),
        fetched_at: now(),
        parts: (1..=total).map(part).collect(),
    }
}

/// The address of a part of the sample document, from 1.
pub fn part_url(part: u32) -> String {
    match part {
        1 => URL.to_owned(),
        part => URL.replace(".html", &format!("_{part}.html")),
    }
}

/// An article of one part with the text [`TEXT`].
pub fn article() -> Article {
    Article {
        url: URL.to_owned(),
        canonical_url: URL.to_owned(),
        site: SITE.to_owned(),
        family: "empirecms".to_owned(),
        document_key: DOCUMENT_KEY.to_owned(),
        pages: vec![URL.to_owned()],
        title: TEXT.lines().next().map(str::to_owned),
        published_on: Some(date(2024, 1, 19)),
        text: TEXT.to_owned(),
        content_hash: ContentHash::of(TEXT.as_bytes()),
        archive: vec![payload(1)],
        fetch_no: 1,
        fetched_at: now(),
        extractor_version: 1,
        warnings: Vec::new(),
    }
}

/// The record of [`article`].
pub fn report() -> Report {
    let article = article();
    Report {
        schema: SCHEMA.to_owned(),
        id: ReportId::of_document(SITE, DOCUMENT_KEY),
        source: Source {
            url: Some(article.url),
            canonical_url: Some(article.canonical_url),
            site: Some(article.site),
            family: Some(article.family),
            pages: article.pages,
            published_on: article.published_on,
            fetched_at: Some(article.fetched_at),
            content_hash: Some(article.content_hash),
            archive: article.archive,
        },
        text: article.text,
        kind: Kind::Report,
        kind_score: 0.9,
        kind_reasons: vec!["delivery_note".to_owned()],
        title: article.title,
        region: Some(Region { name: Some("青岚县".to_owned()), level: Some(Level::County), ..Region::default() }),
        government: Some("青岚县人民政府".to_owned()),
        delivered_on: Some(date(2024, 1, 18)),
        year: Some(2024),
        review_year: Some(2023),
        plan_year: Some(2024),
        meeting: Some(Meeting {
            body: Some("青岚县".to_owned()),
            term: Some(18),
            session: Some(3),
            text: "青岚县第十八届人民代表大会第三次会议".to_owned(),
        }),
        speaker: Some(Speaker { name: "赵一鸣".to_owned(), office: Some("县长".to_owned()), acting: Some(false) }),
        completeness: Completeness::HeadOnly,
        sections: vec![Section {
            level: 1,
            number: Some("一、".to_owned()),
            heading: "2023年工作回顾".to_owned(),
            role: Role::Review,
            span: span_of("一、2023年工作回顾", "6.2%。"),
        }],
        measurements: vec![gross_domestic_product()],
        glossary: Vec::new(),
        warnings: Vec::new(),
    }
}

/// The place of [`report`] among its revisions.
pub fn revision() -> Revision {
    Revision { content_hash: ContentHash::of(TEXT.as_bytes()), fetch_no: 1, extractor_version: 1, parser_version: 1 }
}

fn gross_domestic_product() -> Measurement {
    Measurement {
        quote: "地区生产总值完成181.8亿元".into(),
        subject: "地区生产总值".into(),
        indicator: Some("gdp".into()),
        measure: Measure::Level,
        value: Some(Number(18_180_000_000.0)),
        value_max: None,
        unit: Some("CNY".into()),
        counter: None,
        bound: Bound::Eq,
        modality: Modality::Actual,
        period: Some("2023".into()),
        scope: None,
        of: None,
        basis: None,
        span: span_of("181.8亿元", "181.8亿元"),
        section: Some(0),
    }
}

/// The characters of [`TEXT`] from the beginning of `first` to the end of `last`; empty at the
/// text's end where one is missing.
fn span_of(first: &str, last: &str) -> Span {
    let chars = |bytes: usize| TEXT[..bytes].chars().count() as u32;
    let start = TEXT.find(first).unwrap_or(TEXT.len());
    let end = TEXT.find(last).map_or(TEXT.len(), |at| at + last.len());
    Span::new(chars(start), chars(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_and_texts_agree() {
        let report = report();
        assert_eq!(report.measurements[0].span.slice(&report.text), "181.8亿元");
        assert!(report.sections[0].span.slice(&report.text).starts_with("一、2023年工作回顾\n全年"));
        assert!(report.sections[0].span.slice(&report.text).ends_with("6.2%。"));
        assert!(report.text.contains(&*report.measurements[0].quote));
    }

    #[test]
    fn parts_agree() {
        let ready = document_ready(3);
        let members = links_found(2, 3, 7).group.unwrap().members;
        let named: Vec<String> = members.into_iter().map(|member| member.url).collect();
        assert_eq!(ready.parts.iter().map(|part| part.url.clone()).collect::<Vec<_>>(), named);
        assert_eq!(named[1], "http://www.juhe.example/baogao/xinan/5012_2.html");
    }
}
