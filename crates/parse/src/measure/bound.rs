//! How the true value stands to the printed one.

use super::cue::Classes;
use super::lex::Token;
use super::subject::{Lead, Suffix, Tail};
use baogao_model::report::Bound;

/// The bound of one number. Marks behind it win over marks in it, and those over words before it.
pub fn bound(token: &Token, lead: &Lead<'_>, tail: &Tail<'_>) -> Bound {
    match tail.suffix {
        Some(Suffix::AtLeast) => return Bound::Ge,
        Some(Suffix::AtMost) => return Bound::Le,
        Some(Suffix::About) => return Bound::Approx,
        None => {}
    }
    if token.more {
        return Bound::Ge;
    }
    if token.about {
        return Bound::Approx;
    }
    for (class, bound) in [
        (Classes::LT, Bound::Lt),
        (Classes::GE, Bound::Ge),
        (Classes::LE, Bound::Le),
        (Classes::GT, Bound::Gt),
        (Classes::APPROX, Bound::Approx),
    ] {
        if lead.cues.any(class) {
            return bound;
        }
    }
    Bound::Eq
}
