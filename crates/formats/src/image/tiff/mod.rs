//! TIFF and BigTIFF: gray, palette, RGB and CMYK of 1 to 16 bits a sample, in strips or tiles, raw
//! or packed by LZW, deflate or PackBits.
//!
//! Source: Adobe, *TIFF Revision 6.0*, 1992, and its supplement 2 (deflate). Written here, on top
//! of the unpackers `weezl` and `flate2`, because the usual library reads neither palettes nor
//! samples of uncommon depth.

mod chunk;
mod directory;
mod layout;

pub(super) use directory::Directory;

use super::raster::{self, PackedSamples};
use super::{DecodeLimits, DecodedImage, ImageError, ImageFormat};
use layout::{Layout, Meaning};

const FORMAT: ImageFormat = ImageFormat::Tiff;

/// Decodes the first image of a TIFF.
///
/// # Errors
/// [`ImageError`] for every byte string that is no whole TIFF of a supported kind within `limits`.
pub fn decode(bytes: &[u8], limits: &DecodeLimits) -> Result<DecodedImage, ImageError> {
    let directory = Directory::read(bytes)?;
    let layout = Layout::read(&directory, limits)?;
    let size = (layout.width as u32, layout.height as u32);
    let mut pixels = vec![0; layout.width * layout.height];
    for group in 0..layout.chunks_across() * layout.chunks_down() {
        place_chunk(&directory, &layout, group, &mut pixels)?;
    }
    let image = raster::image(FORMAT, size, pixels)?;
    let depth = if matches!(layout.meaning, Meaning::Palette(_)) { 8 } else { layout.bits };
    let decoded = DecodedImage::new(image, FORMAT, depth as u8, layout.is_color());
    let decoded = decoded.with_resolution(directory.resolution());
    Ok(decoded.upright(directory.orientation()))
}

/// Unpacks the chunk at place `group`, all its planes, and turns it to gray.
fn place_chunk(
    directory: &Directory,
    layout: &Layout,
    group: usize,
    pixels: &mut [u8],
) -> Result<(), ImageError> {
    let (column, row) = (group % layout.chunks_across(), group / layout.chunks_across());
    let (x, y) = (column * layout.chunk_width, row * layout.chunk_height);
    let columns = layout.chunk_width.min(layout.width - x);
    let rows = layout.chunk_height.min(layout.height - y);
    // The last strip ends with the image, a tile is always whole.
    let stored_rows = if layout.tiled { layout.chunk_height } else { rows };
    let groups = layout.chunks_across() * layout.chunks_down();
    let planes = if layout.planar { layout.samples } else { 1 };
    let mut unpacked = Vec::with_capacity(planes);
    for plane in 0..planes {
        unpacked.push(unpack(directory, layout, plane * groups + group, stored_rows)?);
    }
    let row_bytes = layout.row_bytes();
    for line in 0..rows {
        let range = line * row_bytes..(line + 1) * row_bytes;
        let start = (y + line) * layout.width + x;
        let target = &mut pixels[start..start + columns];
        match &unpacked[..] {
            [samples] if layout.is_plain_gray() => {
                target.copy_from_slice(&samples[range.start..range.start + columns]);
            }
            [samples] => {
                let samples = samples_of(&samples[range], layout.bits);
                gray_row(layout, samples, target)?;
            }
            planes => {
                let mut lines: Vec<_> = planes
                    .iter()
                    .map(|plane| samples_of(&plane[range.clone()], layout.bits))
                    .collect();
                let mut next = 0;
                let interleaved = std::iter::from_fn(|| {
                    next = (next + 1) % lines.len();
                    let plane = (next + lines.len() - 1) % lines.len();
                    lines[plane].next()
                });
                gray_row(layout, interleaved, target)?;
            }
        }
    }
    Ok(())
}

/// The bytes of one chunk with big-endian samples and the predictor undone.
fn unpack(
    directory: &Directory,
    layout: &Layout,
    index: usize,
    rows: usize,
) -> Result<Vec<u8>, ImageError> {
    let (offset, packed_bytes) = layout.chunk(index)?;
    let mut packed = directory.slice(offset, packed_bytes)?;
    // No packing needs more than this; a strip may claim the whole file.
    packed = &packed[..packed.len().min(2 * rows * layout.row_bytes() + 4096)];
    let reversed;
    if layout.lowest_bit_first {
        reversed = packed.iter().map(|byte| byte.reverse_bits()).collect::<Vec<_>>();
        packed = &reversed;
    }
    let mut bytes = layout.packing.unpack(packed, rows * layout.row_bytes())?;
    if layout.bits == 16 && directory.little_endian {
        for sample in bytes.chunks_exact_mut(2) {
            sample.swap(0, 1);
        }
    }
    if layout.predicted {
        let step = if layout.planar { 1 } else { layout.samples };
        for row in bytes.chunks_exact_mut(layout.row_bytes()) {
            undo_predictor(row, step, layout.bits);
        }
    }
    Ok(bytes)
}

/// Adds to each sample of 8 or 16 bits the one `step` before it.
fn undo_predictor(row: &mut [u8], step: usize, bits: u32) {
    if bits == 8 {
        for i in step..row.len() {
            row[i] = row[i].wrapping_add(row[i - step]);
        }
        return;
    }
    for i in (2 * step..row.len() - row.len() % 2).step_by(2) {
        let sample = |at: usize| u16::from_be_bytes([row[at], row[at + 1]]);
        let sum = sample(i).wrapping_add(sample(i - 2 * step));
        row[i..i + 2].copy_from_slice(&sum.to_be_bytes());
    }
}

fn samples_of(row: &[u8], bits: u32) -> PackedSamples<'_> {
    PackedSamples::new(row, bits)
}

/// Turns a row of samples, interleaved by pixel, to gray.
fn gray_row(
    layout: &Layout,
    mut samples: impl Iterator<Item = u32>,
    target: &mut [u8],
) -> Result<(), ImageError> {
    let mut pixel = vec![0; layout.samples];
    for gray in target {
        for sample in &mut pixel {
            *sample = samples.next().ok_or(directory::corrupt("row length"))?;
        }
        *gray = layout.gray(&pixel)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
