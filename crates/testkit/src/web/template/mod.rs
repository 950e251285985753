//! The markup of the families: one file each.
//!
//! Element order, ids and class names are those by which the systems are recognised; everything
//! else is kept small.

pub(super) mod discuz;
pub(super) mod empirecms;
pub(super) mod trs;

use super::site::{Document, Site};
use encoding_rs::Encoding;
use jiff::civil::Date;

/// Writes the pages of one family.
pub(super) trait Template: Sync {
    /// The charset its pages are written in.
    fn charset(&self) -> &'static Encoding;

    /// The path of list page `page`, from 1.
    fn list_path(&self, page: u32) -> String;

    /// The canonical path of page `part` of a text, from 1.
    fn part_path(&self, document: &Document, part: u32) -> String;

    /// The path by which list page `list_page` links a text.
    fn link_path(&self, document: &Document, list_page: u32) -> String {
        let _ = list_page;
        self.part_path(document, 1)
    }

    /// What robots.txt forbids beside the private pages.
    fn disallowed(&self) -> &'static [&'static str] {
        &[]
    }

    /// The page at `/`.
    fn home(&self, site: &Site) -> String;

    /// A list page.
    fn list(&self, site: &Site, page: u32, pages: u32, entries: &[Entry]) -> String;

    /// A page of a text.
    fn article(&self, site: &Site, document: &Document, part: u32) -> String;
}

/// One line of a list.
pub(super) struct Entry {
    pub(super) path: String,
    pub(super) title: String,
    pub(super) date: Date,
    pub(super) number: u32,
    pub(super) replies: u32,
}

/// Something a visitor says below a text: numbers, quotations, nothing of the report's own.
pub(super) fn remark(number: u32) -> &'static str {
    const REMARKS: [&str; 8] = [
        "感谢分享，正好需要这份报告。",
        "增长8.5%是可比价还是现价？求解释。",
        "顶一下，楼主辛苦了！",
        "“各位代表：现在，我代表县人民政府”这个开头每年都一样。",
        "有没有2012年以前的？可以用别的县的换。",
        "一般公共预算收入12.3亿元，我们县才6亿元，差距不小。",
        "已收藏，写论文用。",
        "希望多修路，去年说的二桥什么时候通车？",
    ];
    REMARKS[number as usize % REMARKS.len()]
}
