//! Ridges thinned to lines one pixel wide.

use crate::plane::Plane;

/// The eight neighbours, clockwise from the one above.
pub(crate) const AROUND: [(isize, isize); 8] =
    [(0, -1), (1, -1), (1, 0), (1, 1), (0, 1), (-1, 1), (-1, 0), (-1, -1)];

/// Whether a pixel with these neighbours goes in the first and in the second half step; bit `k`
/// stands for neighbour `k` of [`AROUND`].
const GOES: [[bool; 256]; 2] = deletion_tables();

/// Guo and Hall, "Parallel thinning with two-subiteration algorithms", Communications of the ACM
/// 32(3) 1989, algorithm A1.
const fn deletion_tables() -> [[bool; 256]; 2] {
    let mut tables = [[false; 256]; 2];
    let mut around = 0;
    while around < 256 {
        let mut p = [0; 8];
        let mut k = 0;
        while k < 8 {
            p[k] = (around >> k) & 1;
            k += 1;
        }
        let crossings = ((1 - p[0]) & (p[1] | p[2]))
            + ((1 - p[2]) & (p[3] | p[4]))
            + ((1 - p[4]) & (p[5] | p[6]))
            + ((1 - p[6]) & (p[7] | p[0]));
        let odd = (p[7] | p[0]) + (p[1] | p[2]) + (p[3] | p[4]) + (p[5] | p[6]);
        let even = (p[0] | p[1]) + (p[2] | p[3]) + (p[4] | p[5]) + (p[6] | p[7]);
        let least = if odd < even { odd } else { even };
        let goes = crossings == 1 && least >= 2 && least <= 3;
        tables[0][around] = goes && (p[4] | p[5] | (1 - p[7])) & p[6] == 0;
        tables[1][around] = goes && (p[0] | p[1] | (1 - p[3])) & p[2] == 0;
        around += 1;
    }
    tables
}

/// A set of pixels with an empty frame of one pixel, so that every pixel has eight neighbours.
pub(crate) struct Skeleton {
    pixels: Plane<bool>,
}

impl Skeleton {
    /// Thins the pixels that `is_ridge` says are ridge.
    pub(crate) fn of(width: usize, height: usize, is_ridge: impl Fn(usize, usize) -> bool) -> Self {
        let mut pixels = Plane::filled(width + 2, height + 2, false);
        let mut left = Vec::new();
        for y in 0..height {
            for x in 0..width {
                if is_ridge(x, y) {
                    pixels.set(x + 1, y + 1, true);
                    left.push((y + 1) * (width + 2) + x + 1);
                }
            }
        }
        let mut skeleton = Self { pixels };
        skeleton.thin(left);
        skeleton
    }

    fn thin(&mut self, mut left: Vec<usize>) {
        loop {
            let before = left.len();
            for goes in &GOES {
                let leaving: Vec<usize> =
                    left.iter().copied().filter(|p| goes[self.bits(*p)]).collect();
                leaving.iter().for_each(|p| self.pixels.cells[*p] = false);
                left.retain(|p| self.pixels.cells[*p]);
            }
            if left.len() == before {
                return;
            }
        }
    }

    fn bits(&self, place: usize) -> usize {
        let stride = self.pixels.width;
        let cells = &self.pixels.cells;
        let (above, below) = (place - stride, place + stride);
        usize::from(cells[above])
            | usize::from(cells[above + 1]) << 1
            | usize::from(cells[place + 1]) << 2
            | usize::from(cells[below + 1]) << 3
            | usize::from(cells[below]) << 4
            | usize::from(cells[below - 1]) << 5
            | usize::from(cells[place - 1]) << 6
            | usize::from(cells[above - 1]) << 7
    }

    /// Whether a pixel is on a line; false outside.
    pub(crate) fn has(&self, x: usize, y: usize) -> bool {
        self.pixels.at(x + 1, y + 1)
    }

    /// Takes a pixel off its line.
    pub(crate) fn remove(&mut self, x: usize, y: usize) {
        self.pixels.set(x + 1, y + 1, false);
    }

    /// All pixels of lines, row by row.
    pub(crate) fn points(&self) -> Vec<(usize, usize)> {
        let stride = self.pixels.width;
        let set = self.pixels.cells.iter().enumerate().filter(|(_, set)| **set);
        set.map(|(place, _)| (place % stride - 1, place / stride - 1)).collect()
    }

    /// Number of lines that leave a pixel: 1 at an ending, 2 along a line, 3 at a bifurcation
    /// (Rutovitz's crossing number).
    pub(crate) fn branches(&self, x: usize, y: usize) -> usize {
        let bits = self.bits((y + 1) * self.pixels.width + x + 1);
        let turned = (bits << 1 | bits >> 7) & 0xFF;
        (bits ^ turned).count_ones() as usize / 2
    }

    /// The neighbours that are on a line: straight ones first, so that a walk takes no short cuts.
    pub(crate) fn neighbors(&self, x: usize, y: usize) -> impl Iterator<Item = (usize, usize)> {
        [0, 2, 4, 6, 1, 3, 5, 7].into_iter().filter_map(move |k: usize| {
            let (dx, dy) = AROUND[k];
            let (nx, ny) = (x.checked_add_signed(dx)?, y.checked_add_signed(dy)?);
            (nx + 2 < self.pixels.width && ny + 2 < self.pixels.height && self.has(nx, ny))
                .then_some((nx, ny))
        })
    }

    /// Follows a line from `start` through its neighbour `next`, at most `steps` pixels, and stops
    /// at an ending or bifurcation. The path begins with `start`.
    pub(crate) fn walk(
        &self,
        start: (usize, usize),
        next: (usize, usize),
        steps: usize,
    ) -> Vec<(usize, usize)> {
        let mut path = vec![start, next];
        while path.len() <= steps {
            let (x, y) = path[path.len() - 1];
            let before = path[path.len() - 2];
            if self.branches(x, y) > 2 {
                break;
            }
            let near = |a: (usize, usize), b: (usize, usize)| {
                a.0.abs_diff(b.0) <= 1 && a.1.abs_diff(b.1) <= 1
            };
            let ahead = self
                .neighbors(x, y)
                .find(|n| !path.contains(n) && (path.len() > 2 || !near(*n, before)));
            let Some(ahead) = ahead else { break };
            path.push(ahead);
        }
        path
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A bar 5 pixels high from column 5 to 34, with a prong that leaves it at column 20.
    fn fork() -> Skeleton {
        Skeleton::of(50, 40, |x, y| {
            let bar = (5..35).contains(&x) && (10..15).contains(&y);
            let prong = (12..30).contains(&y) && x + 12 >= 20 + y && x + 12 < 25 + y;
            bar || prong
        })
    }

    #[test]
    fn a_fork_has_three_endings_and_one_bifurcation() {
        let skeleton = fork();
        let count = |n| {
            let points = skeleton.points();
            points.iter().filter(|(x, y)| skeleton.branches(*x, *y) == n).count()
        };
        assert_eq!((count(1), count(3)), (3, 1));
    }

    #[test]
    fn a_walk_goes_from_an_ending_to_the_bifurcation() {
        let skeleton = fork();
        let points = skeleton.points();
        let start =
            *points.iter().find(|(x, y)| *x < 12 && skeleton.branches(*x, *y) == 1).unwrap();
        let next = skeleton.neighbors(start.0, start.1).next().unwrap();
        let path = skeleton.walk(start, next, 100);
        let (x, y) = *path.last().unwrap();
        assert_eq!(skeleton.branches(x, y), 3);
        assert!((18..26).contains(&x), "column {x}");
    }
}
