//! Letters to an office and what it answered: forms whose fields are labelled, as the letter boxes and message boards
//! of governments show them.
//!
//! A page is such a form where labels of both sides stand on it, each once: who wrote when about what (来信时间,
//! 留言标题), who answered when (答复单位, 办理结果). The document is what stands among them without label, or behind
//! that of a content. A list of letters has the same labels several times and is none.

use crate::clean;
use crate::dom::{Dom, Line, NONE, fold_spaces};
use crate::marks;
use crate::patterns::{Words, pattern};
use html5ever::local_name;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::LazyLock;

/// The longest label, and some blanks and brackets, in characters.
const MAX_LABEL: u32 = 10;

/// The fewest labels of a form.
const MIN_LABELS: usize = 3;

/// Lines with labels that are looked at: a form has few.
const MAX_LABELLED: usize = 40;

/// The longest line of labels and their values, in characters.
const MAX_VALUES: u32 = 200;

/// The shortest content behind its label, in characters: less is a state, 已办结.
const MIN_CONTENT: usize = 10;

/// The longest value of a field that only the markup names, in characters.
const MAX_FIELD: usize = 30;

/// Lines above the form that may name its parts.
const MAX_ABOVE: usize = 8;

/// How far above the labels a block may be that holds the answer, too.
const MAX_HEIGHT: usize = 4;

/// The longest subject, in characters.
const MAX_SUBJECT: u32 = 80;

// A field's label, its side and its name.
pattern!(
    LABEL,
    r"(?x)(?:^|[\s|｜；;\[【（(])
      (?:(?P<asked>来信|信件|留言|咨询|提问|投诉|写信|发信|诉求|反映|网友|提交|问题)(?:人|者)?
        | (?P<answered>回复|答复|回信|办理|处理|受理|办结|承办|办复)(?:的)?
        | (?P<either>))
      (?P<field>姓名|时间|日期|标题|主题|内容|正文|描述|编号|类型|类别|对象|单位|部门|机构|机关|状态|结果|意见|情况|)
      [\]】）)]?\s*(?:[:：\t]|$)"
);

/// Words without which [`LABEL`] does not match: a scan for them is many times cheaper.
static WORDS: LazyLock<Words> = LazyLock::new(|| {
    Words::new(&[
        "来信", "信件", "留言", "咨询", "提问", "投诉", "写信", "发信", "诉求", "反映", "网友", "提交", "问题", "回复",
        "答复", "回信", "办理", "处理", "受理", "办结", "承办", "办复", "姓名", "时间", "日期", "标题", "主题", "内容",
        "正文", "描述", "编号", "类型", "类别", "对象", "单位", "部门", "机构", "机关", "状态", "结果", "意见", "情况",
    ])
});

// The heading of the answer.
pattern!(
    ANSWER_HEADING,
    r"^[\[【（(\s]*(?:(?:官方|部门|单位|留言|网友|信件|来信|领导|政府)?的?(?:回复|答复|回信|办理结果|处理结果)(?:如下)?|(?:诉求|信件|来信|留言|咨询|办理|受理|回复|答复|处理)(?:信息|情况|详情))[\]】）)\s:：]*$"
);

/// A form found on a page.
pub(crate) struct Letter {
    /// What the letter is about, where a label or the line above the form says so.
    pub subject: Option<String>,
    /// The lines of letter and answer.
    pub lines: Vec<usize>,
}

// The heading of an office's answer to what stands above it.
pattern!(OFFICE_ANSWERS, r"^(?:官方|部门|单位|领导|政府|办理)(?:回复|答复)[:：]?$");

// Where the form ends: readers say how content they are.
pattern!(EVALUATION, r"^(?:网友|群众|满意度?|我要|用户)评价");

/// Lines above the heading of the answer that may say when the letter was written, and below it when it was answered.
const MAX_LETTER: usize = 40;
const MAX_BELOW: usize = 4;

/// Finds the letter of a page, with what was answered. `heading` is the line of the page's heading.
pub(crate) fn find(dom: &Dom, heading: Option<usize>) -> Option<Letter> {
    form(dom, heading).or_else(|| headed(dom))
}

/// A letter without labels: text below a day, the heading of the answer, and below that a day and a text.
fn headed(dom: &Dom) -> Option<Letter> {
    let is_heading = |index: &usize| {
        let line = &dom.lines[*index];
        line.links == 0 && line.chars <= MAX_LABEL && OFFICE_ANSWERS.is_match(dom.line_text(line))
    };
    let mut headings = (0..dom.lines.len()).filter(is_heading);
    let answer = headings.next().filter(|_| headings.next().is_none())?;
    let is_timed = |index: &usize| marks::is_mark_of_time(dom, &dom.lines[*index]);
    let asked = (answer.saturating_sub(MAX_LETTER)..answer).find(is_timed)?;
    // Who answered and when, but no sentence that begins with a day.
    let is_signature =
        |index: &usize| is_timed(index) && !dom.line_text(&dom.lines[*index]).contains(['，', ',', '。']);
    let answered = (answer + 1..(answer + MAX_BELOW).min(dom.lines.len())).find(is_signature)?;
    let is_evaluation = |index: &usize| EVALUATION.is_match(dom.line_text(&dom.lines[*index]));
    let end = end_of(dom, asked, answered, answered);
    let end = (answered + 1..end).find(is_evaluation).unwrap_or(end);
    let letter = (asked + 1..answer).filter(|&index| dom.lines[index].is_prose());
    let said = (answered + 1..end).filter(|&index| dom.lines[index].link_share() < 0.5);
    let holds_prose = |mut lines: Range<usize>| lines.any(|index| dom.lines[index].is_prose());
    if !holds_prose(asked + 1..answer) || !holds_prose(answered + 1..end) {
        return None;
    }
    Some(Letter { subject: None, lines: letter.chain(said).collect() })
}

/// The form of a page.
fn form(dom: &Dom, heading: Option<usize>) -> Option<Letter> {
    let is_labelled = |index: &usize| Labels::of(dom, *index).is_some();
    let labelled: Vec<usize> = (0..dom.lines.len()).filter(is_labelled).take(MAX_LABELLED).collect();
    let (&first, &last) = (labelled.first()?, labelled.last()?);
    if !is_form(dom, &labelled) || stands_below_text(dom, heading, first) {
        return None;
    }
    let answers = |index: &usize| Labels::of(dom, *index).is_some_and(|labels| labels.answered);
    let answer = labelled.iter().copied().find(answers).unwrap_or(last);
    let mut entry = labelled.iter().find_map(|&index| subject_of(dom.line_text(&dom.lines[index])));
    let tables: Vec<u32> = labelled.iter().filter_map(|&index| table_of(dom, index)).collect();
    let mut lines = Vec::new();
    let mut label_above = None;
    for index in first..end_of(dom, first, last, answer) {
        let text = dom.line_text(&dom.lines[index]);
        if index > answer && EVALUATION.is_match(text) {
            break;
        }
        let above = std::mem::replace(&mut label_above, bare_label(dom, index));
        // Rows below what was answered tell of who answered, when, and how far things are, or are the answer's own.
        let is_below = lines.last().is_some_and(|&last| last >= answer);
        let is_field = is_field(dom, &tables, index) && (!is_below || is_of_handling(text));
        if label_above.is_some() || is_field {
            continue;
        }
        let is_value = dom.lines[index].chars <= MAX_SUBJECT && Labels::of(dom, index).is_none();
        match above {
            Some(Field::Subject) if is_value => entry = entry.or_else(|| Some(fold_spaces(text))),
            Some(Field::Other) if is_value => {}
            _ if is_text(dom, index) => lines.push(index),
            _ => {}
        }
    }
    let subject = entry.or_else(|| above(dom, &tables, first).filter(|_| heading.is_none()));
    let says = lines.iter().any(|&index| dom.lines[index].punctuation > 0);
    says.then_some(Letter { subject, lines })
}

/// What a label says of its value.
#[derive(Clone, Copy)]
enum Field {
    Subject,
    Content,
    Other,
}

/// The label that a line is and nothing else: its value stands in the next one.
fn bare_label(dom: &Dom, index: usize) -> Option<Field> {
    let text = dom.line_text(&dom.lines[index]);
    if dom.lines[index].chars > MAX_LABEL || Labels::of(dom, index).is_none() {
        return None;
    }
    let found = LABEL.captures(text)?;
    let label = found.get(0).filter(|label| label.start() == 0 && text[label.end()..].trim().is_empty())?;
    Some(match &found["field"] {
        "标题" | "主题" => Field::Subject,
        field if is_content(label.as_str(), field) => Field::Content,
        _ => Field::Other,
    })
}

/// The table, or part of one, that a line is a row of.
fn table_of(dom: &Dom, index: usize) -> Option<u32> {
    let mut near = dom.ancestors(dom.lines[index].at).take(2 * MAX_HEIGHT);
    let row = near.find(|&at| dom.nodes[at as usize].tag == local_name!("tr"))?;
    Some(dom.nodes[row as usize].parent)
}

/// Whether a line is of a field that the form names by its markup only: a row of two cells in one of its `tables`, a
/// term, or what is said of it.
fn is_field(dom: &Dom, tables: &[u32], index: usize) -> bool {
    let line = &dom.lines[index];
    let text = dom.line_text(line);
    let is_value = |text: &str| text.chars().count() <= MAX_FIELD && !text.contains('。');
    if let Some((label, value)) = text.split_once('\t') {
        let is_short = label.chars().count() <= MAX_LABEL as usize && is_value(value) && content_of(text).is_none();
        return is_short && table_of(dom, index).is_some_and(|table| tables.contains(&table));
    }
    let is_of_term = || index > 0 && is_term(dom, index - 1) && bare_label(dom, index - 1).is_none();
    is_term(dom, index) || is_value(text) && is_of_term()
}

/// Whether a row of two cells, if it is one, tells of who dealt with a letter, when, and how far.
fn is_of_handling(text: &str) -> bool {
    let Some((label, _)) = text.split_once('\t') else { return true };
    let label = label.trim_end_matches([':', '：', ' ']);
    ["人", "者", "单位", "部门", "时间", "日期", "期限", "状态", "情况", "度"].iter().any(|end| label.ends_with(end))
}

/// Whether a line is the term of a list of terms, or the head of a row.
fn is_term(dom: &Dom, index: usize) -> bool {
    let line = &dom.lines[index];
    let is_head = |at: u32| matches!(dom.nodes[at as usize].tag, local_name!("dt") | local_name!("th"));
    line.chars <= MAX_LABEL && line.punctuation == 0 && dom.ancestors(line.at).take(MAX_HEIGHT).any(is_head)
}

/// A line without the label of the content it holds.
pub(crate) fn without_label(text: &str) -> &str {
    content_of(text).unwrap_or(text)
}

/// What stands behind the label of a content: a text of some length.
fn content_of(text: &str) -> Option<&str> {
    let found = LABEL.captures(head_of(text, 2 * MAX_LABEL as usize))?;
    let label = found.get(0).filter(|label| label.start() == 0)?;
    let rest = text[label.end()..].trim();
    (is_content(label.as_str(), &found["field"]) && rest.chars().count() >= MIN_CONTENT).then_some(rest)
}

/// Whether a label is that of a text. 来信人：你好！ speaks to who asked.
fn is_content(label: &str, field: &str) -> bool {
    !label.contains(['人', '者']) && matches!(field, "" | "内容" | "正文" | "描述" | "结果" | "意见" | "情况")
}

/// The labels of a line.
struct Labels {
    /// Whether one tells of who asked.
    asked: bool,
    /// Whether one tells of what was answered; that a thing is dealt with, when and by whom says no more.
    answered: bool,
    /// Each as it is printed.
    names: Vec<String>,
}

impl Labels {
    /// Those of a line that begins with one.
    fn of(dom: &Dom, index: usize) -> Option<Self> {
        let line = &dom.lines[index];
        let text = head_of(dom.line_text(line), MAX_VALUES as usize);
        // Most lines of a page have neither a colon nor such a word near their beginning.
        let head = head_of(text, MAX_LABEL as usize);
        let may_be = line.chars <= MAX_LABEL || head.contains([':', '：', '\t']);
        if !may_be || line.link_share() > 0.5 || !WORDS.is_match(head) {
            return None;
        }
        let mut labels = Self { asked: false, answered: false, names: Vec::new() };
        for found in LABEL.captures_iter(text) {
            let Some(all) = found.get(0) else { continue };
            let name: String = all.as_str().chars().filter(|c| ('\u{4E00}'..='\u{9FFF}').contains(c)).collect();
            // 咨询 alone is a button.
            if name.is_empty() || found["field"].is_empty() && !all.as_str().contains([':', '：']) {
                continue;
            }
            if labels.names.is_empty() && !text[..all.start()].trim().is_empty() {
                return None;
            }
            let field = &found["field"];
            if let Some(word) = found.name("asked") {
                let is_whose = name.contains(['人', '者']) || word.as_str() == "网友";
                labels.asked |= is_whose || !field.is_empty() && !is_of_office(field);
            }
            if let Some(word) = found.name("answered") {
                let is_said = matches!(word.as_str(), "回复" | "答复" | "回信" | "办复");
                labels.answered |= is_said || matches!(field, "结果" | "意见" | "情况");
            }
            labels.names.push(name);
        }
        (!labels.names.is_empty() && !clean::is_boilerplate(text)).then_some(labels)
    }
}

/// Whether a field names who answers; guides to services have such labels, too: 咨询部门, 办理对象.
fn is_of_office(field: &str) -> bool {
    matches!(field, "单位" | "部门" | "机构" | "机关" | "对象" | "状态")
}

/// The first characters of a text.
fn head_of(text: &str, chars: usize) -> &str {
    text.char_indices().nth(chars).map_or(text, |(end, _)| &text[..end])
}

/// Whether labels are those of a form: of both sides, and none but the state of things twice.
fn is_form(dom: &Dom, labelled: &[usize]) -> bool {
    let (mut asked, mut answered) = (false, false);
    let mut names: HashMap<String, usize> = HashMap::new();
    for labels in labelled.iter().filter_map(|&index| Labels::of(dom, index)) {
        asked |= labels.asked;
        answered |= labels.answered;
        for name in labels.names {
            *names.entry(name).or_default() += 1;
        }
    }
    asked && answered && names.len() >= MIN_LABELS && names.values().all(|&times| times == 1)
}

/// Whether sentences stand above the first label: then the labels are of a report's parts, of a table in a text or of a
/// form below one.
fn stands_below_text(dom: &Dom, heading: Option<usize>, first: usize) -> bool {
    let from = heading.map_or(0, |heading| heading + 1).max(first.saturating_sub(MAX_LETTER));
    let is_sentence =
        |line: &Line| line.is_prose() && line.link_share() < 0.5 && !clean::is_boilerplate(dom.line_text(line));
    dom.lines.get(from..first).is_some_and(|lines| lines.iter().any(is_sentence))
}

/// Where a form ends: with the block that holds all its labels, and some text from that of the answer on.
fn end_of(dom: &Dom, first: usize, last: usize, answer: usize) -> usize {
    let (from, to) = (dom.lines[first].at, dom.lines[last].at);
    let around = dom.ancestors(from).skip_while(|&at| !dom.is_within(to, at));
    let mut end = last + 1;
    for block in around.take(MAX_HEIGHT) {
        let lines: Range<usize> = dom.lines_in(block);
        end = lines.end.max(last + 1);
        if (answer..end).any(|index| is_text(dom, index) && dom.lines[index].punctuation > 0) {
            break;
        }
    }
    end
}

/// Whether a line of a form is text rather than labels with their values, or the heading of the answer.
fn is_text(dom: &Dom, index: usize) -> bool {
    let line: &Line = &dom.lines[index];
    let text = dom.line_text(line);
    if line.link_share() > 0.5 || ANSWER_HEADING.is_match(text) {
        return false;
    }
    let Some(labels) = Labels::of(dom, index) else { return true };
    let is_sentence = labels.names.len() == 1 && text.contains('。');
    is_sentence || line.chars > MAX_VALUES || content_of(text).is_some()
}

/// The subject that a field gives: 信件标题：…
fn subject_of(text: &str) -> Option<String> {
    let found = LABEL.captures(text)?;
    let rest = text[found.get(0)?.end()..].trim_start().split('\t').next()?.trim();
    let is_subject = matches!(&found["field"], "标题" | "主题") && rest.chars().count() >= 2;
    is_subject.then(|| fold_spaces(rest))
}

/// The line straight above the form, where it may be what the letter is about. The form's parts have headings, and
/// fields that nothing but the markup names.
fn above(dom: &Dom, tables: &[u32], first: usize) -> Option<String> {
    let is_set =
        |index: usize| is_field(dom, tables, index) || ANSWER_HEADING.is_match(dom.line_text(&dom.lines[index]));
    let index = (first.saturating_sub(MAX_ABOVE)..first).rev().find(|&index| !is_set(index))?;
    let line = &dom.lines[index];
    let text = dom.line_text(line);
    let is_subject = line.links == 0
        && (4..=MAX_SUBJECT).contains(&line.chars)
        && line.owner != NONE
        && !clean::is_about(text)
        && !text.contains(['>', '＞', '»', '›', '：', ':']);
    is_subject.then(|| fold_spaces(text))
}
