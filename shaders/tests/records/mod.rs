//! Records that tests compare: seeded, well formed, with every extreme.

use matching::PackedRecord;
use matching::parameters::Stage1Parameters;
use matching::record::WORDS;

/// SplitMix64.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    /// The next number.
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `end`.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    /// One of some values.
    pub(crate) fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len() as u64) as usize]
    }
}

/// How the directions of a record lie on the circle.
#[derive(Debug, Clone, Copy)]
enum Directions {
    Anywhere,
    /// All the same.
    Equal,
    /// On both sides of the end of the turn.
    AroundZero,
    /// Evenly, so that differences hit the gate exactly.
    Even,
    /// Around two opposite ones, as in real prints.
    TwoHeaps,
}

/// What the bits of a record are.
#[derive(Debug, Clone, Copy)]
enum Bits {
    Sparse,
    Half,
    Ones,
    Zeros,
}

fn direction(random: &mut Random, kind: Directions, cylinder: usize) -> u8 {
    match kind {
        Directions::Anywhere => random.next() as u8,
        Directions::Equal => 77,
        Directions::AroundZero => (random.below(17) as u8).wrapping_sub(8),
        Directions::Even => (cylinder * 8) as u8,
        Directions::TwoHeaps => {
            let heap = if random.below(2) == 0 { 60u8 } else { 190 };
            heap.wrapping_add((random.below(60) + random.below(60)) as u8)
        }
    }
}

fn word(random: &mut Random, bits: Bits) -> u32 {
    match bits {
        Bits::Sparse => (random.next() & random.next() & random.next()) as u32,
        Bits::Half => random.next() as u32,
        Bits::Ones => u32::MAX,
        Bits::Zeros => 0,
    }
}

/// A well-formed record; `near` makes it a noisy copy of another as far as its count reaches.
pub(crate) fn record(
    random: &mut Random,
    count: usize,
    near: Option<&PackedRecord>,
) -> PackedRecord {
    use Directions::*;
    let directions = random.pick(&[Anywhere, Anywhere, TwoHeaps, Equal, AroundZero, Even]);
    let bits = random.pick(&[Bits::Sparse, Bits::Sparse, Bits::Half, Bits::Ones, Bits::Zeros]);
    let mut record = PackedRecord { count: count as u8, ..PackedRecord::EMPTY };
    for cylinder in 0..count {
        record.thetas[cylinder] = match near {
            Some(other) if cylinder < usize::from(other.count) => other.thetas[cylinder],
            _ => direction(random, directions, cylinder),
        };
    }
    record.thetas[..count].sort_unstable();
    for cylinder in 0..count {
        let noise = random.below(4);
        let mut norm = 0;
        for at in 0..WORDS {
            record.words[at][cylinder] = match near {
                Some(other) => {
                    let flips = if noise == 0 { 0 } else { word(random, Bits::Sparse) };
                    other.words[at][cylinder] ^ flips
                }
                None => word(random, bits),
            };
            norm += record.words[at][cylinder].count_ones();
        }
        record.norms[cylinder] = norm.min(255) as u8;
    }
    assert!(shaders::layout::is_well_formed(&record), "the test makes well-formed records");
    record
}

/// Parameters, mostly the usual ones.
#[allow(dead_code, reason = "a test may have parameters of its own")]
pub(crate) fn parameters(random: &mut Random) -> Stage1Parameters {
    Stage1Parameters {
        direction_gate_256: random.pick(&[32, 32, 32, 0, 1, 63, 127, 128, 255]),
        bias: random.pick(&[64, 64, 0, 1, 255]),
        counted: random.pick(&[8, 8, 1, 12, 31, 32]),
    }
}
