//! What became of each figure.

use crate::figure::{Better, Figure, Spread};
use serde::Serialize;

/// What became of a figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Verdict {
    /// It moved the right way by more than the tolerance.
    Better,
    /// It moved by less than the tolerance, or not at all.
    Same,
    /// It moved by more, but the ranges of repeated runs overlap.
    Noise,
    /// It moved the wrong way by more than the tolerance.
    Worse,
    /// It was a number and is none any more.
    NoNumber,
    /// It moved, and neither way is better; or it was no number before.
    Changed,
    /// It has another unit.
    OtherUnit,
    /// It is in the first record only.
    Missing,
    /// It is in the second record only.
    New,
}

impl Verdict {
    /// Whether the exit code shall tell.
    pub(super) const fn is_worse(self) -> bool {
        matches!(self, Self::Worse | Self::NoNumber)
    }

    /// For a table.
    pub(super) const fn words(self) -> &'static str {
        match self {
            Self::Better => "better",
            Self::Same => "same",
            Self::Noise => "noise",
            Self::Worse => "WORSE",
            Self::NoNumber => "WORSE: no number",
            Self::Changed => "changed",
            Self::OtherUnit => "other unit",
            Self::Missing => "missing in B",
            Self::New => "new in B",
        }
    }
}

/// One figure in both records.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Row {
    pub(super) name: String,
    pub(super) unit: String,
    pub(super) before: Option<f64>,
    pub(super) after: Option<f64>,
    /// After by before, where both are numbers of one unit.
    pub(super) ratio: Option<f64>,
    pub(super) verdict: Verdict,
}

/// Every figure of either record, in the order of the second; those of the first alone come last.
pub(super) fn rows(before: &[Figure], after: &[Figure], tolerance: f64) -> Vec<Row> {
    let old = |figure: &Figure| before.iter().find(|other| other.name == figure.name);
    let mut rows: Vec<Row> = after
        .iter()
        .map(|figure| match old(figure) {
            Some(old) => judged(old, figure, tolerance),
            None => row(figure, None, Some(figure.value), Verdict::New),
        })
        .collect();
    let gone = before.iter().filter(|figure| after.iter().all(|other| other.name != figure.name));
    rows.extend(gone.map(|figure| row(figure, Some(figure.value), None, Verdict::Missing)));
    rows
}

fn row(figure: &Figure, before: Option<f64>, after: Option<f64>, verdict: Verdict) -> Row {
    let (name, unit) = (figure.name.clone(), figure.unit.clone());
    let ratio = match (before, after) {
        (Some(before), Some(after)) if verdict != Verdict::OtherUnit => Some(after / before),
        _ => None,
    };
    Row { name, unit, before, after, ratio: ratio.filter(|ratio| ratio.is_finite()), verdict }
}

fn judged(before: &Figure, after: &Figure, tolerance: f64) -> Row {
    row(after, Some(before.value), Some(after.value), verdict(before, after, tolerance))
}

fn verdict(before: &Figure, after: &Figure, tolerance: f64) -> Verdict {
    if before.unit != after.unit {
        return Verdict::OtherUnit;
    }
    match (before.value.is_finite(), after.value.is_finite()) {
        (true, false) => return Verdict::NoNumber,
        (false, true) => return Verdict::Changed,
        (false, false) => return Verdict::Same,
        (true, true) => {}
    }
    let moved = after.value - before.value;
    if moved.abs() <= tolerance * before.value.abs() {
        return Verdict::Same;
    }
    if before.spread.zip(after.spread).is_some_and(|(a, b)| overlap(a, b)) {
        return Verdict::Noise;
    }
    match after.better() {
        Better::Neither => Verdict::Changed,
        Better::Larger if moved > 0.0 => Verdict::Better,
        Better::Smaller if moved < 0.0 => Verdict::Better,
        Better::Larger | Better::Smaller => Verdict::Worse,
    }
}

/// Whether two ranges share a value. A single run tells no range.
fn overlap(a: Spread, b: Spread) -> bool {
    a.runs > 1 && b.runs > 1 && a.low <= b.high && b.low <= a.high
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::Samples;

    fn of(before: Figure, after: Figure) -> Verdict {
        rows(&[before], &[after], 0.05)[0].verdict
    }

    fn figure(value: f64, unit: &str) -> Figure {
        Figure::new("a", value, unit)
    }

    #[test]
    fn a_time_gets_worse_upwards_and_a_rate_downwards() {
        assert_eq!(of(figure(100.0, "ms"), figure(106.0, "ms")), Verdict::Worse);
        assert_eq!(of(figure(100.0, "ms"), figure(94.0, "ms")), Verdict::Better);
        assert_eq!(of(figure(100.0, "pairs/s"), figure(106.0, "pairs/s")), Verdict::Better);
        assert_eq!(of(figure(100.0, "pairs/s"), figure(94.0, "pairs/s")), Verdict::Worse);
        assert_eq!(of(figure(100.0, "ms"), figure(105.0, "ms")), Verdict::Same);
        assert_eq!(of(figure(100.0, "minutiae"), figure(50.0, "minutiae")), Verdict::Changed);
    }

    #[test]
    fn a_figure_says_which_way_it_improves_where_its_unit_does_not() {
        let found = |value| figure(value, "%").better_when(Better::Larger);
        assert_eq!(of(found(100.0), found(90.0)), Verdict::Worse);
        let missed = |value| figure(value, "%").better_when(Better::Smaller);
        assert_eq!(of(missed(0.0), missed(0.0)), Verdict::Same);
        assert_eq!(of(missed(0.0), missed(0.1)), Verdict::Worse);
    }

    #[test]
    fn a_move_within_the_spread_of_the_runs_is_noise() {
        let figure = |values: &[f64]| Figure::median("a", &Samples::new(values.to_vec()), "ms");
        let before = figure(&[8.0, 9.0, 10.0, 11.0]);
        assert_eq!(of(before.clone(), figure(&[9.0, 10.0, 12.0, 13.0])), Verdict::Noise);
        assert_eq!(of(before.clone(), figure(&[12.0, 13.0, 14.0, 15.0])), Verdict::Worse);
        assert_eq!(of(before.clone(), Figure::new("a", 9.9, "ms")), Verdict::Worse);
        assert_eq!(of(figure(&[9.0]), figure(&[9.9])), Verdict::Worse);
    }

    #[test]
    fn what_stopped_being_a_number_is_worse() {
        assert_eq!(of(figure(1.0, "ms"), figure(f64::NAN, "ms")), Verdict::NoNumber);
        assert_eq!(of(figure(1.0, "ms"), figure(f64::INFINITY, "ms")), Verdict::NoNumber);
        assert_eq!(of(figure(f64::NAN, "ms"), figure(1.0, "ms")), Verdict::Changed);
        assert_eq!(of(figure(f64::NAN, "ms"), figure(f64::NAN, "ms")), Verdict::Same);
        assert!(Verdict::NoNumber.is_worse() && !Verdict::Changed.is_worse());
    }

    #[test]
    fn another_unit_is_not_compared() {
        let rows = rows(&[figure(1.0, "ms")], &[figure(1000.0, "us")], 0.05);
        assert_eq!((rows[0].verdict, rows[0].ratio), (Verdict::OtherUnit, None));
    }

    #[test]
    fn figures_of_one_record_alone_are_listed_and_not_worse() {
        let named = |name: &str| Figure::new(name, 2.0, "ms");
        let rows = rows(&[named("gone"), named("both")], &[named("both"), named("new")], 0.05);
        let listed: Vec<_> = rows.iter().map(|row| (row.name.as_str(), row.verdict)).collect();
        let expected = [("both", Verdict::Same), ("new", Verdict::New), ("gone", Verdict::Missing)];
        assert_eq!(listed, expected);
        assert_eq!((rows[1].before, rows[2].after, rows[2].ratio), (None, None, None));
        assert!(rows.iter().all(|row| !row.verdict.is_worse()));
    }
}
