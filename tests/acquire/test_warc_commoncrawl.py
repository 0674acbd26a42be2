"""Common Crawl by its lists: which files are read, and that none is missing in silence."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from curator.acquire.commoncrawl import CommonCrawlReader
from curator.errors import DataError, RecipeError
from tests.acquire.warc_builder import WholePage, members, page

PATHS = [
    "crawl-data/CC-MAIN-2024-22/segments/1/warc/CC-MAIN-1-00000.warc.gz",
    "crawl-data/CC-MAIN-2024-22/segments/1/warc/CC-MAIN-1-00001.warc.gz",
    "crawl-data/CC-NEWS/2024/05/CC-NEWS-20240501-00002.warc.gz",
]


def crawl(folder: Path) -> str:
    """Put the three files where a mirror, the download command and a plain copy put them."""
    places = [
        folder / PATHS[0],
        folder / "CC-MAIN-2024-22" / "CC-MAIN-1-00001.warc.gz",
        folder / "CC-NEWS-2024-05" / "CC-NEWS-20240501-00002.warc.gz",
    ]
    for number, place in enumerate(places):
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(members(page(url=f"http://a.example/{number}")))
    paths = folder / "warc.paths.gz"
    paths.write_bytes(gzip.compress("\n".join(PATHS).encode() + b"\n"))
    return str(paths)


def urls(reader: CommonCrawlReader) -> list[str]:
    plan = reader.plan(1 << 20)
    assert plan.files == reader.files()
    return [
        url
        for block in plan.blocks
        for url in reader.read(block, plan.columns).column("url").to_pylist()
    ]


def test_the_files_of_the_list_are_read_wherever_they_lie(tmp_path: Path) -> None:
    reader = CommonCrawlReader(crawl(tmp_path), str(tmp_path), extractor=WholePage())
    assert urls(reader) == [f"http://a.example/{number}" for number in range(3)]


def test_part_of_a_crawl_is_read(tmp_path: Path) -> None:
    paths = crawl(tmp_path)
    assert urls(CommonCrawlReader(paths, str(tmp_path), 1, 1, WholePage())) == [
        "http://a.example/1"
    ]
    with pytest.raises(DataError, match="names no file from number 3 on"):
        CommonCrawlReader(paths, str(tmp_path), 3).files()
    with pytest.raises(RecipeError, match="count at 1"):
        CommonCrawlReader(paths, count=0)


def test_a_missing_file_is_an_error_and_not_a_smaller_corpus(tmp_path: Path) -> None:
    paths = crawl(tmp_path)
    (tmp_path / PATHS[0]).unlink()
    with pytest.raises(DataError, match=r"1 of the 3 files .* are not here, first crawl-data"):
        CommonCrawlReader(paths, str(tmp_path)).plan(1 << 20)
    assert len(CommonCrawlReader(paths, str(tmp_path), first=1).files()) == 2


@pytest.mark.parametrize("line", ["../../etc/passwd", "/etc/x.warc.gz", "a/../b.warc.gz", "x y"])
def test_a_list_cannot_lead_out_of_its_folder(line: str, tmp_path: Path) -> None:
    paths = tmp_path / "warc.paths"
    paths.write_text(f"{PATHS[0]}\n{line}\n")
    with pytest.raises(DataError, match=r"warc\.paths:2: .* is no path of a web archive"):
        CommonCrawlReader(str(paths), str(tmp_path)).files()


def test_a_list_that_is_cut_off_is_an_error(tmp_path: Path) -> None:
    paths = Path(crawl(tmp_path))
    paths.write_bytes(paths.read_bytes()[:-9])
    with pytest.raises(DataError, match="cut off"):
        CommonCrawlReader(str(paths), str(tmp_path)).files()
