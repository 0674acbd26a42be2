"""Vocabulary tables: exact, independent of sharding, safe to read, and good at finding words."""

from __future__ import annotations

import gzip
import json
import math
import random
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curator.errors import DataError, RecipeError
from curator.vocabulary import VocabularyOptions, build_vocabulary
from curator.vocabulary.runs import RUN, RunWriter, merged_blocks

CANTONESE = "我哋去飲茶，飲茶好好。佢哋book咗位飲茶！\n一齊飲茶啦 OK？我哋食飯。"
JAVANESE = "Saben uwong kalairake mardika. Saben uwong duwe hak."
BENGALI = "হ্যালো বাংলা, হ্যালো কাঠমান্ডু।"


def shard(path: Path, texts: list[str]) -> Path:
    rows = (json.dumps({"id": f"{path.stem}-{i}", "text": t}) for i, t in enumerate(texts))
    path.write_text("".join(row + "\n" for row in rows))
    return path


def rows(path: Path) -> list[list[str]]:
    lines = path.read_text(encoding="utf-8").split("\n")
    assert lines.pop() == ""
    return [line.split("\t") for line in lines]


def grams_by_hand(texts: list[str], longest: int) -> tuple[Counter[str], Counter[str]]:
    counts: Counter[str] = Counter()
    documents: Counter[str] = Counter()
    for text in texts:
        here: Counter[str] = Counter()
        han = "".join(c if "\u4e00" <= c <= "\u9fff" else " " for c in text)
        for run in han.split(" "):
            for length in range(1, longest + 1):
                here.update(run[i : i + length] for i in range(len(run) - length + 1))
        counts += here
        documents.update(set(here))
    return counts, documents


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.text("飲茶好佢 a，", max_size=30), min_size=1, max_size=5),
    st.integers(1, 3),
    st.integers(2, 5),
)
def test_grams_are_counted_exactly(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str], min_count: int, longest: int
) -> None:
    folder = tmp_path_factory.mktemp("vocabulary")
    options = VocabularyOptions(min_count=min_count, max_word_characters=longest, batch_bytes=40)
    build_vocabulary([shard(folder / "s.jsonl", texts)], folder / "v", options, None, folder / "w")
    counts, documents = grams_by_hand(texts, longest)
    expected = {g: [str(n), str(documents[g])] for g, n in counts.items() if n >= min_count}
    table = rows(folder / "v" / "words.tsv")[1:]
    assert {row[0]: row[2:] for row in table if row[1] != "word"} == expected


def test_scores_are_those_of_the_definition(tmp_path: Path) -> None:
    texts = [CANTONESE, CANTONESE.replace("好好", "茶好")]
    options = VocabularyOptions(min_count=2, max_word_characters=3)
    build_vocabulary([shard(tmp_path / "s.jsonl", texts)], tmp_path / "v", options)
    counts, _ = grams_by_hand(texts, 3)
    total = sum(count for gram, count in counts.items() if len(gram) == 1)
    joined = "\n".join(texts)
    found = {
        row[0]: [float(cell) for cell in row[1:]] for row in rows(tmp_path / "v/new_words.tsv")[1:]
    }
    assert "飲茶" in found
    for word, (count, _, pmi, left, right, score) in found.items():
        assert count == counts[word]
        bonds = [
            math.log2(count * total / (counts[word[:i]] * counts[word[i:]]))
            for i in range(1, len(word))
        ]
        assert pmi == pytest.approx(min(bonds), abs=1e-4)
        places = [i for i in range(len(joined)) if joined.startswith(word, i)]
        before = [joined[i - 1] if i else "" for i in places]
        after = [joined[i + len(word)] if i + len(word) < len(joined) else "" for i in places]
        assert left == pytest.approx(entropy(before), abs=1e-4)
        assert right == pytest.approx(entropy(after), abs=1e-4)
        assert score == pytest.approx(pmi * min(left, right), abs=1e-3)


def entropy(neighbours: list[str]) -> float:
    """Edges of a run are events of their own, each a new one."""
    events = Counter(
        c if "\u4e00" <= c <= "\u9fff" else f"edge {i}" for i, c in enumerate(neighbours)
    )
    return -sum(n / len(neighbours) * math.log2(n / len(neighbours)) for n in events.values())


def test_words_of_spaced_scripts_keep_their_marks_and_code_switches_stay_whole(
    tmp_path: Path,
) -> None:
    path = shard(tmp_path / "s.jsonl", [CANTONESE, JAVANESE, BENGALI, "café cafe\u0301"])
    build_vocabulary([path], tmp_path / "v", VocabularyOptions(min_count=1))
    table = {row[0]: row[1:] for row in rows(tmp_path / "v" / "words.tsv")[1:]}
    assert table["book"] == ["word", "1", "1"]
    assert table["Saben"] == ["word", "2", "1"]
    assert table["হ্যালো"] == ["word", "2", "1"]
    assert table["কাঠমান্ডু"] == ["word", "1", "1"]
    assert table["cafe\u0301"] == ["word", "1", "1"]
    assert table["飲茶"] == ["2-gram", "4", "1"]


def test_no_text_can_break_a_row(tmp_path: Path) -> None:
    texts = ["a\tb\nc\rd\u2028e\x85f\0g\u200d\u200bh", "飲\t茶\n飲\u2029茶", "ক\u200dষ ক\u200dষ"]
    path = shard(tmp_path / "s.jsonl", texts)
    build_vocabulary([path], tmp_path / "v", VocabularyOptions(min_count=1))
    for name, width in (("characters.tsv", 4), ("words.tsv", 4), ("new_words.tsv", 7)):
        table = rows(tmp_path / "v" / name)
        assert {len(row) for row in table} == {width}
        whole = (tmp_path / "v" / name).read_text(encoding="utf-8")
        assert len(whole.splitlines()) == len(table)
    cells = {row[0]: row[1] for row in rows(tmp_path / "v" / "characters.tsv")}
    assert cells["\\u{9}"] == "U+0009"
    assert cells["\\u{2028}"] == "U+2028"
    words = [row[0] for row in rows(tmp_path / "v" / "words.tsv")]
    assert "ক\\u{200D}ষ" in words


def test_the_entry_says_what_the_tables_hold(tmp_path: Path) -> None:
    path = shard(tmp_path / "s.jsonl", [CANTONESE, JAVANESE])
    entry = build_vocabulary([path], tmp_path / "vocabulary", VocabularyOptions(min_count=1, top=2))
    assert entry["characters"] == len(CANTONESE) + len(JAVANESE)
    assert entry["distinct_characters"] == len(set(CANTONESE + JAVANESE))
    assert [file["path"] for file in entry["files"]] == [
        "vocabulary/characters.tsv",
        "vocabulary/words.tsv",
        "vocabulary/new_words.tsv",
    ]
    assert entry["top_characters"] == [["\\u{20}", 8], ["a", 8]]
    assert entry["new_words"] == len(rows(tmp_path / "vocabulary" / "new_words.tsv")) - 1
    json.dumps(entry)


def test_function_characters_and_rare_words_are_no_new_words(tmp_path: Path) -> None:
    texts = [CANTONESE, CANTONESE.replace("飲", "嘆")]
    path = shard(tmp_path / "s.jsonl", texts)
    for options, expected in (
        (VocabularyOptions(min_count=2), True),
        (VocabularyOptions(min_count=2, function_characters="茶咗"), False),
        (VocabularyOptions(min_count=2, min_word_documents=2), False),
    ):
        build_vocabulary([path], tmp_path / "v", options)
        words = [row[0] for row in rows(tmp_path / "v" / "new_words.tsv")[1:]]
        assert ("飲茶" in words) is expected


def test_sharding_changes_no_byte(tmp_path: Path) -> None:
    texts = [CANTONESE, JAVANESE, BENGALI, "", CANTONESE[::-1], "飲茶"] * 3
    tables = []
    for number, sizes in enumerate([(18,), (7, 11), (3, 1, 14)]):
        shuffled = texts[:]
        random.Random(number).shuffle(shuffled)
        shards, start = [], 0
        for index, size in enumerate(sizes):
            part = shuffled[start : start + size]
            shards.append(shard(tmp_path / f"{number}-{index}.jsonl", part))
            start += size
        options = VocabularyOptions(min_count=2, batch_bytes=64 << number)
        entry = build_vocabulary(shards, tmp_path / f"{number}" / "v", options)
        tables.append(entry)
    assert tables[0] == tables[1] == tables[2]


def test_finished_pieces_are_used_again(tmp_path: Path) -> None:
    path = shard(tmp_path / "s.jsonl", [CANTONESE] * 3)
    folders = tmp_path / "v", tmp_path / "w"
    first = build_vocabulary([path], folders[0], VocabularyOptions(), None, folders[1])
    made = {p: p.stat().st_mtime_ns for p in folders[1].iterdir()}
    assert build_vocabulary([path], folders[0], VocabularyOptions(), None, folders[1]) == first
    assert {p: p.stat().st_mtime_ns for p in folders[1].iterdir()} == made


def test_an_empty_corpus_gives_empty_tables(tmp_path: Path) -> None:
    for shards in ([], [shard(tmp_path / "s.jsonl", [])], [shard(tmp_path / "e.jsonl", ["", ""])]):
        entry = build_vocabulary(shards, tmp_path / "v", VocabularyOptions())
        assert (entry["characters"], entry["new_words"], entry["top_characters"]) == (0, 0, [])
        assert len(rows(tmp_path / "v" / "words.tsv")) == 1


def test_what_cannot_work_is_said(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"gone\.jsonl: no such shard"):
        build_vocabulary([tmp_path / "gone.jsonl"], tmp_path / "v", VocabularyOptions())
    with pytest.raises(RecipeError, match="max_word_characters=1; use 2 to 8"):
        VocabularyOptions(max_word_characters=1)
    with pytest.raises(RecipeError, match="min_count=0"):
        VocabularyOptions(min_count=0)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.lists(st.integers(0, 60), max_size=30), max_size=4),
    st.integers(0, 3),
    st.integers(1, 12),
)
def test_merged_runs_equal_one_count(
    tmp_path_factory: pytest.TempPathFactory, parts: list[list[int]], bits: int, block: int
) -> None:
    base = tmp_path_factory.mktemp("runs") / "base"
    paths = []
    for index, part in enumerate(parts):
        writer = RunWriter(base, str(index), limit=5)
        for start in range(0, len(part), 4):
            keys = np.array(part[start : start + 4], np.uint64)
            writer.add(keys, np.full(len(keys), start))
        writer.flush()
        paths += writer.paths
    blocks = list(merged_blocks(paths, bits, block))
    merged = np.concatenate([np.zeros(0, RUN), *blocks])
    expected = Counter(key for part in parts for key in part)
    assert merged["key"].tolist() == sorted(expected)
    assert merged["count"].tolist() == [expected[key] for key in sorted(expected)]
    owners = [set((found["key"] >> np.uint64(bits)).tolist()) for found in blocks]
    assert sum(map(len, owners)) == len(set().union(*owners))


def test_the_best_new_words_of_real_conversations_are_in_a_dictionary(
    corpora: Path, tmp_path: Path
) -> None:
    options = VocabularyOptions(min_count=3, function_characters="嘅咗啲")
    build_vocabulary([corpora / "yue" / "hkcancor.jsonl"], tmp_path / "v", options)
    folder = corpora / "lexicon"
    known = set(json.loads((folder / "rime_cantonese/chars_to_jyutping.json").read_text()))
    with gzip.open(folder / "merged/cantonese_lexicon.jsonl.gz", "rt") as lines:
        known |= {json.loads(line)["word"] for line in lines}
    words = [row[0] for row in rows(tmp_path / "v" / "new_words.tsv")[1:]]
    assert sum(word in known for word in words[:200]) >= 188
    assert sum(word in known for word in words[:1000]) >= 760
