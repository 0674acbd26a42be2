"""How often, how soon, how many at a time, and under which name."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curator import __version__
from curator.acquire.download import FetchOptions, Session, fetch
from curator.acquire.download.attempts import ROUNDS, Attempts, backoff, retry_after
from curator.acquire.download.entries import Failure
from curator.acquire.download.schedule import Schedule
from curator.errors import RecipeError, ResourceError
from tests.acquire.download_server import FastClock, Site, serving


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
def site() -> Iterator[Site]:
    with serving() as running:
        yield running


@dataclass
class Task:
    """A job that fails as told, then succeeds."""

    url: str
    host: str = "one"
    failures: list[Failure] = field(default_factory=list)
    clock: FastClock | None = None
    starts: list[float] = field(default_factory=list)
    met: Failure | None = None
    done: bool = False

    def attempt(self) -> None:
        if self.clock:
            self.starts.append(self.clock.time)
        if self.failures:
            raise self.failures.pop(0)
        self.done = True

    def progressed(self) -> bool:
        return False

    def fail(self, failure: Failure) -> None:
        self.met = failure


def again(**how: Any) -> Failure:
    return Failure("http_503", again=True, **how)


@given(st.text(), st.integers(1, 60))
def test_waits_double_have_jitter_and_a_limit(url: str, attempt: int) -> None:
    options = FetchOptions(backoff_seconds=1.0, backoff_limit_seconds=120.0)
    longest = min(120.0, 2.0 ** (attempt - 1))
    wait = backoff(url, attempt, options)
    assert longest / 2 <= wait <= longest
    assert wait == backoff(url, attempt, options)


def test_two_files_do_not_come_back_together() -> None:
    waits = {backoff(f"http://a/{number}", 1, FetchOptions()) for number in range(100)}
    assert len(waits) == 100


def test_retry_after_is_seconds_or_a_date() -> None:
    clock = FastClock()  # 14 November 2023, 22:13:20
    assert retry_after("120", clock) == 120.0
    assert retry_after(" 0 ", clock) == 0.0
    assert retry_after("Tue, 14 Nov 2023 22:14:20 GMT", clock) == 60.0
    assert retry_after("Tue, 14 Nov 2023 22:00:00 GMT", clock) == 0.0
    for nonsense in (None, "", "soon", "-5", "1.5", "٣", "9" * 400):
        assert retry_after(nonsense, clock) in (None, float("9" * 12))


def test_the_wait_that_a_server_asks_for_is_kept(site: Site, tmp_path: Path) -> None:
    url = site.add("/a", b"x", answers=[(503, {"Retry-After": "77"}), (429, {})])
    clock = FastClock()
    with Session(FetchOptions(), clock) as session:
        assert fetch([url], tmp_path, session=session).count("ok") == 1
    assert clock.waits[0] == 77.0
    assert clock.waits[1] == pytest.approx(backoff(url, 2, FetchOptions()))


def test_a_wait_of_days_is_not_waited_for(site: Site, tmp_path: Path) -> None:
    url = site.add("/a", b"x", answers=[(503, {"Retry-After": "86400"})])
    clock = FastClock()
    with Session(FetchOptions(), clock) as session:
        fetched = fetch([url], tmp_path, session=session)
    assert fetched.rows[0].value == "Service Unavailable; asks to wait 86400 s"
    assert clock.waits == []


def test_a_host_that_asks_for_a_pause_is_left_alone_by_all_files() -> None:
    clock = FastClock()
    first = Task("1", failures=[again(wait=50.0)], clock=clock)
    second = Task("2", clock=clock)
    other = Task("3", host="two", clock=clock)
    Schedule(FetchOptions(parallel=1), clock).run([first, second, other])
    assert other.starts == [0.0]
    assert first.starts == [0.0, 50.0]
    assert second.starts == [50.0]


def test_waiting_files_do_not_hold_up_the_others() -> None:
    clock = FastClock()
    slow = Task("slow", failures=[again(), again()], clock=clock)
    others = [Task(f"{number}", clock=clock) for number in range(9)]
    Schedule(FetchOptions(parallel=1), clock).run([slow, *others])
    assert all(task.starts == [0.0] for task in others)
    assert slow.done


def test_requests_to_one_host_keep_their_distance() -> None:
    clock = FastClock()
    tasks = [Task(f"{number}", clock=clock) for number in range(4)]
    other = Task("other", host="two", clock=clock)
    Schedule(FetchOptions(parallel=4, delay_seconds=10.0), clock).run([*tasks, other])
    assert sorted(start for task in tasks for start in task.starts) == [0.0, 10.0, 20.0, 30.0]
    assert other.starts[0] < 10.0


def test_no_more_than_so_many_at_a_time_from_one_host(site: Site, tmp_path: Path) -> None:
    site.gate = threading.Barrier(2)  # every request waits for another one
    urls = [site.add(f"/{number}", b"x" * 9) for number in range(10)]
    with Session(FetchOptions(parallel=8, per_host=2), FastClock()) as session:
        assert fetch(urls, tmp_path, session=session).count("ok") == 10
    assert site.most_active == 2


def test_hosts_do_not_wait_for_each_other(tmp_path: Path) -> None:
    with serving() as one, serving() as two:
        one.gate = two.gate = threading.Barrier(4)
        urls = [server.add(f"/{number}", b"x") for server in (one, two) for number in range(2)]
        with Session(FetchOptions(parallel=4, per_host=2), FastClock()) as session:
            assert fetch(urls, tmp_path, session=session).count("ok") == 4
        assert not one.gate.broken


def test_the_contact_is_told(site: Site, tmp_path: Path) -> None:
    options = FetchOptions(contact="corpus@example.org")
    fetch([site.add("/a", b"x")], tmp_path, options)
    agent = site.requests[0].headers["user-agent"]
    assert agent == f"curator/{__version__} (corpus download; corpus@example.org)"


def test_no_cookie_is_kept(site: Site, tmp_path: Path) -> None:
    urls = [site.add(f"/{name}", b"x", headers={"Set-Cookie": "a=b"}) for name in "ab"]
    fetch(urls, tmp_path, FetchOptions(parallel=1))
    assert all("cookie" not in request.headers for request in site.requests)


@pytest.mark.parametrize("contact", ["a\r\nHost: b", "粵語", "tab\there"])
def test_a_contact_that_is_no_header_is_refused(contact: str) -> None:
    with pytest.raises(RecipeError, match="contact"):
        FetchOptions(contact=contact)


@pytest.mark.parametrize(
    "wrong",
    [
        {"parallel": 0},
        {"attempts": 0},
        {"backoff_seconds": -1.0},
        {"read_seconds": float("nan")},
        {"url_limit": -1},
        {"max_file_bytes": -5},
    ],
)
def test_options_that_cannot_work_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(RecipeError, match=next(iter(wrong))):
        FetchOptions(**wrong)


def test_endless_tiny_progress_ends() -> None:
    attempts = Attempts("url", FetchOptions(attempts=3))
    for _ in range(3 * ROUNDS - 1):
        attempts.after(again(), progress=True)
    with pytest.raises(Failure):
        attempts.after(again(), progress=True)


def test_an_error_nobody_foresaw_stops_the_run_and_is_raised() -> None:
    class Broken(Task):
        def attempt(self) -> None:
            raise ResourceError("disk full")

    later = [Task(f"{number}") for number in range(100)]
    with pytest.raises(ResourceError, match="disk full"):
        Schedule(FetchOptions(parallel=1), FastClock()).run([Broken("b"), *later])
    assert not any(task.done for task in later)


def test_an_interrupt_leaves_no_row_and_continues_later(site: Site, tmp_path: Path) -> None:
    urls = [site.add("/a", b"x" * 9), site.add("/b", b"y" * 20_000, stall=[9000])]

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    options = FetchOptions(parallel=1, read_seconds=5.0)
    with Session(options, FastClock()) as session, pytest.raises(KeyboardInterrupt):
        fetch(urls, tmp_path, session=session, settled=interrupt)
    assert "failed" not in (tmp_path / "downloads.jsonl").read_text()
    site.pages["/b"].stall.clear()
    fetched = fetch(urls, tmp_path, options)
    assert fetched.line() == "in 2 = ok 2 + failed 0 + skipped 0; 1 of the ok were here already"
