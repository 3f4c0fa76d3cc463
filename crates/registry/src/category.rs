//! The codes that the rules speak in.

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident { $($variant:ident = $text:literal),* $(,)? })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[derive(serde::Serialize, serde::Deserialize)]
        #[expect(missing_docs, reason = "the code that each stands for is its explanation")]
        pub enum $name { $( #[serde(rename = $text)] $variant, )* }

        impl $name {
            /// All, in order.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The stable code.
            pub const fn code(self) -> &'static str {
                match self { $( Self::$variant => $text, )* }
            }

            /// From its code.
            pub fn from_code(code: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.code() == code)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.code())
            }
        }
    )*};
}

pub(crate) use codes;

codes! {
    /// Who is registered (section 2.1 of the requirements). The tenth category, persons under
    /// genomic registration, has no case of documentation and lives in `GenomicRecord`s.
    Category {
        C1 = "C1", C2 = "C2", C3 = "C3", C4 = "C4", C5 = "C5", C6 = "C6", C7 = "C7", C8 = "C8",
        C9 = "C9",
    }

    /// Why a case is opened.
    Reason {
        FirstIssue = "first_issue",
        Restoration = "restoration",
        Replacement = "replacement",
        TemporaryResidence = "temporary_residence",
        PermanentResidence = "permanent_residence",
        Visa = "visa",
        Expulsion = "expulsion",
        Readmission = "readmission",
        SeafarerDocument = "seafarer_document",
    }

    /// A document that is issued or proves an identity (section 1.4 of the requirements).
    DocumentKind {
        IdCard = "id_card",
        Passport = "passport",
        ResidencePermit = "residence_permit",
        StatelessCertificate = "stateless_certificate",
        RefugeeCertificate = "refugee_certificate",
        TravelDocument = "travel_document",
        SeafarerId = "seafarer_id",
        Visa = "visa",
        NationalPassport = "national_passport",
    }

    /// As the identity document shows it; `x` only where a foreign document does.
    Sex { Male = "male", Female = "female", Other = "x" }

    /// The kinds of bodies that the rules give tasks to, and `system` for neighboring systems.
    BodyKind {
        InternalAffairs = "internal_affairs",
        ForeignPolicy = "foreign_policy",
        NationalSecurity = "national_security",
        Transport = "transport",
        Ministry = "ministry",
        System = "system",
    }

    /// What somebody is within a body.
    Role {
        MigrationOfficer = "migration_officer",
        MissionOfficer = "mission_officer",
        PoliceOfficer = "police_officer",
        NationalSecurityOfficer = "national_security_officer",
        TransportOfficer = "transport_officer",
        TerritorialForensicOfficer = "territorial_forensic_officer",
        MinistryForensicOfficer = "ministry_forensic_officer",
        ForensicSupervisor = "forensic_supervisor",
        MinistryRegistrar = "ministry_registrar",
        MinistryOfficer = "ministry_officer",
        ChancelleryClerk = "chancellery_clerk",
        UnitHead = "unit_head",
        Administrator = "administrator",
        BorderSystem = "border_system",
        Engine = "engine",
        DocumentApplication = "document_application",
        NoticeGateway = "notice_gateway",
        DocumentManagement = "document_management",
        Scheduler = "scheduler",
        Portal = "portal",
    }

    /// What a role may be allowed to do.
    Action {
        OpenCase = "open_case",
        Ask = "ask",
        Mark = "mark",
        Order = "order",
        Capture = "capture",
        Verify = "verify",
        Refuse = "refuse",
        Exempt = "exempt",
        Document = "document",
        Certificate = "certificate",
        Adjudicate = "adjudicate",
        Supervise = "supervise",
        Measure = "measure",
        Conclude = "conclude",
        AccessFingerprint = "access_fingerprint",
        AccessForensic = "access_forensic",
        AccessGenomic = "access_genomic",
        Genomic = "genomic",
        HandOver = "hand_over",
        Notice = "notice",
        Delivery = "delivery",
        RequestRegister = "request_register",
        RequestDecide = "request_decide",
        RequestRun = "request_run",
        RequestAnswer = "request_answer",
        Search = "search",
        Read = "read",
        Border = "border",
        BorderProcedure = "border_procedure",
        Verdict = "verdict",
        Clock = "clock",
        Pause = "pause",
        Correct = "correct",
        Annul = "annul",
        Apply = "apply",
        Administer = "administer",
        Statistics = "statistics",
    }

    /// The closed list of uses of clause 43.
    Purpose {
        Identity = "U1",
        ForeignersInTerritory = "U2",
        Safety = "U3",
        Border = "U4",
    }

    /// Why a finger has no image.
    FingerAbsence {
        Amputated = "amputated",
        NoRidges = "no_ridges",
        TemporarilyDamaged = "temporarily_damaged",
        Unable = "unable",
    }

    /// Why a palm has no image.
    PalmAbsence {
        HandMissing = "hand_missing",
        TemporarilyDamaged = "temporarily_damaged",
        Unable = "unable",
    }

    /// How prints were taken.
    CaptureMethod {
        ScannerPlain = "livescan_plain",
        ScannerRolled = "livescan_rolled",
        InkCard = "ink_card",
    }

    /// Why a person is captured once more (section 3.4 of the requirements).
    ReregistrationReason {
        Deferred = "rr_deferred",
        Partial = "rr_partial",
        Damage = "rr_damage",
        DamageOfCitizen = "rr_damage_citizen",
    }

    /// The acquired damage of clause 22(2).
    Damage { Scar = "scar", SkinDisease = "skin_disease", SeriousInjury = "serious_injury" }

    /// A check measure after a mismatch (OP-07).
    Measure {
        CaptureByAnotherOfficer = "capture_by_another_officer",
        Search = "search",
        Examination = "examination",
    }

    /// What the check measures showed.
    Conclusion {
        SamePersonDamaged = "same_person_damaged",
        DifferentPerson = "different_person",
        Undetermined = "undetermined",
    }

    /// Status of a registration mark (OP-34).
    MarkStatus {
        Full = "full",
        PartialTemporary = "partial_temporary",
        Deferred = "deferred",
        Exempt = "exempt",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_reads_back_and_is_what_is_stored() {
        for role in Role::ALL {
            assert_eq!(Role::from_code(role.code()), Some(*role));
            assert_eq!(serde_json::to_string(role).unwrap(), format!("{:?}", role.code()));
        }
        assert_eq!(Purpose::from_code("U5"), None);
    }
}
