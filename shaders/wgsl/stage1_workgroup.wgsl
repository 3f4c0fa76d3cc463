// Kernel stage1, the entry point for any device; the rest is in stage1.wgsl.
//
// Workgroup: 32 lanes x 4 rows; a row holds a reference, a lane a cylinder of the print.

// Similarities of the cylinders of the print.
var<workgroup> row_similarities: array<u32, 128>;
var<workgroup> row_counted: array<u32, 128>;

@compute @workgroup_size(32, 4, 1)
fn stage1(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(local_invocation_id) local: vec3<u32>,
) {
    let lane = local.x;
    let row = local.y;
    let reference = group.x * ROWS + row;
    let present = reference < task.count;
    let base = (task.first + reference) * RECORD_WORDS;
    // Step 1.
    stage(base, row, lane, cylinders_of(base, present));
    workgroupBarrier();
    for (var print = 0u; print < task.prints; print += 1u) {
        if !takes_part(print) {
            continue;
        }
        // Steps 2 to 5.
        let mine = best_similarity(cylinder_of(print, lane), row);
        row_similarities[row * CYLINDERS + lane] = mine;
        workgroupBarrier();
        // Step 6: those that fewer than `counted` lanes exceed, ties by lane.
        var above = 0u;
        for (var other = 0u; other < CYLINDERS; other += 1u) {
            let theirs = row_similarities[row * CYLINDERS + other];
            above += u32(theirs > mine || (theirs == mine && other < lane));
        }
        row_counted[row * CYLINDERS + lane] = select(0u, mine, above < task.counted);
        workgroupBarrier();
        if lane == 0u && present && eligible(base, print) {
            var score = 0u;
            for (var other = 0u; other < CYLINDERS; other += 1u) {
                score += row_counted[row * CYLINDERS + other];
            }
            raise(print, owners[task.first + reference], score);
        }
    }
}
