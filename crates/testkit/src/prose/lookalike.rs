//! Texts that stand in the same lists and use the same words as reports, and are none.

use super::figures::fill;
use super::{Cover, Text, head, numeral};
use crate::rng::Rng;
use jiff::civil::date;

/// The look-alike named by `seed`, with the figures of `revision`: an office's notice, a piece of
/// news, or a budget report, as the seed has it.
pub(crate) fn lookalike(seed: u64, revision: u32) -> Text {
    let mut shape = Rng::of(seed, "look-alike");
    let mut figures = Rng::of(seed, &format!("look-alike {revision}"));
    match shape.between(0, 2) {
        0 => notice(seed, &mut shape, &mut figures),
        1 => news(seed, &mut figures),
        _ => budget(seed, &mut figures),
    }
}

/// An office asks for something to do with the report.
fn notice(seed: u64, shape: &mut Rng, figures: &mut Rng) -> Text {
    let head = head(seed);
    let (region, year) = (&head.region, head.plan_year);
    let published_on = date(year - 1, 11, shape.between(1, 28) as i8);
    let heading = format!("{region}人民政府办公室关于征集{year}年政府工作报告意见建议的通知");
    let lines = vec![
        "各乡镇人民政府，各部门、各直属机构：".to_owned(),
        "为做好政府工作报告起草工作，现就征集意见建议有关事项通知如下。".to_owned(),
        "一、征集内容".to_owned(),
        fill("包括产业发展、城乡建设、民生实事等方面，每个单位报送建议不少于{k}条。", figures),
        "二、报送要求".to_owned(),
        fill("请于11月30日前将书面材料报送办公室综合科，逾期未报的通报批评。上年建议采纳率为{r}%。", figures),
        format!("联系人：{}，联系电话：0000-{}", head.speaker, shape.between(2_000_000, 8_999_999)),
        format!("{region}人民政府办公室"),
        format!("{}年{}月{}日", published_on.year(), published_on.month(), published_on.day()),
    ];
    Text { cover: Cover { heading, published_on }, lines }
}

/// A reporter writes that a report was delivered.
fn news(seed: u64, figures: &mut Rng) -> Text {
    let head = head(seed);
    let region = &head.region;
    let day = head.delivered_on;
    let heading = format!("{region}第{}届人民代表大会第{}次会议隆重开幕", numeral(head.term), numeral(head.session));
    let lines = vec![
        format!("本报讯（记者 {}）{}月{}日上午，{heading}。", head.speaker, day.month(), day.day()),
        fill("会议应到代表{n}名，实到代表符合法定人数。大会执行主席主持会议。", figures),
        format!("{}{}代表{region}人民政府向大会作政府工作报告。", head.office, head.speaker),
        fill("报告指出，过去一年地区生产总值增长{%}，新增城镇就业{N}人。代表们以热烈的掌声通过了会议议程。", figures),
        "会议将于明日继续举行分组审议。（图片由本报摄影部提供）".to_owned(),
    ];
    Text { cover: Cover { heading, published_on: day }, lines }
}

/// The finance bureau's report to the same session.
fn budget(seed: u64, figures: &mut Rng) -> Text {
    let head = head(seed);
    let (region, year) = (&head.region, head.plan_year);
    let day = head.delivered_on;
    let heading = format!("关于{region}{}年财政预算执行情况和{year}年财政预算草案的报告", year - 1);
    let lines = vec![
        format!("{region}财政局局长 {}", head.speaker),
        "各位代表：".to_owned(),
        format!("受{region}人民政府委托，现将{}年财政预算执行情况和{year}年财政预算草案提请大会审议。", year - 1),
        format!("一、{}年财政预算执行情况", year - 1),
        fill("一般公共预算收入完成{亿}，为预算的{c}%；一般公共预算支出{亿}，增长{%}。", figures),
        fill("政府性基金收入{亿}，国有资本经营收入{亿}，社会保险基金收入{亿}。", figures),
        format!("二、{year}年财政预算草案"),
        fill("一般公共预算收入预期增长{%}，支出安排{亿}，收支平衡。", figures),
    ];
    let published_on = day.saturating_add(jiff::Span::new().days(20));
    Text { cover: Cover { heading, published_on }, lines }
}
