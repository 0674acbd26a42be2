"""Real archives: what is in them is kept or dropped by numbers, and any block size agrees."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pytest
from fastwarc.warc import ArchiveIterator

from curator import schema
from curator.acquire.warc import WarcReader
from tests.acquire.warc_builder import WholePage, read

FILES: dict[str, tuple[int, dict[str, int], dict[str, int]]] = {
    "aut/badexample.arc.gz": (
        0,
        {"invalid_record": 1, "not_html": 1, "truncated_record": 1},
        {"dns": 1, "warcinfo": 1},
    ),
    "aut/example.arc.gz": (
        94,
        {"http_error": 40, "not_html": 120, "redirect": 7},
        {"dns": 38, "warcinfo": 1},
    ),
    "aut/example.docs.warc.gz": (0, {"not_html": 9}, {"request": 9, "warcinfo": 3}),
    "aut/example.pdf.warc.gz": (
        1,
        {"http_error": 1, "not_html": 31, "redirect": 2, "revisit": 2},
        {"request": 37, "warcinfo": 2},
    ),
    "aut/example.txt.warc.gz": (0, {"not_html": 2}, {"request": 2, "warcinfo": 2}),
    "aut/example.warc.gz": (
        94,
        {"http_error": 40, "not_html": 120, "redirect": 7},
        {"dns": 38, "metadata": 261, "request": 261, "warcinfo": 1},
    ),
    "aut/issue-493.warc": (
        4,
        {"not_html": 5, "redirect": 1, "revisit": 5},
        {"request": 15, "warcinfo": 2},
    ),
    "aut/issue-514.warc": (
        1,
        {"not_html": 2, "redirect": 1},
        {"metadata": 1, "request": 2, "warcinfo": 1},
    ),
    "chatnoir-resiliparse/block-sized-records.warc": (0, {}, {"unknown": 3}),
    "chatnoir-resiliparse/block-sized-records.warc.gz": (0, {}, {"unknown": 3}),
    "chatnoir-resiliparse/block-sized-records.warc.lz4": (0, {}, {"unknown": 3}),
    "chatnoir-resiliparse/clipped.warc.gz": (0, {"corrupt_record": 1}, {}),
    "chatnoir-resiliparse/clueweb-quirk.warc.gz": (29, {}, {"warcinfo": 1}),
    "chatnoir-resiliparse/warcfile.warc": (16, {}, {"metadata": 16, "request": 17, "warcinfo": 1}),
    "chatnoir-resiliparse/warcfile.warc.gz": (
        16,
        {},
        {"metadata": 16, "request": 17, "warcinfo": 1},
    ),
    "chatnoir-resiliparse/warcfile.warc.lz4": (
        16,
        {},
        {"metadata": 16, "request": 17, "warcinfo": 1},
    ),
    "pywb/bad.arc": (0, {"invalid_record": 3, "not_html": 1}, {}),
    "pywb/dupes.warc.gz": (
        1,
        {"not_html": 1, "redirect": 1, "revisit": 9},
        {"request": 12, "warcinfo": 1},
    ),
    "pywb/example-bad.warc.gz.bad": (
        1,
        {"redirect": 1, "revisit": 1},
        {"request": 2, "warcinfo": 1},
    ),
    "pywb/example-extra.warc": (2, {"revisit": 2}, {"request": 2}),
    "pywb/example-url-agnostic-orig.warc.gz": (1, {}, {"warcinfo": 1}),
    "pywb/example-url-agnostic-revisit.warc.gz": (0, {"revisit": 1}, {"warcinfo": 1}),
    "pywb/example-wget-1-14.warc.gz": (1, {"not_html": 3}, {"request": 1, "warcinfo": 1}),
    "pywb/example-wpull.warc.gz": (1, {"not_html": 1}, {"request": 1, "warcinfo": 1}),
    "pywb/example.arc": (1, {}, {"warcinfo": 1}),
    "pywb/example.arc.gz": (1, {}, {"warcinfo": 1}),
    "pywb/example.warc": (
        1,
        {"invalid_record": 1, "redirect": 1, "revisit": 1},
        {"request": 2, "warcinfo": 1},
    ),
    "pywb/example.warc.gz": (1, {"redirect": 1, "revisit": 1}, {"request": 2, "warcinfo": 1}),
    "pywb/example2.warc.gz": (1, {}, {"request": 1, "warcinfo": 1}),
    "pywb/httpbin-resource.warc.gz": (0, {"not_html": 1}, {}),
    "pywb/iana.warc.gz": (
        16,
        {"not_html": 28, "redirect": 4, "revisit": 123},
        {"request": 171, "warcinfo": 1},
    ),
    "pywb/missing-status-text.warc": (0, {"redirect": 1}, {}),
    "pywb/post-test.warc.gz": (0, {"not_html": 3}, {"request": 3}),
    "synthetic_cc/SYNTH-2024-22-00000.warc.gz": (
        4296,
        {"http_error": 34, "not_html": 27, "redirect": 12},
        {"request": 4369, "warcinfo": 1},
    ),
    "warcio/bad.arc": (0, {"invalid_record": 3, "not_html": 1}, {}),
    "warcio/example-bad-non-chunked.warc.gz": (1, {"revisit": 1}, {"request": 2, "warcinfo": 2}),
    "warcio/example-digest.warc": (0, {}, {"request": 4}),
    "warcio/example-iana.org-chunked.warc": (1, {}, {"request": 1, "warcinfo": 1}),
    "warcio/example-resource.warc.gz": (1, {}, {"warcinfo": 2}),
    "warcio/example-space-in-target-uri.warc.gz": (0, {"not_html": 1}, {"warcinfo": 1}),
    "warcio/example-space-in-url.arc": (0, {"truncated_record": 1}, {"warcinfo": 1}),
    "warcio/example-trunc.warc": (1, {"invalid_record": 1}, {"request": 1, "warcinfo": 2}),
    "warcio/example-wget-bad-target-uri.warc.gz": (
        1,
        {"not_html": 2},
        {"metadata": 1, "request": 1, "warcinfo": 1},
    ),
    "warcio/example-wrong-chunks.warc.gz": (1, {}, {"request": 1}),
    "warcio/example.arc": (1, {}, {"warcinfo": 1}),
    "warcio/example.arc.gz": (1, {}, {"warcinfo": 1}),
    "warcio/example.warc": (1, {"revisit": 1}, {"request": 2, "warcinfo": 2}),
    "warcio/example.warc.gz": (1, {"revisit": 1}, {"request": 2, "warcinfo": 2}),
    "warcio/post-test.warc.gz": (0, {"not_html": 3}, {"request": 3}),
    "webarchive-test-suite/IAH-20080430204825-00000-blackbook-truncated.arc": (
        2,
        {"not_html": 5},
        {"dns": 1, "warcinfo": 1},
    ),
    "webarchive-test-suite/IAH-20080430204825-00000-blackbook-truncated.arc.gz": (
        2,
        {"not_html": 5},
        {"dns": 1, "warcinfo": 1},
    ),
    "webarchive-test-suite/IAH-20080430204825-00000-blackbook-truncated.warc": (
        2,
        {"not_html": 5},
        {"dns": 1, "metadata": 7, "request": 7, "warcinfo": 1},
    ),
    "webarchive-test-suite/IAH-20080430204825-00000-blackbook-truncated.warc.gz": (
        2,
        {"not_html": 5},
        {"dns": 1, "metadata": 7, "request": 7, "warcinfo": 1},
    ),
    "webarchive-test-suite/IAH-urls-wget.warc.gz": (
        2,
        {"not_html": 8, "redirect": 9},
        {"request": 16, "warcinfo": 1},
    ),
    "webarchive-test-suite/main-page.warc.gz": (
        1,
        {"not_html": 72},
        {"request": 77, "warcinfo": 1},
    ),
    "webarchive-test-suite/post-blackout.warc.gz": (
        1,
        {"not_html": 53},
        {"request": 62, "warcinfo": 1},
    ),
    "webarchive-test-suite/sopa-wikipedia-homepage.warc.gz": (
        1,
        {"not_html": 76},
        {"request": 86, "warcinfo": 1},
    ),
    "whirlwind-python/whirlwind.warc": (1, {}, {"metadata": 1, "request": 1, "warcinfo": 1}),
    "whirlwind-python/whirlwind.warc.gz": (1, {}, {"metadata": 1, "request": 1, "warcinfo": 1}),
    "whirlwind-python/whirlwind.warc.wat": (0, {}, {"metadata": 1, "warcinfo": 1}),
    "whirlwind-python/whirlwind.warc.wat.gz": (0, {}, {"metadata": 1, "warcinfo": 1}),
    "whirlwind-python/whirlwind.warc.wet": (1, {}, {"warcinfo": 1}),
    "whirlwind-python/whirlwind.warc.wet.gz": (1, {}, {"warcinfo": 1}),
}
"""By file: pages kept, rows dropped by reason, and records that are no rows by kind."""

DAMAGED = {
    "aut/badexample.arc.gz",
    "chatnoir-resiliparse/clipped.warc.gz",
    "pywb/bad.arc",
    "pywb/example.warc",
    "warcio/bad.arc",
    "warcio/example-space-in-url.arc",
    "warcio/example-trunc.warc",
}
"""Files with records that cannot be read; the last but two lacks the end of its page."""

SYNTHETIC = "synthetic_cc/SYNTH-2024-22-00000.warc.gz"


@pytest.mark.parametrize("name", sorted(FILES))
def test_every_record_of_a_real_archive_is_kept_or_dropped_or_counted(
    name: str, corpora: Path
) -> None:
    rows = read(corpora / "warc" / name)
    kept, dropped, others = FILES[name]
    found = Counter(row["reason"] for row in rows)
    told = [json.loads(row["value"]) for row in rows if row["reason"] == "not_documents"]
    assert told == ([others] if others else [])
    assert found.pop("not_documents", 0) == bool(others)
    assert found.pop(None, 0) == kept
    assert found == dropped
    assert len(rows) == kept + sum(dropped.values()) + bool(others)
    assert all(row["dropped_by"] == ("reader" if row["reason"] else None) for row in rows)
    assert len({row["id"] for row in rows}) == len(rows)
    assert rows[-1]["line"] == kept + sum(dropped.values()) + sum(others.values()) + bool(others)


@pytest.mark.parametrize(
    "name", sorted(name for name in FILES if ".arc" not in name and name not in DAMAGED)
)
def test_records_and_places_are_those_that_fastwarc_finds(name: str, corpora: Path) -> None:
    path = corpora / "warc" / name
    with path.open("rb") as stream:
        kinds = Counter[str]()
        places = set()
        for record in ArchiveIterator(stream, parse_http=False):
            kinds[str(record.record_type)] += 1
            places.add(record.stream_pos)
    kept, dropped, others = FILES[name]
    dns = others.get("dns", 0)
    ours = Counter({kind: count for kind, count in others.items() if kind != "dns"})
    for kind in ("response", "revisit", "resource", "conversion"):
        kinds["rows"] += kinds.pop(kind, 0)
    ours["rows"] = kept + sum(dropped.values()) + dns
    assert +ours == +kinds
    if not name.endswith(".lz4"):  # of a frame we know the first byte alone
        found = [row["id"].rpartition(":")[2] for row in read(path)]
        single = {int(place) for place in found if place.isdigit()}
        assert single <= places


@pytest.mark.parametrize("name", sorted(FILES))
def test_any_block_size_gives_the_same_rows(name: str, corpora: Path) -> None:
    path = corpora / "warc" / name
    sizes = (700_000,) if name == SYNTHETIC else (1, 20_000)
    whole = read(path)
    assert all(read(path, block_size) == whole for block_size in sizes)


def test_the_same_crawl_as_arc_and_as_warc_has_the_same_pages(corpora: Path) -> None:
    arc = read(corpora / "warc/aut/example.arc.gz")
    warc = read(corpora / "warc/aut/example.warc.gz")
    columns = ("url", "date", "status", "content_type", "charset", "text", "reason")
    assert [[row[name] for name in columns] for row in arc[:-1]] == [
        [row[name] for name in columns] for row in warc[:-1]
    ]


def test_a_folder_of_archives_is_read_in_the_order_of_names(corpora: Path) -> None:
    reader = WarcReader(str(corpora / "warc" / "whirlwind-python"))
    names = [file.file for file in reader.files()]
    assert names == [
        "whirlwind.warc",
        "whirlwind.warc.gz",
        "whirlwind.warc.wat",
        "whirlwind.warc.wat.gz",
        "whirlwind.warc.wet",
        "whirlwind.warc.wet.gz",
    ]
    assert len(WarcReader(str(corpora / "warc" / "chatnoir-resiliparse")).files()) == 8


def test_a_real_capture_of_common_crawl_says_what_it_is(corpora: Path) -> None:
    [page, counts] = read(corpora / "warc/whirlwind-python/whirlwind.warc.gz")
    assert page["id"] == "whirlwind.warc.gz:1023"
    assert page["url"] == "https://an.wikipedia.org/wiki/Escopete"
    assert page["date"] == "2024-05-18T01:58:10Z"
    assert (page["status"], page["content_type"], page["language"]) == (200, "text/html", "an")
    assert (page["charset"], page["charset_source"], page["replacements"]) == ("utf-8", "http", 0)
    assert page["digest"] == "sha1:RY7PLBUFQNI2FFV5FTUQK72W6SNPXLQU"
    assert page["line"] == 3
    assert counts["id"] == "whirlwind.warc.gz:records"


def test_the_text_of_a_wet_file_is_taken_as_it_is(corpora: Path) -> None:
    [page, _] = read(corpora / "warc/whirlwind-python/whirlwind.warc.wet.gz")
    assert page["text"].startswith("Escopete - Biquipedia, a enciclopedia libre\n")
    assert page["language"] == "spa"
    assert page["content_type"] == "text/plain"


def test_pages_in_every_charset_are_read_as_what_they_are(corpora: Path) -> None:
    path = corpora / "warc" / SYNTHETIC
    with gzip.open(corpora / "warc" / SYNTHETIC.replace(".warc.gz", ".gold.jsonl.gz")) as stream:
        gold = [json.loads(line) for line in stream]
    urls = Counter(page["url"] for page in gold)
    known = {page["url"]: page for page in gold if urls[page["url"]] == 1 and page.get("charset")}
    names = {"big5hkscs": "big5"}
    wrong, seen = [], Counter[str]()
    for row in read(path):
        page = known.get(row["url"])
        if page is None or row["reason"]:
            continue
        seen[row["charset"]] += 1
        if row["charset"] != names.get(page["charset"], page["charset"]) or row["replacements"]:
            wrong.append((row["id"], row["charset"], page["charset"]))
    assert wrong == []
    assert set(seen) == {"utf-8", "big5", "gb18030", "windows-1252"}
    assert sum(seen.values()) > 3800


def test_the_main_text_of_real_pages_is_found(corpora: Path) -> None:
    reader = WarcReader(str(corpora / "warc/chatnoir-resiliparse/warcfile.warc.gz"))
    plan = reader.plan(1 << 40)
    table = reader.read(plan.blocks[0], plan.columns)
    assert table.schema == schema.table_schema(plan.columns)
    texts = [text for text in table["text"].to_pylist() if text]
    assert len(texts) >= 10
    assert all("<" not in text[:1] for text in texts)


def test_what_was_cut_is_kept_for_a_restart(corpora: Path, tmp_path: Path) -> None:
    reader = WarcReader(str(corpora / "warc" / SYNTHETIC), WholePage())
    plan = reader.plan(3_000_000, tmp_path)
    [marker] = tmp_path.glob("*.records.json")
    before = marker.stat().st_mtime_ns
    assert reader.plan(3_000_000, tmp_path) == plan
    assert marker.stat().st_mtime_ns == before
    assert len(plan.blocks) == 4
    assert plan.blocks[0].first_line == 1
    tables = [reader.read(block, plan.columns) for block in plan.blocks]
    assert pa.concat_tables(tables).num_rows == 4370
