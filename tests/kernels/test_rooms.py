"""Memory that tasks hand on: of one task at a time, never sent to another process."""

from __future__ import annotations

import pickle

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


def test_an_array_without_entries_needs_no_memory() -> None:
    empty = Room().array("nothing", (0, 4), np.float64)
    assert (empty.shape, empty.dtype) == ((0, 4), np.dtype(np.float64))


def test_more_than_there_can_be_is_no_memory() -> None:
    with pytest.raises(MemoryError, match=r"^\d{19} bytes: "):
        Room().array("all", 1 << 60, np.uint16)
