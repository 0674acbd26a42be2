"""Where tasks run: this process, a local Dask cluster, or a scheduler that already exists."""

from __future__ import annotations

import concurrent.futures
import contextlib
import functools
import itertools
import logging
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from curator.errors import ResourceError

Item = TypeVar("Item")
Result = TypeVar("Result")

IN_FLIGHT_PER_WORKER = 4
"""Tasks submitted ahead per worker: enough to keep it busy, few enough to bound the scheduler."""
NOTICES = "curator-notices"
"""Topic of the messages with which workers send their notices."""
METHOD = "distributed.worker.multiprocessing-method"
"""Dask's name for how workers are started."""
FORKED = sys.platform == "linux" and sys.version_info >= (3, 11, 1)
"""Whether workers are forked. Libraries of other systems may not survive it, and before CPython
3.11.1 any user of the machine could give orders to what they are forked from (CVE-2022-42919)."""
THREADS_OF_LIBRARIES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
"""What is 1 for workers, as Dask has it, unless it is set; libraries look as they are loaded."""


@contextlib.contextmanager
def get_client(
    scheduler: str | None = None, n_workers: int = 1, memory_limit: str = "auto"
) -> Iterator[Any | None]:
    """Yield a Dask client, or ``None`` when one worker in this process is enough.

    ``scheduler`` is an address such as ``tcp://host:8786``; it wins over ``n_workers``. With
    ``n_workers > 1`` a ``LocalCluster`` of single-threaded processes is started and stopped; see
    ``load_for_workers``.
    """
    if scheduler is None and n_workers <= 1:
        yield None
        return
    if scheduler is not None:
        import distributed  # heavy: only when a cluster is wanted

        with distributed.Client(scheduler) as client:
            yield client
        return
    loaded = [name for name in sys.modules if name.partition(".")[0] == "curator"]
    method = "forkserver" if load_for_workers(loaded) else "spawn"
    import dask
    import distributed

    with (
        _environment_kept(),
        dask.config.set({METHOD: method}),
        distributed.LocalCluster(
            # what they are forked from may have begun with another one, and has paths of its own
            env={"PYTHONSAFEPATH": "", "PYTHONPATH": "", **os.environ},
            n_workers=n_workers,
            threads_per_worker=1,
            processes=True,
            memory_limit=memory_limit,
            # no dashboard; the status page that is always served takes a free port, for this
            # machine alone, in place of the one port a second run would find taken
            dashboard_address=None,
            scheduler_kwargs={"dashboard_address": "127.0.0.1:0"},
            # errors come back to the caller, who says each once, in one line
            silence_logs=logging.CRITICAL,
            preload=[__name__],
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        client.subscribe_topic(NOTICES, _tell)
        yield client


def load_for_workers(modules: Sequence[str]) -> bool:
    """Start the process that workers on this machine are forked from; it loads ``modules``.

    Return whether it runs; where it cannot, workers are started one by one.

    It does so beside this process, and once for all workers: started one by one, each took .6 s
    of a processor for what it imports. The sooner it is called, the less there is to wait for;
    only the first call in a process counts, ``get_client`` makes it where nobody did. What cannot
    be imported there is left to the workers; it looks where this process looks, and not in the
    working folder, as Python would first.
    """
    if not FORKED:
        return False
    from multiprocessing import forkserver  # 13 ms that threads alone do not need

    forkserver.set_forkserver_preload(["distributed", *modules])
    with _environment_kept():
        os.environ.update(_paths())
        for name in THREADS_OF_LIBRARIES:
            os.environ.setdefault(name, "1")
        try:
            forkserver.ensure_running()
        except OSError:  # its socket lies in TMPDIR, whose path may be too long for one
            return False
    return True


def _paths() -> dict[str, str]:
    """Return the variables that let another Python import from where this one does, alone.

    Empty, they are as if they were not set.
    """
    folders = [os.path.abspath(folder) for folder in sys.path if os.path.exists(folder or ".")]
    return {"PYTHONSAFEPATH": "1", "PYTHONPATH": os.pathsep.join(folders)}


@contextlib.contextmanager
def _environment_kept() -> Iterator[None]:
    """Undo what Dask writes into this process's environment for its workers' sake.

    It leaves OMP_NUM_THREADS=1 behind, and whatever the caller starts next would run on one thread.
    """
    before = dict(os.environ)
    try:
        yield
    finally:
        for name in set(os.environ) - set(before):
            del os.environ[name]
        os.environ.update(before)


def dask_setup(worker: Any) -> None:
    """Let workers outlive Ctrl-C, and let what they note by the way be heard where the run began.

    A terminal sends Ctrl-C to them, too, but ending is for the run.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    logger = logging.getLogger("curator")
    logger.setLevel(logging.INFO)
    logger.addHandler(_Forwarding(worker))


class _Forwarding(logging.Handler):
    """Sends what a worker notes to those who listen to its cluster."""

    def __init__(self, worker: Any) -> None:
        super().__init__()
        self.worker = worker

    def emit(self, record: logging.LogRecord) -> None:
        """Send one notice."""
        self.worker.log_event(NOTICES, record.getMessage())


def _tell(event: tuple[float, str]) -> None:
    """Note here what a worker has noted: time and text."""
    logging.getLogger(__name__).info(event[1])


def current_client() -> Any | None:
    """Return the Dask client of this process, or ``None`` when no cluster was started."""
    distributed = sys.modules.get("distributed")
    if distributed is None:  # nobody can have made a client without importing it
        return None
    try:
        return distributed.get_client()
    except ValueError:
        return None


def run_tasks(
    function: Callable[[Item], Result],
    items: Sequence[Item],
    client: Any | None = None,
    on_done: Callable[[int, Result], None] | None = None,
    prepare: Callable[[Item], Any] | None = None,
    *,
    keep_results: bool = True,
) -> list[Result]:
    """Apply ``function`` to every item and return the results in the items' order.

    ``client`` is a ``distributed.Client``, an executor of threads, or ``None`` for this process.
    ``on_done(index, result)`` is called once an item as it finishes, in any order. The first
    failure cancels the rest and is raised with its own type. Empty ``items`` gives an empty list.
    ``prepare(item)``, called when an item is about to be sent, may put futures in its place. With
    ``keep_results=False`` results go to ``on_done`` alone and the list holds ``None``.
    """
    results: list[Any] = [None] * len(items)

    def finish(index: int, result: Result) -> None:
        if keep_results:
            results[index] = result
        if on_done is not None:
            on_done(index, result)

    if client is None:
        for index, item in enumerate(items):
            finish(index, function(prepare(item) if prepare is not None else item))
        return results
    if isinstance(client, concurrent.futures.Executor):
        _run_in_threads(function, items, client, finish, prepare)
        return results
    from distributed import as_completed

    waiting = iter(enumerate(items))
    position: dict[Any, int] = {}

    def submit(count: int) -> list[Any]:
        futures = []
        for index, item in itertools.islice(waiting, count):
            sent = prepare(item) if prepare is not None else item
            future = client.submit(function, sent, pure=False)
            position[future] = index
            futures.append(future)
        return futures

    room = _Room(client)
    running = as_completed(submit(room.free(0)), raise_errors=False)
    try:
        for future in running:
            finish(position.pop(future), _result(future))
            future.release()
            for following in submit(room.free(len(position))):
                running.add(following)
    finally:
        client.cancel(list(position))
    return results


def _run_in_threads(
    function: Callable[[Any], Any],
    items: Sequence[Any],
    threads: concurrent.futures.Executor,
    finish: Callable[[int, Any], None],
    prepare: Callable[[Any], Any] | None,
) -> None:
    """Apply ``function`` in threads of this process: for work that holds no interpreter lock."""
    sent = (item if prepare is None else prepare(item) for item in items)
    position = {threads.submit(function, item): index for index, item in enumerate(sent)}
    try:
        for future in concurrent.futures.as_completed(position):
            finish(position[future], future.result())
    finally:
        for future in position:
            future.cancel()


@contextlib.contextmanager
def begun(
    function: Callable[[Item], Result],
    items: Sequence[Item],
    threads: concurrent.futures.Executor | None,
) -> Iterator[Callable[[], list[Result]]]:
    """Let ``threads`` apply ``function`` to every item from now on; yield what waits for results.

    Without threads they are made when they are first asked for. Those not begun are cancelled at
    the end.
    """
    if threads is None:
        yield functools.cache(lambda: run_tasks(function, items))
        return
    futures = [threads.submit(function, item) for item in items]
    try:
        yield lambda: [future.result() for future in futures]
    finally:
        for future in futures:
            future.cancel()


@contextlib.contextmanager
def get_threads(n_threads: int) -> Iterator[concurrent.futures.Executor | None]:
    """Yield an executor of so many threads for ``run_tasks``, or ``None`` for one.

    Threads start at once and share what is loaded, where processes take seconds to start; they
    help only where the work is in compiled code, as in deduplication.
    """
    if n_threads <= 1:
        yield None
        return
    with concurrent.futures.ThreadPoolExecutor(n_threads) as threads:
        yield threads


def threads_of(client: Any | None) -> concurrent.futures.Executor | None:
    """Return ``client`` if it is threads, which see what this one holds; else ``None``."""
    return client if isinstance(client, concurrent.futures.Executor) else None


class _Room:
    """How many more tasks the cluster can take; workers may join while a run goes on."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self.limit = 0
        self.asked = 0.0

    def free(self, running: int) -> int:
        """Return how many tasks to send beside those that are running."""
        now = time.monotonic()
        if self.limit == 0 or now - self.asked >= 1.0:  # asking costs a round trip
            workers = max(1, sum(self.client.nthreads().values()))
            self.limit, self.asked = workers * IN_FLIGHT_PER_WORKER, now
        return max(0, self.limit - running)


def _result(future: Any) -> Any:
    """Return a future's result; a worker that died three times over one task is a clear error."""
    from distributed.scheduler import KilledWorker

    try:
        return future.result()
    except KilledWorker as error:
        raise ResourceError(
            f"a worker died again and again on one task ({error}), most likely for want of memory; "
            "take a smaller --block-size or fewer --n-workers; what was finished is kept"
        ) from error
