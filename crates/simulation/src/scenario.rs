//! What a seed decides, and a run from start to end.

use crate::invariants::Violation;
use crate::random::Random;
use crate::world::World;
use replication::{Cut, Mutation};
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// The world of a seed.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// Decides everything else.
    pub seed: u64,
    /// Coordinators at the founding.
    pub coordinators: u64,
    /// Nodes at the founding.
    pub nodes: u64,
    /// Partitions.
    pub partitions: u16,
    /// Replicas per partition.
    pub replication: u8,
    /// The phase of faults, in milliseconds.
    pub faults_ms: u64,
    /// Between faults, on average.
    pub fault_every_ms: u64,
    /// Between operations of clients, on average.
    pub operation_every_ms: u64,
    /// Most bytes of effects retained.
    pub retention_bytes_max: u64,
    /// A coordinator takes a snapshot after so many entries; in some worlds never in time.
    pub snapshot_every: u64,
    /// The longest sync of a coordinator, in milliseconds; at 0 all are done at once.
    pub sync_ms: u64,
    /// Crashes between two outputs of a coordinator, of 100,000.
    pub crash_per_output: u64,
    /// How many records of the whole gallery go on in a search of a client.
    pub cut: Cut,
    /// Which kinds of faults happen, one bit each.
    pub faults: u64,
    /// The seeded bug, if any.
    pub mutation: Option<Mutation>,
}

impl Scenario {
    /// Draws a world.
    pub fn of_seed(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let coordinators = if random.chance(150) { 5 } else { 3 };
        let nodes = random.range(3, 6);
        let replication = if random.chance(200) { 3 } else { 2 };
        let small = random.chance(300);
        Self {
            seed,
            coordinators,
            nodes,
            partitions: random.range(2, 6) as u16,
            replication,
            faults_ms: random.range(6_000, 12_000),
            fault_every_ms: random.range(250, 1_200),
            operation_every_ms: random.range(40, 160),
            retention_bytes_max: if small { random.range(5_000, 16_000) } else { 1 << 20 },
            crash_per_output: if random.chance(400) { random.range(1, 150) } else { 0 },
            cut: Cut { coarse: random.range(2, 24) as u32, fine: random.range(1, 12) as u32 },
            faults: random.next(),
            snapshot_every: if random.chance(250) { 1_000_000 } else { 40 },
            sync_ms: if random.chance(500) { random.range(1, 40) } else { 0 },
            mutation: None,
        }
    }
}

/// What a run came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Hash over everything that happened.
    pub trace: u64,
    /// What was broken.
    pub violation: Option<Violation>,
    /// Virtual time, in milliseconds.
    pub ended_at_ms: u64,
    /// Entries applied.
    pub entries: u64,
    /// Requests answered.
    pub answers: u64,
    /// Searches among them that were complete.
    pub complete_searches: u64,
    /// Faults that struck.
    pub faults: u64,
    /// Events processed.
    pub events: u64,
}

/// Runs a scenario on this thread.
pub fn run(scenario: &Scenario) -> Report {
    #[cfg(feature = "mutations")]
    replication::set_mutation(scenario.mutation);
    let mut world = World::new(scenario.clone());
    let ended = catch_unwind(AssertUnwindSafe(|| world.run()));
    let violation = match ended {
        Ok(ended) => ended.err(),
        Err(panic) => Some(panicked(panic.as_ref())),
    };
    #[cfg(feature = "mutations")]
    replication::set_mutation(None);
    world.report(violation)
}

/// A panic anywhere is a violation, too.
fn panicked(panic: &(dyn Any + Send)) -> Violation {
    let text = panic.downcast_ref::<String>().cloned();
    let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
    Violation { invariant: "panic", what: text.unwrap_or_default() }
}
