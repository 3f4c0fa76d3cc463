//! The synthetic persons of a cluster: templates without pictures, all from the seed.
//!
//! Persons of the gallery have fingers of their own, and searches are for them. Further persons are
//! put together of the fingers of others, so that thousands a second cost the machine nothing to
//! make; nobody searches for those.

use coordinator::command::{DedupPolicy, Enroll};
use formats::template::encounter::Encounter;
use formats::template::private;
use rayon::prelude::*;
use replication::{EncounterId, EncounterState, GallerySet, Payload, PersonId, Record};
use sha2::{Digest, Sha256};
use synthesis::templates::{ImpressionParameters, finger, impression};
use vocabulary::{FingerPosition, Template};

/// Number of the enrolled impression of a finger.
const ENROLLED: u64 = 0;
/// Number of the impression that searches.
const SEARCHING: u64 = 1;
/// Whose fingers further persons are put together of.
const STOCK: usize = 512;

/// See the module.
pub(super) struct People {
    seed: u64,
    fingers: u8,
    /// Told apart from those of other runs, whoever they were enrolled by.
    run: u64,
    gallery: Vec<Payload>,
    /// Private templates by person and finger.
    stock: Vec<Vec<Vec<u8>>>,
}

impl People {
    /// Makes so many persons of the gallery, with the first `fingers` of the ten.
    pub(super) fn new(seed: u64, run: u64, gallery: usize, fingers: u8) -> Self {
        let prints = |index: usize| prints(seed, index as u64, fingers, ENROLLED);
        let whole = |index| Encounter::new(prints(index)).expect("few prints of one extractor");
        let gallery_of: Vec<Payload> =
            (0..gallery).into_par_iter().map(|index| whole(index).encode().into()).collect();
        let stock = (gallery..gallery + STOCK)
            .into_par_iter()
            .map(|index| prints(index).iter().map(private::encode).collect())
            .collect();
        Self { seed, fingers, run, gallery: gallery_of, stock }
    }

    /// Persons of the gallery.
    pub(super) fn gallery(&self) -> usize {
        self.gallery.len()
    }

    /// Bytes of an encounter, on average.
    pub(super) fn payload_bytes(&self) -> f64 {
        let bytes: usize = self.gallery.iter().map(|payload| payload.as_bytes().len()).sum();
        bytes as f64 / self.gallery.len() as f64
    }

    /// The person with a number; the first ones are those of the gallery.
    pub(super) fn person(&self, number: u64) -> PersonId {
        PersonId((u128::from(self.run) << 64) | u128::from(number))
    }

    /// The one encounter of a person.
    pub(super) fn encounter(&self, number: u64) -> EncounterId {
        EncounterId(self.person(number).0)
    }

    /// What enrolls a person, without a duplicate check.
    pub(super) fn enroll(&self, number: u64) -> Enroll {
        let payload = self.payload(number);
        Enroll {
            encounter: self.encounter(number),
            person: self.person(number),
            galleries: GallerySet(1),
            content: Sha256::digest(payload.as_bytes()).into(),
            payload,
            wrapped_key: None,
            dedup: DedupPolicy::Skip,
        }
    }

    fn payload(&self, number: u64) -> Payload {
        let gallery = usize::try_from(number).ok().and_then(|index| self.gallery.get(index));
        gallery.cloned().unwrap_or_else(|| {
            // Every round through the stock puts others beside each other.
            let round = number / STOCK as u64 + 1;
            let of = |finger: u8| {
                let whose = (number + u64::from(finger) * round) % STOCK as u64;
                &self.stock[whose as usize][usize::from(finger)]
            };
            (0..self.fingers).flat_map(of).copied().collect::<Vec<u8>>().into()
        })
    }

    /// Another impression of the right index finger, or the thumb where that is all there is.
    pub(super) fn probe(&self, number: u64) -> Payload {
        let print = prints(self.seed, number, self.fingers, SEARCHING)
            .into_iter()
            .nth(1.min(usize::from(self.fingers) - 1));
        let probe = Encounter::new(print.into_iter().collect());
        probe.expect("one print is an encounter").encode().into()
    }

    /// A person of the gallery as a replica holds him.
    pub(super) fn record(&self, number: u64) -> Record {
        let Enroll { encounter, person, galleries, content, payload, .. } = self.enroll(number);
        let state = EncounterState::Active;
        Record { encounter, person, enrolled_at: 2, state, galleries, content, payload }
    }
}

/// The prints of one person.
fn prints(seed: u64, person: u64, fingers: u8, number: u64) -> Vec<Template> {
    let print = |index: u8| {
        let position = FingerPosition::new(index + 1).expect("1 to 10 are the fingers");
        let finger = finger(seed, person * 10 + u64::from(index));
        let template = impression(&finger, number, &ImpressionParameters::typical());
        let kind = template.header().impression;
        template.relabeled(position, kind)
    };
    (0..fingers).map(print).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn everybody_is_a_whole_encounter_and_nobody_is_like_another() {
        let people = People::new(3, 9, 4, 3);
        let numbers = 0..600u64;
        let payloads: BTreeSet<Vec<u8>> =
            numbers.clone().map(|n| people.enroll(n).payload.as_bytes().to_vec()).collect();
        assert_eq!(payloads.len(), 600);
        for number in [0, 3, 4, 599] {
            let Enroll { payload, content, .. } = people.enroll(number);
            let encounter = Encounter::decode(payload.as_bytes()).unwrap();
            let positions: Vec<u8> =
                encounter.prints().iter().map(|p| p.header().position.code()).collect();
            assert_eq!(positions, [1, 2, 3]);
            assert_eq!(content, <[u8; 32]>::from(Sha256::digest(payload.as_bytes())));
        }
        let ids: BTreeSet<_> = numbers.map(|number| people.enroll(number).encounter).collect();
        assert_eq!(ids.len(), 600);
    }

    #[test]
    fn a_probe_is_another_print_of_the_right_index_finger() {
        let people = People::new(3, 9, 4, 3);
        let probe = Encounter::decode(people.probe(1).as_bytes()).unwrap();
        assert_eq!(probe.prints().len(), 1);
        assert_eq!(probe.prints()[0].header().position.code(), 2);
        let enrolled = Encounter::decode(people.enroll(1).payload.as_bytes()).unwrap();
        assert_ne!(probe.prints()[0], enrolled.prints()[1]);
    }
}
