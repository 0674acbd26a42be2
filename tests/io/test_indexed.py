"""Token files: equal to Megatron's builder byte for byte, and strict about what they read."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curator.errors import DataError, ManifestError
from curator.io.indexed import (
    IndexedTokens,
    IndexedWriter,
    bin_path,
    idx_path,
    token_dtype,
)

DOCUMENTS = [[5, 6, 7], [], [1], [9, 9, 9, 9, 65_499], [], []]


@pytest.fixture(scope="module")
def megatron() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns about accelerators at import
        return pytest.importorskip(
            "megatron.core.datasets.indexed_dataset",
            reason="megatron-core is not installed: equality with its builder is not checked",
        )


def write(prefix: Path, documents: list[list[int]], dtype: str = "uint16") -> Path:
    with IndexedWriter(prefix, dtype) as writer:
        for document in documents:
            writer.add_document(document)
    return prefix


def pair(prefix: Path) -> tuple[bytes, bytes]:
    return bin_path(prefix).read_bytes(), idx_path(prefix).read_bytes()


@pytest.mark.parametrize("dtype", ["uint16", "int32"])
@pytest.mark.parametrize("documents", [DOCUMENTS, [], [[]], [[1, 2]]])
def test_files_equal_megatrons_builder_byte_for_byte(
    tmp_path: Path, megatron: Any, dtype: str, documents: list[list[int]]
) -> None:
    builder = megatron.IndexedDatasetBuilder(str(tmp_path / "theirs.bin"), getattr(np, dtype))
    for document in documents:
        builder.add_document(np.array(document, dtype), [len(document)] if document else [])
    builder.finalize(str(tmp_path / "theirs.idx"))
    assert pair(write(tmp_path / "ours", documents, dtype)) == pair(tmp_path / "theirs")


def test_megatron_reads_what_was_written(tmp_path: Path, megatron: Any) -> None:
    theirs = megatron.IndexedDataset(str(write(tmp_path / "ours", DOCUMENTS, "int32")))
    assert [list(theirs[index]) for index in range(len(theirs))] == [
        [5, 6, 7],
        [1],
        [9, 9, 9, 9, 65_499],
    ]
    assert list(theirs.document_indices) == [0, 1, 1, 2, 3, 3, 3]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.lists(st.integers(0, 65_535), max_size=5), max_size=6), st.data())
def test_any_documents_come_back_however_they_were_written(
    tmp_path_factory: pytest.TempPathFactory, documents: list[list[int]], data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("tokens")
    cut = data.draw(st.integers(0, len(documents)))
    write(folder / "a", documents[:cut])
    flat = np.array([token for document in documents[cut:] for token in document], np.int64)
    with IndexedWriter(folder / "b", "uint16") as writer:
        writer.add_documents(flat, np.array([len(d) for d in documents[cut:]], np.int64))
    with IndexedWriter(folder / "both", "uint16") as writer:
        writer.append(folder / "a")
        writer.append(folder / "b")
    assert pair(folder / "both") == pair(write(folder / "whole", documents))
    reader = IndexedTokens(folder / "both")
    assert reader.n_documents == len(documents)
    assert [list(reader.document(i)) for i in range(len(documents))] == documents
    assert [list(reader.get(i)) for i in range(len(reader))] == [d for d in documents if d]
    assert list(reader.tokens) == [token for document in documents for token in document]


def test_a_part_of_a_sequence_can_be_read(tmp_path: Path) -> None:
    reader = IndexedTokens(write(tmp_path / "t", DOCUMENTS))
    assert list(reader.get(2, 1, 2)) == [9, 9]
    assert list(reader.get(2, 4)) == [65_499]
    with pytest.raises(IndexError, match="sequence 2 has 5 tokens"):
        reader.get(2, 4, 2)
    with pytest.raises(IndexError, match="no document 6"):
        reader.document(6)


def test_an_error_while_writing_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="do not fit uint16"):
        write(tmp_path / "t", [[1], [65_536]])
    assert list(tmp_path.iterdir()) == []


def test_tokens_that_are_no_integers_are_refused(tmp_path: Path) -> None:
    with (
        pytest.raises(DataError, match="do not fit"),
        IndexedWriter(tmp_path / "t", "uint16") as writer,
    ):
        writer.add_document(np.array([1.5]))


def test_pieces_of_another_type_are_refused(tmp_path: Path) -> None:
    write(tmp_path / "wide", DOCUMENTS, "int32")
    with (
        pytest.raises(DataError, match=r"wide\.idx: tokens are int32, not uint16"),
        IndexedWriter(tmp_path / "t", "uint16") as writer,
    ):
        writer.append(tmp_path / "wide")


def test_a_missing_or_cut_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match=r"none\.idx: no such file"):
        IndexedTokens(tmp_path / "none")
    prefix = write(tmp_path / "t", DOCUMENTS)
    tokens, index = pair(prefix)
    bin_path(prefix).write_bytes(tokens[:-2])
    with pytest.raises(ManifestError, match=r"t\.bin: 16 bytes where the index asks for 18"):
        IndexedTokens(prefix)
    bin_path(prefix).unlink()
    with pytest.raises(ManifestError, match=r"t\.bin: no such file"):
        IndexedTokens(prefix)
    for broken in (index[:-1], index[:20], b""):
        idx_path(prefix).write_bytes(broken)
        with pytest.raises(ManifestError, match=r"t\.idx: "):
            IndexedTokens(prefix)


def test_an_index_that_contradicts_itself_is_refused(tmp_path: Path) -> None:
    prefix = write(tmp_path / "t", DOCUMENTS)
    index = bytearray(idx_path(prefix).read_bytes())
    for place, message in [(34, "contradict"), (34 + 12, "contradict"), (-8, "document bounds")]:
        broken = index.copy()
        broken[place] ^= 1
        idx_path(prefix).write_bytes(broken)
        with pytest.raises(DataError, match=message):
            IndexedTokens(prefix)
    for place in (0, 9, 17):
        broken = index.copy()
        broken[place] ^= 0x40
        idx_path(prefix).write_bytes(broken)
        with pytest.raises(ManifestError, match=r"t\.idx"):
            IndexedTokens(prefix)


def test_uint16_is_left_before_its_end() -> None:
    assert token_dtype(65_499) == np.dtype("uint16")
    assert token_dtype(65_500) == np.dtype("int32")
