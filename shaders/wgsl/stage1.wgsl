// Kernel stage1: the part that both of its entry points share.
//
// Compares every reference of a task with the prints of a pass and raises, for each print, the best
// score of each reference's owner. Twin: src/twin/stage1.rs, the same numbered steps. Definition:
// `matching::stage1`. Integers only.
//
// records  276 words a reference, src/layout.rs: header, 32 directions, 32 norms, 32 x 256 bits
// owners   one word a reference: the index of its person
// prints   292 words a print: 256 words of bits, 32 lanes of start and window, header
// best     `persons` words a print: best score plus one, 0 without an eligible reference
//
// Both entry points stage a reference in workgroup memory, word-major: lanes that read the same
// word of different cylinders meet different banks, so each lane may walk the references within its
// own direction gate without a barrier or a vote within the walk.

const CYLINDERS: u32 = 32u;
const WORDS: u32 = 8u;
const RECORD_WORDS: u32 = 276u;
const THETAS_WORD: u32 = 4u;
const NORMS_WORD: u32 = 12u;
const BITS_WORD: u32 = 20u;
const PRINT_WORDS: u32 = 292u;
const PRINT_LANES_WORD: u32 = 256u;
const PRINT_HEADER_WORD: u32 = 288u;
const COST_BASE: u32 = 256u;
const SIMILARITY_BITS: u32 = 10u;
const ANY_EXTRACTOR: u32 = 65536u;
// References at a time in a workgroup.
const ROWS: u32 = 8u;

// Full adders before the bit count: 0, 3 or 4. Each turns one of the eight counts into logic.
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
    // Twice the direction gate, at most 255.
    gate_span: u32,
    // Similarities that count, at most 32.
    counted: u32,
    prints: u32,
}

@group(0) @binding(0) var<uniform> task: Task;
@group(0) @binding(1) var<storage, read> prints: array<u32>;
@group(0) @binding(2) var<storage, read_write> best: array<atomic<u32>>;
@group(1) @binding(0) var<storage, read> records: array<u32>;
@group(1) @binding(1) var<storage, read> owners: array<u32>;

// Word w of cylinder c of row r: 256 r + 32 w + c.
var<workgroup> row_bits: array<u32, 2048>;
// Direction in the low byte, `COST_BASE - norm` above it.
var<workgroup> row_lanes: array<u32, 256>;
// Similarities of the probe's cylinders.
var<workgroup> row_similarities: array<u32, 256>;

fn takes_part(print: u32) -> bool {
    let mask = select(task.prints_high, task.prints_low, print < 32u);
    return ((mask >> (print & 31u)) & 1u) == 1u;
}

// Step 1: one cylinder of a reference into workgroup memory.
fn stage(base: u32, row: u32, cylinder: u32) {
    let bits = base + BITS_WORD + cylinder;
    for (var word = 0u; word < WORDS; word += 1u) {
        row_bits[row * 256u + word * CYLINDERS + cylinder] = records[bits + word * CYLINDERS];
    }
    let shift = 8u * (cylinder & 3u);
    let theta = (records[base + THETAS_WORD + cylinder / 4u] >> shift) & 255u;
    let norm = (records[base + NORMS_WORD + cylinder / 4u] >> shift) & 255u;
    row_lanes[row * CYLINDERS + cylinder] = theta | ((COST_BASE - norm) << 8u);
}

// The number of cylinders of a row with a direction below `window`: where the gate begins.
fn gate_start(row: u32, count: u32, window: u32) -> u32 {
    let lanes = row * CYLINDERS;
    var start = 0u;
    for (var step = 16u; step > 0u; step >>= 1u) {
        let next = start + step;
        if next <= count && (row_lanes[lanes + next - 1u] & 255u) < window {
            start = next;
        }
    }
    if start < count && (row_lanes[lanes + start] & 255u) < window {
        start += 1u;
    }
    return start;
}

fn majority(a: u32, b: u32, c: u32) -> u32 {
    return (a & b) | (c & (a ^ b));
}

// Step 3: bits in which two cylinders differ.
fn distance(differing: array<u32, 8>) -> u32 {
    var d = differing;
    if FULL_ADDERS == 0u {
        var sum = 0u;
        for (var word = 0u; word < WORDS; word += 1u) {
            sum += countOneBits(d[word]);
        }
        return sum;
    }
    // Three words of equal weight become their sum bit by bit and a carry of twice the weight.
    let sum_a = d[0] ^ d[1] ^ d[2];
    let carry_a = majority(d[0], d[1], d[2]);
    let sum_b = d[3] ^ d[4] ^ d[5];
    let carry_b = majority(d[3], d[4], d[5]);
    let sum_c = sum_a ^ sum_b ^ d[6];
    let carry_c = majority(sum_a, sum_b, d[6]);
    let ones = countOneBits(sum_c) + countOneBits(d[7]);
    if FULL_ADDERS == 3u {
        let carries = countOneBits(carry_a) + countOneBits(carry_b) + countOneBits(carry_c);
        return ones + 2u * carries;
    }
    let twos = countOneBits(carry_a ^ carry_b ^ carry_c);
    return ones + 2u * twos + 4u * countOneBits(majority(carry_a, carry_b, carry_c));
}

// Steps 2 to 5 of one probe cylinder: its similarity with the best reference cylinder within the
// gate. The directions of a reference rise, so those within the gate follow one another on the
// circle; the walk ends at the first beyond it.
fn best_similarity(print: u32, cylinder: u32, row: u32, count: u32) -> u32 {
    let base = print * PRINT_WORDS;
    let lane = prints[base + PRINT_LANES_WORD + cylinder];
    let start_cost = lane & 65535u;
    if start_cost == 0u {
        return 0u;
    }
    let window = lane >> 16u;
    var probe: array<u32, 8>;
    for (var word = 0u; word < WORDS; word += 1u) {
        probe[word] = prints[base + word * CYLINDERS + cylinder];
    }
    // Step 2.
    var at = gate_start(row, count, window);
    // Steps 3 and 4.
    var least = start_cost;
    for (var walked = 0u; walked < count; walked += 1u) {
        at = select(at, 0u, at >= count);
        let reference = row_lanes[row * CYLINDERS + at];
        if ((reference - window) & 255u) > task.gate_span {
            break;
        }
        var differing: array<u32, 8>;
        for (var word = 0u; word < WORDS; word += 1u) {
            differing[word] = probe[word] ^ row_bits[row * 256u + word * CYLINDERS + at];
        }
        least = min(least, (reference >> 8u) + 2u * distance(differing));
        at += 1u;
    }
    // Step 5.
    return start_cost - least;
}

// Cylinders of a reference that a print may be compared with: all, or none when the print asks for
// another extractor.
fn eligible(base: u32, print: u32) -> bool {
    let wanted = prints[print * PRINT_WORDS + PRINT_HEADER_WORD];
    return wanted == ANY_EXTRACTOR || wanted == (records[base] >> 16u);
}

fn raise(print: u32, owner: u32, score: u32) {
    atomicMax(&best[print * task.persons + owner], score + 1u);
}
