//! One host: its texts, its addresses, and what stands at each of them.
//!
//! A site keeps no rendered page and no text: both are computed from seeds when asked for, so that
//! a web of a hundred thousand pages costs a table of paths.

use super::plan::Plan;
use super::template::{Entry, Template, discuz, empirecms, trs};
use crate::prose::{Cover, Head, Text, cover, head, lookalike, report};
use crate::rng::Rng;
use jiff::civil::Date;
use std::collections::HashMap;
use std::time::Duration;

/// How many entries a list page shows.
const ENTRIES_PER_LIST: usize = 10;
/// How many addresses a host with robots rules forbids beside its family's own.
const PRIVATE_PAGES: u32 = 2;

/// What made a host's pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Family {
    /// An aggregator on EmpireCMS: UTF-8, half-width punctuation, split articles, comments.
    EmpireCms,
    /// A forum on Discuz! X: GBK, replies, jammer text between the lines.
    Discuz,
    /// A government's own site on TRS WCM: UTF-8, pagers written by script.
    Trs,
}

impl Family {
    /// The name that an article of the family carries.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::EmpireCms => "empirecms",
            Self::Discuz => "discuz",
            Self::Trs => "trs",
        }
    }

    /// What writes its pages.
    pub(super) fn template(self) -> &'static dyn Template {
        match self {
            Self::EmpireCms => &empirecms::EmpireCms,
            Self::Discuz => &discuz::Discuz,
            Self::Trs => &trs::Trs,
        }
    }

    /// Whether a page prints the heading above the text; a forum post begins with it itself.
    fn has_heading(self) -> bool {
        !matches!(self, Self::Discuz)
    }
}

/// One text of a site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Document {
    /// The site's own number of it.
    pub(super) number: u32,
    pub(super) seed: u64,
    pub(super) is_report: bool,
    pub(super) revision: u32,
    /// How many pages it spreads over.
    pub(super) parts: u32,
    /// How many comments or replies it has.
    pub(super) comments: u32,
    /// Whether lists link it through redirects.
    pub(super) redirected: bool,
}

impl Document {
    fn text(&self) -> Text {
        if self.is_report { report(self.seed, self.revision) } else { lookalike(self.seed, self.revision) }
    }

    fn cover(&self) -> Cover {
        if self.is_report { cover(self.seed) } else { self.text().cover }
    }

    /// What its head says, if it is a report.
    pub(super) fn head(&self) -> Option<Head> {
        self.is_report.then(|| head(self.seed))
    }

    /// The day its pages show.
    pub(super) fn published_on(&self) -> Date {
        self.cover().published_on
    }

    /// The heading of its pages or the subject of its thread.
    pub(super) fn heading(&self, family: Family) -> String {
        let heading = self.cover().heading;
        match (family, self.head()) {
            (Family::EmpireCms, Some(head)) => format!("({}){heading}", head.province),
            (Family::EmpireCms, None) => half_width(&heading),
            _ => heading,
        }
    }

    /// The lines inside the container of the text, all parts together.
    fn body_lines(&self, family: Family) -> Vec<String> {
        let text = self.text();
        match family {
            Family::EmpireCms => text.lines.iter().map(|line| half_width(line)).collect(),
            Family::Trs => text.lines,
            Family::Discuz => {
                // A post opens with its subject; a report's own title would only repeat it.
                let own_title = usize::from(self.is_report);
                std::iter::once(text.cover.heading).chain(text.lines.into_iter().skip(own_title)).collect()
            }
        }
    }

    /// The lines of its clean text.
    pub(super) fn clean_lines(&self, family: Family) -> Vec<String> {
        let heading = family.has_heading().then(|| self.heading(family));
        heading.into_iter().chain(self.body_lines(family)).collect()
    }

    /// The lines inside the container on page `part`, from 1.
    pub(super) fn part_lines(&self, family: Family, part: u32) -> Vec<String> {
        let lines = self.body_lines(family);
        if family == Family::Discuz {
            // Later pages of a thread hold replies only.
            return if part == 1 { lines } else { Vec::new() };
        }
        let per_part = lines.len().div_ceil(self.parts.max(1) as usize).max(1);
        lines.chunks(per_part).nth(part as usize - 1).unwrap_or_default().to_vec()
    }
}

/// Full-width commas, colons, semicolons and brackets as aggregators print them.
fn half_width(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '，' => ',',
            '：' => ':',
            '；' => ';',
            '！' => '!',
            '（' => '(',
            '）' => ')',
            other => other,
        })
        .collect()
}

/// What stands at an address of a site.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// The page at `/`.
    Home,
    /// A list page, from 1.
    List(u32),
    /// A page of the document at this index.
    Part { document: usize, part: u32 },
    /// The first or second redirect on the way to a document.
    Hop { document: usize, hop: u32 },
    /// One of two addresses that redirect to each other.
    Loop(u32),
    /// Nothing.
    Missing,
    /// A page without end, nearly.
    Huge,
    /// A page that robots.txt forbids.
    Private(u32),
    /// A member's profile, which robots.txt forbids.
    Member(u32),
}

/// One host of the fake web.
#[derive(Debug, Clone)]
pub(super) struct Site {
    pub(super) host: String,
    pub(super) family: Family,
    pub(super) has_robots: bool,
    pub(super) robots_fail_first: bool,
    pub(super) crawl_delay: Option<Duration>,
    seed: u64,
    /// Newest first, as lists show them.
    pub(super) documents: Vec<Document>,
    /// What else the last list page links to.
    extras: Vec<Place>,
    places: HashMap<String, Place>,
}

impl Site {
    /// Builds the `index`-th host of `plan`.
    pub(super) fn build(plan: &Plan, index: usize) -> Self {
        let family = [Family::EmpireCms, Family::Discuz, Family::Trs][index % 3];
        let host = match family {
            Family::EmpireCms => format!("www.juhe{index:03}.example"),
            Family::Discuz => format!("bbs.luntan{index:03}.example"),
            Family::Trs => format!("www.zhengfu{index:03}.example"),
        };
        // Every third aggregator and official site goes without robots.txt; a forum never does.
        let has_robots = !matches!(index % 6, 2 | 3);
        let mut rng = Rng::of(plan.seed, &host);
        let seed = rng.next();
        let faults = &plan.faults;
        let mut extras = Vec::new();
        for (share, place) in
            [(faults.redirect_loop, Place::Loop(1)), (faults.missing, Place::Missing), (faults.huge, Place::Huge)]
        {
            if rng.chance(share) {
                extras.push(place);
            }
        }
        if has_robots {
            extras.extend((1..=PRIVATE_PAGES).map(Place::Private));
        }
        let mut site = Self {
            host,
            family,
            has_robots,
            robots_fail_first: has_robots && rng.chance(faults.robots_unavailable),
            crawl_delay: plan.crawl_delay.filter(|_| has_robots),
            seed,
            documents: Vec::new(),
            extras,
            places: HashMap::new(),
        };
        for number in (0..plan.pages_per_host as u32).rev() {
            let document = site.draw(plan, number);
            site.documents.push(document);
        }
        site.index();
        site
    }

    /// Draws the text that comes to the site as its `ordinal`-th, from 0.
    fn draw(&self, plan: &Plan, ordinal: u32) -> Document {
        let mut rng = Rng::of(self.seed, &format!("document {ordinal}"));
        let seed = rng.next();
        // The first text is always a report: a site without any would prove nothing.
        let is_report = !rng.chance(plan.lookalikes) || ordinal == 0;
        let comments = rng.between(0, 14);
        let split = is_report && rng.chance(0.4);
        let parts = match self.family {
            Family::EmpireCms | Family::Trs if split => rng.between(2, 4),
            Family::Discuz => 1 + comments / discuz::REPLIES_PER_PAGE,
            _ => 1,
        };
        let redirected = rng.chance(plan.faults.redirect_chain);
        Document { number: 5000 + 3 * ordinal, seed, is_report, revision: 0, parts, comments, redirected }
    }

    /// Puts a new report on top of the lists and gives its index.
    pub(super) fn publish(&mut self, plan: &Plan) -> usize {
        let document = self.draw(&Plan { lookalikes: 0.0, ..plan.clone() }, self.documents.len() as u32);
        self.documents.insert(0, document);
        self.index();
        0
    }

    /// What stands at `path`, if anything does.
    pub(super) fn place(&self, path: &str) -> Option<Place> {
        self.places.get(path).copied()
    }

    /// Every address with what stands there, in no order.
    pub(super) fn places(&self) -> impl Iterator<Item = (&str, Place)> {
        self.places.iter().map(|(path, place)| (path.as_str(), *place))
    }

    /// The absolute address of `path`.
    pub(super) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.host)
    }

    /// How many list pages there are.
    fn lists(&self) -> u32 {
        (self.documents.len() + self.extras.len()).div_ceil(ENTRIES_PER_LIST).max(1) as u32
    }

    /// The address under which `place` is linked.
    fn path(&self, place: Place) -> String {
        let template = self.family.template();
        match place {
            Place::Home => "/".to_owned(),
            Place::List(page) => template.list_path(page),
            Place::Part { document, part } => template.part_path(&self.documents[document], part),
            Place::Hop { document, hop: 1 } => format!("/go/{}", self.documents[document].number),
            Place::Hop { document, hop } => format!("/go/{}/{hop}", self.documents[document].number),
            Place::Loop(side) => format!("/loop/{side}.html"),
            Place::Missing => "/gone.html".to_owned(),
            Place::Huge => "/huge.html".to_owned(),
            Place::Private(number) => format!("/private/{number}.html"),
            Place::Member(uid) => discuz::member_path(uid),
        }
    }

    /// Where a redirecting place leads.
    pub(super) fn target(&self, place: Place) -> Option<String> {
        match place {
            Place::Hop { document, hop: 1 } => Some(self.path(Place::Hop { document, hop: 2 })),
            Place::Hop { document, .. } => Some(self.path(Place::Part { document, part: 1 })),
            Place::Loop(side) => Some(self.path(Place::Loop(3 - side))),
            _ => None,
        }
    }

    /// What list page `page` links to, in order.
    fn entries(&self, page: u32) -> Vec<(String, Place)> {
        let documents = (0..self.documents.len()).map(|document| Place::Part { document, part: 1 });
        documents
            .chain(self.extras.iter().copied())
            .skip((page as usize - 1) * ENTRIES_PER_LIST)
            .take(ENTRIES_PER_LIST)
            .map(|place| match place {
                Place::Part { document, .. } if self.documents[document].redirected => {
                    (self.path(Place::Hop { document, hop: 1 }), Place::Hop { document, hop: 1 })
                }
                Place::Part { document, .. } => {
                    (self.family.template().link_path(&self.documents[document], page), place)
                }
                other => (self.path(other), other),
            })
            .collect()
    }

    /// Fills the table of addresses.
    fn index(&mut self) {
        let mut places = HashMap::new();
        places.insert(self.path(Place::Home), Place::Home);
        for page in 1..=self.lists() {
            places.insert(self.path(Place::List(page)), Place::List(page));
            // An entry's link may be another spelling of the document's own address.
            places.extend(self.entries(page));
        }
        for (document, contents) in self.documents.iter().enumerate() {
            let parts = (1..=contents.parts).map(|part| Place::Part { document, part });
            let hops = (1..=2).filter(|_| contents.redirected).map(|hop| Place::Hop { document, hop });
            for place in parts.chain(hops) {
                places.insert(self.path(place), place);
            }
        }
        for place in self.extras.iter().copied().filter(|place| matches!(place, Place::Loop(_))) {
            places.insert(self.target(place).unwrap_or_default(), Place::Loop(2));
        }
        if self.family == Family::Discuz {
            places.extend(discuz::members().map(|uid| (discuz::member_path(uid), Place::Member(uid))));
        }
        self.places = places;
    }

    /// The markup at `place`, with [`super::fault::CHARSET_MARK`] where the charset is named; none
    /// for redirects and for what is not there.
    pub(super) fn render(&self, place: Place) -> Option<String> {
        let template = self.family.template();
        match place {
            Place::Home => Some(template.home(self)),
            Place::List(page) => {
                let entries: Vec<Entry> =
                    self.entries(page).into_iter().map(|(path, place)| self.entry(path, place)).collect();
                Some(template.list(self, page, self.lists(), &entries))
            }
            Place::Part { document, part } => Some(template.article(self, &self.documents[document], part)),
            // A text that would make a record, so that asking for it shows twice.
            Place::Private(number) => {
                let seed = self.seed ^ u64::from(number);
                let (is_report, revision, parts) = (true, 0, 1);
                let hidden = Document { number, seed, is_report, revision, parts, comments: 0, redirected: false };
                Some(template.article(self, &hidden, 1))
            }
            Place::Member(_) | Place::Huge => Some(template.list(self, 1, 1, &[])),
            Place::Hop { .. } | Place::Loop(_) | Place::Missing => None,
        }
    }

    /// What a list says about the link to `place`.
    fn entry(&self, path: String, place: Place) -> Entry {
        let document = match place {
            Place::Part { document, .. } | Place::Hop { document, .. } => self.documents.get(document),
            _ => None,
        };
        match document {
            Some(document) => Entry {
                path,
                title: document.heading(self.family),
                date: document.published_on(),
                number: document.number,
                replies: document.comments,
            },
            None => Entry {
                title: format!("政府工作报告汇编{}", path.trim_end_matches(".html").replace('/', " ")),
                path,
                date: jiff::civil::date(2019, 6, 1),
                number: 100,
                replies: 0,
            },
        }
    }
}
