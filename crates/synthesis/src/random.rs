//! Random numbers that depend on nothing but their key.

use rand_chacha::ChaCha8Rng;
use rand_core::{RngCore, SeedableRng};
use std::f32::consts::TAU;

/// What a stream is for: streams of different domains share nothing, whatever their keys.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Domain {
    Derive = 1,
    Master = 2,
    Growth = 3,
    Skin = 4,
    Impression = 5,
    Texture = 6,
    TemplateFinger = 7,
    TemplateImpression = 8,
}

/// ChaCha8 keyed with a domain and three numbers. The key is used whole, so that two streams are
/// the same only when all four agree.
pub(crate) struct Stream(ChaCha8Rng);

impl Stream {
    pub(crate) fn new(domain: Domain, key: [u64; 3]) -> Self {
        let mut bytes = [0; 32];
        let words = [domain as u64, key[0], key[1], key[2]];
        for (chunk, word) in bytes.chunks_exact_mut(8).zip(words) {
            chunk.copy_from_slice(&word.to_le_bytes());
        }
        Self(ChaCha8Rng::from_seed(bytes))
    }

    pub(crate) fn next_u64(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// Uniform in `0.0..1.0`, 24 bits.
    pub(crate) fn uniform(&mut self) -> f32 {
        (self.0.next_u32() >> 8) as f32 * (1.0 / 16_777_216.0)
    }

    /// Uniform in `low..high`.
    pub(crate) fn range(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * self.uniform()
    }

    /// True with a probability.
    pub(crate) fn chance(&mut self, probability: f32) -> bool {
        self.uniform() < probability
    }

    /// Uniform in `0..count`; `count` must be far below 2^32 for the bias not to matter.
    pub(crate) fn index(&mut self, count: u32) -> u32 {
        ((u64::from(self.0.next_u32()) * u64::from(count)) >> 32) as u32
    }

    /// Normal, by Box and Muller.
    pub(crate) fn normal(&mut self, mean: f32, sigma: f32) -> f32 {
        let radius = libm::sqrtf(-2.0 * libm::logf(1.0 - self.uniform()));
        mean + sigma * radius * libm::cosf(TAU * self.uniform())
    }

    /// Normal, pulled back to within `limit` of the mean.
    pub(crate) fn clipped_normal(&mut self, mean: f32, sigma: f32, limit: f32) -> f32 {
        self.normal(0.0, sigma).max(-limit).min(limit) + mean
    }

    /// Four draws of a bell-shaped variable of mean 0 and variance 1, within ±3.4: each is the sum
    /// of four bytes' halves. Cheap, for noise fields.
    pub(crate) fn bells(&mut self) -> [f32; 4] {
        // Sum of four uniform bytes: mean 510, variance 4 * (256^2 - 1) / 12.
        const SCALE: f32 = 1.0 / 147.800_54;
        let (a, b) = (self.0.next_u64(), self.0.next_u64());
        let sum = |word: u64, shift: u32| {
            let bytes = (word >> shift) as u32;
            let pairs = (bytes & 0x00FF_00FF) + ((bytes >> 8) & 0x00FF_00FF);
            ((pairs & 0xFFFF) + (pairs >> 16)) as f32
        };
        [(a, 0), (a, 32), (b, 0), (b, 32)].map(|(word, shift)| (sum(word, shift) - 510.0) * SCALE)
    }
}

/// A seed for one of many things made from one root seed, such as `[person, finger, impression]`.
/// Different paths give seeds that have nothing in common, and no path depends on another.
#[must_use]
pub fn derive_seed(root: u64, path: [u64; 3]) -> u64 {
    let mut stream = Stream::new(Domain::Derive, [root, path[0], path[1]]);
    let inner = stream.next_u64();
    Stream::new(Domain::Derive, [inner, stream.next_u64(), path[2]]).next_u64()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn derived_seeds_are_stable_and_differ_in_every_place_of_the_path() {
        assert_eq!(derive_seed(1, [2, 3, 4]), derive_seed(1, [2, 3, 4]));
        let mut seeds: Vec<_> = (0..10)
            .flat_map(|person| (0..10).map(move |finger| (person, finger)))
            .flat_map(|(p, f)| (0..4).map(move |i| derive_seed(7, [p, f, i])))
            .collect();
        seeds.sort_unstable();
        seeds.dedup();
        assert_eq!(seeds.len(), 400);
        assert_ne!(derive_seed(7, [0, 0, 0]), derive_seed(8, [0, 0, 0]));
    }

    #[test]
    fn domains_share_nothing() {
        let mut master = Stream::new(Domain::Master, [5, 0, 0]);
        let mut growth = Stream::new(Domain::Growth, [5, 0, 0]);
        assert_ne!(master.next_u64(), growth.next_u64());
    }

    #[test]
    fn normal_and_bell_numbers_have_mean_zero_and_variance_one() {
        let mut stream = Stream::new(Domain::Master, [11, 0, 0]);
        let normals: Vec<f32> = (0..20_000).map(|_| stream.normal(0.0, 1.0)).collect();
        let bells: Vec<f32> = (0..5_000).flat_map(|_| stream.bells()).collect();
        for draws in [normals, bells] {
            let count = draws.len() as f32;
            let mean = draws.iter().sum::<f32>() / count;
            let variance = draws.iter().map(|d| (d - mean) * (d - mean)).sum::<f32>() / count;
            assert!(mean.abs() < 0.03, "mean {mean}");
            assert!((variance - 1.0).abs() < 0.04, "variance {variance}");
        }
    }
}
