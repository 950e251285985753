//! robots.txt by RFC 9309.
//!
//! Mistakes that are common in the wild and clear in their intention are understood as other
//! crawlers understand them: missing colons, misspelt field names, byte-order marks, any line end.
//! In doubt a line is ignored, as the standard says. Decisions are those of Google's parser, except
//! where the standard goes further: both sides are compared in one percent-encoding (§2.2.2), and
//! robots.txt itself is always allowed.
//!
//! # Promises
//!
//! - Parsing and each question take time linear in the file and the path; no pattern backtracks.
//! - Nothing beyond [`MAX_ROBOTS_BYTES`] is read.

use memchr::memmem;
use std::time::Duration;

/// The product token that groups of robots.txt are matched with (RFC 9309 §2.2.1).
pub const ROBOTS_AGENT: &str = "baogao";

/// How much of a file counts (RFC 9309 §2.5 asks for at least as much).
pub const MAX_ROBOTS_BYTES: usize = 500 * 1024;

/// The longest `Crawl-delay` understood; longer ones mean this.
const MAX_CRAWL_DELAY: Duration = Duration::from_secs(24 * 60 * 60);

/// The rules of one robots.txt.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Robots {
    groups: Vec<Group>,
    sitemaps: Vec<String>,
}

/// The lines that speak to one set of agents.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Group {
    agents: Vec<Agent>,
    rules: Vec<Rule>,
}

/// Whom a group speaks to, and how fast they may go.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Agent {
    /// The product token in lower case, or `*`.
    name: String,
    /// The delay stated behind the agent's line. It is kept per agent, since files in the wild
    /// often have `Crawl-delay` as the only line between two agents, which does not end a group.
    delay: Option<Duration>,
}

/// One `Allow` or `Disallow` line.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Rule {
    allows: bool,
    pattern: Pattern,
}

/// A path pattern in normal form.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Pattern {
    /// What stands between the wildcards; never empty as a list.
    pieces: Vec<Box<[u8]>>,
    /// Whether the path must end with the last piece.
    anchored: bool,
    /// The octets of the pattern, special characters included: the longest pattern wins.
    length: usize,
}

impl Robots {
    /// Reads a file. There is no wrong one: lines that make no sense are skipped.
    pub fn parse(file: &[u8]) -> Self {
        let mut parser = Parser::default();
        for line in lines_of(file) {
            parser.line(line);
        }
        parser.robots
    }

    /// Rules that allow everything.
    pub fn allow_all() -> Self {
        Self::default()
    }

    /// Rules that allow nothing but robots.txt itself.
    pub fn deny_all() -> Self {
        Self::parse(b"user-agent: *\ndisallow: /")
    }

    /// Whether the agent with this product token may fetch a path (with its query, as in the URL).
    ///
    /// The group of the agent's own name counts, else the one of `*`; the longest matching pattern
    /// decides, and `Allow` where two are equally long. robots.txt itself is always allowed.
    pub fn allows(&self, agent_token: &str, path_and_query: &str) -> bool {
        let path = normal_path(path_and_query);
        if path == b"/robots.txt" {
            return true;
        }
        let mut best: Option<(usize, bool)> = None;
        for group in self.groups_for(agent_token) {
            for rule in &group.rules {
                let candidate = (rule.pattern.length, rule.allows);
                // On a tie `true` is greater, so the more permissive rule wins.
                if best.is_none_or(|best| candidate > best) && rule.pattern.matches(&path) {
                    best = Some(candidate);
                }
            }
        }
        best.is_none_or(|(_, allows)| allows)
    }

    /// The pause between requests that the file asks of an agent: the longest, if several are given.
    ///
    /// Not in the standard, but widely used. At most 24 hours.
    pub fn crawl_delay(&self, agent_token: &str) -> Option<Duration> {
        let name = self.effective_agent(agent_token);
        let agents = self.groups.iter().flat_map(|group| &group.agents);
        agents.filter(|agent| agent.name == name).filter_map(|agent| agent.delay).max()
    }

    /// The sitemaps the file names, as written, in its order.
    pub fn sitemaps(&self) -> &[String] {
        &self.sitemaps
    }

    /// The groups that speak to an agent; several of one name count as one.
    fn groups_for(&self, agent_token: &str) -> impl Iterator<Item = &Group> {
        let name = self.effective_agent(agent_token);
        self.groups.iter().filter(move |group| group.agents.iter().any(|agent| agent.name == name))
    }

    /// The agent's own name in lower case if the file knows it, else `*`.
    fn effective_agent(&self, agent_token: &str) -> String {
        let own = product_token(agent_token.as_bytes());
        let is_known = self.groups.iter().any(|group| group.agents.iter().any(|agent| agent.name == own));
        if is_known { own } else { "*".to_owned() }
    }
}

/// The state between two lines.
#[derive(Default)]
struct Parser {
    robots: Robots,
    /// Whether a group is open, and whether it has a rule, so that the next agent opens another.
    in_group: bool,
    has_rule: bool,
}

impl Parser {
    fn line(&mut self, line: &[u8]) {
        let Some((field, value)) = split_line(line) else { return };
        match field {
            Field::UserAgent => self.user_agent(value),
            Field::Allow => self.rule(true, value),
            Field::Disallow => self.rule(false, value),
            Field::CrawlDelay => self.crawl_delay(value),
            Field::Sitemap => {
                if !value.is_empty() {
                    self.robots.sitemaps.push(String::from_utf8_lossy(value).into_owned());
                }
            }
        }
    }

    fn user_agent(&mut self, value: &[u8]) {
        if !self.in_group || self.has_rule {
            self.robots.groups.push(Group::default());
            (self.in_group, self.has_rule) = (true, false);
        }
        let is_star = value.first() == Some(&b'*') && value.get(1).is_none_or(u8::is_ascii_whitespace);
        let name = if is_star { "*".to_owned() } else { product_token(value) };
        if let Some(group) = self.robots.groups.last_mut() {
            group.agents.push(Agent { name, delay: None });
        }
    }

    fn rule(&mut self, allows: bool, value: &[u8]) {
        // Rules before the first agent speak to nobody.
        let Some(group) = self.robots.groups.last_mut() else { return };
        // An empty rule ends the list of agents like any other, but says nothing.
        self.has_rule = true;
        // A pattern that does not begin like a path can never match one.
        if matches!(value.first(), Some(b'/' | b'*')) {
            group.rules.push(Rule { allows, pattern: Pattern::parse(value) });
        }
    }

    fn crawl_delay(&mut self, value: &[u8]) {
        let Some(group) = self.robots.groups.last_mut() else { return };
        let seconds = std::str::from_utf8(value).ok().and_then(|text| text.parse::<f64>().ok());
        let Some(seconds) = seconds.filter(|seconds| *seconds >= 0.0) else { return };
        let delay = Duration::from_secs_f64(seconds.min(MAX_CRAWL_DELAY.as_secs_f64()));
        for agent in &mut group.agents {
            agent.delay = agent.delay.max(Some(delay));
        }
    }
}

/// The fields that mean something to us.
#[derive(Clone, Copy)]
enum Field {
    UserAgent,
    Allow,
    Disallow,
    CrawlDelay,
    Sitemap,
}

/// The lines of the part of a file that counts, without a byte-order mark.
fn lines_of(file: &[u8]) -> impl Iterator<Item = &[u8]> {
    let file = file.strip_prefix(b"\xef\xbb\xbf").unwrap_or(file);
    let counted = if file.len() > MAX_ROBOTS_BYTES {
        // The line that is cut would be a broader rule than what was written, so it goes too.
        let kept = &file[..MAX_ROBOTS_BYTES];
        let end = kept.iter().rposition(|byte| matches!(byte, b'\r' | b'\n')).unwrap_or(0);
        &kept[..end]
    } else {
        file
    };
    // An empty line between CR and LF does no harm.
    counted.split(|byte| matches!(byte, b'\r' | b'\n'))
}

/// Field and value of a line, if it has a field that we know.
fn split_line(line: &[u8]) -> Option<(Field, &[u8])> {
    let line = line.split(|byte| *byte == b'#').next().unwrap_or_default().trim_ascii();
    let (name, value) = match memchr::memchr(b':', line) {
        Some(colon) => (&line[..colon], &line[colon + 1..]),
        None => {
            // Without a colon, a field and one word are still clear.
            let space = line.iter().position(u8::is_ascii_whitespace)?;
            let value = line[space..].trim_ascii();
            if value.iter().any(u8::is_ascii_whitespace) {
                return None;
            }
            (&line[..space], value)
        }
    };
    let name = name.trim_ascii().to_ascii_lowercase();
    let field = match name.as_slice() {
        b"user-agent" | b"useragent" | b"user agent" => Field::UserAgent,
        b"allow" => Field::Allow,
        b"disallow" | b"dissallow" | b"dissalow" | b"disalow" | b"diasllow" | b"disallaw" => Field::Disallow,
        b"crawl-delay" | b"crawldelay" => Field::CrawlDelay,
        b"sitemap" | b"site-map" => Field::Sitemap,
        _ => return None,
    };
    Some((field, value.trim_ascii()))
}

/// The product token at the start of a text, in lower case: `Baogao/1.0` is `baogao`.
fn product_token(text: &[u8]) -> String {
    text.iter()
        .take_while(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'_' | b'-'))
        .map(|byte| char::from(byte.to_ascii_lowercase()))
        .collect()
}

impl Pattern {
    fn parse(text: &[u8]) -> Self {
        let (body, anchored) = match text.strip_suffix(b"$") {
            Some(body) => (body, true),
            None => (text, false),
        };
        let pieces: Vec<Box<[u8]>> =
            body.split(|byte| *byte == b'*').map(|piece| normal_octets(piece).into()).collect();
        let wildcards = pieces.len() - 1;
        let length = pieces.iter().map(|piece| piece.len()).sum::<usize>() + wildcards + usize::from(anchored);
        Self { pieces, anchored, length }
    }

    /// Whether the pattern matches the beginning of a path in normal form, or all of it if anchored.
    ///
    /// Each piece is taken at its first place behind the one before. No later place could do better,
    /// so there is nothing to come back to.
    fn matches(&self, path: &[u8]) -> bool {
        let [first, rest @ ..] = &self.pieces[..] else { return false };
        if !path.starts_with(first) {
            return false;
        }
        let Some((last, middle)) = rest.split_last() else {
            return !self.anchored || path.len() == first.len();
        };
        let mut at = first.len();
        for piece in middle {
            match memmem::find(&path[at..], piece) {
                Some(found) => at += found + piece.len(),
                None => return false,
            }
        }
        if self.anchored { path[at..].ends_with(last) } else { memmem::find(&path[at..], last).is_some() }
    }
}

/// A path as rules see it: beginning with a slash, without fragment, octets in normal form.
fn normal_path(path: &str) -> Vec<u8> {
    let path = path.split('#').next().unwrap_or_default().as_bytes();
    let mut normal = if path.starts_with(b"/") { Vec::new() } else { vec![b'/'] };
    normal.extend(normal_octets(path));
    normal
}

/// Octets in the one spelling that patterns and paths are compared in (RFC 9309 §2.2.2).
///
/// Escapes of unreserved characters are undone, other escapes are in upper case, and foreign bytes
/// and the characters that are special in patterns are escaped.
fn normal_octets(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        if byte == b'%'
            && let Some(decoded) = hex_pair(text.get(at + 1..at + 3))
        {
            if decoded.is_ascii_alphanumeric() || matches!(decoded, b'-' | b'.' | b'_' | b'~') {
                out.push(decoded);
            } else {
                push_escape(&mut out, decoded);
            }
            at += 3;
            continue;
        }
        if byte.is_ascii_graphic() && !matches!(byte, b'*' | b'$') {
            out.push(byte);
        } else {
            push_escape(&mut out, byte);
        }
        at += 1;
    }
    out
}

fn push_escape(out: &mut Vec<u8>, byte: u8) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    out.extend([b'%', HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
}

/// The byte that two hexadecimal digits stand for.
fn hex_pair(digits: Option<&[u8]>) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    match digits? {
        [high, low] => u8::try_from(digit(*high)? * 16 + digit(*low)?).ok(),
        _ => None,
    }
}
