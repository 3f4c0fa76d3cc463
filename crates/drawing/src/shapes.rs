//! What a drawing is made of.

use vocabulary::GrayImage;

/// A color in sRGB.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Color(pub u8, pub u8, pub u8);

impl Color {
    /// Strong blue.
    pub const BLUE: Self = Self(0, 92, 178);
    /// Vermilion, told from [`Self::BLUE`] by every kind of color vision.
    pub const VERMILION: Self = Self(204, 60, 0);
    /// Green.
    pub const GREEN: Self = Self(0, 128, 90);

    /// As CSS, such as `#005cb2`.
    pub fn css(self) -> String {
        format!("#{:02x}{:02x}{:02x}", self.0, self.1, self.2)
    }
}

/// A point in pixels of the background; the center of the top left pixel is (0.5, 0.5).
pub type Point = (f32, f32);

/// A polyline.
#[derive(Debug, Clone, PartialEq)]
pub struct Path {
    /// Its corners.
    pub points: Vec<Point>,
    /// Whether the last corner joins the first.
    pub closed: bool,
}

impl Path {
    /// A straight line.
    pub fn line(from: Point, to: Point) -> Self {
        Self { points: vec![from, to], closed: false }
    }

    /// Pairs of consecutive corners.
    pub fn segments(&self) -> impl Iterator<Item = (Point, Point)> + '_ {
        let closing = (self.closed && self.points.len() > 2)
            .then(|| (self.points[self.points.len() - 1], self.points[0]));
        self.points.windows(2).map(|pair| (pair[0], pair[1])).chain(closing)
    }
}

/// Paths drawn alike.
#[derive(Debug, Clone, PartialEq)]
pub struct Layer {
    /// What is drawn.
    pub paths: Vec<Path>,
    /// In this color.
    pub color: Color,
    /// Width of the pen, in pixels of the background.
    pub width_px: f32,
    /// Whether a white border sets it off from the ridges.
    pub halo: bool,
}

/// A background of color pixels, row by row.
#[derive(Clone)]
pub struct Background {
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// `width * height` pixels.
    pub pixels: Vec<[u8; 3]>,
}

impl Background {
    /// All white.
    pub fn white(width: u32, height: u32) -> Self {
        Self { width, height, pixels: vec![[255; 3]; width as usize * height as usize] }
    }

    /// A gray image.
    pub fn gray(image: &GrayImage) -> Self {
        let pixels = image.pixels().iter().map(|value| [*value; 3]).collect();
        Self { width: image.width(), height: image.height(), pixels }
    }

    /// A gray image with its contrast lowered towards white, so that marks stand out.
    pub fn faded(image: &GrayImage) -> Self {
        let fade = |value: u8| 255 - (255 - value) / 5 * 2;
        let pixels = image.pixels().iter().map(|value| [fade(*value); 3]).collect();
        Self { width: image.width(), height: image.height(), pixels }
    }
}

/// A background with layers over it, in drawing order.
#[derive(Clone)]
pub struct Drawing {
    /// What lies beneath.
    pub background: Background,
    /// What is drawn over it.
    pub layers: Vec<Layer>,
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
