//! The session of the people's congress: 青岚县第十八届人民代表大会第四次会议 in all its forms.

use super::zone::{HeadLine, find_str, starts_with};
use crate::numeral::integer;
use std::ops::Range;

/// A session as a line, or several joined, name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// What stands before the number: 临澄市青岚县, 区, or nothing.
    pub place: String,
    /// Whether it is the National People's Congress.
    pub national: bool,
    /// 届.
    pub term: Option<u32>,
    /// 次.
    pub session: Option<u32>,
    /// As printed, without blanks and line breaks.
    pub text: String,
    /// The characters of the flat line that it takes.
    pub range: Range<usize>,
}

/// Finds a session in folded characters without blanks.
///
/// Read are 第十八届/十八届/第18届 with 人民代表大会 or 人大 on either side and 第四次/四次/首次 会议 behind.
/// The place is the run of Han characters before it.
pub fn find(flat: &[char]) -> Option<Session> {
    let mut from = 0;
    while let Some(at) = find_str(&flat[from..], "届").map(|at| at + from) {
        if let Some(session) = session_around(flat, at) {
            return Some(session);
        }
        from = at + 1;
    }
    None
}

/// The session whose 届 stands at `mark`.
fn session_around(flat: &[char], mark: usize) -> Option<Session> {
    let (term, mut start) = term_before(flat, mark)?;
    if start > 0 && flat[start - 1] == '第' {
        start -= 1;
    }
    // 县人大第十八届第四次会议: the congress may stand before its number.
    let mut congress_before = false;
    for name in ["人民代表大会", "人大"] {
        let length = name.chars().count();
        if start >= length && starts_with(&flat[start - length..], name) {
            start -= length;
            congress_before = true;
            break;
        }
    }
    let place_start = place_before(flat, start);
    let place: String = flat[place_start..start].iter().collect();

    let rest = &flat[mark + 1..flat.len().min(mark + 60)];
    let (national, congress_end) = congress(rest);
    if congress_end.is_none() && !congress_before {
        return None;
    }
    let after = congress_end.unwrap_or(0);
    let (session, session_end) = session_number(&rest[after..]).unzip();
    // 第十八届人民代表大会 without a session is read only where 会 ends it.
    let end = mark + 1 + after + session_end.unwrap_or(0);
    let session = session?;
    Some(Session {
        national: national || place == "全国",
        place: place.trim_end_matches("全国").to_owned(),
        term: u32::try_from(term).ok().filter(|&term| (1..100).contains(&term)),
        session,
        text: flat[place_start..end].iter().collect(),
        range: place_start..end,
    })
}

/// The number of the term whose 届 stands at `mark`, and where it begins. 首届 is the first.
fn term_before(flat: &[char], mark: usize) -> Option<(u64, usize)> {
    if mark > 0 && flat[mark - 1] == '首' {
        return Some((1, mark - 1));
    }
    if mark > 0 && flat[mark - 1] == '第' {
        return Some((0, mark)); // 第届: the numeral is lost, and no term is numbered so.
    }
    let start = numeral_before(flat, mark)?;
    let (term, read) = integer(&flat[start..mark])?;
    (read == mark - start).then_some((term, start))
}

/// Where the numeral that ends before `mark` begins.
fn numeral_before(flat: &[char], mark: usize) -> Option<usize> {
    let is_numeral = |c: char| c.is_ascii_digit() || crate::numeral::is_chinese_numeral(c);
    let length = flat[..mark].iter().rev().take(4).take_while(|&&c| is_numeral(c)).count();
    (length > 0).then_some(mark - length)
}

/// Where the place name that ends before `end` begins.
fn place_before(flat: &[char], end: usize) -> usize {
    let mut start = end;
    while start > 0 && end - start < 30 {
        let c = flat[start - 1];
        if !is_han(c) || matches!(c, '在' | '第') {
            break;
        }
        // 自县第十五届人大一次会议以来, but not 自贡市.
        if c == '自'
            && flat.get(start) != Some(&'贡')
            && find_str(&flat[start..flat.len().min(start + 40)], "以来").is_some()
        {
            break;
        }
        // 29日保定市: the day ends the date; 日照市: the place begins with it.
        if matches!(c, '日' | '号') && start >= 2 && crate::numeral::digit(flat[start - 2]).is_some() {
            break;
        }
        if c == '日' && start >= 2 && flat[start - 2] == '十' {
            break;
        }
        start -= 1;
    }
    // A title may run into the place where line ends were lost.
    for words in ["工作报告", "报告"] {
        if let Some(at) = find_str(&flat[start..end], words) {
            start += at + words.chars().count();
        }
    }
    start
}

/// Whether the congress is the national one, and where its name ends; both in what follows 届.
fn congress(rest: &[char]) -> (bool, Option<usize>) {
    let window = &rest[..rest.len().min(24)];
    let named = [("人民代表大会", 6), ("人大", 2)]
        .into_iter()
        .find_map(|(name, length)| find_str(window, name).map(|at| (at, at + length)));
    match named {
        // Between 届 and 人民代表大会 only a place may stand: 第十一届全国人民代表大会.
        Some((at, end)) if window[..at].iter().all(|&c| is_han(c)) && at <= 14 => {
            (find_str(&window[..at], "全国").is_some(), Some(end))
        }
        _ => (false, None),
    }
}

/// The number of the session and where it ends: 第四次会议, 四次会议, 首次会议, 第一次全体会议.
fn session_number(rest: &[char]) -> Option<(Option<u32>, usize)> {
    let mark = find_str(&rest[..rest.len().min(16)], "次")?;
    let number = if mark > 0 && rest[mark - 1] == '首' {
        Some(1)
    } else if mark > 0 && rest[mark - 1] == '第' {
        None // 第次, as above.
    } else {
        let start = numeral_before(rest, mark)?;
        integer(&rest[start..mark]).and_then(|(value, _)| u32::try_from(value).ok())
    };
    let tail = &rest[mark + 1..rest.len().min(mark + 9)];
    let end = ["全体会议", "会议", "大会", "全会"]
        .iter()
        .filter_map(|words| find_str(tail, words).map(|at| at + words.chars().count()))
        .min();
    Some((number, mark + 1 + end.unwrap_or(0)))
}

/// Whether a character is a Han character.
pub fn is_han(c: char) -> bool {
    matches!(c, '\u{4E00}'..='\u{9FFF}' | '\u{3400}'..='\u{4DBF}' | '\u{20000}'..='\u{323AF}')
}

/// Lines joined that a layout broke, with the offset in the text of every character.
#[derive(Debug, Clone, Default)]
pub struct Joined {
    /// The folded characters without blanks.
    pub flat: Vec<char>,
    /// Their offsets in the text.
    pub offsets: Vec<usize>,
    /// The number of characters that come from the first line.
    pub first: usize,
    /// How many lines were joined.
    pub lines: usize,
}

/// A session and the line that holds its end, for every line of the head that begins one.
///
/// A 题注 broken over up to three lines is joined: a line is continued when what it holds of the
/// session is not complete.
pub fn in_lines(lines: &[HeadLine]) -> Vec<(usize, Joined, Session)> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        let hit = (1..=3).filter(|count| at + count <= lines.len()).find_map(|count| {
            let joined = join(&lines[at..at + count]);
            let session = find(&joined.flat)?;
            let begins_here = session.range.start < joined.first
                && session.range.end > joined.flat.len() - lines[at + count - 1].flat.len();
            begins_here.then_some((joined, session))
        });
        match hit {
            Some((joined, session)) => {
                let count = joined.lines;
                found.push((at, joined, session));
                at += count;
            }
            None => at += 1,
        }
    }
    found
}

/// Joins lines; labelled ones are left out.
fn join(lines: &[HeadLine]) -> Joined {
    let mut joined = Joined { lines: lines.len(), ..Joined::default() };
    for (index, line) in lines.iter().enumerate() {
        if line.key.is_none() {
            joined.flat.extend(&line.flat);
            joined.offsets.extend(&line.offsets);
        }
        if index == 0 {
            joined.first = joined.flat.len();
        }
    }
    joined
}
