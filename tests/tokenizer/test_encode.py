"""Token shards: what Megatron would have written, whatever happened on the way."""

from __future__ import annotations

import json
import math
import os
import random
import signal
import subprocess
import sys
import warnings
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from curator.cluster import get_client
from curator.errors import DataError, ManifestError, RecipeError
from curator.io.indexed import IndexedTokens, bin_path, idx_path
from curator.tokenizer import (
    TokenizerOptions,
    TokenOptions,
    encode_shards,
    load_tokenizer,
    train_tokenizer,
)
from curator.tokenizer.split import below, document_hashes
from tests.conftest import REPOSITORY

WORDS = ["飲茶", "佢哋", "book咗", "Saben uwong", "হ্যালো", "𠻺", " ", "\n", "<pad>", "2024", "食飯"]


def shard(path: Path, rows: Sequence[tuple[str, str]]) -> Path:
    lines = (json.dumps({"id": name, "text": text}) + "\n" for name, text in rows)
    path.write_text("".join(lines))
    return path


def corpus(folder: Path, n_documents: int = 120, n_shards: int = 3) -> list[Path]:
    rng = random.Random(5)
    rows = [
        (f"d{index}", "".join(rng.choices(WORDS, k=rng.randint(0, 30))))
        for index in range(n_documents)
    ]
    size = math.ceil(n_documents / n_shards)
    return [
        shard(folder / f"s-{index}.jsonl", rows[index * size : (index + 1) * size])
        for index in range(n_shards)
    ]


def documents_of(shards: Sequence[Path]) -> list[dict[str, str]]:
    return [json.loads(line) for path in shards for line in path.read_text().splitlines()]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("run")
    train_tokenizer(corpus(home), home / "tokenizer", TokenizerOptions(vocab_size=420))
    return home


@pytest.fixture
def shards(home: Path) -> list[Path]:
    return sorted(home.glob("s-*.jsonl"))


OPTIONS = TokenOptions(valid_fraction=0.2, batch_bytes=500)


def run(home: Path, shards: list[Path], out: Path, client: Any = None) -> dict[str, Any]:
    return encode_shards(shards, home / "tokenizer", out / "tokens", OPTIONS, client, out / "work")


def decoded(home: Path, prefix: Path, name: str = "tokenizer") -> list[str]:
    tokenizer, reader = load_tokenizer(home / name), IndexedTokens(prefix)
    texts = []
    for index in range(reader.n_documents):
        tokens = reader.document(index).tolist()
        assert tokens[-1] == 2
        texts.append(tokenizer.decode(tokens[:-1], skip_special_tokens=False))
    return texts


def test_every_document_is_in_one_split_and_comes_back(
    home: Path, shards: list[Path], tmp_path: Path
) -> None:
    entry = run(home, shards, tmp_path)
    splits = {name: decoded(home, tmp_path / "tokens" / name) for name in ("train", "valid")}
    rows = documents_of(shards)
    held_out = below(document_hashes([row["id"] for row in rows], 0), 0.2)
    for name, wanted in (("train", False), ("valid", True)):
        mine = [row["text"] for row, chosen in zip(rows, held_out, strict=True) if chosen == wanted]
        assert splits[name] == mine
    for name, found in splits.items():
        record = entry["splits"][name]
        reader = IndexedTokens(tmp_path / record["prefix"])
        assert record["documents"] == len(found) > 0
        assert record["characters"] == sum(map(len, found))
        assert record["utf8_bytes"] == sum(len(text.encode()) for text in found)
        assert record["tokens"] == len(reader.tokens)
    assert (entry["dtype"], entry["eos_appended"]) == ("uint16", True)
    assert json.loads((tmp_path / "tokens/blend.json").read_text()) == {
        "train": ["1.0", "tokens/train"],
        "valid": ["1.0", "tokens/valid"],
    }


def test_files_equal_megatrons_builder_fed_the_same_documents(
    home: Path, shards: list[Path], tmp_path: Path
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns about accelerators at import
        megatron = pytest.importorskip(
            "megatron.core.datasets.indexed_dataset",
            reason="megatron-core is not installed: equality with its builder is not checked",
        )
    tokenizer = load_tokenizer(home / "tokenizer")
    for ended in (True, False):
        options = TokenOptions(valid_fraction=0.2, append_eos=ended)
        out = tmp_path / str(ended)
        encode_shards(shards, home / "tokenizer", out, options)
        builder = megatron.IndexedDatasetBuilder(str(tmp_path / "theirs.bin"), np.uint16)
        for row in documents_of(shards):
            ids = tokenizer.encode(row["text"], add_special_tokens=False).ids + [2] * ended
            if not below(document_hashes([row["id"]], 0), 0.2)[0]:
                builder.add_document(np.array(ids, np.uint16), [len(ids)] if ids else [])
        builder.finalize(str(tmp_path / "theirs.idx"))
        assert bin_path(out / "train").read_bytes() == (tmp_path / "theirs.bin").read_bytes()
        assert idx_path(out / "train").read_bytes() == (tmp_path / "theirs.idx").read_bytes()


def decoded_ids(prefix: Path) -> list[list[int]]:
    reader = IndexedTokens(prefix)
    return [reader.document(index).tolist() for index in range(reader.n_documents)]


def everything(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file()}


def test_workers_batches_and_finished_pieces_change_no_byte(
    home: Path, shards: list[Path], tmp_path: Path
) -> None:
    first = run(home, shards, tmp_path / "a")
    made = {path: path.stat().st_mtime_ns for path in (tmp_path / "a/work").iterdir()}
    assert run(home, shards, tmp_path / "a") == first
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "a/work").iterdir()} == made
    large = TokenOptions(valid_fraction=0.2)
    other = encode_shards(shards, home / "tokenizer", tmp_path / "b/tokens", large)
    whole = shard(tmp_path / "whole.jsonl", [(r["id"], r["text"]) for r in documents_of(shards)])
    joined = encode_shards([whole], home / "tokenizer", tmp_path / "c/tokens", large)
    assert first == other == joined
    with get_client(n_workers=2) as client:
        assert run(home, shards, tmp_path / "d", client) == first
    files = [everything(tmp_path / name / "tokens") for name in "abcd"]
    assert files[0] == files[1] == files[2] == files[3]


def test_the_order_of_documents_does_not_change_their_split(
    home: Path, shards: list[Path], tmp_path: Path
) -> None:
    run(home, shards, tmp_path / "a")
    run(home, shards[::-1], tmp_path / "b")
    for name in ("train", "valid"):
        one, other = (sorted(decoded_ids(tmp_path / x / "tokens" / name)) for x in "ab")
        assert one == other


def test_a_killed_run_ends_with_the_same_bytes(
    home: Path, shards: list[Path], tmp_path: Path
) -> None:
    expected = run(home, shards, tmp_path / "whole")
    code = (
        "import os, signal, sys; from pathlib import Path\n"
        "import curator.io.indexed as indexed\n"
        "from curator.tokenizer import *\n"
        "home, out, left = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])\n"
        "write = indexed.IndexedWriter.add_documents\n"
        "def counted(*arguments):\n"
        "    global left\n"
        "    left -= 1\n"
        "    if left < 0: os.kill(os.getpid(), signal.SIGKILL)\n"
        "    write(*arguments)\n"
        "indexed.IndexedWriter.add_documents = counted\n"
        "encode_shards(sorted(home.glob('s-*.jsonl')), home / 'tokenizer', out / 'tokens',\n"
        "    TokenOptions(valid_fraction=0.2, batch_bytes=500), None, out / 'work')\n"
    )
    for left in (1, 40):
        killed = subprocess.run(
            [sys.executable, "-c", code, str(home), str(tmp_path / "killed"), str(left)],
            cwd=REPOSITORY,
            env=dict(os.environ),
            check=False,
        )
        assert killed.returncode in (-signal.SIGKILL, 0)
    assert run(home, shards, tmp_path / "killed") == expected
    assert everything(tmp_path / "killed/tokens") == everything(tmp_path / "whole/tokens")


@pytest.mark.parametrize("fraction", [0.0, 1.0])
@pytest.mark.parametrize("n_documents", [2, 5])
def test_both_splits_have_a_document_when_there_are_two(
    home: Path, tmp_path: Path, fraction: float, n_documents: int
) -> None:
    rows = [(f"d{index}", f"飲茶 {index}") for index in range(n_documents)]
    options = TokenOptions(valid_fraction=fraction)
    entries = []
    for number in range(2):
        random.Random(number).shuffle(rows)
        paths = [
            shard(tmp_path / f"{number}-a.jsonl", rows[:1]),
            shard(tmp_path / f"{number}-b.jsonl", rows[1:]),
        ]
        out = tmp_path / f"{number}"
        entry = encode_shards(paths, home / "tokenizer", out, options)
        counts = [entry["splits"][name]["documents"] for name in ("train", "valid")]
        assert sorted(counts) == [1, n_documents - 1]
        entries.append(sorted(decoded_ids(out / "valid")))
    assert entries[0] == entries[1]


def test_one_document_or_none_is_no_error(home: Path, tmp_path: Path) -> None:
    one = shard(tmp_path / "one.jsonl", [("d", "飲茶")])
    options = TokenOptions(valid_fraction=0)
    entry = encode_shards([one], home / "tokenizer", tmp_path / "one", options)
    assert entry["splits"]["train"]["documents"] == 1
    assert entry["splits"]["valid"]["unigram_character_bits_per_byte"] is None
    none = encode_shards([], home / "tokenizer", tmp_path / "none", options)
    assert none["splits"]["train"]["tokens"] == 0
    assert IndexedTokens(tmp_path / "none" / "train").n_documents == 0
    empty = shard(tmp_path / "empty.jsonl", [("a", ""), ("b", "")])
    entry = encode_shards([empty], home / "tokenizer", tmp_path / "empty", TokenOptions())
    assert [entry["splits"][n]["tokens"] for n in ("train", "valid")] == [1, 1]


def test_bits_per_byte_are_those_of_the_formula(
    home: Path, shards: list[Path], tmp_path: Path
) -> None:
    entry = run(home, shards, tmp_path)
    train = Counter("".join(decoded(home, tmp_path / "tokens/train")))
    valid = "".join(decoded(home, tmp_path / "tokens/valid"))
    size = sum(train.values()) + len(train) + 1
    bits = -sum(math.log2((train[character] + 1) / size) for character in valid)
    record = entry["splits"]["valid"]
    assert record["unigram_character_bits_per_byte"] == pytest.approx(
        bits / len(valid.encode()), abs=1e-6
    )


def test_a_large_vocabulary_is_written_as_int32(tmp_path: Path) -> None:
    text = "".join(chr(0x4E00 + index) for index in range(20_000))
    more = "".join(chr(0x20000 + index) for index in range(42_000))
    more += "".join(chr(0xAC00 + index) for index in range(11_000))
    path = shard(tmp_path / "s.jsonl", [("a", text), ("b", more)])
    options = TokenizerOptions(
        vocab_size=80_000, min_character_count=1, max_character_share=1.0, held_out_fraction=0
    )
    assert train_tokenizer([path], tmp_path / "t", options)["vocab_size"] >= 65_500
    entry = encode_shards([path], tmp_path / "t", tmp_path / "tokens", TokenOptions())
    assert entry["dtype"] == "int32"
    both = decoded(tmp_path, tmp_path / "tokens/train", "t") + decoded(
        tmp_path, tmp_path / "tokens/valid", "t"
    )
    assert sorted(both) == sorted([text, more])


def test_what_cannot_be_encoded_is_said(home: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"gone\.jsonl: no such shard"):
        encode_shards([tmp_path / "gone.jsonl"], home / "tokenizer", tmp_path, TokenOptions())
    with pytest.raises(ManifestError, match="train a tokenizer first"):
        encode_shards([], tmp_path, tmp_path, TokenOptions())
    (tmp_path / "tokenizer.json").write_bytes((home / "tokenizer/tokenizer.json").read_bytes())
    with pytest.raises(RecipeError, match="names no eos_token"):
        encode_shards([], tmp_path, tmp_path, TokenOptions())
    (tmp_path / "tokenizer_config.json").write_text('{"eos_token": "<end>"}')
    with pytest.raises(ManifestError, match="eos_token '<end>' is not in"):
        encode_shards([], tmp_path, tmp_path, TokenOptions())
