//! Pages in the structures of sites that no profile knows: boards, questions, libraries of documents,
//! encyclopedias, platforms, portals, blogs, counties and newspapers, and lists, which have no text. All is invented.

use baogao_extract::{Extractor, Page};
use baogao_model::PageKind;
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// A row of `sites/sites.tsv`.
#[derive(Deserialize)]
struct Row {
    page: String,
    title: String,
    /// The day of publication, empty where the page shows none.
    date: String,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sites")
}

fn rows() -> Vec<Row> {
    let mut table = csv::ReaderBuilder::new().delimiter(b'\t').from_path(folder().join("sites.tsv")).unwrap();
    table.deserialize().map(|row| row.unwrap()).collect()
}

/// Extracts every page after `change`, and holds its text, title and date against the table.
fn check(change: impl Fn(&str) -> String) {
    let extractor = Extractor::new();
    let mut wrong = Vec::new();
    for row in rows() {
        let page = folder().join(format!("{}.html", row.page));
        let html = change(&std::fs::read_to_string(&page).unwrap());
        let got = extractor.extract(&Page { bytes: html.as_bytes(), url: None, content_type: None });
        let want = std::fs::read_to_string(page.with_extension("txt")).unwrap();
        assert_eq!(got.family, "generic", "{}: a profile knows it", row.page);
        let kind = if want.is_empty() { PageKind::List } else { PageKind::Article };
        assert_eq!(got.kind, kind, "{}", row.page);
        if got.text != want {
            wrong.push(format!("{}: text\n--- want\n{want}--- got\n{}", row.page, got.text));
        }
        if got.title.as_deref() != Some(&*row.title) {
            wrong.push(format!("{}: title {:?}, not {:?}", row.page, got.title, row.title));
        }
        let date = got.published_on.map(|date| date.to_string()).unwrap_or_default();
        if date != row.date {
            wrong.push(format!("{}: date {date:?}, not {:?}", row.page, row.date));
        }
    }
    assert!(wrong.is_empty(), "{} wrong\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn structures_of_sites_that_no_profile_knows() {
    assert!(rows().len() >= 50);
    check(str::to_owned);
}

#[test]
fn the_same_in_sections_instead_of_divisions() {
    check(|html| html.replace("<div", "<section").replace("</div>", "</section>"));
}

#[test]
fn the_same_with_what_other_sites_put_around_an_article() {
    let menu: String = (0..9).map(|n| format!("<li><a href='/menu/{n}/'>栏目之{n}</a></li>")).collect();
    let ranking: String =
        (0..8).map(|n| format!("<p>{n} <a href='/rank/{n}.html'>一条排在第{n}位的新闻标题</a></p>")).collect();
    let notice = "<div>本站部分内容来自网络，版权归原作者所有，如有侵权请与我们联系，我们将及时处理。</div>";
    check(|html| {
        let html = html.replacen("<body>", &format!("<body><ul>{menu}</ul>"), 1);
        html.replacen("</body>", &format!("<div><b>一周排行</b>{ranking}</div>{notice}</body>"), 1)
    });
}
