//! The packed record: what stage 1 keeps in memory of one print.
//!
//! 1,104 bytes (69 x 16), plain data, little endian on disk: a header of 16 bytes, then for 32
//! cylinders their directions, their norms and their 256 bits, word-major, so that neighboring
//! lanes read neighboring words. Cylinders are sorted by direction; lanes from
//! [`PackedRecord::count`] on are zero everywhere. Where a cylinder lies is not kept: stage 1 does
//! not ask.

use bytemuck::{Pod, Zeroable};

/// Cylinders in a record, and lanes of the kernels.
pub const CYLINDERS: usize = 32;
/// 32-bit words of one bit cylinder.
pub const WORDS: usize = 8;
/// Bits of one bit cylinder.
pub const BITS: usize = WORDS * 32;
/// Layout and meaning of the bits; records of different versions are never compared.
pub const DESCRIPTOR_VERSION: u16 = 2;

/// The descriptor of one print for stage 1.
#[derive(Clone, Copy, Pod, Zeroable, PartialEq, Eq)]
#[repr(C, align(16))]
pub struct PackedRecord {
    /// [`DESCRIPTOR_VERSION`].
    pub descriptor_version: u16,
    /// Version of the extractor that made the template, 0 for a foreign one.
    pub extractor_version: u16,
    /// Cylinders in use, `0..=32`.
    pub count: u8,
    /// Quality of the print, `0..=100`.
    pub quality: u8,
    /// Finger position code of ANSI/NIST-ITL 1-2011, table 8, `0..=17`.
    pub position: u8,
    /// Impression type code.
    pub impression: u8,
    /// Reserved, zero.
    pub spare: [u32; 2],
    /// Direction of each cylinder in 1/256 turn, counter-clockwise; sorted.
    pub thetas: [u8; CYLINDERS],
    /// Bits set in each cylinder, at most 255 (a full cylinder counts as 255).
    pub norms: [u8; CYLINDERS],
    /// Bit cylinders: word `w` of cylinder `c` is `words[w][c]`.
    pub words: [[u32; CYLINDERS]; WORDS],
}

const _: () = assert!(size_of::<PackedRecord>() == 1104, "the kernels index 276 words a record");
const _: () = assert!(align_of::<PackedRecord>() == 16, "vector loads start at a record");

impl PackedRecord {
    /// A record of a print without cylinders; it is similar to nothing.
    pub const EMPTY: Self = Self {
        descriptor_version: DESCRIPTOR_VERSION,
        extractor_version: 0,
        count: 0,
        quality: 0,
        position: 0,
        impression: 0,
        spare: [0; 2],
        thetas: [0; CYLINDERS],
        norms: [0; CYLINDERS],
        words: [[0; CYLINDERS]; WORDS],
    };

    /// Bits in which two cylinders differ, `0..=256`.
    pub fn distance(&self, cylinder: usize, other: &Self, other_cylinder: usize) -> u32 {
        (0..WORDS)
            .map(|w| (self.words[w][cylinder] ^ other.words[w][other_cylinder]).count_ones())
            .sum()
    }
}

impl Default for PackedRecord {
    fn default() -> Self {
        Self::EMPTY
    }
}

impl std::fmt::Debug for PackedRecord {
    /// Shows the count only: a record is biometric content.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PackedRecord({} cylinders)", self.count)
    }
}
