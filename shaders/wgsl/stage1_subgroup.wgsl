// Kernel stage1, the entry point for devices whose subgroups have a fixed size of 4 to 32 lanes;
// the rest is in stage1.wgsl.
//
// Workgroup: 8 subgroups. A subgroup holds a reference and each of its lanes 32 / SUBGROUP
// cylinders of the print, so that no barrier is needed once the references are staged.

override SUBGROUP: u32 = 32u;
// Lanes of a workgroup: 8 subgroups.
override LANES: u32 = 256u;

@compute @workgroup_size(LANES, 1, 1)
fn stage1(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(subgroup_id) row: u32,
    @builtin(subgroup_invocation_id) lane: u32,
) {
    let reference = group.x * ROWS + row;
    let present = reference < task.count;
    let base = (task.first + reference) * RECORD_WORDS;
    var count = 0u;
    if present {
        count = min(records[base + 1u] & 255u, CYLINDERS);
        // Step 1.
        for (var cylinder = lane; cylinder < CYLINDERS; cylinder += SUBGROUP) {
            stage(base, row, cylinder);
        }
    }
    workgroupBarrier();
    for (var print = 0u; print < task.prints; print += 1u) {
        if !takes_part(print) {
            continue;
        }
        // Steps 2 to 5. A lane reads back only what it wrote itself.
        for (var cylinder = lane; cylinder < CYLINDERS; cylinder += SUBGROUP) {
            row_similarities[row * CYLINDERS + cylinder] =
                best_similarity(print, cylinder, row, count);
        }
        // Step 6.
        var least_of_top = 0u;
        for (var bit = SIMILARITY_BITS; bit > 0u; bit -= 1u) {
            let tried = least_of_top | (1u << (bit - 1u));
            var reached = 0u;
            for (var cylinder = lane; cylinder < CYLINDERS; cylinder += SUBGROUP) {
                let votes = subgroupBallot(row_similarities[row * CYLINDERS + cylinder] >= tried);
                reached += countOneBits(votes.x);
            }
            least_of_top = select(least_of_top, tried, reached >= task.counted);
        }
        var excess = 0u;
        for (var cylinder = lane; cylinder < CYLINDERS; cylinder += SUBGROUP) {
            let similarity = row_similarities[row * CYLINDERS + cylinder];
            excess += similarity - min(similarity, least_of_top);
        }
        let score = subgroupAdd(excess) + task.counted * least_of_top;
        if lane == 0u && present && eligible(base, print) {
            raise(print, owners[task.first + reference], score);
        }
    }
}
