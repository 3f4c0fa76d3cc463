//! A registry with its ledger.

use crate::carrying::{Carrier, Verdict};
use crate::chain::{Head, hexadecimal};
use crate::{EffectId, Entry, Ledger, LedgerError, Numbered, OfficeError};
use jiff::Timestamp;
use registry::{
    Applied, Calendar, CommandId, Denied, Effect, Envelope, Outcome, Refused, Registry, Rulebook,
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// How often a command is decided anew because somebody else wrote meanwhile.
const TRIES: u32 = 16;

/// A registry, a ledger that holds it, and what is still to be done.
pub struct Office<L> {
    ledger: L,
    head: Head,
    registry: Registry,
    /// What came of each command, with the digest of it.
    outcomes: BTreeMap<CommandId, (String, Outcome)>,
    outbox: BTreeMap<EffectId, (Timestamp, Effect)>,
}

/// What a command came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    /// As the registry says.
    pub outcome: Outcome,
    /// It was carried out before: this is what came of it then.
    pub is_repetition: bool,
}

/// What was done of the outbox.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Worked {
    /// Effects that are done, with a note each.
    pub done: Vec<(EffectId, String)>,
    /// Effects that wait, and why.
    pub waiting: Vec<(EffectId, String)>,
}

impl Worked {
    /// Effects with their notes, as programs are told.
    pub fn notes(effects: &[(EffectId, String)]) -> Vec<Value> {
        let note =
            |(id, note): &(EffectId, String)| json!({ "effect": id.to_string(), "note": note });
        effects.iter().map(note).collect()
    }
}

impl<L: Ledger> Office<L> {
    /// Founds a new registry in an empty ledger.
    ///
    /// # Errors
    /// When no rules are in force, or the ledger is not empty or cannot be written.
    pub fn found(
        mut ledger: L,
        rulebook: Rulebook,
        calendar: Calendar,
        now: Timestamp,
    ) -> Result<Self, OfficeError> {
        let registry = Registry::new(rulebook.clone(), calendar, now)?;
        let changes = Box::new(registry.entities().clone());
        let founded = Head::empty().seal(&Entry::Founded { at: now, changes });
        ledger.append(0, &founded)?;
        Self::open(ledger, rulebook)
    }

    /// Opens the registry of a ledger.
    ///
    /// # Errors
    /// When the ledger cannot be read, its chain is broken, or rules are missing.
    pub fn open(mut ledger: L, rulebook: Rulebook) -> Result<Self, OfficeError> {
        let mut head = Head::empty();
        let mut entries = ledger.read(0)?.into_iter();
        let first = entries.next().ok_or(LedgerError::Unreadable { number: 0 })?;
        let Entry::Founded { changes, .. } = head.open(&first)? else {
            return Err(LedgerError::Broken { number: 0 }.into());
        };
        let registry = Registry::restore(rulebook, *changes)?;
        let (outcomes, outbox) = (BTreeMap::new(), BTreeMap::new());
        let mut office = Self { ledger, head, registry, outcomes, outbox };
        for bytes in entries {
            office.take_over(&bytes)?;
        }
        office.registry.check_rules()?;
        Ok(office)
    }

    /// The registry as far as this office has read.
    pub const fn registry(&self) -> &Registry {
        &self.registry
    }

    /// How far the ledger goes.
    pub const fn head(&self) -> &Head {
        &self.head
    }

    /// What is still to be done, in the order in which it was asked for.
    pub fn outbox(&self) -> impl Iterator<Item = (EffectId, &Effect)> {
        self.outbox.iter().map(|(id, (_, effect))| (*id, effect))
    }

    /// Every entry from a number on, checked against the chain.
    ///
    /// # Errors
    /// When the ledger cannot be read or its chain is broken.
    pub fn entries(&mut self) -> Result<Vec<Numbered>, LedgerError> {
        let mut head = Head::empty();
        let bytes = self.ledger.read(0)?;
        (0..).zip(bytes).map(|(number, b)| Ok(Numbered { number, entry: head.open(&b)? })).collect()
    }

    /// Carries out a command. Given again, it answers what it answered the first time.
    ///
    /// # Errors
    /// [`OfficeError::Denied`], with a line in the audit trail; a ledger that cannot be written.
    pub fn give(&mut self, envelope: &Envelope) -> Result<Given, OfficeError> {
        let digest = digest_of(envelope);
        for _ in 0..TRIES {
            if let Some((known, outcome)) = self.outcomes.get(&envelope.id) {
                let outcome = outcome.clone();
                let is_same = *known == digest;
                let given = Given { outcome, is_repetition: true };
                return if is_same { Ok(given) } else { Err(Denied::Replayed.into()) };
            }
            let decided = self.registry.decide(envelope);
            let (entry, answer) = entry_of(envelope, &digest, decided);
            match self.append(&entry) {
                Ok(()) => return answer.map_err(OfficeError::Denied),
                Err(LedgerError::Conflict { .. }) => self.catch_up()?,
                Err(error) => return Err(error.into()),
            }
        }
        Err(OfficeError::Contended(TRIES))
    }

    /// Carries out what waits in the outbox, in its order; what follows from it (the answer of the
    /// engine may bring further effects) too. What cannot be done now waits, and does not keep the
    /// others.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub fn work(
        &mut self,
        carrier: &mut Carrier<'_>,
        now: Timestamp,
    ) -> Result<Worked, OfficeError> {
        let mut worked = Worked::default();
        let mut after = None;
        loop {
            let next = self.outbox.iter().find(|(id, _)| after.is_none_or(|last| **id > last));
            let Some((id, (at, effect))) = next else { return Ok(worked) };
            let (id, at, effect) = (*id, *at, effect.clone());
            after = Some(id);
            match carrier.carry_out(&self.registry, id, at, &effect) {
                Ok((note, verdict)) => {
                    if let Some(verdict) = verdict {
                        self.answer(id, verdict, now)?;
                    }
                    self.append_retrying(&Entry::Done { at: now, effect: id, note: note.clone() })?;
                    worked.done.push((id, note));
                }
                Err(why) => worked.waiting.push((id, why)),
            }
        }
    }

    /// Gives the registry the engine's answer. One that is no longer waited for is refused, which
    /// is on record and as it should be: somebody else was faster.
    fn answer(
        &mut self,
        id: EffectId,
        verdict: Verdict,
        now: Timestamp,
    ) -> Result<(), OfficeError> {
        let command = CommandId::new(format!("effect-{id}")).expect("digits and hyphens");
        let (actor, command) = (verdict.actor, (command, verdict.command));
        let envelope = Envelope { id: command.0, expected: None, actor, now, command: command.1 };
        match self.give(&envelope) {
            Ok(_) | Err(OfficeError::Denied(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }

    fn append(&mut self, entry: &Entry) -> Result<(), LedgerError> {
        let bytes = self.head.seal(entry);
        self.ledger.append(self.head.number, &bytes)?;
        self.take_over(&bytes)
    }

    fn append_retrying(&mut self, entry: &Entry) -> Result<(), OfficeError> {
        for _ in 0..TRIES {
            match self.append(entry) {
                Ok(()) => return Ok(()),
                Err(LedgerError::Conflict { .. }) => self.catch_up()?,
                Err(error) => return Err(error.into()),
            }
        }
        Err(OfficeError::Contended(TRIES))
    }

    /// Reads what others wrote.
    fn catch_up(&mut self) -> Result<(), LedgerError> {
        let number = self.head.number;
        let entries = self.ledger.read(number)?;
        if entries.is_empty() {
            return Err(LedgerError::Conflict { number });
        }
        entries.iter().try_for_each(|bytes| self.take_over(bytes))
    }

    fn take_over(&mut self, bytes: &[u8]) -> Result<(), LedgerError> {
        let number = self.head.number;
        match self.head.open(bytes)? {
            Entry::Founded { .. } => return Err(LedgerError::Broken { number }),
            Entry::Change { command, digest, outcome, audit, changes, effects } => {
                self.outcomes.insert(command, (digest, outcome));
                self.registry.absorb(*changes);
                let named = (0..).zip(effects);
                let named =
                    named.map(|(place, e)| (EffectId { entry: number, place }, (audit.at, e)));
                self.outbox.extend(named);
            }
            Entry::Refused { .. } => {}
            Entry::Done { effect, .. } => drop(self.outbox.remove(&effect)),
        }
        Ok(())
    }
}

/// The entry of a decision, and what the caller is told once it is written.
fn entry_of(
    envelope: &Envelope,
    digest: &str,
    decided: Result<Applied, Box<Refused>>,
) -> (Entry, Result<Given, Denied>) {
    match decided {
        Ok(Applied { outcome, effects, changes }) => {
            let (audits, effects): (Vec<Effect>, Vec<Effect>) =
                effects.into_iter().partition(|effect| matches!(effect, Effect::Audit(_)));
            let audit = audits.into_iter().find_map(|effect| match effect {
                Effect::Audit(audit) => Some(audit),
                _ => None,
            });
            let entry = Entry::Change {
                command: envelope.id.clone(),
                digest: digest.to_owned(),
                outcome: outcome.clone(),
                audit: audit.expect("every change begins with its line of the audit trail"),
                changes: Box::new(changes),
                effects,
            };
            (entry, Ok(Given { outcome, is_repetition: false }))
        }
        Err(refused) => (Entry::Refused { audit: refused.audit }, Err(refused.denied)),
    }
}

/// What makes two commands the same: all but the time, which a repetition need not know.
fn digest_of(envelope: &Envelope) -> String {
    let Envelope { id, expected: _, actor, now: _, command } = envelope;
    let bytes = serde_json::to_vec(&(id, actor, command)).expect("texts, numbers and lists");
    hexadecimal(&Sha256::digest(bytes))
}
