//! Stage 1: the image at 500 ppi.
//!
//! A separable Lanczos filter of order 3, widened when the image shrinks so that nothing finer than
//! the new pixels is folded back (W. K. Pratt, *Digital Image Processing*, 4th ed., 13.5).

use crate::ExtractionError;
use crate::plane::Plane;
use vocabulary::{GrayImage, TEMPLATE_PPI, Template};

/// Whether ridges are dark or light.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Polarity {
    /// Dark ridges on light ground, as sensors and ink give them.
    DarkRidges,
    /// Light ridges on dark ground; the image was inverted before the other stages.
    LightRidges,
}

/// Resolutions this near to 500 ppi (197 pixels per cm are 500.38 ppi) are taken as 500 ppi.
const SAME_PPI: f32 = 1.0;
/// Lobes of the filter on each side.
const LOBES: f32 = 3.0;

/// The image at 500 ppi.
///
/// # Errors
/// A resolution that is no resolution, or more than 4096 pixels on a side at 500 ppi.
pub(crate) fn resample(image: &GrayImage, ppi: f32) -> Result<GrayImage, ExtractionError> {
    if !(50.0..=5000.0).contains(&ppi) {
        return Err(ExtractionError::Resolution { ppi });
    }
    let same = (ppi - TEMPLATE_PPI as f32).abs() <= SAME_PPI;
    let scale = if same { 1.0 } else { f64::from(TEMPLATE_PPI) / f64::from(ppi) };
    let side = |pixels: u32| ((f64::from(pixels) * scale + 0.5) as u64).max(1);
    let (width, height) = (side(image.width()), side(image.height()));
    let max = Template::MAX_SIDE_PX;
    if width > u64::from(max) || height > u64::from(max) {
        return Err(ExtractionError::TooLarge { width, height, max });
    }
    if same {
        return Ok(image.clone());
    }
    Ok(lanczos(image, width as usize, height as usize, scale as f32))
}

/// The source pixels that one target pixel is made of.
struct Taps {
    first: usize,
    weights: Vec<f32>,
}

/// Taps of every target pixel of one direction.
fn taps(source: usize, target: usize, scale: f32) -> Vec<Taps> {
    let stretch = (1.0 / scale).max(1.0);
    let reach = LOBES * stretch;
    let weight = |distance: f32| sinc(distance) * sinc(distance / LOBES);
    (0..target)
        .map(|index| {
            let center = ((index as f32 + 0.5) / scale - 0.5).clamp(0.0, source as f32 - 1.0);
            let first = (center - reach).ceil().max(0.0) as usize;
            let last = ((center + reach) as usize).min(source - 1);
            let mut weights: Vec<f32> =
                (first..=last).map(|at| weight((at as f32 - center) / stretch)).collect();
            let sum: f32 = weights.iter().sum();
            weights.iter_mut().for_each(|weight| *weight /= sum);
            Taps { first, weights }
        })
        .collect()
}

/// `sin(pi x) / (pi x)`.
fn sinc(x: f32) -> f32 {
    let angle = std::f32::consts::PI * x;
    if angle.abs() < 1e-4 { 1.0 } else { libm::sinf(angle) / angle }
}

/// Resamples row by row, so that memory stays at one target image whatever the source size.
fn lanczos(image: &GrayImage, width: usize, height: usize, scale: f32) -> GrayImage {
    let across = taps(image.width() as usize, width, scale);
    let down = taps(image.height() as usize, height, scale);
    let mut target = Plane::zero(width, height);
    let mut row = vec![0.0f32; width];
    // Targets that use a source row are neighbors; `lowest` is the first not yet complete.
    let mut lowest = 0;
    for y in 0..image.height() as usize {
        while lowest < height && down[lowest].first + down[lowest].weights.len() <= y {
            lowest += 1;
        }
        let source = image.row(y as u32);
        for (out, taps) in row.iter_mut().zip(&across) {
            let pixels = source[taps.first..].iter();
            *out = pixels.zip(&taps.weights).map(|(p, w)| f32::from(*p) * w).sum();
        }
        for (target_y, taps) in down.iter().enumerate().skip(lowest) {
            if taps.first > y {
                break;
            }
            let Some(weight) = taps.weights.get(y - taps.first) else { continue };
            for (out, value) in target.row_mut(target_y).iter_mut().zip(&row) {
                *out += weight * value;
            }
        }
    }
    let pixels = target.values().iter().map(|v| (v + 0.5).clamp(0.0, 255.0) as u8).collect();
    GrayImage::new(width as u32, height as u32, pixels).expect("sides were checked by the caller")
}

/// The middle of an image, at most `side` pixels wide and high.
pub(crate) fn middle(image: &GrayImage, side: u32) -> GrayImage {
    let (width, height) = (image.width().min(side), image.height().min(side));
    let (left, top) = ((image.width() - width) / 2, (image.height() - height) / 2);
    let columns = left as usize..(left + width) as usize;
    let rows = (top..top + height).flat_map(|y| &image.row(y)[columns.clone()]);
    let pixels = rows.copied().collect();
    GrayImage::new(width, height, pixels).expect("a part of an image is an image")
}

/// Black for white.
pub(crate) fn invert(image: &GrayImage) -> GrayImage {
    let pixels = image.pixels().iter().map(|pixel| 255 - pixel).collect();
    GrayImage::new(image.width(), image.height(), pixels).expect("the size does not change")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gradient(width: u32, height: u32) -> GrayImage {
        let pixels = (0..width * height).map(|i| (i % width * 200 / width + 20) as u8).collect();
        GrayImage::new(width, height, pixels).unwrap()
    }

    #[test]
    fn at_500_ppi_the_image_is_taken_as_it_is() {
        let image = gradient(30, 20);
        assert_eq!(resample(&image, 500.0).unwrap(), image);
        assert_eq!(resample(&image, 500.38).unwrap(), image);
    }

    #[test]
    fn resampling_keeps_gray_levels_in_place() {
        for ppi in [250.0, 569.0, 1000.0, 1200.0] {
            let image = gradient(240, 120);
            let scaled = resample(&image, ppi).unwrap();
            assert_eq!(scaled.width(), (240.0 * 500.0 / ppi + 0.5) as u32);
            assert_eq!(scaled.height(), (120.0 * 500.0 / ppi + 0.5) as u32);
            for x in scaled.width() / 10..scaled.width() * 9 / 10 {
                let expected = (x as f32 + 0.5) / scaled.width() as f32 * 200.0 + 20.0;
                let found = f32::from(scaled.pixel(x, scaled.height() / 2));
                assert!((found - expected).abs() < 2.0, "{found} for {expected} at {ppi} ppi");
            }
        }
    }

    #[test]
    fn what_is_finer_than_the_new_pixels_becomes_gray() {
        let pixels = (0..400 * 40).map(|i| if i % 2 == 0 { 0 } else { 255 }).collect();
        let stripes = GrayImage::new(400, 40, pixels).unwrap();
        let scaled = resample(&stripes, 1500.0).unwrap();
        for x in 5..scaled.width() - 5 {
            assert!((120..=135).contains(&scaled.pixel(x, 6)));
        }
    }

    #[test]
    fn the_middle_of_an_image_is_cut_out() {
        let image = gradient(100, 10);
        let middle = middle(&image, 20);
        assert_eq!((middle.width(), middle.height()), (20, 10));
        assert_eq!(middle.pixel(0, 0), image.pixel(40, 0));
    }
}
