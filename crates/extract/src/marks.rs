//! The marks of a post, an answer, a comment: when it was written, where it stands in the row, what can be done
//! with it, who wrote it.
//!
//! Each is a line of its own or a piece of one, as every board sets them; sentences are none.

use crate::authors;
use crate::dom::{Dom, Line};
use crate::patterns::{Words, pattern};
use html5ever::local_name;
use std::sync::LazyLock;

/// The longest line that is a mark rather than text, in characters.
const MAX_MARK: u32 = 60;

/// How far above its mark a record may begin.
const MAX_HEIGHT: usize = 14;

/// A moment: date with time, or how long ago.
pub(crate) const MOMENT: u8 = 1;
/// A day without a time.
pub(crate) const DAY: u8 = 32;
/// A moment that is said to be that of writing.
pub(crate) const WRITTEN: u8 = 2;
/// A place in the thread.
pub(crate) const FLOOR: u8 = 4;
/// What a reader can do with a post.
pub(crate) const ACTION: u8 = 8;
/// Who wrote it, by the name of an element.
pub(crate) const AUTHOR: u8 = 16;
/// What a board says of a member: rank, points, number of posts.
pub(crate) const CARD: u8 = 64;

pattern!(
    MOMENT_TEXT,
    r"(?x)(?:19|20)\d{2}\s?[-/.年]\s?\d{1,2}\s?[-/.月]\s?\d{1,2}日?[\sT（(]{0,3}(?:星期.|周.)?[\s）)]*\d{1,2}\s?[:：点]\s?\d{2}
      | (?-u:\b)\d{1,2}(?:-\d{1,2}|月\d{1,2}日)\s\d{1,2}:\d{2}(?-u:\b)
      | (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*\.?\s\d{1,2}(?:st|nd|rd|th)?,?\s(?:19|20)\d{2},?\s(?:at\s)?\d{1,2}:\d{2}
      | (?:十[一二]|[一二三四五六七八九十])月\s\d{1,2},?\s(?:19|20)\d{2},?\s\d{1,2}:\d{2}
      | (?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)\s(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\s+\d{1,2}\s\d{1,2}:\d{2}
      | \d+\s?(?:秒钟?|分钟|个?小时|天|日|周|星期|个?月|年)\s?(?:之?前)
      | (?:昨天|前天|今天)\s?\d{1,2}:\d{2} | (?:^|[\s于：:(（·|])(?:昨天|前天|今天|刚刚)(?:$|[\s)）·|])"
);

pattern!(DAY_TEXT, r"^\D{0,20}(?:19|20)\d{2}\s?[-/.年]\s?\d{1,2}\s?[-/.月]\s?\d{1,2}日?(?:$|[\s·|，,（(])");

pattern!(
    WRITTEN_TEXT,
    r"(?x)(?:发表|发布|回答|回复|评论|编辑|回帖|发帖|提问|发贴|留言|写)(?:时间|日期)?\s*(?:于|在|[:：]|(?:19|20)\d{2}[-/.])
      | [Pp]osted\s(?:on|at|by) | 本[帖贴]\S{0,40}发表 | 由\S{1,20}(?:张贴|发表|发布) | (?:提交者|发信人|加帖在|提交时间|发信站)\s?[:：于]? | IP\s?[:：]
      | ^\S{1,12}\s+(?:19|20)\d{2}[-/.]\d{1,2}[-/.]\d{1,2}\s\d{1,2}:\d{2}(?::\d{2})?$"
);

pattern!(
    FLOOR_TEXT,
    r"^[\[【（(\s]*(?:楼层[:：]\s?)?(?:楼\s?主|沙发|板凳|地板|来自\s?\d+\s?楼|第?\s*\d{1,5}\s*[楼层樓]|[#＃]\s?\d{1,5}|\d{1,5}\s?[#＃]|\d{1,5}F)[#＃\]】）)\s]*(?:$|\s|[|·•])|^\d{1,5}\s?[.、)）]\s?\S{1,20}\s[(（]?(?:19|20)\d{2}[-/.年]\d{1,2}[-/.月]\d{1,2}日?\s\d{1,2}:\d{2}"
);

// The card of a member beside each of their posts.
pattern!(
    CARD_TEXT,
    words: CARD_WORDS,
    r"(?x)^(?:级别|等级|积分|发帖数?|帖子数?|贴子|精华|威望|金钱|金币|经验|声望|魅力|财富|头衔|门派|来自|状态|性别|阅读权限|在线时间|会员等级|用户组|回答量|采纳率)
        \s?[:：]\s?.{0,24}$
      | ^(?:文章|主题|粉丝|关注)\s?[:：]\s?\d
      | ^(?:加入|注册|最后登[录陆])(?:时间|日期)?\s?[:：于]?\s?(?:19|20)\d{2}
      | ^(?:UID|精华|积分|帖子|发帖|阅读权限|在线时间|注册|威望|金钱)\s?\d
      | ^[\d,]+\s?\d*\s?枚[金银铜][牌徽]"
);

pattern!(
    ACTION_TEXT,
    words: ACTION_WORDS,
    r"(?x)^\d+\s?个?赞(?:同)?(?:$|\s) | \d+\s?人(?:已经?)?(?:赞同|点赞|喜欢|感谢|赞过)|共\s?\d+\s?[篇条个]?(?:评论|回复|留言|跟帖) | (?:评论|回复|引用|浏览|阅读|Comments?)\s?[(（:：]\s?\d+ | 发表评论 | ^已[赞踩]过 | ^赞同来自 | 对这个回答的评价 | (?:^|\s)(?:No|\d+)\sComments?
      | ^[\[【（(<←\s]*(?:回复|回应|回覆|引用|举报|舉報|赞同|点赞|赞|讚|转发|顶|踩|支持|反对|只看该?此?作者|只看(?:楼主|他|她|TA)|收起|追问|采纳|评论|返回|感谢|喜欢|收藏|鲜花|鸡蛋|删除|使用道具|添加评论|写评论|条评论|\d+\s?条?(?:评论|回复)|阅读全文)
      [\]］】）)\s]*(?:此楼|他|她)?\s*[(（:：\[]?\s*[\d.]*\s?[kKwW万]?\s*[)）\]]?(?:$|[\s|·•/])"
);

/// Words without which [`ACTION_TEXT`] does not match: a scan for them is many times cheaper.
const ACTION_WORDS: [&str; 32] = [
    "评论", "回复", "回覆", "留言", "跟帖", "引用", "浏览", "阅读", "Comment", "举报", "舉報", "赞", "讚", "顶", "踩",
    "支持", "反对", "只看", "收起", "追问", "采纳", "返回", "感谢", "喜欢", "收藏", "鲜花", "鸡蛋", "删除", "道具",
    "评价", "转发", "回应",
];

/// Words without which [`CARD_TEXT`] does not match.
const CARD_WORDS: [&str; 32] = [
    "级",
    "积分",
    "帖",
    "贴子",
    "文章",
    "主题",
    "精华",
    "威望",
    "金钱",
    "金币",
    "经验",
    "声望",
    "魅力",
    "财富",
    "头衔",
    "门派",
    "来自",
    "状态",
    "性别",
    "权限",
    "在线",
    "用户组",
    "粉丝",
    "关注",
    "回答量",
    "采纳率",
    "加入",
    "注册",
    "登录",
    "登陆",
    "UID",
    "枚",
];

/// Without a number these are the only marks of time and place: `刚刚`, `今天`, `楼主`, `沙发`, `地板`.
const PLACES: [char; 5] = ['刚', '楼', '天', '沙', '板'];

/// What some of is in every line that is a mark without a number, and in most lines of a page is not.
static ANY_WORDS: LazyLock<Words> =
    LazyLock::new(|| Words::new(&[&ACTION_WORDS[..], &CARD_WORDS, &["刚", "楼", "天", "沙", "板"]].concat()));

/// Whether a line is a mark of a record: its date, its floor, its buttons.
pub(crate) fn is_mark(dom: &Dom, line: &Line) -> bool {
    line_marks(dom, line) != 0
}

/// How much of either end of a long line may be its mark, in characters: `3楼 张三：…`, `… (03-02 10:20)`.
const LINE_EDGE: usize = 16;

/// Whether a line says at what time something was written.
pub(crate) fn is_timed(dom: &Dom, line: &Line) -> bool {
    line_marks(dom, line) & MOMENT != 0
}

/// Whether a line says when something was written, be it the day only.
pub(crate) fn is_mark_of_time(dom: &Dom, line: &Line) -> bool {
    line_marks(dom, line) & (MOMENT | DAY) != 0
}

/// Whether a line is a byline: it says at what time its text was written, and that it was.
pub(crate) fn is_byline(dom: &Dom, line: &Line) -> bool {
    line_marks(dom, line) & (MOMENT | WRITTEN) == MOMENT | WRITTEN
}

/// Whether a line is a mark of a record, or bears one, that says when or where in a row it stands.
pub(crate) fn is_dated(dom: &Dom, line: &Line) -> bool {
    if line.chars <= MAX_MARK {
        return line_marks(dom, line) & (MOMENT | DAY | FLOOR) != 0;
    }
    let text = dom.line_text(line);
    let end = text.char_indices().nth(LINE_EDGE).map_or(text.len(), |(end, _)| end);
    let start = text.char_indices().rev().nth(LINE_EDGE).map_or(0, |(start, _)| start);
    marks_of(&text[..end]) & FLOOR != 0 || marks_of(&text[start..]) & MOMENT != 0
}

/// Whether a line is what a board sets beside a text: buttons, the card of its writer. Days are none of it, as texts
/// end with theirs.
pub(crate) fn is_furniture(dom: &Dom, line: &Line) -> bool {
    let marks = line_marks(dom, line);
    marks & (ACTION | CARD) != 0 && marks & (MOMENT | DAY | WRITTEN) == 0
}

/// Whether a line begins with a button of a record.
pub(crate) fn is_action(dom: &Dom, line: &Line) -> bool {
    line.chars <= 12 && line_marks(dom, line) & ACTION != 0
}

/// The longest name of a member, in characters.
const MAX_MEMBER: usize = 16;

/// The longest line of a member's card, in characters.
const MAX_CARD: usize = 120;

/// The marks of a line and of the pieces it is set in: `张三#1` may be two elements.
pub(crate) fn line_marks(dom: &Dom, line: &Line) -> u8 {
    if line.chars > MAX_MARK {
        return 0;
    }
    let text = dom.line_text(line);
    // Its pieces hold nothing that it does not.
    if !text.bytes().any(|byte| byte.is_ascii_digit()) && !ANY_WORDS.is_match(text) {
        return 0;
    }
    let mut marks = text.split('\t').map(marks_of).fold(0, std::ops::BitOr::bitor);
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
    if is_sentence(text) {
        return 0;
    }
    // A colon of either width or a number is in every card; most lines of a page have neither.
    let may_be_card = text.len() <= MAX_CARD && text.bytes().any(|b| matches!(b, b'0'..=b'9' | b':' | 0xEF));
    if may_be_card && (is_level(text) || CARD_TEXT.is_match(text)) {
        return CARD;
    }
    if ACTION_TEXT.is_match(text) {
        marks |= ACTION;
    }
    if !text.bytes().any(|b| b.is_ascii_digit()) && !text.contains(PLACES) {
        return marks;
    }
    if MOMENT_TEXT.is_match(text) {
        marks |= MOMENT;
        if WRITTEN_TEXT.is_match(text) {
            marks |= WRITTEN;
        }
    }
    if marks & MOMENT == 0 && (is_day_of_year(text) || DAY_TEXT.is_match(text)) {
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

/// Whether a text is a member's level, behind the name or alone, and before the button to follow: 张三 Lv.9 关注.
fn is_level(text: &str) -> bool {
    // Hardly a line ends so.
    let may_be = text.ends_with(|c: char| c.is_ascii_digit()) || text.ends_with("关注");
    if !may_be || memchr::memchr2(b'v', b'V', text.as_bytes()).is_none() {
        return false;
    }
    let text = text.strip_suffix("关注").unwrap_or(text).trim_end_matches(['+', ' ']);
    let level = text.trim_end_matches(|c: char| c.is_ascii_digit());
    let name = ["Lv", "LV", "lv"].iter().find_map(|word| level.trim_end_matches(['.', ' ']).strip_suffix(word));
    level.len() < text.len() && name.is_some_and(|name| name.chars().count() <= MAX_MEMBER)
}

/// Whether a text is nothing but a day of this year: 8月2日.
fn is_day_of_year(text: &str) -> bool {
    let is_number = |text: &str| matches!(text.len(), 1 | 2) && text.bytes().all(|b| b.is_ascii_digit());
    let day = text.strip_suffix('日').and_then(|text| text.split_once('月'));
    day.is_some_and(|(month, day)| is_number(month) && is_number(day))
}

/// Whether a short text is said rather than set by the board, whatever day it speaks of.
fn is_sentence(text: &str) -> bool {
    let marks = text.chars().filter(|c| matches!(c, '，' | '！' | '？' | '；')).count();
    text.contains('。') || marks >= 2 || marks == 1 && text.ends_with(['！', '？']) && text.len() > 30
}

/// How much marks say that a block is signed.
pub(crate) fn weight_of(marks: u8) -> u32 {
    [(MOMENT, 2), (DAY, 1), (WRITTEN, 1), (FLOOR, 2), (ACTION, 1), (AUTHOR, 1), (CARD, 1)]
        .into_iter()
        .map(|(mark, weight)| if marks & mark != 0 { weight } else { 0 })
        .sum()
}

/// The marks within every element that could be a record.
pub(crate) fn of_elements(dom: &Dom) -> Vec<u8> {
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
            local_name!("cite") => AUTHOR,
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
