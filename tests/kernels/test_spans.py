"""Spans of bytes put one behind the other, with texts between them or without."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from curator.kernels import buffers
from curator.kernels.spans import spliced

LINE = "佢哋㗎𠻺 mlethèk हिन्दी\n".encode()


@settings(deadline=None)  # the first example compiles the kernel
@given(
    st.lists(st.tuples(st.integers(0, len(LINE)), st.integers(0, len(LINE))), max_size=30),
    st.lists(st.text(max_size=5), min_size=30, max_size=30),
)
def test_spans_come_one_after_the_other_each_with_its_text_behind(
    ends: list[tuple[int, int]], texts: list[str]
) -> None:
    data = np.frombuffer(LINE, np.uint8)
    spans = [sorted(pair) for pair in ends]
    first, last = np.array(spans, np.int64).reshape(-1, 2).T
    behind = texts[: len(spans)]
    assert spliced(data, first, last).tobytes() == b"".join(LINE[a:b] for a, b in spans)
    expected = b"".join(LINE[a:b] + t.encode() for (a, b), t in zip(spans, behind, strict=True))
    assert spliced(data, first, last, buffers.of(behind)).tobytes() == expected
