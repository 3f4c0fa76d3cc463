//! Giving commands one after the other, and keeping what came of each.

use anyhow::{Context, bail};
use jiff::{SignedDuration, Timestamp};
use office::{Desk, Engine, OfficeError};
use registry::{Actor, Command, CommandId, Envelope, Outcome};
use serde::Serialize;
use std::path::Path;

/// One step, for people.
#[derive(Debug, Clone, Serialize)]
pub struct Step {
    /// The case, application or person.
    pub about: String,
    /// By the clock of the demonstration.
    pub at: Timestamp,
    /// The clause of the rules.
    pub clause: String,
    /// Who.
    pub who: String,
    /// What.
    pub what: String,
    /// What came of it.
    pub outcome: String,
}

/// A registry with a clock of its own.
pub struct Walk {
    /// The office that was walked through.
    pub desk: Desk,
    /// Its clock.
    pub now: Timestamp,
    /// What was done, in order.
    pub steps: Vec<Step>,
    commands: u32,
}

impl Walk {
    pub(crate) fn begin(
        folder: &Path,
        now: Timestamp,
        engine: Box<dyn Engine + Send>,
    ) -> anyhow::Result<Self> {
        let desk = Desk::found(folder, now, engine)?;
        Ok(Self { desk, now, steps: Vec::new(), commands: 0 })
    }

    /// Sets the clock forward to a local time of Astana.
    pub(crate) fn at(&mut self, local: &str) -> anyhow::Result<()> {
        let local: jiff::civil::DateTime = local.parse()?;
        let at = jiff::tz::Offset::constant(5).to_timestamp(local)?;
        anyhow::ensure!(at >= self.now, "the clock goes forward only");
        self.now = at;
        Ok(())
    }

    /// Gives a command that must be carried out, and lets the office do what follows from it.
    pub(crate) fn step(
        &mut self,
        (about, clause, what): (&str, &str, &str),
        actor: &Actor,
        command: Command,
    ) -> anyhow::Result<Outcome> {
        self.now += SignedDuration::from_mins(1);
        let given = self.give(actor, command);
        let given = given.with_context(|| format!("{about}: {what} (clause {clause})"))?;
        self.note((about, clause, what), actor.role.code(), &outcome_text(&given));
        let worked = self.desk.work(self.now)?;
        if let Some((id, why)) = worked.waiting.first() {
            bail!("{about}: {what}: effect {id} waits: {why}");
        }
        for (_, note) in &worked.done {
            self.note((about, clause, note), "office", "done");
        }
        Ok(given)
    }

    /// Gives a command that the rules must refuse.
    pub(crate) fn refused(
        &mut self,
        (about, clause, what): (&str, &str, &str),
        actor: &Actor,
        command: Command,
    ) -> anyhow::Result<()> {
        self.now += SignedDuration::from_mins(1);
        match self.give(actor, command) {
            Ok(outcome) => bail!("{about}: {what} was carried out: {outcome:?}"),
            Err(OfficeError::Denied(denied)) => {
                let outcome = format!("refused: {denied}");
                self.note((about, clause, what), actor.role.code(), &outcome);
                Ok(())
            }
            Err(error) => Err(error.into()),
        }
    }

    fn give(&mut self, actor: &Actor, command: Command) -> Result<Outcome, OfficeError> {
        self.commands += 1;
        let id = CommandId::new(format!("demo-{}", self.commands))?;
        let matter = command.target();
        let expected = matter.and_then(|matter| self.desk.office.registry().version_of(&matter));
        let envelope = Envelope { id, expected, actor: actor.clone(), now: self.now, command };
        self.desk.office.give(&envelope).map(|given| given.outcome)
    }

    fn note(&mut self, (about, clause, what): (&str, &str, &str), who: &str, outcome: &str) {
        let [about, clause, who, what, outcome] =
            [about, clause, who, what, outcome].map(str::to_owned);
        self.steps.push(Step { about, at: self.now, clause, who, what, outcome });
    }
}

/// Where a thing stands now.
fn outcome_text(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Done => "done".to_owned(),
        Outcome::Case(state) => state.to_string(),
        Outcome::Access(state) => state.to_string(),
        Outcome::Request(state) => state.to_string(),
        Outcome::Border(answer) => answer.to_string(),
        Outcome::Asked => "asked".to_owned(),
    }
}
