//! The rules of the catalog, one test each.

use coordinator::catalog::{AuditEvent, NodeRow, StreamRead};
use coordinator::command::{
    Adjudicate, AuditSeal, Batch, Command, DedupPolicy, DedupVerdict, Enroll, Erase, ErasureTarget,
    MergePersons, NodeState, Origin, Outcome, Policy, Refusal, RegisterNode, ReportReplica,
    SetGalleries, SetNodeState, SetReplicas, Trim, Unlink, WrappedKey,
};
use coordinator::search::{LoggedScope, SearchIntent, SearchOutcome, VerificationIntent};
use coordinator::{Catalog, Founding};
use proptest::prelude::*;
use replication::{
    ClusterId, Code, CodecError, CoordinatorId, Effect, EncounterId, EncounterState, Epoch,
    GallerySet, Generation, NodeId, PartitionId, Payload, PersonId, Scope, Summary,
};

const RETENTION_BYTES: u64 = 4_000;

fn founded() -> Catalog {
    let policy = Policy {
        replication: 2,
        min_durable: 2,
        retention_bytes_max: RETENTION_BYTES,
        dedup_rarity: 1,
    };
    Catalog::found(&Founding { cluster: ClusterId(9), partitions: 3, policy })
}

fn entry(commands: Vec<Command>) -> Vec<u8> {
    let origin = |sequence| Origin { coordinator: CoordinatorId(1), boot: 1, sequence };
    let commands = (1..).map(origin).zip(commands).collect();
    Batch { generation: Generation(1), stamp_ms: 7, commands }.encode()
}

fn apply(catalog: &mut Catalog, command: Command) -> Outcome {
    let index = catalog.applied() + 1;
    catalog.apply(index, &entry(vec![command])).expect("the entry is readable")[0].1
}

fn enroll(id: u128, dedup: DedupPolicy) -> Enroll {
    Enroll {
        encounter: EncounterId(id),
        person: PersonId(id),
        galleries: GallerySet(1),
        content: [id as u8; 32],
        payload: Payload::from(vec![1, 2, 3]),
        wrapped_key: Some(WrappedKey { kek_epoch: 1, bytes: Payload::from(vec![5]) }),
        dedup,
    }
}

fn enrolled(catalog: &mut Catalog, id: u128, dedup: DedupPolicy) {
    assert_eq!(apply(catalog, Command::Enroll(enroll(id, dedup))), Outcome::Applied);
}

fn verdict(catalog: &mut Catalog, id: u128, hits: &[u128]) -> Outcome {
    let enrolled_at = catalog.encounters()[&EncounterId(id)].enrolled_at;
    let hits = hits.iter().map(|hit| EncounterId(*hit)).collect();
    let (encounter, as_of) = (EncounterId(id), catalog.applied());
    apply(catalog, Command::DedupVerdict(DedupVerdict { encounter, enrolled_at, as_of, hits }))
}

fn erase(catalog: &mut Catalog, target: ErasureTarget) -> Outcome {
    apply(catalog, Command::Erase(Erase { target, basis: 1, requester: 2, approver: None }))
}

fn adjudicate(catalog: &mut Catalog, id: u128, accept: bool) -> Outcome {
    let decision = Adjudicate { encounter: EncounterId(id), accept, examiner: 1, approver: 2 };
    apply(catalog, Command::Adjudicate(decision))
}

fn state(catalog: &Catalog, id: u128) -> Option<EncounterState> {
    catalog.encounters().get(&EncounterId(id)).map(|row| row.state)
}

#[test]
fn an_enrollment_is_carried_out_once_and_an_erased_id_never_again() {
    let mut catalog = founded();
    enrolled(&mut catalog, 1, DedupPolicy::Skip);
    let at = catalog.applied();
    let again = enroll(1, DedupPolicy::Skip);
    let other = Enroll { content: [99; 32], ..again.clone() };
    assert_eq!(apply(&mut catalog, Command::Enroll(again.clone())), Outcome::AlreadyApplied(at));
    assert_eq!(apply(&mut catalog, Command::Enroll(other)), Outcome::Conflict);
    assert_eq!(erase(&mut catalog, ErasureTarget::Encounter(EncounterId(1))), Outcome::Applied);
    assert_eq!(apply(&mut catalog, Command::Enroll(again)), Outcome::Gone);
    assert!(catalog.key(PersonId(1)).is_none());
    let erased = erase(&mut catalog, ErasureTarget::Encounter(EncounterId(1)));
    assert_eq!(erased, Outcome::AlreadyApplied(at + 3));
}

#[test]
fn of_two_that_match_the_later_waits_and_is_held_when_the_earlier_is_active() {
    let mut catalog = founded();
    enrolled(&mut catalog, 1, DedupPolicy::Enforce);
    enrolled(&mut catalog, 2, DedupPolicy::Enforce);
    verdict(&mut catalog, 2, &[1]);
    assert_eq!(state(&catalog, 2), Some(EncounterState::Pending));
    // The earlier one sees the later one, too; that does not make it wait.
    verdict(&mut catalog, 1, &[2]);
    assert_eq!(state(&catalog, 1), Some(EncounterState::Active));
    assert_eq!(state(&catalog, 2), Some(EncounterState::Held));
    assert_eq!(adjudicate(&mut catalog, 2, false), Outcome::Applied);
    assert_eq!(state(&catalog, 2), Some(EncounterState::Rejected));
}

#[test]
fn of_two_that_match_in_one_entry_the_one_with_the_higher_id_is_the_later() {
    let mut catalog = founded();
    let twins = [5, 4].map(|id| Command::Enroll(enroll(id, DedupPolicy::Enforce)));
    let index = catalog.applied() + 1;
    let outcomes = catalog.apply(index, &entry(twins.to_vec())).unwrap();
    assert!(outcomes.iter().all(|(_, outcome)| *outcome == Outcome::Applied));
    // Both searches see both.
    verdict(&mut catalog, 5, &[4, 5]);
    verdict(&mut catalog, 4, &[4, 5]);
    assert_eq!(state(&catalog, 4), Some(EncounterState::Active));
    assert_eq!(state(&catalog, 5), Some(EncounterState::Held));
}

#[test]
fn one_that_waits_becomes_active_once_all_it_waits_for_are_dead() {
    let mut catalog = founded();
    (1..=3).for_each(|id| enrolled(&mut catalog, id, DedupPolicy::Enforce));
    verdict(&mut catalog, 3, &[1, 2]);
    assert_eq!(erase(&mut catalog, ErasureTarget::Person(PersonId(1))), Outcome::Applied);
    assert_eq!(state(&catalog, 3), Some(EncounterState::Pending));
    assert_eq!(erase(&mut catalog, ErasureTarget::Encounter(EncounterId(2))), Outcome::Applied);
    assert_eq!(state(&catalog, 3), Some(EncounterState::Active));
}

#[test]
fn a_second_verdict_and_a_decision_about_what_is_not_held_change_nothing() {
    let mut catalog = founded();
    enrolled(&mut catalog, 1, DedupPolicy::Skip);
    enrolled(&mut catalog, 2, DedupPolicy::Enforce);
    verdict(&mut catalog, 2, &[1]);
    let stale = Outcome::Refused(Refusal::Stale);
    assert_eq!(verdict(&mut catalog, 2, &[]), stale);
    assert_eq!(adjudicate(&mut catalog, 1, false), stale);
    assert_eq!(adjudicate(&mut catalog, 2, true), Outcome::Applied);
    assert_eq!(adjudicate(&mut catalog, 2, false), stale);
    assert_eq!(state(&catalog, 2), Some(EncounterState::Active));
}

#[test]
fn a_person_that_comes_again_is_no_duplicate_and_neither_is_a_merged_one() {
    let mut catalog = founded();
    enrolled(&mut catalog, 1, DedupPolicy::Skip);
    let again = Enroll { encounter: EncounterId(2), ..enroll(1, DedupPolicy::Enforce) };
    assert_eq!(apply(&mut catalog, Command::Enroll(again)), Outcome::Applied);
    verdict(&mut catalog, 2, &[1]);
    assert_eq!(state(&catalog, 2), Some(EncounterState::Active));
    enrolled(&mut catalog, 3, DedupPolicy::Enforce);
    let merge = MergePersons { from: PersonId(3), into: PersonId(1) };
    assert_eq!(apply(&mut catalog, Command::MergePersons(merge)), Outcome::Applied);
    verdict(&mut catalog, 3, &[1, 2]);
    assert_eq!(state(&catalog, 3), Some(EncounterState::Active));
    let back = MergePersons { from: PersonId(1), into: PersonId(3) };
    let stale = Outcome::Refused(Refusal::Stale);
    assert_eq!(apply(&mut catalog, Command::MergePersons(back)), stale);
}

#[test]
fn erasing_a_person_erases_what_was_merged_into_it() {
    let mut catalog = founded();
    enrolled(&mut catalog, 1, DedupPolicy::Skip);
    enrolled(&mut catalog, 2, DedupPolicy::Skip);
    let merge = MergePersons { from: PersonId(2), into: PersonId(1) };
    apply(&mut catalog, Command::MergePersons(merge));
    assert_eq!(erase(&mut catalog, ErasureTarget::Person(PersonId(1))), Outcome::Applied);
    assert!(catalog.encounters().is_empty());
    assert_eq!(catalog.tombstones().len(), 2);
    let again = Enroll { encounter: EncounterId(7), ..enroll(2, DedupPolicy::Skip) };
    assert_eq!(apply(&mut catalog, Command::Enroll(again)), Outcome::Gone);
    assert!(catalog.partitions().all(|(_, row)| row.summary == Summary::default()));
}

#[test]
fn who_was_merged_is_found_under_every_name_also_after_a_restart() {
    let mut catalog = founded();
    (1..=4).for_each(|id| enrolled(&mut catalog, id, DedupPolicy::Skip));
    for (from, into) in [(3, 2), (2, 1)] {
        let merge = MergePersons { from: PersonId(from), into: PersonId(into) };
        assert_eq!(apply(&mut catalog, Command::MergePersons(merge)), Outcome::Applied);
    }
    let again = Catalog::from_snapshot(&catalog.to_snapshot()).unwrap();
    assert_eq!(again, catalog);
    for catalog in [catalog, again] {
        for person in [1, 2, 3] {
            let mut found = catalog.encounters_of(PersonId(person));
            found.sort();
            assert_eq!(found, [1, 2, 3].map(EncounterId));
        }
        assert_eq!(catalog.encounters_of(PersonId(4)), [EncounterId(4)]);
        assert_eq!(catalog.encounters_of(PersonId(9)), []);
    }
}

#[test]
fn a_comparison_with_one_person_is_on_record_with_who_it_is_about() {
    let mut catalog = founded();
    let scope = LoggedScope(Scope { active_only: true, gallery: None });
    let (requester, purpose, case, probe_digest, threshold) = (1, 2, 3, [4; 32], 5);
    let search =
        SearchIntent { search: 6, requester, purpose, case, probe_digest, scope, threshold };
    let intent = VerificationIntent { search, person: PersonId(7) };
    let asked = Command::VerificationIntent(intent);
    assert_eq!(apply(&mut catalog, asked.clone()), Outcome::Applied);
    let at = catalog.applied();
    assert_eq!(apply(&mut catalog, asked), Outcome::AlreadyApplied(at));
    assert_eq!(catalog.audit().tail().len(), 1);
    assert_eq!(catalog.audit().tail()[0].event, AuditEvent::Verification(intent));
    let (is_complete, eligible, scanned, candidates) = (true, 0, 0, vec![]);
    let outcome =
        SearchOutcome { search: 6, as_of: at, is_complete, eligible, scanned, candidates };
    assert_eq!(apply(&mut catalog, Command::SearchOutcome(outcome)), Outcome::Applied);
    assert!(catalog.audit().verify());
}

#[test]
fn a_change_that_expects_an_older_version_is_refused() {
    let mut catalog = founded();
    enrolled(&mut catalog, 1, DedupPolicy::Skip);
    let expected_version = catalog.encounters()[&EncounterId(1)].version;
    let (encounter, galleries) = (EncounterId(1), GallerySet(2));
    let change = Command::SetGalleries(SetGalleries { encounter, galleries, expected_version });
    assert_eq!(apply(&mut catalog, change.clone()), Outcome::Applied);
    let stale = Outcome::Refused(Refusal::Stale);
    assert_eq!(apply(&mut catalog, change), stale);
    let unlink = Unlink { encounter, person: PersonId(8), expected_version };
    assert_eq!(apply(&mut catalog, Command::Unlink(unlink)), stale);
}

#[test]
fn a_batch_of_another_generation_changes_nothing() {
    let mut catalog = founded();
    let origin = Origin { coordinator: CoordinatorId(1), boot: 1, sequence: 1 };
    let commands = vec![(origin, Command::Enroll(enroll(1, DedupPolicy::Skip)))];
    let batch = Batch { generation: Generation(2), stamp_ms: 0, commands };
    let outcomes = catalog.apply(2, &batch.encode()).unwrap();
    assert_eq!(outcomes, [(origin, Outcome::Refused(Refusal::Generation))]);
    assert!(catalog.encounters().is_empty());
}

#[test]
fn at_the_cap_enrollments_are_refused_and_everything_that_must_go_on_does() {
    let mut catalog = founded();
    let mut last = 0;
    let full = Outcome::Refused(Refusal::RetentionFull);
    while apply(&mut catalog, Command::Enroll(enroll(last + 1, DedupPolicy::Enforce))) != full {
        last += 1;
    }
    assert!(last > 3, "{last} fit");
    verdict(&mut catalog, 1, &[]);
    (2..=last).for_each(|id| assert_eq!(verdict(&mut catalog, id, &[1]), Outcome::Applied));
    (2..=last).for_each(|id| assert_eq!(adjudicate(&mut catalog, id, true), Outcome::Applied));
    for id in 1..=last {
        let erased = erase(&mut catalog, ErasureTarget::Encounter(EncounterId(id)));
        assert_eq!(erased, Outcome::Applied);
    }
    assert!(catalog.retained_bytes() <= RETENTION_BYTES);
    let through = (0..3).map(|p| (PartitionId(p), catalog.applied())).collect();
    apply(&mut catalog, Command::Trim(Trim { through }));
    assert_eq!(catalog.retained_bytes(), 0);
    enrolled(&mut catalog, last + 1, DedupPolicy::Skip);
}

fn register(catalog: &mut Catalog, node: u64, incarnation: u64) -> Outcome {
    let register = RegisterNode { node: NodeId(node), incarnation, site: 0, capacity: 1 };
    apply(catalog, Command::RegisterNode(register))
}

fn place(catalog: &mut Catalog, nodes: &[u64], epoch: u64) -> Outcome {
    let nodes = nodes.iter().map(|node| NodeId(*node)).collect();
    let (partition, expected_epoch) = (PartitionId(0), Epoch(epoch));
    let change = SetReplicas { partition, nodes, expected_epoch, force: false };
    apply(catalog, Command::SetReplicas(change))
}

fn complete(catalog: &mut Catalog, node: u64, epoch: u64) -> Outcome {
    let (partition, node, epoch) = (PartitionId(0), NodeId(node), Epoch(epoch));
    let report = ReportReplica { partition, node, epoch, is_complete: true };
    apply(catalog, Command::ReportReplica(report))
}

#[test]
fn a_complete_replica_leaves_only_when_others_are_complete() {
    let mut catalog = founded();
    (1..=3).for_each(|node| assert_eq!(register(&mut catalog, node, 1), Outcome::Applied));
    assert_eq!(register(&mut catalog, 1, 2), Outcome::Conflict);
    assert_eq!(place(&mut catalog, &[1, 2], 0), Outcome::Applied);
    (1..=2).for_each(|node| assert_eq!(complete(&mut catalog, node, 1), Outcome::Applied));
    let few = Outcome::Refused(Refusal::TooFewReplicas);
    assert_eq!(place(&mut catalog, &[2, 3], 1), few);
    assert_eq!(place(&mut catalog, &[1, 2, 3], 0), Outcome::Refused(Refusal::Stale));
    assert_eq!(place(&mut catalog, &[1, 2, 3], 1), Outcome::Applied);
    assert_eq!(place(&mut catalog, &[2, 3], 2), few);
    assert_eq!(complete(&mut catalog, 3, 1), Outcome::Refused(Refusal::Stale));
    assert_eq!(complete(&mut catalog, 3, 2), Outcome::Applied);
    assert_eq!(place(&mut catalog, &[2, 3], 2), Outcome::Applied);
}

#[test]
fn a_removed_node_counts_no_more_and_takes_no_more() {
    let mut catalog = founded();
    (1..=2).for_each(|node| assert_eq!(register(&mut catalog, node, 1), Outcome::Applied));
    place(&mut catalog, &[1, 2], 0);
    (1..=2).for_each(|node| assert_eq!(complete(&mut catalog, node, 1), Outcome::Applied));
    let (node, expected, state) = (NodeId(1), NodeState::Up, NodeState::Removed);
    let change = SetNodeState { node, expected, state };
    assert_eq!(apply(&mut catalog, Command::SetNodeState(change)), Outcome::Applied);
    assert_eq!(place(&mut catalog, &[1], 1), Outcome::Refused(Refusal::TooFewReplicas));
    assert_eq!(place(&mut catalog, &[2], 1), Outcome::Applied);
    assert_eq!(place(&mut catalog, &[1, 2], 2), Outcome::Refused(Refusal::Value));
    let back = SetNodeState { node, expected: state, state: NodeState::Up };
    assert_eq!(apply(&mut catalog, Command::SetNodeState(back)), Outcome::Refused(Refusal::Stale));
}

#[test]
fn several_nodes_drained_at_once_keep_their_replicas_until_enough_others_have_them() {
    let mut catalog = founded();
    (1..=3).for_each(|node| assert_eq!(register(&mut catalog, node, 1), Outcome::Applied));
    place(&mut catalog, &[1, 2], 0);
    (1..=2).for_each(|node| assert_eq!(complete(&mut catalog, node, 1), Outcome::Applied));
    let mut set = |node, expected, state| {
        let change = SetNodeState { node: NodeId(node), expected, state };
        assert_eq!(apply(&mut catalog, Command::SetNodeState(change)), Outcome::Applied);
    };
    set(1, NodeState::Up, NodeState::Draining);
    set(2, NodeState::Up, NodeState::Draining);
    assert_eq!(place(&mut catalog, &[1, 2, 3], 1), Outcome::Applied);
    assert_eq!(complete(&mut catalog, 3, 2), Outcome::Applied);
    // The one node that is up would be the only one to have it.
    assert_eq!(place(&mut catalog, &[3], 2), Outcome::Refused(Refusal::TooFewReplicas));
    assert_eq!(place(&mut catalog, &[2, 3], 2), Outcome::Applied);
    // One that is gone is waited for no longer.
    let gone =
        SetNodeState { node: NodeId(2), expected: NodeState::Draining, state: NodeState::Removed };
    assert_eq!(apply(&mut catalog, Command::SetNodeState(gone)), Outcome::Applied);
    assert_eq!(place(&mut catalog, &[3], 3), Outcome::Applied);
}

#[test]
fn an_outcome_without_its_intent_is_refused_and_the_chain_shows_every_change() {
    let mut catalog = founded();
    let scope = LoggedScope(Scope { active_only: true, gallery: None });
    let intent = SearchIntent {
        search: 5,
        requester: 1,
        purpose: 1,
        case: 1,
        probe_digest: [0; 32],
        scope,
        threshold: 1,
    };
    assert_eq!(apply(&mut catalog, Command::SearchIntent(intent)), Outcome::Applied);
    let outcome = SearchOutcome {
        search: 5,
        as_of: catalog.applied(),
        is_complete: true,
        eligible: 0,
        scanned: 0,
        candidates: vec![],
    };
    let stranger = SearchOutcome { search: 6, ..outcome.clone() };
    let unknown = Outcome::Refused(Refusal::NotFound);
    assert_eq!(apply(&mut catalog, Command::SearchOutcome(stranger)), unknown);
    assert_eq!(apply(&mut catalog, Command::SearchOutcome(outcome.clone())), Outcome::Applied);
    assert_eq!(apply(&mut catalog, Command::SearchOutcome(outcome)), unknown);
    assert!(catalog.audit().verify());
    let first = catalog.audit().tail()[0].clone();
    let mut tampered = first.clone();
    tampered.time_ms += 1;
    assert_ne!(tampered.head_after(&[0; 32]), first.head);
    let wrong = AuditSeal { height: 1, head: [1; 32] };
    assert_eq!(apply(&mut catalog, Command::AuditSeal(wrong)), Outcome::Refused(Refusal::Stale));
    let seal = AuditSeal { height: 1, head: first.head };
    assert_eq!(apply(&mut catalog, Command::AuditSeal(seal)), Outcome::Applied);
    assert!(catalog.audit().verify() && catalog.audit().tail().len() == 1);
}

#[test]
fn what_a_partition_held_is_known_from_the_trimmed_index_to_the_applied_one() {
    let mut catalog = founded();
    enrolled(&mut catalog, 1, DedupPolicy::Skip);
    let (home, at) = (catalog.home(PersonId(1)), catalog.applied());
    erase(&mut catalog, ErasureTarget::Person(PersonId(1)));
    catalog.apply(at + 2, &[]).unwrap();
    let all = Scope { active_only: false, gallery: None };
    let known = |catalog: &Catalog| {
        [at - 1, at, at + 1, at + 2, at + 3].map(|index| catalog.eligible(home, index, all))
    };
    assert_eq!(known(&catalog), [Some(0), Some(1), Some(0), Some(0), None]);
    apply(&mut catalog, Command::Trim(Trim { through: vec![(home, at)] }));
    assert_eq!(known(&catalog), [None, Some(1), Some(0), Some(0), Some(0)]);
}

#[test]
fn a_cluster_founded_again_from_an_old_backup_does_not_bring_back_the_erased() {
    let mut catalog = founded();
    enrolled(&mut catalog, 1, DedupPolicy::Skip);
    enrolled(&mut catalog, 2, DedupPolicy::Skip);
    let backup = catalog.clone();
    erase(&mut catalog, ErasureTarget::Encounter(EncounterId(1)));
    enrolled(&mut catalog, 3, DedupPolicy::Skip);
    erase(&mut catalog, ErasureTarget::Person(PersonId(3)));
    let again = backup.refound(Generation(2), catalog.erasures());
    assert_eq!(again.generation(), Generation(2));
    assert_eq!(again.encounters().keys().copied().collect::<Vec<_>>(), [EncounterId(2)]);
    assert!(again.tombstones().contains_key(&EncounterId(1)));
    assert!(again.key(PersonId(1)).is_none());
    // Even under the id of somebody whom the backup never held.
    let mut again = again;
    let entry = |id| {
        let origin = Origin { coordinator: CoordinatorId(1), boot: 1, sequence: 1 };
        let commands = vec![(origin, Command::Enroll(enroll(id, DedupPolicy::Skip)))];
        Batch { generation: Generation(2), stamp_ms: 7, commands }.encode()
    };
    let outcomes = again.apply(again.applied() + 1, &entry(3)).unwrap();
    assert_eq!(outcomes[0].1, Outcome::Gone);
}

#[test]
fn what_a_replica_of_a_backup_lacks_is_in_its_stream() {
    let mut catalog = founded();
    enrolled(&mut catalog, 1, DedupPolicy::Skip);
    let backup = catalog.clone();
    erase(&mut catalog, ErasureTarget::Person(PersonId(1)));
    let again = backup.clone().refound(Generation(2), catalog.erasures());
    assert_eq!(again.applied(), backup.applied() + 1);
    let home = again.partition(again.home(PersonId(1))).unwrap();
    let read = home.read(backup.applied(), again.applied(), u64::MAX);
    let StreamRead::Entries { through, entries } = read else { panic!("{read:?}") };
    assert_eq!(through, again.applied());
    assert_eq!(entries, [(again.applied(), vec![Effect::Remove(EncounterId(1))])]);
}

#[test]
fn a_rehoused_cluster_knows_its_new_nodes_alone_and_its_streams_begin_there() {
    let mut catalog = busy();
    let row = NodeRow { incarnation: 5, site: 0, capacity: 1, state: NodeState::Up };
    let nodes = [11, 12, 13].map(|id| (NodeId(id), row));
    catalog.rehouse(nodes.into());
    assert!(catalog.nodes().keys().copied().eq([11, 12, 13].map(NodeId)));
    assert_eq!(catalog.retained_bytes(), 0);
    let at = catalog.applied();
    for (partition, row) in catalog.partitions() {
        assert_eq!(row.placement.replicas.len(), 2);
        assert!(row.placement.replicas.values().all(|complete| *complete));
        assert_eq!(row.read(at - 1, at, u64::MAX), StreamRead::Trimmed);
        let nothing = StreamRead::Entries { through: at, entries: Vec::new() };
        assert_eq!(row.read(at, at, u64::MAX), nothing);
        assert_eq!(catalog.summary_at(partition, at), Some(row.summary));
    }
    let read = Catalog::from_snapshot(&catalog.to_snapshot()).unwrap();
    assert_eq!(read, catalog);
}

#[test]
fn an_entry_of_an_unknown_version_or_command_is_an_error() {
    let mut bytes = entry(vec![Command::Enroll(enroll(1, DedupPolicy::Skip))]);
    bytes[0] = 2;
    assert_eq!(founded().apply(2, &bytes), Err(CodecError::Version(2)));
    bytes[0] = 1;
    // Version, generation, stamp, count, origin; then the tag of the command.
    bytes[1 + 4 + 8 + 4 + 24] = 200;
    assert_eq!(Batch::decode(&bytes), Err(CodecError::Tag { what: "a command", tag: 200 }));
}

fn busy() -> Catalog {
    let mut catalog = founded();
    (1..=4).for_each(|id| enrolled(&mut catalog, id, DedupPolicy::Enforce));
    verdict(&mut catalog, 1, &[]);
    verdict(&mut catalog, 2, &[1]);
    erase(&mut catalog, ErasureTarget::Encounter(EncounterId(3)));
    register(&mut catalog, 1, 1);
    place(&mut catalog, &[1], 0);
    catalog
}

#[test]
fn a_catalog_comes_back_from_its_snapshot_as_it_was() {
    let mut catalog = busy();
    let mut copy = Catalog::from_snapshot(&catalog.to_snapshot()).unwrap();
    assert_eq!(copy, catalog);
    for catalog in [&mut catalog, &mut copy] {
        verdict(catalog, 4, &[2]);
        erase(catalog, ErasureTarget::Person(PersonId(2)));
    }
    assert_eq!(copy.digest(), catalog.digest());
}

proptest! {
    #[test]
    fn bytes_that_are_no_batch_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = Batch::decode(&bytes);
        let _ = founded().apply(2, &bytes);
        let _ = Catalog::from_snapshot(&bytes);
    }

    #[test]
    fn a_changed_batch_is_read_as_another_or_not_at_all(at in 0usize..200, bit in 0u8..8) {
        let commands = vec![
            Command::Enroll(enroll(1, DedupPolicy::Flag)),
            Command::Trim(Trim { through: vec![(PartitionId(1), 3)] }),
        ];
        let mut bytes = entry(commands);
        let at = at % bytes.len();
        let before = Batch::decode(&bytes).unwrap();
        bytes[at] ^= 1 << bit;
        if let Ok(after) = Batch::decode(&bytes) {
            prop_assert_ne!(&after, &before);
            prop_assert_eq!(after.encode(), bytes.clone());
        }
        let _ = founded().apply(2, &bytes);
    }

    #[test]
    fn a_changed_snapshot_is_refused(at in any::<prop::sample::Index>(), bit in 0u8..8) {
        let mut bytes = busy().to_snapshot();
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        prop_assert!(Catalog::from_snapshot(&bytes).is_err());
    }
}
