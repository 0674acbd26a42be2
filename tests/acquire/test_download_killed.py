"""Killed anywhere and started again is the same as never killed."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from curator.acquire.download import (
    FetchOptions,
    IndexQuery,
    Session,
    fetch,
    fetch_pages,
    records,
)
from tests.acquire.download_server import serving
from tests.acquire.test_download_commoncrawl import archive, index
from tests.conftest import REPOSITORY

DATA = bytes(range(251)) * 20_000
SMALL = "「你食咗飯未？」\n".encode() * 99

CODE = """
import sys
from curator.acquire.download import FetchOptions, fetch
fetch(sys.argv[2:], sys.argv[1], FetchOptions(parallel=1, read_seconds=30.0))
"""


def test_a_killed_download_continues_and_gives_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    killed, unbroken = tmp_path / "killed", tmp_path / "unbroken"
    with serving() as site:
        urls = [site.add("/small", SMALL), site.add("/large", DATA, stall=[3_000_000])]
        command = [sys.executable, "-c", CODE, str(killed), *urls]
        with subprocess.Popen(command, cwd=REPOSITORY) as process:
            assert site.stalled.wait(timeout=30)
            part = killed / "large.part"
            while not part.exists() or part.stat().st_size < 3_000_000:
                assert process.poll() is None
                time.sleep(0.01)
            process.send_signal(signal.SIGKILL)
        assert process.returncode == -signal.SIGKILL
        assert not (killed / "large").exists()
        assert not (killed / "downloads.jsonl").exists()
        site.requests.clear()
        fetched = fetch(urls, killed, FetchOptions(parallel=1))
        assert fetched.line() == "in 2 = ok 2 + failed 0 + skipped 0; 1 of the ok were here already"
        assert [(r.path, r.range) for r in site.requests] == [
            ("/large", f"bytes={3_000_000 - 4096}-")
        ]
        fetch(urls, unbroken)
    assert (killed / "large").read_bytes() == DATA
    for name in ("small", "large", "downloads.jsonl"):
        assert (killed / name).read_bytes() == (unbroken / name).read_bytes()
    names = [sorted(path.name for path in folder.iterdir()) for folder in (killed, unbroken)]
    assert names[0] == names[1]


PAGES_CODE = """
import sys
from curator.acquire.download import FetchOptions, IndexQuery, Session, fetch_pages, records
records.PIECE_BYTES = 1  # a file for every page
query = IndexQuery(languages=("zho", "jav", "eng"))
with Session(FetchOptions(parallel=1, read_seconds=30.0), base=sys.argv[2]) as session:
    fetch_pages(session, sys.argv[1], ["CC-MAIN-2024-10"], query)
"""


def test_killed_single_pages_continue_and_give_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    killed, unbroken = tmp_path / "killed", tmp_path / "unbroken"
    with serving() as site:
        _, rows = archive(site, gap=9000)
        index(site, rows)
        _, second = sorted(path for path in site.pages if path.endswith(".warc.gz"))
        site.pages[second].stall = [10]
        command = [sys.executable, "-c", PAGES_CODE, str(killed), site.url]
        with subprocess.Popen(command, cwd=REPOSITORY) as process:
            assert site.stalled.wait(timeout=30)
            process.send_signal(signal.SIGKILL)
        assert len(list(killed.rglob("*.warc.gz"))) == 3
        site.requests.clear()
        monkeypatch.setattr(records, "PIECE_BYTES", 1)
        query = IndexQuery(languages=("zho", "jav", "eng"))
        with Session(base=site.url) as session:
            fetch_pages(session, killed, ["CC-MAIN-2024-10"], query)
        assert {request.path for request in site.requests} == {
            "/crawl-data/CC-MAIN-2024-10/cc-index-table.paths.gz",
            second,
        }
        with Session(base=site.url) as session:
            fetch_pages(session, unbroken, ["CC-MAIN-2024-10"], query)
    found = [sorted(path.relative_to(folder) for path in folder.rglob("*.warc.gz"))
             for folder in (killed, unbroken)]  # fmt: skip
    assert found[0] == found[1]
    assert len(found[0]) == 6
    for name in (*found[0], "downloads.jsonl"):
        assert (killed / name).read_bytes() == (unbroken / name).read_bytes()
