//! A small bundled web on loopback: three hosts of invented places, told apart by the `Host` header.
//!
//! The pages lie in `services/baogao/demo/`, whose README says what is where and why. Nothing here
//! is random or late: a crawl of the demo finds the same reports every time.

use bytes::Bytes;
use encoding_rs::GBK;
use http_body_util::Full;
use hyper::header::{CONTENT_TYPE, HOST, HeaderValue, LOCATION};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use std::collections::HashMap;
use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::task::{JoinHandle, JoinSet};

const BOSHU: &str = "www.boshu.example";
const XIANYU: &str = "bbs.xianyu.example";
const QINGLAN: &str = "www.qinglan-gov.example";

/// Every file with its address. The forum's are encoded as GBK when the server starts.
const PAGES: &[(&str, &str, &str)] = &[
    (BOSHU, "/robots.txt", include_str!("../../demo/boshu/robots.txt")),
    (BOSHU, "/", include_str!("../../demo/boshu/home.html")),
    (BOSHU, "/baogao/index.html", include_str!("../../demo/boshu/list_1.html")),
    (BOSHU, "/baogao/index_2.html", include_str!("../../demo/boshu/list_2.html")),
    (BOSHU, "/baogao/xinan/3101.html", include_str!("../../demo/boshu/3101_1.html")),
    (BOSHU, "/baogao/xinan/3101_2.html", include_str!("../../demo/boshu/3101_2.html")),
    (BOSHU, "/baogao/xinan/3101_3.html", include_str!("../../demo/boshu/3101_3.html")),
    (BOSHU, "/baogao/xibei/3098.html", include_str!("../../demo/boshu/3098.html")),
    (BOSHU, "/baogao/huadong/3095.html", include_str!("../../demo/boshu/3095.html")),
    (BOSHU, "/gonggao/3090.html", include_str!("../../demo/boshu/3090.html")),
    (BOSHU, "/baogao/xinan/3071.html", include_str!("../../demo/boshu/3071.html")),
    (XIANYU, "/robots.txt", include_str!("../../demo/xianyu/robots.txt")),
    (XIANYU, "/", include_str!("../../demo/xianyu/home.html")),
    (XIANYU, "/forum-36-1.html", include_str!("../../demo/xianyu/forum-36-1.html")),
    (XIANYU, "/thread-5201-1-1.html", include_str!("../../demo/xianyu/thread-5201-1.html")),
    (XIANYU, "/thread-5201-2-1.html", include_str!("../../demo/xianyu/thread-5201-2.html")),
    (XIANYU, "/thread-5188-1-1.html", include_str!("../../demo/xianyu/thread-5188-1.html")),
    (QINGLAN, "/", include_str!("../../demo/qinglan/home.html")),
    (QINGLAN, "/zwgk/gzbg/index.html", include_str!("../../demo/qinglan/index.html")),
    (QINGLAN, "/zwgk/gzbg/index_1.html", include_str!("../../demo/qinglan/index_1.html")),
    (QINGLAN, "/zwgk/gzbg/202301/t20230131_20418.html", include_str!("../../demo/qinglan/t20230131_20418.html")),
    (QINGLAN, "/zwgk/gzbg/202301/t20230131_20419.html", include_str!("../../demo/qinglan/t20230131_20419.html")),
    (QINGLAN, "/zwgk/gzbg/202201/t20220125_18207.html", include_str!("../../demo/qinglan/t20220125_18207.html")),
];

/// Addresses that lead elsewhere on their host.
const REDIRECTS: &[(&str, &str, &str)] = &[(BOSHU, "/go/3098", "/baogao/xibei/3098.html")];

/// A month of the calendar without end; robots.txt forbids all of them.
const CALENDAR: &str = include_str!("../../demo/boshu/calendar.html");

/// The running demo site. Dropping it stops it.
pub struct DemoSite {
    address: SocketAddr,
    server: JoinHandle<()>,
}

impl DemoSite {
    /// Serves the bundled pages on a free port of 127.0.0.1.
    ///
    /// # Errors
    ///
    /// When no port can be bound.
    pub async fn start() -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let server = tokio::spawn(accept(listener, Arc::new(Pages::load())));
        Ok(Self { address, server })
    }

    /// Where each host is reached: (host, port in URLs, address).
    pub fn connect_to(&self) -> Vec<(String, u16, SocketAddr)> {
        [BOSHU, XIANYU, QINGLAN].map(|host| (host.to_owned(), 80, self.address)).into()
    }

    /// The list pages from which everything is reached.
    pub fn seeds(&self) -> Vec<&'static str> {
        vec![
            "http://www.boshu.example/baogao/index.html",
            "http://bbs.xianyu.example/forum-36-1.html",
            "http://www.qinglan-gov.example/zwgk/gzbg/index.html",
        ]
    }

    /// Stops serving and closes what is open.
    pub async fn shutdown(mut self) {
        self.server.abort();
        // It was cancelled just now, and that is the only thing it can tell.
        let _ = (&mut self.server).await;
    }
}

impl Drop for DemoSite {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// The pages as bytes, by host and path.
struct Pages(HashMap<(&'static str, &'static str), Bytes>);

impl Pages {
    fn load() -> Self {
        let encode = |host, text: &'static str| match host {
            XIANYU => Bytes::from(GBK.encode(text).0.into_owned()),
            _ => Bytes::from_static(text.as_bytes()),
        };
        Self(PAGES.iter().map(|(host, path, text)| ((*host, *path), encode(*host, text))).collect())
    }

    /// What stands at `path` of `host`.
    fn answer(&self, host: &str, path: &str) -> Response<Full<Bytes>> {
        if let Some(body) = self.0.get(&(host, path)) {
            let is_text = path.ends_with(".txt");
            return response(StatusCode::OK, if is_text { "text/plain" } else { "text/html" }, body.clone());
        }
        if let Some((.., target)) = REDIRECTS.iter().find(|(at, from, _)| (*at, *from) == (host, path)) {
            let mut answer = response(StatusCode::MOVED_PERMANENTLY, "text/html", Bytes::new());
            answer.headers_mut().insert(LOCATION, HeaderValue::from_static(target));
            return answer;
        }
        if let Some(page) = calendar(path).filter(|_| host == BOSHU) {
            return response(StatusCode::OK, "text/html", Bytes::from(page));
        }
        response(StatusCode::NOT_FOUND, "text/html", Bytes::from_static(b"<h1>404 Not Found</h1>"))
    }
}

fn response(status: StatusCode, content_type: &'static str, body: Bytes) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

/// The page of `/calendar/YYYY-MM.html`, which links to the months around it.
fn calendar(path: &str) -> Option<String> {
    let (year, month) = path.strip_prefix("/calendar/")?.strip_suffix(".html")?.split_once('-')?;
    let (year, month): (u16, u16) = (year.parse().ok()?, month.parse().ok()?);
    if !(1..=9998).contains(&year) || !(1..=12).contains(&month) {
        return None;
    }
    let (previous, next) = match month {
        1 => ((year - 1, 12), (year, 2)),
        12 => ((year, 11), (year + 1, 1)),
        _ => ((year, month - 1), (year, month + 1)),
    };
    let name = |(year, month): (u16, u16)| format!("{year:04}-{month:02}");
    let page = CALENDAR.replace("{month}", &format!("{year}年{month}月"));
    Some(page.replace("{previous}", &name(previous)).replace("{next}", &name(next)))
}

/// Takes connections until it is dropped, and the open ones with it.
async fn accept(listener: TcpListener, pages: Arc<Pages>) {
    let mut open = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                // A client that is gone before it is accepted is no matter of ours.
                let Ok((stream, _)) = accepted else { continue };
                let pages = Arc::clone(&pages);
                open.spawn(async move {
                    let service = service_fn(|request| {
                        let answer = respond(&request, &pages);
                        async move { Ok::<_, Infallible>(answer) }
                    });
                    let http = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
                    // A client that breaks off ends its connection, nothing else.
                    let _ = http.await;
                });
            }
            Some(_) = open.join_next() => {}
        }
    }
}

/// Answers one request.
fn respond<B>(request: &Request<B>, pages: &Pages) -> Response<Full<Bytes>> {
    let authority = request.headers().get(HOST).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let host = authority.rsplit_once(':').map_or(authority, |(host, _)| host).to_ascii_lowercase();
    pages.answer(&host, request.uri().path())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// The reports that a crawl must find.
    const RECORDS: &str = include_str!("../../demo/records.tsv");

    #[test]
    fn every_page_is_encoded_without_loss() {
        for ((host, path), bytes) in Pages::load().0 {
            let text = PAGES.iter().find(|page| (page.0, page.1) == (host, path)).map(|page| page.2);
            let (decoded, broken) = match host {
                XIANYU => GBK.decode_without_bom_handling(&bytes),
                _ => encoding_rs::UTF_8.decode_without_bom_handling(&bytes),
            };
            assert_eq!((Some(&*decoded), broken), (text, false), "{host}{path}");
        }
    }

    #[test]
    fn links_lead_to_pages_save_the_one_that_is_gone() {
        let pages = Pages::load();
        let mut gone = BTreeSet::new();
        for (host, path, text) in PAGES {
            let base = folder(host, path, text);
            for href in text.split(" href=\"").skip(1).filter_map(|rest| rest.split('"').next()) {
                if is_no_page(href) {
                    continue;
                }
                let target = if href.starts_with('/') {
                    href.to_owned()
                } else {
                    format!("{base}{}", href.trim_start_matches("./"))
                };
                if pages.answer(host, &target).status() == StatusCode::NOT_FOUND {
                    gone.insert(target);
                }
            }
        }
        assert_eq!(gone.into_iter().collect::<Vec<_>>(), ["/baogao/xinan/3066.html"]);
    }

    /// The folder that relative links of a page start from.
    fn folder(host: &str, path: &str, text: &str) -> String {
        if text.contains(&format!("<base href=\"http://{host}/\"")) {
            "/".to_owned()
        } else {
            path[..=path.rfind('/').unwrap()].to_owned()
        }
    }

    /// Whether a reference is for the browser or for members only.
    fn is_no_page(href: &str) -> bool {
        href.starts_with("javascript:")
            || href.starts_with('#')
            || href.starts_with("http")
            || href.ends_with(".css")
            || href.starts_with("space-")
    }

    #[test]
    fn the_calendar_never_ends() {
        let (mut path, mut seen) = ("/calendar/2023-11.html".to_owned(), BTreeSet::new());
        for _ in 0..50 {
            let page = calendar(&path).unwrap();
            assert!(!page.contains(['{', '}']), "{page}");
            let next = page.rsplit("href=\"/calendar/").next().and_then(|rest| rest.split('"').next()).unwrap();
            assert!(seen.insert(path));
            path = format!("/calendar/{next}");
        }
        assert_eq!(calendar("/calendar/2024-13.html"), None);
    }

    #[test]
    fn every_record_stands_on_its_page() {
        let rows: Vec<Vec<&str>> = RECORDS.lines().skip(1).map(|line| line.split('\t').collect()).collect();
        assert_eq!(rows.len(), 8);
        for row in rows {
            let (host, path) = row[3].strip_prefix("http://").and_then(|rest| rest.split_once('/')).unwrap();
            let page = PAGES.iter().find(|page| page.0 == host && page.1[1..] == *path).unwrap().2;
            let day: Vec<&str> = row[2].split('-').map(|part| part.trim_start_matches('0')).collect();
            assert!(page.contains(row[0]) && page.contains(row[1]), "{row:?}");
            assert!(page.contains(&format!("{}年{}月{}日在", day[0], day[1], day[2])), "{row:?}");
        }
    }

    #[tokio::test]
    async fn a_started_site_answers_and_a_stopped_one_does_not() {
        let site = DemoSite::start().await.unwrap();
        let (_, port, address) = site.connect_to().remove(0);
        assert_eq!((port, site.seeds().len()), (80, 3));
        assert!(tokio::net::TcpStream::connect(address).await.is_ok());
        site.shutdown().await;
        assert!(tokio::net::TcpStream::connect(address).await.is_err());
    }
}
