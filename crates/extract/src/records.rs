//! Runs of like blocks that people signed: the posts of a thread, answers, comments, entries of a blog.
//!
//! Forum software nobody has written a profile for still repeats one shape for each post, and every
//! post shows when it was written, by whom, and what can be done with it. Blocks of one sort that all
//! carry such marks are records. Where nothing of an article stands between the page's heading and
//! the first of them, that one is the document and the others are replies to it or other entries;
//! where an article does, all of them are comments. Records are never weighed against each other:
//! a short opening post loses against a long reply.

use crate::authors;
use crate::clean::pattern;
use crate::dom::{Dom, Line, NONE};
use crate::element::{class_of, id_of};
use aho_corasick::AhoCorasick;
use html5ever::local_name;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::LazyLock;

/// The longest line that is a mark rather than text, in characters.
const MAX_MARK: u32 = 60;

/// How far above its mark a record may begin.
const MAX_HEIGHT: usize = 14;

/// The marks that make a block signed; see [`weight_of`].
const SIGNED: u32 = 3;

/// Prose between heading and first record that makes an article of its own, in characters.
const ARTICLE_ABOVE: u32 = 80;

/// Classes of one element that are looked at.
const MAX_CLASSES: usize = 4;

/// The longest teaser of an entry in a list, in characters.
const MAX_TEASER: u32 = 400;

/// The least text of an opening record, in characters.
const MIN_OPENING: u32 = 30;

/// A moment: date with time, or how long ago.
const MOMENT: u8 = 1;
/// A day without a time.
const DAY: u8 = 32;
/// A moment that is said to be that of writing.
const WRITTEN: u8 = 2;
/// A place in the thread.
const FLOOR: u8 = 4;
/// What a reader can do with a post.
const ACTION: u8 = 8;
/// Who wrote it, by the name of an element.
const AUTHOR: u8 = 16;

pattern!(
    MOMENT_TEXT,
    r"(?x)(?:19|20)\d{2}\s?[-/.年]\s?\d{1,2}\s?[-/.月]\s?\d{1,2}日?[\sT（(]{0,3}(?:星期.|周.)?[\s）)]*\d{1,2}\s?[:：点]\s?\d{2}
      | (?-u:\b)\d{1,2}-\d{1,2}\s\d{1,2}:\d{2}(?-u:\b)
      | \d+\s?(?:秒钟?|分钟|个?小时|天|日|周|星期|个?月|年)\s?(?:之?前)
      | (?:昨天|前天|今天|刚刚)(?:\s?\d{1,2}:\d{2})?"
);

pattern!(DAY_TEXT, r"^\D{0,20}(?:19|20)\d{2}\s?[-/.年]\s?\d{1,2}\s?[-/.月]\s?\d{1,2}日?(?:$|[\s·|，,（(])");

pattern!(
    WRITTEN_TEXT,
    r"(?x)(?:发表|发布|回答|回复|评论|编辑|回帖|发帖|提问|发贴|留言|写)(?:时间|日期)?\s*(?:于|在|[:：])
      | [Pp]osted\s(?:on|at|by) | 本[帖贴]\S{0,40}发表 | 由\S{1,20}(?:张贴|发表|发布)"
);

pattern!(
    FLOOR_TEXT,
    r"^[\[【（(\s]*(?:楼层[:：]\s?)?(?:楼主|沙发|板凳|地板|来自\s?\d+\s?楼|第?\s*\d{1,5}\s*[楼层樓]|[#＃]\s?\d{1,5}|\d{1,5}\s?[#＃]|\d{1,5}F)[\]】）)\s]*(?:$|\s|[|·•])"
);

pattern!(
    ACTION_TEXT,
    r"(?x)\d+\s?人(?:已经?)?(?:赞同|点赞|喜欢|感谢|赞过)|共\s?\d+\s?[篇条个]?(?:评论|回复|留言|跟帖) | (?:评论|回复|引用|浏览|阅读|Comments?)\s?[(（:：]\s?\d+ | 发表评论 | (?:^|\s)(?:No|\d+)\sComments?
      | ^[\[【（(<←\s]*(?:回复|回覆|引用|举报|舉報|赞同|点赞|赞|讚|顶|踩|支持|反对|只看该?此?作者|只看(?:楼主|他|她|TA)|收起|追问|采纳|评论|返回|感谢|喜欢|收藏|鲜花|鸡蛋|删除|使用道具|添加评论|写评论|条评论|\d+\s?条?(?:评论|回复)|阅读全文)
      [\]】）)\s]*(?:此楼|他|她)?\s*[(（:：\[]?\s*[\d.]*\s?[kKwW万]?\s*[)）\]]?(?:$|[\s|·•/])"
);

/// Words without which [`ACTION_TEXT`] does not match: a scan for them is many times cheaper.
static ACTION_WORDS: LazyLock<AhoCorasick> = LazyLock::new(|| {
    let words = [
        "评论", "回复", "回覆", "留言", "跟帖", "引用", "浏览", "阅读", "Comment", "举报", "舉報", "赞", "讚", "顶",
        "踩", "支持", "反对", "只看", "收起", "追问", "采纳", "返回", "感谢", "喜欢", "收藏", "鲜花", "鸡蛋", "删除",
        "道具",
    ];
    AhoCorasick::new(words).expect("thirty short words fit an automaton")
});

/// The records of a page that are none of its document.
#[derive(Debug, Default)]
pub(crate) struct Records {
    /// The record that is the document, where one is.
    pub opening: Option<u32>,
    /// Whether the document is a post.
    pub is_thread: bool,
    /// Later records by the author of the opening one that are long enough to go on with the document.
    pub continuations: Vec<u32>,
    /// The other records, in document order and apart.
    pub others: Vec<u32>,
}

/// Blocks of one sort, in document order, none within another.
struct Run {
    members: Vec<u32>,
    signed: usize,
    unsigned: usize,
    is_named: bool,
}

impl Run {
    /// The parent of blocks that hold only who wrote when: the posts stand between them.
    fn bylines_of(&self, dom: &Dom) -> Option<u32> {
        let parent = dom.nodes[self.members[0] as usize].parent;
        let is_byline = |&member: &u32| {
            dom.nodes[member as usize].parent == parent && text_of(dom, dom.lines_in(member)) < MIN_OPENING
        };
        // A short reply looks like a byline; nothing stands behind it.
        (self.members.len() >= 2 && parent != NONE && self.members.iter().all(is_byline)).then_some(parent)
    }
}

/// What stands in an element from its byline number `first` on and is not the document: the bylines,
/// and behind each what somebody else wrote, or the author of the opening post in passing.
fn behind_bylines(dom: &Dom, parent: u32, bylines: &[u32], first: usize) -> Vec<u32> {
    let author = bylines.first().and_then(|&byline| authors::of(dom, byline)).filter(|_| first > 0);
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

/// More runs than any page has; each is compared with all that was found before it.
const MAX_RUNS: usize = 1_000;

/// Finds the records. `heading` is the line of the page's heading, where it is sure.
pub(crate) fn find(dom: &Dom, regions: &[u32], heading: Option<usize>) -> Records {
    let marks = marks(dom);
    let mut records = Records::default();
    let mut runs = runs(dom, &marks);
    for run in &mut runs {
        without_head(dom, &marks, run);
    }
    // The outermost first, so that a record's inner parts are no records of their own.
    runs.sort_by_key(|run| (run.members[0], std::cmp::Reverse(span(dom, run))));
    runs.truncate(MAX_RUNS);
    let prose = Prose::of(dom, regions);
    for run in runs {
        let is_taken = |&at: &u32| dom.is_in_any(&records.others, at) || dom.is_in_any(regions, at);
        if run.members.iter().any(is_taken) {
            continue;
        }
        if dom.nodes[run.members[0] as usize].tag == local_name!("p") && run.bylines_of(dom).is_none() {
            continue;
        }
        let verdict = judge(dom, &prose, &run, heading);
        if let Some(parent) = run.bylines_of(dom) {
            let first = if verdict == Verdict::Comments { 0 } else { 1 };
            if verdict != Verdict::Neither {
                records.is_thread |= verdict == Verdict::Thread;
                records.others.extend(behind_bylines(dom, parent, &run.members, first));
                records.others.sort_unstable();
            }
            continue;
        }
        match verdict {
            Verdict::Thread if records.opening.is_none() => {
                records.opening = Some(run.members[0]);
                records.is_thread = true;
                let (own, others) = authors::split(dom, &run.members);
                records.continuations.extend(own);
                records.others.extend(others);
            }
            Verdict::Comments => records.others.extend(&run.members),
            Verdict::Thread | Verdict::Neither => {}
        }
        records.others.sort_unstable();
    }
    records
}

/// Takes off what stands above the first record in its shape: a table with the name of the board.
fn without_head(dom: &Dom, marks: &[u8], run: &mut Run) {
    let is_head = |at: u32| {
        let lines = dom.lines_in(at);
        let says_nothing = !dom.lines[lines.clone()].iter().any(Line::is_prose) || text_of(dom, lines) < MIN_OPENING;
        weight_of(marks[at as usize]) < SIGNED && says_nothing
    };
    let signed = run.members.iter().position(|&member| !is_head(member)).unwrap_or(0);
    run.members.drain(..signed);
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

fn judge(dom: &Dom, prose: &Prose, run: &Run, heading: Option<usize>) -> Verdict {
    let all: Vec<Range<usize>> = run.members.iter().map(|&member| dom.lines_in(member)).collect();
    let (first, last) = (&all[0], &all[all.len() - 1]);
    // What a byline stands above is its record's.
    let end_of_first = match run.bylines_of(dom) {
        Some(_) => all[1].start.max(first.end),
        None => first.end,
    };
    let from = match heading {
        Some(heading) if heading >= last.end => return Verdict::Neither,
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
    if texts[0] >= MIN_OPENING && inside > below { Verdict::Thread } else { Verdict::Neither }
}

/// Whether most records are a headline that is a link, with a teaser: the page of a column or a blog.
fn is_list_of_entries(dom: &Dom, all: &[Range<usize>], texts: &[u32]) -> bool {
    let is_headline = |line: &Line| line.links == 1 && line.link_share() > 0.8 && line.link_chars >= 6;
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
        if line.link_share() < 0.5 && line.chars >= 6 && !is_mark(dom, line) {
            chars += line.chars;
        }
    }
    chars
}

/// Whether a line is a mark of a record: its date, its floor, its buttons.
pub(crate) fn is_mark(dom: &Dom, line: &Line) -> bool {
    line_marks(dom, line) != 0
}

/// Whether a line begins with a button of a record.
pub(crate) fn is_action(dom: &Dom, line: &Line) -> bool {
    line.chars <= 12 && line_marks(dom, line) & ACTION != 0
}

/// The marks of a line and of the pieces it is set in: `张三#1` may be two elements.
fn line_marks(dom: &Dom, line: &Line) -> u8 {
    if line.chars > MAX_MARK {
        return 0;
    }
    let mut marks = marks_of(dom.line_text(line));
    let mut left = line.chars;
    let mut at = line.at;
    while left > 0
        && let Some(node) = dom.nodes.get(at as usize)
    {
        if let Some(text) = dom.text_at(at).filter(|_| !node.dropped && node.chars > 0) {
            // A piece that is the whole line has been read.
            if node.chars < line.chars {
                marks |= marks_of(text.trim());
            }
            left = left.saturating_sub(node.chars);
        }
        at += 1;
    }
    marks
}

/// The marks a line holds.
fn marks_of(text: &str) -> u8 {
    let mut marks = 0;
    if text.contains('。') {
        return 0;
    }
    if ACTION_WORDS.is_match(text) && ACTION_TEXT.is_match(text) {
        marks |= ACTION;
    }
    // `刚刚` and `楼主` are the only marks of time and place without a number.
    if !text.bytes().any(|b| b.is_ascii_digit()) && !text.contains(['刚', '楼', '天', '沙', '板']) {
        return marks;
    }
    if MOMENT_TEXT.is_match(text) {
        marks |= MOMENT;
        if WRITTEN_TEXT.is_match(text) {
            marks |= WRITTEN;
        }
    }
    if marks & MOMENT == 0 && DAY_TEXT.is_match(text) {
        marks |= DAY;
        if WRITTEN_TEXT.is_match(text) {
            marks |= WRITTEN;
        }
    }
    if FLOOR_TEXT.is_match(text) {
        marks |= FLOOR;
    }
    marks
}

/// How much marks say that a block is signed.
fn weight_of(marks: u8) -> u32 {
    [(MOMENT, 2), (DAY, 1), (WRITTEN, 1), (FLOOR, 2), (ACTION, 1), (AUTHOR, 1)]
        .into_iter()
        .map(|(mark, weight)| if marks & mark != 0 { weight } else { 0 })
        .sum()
}

/// The marks within every element that could be a record.
fn marks(dom: &Dom) -> Vec<u8> {
    let mut marks = vec![0; dom.nodes.len()];
    for line in &dom.lines {
        let found = line_marks(dom, line);
        if found != 0 {
            spread(dom, &mut marks, line.at, found);
        }
    }
    // Without a date nothing here is signed, and most pages end here.
    if marks.iter().all(|&found| found == 0) {
        return marks;
    }
    for (at, node) in dom.nodes.iter().enumerate() {
        if node.tag.is_empty() || node.dropped || node.chars == 0 || node.chars > 200 {
            continue;
        }
        let found = match node.tag {
            local_name!("time") => MOMENT,
            _ => dom.markup(at as u32).map_or(0, named_marks),
        };
        if found != 0 {
            spread(dom, &mut marks, at as u32, found);
        }
    }
    marks
}

/// The marks an element's class speaks of.
fn named_marks(element: &scraper::node::Element) -> u8 {
    if authors::is_called_author(element) { AUTHOR } else { 0 }
}

fn spread(dom: &Dom, marks: &mut [u8], at: u32, found: u8) {
    for ancestor in dom.ancestors(at).take(MAX_HEIGHT) {
        marks[ancestor as usize] |= found;
    }
}

/// What makes two blocks of one sort: the name, and a class or else the parent.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Sort {
    tag: html5ever::LocalName,
    class: String,
    parent: u32,
}

/// The sorts an element is of: one for each class without its numbers (`post-1203` is a `post-`),
/// or that of its parent's children of this name.
fn sorts_of(dom: &Dom, at: u32) -> Vec<Sort> {
    let node = &dom.nodes[at as usize];
    let class = dom.markup(at).map(class_of).unwrap_or_default();
    let mut sorts = Vec::new();
    for name in class.split_ascii_whitespace().take(MAX_CLASSES) {
        let class: String = name.chars().filter(|c| !c.is_ascii_digit()).take(40).collect();
        if !class.is_empty() {
            sorts.push(Sort { tag: node.tag.clone(), class, parent: NONE });
        }
    }
    if sorts.is_empty() {
        // Blocks without a class are alike only beside each other.
        sorts.push(Sort { tag: node.tag.clone(), class: String::new(), parent: node.parent });
    }
    sorts
}

/// Every run of like blocks most of which are signed.
fn runs(dom: &Dom, marks: &[u8]) -> Vec<Run> {
    let candidates: Vec<u32> =
        (0..dom.nodes.len() as u32).filter(|&at| can_be_record(&dom.nodes[at as usize])).collect();
    let members = std::cell::LazyCell::new(|| authors::links(dom));
    let is_signed = |at: u32| {
        let weight = weight_of(marks[at as usize]) + u32::from(is_named_post(dom, at));
        // A link to the writer's page speaks for a writer as much as a class does.
        weight >= SIGNED
            || weight + 1 == SIGNED && marks[at as usize] & (MOMENT | FLOOR) != 0 && dom.holds_any(at, &members)
    };
    let mut runs: HashMap<Sort, Run> = HashMap::new();
    for &at in candidates.iter().filter(|&&at| marks[at as usize] != 0 && is_signed(at)) {
        for sort in sorts_of(dom, at) {
            runs.entry(sort).or_insert_with(|| Run {
                members: Vec::new(),
                signed: 0,
                unsigned: 0,
                is_named: is_named_post(dom, at),
            });
        }
    }
    if runs.is_empty() {
        return Vec::new();
    }
    for &at in &candidates {
        for sort in sorts_of(dom, at) {
            let Some(run) = runs.get_mut(&sort) else { continue };
            let is_inner = run.members.last().is_some_and(|&last| dom.is_within(at, last));
            if !is_inner {
                run.members.push(at);
                run.signed += usize::from(is_signed(at));
                // A single line may be a notice between posts: moved, renamed, pinned.
                run.unsigned += usize::from(!is_signed(at) && dom.nodes[at as usize].breaks >= 2);
            }
        }
    }
    let mut runs: Vec<Run> = runs.into_values().collect();
    runs.retain(|run| {
        let enough = if run.is_named { 2 } else { 3 };
        run.signed >= 2 && run.members.len() >= enough && run.signed * 10 >= (run.signed + run.unsigned) * 6
    });
    runs
}

/// Whether an element may hold a whole record.
fn can_be_record(node: &crate::dom::Node) -> bool {
    node.block
        && !node.dropped
        && node.chars >= 10
        && matches!(
            node.tag,
            local_name!("div")
                | local_name!("li")
                | local_name!("article")
                | local_name!("section")
                | local_name!("table")
                | local_name!("tbody")
                | local_name!("tr")
                | local_name!("dl")
                // Only as bylines, with the posts between them.
                | local_name!("p")
        )
}

/// Whether an element's name says post, so that two of them are a thread.
fn is_named_post(dom: &Dom, at: u32) -> bool {
    let named = |value: &str| {
        let value = value.as_bytes();
        [&b"post"[..], b"reply", b"answer", b"comment", b"floor", b"thread", b"message", b"topic"]
            .iter()
            .any(|word| value.windows(word.len()).any(|part| part.eq_ignore_ascii_case(word)))
    };
    let Some(element) = dom.markup(at) else { return false };
    named(id_of(element)) || named(class_of(element))
}
