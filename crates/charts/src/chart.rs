//! Line charts and histograms as SVG.

use crate::html::{Html, element, escape, join};
use std::fmt::Write;

/// How values are laid out along an axis.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Scale {
    /// From the first to the second value, evenly.
    Linear(f64, f64),
    /// From 10 to the power of the first to 10 to the power of the second, by ratio.
    Decades(i32, i32),
}

/// How tick labels are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// As they are.
    Number,
    /// A share of one, in percent.
    Percent,
    /// With a prefix for thousands: 10 k, 1 M.
    Prefixed,
}

/// One side of a chart.
#[derive(Debug, Clone, Copy)]
pub struct Axis<'a> {
    /// What it shows.
    pub title: &'a str,
    /// How it is laid out.
    pub scale: Scale,
    /// How it is labeled.
    pub unit: Unit,
}

/// How a series is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stroke {
    /// Points joined by straight lines.
    Line,
    /// The same with a disc at each point, for few points.
    Marked,
    /// Each value held until the next point.
    Steps,
    /// Steps with the area below filled.
    Area,
    /// A disc at each point.
    Dots,
}

/// Points of one kind.
#[derive(Debug, Clone)]
pub struct Series {
    /// Its name in the key.
    pub name: String,
    /// How it is drawn.
    pub stroke: Stroke,
    /// x and y in the units of the axes.
    pub points: Vec<(f64, f64)>,
    /// Vertical bars: x, lower and upper end.
    pub intervals: Vec<(f64, f64, f64)>,
}

impl Series {
    /// A series without intervals.
    pub fn new(name: &str, stroke: Stroke, points: Vec<(f64, f64)>) -> Self {
        Self { name: name.to_owned(), stroke, points, intervals: Vec::new() }
    }
}

/// A chart.
#[derive(Debug, Clone)]
pub struct Chart<'a> {
    /// What it shows, for those who cannot see it.
    pub title: &'a str,
    /// Across.
    pub x: Axis<'a>,
    /// Up.
    pub y: Axis<'a>,
    /// At most four.
    pub series: Vec<Series>,
    /// Labeled values of x, drawn as vertical lines.
    pub levels: Vec<(f64, String)>,
}

const WIDTH: f64 = 560.0;
const HEIGHT: f64 = 350.0;
const LEFT: f64 = 62.0;
const RIGHT: f64 = 532.0;
const TOP: f64 = 12.0;
const BOTTOM: f64 = 300.0;

impl Chart<'_> {
    /// The picture and a caption that starts with the key.
    pub fn figure(&self, caption: &str) -> Html {
        let keys = self.series.iter().enumerate().map(|(index, series)| key(index, &series.name));
        let caption = join([element("div", &[], keys), Html::text(caption)]);
        crate::page::figure(self.svg(), caption)
    }

    /// The picture alone, colored by the page's style.
    pub fn svg(&self) -> Html {
        let mut svg = format!(
            "<svg class=\"chart\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\">\
             <title>{}</title>",
            escape(self.title)
        );
        self.draw_grid(&mut svg);
        for (index, series) in self.series.iter().enumerate() {
            self.draw_series(&mut svg, index, series);
        }
        for (value, label) in &self.levels {
            self.draw_level(&mut svg, *value, label);
        }
        let _ = write!(
            svg,
            "<rect class=\"frame\" x=\"{LEFT}\" y=\"{TOP}\" width=\"{}\" height=\"{}\"/></svg>",
            RIGHT - LEFT,
            BOTTOM - TOP
        );
        Html::trusted(svg)
    }

    fn draw_grid(&self, svg: &mut String) {
        for tick in ticks(self.x) {
            let x = self.x_at(tick.value);
            let class = tick.class();
            let _ = write!(
                svg,
                "<line class=\"{class}\" x1=\"{x:.1}\" y1=\"{TOP}\" x2=\"{x:.1}\" y2=\"{BOTTOM}\"/>\
                 <text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>",
                BOTTOM + 17.0,
                escape(&tick.label)
            );
        }
        for tick in ticks(self.y) {
            let y = self.y_at(tick.value);
            let class = tick.class();
            let _ = write!(
                svg,
                "<line class=\"{class}\" x1=\"{LEFT}\" y1=\"{y:.1}\" x2=\"{RIGHT}\" y2=\"{y:.1}\"/>\
                 <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
                LEFT - 7.0,
                y + 4.0,
                escape(&tick.label)
            );
        }
        let (across, up) = ((LEFT + RIGHT) / 2.0, (TOP + BOTTOM) / 2.0);
        let _ = write!(
            svg,
            "<text x=\"{across}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>\
             <text transform=\"translate(14 {up}) rotate(-90)\" text-anchor=\"middle\">{}</text>",
            HEIGHT - 10.0,
            escape(self.x.title),
            escape(self.y.title)
        );
    }

    fn draw_series(&self, svg: &mut String, index: usize, series: &Series) {
        let points: Vec<(f64, f64)> =
            series.points.iter().map(|(x, y)| (self.x_at(*x), self.y_at(*y))).collect();
        let points = without_repeats(points);
        let class = format!("s{}", index % 4);
        let name = escape(&series.name);
        if series.stroke != Stroke::Dots {
            let data = outline(&points, series.stroke);
            let kind = if series.stroke == Stroke::Area { "area" } else { "line" };
            let _ = write!(
                svg,
                "<path class=\"{class} {kind}\" d=\"{data}\"><title>{name}</title></path>"
            );
        }
        if matches!(series.stroke, Stroke::Dots | Stroke::Marked) {
            for (x, y) in &points {
                let _ =
                    write!(svg, "<circle class=\"{class}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"4\"/>");
            }
        }
        for (x, low, high) in &series.intervals {
            let (x, low, high) = (self.x_at(*x), self.y_at(*low), self.y_at(*high));
            let _ = write!(
                svg,
                "<path class=\"{class}\" stroke-width=\"1.5\" d=\"M{x:.1} {low:.1}V{high:.1}\
                 M{:.1} {low:.1}h8M{:.1} {high:.1}h8\"/>",
                x - 4.0,
                x - 4.0
            );
        }
    }

    fn draw_level(&self, svg: &mut String, value: f64, label: &str) {
        let x = self.x_at(value);
        let (anchor, at) =
            if x > (LEFT + RIGHT) / 2.0 { ("end", x - 6.0) } else { ("start", x + 6.0) };
        let _ = write!(
            svg,
            "<line class=\"level\" x1=\"{x:.1}\" y1=\"{TOP}\" x2=\"{x:.1}\" y2=\"{BOTTOM}\"/>\
             <text x=\"{at:.1}\" y=\"{:.1}\" text-anchor=\"{anchor}\">{}</text>",
            TOP + 15.0,
            escape(label)
        );
    }

    fn x_at(&self, value: f64) -> f64 {
        LEFT + (RIGHT - LEFT) * share(self.x.scale, value)
    }

    fn y_at(&self, value: f64) -> f64 {
        BOTTOM - (BOTTOM - TOP) * share(self.y.scale, value)
    }
}

/// Where a value stands between the ends of a scale, 0 to 1; what lies beyond stands at the end.
fn share(scale: Scale, value: f64) -> f64 {
    let share = match scale {
        Scale::Linear(low, high) => (value - low) / (high - low),
        Scale::Decades(low, high) => {
            (value.max(1e-300).log10() - f64::from(low)) / f64::from(high - low)
        }
    };
    // A value that is no number is shown at the start rather than as a broken picture.
    if share.is_nan() { 0.0 } else { share.clamp(0.0, 1.0) }
}

/// Leaves out points that would be drawn where the one before is; curves have thousands of them.
fn without_repeats(mut points: Vec<(f64, f64)>) -> Vec<(f64, f64)> {
    let drawn = |point: &(f64, f64)| ((point.0 * 10.0).round(), (point.1 * 10.0).round());
    points.dedup_by_key(|point| drawn(point));
    points
}

fn outline(points: &[(f64, f64)], stroke: Stroke) -> String {
    let mut data = String::new();
    for (index, (x, y)) in points.iter().enumerate() {
        let _ = match (index, stroke) {
            (0, Stroke::Area) => write!(data, "M{x:.1} {BOTTOM}V{y:.1}"),
            (0, _) => write!(data, "M{x:.1} {y:.1}"),
            (_, Stroke::Line | Stroke::Marked) => write!(data, "L{x:.1} {y:.1}"),
            (_, _) => write!(data, "H{x:.1}V{y:.1}"),
        };
    }
    if stroke == Stroke::Area && !points.is_empty() {
        let _ = write!(data, "V{BOTTOM}Z");
    }
    data
}

fn key(index: usize, name: &str) -> Html {
    let class = format!("s{}", index % 4);
    let line = element("line", &[("class", &class), ("x2", "24"), ("y1", "5"), ("y2", "5")], []);
    let swatch = element("svg", &[("viewBox", "0 0 24 10"), ("aria-hidden", "true")], [line]);
    element("span", &[("class", "key")], [swatch, Html::text(name)])
}

struct Tick {
    value: f64,
    label: String,
    fine: bool,
}

impl Tick {
    const fn class(&self) -> &'static str {
        if self.fine { "fine" } else { "tick" }
    }
}

fn ticks(axis: Axis<'_>) -> Vec<Tick> {
    match axis.scale {
        Scale::Linear(low, high) => {
            let step = nice_step((high - low) / 7.0);
            let count = ((high - low) / step + 1e-9).floor() as usize;
            let value = |index: usize| low + step * index as f64;
            let tick = |index| Tick {
                value: value(index),
                label: label(value(index), axis.unit),
                fine: false,
            };
            (0..=count).map(tick).collect()
        }
        Scale::Decades(low, high) => {
            (low..=high).flat_map(|e| decade(e, high, axis.unit)).collect()
        }
    }
}

/// A power of ten with its label, and its multiples without.
fn decade(exponent: i32, last: i32, unit: Unit) -> Vec<Tick> {
    let base = 10f64.powi(exponent);
    let mut ticks = vec![Tick { value: base, label: label(base, unit), fine: false }];
    if exponent < last {
        let fine = |k: i32| Tick { value: base * f64::from(k), label: String::new(), fine: true };
        ticks.extend((2..=9).map(fine));
    }
    ticks
}

/// The next of 1, 2, 5, 10, … times a power of ten.
fn nice_step(rough: f64) -> f64 {
    let magnitude = 10f64.powf(rough.max(1e-12).log10().floor());
    let steps = [1.0, 2.0, 5.0, 10.0].map(|factor| factor * magnitude);
    steps.into_iter().find(|step| *step >= rough * 0.999).unwrap_or(magnitude * 10.0)
}

fn label(value: f64, unit: Unit) -> String {
    match unit {
        Unit::Percent => format!("{} %", shortest(value * 100.0)),
        Unit::Number => shortest(value),
        Unit::Prefixed => prefixed(value),
    }
}

/// A number with the largest prefix that leaves at least one before the point: 10 k, 1.5 M.
pub fn prefixed(value: f64) -> String {
    let prefixes = [(1e9, " G"), (1e6, " M"), (1e3, " k")];
    // A power of ten computed in floating point may lie just below itself.
    let prefix = prefixes.into_iter().find(|(size, _)| value.abs() >= size * (1.0 - 1e-9));
    let (size, name) = prefix.unwrap_or((1.0, ""));
    shortest(value / size) + name
}

/// At most six significant digits, without trailing zeros.
fn shortest(value: f64) -> String {
    let rounded = format!("{value:.6}");
    let trimmed = rounded.trim_end_matches('0').trim_end_matches('.');
    if trimmed.is_empty() || trimmed == "-0" { "0".to_owned() } else { trimmed.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn axis(scale: Scale) -> Axis<'static> {
        Axis { title: "x", scale, unit: Unit::Percent }
    }

    fn labels(scale: Scale) -> Vec<String> {
        let labels = ticks(axis(scale)).into_iter().map(|tick| tick.label);
        labels.filter(|label| !label.is_empty()).collect()
    }

    #[test]
    fn ticks_are_round_numbers() {
        assert_eq!(
            labels(Scale::Linear(0.0, 1.0)),
            ["0 %", "20 %", "40 %", "60 %", "80 %", "100 %"]
        );
        assert_eq!(labels(Scale::Decades(-3, 0)), ["0.1 %", "1 %", "10 %", "100 %"]);
    }

    #[test]
    fn large_numbers_are_written_with_a_prefix() {
        let label = |value| label(value, Unit::Prefixed);
        assert_eq!([0.5, 999.0, 1e3].map(label), ["0.5", "999", "1 k"]);
        assert_eq!([25e4, 10f64.powi(7), 3e9].map(label), ["250 k", "10 M", "3 G"]);
    }

    #[test]
    fn only_marked_points_have_both_a_line_and_discs() {
        let (x, y) = (axis(Scale::Linear(0.0, 1.0)), axis(Scale::Linear(0.0, 1.0)));
        let drawn = |stroke| {
            let series = vec![Series::new("a", stroke, vec![(0.0, 0.0), (0.5, 1.0), (1.0, 0.2)])];
            let svg = Chart { title: "a", x, y, series, levels: Vec::new() }.svg();
            (svg.as_str().matches("<path").count(), svg.as_str().matches("<circle").count())
        };
        assert_eq!(drawn(Stroke::Line), (1, 0));
        assert_eq!(drawn(Stroke::Marked), (1, 3));
        assert_eq!(drawn(Stroke::Dots), (0, 3));
    }

    #[test]
    fn a_zero_on_a_ratio_scale_stands_at_the_low_end() {
        assert_eq!(share(Scale::Decades(-3, 0), 0.0), 0.0);
        assert_eq!(share(Scale::Decades(-2, 0), 0.1), 0.5);
        assert_eq!(share(Scale::Linear(0.0, 4.0), f64::NAN), 0.0);
    }

    #[test]
    fn names_are_escaped() {
        let series = vec![Series::new("<b>", Stroke::Line, vec![(0.0, 0.0), (1.0, 1.0)])];
        let (x, y) = (axis(Scale::Linear(0.0, 1.0)), axis(Scale::Linear(0.0, 1.0)));
        let chart = Chart { title: "a & b", x, y, series, levels: vec![(0.5, "<i>".into())] };
        let markup = chart.figure("<u>");
        for tag in ["<b>", "<i>", "<u>", "a & b"] {
            assert!(!markup.as_str().contains(tag), "{tag} was not escaped");
        }
    }
}
