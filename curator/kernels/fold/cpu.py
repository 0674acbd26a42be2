"""Folding on the host: one table look-up a code point, one more a window of marks that meet."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from curator.kernels import buffers
from curator.kernels.blocks import JOINED, SIZE, first_bits, within
from curator.kernels.compiled import njit
from curator.kernels.fold import compositions, table, windows
from curator.kernels.fold.blocks import (
    BEHIND,
    COMPRESSES,
    GROUP,
    PLACE,
    ascii_folded,
    decoded,
    settled,
)
from curator.kernels.fold.hashes import key_hashes
from curator.kernels.fold.table import FoldTables
from curator.kernels.fold.windows import decode, place_of

__all__ = ["fold_documents", "key_hashes"]

EXPAND = np.uint32(table.EXPAND)
EXAMINE = np.uint32(table.EXAMINE)
CODE_POINT = np.uint32(table.CODE_POINT)
TRADITIONAL_BIT = np.uint32(29)
MEETS = np.uint32(compositions.COMPOSES | compositions.ALWAYS)
MOST_BLOCKS = 8
"""Blocks decoded before their characters are looked up."""
MOST_PATIENCE = 4096
"""Bytes folded one by one, 64 and then twice as many, behind a run of blocks in which more than
one character in sixteen needed a closer look: with so many marks that is faster."""
MOST_UNKNOWN = 1024
"""Windows noted in a document before they are normalised."""
MOST_ROUNDS = 16
"""Times one document is read again for the windows it brings."""
NO_ROOM = -1
ONE, TWO, EIGHT = np.uint64(1), np.uint64(2), np.uint64(8)
NOWHERE = np.empty((0, 2), np.int64)


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
    learning = Learning(tables)
    document = 0
    while True:
        document, n_unknown = fold_from(
            document, offsets, data, *learning.lookups(), codepoints, keys, counts, learning.unknown
        )
        if document == n_documents:
            learning.remember()
            return keys, codepoints[: keys[-1]], counts
        if n_unknown == NO_ROOM:
            codepoints = _widened(codepoints, keys[document], 2 * len(codepoints))
        elif not learning.learns(data, document, n_unknown):
            codepoints = _fold_one(document, offsets, data, tables, codepoints, keys, counts)
            document += 1


class Learning:
    """The windows that ``fold_from`` meets for the first time, document by document."""

    def __init__(self, tables: FoldTables) -> None:
        self._tables = tables
        self._shared = self._known = windows.known()
        self._rounds, self._latest = 0, -1
        self.unknown = np.empty((MOST_UNKNOWN, 2), np.int64)
        """Where ``fold_from`` notes the windows of a document that are not known."""

    def lookups(self) -> tuple[np.ndarray, ...]:
        """Return what ``fold_from`` looks characters and windows up in."""
        tables = self._tables
        return tables.whole, tables.expansions, tables.boundary, *self._known[:2]

    def learns(self, data: np.ndarray, document: int, n_unknown: int) -> bool:
        """Normalise the windows noted, so that ``document`` can be tried again.

        It cannot where they are too many or too long to remember: it has to be folded whole.
        """
        self._rounds = self._rounds + 1 if document == self._latest else 0
        self._latest = document
        if not n_unknown or self._rounds >= MOST_ROUNDS:
            return False
        new = list(dict.fromkeys(_pieces(data, self.unknown[:n_unknown])))
        if not windows.fit(self._known, new):
            self.unknown = NOWHERE  # no use in noting what cannot be remembered
            return False
        known = windows.copy(self._known) if self._known is self._shared else self._known
        self._known = windows.extended(known, new, fold_whole(new, self._tables))
        return True

    def remember(self) -> None:
        """Let later texts use what was learnt."""
        windows.remember(self._known)


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
    _, folded, counts[document : document + 1] = fold_whole([text], tables)
    start, following = keys[document], keys[document] + len(folded)
    needed = following + offsets[-1] - offsets[document + 1]
    if needed > len(codepoints):
        codepoints = _widened(codepoints, start, needed)
    codepoints[start:following] = folded
    keys[document + 1] = following
    return codepoints


def fold_whole(texts: list[bytes], tables: FoldTables) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return key offsets, code points and counts of texts, each normalised as a whole."""
    offsets, data = buffers.of([table.compatibility_casefold(text.decode()) for text in texts])
    keys, counts = np.zeros(len(offsets), np.int64), np.zeros((len(texts), 2), np.int64)
    codepoints = np.empty(len(data), np.uint32)  # normalised text does not expand
    lookups = (tables.normalised, tables.expansions, tables.boundary)
    fold_from(0, offsets, data, *lookups, *windows.NONE[:2], codepoints, keys, counts, NOWHERE)
    return keys, codepoints[: keys[-1]], counts


@njit(cache=True, nogil=True)
def fold_from(  # type: ignore[no-untyped-def]
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
    room = MOST_BLOCKS * SIZE + GROUP
    points, entries = np.empty(room, np.uint32), np.empty(room, np.uint32)
    next_block, patience = np.int64(0) if COMPRESSES else last, np.int64(SIZE)
    run_n, stops = np.int64(0), 0
    for document in range(first_document, len(offsets) - 1):
        i, end = offsets[document], offsets[document + 1]
        k = keys[document]
        traditional, replacements = np.int64(0), np.int64(0)
        n_unknown = np.int64(0)
        base = i  # the latest character that combines with nothing before it
        # That character, the first mark behind it, and what the key was there.
        previous, first_mark, behind_base = np.uint32(0), i, (k, traditional)
        examined_end, trail = np.int64(-1), np.uint32(0)  # of the latest examined character
        run_start, run_stop, run_at = i, i, np.int64(0)
        while i < end:
            if i >= next_block:
                if i >= run_stop and i + SIZE + BEHIND > last:
                    next_block = last
                elif i >= run_stop and stops * GROUP > run_n:
                    next_block, patience = i + patience, min(2 * patience, MOST_PATIENCE)
                    run_n, stops = np.int64(0), 0
                elif i >= run_stop:
                    patience = np.int64(SIZE) if run_n else patience
                    inside = first_bits(end - i)
                    if within(data, i, 0x80, 0xFF) & inside == 0:
                        k += ascii_folded(data, i, inside, codepoints, k)
                        i = min(i + SIZE, end)
                        base = i - 1
                        continue
                    run_start, run_at, stops = i, np.int64(0), 0
                    run_n, run_stop = _run(data, i, end, last, folds, points, entries)
                if i < run_stop:
                    while run_at < run_n and run_start + np.int64(points[run_at] >> PLACE) < i:
                        run_at += 1  # marks, which the character before them took along
                    first = run_at
                    run_at, k, traditional = _settled(
                        entries, first, run_n, codepoints, k, traditional
                    )
                    if run_at > first:
                        base = run_start + np.int64(points[run_at - 1] >> PLACE)
                    if run_at == run_n:
                        i = run_stop
                        continue
                    i = run_start + np.int64(points[run_at] >> PLACE)
                    stops += 1
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


@njit(**JOINED)
def _run(data, i, end, last, folds, points, entries):  # type: ignore[no-untyped-def]
    """Decode the next blocks, up to one of ASCII alone, and look their characters up.

    Return the number of characters and the byte behind them.
    """
    n, at = np.int64(0), i
    for _ in range(MOST_BLOCKS):
        inside = first_bits(end - at)
        if n and within(data, at, 0x80, 0xFF) & inside == 0:
            break
        n = decoded(data, at, inside & ~within(data, at, 0x80, 0xBF), at - i, points, n)
        at = min(at + SIZE, end)
        if at == end or at + SIZE + BEHIND > last:
            break
    # A loop of its own: what was written together is read one by one, and then the other way
    # round, and the processor waits where that comes too soon.
    for j in range(np.uint64(n)):
        entries[j] = folds[points[j] & CODE_POINT]
    while at < end and data[at] & 0xC0 == 0x80:  # the rest of the last character
        at += 1
    return n, at


@njit(**JOINED)
def _settled(entries, at, n, codepoints, k, traditional):  # type: ignore[no-untyped-def]
    """Write the letters of the entries from ``at`` on, up to one that needs a closer look.

    Return where that is, ``n`` if there is none, the length of the key there, and the count.
    """
    while at < n:
        most = min(n - at, np.int64(GROUP))
        n_kept, n_simplified, n_sure = settled(entries, at, most, codepoints, k)
        k += n_kept
        traditional += n_simplified
        at += n_sure
        if n_sure < most:
            break
    return at, k, traditional


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
