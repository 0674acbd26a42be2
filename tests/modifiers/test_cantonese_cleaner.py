"""The cleaner's kernel does what its rules say, written plainly, on every text and all options."""

from __future__ import annotations

import gzip
import itertools
import json
from pathlib import Path

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from curator.kernels import buffers
from curator.kernels.buffers import Utf8
from curator.modifiers import CantoneseCleaner
from tests.modifiers.plain_cantonese_cleaner import plain_clean

cleaners = st.builds(
    CantoneseCleaner,
    remove_controls=st.booleans(),
    join_spelled_out_han=st.booleans(),
    remove_space_at_punctuation=st.booleans(),
    max_repeated_punctuation=st.sampled_from((None, 1, 2, 3)),
    repair_brackets=st.booleans(),
    fold_radicals=st.booleans(),
    narrow_full_width_alphanumerics=st.booleans(),
)
MARKED = "（），、；：,;()「」。！!?…～ \t\xa0\u3000\n\x1c\x85\u2028\x00\x7f⽤⺟Ａ１"
PLAIN = "我哋食𠻺〇々a1é\u0301ক়ꦲ👩\u200d"
texts = st.one_of(
    st.text(alphabet=MARKED + PLAIN, max_size=40),
    st.text(alphabet="（），、 ()；我a", max_size=24),
    st.text(alphabet="我 哋\u3000食a", max_size=24),
    st.text(max_size=30),
    # long stretches without a mark between windows, and windows at every distance
    st.lists(
        st.tuples(st.text(alphabet=PLAIN, max_size=4), st.text(alphabet=MARKED, max_size=3)),
        max_size=12,
    ).map(lambda pairs: "".join(itertools.chain.from_iterable(pairs))),
)


@given(cleaner=cleaners, documents=st.lists(texts, max_size=5))
@settings(max_examples=600, deadline=None)
@example(cleaner=CantoneseCleaner(), documents=["（（，），）", "", "我 哋 去食 飯 啦 ，走"])
@example(cleaner=CantoneseCleaner(), documents=["⽤ ⽤ ⽤", "Nguyễn（，） ()", "বাংলা ( , )我()"])
def test_the_kernel_equals_the_rules(cleaner: CantoneseCleaner, documents: list[str]) -> None:
    encoded = buffers.of(documents)
    expected = [plain_clean(cleaner, document) for document in documents]
    cleaned = cleaner.modify_documents(encoded)
    assert [cleaned.document(i) for i in range(cleaned.n_documents)] == expected
    assert [cleaner.modify_document(document) for document in documents] == expected
    differs = [document != clean for document, clean in zip(documents, expected, strict=True)]
    assert cleaner.may_change(encoded).tolist() == differs


def test_every_character_alone_and_among_others_is_treated_as_the_rules_say() -> None:
    cleaner = CantoneseCleaner(narrow_full_width_alphanumerics=True)
    points = [
        *range(0x3400),
        *range(0x4DC0, 0x4E10),
        *range(0xA000, 0xA010),
        *range(0xF900, 0xFB00),
    ]
    points += [*range(0xFE00, 0x10000), 0x1F600, 0x20000, 0x2A6DF, 0x2EBE0, 0x30000, 0x3134A]
    for pattern in ("{}", "我 {} 去 ，{}", "（{}）{}{}{}{}", "我({})", "（{}a）", "「{}我"):
        documents = [pattern.replace("{}", chr(point)) for point in points]
        cleaned = cleaner.modify_documents(buffers.of(documents))
        for index, document in enumerate(documents):
            assert cleaned.document(index) == plain_clean(cleaner, document), ascii(document)


def test_a_slice_of_a_buffer_is_read_from_its_first_offset() -> None:
    whole = buffers.of(["好 ，", "大埔（，）係", "print()"])
    cleaned = CantoneseCleaner().modify_documents(Utf8(whole.offsets[1:], whole.data))
    assert [cleaned.document(i) for i in range(2)] == ["大埔係", "print()"]
    empty = CantoneseCleaner().modify_documents(Utf8(np.zeros(1, np.int64), whole.data[:0]))
    assert empty.n_documents == 0
    assert empty.data.size == 0


def test_what_is_no_text_passes_through() -> None:
    assert CantoneseCleaner().modify_document("\ud800我 ，\udfff") == "\ud800我，\udfff"


def test_real_articles_are_cleaned_as_the_rules_say(corpora: Path) -> None:
    path = corpora / "yue" / "yuewiki_20220901.jsonl.gz"
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        documents = [json.loads(line)["text"] for line in itertools.islice(lines, 0, 6000, 3)]
    cleaner = CantoneseCleaner()
    cleaned = cleaner.modify_documents(buffers.of(documents))
    for index, document in enumerate(documents):
        assert cleaned.document(index) == plain_clean(cleaner, document)
