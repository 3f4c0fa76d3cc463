//! Run-length coded palette indices.

use super::{FORMAT, corrupt};
use crate::image::ImageError;
use crate::image::cursor::Cursor;

/// Unpacks RLE8, or RLE4 when `halves`, to one index a pixel, in file order of rows. Pixels that
/// the data skips are index 0.
///
/// # Errors
/// Data that ends before its end mark or leaves the image.
pub(super) fn unpack(data: &[u8], size: (u32, u32), halves: bool) -> Result<Vec<u8>, ImageError> {
    const PART: &str = "run-length data";
    let (width, height) = (size.0 as usize, size.1 as usize);
    let mut indices = vec![0; width * height];
    let mut cursor = Cursor::new(data, FORMAT);
    let (mut x, mut y) = (0, 0);
    loop {
        let [count, value] = [cursor.u8(PART)?, cursor.u8(PART)?];
        match (count, value) {
            (0, 0) => (x, y) = (0, y + 1),
            (0, 1) => return Ok(indices),
            (0, 2) => {
                x += usize::from(cursor.u8(PART)?);
                y += usize::from(cursor.u8(PART)?);
            }
            _ => {
                let run = usize::from(if count == 0 { value } else { count });
                let literal;
                let source: &[u8] = if count == 0 {
                    let bytes = if halves { run.div_ceil(2) } else { run };
                    literal = cursor.take(bytes.next_multiple_of(2), PART)?;
                    literal
                } else {
                    &[value; 255]
                };
                // Encoders may run over the end of a row, which the rest of the run then lacks.
                let Some(row) = indices.get_mut(y * width..).and_then(|rest| rest.get_mut(..width))
                else {
                    return Err(corrupt("run outside the image"));
                };
                for (i, index) in row.iter_mut().skip(x).take(run).enumerate() {
                    *index = match (halves, i % 2) {
                        (false, _) => source[i],
                        (true, 0) => source[i / 2] >> 4,
                        (true, _) => source[i / 2] & 15,
                    };
                }
                x += run;
            }
        }
    }
}
