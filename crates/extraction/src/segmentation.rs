//! Stage 2: where ridges can be followed.
//!
//! First by contrast alone, so that no time is spent on empty ground; then, once the image has been
//! filtered along its ridges, by clarity: the squared correlation of the print with its filtered
//! self. Ridges keep nearly all of their energy in the filter, noise of any contrast little.

use crate::bits::BitImage;
use crate::cells::Cells;
use crate::normalization::Normalized;
use crate::plane::Plane;

/// Cells of less contrast than this share of the best are empty.
const CONTRAST_SHARE: f32 = 0.22;
/// Cells of less contrast than this many gray levels are empty.
const CONTRAST_MIN: f32 = 2.0;
/// Least clarity of the foreground. At half of it, noise within the band of ridge periods still
/// passes for ridges, because the filter follows its best direction.
const CLARITY_MIN: f32 = 0.35;
/// Cells of less gradient energy than this share of what is usual in the print lie beside it: there
/// the filter only rings.
const ACTIVITY_SHARE: f32 = 0.2;
/// Components smaller than this share of the largest are dropped.
const COMPONENT_SHARE: f32 = 0.2;

/// Cells that are worth filtering.
pub(crate) fn by_contrast(normalized: &Normalized) -> Cells<bool> {
    let least = (CONTRAST_SHARE * normalized.contrast_best).max(CONTRAST_MIN);
    normalized.contrast.map(|contrast| contrast >= least)
}

/// Sums of products of the print `n` and its filtered self `e`.
#[derive(Debug, Clone, Copy, Default)]
struct Products {
    nn: f32,
    ne: f32,
    ee: f32,
}

/// Squared correlation of the print with its filtered self around every cell, `0.0..=1.0`.
pub(crate) fn clarity(plane: &Plane, enhanced: &Plane, usable: &Cells<bool>) -> Cells<f32> {
    let mut products = usable.map(|_| Products::default());
    let (columns, side) = (products.columns(), products.cell_px());
    for y in 0..plane.height() {
        let cells = &mut products.values_mut()[y / side * columns..][..columns];
        let rows = plane.row(y).chunks(side).zip(enhanced.row(y).chunks(side));
        for (cell, (n, e)) in cells.iter_mut().zip(rows) {
            for (n, e) in n.iter().zip(e) {
                cell.nn += n * n;
                cell.ne += n * e;
                cell.ee += e * e;
            }
        }
    }
    let smooth = products.smoothed(2, |sum, value, weight| Products {
        nn: sum.nn + weight * value.nn,
        ne: sum.ne + weight * value.ne,
        ee: sum.ee + weight * value.ee,
    });
    smooth.map(|p| {
        let norm = p.nn * p.ee;
        if norm > 1e-9 && p.ne > 0.0 { (p.ne * p.ne / norm).min(1.0) } else { 0.0 }
    })
}

/// The foreground cells: clear and active enough, in components of some size, without small holes.
pub(crate) fn by_clarity(
    clarity: &Cells<f32>,
    activity: &Cells<f32>,
    usable: &Cells<bool>,
) -> Cells<bool> {
    let add = |sum: f32, value: f32, weight: f32| sum + weight * value;
    let smooth = clarity.smoothed(1, add);
    let mut cells = smooth.map(|value| value >= CLARITY_MIN);
    for (cell, usable) in cells.values_mut().iter_mut().zip(usable.values()) {
        *cell &= usable;
    }
    let least = ACTIVITY_SHARE * typical(activity, &cells);
    for (cell, activity) in cells.values_mut().iter_mut().zip(activity.values()) {
        *cell &= *activity >= least;
    }
    let cells = majority(&majority(&cells));
    let cells = without_small_components(&cells, true, COMPONENT_SHARE, 0);
    // Holes are small components of the background.
    without_small_components(&cells, false, 0.0, 12)
}

/// The median of the values of the cells that are set, zero without any.
fn typical(values: &Cells<f32>, cells: &Cells<bool>) -> f32 {
    let set = values.values().iter().zip(cells.values()).filter(|(_, set)| **set);
    let mut set: Vec<f32> = set.map(|(value, _)| *value).collect();
    set.sort_unstable_by(f32::total_cmp);
    set.get(set.len() / 2).copied().unwrap_or(0.0)
}

/// Each cell becomes what most of the 3 x 3 cells around it are.
fn majority(cells: &Cells<bool>) -> Cells<bool> {
    let mut out = cells.clone();
    for row in 0..cells.rows() {
        for column in 0..cells.columns() {
            let set = cells.around(column, row, 1).filter(|(c, r)| cells.get(*c, *r)).count();
            out.set(column, row, set >= 5);
        }
    }
    out
}

/// Turns over the 4-connected components of `kind` that have at most `least` cells or less than
/// `share` of the largest.
fn without_small_components(
    cells: &Cells<bool>,
    kind: bool,
    share: f32,
    least: usize,
) -> Cells<bool> {
    let (columns, rows) = (cells.columns(), cells.rows());
    let mut seen = cells.map(|_| false);
    let mut components: Vec<Vec<usize>> = Vec::new();
    for start in 0..cells.values().len() {
        if cells.values()[start] != kind || seen.values()[start] {
            continue;
        }
        seen.values_mut()[start] = true;
        let mut component = vec![start];
        let mut next = 0;
        while let Some(&at) = component.get(next) {
            next += 1;
            let (column, row) = (at % columns, at / columns);
            let neighbors = [
                (column > 0).then(|| at - 1),
                (column + 1 < columns).then(|| at + 1),
                (row > 0).then(|| at - columns),
                (row + 1 < rows).then(|| at + columns),
            ];
            for at in neighbors.into_iter().flatten() {
                if cells.values()[at] == kind && !seen.values()[at] {
                    seen.values_mut()[at] = true;
                    component.push(at);
                }
            }
        }
        components.push(component);
    }
    let largest = components.iter().map(Vec::len).max().unwrap_or(0);
    let mut out = cells.clone();
    for component in components {
        if component.len() <= least || (component.len() as f32) < share * largest as f32 {
            component.iter().for_each(|at| out.values_mut()[*at] = !kind);
        }
    }
    out
}

/// The foreground as pixels, with corners rounded off.
pub(crate) fn mask(cells: &Cells<bool>, width: usize, height: usize) -> BitImage {
    let soft = cells.map(|cell| if cell { 1.0 } else { 0.0 });
    let mut bits = BitImage::zero(width, height);
    for y in 0..height {
        let row = bits.row_mut(y);
        for x in 0..width {
            if soft.interpolated(x as f32, y as f32) > 0.5 {
                row[x / 64] |= 1 << (x % 64);
            }
        }
    }
    bits
}

/// Distance of every pixel of the mask to the nearest pixel outside it or outside the image.
pub(crate) struct BorderDistance {
    width: usize,
    thirds: Vec<u16>,
}

impl BorderDistance {
    /// Chamfer distances with steps of 3 and 4 thirds of a pixel (G. Borgefors, CVGIP 34, 1986).
    pub(crate) fn new(mask: &BitImage) -> Self {
        let (width, height) = (mask.width(), mask.height());
        // A frame of zeros saves the special cases.
        let stride = width + 2;
        let mut d = vec![0u16; stride * (height + 2)];
        for y in 0..height {
            for x in 0..width {
                if mask.get(x as isize, y as isize) {
                    let i = (y + 1) * stride + x + 1;
                    let above = (d[i - stride] + 3).min(d[i - stride - 1] + 4);
                    d[i] = above.min(d[i - stride + 1] + 4).min(d[i - 1] + 3);
                }
            }
        }
        for y in (0..height).rev() {
            for x in (0..width).rev() {
                let i = (y + 1) * stride + x + 1;
                let below = (d[i + stride] + 3).min(d[i + stride + 1] + 4);
                d[i] = d[i].min(below).min(d[i + stride - 1] + 4).min(d[i + 1] + 3);
            }
        }
        Self { width: stride, thirds: d }
    }

    /// In pixels; zero outside the mask.
    pub(crate) fn at(&self, x: f32, y: f32) -> f32 {
        let index = (y + 1.5) as usize * self.width + (x + 1.5) as usize;
        f32::from(self.thirds.get(index).copied().unwrap_or(0)) / 3.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_components_and_small_holes_vanish() {
        let mut cells = Cells::filled(200, 160, 8, false);
        for row in 2..18 {
            for column in 2..15 {
                cells.set(column, row, true);
            }
        }
        cells.set(8, 8, false);
        cells.set(20, 3, true);
        let solid = without_small_components(&cells, true, COMPONENT_SHARE, 0);
        assert!(!solid.get(20, 3));
        let whole = without_small_components(&solid, false, 0.0, 12);
        assert!(whole.get(8, 8));
        assert_eq!(whole.values().iter().filter(|cell| **cell).count(), 16 * 13);
    }

    #[test]
    fn border_distance_counts_the_image_border_too() {
        let mut mask = BitImage::zero(40, 30);
        for y in 0..30 {
            for x in 10..40 {
                mask.set(x, y, true);
            }
        }
        let distance = BorderDistance::new(&mask);
        assert_eq!(distance.at(5.0, 15.0), 0.0);
        assert_eq!(distance.at(10.0, 15.0), 1.0);
        assert_eq!(distance.at(14.0, 15.0), 5.0);
        assert_eq!(distance.at(25.0, 2.0), 3.0);
        assert_eq!(distance.at(39.0, 15.0), 1.0);
    }

    #[test]
    fn clarity_is_one_for_a_print_that_the_filter_keeps_and_zero_for_one_it_turns_over() {
        let mut plane = Plane::zero(32, 32);
        for (index, value) in plane.values_mut().iter_mut().enumerate() {
            *value = if index / 4 % 2 == 0 { 1.0 } else { -1.0 };
        }
        let mut opposite = plane.clone();
        opposite.values_mut().iter_mut().for_each(|value| *value = -*value);
        let usable = Cells::filled(32, 32, 8, true);
        let same = clarity(&plane, &plane, &usable);
        assert!(same.values().iter().all(|value| *value > 0.999));
        assert!(clarity(&plane, &opposite, &usable).values().iter().all(|value| *value == 0.0));
    }
}
