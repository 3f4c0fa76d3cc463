//! From bytes to pixels.

use super::huffman::{BitReader, HuffmanTable, StreamEnd};
use super::quantizer::{Bin, Quantizer};
use super::segments::{Frame, Tables};
use super::subbands::{BLOCK_ENDS, CODED_SUBBANDS, Decomposition, Rect};
use super::{corrupt, marker, symbol};
use crate::image::cursor::Cursor;
use crate::image::{DecodeLimits, DecodedImage, ImageError, ImageFormat, raster};

/// Working memory: one `f32` coefficient and one pixel, rounded up for the row buffers.
const BYTES_PER_PIXEL: u64 = 6;

/// Decodes a WSQ stream. Resolution comes from a comment of NIST's convention, if there is one.
///
/// # Errors
/// [`ImageError`] for every byte string that is no whole WSQ image within `limits`.
pub fn decode(bytes: &[u8], limits: &DecodeLimits) -> Result<DecodedImage, ImageError> {
    let Some(rest) = bytes.strip_prefix(&[0xff, marker::START_OF_IMAGE]) else {
        return Err(ImageError::WrongFormat { expected: ImageFormat::Wsq });
    };
    let mut stream = Cursor::new(rest, ImageFormat::Wsq);
    let mut tables = Tables::default();
    let mut plane: Option<Plane> = None;
    loop {
        let kind = next_marker(&mut stream)?;
        if kind == marker::END_OF_IMAGE {
            break;
        }
        let segment = segment(&mut stream)?;
        match (kind, &mut plane) {
            (marker::START_OF_BLOCK, plane) => {
                let plane = match plane {
                    Some(plane) => plane,
                    None => plane.insert(Plane::new(&tables, limits)?),
                };
                let id = segment.first().ok_or(corrupt("block header"))?;
                let table = tables.huffman.get(usize::from(*id)).and_then(Option::as_ref);
                let table = table.ok_or(corrupt("Huffman table missing"))?;
                let used = plane.read_block(table, stream.rest())?;
                stream.take(used, "block")?;
            }
            (marker::QUANTIZATION_TABLE | marker::TRANSFORM_TABLE, Some(_)) => {
                return Err(corrupt("table between blocks"));
            }
            _ => tables.read(kind, segment)?,
        }
    }
    let plane = plane.ok_or(ImageError::NoImage { format: ImageFormat::Wsq })?;
    plane.finish(&tables)
}

fn next_marker(stream: &mut Cursor) -> Result<u8, ImageError> {
    match stream.u16_be("marker")?.to_be_bytes() {
        [0xff, kind] => Ok(kind),
        _ => Err(corrupt("marker expected")),
    }
}

fn segment<'a>(stream: &mut Cursor<'a>) -> Result<&'a [u8], ImageError> {
    let bytes = usize::from(stream.u16_be("segment")?);
    // The length counts itself.
    let bytes = bytes.checked_sub(2).ok_or(corrupt("segment length"))?;
    stream.take(bytes, "segment")
}

/// The coefficients of the whole image, filled in the order of the subbands.
struct Plane {
    frame: Frame,
    size: (u32, u32),
    decomposition: Decomposition,
    quantizer: Quantizer,
    coefficients: Vec<f32>,
    /// Subband being filled.
    band: usize,
    row: usize,
    column: usize,
}

impl Plane {
    fn new(tables: &Tables, limits: &DecodeLimits) -> Result<Self, ImageError> {
        let frame = tables.frame.ok_or(corrupt("frame header missing"))?;
        let quantizer = tables.quantizer.clone().ok_or(corrupt("quantization table missing"))?;
        let (width, height) =
            limits.admit(frame.width.into(), frame.height.into(), BYTES_PER_PIXEL)?;
        let (columns, rows) = (width as usize, height as usize);
        let mut plane = Self {
            frame,
            size: (width, height),
            decomposition: Decomposition::new(columns, rows),
            quantizer,
            coefficients: vec![0.0; columns * rows],
            band: 0,
            row: 0,
            column: 0,
        };
        plane.skip_empty_bands();
        Ok(plane)
    }

    fn is_full(&self) -> bool {
        self.band == CODED_SUBBANDS
    }

    /// Whether the next coefficient is the first of a block of codes, or there is none.
    fn is_at_block_end(&self) -> bool {
        let starts_band = self.row == 0 && self.column == 0;
        // Subbands left out may lie between the end of a block and the next coded subband.
        let is_end =
            |end: &usize| *end <= self.band && (*end..self.band).all(|band| self.is_left_out(band));
        starts_band && BLOCK_ENDS.iter().any(is_end)
    }

    fn is_left_out(&self, band: usize) -> bool {
        self.quantizer.bins[band].is_skipped() || self.decomposition.subbands[band].area() == 0
    }

    fn skip_empty_bands(&mut self) {
        while !self.is_full() && self.is_left_out(self.band) {
            self.band += 1;
        }
    }

    /// The subband being filled and its bins.
    ///
    /// # Errors
    /// There is none left: the codes describe more coefficients than the image has.
    fn target(&self) -> Result<(Rect, Bin), ImageError> {
        if self.is_full() {
            return Err(corrupt("more coefficients than pixels"));
        }
        Ok((self.decomposition.subbands[self.band], self.quantizer.bins[self.band]))
    }

    fn push(&mut self, index: i32) -> Result<(), ImageError> {
        let (rect, bin) = self.target()?;
        let at = (rect.y + self.row) * self.size.0 as usize + rect.x + self.column;
        self.coefficients[at] = bin.value(index, self.quantizer.center);
        self.advance(1, rect);
        Ok(())
    }

    /// Leaves `count` coefficients at zero.
    fn push_zeros(&mut self, mut count: usize) -> Result<(), ImageError> {
        while count > 0 {
            let (rect, _) = self.target()?;
            let step = count.min(rect.width - self.column);
            self.advance(step, rect);
            count -= step;
        }
        Ok(())
    }

    /// Moves on by `count` columns, which the row of `rect` has.
    fn advance(&mut self, count: usize, rect: Rect) {
        self.column += count;
        if self.column == rect.width {
            (self.column, self.row) = (0, self.row + 1);
        }
        if self.row == rect.height {
            (self.row, self.band) = (0, self.band + 1);
            self.skip_empty_bands();
        }
    }

    /// Reads one block of codes and returns how many bytes it has, up to the marker behind it.
    fn read_block(&mut self, table: &HuffmanTable, bytes: &[u8]) -> Result<usize, ImageError> {
        let mut bits = BitReader::new(bytes);
        loop {
            // Bits that fill the last byte of a block can look like a code.
            if self.is_at_block_end()
                && let (StreamEnd::Marker(_) | StreamEnd::EndOfData, 0..8) = bits.end()
            {
                break;
            }
            let Some(value) = table.decode(&mut bits)? else {
                match bits.end().0 {
                    StreamEnd::Marker(marker::RESTART_FIRST..=marker::RESTART_LAST) => {
                        bits.skip_marker();
                        continue;
                    }
                    _ => break,
                }
            };
            match value {
                1..=symbol::RUN_MAX => self.push_zeros(usize::from(value))?,
                symbol::POSITIVE_8 => self.push(bits.number(8)? as i32)?,
                symbol::NEGATIVE_8 => self.push(-(bits.number(8)? as i32))?,
                symbol::POSITIVE_16 => self.push(bits.number(16)? as i32)?,
                symbol::NEGATIVE_16 => self.push(-(bits.number(16)? as i32))?,
                symbol::RUN_8 => self.push_zeros(bits.number(8)? as usize)?,
                symbol::RUN_16 => self.push_zeros(bits.number(16)? as usize)?,
                107..=254 => self.push(i32::from(value) - symbol::BIN_OFFSET)?,
                0 | 255 => return Err(corrupt("Huffman value")),
            }
        }
        if bits.end().0 == StreamEnd::EndOfData {
            return Err(ImageError::Truncated { format: ImageFormat::Wsq, part: "block" });
        }
        Ok(bits.position())
    }

    /// Runs the filter bank backwards and rounds to pixels.
    fn finish(mut self, tables: &Tables) -> Result<DecodedImage, ImageError> {
        if !self.is_full() {
            return Err(corrupt("fewer coefficients than pixels"));
        }
        let synthesis = tables.synthesis.as_ref().ok_or(corrupt("transform table missing"))?;
        for split in self.decomposition.splits.iter().rev() {
            synthesis.join(&mut self.coefficients, self.size.0 as usize, *split);
        }
        let Frame { shift, scale, .. } = self.frame;
        // A cast from float to integer cuts, saturates, and makes zero of what is no number.
        let pixel = |value: &f32| (value * scale + shift + 0.5) as u8;
        let pixels = self.coefficients.iter().map(pixel).collect();
        let image = raster::image(ImageFormat::Wsq, self.size, pixels)?;
        let decoded = DecodedImage::new(image, ImageFormat::Wsq, 8, false);
        Ok(decoded.with_resolution(tables.resolution))
    }
}
