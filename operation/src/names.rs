//! How subjects and encounters are named in a cluster, which knows 16 bytes.

use anyhow::bail;
use coordinator::command::{DedupPolicy, Enroll};
use replication::{EncounterId, GallerySet, Payload, PersonId};
use sha2::{Digest, Sha256};
use vocabulary::SubjectId;

/// A subject as the cluster knows it: its bytes, then zeros.
///
/// # Errors
/// When it is longer than 16 bytes.
pub fn person_of(subject: &SubjectId) -> anyhow::Result<PersonId> {
    let text = subject.as_str().as_bytes();
    let mut bytes = [0; 16];
    let Some(start) = bytes.get_mut(..text.len()) else {
        bail!("{subject} has more than 16 bytes, which a cluster cannot keep: shorten it");
    };
    start.copy_from_slice(text);
    Ok(PersonId(u128::from_be_bytes(bytes)))
}

/// Back; hexadecimal where another client named the person in its own way.
pub fn subject_of(person: PersonId) -> String {
    let bytes = person.0.to_be_bytes();
    let length = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    let text = std::str::from_utf8(&bytes[..length]).ok();
    match text.and_then(|text| SubjectId::new(text).ok()) {
        Some(subject) => subject.to_string(),
        None => format!("{:032x}", person.0),
    }
}

/// The encounter of a person with this content: the same again is the same enrollment.
pub fn encounter_of(person: PersonId, payload: &[u8]) -> EncounterId {
    let mut hash = Sha256::new();
    hash.update(b"tanba encounter 1");
    hash.update(person.0.to_be_bytes());
    hash.update(payload);
    let digest: [u8; 32] = hash.finalize().into();
    let mut start = [0; 16];
    start.copy_from_slice(&digest[..16]);
    EncounterId(u128::from_be_bytes(start))
}

/// The enrollment of a person with this content, into the first gallery.
pub fn enrollment(person: PersonId, payload: Payload, dedup: DedupPolicy) -> Enroll {
    Enroll {
        encounter: encounter_of(person, payload.as_bytes()),
        person,
        galleries: GallerySet(1),
        content: Sha256::digest(payload.as_bytes()).into(),
        payload,
        wrapped_key: None,
        dedup,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_comes_back_as_it_was() {
        for name in ["1", "kz-2026.1_a@b", "Әсел-12", "0123456789abcdef"] {
            let subject = SubjectId::new(name).unwrap();
            assert_eq!(subject_of(person_of(&subject).unwrap()), name);
        }
        assert!(person_of(&SubjectId::new("0123456789abcdef0").unwrap()).is_err());
        assert_eq!(subject_of(PersonId(5)), format!("{:032x}", 5));
    }

    #[test]
    fn an_encounter_is_named_by_person_and_content() {
        let one = encounter_of(PersonId(1), b"prints");
        assert_eq!(one, encounter_of(PersonId(1), b"prints"));
        assert_ne!(one, encounter_of(PersonId(2), b"prints"));
        assert_ne!(one, encounter_of(PersonId(1), b"other"));
    }
}
