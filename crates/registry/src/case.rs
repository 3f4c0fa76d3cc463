//! A case of documentation: from opening to the issue of a document or permission.

use crate::category::codes;
use crate::{
    AccountId, Actor, BirthDate, Body, Capture, CaseId, Category, Citizenship, Completeness,
    Conclusion, Damage, Denied, Digest, DocumentKind, Fields, IdentityDocument, Iin, MarkStatus,
    Measure, OrderKind, PersonId, Reason, RegistrationId, SearchFacts, Subject, Text,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

codes! {
    /// Where a case stands (sections 3.1 to 3.5 of the requirements).
    CaseState {
        Opened = "opened",
        Asked = "asked",
        Ready = "ready",
        Ordered = "ordered",
        Searching = "searching",
        Adjudication = "adjudication",
        Registered = "registered",
        PartialTemporary = "partial_temporary",
        CaptureDeferred = "capture_deferred",
        Exempt = "exempt",
        Verify = "verify",
        VerificationPending = "verification_pending",
        Checks = "checks_126_128",
        Reregister = "reregister",
        RefusalOpen = "refusal_open",
        Refused = "refused",
        Documenting = "documenting",
        Escalated = "escalated",
        Held = "held",
        Closed = "closed",
    }

    /// Against what a live capture is compared.
    Reference { Database = "database", Document = "document" }

    /// What a comparison showed.
    Comparison { Match = "match", NoMatch = "no_match", Inconclusive = "inconclusive" }

    /// The forms of the annexes.
    FormCode { Refusal = "f1_1", Certificate = "f3_1", Copy = "f3_2", Card = "f3_3", Dna = "f4_1" }
}

/// A case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Case {
    /// Its identifier.
    pub id: CaseId,
    /// Raised by every change.
    pub version: u64,
    /// When it changed last.
    pub changed_at: Timestamp,
    /// The rules it was opened under, for good.
    pub rules: String,
    /// The category.
    pub category: Category,
    /// Why it was opened.
    pub reason: Reason,
    /// What is to be issued.
    pub documents: Vec<DocumentKind>,
    /// The clause under which the opening body registers.
    pub basis: String,
    /// The body that opened it.
    pub body: Body,
    /// The person.
    pub person: PersonId,
    /// Citizenship of the person.
    pub citizenship: Citizenship,
    /// Birth date of the person.
    pub birth: BirthDate,
    /// Where it stands.
    pub state: CaseState,
    /// The answers of the person, oldest first.
    pub answers: Vec<Answer>,
    /// Who is present with a child.
    pub representative: Option<Representative>,
    /// The positive decision on a seafarer's document.
    pub decision: Option<Text>,
    /// What the document-issuance application said.
    pub mark: Option<MarkAnswer>,
    /// What the next order asks for.
    pub next_order: OrderKind,
    /// The orders, numbered from 1.
    pub orders: Vec<Order>,
    /// Fields of the record to be, of its clause only.
    pub draft: Fields,
    /// Why the holder cannot sign.
    pub cannot_sign: Option<Text>,
    /// The capture to be searched.
    pub capture: Option<(Capture, Completeness)>,
    /// Who confirmed that no ridges exist.
    pub no_ridges_confirmed_by: Option<AccountId>,
    /// The subject under which it is to be enrolled.
    pub subject: Option<Subject>,
    /// Who closed the record.
    pub finalized_by: Option<Actor>,
    /// The question the engine has to answer; none otherwise.
    pub question: Option<Question>,
    /// How many questions were asked.
    pub questions: u32,
    /// Finished comparisons, oldest first.
    pub verifications: Vec<Verification>,
    /// Check measures and who took them.
    pub measures: Vec<(Measure, AccountId)>,
    /// The signed conclusion of the check measures.
    pub conclusion: Option<(Conclusion, AccountId, Timestamp)>,
    /// The damage that was confirmed.
    pub damage: Option<Damage>,
    /// The decision on a hit.
    pub adjudication: Option<Adjudication>,
    /// The refusal of form 1-1.
    pub refusal: Option<RefusalForm>,
    /// The exemption.
    pub exemption: Option<Exemption>,
    /// How often the certificate was printed.
    pub certificates: u32,
    /// Forms that were printed, with the scan once it is there.
    pub forms: Vec<(FormCode, Option<Digest>)>,
}

/// What a person said (clause 21-2): spoken, never on paper.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// Yes or no.
    pub yes: bool,
    /// What it was about.
    pub about: OrderKind,
    /// Who asked.
    pub officer: AccountId,
    /// When.
    pub at: Timestamp,
}

/// A representative of a child (clause 10, OP-02).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Representative {
    /// Full name.
    pub name: Text,
    /// Whether the representative is present.
    pub present: bool,
    /// The written consent.
    pub consent: Option<Digest>,
    /// Proof of the representative's authority.
    pub proof: Option<Digest>,
}

/// What the document-issuance application said about the mark.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MarkAnswer {
    /// Its content, or none when there is no mark.
    pub mark: Option<(MarkStatus, Option<RegistrationId>)>,
    /// When it was asked.
    pub at: Timestamp,
}

/// A capture order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// What it asks for.
    pub kind: OrderKind,
    /// Who made it.
    pub by: AccountId,
    /// When.
    pub at: Timestamp,
}

/// What the engine was asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// Numbered within the case.
    pub number: u32,
    /// A comparison with this reference, or a search for duplicates.
    pub compare: Option<Reference>,
    /// The threshold in thousandths, as it was then.
    pub threshold: u32,
    /// Who captured.
    pub officer: AccountId,
    /// Where.
    pub station: Option<Text>,
}

/// A finished comparison.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verification {
    /// The reference that was used.
    pub reference: Reference,
    /// Position codes compared.
    pub fingers: Vec<u8>,
    /// Similarity in thousandths.
    pub score: u32,
    /// Threshold in thousandths.
    pub threshold: u32,
    /// Who captured.
    pub officer: AccountId,
    /// Where.
    pub station: Option<Text>,
    /// When the answer came.
    pub at: Timestamp,
    /// What it means.
    pub result: Comparison,
}

/// A hit of the search before registration: two decide, a supervisor where they differ.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Adjudication {
    /// The candidates, best first.
    pub candidates: Vec<Subject>,
    /// The decisions.
    pub decisions: Vec<(AccountId, Finding)>,
    /// What the search looked at, for the record if it goes on.
    pub search: SearchFacts,
}

/// What an examiner found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Finding {
    /// None of the candidates is this person.
    NotSame,
    /// A candidate is this person under the same identity.
    SameIdentity(Subject),
    /// A candidate is this person under another identity.
    OtherIdentity(Subject),
}

/// A person on form 1-1.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Declarant {
    /// Surname.
    pub surname: Text,
    /// Given name.
    pub given_name: Text,
    /// If and only if the document shows it.
    pub patronymic: Option<Text>,
    /// Birth date.
    pub birth: BirthDate,
    /// Citizenship.
    pub citizenship: Citizenship,
    /// If known.
    pub iin: Option<Iin>,
    /// The identity document.
    pub document: IdentityDocument,
    /// Who issued it.
    pub issued_by: Text,
}

/// What form 1-1 holds (section 4.1 of the requirements).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RefusalForm {
    /// Who refuses: the person or the representative.
    pub declarant: Declarant,
    /// Whom a representative represents, on which basis, with the copy of its document.
    pub represented: Option<(Declarant, Text, Digest)>,
    /// Why.
    pub reason: Text,
    /// Told that registration is needed for the service.
    pub knows_service: bool,
    /// Warned of article 443-1 part 2.
    pub knows_liability: bool,
}

/// Why somebody is not captured (clause 33).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Exemption {
    /// All fingers of both hands are missing: 33(1).
    NoFingers,
    /// Both hands are missing: 33(1).
    NoHands,
    /// An illness, by a conclusion of the medical advisory commission: 33(2). No diagnosis.
    Illness(Option<MedicalConclusion>),
}

/// A conclusion of the medical advisory commission.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MedicalConclusion {
    /// Its number.
    pub number: Text,
    /// Its date.
    pub date: jiff::civil::Date,
    /// Who gave it.
    pub body: Text,
    /// The attached copy.
    pub copy: Digest,
}

impl Case {
    /// A case of which nothing is known yet but who, why and under which rules.
    pub(crate) fn opened(
        (id, person): (CaseId, PersonId),
        (category, reason, basis): (Category, Reason, String),
        (citizenship, birth): (Citizenship, BirthDate),
        (rules, body): (String, Body),
        now: Timestamp,
    ) -> Self {
        Self {
            id,
            version: 0,
            changed_at: now,
            rules,
            category,
            reason,
            documents: Vec::new(),
            basis,
            body,
            person,
            citizenship,
            birth,
            state: CaseState::Opened,
            answers: Vec::new(),
            representative: None,
            decision: None,
            mark: None,
            next_order: OrderKind::First,
            orders: Vec::new(),
            draft: Fields::new(),
            cannot_sign: None,
            capture: None,
            no_ridges_confirmed_by: None,
            subject: None,
            finalized_by: None,
            question: None,
            questions: 0,
            verifications: Vec::new(),
            measures: Vec::new(),
            conclusion: None,
            damage: None,
            adjudication: None,
            refusal: None,
            exemption: None,
            certificates: 0,
            forms: Vec::new(),
        }
    }

    /// Whether the person said yes to the order that comes next, last time it was asked.
    pub fn has_consent(&self) -> bool {
        let last = self.answers.iter().rev().find(|answer| answer.about == self.next_order);
        last.is_some_and(|answer| answer.yes)
    }

    /// The last order.
    ///
    /// # Errors
    /// [`Denied::NoOrder`].
    pub fn order(&self) -> Result<&Order, Denied> {
        self.orders.last().ok_or(Denied::NoOrder)
    }

    /// That the state is one of these.
    ///
    /// # Errors
    /// [`Denied::WrongState`], or [`Denied::Held`] when the case is held.
    pub fn expect(&self, states: &[CaseState]) -> Result<(), Denied> {
        if states.contains(&self.state) {
            return Ok(());
        }
        Err(match self.state {
            CaseState::Held => Denied::Held,
            state => Denied::WrongState { state: state.code() },
        })
    }
}
