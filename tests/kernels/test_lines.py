"""Line feeds are counted as Python counts them, at every place of a block."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from curator.kernels.lines import count_newlines


@settings(deadline=None)  # the first example compiles the kernel
@given(st.lists(st.sampled_from([b"\n", b"\r", b"\x0b", "香\n".encode(), b"\xff", b"x" * 61])))
def test_line_feeds_of_any_bytes_are_counted(pieces: list[bytes]) -> None:
    data = b"".join(pieces)
    assert count_newlines(data) == data.count(b"\n")


def test_every_place_of_long_data_is_counted() -> None:
    assert count_newlines(b"") == 0
    assert count_newlines(b"\n" * 1_000_003) == 1_000_003
    for place in range(200):
        assert count_newlines(b"y" * place + b"\n" + b"y" * (199 - place)) == 1
