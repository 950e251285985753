//! Who speaks: office and name in any order, on one line or two, letters spaced or not.

use super::meeting::is_han;
use super::zone::starts_with;

/// What a line says of the speaker.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// The name with its layout blanks removed.
    pub name: Option<String>,
    /// The office without 代.
    pub office: Option<String>,
    /// Whether 代 or 代理 stands before it.
    pub acting: bool,
    /// What stands before the office: 青岚县人民政府, 临澄市.
    pub before: String,
}

/// Offices of those who deliver reports, longer ones before those they end with.
const OFFICES: &[&str] = &[
    "常务副省长",
    "常务副市长",
    "常务副县长",
    "常务副区长",
    "常务副州长",
    "副省长",
    "副市长",
    "副县长",
    "副区长",
    "副州长",
    "副旗长",
    "副主席",
    "副主任",
    "副总理",
    "总理",
    "省长",
    "市长",
    "县长",
    "区长",
    "州长",
    "盟长",
    "旗长",
    "乡长",
    "镇长",
    "主席",
    "专员",
    "主任",
];

/// Words around a name in print that are no part of one. Single characters of them are: 和, 政 and 会
/// all stand in names.
const NOT_NAMES: &[&str] = &[
    "的", "在", "我", "你", "报告", "政府", "会议", "大会", "代表", "人民", "工作", "同志", "各位", "主席", "书记",
    "委员", "首页", "下载", "打印", "收藏", "全屏", "返回", "关闭", "字号", "来源", "时间", "目录", "摘要", "第一",
    "现在", "回顾", "安排",
];

/// The surnames that cover nearly all names of two or three characters in print. Needed only for a
/// name that stands alone, where any short line could be one.
const SURNAMES: &str = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许邓冯韩曹曾彭萧肖蔡潘田董袁于余叶蒋杜苏魏程吕丁任卢姚沈钟姜崔谭\
陆范汪廖石金韦贾夏付傅方邹熊白孟秦邱侯江尹薛闫阎雷龙黎史陶贺毛郝顾龚邵万覃武钱戴严莫孔向常汤康易乔文庞樊兰殷施洪翟安颜倪严牛温芦季俞章鲁葛\
伍申尤毕聂柴焦柳邢岳齐梅庄辛管祝左涂谷祁时舒耿牟卜路詹关苗凌费纪靳盛童欧甄项曲成游阳裴席卫查屈鲍位覃霍翁隋甘景薄单包司柏宁柯阮桂闵解强柴\
华车冉房边栗千门麻苟战臧符巩原宫窦楚戚滕简冼佟丛敖邝利仇郎慕占匡褚娄储农卓党冷连楼危明池冀刁鄢廉艾尚仝巫粟商计沙晋於干来宗虞米元鹿晏宣尼";

/// Reads the speaker from a stretch of folded characters with their blanks, such as a line of the
/// head without its session and dates. None where no office stands in it.
pub fn find(chars: &[char]) -> Option<Found> {
    let (start, end, office) = last_office(chars)?;
    let mut before: Vec<char> = chars[..start].to_vec();
    let mut acting = false;
    trim_blanks(&mut before);
    for words in ["代理", "代"] {
        let length = words.chars().count();
        if before.len() >= length && starts_with(&before[before.len() - length..], words) {
            before.truncate(before.len() - length);
            acting = true;
            break;
        }
    }
    // 区长(代) 孙三江: the bracket belongs to the office.
    let mut behind = &chars[end..];
    for words in ["(代理)", "(代)"] {
        let blanks = behind.iter().take_while(|&&c| c == ' ').count();
        if starts_with(&behind[blanks..], words) {
            behind = &behind[blanks + words.chars().count()..];
            acting = true;
        }
    }
    let behind = name_behind(behind);
    let name = behind.or_else(|| name_before(&mut before));
    let before: String = before.into_iter().filter(|&c| c != ' ').collect();
    Some(Found { name, office: Some(office.to_owned()), acting, before })
}

/// The last office in a stretch: of 区委副书记、区长 the one of the government.
fn last_office(chars: &[char]) -> Option<(usize, usize, &'static str)> {
    for end in (1..=chars.len()).rev() {
        let hit = OFFICES.iter().copied().find_map(|office| Some((office_start(chars, end, office)?, end, office)));
        if hit.is_some() {
            return hit;
        }
    }
    None
}

/// Where the office that ends at `end` starts. Its letters may be spaced (县 长) where a blank or
/// nothing follows it.
fn office_start(chars: &[char], end: usize, office: &str) -> Option<usize> {
    let spaced = chars.get(end).is_none_or(|&c| c == ' ');
    let mut at = end;
    for (index, c) in office.chars().rev().enumerate() {
        if spaced && index > 0 {
            at -= chars[..at].iter().rev().take_while(|&&c| c == ' ').count();
        }
        at = at.checked_sub(1).filter(|&at| chars[at] == c)?;
    }
    Some(at)
}

/// The name behind an office: 县长 赵 一 鸣, 县长:赵一鸣, 县长赵一鸣(2024年…).
fn name_behind(chars: &[char]) -> Option<String> {
    let from = chars.iter().position(|&c| !matches!(c, ' ' | ':' | '—' | '-' | '?'))?;
    name_from(&chars[from..])
}

/// The name before a bracketed or spaced office: 赵一鸣(县长), 赵一鸣 县长. It is cut from `before`.
fn name_before(before: &mut Vec<char>) -> Option<String> {
    while before.last().is_some_and(|&c| matches!(c, ' ' | '(' | ',' | '、')) {
        before.pop();
    }
    let start = before.iter().rposition(|&c| matches!(c, ':' | '—' | ')' | '-')).map_or(0, |at| at + 1);
    let name = name_from(&before[start..])?;
    if !is_personal_name(&name) {
        return None;
    }
    before.truncate(start);
    Some(name)
}

/// The personal name that `chars` is or begins with.
///
/// Blanks inside are layout while the parts are single characters (赵 一 鸣) or the whole is short;
/// otherwise a blank ends the name.
pub fn name_from(chars: &[char]) -> Option<String> {
    let run: Vec<char> =
        chars.iter().copied().take_while(|&c| is_han(c) || matches!(c, ' ' | '·' | '.')).take(40).collect();
    let run: String = run.into_iter().map(|c| if c == '.' { '·' } else { c }).collect();
    let mut name = String::new();
    for part in run.split_whitespace() {
        let (have, more) = (name.chars().count(), part.chars().count());
        let joins = have == 0
            || name.ends_with('·')
            || part.starts_with('·')
            || (have == 1 && more <= 2)
            || (have + more <= 4 && more == 1);
        if !joins {
            break;
        }
        name.push_str(part);
    }
    let name = name.trim_matches('·').to_owned();
    let length = name.chars().count();
    let plausible =
        (2..=4).contains(&length) || (name.contains('·') && (3..=20).contains(&length)) || (5..=8).contains(&length);
    (plausible && !NOT_NAMES.iter().any(|word| name.contains(word))).then_some(name)
}

/// Whether a short text is a personal name by its surname or its middle dot.
pub fn is_personal_name(name: &str) -> bool {
    let length = name.chars().count();
    if name.contains('·') {
        return length >= 3;
    }
    (2..=4).contains(&length) && name.chars().next().is_some_and(|first| SURNAMES.contains(first))
}

/// Whether a whole line is nothing but a personal name.
pub fn lone_name(chars: &[char]) -> Option<String> {
    let name = name_from(chars)?;
    let whole = chars.iter().filter(|&&c| c != ' ').count() == name.chars().count();
    (whole && is_personal_name(&name)).then_some(name)
}

/// Removes blanks at the end.
fn trim_blanks(chars: &mut Vec<char>) {
    while chars.last() == Some(&' ') {
        chars.pop();
    }
}
