//! Resolution as stated by a file, and whether it is believed.

/// Pixels per inch as a file states them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FileResolution {
    /// Along a row.
    pub ppi_x: f32,
    /// Along a column.
    pub ppi_y: f32,
}

/// Inches per meter, exact by definition of the inch.
const METERS_PER_INCH: f64 = 0.0254;

impl FileResolution {
    /// Lowest resolution believed, in pixels per inch. Below it a ridge period is under two pixels,
    /// and the common values (72, 96) are what programs write when they know nothing.
    pub const MIN_BELIEVED_PPI: f32 = 100.0;
    /// Highest resolution believed, in pixels per inch: no fingerprint scanner exceeds it.
    pub const MAX_BELIEVED_PPI: f32 = 10_000.0;

    /// Pixels per inch on both axes; `None` unless both are positive and finite.
    pub(crate) fn per_inch(x: f64, y: f64) -> Option<Self> {
        let positive = |v: f64| v.is_finite() && v > 0.0 && v < f64::from(f32::MAX);
        (positive(x) && positive(y)).then_some(Self { ppi_x: x as f32, ppi_y: y as f32 })
    }

    /// Pixels per meter. The whole ppi of which the value is the rounding is restored: 19685 per
    /// meter is 500 ppi, not 499.999.
    pub(crate) fn per_meter(x: f64, y: f64) -> Option<Self> {
        let ppi = |per_meter: f64| {
            let exact = per_meter * METERS_PER_INCH;
            // One pixel per meter is 0.0254 ppi: some writers cut, others round.
            if (exact - exact.round()).abs() <= METERS_PER_INCH { exact.round() } else { exact }
        };
        Self::per_inch(ppi(x), ppi(y))
    }

    /// Pixels per centimeter. A multiple of 250 ppi is restored when the value is its rounding:
    /// 197 per centimeter is 500 ppi, as ISO/IEC 19794 writes it, not 500.4.
    pub(crate) fn per_centimeter(x: f64, y: f64) -> Option<Self> {
        let ppi = |per_cm: f64| {
            let exact = per_cm * 2.54;
            let nominal = (exact / 250.0).round() * 250.0;
            if nominal > 0.0 && (nominal / 2.54 - per_cm).abs() < 1.0 { nominal } else { exact }
        };
        Self::per_inch(ppi(x), ppi(y))
    }

    /// Whether both axes lie in [`Self::MIN_BELIEVED_PPI`]`..=`[`Self::MAX_BELIEVED_PPI`].
    ///
    /// Values outside are known to be meaningless: 1 x 1 marks an aspect ratio, 72 and 96 are the
    /// defaults of programs that were never told.
    pub fn is_believable(self) -> bool {
        let believed = Self::MIN_BELIEVED_PPI..=Self::MAX_BELIEVED_PPI;
        believed.contains(&self.ppi_x) && believed.contains(&self.ppi_y)
    }
}
