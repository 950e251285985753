//! Which lines are not the article's own: disclaimers, tools, credits, pagers.
//!
//! Lines are judged by their shape, never by an exact wording: sites reword their notices, and
//! hijacked copies have other words injected in the middle. A line is boilerplate anywhere on the
//! page, or only above the first sentence (dates, sources, font sizes), or only below the last one
//! (credits, related links).

/// A static pattern. The expressions are constants; the tests run every one.
macro_rules! pattern {
    ($name:ident, $text:expr) => {
        static $name: std::sync::LazyLock<regex::Regex> =
            std::sync::LazyLock::new(|| regex::Regex::new($text).expect("the pattern is valid"));
    };
}
pub(crate) use pattern;

// Beginnings of notices about the site, whatever follows.
pattern!(
    NOTICE,
    r"(?x)^[\[【（(“‘*※★\s]*(?:
        (?:本文|文章|内容|以上内容|以上文章|本网站?|本站)[^。]{0,12}(?:仅代表|不代表|仅供参考|来源于网络|来自网络|由网友)
      | (?:版权|免责|特别|郑重|重要)?(?:声明|申明)\s*[:：]
      | (?:版权声明|免责声明|免责申明|版权与免责|侵权必究|版权说明)
      | 凡(?:本网|本站|注明)[^。]{0,20}(?:注明|来源|作品|转载|稿件)
      | 未经(?:本网|本站|授权|许可|书面)[^。]{0,20}(?:不得|禁止|转载)
      | (?:本文|本页|文章|原文|转载)(?:地址|网址|链接|出处|请注明)\s*[:：]?
      | 转载请注明
      | (?i:copyright|©|notice:\s)
      | (?:更多|海量|精彩)[^。]{0,20}(?:尽在|请关注|请下载|请登录)
      | 本站[^。]{0,40}不代表本站
      | (?:如有|若有|如果|如涉及|若涉及)[^。]{0,16}(?:侵权|版权问题|侵犯)
      | (?:标签|关键词|关键字|分类|tags?)\s*[:：]
      | 您(?:的位置|现在的位置|当前(?:的)?位置)
      | (?:当前|所在|现在)(?:的)?位置\s*[:：]?
      | (?:上一?篇|下一?篇|上一条|下一条|上一章|下一章|前一篇|后一篇)(?:文章|新闻)?\s*(?:[:：>＞«»]|$)
      | (?:责任编辑|责编|编辑|编审|审核|审校|校对|校审|初审|终审|复审|值班编辑|新媒体编辑|网络编辑)\s*[:：丨|]
    )"
);

// Whole short lines that are tools of the page.
pattern!(
    TOOL,
    r"(?x)^[\[【（(<《\s\-·•|>»]*(?:
        打印(?:本页|本文|此文|此页|文章)? | 关闭(?:窗口|本页|页面)? | 收藏(?:本页|本文|此页)? | 返回(?:顶部|首页|列表|目录)? | 回到顶部
      | 分享(?:到|至|按钮)?[^。]{0,20} | 扫一扫[^。]{0,30} | 扫描二维码[^。]{0,30} | 微信扫[^。]{0,30} | 用微信[^。]{0,20}
      | 我要(?:评论|纠错|投稿|分享) | 网友评论[^。]{0,20} | 发表评论 | 查看评论 | 相关评论 | 已有\d*(?:位|人|条)[^。]{0,20}
      | 点赞\d* | 赞\d* | 顶一下 | 踩一下 | 举报 | 推荐\d* | 喜欢\d* | 复制链接 | 纠错 | 更多 | 展开(?:全文|阅读全文)? | 阅读全文 | 阅读原文
      | 字体[^。]{0,20} | 字号[^。]{0,20} | 大\s*中\s*小 | [TtＴ]\s*[|｜]\s*[TtＴ]
      | (?:[\d\s/.…<>«»\[\]【】|]*(?:首页|尾页|末页|上一?页|下一?页|前一页|后一页|第\s*\d+\s*页|共\s*\d+\s*页)[\d\s/.…<>«»\[\]【】|]*)+
      | 播报 | 编辑 | 已编辑 | 收起 | 关注 | 私信
      | 语音播报[^。]{0,20} | 播报文章 | 显示全文 | 点击(?:查看|进入|下载)[^。]{0,20} | 热点推荐 | 广告 | advertisement
    )[\]】）)>》\s:：|]*$"
);

// Headings under which other pages are named. What follows them is theirs.
pattern!(
    TAIL_HEADING,
    r"(?x)^[\[【（(<《\s\-·•|>»]*(?:
        (?:版权|免责|侵权|反侵权|法律|转载)(?:声明|申明|公告|提示|说明|启事)
      | (?:相关|延伸|推荐|热门|更多|最新|猜你喜欢|精彩|往期|专题|编辑推荐|大家都在看|热点)(?:的)?(?:阅读|新闻|链接|文章|推荐|报道|内容|资讯|文档|专题|话题|主题|日志|附件|信息|稿件|视频|图集|帖子|博文|回顾)+
      | 猜你(?:喜欢|感兴趣)[^。]{0,6} | 您?可能(?:还)?(?:喜欢|感兴趣)[^。]{0,8} | 大家都在看 | 热门排行 | 网友评论 | 最新评论 | 参考资料 | 外部链接 | 词条(?:标签|统计) | 发表评论 | 评论列表 | 文章评论
      | (?:我来说两句|我要评论|参与评论|用户评论|全部评论|热门评论|精彩评论) | 友情链接 | 标签云
    )[\]】）)>》\s:：|(（\d]*"
);

// Labels of the line about an article: when, from where, by whom, how often read.
pattern!(
    LABEL,
    r"(?x)(?:发布|发表|更新|创建|上传|下载|大小|格式|时间|日期|来源|稿源|作者|文章来源|信息来源|新闻来源|出处|记者|编辑|责编|责任编辑|浏览|点击|阅读|访问|点击量|浏览量|阅读量|人气|评论|查看|回复|字体|字号|索引号|发布机构|分享|打印|收藏|文号|发文字号|主题分类|成文日期|信息分类|公开)
        [^:：]{0,8}[:：]"
);

// Entries of the table that government sites set above a document (国办发〔2017〕19号).
pattern!(
    INDEX_ENTRY,
    r"^[\[【\s]*(?:索\s*引\s*号|信息索引号|发文字号|发文文号|文\s*号|发布机构|发布机关|发文机关|发文单位|制发机关|主题分类|主题词|主\s*题|公文种类|体裁分类|组配分类|服务对象|信息分类|分\s*类|成文日期|生成日期|印发日期|发布日期|公开日期|公开范围|公开方式|公开形式|有\s*效\s*性|效力状态|有效期|失效日期|废止日期|生效日期|标\s*题|名\s*称|信息名称|内容概述|关键词|统一编号|登记号)[\]】\s]*(?:[:：\t]|$)"
);

// A date as systems print it: with hyphens, or with a time behind it. 年月日 alone may be the day a
// report was delivered, which stands in its head.
pattern!(
    STAMP,
    r"^[\[(（\s]*(?:(?:19|20)\d{2}[-/.]\d{1,2}[-/.]\d{1,2}(?:[\])）\s]|$)|(?:19|20)\d{2}[-/.年]\s?\d{1,2}[-/.月]\s?\d{1,2}日?[\sT]*\d{1,2}[:：]\d{2})"
);

// Credits behind the text.
pattern!(
    CREDIT,
    r"(?x)^[\[【（(<\s]*(?:来源|稿源|作者|来自|文字|文|图|摄影|图片|供稿|通讯员|记者|编辑|责编|责任编辑|编审|审核|校对|监制|审稿|终审|值班主任|原标题|信息来源|文章来源|原文链接|原文标题)[^。，]{0,6}[:：/丨|][^。]{0,60}$"
);

// Who posted it when, and how often it was read, below the text of blogs and boards.
pattern!(
    POSTED,
    r"(?x)^[(（\[【\s]*(?:由.{1,20})?(?:发表|张贴|发布|本文发表|本[帖贴]由.{1,30})(?:于|在|\s@|[:：])?.{0,40}(?:\d{1,2}[:：]\d{2}|阅读|浏览|评论)
      | (?i:trackback|引用通告|引用地址|永久链接|固定链接|permalink) | ^[(（]?(?:已被)?(?:阅读|浏览|点击)(?:次数|数|量)?\s?[:：(（]?\s?\d+"
);

// Where a board ends a post: what follows is the board's.
pattern!(END_OF_POST, r"^本[帖贴]由.{1,40}(?:发表|张贴)");

// Files to download.
pattern!(
    ATTACHMENT,
    r"(?i)^(?:附件|附)?\s*\d*\s*[:：.、]?.{0,80}\.(?:docx?|xlsx?|pdf|wps|zip|rar|ofd|ceb|txt)\s*(?:[(（].{0,30})?$"
);

// The last lines of a page.
pattern!(
    FOOTER,
    r"(?i)(?:ICP备|ICP证|公网安备|版权所有|All Rights Reserved|Powered by|网站标识码|网站地图|建议使用.{0,10}分辨率|技术支持\s*[:：]|主办单位\s*[:：]|承办单位\s*[:：]|信息举报中心|举报(?:电话|邮箱)\s*[:：]|增值电信业务|电信增值业务|[如若][^。]{0,10}侵(?:权|犯)[^。]{0,30}(?:联系|删除)|许可证(?:号|编号)?\s*[:：]?\s*\d{6}|^(?:联系)?地址\s*[:：].{0,60}(?:邮编|邮政编码|电话))"
);

/// Whether a line is none of an article's wherever it stands.
pub(crate) fn is_boilerplate(line: &str) -> bool {
    let chars = line.chars().count();
    if chars <= 40 && (TOOL.is_match(line) || is_all_tools(line)) {
        return true;
    }
    if chars <= 200 && FOOTER.is_match(line) {
        return true;
    }
    // Notices run long where a site explains itself.
    chars <= 600 && NOTICE.is_match(line)
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
];

/// The length of the longest of them, in bytes.
const LONGEST_BUTTON: usize = 15;

/// Whether a character stands between buttons.
fn parts_buttons(c: char) -> bool {
    match c {
        ' ' | '|' | '/' | ':' | '(' | ')' | '[' | ']' | ',' | '>' => true,
        _ if c.is_ascii() => c.is_ascii_whitespace(),
        '｜' | '┊' | '·' | '•' | '：' | '（' | '）' | '【' | '】' | '，' | '、' | '《' | '》' | '\u{A0}'
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
        if part.len() > LONGEST_BUTTON || !BUTTONS.contains(&part) {
            return false;
        }
        buttons += 1;
    }
    buttons >= 2 || buttons == 1 && line.contains(|c: char| c.is_ascii_digit() || "[【".contains(c))
}

/// Whether a line above the text only describes the article: date, source, counters, tools.
pub(crate) fn is_about(line: &str) -> bool {
    let chars = line.chars().count();
    if is_boilerplate(line) || is_entry_of_index(line) {
        return true;
    }
    if chars > 160 || line.contains('。') {
        return false;
    }
    LABEL.is_match(line) || chars <= 60 && STAMP.is_match(line)
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
    is_boilerplate(line) || CREDIT.is_match(line) || ATTACHMENT.is_match(line) || is_posted(line)
}

/// Whether a line says who posted the text when.
fn is_posted(line: &str) -> bool {
    line.chars().count() <= 80 && !line.contains('。') && POSTED.is_match(line)
}

/// Whether a line begins the list of other pages below an article.
pub(crate) fn begins_tail(line: &str) -> bool {
    let chars = line.chars().count();
    chars <= 30 && TAIL_HEADING.is_match(line) || chars <= 80 && END_OF_POST.is_match(line)
}

/// Text in the form in which two spellings of one heading are equal: no white space, one width.
pub(crate) fn fold(text: &str) -> String {
    text.chars()
        .filter(|c| !c.is_whitespace())
        .map(|c| match u32::from(c) {
            // Full-width forms lie in the order of ASCII.
            code @ 0xFF01..=0xFF5E => char::from_u32(code - 0xFEE0).unwrap_or(c),
            _ => c,
        })
        .flat_map(char::to_lowercase)
        .collect()
}
