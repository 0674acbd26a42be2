"""Keys come back from disk as they went, in the fewest bytes their characters allow."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curator.kernels import buffers
from curator.kernels.fold import Keys, fold
from curator.kernels.narrow import NarrowKeys, fitting, gather, narrow, widen


def keys_of(texts: list[str]) -> Keys:
    return fold(buffers.of(texts))


@pytest.mark.parametrize(
    ("text", "form", "size"),
    [
        ("Ngubung iya ngagai aku", 1, 20),
        ("mlethèk", 1, 8),
        ("tiếngviệt", 2, 20),
        ("佢哋", 2, 4),
        ("ꦧꦱꦗꦮ", 2, 8),
        ("नमस्ते", 2, 12),
        ("好𠻺𠻺", 3, 16),
        ("嗰", 3, 8),
        ("", 1, 0),
        ("Gunung Fuji di Jepang (富士山) iya nya bukit ti pemadu tinggi", 4, 48 + 12),
        ("kopi susu 𠻺 ÿ", 4, 12 + 8),
        ("ÿÿÿ", 1, 4),
        ("ɛɔŋ", 2, 8),
        ("佢話 OK 喎𠻺𠻺𠻺", 3, 16 + 12),
    ],
)
def test_a_key_takes_the_bytes_that_its_characters_need(text: str, form: int, size: int) -> None:
    keys = keys_of([text])
    found = narrow(keys, np.array([0]))
    assert found.forms.tolist() == [form]
    assert found.lengths.tolist() == keys.lengths.tolist()
    assert len(found.data) == size
    assert widen(found, np.array([0])).document(0) == keys.document(0)


@given(st.lists(st.text(max_size=40), max_size=6), st.data())
def test_any_documents_come_back_in_the_order_asked(texts: list[str], data: st.DataObject) -> None:
    keys = keys_of(texts)
    places = st.integers(0, max(0, len(texts) - 1))
    some = st.lists(places, max_size=8) if texts else st.just([])
    kept = np.array(data.draw(some), np.int64)
    found = narrow(keys, kept)
    asked = np.array(data.draw(st.permutations(range(len(kept)))), np.int64)
    wide = widen(found, asked)
    expected = [keys.document(kept[place]) for place in asked.tolist()]
    assert [wide.document(place) for place in range(len(asked))] == expected
    assert wide.codepoints.dtype == np.uint32


@settings(deadline=None)
@given(
    st.lists(
        st.lists(
            st.integers(0, 0x7E)
            | st.sampled_from([0xFE, 0xFF, 0x100, 0x301, 0xFFFE, 0xFFFF, 0x10000, 0x10FFFF]),
            max_size=200,
        ),
        min_size=1,
        max_size=5,
    )
)
def test_any_code_points_come_back_in_the_form_of_fewest_bytes(points: list[list[int]]) -> None:
    nothing = np.zeros(len(points), np.int64)
    codepoints = np.concatenate([np.array(some, np.uint32) for some in points])
    keys = Keys(np.cumsum([0, *map(len, points)]), codepoints, nothing, nothing)
    found = narrow(keys, np.arange(len(points)))
    wide = widen(found, np.arange(len(points)))
    assert wide.codepoints.tolist() == codepoints.tolist()
    for some, form, size in zip(points, found.forms, np.diff(found.starts), strict=True):
        byte, half = -(-len(some) // 4) * 4, -(-2 * len(some) // 4) * 4
        sizes = {4: byte + 4 * sum(c >= 0xFF for c in some)}
        sizes[3] = half + 4 * sum(c >= 0xFFFF for c in some)
        if max(some, default=0) <= 0xFFFF:
            sizes[2] = half
        if max(some, default=0) <= 0xFF:
            sizes[1] = byte
        assert size == sizes[form] == min(sizes.values())


def test_the_bytes_may_be_read_only() -> None:
    found = narrow(keys_of(["佢哋", "aku"]), np.array([0, 1]))
    mapped = found._replace(data=np.frombuffer(found.data.tobytes(), np.uint8))
    assert widen(mapped, np.array([1, 0])).document(0) == "aku"


@given(st.lists(st.text(max_size=40), min_size=1, max_size=6), st.data())
def test_gathered_keys_are_those_asked_for(texts: list[str], data: st.DataObject) -> None:
    found = narrow(keys_of(texts), np.arange(len(texts)))
    drawn = data.draw(st.lists(st.integers(0, len(texts) - 1), max_size=8))
    asked = np.array(drawn, np.int64)
    starts = np.zeros(len(asked) + 1, np.int64)
    np.cumsum(np.diff(found.starts)[asked], out=starts[1:])
    into = np.empty(int(starts[-1]), np.uint8)
    gather(found.starts, found.data, asked, into)
    gathered = NarrowKeys(found.lengths[asked], found.forms[asked], starts, into)
    expected = [widen(found, asked[place : place + 1]).document(0) for place in range(len(asked))]
    wide = widen(gathered, np.arange(len(asked)))
    assert [wide.document(place) for place in range(len(asked))] == expected


@settings(deadline=None)  # the first example compiles the kernel
@given(
    st.lists(st.integers(0, 30), max_size=80),
    st.lists(st.integers(0, 10_000), min_size=31, max_size=31),
    st.integers(0, 60_000),
    st.integers(1, 90),
)
def test_ranges_are_as_long_as_their_room_and_follow_one_another(
    documents: list[int], sizes: list[int], room: int, most: int
) -> None:
    asked, of_each = np.array(documents, np.uint32), np.array(sizes, np.int64)
    found = fitting(asked, of_each, room, most)
    assert [*(start for start, _ in found), len(documents)] == [0, *(stop for _, stop in found)]
    for start, stop in found:
        held = set(documents[start:stop])
        assert 0 < stop - start <= most
        assert sum(sizes[document] for document in held) <= room or len(held) == 1
        if stop < len(documents) and stop - start < most:
            assert sum(sizes[document] for document in {*held, documents[stop]}) > room
