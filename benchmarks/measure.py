"""Runs a command and says how long it took and how much memory it held; describes the machine."""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
import subprocess
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parent.parent
RESULTS = REPOSITORY / "benchmarks" / "results"
DATA = Path(os.environ.get("CURATOR_DATA", REPOSITORY.parent / "shared" / "data"))


def run(command: Sequence[str], cwd: Path | None = None) -> dict[str, float]:
    """Run a command to its end; returns wall and CPU seconds and the peak memory of its tree.

    Peak memory is the largest sum of resident sets of the process and its children, sampled ten
    times a second, or what the system says was the peak of the largest process where that is more,
    in MB (1e6 bytes); pages that forked processes share count in each. CPU seconds are those the
    system accounts to the process, or those seen in the samples where that is more: the system
    leaves out the children of a child that nobody waited for.
    """
    began = time.perf_counter()
    process = subprocess.Popen(command, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    peak = [0]
    ticks: dict[int, int] = {}
    watcher = threading.Thread(target=_watch, args=(process, peak, ticks), daemon=True)
    watcher.start()
    assert process.stdout is not None
    output = process.stdout.read().decode("utf-8", "replace")
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - began
    watcher.join()
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{output[-3000:]}")
    seen = sum(ticks.values()) / os.sysconf("SC_CLK_TCK")
    cpu = max(usage.ru_utime + usage.ru_stime, seen)
    largest = max(peak[0], usage.ru_maxrss * 1024)
    return {"wall_s": round(wall, 2), "cpu_s": round(cpu, 2), "peak_mb": round(largest / 1e6, 1)}


def _watch(process: subprocess.Popen[bytes], peak: list[int], ticks: dict[int, int]) -> None:
    page = os.sysconf("SC_PAGE_SIZE")
    while process.returncode is None:
        tree = _tree(process.pid)
        peak[0] = max(peak[0], sum(_resident(pid, page) for pid in tree))
        ticks.update((pid, used) for pid in tree if (used := _ticks(pid)))
        time.sleep(0.1)  # more often, it would take time from what is measured


def _tree(root: int) -> list[int]:
    found, todo = [], [root]
    while todo:
        pid = todo.pop()
        found.append(pid)
        todo += _children(pid)
    return found


def _children(pid: int) -> list[int]:
    found: list[int] = []
    try:  # one small file a thread: listing all of /proc ten times a second would cost a tenth
        for thread in os.listdir(f"/proc/{pid}/task"):
            found += map(int, Path(f"/proc/{pid}/task/{thread}/children").read_text().split())
    except OSError:  # it ended while we looked
        pass
    return found


def _ticks(pid: int) -> int:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:  # it ended while we looked
        return 0
    return int(fields[11]) + int(fields[12])


def _resident(pid: int, page: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * page
    except (OSError, IndexError):  # it ended while we looked
        return 0


def about(*packages: str) -> dict[str, Any]:
    """Return hardware, versions and commit, to be kept beside every figure."""
    commit = subprocess.run(
        ["git", "describe", "--always", "--dirty"],
        cwd=REPOSITORY, capture_output=True, text=True, check=False,
    ).stdout.strip()  # fmt: skip
    cpu = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.processor(),
    )
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "cpu": cpu,
        "cores": os.cpu_count(),
        "memory_gb": round(memory / 1e9, 1),
        "python": platform.python_version(),
        "commit": commit,
        "versions": {name: importlib.metadata.version(name) for name in packages},
    }


def keep(name: str, result: dict[str, Any]) -> None:
    """Print a result and write it under ``benchmarks/results``."""
    text = json.dumps(result, ensure_ascii=False, indent=1)
    print(text)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.json").write_text(text + "\n", encoding="utf-8")
