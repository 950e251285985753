//! What names of divisions say by their words alone.

use baogao_model::report::Level;

/// Stems of provinces and prefectures in pinyin, as hosts write them.
const PINYIN: &str = include_str!("../pinyin.tsv");

/// The stem of a province or prefecture in pinyin without tones and marks, as hosts of its sites
/// write it (kaifeng); none for others. Looks through a short table.
pub fn romanised(stem: &str) -> Option<&'static str> {
    let mut rows = PINYIN.lines().skip(1).filter_map(|row| row.split_once('\t'));
    rows.find(|(known, _)| *known == stem).map(|(_, pinyin)| pinyin)
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
