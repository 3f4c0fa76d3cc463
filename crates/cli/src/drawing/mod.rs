//! Pictures of a print with lines drawn over it, as SVG or PNG from one description.
//!
//! Every mark is an open or closed polyline in pixels of the background, so that both renderers
//! draw the same thing and neither needs shapes of its own.

mod minutiae;
mod png;
mod raster;
mod svg;

pub(crate) use minutiae::{mark_outline, mark_tail, minutia_marks};
pub(crate) use png::{encode_rgb, gray_data_uri, rgb_data_uri};
pub(crate) use raster::rasterize;
pub(crate) use svg::{path_data, standalone};

use vocabulary::GrayImage;

/// A color in sRGB.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Color(pub(crate) u8, pub(crate) u8, pub(crate) u8);

impl Color {
    /// Strong blue.
    pub(crate) const BLUE: Self = Self(0, 92, 178);
    /// Vermilion, told from [`Self::BLUE`] by every kind of color vision.
    pub(crate) const VERMILION: Self = Self(204, 60, 0);
    /// Green.
    pub(crate) const GREEN: Self = Self(0, 128, 90);

    /// As CSS, such as `#005cb2`.
    pub(crate) fn css(self) -> String {
        format!("#{:02x}{:02x}{:02x}", self.0, self.1, self.2)
    }
}

/// A point in pixels of the background; the center of the top left pixel is (0.5, 0.5).
pub(crate) type Point = (f32, f32);

/// A polyline.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Path {
    /// Its corners.
    pub(crate) points: Vec<Point>,
    /// Whether the last corner joins the first.
    pub(crate) closed: bool,
}

impl Path {
    /// A straight line.
    pub(crate) fn line(from: Point, to: Point) -> Self {
        Self { points: vec![from, to], closed: false }
    }

    /// Pairs of consecutive corners.
    pub(crate) fn segments(&self) -> impl Iterator<Item = (Point, Point)> + '_ {
        let closing = (self.closed && self.points.len() > 2)
            .then(|| (self.points[self.points.len() - 1], self.points[0]));
        self.points.windows(2).map(|pair| (pair[0], pair[1])).chain(closing)
    }
}

/// Paths drawn alike.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Layer {
    /// What is drawn.
    pub(crate) paths: Vec<Path>,
    /// In this color.
    pub(crate) color: Color,
    /// Width of the pen, in pixels of the background.
    pub(crate) width_px: f32,
    /// Whether a white border sets it off from the ridges.
    pub(crate) halo: bool,
}

/// A background of color pixels, row by row.
#[derive(Clone)]
pub(crate) struct Background {
    /// Columns.
    pub(crate) width: u32,
    /// Rows.
    pub(crate) height: u32,
    /// `width * height` pixels.
    pub(crate) pixels: Vec<[u8; 3]>,
}

impl Background {
    /// All white.
    pub(crate) fn white(width: u32, height: u32) -> Self {
        Self { width, height, pixels: vec![[255; 3]; width as usize * height as usize] }
    }

    /// A gray image.
    pub(crate) fn gray(image: &GrayImage) -> Self {
        let pixels = image.pixels().iter().map(|value| [*value; 3]).collect();
        Self { width: image.width(), height: image.height(), pixels }
    }

    /// A gray image with its contrast lowered towards white, so that marks stand out.
    pub(crate) fn faded(image: &GrayImage) -> Self {
        let fade = |value: u8| 255 - (255 - value) / 5 * 2;
        let pixels = image.pixels().iter().map(|value| [fade(*value); 3]).collect();
        Self { width: image.width(), height: image.height(), pixels }
    }
}

/// A background with layers over it, in drawing order.
#[derive(Clone)]
pub(crate) struct Drawing {
    /// What lies beneath.
    pub(crate) background: Background,
    /// What is drawn over it.
    pub(crate) layers: Vec<Layer>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_color_is_written_with_two_digits_per_part() {
        assert_eq!(Color(0, 92, 178).css(), "#005cb2");
        assert_eq!(Color(255, 1, 16).css(), "#ff0110");
    }
}
