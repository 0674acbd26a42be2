"""Names of files come from URLs that nobody vouches for."""

from __future__ import annotations

import doctest
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curator.acquire.download import names
from curator.acquire.download.names import LONGEST, Names, name_of, safe_name, safe_path

HOSTILE = st.text(
    st.one_of(st.characters(), st.sampled_from([*"/\\.:%~ \0\n*?嘅é\ud800"])),
    max_size=400,
)


def test_the_examples_of_the_docstrings_hold() -> None:
    assert doctest.testmod(names).failed == 0


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://a/zh_yuewiki-20260101-pages-articles.xml.bz2", None),
        ("https://a/%E7%B2%B5%E8%AA%9E.jsonl", "粵語.jsonl"),
        ("https://a/x.gz?sig=1#part", "x.gz"),
        ("https://example.org/", "example.org"),
        ("https://a/b/", "b"),
        ("https://a/%2e%2e%2f%2e%2e%2fpasswd", "_._.._passwd"),
        ("https://a/..", "_"),
        ("https://a/.bashrc", "_bashrc"),
        ("https://a/a%00b", "a_b"),
        ("https://a/CON.txt", "_CON.txt"),
        ("https://a/lpt1", "_lpt1"),
        ("https://a/name.%20.", "name"),
        ("https://a/downloads.jsonl", "_downloads.jsonl"),
        ("https://a/x.part", "x.part_"),
        ("https://a/x.PART.json", "x.PART.json_"),
        ("https://a/%ff%fe", "_xff_xfe"),
        ("s3://bucket/key/file.tar", "file.tar"),
        ("/local/dir/file.tar", "file.tar"),
        ("C:\\dir\\file.tar", "file.tar"),
    ],
)
def test_names_of_urls(url: str, name: str | None) -> None:
    assert name_of(url) == (name or url.rpartition("/")[2])


def test_a_long_name_keeps_its_extensions_and_stays_apart_from_its_like() -> None:
    one, other = (safe_name("粵" * 200 + end + ".warc.gz") for end in ("甲", "乙"))
    assert one != other
    assert one.endswith(".warc.gz")
    assert len(one.encode()) <= LONGEST


@given(HOSTILE)
def test_every_name_is_one_safe_part(text: str) -> None:
    for name in (safe_name(text), name_of("https://a/" + text), name_of(text)):
        assert name not in ("", ".", "..")
        assert not set(name) & set("/\\\0\n:")
        assert not name.startswith(".")
        assert 0 < len(name.encode()) <= LONGEST + 1
        assert os.path.basename(name) == name
        assert not name.lower().endswith((".part", ".part.json"))
    assert safe_name(safe_name(text)) == safe_name(text)


@given(HOSTILE)
def test_every_path_stays_in_its_folder(text: str) -> None:
    path = Path("/folder") / safe_path(text)
    assert Path(os.path.normpath(path)).is_relative_to("/folder")
    assert ".." not in path.parts


@given(st.lists(st.tuples(HOSTILE, HOSTILE), max_size=8, unique_by=lambda pair: pair[0]))
def test_every_url_has_a_place_of_its_own_and_keeps_it(pairs: list[tuple[str, str]]) -> None:
    given_names = Names()
    places = {url: given_names.place(url, file) for url, file in pairs}
    folded = [place.casefold() for place in places.values()]
    assert len(set(folded)) == len(folded)
    for place in folded:
        assert not any(other.startswith(place + "/") for other in folded)
    again = Names(places.items())
    assert {url: again.place(url, file) for url, file in reversed(pairs)} == places


def test_a_file_and_a_folder_of_one_name_are_told_apart() -> None:
    given_names = Names()
    places = [
        given_names.place("http://a/1", "a"),
        given_names.place("http://a/2", "a/b"),
        given_names.place("http://a/3", "c/d"),
        given_names.place("http://a/4", "c"),
    ]
    assert places[0] == "a"
    assert "/" not in places[1]
    assert places[2] == "c/d"
    assert places[3] != "c"
