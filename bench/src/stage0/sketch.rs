//! Candidates for a stage 0, each written into a packed record, so that the checked kernels of
//! stage 1 score it: unused bits are zero, norms are those of the bits that are left.

use matching::PackedRecord;
use matching::parameters::Stage1Parameters;
use matching::record::{CYLINDERS, WORDS};

/// A candidate.
pub(super) struct Sketch {
    /// For tables.
    pub(super) name: &'static str,
    /// What it keeps per reference beside the packed record.
    pub(super) extra_bytes: usize,
    /// The cylinders of a probe that it looks at.
    choose: fn(&PackedRecord) -> PackedRecord,
    /// What it makes of a probe's chosen cylinders.
    probe: fn(&PackedRecord) -> PackedRecord,
    /// The record that stands for a reference.
    pub(super) reference: fn(&PackedRecord) -> PackedRecord,
    /// How many of the best cylinders count.
    counted: u8,
}

/// Every candidate. The kernels are fastest for the best eight; that of four or six costs more
/// there than it would in a kernel of its own.
pub(super) const SKETCHES: [Sketch; 21] = [
    probe_part("8 probe cylinders, largest norms, best 4", largest::<8>, 4),
    probe_part("8 probe cylinders, largest norms, all 8", largest::<8>, 8),
    probe_part("8 probe cylinders, evenly by direction, best 4", even::<8>, 4),
    probe_part("8 probe cylinders, evenly by direction, all 8", even::<8>, 8),
    probe_part("12 probe cylinders, largest norms, best 6", largest::<12>, 6),
    probe_part("12 probe cylinders, evenly by direction, best 6", even::<12>, 6),
    probe_part("16 probe cylinders, largest norms, best 8", largest::<16>, 8),
    probe_part("16 probe cylinders, evenly by direction, best 8", even::<16>, 8),
    of_bits("64 bits a cylinder, xor of quarters", 256, xor_64),
    of_bits("64 bits a cylinder, or of quarters", 256, or_64),
    of_bits("64 bits a cylinder, two or more of quarters", 256, two_64),
    of_bits("64 bits a cylinder, the middle rows", 0, middle_64),
    of_bits("128 bits a cylinder, or of halves", 512, or_128),
    of_bits("128 bits a cylinder, the middle rows", 0, middle_128),
    part_of_bits("16 probe cylinders of 128 bits, or of halves, best 8", 512, or_128),
    part_of_bits("16 probe cylinders of 128 bits, the middle rows, best 8", 0, middle_128),
    Sketch {
        name: "16 by 16 cylinders, largest norms, best 8",
        extra_bytes: 0,
        choose: same,
        probe: largest::<16>,
        reference: largest::<16>,
        counted: 8,
    },
    of_finger("a finger: 256 bits set more often than others", 32, union),
    of_finger("a finger: histogram of directions", 8, directions),
    of_finger("a finger: histogram of norms", 8, norms),
    of_finger("a finger: number of cylinders", 0, number),
];

const fn probe_part(
    name: &'static str,
    choose: fn(&PackedRecord) -> PackedRecord,
    counted: u8,
) -> Sketch {
    Sketch { name, extra_bytes: 0, choose, probe: same, reference: same, counted }
}

const fn of_bits(
    name: &'static str,
    extra_bytes: usize,
    both: fn(&PackedRecord) -> PackedRecord,
) -> Sketch {
    Sketch { name, extra_bytes, choose: same, probe: both, reference: both, counted: 8 }
}

/// Bits of 16 probe cylinders, evenly by direction.
const fn part_of_bits(
    name: &'static str,
    extra_bytes: usize,
    both: fn(&PackedRecord) -> PackedRecord,
) -> Sketch {
    Sketch { choose: even::<16>, ..of_bits(name, extra_bytes, both) }
}

const fn of_finger(
    name: &'static str,
    extra_bytes: usize,
    both: fn(&PackedRecord) -> PackedRecord,
) -> Sketch {
    Sketch { name, extra_bytes, choose: same, probe: both, reference: both, counted: 1 }
}

impl Sketch {
    /// The record that stands for a probe.
    pub(super) fn probe(&self, record: &PackedRecord) -> PackedRecord {
        (self.probe)(&(self.choose)(record))
    }

    /// Of its score. The bias is the largest there is for sketches of one cylinder, so that the
    /// score of two unlike ones is not cut at zero so soon.
    pub(super) fn parameters(&self) -> Stage1Parameters {
        let shipped = Stage1Parameters::default();
        let bias = if self.counted == 1 { u8::MAX } else { shipped.bias };
        Stage1Parameters { counted: self.counted, bias, ..shipped }
    }
}

const fn same(record: &PackedRecord) -> PackedRecord {
    *record
}

/// The cylinders chosen, in their order.
fn chosen(record: &PackedRecord, lanes: &[usize]) -> PackedRecord {
    let mut part = PackedRecord { count: lanes.len() as u8, ..*record };
    (part.thetas, part.norms, part.words) = Default::default();
    for (to, from) in lanes.iter().enumerate() {
        part.thetas[to] = record.thetas[*from];
        part.norms[to] = record.norms[*from];
        for (plane, all) in part.words.iter_mut().zip(&record.words) {
            plane[to] = all[*from];
        }
    }
    part
}

fn largest<const N: usize>(record: &PackedRecord) -> PackedRecord {
    let mut lanes: Vec<usize> = (0..usize::from(record.count)).collect();
    lanes.sort_by_key(|lane| (std::cmp::Reverse(record.norms[*lane]), *lane));
    lanes.truncate(N);
    lanes.sort_unstable();
    chosen(record, &lanes)
}

fn even<const N: usize>(record: &PackedRecord) -> PackedRecord {
    let count = usize::from(record.count);
    let lanes: Vec<usize> = (0..N.min(count)).map(|i| i * count / N.min(count)).collect();
    chosen(record, &lanes)
}

/// The record with other bits in its cylinders.
fn with_bits(record: &PackedRecord, bits: impl Fn([u32; WORDS]) -> [u32; WORDS]) -> PackedRecord {
    let mut changed = *record;
    for lane in 0..usize::from(record.count) {
        let words = bits(std::array::from_fn(|word| record.words[word][lane]));
        changed.norms[lane] = norm(words);
        for (plane, word) in changed.words.iter_mut().zip(words) {
            plane[lane] = word;
        }
    }
    changed
}

fn norm(words: [u32; WORDS]) -> u8 {
    words.iter().map(|word| word.count_ones()).sum::<u32>().min(255) as u8
}

fn xor_64(record: &PackedRecord) -> PackedRecord {
    with_bits(record, |w| [w[0] ^ w[2] ^ w[4] ^ w[6], w[1] ^ w[3] ^ w[5] ^ w[7], 0, 0, 0, 0, 0, 0])
}

fn or_64(record: &PackedRecord) -> PackedRecord {
    with_bits(record, |w| [w[0] | w[2] | w[4] | w[6], w[1] | w[3] | w[5] | w[7], 0, 0, 0, 0, 0, 0])
}

fn two_64(record: &PackedRecord) -> PackedRecord {
    let two = |a: u32, b: u32, c: u32, d: u32| (a & b) | (c & d) | ((a | b) & (c | d));
    with_bits(record, |w| {
        [two(w[0], w[2], w[4], w[6]), two(w[1], w[3], w[5], w[7]), 0, 0, 0, 0, 0, 0]
    })
}

fn middle_64(record: &PackedRecord) -> PackedRecord {
    with_bits(record, |w| [w[3], w[4], 0, 0, 0, 0, 0, 0])
}

fn or_128(record: &PackedRecord) -> PackedRecord {
    with_bits(record, |w| [w[0] | w[4], w[1] | w[5], w[2] | w[6], w[3] | w[7], 0, 0, 0, 0])
}

fn middle_128(record: &PackedRecord) -> PackedRecord {
    with_bits(record, |w| [w[2], w[3], w[4], w[5], 0, 0, 0, 0])
}

/// A finger as one cylinder of these bits.
fn single(words: [u32; WORDS]) -> PackedRecord {
    let mut record = PackedRecord { count: 1, ..PackedRecord::EMPTY };
    record.norms[0] = norm(words);
    for (plane, word) in record.words.iter_mut().zip(words) {
        plane[0] = word;
    }
    record
}

/// Bits that more cylinders have than have the average bit.
fn union(record: &PackedRecord) -> PackedRecord {
    let having = |bit: usize| -> u32 {
        record.words[bit / 32].iter().map(|word| word >> (bit % 32) & 1).sum()
    };
    let all: u32 = (0..WORDS * 32).map(having).sum();
    let mut words = [0; WORDS];
    for bit in 0..WORDS * 32 {
        words[bit / 32] |= u32::from(having(bit) * (WORDS * 32) as u32 > all) << (bit % 32);
    }
    single(words)
}

/// A histogram of eight bins as bits: as many of 32 set as the bin holds cylinders, so that the
/// bits in which two differ are the sum of the differences of the bins.
fn histogram(record: &PackedRecord, bin: impl Fn(usize) -> usize) -> PackedRecord {
    let mut words = [0u32; WORDS];
    for lane in 0..usize::from(record.count) {
        let word = &mut words[bin(lane)];
        *word = *word << 1 | 1;
    }
    single(words)
}

fn directions(record: &PackedRecord) -> PackedRecord {
    histogram(record, |lane| usize::from(record.thetas[lane]) / 32)
}

fn norms(record: &PackedRecord) -> PackedRecord {
    histogram(record, |lane| (usize::from(record.norms[lane]) / 16).min(WORDS - 1))
}

fn number(record: &PackedRecord) -> PackedRecord {
    histogram(record, |_| 0)
}

const _: () = assert!(CYLINDERS == 32, "a bin of a histogram has 32 bits");

#[cfg(test)]
mod tests {
    use super::*;
    use matching::{Parameters, descriptor, stage1};
    use synthesis::templates::{ImpressionParameters, finger, impression};

    fn record(index: u64) -> PackedRecord {
        let template = impression(&finger(1, index), 0, &ImpressionParameters::typical());
        descriptor::pack(&template, &Parameters::default())
    }

    #[test]
    fn sketches_are_well_formed_and_no_print_is_closer_than_itself() {
        let records: Vec<PackedRecord> = (0..20).map(record).chain([PackedRecord::EMPTY]).collect();
        for sketch in &SKETCHES {
            let probe = sketch.probe(&records[0]);
            let references = records.iter().map(sketch.reference);
            let score = |reference| {
                assert!(shaders::layout::is_well_formed(&reference), "{}", sketch.name);
                stage1::score_reference(&probe, &reference, &sketch.parameters())
            };
            let scores: Vec<u16> = references.map(score).collect();
            assert!(scores.iter().all(|score| *score <= scores[0]), "{}", sketch.name);
        }
    }

    #[test]
    fn the_cylinders_of_the_largest_norms_are_kept_in_order() {
        let record = record(3);
        let part = largest::<8>(&record);
        assert_eq!(part.count, 8);
        let mut all = record.norms;
        let mut kept = part.norms;
        all.sort_unstable();
        kept.sort_unstable();
        assert_eq!(all[24..], kept[24..]);
        assert!(part.thetas[..8].is_sorted());
        assert!(part.words.iter().all(|plane| plane[8..].iter().all(|word| *word == 0)));
    }

    #[test]
    fn two_or_more_of_four_bits() {
        let mut record = PackedRecord { count: 1, ..PackedRecord::EMPTY };
        // Bit b of word 2 q is bit q of b: every combination of the four quarters.
        for quarter in 0..4 {
            record.words[2 * quarter][0] = (0..16u32).map(|b| (b >> quarter & 1) << b).sum::<u32>();
        }
        let expected: u32 = (0..16u32).map(|b| u32::from(b.count_ones() >= 2) << b).sum();
        assert_eq!(two_64(&record).words[0][0], expected);
        assert_eq!(u32::from(two_64(&record).norms[0]), expected.count_ones());
    }

    #[test]
    fn histograms_differ_by_the_differences_of_their_bins() {
        let at = |thetas: &[u8]| {
            let mut record = PackedRecord { count: thetas.len() as u8, ..PackedRecord::EMPTY };
            record.thetas[..thetas.len()].copy_from_slice(thetas);
            directions(&record)
        };
        let (one, other) = (at(&[0, 31, 32, 255]), at(&[0, 40, 50]));
        assert_eq!(one.distance(0, &other, 0), 1 + 1 + 1);
    }
}
