//! Runs of like blocks that people signed: the posts of a thread, answers, comments, entries of a blog.
//!
//! Forum software nobody has written a profile for still repeats one shape for each post, and every
//! post shows when it was written, by whom, and what can be done with it. Blocks of one sort that all
//! carry such marks are records. Where nothing of an article stands between the page's heading and
//! the first of them, that one is the document and the others are replies to it or other entries;
//! where an article does, all of them are comments. Records are never weighed against each other:
//! a short opening post loses against a long reply.

use crate::authors;
use crate::clean;
use crate::dom::{Dom, Line};
use crate::marks::{self, AUTHOR, DAY, FLOOR, MOMENT};
use crate::runs::{self, Run};
use html5ever::local_name;
use std::ops::Range;

/// Prose between heading and first record that makes an article of its own, in characters.
const ARTICLE_ABOVE: u32 = 80;

/// The longest teaser of an entry in a list, in characters.
const MAX_TEASER: u32 = 400;

/// The least text of an opening record, in characters.
pub(crate) const MIN_OPENING: u32 = 30;

/// The same where every record has its place in the row, as posts have.
const MIN_NUMBERED: u32 = 6;

/// Lines that may stand between a heading and the replies to a short post.
const MAX_BETWEEN: usize = 100;

/// Lines below a heading that may say who wrote when.
const MAX_ABOVE: usize = 20;

/// The least text of an opening post above the replies, in characters.
const MIN_APART: u32 = 10;

/// The records of a page that are none of its document.
#[derive(Debug, Default)]
pub(crate) struct Records {
    /// The record that is the document, where one is.
    pub opening: Option<u32>,
    /// The lines of the document where it is a short post of another shape than its replies; else none.
    pub apart: Range<usize>,
    /// Whether the document is a post.
    pub is_thread: bool,
    /// All records of its run.
    pub posts: Vec<u32>,
    /// How much text each of them has.
    texts: Vec<u32>,
    /// Later records by the author of the opening one that are long enough to go on with the document.
    pub continuations: Vec<u32>,
    /// Runs of comments on an article.
    pub comments: Vec<Vec<u32>>,
    /// The other records, in document order and apart.
    pub others: Vec<u32>,
}

/// What stands in an element from its byline number `first` on and is not the document: the bylines, and behind each
/// what somebody else wrote, or the author of the opening post in passing. `author` wrote what stands above them all.
fn behind_bylines(dom: &Dom, parent: u32, bylines: &[u32], first: usize, author: Option<&str>) -> Vec<u32> {
    let author = if first > 0 { authors::of(dom, bylines[0]) } else { author.map(str::to_owned) };
    let end_of_parent = dom.nodes[parent as usize].end;
    let mut others = Vec::new();
    for (place, &byline) in bylines.iter().enumerate().skip(first) {
        let behind = dom.nodes[byline as usize].end;
        let end = bylines.get(place + 1).copied().unwrap_or(end_of_parent);
        others.push(byline);
        let goes_on = author.is_some()
            && authors::of(dom, byline) == author
            && authors::goes_on(dom, dom.lines_between(behind, end));
        let mut at = behind;
        while at < end && !goes_on {
            others.push(at);
            at = dom.nodes[at as usize].end;
        }
    }
    others
}

/// Lines at the beginning of a record that may head it.
const MAX_HEAD: usize = 3;

/// More runs than any page has; each is compared with all that was found before it.
const MAX_RUNS: usize = 1_000;

/// Finds the records. `heading` is the line of the page's heading, where it is sure.
pub(crate) fn find(dom: &Dom, regions: &[u32], heading: Option<usize>) -> Records {
    let marks = marks::of_elements(dom);
    let mut records = Records::default();
    let mut runs = runs::find(dom, &marks);
    // The outermost first, so that a record's inner parts are no records of their own.
    let place = |run: &Run| (run.members[0], std::cmp::Reverse((span(dom, run), run.members.len())));
    runs.sort_by(|a, b| place(a).cmp(&place(b)).then_with(|| a.members.cmp(&b.members)));
    runs.truncate(MAX_RUNS);
    let prose = Prose::of(dom, regions);
    let signed = std::cell::LazyCell::new(|| authors::first_signed(dom));
    let spans: Vec<(u32, u32)> = runs.iter().map(|run| (run.members[0], run.members[run.members.len() - 1])).collect();
    for mut run in runs {
        let are_answers = run.members.len() > 2
            && heading.is_some_and(|heading| is_question(dom, run.members[0], heading))
            && are_answers(dom, &marks, &run)
            && !holds_run(dom, &spans, run.members[1]);
        if are_answers {
            run.members.remove(0);
        }
        let is_taken = |&at: &u32| dom.is_in_any(&records.others, at) || dom.is_in_any(regions, at);
        let free: Vec<u32> = run.members.iter().copied().filter(|member| !is_taken(member)).collect();
        if free.is_empty() {
            if heading.is_some_and(|heading| dom.lines[heading].at < run.members[0]) {
                records.comments.push(run.members);
            }
            continue;
        }
        if is_piece_of_post(dom, &records, &run) {
            continue;
        }
        // Of comments some stand under a heading that was found before: the best, all of them.
        if free.len() < run.members.len() {
            if judge(dom, &marks, &prose, &run, heading) == Verdict::Comments {
                records.others.extend(free);
                records.others.sort_unstable();
            }
            continue;
        }
        if dom.nodes[run.members[0] as usize].tag == local_name!("p") && run.bylines_of(dom).is_none() {
            continue;
        }
        let above = heading.unwrap_or(0)..dom.lines_in(run.members[0]).start;
        let apart = if are_answers { 0..0 } else { signed_above(dom, regions, above, heading.is_some()) };
        let verdict = match apart.is_empty() {
            true => judge(dom, &marks, &prose, &run, heading),
            false => Verdict::Comments,
        };
        if !apart.is_empty() && records.opening.is_none() && records.apart.is_empty() {
            records.apart = apart;
        }
        if let Some(parent) = run.bylines_of(dom) {
            let first = if verdict == Verdict::Comments { 0 } else { 1 };
            if verdict != Verdict::Neither {
                records.is_thread |= verdict == Verdict::Thread;
                let start = dom.lines_in(run.members[0]).start;
                let above = signed.iter().filter(|(index, _)| *index < start).find_map(|(_, name)| name.as_deref());
                records.others.extend(behind_bylines(dom, parent, &run.members, first, above));
                records.others.sort_unstable();
            }
            continue;
        }
        match verdict {
            Verdict::Thread if records.opening.is_none() => {
                records.opening = Some(run.members[0]);
                records.is_thread = true;
                let (own, others) = authors::split(dom, &run.members, heading);
                records.posts.clone_from(&run.members);
                records.texts = run.members.iter().map(|&post| text_of(dom, dom.lines_in(post))).collect();
                records.continuations.extend(own);
                records.others.extend(others);
            }
            Verdict::Comments => {
                records.others.extend(&run.members);
                records.comments.push(run.members);
            }
            Verdict::Thread | Verdict::Neither => {}
        }
        records.others.sort_unstable();
    }
    records
}

/// The lines of a short post between a heading and its replies: text below a line that says when it was written.
/// None where there is an article or a question, whose answers count.
///
/// Without a sure heading `above` begins at the page's first line, and what can be done with the post must stand below it.
pub(crate) fn signed_above(dom: &Dom, regions: &[u32], above: Range<usize>, is_headed: bool) -> Range<usize> {
    if is_headed && above.len() > MAX_BETWEEN {
        return 0..0;
    }
    let end = above.end;
    let is_byline = |index: &usize| marks::line_marks(dom, &dom.lines[*index]) & (MOMENT | DAY) != 0;
    let start = if is_headed { above.start + 1 } else { end.saturating_sub(MAX_ABOVE) };
    let between = start..end.max(start);
    let Some(byline) = between.clone().take(MAX_ABOVE).find(is_byline) else { return 0..0 };
    let heads_replies = |index: &usize| {
        let line = &dom.lines[*index];
        clean::heads_comments(dom.line_text(line), line.chars) || marks::is_action(dom, line)
    };
    if between.clone().any(|index| clean::heads_answers(dom.line_text(&dom.lines[index]), dom.lines[index].chars)) {
        return 0..0;
    }
    let is_own = |index: usize| {
        let line = &dom.lines[index];
        let is_text = line.chars >= 6 && line.link_share() < 0.5 && !clean::is_about(dom.line_text(line));
        is_text && !marks::is_mark(dom, line) && !dom.is_in_any(regions, line.at)
    };
    // A day below a text is not that of what follows.
    if is_headed && (start..byline).any(|index| dom.lines[index].is_prose() && is_own(index)) {
        return 0..0;
    }
    let Some(first) = (byline + 1..end).find(|&index| is_own(index)) else { return 0..0 };
    let end_of_post = (first + 1..end).find(heads_replies);
    if !is_headed && end_of_post.is_none() {
        return 0..0;
    }
    let end = end_of_post.unwrap_or(end);
    let own = (first..end).filter(|&index| is_own(index));
    let is_said = own.clone().any(|index| dom.lines[index].punctuation > 0);
    // What goes on behind a button is no short post.
    let prose: u32 = (byline..above.end)
        .filter(|&index| dom.lines[index].is_prose() && is_own(index))
        .map(|index| dom.lines[index].chars)
        .sum();
    let text: u32 = own.map(|index| dom.lines[index].chars).sum::<u32>().max(prose);
    if is_said && (MIN_APART..ARTICLE_ABOVE).contains(&text) { first..end } else { 0..0 }
}

/// The lines of a short post that nobody answered: text below the page's heading, between a line that says when it was
/// written and the first button of a post. None where there is no such button, or an article.
pub(crate) fn alone(dom: &Dom, regions: &[u32], heading: usize) -> Vec<usize> {
    let below = heading + 1..dom.lines.len().min(heading + MAX_BETWEEN);
    let Some(byline) = below.clone().take(MAX_ABOVE).find(|&index| marks::is_byline(dom, &dom.lines[index])) else {
        return Vec::new();
    };
    let is_other = |line: &Line| clean::is_boilerplate(dom.line_text(line)) || dom.is_in_any(regions, line.at);
    let mut prose = 0;
    for line in dom.lines.iter().filter(|line| line.is_prose() && !is_other(line)) {
        prose += line.chars;
        if prose >= ARTICLE_ABOVE {
            return Vec::new();
        }
    }
    let is_set =
        |index: usize| marks::is_mark(dom, &dom.lines[index]) || clean::is_about(dom.line_text(&dom.lines[index]));
    let Some(first) = (byline + 1..below.end).find(|&index| !is_set(index)) else { return Vec::new() };
    let Some(end) = (first..below.end).find(|&index| marks::is_action(dom, &dom.lines[index])) else {
        return Vec::new();
    };
    let is_own = |index: &usize| {
        let line = &dom.lines[*index];
        line.link_share() < 0.5 && !is_set(*index) && !dom.is_in_any(regions, line.at)
    };
    let own: Vec<usize> = (first..end).filter(is_own).collect();
    let chars: u32 = own.iter().map(|&index| dom.lines[index].chars).sum();
    let is_said = own.iter().any(|&index| dom.lines[index].punctuation > 0);
    if is_said && (MIN_APART..ARTICLE_ABOVE).contains(&chars) { own } else { Vec::new() }
}

/// Whether a record is a question: its heading asks, and hardly more is said. Some sites give it the shape of its answers.
fn is_question(dom: &Dom, record: u32, heading: usize) -> bool {
    let lines = dom.lines_in(record);
    lines.contains(&heading)
        && clean::asks(dom.line_text(&dom.lines[heading]))
        && text_of(dom, lines).saturating_sub(dom.lines[heading].chars) < ARTICLE_ABOVE
}

/// Whether the records behind the first are answers to it: some are headed so, or they bear names and it does not.
/// Boards, whose posts may have titles that ask, set the opening one like its replies.
fn are_answers(dom: &Dom, marks: &[u8], run: &Run) -> bool {
    let is_signed = |&member: &u32| marks[member as usize] & AUTHOR != 0;
    let heads = |line: &Line| clean::heads_answers(dom.line_text(line), line.chars);
    let is_headed = |&member: &u32| dom.lines[dom.lines_in(member)].iter().take(MAX_HEAD).any(heads);
    let (question, answers) = (&run.members[0], &run.members[1..]);
    !is_signed(question) && answers.iter().all(is_signed) || answers.iter().any(is_headed)
}

/// Whether all records of a run lie within an element: it is no record itself.
fn holds_run(dom: &Dom, spans: &[(u32, u32)], at: u32) -> bool {
    spans.iter().any(|&(first, last)| first > at && dom.is_within(last, at))
}

/// Whether blocks within one of these posts hold most of its text: rows that lay it out rather than answers to it.
fn is_piece_of_post(dom: &Dom, records: &Records, run: &Run) -> bool {
    let before = records.posts.partition_point(|&post| post < run.members[0]);
    let Some(place) = before.checked_sub(1) else { return false };
    let is_inside = dom.is_within(run.members[0], records.posts[place]);
    is_inside && run.members.iter().any(|&member| text_of(dom, dom.lines_in(member)) * 2 > records.texts[place])
}

/// How many nodes lie between a run's first and last record.
fn span(dom: &Dom, run: &Run) -> u32 {
    let last = run.members[run.members.len() - 1];
    dom.nodes[last as usize].end - run.members[0]
}

/// What a run is to the page's document.
#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    /// Its first record is the document.
    Thread,
    /// Its records stand behind the document.
    Comments,
    /// It is something else.
    Neither,
}

fn judge(dom: &Dom, marks: &[u8], prose: &Prose, run: &Run, heading: Option<usize>) -> Verdict {
    let all: Vec<Range<usize>> = run.members.iter().map(|&member| dom.lines_in(member)).collect();
    let (first, last) = (&all[0], &all[all.len() - 1]);
    // What a byline stands above is its record's.
    let end_of_first = match run.bylines_of(dom) {
        Some(_) => all[1].start.max(first.end),
        None => first.end,
    };
    let from = match heading {
        // What stands above the article is another's, where there is one.
        Some(heading) if heading >= last.end => {
            let is_article_below = prose.of_lines(heading..dom.lines.len()) >= ARTICLE_ABOVE;
            return if is_article_below { Verdict::Comments } else { Verdict::Neither };
        }
        // The heading may stand in the opening post; in a later record it is that of something else.
        Some(heading) if heading >= end_of_first => return Verdict::Neither,
        Some(heading) => heading.min(first.start),
        None => 0,
    };
    let texts: Vec<u32> = match run.bylines_of(dom) {
        Some(parent) => {
            let ends = all.iter().skip(1).map(|lines| lines.start).chain([dom.lines_in(parent).end]);
            all.iter().zip(ends).map(|(lines, end)| text_of(dom, lines.start..end.max(lines.start))).collect()
        }
        None => all.iter().map(|lines| text_of(dom, lines.clone())).collect(),
    };
    // A heading alone is no post.
    let heading_in_first =
        heading.filter(|heading| first.contains(heading)).map_or(0, |heading| dom.lines[heading].chars);
    let opening = texts[0].saturating_sub(heading_in_first);
    let above = prose.of_lines(from.min(first.start)..first.start);
    if above >= ARTICLE_ABOVE {
        return if texts.iter().sum::<u32>() > 0 { Verdict::Comments } else { Verdict::Neither };
    }
    let end = run.bylines_of(dom).map_or(last.end, |parent| dom.lines_in(parent).end);
    let below = prose.of_lines(end..dom.lines.len());
    let inside: u32 = texts.iter().sum();
    if is_list_of_entries(dom, &all, &texts) {
        return Verdict::Neither;
    }
    let is_numbered = run.members.iter().all(|&member| marks[member as usize] & FLOOR != 0);
    let least = if is_numbered && heading.is_some() { MIN_NUMBERED } else { MIN_OPENING };
    if opening >= least && inside > below { Verdict::Thread } else { Verdict::Neither }
}

/// Whether most records are a headline that is a link, with a teaser: the page of a column or a blog.
fn is_list_of_entries(dom: &Dom, all: &[Range<usize>], texts: &[u32]) -> bool {
    let is_headline = |line: &Line| {
        line.links == 1 && line.link_share() > 0.8 && line.link_chars >= 6 && !authors::names_writer(dom, line)
            // When it was written leads to the post itself.
            && !marks::is_mark(dom, line)
            // A word in Latin letters is a name.
            && dom.line_text(line).contains(|c: char| !c.is_ascii_graphic())
    };
    let headed = all.iter().filter(|lines| dom.lines[(*lines).clone()].iter().take(3).any(is_headline)).count();
    headed * 10 >= all.len() * 6 && texts.iter().all(|&chars| chars <= MAX_TEASER)
}

/// How much prose a page has, asked for any stretch of its lines at once.
pub(crate) struct Prose {
    /// The characters of prose before each line, and of all.
    before: Vec<u32>,
}

impl Prose {
    /// That of the page's lines, those in `regions` left out.
    pub(crate) fn of(dom: &Dom, regions: &[u32]) -> Self {
        let mut before = Vec::with_capacity(dom.lines.len() + 1);
        let mut chars: u32 = 0;
        before.push(0);
        for line in &dom.lines {
            if line.is_prose() && !dom.is_in_any(regions, line.at) {
                chars = chars.saturating_add(line.chars);
            }
            before.push(chars);
        }
        Self { before }
    }

    /// The characters of prose in some lines; none in lines that the page does not have.
    pub(crate) fn of_lines(&self, lines: Range<usize>) -> u32 {
        match (self.before.get(lines.start), self.before.get(lines.end)) {
            (Some(start), Some(end)) => end.saturating_sub(*start),
            _ => 0,
        }
    }
}

/// Characters of a record that are neither links nor marks.
pub(crate) fn text_of(dom: &Dom, lines: Range<usize>) -> u32 {
    let mut chars = 0;
    for line in &dom.lines[lines] {
        if line.link_share() < 0.5 && line.chars >= 6 && !marks::is_mark(dom, line) {
            chars += line.chars;
        }
    }
    chars
}
