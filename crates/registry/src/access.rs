//! Applications of registered persons for their own information (clauses 136-1 to 136-5).

use crate::category::codes;
use crate::{
    AccessId, AccountId, Body, Digest, FormCode, GenomicRecord, PersonId, Private, RegistrationId,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

codes! {
    /// What is asked for.
    Track { Electronic = "electronic", Paper = "paper", Genomic = "genomic" }

    /// How the application came.
    ApplicationChannel { Portal = "egov", Written = "written" }

    /// Where an application stands (section 3.10 of the requirements).
    AccessState {
        Accepted = "accepted",
        NoData = "no_data",
        Data = "data",
        Requested = "requested",
        AtForensicUnit = "at_forensic_unit",
        Sent = "sent",
        Received = "received",
        Ready = "ready",
        Scheduled = "scheduled",
        Present = "present",
        Inked = "inked",
        CardReady = "card_ready",
        HandedOver = "handed_over",
        Delivered = "delivered",
        ClosedNoData = "closed_no_data",
        Withdrawn = "withdrawn",
    }

    /// The ways of a notice, in the order of preference.
    NoticeChannel {
        Cabinet = "cabinet",
        Sms = "sms",
        Email = "email",
        Registered = "registered_other",
    }

    /// What a notice says.
    NoticeKind {
        Absence = "absence",
        Readiness = "readiness",
        Appointment = "appointment",
        Card = "card",
    }
}

/// An application.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Access {
    /// Its identifier.
    pub id: AccessId,
    /// Raised by every change.
    pub version: u64,
    /// When it changed last.
    pub changed_at: Timestamp,
    /// The rules it was accepted under.
    pub rules: String,
    /// What is asked for.
    pub track: Track,
    /// How it came.
    pub channel: ApplicationChannel,
    /// Whose information.
    pub person: PersonId,
    /// A representative's document; none when the person applies.
    pub representative: Option<Digest>,
    /// How the applicant is reached.
    pub contact: Contact,
    /// The unit that processes it.
    pub unit: Body,
    /// T0, the acceptance.
    pub accepted_at: Timestamp,
    /// Where it stands.
    pub state: AccessState,
    /// The registration that was found.
    pub registration: Option<RegistrationId>,
    /// The genomic record that was found.
    pub genomic: Option<GenomicRecord>,
    /// When the check was recorded, and by whom.
    pub checked: Option<(Timestamp, AccountId)>,
    /// T1, the receipt by the forensic unit.
    pub requested_at: Option<Timestamp>,
    /// T2, the receipt by the migration unit.
    pub received_at: Option<Timestamp>,
    /// T3, the end of inking.
    pub inked_at: Option<Timestamp>,
    /// The appointment.
    pub appointment: Option<Appointment>,
    /// The notices, oldest first.
    pub notices: Vec<Notice>,
    /// Forms that were sent.
    pub forms: Vec<FormCode>,
    /// The receipt of the hand-over.
    pub receipt: Option<(Digest, AccountId, Timestamp)>,
}

/// How an applicant is reached.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Contact {
    /// Whether there is a cabinet in the portal.
    pub cabinet: bool,
    /// A mobile number.
    pub mobile: Option<Private<String>>,
    /// An electronic address.
    pub email: Option<Private<String>>,
}

/// Time and place of fingerprinting, and who goes along.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Appointment {
    /// When.
    pub at: Timestamp,
    /// Where: a territorial unit of the internal affairs bodies.
    pub place: Body,
    /// The migration officer who accompanies.
    pub escort: AccountId,
}

/// A notice and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// From 1 within the application.
    pub number: u32,
    /// What it says.
    pub kind: NoticeKind,
    /// The way it went.
    pub channel: NoticeChannel,
    /// The registration of the message or call; only then it counts as sent.
    pub registered: Option<(String, Timestamp)>,
    /// Whether that way failed.
    pub failed: bool,
}

impl Contact {
    /// The best way after those that failed; at the end an officer registers a call by hand.
    pub fn channel(&self, failed: &[NoticeChannel]) -> NoticeChannel {
        let open = |channel: &NoticeChannel| {
            let there = match channel {
                NoticeChannel::Cabinet => self.cabinet,
                NoticeChannel::Sms => self.mobile.is_some(),
                NoticeChannel::Email => self.email.is_some(),
                NoticeChannel::Registered => true,
            };
            there && !failed.contains(channel)
        };
        let mut ways = NoticeChannel::ALL.iter().copied();
        ways.find(open).unwrap_or(NoticeChannel::Registered)
    }
}

impl AccessState {
    /// Whether nothing is owed any more.
    pub const fn is_final(self) -> bool {
        use AccessState as S;
        matches!(self, S::HandedOver | S::Delivered | S::ClosedNoData | S::Withdrawn)
    }
}
