//! Stage 6: ridge or valley.
//!
//! The enhanced image has no constant part, so its sign decides.

use crate::bits::BitImage;
use crate::plane::Plane;

/// Set where the enhanced image is positive and inside the mask.
pub(crate) fn binarize(enhanced: &Plane, mask: &BitImage) -> BitImage {
    let mut bits = BitImage::zero(enhanced.width(), enhanced.height());
    for y in 0..enhanced.height() {
        let row = bits.row_mut(y);
        for ((word, values), mask) in
            row.iter_mut().zip(enhanced.row(y).chunks(64)).zip(mask.row(y))
        {
            let mut set = 0u64;
            for (bit, value) in values.iter().enumerate() {
                set |= u64::from(*value > 0.0) << bit;
            }
            *word = set & mask;
        }
    }
    bits
}
