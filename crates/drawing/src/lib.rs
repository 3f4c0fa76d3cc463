//! Pictures of a print with lines drawn over it, as SVG or PNG from one description.
//!
//! Every mark is an open or closed polyline in pixels of the background, so that both renderers
//! draw the same thing and neither needs shapes of its own.

mod minutiae;
mod png;
mod raster;
mod shapes;
mod svg;

pub use self::minutiae::{mark_outline, mark_tail, minutia_marks};
pub use self::png::{encode_rgb, gray_data_uri, rgb_data_uri};
pub use self::raster::rasterize;
pub use self::shapes::{Background, Color, Drawing, Layer, Path, Point};
pub use self::svg::{path_data, standalone};
