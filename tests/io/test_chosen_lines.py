"""Chosen lines of a block are its lines, found by their sizes or by their newlines."""

from __future__ import annotations

import gzip
from pathlib import Path
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curator.errors import DataError
from curator.io import blocks, chosen_lines
from curator.io.blocks import Block, plan_blocks, read_pieces
from curator.io.chosen_lines import chosen_lines as choose
from curator.io.files import find_files

LINES = [
    "佢哋食咗飯未呀？",
    "Dina iki aku lunga menyang pasar.",
    "आज मौसम बहुत अच्छा है।",
    "e\u0301\r",
    "a\rb",
    "",
    "\r",
    "字" * 100,
]
BOM = b"\xef\xbb\xbf"
LONGEST = 1000


def split(data: bytes) -> list[bytes]:
    whole = data.split(b"\n")
    return [line + b"\n" for line in whole[:-1]] + ([whole[-1]] if whole[-1] else [])


def chosen(block: Block, sizes: np.ndarray, mask: np.ndarray) -> list[bytes]:
    """Return the chosen lines and check that their ends are told."""
    result = []
    for found in choose(block, read_pieces(block, LONGEST), sizes, mask, LONGEST):
        data, ends = found.data.tobytes(), found.ends
        assert b"\r" not in data or not found.no_returns
        starts = [0, *ends[:-1].tolist()]
        result += [data[start:end] for start, end in zip(starts, ends.tolist(), strict=True)]
        assert ends[-1] == len(data)
    return result


@settings(deadline=None, max_examples=150)
@given(
    st.lists(st.sampled_from(LINES), max_size=12),
    st.booleans(),
    st.sampled_from(["", "\n"]),
    st.sampled_from([1, 30, 100, 1 << 20]),
    st.sampled_from([1, 64, 1 << 20]),
    st.sampled_from([2, 64, 1 << 16]),
    st.booleans(),
    st.randoms(use_true_random=False),
)
def test_the_lines_are_those_asked_for_whatever_is_known_of_their_sizes(
    tmp_path_factory: pytest.TempPathFactory,
    texts: list[str],
    has_mark: bool,
    end: str,
    block_size: int,
    chunk_bytes: int,
    searched_bytes: int,
    all_sizes: bool,
    random: Random,
) -> None:
    path = tmp_path_factory.mktemp("lines") / "a.jsonl"
    path.write_bytes((BOM if has_mark else b"") + ("\n".join(texts) + end).encode())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(chosen_lines, "CHUNK_BYTES", chunk_bytes)
        patch.setattr(chosen_lines, "SEARCHED_BYTES", searched_bytes)
        for block in plan_blocks(find_files([str(path)], [".jsonl"]), block_size):
            lines = split(b"".join(piece.data for piece in read_pieces(block, LONGEST)))
            mask = np.array([random.random() < 0.5 for _ in lines], np.bool_)
            sizes = np.array([len(line) for line in lines], np.int64)
            if not all_sizes:  # as of blank lines
                sizes[[line.strip() == b"" for line in lines]] = 0
            expected = [line for line, is_chosen in zip(lines, mask, strict=True) if is_chosen]
            expected = [line if line.endswith(b"\n") else line + b"\n" for line in expected]
            assert chosen(block, sizes, mask) == expected


@pytest.mark.parametrize("n_before", [0, 1, 3])
def test_sizes_that_add_up_are_believed_and_nothing_else_is_read(
    tmp_path: Path, n_before: int
) -> None:
    lines = [f"{text}\n".encode() for text in ("嘅", "sega", "पहाड़", "字" * 300)]
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"".join(lines))
    start = sum(map(len, lines[:n_before]))
    block = Block(str(path), "a.jsonl", start, path.stat().st_size, n_before + 1)
    sizes = np.array([len(line) for line in lines[n_before:]])
    mask = np.arange(len(sizes)) == len(sizes) - 1
    found = list(choose(block, iter(()), sizes, mask, LONGEST))
    assert [some.data.tobytes() for some in found] == [lines[-1]]


def test_a_packed_file_gives_the_same_lines(tmp_path: Path) -> None:
    data = "佢\nsega\n\nनदी".encode()
    (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress(data))
    (block,) = plan_blocks(find_files([str(tmp_path)], [".jsonl"]), 1 << 20)
    sizes = np.array([len(line) for line in split(data)])
    mask = np.array([True, False, False, True])
    assert chosen(block, sizes, mask) == ["佢\n".encode(), "नदी\n".encode()]


def test_a_line_too_long_to_look_beyond_is_left_to_the_pieces(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"a\n" + b"x" * 300_000 + b"\nb\n")
    block = Block(str(path), "a.jsonl", 0, 3, 1)
    cut = next(read_pieces(block, LONGEST)).data.split(b"\n")[1]
    sizes = np.array([2, len(cut)])
    mask = np.array([True, False])
    assert chosen(block, sizes, mask) == [b"a\n"]


def test_nothing_asked_for_is_nothing_read(tmp_path: Path) -> None:
    block = Block(str(tmp_path / "absent"), "absent", 0, 5, 1)
    assert list(choose(block, iter(()), np.array([5]), np.array([False]), LONGEST)) == []


def test_a_file_that_is_gone_or_became_shorter_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"abc\nabc\n")
    block = Block(str(path), "a.jsonl", 0, 8, 1)
    sizes, mask = np.array([4, 4]), np.array([True, True])
    found = choose(block, iter(()), sizes, mask, LONGEST)
    monkeypatch.setattr(chosen_lines, "CHUNK_BYTES", 4)
    assert next(found).data.tobytes() == b"abc\n"
    path.write_bytes(b"abc\n")
    with pytest.raises(DataError, match=r"a\.jsonl: became shorter while it was read"):
        next(found)
    path.unlink()
    with pytest.raises(DataError, match=r"a\.jsonl: cannot be read"):
        next(choose(block, blocks.read_pieces(block), sizes, mask, LONGEST))
