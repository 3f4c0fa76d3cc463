//! The synthetic persons that speed is measured on: one finger each, found by number.

use matching::{PackedRecord, Parameters, descriptor};
use search::Probe;
use synthesis::templates::{ImpressionParameters, finger, impression};
use vocabulary::{FingerPosition, ImpressionKey, ImpressionLabel, SubjectId, Template};

/// Number of the enrolled impression of a finger.
const ENROLLED: u64 = 0;

/// Number of the impression that searches.
const SEARCHING: u64 = 1;

/// The right index finger.
const POSITION_CODE: u8 = 2;

/// A population.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Population {
    /// Everything follows from it.
    pub(crate) seed: u64,
}

impl Population {
    /// The enrolled impression of a person's finger.
    pub(crate) fn reference(&self, person: u64) -> Template {
        self.template(person, ENROLLED)
    }

    /// Another impression of the same finger.
    pub(crate) fn print(&self, person: u64) -> Template {
        self.template(person, SEARCHING)
    }

    /// A probe of that impression.
    pub(crate) fn probe(&self, person: u64) -> Probe {
        Probe::single(self.print(person))
    }

    /// The packed record of the enrolled impression.
    pub(crate) fn packed(&self, person: u64, parameters: &Parameters) -> PackedRecord {
        descriptor::pack(&self.reference(person), parameters)
    }

    fn template(&self, person: u64, number: u64) -> Template {
        let finger = finger(self.seed, person);
        let template = impression(&finger, number, &ImpressionParameters::typical());
        let kind = template.header().impression;
        template.relabeled(position(), kind)
    }
}

fn position() -> FingerPosition {
    FingerPosition::new(POSITION_CODE).expect("a code of the standard")
}

fn label() -> ImpressionLabel {
    ImpressionLabel::new("1").expect("a label of one letter")
}

/// The id of a person.
pub(crate) fn subject(person: u64) -> SubjectId {
    SubjectId::new(&format!("p{person:09}")).expect("letters and digits make an id")
}

/// The person of an id.
pub(crate) fn person(subject: &SubjectId) -> Option<u64> {
    subject.as_str().strip_prefix('p')?.parse().ok()
}

/// Under which key a person's finger is enrolled.
pub(crate) fn key(person: u64) -> ImpressionKey {
    ImpressionKey { subject: subject(person), position: position(), impression: label() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_is_found_by_id_and_nobody_by_another() {
        assert_eq!(person(&subject(123_456_789)), Some(123_456_789));
        assert_eq!(person(&SubjectId::new("q000000001").unwrap()), None);
    }

    #[test]
    fn the_two_prints_of_a_person_differ_and_carry_the_finger_of_the_key() {
        let population = Population { seed: 5 };
        let (enrolled, searching) = (population.reference(3), population.print(3));
        assert_ne!(enrolled, searching);
        assert_eq!(enrolled, population.reference(3));
        for print in [enrolled, searching] {
            assert_eq!(print.header().position, key(3).position);
        }
    }
}
