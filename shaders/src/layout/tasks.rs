//! What the device's kernels are told and what they answer, word for word as in `wgsl/`.

use super::RECORD_WORDS;
use bytemuck::{Pod, Zeroable};
use matching::parameters::Stage1Parameters;
use matching::record::{CYLINDERS, WORDS};
use matching::{PackedRecord, stage1};

/// Lanes of one workgroup of `stage1`, one per cylinder.
pub const ROW_LANES: u32 = CYLINDERS as u32;
/// References at a time in one workgroup of `stage1`.
pub const ROWS: u32 = 4;
/// Lanes of one workgroup of every other kernel.
pub const WORKGROUP: u32 = 256;

/// Quads of one print: first and second halves of the bits of its cylinders, gates, header.
pub const PRINT_QUADS: usize = PRINT_HEADER_QUAD + 1;
/// First quad of the gates of a print: cost of no similarity; first direction within the gate, and
/// one beyond the last; [`CYLINDERS`] when these turn over the end of the circle, else 0.
pub const PRINT_GATES_QUAD: usize = 2 * CYLINDERS;
/// The quad whose first word says of which extractor references must be.
pub const PRINT_HEADER_QUAD: usize = 3 * CYLINDERS;
/// In the header of a print: references of any extractor.
pub const ANY_EXTRACTOR: u32 = 1 << 16;
/// Prints of one pass at most: a task has a bit for each.
pub const PRINTS_MAX: usize = 64;

/// Digits of a sum in the search for the cut.
pub const DIGITS: u32 = 3;
/// Bits of a digit.
pub const DIGIT_BITS: u32 = 10;
/// Values of a digit.
pub const BINS: usize = 1 << DIGIT_BITS;
/// Prints of one person at most, so that a sum stays below 2^30.
pub const PRINTS_OF_A_PROBE_MAX: usize = 16_384;

/// Factor of the place of a word in a digest.
pub const DIGEST_PLACE: u32 = 0x9E37_79B9;
/// Factor of the place of an owner in a digest.
pub const DIGEST_OWNER_PLACE: u32 = 0x85EB_CA6B;

const _: () = assert!(WORDS == 8, "a cylinder is two quads");
const _: () = assert!(
    PRINTS_OF_A_PROBE_MAX * (1 << 15) < 1 << (DIGITS * DIGIT_BITS),
    "a score is below 2^15: a sum fits the digits"
);
const _: () = assert!((stage1::SCORE_MAX as usize) < 1 << 15, "a score is below 2^15");

/// Struct `Task` of `stage1`.
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
#[repr(C)]
pub struct Task {
    /// First reference of the task within the records bound.
    pub first: u32,
    /// References of the task.
    pub count: u32,
    /// Words of a row of `best`: persons.
    pub persons: u32,
    /// Bit `p`: print `p` takes part, of the first 32 prints.
    pub prints_low: u32,
    /// The same of the prints from 32 on.
    pub prints_high: u32,
    /// Similarities that count, at most 32.
    pub counted: u32,
    /// Prints of the pass.
    pub prints: u32,
    /// Unused.
    pub unused: u32,
}

/// Struct `Ranking` of the kernels that rank persons.
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
#[repr(C)]
pub struct Ranking {
    /// Persons.
    pub persons: u32,
    /// Print whose row is accumulated.
    pub print: u32,
    /// Digit of the pass, 0 the highest.
    pub digit: u32,
    /// Persons wanted, at least 1.
    pub limit: u32,
    /// Tied persons that fit into the answer.
    pub tied_max: u32,
    /// Workgroups in a row of the grid.
    pub grid_width: u32,
    /// Unused.
    pub unused: [u32; 2],
}

/// Struct `State` of the search for the cut.
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
#[repr(C)]
pub struct State {
    /// Persons by the next digit.
    pub bins: [u32; BINS],
    /// The digits known of the cut.
    pub prefix: u32,
    /// Persons that still fit among those who share the digits.
    pub room: u32,
    /// 1 when all eligible persons pass.
    pub everyone: u32,
    /// Unused.
    pub unused: u32,
}

/// Header of struct `Answer`: the entries follow it.
#[derive(Debug, Clone, Copy, Pod, Zeroable, PartialEq, Eq, Default)]
#[repr(C)]
pub struct AnswerHeader {
    /// Persons with an eligible reference.
    pub eligible: u32,
    /// Persons above the cut.
    pub above: u32,
    /// Persons exactly at the cut.
    pub tied: u32,
    /// The cut, a sum plus one; 0 when all eligible persons are above it.
    pub cut: u32,
    /// How many of the tied persons still pass.
    pub room: u32,
    /// Unused.
    pub unused: [u32; 3],
}

/// Struct `Range` of `digest`.
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
#[repr(C)]
pub struct DigestRange {
    /// First reference.
    pub first: u32,
    /// References.
    pub count: u32,
    /// Unused.
    pub unused: [u32; 2],
}

/// Words of a record on the device.
pub fn words(record: &PackedRecord) -> &[u32; RECORD_WORDS] {
    bytemuck::cast_ref(record)
}

/// A print as the kernels read it.
pub type PrintQuads = [[u32; 4]; PRINT_QUADS];

/// A print as the kernels read it; `extractor` restricts the references that count.
///
/// # Panics
/// When the record is not well formed ([`super::is_well_formed`]).
pub fn print_quads(
    print: &PackedRecord,
    extractor: Option<u16>,
    parameters: &Stage1Parameters,
) -> PrintQuads {
    assert!(super::is_well_formed(print), "the record of the print breaks its layout");
    let mut quads = [[0; 4]; PRINT_QUADS];
    for cylinder in 0..usize::from(print.count) {
        let [a, b, c, d, e, f, g, h] = std::array::from_fn(|word| print.words[word][cylinder]);
        let (first, second) = (a ^ b ^ c, d ^ e ^ f);
        quads[cylinder] = [a, b, first, d];
        quads[CYLINDERS + cylinder] = [e, second, first ^ second ^ g, h];
        quads[PRINT_GATES_QUAD + cylinder] =
            gate(print.thetas[cylinder], print.norms[cylinder], parameters);
    }
    quads[PRINT_HEADER_QUAD][0] = extractor.map_or(ANY_EXTRACTOR, u32::from);
    quads
}

fn gate(theta: u8, norm: u8, parameters: &Stage1Parameters) -> [u32; 4] {
    let start = u32::from(parameters.bias) + u32::from(norm) + super::COST_BASE;
    let first = u32::from(theta.wrapping_sub(parameters.direction_gate_256));
    let last = first + u32::from(parameters.direction_gate_256.saturating_mul(2));
    [start, first, (last & 255) + 1, if last > 255 { CYLINDERS as u32 } else { 0 }]
}
