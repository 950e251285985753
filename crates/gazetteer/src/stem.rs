//! The proper name within the name of a division. `build.rs` uses it too, so it needs nothing else.

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
