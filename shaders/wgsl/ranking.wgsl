// Kernels accumulate, histogram, cut and compact: from scores of prints to the best persons,
// exactly.
//
// best    `persons` words a print: best score plus one, 0 without an eligible reference
// sums    one word a person: the sum over the prints plus one, 0 while no print had an eligible
//         reference; below 2^30
// state   the histogram, and what is known of the cut
// answer  a header, then the persons above the cut with their sums, then those exactly at it
//
// The cut is the largest sum that at least `limit` persons reach. It is found digit by digit, 10
// bits each, from the top: the histogram counts the next digit of those who share the digits known,
// and the cut takes the digit at which the limit falls. When fewer persons are eligible than
// wanted, the cut is 0 and all of them are above it. Layouts: src/layout/tasks.rs. Twins:
// src/twin/ranking.rs.

const WORKGROUP: u32 = 256u;
const DIGITS: u32 = 3u;
const DIGIT_BITS: u32 = 10u;
const BINS: u32 = 1024u;

struct Ranking {
    persons: u32,
    // Print whose row is added.
    print: u32,
    // Digit of the pass, 0 the highest.
    digit: u32,
    // Persons wanted, at least 1.
    limit: u32,
    // Tied persons that fit into the answer.
    tied_max: u32,
    // Workgroups in a row of the grid.
    grid_width: u32,
    unused_a: u32,
    unused_b: u32,
}

struct State {
    // Persons by the next digit; all zero between two cuts.
    bins: array<atomic<u32>, 1024>,
    // The digits known of the cut; after the last one the cut itself.
    prefix: u32,
    // Persons that still fit among those who share the prefix.
    room: u32,
    // 1 when all eligible persons pass.
    everyone: u32,
    unused: u32,
}

struct Answer {
    // Persons with a sum above 0.
    eligible: u32,
    above: atomic<u32>,
    tied: atomic<u32>,
    cut: u32,
    room: u32,
    unused_a: u32,
    unused_b: u32,
    unused_c: u32,
    // `limit` pairs of person and sum, then `tied_max` persons.
    entries: array<u32>,
}

@group(0) @binding(0) var<uniform> ranking: Ranking;
@group(0) @binding(1) var<storage, read_write> sums: array<u32>;
@group(0) @binding(2) var<storage, read> best: array<u32>;
@group(0) @binding(3) var<storage, read_write> state: State;
@group(0) @binding(4) var<storage, read_write> answer: Answer;

var<workgroup> group_bins: array<atomic<u32>, 1024>;

fn person_of(group: vec3<u32>, lane: u32) -> u32 {
    return (group.y * ranking.grid_width + group.x) * WORKGROUP + lane;
}

// Workgroup: 256 persons.
@compute @workgroup_size(256, 1, 1)
fn accumulate(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let person = person_of(group, lane);
    if person >= ranking.persons {
        return;
    }
    // Step 1: the score plus one, 0 without an eligible reference.
    let raised = best[ranking.print * ranking.persons + person];
    // Step 2: the first print of a person brings its own one, the others their score alone.
    if raised > 0u {
        sums[person] = max(sums[person], 1u) + raised - 1u;
    }
}

// Workgroup: 256 persons at a time, over the whole grid.
@compute @workgroup_size(256, 1, 1)
fn histogram(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    // Step 1: a histogram of the workgroup. At digit 0 everybody shares the empty prefix.
    for (var bin = lane; bin < BINS; bin += WORKGROUP) {
        atomicStore(&group_bins[bin], 0u);
    }
    workgroupBarrier();
    let low = DIGIT_BITS * (DIGITS - 1u - ranking.digit);
    let prefix = select(state.prefix, 0u, ranking.digit == 0u);
    let stride = groups.x * WORKGROUP;
    for (var person = group.x * WORKGROUP + lane; person < ranking.persons; person += stride) {
        let sum = sums[person];
        if sum > 0u && ((sum >> low) >> DIGIT_BITS) == prefix {
            atomicAdd(&group_bins[(sum >> low) & (BINS - 1u)], 1u);
        }
    }
    workgroupBarrier();
    // Step 2: its bins into those of all.
    for (var bin = lane; bin < BINS; bin += WORKGROUP) {
        let count = atomicLoad(&group_bins[bin]);
        if count > 0u {
            atomicAdd(&state.bins[bin], count);
        }
    }
}

// One workgroup of 256 lanes.
@compute @workgroup_size(256, 1, 1)
fn cut(@builtin(local_invocation_index) lane: u32) {
    // Step 1: the bins, cleared for the next digit.
    for (var bin = lane; bin < BINS; bin += WORKGROUP) {
        atomicStore(&group_bins[bin], atomicExchange(&state.bins[bin], 0u));
    }
    workgroupBarrier();
    if lane > 0u {
        return;
    }
    let first = ranking.digit == 0u;
    let room = select(state.room, ranking.limit, first);
    // Step 2: from the highest bin down, the digit at which the room is filled.
    var digit = BINS;
    var passed = 0u;
    var total = 0u;
    for (var left = BINS; left > 0u; left -= 1u) {
        let count = atomicLoad(&group_bins[left - 1u]);
        total += count;
        if digit == BINS {
            if count >= room - passed {
                digit = left - 1u;
            } else {
                passed += count;
            }
        }
    }
    // Step 3: at the first digit all eligible persons are counted; there may be too few.
    if first {
        state.everyone = u32(digit == BINS);
        answer.eligible = total;
    }
    // Step 4: the prefix grows by the digit; with the last one the cut is known.
    let everyone = state.everyone == 1u;
    let known = select(state.prefix, 0u, first);
    state.prefix = select((known << DIGIT_BITS) | digit, 0u, everyone);
    state.room = select(room - passed, 0u, everyone);
    answer.cut = state.prefix;
    answer.room = state.room;
}

// Workgroup: 256 persons. The order within the answer is any; the caller sorts.
@compute @workgroup_size(256, 1, 1)
fn compact(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let person = person_of(group, lane);
    if person >= ranking.persons {
        return;
    }
    let sum = sums[person];
    if sum > answer.cut {
        // Step 1: above the cut; fewer than the limit, or all who are eligible.
        let place = atomicAdd(&answer.above, 1u);
        if place < ranking.limit {
            answer.entries[2u * place] = person;
            answer.entries[2u * place + 1u] = sum;
        }
    } else if sum == answer.cut && sum > 0u {
        // Step 2: at the cut; those who do not fit are counted alone.
        let place = atomicAdd(&answer.tied, 1u);
        if place < ranking.tied_max {
            answer.entries[2u * ranking.limit + place] = person;
        }
    }
}
