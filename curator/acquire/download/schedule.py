"""Many transfers at a time, few from any one host, none before its time."""

from __future__ import annotations

import heapq
import itertools
import threading
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Protocol

from curator.acquire.download.attempts import Attempts
from curator.acquire.download.clock import Clock
from curator.acquire.download.entries import Failure
from curator.acquire.download.options import FetchOptions


class Job(Protocol):
    """One thing to fetch; it is attempted until it is settled."""

    url: str
    host: str

    def attempt(self) -> None:
        """Fetch and settle it; raise ``Failure`` when this attempt came to nothing."""

    def progressed(self) -> bool:
        """Return whether the last attempt got further than all before it."""

    def fail(self, failure: Failure) -> None:
        """Settle it as failed; no other attempt follows."""


@dataclass
class Host:
    """What is going on with one host."""

    waiting: deque[Job] = field(default_factory=deque)
    later: list[tuple[float, int, Job]] = field(default_factory=list)
    """Heap of jobs that failed once: time of the next attempt, serial number, job."""
    active: int = 0
    not_before: float = float("-inf")
    """Time of the next request, after the pause that is polite or that the host asked for."""
    unanswered: int = 0
    """Attempts in a row without any answer."""

    def ready_at(self, per_host: int, now: float) -> float | None:
        """Return when the next job may start; None while there is none, or no room."""
        if self.active >= per_host or not (self.waiting or self.later):
            return None
        return max(self.not_before, now if self.waiting else self.later[0][0])

    def take(self, now: float) -> Job:
        """Return the next job: a second attempt that is due goes before a first one."""
        if self.later and (self.later[0][0] <= now or not self.waiting):
            return heapq.heappop(self.later)[2]
        return self.waiting.popleft()


class Schedule:
    """Runs jobs in threads. An error that is no ``Failure`` ends everything and is raised."""

    def __init__(self, options: FetchOptions, clock: Clock) -> None:
        self.options = options
        self.clock = clock
        self.stopped = threading.Event()
        self._condition = threading.Condition()
        self._hosts: dict[str, Host] = {}
        self._attempts: dict[int, Attempts] = {}
        self._serial = itertools.count()
        self._error: BaseException | None = None
        self._unsettled = 0

    def run(self, jobs: Iterable[Job]) -> None:
        """Return when every job is settled."""
        for job in jobs:
            self._hosts.setdefault(job.host, Host()).waiting.append(job)
            self._unsettled += 1
        n_threads = min(self.options.parallel, self._unsettled)
        threads = [threading.Thread(target=self._work, daemon=True) for _ in range(n_threads)]
        try:
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        except BaseException:  # an interrupt: transfers end at their next bytes
            self._stop(None)
            for thread in threads:
                thread.join(timeout=0.2)  # one that waits for bytes ends with the process
            raise
        if self._error is not None:
            raise self._error

    def _stop(self, error: BaseException | None) -> None:
        with self._condition:
            self._error = self._error or error
            self.stopped.set()
            self._condition.notify_all()

    def _work(self) -> None:
        try:
            while (job := self._next()) is not None:
                self._attempt(job)
        except BaseException as error:  # noqa: BLE001 - raised again by run, in the caller's thread
            self._stop(error)

    def _next(self) -> Job | None:
        with self._condition:
            while self._unsettled and not self.stopped.is_set():
                now = self.clock.now()
                soonest: float | None = None
                for host in self._hosts.values():
                    at = host.ready_at(self.options.per_host, now)
                    if at is not None and at <= now:
                        host.active += 1
                        host.not_before = max(host.not_before, now + self.options.delay_seconds)
                        return host.take(now)
                    if at is not None:
                        soonest = at if soonest is None else min(at, soonest)
                self.clock.wait(self._condition, None if soonest is None else soonest - now)
            return None

    def _attempt(self, job: Job) -> None:
        failure: Failure | None = None
        host = self._hosts[job.host]
        if host.unanswered >= self.options.host_failures:
            failure = Failure("host_unreachable", f"{host.unanswered} attempts without an answer")
        else:
            try:
                job.attempt()
            except Failure as met:
                failure = met
        wait: float | None = None
        if failure is not None and not self.stopped.is_set():
            attempts = self._attempts.setdefault(id(job), Attempts(job.url, self.options))
            try:
                wait = attempts.after(failure, job.progressed())
            except Failure as final:
                job.fail(final)
        with self._condition:
            host.active -= 1
            host.unanswered = host.unanswered + 1 if failure and failure.unreachable else 0
            if failure and failure.reason == "host_unreachable":
                host.unanswered = self.options.host_failures
            if wait is None:
                self._attempts.pop(id(job), None)
                self._unsettled -= 1
            else:
                at = self.clock.now() + wait
                if failure is not None and failure.wait is not None:
                    host.not_before = max(host.not_before, at)  # the whole host is to be left alone
                heapq.heappush(host.later, (at, next(self._serial), job))
            self._condition.notify_all()
