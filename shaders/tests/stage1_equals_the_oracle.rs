//! Every path of stage 1 gives exactly the scores of the oracle `matching::stage1`.

use matching::PackedRecord;
use matching::parameters::Stage1Parameters;
use matching::record::{CYLINDERS, WORDS};
use matching::stage1::score_reference;
use proptest::prelude::*;
use shaders::{PreparedProbe, Stage1Path, gated_pairs, score_with, tile_visits};

/// SplitMix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len() as u64) as usize]
    }
}

/// How the directions of a record lie on the circle.
#[derive(Debug, Clone, Copy)]
enum Directions {
    Anywhere,
    /// All the same.
    Equal,
    /// On both sides of the end of the turn.
    AroundZero,
    /// Evenly, so that differences hit the gate exactly.
    Even,
    /// Around two opposite ones, as in real prints.
    TwoHeaps,
}

/// What the bits of a record are.
#[derive(Debug, Clone, Copy)]
enum Bits {
    Sparse,
    Half,
    Ones,
    Zeros,
}

fn direction(random: &mut Random, kind: Directions, cylinder: usize) -> u8 {
    match kind {
        Directions::Anywhere => random.next() as u8,
        Directions::Equal => 77,
        Directions::AroundZero => (random.below(17) as u8).wrapping_sub(8),
        Directions::Even => (cylinder * 8) as u8,
        Directions::TwoHeaps => {
            let heap = if random.below(2) == 0 { 60u8 } else { 190 };
            heap.wrapping_add((random.below(60) + random.below(60)) as u8)
        }
    }
}

fn word(random: &mut Random, bits: Bits) -> u32 {
    match bits {
        Bits::Sparse => (random.next() & random.next() & random.next()) as u32,
        Bits::Half => random.next() as u32,
        Bits::Ones => u32::MAX,
        Bits::Zeros => 0,
    }
}

/// A well-formed record; `near` makes it a noisy copy of another as far as its count reaches.
fn record(random: &mut Random, count: usize, near: Option<&PackedRecord>) -> PackedRecord {
    use Directions::*;
    let directions = random.pick(&[Anywhere, Anywhere, TwoHeaps, Equal, AroundZero, Even]);
    let bits = random.pick(&[Bits::Sparse, Bits::Sparse, Bits::Half, Bits::Ones, Bits::Zeros]);
    let mut record = PackedRecord { count: count as u8, ..PackedRecord::EMPTY };
    for cylinder in 0..count {
        record.thetas[cylinder] = match near {
            Some(other) if cylinder < usize::from(other.count) => other.thetas[cylinder],
            _ => direction(random, directions, cylinder),
        };
    }
    record.thetas[..count].sort_unstable();
    for cylinder in 0..count {
        let noise = random.below(4);
        let mut norm = 0;
        for at in 0..WORDS {
            record.words[at][cylinder] = match near {
                Some(other) => {
                    let flips = if noise == 0 { 0 } else { word(random, Bits::Sparse) };
                    other.words[at][cylinder] ^ flips
                }
                None => word(random, bits),
            };
            norm += record.words[at][cylinder].count_ones();
        }
        record.norms[cylinder] = norm.min(255) as u8;
    }
    assert!(shaders::layout::is_well_formed(&record), "the test makes well-formed records");
    record
}

fn parameters(random: &mut Random) -> Stage1Parameters {
    Stage1Parameters {
        direction_gate_256: random.pick(&[32, 32, 32, 0, 1, 63, 127, 128, 255]),
        bias: random.pick(&[64, 64, 0, 1, 255]),
        counted: random.pick(&[8, 8, 1, 12, 31, 32]),
    }
}

/// Compares all paths with the oracle on one seeded case.
fn check(seed: u64, references: usize) {
    let random = &mut Random(seed);
    let parameters = parameters(random);
    let counts = [0, 1, 2, 3, 4, 5, 16, 29, 31, 32, 32, 32];
    let count = random.pick(&counts);
    let probe = record(random, count, None);
    let gallery: Vec<PackedRecord> = (0..references)
        .map(|_| {
            let count = random.pick(&counts);
            let near = (random.below(3) == 0).then_some(&probe);
            record(random, count, near)
        })
        .collect();
    let expected: Vec<u16> =
        gallery.iter().map(|reference| score_reference(&probe, reference, &parameters)).collect();
    let prepared = PreparedProbe::new(&probe, &parameters);
    for path in Stage1Path::available() {
        let mut scores = vec![0xFFFF; references];
        score_with(path, &prepared, &gallery, &mut scores);
        assert_eq!(
            scores, expected,
            "{path}, seed {seed}, {references} references, {parameters:?}"
        );
    }
}

#[test]
fn galleries_of_any_size_are_scored_like_the_oracle() {
    for references in [0, 1, 7, 8, 9, 15, 16, 17, 31, 32, 33] {
        for seed in 0..40 {
            check(seed, references);
        }
    }
}

proptest! {
    #[test]
    fn records_of_any_seed_are_scored_like_the_oracle(seed: u64) {
        check(seed, 5);
    }

    #[test]
    fn no_pair_within_the_gate_is_left_unvisited(seed: u64) {
        let random = &mut Random(seed);
        let parameters = parameters(random);
        let (a, b) = (random.below(33) as usize, random.below(33) as usize);
        let (probe, reference) = (record(random, a, None), record(random, b, None));
        let pairs = gated_pairs(&probe, &reference, &parameters);
        let visits = tile_visits(&PreparedProbe::new(&probe, &parameters), &reference);
        prop_assert!(pairs <= visits * 16, "{} pairs in {} tiles", pairs, visits);
    }
}

#[test]
fn every_pair_of_extremes_is_scored_like_the_oracle() {
    let random = &mut Random(1);
    let filled = |bits: u32, theta: u8, count: usize| {
        let mut record = PackedRecord { count: count as u8, ..PackedRecord::EMPTY };
        record.thetas[..count].fill(theta);
        record.norms[..count].fill((bits.count_ones() * 8).min(255) as u8);
        record.words.iter_mut().for_each(|word| word[..count].fill(bits));
        record
    };
    let mut records = Vec::new();
    for count in [0, 1, 31, 32] {
        for theta in [0, 255] {
            records.extend([0, u32::MAX, 0x5555_5555].map(|bits| filled(bits, theta, count)));
        }
        records.push(record(random, count, None));
    }
    let parameters = Stage1Parameters::default();
    for probe in &records {
        let prepared = PreparedProbe::new(probe, &parameters);
        let expected: Vec<u16> =
            records.iter().map(|other| score_reference(probe, other, &parameters)).collect();
        for path in Stage1Path::available() {
            let mut scores = vec![0; records.len()];
            score_with(path, &prepared, &records, &mut scores);
            assert_eq!(scores, expected, "{path}");
        }
    }
}

#[test]
fn a_record_scores_bias_and_norms_against_itself() {
    let parameters = Stage1Parameters { counted: 1, bias: 10, ..Stage1Parameters::default() };
    let itself = record(&mut Random(5), CYLINDERS, None);
    let largest = itself.norms.iter().max().copied().unwrap_or_default();
    for path in Stage1Path::available() {
        let mut score = [0];
        score_with(path, &PreparedProbe::new(&itself, &parameters), &[itself], &mut score);
        assert_eq!(score, [10 + 2 * u16::from(largest)], "{path}");
    }
}

#[test]
#[should_panic(expected = "one score per reference")]
fn a_score_for_no_reference_is_a_mistake() {
    let probe = PreparedProbe::new(&PackedRecord::EMPTY, &Stage1Parameters::default());
    score_with(Stage1Path::Portable, &probe, &[], &mut [0]);
}

#[test]
fn the_gate_counts_pairs_across_the_end_of_the_turn() {
    let at = |thetas: &[u8]| {
        let mut record = PackedRecord { count: thetas.len() as u8, ..PackedRecord::EMPTY };
        record.thetas[..thetas.len()].copy_from_slice(thetas);
        record
    };
    let parameters = Stage1Parameters { direction_gate_256: 32, ..Stage1Parameters::default() };
    assert_eq!(gated_pairs(&at(&[250]), &at(&[0, 26, 27, 100, 218]), &parameters), 3);
    assert_eq!(gated_pairs(&at(&[]), &at(&[1]), &parameters), 0);
}

/// Says which paths ran: a machine without AVX-512 checks less.
#[test]
fn the_portable_path_is_always_there() {
    let paths: Vec<_> = Stage1Path::available().collect();
    println!("paths checked on this machine: {paths:?}");
    assert_eq!(paths.first(), Some(&Stage1Path::Portable));
    assert_eq!(paths.last(), Some(&Stage1Path::best()));
}
