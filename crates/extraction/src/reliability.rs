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
    let bins = Bins::new(&single);
    single
        .iter()
        .enumerate()
        .map(|(index, m)| Judged { found: *m, reliability: reliability(&bins, index, evidence) })
        .collect()
}

fn period(m: &Found, evidence: &Evidence) -> f32 {
    evidence.period_px.interpolated(m.x, m.y)
}

fn inside(m: &Found, evidence: &Evidence) -> bool {
    let border = evidence.border.at(m.x, m.y).min(evidence.border.at(m.node.0, m.node.1));
    border >= BORDER_PERIODS * period(m, evidence)
}

/// The places of a list in square bins, so that what is near one is found without a look at all.
struct Bins<'a> {
    list: &'a [Found],
    columns: usize,
    rows: usize,
    /// By bin, row by row: indices into the list, rising.
    members: Vec<Vec<u32>>,
}

impl<'a> Bins<'a> {
    /// Side of a bin, px: about three ridge periods.
    const SIDE_PX: f32 = 32.0;

    fn new(list: &'a [Found]) -> Self {
        let side = |largest: f32| Self::bin(largest) + 1;
        let columns = side(list.iter().map(|m| m.x).fold(0.0, f32::max));
        let rows = side(list.iter().map(|m| m.y).fold(0.0, f32::max));
        let mut members = vec![Vec::new(); columns * rows];
        for (index, m) in list.iter().enumerate() {
            members[Self::bin(m.y) * columns + Self::bin(m.x)].push(index as u32);
        }
        Self { list, columns, rows, members }
    }

    /// The bin of a coordinate; all below zero are in the first.
    const fn bin(coordinate: f32) -> usize {
        (coordinate / Self::SIDE_PX) as usize
    }

    /// Indices of all nearer to one of the list than `reach_px`, without itself.
    fn near(&self, index: usize, reach_px: f32) -> impl Iterator<Item = usize> {
        let m = &self.list[index];
        // A pixel more, so that no rounding leaves out a bin.
        let reach = reach_px + 1.0;
        let range =
            |at: f32, bins: usize| Self::bin(at - reach)..(Self::bin(at + reach) + 1).min(bins);
        let columns = range(m.x, self.columns);
        let bins = range(m.y, self.rows)
            .flat_map(move |row| columns.clone().map(move |column| row * self.columns + column));
        let members = bins.flat_map(|bin| &self.members[bin]).map(|other| *other as usize);
        members.filter(move |other| *other != index && distance(m, &self.list[*other]) < reach_px)
    }
}

fn distance(a: &Found, b: &Found) -> f32 {
    ((a.x - b.x) * (a.x - b.x) + (a.y - b.y) * (a.y - b.y)).sqrt()
}

/// Two minutiae of opposite direction side by side are one disturbed ridge, not two features.
fn without_opposite(list: &[Found], evidence: &Evidence) -> Vec<Found> {
    let bins = Bins::new(list);
    let mut pairs: Vec<(f32, usize, usize)> = Vec::new();
    for (a, first) in list.iter().enumerate() {
        let reach_px = OPPOSITE_PERIODS * period(first, evidence);
        let opposite = |b: &usize| libm::cosf(first.angle - list[*b].angle) < -0.7;
        let after = bins.near(a, reach_px).filter(|b| *b > a);
        pairs.extend(after.filter(opposite).map(|b| (distance(first, &list[b]), a, b)));
    }
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

fn reliability(bins: &Bins<'_>, index: usize, evidence: &Evidence) -> f32 {
    let m = &bins.list[index];
    let period = period(m, evidence);
    let clarity = evidence.clarity.interpolated(m.x, m.y);
    let border = evidence.border.at(m.x, m.y) / period;
    let neighbors = bins.near(index, 2.0 * period).count() as f32;
    let clear = 0.1 + 0.9 * ramp(clarity, 0.2, 0.8);
    let inner = 0.3 + 0.7 * ramp(border, 0.5, 3.0);
    let lonely = 1.0 / (1.0 + 0.3 * neighbors);
    let long = 0.5 + 0.5 * ramp(m.shortest / period, 0.8, 2.5);
    let agrees = 0.5 + 0.5 * ramp(m.agreement, 0.5, 0.9);
    let exact = if m.exact { 1.0 } else { 0.8 };
    clear * inner * lonely * long * agrees * exact
}

#[cfg(test)]
mod tests {
    use super::*;
    use vocabulary::MinutiaKind;

    /// Places over `side_px`, some of them on the very edges.
    fn scattered(count: u64, side_px: f32) -> Vec<Found> {
        let place = |number: u64, salt: u64| {
            let mixed = (number * 2 + salt).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40;
            ((mixed as f32 / (1 << 24) as f32 * 1.1 - 0.05) * side_px).clamp(-2.0, side_px)
        };
        let found = |number| Found {
            node: (0.0, 0.0),
            x: place(number, 0),
            y: place(number, 1),
            angle: 0.0,
            kind: MinutiaKind::Ending,
            agreement: 1.0,
            shortest: 9.0,
            exact: true,
        };
        (0..count).map(found).collect()
    }

    #[test]
    fn the_near_are_those_that_a_look_at_all_finds() {
        let list = scattered(400, 300.0);
        let bins = Bins::new(&list);
        for reach_px in [0.0, 4.5, 18.0, 31.9, 32.0, 75.0, 1000.0] {
            for index in 0..list.len() {
                let mut near: Vec<usize> = bins.near(index, reach_px).collect();
                near.sort_unstable();
                let is_near =
                    |i: &usize| *i != index && distance(&list[index], &list[*i]) < reach_px;
                assert_eq!(near, (0..list.len()).filter(is_near).collect::<Vec<_>>());
            }
        }
        assert_eq!(Bins::new(&[]).members.len(), 1);
    }

    #[test]
    fn the_largest_image_full_of_minutiae_costs_each_a_look_at_its_bins_only() {
        let list = scattered(100_000, 4096.0);
        let bins = Bins::new(&list);
        assert_eq!(bins.members.iter().map(Vec::len).sum::<usize>(), list.len());
        let largest = bins.members.iter().map(Vec::len).max();
        assert!(largest < Some(list.len() / 100), "{largest:?} of {} in one bin", list.len());
    }
}
