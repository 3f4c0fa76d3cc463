//! What goes wrong, and when.

use crate::invariants::Violation;
use crate::network::Place;
use crate::random::Random;
use crate::world::{Event, World};
use coordinator::Request;
use coordinator::command::{Command, NodeState, PinPartition, SetNodeState};
use replication::{CoordinatorId, NodeId, PartitionId};

/// Kinds of faults; a seed allows about half of them.
type Fault = fn(&mut World) -> Result<(), Violation>;

const FAULTS: [Fault; 21] = [
    crash_coordinator,
    crash_node,
    kill_coordinator_at_disk,
    kill_node_at_disk,
    pause_coordinator,
    pause_node,
    cut_coordinator,
    cut_coordinator_one_way,
    cut_node,
    bad_links,
    fill_coordinator_disk,
    fill_node_disk,
    jump_clock,
    flip_node_bit,
    wipe_node,
    lose_coordinator,
    drain_or_return,
    add_node,
    transfer_leadership,
    duel,
    pin_partition,
];

/// One fault, then the next after a while.
pub(crate) fn strike(world: &mut World) -> Result<(), Violation> {
    if world.is_mending {
        return Ok(());
    }
    let allowed: Vec<usize> =
        (0..FAULTS.len()).filter(|kind| world.scenario.faults >> kind & 1 == 1).collect();
    if let Some(kind) = world.random.pick(&allowed) {
        world.fault_count += 1;
        FAULTS[kind](world)?;
    }
    let wait = world.random.range(50, 2 * world.scenario.fault_every_ms);
    world.at(world.now + wait, Event::Fault);
    Ok(())
}

fn running_coordinator(world: &mut World) -> Option<CoordinatorId> {
    let running = world.coordinators.iter().filter(|(_, machine)| machine.running.is_some());
    let running: Vec<CoordinatorId> = running.map(|(id, _)| *id).collect();
    world.random.pick(&running)
}

fn running_node(world: &mut World) -> Option<NodeId> {
    let running = world.nodes.iter().filter(|(_, machine)| machine.running.is_some());
    let running: Vec<NodeId> = running.map(|(id, _)| *id).collect();
    world.random.pick(&running)
}

fn crash_coordinator(world: &mut World) -> Result<(), Violation> {
    if let Some(id) = running_coordinator(world) {
        world.crash_coordinator(id);
    }
    Ok(())
}

fn crash_node(world: &mut World) -> Result<(), Violation> {
    if let Some(id) = running_node(world) {
        world.crash_node(id);
    }
    Ok(())
}

fn kill_coordinator_at_disk(world: &mut World) -> Result<(), Violation> {
    if let Some(id) = running_coordinator(world) {
        let operations = world.random.below(60);
        world.coordinators[&id].disk.kill_in(operations);
    }
    Ok(())
}

fn kill_node_at_disk(world: &mut World) -> Result<(), Violation> {
    if let Some(id) = running_node(world) {
        let operations = world.random.below(30);
        world.nodes[&id].stores.kill_in(operations);
    }
    Ok(())
}

fn pause(random: &mut Random, now: u64) -> u64 {
    now + if random.chance(700) { random.range(200, 1_500) } else { random.range(1_500, 5_000) }
}

fn pause_coordinator(world: &mut World) -> Result<(), Violation> {
    let Some(id) = running_coordinator(world) else { return Ok(()) };
    let until = pause(&mut world.random, world.now);
    if let Some(machine) = world.coordinators.get_mut(&id) {
        machine.paused_until = until;
    }
    Ok(())
}

fn pause_node(world: &mut World) -> Result<(), Violation> {
    let Some(id) = running_node(world) else { return Ok(()) };
    let until = pause(&mut world.random, world.now);
    if let Some(machine) = world.nodes.get_mut(&id) {
        machine.paused_until = until;
    }
    Ok(())
}

fn everybody(world: &World) -> Vec<Place> {
    let coordinators = world.coordinators.keys().map(|id| Place::Coordinator(*id));
    coordinators.chain(world.nodes.keys().map(|id| Place::Node(*id))).collect()
}

fn mend_links_later(world: &mut World) {
    let wait = world.random.range(500, 4_000);
    world.at(world.now + wait, Event::MendLinks);
}

/// From all other coordinators; clients and nodes may still reach it.
fn cut_coordinator(world: &mut World) -> Result<(), Violation> {
    let Some(id) = running_coordinator(world) else { return Ok(()) };
    let wholly = world.random.chance(300);
    for other in everybody(world) {
        if wholly || matches!(other, Place::Coordinator(_)) {
            world.network.cut(Place::Coordinator(id), other);
            world.network.cut(other, Place::Coordinator(id));
        }
    }
    mend_links_later(world);
    Ok(())
}

fn cut_coordinator_one_way(world: &mut World) -> Result<(), Violation> {
    let Some(id) = running_coordinator(world) else { return Ok(()) };
    let outward = world.random.chance(500);
    for other in everybody(world) {
        if outward {
            world.network.cut(Place::Coordinator(id), other);
        } else {
            world.network.cut(other, Place::Coordinator(id));
        }
    }
    mend_links_later(world);
    Ok(())
}

/// From the coordinators only, or from one of them.
fn cut_node(world: &mut World) -> Result<(), Violation> {
    let Some(id) = running_node(world) else { return Ok(()) };
    let all = world.random.chance(600);
    for other in everybody(world) {
        let is_coordinator = matches!(other, Place::Coordinator(_));
        if is_coordinator && (all || world.random.chance(500)) {
            world.network.cut(Place::Node(id), other);
            world.network.cut(other, Place::Node(id));
        }
    }
    mend_links_later(world);
    Ok(())
}

fn bad_links(world: &mut World) -> Result<(), Violation> {
    let random = &mut world.random;
    world.network.lost = if random.chance(600) { random.below(150) } else { 0 };
    world.network.repeated = if random.chance(600) { random.below(200) } else { 0 };
    world.network.slow = if random.chance(600) { random.below(250) } else { 0 };
    Ok(())
}

fn fill_coordinator_disk(world: &mut World) -> Result<(), Violation> {
    let Some(id) = running_coordinator(world) else { return Ok(()) };
    world.coordinators[&id].disk.set_full(true);
    let wait = world.random.range(300, 3_000);
    world.at(world.now + wait, Event::MendDisks);
    Ok(())
}

fn fill_node_disk(world: &mut World) -> Result<(), Violation> {
    let Some(id) = running_node(world) else { return Ok(()) };
    world.nodes[&id].stores.set_full(true);
    let wait = world.random.range(300, 3_000);
    world.at(world.now + wait, Event::MendDisks);
    Ok(())
}

/// Up to an hour either way.
fn jump_clock(world: &mut World) -> Result<(), Violation> {
    let Some(id) = running_coordinator(world) else { return Ok(()) };
    let jump = world.random.below(7_200_000) as i64 - 3_600_000;
    if let Some(machine) = world.coordinators.get_mut(&id) {
        machine.clock_off_ms = jump;
    }
    Ok(())
}

/// Two replicas of every partition are really there, so one may be lost.
fn may_lose_a_replica(world: &World) -> bool {
    let whole = world.model.catalog.partitions().all(|(partition, row)| {
        let there = |node: &&NodeId| {
            let replica = world.replica(**node, partition);
            replica.is_some_and(|replica| replica.durable() >= row.trimmed_through)
                && world.model.catalog.is_present(**node)
        };
        row.placement.replicas.keys().filter(there).count() >= 2
    });
    whole && world.losses_left > 0
}

fn flip_node_bit(world: &mut World) -> Result<(), Violation> {
    if may_lose_a_replica(world)
        && let Some(id) = running_node(world)
        && world.nodes[&id].stores.flip(&mut world.random)
    {
        world.losses_left -= 1;
        if let Some(machine) = world.nodes.get_mut(&id) {
            machine.was_damaged = true;
        }
    }
    Ok(())
}

fn set_state(world: &mut World, node: NodeId, state: NodeState) {
    let Some(row) = world.model.catalog.nodes().get(&node) else { return };
    let expected = row.state;
    let change = SetNodeState { node, expected, state };
    let request = Request::Command(Command::SetNodeState(change));
    world.at(world.now, Event::Again(request, 10));
}

fn wipe_node(world: &mut World) -> Result<(), Violation> {
    if may_lose_a_replica(world)
        && let Some(id) = running_node(world)
        && world.model.catalog.is_present(id)
    {
        world.losses_left -= 1;
        world.wipe_node(id);
        if world.nodes[&id].is_gone {
            set_state(world, id, NodeState::Removed);
        }
    }
    Ok(())
}

/// The disk of a coordinator is gone, or a bit of its log changed while it was down.
fn lose_coordinator(world: &mut World) -> Result<(), Violation> {
    let all_run = world.coordinators.values().all(|m| m.running.is_some());
    if world.coordinator_losses_left == 0 || !all_run {
        return Ok(());
    }
    let Some(id) = running_coordinator(world) else { return Ok(()) };
    world.coordinator_losses_left -= 1;
    if world.random.chance(400) {
        world.lose_coordinator(id);
        return Ok(());
    }
    world.crash_coordinator(id);
    if let Some(machine) = world.coordinators.get_mut(&id) {
        machine.was_damaged = machine.disk.flip(&mut world.random);
    }
    Ok(())
}

fn drain_or_return(world: &mut World) -> Result<(), Violation> {
    let nodes = world.model.catalog.nodes();
    let draining = nodes.iter().find(|(_, row)| row.state == NodeState::Draining);
    if let Some((node, _)) = draining {
        let node = *node;
        set_state(world, node, NodeState::Up);
        return Ok(());
    }
    let up = nodes.iter().filter(|(_, row)| row.state == NodeState::Up).map(|(id, _)| *id);
    let up: Vec<NodeId> = up.collect();
    if up.len() > usize::from(world.scenario.replication)
        && let Some(node) = world.random.pick(&up)
    {
        set_state(world, node, NodeState::Draining);
    }
    Ok(())
}

/// An operator pins a partition to some nodes, or to none any more.
fn pin_partition(world: &mut World) -> Result<(), Violation> {
    let catalog = &world.model.catalog;
    let up = catalog.nodes().iter().filter(|(_, row)| row.state == NodeState::Up);
    let up: Vec<NodeId> = up.map(|(id, _)| *id).collect();
    let partitions: Vec<PartitionId> = catalog.partitions().map(|(id, _)| id).collect();
    let Some(partition) = world.random.pick(&partitions) else { return Ok(()) };
    let expected = catalog.pin(partition).cloned().unwrap_or_default();
    let count = world.random.below(u64::from(world.scenario.replication) + 1);
    let nodes = (0..count).filter_map(|_| world.random.pick(&up)).collect();
    let pin = PinPartition { partition, nodes, expected };
    world.at(world.now, Event::Again(Request::Command(Command::PinPartition(pin)), 2));
    Ok(())
}

fn add_node(world: &mut World) -> Result<(), Violation> {
    let highest = world.nodes.keys().max().map_or(0, |id| id.0);
    if highest < world.scenario.nodes + 2 {
        world.add_node(NodeId(highest + 1));
    }
    Ok(())
}

fn transfer_leadership(world: &mut World) -> Result<(), Violation> {
    if let Some(to) = running_coordinator(world) {
        world.at(world.now, Event::Again(Request::TransferLeadership(to), 0));
    }
    Ok(())
}

/// Says again that nodes whose disk was exchanged are gone: the first word may have come between
/// two other changes of their state.
pub(crate) fn remove_gone_nodes(world: &mut World) {
    let gone = world.nodes.iter().filter(|(_, machine)| machine.is_gone).map(|(id, _)| *id);
    for node in gone.collect::<Vec<_>>() {
        if world.model.catalog.is_present(node) {
            set_state(world, node, NodeState::Removed);
        }
    }
}

/// Several drains asked for while nobody answered may have left too few nodes: an operator returns
/// them.
pub(crate) fn return_nodes(world: &mut World) {
    let nodes = world.model.catalog.nodes();
    let up = nodes.values().filter(|row| row.state == NodeState::Up).count();
    let draining = nodes.iter().filter(|(_, row)| row.state == NodeState::Draining);
    let draining: Vec<NodeId> = draining.map(|(id, _)| *id).collect();
    if up < usize::from(world.scenario.replication) {
        for node in draining {
            // One that is gone for good is removed, not returned.
            if world.nodes[&node].is_gone {
                continue;
            }
            set_state(world, node, NodeState::Up);
        }
    }
}

/// The leader restarts again and again while two others cannot hear each other, so both stand for
/// the same terms and need its vote.
fn duel(world: &mut World) -> Result<(), Violation> {
    let Some(leader) = world.leader() else { return Ok(()) };
    let others = world.coordinators.keys().copied().filter(|id| *id != leader);
    let others: Vec<CoordinatorId> = others.collect();
    for (n, one) in others.iter().enumerate() {
        for other in &others[n + 1..] {
            world.network.cut(Place::Coordinator(*one), Place::Coordinator(*other));
            world.network.cut(Place::Coordinator(*other), Place::Coordinator(*one));
        }
    }
    let mut at = world.now;
    while at < world.now + 4_000 {
        world.at(at, Event::CrashBriefly(leader));
        at += world.random.range(200, 900);
    }
    world.at(world.now + 4_500, Event::MendLinks);
    Ok(())
}
