//! Thresholds, corrections of personal data, the end of registrations, the genomic link.

use super::{Done, Transaction};
use crate::{
    Annulment, AnnulmentGround, Correction, Denied, Digest, Effect, Field, Fields, Genomic,
    GenomicRecord, Outcome, PersonId, Text,
};
use jiff::ToSpan;

impl Transaction<'_> {
    /// one administrator proposes.
    pub(super) fn propose_thresholds(&mut self, thresholds: (u32, u32)) -> Done {
        let mut settings = self.settings();
        settings.proposed_thresholds = Some((thresholds, self.actor.account.clone()));
        self.changes.settings = Some(settings);
        Ok(Outcome::Done)
    }

    /// Another one approves; questions already asked keep theirs.
    pub(super) fn approve_thresholds(&mut self) -> Done {
        let mut settings = self.settings();
        let (thresholds, by) = settings.proposed_thresholds.take().ok_or(Denied::NotOpen)?;
        if by == self.actor.account {
            return Err(Denied::SameOfficer);
        }
        settings.thresholds = thresholds;
        self.changes.settings = Some(settings);
        Ok(Outcome::Done)
    }

    pub(super) fn record_genomic(&mut self, person: &PersonId, record: &GenomicRecord) -> Done {
        if self.base.entities.genomic.contains_key(person) {
            return Err(Denied::Exists);
        }
        let (id, record, at) = (person.clone(), record.clone(), self.now);
        let genomic = Genomic { person: id.clone(), record, at };
        self.changes.genomic.insert(id, genomic);
        Ok(Outcome::Done)
    }

    /// another version of personal data; records and prints stay as they are.
    pub(super) fn correct(&mut self, id: &PersonId, basis: &Text, fields: &Fields) -> Done {
        let mut person = self.person(id)?;
        let registration = person.registration.as_ref().ok_or(Denied::NotRegistered)?;
        let record = registration.latest();
        let set = self.rules(&record.rules)?.field_set(record.category);
        for (field, value) in fields {
            let field = *field;
            set.need(field).ok_or(Denied::FieldNotInClause { field })?;
            let image = matches!(field, Field::Photo | Field::HolderSignature);
            if field.is_set_by_system() || image {
                return Err(Denied::SetBySystem { field });
            }
            value.check(field, self.today)?;
        }
        let (at, by) = (self.now, self.actor.account.clone());
        let (basis, fields) = (basis.clone(), fields.clone());
        person.corrections.push(Correction { at, by, basis, fields });
        self.put_person(person);
        Ok(Outcome::Done)
    }

    /// one administrator proposes; a retention period must be set and over.
    pub(super) fn propose_annulment(&mut self, id: &PersonId, ground: AnnulmentGround) -> Done {
        let person = self.person(id)?;
        let registration = person.registration.as_ref().ok_or(Denied::NotRegistered)?;
        if ground == AnnulmentGround::RetentionEnded {
            let record = registration.latest();
            let points = &self.rules(&record.rules)?.open_points;
            let years = points.retention.years.get(&record.category).copied();
            let years = years.ok_or(Denied::RetentionRuns)?;
            let made = self.actor.body.date(record.at);
            let ends = made.checked_add(years.years()).map_err(|_| Denied::RetentionRuns)?;
            if self.today < ends {
                return Err(Denied::RetentionRuns);
            }
        }
        let mut settings = self.settings();
        let by = self.actor.account.clone();
        settings.proposed_annulments.insert(id.clone(), (ground, by));
        self.changes.settings = Some(settings);
        Ok(Outcome::Done)
    }

    /// Another one approves: registration and mark end together, and the prints are erased.
    pub(super) fn approve_annulment(&mut self, id: &PersonId, act: &Digest) -> Done {
        let mut settings = self.settings();
        let (ground, by) = settings.proposed_annulments.remove(id).ok_or(Denied::NotOpen)?;
        if by == self.actor.account {
            return Err(Denied::SameOfficer);
        }
        let mut person = self.person(id)?;
        let registration = person.registration.take().ok_or(Denied::NotRegistered)?;
        person.annulments.push(Annulment {
            at: self.now,
            by: (by, self.actor.account.clone()),
            ground,
            act: act.clone(),
            identifier: registration.identifier,
        });
        person.mark = None;
        person.corrections.clear();
        self.effects.push(Effect::WithdrawMark { person: id.clone() });
        self.effects.push(Effect::Erase { subject: registration.subject });
        self.put_person(person);
        self.changes.settings = Some(settings);
        Ok(Outcome::Done)
    }
}
