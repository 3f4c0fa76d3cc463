//! A search returns what the plainest possible program returns: compare everything, sort, cut.

#![allow(clippy::unwrap_used, reason = "a test may stop here")]

mod world;

use matching::fusion::{PrintComparison, fuse};
use matching::stage1::score_reference;
use matching::{PreparedTemplate, compare, compare_stage2, descriptor};
use proptest::prelude::*;
use search::{Options, Probe};
use std::cmp::Reverse;
use std::collections::BTreeMap;
use vocabulary::{FingerPosition, ImpressionKey, Similarity, SubjectId, Template};
use world::{World, key, print, tight};

type Enrolled = BTreeMap<SubjectId, Vec<(ImpressionKey, Template)>>;

/// Keeps the best by a score, ties by subject.
fn cut(mut scored: Vec<(u32, SubjectId)>, length: usize) -> Vec<(u32, SubjectId)> {
    scored.sort_by_key(|(score, subject)| (Reverse(*score), subject.clone()));
    scored.truncate(length);
    scored
}

fn may_equal(probe: &Template, reference: &ImpressionKey) -> bool {
    probe.header().position.may_equal(reference.position)
}

/// Sum over prints of the best stage-1 score, `None` without an eligible reference.
fn stage1(world: &World, probe: &Probe, references: &[(ImpressionKey, Template)]) -> Option<u32> {
    let pack = |template: &Template| descriptor::pack(template, &world.parameters);
    let best = |print: &Template| {
        let eligible = references.iter().filter(|(key, _)| may_equal(print, key));
        let stage1 = &world.parameters.stage1;
        eligible.map(|(_, r)| u32::from(score_reference(&pack(print), &pack(r), stage1))).max()
    };
    let best: Vec<u32> = probe.prints.iter().filter_map(best).collect();
    (!best.is_empty()).then(|| best.iter().sum())
}

/// Fuses all comparisons of a probe with a person.
fn fused(
    world: &World,
    probe: &Probe,
    references: &[(ImpressionKey, Template)],
    similarity: impl Fn(&PreparedTemplate, &PreparedTemplate) -> Similarity,
) -> u32 {
    let prepare = |template: &Template| PreparedTemplate::new(template, &world.parameters);
    let mut comparisons = Vec::new();
    for (probe_print, print) in probe.prints.iter().enumerate() {
        for (reference_print, (key, template)) in references.iter().enumerate() {
            if may_equal(print, key) {
                comparisons.push(PrintComparison {
                    probe_print,
                    probe_position: print.header().position,
                    reference_print,
                    reference_position: key.position,
                    similarity: similarity(&prepare(print), &prepare(template)),
                });
            }
        }
    }
    fuse(&comparisons).similarity.thousandths()
}

fn exhaustive(
    world: &World,
    probe: &Probe,
    enrolled: &Enrolled,
    options: &Options,
) -> Vec<(u32, SubjectId)> {
    let parameters = &world.parameters;
    let of_person = |subject: &SubjectId| &enrolled[subject];
    let scored = enrolled
        .iter()
        .filter_map(|(subject, r)| Some((stage1(world, probe, r)?, subject.clone())))
        .collect();
    let shortlist = cut(scored, options.shortlist_persons);
    let stage2 = |(_, subject): (u32, SubjectId)| {
        let score = fused(world, probe, of_person(&subject), |a, b| {
            Similarity::from_thousandths(compare_stage2(a, b, parameters))
        });
        (score, subject)
    };
    let rescored = cut(shortlist.into_iter().map(stage2).collect(), options.aligned_persons);
    let stage3 = |(_, subject): (u32, SubjectId)| {
        let score =
            fused(world, probe, of_person(&subject), |a, b| compare(a, b, parameters).similarity);
        (score, subject)
    };
    let aligned = rescored.into_iter().map(stage3).filter(|(score, _)| *score > 0).collect();
    cut(aligned, options.list_length)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn a_search_returns_what_comparing_everything_returns(
        places in prop::collection::btree_set(
            (0u64..9, prop::sample::select(vec![0u8, 1, 2, 11]), 0u64..3),
            0..24,
        ),
        prints in prop::collection::vec((0u64..12, prop::sample::select(vec![0u8, 1, 2, 6])), 1..4),
        cuts in (1usize..8, 1usize..6, 1usize..6),
        parts in 1usize..4,
    ) {
        let world = World::new();
        let options = Options {
            shortlist_persons: cuts.0,
            aligned_persons: cuts.1,
            list_length: cuts.2,
            ..tight()
        };
        // Two persons share all their prints, so that ties reach every cut.
        let finger_of = |person: u64| if person == 1 { 0 } else { person };
        let mut enrolled = Enrolled::new();
        let mut shards: Vec<_> = (0..parts).map(|_| world.shard(&[])).collect();
        for (person, position, impression) in places {
            let (key, template) =
                (key(person, position, impression), print(finger_of(person), position, impression));
            shards[person as usize % parts].add(&world, &key, &template);
            enrolled.entry(key.subject.clone()).or_default().push((key, template));
        }
        let prints = prints.into_iter().map(|(person, position)| {
            let template = print(finger_of(person), position, 7);
            let impression = template.header().impression;
            template.relabeled(FingerPosition::new(position).unwrap(), impression)
        });
        let probe = Probe { prints: prints.collect() };
        let shards: Vec<_> = shards.iter().collect();
        let answer = world.search(&probe, &shards, &options).unwrap();
        let found: Vec<_> = answer
            .candidates
            .as_slice()
            .iter()
            .map(|c| (c.similarity.thousandths(), c.subject.clone()))
            .collect();
        prop_assert_eq!(found, exhaustive(&world, &probe, &enrolled, &options));
    }
}
