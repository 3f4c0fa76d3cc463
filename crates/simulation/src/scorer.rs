//! Fingers of the simulation: two payloads match when they are of the same finger.

use replication::{Payload, Scorer};

/// Lowest score of a match.
pub(crate) const THRESHOLD: u32 = 500;

/// Deterministic and cheap, with many ties in every order.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct FingerScorer;

/// What an impression of a finger looks like. `noise` makes impressions differ.
pub(crate) fn impression(finger: u32, noise: u32) -> Payload {
    Payload::from([finger.to_le_bytes(), noise.to_le_bytes()].concat())
}

/// The finger that an impression is of.
pub(crate) fn finger_of(impression: &Payload) -> u32 {
    word(impression, 0)
}

fn word(payload: &Payload, at: usize) -> u32 {
    let bytes = payload.as_bytes();
    bytes.get(at..at + 4).map_or(0, |b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]))
}

fn noise(probe: &Payload, reference: &Payload) -> u32 {
    word(probe, 4) ^ word(reference, 4)
}

impl Scorer for FingerScorer {
    fn coarse(&self, probe: &Payload, reference: &Payload) -> u32 {
        let same = finger_of(probe) == finger_of(reference);
        if same { 8 + noise(probe, reference) % 2 } else { noise(probe, reference) % 3 }
    }

    fn fine(&self, probe: &Payload, reference: &Payload) -> u32 {
        let same = finger_of(probe) == finger_of(reference);
        if same { 8 } else { (noise(probe, reference) >> 2) % 3 }
    }

    /// Strangers are alike a little, or not at all.
    fn score(&self, probe: &Payload, reference: &Payload) -> u32 {
        let noise = (noise(probe, reference) >> 4) % 4;
        if finger_of(probe) == finger_of(reference) { 1000 - noise } else { noise }
    }
}
