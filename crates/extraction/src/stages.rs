//! What every stage found, to be drawn and tested.

use crate::{BitImage, Cells, Plane, Polarity};
use vocabulary::{GrayImage, Minutia};

/// Ridge orientation and how sure it is.
#[derive(Debug, Clone, PartialEq)]
pub struct OrientationField {
    /// Direction of the ridges in radians, `0.0..PI`, counter-clockwise from the x axis.
    pub radians: Cells<f32>,
    /// 0 where gradients point everywhere, 1 where all are parallel.
    pub coherence: Cells<f32>,
}

/// Distance between neighboring ridges.
#[derive(Debug, Clone, PartialEq)]
pub struct PeriodMap {
    /// Ridge period in pixels at 500 ppi, `3.0..=25.0`; filled in from neighbors where it could
    /// not be measured.
    pub period_px: Cells<f32>,
    /// 0 where nothing periodic was seen, 1 for a pure grating.
    pub reliability: Cells<f32>,
}

/// The result of every stage, in the order of the pipeline. All images and positions are at 500
/// ppi. `Debug` shows sizes only.
#[derive(Debug, Clone, PartialEq)]
pub struct Stages {
    /// Stage 1: the image at 500 ppi with dark ridges.
    pub gray: GrayImage,
    /// Stage 1: whether the input had dark or light ridges.
    pub polarity: Polarity,
    /// Stage 1: local mean removed and local contrast equalized, about `-2.0..=2.0`, ridges
    /// positive.
    pub normalized: Plane,
    /// Stage 2: pixels where ridges can be followed.
    pub mask: BitImage,
    /// Stage 3: orientation of the ridges.
    pub orientation: OrientationField,
    /// Stage 4: distance between the ridges.
    pub period: PeriodMap,
    /// Stage 5: the contextually filtered image, ridges positive, zero outside the mask.
    pub enhanced: Plane,
    /// Stage 6: set on ridges.
    pub binary: BitImage,
    /// Stage 7: ridges thinned to one pixel.
    pub skeleton: BitImage,
    /// Stage 8: every place where a skeleton line ends or splits, row by row.
    pub candidates: Vec<Minutia>,
    /// Stage 9: what was left after false minutiae were removed, best first.
    pub minutiae: Vec<Minutia>,
}
