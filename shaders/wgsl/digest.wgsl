// Kernel digest: one number of a range of resident references and their owners, to find a changed
// bit.
//
// The sum, over all words, of a mix of the word and its place; the order of adding does not matter.
// Workgroup: 256 lanes, over the whole grid. Twin: src/twin/digest.rs.

const WORKGROUP: u32 = 256u;
const RECORD_WORDS: u32 = 276u;
// Odd, so that places differ; the golden ratio.
const PLACE: u32 = 2654435769u;
const OWNER_PLACE: u32 = 2246822507u;

struct Range {
    // First reference of the range and how many.
    first: u32,
    count: u32,
    unused_a: u32,
    unused_b: u32,
}

@group(0) @binding(0) var<uniform> range: Range;
@group(0) @binding(1) var<storage, read> records: array<u32>;
@group(0) @binding(2) var<storage, read> owners: array<u32>;
@group(0) @binding(3) var<storage, read_write> digests: array<atomic<u32>>;

var<workgroup> total: atomic<u32>;

// Step 1: a bijection of words in which every bit reaches every other.
fn mix(word: u32) -> u32 {
    var mixed = word;
    mixed = (mixed ^ (mixed >> 16u)) * 2246822507u;
    mixed = (mixed ^ (mixed >> 13u)) * 3266489909u;
    return mixed ^ (mixed >> 16u);
}

@compute @workgroup_size(256, 1, 1)
fn digest(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    if lane == 0u {
        atomicStore(&total, 0u);
    }
    workgroupBarrier();
    let stride = groups.x * WORKGROUP;
    let start = group.x * WORKGROUP + lane;
    // Step 2: the words of the records, then the owners.
    var sum = 0u;
    let first_word = range.first * RECORD_WORDS;
    let words = range.count * RECORD_WORDS;
    for (var word = start; word < words; word += stride) {
        sum += mix(records[first_word + word] ^ ((first_word + word) * PLACE));
    }
    for (var slot = start; slot < range.count; slot += stride) {
        sum += mix(owners[range.first + slot] ^ ((range.first + slot) * OWNER_PLACE));
    }
    atomicAdd(&total, sum);
    workgroupBarrier();
    if lane == 0u {
        atomicAdd(&digests[0], atomicLoad(&total));
    }
}
