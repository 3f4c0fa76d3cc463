//! Searches as the audit knows them.

use replication::{
    Code, CodecError, EncounterId, GalleryId, LogIndex, PersonId, Reader, Scope, Writer,
    code_struct,
};

/// Before a search: who wants to know what, and why. Its log index is the barrier that every
/// replica must have reached. The probe itself is never on record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SearchIntent {
    /// Drawn by the coordinator that searches.
    pub search: u128,
    /// The person or service that asks.
    pub requester: u128,
    /// Code of the purpose.
    pub purpose: u16,
    /// The case it is for.
    pub case: u64,
    /// SHA-256 of the probe.
    pub probe_digest: [u8; 32],
    /// Which records.
    pub scope: LoggedScope,
    /// Lowest score to return.
    pub threshold: u32,
}

code_struct!(SearchIntent { search, requester, purpose, case, probe_digest, scope, threshold });

/// Before a comparison with one person: is it who it is said to be?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VerificationIntent {
    /// As before any search.
    pub search: SearchIntent,
    /// Who it is said to be.
    pub person: PersonId,
}

code_struct!(VerificationIntent { search, person });

/// Before somebody is handed what was enrolled, to look at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FetchIntent {
    /// The person or service that asks.
    pub requester: u128,
    /// Code of the purpose.
    pub purpose: u16,
    /// The case it is for.
    pub case: u64,
    /// Of which encounter.
    pub encounter: EncounterId,
}

code_struct!(FetchIntent { requester, purpose, case, encounter });

/// A [`Scope`] with a byte form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoggedScope(pub Scope);

impl Code for LoggedScope {
    fn write(&self, writer: &mut Writer) {
        writer.put(&self.0.active_only);
        writer.put(&self.0.gallery);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        let (active_only, gallery) = (reader.get()?, reader.get::<Option<GalleryId>>()?);
        Ok(Self(Scope { active_only, gallery }))
    }
}

/// After a search: what was covered and what leaves the cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchOutcome {
    /// Of which search.
    pub search: u128,
    /// The index of its intent.
    pub as_of: LogIndex,
    /// Whether everything eligible was scanned.
    pub is_complete: bool,
    /// Records that the scope admits.
    pub eligible: u64,
    /// Records compared.
    pub scanned: u64,
    /// What is returned, best first.
    pub candidates: Vec<(EncounterId, u32)>,
}

code_struct!(SearchOutcome { search, as_of, is_complete, eligible, scanned, candidates });
