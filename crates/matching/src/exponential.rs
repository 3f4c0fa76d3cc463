//! `exp` of several numbers at once, bit for bit that of `libm`.

/// Numbers taken together: two vector registers of any x86-64, one of AVX2.
pub(crate) const LANES: usize = 8;

/// Least exponent for which [`exp_falling`] equals `libm`.
const LEAST: f32 = -64.0;

/// Added to a number of less than 2^22, it leaves the nearest integer in the lowest bits.
const TO_INTEGER: f32 = 12_582_912.0;

/// The integer part of a negative number above -2^22. A conversion to an integer and back says the
/// same, but asks every lane apart whether the number fits.
#[inline(always)]
fn toward_zero(number: f32) -> f32 {
    let nearest = (number + TO_INTEGER) - TO_INTEGER;
    if nearest < number { nearest + 1.0 } else { nearest }
}

/// `libm::expf` of numbers in `-64.0..=0.0`; below that, `exp(-64)`.
///
/// The steps are those of FreeBSD's `e_expf.c`, which `libm` follows, with its branches turned into
/// choices so that the compiler can take all lanes together. Each step is one IEEE 754 operation,
/// so the result is the same on every machine.
#[inline(always)]
pub(crate) fn exp_falling(exponents: [f32; LANES]) -> [f32; LANES] {
    const HALF_LN2: f32 = f32::from_bits(0x3EB1_7218);
    const THREE_HALVES_LN2: f32 = f32::from_bits(0x3F85_1592);
    const TINY: f32 = f32::from_bits(0x3900_0000);
    const LN2_HIGH: f32 = f32::from_bits(0x3F31_7200);
    const LN2_LOW: f32 = f32::from_bits(0x35BF_BE8E);
    const INVERSE_LN2: f32 = f32::from_bits(0x3FB8_AA3B);
    const P1: f32 = 1.666_662_5e-1;
    const P2: f32 = -2.766_733_3e-3;
    let mut results = [0.0; LANES];
    for (result, exponent) in results.iter_mut().zip(exponents) {
        let given = if exponent < LEAST { LEAST } else { exponent };
        let far = toward_zero(INVERSE_LN2 * given - 0.5);
        let turns = if -given > THREE_HALVES_LN2 { far } else { -1.0 };
        let turns = if -given > HALF_LN2 { turns } else { 0.0 };
        let (high, low) = (given - turns * LN2_HIGH, turns * LN2_LOW);
        let x = high - low;
        let square = x * x;
        let c = x - square * (P1 + square * P2);
        let y = 1.0 + (x * c / (2.0 - c) - low + high);
        let power = (turns + TO_INTEGER).to_bits().wrapping_sub(TO_INTEGER.to_bits());
        let scaled = y * f32::from_bits(power.wrapping_add(127) << 23);
        *result = if -given > TINY { scaled } else { 1.0 + given };
    }
    results
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(exponent: f32) {
        for result in exp_falling([exponent; LANES]) {
            let expected = libm::expf(exponent);
            assert_eq!(result.to_bits(), expected.to_bits(), "exp({exponent:e})");
        }
    }

    #[test]
    fn every_lane_is_that_of_libm_bit_for_bit() {
        // A prime step visits all exponents and both ends of every choice.
        for bits in (0..=LEAST.to_bits() & 0x7FFF_FFFF).step_by(997) {
            check(-f32::from_bits(bits));
        }
        for edge in [0x3EB1_7218u32, 0x3F85_1592, 0x3900_0000, 0x4280_0000] {
            (edge - 3..=(edge + 3).min(0x4280_0000)).for_each(|bits| check(-f32::from_bits(bits)));
        }
        check(0.0);
    }

    #[test]
    fn lanes_do_not_mix_and_what_lies_below_counts_as_the_least() {
        let given = [0.0, -0.3, -0.5, -1.0, -1.1, -4.5, -64.0, -1e9];
        let expected = given.map(|exponent: f32| libm::expf(exponent.max(LEAST)));
        assert_eq!(exp_falling(given), expected);
    }
}
