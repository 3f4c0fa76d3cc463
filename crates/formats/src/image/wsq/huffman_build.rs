//! Huffman tables for given frequencies, by the procedure of ISO/IEC 10918-1, annex K.2.

/// Values that can occur.
pub(super) const VALUES: usize = 256;
/// Longest code allowed.
const CODE_BITS_MAX: usize = 16;
/// Longest code before shortening. Frequencies sum to less than 2^32, and a code of `n` bits needs
/// a sum of at least the `n`-th Fibonacci number, which passes 2^32 at 48.
const RAW_BITS_MAX: usize = 48;

/// Lengths of canonical codes and the code of each value.
pub(super) struct HuffmanCodes {
    /// Number of codes of each length 1..=16.
    pub(super) counts: [u8; CODE_BITS_MAX],
    /// Values in order of code.
    pub(super) values: Vec<u8>,
    /// Code and length by value; length 0 for a value that does not occur.
    pub(super) codes: [(u16, u8); VALUES],
}

impl HuffmanCodes {
    /// Codes for values that occur `frequencies` times. No code is all ones.
    pub(super) fn new(frequencies: &[u32; VALUES]) -> Self {
        let lengths = code_lengths(frequencies);
        let counts = limited_counts(&lengths);
        let mut values: Vec<u8> = (0..=255).filter(|&v| lengths[usize::from(v)] > 0).collect();
        // Stable: equal lengths stay in order of value.
        values.sort_by_key(|&value| lengths[usize::from(value)]);
        let mut codes = [(0, 0); VALUES];
        let (mut code, mut next) = (0_u32, values.iter());
        for (bits, &count) in (1_u8..).zip(&counts) {
            for &value in next.by_ref().take(usize::from(count)) {
                codes[usize::from(value)] = (code as u16, bits);
                code += 1;
            }
            code <<= 1;
        }
        Self { counts, values, codes }
    }
}

/// Length of each value's code in an optimal tree that also holds a reserved value of frequency 1,
/// whose code is to become the one of all ones (figure K.1).
fn code_lengths(frequencies: &[u32; VALUES]) -> [usize; VALUES + 1] {
    let mut weights: Vec<u64> = frequencies.iter().map(|&f| u64::from(f)).chain([1]).collect();
    let mut members: Vec<Vec<usize>> = (0..=VALUES).map(|value| vec![value]).collect();
    let mut lengths = [0; VALUES + 1];
    loop {
        let mut live: Vec<usize> = (0..=VALUES).filter(|&value| weights[value] > 0).collect();
        // Least weight first, and of equal weights the largest value.
        live.sort_by_key(|&value| (weights[value], std::cmp::Reverse(value)));
        let [least, second, ..] = live[..] else { break };
        weights[least] += std::mem::take(&mut weights[second]);
        let moved = std::mem::take(&mut members[second]);
        members[least].extend(moved);
        for &value in &members[least] {
            lengths[value] += 1;
        }
    }
    lengths
}

/// The number of codes of each length, none longer than 16 bits, without the reserved one
/// (figure K.3).
fn limited_counts(lengths: &[usize; VALUES + 1]) -> [u8; CODE_BITS_MAX] {
    let mut counts = [0_u16; RAW_BITS_MAX + 1];
    for &bits in lengths.iter().filter(|&&bits| bits > 0) {
        counts[bits] += 1;
    }
    for bits in (CODE_BITS_MAX + 1..=RAW_BITS_MAX).rev() {
        while counts[bits] > 0 {
            // Two codes of this length share a prefix: one takes the prefix, the other hangs below
            // a shorter code, which moves one level down beside it.
            let shorter = (1..bits - 1).rev().find(|&shorter| counts[shorter] > 0);
            let shorter = shorter.expect("a tree with codes this long has shorter ones as well");
            counts[bits] -= 2;
            counts[bits - 1] += 1;
            counts[shorter + 1] += 2;
            counts[shorter] -= 1;
        }
    }
    let longest = counts.iter().rposition(|&count| count > 0).unwrap_or(0);
    counts[longest] -= u16::from(longest > 0);
    std::array::from_fn(|i| counts[i + 1] as u8)
}

#[cfg(test)]
mod tests {
    use super::super::huffman::{BitReader, HuffmanTable};
    use super::*;

    fn check(frequencies: &[u32; VALUES]) {
        let built = HuffmanCodes::new(frequencies);
        let table = HuffmanTable::new(&built.counts, &built.values).unwrap();
        for (value, &frequency) in (0..=255_u8).zip(frequencies) {
            let (code, bits) = built.codes[usize::from(value)];
            assert_eq!(bits > 0, frequency > 0, "value {value}");
            if bits > 0 {
                let aligned = (u32::from(code) << (16 - u32::from(bits))).to_be_bytes();
                let stuffed: Vec<u8> = aligned[2..]
                    .iter()
                    .flat_map(|&byte| if byte == 255 { vec![255, 0] } else { vec![byte] })
                    .collect();
                let decoded = table.decode(&mut BitReader::new(&stuffed)).unwrap();
                assert_eq!(decoded, Some(value));
                assert_ne!(code, ((1_u32 << bits) - 1) as u16, "all ones is reserved");
            }
        }
    }

    #[test]
    fn codes_decode_to_their_values_for_even_and_for_extreme_frequencies() {
        check(&[7; VALUES]);
        check(&std::array::from_fn(|i| u32::from(i == 42)));
        check(&std::array::from_fn(|i| i as u32 * i as u32));
        let mut fibonacci = [0_u32; VALUES];
        (fibonacci[3], fibonacci[4]) = (1, 1);
        for i in 5..45 {
            fibonacci[i] = fibonacci[i - 1] + fibonacci[i - 2];
        }
        check(&fibonacci);
    }

    #[test]
    fn frequent_values_get_short_codes() {
        let built = HuffmanCodes::new(&std::array::from_fn(|i| if i == 9 { 1000 } else { 1 }));
        assert_eq!(built.codes[9].1, 1);
        assert!(built.codes[10].1 > 4);
    }
}
