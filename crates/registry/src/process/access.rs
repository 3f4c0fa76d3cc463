//! Subject access: acceptance, the check, notices and withdrawal (136-1 to 136-5).

use super::{Done, Transaction};
use crate::{
    Access, AccessId, AccessState, Alert, ApplicationChannel, BodyKind, Command, DeadlineCode,
    Denied, Effect, Matter, Notice, NoticeChannel, NoticeKind, RegistrationId, Role, Track,
};

impl Transaction<'_> {
    pub(super) fn apply_for_access(&mut self, command: &Command) -> Done {
        let Command::Apply {
            access: id,
            track,
            channel,
            person,
            is_person,
            representative,
            identity_checked,
            contact,
            unit,
        } = command
        else {
            return Err(Denied::Unknown);
        };
        if self.base.entities.accesses.contains_key(id) {
            return Err(Denied::Exists);
        }
        self.check_unit(*track, *channel, unit.kind)?;
        if !is_person && representative.is_none() {
            return Err(Denied::NotTheApplicant);
        }
        if !identity_checked {
            return Err(Denied::IdentityNotChecked);
        }
        let rules = self.base.rulebook.in_force_on(self.today)?;
        let waits = rules.open_points.deadline_start.portal_waits_for_opening;
        let accepted_at = match channel {
            ApplicationChannel::Portal if waits => {
                self.settings().calendar.next_opening(self.now, unit.offset())
            }
            _ => self.now,
        };
        let access = Access {
            id: id.clone(),
            version: 0,
            changed_at: self.now,
            rules: rules.version.clone(),
            track: *track,
            channel: *channel,
            person: person.clone(),
            representative: representative.clone(),
            contact: contact.clone(),
            unit: unit.clone(),
            accepted_at,
            state: AccessState::Accepted,
            registration: None,
            genomic: None,
            checked: None,
            requested_at: None,
            received_at: None,
            inked_at: None,
            appointment: None,
            notices: Vec::new(),
            forms: Vec::new(),
            receipt: None,
        };
        let outcome = self.put_access(access)?;
        let matter = Matter::Access(id.clone());
        for code in at_acceptance(*track) {
            self.owe(&matter, *code, unit, accepted_at)?;
        }
        Ok(outcome)
    }

    /// genomic cases are the business of the Ministry's forensic unit, all others that of
    /// the migration units.
    fn check_unit(
        &self,
        track: Track,
        channel: ApplicationChannel,
        unit: BodyKind,
    ) -> Result<(), Denied> {
        let (kind, role) = match track {
            Track::Genomic => (BodyKind::Ministry, Role::MinistryForensicOfficer),
            _ => (BodyKind::InternalAffairs, Role::MigrationOfficer),
        };
        let by = match channel {
            ApplicationChannel::Portal => Role::Portal,
            ApplicationChannel::Written => role,
        };
        let fits = unit == kind && self.actor.role == by;
        if fits { Ok(()) } else { Err(Denied::WrongUnit) }
    }

    pub(super) fn record_access_check(
        &mut self,
        id: &AccessId,
        found: &Option<RegistrationId>,
    ) -> Done {
        use DeadlineCode as D;
        let mut access = self.access_at(id, AccessState::Accepted)?;
        let (check, absence, form) = match access.track {
            Track::Electronic => (D::ElectronicCheck, D::ElectronicAbsence, D::ElectronicForm),
            Track::Paper => (D::PaperCheck, D::PaperAbsence, D::PaperForm),
            Track::Genomic => return Err(Denied::WrongUnit),
        };
        if let Some(identifier) = found {
            let owner = self.base.entities.registrations.get(identifier);
            if owner != Some(&access.person) {
                return Err(Denied::NotHisRegistration);
            }
        }
        access.registration.clone_from(found);
        self.conclude_check(access, found.is_some(), (check, absence, form), D::Inking)
    }

    /// Both checks end alike: the next thing is owed from the acceptance on.
    pub(super) fn conclude_check(
        &mut self,
        mut access: Access,
        found: bool,
        (check, absence, next): (DeadlineCode, DeadlineCode, DeadlineCode),
        needs_data: DeadlineCode,
    ) -> Done {
        let matter = Matter::Access(access.id.clone());
        access.checked = Some((self.now, self.actor.account.clone()));
        access.state = if found { AccessState::Data } else { AccessState::NoData };
        let (unit, accepted_at) = (access.unit.clone(), access.accepted_at);
        if !found {
            self.notify(&mut access, NoticeKind::Absence);
        }
        let outcome = self.put_access(access)?;
        self.meet(&matter, check);
        self.owe(&matter, if found { next } else { absence }, &unit, accepted_at)?;
        if !found {
            self.cancel(&matter, needs_data, "no_data");
        }
        Ok(outcome)
    }

    /// Sends a notice on the best way that has not failed for this notice.
    pub(super) fn notify(&mut self, access: &mut Access, kind: NoticeKind) {
        let failed = access.notices.iter().filter(|notice| notice.kind == kind && notice.failed);
        let failed: Vec<NoticeChannel> = failed.map(|notice| notice.channel).collect();
        let channel = access.contact.channel(&failed);
        let number = u32::try_from(access.notices.len() + 1).unwrap_or(u32::MAX);
        access.notices.push(Notice { number, kind, channel, registered: None, failed: false });
        if channel == NoticeChannel::Registered {
            self.alert(Alert::CallByHand(Matter::Access(access.id.clone())));
            return;
        }
        let appointment = match kind {
            NoticeKind::Appointment => access.appointment.as_ref(),
            _ => None,
        };
        self.effects.push(Effect::Notify {
            access: access.id.clone(),
            number,
            kind,
            channel,
            contact: access.contact.clone(),
            appointment: appointment.map(|a| (a.at, a.place.name.clone())),
        });
    }

    /// A notice counts as sent when the message or call is registered, not before.
    pub(super) fn notice_registered(
        &mut self,
        id: &AccessId,
        number: u32,
        registration: &str,
    ) -> Done {
        use {AccessState as S, DeadlineCode as D, NoticeKind as N};
        let mut access = self.access(id)?;
        let notice = under_way(&mut access, number)?;
        if registration.trim().is_empty() || registration.chars().count() > 200 {
            return Err(Denied::Notice);
        }
        notice.registered = Some((registration.to_owned(), self.now));
        let kind = notice.kind;
        let (state, met): (S, &[D]) = match (kind, access.track) {
            (N::Absence, Track::Electronic) => (S::ClosedNoData, &[D::ElectronicAbsence]),
            (N::Absence, Track::Paper) => (S::ClosedNoData, &[D::PaperAbsence]),
            (N::Absence, Track::Genomic) => (S::ClosedNoData, &[D::GenomicAbsence]),
            (N::Readiness, _) => (S::Ready, &[D::Readiness]),
            (N::Appointment, _) => (access.state, &[D::PaperForm]),
            (N::Card, _) => (S::Delivered, &[D::GenomicCard, D::GenomicProvided]),
        };
        let matter = Matter::Access(id.clone());
        for code in met {
            self.meet(&matter, *code);
        }
        access.state = state;
        self.put_access(access)
    }

    pub(super) fn notice_failed(&mut self, id: &AccessId, number: u32) -> Done {
        let mut access = self.access(id)?;
        let notice = under_way(&mut access, number)?;
        notice.failed = true;
        let kind = notice.kind;
        self.notify(&mut access, kind);
        self.put_access(access)
    }

    pub(super) fn withdraw_application(&mut self, id: &AccessId) -> Done {
        let mut access = self.access(id)?;
        if access.state.is_final() {
            return Err(Denied::WrongState { state: access.state.code() });
        }
        access.state = AccessState::Withdrawn;
        self.put_access(access)
    }

    /// An application in one state.
    pub(super) fn access_at(&self, id: &AccessId, state: AccessState) -> Result<Access, Denied> {
        let access = self.access(id)?;
        if access.state == state {
            Ok(access)
        } else {
            Err(Denied::WrongState { state: access.state.code() })
        }
    }
}

/// What is owed from the acceptance on.
const fn at_acceptance(track: Track) -> &'static [DeadlineCode] {
    match track {
        Track::Electronic => &[DeadlineCode::ElectronicCheck],
        Track::Paper => &[DeadlineCode::PaperCheck, DeadlineCode::Inking],
        Track::Genomic => &[DeadlineCode::GenomicCheck, DeadlineCode::GenomicProvided],
    }
}

/// A notice that is neither registered nor failed, of an application that is not closed.
fn under_way(access: &mut Access, number: u32) -> Result<&mut Notice, Denied> {
    if access.state.is_final() {
        return Err(Denied::Notice);
    }
    let open = |n: &&mut Notice| n.number == number && n.registered.is_none() && !n.failed;
    access.notices.iter_mut().find(open).ok_or(Denied::Notice)
}
