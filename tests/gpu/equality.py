"""CPU = GPU: each check runs both bodies of a kernel on the same input and compares every bit.

The checks need neither pytest nor a GPU: ``device`` is what moves an array to the memory of the
body under test. The tests hand them the stand-in or CuPy, ``benchmarks/gpu_check.py`` CuPy.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields
from typing import Any

import numpy as np

from curator.kernels import buffers, ngrams
from curator.kernels.bands import band_hashes, bucket_pairs
from curator.kernels.buffers import Utf8
from curator.kernels.fold import Keys, fold, key_hashes
from curator.kernels.jaccard import jaccard
from curator.kernels.minhash import DIGESTS, lowest_permuted, shingle_digests, signatures
from curator.kernels.minhash.permutations import PERMUTATIONS
from curator.kernels.shingles import ShingleSets, shingle_lengths, shingle_sets, unspaced
from curator.kernels.text_stats import text_stats

Device = Callable[[Any], Any]

FIXED = [
    "",
    "今日天氣好好，我哋一齊去行山啦！book 咗位未呀？",
    "嗰度，好 Chill！個𡃉仔話：「唔該晒！」跟住就走咗。㍿ ﬁ ß ẖ Ǆ",
    "Kucingé turu ing ngisor kursi, dene asuné isih mlayu-mlayu ing latar.",
    "Hôm nay trời đẹp quá; H\u006f\u0302m nay tro\u031b\u0300i \u1ec7 e\u0323\u0302 e\u0302\u0323",
    "आज मौसम बहुत अच्छा है, हम सब पहाड़ पर घूमने चलेंगे।",
    "ꦱꦸꦒꦼꦁꦫꦮꦸꦃ꧈ꦥꦶꦪꦺꦏꦧꦂꦫꦺ꧉ ภาษาไทย বাংলা",
    "한국어 \u1112\u1161\u11ab각 ｶﾞ ｱﾟ ば は\u3099",
    "👩‍👩‍👧‍👦 家庭 👍🏽 \U0010ffff \ufffd\ufffd \x00\x01",
    "\u0301", "\u0301\u0301\u0323", "a\u0301", "\u0345\u0301",
    "a", "香", "香港人嘅", "香港人嘅嘢", "e" * 9, "e" * 10, "e" * 11, "。。。", "…",
    "哈" * 300,
    "\n\n第一行…\n\n\n • bullet\r\nline two.\n第一行…\n\n[...] ... ## #\n(read more)  \n\t\n",
    "http://example.org/睇下先 https://a http:// httphttp://x.y/z?a=b#c\nhttps://",
    "aku lunga menyang pasar, aku lunga menyang pasar karo aku lunga menyang sawah. " * 3,
    "好好學學好好學學好好好學學好好學 a 好好學學 a 好好 ก็ได้ ก็ได้ก็ได้ก็ \u1ec7 \u1ec7 e\u0323 e\u0323",
    "\u2028\u00a0\u3000 \u200c\u200d नि\u200dक \u0bc1 அ",
]  # fmt: skip
FIXED += ["x" * n + mark for n in range(28, 33) for mark in ("a\u0301", "a\u0317\u0301嘅")]
FIXED += ["y" * n + "\n" * feeds + "哈哈z" for n in (29, 31) for feeds in (1, 2, 3, 34, 65)]
"""Empty and short documents, marks in and out of order, every kind of line and word."""


def long_documents() -> list[str]:
    """Return a document of about a megabyte between two short ones, made of seeded characters."""
    generator = np.random.default_rng(7)
    alphabet = np.array(list("香港人嘅嘢唔係咁易搞得掂 abcde,。é\u0301\n"))
    return ["短", "".join(generator.choice(alphabet, 450_000)), "Kucingé turu."]


def slice_of(texts: Sequence[str]) -> Utf8:
    """Return the buffers of the texts as a slice: there are bytes before and after them."""
    every = buffers.of(["前文 before", *texts, "after 後文"])
    return Utf8(every.offsets[1:-1], every.data)


def same(host: Any, device: Any, what: str) -> None:
    """Raise ``AssertionError`` unless two arrays have one type, one shape and the same bits."""
    found = device.get()
    assert found.dtype == host.dtype, f"{what}: {found.dtype} on the device, {host.dtype} on host"
    assert found.shape == host.shape, f"{what}: {found.shape} on the device, {host.shape} on host"
    wrong = np.flatnonzero((found != host).reshape(len(host), -1).any(axis=1)) if host.size else ()
    assert len(wrong) == 0, f"{what}: {len(wrong)} rows differ, first row {wrong[0]}"


def move(arrays: Any, device: Device) -> Any:
    """Return the same named tuple with its arrays on the device."""
    return type(arrays)(*(device(array) for array in arrays))


def check_fold(texts: Sequence[str], device: Device) -> None:
    """Compare keys, counts and key hashes."""
    host = slice_of(texts)
    there = move(host, device)
    keys = fold(host)
    found = fold(there)
    for name, one, other in zip(Keys._fields, keys, found, strict=True):
        same(one, other, f"fold {name}")
    same(key_hashes(host, keys), key_hashes(there, found), "key_hashes")


def check_shingles(texts: Sequence[str], device: Device) -> None:
    """Compare scripts and shingle sets, at the lengths of the scripts and at 1 and 3."""
    keys = fold(slice_of(texts))
    there = move(keys, device)
    same(unspaced(keys), unspaced(there), "unspaced")
    same(shingle_lengths(keys), shingle_lengths(there), "shingle_lengths")
    for lengths in (shingle_lengths(keys), np.full(len(texts), 1), np.full(len(texts), 3)):
        sets, found = shingle_sets(keys, lengths), shingle_sets(there, device(lengths))
        same(sets.offsets, found.offsets, "shingle_sets offsets")
        same(sets.hashes, found.hashes, "shingle_sets hashes")


def check_minhash(texts: Sequence[str], device: Device) -> None:
    """Compare one-permutation signatures of 1, 7 and 144 places, some documents left out."""
    keys = fold(slice_of(texts))
    there = move(keys, device)
    lengths = shingle_lengths(keys)
    left_out = np.where(np.arange(len(texts)) % 5 == 3, 0, lengths)
    for n_hashes, chosen, seed in ((1, lengths, 0), (7, left_out, 3), (144, lengths, 2**63)):
        host = signatures(keys, chosen, n_hashes, seed)
        same(host, signatures(there, device(chosen), n_hashes, seed), f"signatures {n_hashes}")
    for scheme in PERMUTATIONS:
        for n_hashes, chosen, seed in ((1, lengths, 0), (150, left_out, 3)):
            host = signatures(keys, chosen, n_hashes, seed, scheme)
            found = signatures(there, device(chosen), n_hashes, seed, scheme)
            same(host, found, f"signatures {scheme} {n_hashes}")


def check_digests(texts: Sequence[str], device: Device) -> None:
    """Compare 32-bit hashes of plain shingles, and the least ones under permutations."""
    host = slice_of(texts)
    there = move(host, device)
    for digest in DIGESTS:
        for characters in (1, 5, 13, 30):
            sets = shingle_digests(host, characters, digest)
            found = shingle_digests(there, characters, digest)
            same(sets.offsets, found.offsets, f"{digest} offsets")
            same(sets.hashes, found.hashes, f"{digest} {characters}")
        for scheme in PERMUTATIONS:
            one, other = lowest_permuted(sets, 16, 1, scheme), lowest_permuted(found, 16, 1, scheme)
            same(one, other, f"lowest_permuted {scheme}")


def check_bands(texts: Sequence[str], device: Device) -> None:
    """Compare band hashes, and the pairs of small and of large buckets."""
    keys = fold(slice_of([*texts, *texts[::2], *texts[::3]] * 3))
    lengths = shingle_lengths(keys)
    signed = signatures(keys, lengths, 13)
    for bands, rows in ((1, 1), (4, 3), (1, 13), (13, 1)):
        host = band_hashes(signed, bands, rows, lengths)
        found = band_hashes(device(signed), bands, rows, device(lengths))
        same(host, found, f"band_hashes {bands} {rows}")
        for small, anchors in ((12, 4), (2, 1), (0, 2)):
            pairs = bucket_pairs(host[0], small, anchors)
            there = bucket_pairs(found[0], small, anchors)
            same(pairs, there, f"bucket_pairs {small} {anchors}")


def check_jaccard(texts: Sequence[str], device: Device) -> None:
    """Compare the similarities of every two documents at several lower bounds."""
    texts = texts[:40]
    keys = fold(slice_of(texts))
    for length in (1, 2, 5):
        sets = shingle_sets(keys, np.full(len(texts), length))
        there: ShingleSets = move(sets, device)
        pairs = np.stack(np.divmod(np.arange(len(texts) ** 2), max(1, len(texts))), axis=1)
        for at_least in (0.0, 0.1, 0.5, 0.8, 1.0):
            host = jaccard(sets, sets, pairs, at_least)
            same(host, jaccard(there, there, device(pairs), at_least), f"jaccard {at_least}")


def check_ngrams(texts: Sequence[str], device: Device) -> None:
    """Compare code points, keys, counts over two calls, and ranks."""
    host = slice_of(texts)
    points, bounds = ngrams.code_points(host)
    found_points, found_bounds = ngrams.code_points(move(host, device))
    same(points, found_points, "code_points")
    same(bounds, found_bounds, "bounds")
    documents = np.repeat(np.arange(len(texts)), np.diff(bounds))
    ranks = np.where(points % 7 == 0, -1, points % 5).astype(np.int32)
    pairs = ngrams.pair_keys(ranks)
    same(pairs, ngrams.pair_keys(device(ranks)), "pair_keys")
    inside = points != 10
    for step in (-1, 1, 3):
        keys = ngrams.neighbour_keys(ranks, points, inside, step)
        found = ngrams.neighbour_keys(device(ranks), device(points), device(inside), step)
        same(keys, found, f"neighbour_keys {step}")
    every = points.astype(np.uint64) * np.uint64(0x10001)
    for keys, where in ((pairs, documents[: len(pairs)]), (every, documents)):
        _check_counts(keys, where, device)


def _check_counts(keys: np.ndarray, documents: np.ndarray, device: Device) -> None:
    host, there = ngrams.KeyCounter(), ngrams.KeyCounter()
    middle = len(keys) // 2  # a document may go on in the second call
    for part in (slice(0, middle), slice(middle, None)):
        host.add(keys[part], documents[part])
        there.add(device(keys[part]), device(documents[part]))
    assert len(host) == len(there)
    names = ("keys", "counts", "documents")
    for name, one, other in zip(names, host.result(), there.result(), strict=True):
        same(one, other, f"KeyCounter {name}")
    known = host.result()[0][::2].copy()
    wanted = np.append(keys, ngrams.NONE)
    ranks = ngrams.RankTable(known).ranks(wanted)
    same(ranks, ngrams.RankTable(device(known)).ranks(device(wanted)), "ranks")


def check_text_stats(texts: Sequence[str], device: Device) -> None:
    """Compare all counts, and the repeated lines and paragraphs."""
    host = slice_of(texts)
    stats, found = text_stats(host), text_stats(move(host, device))
    for field in fields(stats):
        if field.name != "texts":
            same(getattr(stats, field.name), getattr(found, field.name), field.name)
    for field in fields(stats.repetition):
        one, other = getattr(stats.repetition, field.name), getattr(found.repetition, field.name)
        same(one, other, f"repetition {field.name}")
    same(stats.ngrams.top, found.ngrams.top, "ngrams top")
    same(stats.ngrams.duplicate, found.ngrams.duplicate, "ngrams duplicate")


CHECKS: dict[str, Callable[[Sequence[str], Device], None]] = {
    "fold": check_fold,
    "shingles": check_shingles,
    "minhash": check_minhash,
    "digests": check_digests,
    "bands": check_bands,
    "jaccard": check_jaccard,
    "ngrams": check_ngrams,
    "text_stats": check_text_stats,
}
"""A check for everything that has a GPU body; the first word of a name is its kernel."""
