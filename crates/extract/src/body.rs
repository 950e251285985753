//! The article's own lines among those of its container.
//!
//! Above the first sentence stand the title again, dates, sources and font sizes; below the last
//! one credits, files and links to other pages. A report's own head (date and place in dashes, the
//! speaker) and its annexes have the shape of text and stay.

use crate::authors;
use crate::clean;
use crate::dom::{Dom, Line};
use crate::element::class_of;
use crate::marks;
use crate::title;
use html5ever::local_name;

/// How far below the container's beginning the title may be repeated.
const TITLE_WINDOW: usize = 20;

/// The most prose above the title's line: a summary, or pictures' captions. Below more it is a caption itself.
const MAX_ABOVE_TITLE: u32 = 100;

/// How far above the text its title is looked for.
const HEAD_WINDOW: usize = 20;

/// The longest line of a report's head, in characters.
const MAX_HEAD: u32 = 60;

/// The shortest second title, in characters; section names are shorter.
const MIN_SUBTITLE: u32 = 8;

/// The longest that only its place shows.
const MAX_SUBTITLE: u32 = 40;

/// The longest signature below a post, in characters.
const MAX_SIGNATURE: u32 = 120;

/// The shortest sentence, in characters.
const MIN_SENTENCE: u32 = 12;

/// The longest question above its answers, in characters of prose.
const MAX_QUESTION: u32 = 300;

/// Takes the lines that are not the article's own off both ends, and boilerplate from between.
///
/// `lines` are indices into [`Dom::lines`]; the title's line goes too, as it is put back in front.
/// The links below the text of a post are the author's own.
pub(crate) fn own_lines(dom: &Dom, lines: &[usize], title: Option<&str>, is_post: bool) -> Vec<usize> {
    let line = |index: usize| &dom.lines[index];
    let text = |index: usize| dom.line_text(&dom.lines[index]);
    let head = &lines[..TITLE_WINDOW.min(lines.len())];
    let start = title.map_or(0, |title| behind_title(dom, head, title));
    // Without a sentence all is head: captions, verse.
    let begins = |&index: &usize| begins_text(dom, line(index));
    let first = lines[start..].iter().position(begins).map_or(lines.len(), |first| start + first);
    let last = lines
        .iter()
        .rposition(|&index| line(index).is_prose() && !clean::is_trailer(text(index)))
        .unwrap_or(first)
        .max(first);
    let end = tail_begins(dom, lines, first, last);

    let mut own = Vec::new();
    let mut label_before = false;
    let mut among_others = false;
    for (position, &index) in lines.iter().enumerate().take(end).skip(start) {
        let line = line(index);
        let text = text(index);
        let is_value = std::mem::replace(&mut label_before, clean::is_bare_label(text));
        let names_others = clean::names_other_pages(text) && names_links(dom, lines, position);
        among_others = names_others || among_others && line.link_share() > 0.5;
        let dropped = if position < first {
            let is_set = clean::is_about(text)
                || clean::is_rule(text)
                || is_post && marks::is_timed(dom, line)
                || marks::is_byline(dom, line)
                || is_post && marks::is_furniture(dom, line)
                || authors::signs(dom, line);
            is_set || is_value || is_breadcrumb(line, text)
        } else if position > last {
            let is_set = clean::is_trailer(text) || clean::is_rule(text) || marks::is_furniture(dom, line);
            among_others || is_set || line.link_share() > 0.8 && !is_post
        } else {
            among_others
                || clean::is_boilerplate(text) && !line.is_long_prose()
                || is_line_number(dom, lines, position)
                || heads_links_left_out(dom, lines, position)
        };
        if !dropped {
            own.push(index);
        }
    }
    // A heading or a label above nothing: notes, references, files, comments that were taken out.
    let heads_nothing = |&index: &usize| {
        line(index).heading > 0 && line(index).chars <= 20
            || line(index).chars <= 12 && text(index).ends_with(['：', ':'])
    };
    while own.len() > 1 && own.last().is_some_and(heads_nothing) {
        own.pop();
    }
    own
}

/// Whether a line that names other pages is mostly links itself, or the next one is.
fn names_links(dom: &Dom, lines: &[usize], position: usize) -> bool {
    let is_linked = |index: &usize| dom.lines[*index].link_share() > 0.5;
    let line = &dom.lines[lines[position]];
    is_linked(&lines[position]) || line.chars <= 12 && lines.get(position + 1).is_some_and(is_linked)
}

/// Whether a line heads a table of contents whose links were taken out.
fn heads_links_left_out(dom: &Dom, lines: &[usize], position: usize) -> bool {
    let below = lines[position] + 1;
    clean::heads_contents(dom.line_text(&dom.lines[lines[position]]))
        && lines.get(position + 1) != Some(&below)
        && dom.lines.get(below).is_some_and(|line| line.link_share() > 0.5)
}

/// Whether a line is one of the numbers beside the lines of a program.
fn is_line_number(dom: &Dom, lines: &[usize], position: usize) -> bool {
    let number = |position: usize| -> Option<u32> {
        let line = &dom.lines[*lines.get(position)?];
        if line.chars > 5 {
            return None;
        }
        let is_code = dom.ancestors(line.owner).take(3).any(|at| dom.nodes[at as usize].tag == local_name!("pre"));
        if is_code { dom.line_text(line).parse().ok() } else { None }
    };
    let Some(own) = number(position) else { return false };
    let before = position.checked_sub(1).and_then(number);
    before.is_some_and(|before| before + 1 == own) || number(position + 1).is_some_and(|next| own + 1 == next)
}

/// The lines of the first answer on a page of a question: those between the headings of answers, without who gave
/// it when. All of them where no such heading stands near the beginning.
pub(crate) fn first_answer<'a>(dom: &Dom, lines: &'a [usize]) -> &'a [usize] {
    // Where a page shows one answer alone, more of them are of its document.
    let is_heading = |&index: &usize| {
        let text = dom.line_text(&dom.lines[index]);
        clean::heads_answers(text, dom.lines[index].chars) && !text.contains("更多")
    };
    let prose = |lines: &[usize]| -> u32 {
        lines.iter().map(|&index| &dom.lines[index]).filter(|line| line.is_prose()).map(|line| line.chars).sum()
    };
    let Some(heading) = lines.iter().position(is_heading) else { return lines };
    let above = prose(&lines[..heading]);
    // What stands above the other answers is one.
    if above > 0 && clean::heads_other_answers(dom.line_text(&dom.lines[lines[heading]])) {
        return without_byline(dom, &lines[..heading]);
    }
    if above > MAX_QUESTION {
        return lines;
    }
    let answers = &lines[heading + 1..];
    let end = answers.iter().position(is_heading).unwrap_or(answers.len());
    let answer = without_byline(dom, &answers[..end]);
    // Who gave it when may stand below it.
    let text = answer.iter().position(|&index| is_text(&dom.lines[index])).unwrap_or(0);
    let is_signature = |&index: &usize| marks::is_timed(dom, &dom.lines[index]) && !dom.lines[index].is_prose();
    let end = answer[text..].iter().position(is_signature).map_or(answer.len(), |place| text + place);
    let answer = &answer[..end];
    if prose(answer) == 0 { lines } else { answer }
}

/// The lines between the title and the article's own that belong to a report's head: place and day in dashes or
/// brackets, the number of a document, the speaker.
pub(crate) fn head_lines(dom: &Dom, own: &[usize], title: Option<&str>) -> Vec<usize> {
    let (Some(&first), Some(title)) = (own.first(), title.map(clean::fold)) else { return Vec::new() };
    let near = first.saturating_sub(HEAD_WINDOW)..first;
    let text = |index: usize| dom.line_text(&dom.lines[index]);
    let Some(heading) = near.rev().find(|&index| clean::fold(text(index)) == title) else { return Vec::new() };
    let is_head = |&index: &usize| {
        let line = &dom.lines[index];
        let is_second = || index == heading + 1 && is_subtitle(dom, &dom.lines[heading], line);
        let is_set = || clean::is_of_head(text(index)) || is_second();
        line.chars <= MAX_HEAD && line.links == 0 && is_set() && !clean::is_about(text(index))
    };
    (heading + 1..first).filter(is_head).collect()
}

/// Whether the line straight below a title is a second one: a heading, called so, or set like the title.
fn is_subtitle(dom: &Dom, title: &Line, line: &Line) -> bool {
    let text = dom.line_text(line);
    if line.chars < MIN_SUBTITLE
        || title::is_byline(text)
        || clean::is_beside_title(text)
        || marks::is_mark(dom, line)
        || clean::fold(dom.line_text(title)).contains(&*clean::fold(text))
    {
        return false;
    }
    let class = dom.markup(line.owner).map(class_of).unwrap_or_default().to_ascii_lowercase();
    let is_called = ["subtit", "sub-tit", "sub_tit", "futi", "fubt"].iter().any(|name| class.contains(name));
    // Side by side, or in rows of one table.
    let tag = |line: &Line| &dom.nodes[line.owner as usize].tag;
    let above = |line: &Line, levels: usize| dom.ancestors(line.owner).nth(levels);
    let is_set_alike = || tag(title) == tag(line) && (1..=2).any(|levels| above(title, levels) == above(line, levels));
    line.heading > 0 || is_called || line.chars <= MAX_SUBTITLE && is_set_alike()
}

/// The lines of an opening post without those above and below its text that are about the post:
/// who wrote it and when, what can be done with it.
pub(crate) fn without_byline<'a>(dom: &Dom, lines: &'a [usize]) -> &'a [usize] {
    let mut start = 0;
    for (position, &index) in lines.iter().enumerate() {
        let line = &dom.lines[index];
        if marks::is_mark(dom, line) {
            start = position + 1;
        } else if is_text(line) {
            break;
        }
    }
    // Marks alone: what stands among them is the text.
    if start == lines.len() {
        start = 0;
    }
    let last = lines.iter().rposition(|&index| is_text(&dom.lines[index])).unwrap_or(start).max(start);
    let is_action = |&index: &usize| marks::is_action(dom, &dom.lines[index]);
    let end = lines[last..].iter().position(is_action).map_or(lines.len(), |position| last + position);
    &lines[start..end.max(start)]
}

/// The lines of a text without what its writer sets below every text: a few short lines behind two dashes, in a post
/// behind any rule of dashes.
pub(crate) fn without_signature<'a>(dom: &Dom, lines: &'a [usize], is_post: bool) -> &'a [usize] {
    let is_rule = |text: &str| text == "--" || is_post && clean::is_rule(text);
    let Some(rule) = lines.iter().rposition(|&index| is_rule(dom.line_text(&dom.lines[index]))) else { return lines };
    let below: u32 = lines[rule + 1..].iter().map(|&index| dom.lines[index].chars).sum();
    if rule > 0 && below <= MAX_SIGNATURE { &lines[..rule] } else { lines }
}

/// The lines of the first of several posts that stand in one block, parted by nothing but bylines.
pub(crate) fn first_of_flat<'a>(dom: &Dom, lines: &'a [usize]) -> &'a [usize] {
    let is_byline = |index: usize| {
        let line = &dom.lines[index];
        clean::begins_letter(dom.line_text(line)) || marks::is_byline(dom, line)
    };
    let bylines: Vec<usize> = (0..lines.len()).filter(|&place| is_byline(lines[place])).collect();
    let owner = |place: usize| dom.lines[lines[place]].owner;
    // A letter has two lines that say who and when.
    let is_text = |&index: &usize| is_text(&dom.lines[index]) && !is_byline(index);
    let Some(text) = lines.iter().position(is_text) else { return lines };
    let Some(second) = bylines.iter().position(|&place| place > text) else { return lines };
    let end = bylines[second];
    let is_flat = bylines[second + 1..].iter().any(|&place| owner(place) == owner(end) && place > end + 1)
        || clean::begins_letter(dom.line_text(&dom.lines[lines[end]]));
    if is_flat { &lines[..end] } else { lines }
}

/// The lines of a post without the blocks above and below its text that are about it: the card of who wrote it,
/// the bar of what can be done with it. Such a block holds the writer's name or a mark, and no text.
pub(crate) fn without_furniture(dom: &Dom, post: u32, lines: Vec<usize>) -> Vec<usize> {
    let first = lines.iter().position(|&index| is_text(&dom.lines[index]));
    let last = lines.iter().rposition(|&index| is_text(&dom.lines[index]));
    let (Some(first), Some(last)) = (first, last) else { return lines };
    let texts: Vec<u32> =
        lines.iter().map(|&index| &dom.lines[index]).filter(|line| is_text(line)).map(|l| l.at).collect();
    let writer = authors::of(dom, post);
    let mut furniture = Vec::new();
    for (position, &index) in lines.iter().enumerate() {
        let line = &dom.lines[index];
        let is_outside = position < first || position > last;
        let is_writer = |text: &str| writer.as_deref().is_some_and(|writer| text == writer);
        if is_outside && (marks::is_mark(dom, line) || is_writer(dom.line_text(line))) {
            let blocks = dom.ancestors(line.owner).take_while(|&at| at != post && !dom.holds_any(at, &texts));
            furniture.extend(blocks.last().filter(|&at| dom.nodes[at as usize].tag != local_name!("p")));
        }
    }
    let is_own = |index: &usize| !furniture.iter().any(|&block| dom.is_within(dom.lines[*index].at, block));
    lines.into_iter().filter(is_own).collect()
}

/// Whether a line of a post is text rather than a label.
fn is_text(line: &Line) -> bool {
    line.is_prose() || line.chars >= 30 && line.link_share() < 0.5
}

impl Line {
    /// Whether it is a whole paragraph; a notice of this length is judged by its beginning only at the end.
    fn is_long_prose(&self) -> bool {
        self.chars > 600
    }
}

/// Whether the text proper has begun: a sentence, or the address to the assembly.
pub(crate) fn begins_text(dom: &Dom, line: &Line) -> bool {
    let text = dom.line_text(line);
    if text.starts_with("各位代表") {
        return true;
    }
    line.is_prose() && !clean::is_about(text) && !clean::is_entry_of_index(text) && !is_breadcrumb(line, text)
}

/// Behind the line that repeats the title, if one near the beginning does.
fn behind_title(dom: &Dom, head: &[usize], title: &str) -> usize {
    let title = clean::fold(title);
    if title.is_empty() {
        return 0;
    }
    let mut prose = 0;
    for (position, &index) in head.iter().enumerate() {
        let line = &dom.lines[index];
        // A heading may be broken into lines of one element.
        let own = head[position..].iter().map(|&index| &dom.lines[index]).take_while(|own| own.owner == line.owner);
        if let Some(lines) = title::lines_together(dom, own, &title) {
            return position + lines;
        }
        prose += if begins_text(dom, line) { line.chars } else { 0 };
        if prose > MAX_ABOVE_TITLE {
            return 0;
        }
    }
    0
}

/// Where the list of other pages begins below the text, or the end.
fn tail_begins(dom: &Dom, lines: &[usize], first: usize, last: usize) -> usize {
    let prose: Vec<u32> =
        lines.iter().map(|&index| if dom.lines[index].is_prose() { dom.lines[index].chars } else { 0 }).collect();
    let all: u32 = prose.iter().sum();
    let mut above = 0;
    for (position, &index) in lines.iter().enumerate() {
        let is_heading = position > first
            && clean::begins_tail(dom.line_text(&dom.lines[index]))
            && !is_within_text(dom, lines, position);
        // Prose may follow (teasers, comments), but not most of the page.
        if is_heading && (position > last || above * 3 > all * 2) {
            return position;
        }
        above += prose[position];
    }
    lines.len()
}

/// Whether a line names other pages itself and the text goes on behind it.
fn is_within_text(dom: &Dom, lines: &[usize], position: usize) -> bool {
    let line = &dom.lines[lines[position]];
    let next = lines.get(position + 1).map(|&index| &dom.lines[index]);
    let goes_on = |next: &Line| next.links == 0 && next.punctuation > 0 && next.chars >= MIN_SENTENCE;
    line.links > 0 && line.link_share() > 0.3 && next.is_some_and(goes_on)
}

/// Whether a line shows the way from the home page to here.
fn is_breadcrumb(line: &Line, text: &str) -> bool {
    line.links >= 1
        && line.chars <= 120
        && (text.contains('>')
            || text.contains('»')
            || text.contains('›')
            || text.contains("→")
            || text.starts_with("首页"))
}
