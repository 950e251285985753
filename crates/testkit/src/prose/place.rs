//! Invented places and people.
//!
//! No stem that can be drawn is the name of a unit of GB/T 2260, past or present, so a gazetteer
//! resolves none of them.

use crate::rng::Rng;

const PROVINCES: [&str; 4] = ["云岭省", "泽南省", "沧原省", "云漠自治区"];
const PREFECTURES: [&str; 6] = ["临澄市", "泊阳市", "沅平市", "霁州市", "澜阳市", "岫远市"];
const FIRST: [&str; 14] = ["青", "砚", "棠", "鹭", "篁", "霁", "汐", "澜", "槿", "霜", "岫", "溪", "苇", "枫"];
const SECOND: [&str; 10] = ["岚", "澄", "棠", "汀", "洲", "渡", "屿", "陂", "垣", "湾"];
const SURNAMES: [&str; 12] = ["赵", "钱", "孙", "李", "周", "吴", "郑", "冯", "陈", "沈", "韩", "欧阳"];
const GIVEN: [&str; 12] = ["一鸣", "文澜", "建平", "明", "若川", "志远", "晓岚", "国梁", "思齐", "静", "致和", "雨桐"];
const WHOLE: [&str; 3] = ["阿依努尔·买合木提", "乌兰托娅", "扎西达瓦"];

/// Where a report comes from.
pub(super) struct Place {
    pub(super) province: String,
    pub(super) prefecture: String,
    pub(super) name: String,
}

impl Place {
    /// Draws a county or, less often, a district.
    pub(super) fn draw(rng: &mut Rng) -> Self {
        let (first, mut second) = (*rng.pick(&FIRST), *rng.pick(&SECOND));
        if first == second {
            second = "岚";
        }
        let unit = if rng.chance(0.3) { "区" } else { "县" };
        Self {
            province: (*rng.pick(&PROVINCES)).to_owned(),
            prefecture: (*rng.pick(&PREFECTURES)).to_owned(),
            name: format!("{first}{second}{unit}"),
        }
    }

    /// The head of government's office.
    pub(super) fn office(&self) -> String {
        if self.name.ends_with('区') { "区长".to_owned() } else { "县长".to_owned() }
    }
}

/// Draws a name; some are not made of one surname and a given name.
pub(super) fn speaker(rng: &mut Rng) -> String {
    if rng.chance(0.15) {
        return (*rng.pick(&WHOLE)).to_owned();
    }
    format!("{}{}", rng.pick(&SURNAMES), rng.pick(&GIVEN))
}
