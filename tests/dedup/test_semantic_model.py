"""SentenceEmbedder: real sentence-embedding models from a folder, made here."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from curator.dataset import DocumentDataset
from curator.dedup import SemanticDuplicates
from curator.dedup.embedders import SentenceEmbedder
from curator.errors import ResourceError
from curator.stages.workspace import Workspace
from tests import documents
from tokenizers import Tokenizer, models, pre_tokenizers

PROBE = ["今日天氣好好", "Dina iki aku arep lunga", "ꦱꦸꦒꦼꦁ", "a", "a" * 40]


@pytest.fixture(scope="module")
def sentence_transformers() -> Any:
    return pytest.importorskip(
        "sentence_transformers", reason="the extra 'semantic' is not installed: no real model"
    )


def character_tokenizer() -> Tokenizer:
    letters = sorted({letter for text in (*documents.TEXTS, *PROBE) for letter in text})
    vocabulary = {"[UNK]": 0, "[PAD]": 1, **{c: i + 2 for i, c in enumerate(letters)}}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    return tokenizer


def static_model(folder: Path, seed: int = 0) -> str:
    """A table of random vectors, one for each character, whose mean is the embedding."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import StaticEmbedding

    tokenizer = character_tokenizer()
    weights = np.random.default_rng(seed).normal(size=(tokenizer.get_vocab_size(), 24))
    module = StaticEmbedding(tokenizer, embedding_weights=weights.astype(np.float32))
    SentenceTransformer(modules=[module], device="cpu").save(str(folder))
    return str(folder)


def transformer(folder: Path) -> str:
    """A random transformer of one layer, in a folder without anything of sentence-transformers."""
    import torch
    import transformers

    torch.manual_seed(0)
    tokenizer = character_tokenizer()
    config = transformers.BertConfig(
        vocab_size=tokenizer.get_vocab_size(),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
    )
    transformers.BertModel(config).save_pretrained(folder)
    transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, unk_token="[UNK]", pad_token="[PAD]"
    ).save_pretrained(folder)
    return str(folder)


@pytest.mark.parametrize("make", [static_model, transformer])
def test_a_text_has_the_same_vector_in_any_company(
    sentence_transformers: Any, tmp_path: Path, make: Any
) -> None:
    embedder = SentenceEmbedder(make(tmp_path / "model")).pinned()
    together = embedder.embed(PROBE)
    assert together.dtype == np.float32
    assert together.shape[0] == len(PROBE)
    for i, text in enumerate(PROBE):
        assert embedder.embed([text])[0].tolist() == together[i].tolist()
    assert np.abs(together[0] - together[1]).max() > 0.01


def test_a_model_in_a_folder_marks_the_near_copies(
    sentence_transformers: Any, tmp_path: Path
) -> None:
    stage = SemanticDuplicates(SentenceEmbedder(static_model(tmp_path / "model")), cosine=0.99)
    rows = [
        stage(DocumentDataset.from_pandas(documents.frame(), npartitions=n)).rows.compute()
        for n in (1, 4)
    ]
    dropped = rows[0][rows[0]["reason"] == "semantic_duplicate"]
    last = len(documents.TEXTS) - 1
    # of a text that returns at the end, with and without one more mark, the smallest id stays
    names = {f"d{last - 2:03d}", f"d{last - 1:03d}", f"d{last:03d}"}
    assert names <= set(dropped["id"])
    by_id = dropped.set_index("id")["duplicate_of"]
    assert by_id[f"d{last:03d}"] == f"d{documents.TEXTS.index(documents.JAVANESE[0]):03d}"
    columns = ["id", "reason", "value", "duplicate_of"]
    assert (
        rows[0][columns].fillna("").values.tolist() == rows[1][columns].fillna("").values.tolist()
    )


def test_another_model_in_the_same_folder_is_other_work(
    sentence_transformers: Any, tmp_path: Path
) -> None:
    stage = SemanticDuplicates(SentenceEmbedder(static_model(tmp_path / "model")), cosine=0.99)
    workspace = Workspace(tmp_path / "work")

    def run() -> int:
        stage(DocumentDataset.from_pandas(documents.frame()), workspace)
        return len(list((tmp_path / "work").glob("*/marks.arrow")))

    assert [run(), run()] == [1, 1]
    static_model(tmp_path / "model", seed=1)
    assert run() == 2


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ResourceError, match=r"no sentence-embedding model is there .*; save one"):
        SentenceEmbedder(str(tmp_path)).pinned()


def test_a_model_that_is_not_the_pinned_one_is_refused(tmp_path: Path) -> None:
    (tmp_path / "modules.json").write_text("[]")
    pinned = SentenceEmbedder(str(tmp_path)).pinned()
    assert pinned.pinned() == pinned
    (tmp_path / "more.bin").write_bytes(b"1")
    with pytest.raises(ResourceError, match=r"has sha256 \w{64}, not \w{64}; correct sha256"):
        pinned.pinned()


def test_without_the_extra_the_mend_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    monkeypatch.delitem(sys.modules, "curator.dedup.sentence_model", raising=False)
    with pytest.raises(ResourceError, match=r"install curator\[semantic\]"):
        SentenceEmbedder(str(tmp_path)).embed(["a"])
