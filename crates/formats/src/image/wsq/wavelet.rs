//! The two-channel filter bank, forwards and back (IAFIS-IC-0110, annex A).
//!
//! The idea: a row of `n` samples becomes `ceil(n / 2)` low-pass and `floor(n / 2)` high-pass
//! coefficients, each the product of the row, continued by reflection at both ends, with a filter
//! centered on every second sample. Odd filters center on the samples, the low ones on even and the
//! high ones on odd positions, and the continuation does not repeat the end sample. Even filters
//! center between samples `2k` and `2k + 1`, the high one is antisymmetric, and the continuation
//! repeats the end sample. Synthesis runs the same sum backwards; here it is split into the two
//! phases of the output, so that every phase is a plain convolution of the stored coefficients.
//!
//! Only additions and multiplications in a fixed order are used: results are bit-identical on every
//! machine.

use super::subbands::{Rect, Split};

/// Longest filter accepted, in taps. The specification's have 9 and 7; a bound keeps a hostile
/// table from multiplying the work.
pub(super) const MAX_TAPS: usize = 32;

/// Columns filtered together, so that the inner loop runs over neighbors in memory.
const STRIPE: usize = 32;

/// Analysis filters of 9 and 7 taps, whole, as the specification gives them: a pair of the
/// biorthogonal family of Cohen, Daubechies and Feauveau, <https://doi.org/10.1002/cpa.3160450502>.
pub(super) const ANALYSIS_LOW: [f32; 9] = [
    0.037_828_456,
    -0.023_849_465,
    -0.110_624_4,
    0.377_402_86,
    0.852_698_7,
    0.377_402_86,
    -0.110_624_4,
    -0.023_849_465,
    0.037_828_456,
];
/// See [`ANALYSIS_LOW`].
pub(super) const ANALYSIS_HIGH: [f32; 7] = [
    0.064_538_88,
    -0.040_689_416,
    -0.418_092_28,
    0.788_485_6,
    -0.418_092_28,
    -0.040_689_416,
    0.064_538_88,
];

/// A tap of one output phase: `output[2k + phase] += coefficient * band[k + offset]`.
#[derive(Debug, Clone, Copy)]
struct Tap {
    offset: isize,
    coefficient: f32,
}

/// A synthesis filter bank, ready for use.
#[derive(Debug, Clone)]
pub(super) struct Synthesis {
    even_filters: bool,
    /// Taps on the low band, by phase of the output.
    low: [Vec<Tap>; 2],
    high: [Vec<Tap>; 2],
}

impl Synthesis {
    /// The bank that undoes analysis with filters given by their right halves, center (odd) or
    /// first tap right of it (even) first.
    ///
    /// Returns `None` unless both lengths are `1..=`[`MAX_TAPS`] and both odd or both even.
    pub(super) fn from_analysis(low: &HalfFilter, high: &HalfFilter) -> Option<Self> {
        let lengths = [low.taps, high.taps];
        if low.taps % 2 != high.taps % 2 || lengths.iter().any(|n| !(1..=MAX_TAPS).contains(n)) {
            return None;
        }
        let even_filters = low.taps.is_multiple_of(2);
        // The synthesis high-pass is the analysis low-pass with every second sign changed, and the
        // other way round; with even filters the high-pass is antisymmetric.
        let (from_high, from_low) = if even_filters {
            (high.modulated(-1.0, 1.0), low.modulated(1.0, -1.0))
        } else {
            (high.modulated(1.0, 1.0), low.modulated(1.0, 1.0))
        };
        let low = [0, 1].map(|phase| taps(&from_high, phase, 0, even_filters));
        let high = [0, 1].map(|phase| taps(&from_low, phase, 1, even_filters));
        Some(Self { even_filters, low, high })
    }

    /// The furthest that a tap reaches, in coefficients.
    fn reach(&self) -> usize {
        let all = self.low.iter().chain(&self.high).flatten();
        all.map(|tap| tap.offset.unsigned_abs()).max().unwrap_or(0)
    }

    /// Undoes one split of `plane`, whose rows are `stride` long.
    pub(super) fn join(&self, plane: &mut [f32], stride: usize, split: Split) {
        if split.rect.area() == 0 {
            return;
        }
        self.join_columns(plane, stride, split.rect, split.column_reversed);
        self.join_rows(plane, stride, split.rect, split.row_reversed);
    }

    fn join_columns(&self, plane: &mut [f32], stride: usize, rect: Rect, reversed: bool) {
        let bands = Bands::new(rect.height, reversed, self.even_filters, self.reach());
        let mut copy = vec![[0.0; STRIPE]; rect.height];
        for x in (rect.x..rect.x + rect.width).step_by(STRIPE) {
            let columns = STRIPE.min(rect.x + rect.width - x);
            for (y, row) in copy.iter_mut().enumerate() {
                let start = (rect.y + y) * stride + x;
                row[..columns].copy_from_slice(&plane[start..start + columns]);
            }
            for y in 0..rect.height {
                let (k, phase) = (y / 2, y % 2);
                let mut sums = [0.0; STRIPE];
                for (taps, sources) in
                    [(&self.low[phase], &bands.low), (&self.high[phase], &bands.high)]
                {
                    for tap in taps {
                        let source = sources.at(k, tap.offset);
                        let coefficient = tap.coefficient * source.sign;
                        for (sum, value) in sums.iter_mut().zip(&copy[source.index]) {
                            *sum += coefficient * value;
                        }
                    }
                }
                let start = (rect.y + y) * stride + x;
                plane[start..start + columns].copy_from_slice(&sums[..columns]);
            }
        }
    }

    fn join_rows(&self, plane: &mut [f32], stride: usize, rect: Rect, reversed: bool) {
        let reach = self.reach();
        let bands = Bands::new(rect.width, reversed, self.even_filters, reach);
        let half = rect.width.div_ceil(2);
        let mut low = vec![0.0; half + 2 * reach];
        let mut high = low.clone();
        let mut phases = [vec![0.0; half], vec![0.0; half]];
        for y in rect.y..rect.y + rect.height {
            let row = &mut plane[y * stride + rect.x..][..rect.width];
            bands.low.continue_into(&mut low, row);
            bands.high.continue_into(&mut high, row);
            for (phase, sums) in phases.iter_mut().enumerate() {
                sums.fill(0.0);
                for (taps, band) in [(&self.low[phase], &low), (&self.high[phase], &high)] {
                    for tap in taps {
                        let start = reach.wrapping_add_signed(tap.offset);
                        for (sum, value) in sums.iter_mut().zip(&band[start..]) {
                            *sum += tap.coefficient * value;
                        }
                    }
                }
            }
            for (pair, (even, odd)) in row.chunks_mut(2).zip(phases[0].iter().zip(&phases[1])) {
                pair[0] = *even;
                if let Some(second) = pair.get_mut(1) {
                    *second = *odd;
                }
            }
        }
    }
}

/// The right half of a symmetric or antisymmetric filter, from the center on.
#[derive(Debug, Clone)]
pub(super) struct HalfFilter {
    /// Length of the whole filter.
    pub(super) taps: usize,
    /// `ceil(taps / 2)` values.
    pub(super) half: Vec<f32>,
}

impl HalfFilter {
    /// The right half of a whole filter.
    #[cfg(test)]
    pub(super) fn of(whole: &[f32]) -> Self {
        Self { taps: whole.len(), half: whole[whole.len() / 2..].to_vec() }
    }

    /// The whole filter with alternating signs, the right half beginning with `first` and the left
    /// half being its mirror image times `mirror`.
    fn modulated(&self, first: f32, mirror: f32) -> Vec<f32> {
        let signs = [first, -first].into_iter().cycle();
        let right: Vec<f32> = self.half.iter().zip(signs).map(|(tap, sign)| tap * sign).collect();
        let shared = self.taps % 2;
        let left = right[shared..].iter().rev().map(|tap| tap * mirror);
        left.chain(right.iter().copied()).collect()
    }
}

/// The taps of a whole synthesis filter that reach the output samples of one phase; `band` is 0 for
/// the low and 1 for the high one.
fn taps(filter: &[f32], phase: usize, band: usize, even_filters: bool) -> Vec<Tap> {
    // Odd high-pass filters center on the odd samples, one further than the low-pass ones.
    let shift = if even_filters { 0 } else { band };
    let center = (filter.len() - 1) / 2;
    let reversed = |i: usize| (center + phase) as isize - (shift + i) as isize;
    let of_phase = filter.iter().enumerate().filter(|(i, _)| reversed(*i) % 2 == 0);
    of_phase.map(|(i, &coefficient)| Tap { offset: reversed(i) / 2, coefficient }).collect()
}

/// A stored coefficient that stands for one beyond the end of its band.
#[derive(Debug, Clone, Copy)]
struct Source {
    /// Position in the row or column.
    index: usize,
    sign: f32,
}

/// One band of a row or column, continued at both ends.
struct Band {
    start: usize,
    len: usize,
    reach: usize,
    /// Sources of the coefficients from `-reach` to `ceil(n / 2) + reach`.
    sources: Vec<Source>,
}

/// Both bands of a row or column.
struct Bands {
    low: Band,
    high: Band,
}

impl Bands {
    fn new(len: usize, reversed: bool, even_filters: bool, reach: usize) -> Self {
        let (low_len, high_len) = (len.div_ceil(2), len / 2);
        let (low_start, high_start) = if reversed { (high_len, 0) } else { (0, low_len) };
        let band = |start, band_len, is_high: bool| {
            let reach_signed = reach as isize;
            let positions = -reach_signed..low_len as isize + reach_signed;
            let source = |k: isize| {
                // A coefficient stands at a sample of the row, and is continued as that sample is.
                let offset = isize::from(is_high && !even_filters);
                let (sample, reflections) = reflect(2 * k + offset, len, even_filters);
                let antisymmetric = is_high && even_filters && reflections % 2 == 1;
                let index = sample / 2;
                match index < band_len {
                    true if antisymmetric => Source { index: start + index, sign: -1.0 },
                    true => Source { index: start + index, sign: 1.0 },
                    false => Source { index: 0, sign: 0.0 },
                }
            };
            Band { start, len: band_len, reach, sources: positions.map(source).collect() }
        };
        Self { low: band(low_start, low_len, false), high: band(high_start, high_len, true) }
    }
}

impl Band {
    fn at(&self, k: usize, offset: isize) -> Source {
        self.sources[(k + self.reach).wrapping_add_signed(offset)]
    }

    /// Copies the band out of its row, with its continuation.
    fn continue_into(&self, padded: &mut [f32], row: &[f32]) {
        let (from, to) = (self.reach, self.reach + self.len);
        padded[from..to].copy_from_slice(&row[self.start..self.start + self.len]);
        for i in (0..from).chain(to..padded.len()) {
            padded[i] = row[self.sources[i].index] * self.sources[i].sign;
        }
    }
}

/// The sample of `0..len` that stands for position `at`, and how often it was reflected. Reflection
/// is about the end sample, or about the edge beyond it when `repeats_end`.
fn reflect(at: isize, len: usize, repeats_end: bool) -> (usize, usize) {
    if len == 1 {
        return (0, 0);
    }
    let (last, edge) = (len as isize - 1, isize::from(repeats_end));
    let (mut at, mut reflections) = (at, 0);
    loop {
        at = match at {
            _ if at < 0 => -edge - at,
            _ if at > last => 2 * last + edge - at,
            _ => return (at as usize, reflections),
        };
        reflections += 1;
    }
}

/// Splits `plane` by [`ANALYSIS_LOW`] and [`ANALYSIS_HIGH`]; [`Synthesis::join`] undoes it.
pub(super) fn split(plane: &mut [f32], stride: usize, split: Split) {
    let Rect { x, y, width, height } = split.rect;
    let mut line = Vec::new();
    for row in y..y + height {
        let row = &mut plane[row * stride + x..][..width];
        line.clear();
        line.extend_from_slice(row);
        split_line(&line, split.row_reversed, |at, value| row[at] = value);
    }
    for column in x..x + width {
        line.clear();
        line.extend((y..y + height).map(|row| plane[row * stride + column]));
        split_line(&line, split.column_reversed, |at, value| {
            plane[(y + at) * stride + column] = value;
        });
    }
}

/// Filters one row or column and hands every coefficient to `store` with its position.
fn split_line(line: &[f32], reversed: bool, mut store: impl FnMut(usize, f32)) {
    let (low_len, high_len) = (line.len().div_ceil(2), line.len() / 2);
    let (low_start, high_start) = if reversed { (high_len, 0) } else { (0, low_len) };
    let filtered = |filter: &[f32], center: usize| {
        let first = center as isize - (filter.len() / 2) as isize;
        let sample = |i: usize| line[reflect(first + i as isize, line.len(), false).0];
        filter.iter().enumerate().fold(0.0, |sum, (i, tap)| sum + tap * sample(i))
    };
    for k in 0..low_len {
        store(low_start + k, filtered(&ANALYSIS_LOW, 2 * k));
    }
    for k in 0..high_len {
        store(high_start + k, filtered(&ANALYSIS_HIGH, 2 * k + 1));
    }
}

#[cfg(test)]
mod tests {
    use super::super::subbands::Decomposition;
    use super::*;

    fn noise(len: usize) -> Vec<f32> {
        let mut state = 12345_u32;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as f32 - 128.0
        };
        (0..len).map(|_| next()).collect()
    }

    fn largest_difference(a: &[f32], b: &[f32]) -> f32 {
        a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
    }

    fn standard() -> Synthesis {
        let halves = (HalfFilter::of(&ANALYSIS_LOW), HalfFilter::of(&ANALYSIS_HIGH));
        Synthesis::from_analysis(&halves.0, &halves.1).unwrap()
    }

    #[test]
    fn synthesis_undoes_the_decomposition_at_every_size() {
        for (width, height) in [(1, 1), (2, 1), (3, 5), (16, 16), (33, 70), (129, 64), (301, 287)] {
            let original = noise(width * height);
            let mut plane = original.clone();
            let splits = Decomposition::new(width, height).splits;
            for &one in &splits {
                split(&mut plane, width, one);
            }
            for &one in splits.iter().rev() {
                standard().join(&mut plane, width, one);
            }
            let difference = largest_difference(&plane, &original);
            assert!(difference < 0.01, "{width} x {height}: {difference}");
        }
    }

    #[test]
    fn even_filters_are_undone_at_even_and_odd_lengths() {
        let low = [0.075_656_91, -0.123_355_84, -0.097_892_97, 0.852_698_7_f32];
        let low = [low, [low[3], low[2], low[1], low[0]]].concat();
        let high = [0.032_269_44, -0.052_614_15, -0.188_701_43, 0.603_288_94_f32];
        let high = [high, [-high[3], -high[2], -high[1], -high[0]]].concat();
        let halves = (HalfFilter::of(&low), HalfFilter::of(&high));
        let bank = Synthesis::from_analysis(&halves.0, &halves.1).unwrap();
        for len in [2, 3, 8, 9, 40, 41] {
            let original = noise(len);
            let sample = |at: isize| original[reflect(at, len, true).0];
            let filtered = |filter: &[f32], k: usize| {
                let tap = |(i, tap): (usize, &f32)| tap * sample((2 * k + i) as isize - 3);
                filter.iter().enumerate().map(tap).sum::<f32>()
            };
            let lows = (0..len.div_ceil(2)).map(|k| filtered(&low, k));
            let highs = (0..len / 2).map(|k| -filtered(&high, k));
            let mut row: Vec<f32> = lows.chain(highs).collect();
            bank.join_rows(&mut row, len, Rect { x: 0, y: 0, width: len, height: 1 }, false);
            let difference = largest_difference(&row, &original);
            assert!(difference < 0.01, "{len}: {difference}");
            let lows = (0..len.div_ceil(2)).map(|k| filtered(&low, k));
            let highs = (0..len / 2).map(|k| -filtered(&high, k));
            let mut column: Vec<f32> = highs.chain(lows).collect();
            bank.join_columns(&mut column, 1, Rect { x: 0, y: 0, width: 1, height: len }, true);
            assert!(largest_difference(&column, &original) < 0.01, "{len}");
        }
    }

    #[test]
    fn filters_of_unlike_parity_or_excessive_length_are_refused() {
        let filter = |taps: usize| HalfFilter { taps, half: vec![0.5; taps.div_ceil(2)] };
        let bank = |low, high| Synthesis::from_analysis(&filter(low), &filter(high));
        assert!(bank(9, 7).is_some() && bank(8, 8).is_some() && bank(1, 1).is_some());
        assert!(bank(9, 8).is_none() && bank(33, 7).is_none() && bank(0, 2).is_none());
    }
}
