"""The HTML report as a whole: what it says, and what corpus text cannot do to it."""

from __future__ import annotations

import copy
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from curator.errors import ManifestError
from curator.report.report import render, write_report
from tests.report.sample_run import (
    empty_manifest,
    full_manifest,
    full_samples,
    full_training,
    stage,
    write_full_run,
    write_run,
)

ATTACKS = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(2)>',
    "</style><style>*{display:none}</style>",
    "</title></svg><svg onload=alert(3)>",
    "javascript:alert(4)",
    "{{ 7 * 7 }}{% raw %}",
    "&lt;b&gt;&#x3c;i&#x3e;",
    "nul\x00esc\x1b[2Jcsi\x9b",
    "over\u202eride\u2066isolate",
    "lone\ud800surrogate",
    "]]><!-- --!> -->",
    "' onmouseover='alert(5)",
)
ALLOWED = {
    *("html", "head", "meta", "title", "style", "body", "header", "main", "section", "footer"),
    *("h1", "h2", "h3", "h4", "p", "b", "bdi", "small", "span", "strong", "code", "pre", "a"),
    *("dl", "div", "dt", "dd", "nav", "ul", "ol", "li", "article", "del", "ins", "details"),
    *("summary", "table", "caption", "thead", "tbody", "tfoot", "tr", "th", "td", "figure"),
    *("figcaption", "svg", "g", "rect", "line", "polyline", "circle", "text", "desc"),
}
VOID = {"meta", "rect", "line", "polyline", "circle"}


class Page(HTMLParser):
    """Collects elements, attributes and text; checks that elements are nested."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.texts: list[str] = []
        self.comments: list[str] = []
        self.open: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)

    @property
    def text(self) -> str:
        return "".join(self.texts)


def poisoned(value: Any, attack: str) -> Any:
    """Put the attack into every string and key that a corpus or a recipe can reach."""
    fixed = ("format", "kind")
    if isinstance(value, dict):
        return {
            key: poisoned(item, attack) if key not in fixed else item for key, item in value.items()
        }
    if isinstance(value, list):
        return [poisoned(item, attack) for item in value]
    return value + attack if isinstance(value, str) else value


def hostile_run(folder: Path, attack: str) -> Path:
    manifest = poisoned(full_manifest(), attack)
    for entry in manifest["counts"]["stages"]:
        entry["reasons"] = {reason + attack: n for reason, n in entry["reasons"].items()}
    manifest["recipe"][attack] = [attack, {attack: attack}]
    manifest["versions"][attack] = attack
    manifest["tokenizer"]["measures"][attack] = attack
    manifest["tokenizer"]["special_tokens"][attack] = {"token": attack, "id": attack}
    manifest["tokens"]["splits"][attack] = manifest["tokens"]["splits"]["valid"]
    samples = poisoned(full_samples(), attack)
    summary, metrics = full_training()
    summary[attack] = attack
    timings = {"seconds": {attack: 1.0}, "documents_per_second": attack}
    return write_run(folder, manifest, samples, (summary, metrics), timings)


@pytest.mark.parametrize("attack", ATTACKS)
def test_corpus_text_stays_text_wherever_it_appears(tmp_path: Path, attack: str) -> None:
    html = write_report(hostile_run(tmp_path, attack)).read_text(encoding="utf-8")
    page = Page(html)
    harmless = Page(render(write_full_run(tmp_path / "harmless")))
    assert set(page.tags) <= ALLOWED
    assert page.open == []
    assert page.comments == []
    assert {(tag, name) for tag, name, _ in page.attributes} <= {
        (tag, name) for tag, name, _ in harmless.attributes
    } | {("td", "class")}
    for tag, name, value in page.attributes:
        assert not name.startswith("on")
        if name in ("href", "src"):
            assert (tag, value[0]) == ("a", "#")
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", html)
    visible = attack.split("\x00")[0].split("\u202e")[0].split("\ud800")[0]
    assert page.text.count(visible) > 50


def test_the_page_is_complete_in_itself(tmp_path: Path) -> None:
    html = write_report(write_full_run(tmp_path)).read_text(encoding="utf-8")
    page = Page(html)
    policy = [value for tag, name, value in page.attributes if (tag, name) == ("meta", "content")]
    assert policy[0].startswith("default-src 'none'; style-src 'unsafe-inline'")
    assert "script" not in page.tags
    assert "url(" not in html
    assert not any(name in ("src", "srcset", "data") for _, name, _ in page.attributes)
    anchors = {value for _, name, value in page.attributes if name == "id"}
    links = {value[1:] for tag, name, value in page.attributes if (tag, name) == ("a", "href")}
    assert links <= anchors


def test_every_table_has_scoped_heads_and_every_chart_a_title(tmp_path: Path) -> None:
    html = render(write_full_run(tmp_path))
    assert re.findall(r"<th(?![^>]*scope=)[ >]", html) == []
    charts = re.findall(r"<svg[^>]*role=\"img\"[^>]*>(.{7})", html, re.DOTALL)
    assert charts
    assert set(charts) == {"<title>"}


def test_the_headline_and_the_stages_account_for_every_document(tmp_path: Path) -> None:
    text = Page(render(write_full_run(tmp_path))).text
    assert "184,302 documents in = 90,383 kept + 93,919 dropped" in text
    assert "The sum holds at each of the 9 stages" in text
    assert "min_words=20" in text
    assert "characters alone 3.287" in text


def test_documents_that_do_not_add_up_are_said_aloud(tmp_path: Path) -> None:
    manifest = full_manifest()
    manifest["counts"]["stages"][3]["kept"] -= 5
    text = Page(render(write_run(tmp_path, manifest))).text
    assert "do not add up" in text
    assert "length: 184,195 in ≠ 161,069 kept + 23,121 dropped" in text


def test_the_same_folder_gives_the_same_bytes_anywhere(tmp_path: Path) -> None:
    first = write_report(write_full_run(tmp_path / "a")).read_bytes()
    second = write_report(write_full_run(tmp_path / "b")).read_bytes()
    assert first == second
    assert str(tmp_path).encode() not in first


def test_an_empty_run_has_a_sensible_report(tmp_path: Path) -> None:
    text = Page(render(write_run(tmp_path, empty_manifest()))).text
    assert "0 documents in = 0 kept + 0 dropped" in text
    assert "No document went in." in text
    assert "None was dropped." in text


def test_a_run_that_dropped_everything_has_a_sensible_report(tmp_path: Path) -> None:
    manifest = empty_manifest()
    histogram = {
        "score": "words",
        "edges": [0, 1, 10, 100],
        "kept": [0, 0, 0],
        "dropped": [1, 2, 0],
    }
    everything = stage("length", "LengthFilter", "local", 3, {"min=9": 3}, histogram=histogram)
    manifest["counts"].update(documents_in=3, dropped=3, stages=[everything])
    text = Page(render(write_run(tmp_path, manifest, []))).text
    assert "3 documents in = 0 kept + 3 dropped" in text
    assert "bins of unequal width, drawn equally wide" in text
    assert "None was kept." in text


def test_a_histogram_without_documents_is_drawn_without_bars(tmp_path: Path) -> None:
    manifest = empty_manifest()
    histogram = {"score": "words", "edges": [0, 1], "kept": [0], "dropped": [0]}
    manifest["counts"]["stages"] = [
        stage("length", "LengthFilter", "local", 0, {}, histogram=histogram)
    ]
    assert "0 documents kept, 0 dropped" in Page(render(write_run(tmp_path, manifest))).text


def test_a_megabyte_of_text_is_cut_and_the_cut_is_counted(tmp_path: Path) -> None:
    samples = [
        {"kind": "kept", "id": "x" * 10**6, "text": "嘅" * 10**6},
        {"kind": "changed", "stage": "s", "id": "y", "before": "嘅" * 10**6, "after": "咗" * 10**6},
    ]
    html = render(write_run(tmp_path, full_manifest(), samples))
    assert len(html) < 80_000
    assert "at least 999,600 more characters" in html


def test_names_and_values_of_a_megabyte_are_cut_too(tmp_path: Path) -> None:
    manifest = full_manifest()
    endless = "<b>名" * 250_000
    manifest["name"] = manifest["recipe"]["name"] = manifest["inputs"][0]["file"] = endless
    manifest["counts"]["stages"][0].update(name=endless, operation=endless)
    manifest["vocabulary"]["top_new_words"][0]["word"] = endless
    html = render(write_run(tmp_path, manifest))
    assert len(html) < 600_000
    assert "(1,000,000 characters)" in html


def test_only_so_many_samples_of_a_stage_are_shown(tmp_path: Path) -> None:
    samples = [
        {
            "kind": "dropped",
            "stage": "length",
            "id": str(n),
            "text": "短",
            "reason": "r",
            "value": "1",
        }
        for n in range(40)
    ]
    text = Page(render(write_run(tmp_path, full_manifest(), samples))).text
    assert "37 more in samples.jsonl" in text


def test_training_files_may_lack_anything(tmp_path: Path) -> None:
    metrics: list[dict[str, Any]] = [{"loss": 3.0}, {"step": 1}, {"step": 2, "loss": float("nan")}]
    run = write_run(tmp_path, full_manifest(), None, ({}, metrics))
    with (run / "training/metrics.jsonl").open("a") as file:
        file.write('{"step": 3, "lo')  # the trainer is writing, or was killed
    assert "1 steps had no finite loss" in render(run)


def test_a_damaged_sample_is_an_error_with_its_line(tmp_path: Path) -> None:
    run = write_run(tmp_path, full_manifest(), full_samples())
    with (run / "samples.jsonl").open("a") as file:
        file.write("{oops\n")
    with pytest.raises(ManifestError, match=r"samples\.jsonl:\d+: not JSON .*run the recipe again"):
        render(run)


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("counts", "kept"), "8", "counts.kept is '8', not a whole number"),
        (("counts", "stages"), {}, "counts.stages is {}, not a list"),
        (("shards",), [1], "shards is no list of files"),
    ],
)
def test_a_manifest_of_wrong_types_is_an_error_that_names_the_field(
    tmp_path: Path, path: tuple[str, ...], value: object, message: str
) -> None:
    manifest = copy.deepcopy(full_manifest())
    place = manifest
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = value
    with pytest.raises(ManifestError, match=re.escape(message)):
        render(write_run(tmp_path, manifest))


def test_a_folder_without_a_manifest_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match="no manifest"):
        write_report(tmp_path)
