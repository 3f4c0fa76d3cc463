//! Coordinators: their machines, from start to crash, and what they do.

use super::{CoordinatorMachine, Event, SEGMENT_BYTES, TICK_MS, World};
use crate::invariants::Violation;
use crate::network::{Place, Wire};
use crate::observation::Observation;
use coordinator::log::{DiskError, LogError, LogStorage};
use coordinator::raft::{LogEntry, MemberSettings, MembershipChange, Role};
use coordinator::{AdmissionLimits, Coordinator, Hedging, Input, Output, Pace, Request, Settings};
use replication::{CoordinatorId, Cut};

impl World {
    fn settings(&self, id: CoordinatorId, boot: u64) -> Settings {
        let mut member = MemberSettings::new(id, self.scenario.seed);
        member.entries_kept = 8;
        member.snapshot_ticks = 10;
        Settings {
            member,
            founding: self.founding,
            boot,
            snapshot_every: self.scenario.snapshot_every,
            chunk_bytes: 2_048,
            retry_ms: 300,
            node_live_ms: 1_000,
            hedging: Hedging { after_ms: 250, replicas_max: 3 },
            search_cut: self.scenario.cut,
            // Whoever matches must be seen: the check of the invariant knows no cut.
            check_cut: Cut::NONE,
            pace: Pace { moves_max: 2, lag_max: 30 },
            tail_bytes_max: 2_000,
            trim_slack: 12,
            mark_every_ms: 2_000,
            checks_max: 16,
            check_budget_ms: 1_000,
            queue_bytes_max: 1 << 20,
            admission: AdmissionLimits {
                under_way_bytes_max: 4 << 10,
                searches_max: 8,
                behind_max: 16,
            },
        }
    }

    pub(crate) fn start_coordinator(&mut self, id: CoordinatorId) -> Result<(), Violation> {
        let Some(machine) = self.coordinators.get_mut(&id) else { return Ok(()) };
        if machine.running.is_some() || machine.is_gone {
            return Ok(());
        }
        machine.boot += 1;
        let (disk, boot, was_damaged) = (machine.disk.clone(), machine.boot, machine.was_damaged);
        let (storage, recovered, content) = match LogStorage::open(disk, SEGMENT_BYTES) {
            Ok(opened) => opened,
            Err(LogError::Disk(DiskError::Killed | DiskError::Full)) => {
                self.crash_coordinator(id);
                return Ok(());
            }
            Err(error) => return self.refused(id, was_damaged, &error.to_string()),
        };
        let settings = self.settings(id, boot);
        let started = Coordinator::start(settings, recovered, content, self.now);
        let (coordinator, outputs) = match started {
            Ok(started) => started,
            Err(error) => return self.refused(id, was_damaged, &error.to_string()),
        };
        if let Some(machine) = self.coordinators.get_mut(&id) {
            machine.running = Some((Box::new(coordinator), storage));
        }
        self.hash(&[5, id.0, boot]);
        self.perform(id, outputs)?;
        let running = self.coordinators.get(&id).and_then(|machine| machine.running.as_ref());
        if let Some((coordinator, _)) = running {
            let seen = Observation::Started { coordinator: id, catalog: coordinator.catalog() };
            self.invariants.watch(&seen, &self.model)?;
        }
        let offset = self.random.below(TICK_MS);
        self.at(self.now + offset, Event::CoordinatorTick(id, boot));
        Ok(())
    }

    fn refused(&mut self, id: CoordinatorId, expected: bool, why: &str) -> Result<(), Violation> {
        let seen = Observation::Refused { coordinator: id, expected, why };
        self.invariants.watch(&seen, &self.model)?;
        self.lose_coordinator(id);
        Ok(())
    }

    /// A coordinator that cannot come back is replaced by a new one.
    pub(crate) fn lose_coordinator(&mut self, id: CoordinatorId) {
        if let Some(machine) = self.coordinators.get_mut(&id) {
            machine.is_gone = true;
            machine.running = None;
            machine.inbox.clear();
            machine.syncing_until = 0;
        }
        let highest = self.coordinators.keys().max().map_or(0, |id| id.0);
        let new = CoordinatorId(highest + 1);
        self.add_coordinator(new);
        self.at(self.now + 300, Event::Replace(id, new));
    }

    pub(super) fn replace(
        &mut self,
        old: CoordinatorId,
        new: CoordinatorId,
    ) -> Result<(), Violation> {
        let leader = self.leader().and_then(|id| {
            let (coordinator, _) = self.coordinators.get(&id)?.running.as_ref()?;
            Some((id, coordinator.member().membership()))
        });
        if let Some((leader, membership)) = leader {
            if membership.voters.contains(&new) && membership.is_settled() {
                return Ok(());
            }
            let change =
                MembershipChange { voters: vec![new], learners: Vec::new(), removed: vec![old] };
            let request = self.workload.ask(Request::Membership(change), 0);
            self.send(Place::Client, Place::Coordinator(leader), Wire::Request(request));
        }
        self.at(self.now + 500, Event::Replace(old, new));
        Ok(())
    }

    pub(crate) fn crash_coordinator(&mut self, id: CoordinatorId) {
        let wait = self.random.range(100, 2_500);
        self.restart_coordinator(id, wait);
    }

    /// Crashes a coordinator that starts again after so long.
    pub(super) fn restart_coordinator(&mut self, id: CoordinatorId, wait_ms: u64) {
        let Some(machine) = self.coordinators.get_mut(&id) else { return };
        machine.running = None;
        machine.inbox.clear();
        machine.syncing_until = 0;
        machine.disk.crash(&mut self.random);
        self.at(self.now + wait_ms, Event::StartCoordinator(id));
    }

    pub(crate) fn leader(&self) -> Option<CoordinatorId> {
        let leads = |machine: &CoordinatorMachine| {
            let (coordinator, _) = machine.running.as_ref()?;
            Some(coordinator.member().role() == Role::Leader)
        };
        self.coordinators.iter().find(|(_, m)| leads(m) == Some(true)).map(|(id, _)| *id)
    }

    pub(super) fn coordinator_tick(
        &mut self,
        id: CoordinatorId,
        boot: u64,
    ) -> Result<(), Violation> {
        let Some(machine) = self.coordinators.get(&id) else { return Ok(()) };
        if machine.boot != boot || machine.running.is_none() {
            return Ok(());
        }
        if machine.paused_until > self.now {
            self.at(machine.paused_until, Event::CoordinatorTick(id, boot));
            return Ok(());
        }
        self.at(self.now + TICK_MS, Event::CoordinatorTick(id, boot));
        self.step_coordinator(id, Input::Tick)
    }

    /// The disk is done: what came meanwhile is taken at once.
    pub(super) fn synced(&mut self, id: CoordinatorId, boot: u64) -> Result<(), Violation> {
        let Some(machine) = self.coordinators.get_mut(&id) else { return Ok(()) };
        if machine.boot != boot || machine.running.is_none() {
            return Ok(());
        }
        let inputs = std::mem::take(&mut machine.inbox);
        self.step_coordinator_all(id, inputs)
    }

    pub(super) fn step_coordinator(
        &mut self,
        id: CoordinatorId,
        input: Input,
    ) -> Result<(), Violation> {
        let now = self.now;
        let Some(machine) = self.coordinators.get_mut(&id) else { return Ok(()) };
        if machine.running.is_some() && machine.syncing_until > now {
            // Time that is lost in a slow sync gives one tick, as in the shell.
            if input != Input::Tick || !machine.inbox.contains(&Input::Tick) {
                machine.inbox.push(input);
            }
            return Ok(());
        }
        self.step_coordinator_all(id, vec![input])
    }

    fn step_coordinator_all(
        &mut self,
        id: CoordinatorId,
        inputs: Vec<Input>,
    ) -> Result<(), Violation> {
        let now = self.now;
        let Some(machine) = self.coordinators.get_mut(&id) else { return Ok(()) };
        let stamp_ms = (now + 10_000_000).saturating_add_signed(machine.clock_off_ms);
        let Some((coordinator, _)) = &mut machine.running else { return Ok(()) };
        let outputs = coordinator.step_all(inputs, now, stamp_ms);
        let member = coordinator.member();
        if member.role() == Role::Leader {
            let seen = Observation::Leads { coordinator: id, term: member.term() };
            self.invariants.watch(&seen, &self.model)?;
        }
        self.perform(id, outputs)
    }

    /// Performs the outputs in their order; the process may die before any of them. What is sent
    /// behind a slow sync is sent late.
    fn perform(&mut self, id: CoordinatorId, outputs: Vec<Output>) -> Result<(), Violation> {
        let mut late = 0;
        for output in outputs {
            let dies =
                !self.is_mending && self.random.below(100_000) < self.scenario.crash_per_output;
            if dies {
                self.fault_count += 1;
                self.crash_coordinator(id);
                return Ok(());
            }
            let Some(machine) = self.coordinators.get_mut(&id) else { return Ok(()) };
            let Some((_, storage)) = &mut machine.running else { return Ok(()) };
            let from = Place::Coordinator(id);
            let written = match output {
                Output::Persist { entries, hard_state } => storage.append(entries, hard_state),
                Output::Sync => {
                    let synced = storage.sync();
                    late += self.sync_time();
                    synced
                }
                Output::StoreSnapshot { header, content, is_reset } => {
                    storage.store_snapshot(header, content.as_bytes(), is_reset)
                }
                Output::Peer(to, message) => {
                    self.send_late(late, from, Place::Coordinator(to), Wire::Peer(message));
                    Ok(())
                }
                Output::Node(to, message) => {
                    if let replication::ToNode::Scan(request) = &message {
                        let key = (id, request.boot, request.scan, to);
                        self.scans.insert(key, request.clone());
                    }
                    self.send_late(late, from, Place::Node(to), Wire::ToNode(message));
                    Ok(())
                }
                Output::Client(request, response) => {
                    self.send_late(late, from, Place::Client, Wire::Response(request, response));
                    Ok(())
                }
                Output::Applied(entry) => {
                    self.applied(id, &entry)?;
                    Ok(())
                }
                Output::Alarm(_) | Output::Keep { .. } => Ok(()),
                Output::Halt => {
                    let what = format!("coordinator {id} halted");
                    return Err(Violation { invariant: "I1", what });
                }
            };
            if written.is_err() {
                self.crash_coordinator(id);
                return Ok(());
            }
        }
        if late > 0
            && let Some(machine) = self.coordinators.get_mut(&id)
        {
            machine.syncing_until = self.now + late;
            let synced = Event::Synced(id, machine.boot);
            self.at(self.now + late, synced);
        }
        Ok(())
    }

    fn sync_time(&mut self) -> u64 {
        match self.scenario.sync_ms {
            0 => 0,
            slowest => self.random.range(1, slowest + 1),
        }
    }

    fn applied(&mut self, id: CoordinatorId, entry: &LogEntry) -> Result<(), Violation> {
        let is_first = entry.index > self.model.applied();
        let differs = |what| Violation { invariant: "I1", what };
        self.model.take(entry).map_err(differs)?;
        self.hash(&[1, id.0, entry.index, entry.term, u64::from(is_first)]);
        let Some((coordinator, _)) =
            self.coordinators.get(&id).and_then(|machine| machine.running.as_ref())
        else {
            return Ok(());
        };
        let catalog = coordinator.catalog();
        let seen = Observation::Applied { catalog, index: entry.index, is_first };
        self.invariants.watch(&seen, &self.model)
    }
}
