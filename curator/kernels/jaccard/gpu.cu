// Jaccard on the device: see __init__.py for the contract and cpu.py for the host's body.
#include "../cuda/device.cuh"

// One warp a pair. The host merges two sorted sets; here the lanes read the smaller set coalesced
// and look every hash up in the larger one by bisection, whose first steps all lanes share.
//
// The host gives a pair up once more hashes than allowed stood alone before either set ended. Those
// are the hashes up to the smaller of the two last ones, so they can be counted afterwards, and
// the same pairs are given up.
extern "C" __global__ void jaccard(
    const i64* left_offsets, const u64* left_hashes, const i64* right_offsets,
    const u64* right_hashes, const i64* pairs, double share, double at_least, double* result,
    i64 n_pairs
) {
    const i64 pair = warp_index();
    if (pair >= n_pairs) return;  // the whole warp leaves together
    const i64 left = pairs[2 * pair], right = pairs[2 * pair + 1];
    const u64 *a = left_hashes + left_offsets[left], *b = right_hashes + right_offsets[right];
    i64 n_a = left_offsets[left + 1] - left_offsets[left];
    i64 n_b = right_offsets[right + 1] - right_offsets[right];
    if (n_a > n_b) {
        const u64* set = a;
        a = b;
        b = set;
        const i64 n = n_a;
        n_a = n_b;
        n_b = n;
    }
    const i64 total = n_a + n_b;
    // Each step rounded by itself, as on the host: J >= t needs common >= t / (1 + t) * total.
    const double allowed = __dadd_rn(__dmul_rn((double)total, share), 1e-6);
    double similarity = 0.0;
    if (total != 0 && (double)(n_b - n_a) <= allowed) {
        i64 common = 0;
        for (i64 i = lane_index(); i < n_a; i += WARP) {
            const i64 place = place_of(b, n_b, a[i], false);
            common += place < n_b && b[place] == a[i];
        }
        common = warp_sum(common);
        i64 visited = 0;  // of both sets, until one of them ended
        if (n_a > 0) {
            const u64 last = a[n_a - 1] < b[n_b - 1] ? a[n_a - 1] : b[n_b - 1];
            visited = place_of(a, n_a, last, true) + place_of(b, n_b, last, true);
        }
        if ((double)(visited - 2 * common) <= allowed)
            similarity = __ddiv_rn((double)common, (double)(total - common));
        if (similarity < at_least) similarity = 0.0;
    }
    if (lane_index() == 0) result[pair] = similarity;
}
