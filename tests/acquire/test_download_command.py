"""The command `curator download`: what it says, what it writes, how it ends."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from curator.acquire.download.url_list import read_url_list
from curator.cli import main
from curator.download_command import download
from curator.errors import DataError
from tests.acquire.download_server import Site, serving
from tests.acquire.test_download_commoncrawl import CRAWL, archive, index, listing, urls_in
from tests.acquire.test_download_wikimedia import WIKI, dates, dump, manifest
from tests.conftest import REPOSITORY

DATA = "「食咗飯未？」".encode() * 100


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("COLUMNS", "120")


@pytest.fixture
def site() -> Iterator[Site]:
    with serving() as running:
        yield running


def curator(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["download", *map(str, arguments)])


def test_urls_are_fetched_and_accounted_for(site: Site, tmp_path: Path) -> None:
    good, missing = site.add("/good.jsonl", DATA), site.url + "/missing"
    result = curator("urls", good, missing, "-o", tmp_path / "out")
    assert result.exit_code == 1
    lines = result.stdout.splitlines()
    assert lines[:2] == ["in 2 = ok 1 + failed 1 + skipped 0", "  http_404 1"]
    assert f"failed {missing}: http_404: Not Found" in result.stderr
    assert "curator: 1 failed; the reasons are in the ledger" in result.stderr
    assert (tmp_path / "out" / "good.jsonl").read_bytes() == DATA


def test_urls_and_sums_out_of_a_file(site: Site, tmp_path: Path) -> None:
    good = hashlib.sha256(DATA).hexdigest()
    one, two = site.add("/one", DATA), site.add("/two", DATA)
    lists = tmp_path / "list.txt"
    lists.write_text(f"# 粵語\n\n{one}  sha256:{good} # checked\n{two}#part\n")
    result = curator("urls", "--from", lists, "-o", tmp_path / "out")
    assert result.exit_code == 0
    assert result.stdout.startswith("in 2 = ok 2 + failed 0 + skipped 0\n")
    rows = [
        json.loads(line) for line in (tmp_path / "out/downloads.jsonl").read_text().split("\n")[:-1]
    ]
    assert [row["checksum"] for row in rows] == [f"sha256:{good}", None]


@pytest.mark.parametrize(
    "line", ["http://a/b sha1:12", "http://a/b c d", "http://a/b md5", "http://a/" + "x" * 70_000]
)
def test_a_wrong_line_of_a_list_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "list.txt"
    path.write_text(f"http://a/good\n{line}\n")
    with pytest.raises(DataError, match=r"list\.txt:2: "):
        read_url_list([], [path])


def test_a_list_that_is_no_text_is_named(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"\xff\xfe")
    for name in ("x", "missing"):
        with pytest.raises(DataError, match=f"{name}: cannot be read"):
            read_url_list([], [tmp_path / name])


def test_nothing_to_fetch_is_a_question(tmp_path: Path) -> None:
    result = curator("urls", "-o", tmp_path)
    assert result.exit_code == 2
    assert "name a URL" in result.stderr


def test_a_dry_run_tells_and_writes_nothing(site: Site, tmp_path: Path) -> None:
    names = [f"crawl-data/{CRAWL}/{number}.warc.gz" for number in range(12)]
    listing(site, f"/crawl-data/{CRAWL}/warc.paths.gz", names)
    for name in names[:2]:
        site.add(f"/{name}", b"x" * 3_000_000)
    result = curator(
        "commoncrawl", "2024-10", "--base-url", site.url, "-o", tmp_path / "out", "--dry-run"
    )
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[1] == "12 of 12 files that are listed, about 36.0 MB"
    assert lines[0].startswith(f"  {site.url}/{names[2]}: http_404")
    assert lines[2] == f"  {site.url}/{names[0]}"
    assert lines[12] == "  … and 2 more"
    assert lines[13].startswith(f"free at {tmp_path / 'out'}: ")
    assert not (tmp_path / "out").exists()
    assert [request.method for request in site.requests] == ["GET", "HEAD", "HEAD", "HEAD"]


def test_pages_of_a_language(site: Site, tmp_path: Path) -> None:
    _, rows = archive(site)
    index(site, rows)
    common = ("commoncrawl", "2024-10", "--base-url", site.url, "-o", tmp_path / "out")
    which = ("--language", "zho", "--tld", "hk", "--tld", "org")
    dry = curator(*common, *which, "--dry-run")
    assert dry.stdout.splitlines()[0].startswith(f"2 pages of {CRAWL}, ")
    assert "https://www.example.com.hk/食" in dry.stdout
    assert not (tmp_path / "out").exists()
    result = curator(*common, *which)
    assert result.exit_code == 0, result.stderr
    line = "in 4 = ok 4 + failed 0 + skipped 0; 2 of them files of the index"
    assert result.stdout.splitlines()[0] == line
    assert len(urls_in(tmp_path / "out")) == 2
    again = curator(*common, *which)
    assert again.stdout.splitlines()[0] == line + "; 2 of the ok were here already"


def test_months_of_news(site: Site, tmp_path: Path) -> None:
    listing(site, "/crawl-data/CC-NEWS/2024/03/warc.paths.gz", ["crawl-data/CC-NEWS/n.warc.gz"])
    site.add("/crawl-data/CC-NEWS/n.warc.gz", DATA)
    result = curator("commoncrawl", "2024-03", "--news", "--base-url", site.url, "-o", tmp_path)
    assert result.exit_code == 0, result.stderr
    assert (tmp_path / "CC-NEWS-2024-03" / "n.warc.gz").read_bytes() == DATA


@pytest.mark.parametrize(
    "wrong",
    [("--news", "--tld", "hk"), ("--record-limit", "3"), ("--first-language-only",)],
)
def test_options_that_do_not_go_together(tmp_path: Path, wrong: tuple[str, ...]) -> None:
    result = curator("commoncrawl", "2024-10", "-o", tmp_path, *wrong)
    assert result.exit_code == 2


def test_dumps_of_two_wikis_with_one_of_them_missing(site: Site, tmp_path: Path) -> None:
    dates(site, "20261001")
    dump(site, "20261001")
    result = curator("wikimedia", "yue", "--base-url", site.url, "-o", tmp_path)
    assert result.exit_code == 0, result.stderr
    assert len(list((tmp_path / WIKI / "20261001").iterdir())) == 2
    missing = curator("wikimedia", "yue", "iba", "--base-url", site.url, "-o", tmp_path)
    assert missing.exit_code == 1
    assert f"curator: {site.url}/ibawiki/: cannot be fetched: http_404" in missing.stderr


def test_arxiv_from_a_mirror(site: Site, tmp_path: Path) -> None:
    site.add("/src/arXiv_src_manifest.xml", manifest("2403", "2404"))
    result = curator(
        "arxiv", "--start", "2404", "--base-url", site.url, "-o", tmp_path, "--dry-run"
    )
    assert result.stdout.startswith("1 of 1 files that are listed, 12.0 kB\n")


def test_what_a_server_sends_cannot_drive_the_terminal(site: Site, tmp_path: Path) -> None:
    names = ["crawl-data/a\x1b]0;owned\x07.warc.gz"]
    site.add(f"/crawl-data/{CRAWL}/warc.paths.gz", gzip.compress("\n".join(names).encode()))
    result = curator("commoncrawl", "2024-10", "--base-url", site.url, "-o", tmp_path)
    assert result.exit_code == 1
    assert "\x1b" not in result.output


@pytest.mark.parametrize("command", ["commoncrawl", "wikimedia", "arxiv", "urls"])
def test_every_option_is_explained(command: str) -> None:
    result = curator(command, "--help")
    assert result.exit_code == 0
    for option in ("--output", "--contact", "--dry-run", "--max-total-size", "--recheck"):
        assert option in result.stdout


def test_every_command_of_the_page_is_one() -> None:
    page = (REPOSITORY / "docs" / "download.md").read_text("utf-8")
    blocks = re.findall(r"```sh\n(.*?)```", page, re.S)
    lines = [line for block in blocks for line in block.splitlines() if line.startswith("curator")]
    assert len(lines) >= 9
    for line in lines:
        name, *arguments = shlex.split(line)[2:]
        arguments = [word.replace("list.txt", __file__) for word in arguments]
        assert download.commands[name].make_context(name, arguments).params["output"]


def test_the_python_of_the_page_runs(site: Site, tmp_path: Path) -> None:
    page = (REPOSITORY / "docs" / "download.md").read_text("utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", page, re.S)
    _, rows = archive(site)
    index(site, rows)
    code = code.replace("https://example.org/a.jsonl.gz", site.add("/a.jsonl.gz", DATA))
    code = code.replace("https://data.commoncrawl.org", site.url)
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
    )
    assert done.stderr == ""
    assert done.stdout == "in 1 = ok 1 + failed 0 + skipped 0\nok a.jsonl.gz None\n"
    assert urls_in(tmp_path / "raw" / "cc-hk") == ["https://www.example.com.hk/食"]
