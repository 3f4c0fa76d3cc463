//! A reading position in bytes that may end anywhere.

use super::{ImageError, ImageFormat};

/// Reads big-endian or little-endian numbers; an end of data names the part that was being read.
#[derive(Clone)]
pub(super) struct Cursor<'a> {
    rest: &'a [u8],
    format: ImageFormat,
}

impl<'a> Cursor<'a> {
    pub(super) const fn new(bytes: &'a [u8], format: ImageFormat) -> Self {
        Self { rest: bytes, format }
    }

    /// What has not been read.
    pub(super) const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    pub(super) fn take(
        &mut self,
        count: usize,
        part: &'static str,
    ) -> Result<&'a [u8], ImageError> {
        let Some((head, tail)) = self.rest.split_at_checked(count) else {
            return Err(ImageError::Truncated { format: self.format, part });
        };
        self.rest = tail;
        Ok(head)
    }

    fn array<const N: usize>(&mut self, part: &'static str) -> Result<[u8; N], ImageError> {
        let mut bytes = [0; N];
        bytes.copy_from_slice(self.take(N, part)?);
        Ok(bytes)
    }

    pub(super) fn u8(&mut self, part: &'static str) -> Result<u8, ImageError> {
        Ok(self.array::<1>(part)?[0])
    }

    pub(super) fn u16_be(&mut self, part: &'static str) -> Result<u16, ImageError> {
        self.array(part).map(u16::from_be_bytes)
    }

    pub(super) fn u32_be(&mut self, part: &'static str) -> Result<u32, ImageError> {
        self.array(part).map(u32::from_be_bytes)
    }

    pub(super) fn u16_le(&mut self, part: &'static str) -> Result<u16, ImageError> {
        self.array(part).map(u16::from_le_bytes)
    }

    pub(super) fn u32_le(&mut self, part: &'static str) -> Result<u32, ImageError> {
        self.array(part).map(u32::from_le_bytes)
    }

    pub(super) fn i32_le(&mut self, part: &'static str) -> Result<i32, ImageError> {
        self.array(part).map(i32::from_le_bytes)
    }
}
