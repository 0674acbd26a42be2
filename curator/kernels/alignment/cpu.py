"""Alignment on the host: one walk over a key, with an index of the other key's seeds.

What is done for every seed and stretch is made one with the walk: called, each time with six arrays
or more to hand over, pairs took a fifth longer, and those of strangers, who share seeds by chance,
a quarter.
"""

from __future__ import annotations

import numpy as np

from curator.kernels.alignment.blocks import SIZE, fetch, same
from curator.kernels.alignment.digits import count_digits, is_digit
from curator.kernels.alignment.exchanges import (
    COLUMNS,
    COUNTS,
    FIELDS,
    MOST,
    first_exchange,
    note,
    translations,
)
from curator.kernels.alignment.seeds import (
    PADDING,
    SEED,
    WHOLE,
    WINDOW,
    agree,
    empty_index,
    empty_window,
    fill,
    first_place,
    perhaps_present,
    seed_hashes,
)
from curator.kernels.blocks import BARE, JOINED, lowest, touch
from curator.kernels.compiled import njit
from curator.kernels.narrow.cpu import widen_one, with_widths

MATCH, MISS = 1, 2
"""A stretch gains for a match and loses for a miss, so it goes on while 2 in 3 agree."""
CREDIT = 12
"""The most a stretch can have in hand: it ends after this many points of misses in a row."""
BACK = 64
"""Characters before a seed that a stretch may reach back over."""
ALL = ~np.uint64(0) >> np.uint64(64 - SIZE)
BOTH = np.uint64(3)
FETCHED = 8192
"""Bytes of the next key asked for while a pair is aligned: most keys are shorter, and come
from far away in memory. It was no faster to ask two or four pairs ahead, nor to widen the beginning
of a part alone, which is all that most strangers are walked along."""


AHEAD = 8
"""Pairs ahead of which it is looked up where the key of the part begins, which took a sixth of the
time where it was asked for with the key."""


@njit(**JOINED)
def _backward(whole, j, part, i, done, long, changes, n):  # type: ignore[no-untyped-def]
    """Return how many characters agree before ``part[i]``, the digits that do not, the first, and
    of the runs of characters that do not agree how many there are and how many are ``long``; and
    of how many changes noted there are now ``n``."""
    credit, equal, missed, lost, first = CREDIT // 2, 0, 0, 0, i
    run, runs, long_runs = 0, 0, 0
    for back in range(1, min(BACK, i - done, j) + 1):
        if part[i - back] == whole[j - back]:
            credit = min(CREDIT, credit + MATCH)
            equal += 1
            if run > 0:
                runs += 1
                long_runs += run >= long
                begin = back - 1
                n = note(changes, n, i - begin, i - begin + run, j - begin, j - begin + run)
                run = 0
            first, lost = i - back, missed
        else:
            missed += is_digit(part[i - back])
            run += 1
            credit -= MISS
            if credit <= 0:
                break
    return equal, lost, first, runs, long_runs, n


@njit(**JOINED)
def _forward(whole, j, stop, part, i, end, long, changes, n):  # type: ignore[no-untyped-def]
    """Return the same of the characters from ``part[i]`` on, with the end in both texts."""
    credit, equal, missed, lost, last = CREDIT, 0, 0, 0, i
    there, gap, runs, long_runs = j, 0, 0, 0
    gap_here, gap_there = i, j
    while credit > 0 and i < end and j < stop:
        level = same(part, i, end, whole, j, stop)
        if level == ALL:
            credit = CREDIT
            if gap > 0:
                runs += 1
                long_runs += gap >= long
                n = note(changes, n, gap_here, i, gap_there, j)
                gap = 0
            equal += SIZE
            i += SIZE
            j += SIZE
            last, there, lost = i, j, missed
            continue
        added = same(part, i + 1, end, whole, j, stop)
        left_out = same(part, i, end, whole, j + 1, stop)
        limit = min(np.int64(SIZE), end - i, stop - j)
        k, stays, waits = np.int64(0), 0, 0
        while True:
            run = lowest(~(level >> np.uint64(k)))
            if run > 0:
                credit = min(CREDIT, credit + MATCH * run)
                equal += run
                if gap > 0:
                    runs += 1
                    long_runs += gap >= long
                    n = note(changes, n, gap_here, i + k, gap_there, j + k)
                    gap = 0
                k += run
                last, there, lost = i + k, j + k, missed
            if k >= limit or k > SIZE - 3:  # the two characters after this one are not in sight
                break
            credit -= MISS
            if gap == 0:
                gap_here, gap_there = i + k, j + k
            gap += 1
            # One replaced, one more or one less: whichever makes the next two agree.
            if (level >> np.uint64(k + 1)) & BOTH != BOTH:
                if (added >> np.uint64(k)) & BOTH == BOTH:
                    waits = 1
                elif (left_out >> np.uint64(k)) & BOTH == BOTH:
                    stays = 1
            if stays == 0:
                missed += is_digit(part[i + k])
            k += 1
            if credit <= 0 or stays + waits > 0 or k >= limit:
                break
        i += k - stays
        j += k - waits
    return equal, lost, last, there, runs, long_runs, n


@njit(**JOINED)
def _walk(  # type: ignore[no-untyped-def]
    whole, w, stop, part, end, asked, classes, index, window, stretches, changes, counts
):
    """Write the ``counts`` of ``Alignment`` for one pair; none when it misses too much.

    The whole, of number ``w``, ends before ``stop``, the part before ``end``. ``stretches`` has
    room for the first and last places of all, ``changes`` for what differs: strangers' digits and
    words are not worth looking at.
    """
    seed, shortest, long, may_miss = asked
    aligned, equal, lost, n_stretches = np.int64(0), np.int64(0), np.int64(0), np.int64(0)
    runs, long_runs, left = np.int64(0), np.int64(0), np.int64(0)
    i, done, base, n = np.int64(0), np.int64(0), np.int64(0), np.int64(0)
    noted, present = np.int64(0), np.uint64(0)
    while i + seed <= end and end - done >= shortest:  # what follows counts with so many or more
        # Missed is what lies between stretches; what follows can reach back over BACK characters.
        if done - aligned + max(np.int64(0), i - done - BACK) > may_miss:
            return
        if i == 0 and agree(part, i, whole, 0, seed):
            j = np.int64(0)  # copies begin alike: often that is all there is to look up
        else:
            if w != index.state[WHOLE] or seed != index.state[SEED]:
                fill(index, w, whole, stop, seed)
            if i - base >= n:
                base, n = i, min(np.int64(WINDOW), end - seed + 1 - i)
                seed_hashes(part, base, n, seed, window)
                present = perhaps_present(index, window, n)
            ahead = present >> np.uint64(i - base)
            if ahead == 0:
                i = base + n
                continue
            i += lowest(ahead)
            j = first_place(index, window.hashes[i - base], part, i, whole, stop - seed + 1)
            if j < 0:
                i += 1
                continue
        before, lost_before, begin, runs_before, long_before, n_noted = _backward(
            whole, j, part, i, done, long, changes, noted
        )
        # It goes on where the one before stopped, in both texts, or nearly.
        at = j - (i - begin)
        goes_on = 0 <= at - left <= BACK
        if goes_on and (begin > done or at > left):
            n_noted = note(changes, n_noted, done, begin, left, at)
        after, lost_after, last, there, runs_after, long_after, n_noted = _forward(
            whole, j + seed, stop, part, i + seed, end, long, changes, n_noted
        )
        if before + seed + after >= shortest:
            stretches[n_stretches, 0], stretches[n_stretches, 1] = begin, last
            n_stretches += 1
            aligned += last - begin
            equal += before + seed + after
            lost += lost_before + lost_after
            runs += runs_before + runs_after
            long_runs += long_before + long_after
            if goes_on:
                runs += begin > done
                long_runs += begin - done >= long
            noted = n_noted
            left = there
            done = last
        i = last
    if end - aligned > may_miss:
        return
    if aligned > 0 and stop - left <= BACK:
        runs += end > done
        long_runs += end - done >= long
        if end > done or stop > left:
            noted = note(changes, noted, done, end, left, stop)
    digits = np.int64(0)
    for stretch in range(n_stretches):
        digits += count_digits(part, stretches[stretch, 0], stretches[stretch, 1])
    counts[0], counts[1], counts[2], counts[3] = aligned, equal, digits, digits - lost
    counts[4], counts[5] = runs, long_runs
    counts[6] = translations(whole, part, changes, noted, classes)
    first_exchange(whole, part, end, changes, noted, long, counts[COUNTS:])


@njit(cache=True, nogil=True)
def align(whole, part, pairs, seeds, shortest, long, classes, at_least):  # type: ignore[no-untyped-def]
    """Return int64[pairs, 16]: the fields of ``Alignment``; see the contract."""
    result = np.zeros((len(pairs), COUNTS + FIELDS), np.int64)
    most, most_of_part, most_stretches = np.int64(1), np.int64(1), np.int64(1)
    for p in range(len(pairs)):
        most_stretches = max(most_stretches, part[0][pairs[p, 1]] // shortest[p])
        most = max(most, whole[0][pairs[p, 0]])
        most_of_part = max(most_of_part, part[0][pairs[p, 1]])
    room = np.empty(most + PADDING, np.uint32), np.empty(most_of_part + PADDING, np.uint32)
    index, window = empty_index(most), empty_window()
    stretches = np.empty((most_stretches, 2), np.int64)
    changes = np.empty((MOST, COLUMNS), np.int64)
    asked = seeds, shortest, long, classes, at_least
    whole, part = with_widths(*whole), with_widths(*part)
    _walk_all(whole, part, pairs, asked, room, index, window, stretches, changes, result)
    return result


@njit(**BARE)
def _walk_all(  # type: ignore[no-untyped-def]
    whole, part, pairs, asked, room, index, window, stretches, changes, result
):
    """Write the counts of all pairs into ``result`` (zeros).

    The keys of a pair are widened into ``room``, which stays in the processor's nearest cache.
    """
    seeds, shortest, long, classes, at_least = asked
    there, here = room
    widened = np.int64(-1)
    for p in range(len(pairs)):
        w, q, seed = pairs[p, 0], pairs[p, 1], seeds[p]
        soon = pairs[min(p + AHEAD, len(pairs) - 1), 1]
        touch(part[0], soon)
        touch(part[1], soon)
        touch(part[2], soon)
        if p + 1 < len(pairs):
            if pairs[p + 1, 0] != w:
                _fetch_key(whole[2], whole[3], pairs[p + 1, 0])
            _fetch_key(part[2], part[3], pairs[p + 1, 1])
        stop, end = whole[0][w], part[0][q]
        if end < seed or stop < seed:
            continue
        if w != widened:
            widen_one(whole, w, there, 0)
            widened = w
        widen_one(part, q, here, 0)
        may_miss = np.int64(np.float64(end) * (1.0 - at_least) + 1e-6)
        limits = seed, shortest[p], long[p], may_miss
        _walk(
            there, w, stop, here, end, limits, classes, index, window, stretches, changes, result[p]
        )


@njit(**BARE)
def _fetch_key(starts, data, k):  # type: ignore[no-untyped-def]
    fetch(data, starts[k], min(starts[k + 1], starts[k] + FETCHED))
