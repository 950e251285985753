//! Where on the page the article is.
//!
//! Every line is worth something: prose its length, links less than nothing. An element is worth
//! the sum of its lines, so the article's container is the element worth most: going up to its
//! parent pays only while what is added is mostly text. What a profile or a telling class name says
//! raises an element's worth; it never decides alone.

use crate::body;
use crate::card;
use crate::clean;
use crate::dom::{Dom, Line, NONE};
use crate::element::{attribute, class_of, id_of};
use crate::profile::Profile;
use crate::records::{self, Prose};
use crate::region::RegionKind;
use crate::title;
use html5ever::local_name;
use std::collections::{BTreeSet, HashMap};
use std::ops::Range;

/// Below this worth there is no article. About two short sentences.
const FLOOR: f32 = 40.0;

/// Children with headlines that make a stream.
const STREAM_LENGTH: u32 = 5;

/// The longest teaser, in characters.
const MAX_TEASER: u32 = 400;

/// The least an article has between its heading and the stream behind it, in characters.
const MIN_ARTICLE: u32 = 80;

/// How far above a headline the stream it belongs to may be.
const STREAM_HEIGHT: usize = 8;

/// How much of what speaks for an element what speaks against it can take away: links are a lot on every
/// page, and a text in pieces among them is still a text.
const MOST_AGAINST: f32 = 0.5;

/// How much more an element is worth that begins where the article's heading stands.
const AFTER_HEADING: f32 = 0.5;

/// How much more an element is worth that the profile names.
const NAMED_BY_PROFILE: f32 = 0.5;

/// What the element that holds the article gives.
#[derive(Debug, Clone)]
pub(crate) struct Container {
    /// Its lines, boilerplate regions and link blocks taken out, as indices into [`Dom::lines`].
    pub lines: Vec<usize>,
    /// Whether a profile or a telling name spoke for it.
    pub known: bool,
    /// Whether it is the opening post of a thread, whose first lines are about the post.
    pub is_post: bool,
}

/// Finds the article's container, if the page has one.
pub(crate) fn find(dom: &Dom, profile: &Profile) -> Option<Container> {
    if dom.lines.is_empty() {
        return None;
    }
    let heading = title::anchor(dom);
    let mut regions = active_regions(dom, heading);
    merge(dom, &mut regions, &card::find(dom, heading));
    let records = records::find(dom, &regions, heading);
    merge(dom, &mut regions, &records.others);
    add_streams(dom, &mut regions, heading);
    if let Some(opening) = records.opening {
        let mut lines = Vec::new();
        for record in std::iter::once(opening).chain(records.continuations) {
            let own = body::without_furniture(dom, record, trim_blocks(dom, &regions, record));
            lines.extend_from_slice(body::without_byline(dom, &own));
        }
        return Some(Container { lines, known: true, is_post: true });
    }
    let values: Vec<f32> = dom.lines.iter().map(|line| worth_of(dom, line)).collect();
    let totals = totals(dom, &regions, &values);
    let priors = priors(dom, profile, &totals, heading);
    let mut best: Option<(u32, f32)> = None;
    for (at, node) in dom.nodes.iter().enumerate() {
        let at = at as u32;
        if node.tag.is_empty() || node.dropped || !node.block {
            continue;
        }
        let score = totals[at as usize] * (1.0 + priors[at as usize]);
        // In document order, so that of equals the inner one wins.
        if best.is_none_or(|(_, most)| score >= most) && !dom.is_in_any(&regions, at) {
            best = Some((at, score));
        }
    }
    let floor = if records.is_thread { FLOOR / 2.0 } else { FLOOR };
    let (root, _) = best.filter(|(root, _)| totals[*root as usize] >= floor)?;
    let root = descend(dom, profile, &regions, &totals, root);
    let lines = trim_blocks(dom, &regions, root);
    Some(Container { lines, known: priors[root as usize] > 0.0, is_post: records.is_thread })
}

/// What a line adds to an article.
fn worth_of(dom: &Dom, line: &Line) -> f32 {
    let chars = line.chars as f32;
    let text = dom.line_text(line);
    if line.link_share() > 0.5 {
        // Even a short menu entry says "menu".
        return -(line.link_chars as f32).max(8.0 * line.links as f32);
    }
    if clean::is_boilerplate(text) {
        return -chars.min(40.0);
    }
    let plain = chars - line.link_chars as f32;
    if line.punctuation > 0 {
        return plain;
    }
    // Figures say nothing by themselves: a ticker, a counter.
    let figures = text.bytes().filter(|b| b.is_ascii_digit() || b.is_ascii_punctuation()).count() as f32;
    0.35 * (plain - figures).max(0.0)
}

/// The regions that are believed: not those that hold the page's heading or most of its prose.
fn active_regions(dom: &Dom, heading: Option<usize>) -> Vec<u32> {
    let prose = |range: Range<usize>| -> u32 {
        dom.lines[range].iter().filter(|line| line.is_prose()).map(|line| line.chars).sum()
    };
    let all = prose(0..dom.lines.len());
    let mut active = Vec::new();
    let mut covered_until = 0;
    for region in &dom.regions {
        if region.root < covered_until {
            continue;
        }
        let lines = dom.lines_in(region.root);
        let holds_heading = dom.lines[lines.clone()].iter().any(|line| line.heading == 1);
        let inside = prose(lines.clone());
        let holds_article = match region.kind {
            // Comments say when they were written, or what can be done with them.
            RegionKind::Comments => {
                let is_behind_heading = heading.is_some_and(|heading| follows_heading(dom, region.root, heading));
                let share = if is_behind_heading { 3 } else { 6 };
                holds_heading && inside * 10 > all * 9
                    || inside * 10 > all * share
                        && !dom.lines[lines.clone()].iter().any(|line| records::is_mark(dom, line))
            }
            _ => {
                let holds_anchor = heading.is_some_and(|heading| lines.contains(&heading));
                inside * 2 > all && (holds_heading || inside > 300) || holds_anchor && inside >= MIN_ARTICLE
            }
        };
        if !holds_article {
            active.push(region.root);
            covered_until = dom.nodes[region.root as usize].end;
        }
    }
    active
}

/// Adds the streams: elements whose children are alike and each hold a headline that is a link.
/// Teasers may be prose, but they are other pages' prose.
fn add_streams(dom: &Dom, regions: &mut Vec<u32>, heading: Option<usize>) {
    // For every parent and sort of child: the last child that held a headline, and how many did.
    // Others (advertisements) may stand between them.
    let mut rows: HashMap<(u32, &str, &str), (u32, u32)> = HashMap::new();
    let mut streams = BTreeSet::new();
    for line in dom.lines.iter().filter(|line| is_headline(line)) {
        let mut child = line.owner;
        for _ in 0..STREAM_HEIGHT {
            let parent = dom.nodes[child as usize].parent;
            let Some(element) = dom.markup(child) else { break };
            if parent == NONE || element.name() == "p" {
                break;
            }
            let row = rows.entry((parent, element.name(), class_of(element))).or_insert((NONE, 0));
            if row.0 != child {
                *row = (child, row.1 + 1);
            }
            if row.1 >= STREAM_LENGTH {
                streams.insert(parent);
            }
            child = parent;
        }
    }
    let prose = Prose::of(dom, &[]);
    streams.retain(|&stream| {
        let above = |heading| prose.of_lines(heading..dom.lines_in(stream).start);
        let is_behind = heading.is_some_and(|heading| above(heading) >= MIN_ARTICLE);
        !dom.is_in_any(regions, stream) && is_all_teasers(dom, stream, if is_behind { u32::MAX } else { MAX_TEASER })
    });
    merge(dom, regions, &Vec::from_iter(streams));
}

/// Adds elements to others; of one within another the outer stays.
fn merge(dom: &Dom, regions: &mut Vec<u32>, more: &[u32]) {
    regions.extend(more);
    regions.sort_unstable();
    let mut covered_until = 0;
    regions.retain(|&region| {
        let is_outermost = region >= covered_until;
        if is_outermost {
            covered_until = dom.nodes[region as usize].end;
        }
        is_outermost
    });
}

/// Whether no headline of a stream has more below it than a teaser of `limit` characters.
fn is_all_teasers(dom: &Dom, stream: u32, limit: u32) -> bool {
    let mut headlines = 0;
    let mut prose = 0;
    let mut longest = 0;
    for line in &dom.lines[dom.lines_in(stream)] {
        if is_headline(line) {
            headlines += 1;
            prose = 0;
        } else if line.is_prose() {
            prose += line.chars;
            longest = longest.max(prose);
        }
    }
    headlines >= STREAM_LENGTH && longest <= limit
}

/// Whether a line is one link with the text of a headline.
fn is_headline(line: &Line) -> bool {
    line.links == 1 && line.link_share() > 0.5 && line.link_chars >= 8
}

/// The worth of every node: its lines and its descendants'; what lies in believed regions is worth
/// nothing to what is around them.
fn totals(dom: &Dom, regions: &[u32], values: &[f32]) -> Vec<f32> {
    let mut totals = vec![0.0; dom.nodes.len()];
    let mut against = vec![0.0; dom.nodes.len()];
    let add = |totals: &mut [f32], against: &mut [f32], at: u32, value: f32| match value > 0.0 {
        true => totals[at as usize] += value,
        false => against[at as usize] += value,
    };
    for (line, &value) in dom.lines.iter().zip(values) {
        add(&mut totals, &mut against, line.owner, value);
    }
    let mut region = regions.iter().rev().peekable();
    for at in (0..dom.nodes.len()).rev() {
        let gain = totals[at];
        totals[at] += if gain > 0.0 { against[at].max(-MOST_AGAINST * gain) } else { against[at] };
        if region.next_if(|&&root| root as usize == at).is_some() {
            continue;
        }
        let parent = dom.nodes[at].parent;
        if parent != NONE {
            let total = totals[at];
            add(&mut totals, &mut against, parent, total);
        }
    }
    totals
}

/// How much more each element is worth for what it is called.
fn priors(dom: &Dom, profile: &Profile, totals: &[f32], anchor: Option<usize>) -> Vec<f32> {
    let mut priors = vec![0.0; dom.nodes.len()];
    for at in 0..dom.nodes.len() {
        if totals[at] < FLOOR / 2.0 {
            continue;
        }
        let Some(element) = dom.element(at as u32) else { continue };
        if profile.container.iter().any(|selector| selector.matches(&element)) {
            priors[at] = NAMED_BY_PROFILE;
        } else if is_called_content(element.value()) {
            priors[at] = 0.1;
        }
        if let Some(anchor) = anchor
            && follows_heading(dom, at as u32, anchor)
        {
            priors[at] += AFTER_HEADING;
        }
    }
    priors
}

/// Whether an element begins at the article's heading or a few lines (date, source, tools) below it.
fn follows_heading(dom: &Dom, at: u32, anchor: usize) -> bool {
    let first = dom.lines_in(at).start;
    first + 3 >= anchor && first <= anchor + 12
}

/// Whether an element's id or class is what many sites call the article's body.
fn is_called_content(element: &scraper::node::Element) -> bool {
    const NAMES: &[&str] = &[
        "content",
        "article",
        "zoom",
        "text",
        "artibody",
        "article-content",
        "article_content",
        "articlecontent",
        "newscontent",
        "news_content",
        "news-content",
        "entry-content",
        "post-content",
        "post_content",
        "detail-content",
        "contenttext",
        "main-content",
        "rich_media_content",
        "js_content",
        "vsb_content",
        "v_news_content",
        "pages_content",
        "ucap-content",
        "ucapcontent",
        "trs_editor",
        "trs_ueditor",
        "trs_editor_view",
        "articlebody",
        "article-body",
        "article_body",
        "txt",
        "textbox",
        "conte",
        "maintext",
        "endtext",
        "main_content",
        "bt_content",
        "fontzoom",
        "ozoom",
        "j-fontcontent",
        "wzcon",
        "zoomcon",
        "cas_content",
        "contentbox",
        "articletext",
        "article_text",
        "art_content",
    ];
    std::iter::once(id_of(element))
        .chain(class_of(element).split_ascii_whitespace())
        .any(|name| NAMES.iter().any(|known| name.eq_ignore_ascii_case(known)))
        || attribute(element, &local_name!("itemprop")).is_some_and(|property| property == "articleBody")
}

/// Goes down while one child holds nearly everything, so that headings and bars beside it stay out.
fn descend(dom: &Dom, profile: &Profile, regions: &[u32], totals: &[f32], mut root: u32) -> u32 {
    loop {
        if dom.element(root).is_some_and(|element| profile.container.iter().any(|selector| selector.matches(&element)))
        {
            return root;
        }
        let node = &dom.nodes[root as usize];
        let mut best: Option<u32> = None;
        let mut child = root + 1;
        while child < node.end {
            let is_better = best.is_none_or(|other| totals[child as usize] > totals[other as usize]);
            if is_better && regions.binary_search(&child).is_err() {
                best = Some(child);
            }
            child = dom.nodes[child as usize].end;
        }
        match best {
            Some(child)
                if totals[child as usize] >= 0.8 * totals[root as usize]
                    && dom.nodes[child as usize].block
                    && dom.nodes[child as usize].tag != local_name!("p") =>
            {
                root = child;
            }
            _ => return root,
        }
    }
}

/// The container's lines without the blocks in it that are lists of links.
fn trim_blocks(dom: &Dom, regions: &[u32], root: u32) -> Vec<usize> {
    let inner: Vec<u32> =
        regions.iter().copied().filter(|&region| region != root && dom.is_within(region, root)).collect();
    let mut kept = Vec::new();
    let range = dom.lines_in(root);
    let mut skip_until = 0;
    for index in range {
        let line = &dom.lines[index];
        if line.at < skip_until {
            continue;
        }
        if let Some(block) = link_block(dom, root, line.at) {
            skip_until = dom.nodes[block as usize].end;
            continue;
        }
        if !dom.is_in_any(&inner, line.at) {
            kept.push(index);
        }
    }
    kept
}

/// The largest block within `root` that begins with the line at `at` and is mostly links.
fn link_block(dom: &Dom, root: u32, at: u32) -> Option<u32> {
    let mut found = None;
    for ancestor in dom.ancestors(at) {
        if ancestor == root {
            break;
        }
        let node = &dom.nodes[ancestor as usize];
        if !node.block {
            continue;
        }
        let range = dom.lines_in(ancestor);
        if dom.lines.get(range.start).is_none_or(|line| line.at != at) {
            break;
        }
        let (mut chars, mut link_chars, mut links) = (0, 0, 0);
        for line in &dom.lines[range] {
            chars += line.chars;
            link_chars += line.link_chars;
            links += line.links;
        }
        if links >= 3 && link_chars * 10 >= chars * 6 {
            found = Some(ancestor);
        }
    }
    found
}
