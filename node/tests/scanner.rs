//! The scanner of a cluster node finds what a search of the whole gallery finds.

#![allow(clippy::unwrap_used, reason = "a test may stop here")]

mod support;

use formats::template::encounter::Encounter;
use node::{Enrollment, Node, ResidentScanner};
use replication::{
    Cut, Effect, EncounterId, EncounterState, Epoch, GalleryId, GallerySet, PartitionAnswer,
    PartitionId, Payload, PersonId, Record, ResidentChange, ScanFault, ScanJob, Scanned, Scanner,
    Scope, merge,
};
use search::{Options, Probe, Silent, TwinKernels};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use vocabulary::{ExtractorVersion, ImpressionKey, Template, TemplateHeader};

const EVERYBODY: Scope = Scope { active_only: false, gallery: None };
const CUT: Cut = Cut { coarse: 15, fine: 6 };

/// Finger, impression and position of every print of a person; some persons have equal prints, some
/// several of one finger, some of an unknown one.
fn prints(id: u64) -> Vec<Template> {
    let finger = id - id % 8 / 7;
    let place = |code| support::position(code);
    let print = |n: u64, code| {
        let template = support::template(finger * 4 + n, id % 3);
        let impression = template.header().impression;
        template.relabeled(place(code), impression)
    };
    match id % 4 {
        0 => vec![print(0, 2), print(1, 3)],
        1 => vec![print(0, 2)],
        2 => vec![print(0, 0), print(1, 3)],
        _ => vec![print(0, 2), print(0, 2).relabeled(place(3), print(0, 2).header().impression)],
    }
}

fn record(id: u64) -> Record {
    Record {
        // In another order than they were made in.
        encounter: EncounterId(u128::from(id * 7919 % 101) << 64 | u128::from(id)),
        person: PersonId(u128::from(id)),
        enrolled_at: 2,
        state: EncounterState::Active,
        galleries: GallerySet(1),
        content: [0; 32],
        payload: Encounter::new(prints(id)).unwrap().encode().into(),
    }
}

fn scanner() -> ResidentScanner {
    ResidentScanner::new(Default::default(), Arc::new(TwinKernels::new()), |until| until == 0)
}

fn job(probe: Payload, targets: Vec<PartitionId>, scope: Scope, cut: Cut) -> ScanJob {
    ScanJob { number: 1, targets, probe, scope, only: BTreeSet::new(), cut, until: 1 }
}

fn probe(id: u64) -> Payload {
    let print = support::template(id * 4, 9);
    let impression = print.header().impression;
    let print = print.relabeled(support::position(2), impression);
    let second = support::template(id * 4 + 1, 9);
    let second = second.relabeled(support::position(3), impression);
    Encounter::new(vec![print, second]).unwrap().encode().into()
}

/// The list of the one-folder node over the same persons.
fn list_of_one_folder(
    dir: &Path,
    records: &[Record],
    probes: &[Payload],
) -> Vec<Vec<(String, u32)>> {
    let node = support::open(dir).unwrap();
    for record in records {
        let encounter = Encounter::decode(record.payload.as_bytes()).unwrap();
        let subject = support::subject(&format!("{:032x}", record.encounter.0));
        let enrollments = encounter.prints().iter().zip(encounter.labels());
        let enrollments = enrollments.map(|(template, (position, impression))| Enrollment {
            key: ImpressionKey { subject: subject.clone(), position, impression },
            template: template.clone(),
            digest: [0; 32],
            image: None,
        });
        node.enroll(enrollments.collect()).unwrap();
    }
    probes.iter().map(|probe| listed(&node, probe)).collect()
}

fn listed(node: &Node, probe: &Payload) -> Vec<(String, u32)> {
    let options = Options {
        list_length: 1000,
        shortlist_persons: CUT.coarse as usize,
        aligned_persons: CUT.fine as usize,
        ..Options::default()
    };
    let probe = Probe { prints: Encounter::decode(probe.as_bytes()).unwrap().into_prints() };
    let answer = node.identify(&probe, &options, &Silent).unwrap();
    let of = |c: &vocabulary::Candidate| (c.subject.to_string(), c.similarity.thousandths());
    answer.candidates.as_slice().iter().map(of).collect()
}

fn answer(scanned: Scanned) -> PartitionAnswer {
    let Scanned { partition, index, scanned, hits, cut_at } = scanned;
    let (epoch, eligible) = (Epoch(1), scanned);
    PartitionAnswer { partition, epoch, snapshot_index: index, eligible, scanned, hits, cut_at }
}

#[test]
fn any_split_gives_the_list_of_a_search_of_the_whole() {
    let dir = tempfile::tempdir().unwrap();
    let records: Vec<Record> = (1..=60).map(record).collect();
    let probes = [1, 6, 7, 20, 500].map(probe);
    let expected = list_of_one_folder(dir.path(), &records, &probes);
    assert!(expected.iter().any(|list| list.len() > 2), "lists of one prove little");
    for partitions in [1, 2, 3, 7] {
        let mut scanner = scanner();
        for id in 0..partitions {
            let of = |record: &&Record| record.person.0 as u16 * 5 % partitions == id;
            let records = records.iter().filter(of).cloned().collect();
            let partition = PartitionId(id);
            scanner.change(ResidentChange::Content { partition, index: 9, records });
        }
        for nodes in [1, 2, 3, 7] {
            for (probe, expected) in probes.iter().zip(&expected) {
                let held = |node| (0..partitions).filter(move |id| id % nodes == node);
                let job = |node| {
                    job(probe.clone(), held(node).map(PartitionId).collect(), EVERYBODY, CUT)
                };
                let answers: Vec<PartitionAnswer> =
                    (0..nodes).flat_map(|n| scanner.scan(&job(n)).unwrap()).map(answer).collect();
                let merged = merge(&answers, CUT);
                assert!(merged.insufficient.is_empty());
                let found = merged.ranked.iter();
                let found: Vec<(String, u32)> = found
                    .map(|hit| (format!("{:032x}", hit.encounter.0), hit.score.unwrap()))
                    .collect();
                assert_eq!(&found, expected, "{partitions} partitions on {nodes} nodes");
                let scanned: u32 = answers.iter().map(|answer| answer.scanned).sum();
                assert_eq!(scanned, 60);
            }
        }
    }
}

#[test]
fn a_scan_looks_at_what_its_scope_admits_and_follows_every_effect() {
    let [zero, one] = [0, 1].map(|id| GalleryId::new(id).unwrap());
    let scope = |active_only, gallery| Scope { active_only, gallery };
    let scopes = [
        EVERYBODY,
        scope(true, None),
        scope(false, Some(zero)),
        scope(true, Some(one)),
        scope(true, Some(zero)),
    ];
    let partition = PartitionId(3);
    let mut followed = scanner();
    followed.change(ResidentChange::Content { partition, index: 1, records: Vec::new() });
    let mut records: Vec<Record> = (1..=12).map(record).collect();
    for (n, record) in records.iter_mut().enumerate() {
        record.state = [EncounterState::Pending, EncounterState::Active][n % 2];
        record.galleries = GallerySet([1, 2, 3][n % 3]);
    }
    let puts = records.iter().cloned().map(Effect::Put).collect();
    followed.change(ResidentChange::Effects { partition, through: 13, effects: puts });
    let check = |followed: &mut ResidentScanner, records: &[Record], index| {
        let mut fresh = scanner();
        let content = ResidentChange::Content { partition, index, records: records.to_vec() };
        fresh.change(content);
        for scope in scopes {
            let job = job(probe(3), vec![partition], scope, Cut::NONE);
            let found = followed.scan(&job).unwrap();
            assert_eq!(found, fresh.scan(&job).unwrap());
            let admitted = records.iter().filter(|record| scope.admits(record)).count();
            assert_eq!((found[0].index, found[0].scanned as usize), (index, admitted));
        }
    };
    check(&mut followed, &records, 13);
    let mut effects = Vec::new();
    for record in &mut records[..6] {
        (record.state, record.galleries) = (EncounterState::Held, GallerySet(2));
        let Record { encounter, state, galleries, .. } = *record;
        effects.push(Effect::Alter { encounter, state, galleries });
    }
    effects.extend(records.drain(4..8).map(|record| Effect::Remove(record.encounter)));
    followed.change(ResidentChange::Effects { partition, through: 17, effects });
    check(&mut followed, &records, 17);
    followed.change(ResidentChange::Gone(partition));
    assert_eq!(followed.scan(&job(probe(3), vec![partition], EVERYBODY, CUT)), Ok(Vec::new()));
}

/// The same prints, as if another version had extracted them.
fn of_version(payload: &Payload, version: u16) -> Payload {
    let relabeled = |print: &Template| {
        let header = TemplateHeader { extractor: ExtractorVersion(version), ..*print.header() };
        Template::new(header, print.minutiae().to_vec(), print.ridge_flow().cloned()).unwrap()
    };
    let encounter = Encounter::decode(payload.as_bytes()).unwrap();
    let prints = encounter.prints().iter().map(relabeled).collect();
    Encounter::new(prints).unwrap().encode().into()
}

#[test]
fn what_cannot_be_compared_is_not_counted_as_scanned() {
    let partition = PartitionId(0);
    let mut records: Vec<Record> = (1..=5).map(record).collect();
    records[1].payload = of_version(&records[1].payload, 7);
    records[2].payload = vec![1, 2, 3].into();
    let mut scanner = scanner();
    scanner.change(ResidentChange::Content { partition, index: 4, records: records.clone() });
    let found = scanner.scan(&job(probe(4), vec![partition], EVERYBODY, CUT)).unwrap();
    assert_eq!(found[0].scanned, 3);
    let other = of_version(&probe(2), 7);
    let found = scanner.scan(&job(other, vec![partition], EVERYBODY, CUT)).unwrap();
    assert_eq!((found[0].scanned, found[0].hits.len()), (1, 1));
    assert_eq!(found[0].hits[0].encounter, records[1].encounter);
    // What could not be compared can still be removed.
    let effects = records.iter().map(|record| Effect::Remove(record.encounter)).collect();
    scanner.change(ResidentChange::Effects { partition, through: 5, effects });
    let found = scanner.scan(&job(probe(4), vec![partition], EVERYBODY, CUT)).unwrap();
    assert_eq!((found[0].scanned, found[0].hits.len(), found[0].index), (0, 0, 5));
}

#[test]
fn a_scan_of_encounters_that_are_named_compares_all_of_them_to_the_end_and_nobody_else() {
    let partition = PartitionId(0);
    let mut records: Vec<Record> = (1..=30).map(record).collect();
    records[4].state = EncounterState::Held;
    records[5].payload = of_version(&records[5].payload, 7);
    let of = |id: u64| records[id as usize - 1].encounter;
    let mut scanner = scanner();
    let content = ResidentChange::Content { partition, index: 4, records: records.clone() };
    scanner.change(content);
    let everybody = scanner.scan(&job(probe(3), vec![partition], EVERYBODY, Cut::NONE)).unwrap();
    let scores = |found: &[Scanned]| -> BTreeMap<EncounterId, _> {
        found[0].hits.iter().map(|hit| (hit.encounter, (hit.score, hit.rarity))).collect()
    };
    let expected = scores(&everybody);
    let mut named = job(probe(3), vec![partition], EVERYBODY, Cut::NONE);
    // A mate, a stranger, one that is held, one of another version and one that is not there.
    named.only = BTreeSet::from([of(3), of(11), of(5), of(6), EncounterId(1)]);
    let found = scanner.scan(&named).unwrap();
    assert_eq!((found[0].index, found[0].scanned, found[0].cut_at), (4, 3, None));
    let found = scores(&found);
    assert_eq!(found.keys().copied().collect::<BTreeSet<_>>(), [of(3), of(11), of(5)].into());
    assert!(found.iter().all(|(id, scored)| expected[id] == *scored), "as in a whole search");
    assert!(found[&of(3)].0 > found[&of(11)].0);
    named.scope.active_only = true;
    assert_eq!(scanner.scan(&named).unwrap()[0].scanned, 2);
}

#[test]
fn a_probe_that_is_none_and_a_scan_that_is_late_are_refused() {
    let partition = PartitionId(0);
    let mut scanner = scanner();
    let records = (1..=5).map(record).collect();
    scanner.change(ResidentChange::Content { partition, index: 4, records });
    let targets = || vec![partition];
    let none = scanner.scan(&job(vec![7].into(), targets(), EVERYBODY, CUT));
    assert_eq!(none, Err(ScanFault::Unreadable));
    let mut late = job(probe(1), targets(), EVERYBODY, CUT);
    late.until = 0;
    assert_eq!(scanner.scan(&late), Err(ScanFault::Behind));
}
