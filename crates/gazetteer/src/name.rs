//! How names of divisions are made: a proper name, sometimes peoples' names, and a word for the
//! kind of division.

use baogao_model::report::Level;

/// The words for kinds of divisions, longer ones first.
const KINDS: &[&str] = &[
    "特别行政区",
    "自治区",
    "自治州",
    "自治县",
    "自治旗",
    "地区",
    "林区",
    "特区",
    "省",
    "市",
    "区",
    "县",
    "盟",
    "旗",
    "州",
];

/// The peoples that names of autonomous divisions list, as they are written there, longer ones
/// first. 族 is often left out in Xinjiang.
const PEOPLES: &[&str] = &[
    "维吾尔族",
    "柯尔克孜族",
    "哈萨克族",
    "塔吉克族",
    "锡伯族",
    "达斡尔族",
    "鄂伦春族",
    "鄂温克族",
    "布朗族",
    "傈僳族",
    "拉祜族",
    "景颇族",
    "仡佬族",
    "仫佬族",
    "毛南族",
    "土家族",
    "朝鲜族",
    "蒙古族",
    "东乡族",
    "保安族",
    "撒拉族",
    "裕固族",
    "纳西族",
    "普米族",
    "独龙族",
    "哈尼族",
    "布依族",
    "壮族",
    "回族",
    "藏族",
    "苗族",
    "彝族",
    "侗族",
    "瑶族",
    "白族",
    "傣族",
    "黎族",
    "畲族",
    "羌族",
    "水族",
    "佤族",
    "怒族",
    "满族",
    "土族",
    "各族",
    "柯尔克孜",
    "维吾尔",
    "哈萨克",
    "塔吉克",
    "蒙古",
    "锡伯",
];

/// The name without the word for its kind and without the peoples that live there.
///
/// At least two characters remain: 唐县 is its own stem.
pub fn stem(name: &str) -> &str {
    let Some(kind) = KINDS.iter().find(|kind| name.ends_with(**kind)) else {
        return name;
    };
    let mut stem = &name[..name.len() - kind.len()];
    if !has_two_chars(stem) {
        return name;
    }
    while let Some(shorter) = PEOPLES.iter().find_map(|people| stem.strip_suffix(people)).filter(|s| has_two_chars(s)) {
        stem = shorter;
    }
    // 东乡族自治县 and 鄂温克族自治旗 are named after a people alone.
    match stem.strip_suffix('族') {
        Some(people) if has_two_chars(people) => people,
        _ => stem,
    }
}

/// Whether a text has two characters or more.
fn has_two_chars(text: &str) -> bool {
    text.chars().nth(1).is_some()
}

/// The level that a name claims by its last word, whether or not such a division exists.
///
/// 市 alone says too little: it may be a province, a prefecture or a county, so it gives none.
pub fn level_of_name(name: &str) -> Option<Level> {
    const ENDINGS: &[(&str, Level)] = &[
        ("开发区", Level::Zone),
        ("高新区", Level::Zone),
        ("经开区", Level::Zone),
        ("示范区", Level::Zone),
        ("管理区", Level::Zone),
        ("度假区", Level::Zone),
        ("工业园区", Level::Zone),
        ("产业园区", Level::Zone),
        ("保税区", Level::Zone),
        ("合作区", Level::Zone),
        ("集聚区", Level::Zone),
        ("试验区", Level::Zone),
        ("实验区", Level::Zone),
        ("经济区", Level::Zone),
        // 浦东新区 and its like are districts, and the table knows them.
        ("新区", Level::Zone),
        ("自治区", Level::Province),
        ("省", Level::Province),
        ("自治州", Level::Prefecture),
        ("地区", Level::Prefecture),
        ("盟", Level::Prefecture),
        ("州", Level::Prefecture),
        ("县", Level::County),
        ("旗", Level::County),
        ("区", Level::County),
        ("街道", Level::Township),
        ("乡", Level::Township),
        ("镇", Level::Township),
        ("苏木", Level::Township),
    ];
    ENDINGS.iter().find(|(ending, _)| name.ends_with(ending)).map(|&(_, level)| level)
}
