//! Lists of numbers that belong to a list of subjects: A和B分别增长P和Q, and the same without 分别.

use super::lex::Token;
use super::tail::suffix_at;
use std::ops::Range;

/// The tokens that follow each other joined by nothing but 、, 和, 与 or 及, as ranges of indexes.
/// Every token is in exactly one range.
pub fn chains(text: &[char], tokens: &[Token]) -> Vec<Range<usize>> {
    let mut chains: Vec<Range<usize>> = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        let joined = index > 0 && joins(text, &tokens[index - 1], token);
        match chains.last_mut() {
            Some(chain) if joined => chain.end = index + 1,
            _ => chains.push(index..index + 1),
        }
    }
    chains
}

/// Whether `next` goes on the list that `token` is part of.
fn joins(text: &[char], token: &Token, next: &Token) -> bool {
    if token.unit != next.unit || token.form != next.form {
        return false;
    }
    let mut at = token.span.end;
    if let Some((_, length)) = suffix_at(text, at) {
        at += length;
    }
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
    for is_mark in [&is_list_mark as &dyn Fn(char) -> bool, &words, &commas] {
        let parts = split_at(subject, is_mark);
        if parts.len() == count {
            return Some(parts);
        }
    }
    None
}

/// The parts between marks, empty ones left out.
fn split_at(subject: &[char], is_mark: &dyn Fn(char) -> bool) -> Vec<Range<usize>> {
    let mut parts = Vec::new();
    let mut start = 0;
    for at in 0..=subject.len() {
        if at == subject.len() || is_mark(subject[at]) {
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
    subject.iter().any(|&c| is_list_mark(c))
}

fn is_list_mark(c: char) -> bool {
    matches!(c, '、' | '和' | '与' | '及')
}

/// All parts of a subject that is a list.
pub fn parts(subject: &[char]) -> Vec<Range<usize>> {
    split_at(subject, &is_list_mark)
}
