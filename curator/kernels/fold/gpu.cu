// Folding on the device: see __init__.py for the contract and cpu.py for the host's body.
#include "../cuda/device.cuh"

const u32 EXPAND = 1u << 31, EXAMINE = 1u << 30;
const int TRADITIONAL_BIT = 29;
const u32 CODE_POINT = (1u << 21) - 1;
const u32 COMPOSES = 1u << 16, ALWAYS = 1u << 17;

const u64 MULTIPLIER_0 = 0x9FB21C651E98DF25ull;
const u64 MULTIPLIER_1 = 0xD6E8FEB86659FD93ull;
const u64 FINAL_0 = 0xFF51AFD7ED558CCDull;
const u64 FINAL_1 = 0xC4CEB9FE1A85EC53ull;
const u64 KEY_SPACE = 0x5BD1E9955BD1E995ull;
const u64 BYTE_SPACE = 0x27D4EB2F165667C5ull;

// What one lane knows of the character that begins at its byte; nothing begins where `begins` is 0.
struct Character {
    bool begins, interacts;
    u32 point, value;  // value: its fold, without the flag EXAMINE
    int length;        // code points it gives to the key
};

// Characters before the bytes a warp looks at.
struct Before {
    u32 previous;  // the last one
    u32 starter;   // the last one that a mark could compose with
};

// The characters that begin in the 32 bytes from `start` on, one a lane. The host carries its state
// from character to character; all of it is found from what stands before: the previous character
// is the nearest lane below that begins one, and the starter the nearest below that is not a mark
// still to be put in order.
__device__ Character fold_lane(
    const u8* data, i64 start, i64 end, const u32* folds, const u32* boundary, const u64* pairs,
    i64 n_pairs, Before& before
) {
    const i64 at = start + lane_index();
    Character found = {};
    found.begins = at < end && begins_character(data[at]);
    u32 flags = 0;
    bool examined = false;
    if (found.begins) {
        int width;
        found.point = decode(data, at, width);
        found.value = folds[found.point];
        examined = found.value >= EXAMINE && (found.value & EXAMINE);
        if (examined) flags = boundary[found.point];
    }
    const u32 lead = flags & 0xFF;
    const u32 beginnings = __ballot_sync(FULL, found.begins);
    const u32 starters = __ballot_sync(FULL, found.begins && !(examined && lead != 0));
    const int previous_lane = last_before(beginnings), starter_lane = last_before(starters);
    // Every lane takes part in the exchange, whichever value it keeps.
    const u32 near_previous = __shfl_sync(FULL, found.point, previous_lane & (WARP - 1));
    const u32 near_starter = __shfl_sync(FULL, found.point, starter_lane & (WARP - 1));
    const u32 previous = previous_lane < 0 ? before.previous : near_previous;
    const u32 starter = starter_lane < 0 ? before.starter : near_starter;
    if (examined) {
        const u32 trail = (boundary[previous] >> 8) & 0xFF;
        found.interacts = (flags & ALWAYS) || (0 < lead && lead < trail);
        if (flags & COMPOSES) {
            const u64 pair = (u64)starter << 21 | found.point;
            const i64 place = place_of(pairs, n_pairs, pair, false);
            found.interacts |= place < n_pairs && pairs[place] == pair;
        }
        found.value &= ~EXAMINE;
    }
    found.length = found.value & EXPAND ? found.value & 31 : found.value != 0;
    const int last = 31 - __clz((int)beginnings), last_starter = 31 - __clz((int)starters);
    const u32 newest = __shfl_sync(FULL, found.point, last & (WARP - 1));
    const u32 newest_starter = __shfl_sync(FULL, found.point, last_starter & (WARP - 1));
    if (beginnings) before.previous = newest;
    if (starters) before.starter = newest_starter;
    return found;
}

// First step, one warp a document: what each document's key will measure, and which documents have
// marks that interact. Lanes read neighbouring bytes, and a character's own are in the same lines.
extern "C" __global__ void measure(
    const i64* offsets, const u8* data, const u32* folds, const u32* expansions,
    const u32* boundary, const u64* pairs, i64 n_pairs, i64* lengths, i64* counts, u8* interacting,
    i64 n_documents
) {
    const i64 document = warp_index();
    if (document >= n_documents) return;  // the whole warp leaves together
    const i64 end = offsets[document + 1];
    Before before = {};
    i64 length = 0, traditional = 0, replacements = 0;
    bool interacts = false;
    for (i64 start = offsets[document]; start < end && !interacts; start += WARP) {
        const Character found =
            fold_lane(data, start, end, folds, boundary, pairs, n_pairs, before);
        interacts = __any_sync(FULL, found.interacts);
        length += found.length;
        replacements += found.begins && found.point == 0xFFFD;
        if (found.value & EXPAND) {
            const u32* first = expansions + ((found.value & ~EXPAND) >> 5);
            for (int i = 0; i < found.length; i++) traditional += first[i] >> TRADITIONAL_BIT;
        } else {
            traditional += found.value >> TRADITIONAL_BIT;
        }
    }
    length = warp_sum(length);
    traditional = warp_sum(traditional);
    replacements = warp_sum(replacements);
    if (lane_index() != 0) return;
    lengths[document] = interacts ? 0 : length;
    counts[2 * document] = traditional;
    counts[2 * document + 1] = replacements;
    interacting[document] = interacts;
}

// Second step, one warp a document: the same characters again, now to their places.
extern "C" __global__ void write_keys(
    const i64* offsets, const u8* data, const u32* folds, const u32* expansions,
    const u32* boundary, const u64* pairs, i64 n_pairs, const u8* interacting, const i64* keys,
    u32* codepoints, i64 n_documents
) {
    const i64 document = warp_index();
    if (document >= n_documents || interacting[document]) return;
    const i64 end = offsets[document + 1];
    Before before = {};
    i64 key = keys[document];
    for (i64 start = offsets[document]; start < end; start += WARP) {
        const Character found =
            fold_lane(data, start, end, folds, boundary, pairs, n_pairs, before);
        const int place = warp_sum_before(found.length);
        const u32* first = expansions + ((found.value & ~EXPAND) >> 5);
        for (int i = 0; i < found.length; i++) {
            const u32 value = found.value & EXPAND ? first[i] : found.value;
            codepoints[key + place + i] = value & CODE_POINT;
        }
        key += warp_sum(found.length);
    }
}

// One block a piece: copies the bytes of chosen documents together, for the trip to the host …
extern "C" __global__ void gather(
    const i64* offsets, const u8* data, const i64* chosen, const i64* places, u8* result
) {
    const i64 start = offsets[chosen[blockIdx.x]], to = places[blockIdx.x];
    const i64 n = places[blockIdx.x + 1] - to;
    for (i64 i = threadIdx.x; i < n; i += blockDim.x) result[to + i] = data[start + i];
}

// … and their keys from there to where they belong.
extern "C" __global__ void scatter(
    const i64* places, const u32* pieces, const i64* chosen, const i64* keys, u32* codepoints
) {
    const i64 start = places[blockIdx.x], to = keys[chosen[blockIdx.x]];
    const i64 n = places[blockIdx.x + 1] - start;
    for (i64 i = threadIdx.x; i < n; i += blockDim.x) codepoints[to + i] = pieces[start + i];
}

__device__ inline u64 finish(u64 h) {
    h ^= h >> 33;
    h *= FINAL_0;
    h ^= h >> 29;
    h *= FINAL_1;
    return h ^ (h >> 32);
}

__device__ inline void absorb(u64& h0, u64& h1, u64 word) {
    h0 = (((h0 << 29) | (h0 >> 35)) ^ word) * MULTIPLIER_0;
    h1 = (((h1 << 37) | (h1 >> 27)) ^ word) * MULTIPLIER_1;
}

// One thread a document: every step of the hash needs the one before it, so a document cannot be
// shared out. The four steps that one 32-byte sector feeds come from L1.
extern "C" __global__ void key_hashes(
    const i64* offsets, const u32* codepoints, const i64* text_offsets, const u8* data, u64* result,
    i64 n_documents
) {
    const i64 document = thread_index();
    if (document >= n_documents) return;
    const i64 start = offsets[document], stop = offsets[document + 1];
    u64 h0 = KEY_SPACE ^ (u64)(stop - start), h1 = ~h0;
    for (i64 i = start; i < stop - 1; i += 2)
        absorb(h0, h1, codepoints[i] | (u64)codepoints[i + 1] << 32);
    if ((stop - start) & 1) absorb(h0, h1, codepoints[stop - 1]);
    if (start == stop) {
        h0 = BYTE_SPACE;
        h1 = ~h0;
        for (i64 i = text_offsets[document]; i < text_offsets[document + 1]; i++)
            absorb(h0, h1, (u64)data[i] + 1);
    }
    result[2 * document] = finish(h0);
    result[2 * document + 1] = finish(h1 + h0 * MULTIPLIER_1);
}
