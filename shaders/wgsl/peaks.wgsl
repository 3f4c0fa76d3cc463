// Kernels popcounts, logic and copies: what the device can do at best, to measure the others by.
//
// Eight independent chains a lane, so that no result is waited for. Each lane writes what its
// chains add up to, which the caller checks. Workgroup: 256 lanes. Twin: `expected` in
// src/device/peaks.rs.

struct Rounds {
    rounds: u32,
    // Quads that are copied in a round.
    quads: u32,
    unused_a: u32,
    unused_b: u32,
}

@group(0) @binding(0) var<uniform> rounds: Rounds;
@group(0) @binding(1) var<storage, read_write> results: array<u32>;
// The same buffer for copies: the second half is written from the first.
@group(0) @binding(1) var<storage, read_write> quads: array<vec4<u32>>;

// Per round and chain: one bit count and one addition.
@compute @workgroup_size(256, 1, 1)
fn popcounts(@builtin(global_invocation_id) id: vec3<u32>) {
    var a = vec4<u32>(id.x, id.x + 1u, id.x + 2u, id.x + 3u);
    var b = vec4<u32>(id.x + 4u, id.x + 5u, id.x + 6u, id.x + 7u);
    for (var round = 0u; round < rounds.rounds; round += 1u) {
        a = countOneBits(a) + vec4<u32>(round);
        b = countOneBits(b) + vec4<u32>(round);
    }
    results[id.x] = a.x + a.y + a.z + a.w + b.x + b.y + b.z + b.w;
}

// Per round and chain: one function of three bits and one addition.
@compute @workgroup_size(256, 1, 1)
fn logic(@builtin(global_invocation_id) id: vec3<u32>) {
    var a = vec4<u32>(id.x, id.x + 1u, id.x + 2u, id.x + 3u);
    var b = vec4<u32>(id.x + 4u, id.x + 5u, id.x + 6u, id.x + 7u);
    let k = vec4<u32>(2654435769u);
    for (var round = 0u; round < rounds.rounds; round += 1u) {
        a = (a ^ k ^ vec4<u32>(round)) + vec4<u32>(round);
        b = (b ^ k ^ vec4<u32>(round)) + vec4<u32>(round);
    }
    results[id.x] = a.x + a.y + a.z + a.w + b.x + b.y + b.z + b.w;
}

// Per round: every quad of the first half once, with the round added, so that no copy can be left
// out.
@compute @workgroup_size(256, 1, 1)
fn copies(
    @builtin(global_invocation_id) id: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
) {
    for (var round = 0u; round < rounds.rounds; round += 1u) {
        for (var at = id.x; at < rounds.quads; at += groups.x * 256u) {
            quads[rounds.quads + at] = quads[at] + vec4<u32>(round);
        }
    }
}
