from __future__ import annotations

import operator
import os

import pytest

from curator.cluster import get_client, run_tasks
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


def process_of(item: int) -> int:
    return os.getpid()
