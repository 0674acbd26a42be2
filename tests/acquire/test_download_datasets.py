"""Downloaded and read in one call, by the names of NeMo Curator 0.x."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from curator.acquire.datasets import download_arxiv, download_common_crawl, download_wikipedia
from curator.acquire.download import Downloader, FetchOptions
from curator.errors import DataError, RecipeError
from tests.acquire.download_server import Site, serving
from tests.acquire.test_download_commoncrawl import CRAWL, listing

LONG = "香港係一個城市，人哋喺度住咗好耐，鍾意食嘢同埋飲茶。" * 12


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
def site() -> Iterator[Site]:
    with serving() as running:
        yield running


def page(number: int, title: str, text: str) -> str:
    return (
        f"<page><title>{title}</title><ns>0</ns><id>{number}</id><revision><id>{number}0</id>"
        f"<timestamp>2026-01-01T00:00:00Z</timestamp><model>wikitext</model>"
        f'<format>text/x-wiki</format><text xml:space="preserve">{text}</text></revision></page>'
    )


def wiki(site: Site) -> None:
    """Serve a dump of two articles and a redirect."""
    pages = page(1, "香港", LONG) + page(2, "HK", "#REDIRECT [[香港]]") + page(3, "澳門", LONG[3:])
    info = (
        "<siteinfo><dbname>zh_yuewiki</dbname><base>https://zh-yue.wikipedia.org/</base></siteinfo>"
    )
    xml = f'<mediawiki version="0.11" xml:lang="zh-yue">{info}{pages}</mediawiki>'
    data = bz2.compress(xml.encode())
    name = "zh_yuewiki-20260901-pages-articles-multistream.xml.bz2"
    files = {name: {"size": len(data), "sha1": hashlib.sha1(data).hexdigest()}}
    jobs = {"articlesmultistreamdump": {"status": "done", "files": files}}
    site.add("/zh_yuewiki/20260901/dumpstatus.json", json.dumps({"jobs": jobs}).encode())
    site.add(f"/zh_yuewiki/20260901/{name}", data)


def wikipedia(site: Site, folder: Path, **how: Any) -> Any:
    return download_wikipedia(folder, "yue", "20260901", base_url=site.url, **how)


@pytest.mark.parametrize("output_type", ["jsonl", "parquet"])
def test_articles_of_a_wikipedia(site: Site, tmp_path: Path, output_type: str) -> None:
    wiki(site)
    frame = wikipedia(site, tmp_path / "yue", output_type=output_type).to_pandas()
    assert list(frame["id"]) == ["zh_yuewiki:1", "zh_yuewiki:3"]
    assert list(frame["title"]) == ["香港", "澳門"]
    assert list(frame["text"]) == [LONG, LONG[3:]]
    (ledger,) = (tmp_path / "yue-dropped").rglob("*.jsonl")
    rows = [json.loads(line) for line in ledger.read_text().splitlines()]
    assert [row["reason"] for row in rows] == ["redirect"]
    assert list((tmp_path / "yue-downloads").rglob("*.bz2")) == []
    hidden = [path.name for path in tmp_path.rglob(".*") if "downloads" not in path.name]
    assert hidden == []


def test_what_is_there_is_neither_fetched_nor_read_again(site: Site, tmp_path: Path) -> None:
    wiki(site)
    wikipedia(site, tmp_path / "yue")
    asked = len(site.requests)
    again = wikipedia(site, tmp_path / "yue")
    assert len(again.to_pandas()) == 2
    assert len(site.requests) == asked + 1  # the list alone
    wikipedia(site, tmp_path / "yue", force_download=True)
    assert len(site.requests) == asked + 3


def test_limits_and_raw_files(site: Site, tmp_path: Path) -> None:
    wiki(site)
    one = wikipedia(
        site, tmp_path / "yue", record_limit=1, raw_download_dir=tmp_path / "raw",
        keep_raw_download=True,
    )  # fmt: skip
    assert list(one.to_pandas()["title"]) == ["香港"]
    assert len(list((tmp_path / "raw").rglob("*.bz2"))) == 1


def test_a_file_that_cannot_be_fetched_is_an_error(site: Site, tmp_path: Path) -> None:
    wiki(site)
    site.pages["/zh_yuewiki/20260901/zh_yuewiki-20260901-pages-articles-multistream.xml.bz2"].answers = [(404, {})]  # fmt: skip  # noqa: E501
    with pytest.raises(DataError, match=r"failed: http_404; 1 of 1 files are missing"):
        wikipedia(site, tmp_path / "yue")
    assert len(wikipedia(site, tmp_path / "yue").to_pandas()) == 2


def test_wrong_arguments_are_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="no output_type 'csv'"):
        download_wikipedia(tmp_path, output_type="csv")
    with pytest.raises(RecipeError, match="record_limit is 0"):
        download_wikipedia(tmp_path, record_limit=0)
    with pytest.raises(RecipeError, match="stop lists"):
        download_common_crawl(tmp_path, "2024-10", "2024-10", stop_lists={})  # type: ignore[arg-type]


def test_pages_of_a_snapshot(site: Site, tmp_path: Path) -> None:
    html = f"<html><body><article><h1>茶餐廳</h1><p>{LONG}</p></article></body></html>".encode()
    http = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n" + html
    head = (
        "WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: https://example.hk/\r\n"
        "WARC-Date: 2024-01-01T00:00:00Z\r\nContent-Type: application/http; msgtype=response\r\n"
        "WARC-Record-ID: <urn:uuid:00000000-0000-0000-0000-000000000001>\r\n"
        f"Content-Length: {len(http)}\r\n\r\n"
    )
    names = [f"crawl-data/{CRAWL}/segments/1/warc/{number}.warc.gz" for number in range(3)]
    listing(site, f"/crawl-data/{CRAWL}/warc.paths.gz", names)
    for name in names:
        site.add(f"/{name}", gzip.compress(head.encode() + http + b"\r\n\r\n"))
    found = download_common_crawl(
        tmp_path / "cc", "2024-10", "2024-10", url_limit=2, base_url=site.url
    )
    frame = found.to_pandas()
    assert len(frame) == 2
    assert all(LONG in text for text in frame["text"])
    assert len(list((tmp_path / "cc" / CRAWL).glob("*.jsonl"))) == 2


def tar_of(name: str, data: bytes) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        member = tarfile.TarInfo(name)
        member.size = len(data)
        tar.addfile(member, io.BytesIO(data))
    return out.getvalue()


def test_papers_of_a_month(site: Site, tmp_path: Path) -> None:
    lines = (r"\documentclass{article}", r"\begin{document}", "Some words.", r"\end{document}")
    paper = tar_of("main.tex", "\n".join(lines).encode())
    data = tar_of("2403/2403.00001.gz", gzip.compress(paper))
    entry = f"<filename>src/a.tar</filename><md5sum>{hashlib.md5(data).hexdigest()}</md5sum>"
    site.add("/src/a.tar", data)
    site.add(
        "/src/arXiv_src_manifest.xml",
        f"<arXivSRC><file>{entry}<yymm>2403</yymm></file></arXivSRC>".encode(),
    )
    options = FetchOptions(attempts=1)
    found = download_arxiv(tmp_path / "arxiv", base_url=site.url, options=options)
    assert list(found.to_pandas()["id"]) == ["arxiv:2403.00001"]


def test_the_downloader_of_a_reader_of_ones_own(site: Site, tmp_path: Path) -> None:
    path = Downloader().download(site.add("/a.txt", b"x"), tmp_path)
    assert path == tmp_path / "a.txt"
    assert path.read_bytes() == b"x"
    with pytest.raises(DataError, match=r"/b: failed: http_404: Not Found; check the URL"):
        Downloader().download(f"{site.url}/b", tmp_path)
