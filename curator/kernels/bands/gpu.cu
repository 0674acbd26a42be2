// Bands and buckets on the device: see __init__.py for the contract and cpu.py for the host's body.
#include "../cuda/device.cuh"

// One thread a document. Each thread walks along its row, so a warp reads 32 rows side by side: a
// 32-byte sector of a row is fetched once and serves the next eight places from L1. The results of
// neighbouring threads are neighbours, so writing is coalesced.
extern "C" __global__ void band_hashes(
    const u32* signatures, i64 n_places, const i64* lengths, i64 bands, i64 rows_per_band,
    u64* result, i64 n_documents
) {
    const i64 document = thread_index();
    if (document >= n_documents) return;
    const u32* place = signatures + document * n_places;
    for (i64 band = 0; band < bands; band++) {
        u64 h = (u64)lengths[document];
        for (i64 row = 0; row < rows_per_band; row++) {
            h = (h ^ *place++) * BASE;
            h ^= h >> 32;
        }
        result[band * n_documents + document] = mix(h);
    }
}

// Where the bucket of place `i` of the sorted hashes begins, and how many pairs the document there
// has with documents before it: all of them in a small bucket, else the anchors and its neighbour.
__device__ i64 pairs_of(
    const u64* sorted, i64 n, i64 i, i64 small, i64 anchors, i64& start, i64& reach
) {
    start = place_of(sorted, i, sorted[i], false);
    const i64 stop = i + place_of(sorted + i, n - i, sorted[i], true);
    const i64 member = i - start;
    reach = stop - start <= small || member < anchors ? member : anchors;
    return reach + (member > reach);
}

// One thread a document, in the order of the sorted hashes: two binary searches find its bucket.
extern "C" __global__ void count_pairs(
    const u64* sorted, i64 n, i64 small, i64 anchors, i64* counts
) {
    const i64 i = thread_index();
    i64 start, reach;
    if (i < n) counts[i] = pairs_of(sorted, n, i, small, anchors, start, reach);
}

extern "C" __global__ void write_pairs(
    const u64* sorted, const i64* order, i64 n, i64 small, i64 anchors, const i64* places,
    i64* pairs
) {
    const i64 i = thread_index();
    if (i >= n) return;
    i64 start, reach;
    const i64 n_pairs = pairs_of(sorted, n, i, small, anchors, start, reach);
    for (i64 pair = 0; pair < n_pairs; pair++) {
        pairs[2 * (places[i] + pair)] = order[pair < reach ? start + pair : i - 1];
        pairs[2 * (places[i] + pair) + 1] = order[i];
    }
}
