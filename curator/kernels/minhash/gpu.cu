// MinHash on the device: see __init__.py for the contract and cpu.py for the host's body.
#include "../cuda/device.cuh"

const u64 ROUND = 0xD1B54A32D192ED03ull;
const int CACHED = 1024;  // shingle hashes kept between the rounds: 8 KiB of shared memory

// One block a document. The row of places lives in shared memory, so the scattered minima of one
// permutation hashing never leave the SM; the text is read coalesced, once for most documents.
// The host compares (round, hash) pairs. Here a place remembers the round that filled it instead,
// and takes minima in that round alone: 32-bit atomics in place of 64-bit ones, the same result.
extern "C" __global__ void one_permutation(
    const i64* offsets, const u32* codepoints, const i64* lengths, i64 n_hashes, u64 salt,
    u32* result
) {
    __shared__ u64 cache[CACHED];
    DYNAMIC_SHARED(u32, row);         // n_hashes minima
    u32* filled = row + n_hashes;     // n_hashes rounds, counted from 1; 0: still empty
    const i64 document = blockIdx.x, length = lengths[document];
    const i64 n = offsets[document + 1] - offsets[document] - length + 1;
    if (length < 1 || n < 1) return;  // the row stays zero; the whole block leaves together
    const u32* key = codepoints + offsets[document];
    for (i64 i = threadIdx.x; i < n && i < CACHED; i += blockDim.x)
        cache[i] = shingle_hash(key + i, length, salt);
    for (i64 place = threadIdx.x; place < n_hashes; place += blockDim.x) {
        row[place] = 0xffffffffu;
        filled[place] = 0;
    }
    int n_empty = 1;
    for (u32 turn = 0; n_empty && turn < n_hashes; turn++) {
        __syncthreads();
        const u64 before = turn * ROUND;
        for (i64 i = threadIdx.x; i < n; i += blockDim.x) {
            const u64 shingle = i < CACHED ? cache[i] : shingle_hash(key + i, length, salt);
            const u64 h = turn ? mix(shingle ^ before) : shingle;  // mixed already
            const u32 place = (u32)(((h >> 32) * (u64)n_hashes) >> 32);
            const u32 by = filled[place];
            if (by == 0 || by == turn + 1) {
                filled[place] = turn + 1;  // whoever comes first in this round writes the same
                atomicMin(&row[place], (u32)h);
            }
        }
        __syncthreads();
        int empty = 0;
        for (i64 place = threadIdx.x; place < n_hashes; place += blockDim.x)
            empty |= filled[place] == 0;
        n_empty = __syncthreads_or(empty);
    }
    // Sets of a few shingles may still leave gaps: now every shingle visits every empty place.
    for (i64 place = 0; n_empty && place < n_hashes; place++) {
        if (filled[place]) continue;  // nobody writes `filled` any more: the same for all threads
        const u64 before = (u64)(n_hashes + place) * ROUND;
        for (i64 i = threadIdx.x; i < n; i += blockDim.x) {
            const u64 shingle = i < CACHED ? cache[i] : shingle_hash(key + i, length, salt);
            atomicMin(&row[place], (u32)mix(shingle ^ before));
        }
    }
    __syncthreads();
    for (i64 place = threadIdx.x; place < n_hashes; place += blockDim.x)
        result[document * n_hashes + place] = row[place];
}

// ---- classical MinHash: every hash is permuted once for each place

const u32 ABSENT = 0xffffffffu;
const u64 PRIME = (1ull << 61) - 1;
const int STAGED = 1024;  // hashes that a block reads at once: 4 KiB of shared memory

struct Mersenne {
    typedef u64 Number;
    __device__ static u32 prepared(u32 h) { return h; }
    // a * h + b wraps at 2^64 before the remainder is taken, as the host's and datasketch's does.
    __device__ static u32 value(u64 a, u64 b, u32 h) {
        u64 x = a * h + b;
        x = (x & PRIME) + (x >> 61);  // 2^61 leaves 1
        return (u32)(x >= PRIME ? x - PRIME : x);
    }
};

struct Affine {
    typedef u32 Number;
    __device__ static u32 prepared(u32 h) {
        h = (h ^ (h >> 16)) * 0x85EBCA6Bu;
        h = (h ^ (h >> 13)) * 0xC2B2AE35u;
        return h ^ (h >> 16);
    }
    __device__ static u32 value(u32 a, u32 b, u32 h) { return a * h + b; }
};

struct OfKey {  // hashes of a key's shingles
    const u32* key;
    i64 length;
    __device__ u32 operator()(i64 i) const { return (u32)shingle_hash(key + i, length); }
};

struct OfSet {  // hashes as given
    const u32* hashes;
    __device__ u32 operator()(i64 i) const { return hashes[i]; }
};

// One block a document, one thread a permutation with its two numbers in registers. All threads
// read the same hash of the stage in shared memory at once, which costs one access, and nothing is
// shared between permutations: no atomics.
template <class Permutation, class Hashes>
__device__ void write_lowest(
    const Hashes& hashes, i64 n, const typename Permutation::Number* a,
    const typename Permutation::Number* b, i64 n_hashes, u32* row
) {
    __shared__ u32 stage[STAGED];
    for (i64 first = 0; first < n_hashes; first += blockDim.x) {
        const i64 place = first + threadIdx.x;
        const bool used = place < n_hashes;
        const typename Permutation::Number factor = used ? a[place] : 0;
        const typename Permutation::Number summand = used ? b[place] : 0;
        u32 lowest = ABSENT;
        for (i64 start = 0; start < n; start += STAGED) {
            const int size = n - start < STAGED ? (int)(n - start) : STAGED;
            __syncthreads();  // nobody reads the stage any more
            for (int i = threadIdx.x; i < size; i += blockDim.x)
                stage[i] = Permutation::prepared(hashes(start + i));
            __syncthreads();
            for (int i = 0; i < size; i++) {
                const u32 value = Permutation::value(factor, summand, stage[i]);
                lowest = value < lowest ? value : lowest;
            }
        }
        if (used) row[place] = lowest;
    }
}

template <class Permutation>
__device__ void permute_key(
    const i64* offsets, const u32* codepoints, const i64* lengths,
    const typename Permutation::Number* a, const typename Permutation::Number* b, i64 n_hashes,
    u32* result
) {
    const i64 document = blockIdx.x, length = lengths[document];
    const i64 n = offsets[document + 1] - offsets[document] - length + 1;
    if (length < 1 || n < 1) return;  // the row stays zero; the whole block leaves together
    const OfKey hashes = {codepoints + offsets[document], length};
    write_lowest<Permutation>(hashes, n, a, b, n_hashes, result + document * n_hashes);
}

template <class Permutation>
__device__ void permute_set(
    const i64* offsets, const u32* hashes, const typename Permutation::Number* a,
    const typename Permutation::Number* b, i64 n_hashes, u32* result
) {
    const i64 set = blockIdx.x, n = offsets[set + 1] - offsets[set];
    const OfSet given = {hashes + offsets[set]};
    write_lowest<Permutation>(given, n, a, b, n_hashes, result + set * n_hashes);
}

extern "C" __global__ void permuted_mersenne(
    const i64* offsets, const u32* codepoints, const i64* lengths, const u64* a, const u64* b,
    i64 n_hashes, u32* result
) {
    permute_key<Mersenne>(offsets, codepoints, lengths, a, b, n_hashes, result);
}

extern "C" __global__ void permuted_affine(
    const i64* offsets, const u32* codepoints, const i64* lengths, const u32* a, const u32* b,
    i64 n_hashes, u32* result
) {
    permute_key<Affine>(offsets, codepoints, lengths, a, b, n_hashes, result);
}

extern "C" __global__ void lowest_mersenne(
    const i64* offsets, const u32* hashes, const u64* a, const u64* b, i64 n_hashes, u32* result
) {
    permute_set<Mersenne>(offsets, hashes, a, b, n_hashes, result);
}

extern "C" __global__ void lowest_affine(
    const i64* offsets, const u32* hashes, const u32* a, const u32* b, i64 n_hashes, u32* result
) {
    permute_set<Affine>(offsets, hashes, a, b, n_hashes, result);
}

// ---- hashes of the shingles of plain UTF-8

// One warp a document: the bytes of its shingles, from where its characters begin. `firsts` are the
// places of the documents' first characters in `starts`.
extern "C" __global__ void shingle_bounds(
    const i64* offsets, const i64* starts, const i64* firsts, const i64* bounds, i64 characters,
    i64* shingles, i64 n_documents
) {
    const i64 document = warp_index();
    if (document >= n_documents) return;
    const i64 last = firsts[document + 1];
    for (i64 i = lane_index(); i < bounds[document + 1] - bounds[document]; i += WARP) {
        const i64 place = bounds[document] + i, first = firsts[document] + i;
        shingles[2 * place] = starts[first];
        shingles[2 * place + 1] =
            first + characters < last ? starts[first + characters] : offsets[document + 1];
    }
}

__device__ inline u32 turned(u32 x, int bits) { return x << bits | x >> (32 - bits); }

__device__ inline u32 swapped(u32 x) {
    return x << 24 | (x & 0xFF00u) << 8 | (x >> 8 & 0xFF00u) | x >> 24;
}

// Word of a message padded for SHA-1: its bytes, a one bit, zeros, and its length in bits.
__device__ u32 padded_word(const u8* message, i64 length, i64 n_blocks, i64 word) {
    if (word == 16 * n_blocks - 1) return (u32)(8 * length);
    u32 value = 0;
    for (i64 i = 4 * word; i < 4 * word + 4; i++)
        value = value << 8 | (i < length ? message[i] : i == length ? 0x80u : 0u);
    return value;
}

// One thread a shingle; the 16 words of the schedule stay in registers because all loops over them
// are unrolled. Source: FIPS 180-4.
extern "C" __global__ void sha1_32(const u8* data, const i64* shingles, u32* result, i64 n) {
    const i64 shingle = thread_index();
    if (shingle >= n) return;
    const u8* message = data + shingles[2 * shingle];
    const i64 length = shingles[2 * shingle + 1] - shingles[2 * shingle];
    const i64 n_blocks = (length + 8) / 64 + 1;
    u32 state[5] = {0x67452301u, 0xEFCDAB89u, 0x98BADCFEu, 0x10325476u, 0xC3D2E1F0u};
    for (i64 block = 0; block < n_blocks; block++) {
        u32 words[16];
#pragma unroll
        for (int t = 0; t < 16; t++)
            words[t] = padded_word(message, length, n_blocks, 16 * block + t);
        u32 a = state[0], b = state[1], c = state[2], d = state[3], e = state[4];
#pragma unroll
        for (int t = 0; t < 80; t++) {
            if (t >= 16)
                words[t % 16] = turned(words[(t + 13) % 16] ^ words[(t + 8) % 16] ^
                                           words[(t + 2) % 16] ^ words[t % 16], 1);
            const u32 mixed = t < 20   ? d ^ (b & (c ^ d))
                              : t < 40 ? b ^ c ^ d
                              : t < 60 ? (b & c) | (d & (b | c))
                                       : b ^ c ^ d;
            const u32 constant = t < 20   ? 0x5A827999u
                                 : t < 40 ? 0x6ED9EBA1u
                                 : t < 60 ? 0x8F1BBCDCu
                                          : 0xCA62C1D6u;
            const u32 next = turned(a, 5) + mixed + e + words[t % 16] + constant;
            e = d;
            d = c;
            c = turned(b, 30);
            b = a;
            a = next;
        }
        state[0] += a;
        state[1] += b;
        state[2] += c;
        state[3] += d;
        state[4] += e;
    }
    result[shingle] = swapped(state[0]);
}

const u32 PRIME_1 = 0x9E3779B1u, PRIME_2 = 0x85EBCA77u, PRIME_3 = 0xC2B2AE3Du;
const u32 PRIME_4 = 0x27D4EB2Fu, PRIME_5 = 0x165667B1u;

__device__ inline u32 little_word(const u8* data, i64 at) {
    return data[at] | (u32)data[at + 1] << 8 | (u32)data[at + 2] << 16 | (u32)data[at + 3] << 24;
}

// One thread a shingle. Source: the XXH32 specification (Collet 2012-).
extern "C" __global__ void xxh32(const u8* data, const i64* shingles, u32* result, i64 n) {
    const i64 shingle = thread_index();
    if (shingle >= n) return;
    i64 at = shingles[2 * shingle];
    const i64 end = shingles[2 * shingle + 1];
    const u32 length = (u32)(end - at);
    u32 h = PRIME_5;
    if (end - at >= 16) {
        u32 lanes[4] = {PRIME_1 + PRIME_2, PRIME_2, 0u, 0u - PRIME_1};
        for (; end - at >= 16; at += 16)
#pragma unroll
            for (int i = 0; i < 4; i++)
                lanes[i] = turned(lanes[i] + little_word(data, at + 4 * i) * PRIME_2, 13) * PRIME_1;
        h = turned(lanes[0], 1) + turned(lanes[1], 7) + turned(lanes[2], 12) + turned(lanes[3], 18);
    }
    h += length;
    for (; end - at >= 4; at += 4) h = turned(h + little_word(data, at) * PRIME_3, 17) * PRIME_4;
    for (; at < end; at++) h = turned(h + data[at] * PRIME_5, 11) * PRIME_1;
    h = (h ^ (h >> 15)) * PRIME_2;
    h = (h ^ (h >> 13)) * PRIME_3;
    result[shingle] = h ^ (h >> 16);
}
