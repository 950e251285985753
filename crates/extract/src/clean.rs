//! Which lines are not the article's own: disclaimers, tools, credits, pagers.
//!
//! Lines are judged by their shape, never by an exact wording: sites reword their notices, and
//! hijacked copies have other words injected in the middle. A line is boilerplate anywhere on the
//! page, or only above the first sentence (dates, sources, font sizes), or only below the last one
//! (credits, related links).

use crate::patterns::pattern;
use aho_corasick::{AhoCorasick, Anchored, Input, MatchKind, StartKind};
use std::sync::LazyLock;

// Beginnings of notices about the site, whatever follows.
pattern!(
    NOTICE,
    r"(?x)^[\[【（(“‘*※★\s]*(?:
        (?:本文|该文|此文|文章|内容|以上内容|以上文章|本网站?|本站)[^。]{0,12}(?:仅代表|不代表|仅供参考|来源于网络|来自网络|由网友)
      | (?:版权|免责|特别|郑重|重要|平台|网站|转载|风险)?(?:声明|申明)\s*[:：]
      | (?:版权声明|免责声明|免责申明|版权与免责|侵权必究|版权说明)
      | 凡(?:本网|本站|注明)[^。]{0,20}(?:注明|来源|作品|转载|稿件)
      | 未经(?:本网|本站|授权|许可|书面)[^。]{0,20}(?:不得|禁止|转载)
      | (?:本文|本页|文章|原文|转载)(?:地址|网址|链接|出处|请注明)\s*[:：]?
      | 转载请注明
      | 这篇(?:文章|日志)发[表布][于在]
      | (?i:copyright|©|notice:\s)
      | (?:更多|海量|精彩)[^。]{0,20}(?:尽在|请关注|请下载|请登录)
      | 本站[^。]{0,40}不代表本站
      | (?:以上)?(?:网友|用户)(?:评论|发言|言论|留言)(?:[^。]{0,6}[仅只不]代表|[^。]{0,4}供[^。]{0,4}表达)
      | (?:如有|若有|如果|如涉及|若涉及)[^。]{0,16}(?:侵权|版权问题|侵犯)
      | (?:(?:词条|文章|日志|开放)?(?:标签|分类)|关键词|关键字|tags?|贡献者)\s*[:：]
      | 您(?:需要|必须)\s?登录[^。]{0,20}(?:查看|下载|回复|回帖|浏览) | 马上注册[，,] | (?:单选|多选)投票[，,：:]
      | (?:这是一[个篇]|[本此该][文帖])[^件。]{0,30}\d+\s?[天年](?:之?前|[未没][^。，]{0,4}更新)[^。]{0,24}(?:可能|已)[^。]{0,16}(?:过时|失效|过期|改变|变化|不再适用)
      | [您你]是本[文帖贴页]?的?第\s?\d+\s?[个位名] | 搜索更多相关主题的帖子 | 本帖最后由.{1,40}编辑
      | 您(?:的位置|现在的位置|当前(?:的)?位置)
      | (?:当前|所在|现在)(?:的)?位置\s*[:：]?
      | (?:上一?篇|下一?篇|上一条|下一条|上一章|下一章|前一篇|后一篇)(?:文章|新闻)?\s*(?:[:：>＞«»]|$)
      | (?:责任编辑|责编|编辑|编审|审核|审校|校对|校审|初审|终审|复审|值班编辑|新媒体编辑|网络编辑)\s*[:：丨|]
      | [一二三]审\s*[:：丨|]\s*\p{Han}{2,4}(?:$|[\s、])
    )"
);

// Whole short lines that are tools of the page.
pattern!(
    TOOL,
    r"(?x)^[\[【（(<《\s\-·•|>»]*(?:
        打印(?:本页|本文|此文|此页|文章)? | 关闭(?:窗口|本页|页面)? | 收藏(?:本页|本文|此页)? | 返回(?:顶部|首页|列表|目录)? | 回到顶部
      | 分享(?:到|至|按钮)?[^。]{0,20} | (?:请?用?手机)?扫一扫[^。]{0,30} | 扫描二维码[^。]{0,30} | 微信扫[^。]{0,30} | 用微信[^。]{0,20}
      | 我要(?:评论|纠错|投稿|分享) | 发评论 | 网友评论[^。]{0,20} | 发表评论 | 查看评论 | 相关评论 | 已有\d*(?:位|人|条)[^。]{0,20}
      | 点赞\d* | 赞\d* | 顶一下 | 踩一下 | 举报 | 推荐\d* | 喜欢\d* | 复制链接 | 纠错 | 更多 | 展开(?:全文|阅读全文)? | (?:请|点击|继续|展开|立即|登[录陆]|注册|付费|扫码|打开|下载|客户端|(?i:app)|会员|后|即?可|才[能可]?|以|这里|此处|[\s,…])*(?:阅读|查看|浏览)全文(?:登[录陆]|注册|[\s\d>»…])* | 阅读原文
      | 字体[^。]{0,20} | 字号[^。]{0,20} | 大\s*中\s*小 | [TtＴ]\s*[|｜]\s*[TtＴ]
      | (?:[\d\s/.…<>«»\[\]【】|]*(?:首页|尾页|末页|上一?页|下一?页|前一页|后一页|第\s*\d+\s*页|共\s*\d+\s*页)[\d\s/.…<>«»\[\]【】|]*)+
      | 返回[^。，,]{2,8}[，,]\s?(?:查看|阅读)更多 | (?:还剩|剩余|展开剩余)\s?\d+\s?[页%％][^。]{0,12}
      | (?:\d+\s?[次人个条]\s?(?:点击|阅读|浏览|收藏|喜欢|感谢|关注|回复|评论|点赞)[\s·•∙|,，]*)+
      | 页\s?[:：]\s?(?:\[?\d+\]?\s?)+ | 页[码面]\s?[:：]\s?\[?\d+\]?(?:\s\d+|\s?\[\d+\])+ | 播报 | 编辑 | 已编辑 | 收起 | 关注 | 私信
      | (?:全文|原文|附件|word|pdf|正文)下载 | 请?(?:选择)?在浏览器中?打开 | 请?点击(?:页面|屏幕)?右上角[^。]{0,12}
      | 语音播报[^。]{0,20} | 播报文章 | 显示全文 | 点击(?:查看|进入|下载)[^。]{0,20} | 热点推荐 | 广告 | advertisement
    )[\]】）)>》\s:：|]*$"
);

// Headings under which other pages are named. What follows them is theirs.
pattern!(
    TAIL_HEADING,
    r"(?x)^[\[【（(<《\s\-·•|>»]*(?:
        (?:版权|免责|侵权|反侵权|法律|转载)(?:声明|申明|公告|提示|说明|启事)
      | (?:相关|延伸|推荐|热门|更多|最新|猜你喜欢|精彩|往期|专题|图文|编辑推荐|大家都在看|热点)(?:的)?(?:阅读|新闻|链接|文章|推荐|报道|内容|资讯|文档|专题|话题|主题|日志|附件|信息|稿件|视频|图集|帖子|博文|回顾)+
      | 猜你(?:喜欢|感兴趣)[^。]{0,6} | 您?可能(?:还)?(?:喜欢|感兴趣)[^。]{0,8} | 大家都在看 | 热门排行 | 网友(?:评论|跟[贴帖]|留言|热评) | 最新评论 | 参考资料 | 外部链接 | 词条(?:标签|统计) | 发表评论 | 评论列表 | 文章评论
      | (?:我来说两句|我要评论|参与评论|用户评论|全部评论|热门评论|精彩评论) | 友情链接 | 标签云
    )[\]】）)>》\s:：|(（\d]*"
);

// Labels of the line about an article: when, from where, by whom, how often read.
pattern!(
    LABEL,
    words: [":", "："],
    r"(?x)(?:发布|发表|更新|创建|上传|提交者|发[帖贴]人|发信人|发信站|下载|大小|格式|时间|日期|来源|稿源|作者|撰文|摄影|文章来源|信息来源|新闻来源|出处|记者|编辑|责编|责任编辑|浏览|点击|阅读|访问|点击量|浏览量|阅读量|人气|评论|查看|回复|字体|字号|索引号|发布机构|分享|打印|收藏|文号|发文字号|主题分类|成文日期|信息分类|公开)
        [^:：]{0,8}[:：] | (?:来|作)\s(?:源|者)\s?[:：]"
);

// Entries of the table that government sites set above a document (国办发〔2017〕19号).
pattern!(
    INDEX_ENTRY,
    r"^[\[【\s]*(?:索\s*引\s*号|信息索引号|发文字号|发文文号|文\s*号|发布机构|发布机关|发文机关|发文单位|制发机关|主题分类|主题词|主\s*题|公文种类|体裁分类|组配分类|服务对象|信息分类|分\s*类|成文日期|生成日期|印发日期|发布日期|公开日期|公开范围|公开方式|公开形式|有\s*效\s*性|效力状态|有效期|失效日期|废止日期|生效日期|标\s*题|名\s*称|信息名称|内容概述|关键词|统一编号|登记号)[\]】\s]*(?:[:：\t]|$)"
);

// Lines of a report's head: where and when in dashes or brackets, who speaks, a document's number.
pattern!(
    HEAD,
    r"(?x)^(?:[—―─－]{1,2}\s*(?:19|20|[二一○〇])\d?.{2,50} | [（(].{0,30}年.{0,20}月.{0,30}[)）]
      | 代?(?:省长|市长|县长|区长|州长|盟长|旗长|镇长|乡长|自治区主席)[\s\u{3000}]*\p{Han}[\p{Han}\s\u{3000}·]{1,12}
      | \p{Han}{2,20}(?:〔\d{4}〕|\[\d{4}\])\s?\d+\s?号 | \p{Han}{2,20}令第\s?\d+\s?号)$"
);

// A date as systems print it: with hyphens, or with a time behind it. 年月日 alone may be the day a
// report was delivered, which stands in its head.
pattern!(
    STAMP,
    r"^[\[(（\s]*(?:(?:19|20)\d{2}[-/.]\d{1,2}[-/.]\d{1,2}(?:[\])）\s]|$)|(?:19|20)\d{2}年\s?\d{1,2}月\s?\d{1,2}日\s*[·•|]|(?:19|20)\d{2}[-/.年]\s?\d{1,2}[-/.月]\s?\d{1,2}日?[\sT]*\d{1,2}[:：]\d{2})"
);

// How long a text takes to read, as platforms say below its heading.
pattern!(TO_READ, r"(?i)\d\s?分钟(?:阅读|读完)|阅读时[间长]|min(?:ute)?s?\sread");

// What stands below a title and is no second one: writers, issuers, an issue's day and page, menus, codes to scan.
pattern!(
    BESIDE_TITLE,
    r"^[□■○●◎]|(?:办公室|办公厅|委员会|指挥部|人民政府|[局厅部处科院])$|扫一扫|二维码|客户端|\d\s?[年月日版]|\S\s+\S{2,}\s+\S"
);

// What a board counts of a thread: 128 回复, 15.2万 浏览.
pattern!(COUNTER, r"\d[\d.,]*\s?[万kKwW]?\s?[次个条人]?\s?(?:回复|浏览|阅读|点击|查看|评论|收藏|点赞|关注|推荐)");

// Credits behind the text.
pattern!(
    CREDIT,
    r"(?x)^[\[【（(<※\s]*(?:来\s?源|稿源|作\s?者|编\s?辑|来自|文字|文|图|摄影|图片|供稿|通讯员|记者|编辑|责编|责任编辑|编审|审核|校对|监制|审稿|终审|值班主任|排版|美编|版式|制图|插画|撰文|剪辑|统筹|策划|原标题|信息来源|文章来源|原文链接|原文标题)[^。，]{0,6}[:：/丨|][^。]{0,60}$"
);

// Who posted it when, and how often it was read, below the text of blogs and boards.
pattern!(
    POSTED,
    words: [
        "发表", "张贴", "发布", "提问", "编辑", "修改", "本帖", "本贴", "更新", "上传", "录入", "引用", "链接", "阅读",
        "浏览", "点击", "字数",
    ],
    r"(?x)^[(（\[【\s]*(?:由.{1,20})?(?:发表|张贴|发布|提问|编辑|修改|本文发表|本[帖贴]由.{1,30})(?:于|在|\s@|[:：])?.{0,40}(?:\d{1,2}[:：]\d{2}|阅读|浏览|评论)
      | ^[(（\[【\s]*(?:发布|发表|更新|上传|录入)(?:日期|时间)\s*[:：]\s?\d{4}
      | 引用通告|引用地址|永久链接|固定链接 | ^[\[【(（]?(?:已被)?(?:阅读|浏览|点击|字数)(?:次数|数|量)?\s?[:：(（]?\s?\d+"
);

// The same in English.
pattern!(ENGLISH_POSTED, r"(?i)trackback|permalink|^posted\s(?:@|on|at|by)\s");

// What accounts ask of their readers below the text.
pattern!(
    CALL,
    r"(?x)^(?:点个?|点亮|点击|长按|扫码|扫描|识别|快来|转发|分享|欢迎|(?:如果|要是)?[你您]?(?:喜欢|觉得))[^。]{0,30}
        (?:(?:在看|点赞|转发|关注|公众号|二维码|朋友圈|更多人|会员|订阅|打赏|赞赏)[^。]{0,20}$
         | (?:在看|点赞|公众号|二维码|朋友圈|打赏|赞赏)[^。]{0,20}。$)
      | ^(?:如果|要是)[你您]?(?:喜欢|觉得)[^。]{0,30}(?:关注|会员|订阅)[^。]{0,20}。$"
);

// The heading of visitors' comments, with or without their number.
pattern!(
    COMMENTS_HEADING,
    words: [
        "评论", "留言", "跟贴", "跟帖", "回贴", "回帖", "回复", "讨论", "回应", "热评", "点评", "omment", "esponse",
        "eplies", "thought",
    ],
    r"(?x)^[\[【（(<《\s\-·•|>»]*(?:
        (?:网友|读者|用户|全部|最新|热门|精彩|精选)?(?:评论|留言|跟[贴帖]|热评|回应|点评)(?:列表|区|专区)?\s*[（(：:]?\s*\d+\s*[条个]?[)）]?
      | (?:网友|读者|用户|全部|最新|热门|精彩|精选)(?:评论|留言|跟[贴帖]|热评|点评)(?:列表|区|专区)?
      | (?:评论|留言|跟[贴帖])(?:列表|区|专区)
      | (?:本主?[帖贴]的?|全部|最新|所有|相关)?(?:跟|回)[帖贴](?:列表|标题|区)?\s*[（(：:]?\s*\d*\s*[条个]?[)）]?
      | (?:(?:全部|最新|所有)(?:回复|回应)|讨论数量)\s*[（(：:]?\s*\d*\s*[条个]?[)）]? | 回复(?:列表|线索|区)
      | [^。]{0,40}(?:已有|共有?)?\s?\d+\s?[条个篇件](?:评论|留言|跟[贴帖]|热评)
      | (?:\d+|One)\s(?:Responses?|Comments?|Replies|thoughts?)(?-u:\b)[^。]{0,40} | Comments?\s?[(（]\d+[)）]
    )[\]】）)》\s:：|·•]*$"
);

// The heading of an answer, or of all of them.
pattern!(
    ANSWER_HEADING,
    r"(?x)^[\[【（(\s·•|]*(?:
        (?:最佳|好评|推荐|满意|最满意|精选|优质|热心网友|网友采纳|提问者采纳|专业|最新|全部|其他|其它|更多)的?(?:答案|回答|解答)(?:\s*共\s?\d+\s?[个条])?
      | 共?\s?\d+\s?[个条](?:答案|回答|解答) | (?:全部|其他)\d+[个条](?:答案|回答)
    )[\]】）)\s:：|（(\d]*$"
);

// Where a board ends a post: what follows is the board's.
pattern!(END_OF_POST, r"^本[帖贴]由.{1,40}(?:发表|张贴)");

// What ends the text of an account's article: credits and other articles follow.
pattern!(
    END_OF_TEXT,
    r"^(?:[-—–─=\s·•*]*(?:THE\s)?END[-—–─=\s·•*.。]*|[Tt]he\s[Ee]nd[.。]?|[-—–─=·•*]+\s*(?i:the\s)?(?i:end)\s*[-—–─=·•*.。]+)$"
);

// An entry of the list of sources in an encyclopedia, which leads back to where it is cited.
pattern!(CITED_SOURCE, r"^[\^↑]\s?\S");

// What an encyclopedia sets above an entry, to tell it from others of its name.
pattern!(OTHER_ENTRY, r"^(?:关于|本条目|本词条|此条目)[^。]{2,60}(?:请见|请参见|请参阅|参见|参阅)\S[^。]{1,40}。?$");

// The heading of a table of contents.
pattern!(CONTENTS, r"(?i)^[\[【\s]*(?:(?:本文|文章|本页)?目\s*录|contents)[\]】:：\s]*$");

// Files to download.
pattern!(
    ATTACHMENT,
    words: ["."],
    r"(?i)^(?:附件|附)?\s*\d*\s*[:：.、]?.{0,80}\.(?:docx?|xlsx?|pdf|wps|zip|rar|ofd|ceb|txt)\s*(?:[(（].{0,30})?$|^\S.{0,80}\.(?:jpe?g|png|gif|bmp)\s*[(（].{0,30}下载.{0,12}$"
);

// The last lines of a page.
pattern!(
    FOOTER,
    words: [
        "P备", "p备", "P证", "p证", "公网安备", "版权所有", "网站标识码", "网站地图", "建议使用", "技术支持", "主办单位",
        "承办单位", "信息举报中心", "举报电话", "举报邮箱", "电信业务", "增值业务", "侵权", "侵犯", "镜像", "许可证",
        "地址",
    ],
    r"(?i)(?:ICP备|ICP证|公网安备|版权所有|网站标识码|网站地图|建议使用.{0,10}分辨率|技术支持\s*[:：]|主办单位\s*[:：]|承办单位\s*[:：]|信息举报中心|举报(?:电话|邮箱)\s*[:：]|增值电信业务|电信增值业务|[如若][^。]{0,10}侵(?:权|犯)[^。]{0,30}(?:联系|删除)|(?:不得|禁止|谢绝|请勿)[^。]{0,40}(?:作|建立)镜像|许可证(?:号|编号)?\s*[:：]?\s*\d{6}|^(?:联系)?地址\s*[:：].{0,60}(?:邮编|邮政编码|电话))"
);

// The same in English.
pattern!(ENGLISH_FOOTER, r"(?i)All Rights Reserved|Powered by");

/// Whether a line is none of an article's wherever it stands.
pub(crate) fn is_boilerplate(line: &str) -> bool {
    let chars = line.chars().count();
    if chars <= 40 && (TOOL.is_match(line) || is_all_tools(line)) {
        return true;
    }
    if chars <= 200 && (FOOTER.is_match(line) || ENGLISH_FOOTER.is_match(line)) {
        return true;
    }
    // Notices run long where a site explains itself.
    chars <= 600 && NOTICE.is_match(line)
}

/// The longest heading of comments or answers, in characters.
const MAX_HEADING: u32 = 50;

/// Whether a line of so many characters is the heading of visitors' comments.
pub(crate) fn heads_comments(line: &str, chars: u32) -> bool {
    chars <= MAX_HEADING && COMMENTS_HEADING.is_match(line)
}

/// Whether a line is the first of a text set like a letter, as boards of the telnet age do.
pub(crate) fn begins_letter(line: &str) -> bool {
    line.strip_prefix("发信人").is_some_and(|rest| rest.trim_start().starts_with([':', '：']))
}

/// Whether a line is a rule drawn with characters.
pub(crate) fn is_rule(line: &str) -> bool {
    line.chars().nth(1).is_some() && line.chars().all(|c| matches!(c, '-' | '_' | '=' | '*' | '~' | '—' | '－' | '＿'))
}

/// Whether a line of so many characters is the heading of an answer, or of all of them.
pub(crate) fn heads_answers(line: &str, chars: u32) -> bool {
    chars <= MAX_HEADING && line.contains('答') && ANSWER_HEADING.is_match(line)
}

/// Whether a heading asks something.
pub(crate) fn asks(heading: &str) -> bool {
    heading.trim_end().ends_with(['?', '？'])
}

/// Whether the heading of answers is that of all but the first.
pub(crate) fn heads_other_answers(heading: &str) -> bool {
    heading.contains("其他") || heading.contains("其它")
}

/// Buttons as sites set them in a row: 转藏 | 分享 | QQ空间 微信.
const BUTTONS: &[&str] = &[
    "QQ空间",
    "QQ好友",
    "QQ",
    "T",
    "举报",
    "人人网",
    "反馈",
    "下载",
    "分享",
    "分享到",
    "分享至",
    "刷新",
    "加入收藏",
    "反对",
    "取消",
    "取消收藏",
    "回复",
    "复制链接",
    "大",
    "小",
    "中",
    "字体",
    "字号",
    "字号大小",
    "放大",
    "缩小",
    "默认",
    "引用",
    "微信",
    "微博",
    "打印",
    "打印本页",
    "打印本文",
    "扫码",
    "投诉",
    "推荐",
    "支持",
    "收藏",
    "收藏本文",
    "收藏本页",
    "收藏主题",
    "新浪微博",
    "朋友圈",
    "更多",
    "腾讯微博",
    "百度贴吧",
    "立即下载",
    "纠错",
    "编辑",
    "献花",
    "讨论",
    "评论",
    "豆瓣",
    "赞",
    "踩",
    "转发",
    "转播",
    "转藏",
    "转载",
    "返回",
    "返回顶部",
    "返回首页",
    "锁定",
    "阅读",
    "顶",
    "关闭",
    "关闭窗口",
    "关闭本页",
    "保存网页",
    "我要反馈",
    "顶端",
    "加为IE收藏",
    "上一主题",
    "下一主题",
    "有用",
    "无用",
    "喜欢",
    "生成海报",
    "保存",
    "订阅",
    "关注",
    "播报",
    "上传视频",
    "查看我的收藏",
    "朗读",
    "上一篇",
    "下一篇",
    "上一期",
    "下一期",
    "上一版",
    "下一版",
    "版面导航",
    "标题导航",
];

static BUTTON: LazyLock<AhoCorasick> = LazyLock::new(|| {
    let builder = AhoCorasick::builder().start_kind(StartKind::Anchored).match_kind(MatchKind::LeftmostLongest).clone();
    // Building fails only for automata beyond 2^31 states.
    builder.build(BUTTONS).expect("a hundred short words fit an automaton")
});

/// Whether a character stands between buttons.
fn parts_buttons(c: char) -> bool {
    match c {
        ' ' | '|' | '/' | ':' | '(' | ')' | '[' | ']' | ',' | '>' => true,
        _ if c.is_ascii() => c.is_ascii_whitespace(),
        '｜' | '┊' | '▼' | '·' | '•' | '：' | '（' | '）' | '【' | '】' | '，' | '、' | '《' | '》' | '\u{A0}'
        | '\u{3000}' => true,
        _ => false,
    }
}

/// Whether a line is buttons and counters only, two of them or more.
fn is_all_tools(line: &str) -> bool {
    let parts = line.split(parts_buttons);
    let mut buttons = 0;
    for part in parts {
        let part = part.trim_matches(|c: char| c.is_ascii_digit() || c == '+');
        if part.is_empty() {
            continue;
        }
        let found = if button_at_start(part) == part { 1 } else { buttons_joined(part) };
        if found == 0 {
            return false;
        }
        buttons += found;
    }
    buttons >= 2 || buttons == 1 && line.contains(|c: char| c.is_ascii_digit() || "[【".contains(c))
}

/// The longest button that a text begins with; empty where it begins with none.
fn button_at_start(text: &str) -> &str {
    &text[..BUTTON.find(Input::new(text).anchored(Anchored::Yes)).map_or(0, |found| found.end())]
}

/// How many buttons a text is, where it is nothing but such of two characters and more, and their counters: 编辑播报,
/// 收藏0有用+1.
fn buttons_joined(text: &str) -> u32 {
    let (mut rest, mut buttons) = (text, 0);
    while !rest.is_empty() {
        let button = button_at_start(rest);
        if button.chars().nth(1).is_none() {
            return 0;
        }
        rest = rest[button.len()..].trim_start_matches(|c: char| c.is_ascii_digit() || c == '+');
        buttons += 1;
    }
    buttons
}

/// Whether a line above the text only describes the article: date, source, counters, tools.
pub(crate) fn is_about(line: &str) -> bool {
    let chars = line.chars().count();
    if is_boilerplate(line) || is_entry_of_index(line) || CALL.is_match(line) || OTHER_ENTRY.is_match(line) {
        return true;
    }
    if chars > 160 || line.contains('。') {
        return false;
    }
    let is_short_mark = || STAMP.is_match(line) || TO_READ.is_match(line) || COUNTER.find_iter(line).nth(1).is_some();
    LABEL.is_match(line) || chars <= 60 && is_short_mark()
}

/// Whether a line below a title that looks like a second one is none.
pub(crate) fn is_beside_title(line: &str) -> bool {
    BESIDE_TITLE.is_match(line)
}

/// Whether a line below a title is of a report's head rather than about the page.
pub(crate) fn is_of_head(line: &str) -> bool {
    HEAD.is_match(line)
}

/// Whether a line is an entry of a document's index card: number, issuer, subject.
pub(crate) fn is_entry_of_index(line: &str) -> bool {
    line.chars().count() <= 300 && INDEX_ENTRY.is_match(line)
}

/// Whether a line is the label of an index card's entry alone, its value on the next line.
pub(crate) fn is_bare_label(line: &str) -> bool {
    line.chars().count() <= 12 && is_entry_of_index(line) && line.trim_end().ends_with([':', '：', ']', '】'])
}

/// Whether a line below the text is a credit, a file or a tool.
pub(crate) fn is_trailer(line: &str) -> bool {
    is_boilerplate(line)
        || CREDIT.is_match(line)
        || ATTACHMENT.is_match(line)
        || CALL.is_match(line)
        || is_posted(line)
        || CITED_SOURCE.is_match(line)
}

/// Whether a line says who posted the text when.
fn is_posted(line: &str) -> bool {
    line.chars().count() <= 80 && !line.contains('。') && (POSTED.is_match(line) || ENGLISH_POSTED.is_match(line))
}

/// Whether a line begins with what heads links to other pages.
pub(crate) fn names_other_pages(line: &str) -> bool {
    TAIL_HEADING.is_match(line)
}

/// Whether a line is the heading of a table of contents.
pub(crate) fn heads_contents(line: &str) -> bool {
    line.len() <= 30 && CONTENTS.is_match(line)
}

/// Whether a line begins the list of other pages below an article.
pub(crate) fn begins_tail(line: &str) -> bool {
    let chars = line.chars().count();
    chars <= 30 && (TAIL_HEADING.is_match(line) || END_OF_TEXT.is_match(line))
        || chars <= 60 && CALL.is_match(line)
        || chars <= 80 && END_OF_POST.is_match(line)
}

/// Text in the form in which two spellings of one heading are equal: no white space, one width.
pub(crate) fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for c in text.chars().filter(|c| !c.is_whitespace()) {
        match u32::from(c) {
            // Most Chinese text has one case and one width.
            0x3001..=0x9FFF => folded.push(c),
            0..=0x7F => folded.push(c.to_ascii_lowercase()),
            // Full-width forms lie in the order of ASCII.
            code @ 0xFF01..=0xFF5E => folded.extend(char::from_u32(code - 0xFEE0).unwrap_or(c).to_lowercase()),
            _ => folded.extend(c.to_lowercase()),
        }
    }
    folded
}
