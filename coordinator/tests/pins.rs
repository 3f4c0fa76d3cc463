//! Partitions that are pinned to nodes, and the feature level that this needs.

use coordinator::command::{
    Batch, Command, FEATURE_LEVEL_MAX, NodeState, Origin, Outcome, PinPartition, Policy, Refusal,
    RegisterNode, SetFeatureLevel, SetNodeState,
};
use coordinator::reconciler::target;
use coordinator::{Catalog, Founding};
use replication::{ClusterId, Code, CodecError, CoordinatorId, Generation, NodeId, PartitionId};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;

const PARTITION: PartitionId = PartitionId(1);

/// A cluster of four nodes with two replicas of each partition.
fn founded() -> Catalog {
    let policy =
        Policy { replication: 2, min_durable: 1, retention_bytes_max: 1 << 20, dedup_rarity: 1 };
    let founding = Founding { cluster: ClusterId(9), partitions: 3, policy };
    let mut catalog = Catalog::found(&founding);
    for node in 1..=4 {
        let register = RegisterNode { node: NodeId(node), incarnation: 1, site: 0, capacity: 1 };
        assert_eq!(apply(&mut catalog, Command::RegisterNode(register)), Outcome::Applied);
    }
    catalog
}

fn entry(command: Command) -> Vec<u8> {
    let origin = Origin { coordinator: CoordinatorId(1), boot: 1, sequence: 1 };
    let commands = vec![(origin, command)];
    Batch { generation: Generation(1), stamp_ms: 7, commands }.encode()
}

fn apply(catalog: &mut Catalog, command: Command) -> Outcome {
    let index = catalog.applied() + 1;
    catalog.apply(index, &entry(command)).expect("the entry is readable")[0].1
}

fn nodes<const N: usize>(ids: [u64; N]) -> BTreeSet<NodeId> {
    ids.map(NodeId).into()
}

fn pin(catalog: &mut Catalog, to: BTreeSet<NodeId>, expected: BTreeSet<NodeId>) -> Outcome {
    let pin = PinPartition { partition: PARTITION, nodes: to, expected };
    apply(catalog, Command::PinPartition(pin))
}

fn set_state(catalog: &mut Catalog, node: u64, expected: NodeState, state: NodeState) {
    let change = SetNodeState { node: NodeId(node), expected, state };
    assert_eq!(apply(catalog, Command::SetNodeState(change)), Outcome::Applied);
}

#[test]
fn a_pinned_partition_belongs_where_it_is_pinned_to_and_elsewhere_as_before() {
    let mut catalog = founded();
    let others = |catalog: &Catalog| [0, 2].map(|id| target(catalog, PartitionId(id)));
    let (before, elsewhere) = (target(&catalog, PARTITION), others(&catalog));
    let away: BTreeSet<NodeId> = &nodes([1, 2, 3, 4]) - &before;
    assert_eq!(pin(&mut catalog, away.clone(), nodes([])), Outcome::Applied);
    assert_eq!(target(&catalog, PARTITION), away);
    assert_eq!(others(&catalog), elsewhere);
    // A pin to fewer nodes than replicas leaves the rest to the ranking.
    let one: BTreeSet<NodeId> = away.iter().copied().take(1).collect();
    assert_eq!(pin(&mut catalog, one.clone(), away), Outcome::Applied);
    let mixed = target(&catalog, PARTITION);
    assert!(mixed.is_superset(&one) && mixed.len() == 2 && !mixed.is_disjoint(&before));
    assert_eq!(pin(&mut catalog, nodes([]), one), Outcome::Applied);
    assert_eq!(target(&catalog, PARTITION), before);
}

#[test]
fn a_pin_is_no_reason_to_stay_on_a_node_that_is_to_go() {
    let mut catalog = founded();
    let away: BTreeSet<NodeId> = &nodes([1, 2, 3, 4]) - &target(&catalog, PARTITION);
    pin(&mut catalog, away.clone(), nodes([]));
    let gone = *away.first().expect("two");
    set_state(&mut catalog, gone.0, NodeState::Up, NodeState::Draining);
    assert!(!target(&catalog, PARTITION).contains(&gone));
    assert_eq!(catalog.pin(PARTITION), Some(&away), "it may come back");
    set_state(&mut catalog, gone.0, NodeState::Draining, NodeState::Removed);
    let left: BTreeSet<NodeId> = away.iter().copied().filter(|node| *node != gone).collect();
    assert_eq!(catalog.pin(PARTITION), Some(&left), "it never comes back");
}

#[test]
fn a_pin_that_cannot_be_kept_or_expects_another_is_refused() {
    let mut catalog = founded();
    let refused = |why| Outcome::Refused(why);
    assert_eq!(pin(&mut catalog, nodes([1, 2, 3]), nodes([])), refused(Refusal::Value));
    assert_eq!(pin(&mut catalog, nodes([9]), nodes([])), refused(Refusal::Value));
    assert_eq!(pin(&mut catalog, nodes([1]), nodes([2])), refused(Refusal::Stale));
    set_state(&mut catalog, 4, NodeState::Up, NodeState::Draining);
    assert_eq!(pin(&mut catalog, nodes([4]), nodes([])), refused(Refusal::Value));
    let nowhere =
        PinPartition { partition: PartitionId(3), nodes: nodes([1]), expected: nodes([]) };
    let outcome = apply(&mut catalog, Command::PinPartition(nowhere));
    assert_eq!(outcome, refused(Refusal::NotFound));
}

/// The snapshot that a release without pins writes: of level 1, and without them.
fn of_level_one(catalog: &Catalog) -> Vec<u8> {
    const LEVEL_AT: usize = 1 + 16 + 4;
    let mut bytes = catalog.to_snapshot();
    bytes.truncate(bytes.len() - 32);
    let no_pins = Code::encode(&std::collections::BTreeMap::<PartitionId, BTreeSet<NodeId>>::new());
    assert!(bytes.ends_with(&no_pins));
    bytes.truncate(bytes.len() - no_pins.len());
    assert_eq!(bytes[LEVEL_AT..LEVEL_AT + 4], FEATURE_LEVEL_MAX.to_le_bytes());
    bytes[LEVEL_AT..LEVEL_AT + 4].copy_from_slice(&1u32.to_le_bytes());
    let digest = Sha256::digest(&bytes);
    bytes.extend_from_slice(&digest);
    bytes
}

#[test]
fn pins_survive_a_snapshot_and_one_from_before_pins_reads_and_writes_as_it_was() {
    let mut catalog = founded();
    let before = of_level_one(&catalog);
    pin(&mut catalog, nodes([2, 3]), nodes([]));
    assert_eq!(Catalog::from_snapshot(&catalog.to_snapshot()), Ok(catalog));
    let mut old = Catalog::from_snapshot(&before).expect("it is readable");
    assert_eq!((old.feature_level(), old.to_snapshot()), (1, before));
    assert_eq!(pin(&mut old, nodes([2]), nodes([])), Outcome::Refused(Refusal::Value));
    let raise = Command::SetFeatureLevel(SetFeatureLevel { level: 2 });
    assert_eq!(apply(&mut old, raise), Outcome::Applied);
    assert_eq!(pin(&mut old, nodes([2]), nodes([])), Outcome::Applied);
}

#[test]
fn a_release_ends_at_a_feature_level_that_it_does_not_know() {
    let mut catalog = founded();
    let raise = |level| Command::SetFeatureLevel(SetFeatureLevel { level });
    let far = apply(&mut catalog, raise(FEATURE_LEVEL_MAX + 2));
    assert_eq!(far, Outcome::Refused(Refusal::Stale), "one after the other");
    let index = catalog.applied() + 1;
    let next = catalog.apply(index, &entry(raise(FEATURE_LEVEL_MAX + 1)));
    assert_eq!(next, Err(CodecError::Version(FEATURE_LEVEL_MAX as u8 + 1)));
}
