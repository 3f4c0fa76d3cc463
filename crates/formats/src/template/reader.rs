//! Reading big-endian fields without running over the end.

use super::TemplateError;

/// A place in a byte string. Every error names the field and its offset.
#[derive(Debug, Clone)]
pub(super) struct Reader<'a> {
    bytes: &'a [u8],
    offset: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self::at(bytes, 0)
    }

    /// From `offset`, which is at most the length of `bytes`.
    pub(super) fn at(bytes: &'a [u8], offset: usize) -> Self {
        assert!(offset <= bytes.len(), "a reader starts inside its bytes");
        Self { bytes, offset }
    }

    /// Bytes read so far.
    pub(super) fn offset(&self) -> usize {
        self.offset
    }

    /// Bytes still to read.
    pub(super) fn remaining(&self) -> usize {
        self.bytes.len() - self.offset
    }

    pub(super) fn take(
        &mut self,
        length: usize,
        field: &'static str,
    ) -> Result<&'a [u8], TemplateError> {
        let rest = &self.bytes[self.offset..];
        let Some(taken) = rest.get(..length) else {
            return Err(TemplateError::Truncated { field, offset: self.offset });
        };
        self.offset += length;
        Ok(taken)
    }

    /// A reader of the next `length` bytes, which are taken. Its offsets are those of `self`.
    pub(super) fn part(
        &mut self,
        length: usize,
        field: &'static str,
    ) -> Result<Self, TemplateError> {
        let start = self.offset;
        self.take(length, field)?;
        Ok(Self::at(&self.bytes[..self.offset], start))
    }

    pub(super) fn u8(&mut self, field: &'static str) -> Result<u8, TemplateError> {
        Ok(self.take(1, field)?[0])
    }

    pub(super) fn u16(&mut self, field: &'static str) -> Result<u16, TemplateError> {
        let bytes = self.take(2, field)?;
        Ok(u16::from_be_bytes([bytes[0], bytes[1]]))
    }

    pub(super) fn u32(&mut self, field: &'static str) -> Result<u32, TemplateError> {
        let bytes = self.take(4, field)?;
        Ok(u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
    }

    /// Takes the magic, which tells the format.
    pub(super) fn magic(&mut self, allowed: &[&[u8]]) -> Result<(), TemplateError> {
        let length = allowed[0].len();
        let rest = &self.bytes[self.offset..];
        match rest.get(..length) {
            Some(found) if allowed.contains(&found) => {
                self.offset += length;
                Ok(())
            }
            _ if self.bytes.is_empty() => Err(TemplateError::Empty),
            _ => Err(TemplateError::UnknownFormat),
        }
    }

    /// Checks that the contents end here and are as long as stated at `stated_at`.
    pub(super) fn finish(&self, stated: u64, stated_at: usize) -> Result<(), TemplateError> {
        let (read, given) = (self.offset as u64, self.bytes.len() as u64);
        if stated > given {
            return Err(TemplateError::Truncated { field: "record", offset: self.bytes.len() });
        }
        if stated == read && read == given {
            return Ok(());
        }
        let found = if stated == read { given } else { read };
        let field = "record length";
        Err(TemplateError::Length { field, offset: stated_at, stated, found })
    }
}
