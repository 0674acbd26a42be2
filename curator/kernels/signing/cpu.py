"""Signing on the host: batches of documents, from folding to narrowing."""

from __future__ import annotations

import contextlib

import numpy as np

from curator.kernels.blocks import BARE
from curator.kernels.compiled import njit
from curator.kernels.fold.cpu import NO_ROOM, Learning, fold_from, fold_whole
from curator.kernels.fold.hashes import key_hashes
from curator.kernels.fold.table import tables
from curator.kernels.minhash.cpu import LOW_HALF, hash_bands, permute_once, salt_of
from curator.kernels.narrow import NarrowKeys
from curator.kernels.narrow.cpu import measured, put_key
from curator.kernels.rooms import Room, Rooms
from curator.kernels.shingles.cpu import AT_ONCE, is_unspaced, workspace
from curator.kernels.signing import Asked, Signed
from curator.kernels.spelling.cpu import old_spellings, respelled

BATCH_BYTES = 1 << 18
"""Text folded at a time: code points and hashes take twelve times as much memory. A quarter of it
was as fast."""
KEY_BYTES = 2
"""Bytes that the keys of a text take for each of its own at most, but for marks that expand."""
WORD = 4
"""Room for keys is in whole words of so many bytes."""
NO_KEY_ROOM = -2
"""Beside ``NO_ROOM``."""
NO_KEY = np.empty(0, np.uint32)
ROOMS = Rooms()
"""Used from one call to the next, 3 MB a thread."""
NO_WHOLE = -1, NO_KEY, np.zeros(2, np.int64)
LOW_BYTE = np.uint64(0xFF)


def sign_all(offsets: np.ndarray, data: np.ndarray, asked: Asked) -> Signed:
    """Return what is kept of the texts; see the contract.

    As in ``fold_documents``, the compiled pass stops at windows that it does not know.
    """
    n = len(offsets) - 1
    data_of_keys = np.empty(_in_words(KEY_BYTES * int(offsets[-1] - offsets[0])), np.uint8)
    made = Signed(  # with room for all n
        hashes=np.empty((n, 2), np.uint64),
        quality=np.empty((n, 3), np.uint32),
        documents=np.empty(n, np.int64),
        unspaced=np.empty(n, np.bool_),
        bands=np.empty((asked.bands, n), np.uint32),
        sketches=np.empty((n, asked.sketch_places), np.uint8),
        keys=NarrowKeys(
            np.empty(n, np.int64), np.empty(n, np.uint8), np.zeros(n + 1, np.int64), data_of_keys
        ),
    )
    longest = max(BATCH_BYTES, int(np.diff(offsets).max(initial=0)))
    respelt, learning, whole = _respelt(offsets, data), Learning(tables()), NO_WHOLE
    salt, asked = np.uint64(salt_of(np.uint64(asked.seed))), asked._replace(seed=0)
    done = np.zeros(2, np.int64)
    with contextlib.ExitStack() as held:
        # What a long document takes is given back.
        room = held.enter_context(ROOMS.lent()) if longest == BATCH_BYTES else Room()
        rooms = _rooms(room, longest)
        while done[0] < n:
            why = _sign_from(
                (offsets, data),
                respelt,
                whole,
                learning.lookups(),
                asked,
                salt,
                BATCH_BYTES,
                rooms,
                learning.unknown,
                made,
                done,
            )
            document = int(done[0])
            if document == n:
                break
            if why == NO_ROOM:
                rooms = _rooms(Room(), 2 * len(rooms[0]))
            elif why == NO_KEY_ROOM:
                data_of_keys.resize(_in_words(2 * len(data_of_keys) + longest), refcheck=False)
            else:
                text, start, stop = _text_of(document, offsets, data, respelt)
                if not learning.learns(text, document, why):
                    _, folded, counts = fold_whole([bytes(text[start:stop])], tables())
                    whole = document, folded, counts[0]
                    if len(folded) > len(rooms[0]):
                        rooms = _rooms(Room(), len(folded))
    learning.remember()
    s = int(done[1])
    lengths, forms, starts, _ = made.keys
    data_of_keys.resize(int(starts[s]), refcheck=False)
    return made._replace(
        documents=made.documents[:s],
        unspaced=made.unspaced[:s],
        bands=made.bands[:, :s],
        sketches=made.sketches[:s],
        keys=NarrowKeys(lengths[:s], forms[:s], starts[: s + 1], data_of_keys),
    )


def _rooms(room: Room, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Return room for so many code points of a batch, nearly always enough, and as many hashes."""
    return room.array("codepoints", size, np.uint32), room.array("hashes", size, np.uint64)


def _in_words(size: int) -> int:
    return size + -size % WORD


def _respelt(offsets: np.ndarray, data: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return which documents are in an old Latin spelling, and their texts in today's."""
    found = old_spellings(offsets, data)
    places = np.flatnonzero(found)
    if not len(places):
        return places, np.zeros(1, np.int64), np.empty(0, np.uint8)
    return places, *respelled(offsets, data, places, found)


def _text_of(
    document: int,
    offsets: np.ndarray,
    data: np.ndarray,
    respelt: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> tuple[np.ndarray, int, int]:
    """Return the buffer in which a document is folded, and where it lies there."""
    places, starts, modern = respelt
    turn = int(np.searchsorted(places, document))
    if turn < len(places) and places[turn] == document:
        return modern, int(starts[turn]), int(starts[turn + 1])
    return data, int(offsets[document]), int(offsets[document + 1])


@njit(cache=True, nogil=True)
def _sign_from(  # type: ignore[no-untyped-def]
    texts, respelt, whole, lookups, asked, salt, at_once, rooms, unknown, made, done
):
    """Sign documents from ``done[0]`` on, and say there where it stopped; return why.

    ``done[1]`` counts the signed ones. It stops behind the last document; at one for whose code
    points, or key, there is no room; and at one whose windows are not all known, and then returns
    how many it noted. ``whole`` is one document that was folded elsewhere, its key and its counts.
    """
    offsets, data = texts
    places, starts, modern = respelt
    n_documents, (codepoints, hashes) = len(offsets) - 1, rooms
    key_data = made.keys.data
    key_room = key_data, key_data.view(np.uint16), key_data.view(np.uint32)
    turn = np.searchsorted(places, done[0])
    while done[0] < n_documents:
        first = done[0]
        is_respelt = turn < len(places) and places[turn] == first
        next_place = places[turn] if turn < len(places) else n_documents
        limit = whole[0] if whole[0] > first else n_documents
        stop = _batch_end(offsets, first, min(next_place, limit), at_once)
        if is_respelt or first == whole[0]:
            stop = first + 1
        keys = np.zeros(stop - first + 1, np.int64)
        counts = np.empty((stop - first, 2), np.int64)
        n, why = stop - first, np.int64(0)
        if first == whole[0]:
            keys[1] = len(whole[1])
            codepoints[: keys[1]] = whole[1]
            counts[0] = whole[2]
        elif is_respelt:
            old = starts[turn : turn + 2]
            n, why = fold_from(0, old, modern, *lookups, codepoints, keys, counts, unknown)
        else:
            own = offsets[first : stop + 1]
            n, why = fold_from(0, own, data, *lookups, codepoints, keys, counts, unknown)
        if n > 0:
            folded = keys[: n + 1], codepoints, counts, offsets[first : first + n + 1], data
            if not _sign_batch(folded, asked, salt, made, key_room, hashes, done):
                return np.int64(NO_KEY_ROOM)
            turn += is_respelt
        if n < stop - first:
            return why
    return np.int64(0)


@njit(cache=True, nogil=True)
def _batch_end(offsets, first, limit, at_once):  # type: ignore[no-untyped-def]
    """Return the document behind the next bytes ``at_once``: one more than ``first`` at least."""
    stop = first + 1
    while stop < limit and offsets[stop + 1] - offsets[first] <= at_once:
        stop += 1
    return stop


@njit(cache=True, nogil=True)
def _sign_batch(folded, asked, salt, made, key_room, hashes, done):  # type: ignore[no-untyped-def]
    """Write what is kept of the next documents, and count them; return whether there is room.

    Where there is none for their keys, nothing is counted.
    """
    keys, codepoints, counts, text_offsets, data = folded
    is_alone = is_unspaced(keys, codepoints)
    s = _choose(keys, codepoints, counts, is_alone, asked, made, done)
    if made.keys.starts[s] > len(key_room[0]):
        return False
    n, n_hashes = len(keys) - 1, asked.bands * asked.rows_per_band
    made.hashes[done[0] : done[0] + n] = key_hashes(keys, codepoints, text_offsets, data)
    longest = max(max(asked.characters), max(asked.sketch_characters))
    rooms = (
        hashes,
        workspace(keys, np.full(n, longest)),
        np.empty(AT_ONCE, np.uint64),
        np.empty(n_hashes, np.uint64),
        np.empty((1, n_hashes), np.uint32),
        np.empty((s - done[1], asked.bands), np.uint32),
        np.empty(asked.sketch_places, np.uint64),
    )
    _sign_chosen(keys, codepoints, asked, salt, made, key_room, rooms, done, s)
    done[0] += n
    done[1] = s
    return True


@njit(**BARE)
def _choose(keys, codepoints, counts, is_alone, asked, made, done):  # type: ignore[no-untyped-def]
    """Write the quality of documents and, of those that are signed, what signing needs.

    Return how many are, with those before.
    """
    first, s = done[0], done[1]
    for i in range(len(keys) - 1):
        n, side = keys[i + 1] - keys[i], 0 if is_alone[i] else 1
        made.quality[first + i, 0] = counts[i, 1]
        made.quality[first + i, 1] = n
        made.quality[first + i, 2] = counts[i, 0]
        if n >= max(asked.shortest[side], asked.characters[side]):
            made.keys.forms[s], size = measured(codepoints, keys[i], keys[i + 1])
            made.documents[s], made.unspaced[s], made.keys.lengths[s] = first + i, is_alone[i], n
            made.keys.starts[s + 1] = made.keys.starts[s] + size
            s += 1
    return s


@njit(**BARE)
def _sign_chosen(keys, codepoints, asked, salt, made, key_room, rooms, done, s):  # type: ignore[no-untyped-def]
    """Write keys, bands and sketches of the documents chosen, ``s`` with those before.

    Bands are written last, as many side by side as there are documents.
    """
    hashes, work, spread, row, signature, rows, look = rooms
    data, halves, words = key_room
    first, n_signed = done[0], done[1]
    for k in range(n_signed, s):
        i, side = made.documents[k] - first, 0 if made.unspaced[k] else 1
        start, stop, length = keys[i], keys[i + 1], asked.characters[side]
        form, at = made.keys.forms[k], made.keys.starts[k]
        put_key(codepoints, start, stop - start, form, data, halves, words, at)
        permute_once(codepoints, start, stop, length, salt, hashes, work, spread, row)
        for place in range(len(row)):
            signature[0, place] = np.uint32(row[place] & LOW_HALF)
        hash_bands(signature, 0, asked.rows_per_band, length, rows, k - n_signed)
        length = asked.sketch_characters[side]
        is_sketched = len(look) > 0 and length <= stop - start
        if is_sketched:
            permute_once(codepoints, start, stop, length, salt, hashes, work, spread, look)
        for place in range(len(look)):
            made.sketches[k, place] = np.uint8(look[place] & LOW_BYTE) if is_sketched else 0
    for band in range(len(made.bands)):
        for j in range(s - n_signed):
            made.bands[band, n_signed + j] = rows[j, band]
