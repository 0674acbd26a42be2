"""The trainer believes the manifest only as far as the files bear it out."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from curator.errors import CuratorError, DataError, ManifestError
from tests.trainer_bridge.small_run import load_manifest, save_manifest, sha256, write_tokens
from trainer_bridge.data.run_folder import open_run


@pytest.fixture
def copy(run: Path, tmp_path: Path) -> Path:
    return shutil.copytree(run, tmp_path / "run")


def test_a_sound_run_opens(run: Path) -> None:
    opened = open_run(run)
    assert (opened.name, opened.vocab_size, opened.eos_id) == ("small", 320, 2)
    assert opened.train.tokens.n_documents == 55
    assert opened.valid is not None
    assert opened.valid.tokens.n_documents == 11
    baseline = load_manifest(run)["tokens"]["splits"]["valid"]["unigram_character_bits_per_byte"]
    assert opened.valid.unigram_character_bits_per_byte == baseline


def edit(path: str, value: Any) -> Callable[[dict[str, Any]], None]:
    *way, last = path.split(".")

    def change(manifest: dict[str, Any]) -> None:
        for name in way:
            manifest = manifest[name]
        manifest[last] = value

    return change


@pytest.mark.parametrize(
    ("change", "kind", "message"),
    [
        (edit("tokens", None), ManifestError, "tokens is null; add that step to the recipe"),
        (edit("tokenizer", None), ManifestError, "tokenizer is null; add that step"),
        (edit("tokens.splits.train.tokens", 5), ManifestError, "train has tokens 5, its token"),
        (edit("tokens.dtype", "int32"), ManifestError, "train has dtype int32, its token files"),
        (edit("tokens.splits.train.prefix", "../x"), ManifestError, "points outside the run"),
        (edit("tokens.splits.train.bin_sha256", "0" * 64), ManifestError, "the manifest says 0000"),
        (edit("tokenizer.special_tokens", {}), ManifestError, "lacks the field 'eos'"),
        (edit("tokenizer.vocab_size", 9), DataError, "the tokenizer has 9 tokens; encode"),
        (edit("tokens.splits", {}), DataError, "there are no training tokens; keep more"),
    ],
)
def test_a_contradiction_is_named(
    copy: Path, change: Callable[[dict[str, Any]], None], kind: type[CuratorError], message: str
) -> None:
    manifest = load_manifest(copy)
    change(manifest)
    save_manifest(copy, manifest)
    with pytest.raises(kind, match=re.escape(message)):
        open_run(copy)


def test_a_changed_byte_is_found(copy: Path) -> None:
    path = copy / "tokens" / "valid.bin"
    path.write_bytes(path.read_bytes()[:-1] + b"\1")
    with pytest.raises(
        ManifestError, match=r"valid\.bin: sha256 .* the file changed after the run"
    ):
        open_run(copy)


def test_a_run_without_validation_tokens_opens_without_them(copy: Path) -> None:
    manifest = load_manifest(copy)
    write_tokens(copy / "tokens" / "valid", [])
    entry = manifest["tokens"]["splits"]["valid"]
    entry |= {"documents": 0, "tokens": 0}
    entry |= {f"{kind}_sha256": sha256(copy / f"tokens/valid.{kind}") for kind in ("bin", "idx")}
    save_manifest(copy, manifest)
    assert open_run(copy).valid is None
