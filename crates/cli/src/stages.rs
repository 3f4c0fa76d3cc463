//! Every stage of an extraction as a drawing.

use clap::ValueEnum;
use drawing::{Background, Color, Drawing, Layer, Path, minutia_marks};
use extraction::{BitImage, Cells, Plane, Stages};
use vocabulary::GrayImage;

/// A stage of the extraction, in the order of the pipeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Stage {
    /// The image at 500 ppi with dark ridges.
    Resampled,
    /// Local mean removed and contrast equalized.
    Normalized,
    /// Where ridges can be followed.
    Mask,
    /// Direction of the ridges; short strokes where it is unsure.
    Orientation,
    /// Distance between the ridges: blue 5 px, green 9 px, red 15 px and more.
    Frequency,
    /// Filtered along the ridges.
    Enhanced,
    /// Ridges black.
    Binary,
    /// Ridges thinned to a line.
    Skeleton,
    /// Every place where a line ends or splits.
    MinutiaeRaw,
    /// What was left after false minutiae were removed.
    Minutiae,
}

impl Stage {
    /// Its name on the command line and in file names.
    pub(crate) fn name(self) -> String {
        let value = self.to_possible_value().expect("no stage is hidden");
        value.get_name().to_owned()
    }

    /// Draws what the stage found.
    pub(crate) fn draw(self, stages: &Stages) -> Drawing {
        let plain = |background| Drawing { background, layers: Vec::new() };
        match self {
            Self::Resampled => plain(Background::gray(&stages.gray)),
            Self::Normalized => plain(plane(&stages.normalized)),
            Self::Mask => mask(stages),
            Self::Orientation => orientation(stages),
            Self::Frequency => plain(frequency(stages)),
            Self::Enhanced => plain(plane(&stages.enhanced)),
            Self::Binary => plain(bits(&stages.binary)),
            Self::Skeleton => skeleton(stages),
            Self::MinutiaeRaw => marks(&stages.gray, &stages.candidates),
            Self::Minutiae => marks(&stages.gray, &stages.minutiae),
        }
    }
}

fn marks(gray: &GrayImage, minutiae: &[vocabulary::Minutia]) -> Drawing {
    Drawing { background: Background::gray(gray), layers: minutia_marks(minutiae) }
}

/// A plane in gray, ridges (positive values) dark, 2.5 standard deviations black.
fn plane(plane: &Plane) -> Background {
    let values = plane.values();
    let used: Vec<f32> = values.iter().copied().filter(|value| *value != 0.0).collect();
    let square = used.iter().map(|value| value * value).sum::<f32>() / used.len().max(1) as f32;
    let reach = 2.5 * square.sqrt().max(1e-6);
    let shade = |value: &f32| [(127.5 * (1.0 - value / reach)).clamp(0.0, 255.0) as u8; 3];
    let pixels = values.iter().map(shade).collect();
    Background { width: plane.width() as u32, height: plane.height() as u32, pixels }
}

fn bits(image: &BitImage) -> Background {
    colored(image.width(), image.height(), |x, y| {
        if image.get(x as isize, y as isize) { [0; 3] } else { [255; 3] }
    })
}

fn colored(width: usize, height: usize, color: impl Fn(usize, usize) -> [u8; 3]) -> Background {
    let pixels = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
    let pixels = pixels.map(|(x, y)| color(x, y)).collect();
    Background { width: width as u32, height: height as u32, pixels }
}

/// The image, tinted outside the mask, and the border of the mask.
fn mask(stages: &Stages) -> Drawing {
    let (gray, mask) = (&stages.gray, &stages.mask);
    let background = colored(mask.width(), mask.height(), |x, y| {
        let value = gray.pixel(x as u32, y as u32);
        if mask.get(x as isize, y as isize) {
            return [value; 3];
        }
        let tint = |share: u16| ((u16::from(value) * 2 + share * 3) / 5) as u8;
        [tint(235), tint(150), tint(130)]
    });
    let layer = Layer { paths: border(mask), color: Color::VERMILION, width_px: 1.2, halo: false };
    Drawing { background, layers: vec![layer] }
}

/// The edges between pixels inside and outside.
fn border(mask: &BitImage) -> Vec<Path> {
    let mut paths = Vec::new();
    for y in 0..=mask.height() as isize {
        for x in 0..=mask.width() as isize {
            let inside = mask.get(x, y);
            let (left, top) = (x as f32, y as f32);
            if inside != mask.get(x - 1, y) {
                paths.push(Path::line((left, top), (left, top + 1.0)));
            }
            if inside != mask.get(x, y - 1) {
                paths.push(Path::line((left, top), (left + 1.0, top)));
            }
        }
    }
    paths
}

/// A stroke per cell inside the mask, as long as the direction is sure.
fn orientation(stages: &Stages) -> Drawing {
    let field = &stages.orientation;
    let cell = field.radians.cell_px();
    // Strokes closer than 8 px would hide each other.
    let step = 8usize.div_ceil(cell);
    let mut paths = Vec::new();
    for row in (0..field.radians.rows()).step_by(step) {
        for column in (0..field.radians.columns()).step_by(step) {
            let (x, y) = center(&field.radians, column, row);
            if !stages.mask.get(x as isize, y as isize) {
                continue;
            }
            let sureness = field.coherence.get(column, row).clamp(0.0, 1.0);
            let half = (cell * step) as f32 * (0.15 + 0.35 * sureness);
            let (sin, cos) = field.radians.get(column, row).sin_cos();
            paths.push(Path::line(
                (x - half * cos, y + half * sin),
                (x + half * cos, y - half * sin),
            ));
        }
    }
    let layer = Layer { paths, color: Color::BLUE, width_px: 1.2, halo: false };
    Drawing { background: Background::faded(&stages.gray), layers: vec![layer] }
}

/// The middle of a cell, in pixels.
fn center<T: Copy>(cells: &Cells<T>, column: usize, row: usize) -> (f32, f32) {
    let at = |index: usize| (index as f32 + 0.5) * cells.cell_px() as f32;
    (at(column), at(row))
}

/// The ridges, tinted by their distance.
fn frequency(stages: &Stages) -> Background {
    let (mask, gray) = (&stages.mask, &stages.gray);
    colored(mask.width(), mask.height(), |x, y| {
        let value = gray.pixel(x as u32, y as u32);
        if !mask.get(x as isize, y as isize) {
            return [255 - (255 - value) / 4; 3];
        }
        let tint = period_color(stages.period.period_px.at(x, y));
        tint.map(|channel| ((u16::from(channel) * 3 + u16::from(value) * 2) / 5) as u8)
    })
}

/// Blue at 5 px, green at 9 px, red at 15 px.
fn period_color(period_px: f32) -> [u8; 3] {
    const STOPS: [(f32, [f32; 3]); 4] = [
        (5.0, [40.0, 70.0, 220.0]),
        (9.0, [40.0, 190.0, 110.0]),
        (12.0, [235.0, 190.0, 40.0]),
        (15.0, [220.0, 50.0, 30.0]),
    ];
    let period = period_px.clamp(STOPS[0].0, STOPS[3].0);
    let upper = STOPS.iter().position(|stop| period <= stop.0).unwrap_or(3).max(1);
    let ((low, from), (high, to)) = (STOPS[upper - 1], STOPS[upper]);
    let share = (period - low) / (high - low);
    std::array::from_fn(|c| (from[c] + (to[c] - from[c]) * share).round() as u8)
}

/// The thinned ridges over the faded image.
fn skeleton(stages: &Stages) -> Drawing {
    let mut background = Background::faded(&stages.gray);
    let lines = &stages.skeleton;
    for y in 0..lines.height() {
        for x in 0..lines.width() {
            if lines.get(x as isize, y as isize) {
                background.pixels[y * lines.width() + x] = [170, 0, 0];
            }
        }
    }
    Drawing { background, layers: Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_beyond_the_scale_take_the_color_of_its_ends() {
        assert_eq!(period_color(1.0), [40, 70, 220]);
        assert_eq!(period_color(9.0), [40, 190, 110]);
        assert_eq!(period_color(99.0), [220, 50, 30]);
    }
}
