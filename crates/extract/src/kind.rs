//! What kind of page it is. "No article here" is a good answer; so is "this is a block page".

use crate::clean::pattern;
use crate::container::Container;
use crate::dom::Dom;
use crate::links::Anchor;
use baogao_model::PageKind;

/// A page with more text than this is no block page, whatever it says. In characters.
const MAX_BLOCK_PAGE: u32 = 1_500;

// What block pages, challenges and login walls say.
pattern!(
    BLOCK_WORDS,
    r"(?ix)请输入验证码|滑动验证|安全验证|人机验证|访问验证|行为验证|请完成(?:下列|以下)?验证|验证您是(?:真人|人类)|您的(?:访问|请求)(?:被|已被|可能)(?:拦截|拒绝|阻断|禁止|对网站造成)
      |访问(?:被拒绝|被拦截|过于频繁|受限|异常)|请求(?:被拦截|过于频繁)|拦截提示|网站防火墙|web\s?应用防火墙|您的\s?ip\s?.{0,12}(?:禁止|限制|封)|疑似(?:黑客)?攻击
      |access\ denied|403\ forbidden|request\ blocked|checking\ your\ browser|verify\ you\ are\ human|attention\ required|just\ a\ moment
      |(?:您|你)需要(?:先)?登录|请先?登录(?:后|以)|登录后(?:才能|方可|可以)(?:查看|浏览|访问)|(?:没有|无)权(?:限)?(?:访问|查看|浏览)|请开启\s?javascript|enable\ javascript"
);

// Scripts that set a cookie and load the page again.
pattern!(
    BLOCK_SCRIPT,
    r"__jsl_clearance|\$_ts\s*=|_\$[a-zA-Z]{2}\(|acw_sc__v2|cdn-cgi/challenge|waf_captcha|document\.cookie[^;]{0,200};[^;]{0,100}location\.(?:reload|href)|wzws(?:template|parser)|captcha\.(?:js|html|gtimg)"
);

/// What the evidence of a page's lines comes to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Evidence {
    /// Characters of the article's own lines.
    pub text: u32,
    /// Those in sentences.
    pub prose: u32,
    /// Paragraphs that end like one.
    pub paragraphs: u32,
    /// Characters of all lines.
    pub all: u32,
    /// Lines that are one link with the text of a headline.
    pub entries: u32,
    /// Those of them within the container, or dated.
    pub dated_entries: u32,
}

/// Counts the evidence.
pub(crate) fn evidence(dom: &Dom, own_lines: &[usize], anchors: &[Anchor]) -> Evidence {
    let mut evidence = Evidence { text: 0, prose: 0, paragraphs: 0, all: 0, entries: 0, dated_entries: 0 };
    for line in &dom.lines {
        evidence.all += line.chars;
        if line.links >= 1 && line.link_share() > 0.5 && line.link_chars / line.links.max(1) >= 8 {
            evidence.entries += 1;
            evidence.dated_entries += u32::from(line.link_share() < 1.0);
        }
    }
    // What a script would set has no lines.
    let scripted = |anchor: &&Anchor| dom.nodes[anchor.at as usize].dropped && anchor.text.chars().count() >= 6;
    evidence.entries += anchors.iter().filter(scripted).count() as u32;
    for &index in own_lines {
        let line = &dom.lines[index];
        evidence.text += line.chars;
        if line.is_prose() {
            evidence.prose += line.chars;
            let ending = dom.line_text(line).chars().next_back();
            evidence.paragraphs += u32::from(ending.is_some_and(|c| "。！？；：”.!?…）)".contains(c)));
        }
    }
    evidence
}

/// Decides the kind of a page that is no thread. `is_list_address` says that its address is a list's.
pub(crate) fn classify(
    dom: &Dom,
    source: &str,
    container: Option<&Container>,
    evidence: Evidence,
    is_list_address: bool,
) -> PageKind {
    if is_blocked(dom, source, evidence) {
        return PageKind::Blocked;
    }
    let is_article = match container {
        None => false,
        Some(container) => {
            let enough = container.is_post && evidence.text >= 20
                || evidence.paragraphs >= 1 && evidence.prose >= 100
                || evidence.text >= 200
                || container.known && evidence.text >= 60 && (evidence.paragraphs >= 1 || evidence.entries < 20);
            // A column's description is short beside its links.
            let outweighed = evidence.entries >= 15 && evidence.text < 4 * evidence.entries && evidence.text < 150;
            enough && (container.known || !outweighed)
        }
    };
    if is_article {
        PageKind::Article
    } else if evidence.entries >= 5 || evidence.dated_entries >= 2 || is_list_address && evidence.entries >= 1 {
        // A young column has few entries, but they stand beside their dates or under its address.
        PageKind::List
    } else {
        PageKind::Other
    }
}

/// Whether a page is a refusal instead of content.
fn is_blocked(dom: &Dom, source: &str, evidence: Evidence) -> bool {
    if evidence.all > MAX_BLOCK_PAGE || evidence.entries >= 5 {
        return false;
    }
    if evidence.prose < 600 && dom.lines.iter().any(|line| BLOCK_WORDS.is_match(dom.line_text(line))) {
        return evidence.paragraphs < 4;
    }
    // A page without text whose script would fetch it anew.
    evidence.all < 200 && BLOCK_SCRIPT.is_match(&source[..floor_boundary(source, 200_000)])
}

/// The largest character boundary not above `at`.
fn floor_boundary(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}
