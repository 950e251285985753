//! robots.txt: a table of cases, and what holds for every file.

use baogao_fetch::{MAX_ROBOTS_BYTES, Robots, RobotsAnswer};
use proptest::prelude::*;
use std::time::Duration;

/// Undoes the escapes of the table.
fn unescape(text: &str) -> String {
    text.replace("\\n", "\n").replace("\\r", "\r").replace("\\t", "\t").replace("\\uFEFF", "\u{feff}")
}

#[test]
fn cases() {
    let mut seen = 0;
    let mut wrong = Vec::new();
    for line in include_str!("robots.tsv").lines().filter(|line| !line.starts_with("# ")) {
        let [name, file, agent, path, allowed] = line.split('\t').collect::<Vec<_>>()[..] else {
            panic!("not five fields: {line}");
        };
        let expected = match allowed {
            "yes" => true,
            "no" => false,
            other => panic!("{name}: {other} is neither yes nor no"),
        };
        seen += 1;
        if Robots::parse(unescape(file).as_bytes()).allows(agent, path) != expected {
            wrong.push(name);
        }
    }
    assert_eq!(wrong, [""; 0]);
    assert!(seen >= 60, "only {seen} cases found");
}

#[test]
fn crawl_delays() {
    let delay = |file: &str, agent: &str| Robots::parse(file.as_bytes()).crawl_delay(agent);
    let seconds = |seconds| Some(Duration::from_secs(seconds));
    assert_eq!(delay("User-agent: *\nCrawl-delay: 10", "baogao"), seconds(10));
    assert_eq!(delay("User-agent: *\nCrawl-delay: 0.5", "baogao"), Some(Duration::from_millis(500)));
    assert_eq!(delay("User-agent: *\nCrawl-delay: 10\n\nUser-agent: baogao\nDisallow:", "baogao"), None);
    assert_eq!(delay("User-agent: *\nCrawl-delay: 10\n\nUser-agent: baogao\nCrawl-delay: 2", "baogao"), seconds(2));
    assert_eq!(delay("User-agent: baogao\nCrawl-delay: 9\nCrawl-delay: 2", "baogao"), seconds(9));
    assert_eq!(delay("User-agent: other\nCrawl-delay: 5\nUser-agent: baogao\nDisallow: /x", "baogao"), None);
    assert_eq!(delay("User-agent: *\nCrawl-delay: 1e300", "baogao"), seconds(86_400));
    assert_eq!(delay("User-agent: *\nCrawl-delay: inf", "baogao"), seconds(86_400));
    for nonsense in ["-1", "NaN", "ten", "", "10 seconds"] {
        assert_eq!(delay(&format!("User-agent: *\nCrawl-delay: {nonsense}"), "baogao"), None, "{nonsense}");
    }
    assert_eq!(delay("Crawl-delay: 5", "baogao"), None);
}

#[test]
fn sitemaps_stand_anywhere() {
    let file =
        "Sitemap: http://a.example/1.xml\nUser-agent: x\nDisallow: /\nsitemap:http://a.example/2.xml\nSitemap:\n";
    assert_eq!(Robots::parse(file.as_bytes()).sitemaps(), ["http://a.example/1.xml", "http://a.example/2.xml"]);
}

#[test]
fn nothing_behind_the_limit_counts_and_no_line_is_cut() {
    let head = "User-agent: *\nDisallow: /first\n";
    let last = "Disallow: /last";
    // The limit falls right behind the slash of the last line.
    let filler = "#".repeat(MAX_ROBOTS_BYTES - head.len() - 1 - "Disallow: /".len());
    let robots = Robots::parse(format!("{head}{filler}\n{last}\nDisallow: /behind").as_bytes());
    assert!(!robots.allows("baogao", "/first"));
    assert!(robots.allows("baogao", "/last") && robots.allows("baogao", "/behind") && robots.allows("baogao", "/x"));
}

#[test]
fn many_wildcards_do_not_backtrack() {
    // With a matcher that backtracks this takes longer than anyone would wait for a test.
    let pattern = "/".to_owned() + &"*a".repeat(10_000) + "*b";
    let robots = Robots::parse(format!("User-agent: *\nDisallow: {pattern}\nDisallow: {pattern}$").as_bytes());
    assert!(robots.allows("baogao", &("/".to_owned() + &"a".repeat(100_000))));
    assert!(!robots.allows("baogao", &("/".to_owned() + &"a".repeat(100_000) + "b")));
}

#[test]
fn answers_survive_storage() {
    let answers = [
        (RobotsAnswer::Rules { body: "User-agent: *\nDisallow: /a".into() }, [false, true]),
        (RobotsAnswer::AllowAll { why: "status 404".to_owned() }, [true, true]),
        (RobotsAnswer::DenyAll { why: "status 503".to_owned() }, [false, false]),
    ];
    for (answer, allowed) in answers {
        let stored = RobotsAnswer::from_stored(answer.state(), answer.body());
        assert_eq!(stored, answer);
        let robots = stored.robots();
        assert_eq!([robots.allows("baogao", "/a"), robots.allows("baogao", "/b")], allowed);
        assert!(robots.allows("baogao", "/robots.txt"));
    }
    assert!(!RobotsAnswer::from_stored("of a later version", b"").robots().allows("baogao", "/a"));
}

/// The definition of a match, letter by letter.
fn naive_match(pattern: &[u8], path: &[u8]) -> bool {
    match pattern {
        [] => true,
        [b'$'] => path.is_empty(),
        [b'*', rest @ ..] => (0..=path.len()).any(|skipped| naive_match(rest, &path[skipped..])),
        [first, rest @ ..] => path.first() == Some(first) && naive_match(rest, &path[1..]),
    }
}

/// The definition of a decision: the longest match, the most permissive of equals.
fn naive_allows(rules: &[(bool, String)], path: &str) -> bool {
    let matching = rules.iter().filter(|(_, pattern)| naive_match(pattern.as_bytes(), path.as_bytes()));
    matching.map(|(allows, pattern)| (pattern.len(), *allows)).max().is_none_or(|(_, allows)| allows)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn decisions_follow_the_definition(
        rules in proptest::collection::vec((any::<bool>(), "/[ab/*]{0,6}[$]?"), 0..6),
        path in "/[ab/]{0,8}",
    ) {
        let mut file = "User-agent: *\n".to_owned();
        for (allows, pattern) in &rules {
            file.push_str(&format!("{}: {pattern}\n", if *allows { "Allow" } else { "Disallow" }));
        }
        prop_assert_eq!(Robots::parse(file.as_bytes()).allows("baogao", &path), naive_allows(&rules, &path), "{}", file);
    }
}

proptest! {
    #[test]
    fn any_bytes_are_a_file(file in proptest::collection::vec(any::<u8>(), 0..2000), path in ".{0,60}") {
        let robots = Robots::parse(&file);
        robots.allows("baogao", &path);
        robots.crawl_delay(&path);
    }

    #[test]
    fn broken_files_are_files(
        lines in proptest::collection::vec("(User-agent|Disallow|Allow|Crawl-delay|Sitemap)?[ :\t]{0,3}.{0,20}[\r\n]?", 0..30),
        path in "/.{0,20}",
    ) {
        let robots = Robots::parse(lines.concat().as_bytes());
        robots.allows("baogao", &path);
        prop_assert!(robots.crawl_delay("baogao").is_none_or(|delay| delay <= Duration::from_secs(86_400)));
    }
}
