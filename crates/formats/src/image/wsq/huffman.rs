//! Huffman codes of coefficients, and the bit stream they lie in.

use super::corrupt;
use crate::image::ImageError;

/// Longest code.
const CODE_BITS_MAX: usize = 16;
/// Codes up to this length are found by one look-up.
const LOOKUP_BITS: usize = 9;

/// A table of canonical codes, ready for decoding.
#[derive(Clone)]
pub(super) struct HuffmanTable {
    values: Vec<u8>,
    /// By the next [`LOOKUP_BITS`] bits: value and length, or length 0 for longer codes.
    lookup: Vec<(u8, u8)>,
    /// By length: one beyond the last code, or 0 where there is none.
    code_ends: [u32; CODE_BITS_MAX + 1],
    /// By length: index of the value of code `code_ends - 1`, plus one.
    value_ends: [usize; CODE_BITS_MAX + 1],
}

impl HuffmanTable {
    /// A table from the number of codes of each length 1..=16 and their values in order of code.
    ///
    /// # Errors
    /// More codes than fit their length.
    pub(super) fn new(counts: &[u8; CODE_BITS_MAX], values: &[u8]) -> Result<Self, ImageError> {
        let mut lookup = vec![(0, 0); 1 << LOOKUP_BITS];
        let mut code_ends = [0; CODE_BITS_MAX + 1];
        let mut value_ends = [0; CODE_BITS_MAX + 1];
        let (mut code, mut next_value) = (0_u32, 0);
        for bits in 1..=CODE_BITS_MAX {
            for _ in 0..counts[bits - 1] {
                if code >= 1 << bits {
                    return Err(corrupt("too many Huffman codes"));
                }
                if bits <= LOOKUP_BITS {
                    let first = (code as usize) << (LOOKUP_BITS - bits);
                    let entry = (values[next_value], bits as u8);
                    lookup[first..first + (1 << (LOOKUP_BITS - bits))].fill(entry);
                }
                code += 1;
                next_value += 1;
            }
            if counts[bits - 1] > 0 {
                (code_ends[bits], value_ends[bits]) = (code, next_value);
            }
            code <<= 1;
        }
        Ok(Self { values: values.to_vec(), lookup, code_ends, value_ends })
    }

    /// The next value, or `None` when the stream ends before a whole code.
    pub(super) fn decode(&self, bits: &mut BitReader) -> Result<Option<u8>, ImageError> {
        let window = bits.peek_16();
        let (value, len) = self.lookup[(window >> (16 - LOOKUP_BITS)) as usize];
        if len > 0 {
            return Ok(bits.consume(u32::from(len)).then_some(value));
        }
        for len in LOOKUP_BITS + 1..=CODE_BITS_MAX {
            let code = window >> (16 - len);
            if code < self.code_ends[len] {
                // Shorter codes were tried before, so this one lies at or above the first code of
                // its length.
                let back = (self.code_ends[len] - code) as usize;
                let Some(&value) = self.values.get(self.value_ends[len].wrapping_sub(back)) else {
                    return Err(corrupt("Huffman code"));
                };
                return Ok(bits.consume(len as u32).then_some(value));
            }
        }
        if bits.available() < CODE_BITS_MAX as u32 {
            return Ok(None);
        }
        Err(corrupt("Huffman code"))
    }
}

/// What stands behind the last bit that a reader can give.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StreamEnd {
    /// More data.
    Open,
    /// A marker, `0xff` and this byte.
    Marker(u8),
    /// Nothing.
    EndOfData,
}

/// Bits of entropy-coded data, highest first, up to the next marker. `0xff 0x00` stands for `0xff`.
pub(super) struct BitReader<'a> {
    bytes: &'a [u8],
    /// Of the next byte to load.
    position: usize,
    loaded: u64,
    loaded_bits: u32,
    end: StreamEnd,
}

impl<'a> BitReader<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, position: 0, loaded: 0, loaded_bits: 0, end: StreamEnd::Open }
    }

    /// Bytes consumed up to the marker, once the stream has ended.
    pub(super) const fn position(&self) -> usize {
        self.position
    }

    /// What stands behind the loaded bits, and how many of those there are.
    pub(super) fn end(&mut self) -> (StreamEnd, u32) {
        self.load();
        (self.end, self.loaded_bits)
    }

    /// Drops the bits up to the marker just ahead and the marker itself.
    pub(super) fn skip_marker(&mut self) {
        self.position = (self.position + 2).min(self.bytes.len());
        (self.loaded, self.loaded_bits, self.end) = (0, 0, StreamEnd::Open);
    }

    fn load(&mut self) {
        while self.loaded_bits <= 48 && self.end == StreamEnd::Open {
            let rest = &self.bytes[self.position..];
            match *rest {
                [0xff, 0, ..] => self.position += 2,
                [0xff, marker, ..] => self.end = StreamEnd::Marker(marker),
                [0xff] | [] => self.end = StreamEnd::EndOfData,
                [_, ..] => self.position += 1,
            }
            if self.end == StreamEnd::Open {
                self.loaded = self.loaded << 8 | u64::from(rest[0]);
                self.loaded_bits += 8;
            }
        }
    }

    fn available(&self) -> u32 {
        self.loaded_bits
    }

    /// The next 16 bits, with zeros behind the end.
    fn peek_16(&mut self) -> u32 {
        if self.loaded_bits < 16 {
            self.load();
        }
        let window = match self.loaded_bits {
            16.. => self.loaded >> (self.loaded_bits - 16),
            few => self.loaded << (16 - few),
        };
        (window & 0xffff) as u32
    }

    /// Takes `count` bits away; `false` when there are fewer.
    fn consume(&mut self, count: u32) -> bool {
        let there = count <= self.loaded_bits;
        self.loaded_bits -= count.min(self.loaded_bits);
        there
    }

    /// The next `count` bits, at most 16, as a number.
    ///
    /// # Errors
    /// The stream ends before.
    pub(super) fn number(&mut self, count: u32) -> Result<u32, ImageError> {
        let window = self.peek_16() >> (16 - count);
        if self.consume(count) { Ok(window) } else { Err(corrupt("coefficient cut off")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_every_length_are_told_apart() {
        let mut counts = [1_u8; 16];
        counts[15] = 2;
        let values: Vec<u8> = (10..27).collect();
        let table = HuffmanTable::new(&counts, &values).unwrap();
        for (i, value) in values.iter().enumerate() {
            // Code i is i ones and a zero; the last is sixteen ones.
            let code = !(0xffff_u32 >> i) & 0xffff;
            let bytes = [(code >> 8) as u8, code as u8];
            let stuffed: Vec<u8> =
                bytes.iter().flat_map(|&b| if b == 255 { vec![255, 0] } else { vec![b] }).collect();
            let mut bits = BitReader::new(&stuffed);
            assert_eq!(table.decode(&mut bits).unwrap(), Some(*value), "code {i}");
        }
    }

    #[test]
    fn more_codes_than_fit_are_refused() {
        let mut counts = [0; 16];
        counts[0] = 3;
        assert!(HuffmanTable::new(&counts, &[1, 2, 3]).is_err());
    }

    #[test]
    fn bits_end_at_a_marker_and_stuffing_is_removed() {
        let mut bits = BitReader::new(&[0xff, 0x00, 0x12, 0xff, 0xa1]);
        assert_eq!(bits.number(16).unwrap(), 0xff12);
        assert_eq!(bits.end(), (StreamEnd::Marker(0xa1), 0));
        assert_eq!(bits.position(), 3);
        assert!(bits.number(1).is_err());
    }
}
