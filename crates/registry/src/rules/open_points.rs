//! What the text leaves open, each point settled by a setting under its own number.

use super::DeadlineCode;
use crate::{Category, MarkStatus, Measure, Role};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Declares the points: number, field, type, doc comment, settings.
macro_rules! open_points {
    ($($number:literal $field:ident: $name:ident, $doc:literal {
        $($setting:ident: $type:ty),* $(,)?
    })*) => {
        /// The open points OP-01 to OP-44 of the requirements (section 6).
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct OpenPoints {
            $( #[doc = $doc] #[serde(rename = $number)] pub $field: $name, )*
        }

        impl OpenPoints {
            /// The numbers, in order.
            pub const NUMBERS: &[&str] = &[$($number),*];
        }

        $(
            #[doc = $doc]
            #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
            #[serde(deny_unknown_fields)]
            #[allow(missing_docs, reason = "the rules file explains its settings")]
            pub struct $name { $( pub $setting: $type, )* }
        )*
    };
}

open_points! {
    "OP-01" document_application: DocumentApplication, "What ҚБҚ is." {
        document_application: String,
    }
    "OP-02" child_consent: ChildConsent, "Clause 10: children from 12 to under 16." {
        written: bool,
        representative_present: bool,
        proof_attached: bool,
    }
    "OP-03" child_in_country: ChildInCountry, "Subparagraph 5(2)." {
        in_country: bool,
    }
    "OP-04" plain_capture: PlainCapture, "The capture method where clause 26 names none." {
        plain: BTreeSet<Category>,
        rolled_also: bool,
    }
    "OP-05" rolled_capture: RolledCapture, "Whom clause 26 means." {
        rolled: BTreeSet<Category>,
        palms: BTreeSet<Category>,
    }
    "OP-06" ink_technique: InkTechnique, "Clauses 27, 28, 30 and 31." {
        technique: String,
        clauses: Vec<String>,
    }
    "OP-07" check_measures: CheckMeasures, "Clauses 126 to 128." {
        measures: BTreeSet<Measure>,
        target: DeadlineCode,
    }
    "OP-08" request_form: RequestForm, "Annex 4." {
        fields: Vec<String>,
    }
    "OP-09" palms_or_exemption: PalmsOrExemption, "Clause 21 against clause 33." {
        palms_before_exemption: BTreeSet<Category>,
        border_always_exempt: bool,
    }
    "OP-10" no_ridges: NoRidges, "No ridges outside category C8." {
        palms_instead: BTreeSet<Category>,
        second_officer: bool,
    }
    "OP-11" illness: Illness, "The illnesses of clause 33(2)." {
        diagnosis_is_stored: bool,
    }
    "OP-12" further_conditions: FurtherConditions,
        "Parts of 26, 26-1 and 33 that are not in the decree." {
        further_conditions: Vec<String>,
    }
    "OP-13" slap_sequence: SlapSequence, "Four fingers and thumbs, as position codes 11 to 15." {
        sequence: Vec<u8>,
        both_thumbs: bool,
    }
    "OP-14" match_decision: MatchDecision, "When a comparison is a match." {
        common_fingers_min: usize,
        verify_thousandths: u32,
        identify_thousandths: u32,
    }
    "OP-15" reference: Reference, "Document or database." {
        prefer: String,
        disagreement_is_mismatch: bool,
    }
    "OP-16" prints_in_document: PrintsInDocument, "Prints in an identity document." {
        carrier: String,
    }
    "OP-17" change_of_category: ChangeOfCategory, "A change of category." {
        supplement: bool,
    }
    "OP-18" unverified_citizen: UnverifiedCitizen,
        "A registered citizen who will not be verified." {
        manual_check: bool,
    }
    "OP-19" withdrawal: Withdrawal, "Withdrawal of consent." {
        automatic_deletion: bool,
    }
    "OP-20" refused_reregistration: RefusedReregistration,
        "A citizen who will not be captured again." {
        flag_not_recognisable: bool,
    }
    "OP-21" fallback_notice: FallbackNotice, "What the fall-back notice of 136-3 says." {
        fallback_says: String,
    }
    "OP-22" form32: Form32, "To whom form 3-2 goes." {
        routed_to: Role,
        heading: String,
    }
    "OP-23" genomic_notices: GenomicNotices, "Genomic notices without a cabinet." {
        fallback_notices: bool,
        card_in_person: bool,
    }
    "OP-24" deadline_start: DeadlineStart, "When a deadline starts." {
        first_day_counts: bool,
        portal_waits_for_opening: bool,
    }
    "OP-25" booking: Booking, "Two and three working days together." {
        slot_by_working_day: u32,
    }
    "OP-26" one_hour: OneHour, "Between which events the hour of 136-3 runs." {
        counts_from: String,
    }
    "OP-27" electronic_copy: ElectronicCopy, "The electronic copy of 136-2." {
        files: Vec<String>,
        encrypted: bool,
    }
    "OP-28" readmission: Readmission, "Readmission without a court act." {
        readmission_needs_act: bool,
        ban_only_when_court_set_one: bool,
    }
    "OP-29" seafarers: Seafarers, "The record of seafarers." {
        field_set: String,
        decision_required: bool,
    }
    "OP-30" self_refusal: SelfRefusal, "Form 1-1 of a person refusing for himself." {
        self_signs_first_line: bool,
    }
    "OP-31" refusal_effect: RefusalEffect, "What a refusal does to the service." {
        service_blocked: bool,
        case_kept_open: bool,
        automatic_sanction: bool,
    }
    "OP-32" citizens_and_cao: CitizensAndCao, "Citizens and article 443-1." {
        citizen_refusal_form: bool,
    }
    "OP-33" identifier_format: IdentifierFormat, "The format of the registration identifier." {
        prefix: String,
        serial_digits: usize,
    }
    "OP-34" mark_content: MarkContent, "What the mark says." {
        statuses: BTreeSet<MarkStatus>,
    }
    "OP-35" photograph: Photograph, "The photograph." {
        photo: String,
    }
    "OP-36" signatures: Signatures, "Who approves, and how." {
        electronic_exchange: String,
        paper: String,
    }
    "OP-37" volume: Volume, "Volume and speed." {
        persons: u64,
        registrations_a_year: u64,
        verify_ms: u32,
        identify_ms: u32,
    }
    "OP-38" border_order: BorderOrder, "The order of the national security bodies." {
        answer_ms: u32,
    }
    "OP-39" genomic_scope: GenomicScope, "Who is under genomic registration." {
        profile_years: u16,
    }
    "OP-40" retention: Retention, "Retention; a category without years is kept." {
        years: BTreeMap<Category, i16>,
    }
    "OP-41" reached_age: ReachedAge, "When an age is reached." {
        reached: String,
        zone: String,
    }
    "OP-42" form_languages: FormLanguages, "Languages of the forms." {
        languages: BTreeMap<String, String>,
    }
    "OP-43" misprints: Misprints, "Misprints of the source that are corrected." {
        corrected: Vec<String>,
    }
    "OP-44" later_law: LaterLaw, "Later acts, to be loaded as rules of their own." {
        successors: Vec<String>,
    }
}

impl OpenPoints {
    pub(super) fn check(&self) -> Result<(), String> {
        let says = |number: &str| Err(format!("the setting of {number}"));
        if self.check_measures.measures.is_empty() {
            return says("OP-07");
        }
        let mut slaps = self.slap_sequence.sequence.clone();
        slaps.sort_unstable();
        if slaps != [11, 12, 13, 14] {
            return says("OP-13");
        }
        if !(1..=10).contains(&self.match_decision.common_fingers_min) {
            return says("OP-14");
        }
        let format = &self.identifier_format;
        let letters = format.prefix.bytes().all(|byte| byte.is_ascii_uppercase());
        if !letters || !(8..=16).contains(&format.serial_digits) {
            return says("OP-33");
        }
        if self.retention.years.values().any(|years| *years < 1) {
            return says("OP-40");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_open_point_is_a_setting_under_its_number() {
        let numbers: Vec<String> = (1..=44).map(|n| format!("OP-{n:02}")).collect();
        assert_eq!(OpenPoints::NUMBERS, numbers);
    }
}
