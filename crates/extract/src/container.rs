//! Where on the page the article is.
//!
//! Every line is worth something: prose its length, links less than nothing. An element is worth
//! the sum of its lines, so the article's container is the element worth most: going up to its
//! parent pays only while what is added is mostly text. What a profile or a telling class name says
//! raises an element's worth; it never decides alone.

use crate::body;
use crate::card;
use crate::dom::{Dom, Line, NONE};
use crate::element::class_of;
use crate::profile::Profile;
use crate::records::{self, Prose};
use crate::region::RegionKind;
use crate::title;
use crate::worth::{follows_heading, priors, totals, worth_of};
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

/// The prose of a text that is hardly a piece of one only, in characters.
const ENOUGH: u32 = 200;

/// How much of what speaks for an element what speaks against it takes away at most, where no element
/// is worth enough otherwise: a text in pieces among links is still a text.
const MOST_AGAINST: f32 = 0.5;

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
    let floor = if records.is_thread { FLOOR / 2.0 } else { FLOOR };
    let choose = |most_against: f32| -> Option<(Vec<usize>, bool)> {
        let totals = totals(dom, &regions, &values, most_against);
        let priors = priors(dom, profile, &totals, heading);
        let root = best(dom, &regions, &totals, &priors).filter(|&root| totals[root as usize] >= floor)?;
        let root = descend(dom, profile, &regions, &totals, root);
        Some((trim_blocks(dom, &regions, root), priors[root as usize] > 0.0))
    };
    let whole = choose(f32::MAX);
    let pieces = match &whole {
        Some((lines, _)) if prose_of(dom, lines) >= ENOUGH => None,
        Some((lines, _)) => choose(MOST_AGAINST).filter(|(many, _)| is_in_pieces(dom, lines, many)),
        None => choose(MOST_AGAINST),
    };
    let (lines, known) = pieces.or(whole)?;
    Some(Container { lines, known, is_post: records.is_thread })
}

/// The characters of prose in some lines.
fn prose_of(dom: &Dom, lines: &[usize]) -> u32 {
    lines.iter().map(|&index| &dom.lines[index]).filter(|line| line.is_prose()).map(|line| line.chars).sum()
}

/// Whether `few` lines are but one piece of the text that `many` are: these are mostly prose, too.
fn is_in_pieces(dom: &Dom, few: &[usize], many: &[usize]) -> bool {
    let all: u32 = many.iter().map(|&index| dom.lines[index].chars).sum();
    let prose = prose_of(dom, many);
    prose > 2 * prose_of(dom, few) && prose * 10 > all * 6
}

/// The element worth most. In document order, so that of equals the inner one wins.
fn best(dom: &Dom, regions: &[u32], totals: &[f32], priors: &[f32]) -> Option<u32> {
    let mut best: Option<(u32, f32)> = None;
    for (at, node) in dom.nodes.iter().enumerate() {
        if node.tag.is_empty() || node.dropped || !node.block {
            continue;
        }
        let score = totals[at] * (1.0 + priors[at]);
        let at = at as u32;
        if best.is_none_or(|(_, most)| score >= most) && !dom.is_in_any(regions, at) {
            best = Some((at, score));
        }
    }
    best.map(|(root, _)| root)
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
