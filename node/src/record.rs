//! The value of a reference on disk.
//!
//! | Offset | Bytes | Field |
//! |---|---|---|
//! | 0 | 1 | record version, 1 |
//! | 1 | 1 | flags: bit 0, an image is stored under the same key |
//! | 2 | 4 | resolution of the image in ppi, 32-bit float; 0 without an image |
//! | 6 | 32 | SHA-256 of the file received |
//! | 38 | 4 | length P of the packed record |
//! | 42 | P | packed record for stage 1 |
//! | 42 + P | 4 | length T of the template |
//! | 46 + P | T | private template |
//! | 46 + P + T | 4 | CRC-32 of the key and all bytes before |
//!
//! Integers and the float are little-endian.

use crate::bytes::{Fields, seal, unseal};
use crate::error::RecordFault;
use formats::template::private;
use matching::{PackedRecord, Parameters, descriptor};
use vocabulary::Template;

const VERSION: u8 = 1;
const FLAG_IMAGE: u8 = 1;
/// Resolutions that a scanner may have, in ppi.
pub(crate) const PPI: std::ops::RangeInclusive<f32> = 1.0..=20_000.0;

/// What is kept of one print besides its image.
#[derive(Clone)]
pub(crate) struct StoredReference {
    /// SHA-256 of the file received.
    pub(crate) digest: [u8; 32],
    /// Resolution of the stored image in ppi; `None` when none is stored.
    pub(crate) image_ppi: Option<f32>,
    /// What stage 1 compares.
    pub(crate) packed: PackedRecord,
    /// The template in the private format, decoded by [`Self::template`].
    template: Vec<u8>,
}

impl StoredReference {
    /// Wraps the template's private bytes.
    pub(crate) fn new(
        digest: [u8; 32],
        image_ppi: Option<f32>,
        packed: PackedRecord,
        template: Vec<u8>,
    ) -> Self {
        Self { digest, image_ppi, packed, template }
    }

    /// The sealed value under this key.
    pub(crate) fn encode(&self, key: &[u8]) -> Vec<u8> {
        let packed = bytemuck::bytes_of(&self.packed);
        let mut value = Vec::with_capacity(packed.len() + self.template.len() + 64);
        value.push(VERSION);
        value.push(if self.image_ppi.is_some() { FLAG_IMAGE } else { 0 });
        value.extend_from_slice(&self.image_ppi.unwrap_or(0.0).to_le_bytes());
        value.extend_from_slice(&self.digest);
        value.extend_from_slice(&(packed.len() as u32).to_le_bytes());
        value.extend_from_slice(packed);
        value.extend_from_slice(&(self.template.len() as u32).to_le_bytes());
        value.extend_from_slice(&self.template);
        seal(key, value)
    }

    /// Checks and reads the value under this key.
    pub(crate) fn decode(key: &[u8], sealed: &[u8]) -> Result<Self, RecordFault> {
        let parts = Parts::decode(key, sealed)?;
        if parts.packed.len() != size_of::<PackedRecord>() {
            return Err(RecordFault::Length);
        }
        Ok(parts.with_packed(bytemuck::pod_read_unaligned(parts.packed)))
    }

    /// As [`Self::decode`] with the packed record made anew from the template, whatever version or
    /// length the stored one has.
    pub(crate) fn decode_repacking(
        key: &[u8],
        sealed: &[u8],
        parameters: &Parameters,
    ) -> Result<Self, RecordFault> {
        let mut stored = Parts::decode(key, sealed)?.with_packed(PackedRecord::EMPTY);
        stored.packed = descriptor::pack(&stored.template()?, parameters);
        Ok(stored)
    }

    /// Decodes the template.
    pub(crate) fn template(&self) -> Result<Template, RecordFault> {
        private::decode(&self.template).map_err(|_| RecordFault::Template)
    }
}

/// A value taken apart.
struct Parts<'a> {
    digest: [u8; 32],
    image_ppi: Option<f32>,
    packed: &'a [u8],
    template: &'a [u8],
}

impl<'a> Parts<'a> {
    fn decode(key: &[u8], sealed: &'a [u8]) -> Result<Self, RecordFault> {
        let mut fields = Fields(unseal(key, sealed)?);
        let version = fields.u8()?;
        if version != VERSION {
            return Err(RecordFault::Version(version));
        }
        let flags = fields.u8()?;
        let ppi = f32::from_le_bytes(fields.array()?);
        let image_ppi = (flags & FLAG_IMAGE != 0).then_some(ppi);
        if flags & !FLAG_IMAGE != 0 || image_ppi.is_some_and(|ppi| !PPI.contains(&ppi)) {
            return Err(RecordFault::Value);
        }
        let digest = fields.array()?;
        let length = fields.u32()? as usize;
        let packed = fields.take(length)?;
        let length = fields.u32()? as usize;
        let template = fields.take(length)?;
        fields.end()?;
        Ok(Self { digest, image_ppi, packed, template })
    }

    fn with_packed(&self, packed: PackedRecord) -> StoredReference {
        StoredReference::new(self.digest, self.image_ppi, packed, self.template.to_vec())
    }
}
