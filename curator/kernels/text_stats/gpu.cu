// Text statistics on the device; see __init__.py for the definitions, cpu.py for the host's body.
//
// The host follows a document from its first character to its last. Here one warp looks at 32
// bytes at a time, and each lane decides from the characters around its own byte what begins there:
// a word, a run of one character, an address, the end of a line. Only the lane at whose byte a
// thing begins walks along it; most are a few characters long.
#include "../cuda/device.cuh"

const u32 SPACE = 1, UNSPACED = 2, LETTER = 4, DIGIT = 8, ATTACHED = 16, TERMINAL = 32;
const u32 CLOSING_QUOTE = 64, CLOSING_BRACKET = 128, BULLET = 256, HASH = 512, ELLIPSIS = 1024;

enum Followed {
    MARKS, WORDS, SPLIT, WITH_LETTERS, SYMBOL_WORDS, SPACED, SPACED_CHARACTERS, UNSPACED_WORDS,
    LONGEST_WORD, URL, LINES, BULLETS, ELLIPSES, TERMINALS, LONGEST_LINE, LONGEST_RUN, PARAGRAPHS,
    N_FOLLOWED
};

const int WARPS = 4;      // of a block of `count`
const int CLASSES = 256;  // a class is one byte

struct Text {
    const u8* data;
    const u32* meanings;  // of every code point: class in the lowest byte, flags above it

    __device__ u32 flags(u32 point) const { return meanings[point] >> 8; }
};

__device__ bool is(const u8* data, i64 start, i64 end, const char* wanted, int size) {
    if (end - start != size) return false;
    for (int i = 0; i < size; i++)
        if (data[start + i] != (u8)wanted[i]) return false;
    return true;
}

__device__ i64 previous_character(const u8* data, i64 start, i64 at) {
    at--;
    while (at > start && !begins_character(data[at])) at--;
    return at;
}

// ---- words

__device__ bool is_symbol_word(const Text& text, i64 start, i64 end, i32 characters, u32 seen) {
    const u8* data = text.data;
    if (seen & HASH) {
        i32 runs = 0;
        for (i64 at = start; at < end; at++)
            runs += data[at] == '#' && (at == start || data[at - 1] != '#');
        return 2 * runs > characters;
    }
    if (seen & LETTER) return false;
    if (is(data, start, end, "...", 3) || is(data, start, end, "[...]", 5)) return true;
    if (is(data, start, end, "(...)", 5) || is(data, start, end, "-\xc2\xbb", 3)) return true;
    if (!(seen & ELLIPSIS)) return false;
    if (is(data, start, end, "[\xe2\x80\xa6]", 5)) return true;
    int width;
    for (i64 at = start; at < end; at += width)
        if (!(text.flags(decode(data, at, width)) & ELLIPSIS)) return false;
    return true;
}

// What lies between a character that begins a run of non-space, or follows an unspaced character,
// and the next space or unspaced character. All but `marks_end` counts code points.
struct Piece {
    i64 start, end;       // bytes of what is not a mark on the unspaced character before
    i64 marks_end;        // end of the marks on that character, where there are any
    i32 marks_before;     // how many they are
    i32 first, last;      // places of start and end, from where the walk began
    i32 marks;            // all marks that belong to a letter
    i32 characters;       // length as a word
    u32 seen;             // flags of the characters, marks left out
    bool pure;            // the run of non-space holds no unspaced character

    __device__ bool is_word() const {
        return characters && (pure || (seen & (LETTER | DIGIT)));
    }
};

// An unspaced character resets all that the host carries along but "this run holds one", so these
// pieces can be walked independently.
__device__ Piece walk_piece(const Text& text, i64 at, i64 end, bool after_unspaced) {
    Piece piece = {};
    piece.start = at;
    piece.pure = !after_unspaced;
    bool on_letter = after_unspaced, on_unspaced = after_unspaced;
    int width;
    for (; at < end; at += width, piece.last++) {
        const u32 flags = text.flags(decode(text.data, at, width));
        if (flags & SPACE) break;
        if (flags & UNSPACED) {
            piece.pure = false;
            break;
        }
        if ((flags & ATTACHED) && on_letter) {
            piece.marks++;
            piece.characters += !on_unspaced;
            piece.marks_before += on_unspaced;
            if (on_unspaced) piece.marks_end = at + width;
            continue;
        }
        if (piece.characters == 0) {
            piece.start = at;
            piece.first = piece.last;
        }
        piece.characters++;
        piece.seen |= flags;
        on_letter = flags & LETTER;
        on_unspaced = false;
    }
    piece.end = at;
    return piece;
}

__device__ void count_piece(
    const Text& text, i64 at, i64 end, bool after_unspaced, i32* out
) {
    const Piece piece = walk_piece(text, at, end, after_unspaced);
    out[MARKS] += piece.marks;
    if (piece.characters == 0) return;
    out[SYMBOL_WORDS] +=
        is_symbol_word(text, piece.start, piece.end, piece.characters, piece.seen);
    if (!piece.is_word()) return;
    out[SPACED]++;
    out[SPACED_CHARACTERS] += piece.characters;
    out[WITH_LETTERS] += (piece.seen & LETTER) != 0;
    if (piece.characters > out[LONGEST_WORD]) out[LONGEST_WORD] = piece.characters;
}

__device__ i32 run_length(const u8* data, i64 at, i64 end, int width) {
    i32 length = 1;
    for (i64 next = at + width; next + width <= end; next += width, length++)
        for (int i = 0; i < width; i++)
            if (data[next + i] != data[at + i]) return length;
    return length;
}

// ---- addresses

__device__ bool in_url(u8 byte) {
    return (byte >= 0x24 && byte <= 0x5F) || (byte >= 0x61 && byte <= 0x7A) || byte == 0x21;
}

__device__ bool url_begins(const u8* data, i64 at, i64 end) {
    if (data[at] != 'h' || at + 7 >= end || !is(data, at, at + 4, "http", 4)) return false;
    const i64 scheme = data[at + 4] == 's' ? at + 5 : at + 4;
    return scheme + 3 < end && is(data, scheme, scheme + 3, "://", 3) && in_url(data[scheme + 3]);
}

// Bytes of the address that begins at `at`; 0 where none does. All bytes of an address may stand in
// one, so the first beginning in a run of such bytes takes the rest of the run.
__device__ i32 url_length(const u8* data, i64 at, i64 start, i64 end) {
    if (!url_begins(data, at, end)) return 0;
    for (i64 before = at - 1; before >= start && in_url(data[before]); before--)
        if (url_begins(data, before, end)) return 0;
    i64 tail = at;
    while (tail < end && in_url(data[tail])) tail++;
    return (i32)(tail - at);
}

// ---- lines

__device__ bool ends_in_ellipsis(const Text& text, i64 start, i64 end) {
    const u8* data = text.data;
    const i64 size = end - start;
    int width;
    if (text.flags(decode(data, previous_character(data, start, end), width)) & ELLIPSIS)
        return true;
    if (size >= 3 && (is(data, end - 3, end, "...", 3) || is(data, end - 3, end, "-\xc2\xbb", 3)))
        return true;
    if (size >= 5 && (is(data, end - 5, end, "[...]", 5) || is(data, end - 5, end, "(...)", 5) ||
                      is(data, end - 5, end, "[\xe2\x80\xa6]", 5)))
        return true;
    while (end > start && data[end - 1] == '.') end--;
    const i64 dots = start + size - end;
    if (dots == 1 || end - start < 9) return false;
    for (int i = 0; i < 9; i++)
        if ((data[end - 9 + i] | 0x20) != "read more"[i]) return false;
    return true;
}

__device__ bool is_terminated(const Text& text, i64 start, i64 end) {
    int width;
    while (end > start) {
        const i64 at = previous_character(text.data, start, end);
        const u32 flags = text.flags(decode(text.data, at, width));
        if (flags & (TERMINAL | CLOSING_QUOTE)) return true;
        if (!(flags & CLOSING_BRACKET)) return false;
        end = at;
    }
    return false;
}

// Counts one line, given without its line feed; a blank one counts nothing.
__device__ void count_line(const Text& text, i64 start, i64 end, i32* out) {
    u32 flags = SPACE;
    int width;
    for (; start < end; start += width) {
        flags = text.flags(decode(text.data, start, width));
        if (!(flags & SPACE)) break;
    }
    if (start == end) return;
    out[LINES]++;
    out[BULLETS] += (flags & BULLET) != 0;
    while (true) {
        const i64 at = previous_character(text.data, start, end);
        if (!(text.flags(decode(text.data, at, width)) & SPACE)) break;
        end = at;
    }
    out[ELLIPSES] += ends_in_ellipsis(text, start, end);
    out[TERMINALS] += is_terminated(text, start, end);
}

// Line feeds directly before this lane's byte; `carried`: those at the end of the bytes before.
__device__ int feeds_before(u32 feeds, int carried) {
    const int other = last_before(~feeds);
    return other < 0 ? lane_index() + carried : lane_index() - 1 - other;
}

__device__ int feeds_carried(u32 feeds, int carried) {
    return feeds == FULL ? carried + WARP : __clz((int)~feeds);
}

// ---- the kernels

// One warp a document; a histogram of classes in shared memory, 1 KiB a warp, is all that the
// counts without context need.
extern "C" __global__ void count(
    const i64* offsets, const u8* data, const u32* meanings, const i64* counts, i64 n_counts,
    const i64* scripts, i64 n_scripts, i64 n_classes, i64* summed, i64* letters, i64* followed,
    i64 n_documents
) {
    __shared__ u32 histograms[WARPS][CLASSES];
    const i64 document = warp_index();
    if (document >= n_documents) return;  // the whole warp leaves together
    const int lane = lane_index();
    u32* histogram = histograms[threadIdx.x / WARP];
    for (int kind = lane; kind < CLASSES; kind += WARP) histogram[kind] = 0;
    __syncwarp();
    const Text text = {data, meanings};
    const i64 start = offsets[document], end = offsets[document + 1];
    i32 out[N_FOLLOWED] = {};
    u32 last_point = 0, last_meaning = SPACE << 8;  // a text begins like what follows a space
    bool any_before = false;
    i64 line_start = start;
    i32 line_characters = 0;
    int feed_run = 0;
    for (i64 tile = start; tile < end; tile += WARP) {
        const i64 at = tile + lane;
        const u8 byte = at < end ? data[at] : (u8)0x80;
        const bool begins = begins_character(byte);
        u32 point = 0, meaning = 0;
        int width = 1;
        if (begins) {
            point = decode(data, at, width);
            meaning = meanings[point];
            atomicAdd(&histogram[meaning & 0xFF], 1u);
        }
        const u32 beginnings = __ballot_sync(FULL, begins);
        const u32 feeds = __ballot_sync(FULL, byte == '\n');
        const int before = last_before(beginnings);
        const u32 near_point = __shfl_sync(FULL, point, before & (WARP - 1));
        const u32 near_meaning = __shfl_sync(FULL, meaning, before & (WARP - 1));
        if (begins) {
            const u32 flags = meaning >> 8;
            const u32 flags_before = (before < 0 ? last_meaning : near_meaning) >> 8;
            const bool repeats =
                (before >= 0 || any_before) && point == (before < 0 ? last_point : near_point);
            if (!(flags & SPACE)) {
                out[SPLIT] += (flags_before & SPACE) != 0;
                if (flags & UNSPACED)
                    out[UNSPACED_WORDS]++;
                else if (flags_before & (SPACE | UNSPACED))
                    count_piece(text, at, end, !(flags_before & SPACE), out);
                if (!repeats) {
                    const i32 length = run_length(data, at, end, width);
                    if (length > out[LONGEST_RUN]) out[LONGEST_RUN] = length;
                }
            }
            out[URL] += url_length(data, at, start, end);
        }
        if (byte == '\n') {
            const int feed = last_before(feeds);
            const u32 below = (1u << lane) - 1, line = below & ~(feed < 0 ? 0u : (2u << feed) - 1);
            const i32 characters = __popc(beginnings & line) + (feed < 0 ? line_characters : 0);
            if (characters > out[LONGEST_LINE]) out[LONGEST_LINE] = characters;
            count_line(text, feed < 0 ? line_start : tile + feed + 1, at, out);
            out[PARAGRAPHS] += feeds_before(feeds, feed_run) & 1;  // every second one is a break
        }
        if (feeds) {
            const int feed = 31 - __clz((int)feeds);
            line_start = tile + feed + 1;
            line_characters = __popc(beginnings & ~((2u << feed) - 1));
        } else {
            line_characters += __popc(beginnings);
        }
        feed_run = feeds_carried(feeds, feed_run);
        const int last = 31 - __clz((int)beginnings);  // 32 bytes of text hold a beginning
        last_point = __shfl_sync(FULL, point, last & (WARP - 1));
        last_meaning = __shfl_sync(FULL, meaning, last & (WARP - 1));
        any_before = true;
    }
    if (lane == 0) {
        if (line_characters > out[LONGEST_LINE]) out[LONGEST_LINE] = line_characters;
        count_line(text, line_start, end, out);
        out[PARAGRAPHS]++;
    }
    for (int i = 0; i < N_FOLLOWED; i++) {
        const bool longest = i == LONGEST_WORD || i == LONGEST_LINE || i == LONGEST_RUN;
        out[i] = longest ? warp_max(out[i]) : warp_sum(out[i]);
    }
    out[WORDS] = out[SPACED] + out[UNSPACED_WORDS];
    out[WITH_LETTERS] += out[UNSPACED_WORDS];
    if (lane == 0)
        for (int i = 0; i < N_FOLLOWED; i++) followed[document * N_FOLLOWED + i] = out[i];
    __syncwarp();  // the histogram is complete
    for (i64 column = lane; column < n_counts; column += WARP) {
        i64 sum = 0;
        for (i64 kind = 0; kind < n_classes; kind++)
            sum += histogram[kind] * counts[kind * n_counts + column];
        summed[document * n_counts + column] = sum;
    }
    for (i64 script = lane; script < n_scripts; script += WARP) {
        i64 sum = 0;
        for (i64 kind = 0; kind < n_classes; kind++)
            if (scripts[kind] == script) sum += histogram[kind];
        letters[document * n_scripts + script] = sum;
    }
}

#include "repetition.cuh"
#include "words.cuh"
