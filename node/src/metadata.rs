//! What a partition was built with.
//!
//! Value on disk under `gallery`: record version 1; format version (32 bits), extractor version (16
//! bits), hash of the matching parameters (64 bits), time of creation (seconds since 1970, 64
//! bits), all little-endian; CRC-32 of the key and all bytes before.

use crate::bytes::{Fields, seal, unseal};
use crate::error::RecordFault;
use vocabulary::ExtractorVersion;

/// Key of the record in the `metadata` column family.
pub(crate) const KEY: &[u8] = b"gallery";
const VERSION: u8 = 1;

/// What must agree before templates of a folder are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Metadata {
    /// Version of the layout on disk.
    pub format: u32,
    /// Which extractor made the templates.
    pub extractor: ExtractorVersion,
    /// Hash of the matching parameters that made the packed records.
    pub parameters_hash: u64,
    /// When the folder was created, in seconds since 1970-01-01 UTC.
    pub created_unix_s: u64,
}

impl Metadata {
    /// The sealed value under [`KEY`].
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut value = vec![VERSION];
        value.extend_from_slice(&self.format.to_le_bytes());
        value.extend_from_slice(&self.extractor.0.to_le_bytes());
        value.extend_from_slice(&self.parameters_hash.to_le_bytes());
        value.extend_from_slice(&self.created_unix_s.to_le_bytes());
        seal(KEY, value)
    }

    /// Checks and reads the value under [`KEY`].
    pub(crate) fn decode(sealed: &[u8]) -> Result<Self, RecordFault> {
        let mut fields = Fields(unseal(KEY, sealed)?);
        let version = fields.u8()?;
        if version != VERSION {
            return Err(RecordFault::Version(version));
        }
        let format = fields.u32()?;
        let extractor = ExtractorVersion(u16::from_le_bytes(fields.array()?));
        let (parameters_hash, created_unix_s) = (fields.u64()?, fields.u64()?);
        fields.end()?;
        Ok(Self { format, extractor, parameters_hash, created_unix_s })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_reads_back() {
        let metadata = Metadata {
            format: 1,
            extractor: ExtractorVersion(7),
            parameters_hash: 0x0123_4567_89AB_CDEF,
            created_unix_s: 1_790_000_000,
        };
        assert_eq!(Metadata::decode(&metadata.encode()), Ok(metadata));
    }
}
