//! Pages made to hurt, by name: for what counts the extractor's work.

/// The shapes: what a page begins with, and what it is made of then, again and again. `#` is a number that counts on.
pub const SHAPES: &[(&str, &str, &str)] = &[
    // Markup that the tree builder would look far back for.
    ("nested_div", "", "<div>"),
    ("nested_span", "", "<span>一"),
    ("nested_table", "", "<table><tr><td>"),
    ("floating_tables", "", "<table align=right><tr><td>一"),
    ("fields", "", "<div><input>一<p>广告"),
    ("nested_list", "", "<ul><li>一"),
    ("nested_quote", "", "<blockquote>一"),
    ("nested_unknown", "", "<x-#>一"),
    ("nested_classes", "", "<div class=a#>一"),
    ("open_formatting", "", "<div><b class=c#></div>一"),
    ("open_links", "", "<a href=/#>一<p>"),
    ("adoption", "", "<a><b><p>一</a></b>"),
    ("foster", "<table>", "一<b>二<tr>"),
    ("stray_ends", "<div><div><div>", "</b></x-#></p></td>"),
    ("buttons", "", "<button><nobr>一"),
    ("selects", "", "<select><option>一</select>"),
    ("templates", "", "<template><td>一</template>"),
    ("foreign", "", "<svg><path d=M0 /><style>一</style></svg>"),
    ("frames", "<frameset>", "<frame src=/#><noframes>一</noframes>"),
    ("doctypes", "", "<!doctype html><html class=a#><body id=b#>"),
    // Text in pieces, and in one.
    ("one_text", "", "今年的工作做得好，"),
    ("small_texts", "", "一<i></i>"),
    ("letters", "", "a"),
    ("blanks", "", " "),
    ("hard_blanks", "", "&nbsp;\u{3000}"),
    ("line_ends", "<pre>", "一\n"),
    ("breaks", "", "一<br>"),
    ("entities", "", "&amp;&#19968;&x"),
    ("angles", "", "<"),
    ("nuls", "", "\0一"),
    // What is left out before the markup is parsed.
    ("comments", "", "<!-- 一 -->"),
    ("open_comments", "", "<!--a--!"),
    ("scripts", "", "<script>if (a<b) document.write('<p>#</p>')</script>"),
    ("open_scripts", "", "<script><!--<script>"),
    ("styles", "", "<style>p#{}</style>"),
    ("pagers_by_script", "", "<script>createPageHTML(#, 1, \"a\", \"html\")</script>"),
    ("datastores", "<script><datastore>", "<a href='/#.html'>第#条消息</a>"),
    ("open_datastores", "<script><datastore>", "<a href='/#.html' >第"),
    ("data", "", "<script>{\"datePublished\":\"2024-13-#\"}</script>"),
    ("raw", "", "<textarea></"),
    // Attributes.
    ("huge_attribute", "<a href=\"", "/a"),
    ("attributes", "<p", " a#=b"),
    ("classes", "<div class=\"", "c# "),
    ("posts_of_classes", "", "<div class=\"a# b# c# d#\">2024-1-1 10:00 发表于<p>水位较高，大家注意安全。</div>"),
    ("styled", "", "<p style=\"font-size : 0#pt; display : inline\">一"),
    ("hidden", "", "<p style=display:none>今年的水库水位较高，请各村注意安全，有情况及时上报。"),
    ("names", "", "<p id=content-comment-nav# class=share-article-foot>一"),
    ("long_names", "<p class=\"", "navShareComment"),
    // Links and pagers.
    ("links", "", "<a href=/p/#.html>#</a> "),
    ("same_links", "", "<a href=/p.html>更多的消息</a> "),
    ("hosts", "", "<a href=http://h#.example/>友情链接</a>"),
    ("escapes", "<a href=\"", "%41%zz%e4"),
    ("queries", "<a href=\"/?", "b#=%61&amp;utm_a=1&amp;"),
    ("nested_links", "", "<a href=/#><span>一"),
    ("pagers", "", "<a href=71_#.html>#</a>"),
    ("short_pagers", "", "<a href=a#_2.html>2</a><a href=a#_3.html>下一页</a>共9页 其他的消息<a href=/x>消息</a>"),
    ("numbers_in_pager", "<a href=\"71_2", "/2"),
    ("next_pages", "", "<a href=71_#.html>下一页</a>"),
    ("bases", "", "<base href=/#/><link rel=canonical href=/#.html>"),
    ("notices_of_address", "", "<p>本文地址：</p>"),
    // Tables, lists and cards.
    ("tables", "", "<table><tr><td>一<td>2</table>"),
    ("rows", "<table>", "<tr><td>一<td>2"),
    ("cells", "<table><tr>", "<td>12"),
    ("cells_of_text", "<table>", "<tr><td>一<p>二<td>今年的工作做得好，"),
    ("facts", "<dl>", "<dt>名称<dd>青岚"),
    ("lists_of_facts", "", "<dl><dt>名称<dd>青岚</dl>"),
    (
        "headlines",
        "<ul>",
        "<li><a href=/#.html>青岚县召开第#次全县工作会议</a><p>今年的工作做得好，成绩不小，大家都很满意。",
    ),
    ("streams", "", "<div><div><a href=/#.html>青岚县召开第#次全县工作会议</a></div></div>"),
    // Threads.
    ("posts", "", "<div class=post>张三 发表于 2024-1-1 10:00<p>今年的水库水位较高，大家注意安全，有情况上报。</div>"),
    ("bylines", "<div>", "<p>张三 发表于 2024-1-1 10:00</p><div>今年的水库水位较高，大家注意安全，有情况上报。</div>"),
    ("marks", "", "<div>回复<span>#楼</span>2024-1-1 10:00"),
    (
        "members",
        "",
        "<div class=post><a href=space-uid-#.html>张三</a>2024-1-1 10:00 今年的水库水位较高，大家注意。</div>",
    ),
    ("authors", "", "<div class=author>张三<time>刚刚"),
    (
        "quotes",
        "",
        "<div class=post>2024-1-1 10:00 张三<blockquote>今年的水库水位较高，大家注意安全。</blockquote></div>",
    ),
    ("cards_in_post", "<h1>水库</h1><div class=post>2024-1-1 10:00 张三</div><div class=post>2024-1-1 10:00 李四", "<dl><dt>名称<dd>青岚<dt>面积<dd>大<dt>人口<dd>多</dl>"),
    ("paragraphs_and_footers", "<div><p>今年的工作做得好，成绩不小，大家都很满意，明年还要接着做。", "<p>一，二</p><div class=footer>三</div>"),
    ("posts_within", "<div id=post_1>", "<em><p id=postmessage_#>一"),
    (
        "post_bodies",
        "",
        "<div id=pid#><i id=authorposton#>2024-1-1</i><td class=t_f id=postmessage_#>今年的水位较高。</div>",
    ),
    ("posts_in_one_block", "<div>", "作者：张三 发表日期：2024-1-1 10:00<br>今年的水库水位较高，大家注意安全。<br>"),
    ("bylines_in_one_block", "<div>", "张三 发表于 2024-1-1 10:00<br>"),
    ("letters_of_boards", "<pre>", "发信人: zs (张三), 信区: A\n标  题: 水库\n发信站: 云 (Tue Apr 8 20:10:33 2008)\n\n水位较高，大家注意。\n--\n"),
    (
        "posts_without_names",
        "<h1>水库</h1><p>2024-1-1 10:00</p>",
        "<div><div><p>张三</p><p>级别：新手</p></div><div>发表于 2024-1-1 10:00<div>今年的水库水位较高，大家注意安全。</div>#楼</div></div>",
    ),
    ("posts_in_posts", "<h1>水库</h1>", "<div><p>张三</p>#楼 2024-1-1 10:00 回复<p>今年的水库水位较高，大家注意安全，有情况上报。</p>"),
    ("cards", "", "<table><tr><td>张三<br>级别：新手<br>积分：#<br>注册时间：2004-1-1</td></tr></table>"),
    // Lines that are judged one by one.
    ("dates", "", "<p>发布时间：2024-1-# 10:00"),
    ("dates_in_line", "", "2024年1月1日 "),
    ("metas", "", "<meta name=pubdate content=2024-13-#><meta property=og:title content=第#><meta name=author>"),
    ("titles", "", "<title>青岚县政府工作报告_青岚县</title>"),
    ("long_title", "<title>", "青岚县_-"),
    ("headings", "", "<h1>青岚县政府工作报告</h1>"),
    ("tools", "", "<p>打印 关闭 分享 收藏"),
    ("notices", "", "<p>本文来源于网络，不代表本站，"),
    ("labels", "", "<p>索引号：</p><p>来源：青岚县 作者：张三 责任编辑：李四"),
    ("pages_printed", "", "首页 上一页 下一页 第#页 共9页 "),
    ("tails", "", "<h3>相关阅读</h3><p>今年的水库水位较高，请各村注意安全，有情况及时上报。"),
    ("breadcrumbs", "", "<p>首页 &gt; <a href=/#>新闻</a>"),
    ("refusals", "", "<p>您访问的页面不存在"),
    ("comments_named", "", "<div class=comment>今年的水库水位较高，请各村注意安全，有情况及时上报。"),
    ("comments_headed", "", "<h3>网友评论 #</h3><p>2024-1-1 10:00 今年的水库水位较高，请各村注意安全。"),
    ("answers_headed", "", "<h3>最佳答案</h3><p>2024-1-1 10:00 今年的水库水位较高，请各村注意安全。"),
    ("dates_in_words", "<p>发布时间：", "二○一三年三月二日 March 2, 2019 2024 03/02 10:20 "),
    ("times", "", "<time datetime=2024-13-#>昨天</time> "),
    ("line_numbers", "<pre>", "#\n"),
    ("pairs", "", "<div><span>索引号</span><span>青府#</span></div>"),
    ("regions", "", "<div class=nav>首页</div>"),
    ("paragraphs", "", "<p>今年的水库水位较高，请各村注意安全，有情况及时上报。</p>"),
];

/// A page of a shape with about so many bytes.
pub fn page(before: &str, piece: &str, bytes: usize) -> String {
    let mut page = String::with_capacity(bytes + 200);
    page.push_str(before);
    for number in 0.. {
        if page.len() >= bytes {
            break;
        }
        page.push_str(&piece.replace('#', &number.to_string()));
    }
    page
}
