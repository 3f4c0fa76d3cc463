//! Parameters brought into their range.

/// The nearest number of `low..=high`; `low` for NaN.
pub(crate) fn bounded(value: f32, low: f32, high: f32) -> f32 {
    if value.is_nan() { low } else { value.clamp(low, high) }
}
