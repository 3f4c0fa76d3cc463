//! Stage 9, on the list: how sure a minutia is real, and which are surely not.

use crate::cells::Cells;
use crate::minutiae::Found;
use crate::segmentation::BorderDistance;

/// Minutiae nearer to the border than this many ridge periods are dropped.
const BORDER_PERIODS: f32 = 0.4;
/// Minutiae of opposite direction nearer than this many periods cancel each other.
const OPPOSITE_PERIODS: f32 = 0.5;

/// What reliability depends on.
pub(crate) struct Evidence<'a> {
    pub(crate) clarity: &'a Cells<f32>,
    pub(crate) period_px: &'a Cells<f32>,
    pub(crate) border: &'a BorderDistance,
}

/// A minutia with its reliability.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Judged {
    pub(crate) found: Found,
    /// `0.0..=1.0`.
    pub(crate) reliability: f32,
}

/// Drops the false and judges the rest.
pub(crate) fn judge(found: &[Found], evidence: &Evidence) -> Vec<Judged> {
    let inner: Vec<Found> = found.iter().copied().filter(|m| inside(m, evidence)).collect();
    let single = without_opposite(&inner, evidence);
    single
        .iter()
        .enumerate()
        .map(|(index, m)| Judged { found: *m, reliability: reliability(&single, index, evidence) })
        .collect()
}

fn period(m: &Found, evidence: &Evidence) -> f32 {
    evidence.period_px.interpolated(m.x, m.y)
}

fn inside(m: &Found, evidence: &Evidence) -> bool {
    let border = evidence.border.at(m.x, m.y).min(evidence.border.at(m.node.0, m.node.1));
    border >= BORDER_PERIODS * period(m, evidence)
}

/// Pairs of a list nearer than a distance, as indices, nearest pairs not first.
fn near_pairs(list: &[Found], reach_px: f32) -> Vec<(usize, usize)> {
    let mut order: Vec<usize> = (0..list.len()).collect();
    order.sort_by(|a, b| list[*a].y.total_cmp(&list[*b].y).then(a.cmp(b)));
    let mut pairs = Vec::new();
    for (rank, a) in order.iter().enumerate() {
        for b in &order[rank + 1..] {
            if list[*b].y - list[*a].y > reach_px {
                break;
            }
            if (list[*b].x - list[*a].x).abs() <= reach_px {
                pairs.push((*a.min(b), *a.max(b)));
            }
        }
    }
    pairs
}

fn distance(a: &Found, b: &Found) -> f32 {
    ((a.x - b.x) * (a.x - b.x) + (a.y - b.y) * (a.y - b.y)).sqrt()
}

/// Two minutiae of opposite direction side by side are one disturbed ridge, not two features.
fn without_opposite(list: &[Found], evidence: &Evidence) -> Vec<Found> {
    let mut pairs: Vec<(f32, usize, usize)> = near_pairs(list, 25.0)
        .into_iter()
        .filter_map(|(a, b)| {
            let (first, second) = (&list[a], &list[b]);
            let apart = distance(first, second);
            let opposite = libm::cosf(first.angle - second.angle) < -0.7;
            let near = apart < OPPOSITE_PERIODS * period(first, evidence);
            (opposite && near).then_some((apart, a, b))
        })
        .collect();
    pairs.sort_by(|a, b| a.0.total_cmp(&b.0).then((a.1, a.2).cmp(&(b.1, b.2))));
    let mut kept = vec![true; list.len()];
    for (_, a, b) in pairs {
        if kept[a] && kept[b] {
            kept[a] = false;
            kept[b] = false;
        }
    }
    list.iter().zip(kept).filter(|(_, kept)| *kept).map(|(m, _)| *m).collect()
}

/// A rising ramp from 0 at `low` to 1 at `high`.
fn ramp(value: f32, low: f32, high: f32) -> f32 {
    ((value - low) / (high - low)).clamp(0.0, 1.0)
}

fn reliability(list: &[Found], index: usize, evidence: &Evidence) -> f32 {
    let m = &list[index];
    let period = period(m, evidence);
    let clarity = evidence.clarity.interpolated(m.x, m.y);
    let border = evidence.border.at(m.x, m.y) / period;
    let neighbors = list
        .iter()
        .enumerate()
        .filter(|(i, other)| *i != index && distance(m, other) < 2.0 * period)
        .count() as f32;
    let clear = 0.1 + 0.9 * ramp(clarity, 0.2, 0.8);
    let inner = 0.3 + 0.7 * ramp(border, 0.5, 3.0);
    let lonely = 1.0 / (1.0 + 0.3 * neighbors);
    let long = 0.5 + 0.5 * ramp(m.shortest / period, 0.8, 2.5);
    let agrees = 0.5 + 0.5 * ramp(m.agreement, 0.5, 0.9);
    let exact = if m.exact { 1.0 } else { 0.8 };
    clear * inner * lonely * long * agrees * exact
}
