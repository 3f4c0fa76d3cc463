//! How much memory a codestream asks for.
//!
//! Source: ISO/IEC 15444-1, annex A (marker segments) and annex B (partition of the image).

use super::{FORMAT, corrupt};
use crate::image::cursor::Cursor;
use crate::image::{DecodeLimits, ImageError};

/// Most tiles that a codestream can number.
const TILES_MAX: u64 = 65_535;
/// Bookkeeping of the library, each rounded up and doubled for growth.
const TILE_BYTES: u64 = 1024;
const PRECINCT_BYTES: u64 = 256;
const CODE_BLOCK_BYTES: u64 = 512;
const LAYER_BYTES: u64 = 48;
/// Per pixel: the coefficients of one component, two buffers of the transform, the gray result.
const PIXEL_BYTES: u64 = 24;
/// Per pixel and component: its samples.
const SAMPLE_BYTES: u64 = 5;

/// The partition of an image, as the markers state it.
#[derive(Debug)]
pub(super) struct Budget {
    width: u64,
    height: u64,
    components: u64,
    tiles_across: u64,
    tiles_down: u64,
    /// Of the main header and of every tile.
    codings: Vec<Coding>,
}

/// A coding style.
#[derive(Debug, PartialEq, Eq)]
struct Coding {
    levels: u8,
    layers: u16,
    /// Binary logarithms of the sides of a code-block.
    block: [u8; 2],
    /// Binary logarithms of the sides of the precincts, by resolution; none means 15.
    precincts: Vec<[u8; 2]>,
}

impl Budget {
    /// Walks all markers, those of every tile-part included.
    ///
    /// # Errors
    /// A codestream that ends early or whose header contradicts itself.
    pub(super) fn read(codestream: &[u8]) -> Result<Self, ImageError> {
        let mut cursor = Cursor::new(codestream, FORMAT);
        cursor.take(2, "codestream")?;
        if cursor.u16_be("size marker")? != 0xff51 {
            return Err(corrupt("size marker"));
        }
        let mut budget = Self::size(segment(&mut cursor)?)?;
        loop {
            let part = cursor.clone();
            match cursor.u16_be("end of codestream")? {
                0xff90 => {
                    // Length counts from the marker; zero stands for all the rest.
                    let header = segment(&mut cursor)?;
                    let length = header.get(2..6).ok_or(corrupt("tile-part header"))?;
                    let bytes = length.iter().fold(0, |sum, &byte| sum << 8 | usize::from(byte));
                    let rest = part.rest();
                    let bytes = if bytes == 0 { rest.len() } else { bytes };
                    let mut whole = part;
                    budget.read_tile_part(whole.take(bytes, "tile-part")?)?;
                    cursor = whole;
                    if cursor.rest().is_empty() {
                        break;
                    }
                }
                0xffd9 => break,
                kind @ 0xff00.. => budget.read_coding(kind, segment(&mut cursor)?)?,
                _ => return Err(corrupt("marker")),
            }
        }
        Ok(budget)
    }

    /// The markers between the header of a tile-part and its data.
    fn read_tile_part(&mut self, part: &[u8]) -> Result<(), ImageError> {
        let mut cursor = Cursor::new(part, FORMAT);
        cursor.take(12, "tile-part header")?;
        while !cursor.rest().is_empty() {
            match cursor.u16_be("tile-part header")? {
                0xff93 => break,
                kind => self.read_coding(kind, segment(&mut cursor)?)?,
            }
        }
        Ok(())
    }

    fn size(segment: &[u8]) -> Result<Self, ImageError> {
        const PART: &str = "size marker";
        let mut cursor = Cursor::new(segment, FORMAT);
        cursor.take(2, PART)?;
        let mut pairs = [[0_u64; 2]; 4];
        for value in pairs.iter_mut().flatten() {
            *value = cursor.u32_be(PART)?.into();
        }
        let components = u64::from(cursor.u16_be(PART)?);
        let [end, start, tile, tile_start] = pairs;
        let length = |axis: usize| end[axis].checked_sub(start[axis]);
        let (width, height) = length(0).zip(length(1)).ok_or(corrupt(PART))?;
        let tiles = |axis: usize| match (end[axis].checked_sub(tile_start[axis]), tile[axis]) {
            (Some(length), 1..) => Ok(length.div_ceil(tile[axis])),
            _ => Err(corrupt("tile size")),
        };
        let (tiles_across, tiles_down) = (tiles(0)?, tiles(1)?);
        if components == 0 || tiles_across.saturating_mul(tiles_down) > TILES_MAX {
            return Err(corrupt("number of tiles"));
        }
        Ok(Self { width, height, components, tiles_across, tiles_down, codings: Vec::new() })
    }

    /// Takes note of a coding style, for all components or for one.
    fn read_coding(&mut self, kind: u16, segment: &[u8]) -> Result<(), ImageError> {
        const PART: &str = "coding style";
        let mut cursor = Cursor::new(segment, FORMAT);
        let layers = self.codings.first().map_or(1, |coding| coding.layers);
        let (style, layers) = match kind {
            0xff52 => {
                let style = cursor.u8(PART)?;
                cursor.u8(PART)?;
                let layers = cursor.u16_be(PART)?;
                cursor.u8(PART)?;
                (style, layers)
            }
            0xff53 => {
                cursor.take(if self.components < 257 { 1 } else { 2 }, PART)?;
                (cursor.u8(PART)?, layers)
            }
            _ => return Ok(()),
        };
        let levels = cursor.u8(PART)?;
        let block = [cursor.u8(PART)?, cursor.u8(PART)?].map(|stored| (stored & 15) + 2);
        cursor.take(2, PART)?;
        let given = if style & 1 == 1 { cursor.rest() } else { &[] };
        let precincts = given.iter().map(|&both| [both & 15, both >> 4]).collect();
        let coding = Coding { levels, layers, block, precincts };
        // Many tiles may repeat one style.
        if !self.codings.contains(&coding) {
            self.codings.push(coding);
        }
        // Each is worth an estimate below; more kinds than this are no image.
        if self.codings.len() > 1000 { Err(corrupt("number of coding styles")) } else { Ok(()) }
    }

    /// # Errors
    /// The image exceeds `limits`.
    pub(super) fn check(&self, limits: &DecodeLimits) -> Result<(), ImageError> {
        let pixel_bytes = PIXEL_BYTES + SAMPLE_BYTES * self.components;
        limits.admit(self.width, self.height, pixel_bytes)?;
        let tiles = self.tiles_across * self.tiles_down;
        let worst = self.codings.iter().map(|coding| self.partition_bytes(coding)).max();
        let bookkeeping = worst.unwrap_or(0).saturating_add(tiles * TILE_BYTES);
        let pixels = self.width * self.height * pixel_bytes;
        limits.admit_memory(pixels.saturating_add(bookkeeping.saturating_mul(self.components)))
    }

    /// Bytes of bookkeeping for one component: precincts, code-blocks and layers.
    fn partition_bytes(&self, coding: &Coding) -> u64 {
        let mut bytes = 0_u64;
        for resolution in 0..=coding.levels.min(32) {
            // Above the lowest resolution three bands of half the size make it up.
            let halving = u32::from(resolution > 0);
            let bands = if resolution > 0 { 3 } else { 1 };
            let shift = u32::from(coding.levels.min(32) - resolution);
            let [ppx, ppy] = *coding.precincts.get(usize::from(resolution)).unwrap_or(&[15, 15]);
            let [block_x, block_y] = coding.block;
            let axis = |length: u64, tiles: u64, precinct: u8, block: u8| {
                let length = length.div_ceil(1 << shift);
                let precincts = length.div_ceil(1 << precinct) + tiles;
                let block = u32::from(block).min(u32::from(precinct).saturating_sub(halving));
                let blocks = length.div_ceil(1 << (halving + block)) + precincts;
                (precincts, blocks)
            };
            let (precincts_x, blocks_x) = axis(self.width, self.tiles_across, ppx, block_x);
            let (precincts_y, blocks_y) = axis(self.height, self.tiles_down, ppy, block_y);
            let block_bytes = CODE_BLOCK_BYTES + LAYER_BYTES * u64::from(coding.layers);
            let band = precincts_x.saturating_mul(precincts_y).saturating_mul(PRECINCT_BYTES);
            let band =
                band.saturating_add(blocks_x.saturating_mul(blocks_y).saturating_mul(block_bytes));
            bytes = bytes.saturating_add(band.saturating_mul(bands));
        }
        bytes
    }
}

fn segment<'a>(cursor: &mut Cursor<'a>) -> Result<&'a [u8], ImageError> {
    let bytes = usize::from(cursor.u16_be("marker segment")?);
    let bytes = bytes.checked_sub(2).ok_or(corrupt("marker segment"))?;
    cursor.take(bytes, "marker segment")
}
