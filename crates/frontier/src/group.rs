//! When the parts of a split article make a document: a pure function of what pages have said.
//!
//! Nothing here remembers an order of events. Every page's latest word about itself and its
//! siblings is kept, and the verdict is computed from all of them anew whenever one changes. So
//! the same words and the same fetches give the same document, whichever came first.
//!
//! # Rules
//!
//! - A member is whatever a page of the group names. A page that says it belongs to another group
//!   is none. A member that redirects is what it redirects to.
//! - A part number is what the member's own page says, else what others say. Two members with one
//!   number: the one whose own page says so stays, then the one more pages name.
//! - A member is settled when it is fetched *and* the links of that fetch are stored (the last part
//!   may name further parts), or when its visit was given up or forbidden.
//! - A member that was fetched before a sibling's change was seen is not settled until it is visited
//!   again: text moves between the parts of an edited article.
//! - The document is ready when all members are settled. If its first part stands alone by its own
//!   word, there is no group: that page is cleaned alone.
//! - A member that was once fetched stays so: a part that vanishes later does not tear a hole into
//!   the document.

use baogao_model::PayloadRef;
use baogao_model::event::{Part, PartState};
use jiff::Timestamp;

/// What a page says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OwnWord {
    /// Nothing yet: its links are not stored.
    None,
    /// It stands alone.
    Alone,
    /// It is this part of the group in question.
    Part(u32),
    /// It belongs to another group.
    Elsewhere,
}

/// What is there of a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Nothing yet, and a visit is planned.
    Pending,
    /// A response.
    Fetched {
        payload: PayloadRef,
        content_type: Option<String>,
        fetch_no: u64,
        fetched_at: Timestamp,
        /// Whether the links of this very response are stored, and no sibling has changed since the
        /// last visit.
        linked: bool,
    },
    /// Nothing, and no visit is planned soon.
    Failed { reason: String },
}

/// A URL that some page names as part of the group, after redirects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Member {
    /// Where it lies.
    pub url: String,
    /// The part numbers that pages of the group give it, one per page.
    pub named: Vec<u32>,
    /// What it says of itself.
    pub own: OwnWord,
    /// What is there of it.
    pub standing: Standing,
}

/// What a group is, as far as is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// No group: its first part stands alone, or nothing of it could be fetched.
    None,
    /// Members are still to come.
    Waiting,
    /// A document.
    Ready(Ready),
}

/// A document that can go out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ready {
    /// Its parts in order.
    pub parts: Vec<Part>,
    /// The highest fetch number among them.
    pub fetch_no: u64,
    /// When the last of them was fetched.
    pub fetched_at: Timestamp,
    /// What the document is made of: equal for two documents with the same parts.
    pub fingerprint: String,
}

/// Judges a group. With `overdue`, members that are not settled are taken as they are.
pub(crate) fn judge(members: Vec<Member>, extractor_version: u32, overdue: bool) -> Verdict {
    let members: Vec<Member> = members.into_iter().filter(|member| member.own != OwnWord::Elsewhere).collect();
    let waiting = members.iter().any(|member| !is_settled(&member.standing));
    let numbered = one_per_number(members);
    // Judged before waiting ends: no later word can make a page that stands alone a first part.
    if numbered.first().is_none_or(|(_, first)| first.own == OwnWord::Alone) {
        return Verdict::None;
    }
    if waiting && !overdue {
        return Verdict::Waiting;
    }
    document(numbered, extractor_version)
}

/// Whether nothing more is awaited of a member.
fn is_settled(standing: &Standing) -> bool {
    match standing {
        Standing::Pending => false,
        Standing::Fetched { linked, .. } => *linked,
        Standing::Failed { .. } => true,
    }
}

/// The members by part number, one for each.
fn one_per_number(members: Vec<Member>) -> Vec<(u32, Member)> {
    let mut numbered: Vec<(u32, Member)> = Vec::new();
    for member in members {
        if let Some(part) = part_number(&member) {
            numbered.push((part, member));
        }
    }
    numbered.sort_by(|(a_part, a), (b_part, b)| {
        a_part.cmp(b_part).then_with(|| claim_strength(b).cmp(&claim_strength(a))).then_with(|| a.url.cmp(&b.url))
    });
    for pair in numbered.windows(2) {
        if pair[0].0 == pair[1].0 {
            tracing::info!(part = pair[0].0, kept = %pair[0].1.url, left = %pair[1].1.url, "two pages claim one part");
        }
    }
    numbered.dedup_by_key(|(part, _)| *part);
    numbered
}

/// The member's number: its own word, else the number most pages give it, the smaller of two.
fn part_number(member: &Member) -> Option<u32> {
    if let OwnWord::Part(part) = member.own {
        return Some(part);
    }
    let votes = |part: u32| member.named.iter().filter(|named| **named == part).count();
    member.named.iter().copied().max_by(|a, b| votes(*a).cmp(&votes(*b)).then(b.cmp(a)))
}

/// How well a member's claim to its number is founded: greater is better.
fn claim_strength(member: &Member) -> (bool, usize) {
    (matches!(member.own, OwnWord::Part(_)), member.named.len())
}

/// The document of these parts; none if nothing of it was fetched.
fn document(numbered: Vec<(u32, Member)>, extractor_version: u32) -> Verdict {
    let mut newest: Option<(u64, Timestamp)> = None;
    let mut parts = Vec::with_capacity(numbered.len());
    let mut fingerprint = Fingerprint::new(extractor_version);
    for (part, member) in numbered {
        let state = match member.standing {
            Standing::Fetched { payload, content_type, fetch_no, fetched_at, .. } => {
                let (no, at) = newest.unwrap_or((fetch_no, fetched_at));
                newest = Some((no.max(fetch_no), at.max(fetched_at)));
                PartState::Fetched { payload, content_type, fetch_no }
            }
            Standing::Failed { reason } => PartState::Failed { reason },
            Standing::Pending => PartState::Overdue,
        };
        let part = Part { part, url: member.url, state };
        fingerprint.add(&part);
        parts.push(part);
    }
    match newest {
        Some((fetch_no, fetched_at)) => {
            Verdict::Ready(Ready { parts, fetch_no, fetched_at, fingerprint: fingerprint.finish() })
        }
        None => Verdict::None,
    }
}

/// Hashes what a document is made of. Why a part is missing plays no part: the text is the same.
struct Fingerprint(blake3::Hasher);

impl Fingerprint {
    fn new(extractor_version: u32) -> Self {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&extractor_version.to_le_bytes());
        Self(hasher)
    }

    fn add(&mut self, part: &Part) {
        let content = match &part.state {
            PartState::Fetched { payload, .. } => payload.blake3.as_str(),
            PartState::Failed { .. } => "failed",
            PartState::Overdue => "overdue",
        };
        self.0.update(&part.part.to_le_bytes());
        for field in [part.url.as_str(), content] {
            self.0.update(&(field.len() as u64).to_le_bytes());
            self.0.update(field.as_bytes());
        }
    }

    fn finish(self) -> String {
        self.0.finalize().to_hex()[..32].to_owned()
    }
}
