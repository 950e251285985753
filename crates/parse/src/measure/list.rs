//! Lists of numbers that belong to a list of subjects: A和B分别增长P和Q, and the same without 分别.

use super::lex::Token;
use super::tail::{per_length, suffix_at};
use std::ops::Range;

/// The tokens that follow each other joined by nothing but 、, 和, 与 or 及, as ranges of indexes.
/// Every token is in exactly one range.
pub fn chains(text: &[char], tokens: &[Token]) -> impl Iterator<Item = Range<usize>> {
    let mut start = 0;
    std::iter::from_fn(move || {
        let mut end = start + 1;
        while end < tokens.len() && joins(text, &tokens[end - 1], &tokens[end]) {
            end += 1;
        }
        let chain = start..end;
        start = end;
        (chain.start < tokens.len()).then_some(chain)
    })
}

/// Whether `next` goes on the list that `token` is part of.
fn joins(text: &[char], token: &Token, next: &Token) -> bool {
    // 分别增长8%、1.2倍: a rate and a multiple say the same thing.
    let is_rate = |token: &Token| matches!(token.unit, "%" | "x");
    // 投资和出口分别完成156亿元、9.7亿美元.
    let is_money = |token: &Token| matches!(token.unit, "CNY" | "USD");
    let alike = is_rate(token) && is_rate(next) || is_money(token) && is_money(next);
    if token.unit != next.unit && !alike || token.form != next.form {
        return false;
    }
    let mut at = token.span.end;
    if let Some((_, length)) = suffix_at(text, at) {
        at += length;
    }
    at += per_length(text, at);
    let between = &text[at.min(next.span.start)..next.span.start];
    match between {
        ['、' | '和' | '与' | '及' | '/'] | ['以', '及'] | [':'] => true,
        // 增长8%、增长9% has a cue in each item; 以上、不低于 too. A comma parts statements.
        ['、' | '和', '约' | '近' | '超'] => true,
        _ => false,
    }
}

/// Splits a subject into exactly `count` parts at its list marks; none where it has another number.
pub fn split(subject: &[char], count: usize) -> Option<Vec<Range<usize>>> {
    let words = |c: char| matches!(c, '和' | '与' | '及');
    let commas = |c: char| c == '、';
    if count < 2 || !is_list(subject) {
        return None;
    }
    for is_mark in [&(|_| true) as &dyn Fn(char) -> bool, &words, &commas] {
        let parts = split_at(subject, is_mark);
        if parts.len() == count {
            return Some(parts);
        }
    }
    None
}

/// The parts between those list marks that are meant, empty ones left out.
fn split_at(subject: &[char], is_meant: &dyn Fn(char) -> bool) -> Vec<Range<usize>> {
    let mut parts = Vec::new();
    let mut start = 0;
    for at in 0..=subject.len() {
        if at == subject.len() || is_list_mark(subject, at) && is_meant(subject[at]) {
            if at > start {
                parts.push(start..at);
            }
            start = at + 1;
        }
    }
    parts
}

/// Whether a subject is a list.
pub fn is_list(subject: &[char]) -> bool {
    (0..subject.len()).any(|at| is_list_mark(subject, at))
}

/// Whether a list mark stands at `at`, not a part of a word: 普及率, 参与度, 和美乡村.
fn is_list_mark(subject: &[char], at: usize) -> bool {
    let before = at.checked_sub(1).map(|at| subject[at]);
    let behind = subject.get(at + 1);
    match subject[at] {
        '、' => true,
        '及' => !matches!(before, Some('普' | '涉' | '惠')) && !matches!(behind, Some('时' | '格')),
        '和' => !matches!(before, Some('共' | '总')) && !matches!(behind, Some('美' | '谐')),
        '与' => before != Some('参'),
        _ => false,
    }
}

/// All parts of a subject that is a list.
pub fn parts(subject: &[char]) -> Vec<Range<usize>> {
    split_at(subject, &|_| true)
}
