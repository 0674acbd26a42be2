"""The corpora inside the package PyCantonese."""

from __future__ import annotations

import sys
from collections import Counter

import pyarrow as pa
import pytest

from curator.acquire.pycantonese import COLUMNS, PyCantonese, spaced
from curator.errors import DataError, RecipeError

LICENSES = {
    ("CTCPC", "CC0-1.0"): 121138,
    ("CantoMap", "GPL-3.0"): 99,
    ("Common Voice", "MPL-2.0"): 9444,
    ("HKCanCor", "CC-BY-4.0"): 58,
}


def read_all(reader: PyCantonese, block_size: int = 1 << 30) -> pa.Table:
    plan = reader.plan(block_size)
    return pa.concat_tables([reader.read(block, plan.columns) for block in plan.blocks])


def test_words_are_joined_as_they_are_written() -> None:
    for words, text in [
        ("食 咗 飯 未 呀 ?", "食咗飯未呀?"),
        ("佢 book 咗 位 .", "佢 book 咗位."),
        ("去 , Hong Kong 呀", "去, Hong Kong 呀"),
        ("去 New_Zealand 旅行", "去 New Zealand 旅行"),
        ("係 嘞 # 係 嘞 .", "係嘞係嘞."),
        ("𡃉 㗎 # map", "𡃉㗎 map"),
        ("", ""),
    ]:
        assert spaced(iter(words.split(" "))) == text


def test_every_conversation_and_sentence_is_a_document() -> None:
    pytest.importorskip("pycantonese", reason="the demonstration corpora are not installed")
    table = read_all(PyCantonese())
    columns = [table.column(name).to_pylist() for name in ("source", "license")]
    assert Counter(zip(*columns, strict=True)) == LICENSES
    ids = table.column("id").to_pylist()
    assert len(set(ids)) == len(ids)
    assert table.column("dropped_by").null_count == len(ids)
    first = table.slice(ids.index("hkcancor-FC-001_v2"), 1).to_pylist()[0]
    assert first["text"].startswith("喂遲啲去唔去旅行啊?\n你老公有冇平機票啊?\n")
    assert "誒, Orlando 嗰個舊 - 嗰個迪士尼呢, 廿五週年喎.\n" in first["text"]
    assert (first["license"], first["title"], first["speakers"]) == ("CC-BY-4.0", "FC-001_v2", 3)
    assert (first["file"], first["line"]) == ("hkcancor/FC-001_v2.cha", 1)


def test_any_block_size_and_order_give_the_same_rows() -> None:
    pytest.importorskip("pycantonese", reason="the demonstration corpora are not installed")
    names = ["hkcancor", "common_voice"]
    whole = read_all(PyCantonese(names))
    assert whole.equals(read_all(PyCantonese(names[::-1]), 100_000).combine_chunks())
    plan = PyCantonese(names).plan(200_000)
    assert plan.columns == COLUMNS
    assert len(plan.blocks) > 4
    assert len(plan.files) == 59
    assert [file.file for file in plan.files] == sorted(file.file for file in plan.files)


def test_errors_say_the_mend(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(RecipeError, match="no corpus 'hkcancer'; did you mean 'hkcancor'"):
        PyCantonese(["hkcancer"])
    with pytest.raises(RecipeError, match="corpora is a list of names, not empty"):
        PyCantonese([])
    monkeypatch.setitem(sys.modules, "pycantonese", None)
    with pytest.raises(DataError, match=r"pip install 'curator\[demo\]'"):
        PyCantonese(["hkcancor"]).files()
