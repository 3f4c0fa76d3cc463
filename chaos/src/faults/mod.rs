//! What goes wrong, and when: faults that pass by themselves, and rarer ones after which an
//! operator has to do something.

mod disks;
mod passing;
mod places;

use crate::cluster::Cluster;
use crate::history::Violation;
use crate::process::{Name, Role};
use crate::random::Random;
use serde::Serialize;
use serde_json::json;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use terminal::progress::Progress;

/// A healthy cluster must come about within this time once nothing is wrong any more.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);
/// Faults that pass come in rows of about this length, between those that do not.
const ROW: Duration = Duration::from_secs(24);
/// Nothing that needs an operator begins when less is left.
const OPERATION: Duration = Duration::from_secs(25);
/// Between looks at what was to happen by now.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// A fault that needs an operator; what it says is how it went.
type Operation = fn(&mut Faults) -> anyhow::Result<Outcome>;

/// All of them; every one strikes before any strikes again.
const OPERATIONS: [(&str, Operation); 8] = [
    ("a node added, another drained and removed", places::exchange_node),
    ("a coordinator added, another removed", places::exchange_coordinator),
    ("a node emptied by a plan, and filled again", places::empty_and_fill),
    ("disk of a node wiped, under its old identity", disks::wipe_node),
    ("disk of a coordinator wiped, under its old identity", disks::wipe_coordinator),
    ("bytes flipped in the store of a node", disks::flip_node),
    ("bytes flipped in the log of a coordinator", disks::flip_coordinator),
    ("disk full", disks::fill),
];

/// How an operation went.
pub(crate) enum Outcome {
    /// As the design wants it.
    AsItShould,
    /// It could not be done here.
    Skipped(&'static str),
    /// A rule was broken.
    Broken(String),
}

/// How often a kind of fault struck.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Count {
    pub(crate) struck: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) skipped: Option<&'static str>,
}

/// Something that ends at a time.
struct Due {
    at: Instant,
    end: passing::End,
}

/// See the module.
pub(crate) struct Faults {
    pub(crate) cluster: Cluster,
    pub(crate) random: Random,
    pub(crate) violations: Vec<Violation>,
    pub(crate) counts: BTreeMap<&'static str, Count>,
    due: Vec<Due>,
    queue: Vec<(&'static str, Operation)>,
}

impl Faults {
    /// Nothing went wrong yet.
    pub(crate) fn new(cluster: Cluster, random: Random) -> Self {
        let (violations, counts, due, queue) = Default::default();
        Self { cluster, random, violations, counts, due, queue }
    }

    /// Lets things go wrong for a time.
    ///
    /// # Errors
    /// When the run cannot go on; what the cluster does wrong is a violation instead.
    pub(crate) fn run(&mut self, time: Duration, progress: &Progress) -> anyhow::Result<()> {
        let started = Instant::now();
        while started.elapsed() < time {
            let row = ROW.min(time.saturating_sub(started.elapsed()));
            self.passing_row(Instant::now() + row, started, progress)?;
            if time.saturating_sub(started.elapsed()) < OPERATION {
                continue;
            }
            self.heal("before an operation")?;
            self.operate()?;
            progress.set(started.elapsed().as_secs());
        }
        Ok(())
    }

    /// Faults that pass, every few seconds.
    fn passing_row(
        &mut self,
        until: Instant,
        started: Instant,
        progress: &Progress,
    ) -> anyhow::Result<()> {
        let mut next = Instant::now();
        while Instant::now() < until {
            self.end_what_is_due(Instant::now())?;
            self.restart_the_fallen()?;
            if Instant::now() >= next {
                let (what, end, lasts) = passing::strike(self)?;
                self.counts.entry(what).or_default().struck += 1;
                self.due.push(Due { at: Instant::now() + lasts, end });
                next = Instant::now() + Duration::from_millis(self.random.range(800, 4000));
            }
            progress.set(started.elapsed().as_secs());
            std::thread::sleep(LOOK_EVERY);
        }
        Ok(())
    }

    fn end_what_is_due(&mut self, now: Instant) -> anyhow::Result<()> {
        let (due, later) = std::mem::take(&mut self.due).into_iter().partition(|d| d.at <= now);
        self.due = later;
        let due: Vec<Due> = due;
        due.into_iter().try_for_each(|due| passing::end(&mut self.cluster, due.end))
    }

    /// A process ends when it is killed or told to; any other end is a fault of ours.
    fn restart_the_fallen(&mut self) -> anyhow::Result<()> {
        let names: Vec<Name> = self.cluster.processes.keys().copied().collect();
        for name in names {
            let process = self.cluster.process(name)?;
            if let Some(status) = process.ended()? {
                let words = process.last_words();
                self.break_rule("no process ends by itself", format!("{name}, {status}: {words}"));
                self.cluster.start(name)?;
            }
        }
        Ok(())
    }

    /// Ends all faults and waits until the cluster is healthy.
    ///
    /// # Errors
    /// When the run cannot go on.
    pub(crate) fn heal(&mut self, when: &str) -> anyhow::Result<()> {
        self.restart_the_fallen()?;
        for due in std::mem::take(&mut self.due) {
            passing::end(&mut self.cluster, due.end)?;
        }
        for name in self.cluster.processes.keys().copied().collect::<Vec<_>>() {
            self.cluster.process(name)?.signal("-CONT")?;
        }
        self.cluster.start_all()?;
        self.settle(when)
    }

    /// Waits until the cluster is healthy.
    fn settle(&mut self, when: &str) -> anyhow::Result<()> {
        let started = Instant::now();
        if let Err(error) = self.cluster.wait("health", PATIENCE) {
            self.break_rule("the cluster heals by itself", format!("{when}: {error:#}"));
        }
        let seconds = started.elapsed().as_secs_f64();
        self.cluster.journal.write("healthy", &json!({ "when": when, "seconds": seconds }));
        self.restart_the_fallen()
    }

    fn operate(&mut self) -> anyhow::Result<()> {
        if self.queue.is_empty() {
            self.queue = OPERATIONS.to_vec();
            self.random.shuffle(&mut self.queue);
        }
        let Some((what, operation)) = self.queue.pop() else { return Ok(()) };
        self.cluster.journal.write("operation", &json!(what));
        let count = self.counts.entry(what).or_default();
        count.struck += 1;
        match operation(self) {
            Ok(Outcome::AsItShould) => {}
            Ok(Outcome::Skipped(why)) => {
                let count = self.counts.entry(what).or_default();
                count.struck -= 1;
                count.skipped = Some(why);
            }
            Ok(Outcome::Broken(how)) => self.break_rule(what, how),
            Err(error) => self.break_rule(what, format!("the operator got stuck: {error:#}")),
        }
        self.heal(what)
    }

    /// Notes a violation.
    pub(crate) fn break_rule(&mut self, check: &'static str, what: String) {
        self.cluster.journal.write("violation", &json!({ "check": check, "what": what }));
        self.violations.push(Violation { check, what });
    }

    /// Kills the leader, sometimes, in the middle of something else; it is back soon.
    fn perhaps_kill_the_leader(&mut self) -> anyhow::Result<()> {
        if self.random.percent(70)
            && let Some(leader) = self.cluster.leader()
        {
            self.cluster
                .journal
                .write("fault", &json!(format!("leader {leader} killed meanwhile")));
            self.counts.entry("leader killed during an operation").or_default().struck += 1;
            self.cluster.process(leader)?.kill()?;
            std::thread::sleep(Duration::from_millis(self.random.range(300, 2000)));
            self.cluster.start(leader)?;
        }
        Ok(())
    }

    /// One of the processes of a role.
    fn one(&mut self, role: Role) -> anyhow::Result<Name> {
        let names: Vec<Name> =
            self.cluster.processes.keys().copied().filter(|name| name.role == role).collect();
        self.random.pick(&names).ok_or_else(|| anyhow::anyhow!("no {} is left", role.word()))
    }

    /// Looks until something is so, or time is over.
    fn comes(&mut self, patience: Duration, so: impl Fn(&mut Cluster) -> bool) -> bool {
        let until = Instant::now() + patience;
        loop {
            if so(&mut self.cluster) {
                return true;
            }
            if Instant::now() > until {
                return false;
            }
            std::thread::sleep(LOOK_EVERY);
        }
    }
}
