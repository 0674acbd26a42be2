// Character n-grams on the device: see __init__.py for the contract and cpu.py for the host's body.
#include "../cuda/device.cuh"

const u64 NONE = ~0ull;
const int RUN = 16;  // bytes of text a thread looks at

// Beginnings of characters among the `RUN` bytes from `at` on.
__device__ int characters_in(const u8* data, i64 at, i64 end) {
    int n = 0;
    for (i64 i = at; i < at + RUN && i < end; i++) n += begins_character(data[i]);
    return n;
}

// One block a tile of blockDim.x * RUN bytes, whatever the documents in it: long and short ones
// keep the device equally busy. First the characters of each tile are counted …
extern "C" __global__ void count_characters(const u8* data, i64 start, i64 end, i64* counts) {
    i64 total;
    block_sum_before(characters_in(data, start + thread_index() * RUN, end), total);
    if (threadIdx.x == 0) counts[blockIdx.x] = total;
}

// … then, from where the tiles before it end, each tile writes its code points.
extern "C" __global__ void write_characters(
    const u8* data, i64 start, i64 end, const i64* tiles, i32* points
) {
    const i64 at = start + thread_index() * RUN;
    i64 total;
    i64 place = tiles[blockIdx.x] + block_sum_before(characters_in(data, at, end), total);
    int width;
    for (i64 i = at; i < at + RUN && i < end; i++)
        if (begins_character(data[i])) points[place++] = (i32)decode(data, i, width);
}

// One warp an offset: characters before it are those of the tiles before and those of its own tile.
extern "C" __global__ void document_bounds(
    const u8* data, const i64* offsets, const i64* tiles, i64 tile_bytes, i64* bounds, i64 n_offsets
) {
    const i64 document = warp_index();
    if (document >= n_offsets) return;
    const i64 start = offsets[0], stop = offsets[document];
    const i64 tile = (stop - start) / tile_bytes;
    i64 n = 0;
    for (i64 i = start + tile * tile_bytes + lane_index(); i < stop; i += WARP)
        n += begins_character(data[i]);
    n = warp_sum(n);
    if (lane_index() == 0) bounds[document] = tiles[tile] + n;
}

// One thread a key, in all that follows: neighbours read neighbours.
extern "C" __global__ void pair_keys(const i32* ranks, u64* keys, i64 n) {
    const i64 i = thread_index();
    if (i >= n) return;
    const i32 left = ranks[i], right = ranks[i + 1];
    keys[i] = left < 0 || right < 0 ? NONE : (u64)left << 32 | (u64)right;
}

extern "C" __global__ void neighbour_keys(
    const i32* ranks, const i32* points, const u8* inside, i64 step, i64 n_points, u64* keys, i64 n
) {
    const i64 i = thread_index();
    if (i >= n) return;
    const i64 other = i + step;
    const bool none = ranks[i] < 0 || other < 0 || other >= n_points || !inside[other];
    keys[i] = none ? NONE : (u64)ranks[i] << 21 | (u64)points[other];
}

__device__ i64 first_slot(u64 key, i64 mask) {
    return (i64)(((key ^ (key >> 31)) * BASE) >> 32) & mask;
}

// Slot of a key in a table nobody is writing to, or -1; a value of zero marks a free slot.
__device__ i64 find(const u64* table, const i64* values, i64 mask, u64 key) {
    i64 slot = first_slot(key, mask);
    while (values[slot] != 0) {
        if (table[slot] == key) return slot;
        slot = (slot + 1) & mask;
    }
    return -1;
}

// Takes a free slot for a key that is not in the table. All keys inserted at once differ, so a
// taken slot is never compared, only passed: it does not matter when its key becomes visible.
__device__ i64 insert(u64* table, i64* values, i64 mask, u64 key, i64 value) {
    i64 slot = first_slot(key, mask);
    while (atomicCAS((u64*)&values[slot], (u64)0, (u64)value) != 0) slot = (slot + 1) & mask;
    table[slot] = key;
    return slot;
}

// Marks, in sorted keys with rising documents, where a key begins, and where a document within it.
extern "C" __global__ void mark_runs(
    const u64* keys, const i64* documents, u8* key_begins, u8* document_begins, i64 n
) {
    const i64 i = thread_index();
    if (i >= n) return;
    key_begins[i] = i == 0 || keys[i] != keys[i - 1];
    document_begins[i] = key_begins[i] || documents[i] != documents[i - 1];
}

extern "C" __global__ void find_keys(
    const u64* keys, const u64* table, const i64* counts, i64 mask, i64* slots, i64 n
) {
    const i64 i = thread_index();
    if (i < n) slots[i] = find(table, counts, mask, keys[i]);
}

// Adds one run of equal keys to the table; runs have different keys, so only free slots are fought
// for. `starts` are the runs' first places and the end, `distinct` sums the documents before them.
extern "C" __global__ void add_runs(
    const u64* keys, const i64* documents, const i64* starts, const i64* distinct, const i64* slots,
    u64* table, i64* counts, i64* in_documents, i64* last, i64 mask, i64 n
) {
    const i64 i = thread_index();
    if (i >= n) return;
    const i64 start = starts[i], stop = starts[i + 1], count = stop - start;
    i64 slot = slots[i];
    i64 found_in = distinct[stop] - distinct[start];
    if (slot < 0) {
        slot = insert(table, counts, mask, keys[start], count);
    } else {
        counts[slot] += count;
        found_in -= last[slot] == documents[start];
    }
    in_documents[slot] += found_in;
    last[slot] = documents[stop - 1];
}

extern "C" __global__ void move_keys(
    const u64* table, const i64* counts, const i64* in_documents, const i64* last, u64* new_table,
    i64* new_counts, i64* new_in_documents, i64* new_last, i64 new_mask, i64 n_slots
) {
    const i64 old = thread_index();
    if (old >= n_slots || counts[old] == 0) return;
    const i64 slot = insert(new_table, new_counts, new_mask, table[old], counts[old]);
    new_in_documents[slot] = in_documents[old];
    new_last[slot] = last[old];
}

extern "C" __global__ void insert_ranks(const u64* known, u64* table, i64* ranks, i64 mask, i64 n) {
    const i64 rank = thread_index();
    if (rank < n) insert(table, ranks, mask, known[rank], rank + 1);
}

extern "C" __global__ void ranks_of(
    const u64* keys, const u64* table, const i64* ranks, i64 mask, i32* found, i64 n
) {
    const i64 i = thread_index();
    if (i >= n) return;
    const i64 slot = keys[i] == NONE ? -1 : find(table, ranks, mask, keys[i]);
    found[i] = slot < 0 ? -1 : (i32)(ranks[slot] - 1);
}
