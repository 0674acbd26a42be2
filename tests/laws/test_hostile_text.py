"""Text, ids and file names that try something; corpora of extreme shapes."""

from __future__ import annotations

import html.parser
import json
import os
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from curator.cli import main
from curator.manifest import read_manifest
from tests.laws import small_runs
from tests.laws.small_runs import curator, good_file, good_line, rows, write_recipe

ATTACK = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'><b id=own>{{7*7}}{%x%}&lt;i&gt;"
ESCAPES = "\x1b[31mred\x07\x9b2J\u202eright\u200b"


class Page(html.parser.HTMLParser):
    """Tags, attributes and text of a page, as a browser would find them."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    handle_startendtag = handle_starttag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def test_markup_anywhere_in_a_corpus_stays_text_in_the_report(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    attack = json.dumps(ATTACK + ESCAPES + " 我哋去食飯")
    name = "<script>alert(3)<script> {{7*7}} onload=x.jsonl"
    lines = [
        f'{{"id": {json.dumps(ATTACK + str(number) + ESCAPES)}, "text": {attack}, '
        f'"title": {attack}, {json.dumps(ATTACK)}: {attack}}}'
        for number in range(30)
    ]
    lines.append(f'{{"id": {attack}, "text": {attack}')
    lines.append(f'{{"id": {attack}, {attack}: {attack}}}')
    (tmp_path / "in" / name).write_text("\n".join(lines))
    (tmp_path / "attacks.py").write_text(
        "class Raises:\n    def modify_document(self, text):\n"
        "        if text.startswith('w'): raise ValueError(text)\n        return 'w' + text\n"
    )
    stages = [
        {"Modify": {"modifier": "attacks:Raises", "name": ATTACK}},
        {"Modify": {"modifier": "attacks:Raises", "name": "second " + ATTACK}},
    ]
    rest = f"stages: {json.dumps(stages[:1])}\nlanguage: {json.dumps(ATTACK)}\n"
    rest += "vocabulary: {min_count: 1}\ntokenizer: {vocab_size: 400}\ntokens: {}\n"
    assert curator(write_recipe(tmp_path, rest)).code == 0
    dropping = write_recipe(
        tmp_path, f"stages: {json.dumps(stages)}\nlanguage: {json.dumps(ATTACK)}\n", name="d.yaml"
    )
    assert curator(dropping, "--set", f"output={tmp_path / 'dropped'}").code == 0
    assert len(rows(tmp_path / "dropped", "ledger")) == 32
    plain = tmp_path / "plain"
    good_file(plain / "in" / "a.jsonl", 1, 30)
    assert curator(write_recipe(plain, "tokenizer: {vocab_size: 400}\ntokens: {}\n")).code == 0
    known = Page((plain / "out" / "report.html").read_text("utf-8"))
    tags = {tag for tag, _ in known.tags} | {"ins", "del", "mark", "bdi"}
    for run in ("out", "dropped"):
        text = (tmp_path / run / "report.html").read_text("utf-8")
        page = Page(text)
        found = {tag for tag, _ in page.tags}
        assert not found & {"script", "img", "i", "iframe", "object", "form", "link"}
        assert found <= tags | {"q", "ul", "li", "dl", "dt", "dd", "code", "small", "wbr"}
        for _, attributes in page.tags:
            assert not [key for key in attributes if key.startswith("on")]
            assert attributes.get("id") != "own"
            assert not attributes.get("href", "#").startswith(("http", "javascript", "data"))
        assert "{{7*7}}" in "".join(page.text)
        assert "49}" not in text
        assert not {"\x1b", "\x07", "\x9b", "\u202e"} & set(text)


@pytest.mark.parametrize("words", [["ledger"], ["report"], ["verify"]])
def test_no_escape_of_a_corpus_reaches_the_terminal(tmp_path: Path, words: list[str]) -> None:
    (tmp_path / "in").mkdir()
    line = json.dumps({"id": ESCAPES, "text": [ESCAPES], "title": ESCAPES}, ensure_ascii=False)
    (tmp_path / "in" / f"a{ESCAPES}.jsonl").write_text(f"{line}\n{good_line(1).decode()}")
    recipe = write_recipe(tmp_path)
    done = CliRunner().invoke(main, ["run", str(recipe)])
    more = CliRunner().invoke(main, [*words, str(tmp_path / "out")])
    strict = CliRunner().invoke(
        main, ["run", str(recipe), "--strict", "--set", f"output={tmp_path / 's'}"]
    )
    assert (done.exit_code, more.exit_code, strict.exit_code) == (0, 0, 1)
    for printed in (done.output, done.stderr, more.output, strict.stderr):
        assert not {"\x1b", "\x07", "\x9b", "\u202e"} & set(printed)


NAMES = ["a b.jsonl", "唔該.jsonl", "new\nline.jsonl", "tab\t'\".jsonl", "..two.jsonl", "-n.jsonl",
         "a;b&c$d.jsonl", "a%20b#c?d.jsonl", "e\u0301.jsonl", "é.jsonl", "x" * 240 + ".jsonl",
         "UPPER.JSONL", "a.jsonl.jsonl", "{x}.jsonl", "[1].jsonl", "*.jsonl"]  # fmt: skip


def test_file_names_of_any_kind_are_read_and_told(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for number, name in enumerate(NAMES):
        (tmp_path / "in" / name).write_bytes(good_line(number) + b"\n" + b"{\n")
    raw = os.fsencode(tmp_path / "in") + b"/\xff\xfe.jsonl"
    with open(raw, "wb") as file:
        file.write(good_line(99) + b"\n{\n")
    visible = [name for name in NAMES if not name.startswith(".")]
    recipe = write_recipe(tmp_path)
    assert curator(recipe).code == 0
    ledger = {(row["file"], row["line"]) for row in rows(tmp_path / "out", "ledger")}
    assert ledger == {(name, 2) for name in [*visible, "\\xff\\xfe.jsonl"]}
    small_runs.check_account(tmp_path / "out", 2 * (len(visible) + 1))
    done = small_runs.process(recipe, "--n-workers", "2", "--set", f"output={tmp_path / 'two'}")
    assert (done.code, done.errors) == (0, "")
    assert small_runs.results(tmp_path / "two") == small_runs.results(tmp_path / "out")
    strict = curator(recipe, "--strict", "--set", f"output={tmp_path / 'strict'}")
    assert ".jsonl:2:" in strict.line


def test_links_that_form_loops_are_followed_once(tmp_path: Path) -> None:
    good_file(tmp_path / "in" / "a" / "a.jsonl", 1, 3)
    (tmp_path / "in" / "a" / "loop").symlink_to(tmp_path / "in")
    (tmp_path / "in" / "b").symlink_to(tmp_path / "in" / "a")
    (tmp_path / "in" / "c.jsonl").symlink_to(tmp_path / "in" / "a" / "a.jsonl")
    assert curator(write_recipe(tmp_path)).code == 0
    small_runs.check_account(tmp_path / "out", 3)
    (tmp_path / "in" / "self.jsonl").symlink_to(tmp_path / "in" / "self.jsonl")
    said = curator(write_recipe(tmp_path))
    assert "self.jsonl: cannot be read: Too many levels of symbolic links" in said.line


ALL = """
stages:
  - Modify: UnicodeReformatter
  - Modify: CantoneseCleaner
  - Modify: UrlRemover
  - ScoreFilter: {LengthFilter: {min_characters: 3}, score_field: n}
  - ScoreFilter: RunLengthFilter
  - ExactDuplicates: {}
  - FuzzyDuplicates: {min_key_characters: 5}
vocabulary: {}
tokenizer: {vocab_size: 500}
tokens: {valid_fraction: 0.5}
"""


def shapes() -> dict[str, tuple[list[dict[str, Any]], str]]:
    identical = [{"id": str(n), "text": "我哋今日一齊去行山睇日出。"} for n in range(10_000)]
    words = "我哋今日去行山，佢話聽日落雨。"
    long = "".join(words[(n * n + n // 7) % len(words)] for n in range(1_700_000))
    return {
        "one": ([{"id": "1", "text": "我哋今日一齊去行山睇日出。"}], ALL),
        "none": ([], ALL),
        "all dropped": ([{"id": "1", "text": "a"}, {"id": "2", "text": ""}], ALL),
        "all unreadable": ([{"id": "1"}, {"id": "2"}], ALL),
        "identical": (identical, ALL),
        "identical, near alone": (identical, ALL.replace("  - ExactDuplicates: {}\n", "")),
        "five megabytes": ([{"id": "1", "text": long}, {"id": "2", "text": "短"}], ALL),
        "one character": (
            [{"id": "1", "text": "哈" * 500_000}],
            ALL.replace("  - ScoreFilter: RunLengthFilter\n", ""),
        ),
        "spaces": ([{"id": str(n), "text": " \u3000\t" * n} for n in range(50)], ALL),
        "odd code points": (
            [
                {"id": str(n), "text": "我哋" + chr(0xE000 + n) + chr(0xFFF0 + n) + "\u0301" * 50}
                for n in range(16)
            ],
            ALL,
        ),
        "empty texts": (
            [{"id": str(n), "text": ""} for n in range(5)],
            "tokenizer: {}\ntokens: {}\n",
        ),
    }


SHAPES = shapes()
KEPT = {"one": 1, "none": 0, "all dropped": 0, "all unreadable": 0, "identical": 1,
        "identical, near alone": 1, "five megabytes": 1, "one character": 1,
        "empty texts": 5}  # fmt: skip


@pytest.mark.parametrize("name", SHAPES)
def test_a_corpus_of_an_extreme_shape_has_every_product(tmp_path: Path, name: str) -> None:
    documents, rest = SHAPES[name]
    (tmp_path / "in").mkdir()
    with open(tmp_path / "in" / "a.jsonl", "w", encoding="utf-8") as file:
        for document in documents:
            file.write(json.dumps(document, ensure_ascii=False) + "\n")
    done = curator(write_recipe(tmp_path, rest))
    assert (done.code, done.errors) == (0, "")
    small_runs.check_account(tmp_path / "out", len(documents))
    manifest = read_manifest(tmp_path / "out")
    assert manifest["counts"]["kept"] == KEPT.get(name, manifest["counts"]["kept"])
    assert (len(manifest["shards"]) > 0) == (manifest["counts"]["kept"] > 0)
    splits = manifest["tokens"]["splits"]
    assert sum(split["documents"] for split in splits.values()) == manifest["counts"]["kept"]
    assert manifest["tokenizer"]["vocab_size"] >= 256 + 3
    assert manifest["tokenizer"]["measures"]["round_trip_exact"] in (1.0, None)
    assert (tmp_path / "out" / "report.html").stat().st_size > 5000
    again = curator(write_recipe(tmp_path, rest), "--set", f"output={tmp_path / 'again'}",
                    "--block-size", "50000")  # fmt: skip
    assert again.code == 0
    assert small_runs.results(tmp_path / "again") == small_runs.results(tmp_path / "out")
