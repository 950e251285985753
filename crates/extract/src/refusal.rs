//! Pages that are no content: challenges, firewalls, log-in walls, soft 404s, broken servers.
//!
//! Servers send them with status 200, some in the frame of their site. What gives one away is a
//! statement where the article should be, on a page that says little else. An article *about* such
//! pages says more, and a comment box that wants a log-in stands below one. What was seen is kept as
//! evidence, so that a false alarm can be told from a wall.

use crate::dom::{Dom, Line, fold_spaces};
use crate::kind::Evidence;
use crate::patterns::pattern;
use html5ever::local_name;
use regex::Regex;

/// A page with more text than this is no bare refusal, whatever it says. In characters.
const MAX_BARE: u32 = 1_500;

/// A page with more text than this does not wait for a machine at the gate. In characters.
const MAX_WAITING: u32 = 200;

/// A page with more text than this does not merely wait for a script to load it again. In characters.
const MAX_EMPTY: u32 = 60;

/// Prose of a page whose every line may be the statement. In characters.
const MAX_BARE_PROSE: u32 = 600;

/// Text beside the statement on a page in its site's frame. In characters.
const MAX_FRAMED_TEXT: u32 = 120;

/// The same below a heading and a day, as articles have them.
const MAX_HEADED_TEXT: u32 = 20;

/// Links on a page that a server made to report what went wrong.
const MAX_REPORT_LINKS: u32 = 3;

/// Paragraphs on such a page: what a visitor may try. Traces of calls are none.
const MAX_REPORT_PARAGRAPHS: u32 = 5;

/// The longest statement in a site's frame, in characters.
const MAX_STATEMENT: u32 = 90;

/// What stands before a statement, in characters: 抱歉，您所访问的.
const MAX_PREAMBLE: usize = 12;

/// The same on a page that says hardly anything else: 很抱歉，由于您访问的网址有可能.
const MAX_BARE_PREAMBLE: usize = 24;

/// Bytes of the source that are searched for scripts.
const SCRIPT_WINDOW: usize = 200_000;

/// The longest name of a status or a site behind a dash, in bytes: HTTP状态 500 - 内部服务器错误.
const MAX_STATUS: usize = 21;

/// The longest evidence, in characters.
const MAX_EVIDENCE: usize = 80;

/// Why a page is no content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// A puzzle or a script is to show that a human asks.
    Challenge,
    /// A firewall has turned the request away.
    Firewall,
    /// The content is for members.
    Login,
    /// There is no such page, though the status said otherwise (a soft 404).
    Missing,
    /// The site is out of order or closed.
    Broken,
}

impl Refusal {
    /// The name in metrics and warnings.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Challenge => "challenge",
            Self::Firewall => "firewall",
            Self::Login => "login",
            Self::Missing => "soft_404",
            Self::Broken => "broken_site",
        }
    }
}

/// That a page is no content, and what gave it away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blocked {
    /// Why it is none.
    pub reason: Refusal,
    /// The line or the mark of a script that said so, cut to eighty characters.
    pub evidence: String,
}

impl Blocked {
    fn new(reason: Refusal, evidence: &str) -> Self {
        Self { reason, evidence: fold_spaces(evidence).chars().take(MAX_EVIDENCE).collect() }
    }
}

pattern!(
    CHALLENGE,
    r"(?ix)请(?:输入|填写)(?:图[中片]的?)?(?:验证码|校验码) | (?:滑动|拖动).{0,10}(?:验证|拼图) | 拖动.{0,10}解锁 | (?:安全|人机|访问|行为|身份|智能)(?:验证|校验)(?:中|$|[，。,.]) | (?:请(?:先)?|需要您)(?:协助|完成|进行|通过).{0,6}(?:验证|校验) | 完成.{0,4}验证后\S{0,4}(?:访问|浏览)
      | 验证您?是(?:否为?)?(?:真人|人类|机器人) | 正在(?:检[查测]|验证)您?的?(?:浏览器|访问|连接) | 浏览器(?:安全)?检查 | 请(?:开启|启用|打开|允许)\s?(?:浏览器的?)?\s?(?:javascript|cookie|脚本)
      | checking\ (?:if\ the\ site\ connection|your\ browser) | verify(?:ing)?\ (?:that\ )?you\ are\ (?:a\ )?human | just\ a\ moment | (?:please\ )?(?:enable|turn\ on)\ (?:javascript|cookies)
      | are\ you\ a\ robot | complete\ the\ (?:security\ check|captcha)"
);

pattern!(
    FIREWALL,
    r"(?ix)(?:您|你)的?\s?(?:访问|请求|操作|ip)(?:行为|地址)?.{0,12}(?:被|已|遭).{0,12}(?:拦截|拒绝|阻断|禁止|屏蔽|限制|封禁) | (?:访问|请求).{0,4}(?:被拒绝|被拦截|被阻断|被禁止|过于频繁|太频繁|受限|已拦截) | 拒绝访问 | 禁止访问
      | (?:访问|请求)(?:(?:行为)?(?:存在|出现)异常|(?:次数|频率)过[多高])(?:$|[\s，。,.!！；;]) | 拦截提示 | 网站防火墙 | (?:web|网站)\s?应用防火墙 | (?:疑似|可能存在|存在).{0,6}(?:攻击|威胁|恶意)(?:行为|请求)? | (?:可能)?对(?:网站|系统|服务器)造成(?:安全)?威胁 | 不合法参数
      | (?:您|你)的\s?ip.{0,16}(?:禁止|限制|封|黑名单) | 您?(?:没有|无)权(?:限)?(?:访问|查看|浏览)(?:此|该|本)(?:网站|站点|目录|服务器)
      | access\ (?:is\ |was\ )?(?:denied|forbidden) | 403\ forbidden | ^\s*forbidden\s*$ | request\ (?:was\ |has\ been\ )?(?:blocked|rejected|unsuccessful) | url\ was\ rejected | you\ have\ been\ blocked | attention\ required
      | request\ could\ not\ be\ satisfied | too\ many\ requests"
);

// A log-in for the page itself; a button says no more than 请登录.
pattern!(
    LOGIN,
    r"(?ix)(?:您|你)(?:需要|必须|还没有?|尚未|未)(?:先)?登[录陆入].{0,30}(?:查看|浏览|访问|阅读|进入|看到|继续|操作|权限) | 请(?:您)?(?:先)?登[录陆入](?:后|以|再|才).{0,12}(?:查看|浏览|访问|阅读|进入|继续)
      | 登[录陆入](?:后|之后)(?:才能|才可|方可|可以|可|即可|再)(?:继续)?(?:查看|浏览|访问|阅读|进入|看到) | (?:没有|无)权(?:限)?(?:访问|查看|浏览|阅读|进行|进入) | (?:所在的?)?用户组.{0,12}(?:无法|无权|不能|没有权限)
      | 仅(?:限)?(?:会员|内部|注册用户)(?:可|才能)?(?:查看|浏览|访问|阅读) | 阅读权限高于 | (?:log|sign)\ in\ to\ (?:continue|view|read|access)"
);

// What a log-in is for where the page itself is for all.
pattern!(
    MEMBERS_TOOL,
    r"回[帖复贴]|评论|发[表言帖贴]|留言|收藏|点赞|下载|提问|投票|关注|积分|签到|私信|报名|纠错|参与|互动|comment|reply|post"
);

pattern!(
    MISSING,
    r"(?ix)(?:页面|网页|页|文章|文档|内容|信息|主题|帖子|文件|资源|栏目|稿件|新闻|数据|记录|地址|链接|网址)\S{0,8}(?:不存在|未找到|没有找到|找不到|无法找到|已(?:经)?(?:被\S{0,4})?(?:删除|移除|失效|下线|撤[稿销下回]|关闭|过期)|走丢|丢失)
      | (?:信息|文章|内容|主题|帖子|稿件|文档)\S{0,4}(?:未|没有)通过审核
      | (?:不存在|未找到|没有找到|找不到|无法找到)\S{0,10}(?:页面|网页|[该此本]页|文章|内容|信息|主题|帖子|文件|资源|栏目|稿件|记录|地址|链接)
      | ^\W{0,3}404\W{0,4}(?:$|error|not\ found|页面|错误|出错) | (?:page|file|url|resource)\ (?:was\ |could\ )?(?:not|cannot)\ (?:be\ )?found | not\ found\ on\ this\ server | http\s?(?:status|error|错误|状态)\s?[-–—:：]?\s?404 | ^\W{0,3}not\ found\W{0,3}$"
);

pattern!(
    BROKEN,
    r"(?ix)(?:网站|系统|站点|服务器?|本站)\S{0,6}(?:维护中|正在维护|升级(?:维护)?中|正在升级|建设中|关闭|关停|暂停(?:服务|访问)|出错|错误|异常|繁忙|不可用) | 该?域名.{0,8}(?:过期|出售|转让|未备案|停放) | 数据库(?:连接)?(?:错误|出错|失败|异常)
      | server\ error\ in\ (?:'[^']*'\ application)? | “[^”]*”应用程序中的服务器错误 | whitelabel\ error\ page | (?:internal\ server|database|application|runtime|parse|fatal)\ error | bad\ gateway | gateway\ time-?out | service\ (?:temporarily\ )?unavailable | http\s?(?:status|error|错误|状态)\s?[-–—:：]?\s?5\d\d | under\ (?:construction|maintenance) | site\ (?:is\ )?(?:closed|suspended)"
);

// Scripts of machines at the gate.
pattern!(
    SCRIPT,
    r"__jsl_clearance|\$_ts\s*=|_\$[a-zA-Z]{2}\(|acw_sc__v2|cdn-cgi/challenge|waf_captcha|wzws(?:template|parser)|captcha\.(?:js|html|gtimg)|TencentCaptcha|geetest\.com|_guard/(?:auto|click|slide)\.js"
);

// A script that sets a cookie and loads the page again. Many a script sets cookies, and sends telephones elsewhere.
pattern!(
    COOKIE_SCRIPT,
    r"document\.cookie\s*=(?-u:[\x00-\x7F]{0,400}?)location(?:\.(?:reload|replace|href))?\s*(?:=[^=]|\()"
);

// What stands behind words that state nothing, but speak of what is so: 信息未通过审核的家庭, 网站关闭公告.
pattern!(SPOKEN_OF, r"^(?:的|以?后|之后|公告|通知|通告)");

/// The signs of each refusal; the first that fits is the reason.
fn signs() -> [(Refusal, &'static Regex); 5] {
    [
        (Refusal::Challenge, &CHALLENGE),
        (Refusal::Missing, &MISSING),
        (Refusal::Login, &LOGIN),
        (Refusal::Firewall, &FIREWALL),
        (Refusal::Broken, &BROKEN),
    ]
}

/// Whether a page is no content, and why.
pub(crate) fn find(dom: &Dom, source: &str, own_lines: &[usize], evidence: Evidence) -> Option<Blocked> {
    if evidence.all <= MAX_BARE && evidence.entries < 5 {
        if let Some(blocked) = bare(dom, evidence) {
            return Some(blocked);
        }
        // A page without text whose script would fetch it anew.
        if evidence.all < MAX_WAITING {
            let window = &source[..floor_boundary(source, SCRIPT_WINDOW)];
            let is_empty = || evidence.all < MAX_EMPTY && !dom.lines.iter().any(|line| line.heading > 0);
            let mark = SCRIPT.find(window).or_else(|| COOKIE_SCRIPT.find(window).filter(|_| is_empty()));
            if let Some(mark) = mark {
                return Some(Blocked::new(Refusal::Challenge, mark.as_str()));
            }
        }
    }
    reported(dom, evidence).or_else(|| framed(dom, own_lines, evidence))
}

/// The statement that is all the title or the first heading of a page says, where the page leads nowhere: what a server
/// prints below it may be long.
fn reported(dom: &Dom, evidence: Evidence) -> Option<Blocked> {
    let links: u32 = dom.lines.iter().map(|line| line.links).sum();
    // An article, too, may be called 404 or 系统升级中.
    if links > MAX_REPORT_LINKS || evidence.is_headed || evidence.paragraphs > MAX_REPORT_PARAGRAPHS {
        return None;
    }
    let title = declared_title(dom);
    let heading = dom.lines.iter().find(|line| line.heading > 0).map(|line| dom.line_text(line));
    title.as_deref().into_iter().chain(heading).find_map(report)
}

/// The statement of a page that says hardly anything else. Only machines at the gate speak so: that
/// something is missing or for members is also said beside short articles.
fn bare(dom: &Dom, evidence: Evidence) -> Option<Blocked> {
    if evidence.prose >= MAX_BARE_PROSE || evidence.paragraphs >= 4 {
        return None;
    }
    // Below a heading and a day it may be a notice: 请先完成实名验证.
    let may_state = |line: &&Line| line.link_share() < 0.5 && (!evidence.is_headed || line.heading > 0);
    let said = dom.lines.iter().filter(may_state).map(|line| dom.line_text(line));
    let title = declared_title(dom);
    let mut stated = said.chain(title.as_deref()).filter_map(|text| statement_within(text, MAX_BARE_PREAMBLE));
    stated.find(|blocked| matches!(blocked.reason, Refusal::Challenge | Refusal::Firewall))
}

/// The statement where the article should be: in the page's title, its headings or its own text, with
/// next to nothing beside it.
fn framed(dom: &Dom, own_lines: &[usize], evidence: Evidence) -> Option<Blocked> {
    if evidence.paragraphs > 3 || says_more(dom, own_lines, evidence) {
        return None;
    }
    let title = declared_title(dom);
    let own = own_lines.iter().map(|&index| &dom.lines[index]);
    let headings = dom.lines.iter().filter(|line| line.heading > 0);
    // A page without a container has lines all the same.
    let others = dom.lines.iter().filter(|line| own_lines.is_empty() && line.region.is_none());
    let stated =
        own.chain(headings).chain(others).filter(|line| line.chars <= MAX_STATEMENT && line.link_share() < 0.5);
    title.as_deref().into_iter().chain(stated.map(|line| dom.line_text(line))).find_map(statement_at_beginning)
}

/// Whether the page has text beside what states a refusal, its own or prose anywhere.
fn says_more(dom: &Dom, own_lines: &[usize], evidence: Evidence) -> bool {
    let states = |line: &Line| statement_at_beginning(dom.line_text(line)).is_some();
    let own: u32 = own_lines.iter().map(|&index| &dom.lines[index]).filter(|line| !states(line)).map(|l| l.chars).sum();
    // A notice says more in its heading than that: 系统暂停服务的公告.
    let is_notice = || evidence.is_headed && !dom.lines.iter().any(|line| line.heading > 0 && is_statement(dom, line));
    if own > MAX_FRAMED_TEXT || own > MAX_HEADED_TEXT && is_notice() {
        return true;
    }
    let prose = dom.lines.iter().filter(|line| line.is_prose() && line.region.is_none() && !states(line));
    prose.map(|line| line.chars).sum::<u32>() > MAX_FRAMED_TEXT
}

/// Whether a line is nothing but a statement: 抱歉，您访问的页面不存在！
fn is_statement(dom: &Dom, line: &Line) -> bool {
    let is_whole =
        |before: &str, behind: &str| before.chars().count() <= MAX_PREAMBLE && !behind.contains(char::is_alphanumeric);
    stated(dom.line_text(line), is_whole).is_some()
}

/// The refusal that a text states at once: 抱歉，您访问的页面不存在.
fn statement_at_beginning(text: &str) -> Option<Blocked> {
    statement_within(text, MAX_PREAMBLE)
}

/// What a server reports, where a text states nothing else: HTTP状态 404 - 未找到. What is gone or out of order may
/// also be the subject of an article: 三家网站关闭.
fn report(text: &str) -> Option<Blocked> {
    let is_name = |behind: &str| {
        let name = behind.trim().trim_start_matches(['-', '–', '—', ':', '：']).trim_start();
        !name.contains(char::is_alphanumeric) || name.len() < behind.trim().len() && name.len() <= MAX_STATUS
    };
    let is_number = |before: &str| before.chars().all(|c| c.is_ascii() || !c.is_alphanumeric());
    stated(text, |before, behind| is_number(before) && is_name(behind))
        .filter(|blocked| matches!(blocked.reason, Refusal::Missing | Refusal::Broken))
}

/// The refusal that a text states behind at most `preamble` characters.
fn statement_within(text: &str, preamble: usize) -> Option<Blocked> {
    stated(text, |before, _| before.chars().count() <= preamble)
}

/// The refusal that a text states, where what stands before and behind it fits.
fn stated(text: &str, fits: impl Fn(&str, &str) -> bool) -> Option<Blocked> {
    for (reason, pattern) in signs() {
        let Some(found) = pattern.find(text) else { continue };
        let (before, behind) = (&text[..found.start()], &text[found.end()..]);
        let is_tool = reason == Refusal::Login && MEMBERS_TOOL.is_match(text);
        // 验证后, 登录后 belong to what is asked for.
        let is_asked = matches!(reason, Refusal::Challenge | Refusal::Login);
        let is_spoken_of = !is_asked && SPOKEN_OF.is_match(behind);
        if !is_tool && !is_spoken_of && fits(before, behind) {
            return Some(Blocked::new(reason, text));
        }
    }
    None
}

/// The text of the `title` element.
fn declared_title(dom: &Dom) -> Option<String> {
    let at = dom.find(&local_name!("title"))?;
    Some(dom.text_below(at)).filter(|title| !title.is_empty())
}

/// The largest character boundary not above `at`.
fn floor_boundary(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}
