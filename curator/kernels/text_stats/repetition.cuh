// Repeated lines and paragraphs; part of gpu.cu.

// Repetition, step one and two, one warp a document: cut it at every run of `breaks` line feeds.
// Without `starts` the pieces are only counted; with it they are written from `places` on.
__device__ i64 split(
    const i64* offsets, const u8* data, i64 breaks, const i64* places, i64* starts, i64* ends,
    i64 document
) {
    const i64 end = offsets[document + 1];
    i64 piece = starts ? places[document] : 0;
    int feed_run = 0;
    if (starts && lane_index() == 0) starts[piece] = offsets[document];
    for (i64 tile = offsets[document]; tile < end; tile += WARP) {
        const i64 at = tile + lane_index();
        const bool feed = at < end && data[at] == '\n';
        const u32 feeds = __ballot_sync(FULL, feed);
        const bool cut = feed && (breaks == 1 || (feeds_before(feeds, feed_run) & 1));
        const u32 cuts = __ballot_sync(FULL, cut);
        if (cut && starts) {
            const i64 place = piece + __popc(cuts & ((1u << lane_index()) - 1));
            ends[place] = at + 1 - breaks;
            starts[place + 1] = at + 1;
        }
        piece += __popc(cuts);
        feed_run = feeds_carried(feeds, feed_run);
    }
    if (starts && lane_index() == 0) ends[piece] = end;
    return piece + 1;
}

extern "C" __global__ void count_pieces(
    const i64* offsets, const u8* data, i64 breaks, i64* n_pieces, i64 n_documents
) {
    const i64 document = warp_index();
    if (document >= n_documents) return;
    const i64 n = split(offsets, data, breaks, nullptr, nullptr, nullptr, document);
    if (lane_index() == 0) n_pieces[document] = n;
}

// Step two also notes whose the pieces are.
extern "C" __global__ void write_pieces(
    const i64* offsets, const u8* data, i64 breaks, const i64* places, i64* starts, i64* ends,
    i64* documents, i64 n_documents
) {
    const i64 document = warp_index();
    if (document >= n_documents) return;
    split(offsets, data, breaks, places, starts, ends, document);
    for (i64 i = places[document] + lane_index(); i < places[document + 1]; i += WARP)
        documents[i] = document;
}

// Step three, one warp a piece: a hash of document and bytes, in any order of the bytes because
// each is mixed with its place, and the number of characters, or -1 for a blank line.
extern "C" __global__ void hash_pieces(
    const u8* data, const u32* meanings, i64 blank_counts, const i64* starts, const i64* ends,
    const i64* documents, u64* hashes, i64* characters, i64 n_pieces
) {
    const i64 piece = warp_index();
    if (piece >= n_pieces) return;
    u64 hash = 0;
    i64 n = 0;
    i32 solid = 0;
    for (i64 at = starts[piece] + lane_index(); at < ends[piece]; at += WARP) {
        hash += mix(((u64)(at - starts[piece]) << 8) + data[at] + 1);
        if (!begins_character(data[at])) continue;
        int width;
        n++;
        solid |= !((meanings[decode(data, at, width)] >> 8) & SPACE);
    }
    hash = warp_sum(hash);
    n = warp_sum(n);
    solid = warp_max(solid);
    if (lane_index() != 0) return;
    hashes[piece] = mix(hash ^ mix((u64)documents[piece] + BASE));
    characters[piece] = solid || blank_counts ? n : -1;
}

// Step four, one warp a piece in the order of the hashes: it is new unless an earlier one of its
// document has the same bytes. Nearly always the first with the same hash has.
extern "C" __global__ void tally_pieces(
    const u8* data, const i64* starts, const i64* ends, const i64* documents,
    const i64* characters, const u64* sorted, const i64* order, i64 column, i64* result,
    i64 n_pieces
) {
    const i64 i = warp_index();
    if (i >= n_pieces) return;
    const i64 piece = order[i], size = ends[piece] - starts[piece];
    if (characters[piece] < 0) return;
    bool same = false;
    for (i64 j = place_of(sorted, i, sorted[i], false); j < i && !same; j++) {
        const i64 other = order[j];
        if (documents[other] != documents[piece] || ends[other] - starts[other] != size) continue;
        bool differs = false;
        for (i64 at = 0; at < size && !differs; at += WARP) {
            const i64 byte = at + lane_index();
            const bool unlike =
                byte < size && data[starts[piece] + byte] != data[starts[other] + byte];
            differs = __any_sync(FULL, unlike);
        }
        same = !differs;
    }
    if (lane_index() != 0) return;
    u64* row = (u64*)result + 8 * documents[piece] + column;
    atomicAdd(row, (u64)1);
    atomicAdd(row + 2, (u64)characters[piece]);
    if (same) return;
    atomicAdd(row + 1, (u64)1);
    atomicAdd(row + 3, (u64)characters[piece]);
}
