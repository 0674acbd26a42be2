"""Folding on the host: one table look-up a code point, one more a window of marks that meet."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from curator.kernels import buffers
from curator.kernels.compiled import njit
from curator.kernels.fold import compositions, table, windows
from curator.kernels.fold.table import FoldTables
from curator.kernels.fold.windows import decode, place_of

EXPAND = np.uint32(table.EXPAND)
EXAMINE = np.uint32(table.EXAMINE)
CODE_POINT = np.uint32(table.CODE_POINT)
TRADITIONAL_BIT = np.uint32(29)
MEETS = np.uint32(compositions.COMPOSES | compositions.ALWAYS)
MOST_UNKNOWN = 1024
"""Windows noted in a document before they are normalised."""
MOST_ROUNDS = 16
"""Times one document is read again for the windows it brings."""
NO_ROOM = -1
ONE, TWO, EIGHT = np.uint64(1), np.uint64(2), np.uint64(8)
NOWHERE = np.empty((0, 2), np.int64)

MULTIPLIER_0 = np.uint64(0x9FB21C651E98DF25)
MULTIPLIER_1 = np.uint64(0xD6E8FEB86659FD93)
FINAL_0 = np.uint64(0xFF51AFD7ED558CCD)
FINAL_1 = np.uint64(0xC4CEB9FE1A85EC53)
KEY_SPACE = np.uint64(0x5BD1E9955BD1E995)
BYTE_SPACE = np.uint64(0x27D4EB2F165667C5)


def fold_documents(
    offsets: np.ndarray, data: np.ndarray, tables: FoldTables
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return key offsets, code points and counts int64[n, 2].

    The compiled pass stops at a document with windows never met before; they are normalised, and
    it goes on from that document. It stops, too, where they are too many or too long to remember;
    that document is then normalised whole, with the same key.
    """
    n_documents = len(offsets) - 1
    keys = np.zeros(n_documents + 1, np.int64)
    counts = np.zeros((n_documents, 2), np.int64)
    codepoints = np.empty(offsets[-1] - offsets[0], np.uint32)  # nearly always enough
    lookups = (tables.whole, tables.expansions, tables.boundary)
    unknown = np.empty((MOST_UNKNOWN, 2), np.int64)
    shared = known = windows.known()
    document, rounds, latest = 0, 0, -1
    while True:
        document, n_unknown = _fold_from(
            document, offsets, data, *lookups, *known[:2], codepoints, keys, counts, unknown
        )
        if document == n_documents:
            windows.remember(known)
            return keys, codepoints[: keys[-1]], counts
        if n_unknown == NO_ROOM:
            codepoints = _widened(codepoints, keys[document], 2 * len(codepoints))
            continue
        rounds, latest = (rounds + 1 if document == latest else 0), document
        if n_unknown and rounds < MOST_ROUNDS:
            new = list(dict.fromkeys(_pieces(data, unknown[:n_unknown])))
            if windows.fit(known, new):
                known = windows.copy(known) if known is shared else known
                known = windows.extended(known, new, _fold_whole(new, tables))
                continue
            unknown = NOWHERE  # no use in noting what cannot be remembered
        codepoints = _fold_one(document, offsets, data, tables, codepoints, keys, counts)
        document += 1


def _widened(codepoints: np.ndarray, n_used: int, size: int) -> np.ndarray:
    wider = np.empty(size, np.uint32)
    wider[:n_used] = codepoints[:n_used]
    return wider


def _pieces(data: np.ndarray, places: np.ndarray) -> Iterator[bytes]:
    return (bytes(data[start:end]) for start, end in places.tolist())


def _fold_one(
    document: int,
    offsets: np.ndarray,
    data: np.ndarray,
    tables: FoldTables,
    codepoints: np.ndarray,
    keys: np.ndarray,
    counts: np.ndarray,
) -> np.ndarray:
    """Put the key of one document, normalised whole, behind the others; return ``codepoints``."""
    text = bytes(data[offsets[document] : offsets[document + 1]])
    _, folded, counts[document : document + 1] = _fold_whole([text], tables)
    start, following = keys[document], keys[document] + len(folded)
    needed = following + offsets[-1] - offsets[document + 1]
    if needed > len(codepoints):
        codepoints = _widened(codepoints, start, needed)
    codepoints[start:following] = folded
    keys[document + 1] = following
    return codepoints


def _fold_whole(
    texts: list[bytes], tables: FoldTables
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return key offsets, code points and counts of texts, each normalised as a whole."""
    offsets, data = buffers.of([table.compatibility_casefold(text.decode()) for text in texts])
    keys, counts = np.zeros(len(offsets), np.int64), np.zeros((len(texts), 2), np.int64)
    codepoints = np.empty(len(data), np.uint32)  # normalised text does not expand
    lookups = (tables.normalised, tables.expansions, tables.boundary)
    _fold_from(0, offsets, data, *lookups, *windows.NONE[:2], codepoints, keys, counts, NOWHERE)
    return keys, codepoints[: keys[-1]], counts


@njit(cache=True, nogil=True)
def _fold_from(  # type: ignore[no-untyped-def]
    first_document,
    offsets,
    data,
    folds,
    expansions,
    boundary,
    slots,
    windows_folded,
    codepoints,
    keys,
    counts,
    unknown,
):
    """Fold documents from the first named on; return where it stopped, and a number.

    It stops behind the last document; at one that finds no room, with ``NO_ROOM``; at one whose
    windows are not all known, with the number of them noted in ``unknown``, as byte ranges; and
    with 0 at one with windows that cannot be noted.
    """
    last = offsets[-1]
    for document in range(first_document, len(offsets) - 1):
        i, end = offsets[document], offsets[document + 1]
        k = keys[document]
        traditional, replacements = np.int64(0), np.int64(0)
        n_unknown = np.int64(0)
        base = i  # the latest character that combines with nothing before it
        # That character, the first mark behind it, and what the key was there.
        previous, first_mark, behind_base = np.uint32(0), i, (k, traditional)
        examined_end, trail = np.int64(-1), np.uint32(0)  # of the latest examined character
        while i < end:
            if data[i] < 0x80:  # ASCII neither expands nor combines
                i, k = _ascii_run(data, i, end, folds, codepoints, k)
                base = i - 1
                continue
            start = i
            if data[i] & 0xF0 == 0xE0:
                i, k, traditional = _run_of_three(data, i, end, folds, codepoints, k, traditional)
                if i > start:
                    base = i - 3
                    continue
            c, width = decode(data, i)
            i += width
            value = folds[c]
            if value < EXAMINE:  # nearly every character: a letter, or 0 and thereby nothing
                base = start
                codepoints[k] = value & CODE_POINT
                traditional += np.int64(value >> TRADITIONAL_BIT)
                k += value != 0
                continue
            if value & EXAMINE:
                flags = boundary[c]
                if examined_end != start:
                    previous, first_mark, behind_base = c, i, (k, traditional)
                    if start != base:
                        previous, _ = decode(data, base)
                        first_mark = start
                        trail = (boundary[previous] >> np.uint32(8)) & np.uint32(0xFF)
                lead = flags & np.uint32(0xFF)
                if (flags & MEETS or 0 < lead < trail) and start != base:
                    i, found = _window(data, previous, first_mark, end, folds, slots)
                    if i < 0:
                        return document, np.int64(0)
                    if found & windows.KNOWN:
                        k, traditional = _before(previous, folds, expansions, *behind_base)
                        first = np.int64(found >> windows.FIRST)
                        length = np.int64((found >> windows.LENGTH) & windows.BYTE)
                        if k + length + (last - i) > len(codepoints):
                            return document, np.int64(NO_ROOM)
                        for j in range(length):
                            codepoints[k + j] = windows_folded[first + j]
                        k += length
                        traditional += np.int64((found >> windows.TRADITIONAL) & windows.BYTE)
                        continue
                    if n_unknown == len(unknown):
                        return document, n_unknown
                    unknown[n_unknown, 0], unknown[n_unknown, 1] = base, i
                    n_unknown += 1
                    continue
                trail = (flags >> np.uint32(8)) & np.uint32(0xFF)
                examined_end = i
                value &= ~EXAMINE
            else:
                base = start
            if value & EXPAND:
                replacements += c == np.uint32(0xFFFD)
                length = np.int64(value & np.uint32(31))
                first = np.int64((value & ~EXPAND) >> np.uint32(5))
                if k + length + (last - i) > len(codepoints):
                    return document, np.int64(NO_ROOM)
                for j in range(length):
                    codepoints[k + j] = expansions[first + j] & CODE_POINT
                    traditional += np.int64(expansions[first + j] >> TRADITIONAL_BIT)
                k += length
            elif value:
                codepoints[k] = value & CODE_POINT
                traditional += np.int64(value >> TRADITIONAL_BIT)
                k += 1
        if n_unknown:
            return document, n_unknown
        counts[document, 0] = traditional
        counts[document, 1] = replacements
        keys[document + 1] = k
    return len(offsets) - 1, np.int64(0)


@njit(cache=True, nogil=True, inline="always")  # a fifth faster than called
def _ascii_run(data, i, end, folds, codepoints, k):  # type: ignore[no-untyped-def]
    """Fold ASCII from byte ``i`` on; return the byte behind it, and the length of the key there.

    Eight bytes at a time without a branch between them: what is not kept is written over.
    Unsigned places spare the look whether they count from the end.
    """
    at, last, kept = np.uint64(i), np.uint64(end), np.uint64(k)
    while at + EIGHT <= last:
        any_byte = np.uint8(0)
        for j in range(8):
            any_byte |= data[at + np.uint64(j)]
        if any_byte >= 0x80:
            break
        for j in range(8):
            value = folds[data[at + np.uint64(j)]]
            codepoints[kept] = value
            kept += np.uint64(value != 0)
        at += EIGHT
    while at < last and data[at] < 0x80:
        value = folds[data[at]]
        codepoints[kept] = value
        kept += np.uint64(value != 0)
        at += ONE
    return np.int64(at), np.int64(kept)


@njit(cache=True, nogil=True, inline="always")  # a fifth faster than called
def _run_of_three(data, i, end, folds, codepoints, k, traditional):  # type: ignore[no-untyped-def]
    """Fold characters of three bytes from byte ``i`` on, up to one that needs a closer look.

    Return the byte behind them, the length of the key and the count of characters there.
    """
    at, last, kept = np.uint64(i), np.uint64(end), np.uint64(k)
    low_six, six, twelve = np.uint32(0x3F), np.uint32(6), np.uint32(12)
    while at < last and np.uint32(data[at]) & np.uint32(0xF0) == np.uint32(0xE0):
        c = (np.uint32(data[at]) & np.uint32(0x0F)) << twelve
        c |= (np.uint32(data[at + ONE]) & low_six) << six
        value = folds[c | (np.uint32(data[at + TWO]) & low_six)]
        if value >= EXAMINE:
            return np.int64(at), np.int64(kept), traditional
        codepoints[kept] = value & CODE_POINT
        traditional += np.int64(value >> TRADITIONAL_BIT)
        kept += np.uint64(value != 0)
        at += np.uint64(3)
    return np.int64(at), np.int64(kept), traditional


@njit(cache=True, nogil=True)
def _before(base, folds, expansions, k, traditional):  # type: ignore[no-untyped-def]
    """Return the length of the key and the count before ``base``, from those behind it.

    Kept up to date at every letter instead, the two made folding Latin text a fifth slower.
    """
    value = folds[base]
    if value & EXAMINE:  # the text begins with a mark, and this is its beginning
        return k, traditional
    if not value & EXPAND:
        return k - np.int64(value != 0), traditional - np.int64(value >> TRADITIONAL_BIT)
    length = np.int64(value & np.uint32(31))
    first = np.int64((value & ~EXPAND) >> np.uint32(5))
    for j in range(length):
        traditional -= np.int64(expansions[first + j] >> TRADITIONAL_BIT)
    return k - length, traditional


@njit(cache=True, nogil=True)
def _window(data, base, i, end, folds, slots):  # type: ignore[no-untyped-def]
    """Return the end of the window of ``base`` and the marks from ``i`` on, and what is known.

    The end is -1 if the window is too long to remember; nothing known is 0.
    """
    node, found = np.uint64(base), windows.KNOWN
    for _ in range(windows.LONGEST):
        if i == end:
            return i, found
        c, width = decode(data, i)
        if not folds[c] & EXAMINE:
            return i, found
        i += width
        if found:
            found = slots[place_of(slots, (node << windows.POINT_BITS) | np.uint64(c)), 1]
            node = windows.INNER | (found & windows.NODE)
    return np.int64(-1), found


@njit(cache=True, nogil=True, inline="always")
def _finish(h):  # type: ignore[no-untyped-def]
    h ^= h >> np.uint64(33)
    h *= FINAL_0
    h ^= h >> np.uint64(29)
    h *= FINAL_1
    return h ^ (h >> np.uint64(32))


@njit(cache=True, nogil=True, inline="always")
def _absorb(h, word, rotation, multiplier):  # type: ignore[no-untyped-def]
    turned = (h << np.uint64(rotation)) | (h >> np.uint64(64 - rotation))
    return (turned ^ word) * multiplier


def key_hashes(
    offsets: np.ndarray, codepoints: np.ndarray, text_offsets: np.ndarray, data: np.ndarray
) -> np.ndarray:
    """Return uint64[n, 2]; see the contract."""
    # Each step of a hash waits for the one before, so two keys of about one length go abreast.
    by_length = np.argsort(np.diff(offsets))
    return _hashed(by_length, offsets, codepoints, text_offsets, data)


@njit(cache=True, nogil=True)
def _hashed(documents, offsets, codepoints, text_offsets, data):  # type: ignore[no-untyped-def]
    """Two 64-bit lanes over each key, two code points a step; empty keys hash their bytes."""
    result = np.empty((len(documents), 2), np.uint64)
    for place in range(0, len(documents), 2):
        one, other = documents[place], documents[min(place + 1, len(documents) - 1)]
        i, j = np.uint64(offsets[one]), np.uint64(offsets[other])
        i_end, j_end = np.uint64(offsets[one + 1]), np.uint64(offsets[other + 1])
        g0, h0 = KEY_SPACE ^ (i_end - i), KEY_SPACE ^ (j_end - j)
        g1, h1 = ~g0, ~h0
        for _ in range(min(i_end - i, j_end - j) >> ONE):
            word = _word(codepoints, i)
            g0 = _absorb(g0, word, 29, MULTIPLIER_0)
            g1 = _absorb(g1, word, 37, MULTIPLIER_1)
            word = _word(codepoints, j)
            h0 = _absorb(h0, word, 29, MULTIPLIER_0)
            h1 = _absorb(h1, word, 37, MULTIPLIER_1)
            i += TWO
            j += TWO
        result[one] = _rest(codepoints, i, i_end, g0, g1)
        result[other] = _rest(codepoints, j, j_end, h0, h1)
        for empty in (one, other):
            if offsets[empty] == offsets[empty + 1]:
                result[empty] = _bytes_hashed(data, text_offsets[empty], text_offsets[empty + 1])
    return result


@njit(cache=True, nogil=True, inline="always")
def _word(codepoints, i):  # type: ignore[no-untyped-def]
    return np.uint64(codepoints[i]) | (np.uint64(codepoints[i + ONE]) << np.uint64(32))


@njit(cache=True, nogil=True)
def _rest(codepoints, i, end, h0, h1):  # type: ignore[no-untyped-def]
    """Return the hash of a key, of which all is absorbed but the code points from ``i`` on."""
    while i + ONE < end:
        word = _word(codepoints, i)
        h0 = _absorb(h0, word, 29, MULTIPLIER_0)
        h1 = _absorb(h1, word, 37, MULTIPLIER_1)
        i += TWO
    if i < end:
        word = np.uint64(codepoints[i])
        h0 = _absorb(h0, word, 29, MULTIPLIER_0)
        h1 = _absorb(h1, word, 37, MULTIPLIER_1)
    return _finish(h0), _finish(h1 + h0 * MULTIPLIER_1)


@njit(cache=True, nogil=True)
def _bytes_hashed(data, start, end):  # type: ignore[no-untyped-def]
    h0, h1 = BYTE_SPACE, ~BYTE_SPACE
    for i in range(start, end):
        word = np.uint64(data[i]) + ONE
        h0 = _absorb(h0, word, 29, MULTIPLIER_0)
        h1 = _absorb(h1, word, 37, MULTIPLIER_1)
    return _finish(h0), _finish(h1 + h0 * MULTIPLIER_1)
