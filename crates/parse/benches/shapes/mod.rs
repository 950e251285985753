//! Texts made to hurt, by name: for the benchmark and for what counts the parser's work.

/// The shapes: what each text is made of, again and again. `#` is a number that counts on.
pub const SHAPES: &[(&str, &str)] = &[
    ("digits", "7"),
    ("commas", "、"),
    ("list", "3个、"),
    ("bare", "1.5、"),
    ("headings", "#. 做好第#项工作，增长#%。又好又快又好又快又好又快又好又快又好又快\n"),
    ("one_line", "全年完成财政收入12.3亿元，增长8.1%，"),
    ("brackets", "5亿元)("),
    ("open_brackets", "("),
    ("numerals", "一"),
    ("multipliers", "万亿"),
    ("ordinals", "第一"),
    ("years", "2021年"),
    ("quotes", "“"),
    ("blanks", " "),
    ("line_ends", "\n"),
    ("letters", "aZ9"),
    ("ratios", "1:"),
    ("from_to", "由1%提高到"),
    ("respectively", "甲和乙分别增长1%和2%、"),
    ("moves", "增长"),
    ("shares", "占全县的"),
    ("plans", "完成年度目标"),
    ("nouns", "企业项目"),
    ("units", "千瓦时"),
    ("semicolons", "新增3家；"),
    ("sentences", "增长1%。"),
    ("parts", "一、工作回顾\n"),
    ("themes", "（#）产业发展。园区建设提速。企业培育见效。\n"),
    ("items", "一是抓好产业。二是抓好民生。"),
    ("apart_items", " 一是"),
    ("told_items", "：一是"),
    ("dashes", "——"),
    ("counted_items", "。1.建设交通。建好道路。2.建设水利。建好水库"),
    ("standing", "经济平稳发展\n今年经济社会平稳发展。\n"),
    ("listed", "1.建好学校；\n"),
    ("salutations", "各位代表：\n"),
    ("calls", "各位代表！让我们团结奋斗！\n"),
    ("glossaries", "名词解释\n"),
    ("entries", "名词解释\n#.三早：早发现。\n"),
    ("titles", "青岚县政府工作报告\n"),
    ("heads", "——2024年1月8日在青岚县第十八届人民代表大会第四次会议上\n县长 赵一鸣\n"),
    ("places", "北京市朝阳区、河南省许昌市魏都区"),
    ("stems", "朝阳和平鼓楼"),
    ("dates", "2024年1月8日"),
    ("masks", "XX年***亿元，"),
    ("tokens", "全县经济平稳发展。k#z\n"),
    ("five_tokens", "发展。aab\n发展。aac\n发展。aad\n发展。aae\n发展。aaf\n"),
    ("tails", "全县经济平稳发展。 q#Z kk\n"),
    ("wraps", "全县上下凝心聚力实干争先经济社会平稳发展\n"),
    ("pages", "我们坚持稳中求进，统筹推进各项工作，我们坚持稳中求进，统筹推进各项工作，\n— # —\n"),
    ("apart", "7 "),
    ("readings", "发(fā)"),
    ("addresses", "www.a.com，www.b#.com，"),
    (
        "repeats",
        "我们坚持稳中求进工作总基调，统筹推进改革发展稳定各项工作，经济社会保持平稳健康发展，人民生活持续改善，社会大局和谐稳定。\n",
    ),
];

/// A text of some `bytes` of a shape.
pub fn text(shape: &str, bytes: usize) -> String {
    let (before, rest) = shape.split_once('#').unwrap_or((shape, ""));
    let mut text = String::with_capacity(bytes + shape.len() + 64);
    let mut number = 0_u32;
    while text.len() < bytes {
        number += 1;
        text.push_str(before);
        if before.len() < shape.len() {
            text.push_str(&number.to_string());
            text.push_str(&rest.replace('#', &number.to_string()));
        }
    }
    text
}
