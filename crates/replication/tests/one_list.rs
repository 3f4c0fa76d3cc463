//! A candidate list does not depend on how the gallery is split over partitions and nodes, on who
//! answers first, or on how often somebody has to be asked again.

#![allow(clippy::unwrap_used, reason = "a test stops at what it does not expect")]

use proptest::prelude::*;
use replication::{
    Cut, EncounterId, EncounterState, Epoch, GallerySet, Hit, MemoryScanner, Merged,
    PartitionAnswer, PartitionId, Payload, PersonId, Record, ResidentChange, ScanJob, Scanned,
    Scanner, Scope, Scorer, merge,
};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Scores are the first three bytes of a reference, whatever the probe.
#[derive(Default)]
struct Bytes;

impl Scorer for Bytes {
    fn coarse(&self, _: &Payload, reference: &Payload) -> u32 {
        u32::from(reference.as_bytes()[0])
    }

    fn fine(&self, _: &Payload, reference: &Payload) -> u32 {
        u32::from(reference.as_bytes()[1])
    }

    fn score(&self, _: &Payload, reference: &Payload) -> u32 {
        u32::from(reference.as_bytes()[2])
    }
}

const SCOPE: Scope = Scope { active_only: false, gallery: None };

fn record(id: u128, scores: [u8; 3]) -> Record {
    Record {
        encounter: EncounterId(id),
        person: PersonId(id),
        enrolled_at: 2,
        state: EncounterState::Active,
        galleries: GallerySet(1),
        content: [0; 32],
        payload: Payload::from(scores.to_vec()),
    }
}

/// A node that holds these partitions.
fn node(partitions: &BTreeMap<PartitionId, Vec<Record>>) -> MemoryScanner<Bytes> {
    let mut scanner = MemoryScanner::default();
    for (&partition, records) in partitions {
        let records = records.clone();
        scanner.change(ResidentChange::Content { partition, index: 9, records });
    }
    scanner
}

fn ask(node: &mut MemoryScanner<Bytes>, targets: Vec<PartitionId>, cut: Cut) -> Vec<Scanned> {
    let probe = Payload::default();
    node.scan(&ScanJob {
        number: 1,
        targets,
        probe,
        scope: SCOPE,
        only: Default::default(),
        cut,
        until: 0,
    })
    .unwrap()
}

fn answer(scanned: Scanned) -> PartitionAnswer {
    let Scanned { partition, index, scanned, hits, cut_at } = scanned;
    let (epoch, eligible) = (Epoch(1), scanned);
    PartitionAnswer { partition, epoch, snapshot_index: index, eligible, scanned, hits, cut_at }
}

/// Cuts twice and ranks, as the definition says.
fn by_definition(records: &[Record], cut: Cut) -> Vec<(u32, EncounterId)> {
    let mut left: Vec<&Record> = records.iter().collect();
    let score = |record: &Record, n: usize| u32::from(record.payload.as_bytes()[n]);
    left.sort_by_key(|record| (Reverse(score(record, 0)), record.encounter));
    left.truncate(cut.coarse as usize);
    left.sort_by_key(|record| (Reverse(score(record, 1)), record.encounter));
    left.truncate(cut.fine as usize);
    left.retain(|record| score(record, 2) > 0);
    left.sort_by_key(|record| (Reverse(score(record, 2)), record.encounter));
    left.iter().map(|record| (score(record, 2), record.encounter)).collect()
}

fn list(merged: &Merged) -> Vec<(u32, EncounterId)> {
    let of = |hit: &Hit| (hit.score.unwrap_or(0), hit.encounter);
    merged.ranked.iter().map(of).collect()
}

/// Puts record `n` into partition `places[n] % partitions`.
fn split(
    records: &[Record],
    places: &[u16],
    partitions: u16,
) -> BTreeMap<PartitionId, Vec<Record>> {
    let mut split: BTreeMap<PartitionId, Vec<Record>> =
        (0..partitions).map(|id| (PartitionId(id), Vec::new())).collect();
    for (record, place) in records.iter().zip(places) {
        split.entry(PartitionId(place % partitions)).or_default().push(record.clone());
    }
    split
}

prop_compose! {
    /// Few different scores, so that ties are everywhere; ids in an order of their own.
    fn galleries()(
        scores in prop::collection::vec([0u8..4, 0u8..3, 0u8..3], 0..60),
        places in prop::collection::vec(0u16..840, 60),
        shift in 0u128..60,
    ) -> (Vec<Record>, Vec<u16>) {
        let id = |n: usize| (n as u128 * 7 + shift) % 61 + 1;
        let records = scores.iter().enumerate().map(|(n, scores)| record(id(n), *scores));
        (records.collect(), places)
    }
}

fn cuts() -> impl Strategy<Value = Cut> {
    (0u32..30, 0u32..20).prop_map(|(coarse, fine)| Cut { coarse, fine })
}

proptest! {
    #[test]
    fn one_two_three_and_seven_partitions_and_nodes_give_one_list(
        (records, places) in galleries(), cut in cuts(), reversed: bool,
    ) {
        let expected = by_definition(&records, cut);
        for partitions in [1, 2, 3, 7] {
            let split = split(&records, &places, partitions);
            let mut whole = node(&split);
            for nodes in [1, 2, 3, 7] {
                let mut answers = Vec::new();
                for place in 0..nodes {
                    let held = split.keys().filter(|id| id.0 % nodes == place).copied().collect();
                    answers.extend(ask(&mut whole, held, cut).into_iter().map(answer));
                }
                if reversed {
                    answers.reverse();
                }
                let merged = merge(&answers, cut);
                prop_assert!(merged.insufficient.is_empty(), "{partitions} on {nodes}");
                prop_assert_eq!(list(&merged), &expected[..], "{} on {}", partitions, nodes);
            }
        }
    }

    /// A partition's answer counts from one node and not from another that saw more in a second
    /// partition, which then counts from a third.
    #[test]
    fn parts_that_were_cut_beside_others_suffice_or_are_named(
        (records, places) in galleries(), (others, _) in galleries(), cut in cuts(),
    ) {
        let now = split(&records, &places, 2);
        let mut before = now.clone();
        let gone = others.iter().map(|other| Record {
            encounter: EncounterId(other.encounter.0 + 1000), ..other.clone()
        });
        before.entry(PartitionId(1)).or_default().extend(gone);
        let [first, second] = [0, 1].map(PartitionId);
        let beside = ask(&mut node(&before), vec![first, second], cut);
        let mut now = node(&now);
        let pick = |answers: Vec<Scanned>, id| answers.into_iter().find(|a| a.partition == id);
        let mut answers: Vec<PartitionAnswer> = [
            pick(beside, first), pick(ask(&mut now, vec![second], cut), second),
        ].into_iter().flatten().map(answer).collect();
        for id in merge(&answers, cut).insufficient {
            answers.retain(|answer| answer.partition != id);
            answers.extend(ask(&mut now, vec![id], cut).into_iter().map(answer));
        }
        let merged = merge(&answers, cut);
        prop_assert!(merged.insufficient.is_empty(), "asked alone, everybody sends enough");
        prop_assert_eq!(list(&merged), by_definition(&records, cut));
    }

    #[test]
    fn effects_lead_where_a_fresh_start_does(
        (records, _) in galleries(), removed in prop::collection::vec(any::<bool>(), 60),
    ) {
        use replication::Effect;
        let partition = PartitionId(0);
        let mut followed = node(&BTreeMap::from([(partition, Vec::new())]));
        let puts = records.iter().cloned().map(Effect::Put).collect();
        followed.change(ResidentChange::Effects { partition, through: 12, effects: puts });
        let (gone, left): (Vec<_>, Vec<_>) =
            records.iter().zip(&removed).partition(|(_, removed)| **removed);
        let effects = gone.iter().map(|(record, _)| Effect::Remove(record.encounter)).collect();
        followed.change(ResidentChange::Effects { partition, through: 15, effects });
        let left: Vec<Record> = left.into_iter().map(|(record, _)| record.clone()).collect();
        let count = left.len() as u32;
        let mut fresh = node(&BTreeMap::from([(partition, left)]));
        let [mut one, other] =
            [&mut followed, &mut fresh].map(|n| ask(n, vec![partition], Cut::NONE).remove(0));
        prop_assert_eq!((one.index, one.scanned), (15, count));
        one.index = other.index;
        prop_assert_eq!(one, other);
    }
}

#[test]
fn a_node_leaves_out_who_cannot_pass_and_scores_who_may() {
    let cut = Cut { coarse: 3, fine: 1 };
    // Best coarse score first: the second is worse in the fine look than the first, the third is
    // better, and the fourth does not pass the first cut.
    let scores = [[9, 5, 1], [8, 4, 1], [7, 6, 1], [6, 9, 9]];
    let records = (1..).zip(scores).map(|(id, scores)| record(id, scores)).collect();
    let partition = PartitionId(0);
    let mut node = node(&BTreeMap::from([(partition, records)]));
    let scanned = ask(&mut node, vec![partition], cut).remove(0);
    let scored: Vec<_> = scanned.hits.iter().map(|hit| (hit.encounter.0, hit.score)).collect();
    assert_eq!(scored, [(1, Some(1)), (2, None), (3, Some(1))]);
    assert_eq!(scanned.cut_at, Some(scanned.hits[2].coarse_key()));
    assert_eq!(scanned.scanned, 4);
    let merged = merge(&[answer(scanned)], cut);
    assert_eq!(list(&merged), [(1, EncounterId(3))]);
}
