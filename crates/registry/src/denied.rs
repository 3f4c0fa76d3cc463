//! Why a command was refused.

use crate::{Category, Field};

/// Declares the refusals: doc comment, variant, code on the wire, clause, text.
macro_rules! denials {
    ($( $(#[$doc:meta])* $name:ident $({ $($field:ident : $type:ty),* })?
        = $code:literal, $clause:literal, $text:literal; )*) => {
        /// A command that the rules do not allow: nothing was stored, and the attempt is in the
        /// audit trail. Texts name fields and codes, never what a person wrote.
        #[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
        #[expect(missing_docs, reason = "the text of a variant names its fields")]
        pub enum Denied {
            $( $(#[$doc])* #[error($text)] $name $({ $($field: $type),* })?, )*
        }

        impl Denied {
            /// The stable code, for programs.
            pub const fn code(&self) -> &'static str {
                match self { $( Self::$name { .. } => $code, )* }
            }

            /// The clause of the rules that is behind it, or `-` for a rule of the system itself.
            pub const fn clause(&self) -> &'static str {
                match self { $( Self::$name { .. } => $clause, )* }
            }

            /// Every code, in the order of declaration.
            pub const CODES: &[&str] = &[$($code),*];
        }
    };
}

denials! {
    /// The citizen did not say yes, or was not asked.
    NoConsent = "NO_CONSENT", "5(1)", "no positive consent is recorded for this case";
    /// A child's registration without what clause 10 asks for.
    RepresentativeMissing { what: &'static str } = "REPRESENTATIVE_MISSING", "10",
        "a child is registered only with its representative: {what} is missing";
    /// Younger than anyone may be.
    Under12 = "UNDER_12", "6", "the person is younger than 12";
    /// Younger than the category allows.
    Under16 = "UNDER_16", "5(3)", "the person is younger than 16";
    /// Older than the category allows.
    AboveAge = "ABOVE_AGE", "10", "the person is too old for this category";
    /// The category is not this body's business.
    AuthorityNotCompetent { category: Category } = "AUTHORITY_NOT_COMPETENT", "5",
        "this body may not register category {category}";
    /// The role may not do this.
    RoleNotAllowed = "ROLE_NOT_ALLOWED", "5", "this role may not do this";
    /// The role does not exist in such a body.
    RoleNotOfBody = "ROLE_NOT_OF_BODY", "5", "this body employs no such role";
    /// Citizenship and category contradict each other.
    Citizenship { category: Category } = "CITIZENSHIP", "5",
        "the citizenship does not fit category {category}";
    /// A reason or document that the category does not know.
    ReasonNotOfCategory { category: Category } = "REASON_NOT_OF_CATEGORY", "5",
        "category {category} knows no such reason or document";
    /// A seafarer without the decision.
    NoPositiveDecision = "NO_POSITIVE_DECISION", "8", "no positive decision is recorded";
    /// Nobody with this reference.
    UnknownPerson = "UNKNOWN_PERSON", "-", "no such person";
    /// No such case, application or request.
    Unknown = "UNKNOWN", "-", "no such case, application or request";
    /// It exists already.
    Exists = "EXISTS", "-", "something with this identifier exists already";
    /// An identifier that is empty, too long or has a forbidden character.
    Identifier = "IDENTIFIER", "-",
        "an identifier has 1 to 64 (a subject: 16) letters, digits, `.`, `_` or `-`";
    /// The same command again.
    Replayed = "REPLAYED", "-", "this command was carried out before";
    /// Somebody else was faster.
    StaleVersion { current: u64 } = "STALE_VERSION", "-",
        "it changed meanwhile and is at version {current} now: read it again";
    /// An officer changes only what was read.
    VersionMissing = "VERSION_MISSING", "-", "the version that was read is missing";
    /// Older than what is stored.
    OutOfOrder = "OUT_OF_ORDER", "-", "the command is older than the last change";
    /// The next step is another one.
    WrongState { state: &'static str } = "WRONG_STATE", "21-3",
        "this step is not possible in state {state}";
    /// Documentation before its conditions are met.
    DocumentationBlocked { state: &'static str } = "DOCUMENTATION_BLOCKED", "21-2",
        "documentation cannot go on in state {state}";
    /// Documentation while a mandatory registration was refused.
    ServiceBlocked = "SERVICE_BLOCKED", "21-3",
        "registration was refused and is mandatory: the service is blocked";
    /// A second full registration.
    AlreadyRegistered = "ALREADY_REGISTERED", "22", "the person is registered already";
    /// A registration in the central system without its capture order.
    NoOrder = "NO_ORDER", "21-3", "there is no such capture order";
    /// A field that the clause does not list.
    FieldNotInClause { field: Field } = "FIELD_NOT_IN_CLAUSE", "13",
        "{field} does not belong to the record of this category";
    /// A field that nobody may type.
    SetBySystem { field: Field } = "SET_BY_SYSTEM", "13", "{field} is set by the system";
    /// A value of another kind.
    WrongKind { field: Field } = "WRONG_KIND", "13", "{field} cannot hold such a value";
    /// Mandatory fields are missing.
    MissingFields { fields: Vec<Field> } = "MISSING_FIELDS", "13", "missing: {fields:?}";
    /// The document shows a patronymic and the record does not, or the reverse.
    Patronymic = "PATRONYMIC", "13(1)",
        "the patronymic is given if and only if the document shows it";
    /// Dates that contradict each other.
    Dates { field: Field } = "DATES", "13(8)", "the dates of {field} are impossible";
    /// A birth date in the future or impossible.
    BirthDate = "BIRTH_DATE", "13(2)", "the birth date is impossible";
    /// A name with other characters than letters, hyphens, apostrophes and spaces.
    Name { what: &'static str } = "NAME", "13(1)",
        "{what} holds something other than letters, hyphens, apostrophes and single spaces";
    /// An empty, overlong or deceptive text.
    Text { what: &'static str } = "TEXT", "-",
        "{what} is empty, too long or holds hidden characters";
    /// A country code that is not two capital letters.
    Country = "COUNTRY", "13(5)", "a country is two capital letters of ISO 3166-1";
    /// An image reference that is no digest.
    Digest = "DIGEST", "-", "an attachment is named by 64 lower-case hexadecimal digits";
    /// The number fails its check.
    Iin = "IIN", "13(10)", "the individual identification number fails its check";
    /// Something that the officer must have seen.
    NotAcknowledged = "NOT_ACKNOWLEDGED", "13(10)",
        "the number disagrees with birth date or sex; acknowledge this";
    /// The identifier fails its check.
    RegistrationId = "REGISTRATION_ID", "26-1", "the registration identifier fails its check";
    /// The format has no number left.
    SerialsUsedUp = "SERIALS_USED_UP", "-", "the format of the identifier has no number left";
    /// A position without image and without reason.
    Positions = "POSITIONS", "13(7)", "each of the ten fingers is given once, or coded absent";
    /// Palms missing, doubled, or given where none are taken.
    Palms = "PALMS", "14-1(4)", "both palms are given or coded absent, and only where required";
    /// A method that the category does not allow.
    Method = "METHOD", "26", "this capture method is not allowed here";
    /// An impression type against the method.
    Impression { position: u8 } = "IMPRESSION", "26",
        "position {position} has another impression type than the method";
    /// A card without its scan.
    CardScan = "CARD_SCAN", "26(2)", "an ink card needs its scan at 500 ppi or better";
    /// Below the minimum and attempts are left.
    Quality { position: u8 } = "QUALITY", "26",
        "position {position} is below the minimum: repeat, then accept it with a reason";
    /// The engine found fingers in wrong places.
    Sequence { positions: Vec<u8> } = "SEQUENCE", "26",
        "these positions hold the wrong fingers: {positions:?}";
    /// Nothing usable was captured.
    NothingCaptured = "NOTHING_CAPTURED", "21", "there is no finger and no palm";
    /// All ridges missing, and nobody confirmed it.
    NotConfirmed = "NOT_CONFIRMED", "33", "a second officer must confirm that no ridges exist";
    /// Hands exist, so palms are taken.
    PalmsFirst = "PALMS_FIRST", "21", "palms are taken when the hands exist";
    /// An illness without its conclusion.
    NoConclusion = "NO_CONCLUSION", "33(2)",
        "the conclusion of the medical advisory commission is missing";
    /// The warning to come again is missing.
    NotWarned = "NOT_WARNED", "22(1)", "the person must be told to come again";
    /// Verification from paper.
    ScannerOnly = "SCANNER_ONLY", "21-4", "verification takes scanner images only";
    /// Slaps in another order.
    SlapOrder = "SLAP_ORDER", "21-4", "four fingers of each hand, then the thumbs in turn";
    /// Both thumbs in one image.
    BothThumbs = "BOTH_THUMBS", "21-4", "an image of both thumbs is not enabled";
    /// A verdict nobody waits for.
    NoSuchQuestion = "NO_SUCH_QUESTION", "43", "no such search or comparison is under way";
    /// One officer decided twice.
    SameOfficer = "SAME_OFFICER", "43", "this needs another officer";
    /// A decision that is not open.
    NotOpen = "NOT_OPEN", "43", "there is nothing to decide";
    /// Check measures are missing.
    MeasuresMissing = "MEASURES_MISSING", "126", "not all check measures were taken";
    /// No reason of clause 22 or 22-1.
    NoGround = "NO_GROUND", "22", "there is no ground for registering again";
    /// A refusal of a citizen on paper.
    NoFormForCitizens = "NO_FORM_FOR_CITIZENS", "21-2", "a citizen's refusal needs no form";
    /// A form that was not signed and scanned.
    FormNotAttached = "FORM_NOT_ATTACHED", "21-3", "a signed form was not scanned";
    /// Acknowledgements of the refusal form are missing.
    AcknowledgementMissing = "ACKNOWLEDGEMENT_MISSING", "1-1",
        "both warnings of the form must be acknowledged";
    /// The represented person or the basis is missing.
    RepresentationIncomplete = "REPRESENTATION_INCOMPLETE", "1-1",
        "a representative names the person, the basis and attaches its copy";
    /// A scan is never replaced.
    Unalterable = "UNALTERABLE", "-", "what was attached stays as it is";
    /// A certificate for a citizen.
    CertificateForCitizen = "CERTIFICATE_FOR_CITIZEN", "26-1",
        "the certificate is for foreigners and stateless persons";
    /// A certificate before registration.
    NotRegistered = "NOT_REGISTERED", "26-1", "the person is not registered";
    /// A use outside the closed list.
    Purpose = "PURPOSE", "43", "the purpose must be one of U1 to U4";
    /// Control of foreigners, and the subject is a citizen.
    PurposeOfForeigners = "PURPOSE_OF_FOREIGNERS", "43(2)",
        "purpose U2 covers foreigners and stateless persons only";
    /// A request without what annex 4 asks for.
    RequestIncomplete { missing: Vec<String> } = "REQUEST_INCOMPLETE", "48",
        "the request lacks: {missing:?}";
    /// A request on another way.
    RequestChannel = "REQUEST_CHANNEL", "48",
        "a request comes by state courier or document management system";
    /// An answer before the officer checked.
    CompetenceNotChecked = "COMPETENCE_NOT_CHECKED", "48",
        "competence and the law on access to information were not both confirmed";
    /// More than was asked or approved.
    NotApproved = "NOT_APPROVED", "48", "this was not asked for or not approved";
    /// Neither the person nor the representative.
    NotTheApplicant = "NOT_THE_APPLICANT", "136-1",
        "only the registered person or a representative with a document applies";
    /// Identity was not checked.
    IdentityNotChecked = "IDENTITY_NOT_CHECKED", "136-1", "the identity was not checked";
    /// Another unit processes these.
    WrongUnit = "WRONG_UNIT", "136-5", "another unit processes this";
    /// The identifier is somebody else's.
    NotHisRegistration = "NOT_HIS_REGISTRATION", "136-2",
        "the registration does not belong to the applicant";
    /// An appointment that is too late or in the past.
    AppointmentTime = "APPOINTMENT_TIME", "136-3",
        "the appointment is later than three working days, or in the past";
    /// An appointment elsewhere.
    AppointmentPlace = "APPOINTMENT_PLACE", "136-3",
        "the place is a territorial unit of the internal affairs bodies";
    /// No appointment.
    NoAppointment = "NO_APPOINTMENT", "136-3", "time, place and escort are not booked";
    /// The office is closed.
    OutsideHours = "OUTSIDE_HOURS", "136-2", "hand-over takes place in working hours";
    /// The law on access to information was not observed.
    LawNotObserved = "LAW_NOT_OBSERVED", "136-2",
        "the law on access to information must be observed";
    /// No such notice, or no proof of it.
    Notice = "NOTICE", "136-2", "no such notice is under way, or its registration is missing";
    /// A clock that may not stand still.
    PauseReason = "PAUSE_REASON", "-", "this deadline cannot be paused for this reason";
    /// A day that is no exchange.
    MovedDay = "MOVED_DAY", "-", "a working day is exchanged for a day without work";
    /// Entered after it applies.
    MovedTooLate = "MOVED_TOO_LATE", "-", "a day is moved before it applies";
    /// The case has no rules any more.
    RulesMissing = "RULES_MISSING", "-", "the rules that the case was opened under are not loaded";
    /// No rules at this date.
    NoRulesInForce = "NO_RULES_IN_FORCE", "-", "no rules are in force at this date";
    /// Destruction before its time.
    RetentionRuns = "RETENTION_RUNS", "-", "the retention period runs, or none is set";
    /// Central system and document application disagree.
    Held = "HELD", "21-2", "the mark and the central system disagree: the case is held";
}
