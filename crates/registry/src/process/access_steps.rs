//! Subject access once data exist: form, answer, appointment, inking, hand-over.

use super::{Done, Transaction};
use crate::{
    Access, AccessId, AccessState, AccountId, Appointment, Body, BodyKind, DeadlineCode, Denied,
    Digest, Effect, Field, Form, FormCode, Limit, Matter, NoticeKind, Track,
};
use jiff::Timestamp;

impl Transaction<'_> {
    /// not later than the third working day from the application, in a territorial unit.
    pub(super) fn book_appointment(
        &mut self,
        id: &AccessId,
        at: Timestamp,
        place: &Body,
        escort: &AccountId,
    ) -> Done {
        let mut access = self.access(id)?;
        let rules = self.rules(&access.rules)?;
        let open = [AccessState::Accepted, AccessState::Data];
        if access.track != Track::Paper || !open.contains(&access.state) {
            return Err(Denied::WrongState { state: access.state.code() });
        }
        if place.kind != BodyKind::InternalAffairs {
            return Err(Denied::AppointmentPlace);
        }
        let days = Limit::WorkingDays(rules.open_points.booking.slot_by_working_day);
        let calendar = self.settings().calendar;
        let latest = calendar.due(access.accepted_at, days, access.unit.offset());
        if at < self.now || at > latest || !calendar.is_open(at, place.offset()) {
            return Err(Denied::AppointmentTime);
        }
        let (place, escort) = (place.clone(), escort.clone());
        access.appointment = Some(Appointment { at, place, escort });
        self.put_access(access)
    }

    /// Form 3-2 (electronic) or form 3-3 with the notice of the appointment (paper).
    pub(super) fn send_form(&mut self, id: &AccessId) -> Done {
        let mut access = self.access_at(id, AccessState::Data)?;
        let rules = self.rules(&access.rules)?;
        let registration = access.registration.clone().ok_or(Denied::NotHisRegistration)?;
        let initiator = (self.actor.name.clone(), self.actor.position.clone());
        let matter = Matter::Access(id.clone());
        let (form, code) = match access.track {
            Track::Electronic => {
                self.meet(&matter, DeadlineCode::ElectronicForm);
                access.state = AccessState::Requested;
                let access = id.clone();
                (Form::Copy { access, registration, initiator, at: self.now }, FormCode::Copy)
            }
            Track::Paper => {
                access.appointment.as_ref().ok_or(Denied::NoAppointment)?;
                access.state = AccessState::Scheduled;
                let subject = self.names(&access)?;
                let (access, at) = (id.clone(), self.now);
                (Form::Card { access, subject, registration, initiator, at }, FormCode::Card)
            }
            Track::Genomic => return Err(Denied::WrongUnit),
        };
        access.forms.push(code);
        self.effects.push(Effect::Form(Box::new(form)));
        let to = rules.open_points.form32.routed_to;
        self.effects.push(Effect::SendForm { access: id.clone(), form: code, to });
        if access.track == Track::Paper {
            // Even on a fall-back way the notice gives time and place (OP-21).
            let kind = match rules.open_points.fallback_notice.fallback_says.as_str() {
                "absence" if !access.contact.cabinet => NoticeKind::Absence,
                _ => NoticeKind::Appointment,
            };
            self.notify(&mut access, kind);
        }
        self.put_access(access)
    }

    /// The names on file of the person that the card is about.
    fn names(&self, access: &Access) -> Result<crate::Fields, Denied> {
        let person = self.person(&access.person)?;
        let fields = [Field::Surname, Field::GivenName, Field::Patronymic];
        let known = |field: Field| Some((field, person.current(field)?.clone()));
        Ok(fields.into_iter().filter_map(known).collect())
    }

    /// T1.
    pub(super) fn record_form_received(&mut self, id: &AccessId) -> Done {
        let mut access = self.access_at(id, AccessState::Requested)?;
        access.state = AccessState::AtForensicUnit;
        access.requested_at = Some(self.now);
        let unit = access.unit.clone();
        let outcome = self.put_access(access)?;
        let matter = Matter::Access(id.clone());
        self.owe(&matter, DeadlineCode::ForensicAnswer, &unit, self.now)?;
        Ok(outcome)
    }

    pub(super) fn send_information(&mut self, id: &AccessId, law_observed: bool) -> Done {
        let mut access = self.access_at(id, AccessState::AtForensicUnit)?;
        if !law_observed {
            return Err(Denied::LawNotObserved);
        }
        let registration = access.registration.clone().ok_or(Denied::NotHisRegistration)?;
        access.state = AccessState::Sent;
        self.effects.push(Effect::SendInformation { access: id.clone(), registration });
        self.meet(&Matter::Access(id.clone()), DeadlineCode::ForensicAnswer);
        self.put_access(access)
    }

    /// T2.
    pub(super) fn record_information_received(&mut self, id: &AccessId) -> Done {
        let mut access = self.access_at(id, AccessState::Sent)?;
        access.state = AccessState::Received;
        access.received_at = Some(self.now);
        let unit = access.unit.clone();
        let outcome = self.put_access(access)?;
        self.owe(&Matter::Access(id.clone()), DeadlineCode::Readiness, &unit, self.now)?;
        Ok(outcome)
    }

    pub(super) fn notify_ready(&mut self, id: &AccessId) -> Done {
        let mut access = self.access_at(id, AccessState::Received)?;
        let under_way = |n: &crate::Notice| n.kind == NoticeKind::Readiness && !n.failed;
        if access.notices.iter().any(under_way) {
            return Err(Denied::Notice);
        }
        self.notify(&mut access, NoticeKind::Readiness);
        self.put_access(access)
    }

    pub(super) fn record_presence(&mut self, id: &AccessId) -> Done {
        let mut access = self.access_at(id, AccessState::Scheduled)?;
        access.state = AccessState::Present;
        self.put_access(access)
    }

    /// T3. The card is nobody's registration: nothing else is stored of it.
    pub(super) fn record_inking(&mut self, id: &AccessId) -> Done {
        let mut access = self.access_at(id, AccessState::Present)?;
        access.state = AccessState::Inked;
        access.inked_at = Some(self.now);
        let unit = access.unit.clone();
        let matter = Matter::Access(id.clone());
        let outcome = self.put_access(access)?;
        self.meet(&matter, DeadlineCode::Inking);
        self.owe(&matter, DeadlineCode::CardInHand, &unit, self.now)?;
        Ok(outcome)
    }

    /// In working hours, against an identity check and a receipt.
    pub(super) fn hand_over(
        &mut self,
        id: &AccessId,
        identity_checked: bool,
        receipt: &Digest,
    ) -> Done {
        let mut access = self.access(id)?;
        let handable = match access.track {
            Track::Electronic => access.state == AccessState::Ready,
            Track::Paper => access.state == AccessState::Inked,
            Track::Genomic => false,
        };
        if !handable {
            return Err(Denied::WrongState { state: access.state.code() });
        }
        if self.actor.body.id != access.unit.id {
            return Err(Denied::WrongUnit);
        }
        if !identity_checked {
            return Err(Denied::IdentityNotChecked);
        }
        let open = self.settings().calendar.is_open(self.now, access.unit.offset());
        if access.track == Track::Electronic && !open {
            return Err(Denied::OutsideHours);
        }
        access.receipt = Some((receipt.clone(), self.actor.account.clone(), self.now));
        access.state = AccessState::HandedOver;
        self.meet(&Matter::Access(id.clone()), DeadlineCode::CardInHand);
        self.put_access(access)
    }

    /// The genomic subsystem is asked, not the document-issuance application.
    pub(super) fn record_genomic_check(&mut self, id: &AccessId) -> Done {
        use DeadlineCode as D;
        let mut access = self.access_at(id, AccessState::Accepted)?;
        if access.track != Track::Genomic {
            return Err(Denied::WrongUnit);
        }
        let found = self.base.entities.genomic.get(&access.person);
        access.genomic = found.map(|genomic| genomic.record.clone());
        let found = access.genomic.is_some();
        let codes = (D::GenomicCheck, D::GenomicAbsence, D::GenomicCard);
        self.conclude_check(access, found, codes, D::GenomicProvided)
    }

    /// Form 4-1 to the cabinet; without one in person against an identity check (OP-23).
    pub(super) fn deliver_card(&mut self, id: &AccessId, receipt: &Option<Digest>) -> Done {
        let mut access = self.access_at(id, AccessState::Data)?;
        let rules = self.rules(&access.rules)?;
        let record = access.genomic.clone().ok_or(Denied::WrongUnit)?;
        let under_way = |n: &crate::Notice| n.kind == NoticeKind::Card && !n.failed;
        if access.notices.iter().any(under_way) {
            return Err(Denied::Notice);
        }
        let to_cabinet = access.contact.cabinet && receipt.is_none();
        let official = (self.actor.name.clone(), self.actor.position.clone());
        let (form_of, at) = (id.clone(), self.now);
        let form = Form::Dna { access: form_of, record, official, at, to_cabinet };
        self.effects.push(Effect::Form(Box::new(form)));
        access.forms.push(FormCode::Dna);
        if to_cabinet {
            self.notify(&mut access, NoticeKind::Card);
            return self.put_access(access);
        }
        let in_person = rules.open_points.genomic_notices.card_in_person;
        let receipt = receipt.clone().filter(|_| in_person).ok_or(Denied::IdentityNotChecked)?;
        access.receipt = Some((receipt, self.actor.account.clone(), self.now));
        let matter = Matter::Access(id.clone());
        self.meet(&matter, DeadlineCode::GenomicCard);
        self.meet(&matter, DeadlineCode::GenomicProvided);
        access.state = AccessState::HandedOver;
        self.put_access(access)
    }
}
