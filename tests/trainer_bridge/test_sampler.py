"""Our sample order is Megatron's, and a sample is the window it says."""

from __future__ import annotations

import logging
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curator.errors import DataError
from curator.io.indexed import IndexedTokens
from tests.trainer_bridge.small_run import write_tokens
from trainer_bridge.data.sampler import SampleOrder, Sampler, megatron_order, per_epoch_order


@pytest.fixture(scope="module")
def megatron() -> Any:
    """The reference, imported with its own warnings set aside."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        logging.getLogger("megatron").setLevel(logging.ERROR)
        try:
            from megatron.core.datasets import gpt_dataset, indexed_dataset, utils
        except ImportError as error:
            pytest.skip(f"megatron-core is not installed, its order cannot be compared: {error}")
    return gpt_dataset, indexed_dataset, utils


class TokenizerStandIn:
    """The little that Megatron's dataset asks of a tokenizer."""

    unique_identifiers: dict[str, str] = {}  # noqa: RUF012 - the reference reads the attribute
    vocab_size, pad, eod = 1000, 0, 2


def reference(megatron: Any, prefix: Path, length: int, samples: int, seed: int) -> Any:
    gpt_dataset, indexed_dataset, utils = megatron
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        config = gpt_dataset.GPTDatasetConfig(
            random_seed=seed,
            sequence_length=length,
            tokenizer=TokenizerStandIn(),
            reset_position_ids=False,
            reset_attention_mask=False,
            eod_mask_loss=False,
            create_attention_mask=False,
            path_to_cache=str(prefix.parent / f"cache-{length}-{samples}-{seed}"),
        )
        tokens = indexed_dataset.IndexedDataset(str(prefix), mmap=True)
        indices = np.arange(len(tokens), dtype=np.int32)
        return gpt_dataset.GPTDataset(
            tokens, str(prefix), indices, samples, utils.Split.train, config
        )


def documents(count: int, longest: int, seed: int) -> list[list[int]]:
    random = np.random.RandomState(seed)
    return [
        random.randint(3, 900, size=random.randint(1, longest + 1)).tolist() for _ in range(count)
    ]


@pytest.mark.parametrize(
    ("count", "longest", "length", "samples", "why"),
    [
        (50, 40, 16, 5, "less than one epoch"),
        (50, 40, 16, 150, "the last epoch wanted in part, so shuffled apart"),
        (50, 40, 16, 120, "the last epoch wanted almost whole, so shuffled jointly"),
        (50, 3, 64, 7, "windows over many short documents, several epochs"),
        (3, 500, 8, 400, "documents longer than many windows"),
        (1, 30, 8, 20, "one document"),
        (4, 2, 32, 3, "fewer tokens than one window, epochs joined"),
        (200, 17, 1, 50, "windows of a single target"),
    ],
)
def test_the_order_is_megatrons(
    tmp_path: Path, megatron: Any, count: int, longest: int, length: int, samples: int, why: str
) -> None:
    prefix = tmp_path / "tokens"
    write_tokens(prefix, documents(count, longest, seed=count))
    theirs = reference(megatron, prefix, length, samples, seed=1234)
    ours = Sampler(IndexedTokens(prefix), length, samples, seed=1234)
    expected = (theirs.document_index, theirs.sample_index, theirs.shuffle_index)
    for ours_array, theirs_array in zip(ours.order, expected, strict=True):
        assert ours_array.dtype == theirs_array.dtype
        np.testing.assert_array_equal(ours_array, theirs_array)
    for number in range(samples):
        item = theirs[number]
        window = np.concatenate([item["tokens"].numpy(), item["labels"].numpy()[-1:]])
        np.testing.assert_array_equal(ours.sample(number), window)


def walked(lengths: list[int], document_index: np.ndarray, length: int) -> list[list[int]]:
    """The sample index, found by walking token by token."""
    where = [(p, o) for p, document in enumerate(document_index) for o in range(lengths[document])]
    n_windows = (len(where) - 1) // length
    return [[0, 0], *(list(where[(n + 1) * length]) for n in range(n_windows))]


@settings(max_examples=60, deadline=None)
@given(
    lengths=st.lists(st.integers(0, 9), min_size=1, max_size=12).filter(sum),
    length=st.integers(1, 12),
    samples=st.integers(1, 40),
    seed=st.integers(0, 2**32 - 1),
)
def test_one_search_finds_what_walking_finds(
    lengths: list[int], length: int, samples: int, seed: int
) -> None:
    order = megatron_order(np.array(lengths, np.int32), length, samples, seed)
    assert order.sample_index.tolist() == walked(lengths, order.document_index, length)
    assert sorted(order.shuffle_index.tolist()) == list(range(len(order.sample_index) - 1))
    assert len(order.shuffle_index) >= samples


def test_an_epoch_of_its_own_reads_everything_once_before_anything_twice(tmp_path: Path) -> None:
    prefix = tmp_path / "tokens"
    write_tokens(prefix, [[number] for number in range(33)])
    sampler = Sampler(IndexedTokens(prefix), 4, 16, seed=5, order="per_epoch")
    assert len(sampler.order.shuffle_index) == 16
    for epoch in (0, 1):
        targets = sampler.batch(epoch * 8, 8)[:, 1:].ravel().tolist()
        assert len(set(targets)) == 32
    assert sampler.batch(0, 8).tolist() != sampler.batch(8, 8).tolist()


def test_a_longer_order_of_whole_epochs_begins_like_the_shorter_one() -> None:
    lengths = np.array([5, 9, 2, 7], np.int32)
    short, long = (per_epoch_order(lengths, 3, n, seed=1) for n in (7, 70))
    for few, many in zip(short, long, strict=True):
        rows = len(few) - (few.ndim == 2)
        np.testing.assert_array_equal(few[:rows], many[:rows])


def test_equal_orders_have_equal_hashes_and_others_have_others() -> None:
    lengths = np.array([5, 9, 2, 7], np.int32)
    orders: list[SampleOrder] = [megatron_order(lengths, 3, 9, seed) for seed in (1, 1, 2)]
    assert orders[0].sha256() == orders[1].sha256()
    assert orders[0].sha256() != orders[2].sha256()


def test_no_tokens_is_an_error_with_a_mend() -> None:
    with pytest.raises(DataError, match="no tokens to sample from; keep more documents"):
        megatron_order(np.zeros(3, np.int32), 4, 1, seed=0)
    with pytest.raises(DataError, match=r"do not fill one window of 17; lower model\.encoder_seq"):
        per_epoch_order(np.array([4], np.int32), 16, 1, seed=0)
