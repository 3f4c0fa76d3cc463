//! Stage 1: polarity and resolution of the image.

/// Whether ridges are dark or light.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Polarity {
    /// Dark ridges on light ground, as sensors and ink give them.
    DarkRidges,
    /// Light ridges on dark ground; the image was inverted before the other stages.
    LightRidges,
}
