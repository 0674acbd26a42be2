// Device code shared by the kernels' GPU bodies. It is plain CUDA C++ without standard headers: the
// run-time compiler ships none. Integers wrap exactly as the host bodies' do.
typedef unsigned char u8;
typedef int i32;
typedef unsigned int u32;
typedef long long i64;
typedef unsigned long long u64;

const u32 FULL = 0xffffffffu;  // all lanes of a warp take part
const int WARP = 32;

#ifndef DYNAMIC_SHARED  // a host build that only tests the logic brings its own
#define DYNAMIC_SHARED(type, name) extern __shared__ type name[]
#endif

const u64 BASE = 0x9E3779B97F4A7C15ull;
const u64 MIX_0 = 0xBF58476D1CE4E5B9ull;
const u64 MIX_1 = 0x94D049BB133111EBull;

// Spreads every bit of a 64-bit number over all others (a bijection).
__device__ inline u64 mix(u64 h) {
    h = (h ^ (h >> 30)) * MIX_0;
    h = (h ^ (h >> 27)) * MIX_1;
    return h ^ (h >> 31);
}

// Hash of the shingle of `length` code points that begins at `at`. The host rolls one polynomial
// over the key; here every thread evaluates its own window, which is the same number modulo 2^64
// and needs no neighbour. Adjacent threads read overlapping windows, so all but one load of each
// is a cache hit. `seeded` is one more salt.
__device__ inline u64 shingle_hash(const u32* at, i64 length, u64 seeded = 0) {
    u64 h = 0;
    for (i64 i = 0; i < length; i++) h = h * BASE + at[i];
    return mix(h ^ ((u64)length * MIX_0) ^ seeded);
}

__device__ inline bool begins_character(u8 byte) { return (byte & 0xC0) != 0x80; }

// The code point that begins at byte `at` of valid UTF-8; `width` becomes its number of bytes.
__device__ inline u32 decode(const u8* data, i64 at, int& width) {
    u32 c = data[at];
    width = 1;
    if (c < 0x80) return c;
    width = 2;
    u32 following = data[at + 1] & 0x3Fu;
    if (c < 0xE0) return ((c & 0x1Fu) << 6) | following;
    width = 3;
    following = (following << 6) | (data[at + 2] & 0x3Fu);
    if (c < 0xF0) return ((c & 0x0Fu) << 12) | following;
    width = 4;
    following = (following << 6) | (data[at + 3] & 0x3Fu);
    return ((c & 0x07u) << 18) | following;
}

// Index of this thread in the whole grid, and of its warp and its lane in the warp.
__device__ inline i64 thread_index() { return (i64)blockIdx.x * blockDim.x + threadIdx.x; }
__device__ inline i64 warp_index() { return thread_index() / WARP; }
__device__ inline int lane_index() { return threadIdx.x % WARP; }

// Sum over a warp, known to every lane.
template <class T>
__device__ inline T warp_sum(T value) {
    for (int step = WARP / 2; step > 0; step /= 2) value += __shfl_xor_sync(FULL, value, step);
    return value;
}

template <class T>
__device__ inline T warp_max(T value) {
    for (int step = WARP / 2; step > 0; step /= 2) {
        T other = __shfl_xor_sync(FULL, value, step);
        value = other > value ? other : value;
    }
    return value;
}

// Sum of the values of the lanes before this one.
template <class T>
__device__ inline T warp_sum_before(T value) {
    T sum = value;
    for (int step = 1; step < WARP; step *= 2) {
        T other = __shfl_up_sync(FULL, sum, step);
        if (lane_index() >= step) sum += other;
    }
    return sum - value;
}

// Highest lane before this one whose bit is set in a ballot, or -1.
__device__ inline int last_before(u32 ballot) {
    u32 below = ballot & ((1u << lane_index()) - 1);
    return below ? 31 - __clz((int)below) : -1;
}

// Sum of the values of the threads before this one in the block, and of all of them as `total`.
// Every thread of the block must call it; blocks are whole warps.
__device__ inline i64 block_sum_before(i64 value, i64& total) {
    __shared__ i64 sums[WARP];
    const int warp = threadIdx.x / WARP, n_warps = blockDim.x / WARP;
    i64 before = warp_sum_before(value);
    if (lane_index() == WARP - 1) sums[warp] = before + value;
    __syncthreads();
    i64 base = 0;
    total = 0;
    for (int i = 0; i < n_warps; i++) {
        if (i < warp) base += sums[i];
        total += sums[i];
    }
    __syncthreads();  // the sums may be written again by the next call
    return base + before;
}

// First place in sorted values[0..n) that is not below (or, with `after`, above) the wanted one.
__device__ inline i64 place_of(const u64* values, i64 n, u64 wanted, bool after) {
    i64 low = 0;
    while (n > 0) {
        i64 half = n / 2;
        u64 value = values[low + half];
        if (value < wanted || (after && value == wanted)) {
            low += half + 1;
            n -= half + 1;
        } else {
            n = half;
        }
    }
    return low;
}
