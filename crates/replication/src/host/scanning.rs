//! The scans of a node: waiting for their replicas, handed out, answered.

use super::{Host, ReplicaPhase, Stores};
use crate::applier::Applier;
use crate::identity::{CoordinatorId, LogIndex, PartitionId};
use crate::message::{FromNode, HostOutput, RecordFound, RecordWanted};
use crate::mutation::{Mutation, is_mutated};
use crate::scan::{Lane, PartitionAnswer, ScanAnswer, ScanFault, ScanRequest, ScanTarget};
use crate::scanner::{ScanDone, ScanJob, Scanned};

/// A scan that was asked for.
pub(super) struct Waiting {
    from: CoordinatorId,
    request: ScanRequest,
    until: u64,
}

/// A job that was handed out.
pub(super) struct Running {
    from: CoordinatorId,
    boot: u64,
    scan: u64,
    /// What is scanned, with the records that the scope admits there.
    targets: Vec<(ScanTarget, u32)>,
}

impl<S: Stores> Host<S> {
    /// Takes a scan behind those that are as urgent. Duplicate checks wait like whoever waits for
    /// an answer, or a busy node would never come to them. When too many wait, the last of the
    /// lowest lane is as one whose time is over.
    pub(super) fn on_scan(&mut self, from: CoordinatorId, request: ScanRequest, now: u64) {
        let turn = |lane: Lane| if lane == Lane::Check { Lane::Standard } else { lane };
        let until = now + request.budget_ms;
        let goes_first = |wait: &Waiting| turn(wait.request.lane) >= turn(request.lane);
        let at = self.waiting.partition_point(goes_first);
        self.waiting.insert(at, Waiting { from, request, until });
        if self.waiting.len() > self.settings.waiting_max
            && let Some(last) = self.waiting.iter_mut().rev().min_by_key(|wait| wait.request.lane)
        {
            last.until = now;
        }
    }

    /// Hands out every scan whose replicas are far enough, as long as there are jobs left, and
    /// refuses those whose time is over.
    pub(super) fn hand_out(&mut self, now: u64, out: &mut Vec<HostOutput>) {
        let waiting = std::mem::take(&mut self.waiting);
        for mut wait in waiting {
            let (mut ready, mut faults) = (Vec::new(), Vec::new());
            let is_over = now >= wait.until;
            let is_busy = self.running.len() >= self.settings.jobs_max;
            let targets = std::mem::take(&mut wait.request.targets);
            for target in targets {
                match self.eligible(target, &wait.request) {
                    Err(ScanFault::Behind) | Ok(_) if is_over => {
                        faults.push((target.partition, ScanFault::Behind));
                    }
                    Ok(eligible) if !is_busy => ready.push((target, eligible)),
                    Err(ScanFault::Behind) | Ok(_) => wait.request.targets.push(target),
                    Err(fault) => faults.push((target.partition, fault)),
                }
            }
            let ScanRequest { boot, scan, .. } = wait.request;
            if !ready.is_empty() {
                let running = Running { from: wait.from, boot, scan, targets: ready };
                self.start(running, &wait.request, wait.until, out);
            }
            if !faults.is_empty() {
                out.push(self.answer(wait.from, (boot, scan), Vec::new(), faults));
            }
            if !wait.request.targets.is_empty() {
                self.waiting.push(wait);
            }
        }
    }

    /// Who asked for a scan that waits for what follows in the stream.
    pub(super) fn waits_for_tail(&self) -> Option<CoordinatorId> {
        let waits = |wait: &&Waiting| {
            let targets = wait.request.targets.iter();
            let open = targets.filter_map(|target| self.replicas.get(&target.partition));
            let mut open = open.filter_map(|replica| match &replica.phase {
                ReplicaPhase::Open(applier) => Some(applier.searchable()),
                ReplicaPhase::Bootstrapping(..) => None,
            });
            open.any(|searchable| searchable < wait.request.min_index)
        };
        self.waiting.iter().find(waits).map(|wait| wait.from)
    }

    fn start(
        &mut self,
        running: Running,
        request: &ScanRequest,
        until: u64,
        out: &mut Vec<HostOutput>,
    ) {
        self.jobs += 1;
        out.push(HostOutput::Scan(ScanJob {
            number: self.jobs,
            targets: running.targets.iter().map(|(target, _)| target.partition).collect(),
            probe: request.probe.clone(),
            scope: request.scope,
            only: request.only.clone(),
            cut: request.cut,
            until,
        }));
        self.running.insert(self.jobs, running);
    }

    fn answer(
        &self,
        to: CoordinatorId,
        (boot, scan): (u64, u64),
        answers: Vec<PartitionAnswer>,
        faults: Vec<(PartitionId, ScanFault)>,
    ) -> HostOutput {
        let (generation, node) = (self.settings.generation, self.settings.identity.node);
        let answer = ScanAnswer { generation, node, boot, scan, answers, faults };
        HostOutput::ToCoordinator(to, FromNode::Scan(answer))
    }

    /// What a replica holds of an encounter, if it may answer.
    pub(super) fn record(&self, to: CoordinatorId, wanted: &RecordWanted) -> HostOutput {
        let applier = self.reached(wanted.target, wanted.min_index).ok();
        let record = applier.and_then(|applier| applier.records().get(&wanted.encounter));
        let found = RecordFound {
            generation: self.settings.generation,
            node: self.settings.identity.node,
            boot: wanted.boot,
            number: wanted.number,
            payload: record.map(|record| record.payload.clone()),
        };
        HostOutput::ToCoordinator(to, FromNode::Record(found))
    }

    /// How many records of a target are to be scanned, if it may be scanned now.
    fn eligible(&self, target: ScanTarget, request: &ScanRequest) -> Result<u32, ScanFault> {
        let applier = self.reached(target, request.min_index)?;
        if request.only.is_empty() {
            return Ok(applier.summary().eligible(request.scope));
        }
        let held = request.only.iter().filter_map(|id| applier.records().get(id));
        Ok(held.filter(|record| request.scope.admits(record)).count() as u32)
    }

    /// A replica that may answer from a state at or past an index.
    fn reached(
        &self,
        target: ScanTarget,
        min_index: LogIndex,
    ) -> Result<&Applier<S::Kv>, ScanFault> {
        let replica = self.replicas.get(&target.partition).ok_or(ScanFault::NotHere)?;
        let stale = replica.epoch != target.epoch && !is_mutated(Mutation::StalePlacementServed);
        let ReplicaPhase::Open(applier) = &replica.phase else { return Err(ScanFault::NotHere) };
        // An epoch that is about to arrive with the next assignment is no fault.
        if stale && replica.epoch > target.epoch {
            return Err(ScanFault::NotHere);
        }
        let behind = applier.searchable() < min_index;
        if stale || (behind && !is_mutated(Mutation::BarrierIgnored)) {
            return Err(ScanFault::Behind);
        }
        Ok(applier)
    }

    pub(super) fn on_scanned(&mut self, done: ScanDone, out: &mut Vec<HostOutput>) {
        let Some(running) = self.running.remove(&done.number) else { return };
        let (mut answers, mut faults) = (Vec::new(), Vec::new());
        let mut found = done.result;
        for (target, eligible) in running.targets {
            let partition = target.partition;
            let open = self.appliers().any(|(held, _)| held == partition);
            let scanned = match &mut found {
                Err(fault) => Err(*fault),
                Ok(found) => take(found, partition).filter(|_| open).ok_or(ScanFault::NotHere),
            };
            match scanned {
                Err(fault) => faults.push((partition, fault)),
                Ok(Scanned { index, scanned, hits, cut_at, .. }) => answers.push(PartitionAnswer {
                    partition,
                    epoch: target.epoch,
                    snapshot_index: index,
                    eligible,
                    scanned,
                    hits,
                    cut_at,
                }),
            }
        }
        out.push(self.answer(running.from, (running.boot, running.scan), answers, faults));
    }
}

/// Takes the result of one partition out of those of a job.
fn take(found: &mut Vec<Scanned>, partition: PartitionId) -> Option<Scanned> {
    let at = found.iter().position(|scanned| scanned.partition == partition)?;
    Some(found.swap_remove(at))
}
