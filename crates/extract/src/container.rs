//! Where on the page the article is.
//!
//! Every line is worth something: prose its length, links less than nothing. An element is worth
//! the sum of its lines, so the article's container is the element worth most: going up to its
//! parent pays only while what is added is mostly text. What a profile or a telling class name says
//! raises an element's worth; it never decides alone.

use crate::authors;
use crate::body;
use crate::card;
use crate::clean;
use crate::dom::{Dom, Line, NONE};
use crate::element::class_of;
use crate::inset;
use crate::letter::{self, Letter};
use crate::marks;
use crate::profile::Profile;
use crate::records::{self, Prose};
use crate::region::RegionKind;
use crate::slot;
use crate::title;
use crate::worth::{follows_heading, priors, totals, worth_of};
use html5ever::local_name;
use std::collections::{BTreeSet, HashMap};
use std::ops::Range;

/// Below this worth there is no article, or below half of it under its heading or in a thread. About two short
/// sentences.
const FLOOR: f32 = 40.0;

/// Children with headlines that make a stream.
const STREAM_LENGTH: u32 = 5;

/// The longest teaser, in characters.
const MAX_TEASER: u32 = 400;

/// The least an article has above a heading of comments, in characters.
const MIN_HEADED: u32 = 40;

/// Headings of comments that are tried: each asks for all the lines below it.
const MAX_HEADINGS: usize = 20;

/// The least an article has between its heading and the stream behind it, in characters.
const MIN_ARTICLE: u32 = 80;

/// How far above a headline the stream it belongs to may be.
const STREAM_HEIGHT: usize = 8;

/// The prose of a text that is hardly a piece of one only, in characters.
const ENOUGH: u32 = 200;

/// Lines between heading and text that may hold a byline, with the card of who wrote it.
const MAX_BYLINES: usize = 20;

/// Lines from a question's heading to its answers.
const MAX_QUESTION: usize = 60;

/// Lines at the beginning of a region that may head it.
const MAX_HEADING_BELOW: usize = 3;

/// Runs of comments whose texts' names are looked for above them.
const MAX_RUNS: usize = 2;

/// Lines below a heading that may hold an introduction and the facts beside it.
const MAX_INTRODUCTION: usize = 100;

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
    /// What others wrote below it: replies, comments. Apart and in document order.
    pub others: Vec<u32>,
    /// The line of the article's heading, where one clearly is it.
    pub heading: Option<usize>,
    /// The subject of the letter it is, if it is one and says so.
    pub letter: Option<Option<String>>,
}

/// Finds the article's container, if the page has one.
pub(crate) fn find(dom: &Dom, profile: &Profile) -> Option<Container> {
    if dom.lines.is_empty() {
        return None;
    }
    let heading = title::anchor(dom);
    if let Some(Letter { subject, lines }) = letter::find(dom, heading) {
        let letter = Some(subject);
        return Some(Container { lines, known: true, is_post: true, others: Vec::new(), heading, letter });
    }
    let mut regions = active_regions(dom, heading);
    merge(dom, &mut regions, &card::find(dom, heading));
    merge(dom, &mut regions, &inset::find(dom, heading));
    let comments = headed_comments(dom, &regions, heading);
    merge(dom, &mut regions, &comments);
    let records = records::find(dom, &regions, heading);
    merge(dom, &mut regions, &records.others);
    add_streams(dom, &mut regions, heading, records.opening);
    let mut others = records.others;
    merge(dom, &mut others, &comments);
    if let Some(opening) = records.opening {
        let path = slot::place_of_text(dom, &records.posts).unwrap_or_default();
        let names = slot::names_of_text(dom, &records.posts);
        let mut lines = Vec::new();
        for record in std::iter::once(opening).chain(records.continuations) {
            let own = trim_blocks(dom, &regions, record, true);
            let nodes = record + 1..dom.nodes[record as usize].end;
            let own = match slot::called_alike(dom, &names, nodes, dom.lines_in(record)) {
                Some(body) => own.into_iter().filter(|&index| dom.is_within(dom.lines[index].at, body)).collect(),
                None => slot::text_lines(dom, &path, record, own),
            };
            let own = body::without_furniture(dom, record, body::without_byline(dom, &own).to_vec());
            lines.extend_from_slice(body::without_signature(dom, &own, true));
        }
        return Some(Container { lines, known: true, is_post: true, heading, others, letter: None });
    }
    if let Some(body) = heading.and_then(|heading| {
        records.comments.iter().take(MAX_RUNS).find_map(|comments| called_like_comments(dom, comments, heading))
    }) {
        // Articles are called like the comments on them, too.
        let is_post = records.is_thread;
        let lines = trim_blocks(dom, &regions, body, is_post);
        return Some(Container { lines, known: true, is_post, heading, others, letter: None });
    }
    let mut apart = records.apart;
    if let (true, Some(heading), Some(&first)) = (apart.is_empty(), heading, comments.first()) {
        apart = records::signed_above(dom, &regions, heading..dom.lines_in(first).start, true);
    }
    if !apart.is_empty() {
        let is_own = |index: &usize| {
            let line = &dom.lines[*index];
            // A link in a short post is an address; what else is one is the board's.
            let is_address = || dom.line_text(line).contains("http");
            !dom.is_in_any(&regions, line.at) && (line.link_share() < 0.8 || is_address())
        };
        let lines = apart.filter(is_own).collect();
        return Some(Container { lines, known: true, is_post: true, heading, others, letter: None });
    }
    let alone = heading.map_or_else(Vec::new, |heading| records::alone(dom, &regions, heading));
    if !alone.is_empty() {
        return Some(Container { lines: alone, known: true, is_post: true, heading, others, letter: None });
    }
    let mut values: Vec<f32> = dom.lines.iter().map(|line| worth_of(dom, line)).collect();
    for copy in copies(dom, &regions) {
        values[copy] = 0.0;
    }
    let choose = |most_against: f32| -> Option<(Vec<usize>, bool)> {
        let totals = totals(dom, &regions, &values, most_against);
        let priors = priors(dom, profile, &totals, heading);
        let root = best(dom, &regions, &totals, &priors)?;
        let is_headed = heading.is_some_and(|heading| follows_heading(dom, root, heading));
        let floor = if is_headed || records.is_thread { FLOOR / 2.0 } else { FLOOR };
        if totals[root as usize] < floor {
            return None;
        }
        let root = descend(dom, profile, &regions, &totals, root);
        let lines: Vec<usize> =
            paragraphs_with(dom, root).flat_map(|block| trim_blocks(dom, &regions, block, false)).collect();
        Some((lines, priors[root as usize] > 0.0))
    };
    let whole = choose(f32::MAX);
    let pieces = match &whole {
        Some((lines, _)) if prose_of(dom, lines) >= ENOUGH => None,
        Some((lines, _)) => choose(MOST_AGAINST).filter(|(many, _)| is_in_pieces(dom, lines, many)),
        None => choose(MOST_AGAINST),
    };
    let (lines, known) = pieces.or(whole)?;
    if let (Some(heading), Some(&first)) = (heading, others.first())
        && let Some(lines) = between(dom, &regions, heading + 1..dom.lines_in(first).start, &lines)
    {
        return Some(Container { lines, known: true, is_post: true, heading: Some(heading), others, letter: None });
    }
    let introduction = heading.map_or_else(Vec::new, |heading| introduction(dom, &regions, heading, &lines));
    let lines: Vec<usize> = introduction.into_iter().chain(lines).collect();
    let known = known || is_signed(dom, heading, &lines);
    let is_letter = lines.iter().take(3).any(|&index| clean::begins_letter(dom.line_text(&dom.lines[index])));
    Some(Container { lines, known, is_post: records.is_thread || is_letter, heading, others, letter: None })
}

/// The element between a heading and the comments that is called as those which hold their texts: boards set the
/// opening post apart from its replies, but not its text.
fn called_like_comments(dom: &Dom, comments: &[u32], heading: usize) -> Option<u32> {
    let &first = comments.first()?;
    let names = slot::names_of_text(dom, comments);
    let above = heading + 1..dom.lines_in(first).start;
    slot::called_alike(dom, &names, dom.lines[heading].at..first, above.start..above.end.max(above.start))
}

/// The lines of prose that say again what earlier ones said, two in a row or more: a site may send its article
/// once for desks and once for hands.
fn copies(dom: &Dom, regions: &[u32]) -> Vec<usize> {
    let is_told = |line: &Line| line.is_prose() && !dom.is_in_any(regions, line.at);
    let prose: Vec<usize> = (0..dom.lines.len()).filter(|&index| is_told(&dom.lines[index])).collect();
    let text = |place: usize| dom.line_text(&dom.lines[prose[place]]);
    let mut places: HashMap<&str, usize> = HashMap::new();
    let mut copies = Vec::new();
    // For the line before, where it stood first.
    let mut before = None;
    for place in 0..prose.len() {
        let first = *places.entry(text(place)).or_insert(place);
        let found = (first < place).then_some(first);
        if let (Some(before), Some(found)) = (before, found)
            && before + 1 == found
        {
            copies.extend([prose[place - 1], prose[place]]);
        }
        before = found;
    }
    copies
}

/// Whether the page's heading is followed by a byline and that by the text, as of a post that nobody answered.
fn is_signed(dom: &Dom, heading: Option<usize>, lines: &[usize]) -> bool {
    let Some(text) = lines.iter().copied().find(|&index| body::begins_text(dom, &dom.lines[index])) else {
        return false;
    };
    let above = heading.map_or(0..0, |heading| heading + 1..text);
    above.len() <= MAX_BYLINES && above.clone().any(|index| marks::is_byline(dom, &dom.lines[index]))
}

/// The lines from the page's heading to what others wrote about it, where there is more text than in `chosen`, which
/// holds none of them: programs and verse are worth little, and forms to fill in much.
fn between(dom: &Dom, regions: &[u32], range: Range<usize>, chosen: &[usize]) -> Option<Vec<usize>> {
    if chosen.iter().any(|index| range.contains(index)) {
        return None;
    }
    let lines: Vec<usize> = range.filter(|&index| !dom.is_in_any(regions, dom.lines[index].at)).collect();
    let text = lines.iter().map(|&index| &dom.lines[index]).filter(|line| line.link_share() < 0.5);
    let chars: u32 = text.filter(|line| !marks::is_mark(dom, line)).map(|line| line.chars).sum();
    let other: u32 = chosen.iter().map(|&index| dom.lines[index].chars).sum();
    (chars >= ENOUGH && chars > other).then_some(lines)
}

/// The sentences that stand between the page's heading and the table of contents of a text that begins behind it.
fn introduction(dom: &Dom, regions: &[u32], heading: usize, lines: &[usize]) -> Vec<usize> {
    let first = lines.first().copied().unwrap_or(0);
    let above = heading + 1..first.min(heading + MAX_INTRODUCTION);
    let contents = above.clone().find(|&index| {
        clean::heads_contents(dom.line_text(&dom.lines[index]))
            && dom.lines.get(index + 1).is_some_and(|line| line.links > 0)
    });
    let Some(contents) = contents else { return Vec::new() };
    let is_own = |&index: &usize| {
        let line = &dom.lines[index];
        line.is_prose()
            && line.link_share() < 0.5
            && !clean::is_about(dom.line_text(line))
            && !dom.is_in_any(regions, line.at)
    };
    (above.start..contents).filter(is_own).collect()
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
                // What visitors say does not hold the page's heading, and a question has answers.
                heading.is_some_and(|heading| lines.contains(&heading))
                    || heading.is_some_and(|heading| is_question(dom, heading, &lines))
                    || holds_heading && inside * 10 > all * 9
                    || inside * 10 > all * share
                        && !dom.lines[lines.clone()].iter().any(|line| marks::is_mark(dom, line))
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

/// Whether a heading asks something, hardly more is said of it until some lines shortly below, and a paragraph of
/// these says more: what they hold answers. Headlines ask, too, and have comments.
fn is_question(dom: &Dom, heading: usize, lines: &Range<usize>) -> bool {
    if !clean::asks(dom.line_text(&dom.lines[heading])) || !(heading + 1..heading + MAX_QUESTION).contains(&lines.start)
    {
        return false;
    }
    let prose = dom.lines[heading..lines.start].iter().filter(|line| line.is_prose());
    let said: u32 = prose.map(|line| line.chars).sum();
    let are_comments = |line: &Line| {
        let text = dom.line_text(line);
        clean::heads_comments(text, line.chars) && ["评论", "留言", "跟"].iter().any(|word| text.contains(word))
    };
    let head = lines.start - 1..lines.end.min(lines.start + MAX_HEADING_BELOW);
    said < MIN_ARTICLE
        && dom.lines[lines.clone()].iter().any(|line| line.is_prose() && line.chars > said)
        && !dom.lines[head].iter().any(are_comments)
}

/// What stands under a heading of comments, behind an article of at least [`MIN_HEADED`] characters, where nearly
/// everything there is dated.
fn headed_comments(dom: &Dom, regions: &[u32], heading: Option<usize>) -> Vec<u32> {
    let mut found = Vec::new();
    let mut prose = None;
    // An entry of a list may lead to its comments.
    let is_heading = |line: &Line| line.links == 0 && clean::heads_comments(dom.line_text(line), line.chars);
    let headings = (heading.unwrap_or(0)..dom.lines.len()).filter(|&index| is_heading(&dom.lines[index]));
    for index in headings.take(MAX_HEADINGS) {
        let line = &dom.lines[index];
        let prose = prose.get_or_insert_with(|| Prose::of(dom, regions));
        if prose.of_lines(heading.unwrap_or(0)..index) < MIN_HEADED || dom.is_in_any(&found, line.at) {
            continue;
        }
        let comments = under_heading(dom, index);
        let lines = || comments.iter().flat_map(|&root| &dom.lines[dom.lines_in(root)]);
        let dated = lines().filter(|line| marks::is_dated(dom, line)).count();
        let sentences = lines().filter(|line| line.is_prose()).count();
        if dated >= 1 && dated * 3 >= sentences {
            found.extend(comments);
        }
    }
    found
}

/// The block that begins with a heading, or what follows it within its parent where it is alone in its block.
fn under_heading(dom: &Dom, heading: usize) -> Vec<u32> {
    let at = dom.lines[heading].at;
    let begins = |&ancestor: &u32| dom.lines_in(ancestor).start == heading;
    let Some(block) = dom.ancestors(at).take_while(begins).last() else { return Vec::new() };
    if dom.lines_in(block).len() > 2 {
        return vec![block];
    }
    let parent = dom.nodes[block as usize].parent;
    if parent == NONE {
        return Vec::new();
    }
    std::iter::once(block).chain(dom.children(parent).filter(|&child| child > block)).collect()
}

/// Adds the streams: elements whose children are alike and each hold a headline that is a link.
/// Teasers may be prose, but they are other pages' prose.
fn add_streams(dom: &Dom, regions: &mut Vec<u32>, heading: Option<usize>, opening: Option<u32>) {
    // For every parent and sort of child: the last child that held a headline, and how many did.
    // Others (advertisements) may stand between them.
    let mut rows: HashMap<(u32, &str, &str), (u32, u32)> = HashMap::new();
    let mut streams = BTreeSet::new();
    for line in dom.lines.iter().filter(|line| is_headline(dom, line)) {
        let mut child = line.owner;
        for _ in 0..STREAM_HEIGHT {
            let parent = dom.nodes[child as usize].parent;
            let Some(element) = dom.markup(child) else { break };
            if parent == NONE || element.name() == "p" {
                break;
            }
            // `post-1203` is a `post-`.
            let class = class_of(element).split(|c: char| c.is_ascii_digit()).next().unwrap_or_default();
            let row = rows.entry((parent, element.name(), class)).or_insert((NONE, 0));
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
        let holds_opening = opening.is_some_and(|opening| dom.is_within(opening, stream));
        !holds_opening
            && !dom.is_in_any(regions, stream)
            && is_all_teasers(dom, stream, if is_behind { u32::MAX } else { MAX_TEASER })
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
        if is_headline(dom, line) {
            headlines += 1;
            prose = 0;
        } else if line.is_prose() {
            prose += line.chars;
            longest = longest.max(prose);
        }
    }
    headlines >= STREAM_LENGTH && longest <= limit
}

/// Whether a line is one link with the text of a headline. In a heading it may be short, unless it is a name.
fn is_headline(dom: &Dom, line: &Line) -> bool {
    let is_link = line.links == 1 && line.link_share() > 0.5;
    is_link && (line.link_chars >= 8 || line.heading >= 2 && line.link_chars >= 3 && !authors::names_writer(dom, line))
}

/// Goes down while one child holds nearly everything, so that headings and bars beside it stay out.
fn descend(dom: &Dom, profile: &Profile, regions: &[u32], totals: &[f32], mut root: u32) -> u32 {
    loop {
        if dom.element(root).is_some_and(|element| profile.holds_article(element)) {
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

/// An element, or where it is a single paragraph those straight above and below it that are called the same.
fn paragraphs_with(dom: &Dom, root: u32) -> impl Iterator<Item = u32> + '_ {
    let parent = dom.nodes[root as usize].parent;
    let is_paragraph = |at: u32| {
        let lines = &dom.lines[dom.lines_in(at)];
        let called = |at: u32| dom.markup(at).map(class_of);
        lines.len() == 1 && lines[0].links == 0 && lines[0].punctuation > 0 && called(at) == called(root)
    };
    let siblings = (parent != NONE && is_paragraph(root)).then(|| dom.children(parent)).into_iter().flatten();
    // Text and elements without lines part nothing.
    let blocks: Vec<u32> = siblings.filter(|&at| !dom.lines_in(at).is_empty()).collect();
    let own = blocks.iter().position(|&at| at == root).unwrap_or(0);
    let first = blocks[..own].iter().rposition(|&at| !is_paragraph(at)).map_or(0, |other| other + 1);
    let end = blocks[own..].iter().position(|&at| !is_paragraph(at)).map_or(blocks.len(), |other| own + other);
    let found = if blocks.is_empty() { vec![root] } else { blocks[first..end].to_vec() };
    found.into_iter()
}

/// The container's lines without the blocks in it that are lists of links. A post begins with a link to its writer, so
/// that what is in it counts as a list only where it holds no sentence.
fn trim_blocks(dom: &Dom, regions: &[u32], root: u32, is_post: bool) -> Vec<usize> {
    // A post may be called a comment, and its text a list for what stands in it.
    let text = |at: u32| records::text_of(dom, dom.lines_in(at));
    let whole = if is_post { text(root) } else { 0 };
    let below = &regions[regions.partition_point(|&region| region <= root)..];
    let within = below.iter().copied().take_while(|&region| dom.is_within(region, root));
    let inner: Vec<u32> = within.filter(|&region| !is_post || text(region) * 2 <= whole).collect();
    let mut kept = Vec::new();
    let range = dom.lines_in(root);
    let mut skip_until = 0;
    for index in range {
        let line = &dom.lines[index];
        if line.at < skip_until {
            continue;
        }
        if let Some(block) = link_block(dom, root, index, is_post) {
            skip_until = dom.nodes[block as usize].end;
            continue;
        }
        if !dom.is_in_any(&inner, line.at) {
            kept.push(index);
        }
    }
    kept
}

/// The largest block within `root` that begins with the line numbered `first` and is mostly links.
fn link_block(dom: &Dom, root: u32, first: usize, is_post: bool) -> Option<u32> {
    let mut found = None;
    for ancestor in dom.ancestors(dom.lines[first].at) {
        if ancestor == root {
            break;
        }
        let node = &dom.nodes[ancestor as usize];
        if !node.block {
            continue;
        }
        let range = dom.lines_in(ancestor);
        if range.start != first {
            break;
        }
        if is_post && dom.lines[range.clone()].iter().any(Line::is_prose) {
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
