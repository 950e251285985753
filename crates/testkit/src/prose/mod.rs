//! Texts for the pages of the fake web: government work reports of invented counties, and the
//! look-alikes that stand beside them on real sites.
//!
//! A text is a pure function of (seed, revision): the seed decides the place, the year, the speaker
//! and the outline, the revision only the figures, so that a changed page is the same document.
//! Sentences are our own and come from the tables beside this file.

mod figures;
mod lookalike;
mod place;

pub(crate) use lookalike::lookalike;

use crate::rng::Rng;
use figures::fill;
use jiff::civil::{Date, date};
use place::{Place, speaker};

/// Themes of the review: heading, then sentences, separated by tabs.
const REVIEW: &str = include_str!("review.tsv");
/// Themes of the tasks, in the same form.
const TASKS: &str = include_str!("tasks.tsv");
/// First sentences of the review.
const OPENINGS: &str = include_str!("openings.tsv");

/// Numbers of headings, and of anything else below a hundred that is written in Chinese.
pub(crate) fn numeral(number: u32) -> String {
    const DIGITS: [&str; 10] = ["", "一", "二", "三", "四", "五", "六", "七", "八", "九"];
    let (tens, units) = ((number / 10 % 10) as usize, (number % 10) as usize);
    match tens {
        0 => DIGITS[units].to_owned(),
        1 => format!("十{}", DIGITS[units]),
        _ => format!("{}十{}", DIGITS[tens], DIGITS[units]),
    }
}

/// What a report's head says; the same for every revision of its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The province, such as 云岭省.
    pub province: String,
    /// The prefecture, such as 临澄市.
    pub prefecture: String,
    /// The county or district whose government reports.
    pub region: String,
    /// The day the report was delivered.
    pub delivered_on: Date,
    /// The year its tasks are for.
    pub plan_year: i16,
    /// 届 of the people's congress.
    pub term: u32,
    /// 次 of the session.
    pub session: u32,
    /// The speaker's name.
    pub speaker: String,
    /// The speaker's office, without 代.
    pub office: String,
    /// Whether the speaker holds the office for the time being.
    pub acting: bool,
}

/// One text: what is said about it, and what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Text {
    pub(crate) cover: Cover,
    /// The text's own lines, its own title first.
    pub(crate) lines: Vec<String>,
}

/// What stands above a text on its page and in lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cover {
    /// The heading of the page.
    pub(crate) heading: String,
    /// The day the page shows for its publication.
    pub(crate) published_on: Date,
}

/// The head of the report named by `seed`.
pub(crate) fn head(seed: u64) -> Head {
    let mut rng = Rng::of(seed, "head");
    let place = Place::draw(&mut rng);
    let plan_year = rng.between(2015, 2025) as i16;
    // A quarter of the sessions meets in December of the year before.
    let delivered_on = if rng.chance(0.25) {
        date(plan_year - 1, 12, rng.between(10, 30) as i8)
    } else {
        date(plan_year, rng.between(1, 2) as i8, rng.between(4, 27) as i8)
    };
    let office = place.office();
    Head {
        province: place.province,
        prefecture: place.prefecture,
        region: place.name,
        delivered_on,
        plan_year,
        term: rng.between(8, 19),
        session: rng.between(1, 6),
        speaker: speaker(&mut rng),
        office,
        acting: rng.chance(0.2),
    }
}

/// The report named by `seed`, with the figures of `revision`.
pub(crate) fn report(seed: u64, revision: u32) -> Text {
    let head = head(seed);
    let mut shape = Rng::of(seed, "shape");
    let mut figures = Rng::of(seed, &format!("figures {revision}"));
    let mut lines = opening(&head, &mut shape);
    review(&head, &mut shape, &mut figures, &mut lines);
    targets(&head, &mut figures, &mut lines);
    tasks(&head, &mut shape, &mut figures, &mut lines);
    closing(&head, &mut lines);

    Text { cover: cover(seed), lines }
}

/// What a list says about the report named by `seed`; known without writing its text.
pub(crate) fn cover(seed: u64) -> Cover {
    let head = head(seed);
    let days = i64::from(Rng::of(seed, "published").between(5, 60));
    Cover {
        heading: format!("{}{}{}年政府工作报告", head.prefecture, head.region, head.plan_year),
        published_on: head.delivered_on.saturating_add(jiff::Span::new().days(days)),
    }
}

/// The county's or district's last character, as in 全县.
fn seat(head: &Head) -> char {
    head.region.chars().last().unwrap_or('县')
}

/// Title, 题注, speaker, address and the formula that opens every report.
fn opening(head: &Head, shape: &mut Rng) -> Vec<String> {
    let title = match shape.between(0, 3) {
        0 => "政府工作报告".to_owned(),
        1 => "政 府 工 作 报 告".to_owned(),
        2 => format!("{}年政府工作报告", head.plan_year),
        _ => format!("{}人民政府工作报告", head.region),
    };
    let day = head.delivered_on;
    let when = format!("{}年{}月{}日", day.year(), day.month(), day.day());
    let meeting = format!("{}第{}届人民代表大会第{}次会议", head.region, numeral(head.term), numeral(head.session));
    let note =
        if shape.chance(0.3) { format!("（{when}在{meeting}上）") } else { format!("——{when}在{meeting}上") };
    let acting = if head.acting { "代" } else { "" };
    let speaker = format!("{}人民政府{acting}{} {}", head.region, head.office, head.speaker);
    let seat = seat(head);
    vec![
        title,
        note,
        speaker,
        "各位代表：".to_owned(),
        format!("现在，我代表{seat}人民政府，向大会报告工作，请予审议，并请{seat}政协委员和其他列席人员提出意见。"),
    ]
}

/// 一、 the year behind: headline figures, then themes.
fn review(head: &Head, shape: &mut Rng, figures: &mut Rng, lines: &mut Vec<String>) {
    lines.push(format!("一、{}年工作回顾", head.plan_year - 1));
    let openings: Vec<&str> = OPENINGS.lines().collect();
    lines.push(shape.pick(&openings).replace('县', &seat(head).to_string()));
    lines.push(fill(
        "全年地区生产总值完成{亿}，增长{%}；一般公共预算收入{亿}，增长{%}；固定资产投资增长{%}；社会消费品零售总额{亿}，\
         增长{%}；城镇、农村居民人均可支配收入分别达到{y}元、{y}元，增长{%}、{%}。",
        figures,
    ));
    let count = shape.between(4, 7) as usize;
    themes(REVIEW, count, 1, shape, figures, lines);
    lines.push(
        "在看到成绩的同时，我们也清醒认识到，产业层次还不够高，财政收支矛盾仍然突出，公共服务还有短板，\
         个别干部作风不实。对此，我们将采取有力措施，认真加以解决。"
            .to_owned(),
    );
}

/// 二、 what is to be reached.
fn targets(head: &Head, figures: &mut Rng, lines: &mut Vec<String>) {
    lines.push(format!("二、{}年总体要求和主要目标", head.plan_year));
    lines.push(fill(
        "今年经济社会发展的主要预期目标是：地区生产总值增长{%}以上，一般公共预算收入增长{%}，规模以上工业增加值增长{%}，\
         固定资产投资增长{%}左右，城镇登记失业率控制在{u}%以内，居民收入增长与经济增长同步。",
        figures,
    ));
}

/// 三、 what is to be done, its last item being the government's own house.
fn tasks(head: &Head, shape: &mut Rng, figures: &mut Rng, lines: &mut Vec<String>) {
    lines.push(format!("三、{}年重点工作", head.plan_year));
    let count = shape.between(4, 7) as usize;
    themes(TASKS, count, 1, shape, figures, lines);
    lines.push(format!("（{}）加强政府自身建设", numeral(count as u32 + 1)));
    lines.push(fill(
        "坚持依法行政，自觉接受人大法律监督和政协民主监督，办理代表建议{n}件、政协提案{n}件。厉行勤俭节约，\
         一般性支出压减{%}以上。",
        figures,
    ));
}

/// The call that ends every report.
fn closing(head: &Head, lines: &mut Vec<String>) {
    lines.push("各位代表！蓝图已经绘就，奋斗正当其时。".to_owned());
    lines.push(format!("让我们更加紧密地团结起来，实干担当、勇毅前行，为建设富强美丽幸福{}而努力奋斗！", head.region));
}

/// Writes `count` themes of `table`, each a numbered heading and a paragraph.
fn themes(table: &str, count: usize, first: u32, shape: &mut Rng, figures: &mut Rng, lines: &mut Vec<String>) {
    let rows: Vec<&str> = table.lines().collect();
    for (number, row) in (first..).zip(shape.some_of(&rows, count)) {
        let mut cells = row.split('\t');
        let heading = cells.next().unwrap_or_default();
        let sentences: Vec<&str> = cells.collect();
        lines.push(format!("（{}）{heading}", numeral(number)));
        let body: String = shape.some_of(&sentences, 3).into_iter().map(|sentence| fill(sentence, figures)).collect();
        lines.push(body);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_revision_changes_figures_and_nothing_of_the_head() {
        for seed in 0..40 {
            let (first, second) = (report(seed, 0), report(seed, 1));
            assert_eq!(first, report(seed, 0));
            assert_eq!(first.cover, second.cover);
            assert_eq!(first.lines.len(), second.lines.len());
            assert_eq!(first.lines[..6], second.lines[..6]);
            assert_ne!(first.lines, second.lines);
        }
    }

    #[test]
    fn reports_read_like_reports() {
        for seed in 0..40 {
            let text = report(seed, 0).lines.join("\n");
            let chars = text.chars().count();
            assert!((900..4000).contains(&chars), "{chars} characters");
            for mark in ["人民代表大会第", "各位代表：", "工作回顾", "主要目标", "重点工作", "努力奋斗！", "亿元", "%"]
            {
                assert!(text.contains(mark), "{mark} is missing from {text}");
            }
            assert!(!text.contains(['{', '}']), "a placeholder is left in {text}");
        }
    }

    #[test]
    fn numerals() {
        let written: Vec<String> = [1, 9, 10, 11, 18, 20, 21, 99].map(numeral).into();
        assert_eq!(written, ["一", "九", "十", "十一", "十八", "二十", "二十一", "九十九"]);
    }
}
