//! What a doctor finds, from what every coordinator says: pure, so that each finding can be shown
//! to be found.

use proto::v1;
use replication::CoordinatorId;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use transport::knowledge;

/// A certificate that ends within so many days is a warning, and a fault.
const CERTIFICATE_DAYS: [i64; 2] = [30, 7];
/// Clocks that differ by so much are a warning, in milliseconds: the audit names times.
const CLOCK_MS: u64 = 2_000;
/// Parts of the cap, in percent, at which retained effects are a warning, and a fault.
const RETAINED_PERCENT: [u64; 2] = [50, 80];
/// Audit records in memory that are a warning; about 300 bytes each.
const AUDIT_KEPT: u64 = 1_000_000;

/// What is looked at.
pub(super) struct Patient {
    /// Of every coordinator in the cluster file, where it is and what it said.
    pub(super) answers: BTreeMap<CoordinatorId, (String, Result<v1::StatusResponse, String>)>,
    /// Digest of the cluster file at hand.
    pub(super) file: [u8; 32],
    /// This program.
    pub(super) release: String,
    /// The clock here, in milliseconds since 1970.
    pub(super) now_ms: u64,
    /// When the certificate at hand ends, in seconds since 1970.
    pub(super) certificate_ends_s: Option<i64>,
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum State {
    /// As it should be.
    Sound,
    /// Soon a fault, or in somebody's way.
    Warning,
    /// Wrong now.
    Fault,
}

impl State {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Sound => "ok",
            Self::Warning => "warning",
            Self::Fault => "FAULT",
        }
    }
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Finding {
    pub(super) state: State,
    /// Of whom or what.
    pub(super) what: String,
    /// What was found.
    pub(super) says: String,
    /// What to do; empty when it is sound.
    pub(super) advice: String,
}

fn sound(what: impl Into<String>, says: impl Into<String>) -> Finding {
    Finding { state: State::Sound, what: what.into(), says: says.into(), advice: String::new() }
}

impl Finding {
    /// A warning or a fault, and what to do.
    fn unless(self, state: Option<State>, advice: &str) -> Self {
        match state {
            Some(state) => Self { state, advice: advice.to_owned(), ..self },
            None => self,
        }
    }

    fn fault_if(self, is_fault: bool, advice: &str) -> Self {
        self.unless(is_fault.then_some(State::Fault), advice)
    }

    fn warning_if(self, is_warning: bool, advice: &str) -> Self {
        self.unless(is_warning.then_some(State::Warning), advice)
    }
}

/// Looks at everything.
pub(super) fn examine(patient: &Patient) -> Vec<Finding> {
    let mut findings = vec![certificate("this command", patient.certificate_ends_s, patient)];
    for (id, (address, answer)) in &patient.answers {
        let what = format!("coordinator {}", id.0);
        match answer {
            Ok(status) => findings.extend(coordinator(&what, status, patient)),
            Err(why) => {
                findings.push(sound(what, format!("no answer at {address}: {why}")).fault_if(
                    true,
                    "start it; if its disk is lost, replace it: tanba cluster coordinators remove",
                ))
            }
        }
    }
    let answers = patient.answers.values().filter_map(|(_, answer)| answer.as_ref().ok());
    let answers: Vec<&v1::StatusResponse> = answers.collect();
    findings.extend(agreement(&answers));
    let best = answers.iter().max_by_key(|status| knowledge(status));
    if let Some(best) = best {
        findings.push(majority(best, &answers));
        for node in &best.nodes {
            findings.extend(self::node(node, patient));
        }
        findings.extend(best.strange_nodes.iter().map(strange));
        findings.push(replicas(best));
        findings.push(sites(best));
        findings.extend(piles(best));
    }
    findings
}

fn certificate(what: &str, ends_s: Option<i64>, patient: &Patient) -> Finding {
    let what = format!("certificate of {what}");
    let Some(ends_s) = ends_s else {
        return sound(what, "none: connections are not encrypted")
            .warning_if(true, "run with certificates: tanba certs init, tanba certs issue");
    };
    let days = (ends_s - (patient.now_ms / 1000) as i64).div_euclid(86_400);
    let [warning, fault] = CERTIFICATE_DAYS;
    let state = match days {
        days if days < fault => Some(State::Fault),
        days if days < warning => Some(State::Warning),
        _ => None,
    };
    sound(what, format!("ends in {days} days")).unless(
        state,
        "issue another into a new folder and start the process again with it: tanba certs issue",
    )
}

fn disk(what: &str, disk: Option<&v1::DiskRoom>) -> Option<Finding> {
    let wire = disk?;
    let room = replication::DiskRoom { free: wire.free, total: wire.total };
    let (unit, name) = if room.total < 10 << 30 { (20, "MiB") } else { (30, "GiB") };
    let of = |bytes: u64| bytes as f64 / f64::from(1 << unit);
    let says = format!("{:.1} of {:.1} {name} free", of(room.free), of(room.total));
    let state = match (room.is_scarce(), room.is_running_out()) {
        (true, _) => Some(State::Fault),
        (_, true) => Some(State::Warning),
        _ => None,
    };
    Some(sound(format!("disk of {what}"), says).unless(
        state,
        "make room: enrollments that would go there are refused when less than 4 GiB and less than \
         a tenth are free, and a process whose disk is full ends",
    ))
}

fn file_and_release(what: &str, file: &[u8], release: &str, patient: &Patient) -> [Finding; 2] {
    let is_same = file == patient.file;
    let says = if is_same { "the one at hand" } else { "another than the one at hand" };
    [
        sound(format!("cluster file of {what}"), says).warning_if(
            !is_same,
            "give all processes the same file and start them again, one after the other",
        ),
        sound(format!("release of {what}"), release).warning_if(
            release != patient.release,
            "bring all processes to one release, one after the other, the leader last",
        ),
    ]
}

fn coordinator(what: &str, status: &v1::StatusResponse, patient: &Patient) -> Vec<Finding> {
    let ready = if status.is_ready { "answers and is ready" } else { "answers and is not ready" };
    let mut findings = vec![
        sound(what, ready)
            .fault_if(!status.is_ready, "wait a moment; if it stays so, read its log"),
        sound(format!("alarms of {what}"), format!("{} since its start", status.alarms))
            .fault_if(status.alarms > 0, "read its log: every alarm says what it is about"),
        certificate(what, status.certificate_ends_s, patient),
    ];
    findings.extend(file_and_release(what, &status.file, &status.release, patient));
    let apart = status.clock_ms.abs_diff(patient.now_ms);
    findings.push(
        sound(format!("clock of {what}"), format!("{:.1} s from here", apart as f64 / 1000.0))
            .warning_if(
                apart > CLOCK_MS,
                "set the clocks of all machines from one source: the audit names times",
            ),
    );
    findings.extend(disk(what, status.disk.as_ref()));
    findings
}

/// Whether all who answer follow one leader in one generation.
fn agreement(answers: &[&v1::StatusResponse]) -> Vec<Finding> {
    let leaders: BTreeSet<Option<u64>> = answers.iter().map(|status| status.leader).collect();
    let says = match leaders.iter().collect::<Vec<_>>()[..] {
        [] => "nobody answers".to_owned(),
        [Some(leader)] => format!("coordinator {leader}, as all say"),
        [None] => "none is known".to_owned(),
        _ => "they name different ones".to_owned(),
    };
    let is_one = leaders.len() == 1 && !leaders.contains(&None);
    let generations: BTreeSet<u32> = answers.iter().map(|status| status.generation).collect();
    let mut findings = vec![sound("leader", says).fault_if(
        !is_one,
        "more than half of the coordinators must be up and reach each other; during an election \
         look again in a few seconds",
    )];
    if generations.len() > 1 {
        let says = format!("{generations:?} at once");
        findings.push(sound("generations", says).fault_if(
            true,
            "stop the processes of the older one: it was there before a backup was restored",
        ));
    }
    findings
}

/// How many coordinators may be lost before nothing can be decided.
fn majority(best: &v1::StatusResponse, answers: &[&v1::StatusResponse]) -> Finding {
    let voters = best.membership.as_ref().map_or(&[][..], |membership| &membership.voters);
    let have = answers.iter().filter(|a| a.is_ready && voters.contains(&a.coordinator)).count();
    let left = have.saturating_sub(voters.len() / 2 + 1);
    sound("majority", format!("{have} of {} voters are ready; {left} may be lost", voters.len()))
        .warning_if(left == 0, "start or add coordinators: with one more loss nothing is decided")
}

fn node(node: &v1::NodeStatus, patient: &Patient) -> Vec<Finding> {
    if node.state() == v1::NodeState::Removed {
        return Vec::new();
    }
    let what = format!("node {}", node.node);
    if !node.is_live {
        return vec![sound(what, "does not report").fault_if(
            true,
            "start it; if it is lost for good: tanba cluster nodes remove --force",
        )];
    }
    let mut findings = vec![sound(&what, "reports")];
    if !node.address.is_empty() {
        findings.push(certificate(&what, node.certificate_ends_s, patient));
        findings.extend(file_and_release(&what, &node.file, &node.release, patient));
    }
    findings.extend(disk(&what, node.disk.as_ref()));
    findings
}

fn strange(node: &v1::StrangeNode) -> Finding {
    sound(format!("node {}", node.node), format!("is connected from {}, not added", node.address))
        .warning_if(true, "add it if it is yours: tanba cluster nodes add")
}

fn replicas(best: &v1::StatusResponse) -> Finding {
    let wanted = best.policy.as_ref().map_or(0, |policy| policy.replication) as usize;
    let complete = |partition: &v1::PartitionStatus| {
        partition.replicas.iter().filter(|replica| replica.is_complete).count()
    };
    let lost = best.partitions.iter().filter(|partition| complete(partition) == 0).count();
    let few = best.partitions.iter().filter(|partition| complete(partition) < wanted).count();
    let says = format!(
        "{few} of {} partitions have fewer than {wanted}, {lost} none",
        best.partitions.len()
    );
    let state = match (lost, few) {
        (0, 0) => None,
        (0, _) => Some(State::Warning),
        _ => Some(State::Fault),
    };
    sound("replicas", says).unless(
        state,
        "start nodes that are down, or add others; `tanba cluster status --partitions` lists them",
    )
}

/// Whether the loss of one site would leave a partition without a replica.
fn sites(best: &v1::StatusResponse) -> Finding {
    let site: BTreeMap<u64, u32> = best.nodes.iter().map(|node| (node.node, node.site)).collect();
    let sites: BTreeSet<u32> = site.values().copied().collect();
    let is_on_one = |partition: &&v1::PartitionStatus| {
        let of = partition.replicas.iter().filter_map(|replica| site.get(&replica.node));
        partition.replicas.len() > 1 && of.collect::<BTreeSet<_>>().len() == 1
    };
    let alone = best.partitions.iter().filter(is_on_one).count();
    let says = match sites.len() {
        0 | 1 => "all nodes are on one".to_owned(),
        many => format!("{many}; {alone} partitions are on one alone"),
    };
    sound("sites", says).warning_if(
        sites.len() > 1 && alone > 0,
        "the loss of that site would be a gap: tanba cluster partitions plan",
    )
}

/// What grows until somebody does something.
fn piles(best: &v1::StatusResponse) -> Vec<Finding> {
    let cap = best.policy.as_ref().map_or(0, |policy| policy.retention_bytes_max).max(1);
    let percent = best.retained_bytes.saturating_mul(100) / cap;
    let [warning, fault] = RETAINED_PERCENT;
    let retained = match percent {
        percent if percent >= fault => Some(State::Fault),
        percent if percent >= warning => Some(State::Warning),
        _ => None,
    };
    vec![
        sound("retained changes", format!("{percent} % of what is allowed")).unless(
            retained,
            "replicas are behind, and enrollments are refused when it is full: start their nodes, \
             or remove those that are lost",
        ),
        sound("duplicate checks", format!("{} wait", best.unchecked)).warning_if(
            best.unchecked > 0 && best.partitions.iter().any(|p| p.replicas.is_empty()),
            "they need every partition: see the replicas",
        ),
        sound("held encounters", format!("{} wait for two people", best.held))
            .warning_if(best.held > 0, "decide: tanba held list"),
        sound("audit records", format!("{} are in memory", best.audit_kept)).warning_if(
            best.audit_kept > AUDIT_KEPT,
            "let go of them: tanba audit export, then tanba audit seal",
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW_S: i64 = 1_800_000_000;

    fn sound_status(id: u64) -> v1::StatusResponse {
        let room = || Some(v1::DiskRoom { free: 50 << 30, total: 100 << 30 });
        let node = |node, site| v1::NodeStatus {
            node,
            site,
            state: v1::NodeState::Up.into(),
            is_live: true,
            address: "10.0.0.4:7204".into(),
            file: vec![9; 32],
            release: "tanba 1".into(),
            certificate_ends_s: Some(NOW_S + 100 * 86_400),
            disk: room(),
            ..Default::default()
        };
        let replica = |node| v1::ReplicaStatus { node, is_complete: true, ..Default::default() };
        v1::StatusResponse {
            coordinator: id,
            leader: Some(1),
            generation: 1,
            term: 3,
            is_ready: true,
            membership: Some(v1::Membership { voters: vec![1, 2, 3], ..Default::default() }),
            policy: Some(v1::Policy {
                replication: 2,
                retention_bytes_max: 1000,
                ..Default::default()
            }),
            nodes: vec![node(4, 1), node(5, 2)],
            partitions: vec![v1::PartitionStatus {
                replicas: vec![replica(4), replica(5)],
                ..Default::default()
            }],
            file: vec![9; 32],
            release: "tanba 1".into(),
            clock_ms: NOW_S as u64 * 1000 + 900,
            certificate_ends_s: Some(NOW_S + 100 * 86_400),
            disk: room(),
            ..Default::default()
        }
    }

    fn patient() -> Patient {
        let answer = |id| (CoordinatorId(id), ("10.0.0.1:7101".into(), Ok(sound_status(id))));
        Patient {
            answers: [1, 2, 3].map(answer).into(),
            file: [9; 32],
            release: "tanba 1".into(),
            now_ms: NOW_S as u64 * 1000,
            certificate_ends_s: Some(NOW_S + 100 * 86_400),
        }
    }

    /// What is found when every coordinator says something else than is sound.
    fn found(change: impl Fn(&mut v1::StatusResponse)) -> Vec<(String, State)> {
        let mut patient = patient();
        for (_, answer) in patient.answers.values_mut() {
            answer.as_mut().map(&change).expect("as made");
        }
        troubles(&patient)
    }

    fn troubles(patient: &Patient) -> Vec<(String, State)> {
        let found = examine(patient).into_iter().filter(|finding| finding.state != State::Sound);
        found
            .map(|finding| {
                assert!(!finding.advice.is_empty(), "{}", finding.what);
                (finding.what, finding.state)
            })
            .collect()
    }

    #[test]
    fn of_a_sound_cluster_nothing_is_said() {
        assert_eq!(troubles(&patient()), []);
    }

    #[test]
    fn every_trouble_is_found_and_nothing_else_with_it() {
        use State::{Fault, Warning};
        let one = |what: &str, state| vec![(what.to_owned(), state)];
        let all = |what: &str, state| {
            [1, 2, 3].map(|id| (format!("{what} of coordinator {id}"), state)).to_vec()
        };
        assert_eq!(found(|s| s.alarms = 1), all("alarms", Fault));
        assert_eq!(found(|s| s.file = vec![8; 32]), all("cluster file", Warning));
        assert_eq!(found(|s| s.release = "tanba 2".into()), all("release", Warning));
        assert_eq!(found(|s| s.clock_ms += 2000), all("clock", Warning));
        assert_eq!(found(|s| s.certificate_ends_s = None), all("certificate", Warning));
        let ends_in = |days: i64| {
            move |s: &mut v1::StatusResponse| {
                s.certificate_ends_s = Some(NOW_S + days * 86_400);
            }
        };
        assert_eq!(found(ends_in(30)), []);
        assert_eq!(found(ends_in(29)), all("certificate", Warning));
        assert_eq!(found(ends_in(6)), all("certificate", Fault));
        let free = |gib: u64| {
            move |s: &mut v1::StatusResponse| {
                s.disk = Some(v1::DiskRoom { free: gib << 30, total: 100 << 30 });
            }
        };
        assert_eq!(found(free(7)), all("disk", Warning));
        assert_eq!(found(free(3)), all("disk", Fault));
        assert_eq!(found(|s| s.leader = None), one("leader", Fault));
        assert_eq!(found(|s| s.leader = Some(s.coordinator)), one("leader", Fault));
        assert_eq!(found(|s| s.generation = s.coordinator as u32), one("generations", Fault));
        assert_eq!(found(|s| s.nodes[0].is_live = false), one("node 4", Fault));
        assert_eq!(
            found(|s| s.nodes[1].file = vec![8; 32]),
            one("cluster file of node 5", Warning)
        );
        assert_eq!(found(|s| s.nodes[1].disk = None), []);
        let strange = v1::StrangeNode { node: 6, ..Default::default() };
        assert_eq!(found(|s| s.strange_nodes.push(strange.clone())), one("node 6", Warning));
        let replica = |s: &mut v1::StatusResponse, n: usize| {
            s.partitions[0].replicas[n].is_complete = false;
        };
        assert_eq!(found(|s| replica(s, 0)), one("replicas", Warning));
        assert_eq!(found(|s| (0..2).for_each(|n| replica(s, n))), one("replicas", Fault));
        let third = v1::NodeStatus { site: 1, node: 5, ..sound_status(1).nodes[0].clone() };
        let elsewhere = v1::NodeStatus { site: 2, node: 7, ..third.clone() };
        let on_one = |s: &mut v1::StatusResponse| {
            s.nodes[1] = third.clone();
            s.nodes.push(elsewhere.clone());
        };
        assert_eq!(found(on_one), one("sites", Warning));
        assert_eq!(found(|s| s.retained_bytes = 500), one("retained changes", Warning));
        assert_eq!(found(|s| s.retained_bytes = 800), one("retained changes", Fault));
        assert_eq!(found(|s| s.held = 1), one("held encounters", Warning));
        assert_eq!(found(|s| s.audit_kept = 1_000_001), one("audit records", Warning));
    }

    #[test]
    fn a_coordinator_that_does_not_answer_is_named_and_one_more_would_be_too_many() {
        let mut patient = patient();
        patient.answers.get_mut(&CoordinatorId(3)).expect("as made").1 = Err("refused".into());
        let expected = [("coordinator 3", State::Fault), ("majority", State::Warning)];
        let expected = expected.map(|(what, state)| (what.to_owned(), state));
        assert_eq!(troubles(&patient), expected);
        for (_, answer) in patient.answers.values_mut() {
            *answer = Err("refused".into());
        }
        assert!(troubles(&patient).contains(&("leader".to_owned(), State::Fault)));
    }
}
