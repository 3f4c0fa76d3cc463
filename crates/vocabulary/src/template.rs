//! What extraction returns and comparison reads.

use crate::{FingerPosition, ImpressionType, Minutia, RidgeFlow, VocabularyError};
use std::fmt;

/// Which extractor made a template. Templates of different versions are never compared silently.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ExtractorVersion(pub u16);

impl ExtractorVersion {
    /// Made elsewhere and read from an interchange format: minutiae only, placed by other rules.
    pub const FOREIGN: Self = Self(0);
}

/// Everything of a template but its minutiae and ridge flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TemplateHeader {
    /// Width of the print image at 500 ppi, in pixels, `1..=4096`.
    pub width_px: u16,
    /// Height of the print image at 500 ppi, in pixels, `1..=4096`.
    pub height_px: u16,
    /// Which finger.
    pub position: FingerPosition,
    /// How it was taken.
    pub impression: ImpressionType,
    /// Quality of the print, 0 (worst) to 100 (best).
    pub quality: u8,
    /// Which extractor made it.
    pub extractor: ExtractorVersion,
}

/// The minutiae of one print, in a total order: best reliability first, then row, column, direction
/// and kind. `Debug` shows counts only.
#[derive(Clone, PartialEq, Eq)]
pub struct Template {
    header: TemplateHeader,
    minutiae: Vec<Minutia>,
    ridge_flow: Option<RidgeFlow>,
}

impl Template {
    /// Most minutiae in a template (a full palm has about 1,000).
    pub const MAX_MINUTIAE: usize = 4096;
    /// Largest width or height, in pixels at 500 ppi: positions are 16 bits of 1/16 pixel.
    pub const MAX_SIDE_PX: u16 = 4096;

    /// Checks and orders.
    ///
    /// # Errors
    /// A size outside `1..=4096`, a quality above 100, too many minutiae, or one outside the image.
    pub fn new(
        header: TemplateHeader,
        mut minutiae: Vec<Minutia>,
        ridge_flow: Option<RidgeFlow>,
    ) -> Result<Self, VocabularyError> {
        let (width, height) = (header.width_px, header.height_px);
        let sides = 1..=Self::MAX_SIDE_PX;
        if !sides.contains(&width) || !sides.contains(&height) {
            let max = Self::MAX_SIDE_PX.into();
            return Err(VocabularyError::Size { width: width.into(), height: height.into(), max });
        }
        if header.quality > 100 {
            return Err(VocabularyError::Quality(header.quality));
        }
        if minutiae.len() > Self::MAX_MINUTIAE {
            let (found, max) = (minutiae.len(), Self::MAX_MINUTIAE);
            return Err(VocabularyError::MinutiaCount { found, max });
        }
        let outside = |m: &Minutia| {
            u32::from(m.x_16()) >= u32::from(width) * 16
                || u32::from(m.y_16()) >= u32::from(height) * 16
        };
        if let Some(index) = minutiae.iter().position(outside) {
            return Err(VocabularyError::MinutiaOutside { index, width, height });
        }
        minutiae.sort_unstable_by_key(|m| {
            (std::cmp::Reverse(m.reliability()), m.y_16(), m.x_16(), m.direction(), m.kind())
        });
        Ok(Self { header, minutiae, ridge_flow })
    }

    /// Everything but the minutiae and the ridge flow.
    pub const fn header(&self) -> &TemplateHeader {
        &self.header
    }

    /// The minutiae, best first.
    pub fn minutiae(&self) -> &[Minutia] {
        &self.minutiae
    }

    /// The coarse orientation field, when the extractor keeps one.
    pub const fn ridge_flow(&self) -> Option<&RidgeFlow> {
        self.ridge_flow.as_ref()
    }

    /// The same template under another finger position and impression type.
    #[must_use]
    pub fn relabeled(mut self, position: FingerPosition, impression: ImpressionType) -> Self {
        self.header.position = position;
        self.header.impression = impression;
        self
    }
}

impl fmt::Debug for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Template({} x {} px, {} minutiae)",
            self.header.width_px,
            self.header.height_px,
            self.minutiae.len()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Direction, MinutiaKind};

    fn minutia(x_16: u16, y_16: u16, reliability: u8) -> Minutia {
        Minutia::new(x_16, y_16, Direction::default(), MinutiaKind::Ending, reliability).unwrap()
    }

    fn header(side: u16) -> TemplateHeader {
        TemplateHeader {
            width_px: side,
            height_px: side,
            position: FingerPosition::UNKNOWN,
            impression: ImpressionType::default(),
            quality: 50,
            extractor: ExtractorVersion(1),
        }
    }

    #[test]
    fn minutiae_come_best_first_and_ties_by_place() {
        let given = vec![minutia(16, 32, 10), minutia(48, 16, 90), minutia(16, 16, 90)];
        let template = Template::new(header(10), given, None).unwrap();
        let order: Vec<_> = template.minutiae().iter().map(|m| (m.x_16(), m.y_16())).collect();
        assert_eq!(order, [(16, 16), (48, 16), (16, 32)]);
    }

    #[test]
    fn a_minutia_outside_the_image_is_refused() {
        let result = Template::new(header(10), vec![minutia(159, 0, 1), minutia(160, 0, 1)], None);
        assert!(matches!(result, Err(VocabularyError::MinutiaOutside { index: 0 | 1, .. })));
    }

    #[test]
    fn debug_shows_no_minutia() {
        let template = Template::new(header(10), vec![minutia(33, 44, 1)], None).unwrap();
        assert_eq!(format!("{template:?}"), "Template(10 x 10 px, 1 minutiae)");
        assert_eq!(format!("{:?}", template.minutiae()), "[Minutia(..)]");
    }
}
