"""Components of a graph on disk: every node learns the smallest one of its component.

Edges lie in pieces by a hash of their nodes, and tasks hold a part of them at a time. Two steps
alternate. In a large star every node hands its larger neighbours to its smallest neighbour; in a
small star it hands its smaller ones, and itself, to the smallest. Both leave the components as they
are, and when neither changes anything every node is joined to the smallest of its component alone.
Source: Kiveris, Lattanzi, Mirrokni, Rastogi, Vassilvitskii, Connected Components in MapReduce and
Beyond, SoCC 2014.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from curator.cluster import run_tasks
from curator.dedup.pieces import piece, read_arrays, stored_arrays, write_arrays
from curator.kernels.bands import sort_rising
from curator.kernels.components import components

EDGES_AT_ONCE = 1 << 22
"""Edges of a graph that one process holds. The largest graph that is united in memory has so many;
a task of a larger one holds so many at a time, at about 100 bytes each, and the nodes of its share,
about as many."""
HALF = np.uint64(32)
LOW = np.uint64(0xFFFFFFFF)
MIXER = np.uint64(0x9E3779B97F4A7C15)
NOTHING = np.zeros(0, np.uint64)


class Step(NamedTuple):
    """One step over a graph, and where its pieces are."""

    number: int
    """0 unites the edges of each piece; then large stars (odd) and small stars (even)."""
    n_shares: int
    work: Path

    @property
    def note(self) -> Path:
        """Return the path of the piece that says what the step wrote; it is written last."""
        return self.work / f"union-{self.number:03d}"

    def piece(self, share: int, run: int) -> Path:
        """Return the path of a piece of entries."""
        return self.work / f"{self.note.name}-{share:05d}-{run:05d}"

    def pieces(self) -> list[Path]:
        """Return all pieces of a step that is finished."""
        runs = read_arrays(self.note)["runs"].tolist()
        return [self.piece(share, run) for share, n in enumerate(runs) for run in range(n)]


def share_of(nodes: np.ndarray, n_shares: int) -> np.ndarray:
    """Return int64[n], from 0 to ``n_shares`` - 1: which share each of ``nodes`` falls to."""
    mixed = nodes.astype(np.uint64) * MIXER
    return ((mixed >> HALF) % np.uint64(n_shares)).astype(np.int64)


def n_shares_of(n_edges: int) -> int:
    """Return among how many tasks a graph of so many edges is divided: each edge has two ends."""
    return max(1, -(-2 * n_edges // EDGES_AT_ONCE))


def labels_piece(work: Path, share: int) -> Path:
    """Return the path of the labels of the nodes of a share."""
    return work / f"labels-{share:05d}"


def label(paths: Sequence[Path], n_edges: int, work: Path, client: Any | None) -> int:
    """Label the nodes of a graph with the smallest node of their component.

    ``paths`` are pieces with ``edges`` uint64, two nodes of 32 bits packed in each; there are
    ``n_edges`` of them together. Written is a ``labels_piece`` for each share of the nodes: nodes
    uint32[n], rising, and labels uint32[n]. The smallest nodes themselves are in none. Return the
    number of shares.
    """
    n_shares = n_shares_of(n_edges)
    if all(labels_piece(work, share).exists() for share in range(n_shares)):
        return n_shares
    step = _star_forest(paths, n_shares, work, client)
    run_tasks(partial(_label_task, step=step), range(n_shares), client)
    _remove(step)
    return n_shares


def _star_forest(paths: Sequence[Path], n_shares: int, work: Path, client: Any | None) -> Step:
    """Return the last step, which like the one before it changed nothing."""
    last = _finished(n_shares, work)
    if last is None:
        last = Step(0, n_shares, work)
        run_tasks(partial(_forest_task, step=last), list(enumerate(paths)), client)
        write_arrays(last.note, {"runs": np.ones(len(paths), np.int64)})
    unchanged = 0
    while unchanged < 2:
        step = last._replace(number=last.number + 1)
        done = run_tasks(partial(_star_task, step=step), range(n_shares), client)
        runs = np.array([n_runs for n_runs, _ in done], np.int64)
        unchanged = 0 if any(changed for _, changed in done) else unchanged + 1
        write_arrays(step.note, {"runs": runs})
        _remove(last)
        last = step
    return last


def _finished(n_shares: int, work: Path) -> Step | None:
    """Return the last step all of whose pieces are there, for a run that begins again.

    None where there is none; what else was left is removed.
    """
    result = None
    notes = sorted(work.glob("union-[0-9][0-9][0-9]"), reverse=True)
    for step in (Step(int(note.name[-3:]), n_shares, work) for note in notes):
        if result is None and all(path.exists() for path in step.pieces()):
            result = step
        else:
            _remove(step)
    return result


def _remove(step: Step) -> None:
    """Remove what a step left; its note first, for it says that the others are there."""
    paths = step.pieces()
    for path in (step.note, *paths):
        path.unlink(missing_ok=True)


def _forest_task(item: tuple[int, Path], step: Step) -> None:
    number, path = item
    piece(step.piece(number, 0), partial(_forest, path, step.n_shares))


def _forest(path: Path, n_shares: int) -> dict[str, np.ndarray]:
    """Return the entries of one piece of edges, united: one edge a node at most is left."""
    edges = read_arrays(path)["edges"]
    ends = np.stack([edges >> HALF, edges & LOW], axis=1)
    nodes, places = np.unique(ends, return_inverse=True)
    found = components(places.reshape(-1, 2), len(nodes))
    is_leaf = found != np.arange(len(nodes))
    return _entries((nodes[is_leaf] << HALF) | nodes[found[is_leaf]], True, n_shares)


def _entries(edges: np.ndarray, both: bool, n_shares: int) -> dict[str, np.ndarray]:
    """Return entries uint64[m], ``node << 32 | neighbour``, by the share of the node, and starts
    int64[shares + 1].

    ``edges`` is uint64[n], ``larger << 32 | smaller``: the larger node gets an entry, and with
    ``both`` the smaller, too.
    """
    if both:
        edges = np.concatenate([edges, (edges << HALF) | (edges >> HALF)])
    shares = share_of(edges >> HALF, n_shares)
    small = shares.astype(np.uint16 if n_shares <= 1 << 16 else np.int64)
    order = np.argsort(small, kind="stable")
    starts = np.searchsorted(small[order], np.arange(n_shares + 1))
    return {"entries": edges[order], "starts": starts}


def _star_task(share: int, step: Step) -> tuple[int, bool]:
    """Make the stars of the nodes of one share; return the pieces written and whether any differs
    from what was there."""
    large = step.number % 2 == 1
    paths = step._replace(number=step.number - 1).pieces()
    held = list(itertools.islice(_entry_runs(paths, share), 2))
    again = held if len(held) == 1 else None  # a share is seldom more: then it is read twice
    del held
    nodes, smallest = _smallest(again or _entry_runs(paths, share), large)
    changed, n_runs = False, 0
    for entries in again or _entry_runs(paths, share):
        star, differs = _star(entries, nodes, smallest, large)
        piece(step.piece(share, n_runs), partial(_entries, star, not large, step.n_shares))
        changed, n_runs = changed or differs, n_runs + 1
    return n_runs, changed


def _entry_runs(paths: Sequence[Path], share: int) -> Iterator[np.ndarray]:
    """Yield the entries of one share, each once in a run, rising, some at a time."""
    held: list[np.ndarray] = []
    for path, following in itertools.zip_longest(paths, paths[1:]):
        found = read_arrays(path)
        start, stop = found["starts"][share : share + 2].tolist()
        held.append(found["entries"][start:stop].copy())  # a slice would hold its file open
        if following is None or sum(map(len, held)) >= EDGES_AT_ONCE:
            entries = np.concatenate(held)
            held.clear()
            sort_rising(entries, 64)
            yield _distinct(entries)


def _distinct(rising: np.ndarray) -> np.ndarray:
    is_first = np.ones(len(rising), np.bool_)
    is_first[1:] = rising[1:] != rising[:-1]
    return rising[is_first]


def _smallest(runs: Iterable[np.ndarray], large: bool) -> tuple[np.ndarray, np.ndarray]:
    """Return the nodes of some runs of entries, rising, and the smallest neighbour of each.

    In a ``large`` star a node is among its own neighbours.
    """
    firsts = NOTHING
    for entries in runs:
        joint = np.concatenate([firsts, entries])
        sort_rising(joint, 64)
        nodes = joint >> HALF
        is_first = np.ones(len(joint), np.bool_)
        is_first[1:] = nodes[1:] != nodes[:-1]
        firsts = joint[is_first]
    nodes, smallest = firsts >> HALF, firsts & LOW
    return nodes, np.minimum(nodes, smallest) if large else smallest


def _star(
    entries: np.ndarray, nodes: np.ndarray, smallest: np.ndarray, large: bool
) -> tuple[np.ndarray, bool]:
    """Return edges ``larger << 32 | smaller``, rising, and whether they say something else.

    ``entries`` rise, and so do ``nodes``, whose ``smallest`` neighbours are known.
    """
    node, neighbour = entries >> HALF, entries & LOW
    best = smallest[np.searchsorted(nodes, node)]
    if large:
        is_larger = neighbour > node
        differs = bool((best[is_larger] != node[is_larger]).any())
        edges = (neighbour[is_larger] << HALF) | best[is_larger]
    else:
        is_other = neighbour != best
        differs = bool(is_other.any())
        handed = (neighbour[is_other] << HALF) | best[is_other]
        edges = np.concatenate([handed, (node << HALF) | best])
    sort_rising(edges, 64)
    return _distinct(edges), differs


def _label_task(share: int, step: Step) -> None:
    piece(labels_piece(step.work, share), partial(_labels, share, step.pieces()))


def _labels(share: int, paths: Sequence[Path]) -> dict[str, np.ndarray]:
    found = NOTHING
    for entries in _entry_runs(paths, share):
        leaves = entries[(entries >> HALF) > (entries & LOW)]
        found = np.concatenate([found, leaves])
    sort_rising(found, 64)
    found = _distinct(found)
    return {"nodes": (found >> HALF).astype(np.uint32), "labels": (found & LOW).astype(np.uint32)}


def labels_of(nodes: np.ndarray, n_shares: int, work: Path) -> np.ndarray:
    """Return int64[n]: the smallest node of the component of each of ``nodes`` (int64[n])."""
    result = nodes.copy()
    shares = share_of(nodes, n_shares)
    order = np.argsort(shares, kind="stable")
    bounds = np.searchsorted(shares[order], np.arange(n_shares + 1))
    for share, (start, stop) in enumerate(itertools.pairwise(bounds.tolist())):
        if start == stop:
            continue
        here = order[start:stop]
        found = read_arrays(labels_piece(work, share))
        if not len(found["nodes"]):
            continue
        places = np.minimum(np.searchsorted(found["nodes"], nodes[here]), len(found["nodes"]) - 1)
        is_leaf = found["nodes"][places] == nodes[here]
        result[here[is_leaf]] = found["labels"][places[is_leaf]]
    return result


def n_edges_of(paths: Sequence[Path]) -> int:
    """Return how many edges some pieces hold."""
    return sum(stored_arrays(path)["edges"].shape[0] for path in paths)
