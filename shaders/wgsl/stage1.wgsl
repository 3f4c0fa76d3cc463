// Kernel stage1: the part that both of its entry points share.
//
// Compares every reference of a task with the prints of a pass and raises, for each print, the best
// score of each reference's owner. Twin: src/twin/stage1.rs, the same numbered steps. Definition:
// `matching::stage1`. Integers only.
//
// records  276 words a reference, src/layout.rs: header, 32 directions, 32 norms, 32 x 256 bits
// owners   one word a reference: the index of its person
// prints   97 quads a print: 32 first and 32 second halves of the folded bits of its cylinders, 32
//          gates, header
// best     `persons` words a print: best score plus one, 0 without an eligible reference
//
// Both entry points stage references in workgroup memory, half a cylinder after the other: lanes
// that read the same half of neighboring cylinders meet different banks, so each lane may walk the
// references within its own direction gate without a barrier or a vote within the walk.

const CYLINDERS: u32 = 32u;
const WORDS: u32 = 8u;
const RECORD_WORDS: u32 = 276u;
const THETAS_WORD: u32 = 4u;
const NORMS_WORD: u32 = 12u;
const BITS_WORD: u32 = 20u;
const PRINT_QUADS: u32 = 97u;
const PRINT_GATES_QUAD: u32 = 64u;
const PRINT_HEADER_QUAD: u32 = 96u;
const COST_BASE: u32 = 256u;
const SIMILARITY_BITS: u32 = 10u;
const ANY_EXTRACTOR: u32 = 65536u;
// Above the start of any probe cylinder.
const NO_CYLINDER: u32 = 65536u;
// Above every direction.
const NO_DIRECTION: u32 = 256u;
// References at a time in a workgroup.
const ROWS: u32 = 4u;

// Full adders before the bit count: 3 or 4. Each turns one of the eight counts into logic.
override FULL_ADDERS: u32 = 3u;

struct Task {
    // First reference of the task within the records bound, and how many.
    first: u32,
    count: u32,
    // Words from one print's row of `best` to the next.
    persons: u32,
    // Bit p: print p takes part.
    prints_low: u32,
    prints_high: u32,
    // Similarities that count, at most 32.
    counted: u32,
    prints: u32,
    unused: u32,
}

@group(0) @binding(0) var<uniform> task: Task;
@group(0) @binding(1) var<storage, read> prints: array<vec4<u32>>;
@group(0) @binding(2) var<storage, read_write> best: array<atomic<u32>>;
@group(1) @binding(0) var<storage, read> records: array<u32>;
@group(1) @binding(1) var<storage, read> owners: array<u32>;

// Half h of the folded words of cylinder c of row r: 64 r + 32 h + c.
var<workgroup> row_bits: array<vec4<u32>, 256>;
// In lanes without a cylinder `NO_DIRECTION`.
var<workgroup> row_thetas: array<u32, 128>;
// `COST_BASE - norm`; in lanes without a cylinder `NO_CYLINDER`.
var<workgroup> row_costs: array<u32, 128>;

fn takes_part(print: u32) -> bool {
    let mask = select(task.prints_high, task.prints_low, print < 32u);
    return ((mask >> (print & 31u)) & 1u) == 1u;
}

// Cylinders of a reference; none when it is not there.
fn cylinders_of(base: u32, present: bool) -> u32 {
    if !present {
        return 0u;
    }
    return min(records[base + 1u] & 255u, CYLINDERS);
}

// Step 1: one cylinder of a reference into workgroup memory; of `count` 0 nothing is read. The words
// are folded: the third of each three becomes the exclusive or of all three, the seventh that of the
// first seven, which are the sums of the full adders to come.
fn stage(base: u32, row: u32, cylinder: u32, count: u32) {
    let slot = row * CYLINDERS + cylinder;
    if cylinder >= count {
        row_thetas[slot] = NO_DIRECTION;
        row_costs[slot] = NO_CYLINDER;
        return;
    }
    let bits = base + BITS_WORD + cylinder;
    let b0 = records[bits];
    let b1 = records[bits + CYLINDERS];
    let b3 = records[bits + 3u * CYLINDERS];
    let b4 = records[bits + 4u * CYLINDERS];
    let fold_a = b0 ^ b1 ^ records[bits + 2u * CYLINDERS];
    let fold_b = b3 ^ b4 ^ records[bits + 5u * CYLINDERS];
    let fold_c = fold_a ^ fold_b ^ records[bits + 6u * CYLINDERS];
    row_bits[row * 64u + cylinder] = vec4<u32>(b0, b1, fold_a, b3);
    row_bits[row * 64u + CYLINDERS + cylinder] =
        vec4<u32>(b4, fold_b, fold_c, records[bits + 7u * CYLINDERS]);
    let shift = 8u * (cylinder & 3u);
    row_thetas[slot] = (records[base + THETAS_WORD + cylinder / 4u] >> shift) & 255u;
    row_costs[slot] = COST_BASE - ((records[base + NORMS_WORD + cylinder / 4u] >> shift) & 255u);
}

// Step 2: the number of cylinders of a row with directions below two bounds, each at most 256.
fn below(row: u32, bounds: vec2<u32>) -> vec2<u32> {
    let lanes = row * CYLINDERS;
    var found = vec2<u32>(0u);
    for (var step = CYLINDERS / 2u; step > 0u; step >>= 1u) {
        let at = vec2<u32>(lanes + step - 1u) + found;
        let thetas = vec2<u32>(row_thetas[at.x], row_thetas[at.y]);
        found += select(vec2<u32>(0u), vec2<u32>(step), thetas < bounds);
    }
    let at = vec2<u32>(lanes) + found;
    let thetas = vec2<u32>(row_thetas[at.x], row_thetas[at.y]);
    return found + select(vec2<u32>(0u), vec2<u32>(1u), thetas < bounds);
}

// The carry of three words of which two are known, and their sum bit by bit: where the two differ,
// the third is what the sum is not.
fn carry(a: u32, b: u32, sum: u32) -> u32 {
    return (a & b) | ((a ^ b) & ~sum);
}

// Step 3: bits in which two cylinders differ, from the differences of their folded words.
fn distance(a: vec4<u32>, b: vec4<u32>) -> u32 {
    let carry_a = carry(a.x, a.y, a.z);
    let carry_b = carry(a.w, b.x, b.y);
    let carry_c = carry(a.z, b.y, b.z);
    let ones = countOneBits(b.z) + countOneBits(b.w);
    if FULL_ADDERS == 3u {
        let carries = countOneBits(carry_a) + countOneBits(carry_b) + countOneBits(carry_c);
        return ones + 2u * carries;
    }
    let sum = carry_a ^ carry_b ^ carry_c;
    return ones + 2u * countOneBits(sum) + 4u * countOneBits(carry(carry_a, carry_b, sum));
}

// A cylinder of a print.
struct Cylinder {
    a: vec4<u32>,
    b: vec4<u32>,
    // Cost of no similarity, 0 without a cylinder; bounds of the directions within the gate, first
    // and one beyond the last; `CYLINDERS` when these turn over the end of the circle, else 0.
    gate: vec4<u32>,
}

fn cylinder_of(print: u32, cylinder: u32) -> Cylinder {
    let at = print * PRINT_QUADS + cylinder;
    return Cylinder(prints[at], prints[at + CYLINDERS], prints[at + PRINT_GATES_QUAD]);
}

// Steps 2 to 5 of one cylinder of a print: its similarity with the best cylinder of a reference
// within the gate. The directions of a reference rise, so those within the gate follow one another
// on the circle of 32 lanes, of which the last may be empty: their number is known before the walk,
// and no comparison in it waits for what was loaded.
fn best_similarity(probe: Cylinder, row: u32) -> u32 {
    // Step 2.
    let ends = below(row, probe.gate.yz);
    let steps = ends.y - ends.x + probe.gate.w;
    // Steps 3 and 4.
    var at = ends.x;
    var least = probe.gate.x;
    for (var walked = 0u; walked < steps; walked += 1u) {
        at &= CYLINDERS - 1u;
        let a = probe.a ^ row_bits[row * 64u + at];
        let b = probe.b ^ row_bits[row * 64u + CYLINDERS + at];
        least = min(least, row_costs[row * CYLINDERS + at] + 2u * distance(a, b));
        at += 1u;
    }
    // Step 5.
    return probe.gate.x - least;
}

// Whether a print may be compared with a reference: it may ask for one extractor.
fn eligible(base: u32, print: u32) -> bool {
    let wanted = prints[print * PRINT_QUADS + PRINT_HEADER_QUAD].x;
    return wanted == ANY_EXTRACTOR || wanted == (records[base] >> 16u);
}

// The owner is bounded: it comes from memory that a fault may have changed.
fn raise(print: u32, owner: u32, score: u32) {
    atomicMax(&best[print * task.persons + min(owner, task.persons - 1u)], score + 1u);
}
