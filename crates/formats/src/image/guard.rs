//! The last line of defense around foreign decoders.

use super::{ImageError, ImageFormat};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs a decoder of a library and turns a panic inside it into [`ImageError::Corrupt`], so that no
/// upload can take a worker down. The panic is still reported by the process's hook.
pub(super) fn catch<T>(
    format: ImageFormat,
    decoder: impl FnOnce() -> Result<T, ImageError>,
) -> Result<T, ImageError> {
    // The closure's state is dropped with it: nothing half-changed stays visible.
    catch_unwind(AssertUnwindSafe(decoder))
        .unwrap_or(Err(ImageError::Corrupt { format, part: "decoder gave up" }))
}
