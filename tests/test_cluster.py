from __future__ import annotations

import logging
import operator
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from curator.cluster import begun, get_client, get_threads, run_tasks
from curator.errors import DataError


def fail_on_three(number: int) -> int:
    if number == 3:
        raise DataError("a.jsonl:3: three")
    return number


def test_results_come_in_the_order_of_the_items() -> None:
    done: list[int] = []
    assert run_tasks(operator.neg, [3, 1, 2], None, lambda i, result: done.append(i)) == [
        -3,
        -1,
        -2,
    ]
    assert done == [0, 1, 2]
    assert run_tasks(operator.neg, [], None) == []


def test_one_worker_is_this_process() -> None:
    with get_client(n_workers=1) as client:
        assert client is None


def test_a_cluster_gives_the_same_results_and_leaves_the_environment_alone() -> None:
    before = dict(os.environ)
    items = list(range(40))
    with get_client(n_workers=2) as client:
        assert client is not None
        assert run_tasks(operator.neg, items, client) == [-item for item in items]
        pids = set(run_tasks(process_of, items, client))
        assert os.getpid() not in pids
        assert run_tasks(operator.neg, [1, 2], client, keep_results=False) == [None, None]
        with pytest.raises(DataError, match=r"a\.jsonl:3"):
            run_tasks(fail_on_three, items, client)
    assert dict(os.environ) == before


def test_what_workers_note_is_heard_here(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="curator")
    with get_client(n_workers=2) as client:
        run_tasks(note, [3, 4, 5], client)
        deadline = time.monotonic() + 60
        while len(noted(caplog)) < 3 and time.monotonic() < deadline:
            time.sleep(0.05)
    assert sorted(noted(caplog)) == ["of 3", "of 4", "of 5"]


def note(number: int) -> None:
    logging.getLogger("curator.kernels").info("of %d", number)


def noted(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == "curator.cluster"]


def process_of(item: int) -> int:
    return os.getpid()


def test_workers_are_forked_with_what_was_loaded_for_them_and_have_the_environment_of_now() -> None:
    script = """
import os, sys
from curator.cluster import FORKED, get_client, load_for_workers

if __name__ == "__main__":
    os.environ["SAID"] = "before"
    load_for_workers(["curator.report", "no.such.module"])
    os.environ["SAID"] = "since"
    with get_client(n_workers=2) as client:
        loaded = client.run(lambda: "curator.report" in sys.modules)
        said = client.run(lambda: os.environ["SAID"])
        threads = client.run(lambda: os.environ["OMP_NUM_THREADS"])
    assert set(loaded.values()) == {FORKED}, loaded
    assert set(said.values()) == {"since"}, said
    assert set(threads.values()) == {"1"}, threads
    assert "OMP_NUM_THREADS" not in os.environ
    os.environ["SAID"], os.environ["OMP_NUM_THREADS"] = "again", "2"
    with get_client(n_workers=2) as client:
        said = client.run(lambda: (os.environ["SAID"], os.environ["OMP_NUM_THREADS"]))
    assert set(said.values()) == {("again", "2")}, said
"""
    without = {name: value for name, value in os.environ.items() if name != "OMP_NUM_THREADS"}
    subprocess.run([sys.executable, "-c", script], check=True, env=without, timeout=300)


def test_workers_import_what_the_run_imports_and_nothing_of_the_working_folder(
    tmp_path: Path,
) -> None:
    here, elsewhere = tmp_path / "here", tmp_path / "elsewhere"
    for folder in (here, elsewhere):
        folder.mkdir()
    for name in ("curator", "distributed", "numpy", "random", "thing"):
        (here / f"{name}.py").write_text(f"raise SystemExit('loaded {name} of this folder')\n")
    (elsewhere / "thing.py").write_text("")
    script = """
import os, sys
sys.path.append(sys.argv[1])
from curator.cluster import FORKED, get_client, load_for_workers

if __name__ == "__main__":
    load_for_workers(["thing"])
    with get_client(n_workers=2) as client:
        found = client.run(lambda: "thing" in sys.modules)
        paths = client.run(lambda: (sys.path, os.environ["PYTHONPATH"], os.environ["SAFE"]))
        thing = client.run(lambda: __import__("thing").__file__)
    assert set(found.values()) == {FORKED}, found
    for path, *variables in paths.values():
        assert os.getcwd() not in path and "" not in path and variables == ["", ""], paths
    assert set(thing.values()) == {os.path.join(sys.argv[1], "thing.py")}, thing
""".replace("SAFE", "PYTHONSAFEPATH")
    own = {key: value for key, value in os.environ.items() if not key.startswith("PYTHONPATH")}
    (tmp_path / "run.py").write_text(script)  # its folder is where it looks first
    command = [sys.executable, str(tmp_path / "run.py"), str(elsewhere)]
    done = subprocess.run(command, cwd=here, env=own, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr


def test_workers_start_where_no_socket_can_be(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 120)
    deep.mkdir()
    script = """
from operator import neg
from curator.cluster import get_client, run_tasks

if __name__ == "__main__":
    with get_client(n_workers=2) as client:
        assert run_tasks(neg, [1, 2], client) == [-1, -2]
"""
    own = {**os.environ, "TMPDIR": str(deep)}
    subprocess.run([sys.executable, "-c", script], check=True, env=own, timeout=300)


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_workers_end_with_a_process_that_is_killed() -> None:
    script = """
import os, time
from curator.cluster import get_client

if __name__ == "__main__":
    with get_client(n_workers=2) as client:
        print(*client.run(os.getpid).values(), flush=True)
        time.sleep(600)
"""
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        workers = [int(pid) for pid in process.stdout.readline().split()]
        children = [
            int(pid)
            for pid in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        ]
        process.kill()
    assert len(workers) == 2
    deadline = time.monotonic() + 60
    while any(is_running(pid) for pid in [*workers, *children]) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not [pid for pid in [*workers, *children] if is_running(pid)]


def is_running(pid: int) -> bool:
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"


def test_threads_give_the_same_results_in_the_order_of_the_items() -> None:
    items = list(range(200))
    done: dict[int, int] = {}
    with get_threads(4) as threads:
        assert threads is not None
        assert run_tasks(operator.neg, items, threads, done.__setitem__) == [-i for i in items]
        assert done == {i: -i for i in items}
        assert run_tasks(operator.neg, [], threads) == []
        assert run_tasks(operator.neg, [3, 5], threads, keep_results=False) == [None, None]
        assert run_tasks(operator.neg, [3, 5], threads, prepare=operator.inv) == [4, 6]


def test_threads_work_in_this_process_and_at_the_same_time() -> None:
    barrier = threading.Barrier(3)

    def meet(item: int) -> int:
        barrier.wait(timeout=60)  # nobody comes through unless three are here
        return os.getpid()

    with get_threads(3) as threads:
        assert run_tasks(meet, [1, 2, 3], threads) == [os.getpid()] * 3


def test_the_first_failure_in_a_thread_is_raised_as_it_is_and_cancels_the_rest() -> None:
    started: list[int] = []
    released = threading.Event()

    def fail_first(item: int) -> int:
        started.append(item)
        if item != 3:
            assert released.wait(timeout=60)
        return fail_on_three(item)

    with get_threads(2) as threads:
        try:
            with pytest.raises(DataError, match=r"a\.jsonl:3"):
                run_tasks(fail_first, [3, *range(10, 1000)], threads)
        finally:
            released.set()
        assert run_tasks(operator.neg, [1, 2], threads) == [-1, -2]  # still of use
    assert sorted(started)[0] == 3
    assert len(started) <= 3  # two that waited, at most, beside the one that failed


def test_one_thread_is_none() -> None:
    for n_threads in (0, 1):
        with get_threads(n_threads) as threads:
            assert threads is None


@pytest.mark.parametrize("n_threads", [1, 2])
def test_what_was_begun_is_done_once_and_its_failure_is_raised_where_it_is_asked_for(
    n_threads: int,
) -> None:
    done: list[int] = []

    def noted(number: int) -> int:
        done.append(number)
        return fail_on_three(number)

    with get_threads(n_threads) as threads:
        with begun(noted, [2, 1], threads) as found:
            assert found() == found() == [2, 1]
        assert sorted(done) == [1, 2]
        with begun(noted, [3], threads) as found, pytest.raises(DataError, match="three"):
            found()


def test_work_begins_before_it_is_asked_for_and_what_has_not_begun_is_cancelled() -> None:
    began, may_end = threading.Event(), threading.Event()
    done: list[int] = []

    def wait(number: int) -> None:
        began.set()
        may_end.wait(10)
        done.append(number)

    with get_threads(2) as threads:
        with begun(wait, range(9), threads):
            assert began.wait(10)
        may_end.set()
    assert len(done) <= 2
