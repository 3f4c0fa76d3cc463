//! A node as messages in and messages out.

#![allow(clippy::unwrap_used, reason = "a test stops at what it does not expect")]

use replication::*;

const ASKS: CoordinatorId = CoordinatorId(2);

struct Memory;

impl Stores for Memory {
    type Kv = MemoryKv;

    fn existing(&self) -> Vec<PartitionId> {
        Vec::new()
    }

    fn open(&mut self, _: PartitionId) -> Result<MemoryKv, KvError> {
        Ok(MemoryKv::default())
    }

    fn destroy(&mut self, _: PartitionId) -> Result<(), KvError> {
        Ok(())
    }
}

/// A node that holds one partition, as founded, and follows the first coordinator.
fn host() -> Host<Memory> {
    let identity = NodeIdentity { cluster: ClusterId(1), node: NodeId(1), incarnation: 1 };
    let coordinators = vec![CoordinatorId(1), ASKS];
    let settings = HostSettings::new(identity, Generation(1), 1, coordinators);
    let mut host = Host::open(settings, Memory, 0).unwrap();
    let assigned = Assigned { partition: PartitionId(0), epoch: Epoch(1), sources: Vec::new() };
    let assignment = Assignment { generation: Generation(1), as_of: 1, partitions: vec![assigned] };
    host.step(from(ASKS, ToNode::Assign(assignment)), 0);
    host
}

fn from(coordinator: CoordinatorId, message: ToNode) -> HostInput {
    HostInput::Message(Peer::Coordinator(coordinator), message)
}

fn scan(number: u64, min_index: LogIndex) -> HostInput {
    let request = ScanRequest {
        generation: Generation(1),
        boot: 1,
        scan: number,
        targets: vec![ScanTarget { partition: PartitionId(0), epoch: Epoch(1) }],
        min_index,
        probe: Payload::default(),
        scope: Scope { active_only: true, gallery: None },
        only: Default::default(),
        cut: Cut::NONE,
        lane: Lane::Standard,
        budget_ms: 1000,
    };
    from(ASKS, ToNode::Scan(request))
}

fn tail(after: LogIndex, through: LogIndex) -> HostInput {
    let segment = TailSegment {
        partition: PartitionId(0),
        epoch: Epoch(1),
        after,
        through,
        entries: Vec::new(),
        expected: None,
    };
    let answer =
        TailAnswer { generation: Generation(1), segments: vec![segment], trimmed: Vec::new() };
    from(ASKS, ToNode::Tail(answer))
}

/// Who is asked for what follows, and from which index on.
fn asked(outputs: &[HostOutput]) -> Vec<(CoordinatorId, LogIndex)> {
    let asked = |output: &HostOutput| match output {
        HostOutput::ToCoordinator(whom, FromNode::Tail(request)) => {
            Some((*whom, request.positions[0].after))
        }
        _ => None,
    };
    outputs.iter().filter_map(asked).collect()
}

fn starts_a_scan(outputs: &[HostOutput]) -> bool {
    outputs.iter().any(|output| matches!(output, HostOutput::Scan(_)))
}

#[test]
fn a_scan_that_is_ahead_of_its_replica_asks_its_asker_at_once_and_starts_with_the_answer() {
    let mut host = host();
    let outputs = host.step(scan(1, 9), 10);
    assert_eq!(asked(&outputs), [(ASKS, 1)]);
    assert!(!starts_a_scan(&outputs));
    let more = host.step(scan(2, 9), 11);
    assert!(asked(&more).is_empty(), "one question at a time");
    let outputs = host.step(tail(1, 9), 12);
    assert!(starts_a_scan(&outputs) && asked(&outputs).is_empty());
}

#[test]
fn an_answer_that_goes_not_far_enough_is_followed_by_the_next_question() {
    let mut host = host();
    host.step(scan(1, 9), 10);
    assert_eq!(asked(&host.step(tail(1, 5), 12)), [(ASKS, 5)]);
    assert!(asked(&host.step(tail(5, 5), 13)).is_empty(), "nothing new: the tick will do");
}

#[test]
fn a_scan_that_can_start_asks_nobody() {
    let outputs = host().step(scan(1, 1), 10);
    assert!(starts_a_scan(&outputs) && asked(&outputs).is_empty());
}

/// A scan of a lane that waits for a state that the replica does not have yet.
fn scan_in(lane: Lane, number: u64) -> HostInput {
    let HostInput::Message(peer, ToNode::Scan(request)) = scan(number, 9) else {
        panic!("as made")
    };
    HostInput::Message(peer, ToNode::Scan(ScanRequest { lane, ..request }))
}

#[test]
fn the_more_urgent_is_scanned_first_and_checks_wait_their_turn_with_the_others() {
    let mut host = host();
    let lanes = [Lane::Batch, Lane::Standard, Lane::Check, Lane::Urgent, Lane::Standard];
    for (number, lane) in lanes.into_iter().enumerate() {
        host.step(scan_in(lane, number as u64), 10);
    }
    let mut outputs = host.step(tail(1, 9), 12);
    let mut order = Vec::new();
    // As many at a time as the node has room for.
    while !outputs.is_empty() {
        let jobs = outputs.iter().filter_map(|output| match output {
            HostOutput::Scan(job) => Some(job.number),
            _ => None,
        });
        let scans: Vec<HostInput> = jobs
            .map(|number| HostInput::Scanned(ScanDone { number, result: Err(ScanFault::Failed) }))
            .collect();
        outputs = scans.into_iter().flat_map(|done| host.step(done, 13)).collect();
        order.extend(outputs.iter().filter_map(|output| match output {
            HostOutput::ToCoordinator(_, FromNode::Scan(answer)) => Some(answer.scan),
            _ => None,
        }));
    }
    assert_eq!(order, [3, 1, 2, 4, 0]);
}

#[test]
fn when_too_many_wait_the_least_urgent_is_refused() {
    let mut host = host();
    let most = HostSettings::new(host.identity(), Generation(1), 1, Vec::new()).waiting_max;
    let refused = |outputs: &[HostOutput]| {
        let answers = outputs.iter().filter_map(|output| match output {
            HostOutput::ToCoordinator(_, FromNode::Scan(answer)) => Some(answer.scan),
            _ => None,
        });
        answers.collect::<Vec<_>>()
    };
    host.step(scan_in(Lane::Batch, 0), 10);
    for number in 1..most as u64 {
        assert!(refused(&host.step(scan_in(Lane::Standard, number), 10)).is_empty());
    }
    assert_eq!(refused(&host.step(scan_in(Lane::Urgent, 5000), 11)), [0]);
    assert_eq!(refused(&host.step(scan_in(Lane::Batch, 5001), 11)), [5001]);
}

/// Two stores, of which the second cannot be opened until it is removed.
struct OneUnreadable(bool);

impl Stores for OneUnreadable {
    type Kv = MemoryKv;

    fn existing(&self) -> Vec<PartitionId> {
        vec![PartitionId(0), PartitionId(1)]
    }

    fn open(&mut self, partition: PartitionId) -> Result<MemoryKv, KvError> {
        let damaged = self.0 && partition == PartitionId(1);
        if damaged { Err(KvError::Damaged) } else { Ok(MemoryKv::default()) }
    }

    fn destroy(&mut self, partition: PartitionId) -> Result<(), KvError> {
        assert_eq!(partition, PartitionId(1));
        self.0 = false;
        Ok(())
    }
}

#[test]
fn a_store_that_cannot_be_opened_costs_its_replica_and_nothing_else() {
    let identity = NodeIdentity { cluster: ClusterId(1), node: NodeId(1), incarnation: 1 };
    let settings = HostSettings::new(identity, Generation(1), 1, vec![ASKS]);
    let mut host = Host::open(settings, OneUnreadable(true), 0).unwrap();
    let open: Vec<PartitionId> = host.appliers().map(|(partition, _)| partition).collect();
    assert_eq!(open, [PartitionId(0)]);
    assert!(host.partitions().eq([0, 1].map(PartitionId)), "it waits for a checkpoint");
    let outputs = host.step(HostInput::Tick, 10);
    assert!(outputs.contains(&HostOutput::Quarantined(PartitionId(1))), "somebody is told");
}

#[test]
fn an_assignment_from_before_what_a_replica_holds_takes_nothing_away() {
    let holds = |host: &Host<Memory>| host.appliers().count();
    let nothing = |as_of| {
        let (generation, partitions) = (Generation(1), Vec::new());
        from(ASKS, ToNode::Assign(Assignment { generation, as_of, partitions }))
    };
    // As if the node had restarted: what it was told before is not known any more.
    let mut host = host();
    host.step(tail(1, 9), 12);
    host.step(nothing(8), 13);
    assert_eq!(holds(&host), 1, "a coordinator that is behind does not know yet");
    host.step(nothing(9), 14);
    assert_eq!(holds(&host), 0);
}
