"""Training: every string comes back, and the same corpus gives the same bytes."""

from __future__ import annotations

import json
import math
import os
import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from curator.errors import DataError, ManifestError, RecipeError
from curator.kernels import buffers
from curator.tokenizer import (
    TextEncoder,
    TokenizerOptions,
    load_tokenizer,
    special_tokens,
    train_tokenizer,
)
from curator.tokenizer.measure import renyi_efficiency
from curator.tokenizer.train import choose_alphabet
from tests.conftest import REPOSITORY
from tokenizers import Tokenizer

TEXTS = [
    "我哋去飲茶，飲茶好好。佢哋 book 咗位飲茶！2024年",
    "一齊飲茶啦 OK？我哋食飯，佢哋唔食飯。\n\n第二段",
    "Saben uwong kalairake kanthi mardika lan darbe martabat lan hak-hak kang padha.",
    "Saben uwong duwe hak lan kamardikan kanthi ora ana bedane.",
    "হ্যালো বাংলা, হ্যালো কাঠমান্ডু। আমি ভাত খাই।",
    "<pad> <s> </s> <0x41> <0xFF> <pad>",
]
TELLING = [
    "", " ", "  two  spaces ", "\t\n\r\n \n", "\0\x01", "<pad>", "<s></s>", "<0x41><0xE5>",
    "𠻺𡃉㗎", "👨‍👩‍👧❤️🇭🇰", "e\u0301 é", "हिन्दी কাঠমান্ডু", "\ufeff\u200b\u200d",
    "\ufffd\uffff\U0010ffff", "▁▁Ġ",
    "飲茶" * 50, "a" * 200, " " * 70, "1" * 40, "\u3000嘅\u3000", "�<0xEF>", "x\u2028y\x85z",
]  # fmt: skip


def shard(path: Path, texts: list[str], start: int = 0) -> Path:
    rows = (json.dumps({"id": f"d{start + i}", "text": t}) for i, t in enumerate(texts))
    path.write_text("".join(row + "\n" for row in rows))
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("tokenizer")
    options = TokenizerOptions(vocab_size=500)
    train_tokenizer([shard(home / "s.jsonl", TEXTS * 3)], home / "tokenizer", options)
    return home / "tokenizer"


@pytest.fixture(scope="module")
def encoder(folder: Path) -> TextEncoder:
    return TextEncoder(folder)


def comes_back(tokenizer: Tokenizer, text: str) -> bool:
    ids = tokenizer.encode(text, add_special_tokens=False).ids
    return bool(tokenizer.decode(ids, skip_special_tokens=False) == text) and not set(ids) & {
        0,
        1,
        2,
    }


@pytest.mark.parametrize("text", TELLING)
def test_telling_strings_come_back(encoder: TextEncoder, text: str) -> None:
    assert comes_back(encoder.tokenizer, text)


@settings(max_examples=500, deadline=None)
@given(st.one_of(st.text(), st.lists(st.sampled_from([*TELLING, *TEXTS])).map("".join)))
def test_any_string_comes_back(encoder: TextEncoder, text: str) -> None:
    assert comes_back(encoder.tokenizer, text)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.one_of(st.text(), st.lists(st.sampled_from([*TELLING, *TEXTS])).map("".join))))
def test_the_fast_encoder_equals_the_library(encoder: TextEncoder, texts: list[str]) -> None:
    packed = buffers.of(texts)
    assert encoder.fast
    for fast, slow in zip(encoder.encode(packed), encoder.encode_slowly(packed), strict=True):
        assert np.array_equal(fast, slow)


def test_a_slice_of_a_buffer_is_encoded_as_its_documents(encoder: TextEncoder) -> None:
    whole = buffers.of(TEXTS)
    part = buffers.Utf8(whole.offsets[2:5], whole.data)
    tokens, lengths = encoder.encode(part)
    expected, sizes = encoder.encode(buffers.of(TEXTS[2:4]))
    assert tokens.tolist() == expected.tolist()
    assert lengths.tolist() == sizes.tolist()


def test_a_foreign_tokenizer_goes_through_the_library(folder: Path, tmp_path: Path) -> None:
    content = json.loads((folder / "tokenizer.json").read_text())
    content["normalizer"] = {"type": "Lowercase"}
    (tmp_path / "tokenizer.json").write_text(json.dumps(content))
    foreign = TextEncoder(tmp_path)
    assert not foreign.fast
    texts = buffers.of(["Saben", "", "saben"])
    tokens, lengths = foreign.encode(texts)
    assert lengths[0] == lengths[2]
    assert tokens[: lengths[0]].tolist() == tokens[lengths[0] :].tolist()


def test_digits_are_single_and_spaces_go_with_their_word(encoder: TextEncoder) -> None:
    tokens = encoder.tokenizer.encode("Saben 2024年 lan hak").tokens
    assert [token for token in tokens if any(c.isdigit() for c in token)] == list("2024")
    assert " lan" in tokens
    assert " hak" in tokens


def test_rare_characters_are_spelled_in_bytes(encoder: TextEncoder) -> None:
    assert encoder.tokenizer.encode("龘").tokens == ["<0xE9>", "<0xBE>", "<0x98>"]


def test_transformers_loads_the_folder_and_agrees(folder: Path, encoder: TextEncoder) -> None:
    transformers = pytest.importorskip(
        "transformers", reason="transformers is not installed: loading there is not checked"
    )
    loaded = transformers.AutoTokenizer.from_pretrained(str(folder), local_files_only=True)
    assert (loaded.pad_token, loaded.bos_token, loaded.eos_token) == ("<pad>", "<s>", "</s>")
    assert (loaded.pad_token_id, loaded.bos_token_id, loaded.eos_token_id) == (0, 1, 2)
    assert len(loaded) == encoder.vocab_size
    for text in [*TEXTS, *TELLING]:
        ids = loaded.encode(text, add_special_tokens=False)
        assert ids == encoder.tokenizer.encode(text, add_special_tokens=False).ids
        assert loaded.decode(ids, skip_special_tokens=False) == text


def test_the_entry_and_the_files_agree(folder: Path, tmp_path: Path) -> None:
    path = shard(tmp_path / "s.jsonl", TEXTS * 3)
    entry = train_tokenizer([path], tmp_path / "tokenizer", TokenizerOptions(vocab_size=500))
    tokenizer = load_tokenizer(folder)
    assert (tmp_path / "tokenizer/tokenizer.json").read_bytes() == (
        folder / "tokenizer.json"
    ).read_bytes()
    assert entry["path"] == "tokenizer/tokenizer.json"
    assert entry["vocab_size"] == tokenizer.get_vocab_size() <= 500
    assert entry["special_tokens"] == special_tokens(folder)
    assert entry["special_tokens"]["eos"] == {"token": "</s>", "id": 2}
    assert json.loads((folder / "measures.json").read_text()) == entry["measures"]
    assert entry["measures"]["round_trip_exact"] == 1.0
    json.dumps(entry)


def test_measures_are_those_of_the_definition(folder: Path) -> None:
    measures = json.loads((folder / "measures.json").read_text())
    tokenizer = load_tokenizer(folder)
    held = TEXTS * 3
    assert measures["measured_on"] == "all documents"
    encoded = [tokenizer.encode(text, add_special_tokens=False) for text in held]
    tokens = [token for one in encoded for token in one.tokens]
    assert measures["characters_per_token"] == round(sum(map(len, held)) / len(tokens), 4)
    size = sum(len(text.encode()) for text in held)
    assert measures["bytes_per_token"] == round(size / len(tokens), 4)
    in_bytes = [token for token in tokens if token.startswith("<0x") and len(token) == 6]
    assert measures["byte_fallback_rate"] == round(len(in_bytes) / len(tokens), 6)
    assert measures["measured_documents"] == len(held)
    assert measures["unused_tokens"] == sum(
        token not in tokens for token, index in tokenizer.get_vocab().items() if index > 258
    )


def test_renyi_efficiency_is_one_for_uniform_use() -> None:
    assert renyi_efficiency(np.full(10, 7)) == 1.0
    assert renyi_efficiency(np.array([5, 0, 0, 0])) == 0.0
    shares = np.array([0.5, 0.25, 0.25])
    expected = math.log((shares**2.5).sum()) / -1.5 / math.log(4)
    assert renyi_efficiency(np.array([2, 1, 1, 0])) == round(expected, 4)
    assert renyi_efficiency(np.zeros(5, np.int64)) is None


def test_fertility_counts_tokens_per_spaced_word(tmp_path: Path) -> None:
    texts = ["lan lan lan 飲茶", "lan 飲茶 12 lan"] * 4
    options = TokenizerOptions(vocab_size=400, held_out_fraction=0)
    measures = train_tokenizer([shard(tmp_path / "s.jsonl", texts)], tmp_path / "t", options)[
        "measures"
    ]
    assert measures["fertility"] == 1.0
    plain = train_tokenizer([shard(tmp_path / "h.jsonl", ["飲茶"])], tmp_path / "h", options)
    assert plain["measures"]["fertility"] is None


def test_a_small_corpus_gives_the_tokens_it_supports(tmp_path: Path) -> None:
    path = shard(tmp_path / "s.jsonl", ["飲茶"])
    entry = train_tokenizer([path], tmp_path / "t", TokenizerOptions(vocab_size=20_000))
    assert entry["vocab_size"] == 259
    assert entry["vocab_size_asked"] == 20_000
    options = TokenizerOptions(vocab_size=300, min_character_count=1)
    assert train_tokenizer([path], tmp_path / "t", options)["vocab_size"] == 261
    empty = train_tokenizer([], tmp_path / "e", TokenizerOptions())
    assert empty["vocab_size"] == 259
    assert empty["measures"]["characters_per_token"] is None
    assert comes_back(load_tokenizer(tmp_path / "e"), TEXTS[0])


def test_seed_characters_are_the_frequent_ones_and_the_wanted_ones() -> None:
    points = np.array([ord(c) for c in "abc嘅"])
    counts = np.array([5, 9, 5, 1])
    room = TokenizerOptions(vocab_size=1000)
    assert choose_alphabet(points, counts, room) == "abc"
    wanted = TokenizerOptions(vocab_size=1000, characters="𠻺嘅")
    assert choose_alphabet(points, counts, wanted) == "abc嘅𠻺"
    tight = TokenizerOptions(vocab_size=300, characters="嘅", max_character_share=0.01)
    assert choose_alphabet(points, counts, tight) == "ab嘅"
    with pytest.raises(RecipeError, match="2 characters do not fit vocab_size=260"):
        choose_alphabet(points, counts, TokenizerOptions(vocab_size=260, characters="嘅𠻺"))


def test_no_merge_crosses_a_character_spelled_in_bytes(tmp_path: Path) -> None:
    path = shard(tmp_path / "s.jsonl", [f"飲{chr(0x6000 + i)}茶" for i in range(50)])
    options = TokenizerOptions(vocab_size=400, held_out_fraction=0)
    train_tokenizer([path], tmp_path / "t", options)
    assert load_tokenizer(tmp_path / "t").token_to_id("飲茶") is None


def test_sharding_changes_no_byte(tmp_path: Path) -> None:
    rng = random.Random(3)
    words = [rng.choice(TEXTS)[: rng.randint(5, 40)] + rng.choice(TEXTS) for _ in range(150)]
    rows = [{"id": f"d{index}", "text": text} for index, text in enumerate(words)]
    written = []
    for number, sizes in enumerate([(150,), (50, 100), (1, 90, 9, 50)]):
        rng.shuffle(rows)
        shards, start = [], 0
        for index, size in enumerate(sizes):
            path = tmp_path / f"{number}-{index}.jsonl"
            part = rows[start : start + size]
            path.write_text("".join(json.dumps(row) + "\n" for row in part))
            shards.append(path)
            start += size
        options = TokenizerOptions(
            vocab_size=420, sample_characters=9000, held_out_fraction=0.1, batch_bytes=900 << number
        )
        entry = train_tokenizer(shards, tmp_path / f"run{number}" / "tokenizer", options)
        assert entry["measures"]["measured_on"] == "held-out documents"
        written.append(entry)
    assert written[0] == written[1] == written[2]


@pytest.mark.parametrize("threads", ["1", "2"])
def test_threads_and_hash_seeds_change_no_byte(folder: Path, tmp_path: Path, threads: str) -> None:
    code = (
        "import sys; from pathlib import Path; from curator.tokenizer import *; "
        "home = Path(sys.argv[1]); "
        "train_tokenizer([home / 's.jsonl'], home / 't', TokenizerOptions(vocab_size=500))"
    )
    shard(tmp_path / "s.jsonl", TEXTS * 3)
    environment = {**os.environ, "RAYON_NUM_THREADS": threads, "PYTHONHASHSEED": threads}
    subprocess.run(
        [sys.executable, "-W", "error", "-c", code, str(tmp_path)],
        env=environment,
        cwd=REPOSITORY,
        check=True,
    )
    for name in ("tokenizer.json", "tokenizer_config.json", "measures.json"):
        assert (tmp_path / "t" / name).read_bytes() == (folder / name).read_bytes()


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"vocab_size": 100}, "vocab_size=100 has no room"),
        ({"special_tokens": {"pad": "<p>", "bos": "<p>", "eos": "<e>"}}, "three different texts"),
        ({"special_tokens": {"pad": "<p>", "bso": "<s>"}}, "did you mean 'bos'"),
        ({"held_out_fraction": 1.5}, "use a share from 0 to 1"),
    ],
)
def test_options_that_cannot_work_are_refused(fields: dict[str, object], message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        TokenizerOptions(**fields)  # type: ignore[arg-type]


def test_what_cannot_be_trained_or_loaded_is_said(tmp_path: Path) -> None:
    special = {"pad": "pad", "bos": "<s>", "eos": "</s>"}
    with pytest.raises(RecipeError, match="pad='pad' is one piece of text"):
        train_tokenizer([], tmp_path, TokenizerOptions(special_tokens=special))
    with pytest.raises(DataError, match=r"gone\.jsonl: no such shard"):
        train_tokenizer([tmp_path / "gone.jsonl"], tmp_path, TokenizerOptions())
    with pytest.raises(ManifestError, match=r"tokenizer\.json: no such file"):
        load_tokenizer(tmp_path)
    (tmp_path / "tokenizer.json").write_text("{}")
    with pytest.raises(ManifestError, match=r"tokenizer\.json: is no tokenizer"):
        load_tokenizer(tmp_path)


def test_the_recipe_of_every_tokenizer_folder_is_valid() -> None:
    folders = sorted(path.parent for path in (REPOSITORY / "tokenizers").glob("*/recipe.yaml"))
    assert "yue" in [folder.name for folder in folders]
    for folder in folders:
        recipe = yaml.safe_load((folder / "recipe.yaml").read_text(encoding="utf-8"))
        special = yaml.safe_load((folder / "special_tokens.yaml").read_text(encoding="utf-8"))
        assert TokenizerOptions(**recipe, special_tokens=special).vocab_size >= 8000
        assert (folder / "README.md").is_file()
