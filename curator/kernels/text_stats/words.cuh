// Repeated n-grams of words; part of gpu.cu. All words of all documents stand in one line, and an
// n-gram is named by the place of the first one like it: places of different documents differ, so
// the steps need not know documents, but for "does the n-gram end in the document it begins in".

struct Words {
    i64 *starts, *ends;    // bytes
    i64 *firsts, *lasts;   // code points of the document before the word, and before its end
    i64* documents;

    __device__ void write(i64 word, i64 start, i64 end, i64 first, i64 last, i64 document) const {
        starts[word] = start;
        ends[word] = end;
        firsts[word] = first;
        lasts[word] = last;
        documents[word] = document;
    }
};

// Words that begin with the piece or unspaced character at a lane's byte: none, one or two. They
// are written from `word` on where there is somewhere to write.
__device__ int words_at(
    const Text& text, i64 at, int width, i64 end, bool unspaced, i64 character, i64 document,
    const Words* words, i64 word
) {
    const i64 from = unspaced ? at + width : at, before = character + unspaced;
    const Piece piece = walk_piece(text, from, end, unspaced);
    if (words && unspaced)
        words->write(word, at, piece.marks_before ? piece.marks_end : from, character,
                     before + piece.marks_before, document);
    if (words && piece.is_word())
        words->write(word + unspaced, piece.start, piece.end, before + piece.first,
                     before + piece.last, document);
    return unspaced + piece.is_word();
}

// One warp a document; returns the number of its words.
__device__ i64 find_words(
    const i64* offsets, const Text& text, i64 document, const Words* words, i64 word
) {
    const i64 end = offsets[document + 1], first_word = word;
    i64 characters = 0;
    u32 last_flags = SPACE;
    for (i64 tile = offsets[document]; tile < end; tile += WARP) {
        const i64 at = tile + lane_index();
        const bool begins = at < end && begins_character(text.data[at]);
        int width = 1;
        const u32 flags = begins ? text.flags(decode(text.data, at, width)) : 0;
        const u32 beginnings = __ballot_sync(FULL, begins);
        const int before = last_before(beginnings);
        const u32 near_flags = __shfl_sync(FULL, flags, before & (WARP - 1));
        const u32 flags_before = before < 0 ? last_flags : near_flags;
        // The piece behind an unspaced character is found together with that character.
        const bool here = begins && ((flags & UNSPACED) || (flags_before & SPACE));
        const bool starts = here && !(flags & SPACE), unspaced = flags & UNSPACED;
        const i64 character = characters + __popc(beginnings & ((1u << lane_index()) - 1));
        int n = 0;
        if (starts)
            n = words_at(text, at, width, end, unspaced, character, document, nullptr, 0);
        const i64 place = word + warp_sum_before(n);
        if (words && n)
            words_at(text, at, width, end, unspaced, character, document, words, place);
        word += warp_sum(n);
        characters += __popc(beginnings);
        last_flags = __shfl_sync(FULL, flags, (31 - __clz((int)beginnings)) & (WARP - 1));
    }
    return word - first_word;
}

extern "C" __global__ void count_words(
    const i64* offsets, const u8* data, const u32* meanings, i64* n_words, i64 n_documents
) {
    const i64 document = warp_index();
    if (document >= n_documents) return;
    const i64 n = find_words(offsets, {data, meanings}, document, nullptr, 0);
    if (lane_index() == 0) n_words[document] = n;
}

extern "C" __global__ void write_words(
    const i64* offsets, const u8* data, const u32* meanings, const i64* places, i64* starts,
    i64* ends, i64* firsts, i64* lasts, i64* documents, i64 n_documents
) {
    const i64 document = warp_index();
    if (document >= n_documents) return;
    const Words words = {starts, ends, firsts, lasts, documents};
    find_words(offsets, {data, meanings}, document, &words, places[document]);
}

// From here on: one thread a word.

extern "C" __global__ void hash_words(
    const u8* data, const i64* starts, const i64* ends, const i64* documents, u64* hashes, i64 n
) {
    const i64 word = thread_index();
    if (word >= n) return;
    u64 hash = mix((u64)documents[word] + BASE);
    for (i64 at = starts[word]; at < ends[word]; at++) hash = (hash ^ data[at]) * BASE + 1;
    hashes[word] = mix(hash);
}

// Names each word by the first one of its document with the same bytes; nearly always that is the
// first of all with its hash.
extern "C" __global__ void number_words(
    const u8* data, const i64* starts, const i64* ends, const i64* documents, const u64* sorted,
    const i64* order, i64* numbers, i64* frequencies, i64 n
) {
    const i64 i = thread_index();
    if (i >= n) return;
    const i64 word = order[i], size = ends[word] - starts[word];
    i64 number = word;
    for (i64 j = place_of(sorted, i, sorted[i], false); j < i; j++) {
        const i64 other = order[j];
        if (documents[other] != documents[word] || ends[other] - starts[other] != size) continue;
        i64 same = 0;
        while (same < size && data[starts[other] + same] == data[starts[word] + same]) same++;
        if (same < size) continue;
        number = other;
        break;
    }
    numbers[word] = number;
    atomicAdd((u64*)&frequencies[number], (u64)1);
}

extern "C" __global__ void drop_single(i64* numbers, const i64* frequencies, i64 n) {
    const i64 word = thread_index();
    if (word < n && frequencies[numbers[word]] < 2) numbers[word] = -1;
}

// An n-gram is a pair of shorter ones, both of them repeated; anything else has no key.
extern "C" __global__ void pair_numbers(
    const i64* numbers, const i64* documents, u64* keys, i64 n
) {
    const i64 word = thread_index();
    if (word >= n) return;
    const bool pair = word + 1 < n && documents[word + 1] == documents[word] &&
                      numbers[word] >= 0 && numbers[word + 1] >= 0;
    keys[word] = pair ? (u64)numbers[word] << 32 | (u64)numbers[word + 1] : ~0ull;
}

// `sorted` are the keys of n-grams and `places` where these are, rising within a key.
extern "C" __global__ void number_pairs(
    const u64* sorted, const i64* places, i64* numbers, i64* frequencies, i64 n
) {
    const i64 i = thread_index();
    if (i >= n) return;
    const i64 start = place_of(sorted, i, sorted[i], false);
    const i64 stop = i + place_of(sorted + i, n - i, sorted[i], true);
    if (stop - start < 2) return;
    numbers[places[i]] = places[start];
    if (i == start) frequencies[places[i]] = stop - start;
}

// The top n-gram of each document in three steps: the most frequent, of these the widest, of these
// the first.
extern "C" __global__ void find_top(
    const i64* numbers, const i64* frequencies, const i64* firsts, const i64* lasts,
    const i64* documents, i64 length, i64 step, i64* most, i64* widest, i64* top, i64 n
) {
    const i64 word = thread_index();
    if (word >= n || numbers[word] != word) return;
    const i64 document = documents[word], width = lasts[word + length - 1] - firsts[word];
    if (step == 0) {
        atomicMax((u64*)&most[document], (u64)frequencies[word]);
    } else if (frequencies[word] == most[document]) {
        if (step == 1)
            atomicMax((u64*)&widest[document], (u64)width);
        else if (width == widest[document])
            atomicMin((u64*)&top[document], (u64)word);
    }
}

// Characters of an n-gram that no chosen one before it covers. All are as many words long, so only
// the nearest one counts, and only where it is less than a length away.
__device__ i64 uncovered(
    const i64* numbers, const i64* firsts, const i64* lasts, const i64* documents, i64 length,
    i64 word, i64 top
) {
    i64 first = firsts[word];
    for (i64 other = word - 1; other > word - length && other >= 0; other--) {
        if (documents[other] != documents[word]) break;
        if (top >= 0 ? numbers[other] != top : numbers[other] < 0 || numbers[other] == other)
            continue;
        const i64 until = lasts[other + length - 1];
        first = until > first ? until : first;
        break;
    }
    return lasts[word + length - 1] - first;
}

extern "C" __global__ void measure_ngrams(
    const i64* numbers, const i64* firsts, const i64* lasts, const i64* documents, i64 length,
    const i64* most, const i64* top, i64 column, i64 n_columns, i64* result, i64 n
) {
    const i64 word = thread_index();
    if (word >= n) return;
    const i64 document = documents[word];
    u64* out = (u64*)result + 2 * (document * n_columns + column);
    if (most[document] == 0) {  // nothing is repeated: all occur once, and the longest is the top
        const i64 last = word + length - 1;
        if (last < n && documents[last] == document)
            atomicMax(out, (u64)(lasts[last] - firsts[word]));
        return;
    }
    if (numbers[word] == top[document])
        atomicAdd(out, (u64)uncovered(
            numbers, firsts, lasts, documents, length, word, top[document]));
    if (numbers[word] >= 0 && numbers[word] != word)
        atomicAdd(out + 1, (u64)uncovered(numbers, firsts, lasts, documents, length, word, -1));
}
