"""A Hugging Face folder of a trained model: what `transformers` loads as LlamaForCausalLM."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save

from curator.errors import ResourceError
from trainer_bridge.checkpoint import model_tensors
from trainer_bridge.evaluate import Trained, open_training
from trainer_bridge.metrics import write_atomically


def export(folder: str | Path, out: str | Path) -> list[str]:
    """Write the newest checkpoint of a training folder as a Hugging Face model; return file names.

    Weights are float32, logits are this model's. Files appear one by one, each whole, config.json
    last. Raises ``ManifestError`` for a folder without a checkpoint, ``ResourceError`` when the
    disk refuses.
    """
    trained, target = open_training(Path(folder)), Path(out)
    texts = {
        "tokenizer.json": trained.run.tokenizer.read_text("utf-8"),
        "tokenizer_config.json": _json(_tokenizer_config(trained)),
        "generation_config.json": _json(_generation_config(trained)),
        "config.json": _json(_model_config(trained)),
    }
    weights = save(model_tensors(trained.model), metadata={"format": "pt"})
    try:
        target.mkdir(parents=True, exist_ok=True)
        unfinished = target / ".unfinished-model.safetensors"
        unfinished.write_bytes(weights)
        unfinished.replace(target / "model.safetensors")
        for name, text in texts.items():
            write_atomically(target / name, text)
    except OSError as error:
        raise ResourceError(
            f"{target}: cannot be written ({error}); name another folder"
        ) from error
    return ["model.safetensors", *texts]


def _model_config(trained: Trained) -> dict[str, Any]:
    model = trained.config.model
    return {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "vocab_size": trained.run.vocab_size,
        "hidden_size": model.hidden_size,
        "intermediate_size": model.ffn_hidden_size,
        "num_hidden_layers": model.num_layers,
        "num_attention_heads": model.num_attention_heads,
        "num_key_value_heads": model.num_query_groups,
        "head_dim": model.head_size,
        "hidden_act": "silu",
        "max_position_embeddings": model.encoder_seq_length,
        "initializer_range": model.init_method_std,
        "rms_norm_eps": model.layernorm_epsilon,
        "rope_theta": model.rotary_base,
        "attention_bias": False,
        "mlp_bias": False,
        "attention_dropout": 0.0,
        "tie_word_embeddings": model.share_embeddings_and_output_weights,
        "torch_dtype": str(torch.float32).removeprefix("torch."),
        "use_cache": True,
        **_special_ids(trained),
    }


def _special_ids(trained: Trained) -> dict[str, int]:
    special, eos = trained.run.special_tokens, trained.run.eos_id
    # In training a document follows the end of another one and never a beginning token, so text
    # made from nothing has to start with the end token too.
    ids = {"bos_token_id": eos, "eos_token_id": eos}
    return ids | ({"pad_token_id": int(special["pad"]["id"])} if "pad" in special else {})


def _generation_config(trained: Trained) -> dict[str, Any]:
    return {"do_sample": True, "temperature": 0.8, **_special_ids(trained)}


def _tokenizer_config(trained: Trained) -> dict[str, Any]:
    names = {f"{kind}_token": entry["token"] for kind, entry in trained.run.special_tokens.items()}
    return {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_max_length": trained.config.model.encoder_seq_length,
        "clean_up_tokenization_spaces": False,
        **names,
    }


def _json(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"
