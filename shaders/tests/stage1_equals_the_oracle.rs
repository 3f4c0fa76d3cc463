//! Every path of stage 1 gives exactly the scores of the oracle `matching::stage1`.

mod records;

use matching::PackedRecord;
use matching::parameters::Stage1Parameters;
use matching::record::CYLINDERS;
use matching::stage1::score_reference;
use proptest::prelude::*;
use records::{Random, parameters, record};
use shaders::{PreparedProbe, Stage1Path, gated_pairs, score_with, tile_visits};

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
    // Every 64-bit ARM processor has it.
    assert_eq!(paths.contains(&Stage1Path::Neon), cfg!(target_arch = "aarch64"));
}
