"""The exported folder is the same model to the library that everyone loads it with."""

from __future__ import annotations

import json
import shutil
import warnings
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.trainer_bridge.small_run import SMALL, build_run, sha256
from trainer_bridge.config_file import load_config
from trainer_bridge.evaluate import open_training
from trainer_bridge.export import export
from trainer_bridge.train import train

FILES = {
    "config.json",
    "generation_config.json",
    "model.safetensors",
    "tokenizer.json",
    "tokenizer_config.json",
}


@pytest.fixture(scope="module")
def transformers() -> Any:
    """The library, imported with its own warnings set aside."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pytest.importorskip("transformers")


@pytest.mark.filterwarnings("ignore::DeprecationWarning:transformers")
@pytest.mark.parametrize("tied", ["true", "false"])
def test_logits_are_equal_to_the_bit(
    run: Path, tmp_path: Path, transformers: Any, tied: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    settings = ["model.num_attention_heads=4", "model.num_query_groups=2", "model.hidden_size=32"]
    settings += [f"model.share_embeddings_and_output_weights={tied}", "model.rotary_base=500.0"]
    train(run, load_config(None, [*SMALL, *settings]), tmp_path / "training", say=lambda line: None)
    export(tmp_path / "training", tmp_path / "out")
    assert {path.name for path in (tmp_path / "out").iterdir()} == FILES
    theirs = transformers.AutoModelForCausalLM.from_pretrained(tmp_path / "out")
    assert type(theirs).__name__ == "LlamaForCausalLM"
    assert theirs.dtype == torch.float32
    ours = open_training(tmp_path / "training").model
    tokens = torch.randint(3, 320, (3, 16), generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        difference = (theirs(tokens).logits - ours(tokens)).abs().max().item()
    assert difference == 0.0
    assert sum(p.numel() for p in theirs.parameters()) == ours.parameter_count()


@pytest.mark.filterwarnings("ignore::DeprecationWarning:transformers")
def test_the_tokenizer_and_the_ids_travel_along(
    trained: Path, tmp_path: Path, transformers: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    export(trained, tmp_path)
    tokenizer = transformers.AutoTokenizer.from_pretrained(tmp_path)
    for text in ("佢哋今日去咗街市", "aku sinau basa jawa", "tie\u0302\u0301ng Vie\u0323\u0302t"):
        assert tokenizer.decode(tokenizer.encode(text, add_special_tokens=False)) == text
    assert (tokenizer.eos_token_id, tokenizer.pad_token_id) == (2, 0)
    model = transformers.AutoModelForCausalLM.from_pretrained(tmp_path)
    assert model.generation_config.eos_token_id == 2
    written = model.generate(max_new_tokens=4, do_sample=False)
    assert written.shape[1] <= 5
    assert written[0, 0] == 2


def test_the_same_checkpoint_gives_the_same_bytes(trained: Path, tmp_path: Path) -> None:
    for name in ("one", "other"):
        export(trained, tmp_path / name)
    for file in FILES:
        assert sha256(tmp_path / "one" / file) == sha256(tmp_path / "other" / file)
    assert (
        json.loads((tmp_path / "one" / "config.json").read_text())["max_position_embeddings"] == 16
    )


def test_run_and_training_can_be_moved_together(tmp_path: Path) -> None:
    run = build_run(tmp_path / "here")
    train(run, load_config(None, SMALL), say=lambda line: None)
    shutil.move(run, tmp_path / "there")
    assert open_training(tmp_path / "there" / "training").step == 8
