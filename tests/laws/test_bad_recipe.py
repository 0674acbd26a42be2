"""A recipe or a user's own stage that cannot work: one line with place, what and mend."""

from __future__ import annotations

import json
import re
import textwrap
from pathlib import Path

import pytest

from tests.laws import small_runs
from tests.laws.small_runs import curator, good_file, good_line, process, rows, write_recipe

BOMB = "stages:\n" + "".join(
    f"  - &{letter} [{', '.join([f'*{before}'] * 9)}]\n"
    if before.strip()
    else f"  - &{letter} [x, x, x]\n"
    for before, letter in zip(" abcdefgh", "abcdefghi", strict=True)
)

RECIPES: dict[str, tuple[str, str]] = {
    "unknown key": ("stagse: []\n", r"r\.yaml:4: no key 'stagse'; did you mean 'stages'\?"),
    "key twice": ("name: u\n", r"r\.yaml:4: 'name' is given twice"),
    "unknown stage": ("stages: [Modfy: {}]\n", r"r\.yaml:4: no stage is named 'Modfy'; .*'Modify'"),
    "alias bomb": (BOMB, r"r\.yaml:\d+: the recipe unfolds to more than 100000 values"),
    "alias of itself": ("stages: &a [*a]\n", r"r\.yaml:4: the recipe (unfolds|is nested)"),
    "deep lists": ("stages: " + "[" * 5000 + "]" * 5000, r"r\.yaml.*: the recipe is nested too"),
    "deep objects": ("stages: " + "{a: " * 5000 + "}" * 5000, r"r\.yaml.*: the recipe is nested"),
    "object tag": ("seed: !!python/object:os.system x\n", r"r\.yaml:4: .*python/object.*plain"),
    "apply tag": ("stages: !!python/object/apply:os.system [id]\n",
                  r"r\.yaml:4: .*os\.system.*plain"),
    "map tag": ("shards: !!python/object/new:os.system {a: 1}\n",
                r"r\.yaml:4: .*os\.system.* plain"),
    "own tag": ("stages: !mine [Modify]\n", r"r\.yaml:4: the tag !mine .* plain"),
    "a bad date": ("language: 2024-99-99\n", r"r\.yaml:4: .*2024-99-99.*"),
    "a bad int": ("seed: !!int abc\n", r"r\.yaml:4: .*abc"),
    "many digits": ("seed: " + "9" * 5000 + "\n", r"r\.yaml:4: "),
    "a date": ("language: 2024-01-01\n", r"r\.yaml:4: language must be str, not datetime\.date"),
    "a surrogate": ('language: "\\ud800"\n', r"r\.yaml:4: .*surrogate"),
    "a NUL": ('language: "a\\0b"\n', r"r\.yaml:4: .*NUL"),
    "a control": ("language: \x07\n", r"r\.yaml.*: not YAML: "),
    "a tab": ("stages:\n\t- Modify\n", r"r\.yaml:5:1: not YAML: "),
    "a list": ("- a\n", r"r\.yaml:4:1: not YAML: "),
    "no module": ("stages: ['nowhere_at_all:Stage']\n",
                  r"r\.yaml:4: cannot import 'nowhere_at_all'.*put"),
    "no class": ("stages: ['json:Stage']\n", r"r\.yaml:4: json has no class 'Stage'"),
    "no module name": ("stages: [':Stage']\n", r"r\.yaml:4: .*package\.module:Name"),
    "dots": ("stages: ['..a:Stage']\n", r"r\.yaml:4: .*"),
    "no class at all": ("stages: ['json:__doc__']\n", r"r\.yaml:4: .*json has no class '__doc__'"),
    "no stage": ("stages: ['json:JSONDecoder']\n", r"r\.yaml:4: .*JSONDecoder is no stage"),
    "a builtin": ("stages: ['builtins:int']\n", r"r\.yaml:4: .*int.* cannot be used in a recipe"),
    "a filter as stage": ("stages: [LengthFilter]\n",
                          r"r\.yaml:4: no stage is named 'LengthFilter'"),
    "a modifier that is none": ("stages: [Modify: 'json:JSONDecoder']\n",
                                r"r\.yaml:4: .*JSONDecoder.*modify_document"),
    "a filter that is none": ("stages: [ScoreFilter: 'json:JSONDecoder']\n",
                              r"r\.yaml:4: .*JSONDecoder.*score_document"),
    "seed of words": ("seed: many\n", r"r\.yaml:4: seed must be int, not 'many'"),
    "no bytes": ("shards: {target_bytes: 0}\n", r"r\.yaml:4: target_bytes must be positive"),
    "stages of text": ("stages: Modify\n", r"r\.yaml:4: stages is a list"),
    "vocabulary of numbers": ("vocabulary: 7\n", r"r\.yaml:4: vocabulary has fields; write"),
    "small vocabulary": ("tokenizer: {vocab_size: 3}\n", r"r\.yaml:4: .*vocab_size"),
    "a path as name": ("stages: [ExactDuplicates: {name: 'a/../../b'}]\n", ""),
}  # fmt: skip


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_that_cannot_work_is_one_line(tmp_path: Path, name: str) -> None:
    rest, expected = RECIPES[name]
    good_file(tmp_path / "in" / "a.jsonl", 1, 3)
    recipe = write_recipe(tmp_path, rest)
    said = curator(recipe)
    if expected:
        assert re.search(expected, said.line)
        assert len(said.line) < 1000
        assert not (tmp_path / "out").exists()
    else:
        assert (said.code, said.errors) == (0, "")
    assert sorted(path.name for path in tmp_path.iterdir() if path.name != "out") == [
        "in",
        "r.yaml",
    ]


ASSIGNMENTS = {
    "input": r"--set input: write --set key=value",
    "stages.x=1": r"--set stages\.x=1: ",
    "seed=!!python/object:os.system x": r"--set seed=.*plain",
    "seed=[": r"--set seed=\[.*: the value is not YAML",
    "output=": r"output",
    "output=a\0b": r"not YAML",
    "name=../x": r"name '\.\./x' names files",
    "language=\udcff": r"not YAML",
    "seed=2024-99-99": r"--set seed=",
}


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_an_assignment_that_cannot_work_is_one_line(tmp_path: Path, assignment: str) -> None:
    good_file(tmp_path / "in" / "a.jsonl", 1, 3)
    said = curator(write_recipe(tmp_path, "stages: []\n"), "--set", assignment)
    assert re.search(ASSIGNMENTS[assignment], said.line)


def test_a_recipe_that_is_not_there_or_no_text_is_one_line(tmp_path: Path) -> None:
    assert re.search(r"none\.yaml: no such recipe", curator(tmp_path / "none.yaml").line)
    assert re.search(r": cannot be read: ", curator(tmp_path).line)
    (tmp_path / "b.yaml").write_bytes("名: x".encode("utf-16"))
    assert re.search(r"b\.yaml: cannot be read: .*UTF-8", curator(tmp_path / "b.yaml").line)
    (tmp_path / "e.yaml").touch()
    assert re.search(r"e\.yaml:1: a recipe is a mapping", curator(tmp_path / "e.yaml").line)


def write_module(folder: Path, name: str, code: str) -> None:
    (folder / f"{name}.py").write_text(textwrap.dedent(code), encoding="utf-8")


BROKEN_MODULES = {
    "syntax": ("class Stage(:\n", r"cannot import 'broken_syntax': .*line 1"),
    "raises": ("raise ValueError('no\\nluck')\n", r"cannot import 'broken_raises': ValueError: no"),
    "exits": ("import sys; sys.exit(0)\n", r"cannot import 'broken_exits': SystemExit: 0"),
    "constructor": ("class Stage:\n    def __init__(self):\n        raise KeyError('x')\n",
                    r"Stage: KeyError: 'x'"),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN_MODULES)
def test_a_module_that_breaks_is_one_line(tmp_path: Path, name: str) -> None:
    code, expected = BROKEN_MODULES[name]
    write_module(tmp_path, f"broken_{name}", code)
    good_file(tmp_path / "in" / "a.jsonl", 1, 3)
    said = curator(write_recipe(tmp_path, f"stages: ['broken_{name}:Stage']\n"))
    assert re.search(r"r\.yaml:4: .*" + expected, said.line)


USERS_CODE = '''
from dataclasses import dataclass

class Odd:
    """What it does is written in the text it gets."""

    def modify_document(self, text):
        if "第 3 次" in text:
            raise RuntimeError("three\\nis too many \\x1b[31m")
        if "第 4 次" in text:
            return None
        if "第 5 次" in text:
            return b"bytes"
        if "第 6 次" in text:
            return "half \\ud83d"
        if "第 7 次" in text:
            for word in None:
                pass
        if "第 8 次" in text:
            raise SystemExit(0)
        if "第 9 次" in text:
            return self.modify_document(text)
        return text

class OddFilter:
    def score_document(self, text):
        if "第 3 次" in text:
            raise RuntimeError("three")
        if "第 4 次" in text:
            return None
        if "第 5 次" in text:
            return "many"
        if "第 6 次" in text:
            return float("nan")
        if "第 7 次" in text:
            return 10 ** 400
        return 1.0

    def keep_document(self, score):
        return None if score == 1.0 and Odd.forget else score >= 0

def forgetful(value):
    """Forgets to return for some."""
    if "第 3 次" not in value:
        return True

def odd_score(text):
    return "many" if "第 3 次" in text else 1.5

Odd.forget = False
'''


def odd_run(tmp_path: Path, module: str, stages: str, last: int = 9) -> Path:
    write_module(tmp_path, module, USERS_CODE)
    good_file(tmp_path / "in" / "a.jsonl", 1, last)
    return write_recipe(tmp_path, f"stages: {stages}\n")


def verdicts(run: Path) -> list[tuple[str, str]]:
    return [(row["id"].removeprefix("good-"), row["reason"]) for row in rows(run, "ledger")]


def test_a_users_modifier_that_fails_on_some_documents_loses_only_those(tmp_path: Path) -> None:
    recipe = odd_run(tmp_path, "odd_modifier", "[Modify: 'odd_modifier:Odd']")
    before = small_runs.fingerprints(tmp_path / "in")
    assert curator(recipe).code == 0
    ledger = rows(tmp_path / "out", "ledger")
    assert verdicts(tmp_path / "out") == [
        ("3", "error"), ("4", "not_text"), ("5", "not_text"), ("6", "not_text"),
        ("7", "error"), ("8", "error"), ("9", "error"),
    ]  # fmt: skip
    assert [row["value"].split(":")[0] for row in ledger if row["reason"] == "error"] == [
        "RuntimeError", "TypeError", "SystemExit", "RecursionError",
    ]  # fmt: skip
    assert ledger[0]["text"] == json.loads(good_line(3))["text"]
    small_runs.assert_same(
        small_runs.lines(tmp_path / "out", "shards"), [good_line(1), good_line(2)]
    )
    small_runs.check_account(tmp_path / "out", 9)
    strict = curator(recipe, "--strict", "--set", f"output={tmp_path / 'strict'}")
    assert re.match(r"curator: Odd: document 'good-3'.*RuntimeError: three", strict.line)
    small_runs.check_nothing_half(tmp_path / "strict")
    assert small_runs.fingerprints(tmp_path / "in") == before


def test_a_users_filter_that_gives_no_number_loses_only_those(tmp_path: Path) -> None:
    recipe = odd_run(
        tmp_path, "odd_filter", "[{ScoreFilter: {filter: 'odd_filter:OddFilter', score_field: s}}]"
    )
    done = curator(recipe)
    assert (done.code, done.errors) == (0, "")
    found = dict(verdicts(tmp_path / "out"))
    assert list(found) == ["3", "4", "5", "6", "7"]
    assert found["3"] == found["4"] == found["5"] == "error"
    kept = rows(tmp_path / "out", "shards")
    assert [(row["id"], row["s"]) for row in kept] == [
        (f"good-{number}", 1.0) for number in (1, 2, 8, 9)
    ]
    small_runs.check_account(tmp_path / "out", 9)


def test_a_users_verdict_of_none_is_never_taken_for_yes(tmp_path: Path) -> None:
    stages = "[{Filter: {filter_fn: 'odd_verdict:forgetful', filter_field: text}}]"
    assert curator(odd_run(tmp_path, "odd_verdict", stages)).code == 0
    assert [id for id, _ in verdicts(tmp_path / "out")] == ["3"]
    small_runs.check_account(tmp_path / "out", 9)


def test_a_users_filter_that_forgets_its_verdict_keeps_nothing(tmp_path: Path) -> None:
    write_module(tmp_path, "odd_none", USERS_CODE.replace("forget = False", "forget = True"))
    good_file(tmp_path / "in" / "a.jsonl", 8, 9)
    recipe = write_recipe(tmp_path, "stages: [ScoreFilter: 'odd_none:OddFilter']\n")
    assert curator(recipe).code == 0
    assert [id for id, _ in verdicts(tmp_path / "out")] == ["8", "9"]


def test_a_users_score_of_the_wrong_type_loses_only_that_document(tmp_path: Path) -> None:
    stages = "[{Score: {score_fn: 'odd_score:odd_score', score_field: s}}]"
    assert curator(odd_run(tmp_path, "odd_score", stages)).code == 0
    assert verdicts(tmp_path / "out") == [("3", "error")]
    small_runs.check_account(tmp_path / "out", 9)


THIEVES = '''
from curator.stages import LocalStageBase
from curator.batch import Tally

class Thief(LocalStageBase):
    """Loses a row."""
    def apply(self, batch, name):
        batch.frame = batch.frame.iloc[1:]
        return Tally(name, "Thief", "local", n_in=len(batch.living_rows))

class Renamer(LocalStageBase):
    """Changes ids behind the library's back."""
    def apply(self, batch, name):
        batch.set_column("id", batch.frame["id"] + "x")
        return Tally(name, "Renamer", "local", n_in=len(batch.living_rows))

class Breaker(LocalStageBase):
    """Fails as a whole."""
    def apply(self, batch, name):
        raise KeyError("no such\\nthing")

class Liar(LocalStageBase):
    """Returns something else."""
    def apply(self, batch, name):
        return None
'''


@pytest.mark.parametrize("thief", ["Thief", "Renamer", "Breaker", "Liar"])
def test_a_users_stage_that_breaks_the_law_is_one_line(tmp_path: Path, thief: str) -> None:
    write_module(tmp_path, f"thieves_{thief}", THIEVES)
    good_file(tmp_path / "in" / "a.jsonl", 1, 3)
    said = curator(write_recipe(tmp_path, f"stages: ['thieves_{thief}:{thief}']\n"))
    assert re.match(rf"curator: {thief}: ", said.line)
    small_runs.check_nothing_half(tmp_path / "out")


def test_strict_with_two_workers_is_one_line(tmp_path: Path) -> None:
    good_file(tmp_path / "in" / "a.jsonl", 1, 300)
    with open(tmp_path / "in" / "a.jsonl", "ab") as file:
        file.write(b'{"id": "x"}\n')
    said = process(write_recipe(tmp_path), "--strict", "--n-workers", "2", "--block-size", "2K")
    assert re.match(r"curator: a\.jsonl:301:1: no field 'text'", said.line)
    small_runs.check_nothing_half(tmp_path / "out")
