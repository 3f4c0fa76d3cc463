//! Descriptors, comparison, alignment, fusion and calibration.
