//! Little-endian fields of the records on disk.

use crate::error::RecordFault;

/// Reads fields from the front of a record.
pub(crate) struct Fields<'a>(pub(crate) &'a [u8]);

impl<'a> Fields<'a> {
    /// The next `length` bytes.
    pub(crate) fn take(&mut self, length: usize) -> Result<&'a [u8], RecordFault> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or(RecordFault::Length)?;
        self.0 = rest;
        Ok(taken)
    }

    /// The next `N` bytes.
    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], RecordFault> {
        Ok(self.take(N)?.try_into().expect("take returns as many bytes as asked for"))
    }

    /// The next byte.
    pub(crate) fn u8(&mut self) -> Result<u8, RecordFault> {
        Ok(self.array::<1>()?[0])
    }

    /// The next 32-bit integer.
    pub(crate) fn u32(&mut self) -> Result<u32, RecordFault> {
        self.array().map(u32::from_le_bytes)
    }

    /// The next 64-bit integer.
    pub(crate) fn u64(&mut self) -> Result<u64, RecordFault> {
        self.array().map(u64::from_le_bytes)
    }

    /// Nothing may be left.
    pub(crate) fn end(self) -> Result<(), RecordFault> {
        if self.0.is_empty() { Ok(()) } else { Err(RecordFault::Length) }
    }
}

/// Appends the CRC-32 of the key and the value, so that a value found under another key than it was
/// written under does not pass.
pub(crate) fn seal(key: &[u8], mut value: Vec<u8>) -> Vec<u8> {
    let crc = checksum(key, &value);
    value.extend_from_slice(&crc.to_le_bytes());
    value
}

/// Checks the CRC-32 of [`seal`] and returns the value without it.
pub(crate) fn unseal<'a>(key: &[u8], sealed: &'a [u8]) -> Result<&'a [u8], RecordFault> {
    let (value, crc) = sealed.split_last_chunk::<4>().ok_or(RecordFault::Length)?;
    if checksum(key, value) == u32::from_le_bytes(*crc) {
        Ok(value)
    } else {
        Err(RecordFault::Checksum)
    }
}

fn checksum(key: &[u8], value: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&(key.len() as u32).to_le_bytes());
    hasher.update(key);
    hasher.update(value);
    hasher.finalize()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_under_another_key_does_not_pass() {
        let sealed = seal(b"a", b"value".to_vec());
        assert_eq!(unseal(b"a", &sealed), Ok(&b"value"[..]));
        assert_eq!(unseal(b"b", &sealed), Err(RecordFault::Checksum));
        assert_eq!(unseal(b"a", &sealed[..3]), Err(RecordFault::Length));
    }

    #[test]
    fn every_flipped_bit_is_noticed() {
        let sealed = seal(b"key", b"value".to_vec());
        for bit in 0..sealed.len() * 8 {
            let mut flipped = sealed.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(unseal(b"key", &flipped), Err(RecordFault::Checksum), "bit {bit}");
        }
    }
}
