"""The host's body of the merge learner.

Occurrences of a pair are a linked list of positions; entries that a merge has overtaken are passed
over when the list is read. The heap is lazy as well: an entry whose count is out of date is put
back with the right one.
"""

from __future__ import annotations

import numpy as np

from curator.kernels.compiled import njit

NONE = -1
CHUNK = 1 << 20
"""Positions entered between two checks for room."""
MIX = np.uint64(0x9E3779B97F4A7C15)
Arrays = tuple[np.ndarray, ...]
Whole = int | np.int64


class Learner:
    """The state: pieces as linked symbols, pairs with their counts and places, and the heap."""

    def __init__(
        self,
        symbols: np.ndarray,
        bounds: np.ndarray,
        counts: np.ndarray,
        lengths: np.ndarray,
        longest: int,
    ) -> None:
        self.lengths = lengths.astype(np.int32)
        self.longest = longest
        self.pieces = (*_link(symbols.astype(np.int32), bounds), counts)
        self.slots = np.full(1 << 12, NONE, np.int32)
        self.pairs: Arrays = (np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.int32))
        self.nodes: Arrays = (np.zeros(0, np.int32), np.zeros(0, np.int32))
        self.heap: Arrays = (np.zeros(0, np.int64), np.zeros(0, np.int32))
        self.used = np.zeros(3, np.int64)
        # From the end, so that every list begins with its first place.
        for stop in range(len(symbols), 0, -CHUNK):
            start = max(0, stop - CHUNK)
            self._make_room(stop - start)
            _enter(start, stop, self.lengths, self.longest, *self.pieces, *self._pair_state())
        self._make_room(0)
        _fill_heap(*self.pairs, *self.heap, self.used)

    def best(self) -> tuple[int, int, int, int]:
        """Return the most frequent pair, its count and its symbols; pair -1 when none is left."""
        self._make_room(1)
        pair = int(_best(*(*self.pairs, *self.heap, self.used)))
        if pair < 0:
            return NONE, 0, 0, 0
        key = int(self.pairs[0][pair])
        return pair, int(self.pairs[1][pair]), key >> 32, key & 0xFFFFFFFF

    def apply(self, pair: int, merged: int) -> None:
        """Turn every occurrence of ``pair`` into the symbol ``merged``, from left to right."""
        key = int(self.pairs[0][pair])
        self.lengths[merged] = self.lengths[key >> 32] + self.lengths[key & 0xFFFFFFFF]
        places = np.sort(_places(pair, self.pairs[2], *self.nodes))
        self._make_room(2 * len(places))
        _apply(
            pair, merged, places, self.lengths, self.longest, *self.pieces, *self._pair_state(),
            *self.heap,
        )  # fmt: skip

    def _pair_state(self) -> Arrays:
        return (self.slots, *self.pairs, *self.nodes, self.used)

    def _make_room(self, extra: int) -> None:
        """Let so many pairs, places and heap entries be added without a further check."""
        n_pairs, n_nodes, n_heap = self.used.tolist()
        self.pairs = _grown(self.pairs, n_pairs + extra)
        self.nodes = _grown(self.nodes, n_nodes + extra)
        self.heap = _grown(self.heap, max(n_heap, n_pairs) + extra)
        if 2 * (n_pairs + extra) > len(self.slots):
            size = 1 << (4 * (n_pairs + extra)).bit_length()
            self.slots = np.full(size, NONE, np.int32)
            _hash_again(self.slots, self.pairs[0], n_pairs)


def _grown(arrays: Arrays, wanted: int) -> Arrays:
    if wanted <= len(arrays[0]):
        return arrays
    size = max(wanted, len(arrays[0]) * 3 // 2)
    grown = tuple(np.empty(size, array.dtype) for array in arrays)
    for new, old in zip(grown, arrays, strict=True):
        new[: len(old)] = old
    return grown


@njit(cache=True, nogil=True)
def _link(
    symbols: np.ndarray, bounds: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return the symbols, the places after and before each within its piece, and the piece."""
    after = np.empty(len(symbols), np.int32)
    before = np.empty(len(symbols), np.int32)
    piece = np.empty(len(symbols), np.int32)
    for index in range(len(bounds) - 1):
        for at in range(bounds[index], bounds[index + 1]):
            after[at] = at + 1 if at + 1 < bounds[index + 1] else NONE
            before[at] = at - 1 if at > bounds[index] else NONE
            piece[at] = index
    return symbols, after, before, piece


@njit(cache=True, nogil=True)
def _slot(slots: np.ndarray, keys: np.ndarray, key: Whole) -> np.int64:
    """Return the slot that holds the pair of ``key``, or the free one where it belongs."""
    mask = len(slots) - 1
    slot = np.int64((np.uint64(key) * MIX) >> np.uint64(32)) & mask
    while slots[slot] != NONE and keys[slots[slot]] != key:
        slot = (slot + 1) & mask
    return slot


@njit(cache=True, nogil=True)
def _hash_again(slots: np.ndarray, keys: np.ndarray, n_pairs: int) -> None:
    for pair in range(n_pairs):
        slots[_slot(slots, keys, keys[pair])] = pair


@njit(cache=True, nogil=True)
def _add(
    left: Whole, right: Whole, at: Whole, count: Whole, slots: np.ndarray, keys: np.ndarray,
    counts: np.ndarray, heads: np.ndarray, places: np.ndarray, following: np.ndarray,
    used: np.ndarray,
) -> np.int64:  # fmt: skip
    """Count the pair that begins at ``at``, remember the place, and return the pair."""
    key = np.int64(left) << 32 | np.int64(right)
    slot = _slot(slots, keys, key)
    pair = np.int64(slots[slot])
    if pair == NONE:
        pair = used[0]
        used[0] += 1
        slots[slot] = pair
        keys[pair], counts[pair], heads[pair] = key, 0, NONE
    counts[pair] += count
    node = used[1]
    used[1] += 1
    places[node], following[node] = at, heads[pair]
    heads[pair] = node
    return pair


@njit(cache=True, nogil=True)
def _enter(
    start: int, stop: int, lengths: np.ndarray, longest: int, symbols: np.ndarray,
    after: np.ndarray, before: np.ndarray, piece: np.ndarray, weights: np.ndarray,
    slots: np.ndarray, keys: np.ndarray, counts: np.ndarray, heads: np.ndarray,
    places: np.ndarray, following: np.ndarray, used: np.ndarray,
) -> None:  # fmt: skip
    for back in range(stop - start):
        at = stop - 1 - back
        if after[at] == NONE:
            continue
        left, right = symbols[at], symbols[after[at]]
        if lengths[left] + lengths[right] <= longest:
            weight = weights[piece[at]]
            _add(left, right, at, weight, slots, keys, counts, heads, places, following, used)


@njit(cache=True, nogil=True)
def _before(count: Whole, pair: Whole, other_count: Whole, other: Whole, keys: np.ndarray) -> bool:
    """Whether an entry leaves the heap before another: more frequent, or equal and smaller."""
    if count != other_count:
        return bool(count > other_count)
    return bool(keys[pair] < keys[other])


@njit(cache=True, nogil=True)
def _push(
    count: Whole, pair: Whole, keys: np.ndarray, heap_counts: np.ndarray, heap_pairs: np.ndarray,
    used: np.ndarray,
) -> None:  # fmt: skip
    at = used[2]
    used[2] += 1
    while at > 0:
        up = (at - 1) // 2
        if not _before(count, pair, heap_counts[up], heap_pairs[up], keys):
            break
        heap_counts[at], heap_pairs[at] = heap_counts[up], heap_pairs[up]
        at = up
    heap_counts[at], heap_pairs[at] = count, pair


@njit(cache=True, nogil=True)
def _pop(
    keys: np.ndarray, heap_counts: np.ndarray, heap_pairs: np.ndarray, used: np.ndarray
) -> tuple[np.int64, np.int64]:
    found_count, found = heap_counts[0], np.int64(heap_pairs[0])
    used[2] -= 1
    size = used[2]
    count, pair = heap_counts[size], heap_pairs[size]
    at = 0
    while 2 * at + 1 < size:
        down = 2 * at + 1
        other = down + 1
        if other < size and _before(
            heap_counts[other], heap_pairs[other], heap_counts[down], heap_pairs[down], keys
        ):
            down = other
        if not _before(heap_counts[down], heap_pairs[down], count, pair, keys):
            break
        heap_counts[at], heap_pairs[at] = heap_counts[down], heap_pairs[down]
        at = down
    heap_counts[at], heap_pairs[at] = count, pair
    return found_count, found


@njit(cache=True, nogil=True)
def _fill_heap(
    keys: np.ndarray, counts: np.ndarray, heads: np.ndarray, heap_counts: np.ndarray,
    heap_pairs: np.ndarray, used: np.ndarray,
) -> None:  # fmt: skip
    for pair in range(used[0]):
        _push(counts[pair], pair, keys, heap_counts, heap_pairs, used)


@njit(cache=True, nogil=True)
def _best(
    keys: np.ndarray, counts: np.ndarray, heads: np.ndarray, heap_counts: np.ndarray,
    heap_pairs: np.ndarray, used: np.ndarray,
) -> np.int64:  # fmt: skip
    while used[2] > 0:
        count, pair = _pop(keys, heap_counts, heap_pairs, used)
        if counts[pair] == count and count > 0:
            return pair
        if counts[pair] > 0:
            _push(counts[pair], pair, keys, heap_counts, heap_pairs, used)
    return np.int64(NONE)


@njit(cache=True, nogil=True)
def _places(pair: int, heads: np.ndarray, places: np.ndarray, following: np.ndarray) -> np.ndarray:
    count = 0
    node = heads[pair]
    while node != NONE:
        count += 1
        node = following[node]
    found = np.empty(count, np.int32)
    node = heads[pair]
    for index in range(count):
        found[index] = places[node]
        node = following[node]
    return found


@njit(cache=True, nogil=True)
def _apply(
    pair: int, merged: int, found: np.ndarray, lengths: np.ndarray, longest: int,
    symbols: np.ndarray, after: np.ndarray, before: np.ndarray, piece: np.ndarray,
    weights: np.ndarray, slots: np.ndarray, keys: np.ndarray, counts: np.ndarray,
    heads: np.ndarray, places: np.ndarray, following: np.ndarray, used: np.ndarray,
    heap_counts: np.ndarray, heap_pairs: np.ndarray,
) -> None:  # fmt: skip
    left = np.int32(keys[pair] >> 32)
    right = np.int32(keys[pair] & 0xFFFFFFFF)
    touched = np.empty(2 * len(found), np.int64)
    n_touched = 0
    heads[pair] = NONE
    for at in found:
        second = after[at]
        if symbols[at] != left or second == NONE or symbols[second] != right:
            continue
        weight = weights[piece[at]]
        first, last = before[at], after[second]
        for one, two in ((first, at), (second, last)):
            if one != NONE and two != NONE:
                key = np.int64(symbols[one]) << 32 | np.int64(symbols[two])
                old = slots[_slot(slots, keys, key)]
                if old != NONE:
                    counts[old] -= weight
        symbols[at], symbols[second], after[at] = merged, NONE, last
        if last != NONE:
            before[last] = at
            if lengths[merged] + lengths[symbols[last]] <= longest:
                touched[n_touched] = _add(
                    merged, symbols[last], at, weight, slots, keys, counts, heads, places,
                    following, used,
                )  # fmt: skip
                n_touched += 1
        if first != NONE and lengths[symbols[first]] + lengths[merged] <= longest:
            touched[n_touched] = _add(
                symbols[first], merged, first, weight, slots, keys, counts, heads, places,
                following, used,
            )  # fmt: skip
            n_touched += 1
    counts[pair] = 0
    touched = np.unique(touched[:n_touched])
    for other in touched:
        if counts[other] > 0:
            _push(counts[other], other, keys, heap_counts, heap_pairs, used)
