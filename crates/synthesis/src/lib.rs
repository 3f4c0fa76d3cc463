//! Synthetic fingerprints from a seed: master prints, impressions, ground truth.
