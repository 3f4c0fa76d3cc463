//! The skeleton as a graph: places where lines end or split, and the lines between them.

use crate::bits::BitImage;

/// A pixel of the skeleton.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Point {
    pub(crate) x: i16,
    pub(crate) y: i16,
}

/// A place where one line ends or several meet.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) at: Point,
    /// Lines that start here; a line from the node to itself is there twice. Empty once removed.
    pub(crate) lines: Vec<usize>,
}

/// A line between two nodes.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    pub(crate) nodes: [usize; 2],
    /// From the first node to the second, nodes included.
    pub(crate) points: Vec<Point>,
    pub(crate) alive: bool,
}

impl Line {
    /// Length in steps from pixel to pixel.
    pub(crate) fn steps(&self) -> usize {
        self.points.len() - 1
    }
}

/// All nodes and lines. Closed lines without a node are not kept: nothing ends or splits there.
#[derive(Debug, Clone, Default)]
pub(crate) struct Graph {
    pub(crate) nodes: Vec<Node>,
    pub(crate) lines: Vec<Line>,
}

/// Steps to the eight neighbors, the four nearer ones first.
const STEPS: [(isize, isize); 8] =
    [(0, -1), (1, 0), (0, 1), (-1, 0), (1, -1), (1, 1), (-1, 1), (-1, -1)];
/// Steps around a pixel, clockwise from the north.
const RING: [(isize, isize); 8] =
    [(0, -1), (1, -1), (1, 0), (1, 1), (0, 1), (-1, 1), (-1, 0), (-1, -1)];

/// No node at a pixel.
const NONE: u32 = u32::MAX;

/// What a graph is built from.
struct Tracer<'a> {
    bits: &'a BitImage,
    /// Node of every pixel, [`NONE`] on lines and background.
    node_at: Vec<u32>,
    visited: BitImage,
    graph: Graph,
}

impl Graph {
    /// Traces all lines of a skeleton.
    pub(crate) fn trace(skeleton: &BitImage) -> Self {
        let (width, height) = (skeleton.width(), skeleton.height());
        let mut tracer = Tracer {
            bits: skeleton,
            node_at: vec![NONE; width * height],
            visited: BitImage::zero(width, height),
            graph: Self::default(),
        };
        let members = tracer.find_nodes();
        for (node, pixels) in members.iter().enumerate() {
            for pixel in pixels {
                for step in STEPS {
                    tracer.follow(node, *pixel, step);
                }
            }
        }
        tracer.graph
    }

    /// The other end of a line.
    pub(crate) fn other_end(&self, line: usize, node: usize) -> usize {
        let [a, b] = self.lines[line].nodes;
        if a == node { b } else { a }
    }

    /// Removes a line; a node left with two lines becomes a point of the one line they make.
    pub(crate) fn remove_line(&mut self, line: usize) {
        self.lines[line].alive = false;
        let [a, b] = self.lines[line].nodes;
        for node in [a, b] {
            self.nodes[node].lines.retain(|other| *other != line);
        }
        self.dissolve(a);
        if a != b {
            self.dissolve(b);
        }
    }

    /// Adds a straight line between two nodes and dissolves them where they have two lines then.
    pub(crate) fn join(&mut self, a: usize, b: usize) {
        let points = straight(self.nodes[a].at, self.nodes[b].at);
        let line = self.lines.len();
        self.lines.push(Line { nodes: [a, b], points, alive: true });
        self.nodes[a].lines.push(line);
        self.nodes[b].lines.push(line);
        self.dissolve(a);
        self.dissolve(b);
    }

    /// Makes one line of the two that meet at a node.
    fn dissolve(&mut self, node: usize) {
        let &[first, second] = self.nodes[node].lines.as_slice() else { return };
        self.nodes[node].lines.clear();
        if first == second {
            // A closed line that nothing ends on any more.
            self.lines[first].alive = false;
            return;
        }
        let far = self.other_end(second, node);
        let mut points = self.outward(first, node);
        points.reverse();
        points.extend_from_slice(&self.outward(second, node)[1..]);
        let near = self.other_end(first, node);
        self.lines[second].alive = false;
        self.lines[first] = Line { nodes: [near, far], points, alive: true };
        for line in &mut self.nodes[far].lines {
            if *line == second {
                *line = first;
            }
        }
    }

    /// The points of a line as seen from one of its nodes.
    pub(crate) fn outward(&self, line: usize, node: usize) -> Vec<Point> {
        let line = &self.lines[line];
        let mut points = line.points.clone();
        if line.nodes[0] != node {
            points.reverse();
        }
        points
    }
}

impl Tracer<'_> {
    fn index(&self, at: Point) -> usize {
        at.y as usize * self.bits.width() + at.x as usize
    }

    /// Marks endings and splits; touching pixels of a split become one node. Returns the pixels of
    /// every node.
    fn find_nodes(&mut self) -> Vec<Vec<Point>> {
        let mut members = Vec::new();
        for y in 0..self.bits.height() {
            for (index, word) in self.bits.row(y).iter().enumerate() {
                let mut word = *word;
                while word != 0 {
                    let x = index * 64 + word.trailing_zeros() as usize;
                    word &= word - 1;
                    let at = Point { x: x as i16, y: y as i16 };
                    if self.node_at[self.index(at)] == NONE && self.crossings(at) != 2 {
                        members.push(self.grow(at));
                    }
                }
            }
        }
        members
    }

    /// Lines that leave a pixel: half the changes around it.
    fn crossings(&self, at: Point) -> usize {
        let (x, y) = (at.x as isize, at.y as isize);
        let ring = RING.map(|(dx, dy)| self.bits.get(x + dx, y + dy));
        (0..8).filter(|i| !ring[*i] && ring[(i + 1) % 8]).count()
    }

    /// Makes a node of a pixel and, for a split, of the splits that touch it.
    fn grow(&mut self, at: Point) -> Vec<Point> {
        let node = self.graph.nodes.len() as u32;
        let mut pixels = vec![at];
        let index = self.index(at);
        self.node_at[index] = node;
        let split = self.crossings(at) > 2;
        let mut next = 0;
        while split && next < pixels.len() {
            let from = pixels[next];
            next += 1;
            for (dx, dy) in STEPS {
                let (x, y) = (from.x as isize + dx, from.y as isize + dy);
                if !self.bits.get(x, y) {
                    continue;
                }
                let to = Point { x: x as i16, y: y as i16 };
                let index = self.index(to);
                if self.node_at[index] == NONE && self.crossings(to) > 2 {
                    self.node_at[index] = node;
                    pixels.push(to);
                }
            }
        }
        let count = pixels.len() as i32;
        let (x, y) =
            pixels.iter().fold((0, 0), |(x, y), p| (x + i32::from(p.x), y + i32::from(p.y)));
        let near = |p: &&Point| {
            let (dx, dy) = (i32::from(p.x) * count - x, i32::from(p.y) * count - y);
            dx * dx + dy * dy
        };
        let at = *pixels.iter().min_by_key(near).unwrap_or(&at);
        self.graph.nodes.push(Node { at, lines: Vec::new() });
        pixels
    }

    /// Follows the line that leaves a pixel of a node by a step, if there is one not yet followed.
    fn follow(&mut self, node: usize, from: Point, step: (isize, isize)) {
        let (mut x, mut y) = (from.x as isize + step.0, from.y as isize + step.1);
        if !self.bits.get(x, y) || self.visited.get(x, y) {
            return;
        }
        let mut points = vec![self.graph.nodes[node].at];
        if points[0] != from {
            points.push(from);
        }
        let mut came_from = from;
        loop {
            let at = Point { x: x as i16, y: y as i16 };
            let met = self.node_at[self.index(at)];
            if met != NONE {
                // Two nodes that touch: followed once, from the earlier one.
                let direct = came_from == from;
                if direct && (met as usize <= node || self.touching(node, met as usize)) {
                    return;
                }
                return self.finish(node, met as usize, points, at);
            }
            self.visited.set(x as usize, y as usize, true);
            points.push(at);
            let Some((next_x, next_y)) = self.next(at, came_from, node) else {
                return self.finish_loose(node, points);
            };
            came_from = at;
            (x, y) = (next_x, next_y);
        }
    }

    /// Whether a line without pixels of its own joins two nodes already.
    fn touching(&self, a: usize, b: usize) -> bool {
        let mut lines = self.graph.nodes[a].lines.iter();
        lines.any(|l| self.graph.lines[*l].nodes == [a, b] && self.graph.lines[*l].steps() <= 3)
    }

    /// The next pixel of a line: another node if one touches, else an unvisited pixel.
    fn next(&self, at: Point, came_from: Point, start: usize) -> Option<(isize, isize)> {
        let mut onward = None;
        let mut back_to_start = None;
        for (dx, dy) in STEPS {
            let (x, y) = (at.x as isize + dx, at.y as isize + dy);
            let here = Point { x: x as i16, y: y as i16 };
            if !self.bits.get(x, y) || here == came_from {
                continue;
            }
            let met = self.node_at[self.index(here)];
            if met == NONE {
                if !self.visited.get(x, y) && onward.is_none() {
                    onward = Some((x, y));
                }
            } else if met as usize != start {
                return Some((x, y));
            } else if self.node_at[self.index(came_from)] == NONE {
                back_to_start = Some((x, y));
            }
        }
        onward.or(back_to_start)
    }

    fn finish(&mut self, a: usize, b: usize, mut points: Vec<Point>, last: Point) {
        points.push(last);
        let center = self.graph.nodes[b].at;
        if center != last {
            points.push(center);
        }
        let line = self.graph.lines.len();
        self.graph.lines.push(Line { nodes: [a, b], points, alive: true });
        self.graph.nodes[a].lines.push(line);
        self.graph.nodes[b].lines.push(line);
    }

    /// A line that ran into pixels already followed: it ends there.
    fn finish_loose(&mut self, node: usize, mut points: Vec<Point>) {
        let Some(last) = points.pop() else { return };
        let end = self.graph.nodes.len();
        self.graph.nodes.push(Node { at: last, lines: Vec::new() });
        self.finish(node, end, points, last);
    }
}

/// Pixels of a straight line, both ends included.
fn straight(a: Point, b: Point) -> Vec<Point> {
    let (dx, dy) = (i32::from(b.x - a.x), i32::from(b.y - a.y));
    let steps = dx.abs().max(dy.abs()).max(1);
    let at = |start: i16, delta: i32, step: i32| {
        let doubled = 2 * delta * step + steps;
        (i32::from(start) + doubled.div_euclid(2 * steps)) as i16
    };
    (0..=steps).map(|i| Point { x: at(a.x, dx, i), y: at(a.y, dy, i) }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trace(rows: &[&str]) -> Graph {
        let mut bits = BitImage::zero(rows[0].len(), rows.len());
        for (y, row) in rows.iter().enumerate() {
            for (x, pixel) in row.bytes().enumerate() {
                bits.set(x, y, pixel == b'#');
            }
        }
        Graph::trace(&bits)
    }

    /// Lines at every node that has any, falling.
    fn degrees(graph: &Graph) -> Vec<usize> {
        let mut degrees: Vec<usize> =
            graph.nodes.iter().map(|n| n.lines.len()).filter(|d| *d > 0).collect();
        degrees.sort_unstable_by(|a, b| b.cmp(a));
        degrees
    }

    fn fork() -> Graph {
        trace(&[
            "..........", //
            ".......#..",
            "......#...",
            ".#####....",
            "......#...",
            ".......#..",
            "..........",
        ])
    }

    #[test]
    fn a_line_has_two_ends_and_all_its_pixels() {
        let graph = trace(&["........", ".#####..", "......#.", "........"]);
        assert_eq!(degrees(&graph), [1, 1]);
        assert_eq!(graph.lines.len(), 1);
        assert_eq!(graph.lines[0].steps(), 5);
    }

    #[test]
    fn a_fork_has_one_split_and_three_ends() {
        let graph = fork();
        assert_eq!(degrees(&graph), [3, 1, 1, 1]);
        let split = graph.nodes.iter().find(|n| n.lines.len() == 3).unwrap();
        assert_eq!(split.at, Point { x: 5, y: 3 });
    }

    #[test]
    fn a_closed_line_has_no_node() {
        let graph = trace(&["......", "..##..", ".#..#.", "..##..", "......"]);
        assert_eq!(degrees(&graph), []);
    }

    #[test]
    fn removing_a_branch_makes_one_line_of_the_other_two() {
        let mut graph = fork();
        let split = graph.nodes.iter().position(|n| n.lines.len() == 3).unwrap();
        let branch = graph.nodes[split].lines[0];
        graph.remove_line(branch);
        assert_eq!(degrees(&graph), [1, 1]);
        let alive: Vec<&Line> = graph.lines.iter().filter(|line| line.alive).collect();
        assert_eq!(alive.len(), 1);
        let steps = alive[0].points.windows(2);
        assert!(steps.into_iter().all(|pair| {
            (pair[0].x - pair[1].x).abs() <= 1 && (pair[0].y - pair[1].y).abs() <= 1
        }));
    }

    #[test]
    fn joining_two_ends_makes_one_line() {
        let mut graph = trace(&["............", ".###....###.", "............"]);
        assert_eq!(degrees(&graph), [1, 1, 1, 1]);
        let place = |x| graph.nodes.iter().position(|n| n.at == Point { x, y: 1 }).unwrap();
        let (a, b) = (place(3), place(8));
        graph.join(a, b);
        assert_eq!(degrees(&graph), [1, 1]);
        let line = graph.lines.iter().find(|line| line.alive).unwrap();
        assert_eq!(line.steps(), 9);
    }

    #[test]
    fn closing_a_ring_leaves_no_node() {
        let mut graph = trace(&["......", "..###.", ".#..#.", ".#....", "......"]);
        let ends: Vec<usize> =
            (0..graph.nodes.len()).filter(|n| graph.nodes[*n].lines.len() == 1).collect();
        graph.join(ends[0], ends[1]);
        assert_eq!(degrees(&graph), []);
    }
}
