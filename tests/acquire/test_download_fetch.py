"""Files come whole or not at all, whatever the server does, and each is accounted for."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from curator.acquire.download import (
    Fetched,
    FetchOptions,
    Row,
    Session,
    Wanted,
    fetch,
    read_ledger,
)
from curator.acquire.download.ledger import Ledger
from curator.errors import DataError, RecipeError, ResourceError
from tests.acquire.download_server import FastClock, Site, serving

DATA = bytes(range(256)) * 400
"""102,400 bytes, no two stretches of 256 of which are told apart by their place alone."""

TEXT = "「食咗飯未？」佢問。\n".encode() * 3000


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
def site() -> Iterator[Site]:
    with serving() as running:
        yield running


def get(
    wanted: str | Wanted | list[Any], folder: Path, clock: FastClock | None = None, **options: Any
) -> Fetched:
    wanted = wanted if isinstance(wanted, list) else [wanted]
    with Session(FetchOptions(**{"read_seconds": 5.0, **options}), clock or FastClock()) as session:
        return fetch(wanted, folder, session=session)


def left_over(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if ".part" in path.name)


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def broken_off(site: Site, folder: Path) -> str:
    """Leave the first 60,000 bytes of a file in the folder, and return its URL."""
    url = site.add("/a", DATA, cut=[60_000], answers=[None, (404, {})])
    assert get(url, folder).reasons == {"http_404": 1}
    assert left_over(folder) == ["a.part", "a.part.json"]
    site.requests.clear()
    return url


# the good server


def test_a_file_comes_whole_and_is_in_the_ledger(site: Site, tmp_path: Path) -> None:
    url = site.add("/dumps/yue.jsonl.gz", TEXT)
    fetched = get(url, tmp_path)
    assert (tmp_path / "yue.jsonl.gz").read_bytes() == TEXT
    assert fetched.line() == "in 1 = ok 1 + failed 0 + skipped 0"
    assert json.loads((tmp_path / "downloads.jsonl").read_text()) == {
        "url": url,
        "status": "ok",
        "reason": None,
        "value": None,
        "file": "yue.jsonl.gz",
        "bytes": len(TEXT),
        "sha256": sha256(TEXT),
        "checksum": None,
    }
    assert left_over(tmp_path) == []


def test_an_empty_list_gives_an_empty_ledger(tmp_path: Path) -> None:
    assert get([], tmp_path).line() == "in 0 = ok 0 + failed 0 + skipped 0"
    assert (tmp_path / "downloads.jsonl").read_bytes() == b""


def test_an_empty_file_is_a_file(site: Site, tmp_path: Path) -> None:
    assert get(site.add("/empty", b""), tmp_path).count("ok") == 1
    assert (tmp_path / "empty").read_bytes() == b""


def test_what_is_there_is_not_fetched_again(site: Site, tmp_path: Path) -> None:
    url = site.add("/a", DATA)
    get(url, tmp_path)
    before = (tmp_path / "downloads.jsonl").read_bytes()
    again = get(url, tmp_path)
    assert again.present == 1
    assert again.line() == "in 1 = ok 1 + failed 0 + skipped 0; 1 of the ok were here already"
    assert len(site.requests) == 1
    assert (tmp_path / "downloads.jsonl").read_bytes() == before


def test_force_fetches_again(site: Site, tmp_path: Path) -> None:
    url = site.add("/a", b"old")
    get(url, tmp_path)
    site.add("/a", b"newer")
    assert get(url, tmp_path, force=True).present == 0
    assert (tmp_path / "a").read_bytes() == b"newer"


def test_a_file_that_lost_bytes_is_fetched_again(site: Site, tmp_path: Path) -> None:
    url = site.add("/a", DATA)
    get(url, tmp_path)
    (tmp_path / "a").write_bytes(DATA[:50])
    get(url, tmp_path)
    assert (tmp_path / "a").read_bytes() == DATA


def test_recheck_finds_a_changed_file_of_the_same_size(site: Site, tmp_path: Path) -> None:
    url = site.add("/a", DATA)
    get(url, tmp_path)
    (tmp_path / "a").write_bytes(DATA[::-1])
    assert get(url, tmp_path).present == 1
    assert get(url, tmp_path, recheck=True).present == 0
    assert (tmp_path / "a").read_bytes() == DATA


def test_url_limit_takes_the_first(site: Site, tmp_path: Path) -> None:
    urls = [site.add(f"/{name}", name.encode()) for name in "abc"]
    fetched = get(urls, tmp_path, url_limit=2)
    assert fetched.line() == "in 2 = ok 2 + failed 0 + skipped 0; the source lists 3"
    assert [path.name for path in fetched.files(tmp_path)] == ["a", "b"]


def test_a_url_named_twice_counts_once(site: Site, tmp_path: Path) -> None:
    url = site.add("/a", b"1")
    assert len(get([url, url], tmp_path).rows) == 1
    assert len(site.requests) == 1


# breaks and resumption


@pytest.mark.parametrize("ranges", [True, False], ids=["served", "refused"])
def test_a_closed_connection_is_taken_up_again(site: Site, tmp_path: Path, ranges: bool) -> None:
    url = site.add("/a", DATA, cut=[60_000, 20_000], ranges=ranges)
    assert get(url, tmp_path).count("ok") == 1
    assert (tmp_path / "a").read_bytes() == DATA
    ranges_asked = [request.range for request in site.requests]
    assert ranges_asked[0] is None
    assert ranges_asked[1] == f"bytes={60_000 - 4096}-"
    assert len(ranges_asked) == 3


def test_a_stalled_transfer_ends_and_continues(site: Site, tmp_path: Path) -> None:
    url = site.add("/a", DATA, stall=[70_000])
    get(url, tmp_path, read_seconds=0.05)
    assert (tmp_path / "a").read_bytes() == DATA
    assert [request.range for request in site.requests] == [None, f"bytes={70_000 - 4096}-"]


def test_the_entity_tag_travels_along(site: Site, tmp_path: Path) -> None:
    get(site.add("/a", DATA, cut=[60_000]), tmp_path)
    assert site.requests[1].headers["if-range"] == '"first"'


def test_a_weak_tag_is_no_proof_but_a_date_is(site: Site, tmp_path: Path) -> None:
    date = "Sat, 21 Nov 2026 10:00:00 GMT"
    get(site.add("/a", DATA, etag='W/"x"', modified=date, cut=[60_000]), tmp_path)
    assert site.requests[1].headers["if-range"] == date
    assert (tmp_path / "a").read_bytes() == DATA


def test_without_any_proof_a_break_means_from_the_start(site: Site, tmp_path: Path) -> None:
    url = site.add("/a", DATA, etag="", cut=[60_000])
    get(url, tmp_path)
    assert [request.range for request in site.requests] == [None, None]
    assert (tmp_path / "a").read_bytes() == DATA


def test_a_published_sum_is_proof_enough_to_resume(site: Site, tmp_path: Path) -> None:
    url = site.add("/a", DATA, etag="", cut=[60_000])
    get(Wanted(url, checksum=f"sha256:{sha256(DATA)}"), tmp_path)
    assert site.requests[1].range == f"bytes={60_000 - 4096}-"
    assert (tmp_path / "a").read_bytes() == DATA


def test_a_file_that_changed_at_the_source_is_fetched_anew(site: Site, tmp_path: Path) -> None:
    url = broken_off(site, tmp_path)
    site.add("/a", DATA[::-1], etag='"second"')
    get(url, tmp_path)
    assert (tmp_path / "a").read_bytes() == DATA[::-1]


def test_a_changed_file_with_the_old_tag_is_found_by_the_overlap(
    site: Site, tmp_path: Path
) -> None:
    url = broken_off(site, tmp_path)
    site.add("/a", DATA[::-1])
    get(url, tmp_path)
    assert (tmp_path / "a").read_bytes() == DATA[::-1]


def test_another_part_than_the_one_asked_for_is_not_used(site: Site, tmp_path: Path) -> None:
    url = site.add("/a", DATA, cut=[60_000], shift=512)
    get(url, tmp_path)
    assert (tmp_path / "a").read_bytes() == DATA
    assert [request.range for request in site.requests] == [None, f"bytes={60_000 - 4096}-", None]


def test_a_file_that_became_shorter_begins_anew(site: Site, tmp_path: Path) -> None:
    url = broken_off(site, tmp_path)
    site.add("/a", DATA[:1000])
    get(url, tmp_path)
    # the first was answered with 416
    assert [request.range for request in site.requests] == [f"bytes={60_000 - 4096}-", None]
    assert (tmp_path / "a").read_bytes() == DATA[:1000]


def test_a_whole_part_of_a_killed_download_is_finished(site: Site, tmp_path: Path) -> None:
    url = site.add("/a", DATA)
    (tmp_path / "a.part").write_bytes(DATA)
    memo = {"url": url, "validator": '"first"', "total": len(DATA)}
    (tmp_path / "a.part.json").write_text(json.dumps(memo))
    get(url, tmp_path)
    assert (tmp_path / "a").read_bytes() == DATA
    assert site.requests[0].range == f"bytes={len(DATA) - 4096}-"


@pytest.mark.parametrize("memo", [b"", b"[]", b"{", b'{"url": "http://other/"}', b"\xff"])
def test_a_part_of_unknown_origin_is_not_used(site: Site, tmp_path: Path, memo: bytes) -> None:
    url = site.add("/a", DATA)
    (tmp_path / "a.part").write_bytes(b"x" * 50_000)
    (tmp_path / "a.part.json").write_bytes(memo)
    get(url, tmp_path)
    assert (tmp_path / "a").read_bytes() == DATA
    assert site.requests[0].range is None


def test_a_link_in_the_place_of_a_part_is_not_followed(site: Site, tmp_path: Path) -> None:
    victim = tmp_path / "precious"
    victim.write_bytes(b"precious")
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "a.part").symlink_to(victim)
    with pytest.raises(ResourceError):
        get(site.add("/a", DATA), folder)
    assert victim.read_bytes() == b"precious"


def test_progress_starts_the_count_anew(site: Site, tmp_path: Path) -> None:
    url = site.add("/a", DATA, cut=[9_000] * 12)  # twelve breaks, each some bytes further
    assert get(url, tmp_path, attempts=2).count("ok") == 1
    assert (tmp_path / "a").read_bytes() == DATA


def test_breaks_without_progress_end(site: Site, tmp_path: Path) -> None:
    url = site.add("/a", DATA, cut=[9_000] * 50, ranges=False)
    assert get(url, tmp_path, attempts=3).reasons == {"broken_off": 1}
    assert len(site.requests) == 4  # the first got somewhere


# servers that lie


def test_a_body_shorter_than_its_length_is_no_file(site: Site, tmp_path: Path) -> None:
    url = site.add("/a", DATA, length=len(DATA) + 5, ranges=False)
    assert get(url, tmp_path, attempts=2).reasons == {"broken_off": 1}
    assert not (tmp_path / "a").exists()


def test_a_length_below_the_truth_is_found_by_size_or_sum(site: Site, tmp_path: Path) -> None:
    url = site.add("/a", DATA, length=1000)
    assert get(Wanted(url, bytes=len(DATA)), tmp_path, attempts=2).reasons == {"size_differs": 1}
    wanted = Wanted(url, "b", checksum=f"sha256:{sha256(DATA)}")
    assert get(wanted, tmp_path, attempts=2, force=True).reasons == {"wrong_checksum": 1}
    assert not (tmp_path / "a").exists()
    assert not (tmp_path / "b").exists()


def test_no_length_at_all_is_said(site: Site, tmp_path: Path) -> None:
    fetched = get(site.add("/a", DATA, length=-1), tmp_path)
    assert (tmp_path / "a").read_bytes() == DATA
    assert fetched.rows[0].status == "ok"
    assert fetched.rows[0].reason == "unknown_length"


def test_chunks_mark_their_end(site: Site, tmp_path: Path) -> None:
    url = site.add("/a", DATA, chunked=True, cut=[60_000])
    fetched = get(url, tmp_path)
    assert (tmp_path / "a").read_bytes() == DATA
    assert fetched.rows[0].reason is None
    assert [request.range for request in site.requests] == [None, f"bytes={60_000 - 4096}-"]


def test_a_date_that_is_none_is_no_proof(site: Site, tmp_path: Path) -> None:
    get(site.add("/a", DATA, etag="", modified="yesterday", cut=[60_000]), tmp_path)
    assert [request.range for request in site.requests] == [None, None]


@pytest.mark.parametrize("kind", ["md5", "sha1", "sha256"])
def test_a_file_is_held_to_its_sum(site: Site, tmp_path: Path, kind: str) -> None:
    right = f"{kind}:{hashlib.new(kind, DATA).hexdigest()}"
    wrong = f"{kind}:{hashlib.new(kind, TEXT).hexdigest()}"
    url = site.add("/a", DATA)
    failed = get(Wanted(url, checksum=wrong), tmp_path, attempts=3)
    assert failed.reasons == {"wrong_checksum": 1}
    assert len(site.requests) == 3
    assert not (tmp_path / "a").exists()
    assert left_over(tmp_path) == []
    fetched = get(Wanted(url, checksum=right), tmp_path)
    assert fetched.rows[0].checksum == right
    assert (tmp_path / "a").read_bytes() == DATA


def test_a_sum_that_is_none_is_refused_at_once() -> None:
    with pytest.raises(RecipeError, match="is no sum"):
        Wanted("http://a/b", checksum="sha1:xyz")
    with pytest.raises(RecipeError, match="is no sum"):
        Wanted("http://a/b", checksum="crc32:")


def test_an_answer_packed_on_the_way_is_not_taken_for_the_file(site: Site, tmp_path: Path) -> None:
    url = site.add("/a.jsonl", DATA, headers={"Content-Encoding": "gzip"})
    assert get(url, tmp_path).reasons == {"packed_answer": 1}


def test_a_gz_file_labelled_as_encoded_is_stored_as_it_is(site: Site, tmp_path: Path) -> None:
    get(site.add("/a.jsonl.gz", DATA, headers={"Content-Encoding": "gzip"}), tmp_path)
    assert (tmp_path / "a.jsonl.gz").read_bytes() == DATA
    assert site.requests[0].headers["accept-encoding"] == "identity"


# statuses and redirects


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 451, 501])
def test_some_answers_are_final(site: Site, tmp_path: Path, status: int) -> None:
    url = site.add("/a", DATA, answers=[(status, {})])
    good = site.add("/b", TEXT)
    fetched = get([url, good], tmp_path)
    assert fetched.line() == "in 2 = ok 1 + failed 1 + skipped 0"
    assert fetched.rows[0].reason == f"http_{status}"
    assert len(site.asked("/a")) == 1
    assert (tmp_path / "b").read_bytes() == TEXT


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_others_may_be_better_next_time(site: Site, tmp_path: Path, status: int) -> None:
    url = site.add("/a", DATA, answers=[(status, {}), (status, {})])
    assert get(url, tmp_path).count("ok") == 1
    assert len(site.requests) == 3


def test_a_server_that_never_recovers_is_given_up(site: Site, tmp_path: Path) -> None:
    url = site.add("/a", DATA, answers=[(503, {})] * 9)
    fetched = get(url, tmp_path, attempts=4)
    assert fetched.reasons == {"http_503": 1}
    assert len(site.requests) == 4


def test_a_failed_file_is_tried_again_by_the_next_run(site: Site, tmp_path: Path) -> None:
    url = site.add("/a", DATA, answers=[(404, {})])
    assert get(url, tmp_path).count("failed") == 1
    assert get(url, tmp_path).count("ok") == 1
    assert read_ledger(tmp_path)[url, -1].status == "ok"


def test_redirects_are_followed_with_the_range(site: Site, tmp_path: Path) -> None:
    with serving() as other:
        target = other.add("/real", DATA, cut=[60_000])
        url = site.add("/a", answers=[(302, {"Location": "/b"})] * 2)
        site.add("/b", answers=[(307, {"Location": target})] * 2)
        get(url, tmp_path)
        assert (tmp_path / "a").read_bytes() == DATA
        assert other.requests[1].range == f"bytes={60_000 - 4096}-"


@pytest.mark.parametrize(
    "target", ["file:///etc/passwd", "ftp://a/b", "data:text/plain,x", "s3://a/b", "javascript:1"]
)
def test_redirects_leave_the_web_never(site: Site, tmp_path: Path, target: str) -> None:
    url = site.add("/a", answers=[(301, {"Location": target})])
    fetched = get(url, tmp_path)
    assert fetched.reasons == {"bad_redirect": 1}
    assert {path.name for path in tmp_path.iterdir()} == {"downloads.jsonl", ".downloads-lock"}


def test_redirects_in_a_circle_end(site: Site, tmp_path: Path) -> None:
    url = site.add("/a", answers=[(302, {"Location": "/a"})] * 30)
    assert get(url, tmp_path).reasons == {"bad_redirect": 1}
    assert len(site.requests) == 10


@pytest.mark.parametrize("target", ["http://user:secret@127.0.0.1/x", "http:///x", "http://[::1/x"])
def test_redirects_to_nowhere_fail(site: Site, tmp_path: Path, target: str) -> None:
    url = site.add("/a", answers=[(302, {"Location": target})])
    assert get(url, tmp_path).count("failed") == 1


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://user:secret@127.0.0.1:1/a", "password_in_url"),
        ("http:///a", "bad_url"),
        ("http://[::1/a", "bad_url"),
        ("http://127.0.0.1:99999/a", "bad_url"),
        ("http://127.0.0.1/a\x00b", "bad_url"),
        ("nonsense://a/b", "bad_url"),
        ("zip://a::http://b", "bad_url"),
        ("ftp://user:secret@127.0.0.1/a", "password_in_url"),
        ("", "is_folder"),
    ],
)
def test_a_bad_url_is_a_row(tmp_path: Path, url: str, reason: str) -> None:
    assert get(url, tmp_path).reasons == {reason: 1}
    assert "secret" not in (tmp_path / "downloads.jsonl").read_text()


def test_a_dead_host_is_given_up_for_all_its_files(site: Site, tmp_path: Path) -> None:
    with serving() as gone:
        dead = gone.url
    urls = [f"{dead}/{number}" for number in range(50)] + [site.add("/a", DATA)]
    clock = FastClock()
    fetched = get(urls, tmp_path, clock, host_failures=6)
    assert fetched.line() == "in 51 = ok 1 + failed 50 + skipped 0"
    assert fetched.reasons["host_unreachable"] >= 40
    assert len(clock.waits) < 60


# limits


def test_a_file_over_the_limit_is_skipped(site: Site, tmp_path: Path) -> None:
    large, small = site.add("/large", DATA), site.add("/small", b"x")
    fetched = get([large, small], tmp_path, max_file_bytes=1000)
    assert fetched.line() == "in 2 = ok 1 + failed 0 + skipped 1"
    assert fetched.rows[0].reason == "over_max_file_bytes"
    assert left_over(tmp_path) == []


def test_a_file_without_a_length_cannot_grow_over_the_limit(site: Site, tmp_path: Path) -> None:
    url = site.add("/large", DATA, length=-1)
    assert get(url, tmp_path, max_file_bytes=1000).reasons == {"over_max_file_bytes": 1}
    assert left_over(tmp_path) == []


def test_the_sum_of_all_files_has_a_limit(site: Site, tmp_path: Path) -> None:
    urls = [site.add(f"/{number}", b"x" * 400) for number in range(5)]
    fetched = get(urls, tmp_path, max_total_bytes=1000, parallel=1)
    assert [row.status for row in fetched.rows] == ["ok", "ok", "skipped", "skipped", "skipped"]
    assert fetched.reasons == {"over_max_total_bytes": 3}


def test_broken_attempts_do_not_use_up_the_limit(site: Site, tmp_path: Path) -> None:
    url = site.add("/a", DATA, cut=[60_000, 20_000])
    assert get(url, tmp_path, max_total_bytes=len(DATA)).count("ok") == 1


def test_a_trickle_ends(site: Site, tmp_path: Path) -> None:
    clock = FastClock()
    clock.step = 1.0  # a second passes between two looks
    url = site.add("/a", DATA * 20, ranges=False)
    options = {"minimum_speed": 1e12, "speed_window_seconds": 3.0, "attempts": 2}
    assert get(url, tmp_path, clock, **options).reasons == {"too_slow": 1}
    assert get(url, tmp_path, clock, minimum_speed=1.0, speed_window_seconds=3.0).count("ok") == 1


def test_too_small_a_disk_is_told_before_a_byte_is_fetched(site: Site, tmp_path: Path) -> None:
    with pytest.raises(ResourceError, match="are to be fetched and"):
        get(Wanted(site.add("/a", DATA), bytes=1 << 60), tmp_path)
    assert site.requests == []


def test_a_folder_that_cannot_be_written_stops_everything(site: Site, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ResourceError, match="file"):
        get(site.add("/a", DATA), tmp_path / "file" / "out")


# the ledger


def test_two_downloads_share_a_folder_one_after_the_other(site: Site, tmp_path: Path) -> None:
    first, second = site.add("/b", b"1"), site.add("/a", b"2")
    get(first, tmp_path)
    get(second, tmp_path)
    lines = (tmp_path / "downloads.jsonl").read_text().splitlines()
    assert [json.loads(line)["url"] for line in lines] == [second, first]


def test_two_downloads_at_a_time_in_one_folder_are_refused(site: Site, tmp_path: Path) -> None:
    def also(*_: object) -> None:
        with pytest.raises(ResourceError, match="another download writes here"):
            get(site.add("/b", b"2"), tmp_path)

    with Session(FetchOptions(), FastClock()) as session:
        fetch([site.add("/a", b"1")], tmp_path, session=session, settled=also)


def test_a_broken_ledger_is_named(tmp_path: Path) -> None:
    (tmp_path / "downloads.jsonl").write_text('{"url": "http://a/", "status": "ok"}\nnonsense\n')
    with pytest.raises(DataError, match=r"downloads\.jsonl:2: .*is no row"):
        get([], tmp_path)


def test_a_torn_journal_of_a_killed_process_is_read_as_far_as_it_goes(
    site: Site, tmp_path: Path
) -> None:
    url = site.add("/a", DATA)
    get(url, tmp_path)
    row = (tmp_path / "downloads.jsonl").read_bytes()
    (tmp_path / "downloads.jsonl").unlink()
    (tmp_path / ".downloads-journal.jsonl").write_bytes(b"\n" + row + b'{"url": "htt')
    assert get(url, tmp_path).present == 1
    assert (tmp_path / "downloads.jsonl").read_bytes() == row


def test_a_torn_line_does_not_swallow_the_next(tmp_path: Path) -> None:
    (tmp_path / ".downloads-journal.jsonl").write_bytes(b'{"url": "htt')
    with Ledger(tmp_path) as ledger:
        ledger.add([Row("http://a/", "skipped", "over_max_file_bytes")])
        assert list(read_ledger(tmp_path)) == [("http://a/", -1)]


def test_the_ledger_does_not_depend_on_parallelism(site: Site, tmp_path: Path) -> None:
    urls = [site.add(f"/{number}", os.urandom(10), etag="") for number in range(20)]
    urls += [site.url + "/missing"]
    get(urls, tmp_path / "one", parallel=1)
    get(urls, tmp_path / "many", parallel=8, per_host=8)
    one, many = (tmp_path / name / "downloads.jsonl" for name in ("one", "many"))
    assert one.read_bytes() == many.read_bytes()


# whose files


def test_a_strange_file_of_the_same_name_is_left_alone(site: Site, tmp_path: Path) -> None:
    (tmp_path / "a").write_text("mine")
    url = site.add("/a", DATA)
    assert get(url, tmp_path).reasons == {"file_exists": 1}
    assert (tmp_path / "a").read_text() == "mine"
    assert get(url, tmp_path, force=True).count("ok") == 1
    assert (tmp_path / "a").read_bytes() == DATA


def test_a_file_put_there_by_hand_is_adopted_if_a_sum_vouches_for_it(
    site: Site, tmp_path: Path
) -> None:
    (tmp_path / "a").write_bytes(DATA)
    url = site.add("/a", DATA)
    fetched = get(Wanted(url, checksum=f"sha256:{sha256(DATA)}"), tmp_path)
    assert fetched.line() == "in 1 = ok 1 + failed 0 + skipped 0; 1 of the ok were here already"
    assert site.requests == []


def test_a_new_published_sum_means_a_new_file(site: Site, tmp_path: Path) -> None:
    url = site.add("/a", DATA)
    get(Wanted(url, checksum=f"sha256:{sha256(DATA)}"), tmp_path)
    site.add("/a", TEXT)
    get(Wanted(url, checksum=f"sha256:{sha256(TEXT)}"), tmp_path)
    assert (tmp_path / "a").read_bytes() == TEXT


def test_two_urls_of_one_name_become_two_files(site: Site, tmp_path: Path) -> None:
    urls = [site.add("/x/page.jsonl.gz", b"1"), site.add("/y/page.jsonl.gz", b"2")]
    urls.append(site.add("/z/PAGE.jsonl.gz", b"3"))  # one file where case is ignored
    fetched = get(urls, tmp_path)
    files = fetched.files(tmp_path)
    assert [path.read_bytes() for path in files] == [b"1", b"2", b"3"]
    assert len({path.name.lower() for path in files}) == 3
    assert all(path.name.lower().endswith(".jsonl.gz") for path in files)
    again = get(urls[::-1], tmp_path)
    assert again.present == 3
    assert again.files(tmp_path) == files[::-1]


def test_a_name_never_leaves_the_folder(site: Site, tmp_path: Path) -> None:
    folder = tmp_path / "in" / "out"
    url = site.add("/..%2f..%2fescaped", b"1")
    wanted = [
        Wanted(url),
        Wanted(site.add("/b", b"2"), "../../escaped"),
        Wanted(site.add("/c", b"3"), "/etc/escaped"),
        Wanted(site.add("/d", b"4"), "a\\..\\..\\escaped\0.txt"),
    ]
    fetched = get(wanted, folder)
    assert fetched.count("ok") == 4
    for path in fetched.files(folder):
        assert path.resolve().is_relative_to(folder.resolve())
    assert not (tmp_path / "escaped").exists()


def test_a_link_in_the_folder_does_not_lead_out(site: Site, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "sub").symlink_to(tmp_path / "elsewhere")
    fetched = get(Wanted(site.add("/a", DATA), "sub/a"), tmp_path / "out")
    assert fetched.reasons == {"outside_folder": 1}
    assert list((tmp_path / "elsewhere").iterdir()) == []


# stores


def test_local_files_are_copied_and_resumed(tmp_path: Path) -> None:
    source = tmp_path / "source.bin"
    source.write_bytes(DATA)
    out = tmp_path / "out"
    for url in (str(source), f"file://{source}"):
        assert get(url, out).count("ok") == 1
    assert [path.read_bytes() for path in sorted(out.glob("source*"))] == [DATA, DATA]


def test_a_missing_local_file_is_a_row(tmp_path: Path) -> None:
    assert get(str(tmp_path / "none"), tmp_path / "out").reasons == {"not_found": 1}


def test_a_store_without_its_driver_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "s3fs", None)
    with pytest.raises(DataError, match=r"pip install 'curator\[s3\]'"):
        get("s3://bucket/key", tmp_path)
