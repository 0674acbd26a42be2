// Shingles on the device: see __init__.py for the contract and cpu.py for the host's body.
#include "../cuda/device.cuh"

const int TILE = 2048;  // hashes sorted at once in shared memory: 16 KiB, so blocks share an SM

// One warp a key: lanes read neighbouring code points (one 128-byte line a step), then add up.
extern "C" __global__ void is_unspaced(
    const i64* offsets, const u32* codepoints, const u32* ranges, i64 n_ranges, u8* result,
    i64 n_documents
) {
    const i64 document = warp_index();
    if (document >= n_documents) return;  // the whole warp leaves together
    const u32 first = ranges[0];
    i64 unspaced = 0, others = 0;
    for (i64 i = offsets[document] + lane_index(); i < offsets[document + 1]; i += WARP) {
        const u32 c = codepoints[i];
        bool inside = c >= 0x4E00 && c <= 0x9FFF;
        if (!inside && c >= first)
            for (i64 row = 0; row < n_ranges; row++)
                inside |= ranges[2 * row] <= c && c <= ranges[2 * row + 1];
        unspaced += inside;
        others += !inside && !(c >= 0x30 && c <= 0x39);
    }
    unspaced = warp_sum(unspaced);
    others = warp_sum(others);
    if (lane_index() == 0) result[document] = unspaced > 0 && unspaced >= others;
}

// Sorts tile[0..n), padded to a power of two, by a bitonic network: every step is n / 2 independent
// exchanges, so the threads of a block never wait for data, only for the barrier between steps.
__device__ void sort_tile(u64* tile, int n) {
    int size = 1;
    while (size < n) size *= 2;
    for (int i = n + threadIdx.x; i < size; i += blockDim.x) tile[i] = ~0ull;
    __syncthreads();
    for (int span = 2; span <= size; span *= 2) {
        for (int step = span / 2; step > 0; step /= 2) {
            for (int pair = threadIdx.x; pair < size / 2; pair += blockDim.x) {
                const int left = 2 * step * (pair / step) + pair % step, right = left + step;
                const u64 a = tile[left], b = tile[right];
                if ((a > b) == ((left & span) == 0)) {
                    tile[left] = b;
                    tile[right] = a;
                }
            }
            __syncthreads();
        }
    }
}

// Merges neighbouring sorted runs of `width`. Each hash finds its place by its rank in the other
// run: equal ones of the left run go first. No thread waits for another.
__device__ void merge_runs(const u64* from, u64* to, i64 n, i64 width) {
    for (i64 i = threadIdx.x; i < n; i += blockDim.x) {
        const i64 pair = i / (2 * width) * (2 * width);
        const i64 middle = pair + width < n ? pair + width : n;
        const i64 end = pair + 2 * width < n ? pair + 2 * width : n;
        const bool left = i < middle;
        const i64 rank = left ? place_of(from + middle, end - middle, from[i], false)
                              : place_of(from + pair, middle - pair, from[i], true);
        to[(left ? i : i - middle + pair) + rank] = from[i];
    }
    __syncthreads();
}

// One block a document: hash its shingles, sort them, count the distinct ones. Nearly every
// document fits one tile and never touches global memory between the steps; a longer one is sorted
// tile by tile and its runs merged back and forth between `hashes` and `scratch`.
extern "C" __global__ void sort_sets(
    const i64* offsets, const u32* codepoints, const i64* lengths, const i64* bounds, u64* hashes,
    u64* scratch, i64* n_distinct
) {
    __shared__ u64 tile[TILE];
    const i64 document = blockIdx.x;
    const i64 n = bounds[document + 1] - bounds[document];
    const u32* key = codepoints + offsets[document];
    u64 *from = hashes + bounds[document], *to = scratch + bounds[document];
    for (i64 start = 0; start < n; start += TILE) {
        const int size = n - start < TILE ? (int)(n - start) : TILE;
        for (int i = threadIdx.x; i < size; i += blockDim.x)
            tile[i] = shingle_hash(key + start + i, lengths[document]);
        sort_tile(tile, size);
        for (int i = threadIdx.x; i < size; i += blockDim.x) from[start + i] = tile[i];
        __syncthreads();
    }
    for (i64 width = TILE; width < n; width *= 2) {
        merge_runs(from, to, n, width);
        u64* sorted = to;
        to = from;
        from = sorted;
    }
    i64 distinct = 0, total;
    for (i64 i = threadIdx.x; i < n; i += blockDim.x) {
        distinct += i == 0 || from[i] != from[i - 1];
        if (from != hashes + bounds[document]) to[i] = from[i];
    }
    block_sum_before(distinct, total);
    if (threadIdx.x == 0) n_distinct[document] = total;
}

// One block a document: copy the first of every run of equal hashes to the document's final place.
extern "C" __global__ void keep_distinct(
    const i64* bounds, const u64* hashes, const i64* starts, u64* result
) {
    const i64 document = blockIdx.x;
    const i64 n = bounds[document + 1] - bounds[document];
    const u64* from = hashes + bounds[document];
    u64* to = result + starts[document];
    for (i64 start = 0; start < n; start += blockDim.x) {
        const i64 i = start + threadIdx.x;
        const bool first = i < n && (i == 0 || from[i] != from[i - 1]);
        i64 total;
        const i64 place = block_sum_before(first, total);
        if (first) to[place] = from[i];
        to += total;
    }
}
