//! The static web says exactly what it was told to say.

mod http;

use baogao_testkit::{Route, StaticWeb};
use http::get;

#[test]
fn routes_are_told_apart_by_host_and_query_and_can_be_replaced() {
    let web = StaticWeb::start(vec![
        Route::html("a.example", "/", "a"),
        Route::html("b.example", "/", "b").status(503).header("Retry-After", "7"),
        Route::html("a.example", "/?page=2", vec![0xff, 0x00]).header("content-type", "text/html; charset=gbk"),
        Route::redirect("a.example", "/old", 301, "/"),
    ])
    .unwrap();
    let ask = |url: &str| get(web.address(), url).unwrap();
    assert_eq!((ask("http://a.example/").status, ask("http://a.example/").body), (200, b"a".to_vec()));
    assert_eq!(
        (ask("http://B.example/").status, ask("http://b.example/").headers["retry-after"].clone()),
        (503, "7".into())
    );
    let second = ask("http://a.example/?page=2");
    assert_eq!((second.body, second.headers["content-type"].as_str()), (vec![0xff, 0x00], "text/html; charset=gbk"));
    let old = ask("http://a.example/old");
    assert_eq!((old.status, old.headers["location"].as_str()), (301, "/"));
    assert_eq!(ask("http://a.example/?page=3").status, 404);

    web.set(Route::html("a.example", "/", "changed"));
    assert_eq!(ask("http://a.example/").body, b"changed");
    web.remove("a.example", "/");
    assert_eq!(ask("http://a.example/").status, 404);
    assert_eq!(web.log().len(), 9);
    assert_eq!(web.connect_to().len(), 2);
}

#[test]
fn a_route_that_http_does_not_allow_says_so() {
    let web = StaticWeb::start(vec![Route::html("a.example", "/", "a").header("bad\nname", "x")]).unwrap();
    assert_eq!(get(web.address(), "http://a.example/").unwrap().status, 500);
}
