// Kernel stage1, the entry point for devices whose subgroups have a fixed size of 4 to 32 lanes;
// the rest is in stage1.wgsl.
//
// Workgroup: 4 subgroups. A subgroup holds a reference and each of its lanes 32 / SUBGROUP
// cylinders of the print, so that no barrier is needed once the references are staged.

override SUBGROUP: u32 = 32u;
// Lanes of a workgroup: ROWS subgroups.
override LANES: u32 = 128u;

@compute @workgroup_size(LANES, 1, 1)
fn stage1(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(subgroup_id) row: u32,
    @builtin(subgroup_invocation_id) lane: u32,
) {
    let reference = group.x * ROWS + row;
    let present = reference < task.count;
    let base = (task.first + reference) * RECORD_WORDS;
    // Step 1.
    let count = cylinders_of(base, present);
    for (var part = 0u; part < CYLINDERS / SUBGROUP; part += 1u) {
        stage(base, row, part * SUBGROUP + lane, count);
    }
    workgroupBarrier();
    for (var print = 0u; print < task.prints; print += 1u) {
        if !takes_part(print) {
            continue;
        }
        // Steps 2 to 5.
        var similarities: array<u32, 8>;
        for (var part = 0u; part < CYLINDERS / SUBGROUP; part += 1u) {
            similarities[part] = best_similarity(cylinder_of(print, part * SUBGROUP + lane), row);
        }
        // Step 6.
        let score = sum_of_top(similarities);
        if lane == 0u && present && eligible(base, print) {
            raise(print, owners[task.first + reference], score);
        }
    }
}

// The sum of the `counted` largest similarities of all lanes: the least of them is found bit by bit
// from the top.
fn sum_of_top(similarities: array<u32, 8>) -> u32 {
    var mine = similarities;
    var least = 0u;
    for (var bit = SIMILARITY_BITS; bit > 0u; bit -= 1u) {
        let tried = least | (1u << (bit - 1u));
        var reached = 0u;
        for (var part = 0u; part < CYLINDERS / SUBGROUP; part += 1u) {
            reached += countOneBits(subgroupBallot(mine[part] >= tried).x);
        }
        least = select(least, tried, reached >= task.counted);
    }
    var excess = 0u;
    for (var part = 0u; part < CYLINDERS / SUBGROUP; part += 1u) {
        excess += max(mine[part], least) - least;
    }
    return subgroupAdd(excess) + task.counted * least;
}
