//! Bars as inline SVG: drawn with integers, coloured by the style sheet, readable as a table by whoever cannot see them.

use maud::{Markup, html};

use super::text;

const WIDTH: i64 = 960;
/// The height of a chart that is the page's matter, in its own units.
pub const TALL: i64 = 260;
/// The height of a chart that leads elsewhere.
pub const LOW: i64 = 180;
const LEFT: i64 = 64;
const TOP: i64 = 14;
const BOTTOM: i64 = 30;
/// The most lines across the chart.
const LINES_MAX: i64 = 4;

/// One bar, with the value that it is compared to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bar {
    pub label: String,
    /// What a pointer or a reader is told.
    pub title: String,
    pub value: i64,
    pub before: Option<i64>,
    pub link: Option<String>,
    pub current: bool,
}

/// Draws bars of amounts of one currency.
pub fn bars(name: &str, bars: &[Bar], currency: &str, height: i64) -> Markup {
    let values = || bars.iter().flat_map(|bar| [Some(bar.value), bar.before]).flatten();
    let step = step(values().max().unwrap_or(0).max(0), values().min().unwrap_or(0).min(0));
    let top = values().max().unwrap_or(0).max(step).div_euclid(step) * step
        + if values().max().unwrap_or(0) % step > 0 { step } else { 0 };
    let low = values().min().unwrap_or(0).min(0).div_euclid(step) * step;
    let plot = height - TOP - BOTTOM;
    let y = |value: i64| TOP + scale(top - value, plot, top - low);
    let slot = (WIDTH - LEFT) / i64::try_from(bars.len().max(1)).unwrap_or(1);
    let wide = (slot * 5 / 8).clamp(4, 44);
    let lines = (low / step)..=(top / step);
    html! {
        svg.chart viewBox={ "0 0 " (WIDTH) " " (height) } role="img" aria-label=(name) {
            @for line in lines.map(|n| n * step) {
                line.grid.zero[line == 0] x1=(LEFT) x2=(WIDTH) y1=(y(line)) y2=(y(line)) {}
                text.axis x=(LEFT - 10) y=(y(line) + 4) text-anchor="end" { (text::whole(line, currency)) }
            }
            @for (at, bar) in bars.iter().enumerate() {
                @let x = LEFT + slot * i64::try_from(at).unwrap_or(0) + (slot - wide) / 2;
                (optional_link(bar.link.as_deref(), &html! {
                    g.bar.current[bar.current] {
                        title { (bar.title) }
                        rect.reach x=(x - (slot - wide) / 2) y=(TOP) width=(slot) height=(plot) {}
                        @if let Some(before) = bar.before {
                            (rect("before", x - 3, wide + 6, y(before.max(0)), y(before.min(0))))
                        }
                        (rect("value", x, wide, y(bar.value.max(0)), y(bar.value.min(0))))
                        text.axis x=(x + wide / 2) y=(height - 8) text-anchor="middle" { (bar.label) }
                    }
                }))
            }
        }
    }
}

fn rect(class: &str, x: i64, width: i64, from: i64, to: i64) -> Markup {
    html! {
        @if to > from { rect class=(class) x=(x) y=(from) width=(width) height=(to - from) rx="3" {} }
    }
}

fn optional_link(link: Option<&str>, content: &Markup) -> Markup {
    html! {
        @match link {
            Some(link) => a href=(link) { (content) },
            None => (content),
        }
    }
}

fn scale(value: i64, to: i64, of: i64) -> i64 {
    let scaled = i128::from(value) * i128::from(to) / i128::from(of.max(1));
    i64::try_from(scaled).unwrap_or(0)
}

/// A round step (1, 2 or 5 times a power of ten) that needs at most [`LINES_MAX`] lines for the range.
fn step(top: i64, low: i64) -> i64 {
    let range = (top - low).max(1);
    let mut power: i64 = 1;
    loop {
        for factor in [1, 2, 5] {
            let step = power.saturating_mul(factor);
            if range / step < LINES_MAX && step >= 100 {
                return step;
            }
        }
        power = power.saturating_mul(10);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bar(value: i64) -> Bar {
        Bar { label: "9".into(), title: "nine".into(), value, before: None, link: None, current: false }
    }

    #[test]
    fn steps_are_round_and_few() {
        for (top, low) in [(0, 0), (1, 0), (99_999, 0), (123_456_789, 0), (5_000, -70_000), (i64::MAX / 4, 0)]
        {
            let step = step(top, low);
            assert!((top - low) / step < LINES_MAX, "{top} {low} {step}");
            assert!(["1", "2", "5"].contains(&step.to_string().trim_end_matches('0')), "{step}");
        }
    }

    #[test]
    fn no_value_leaves_the_picture() {
        for values in [vec![0, 0], vec![-500, 1_200], vec![i64::MAX / 8, 3], vec![-90_000]] {
            let all: Vec<Bar> = values.into_iter().map(bar).collect();
            let svg = bars("net", &all, "EUR", TALL).into_string();
            for y in
                svg.split(" y=\"").skip(1).map(|rest| rest.split('"').next().unwrap().parse::<i64>().unwrap())
            {
                assert!((0..=TALL).contains(&y), "{y} in {svg}");
            }
        }
    }
}
