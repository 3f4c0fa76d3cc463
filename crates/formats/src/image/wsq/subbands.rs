//! Where the 64 subbands of the decomposition lie.
//!
//! The image is split into quarters, the low quarter again, and so on, until 64 rectangles tile it
//! (IAFIS-IC-0110, annex A). A split halves a rectangle on both axes. A rectangle that came out of
//! a high-pass filter has its spectrum reversed on that axis, so its own split on that axis puts
//! the high half first; the low half is the larger one where the length is odd.

/// A rectangle of the coefficient plane.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Rect {
    pub(super) x: usize,
    pub(super) y: usize,
    pub(super) width: usize,
    pub(super) height: usize,
}

impl Rect {
    pub(super) const fn area(self) -> usize {
        self.width * self.height
    }
}

/// One two-dimensional split.
#[derive(Debug, Clone, Copy)]
pub(super) struct Split {
    pub(super) rect: Rect,
    /// The high half of each row comes first.
    pub(super) row_reversed: bool,
    /// The high half of each column comes first.
    pub(super) column_reversed: bool,
}

/// Splits of an image: [`SPLITS`] of them, each before the splits of its quarters.
pub(super) const SPLITS: usize = 20;
/// Subbands, of which the last four are never coded.
pub(super) const SUBBANDS: usize = 64;
/// Subbands that are coded; 0..=18, 19..=51 and 52..=59 form one block of codes each.
pub(super) const CODED_SUBBANDS: usize = 60;
/// First subband after each block of codes.
pub(super) const BLOCK_ENDS: [usize; 3] = [19, 52, 60];

/// The decomposition of an image of one size.
pub(super) struct Decomposition {
    pub(super) splits: Vec<Split>,
    pub(super) subbands: [Rect; SUBBANDS],
}

impl Split {
    /// Top left, top right, bottom left and bottom right quarter.
    fn quarters(self) -> [Self; 4] {
        let Rect { x, y, width, height } = self.rect;
        let first = |len: usize, reversed| if reversed { len / 2 } else { len.div_ceil(2) };
        let (w, h) = (first(width, self.row_reversed), first(height, self.column_reversed));
        let rect = |x, y, width, height| Rect { x, y, width, height };
        [
            (rect(x, y, w, h), false, false),
            (rect(x + w, y, width - w, h), true, false),
            (rect(x, y + h, w, height - h), false, true),
            (rect(x + w, y + h, width - w, height - h), true, true),
        ]
        .map(|(rect, row_reversed, column_reversed)| Self {
            rect,
            row_reversed,
            column_reversed,
        })
    }
}

impl Decomposition {
    pub(super) fn new(width: usize, height: usize) -> Self {
        let rect = Rect { x: 0, y: 0, width, height };
        let root = Split { rect, row_reversed: false, column_reversed: false };
        let [low, right, below, corner] = root.quarters();
        let [low_2, right_2, below_2, corner_2] = low.quarters();
        let [low_3, right_3, below_3, corner_3] = low_2.quarters();
        let [low_4, right_4, below_4, corner_4] = low_3.quarters();

        let mut splits = vec![root, low, right, below, right_2];
        splits.extend(right_2.quarters());
        splits.push(below_2);
        splits.extend(below_2.quarters());
        splits.extend([low_2, low_3, right_3, below_3, corner_3, low_4]);
        debug_assert_eq!(splits.len(), SPLITS);

        let mut subbands = low_4.quarters().to_vec();
        subbands.extend([right_4, below_4, corner_4]);
        for parent in [right_3, below_3, corner_3] {
            subbands.extend(parent.quarters());
        }
        for grandparent in [right_2, below_2] {
            subbands.extend(grandparent.quarters().iter().flat_map(|parent| parent.quarters()));
        }
        subbands.push(corner_2);
        for parent in [right, below, corner] {
            subbands.extend(parent.quarters());
        }
        let subbands = std::array::from_fn(|i| subbands[i].rect);
        Self { splits, subbands }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_subbands_tile_the_plane_at_every_size() {
        for (width, height) in [(1, 1), (2, 3), (17, 31), (256, 256), (301, 287), (640, 479)] {
            let decomposition = Decomposition::new(width, height);
            let mut covered = vec![0_u8; width * height];
            for band in decomposition.subbands {
                for y in band.y..band.y + band.height {
                    for x in band.x..band.x + band.width {
                        covered[y * width + x] += 1;
                    }
                }
            }
            assert!(covered.iter().all(|&n| n == 1), "{width} x {height}");
        }
    }

    #[test]
    fn the_blocks_of_codes_cover_the_regions_of_the_specification() {
        let bands = Decomposition::new(512, 512).subbands;
        let area = |bands: &[Rect]| bands.iter().map(|b| b.area()).sum::<usize>();
        assert_eq!(area(&bands[..19]), 512 * 512 / 16);
        assert_eq!(area(&bands[19..52]), 512 * 512 * 3 / 16);
        assert_eq!(area(&bands[52..60]), 512 * 512 / 2);
        assert_eq!(bands[0], Rect { x: 0, y: 0, width: 16, height: 16 });
        assert_eq!(bands[51], Rect { x: 128, y: 128, width: 128, height: 128 });
    }
}
