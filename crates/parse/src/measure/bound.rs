//! How the true value stands to the printed one.

use super::cue::Classes;
use super::lex::Token;
use super::subject::Lead;
use super::tail::{Suffix, Tail};
use crate::explain::Rule;
use baogao_model::report::Bound;

/// The bound of one number, and the rule that says so. Marks behind it win over marks in it, and
/// those over words before it.
pub fn bound(token: &Token, lead: &Lead<'_>, tail: &Tail<'_>) -> (Bound, Option<Rule>) {
    if let Some(suffix) = tail.suffix {
        let bound = match suffix {
            Suffix::AtLeast => Bound::Ge,
            Suffix::AtMost => Bound::Le,
            Suffix::About => Bound::Approx,
        };
        return (bound, Some(Rule::BoundBehind));
    }
    if token.more {
        return (Bound::Ge, Some(Rule::BoundWithin));
    }
    if token.about {
        return (Bound::Approx, Some(Rule::BoundWithin));
    }
    for (class, bound) in [
        (Classes::LT, Bound::Lt),
        (Classes::GE, Bound::Ge),
        (Classes::LE, Bound::Le),
        (Classes::GT, Bound::Gt),
        (Classes::APPROX, Bound::Approx),
    ] {
        if lead.cues.any(class) {
            return (bound, Some(Rule::BoundBefore));
        }
    }
    (Bound::Eq, None)
}
