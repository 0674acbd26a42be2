"""Memory that tasks hand on: of one task at a time, never sent to another process."""

from __future__ import annotations

import pickle
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from curator.kernels.rooms import Room, Rooms


def test_a_room_grows_and_is_lent_to_one_task_at_a_time() -> None:
    rooms = Rooms()
    with rooms.lent() as one, rooms.lent() as other:
        assert one is not other
        small = one.array("numbers", (2, 3), np.uint32)
        small[:] = 7
        assert one.array("others", 4, np.uint64).shape == (4,)
        assert (small == 7).all()
        again = one.array("numbers", 6, np.uint32)
        assert np.shares_memory(small, again)
        assert again.tolist() == [7] * 6
        assert not np.shares_memory(small, one.array("numbers", 1000, np.uint32))
    with rooms.lent() as free:
        assert free in (one, other)
    with pickle.loads(pickle.dumps(rooms)).lent() as sent:
        assert sent not in (one, other)


def test_no_two_threads_are_ever_in_one_room() -> None:
    rooms, inside, shared = Rooms(), set(), []

    def work(_: int) -> None:
        for _ in range(2000):
            with rooms.lent() as room:
                if room in inside:
                    shared.append(room)
                inside.add(room)
                room.array("numbers", 8, np.uint8)[:] = 1
                inside.discard(room)

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(work, range(8)))
    assert not shared
    assert 1 <= len(rooms._free) <= 8


def test_an_array_without_entries_needs_no_memory() -> None:
    empty = Room().array("nothing", (0, 4), np.float64)
    assert (empty.shape, empty.dtype) == ((0, 4), np.dtype(np.float64))


def test_more_than_there_can_be_is_no_memory() -> None:
    with pytest.raises(MemoryError, match=r"^\d{19} bytes: "):
        Room().array("all", 1 << 60, np.uint16)
