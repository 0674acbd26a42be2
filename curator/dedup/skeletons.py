"""SkeletonDuplicates: pages a program wrote from one template, of which a few are enough."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from curator import schema
from curator.cluster import run_tasks
from curator.dedup.documents import chunks
from curator.dedup.equality import NO_DOCUMENTS, ranked, repeated
from curator.dedup.pieces import joined, open_work, piece
from curator.dedup.representative import quality_of
from curator.dedup.subjects import find_subjects, title_column
from curator.dedup.verdicts import encoded, repeated_text, row_ids
from curator.errors import RecipeError, nearest
from curator.io.parts import MARKS_SCHEMA, ROW, Parts
from curator.kernels.fold import fold, key_hashes
from curator.kernels.skeleton import skeletons
from curator.stages.global_stage import GlobalStageBase

ACTIONS = ("drop", "flag")
REASON = "same_skeleton"


@dataclass(frozen=True)
class SkeletonDuplicates(GlobalStageBase):
    """Drops all but the best few of the pages that were written from one template.

    Wikis of small languages are full of stubs that differ in a name and some numbers only, such
    as 「Abbans係法國嘅一個市鎮，位置喺杜。」, five hundred times. The skeleton of a text is its
    folded key with masks for numbers of any script (1998, ১৯৭১, 二〇二二, 甲子), names of months
    beside them, the title and its parts, and what stands before and in a bracket at the beginning
    of the text. Kept are the ``keep`` best documents of every skeleton that ``min_documents`` or
    more documents have: fewest U+FFFD, then longest text (punctuation and space not counted), then
    most Traditional characters, then smallest id. The value in the ledger is the number of
    documents with the skeleton; all of them get one ``cluster_id``.

    Measured on 110,663 articles of Cantonese Wikipedia: 140 skeletons have 20 documents or more,
    23,332 together, of which 21,932 go; all that were looked at were templates (French communes,
    natural numbers, actors, asteroids). Without titles 5,006 are found. Memory: 36 bytes a
    document and as much again for sorting, and the ids of the clusters.
    """

    keep: int = 10
    """Documents of each skeleton that stay."""
    min_documents: int = 20
    """Documents that must have a skeleton before any is dropped. Smaller families say more of
    their subjects, and there is little in them: those of 10 to 19 had 2,210 documents."""
    min_characters: int = 5
    """Characters of the skeleton that are no mask, at least: a text with fewer (日可以指：) says
    too little to be told from another."""
    title_field: str | None = "title"
    """Column whose words are masked too; where there is no such column, nothing is missed but
    that. null: none."""
    action: str = "drop"
    """``drop``, or ``flag``: drop nothing and only give the documents their ``cluster_id``."""
    text_field: str = schema.TEXT
    """Column to compare."""
    name: str | None = None
    """Name in the ledger and the report."""

    def __post_init__(self) -> None:
        self.check()

    def check(self) -> None:
        """Raise ``RecipeError`` when a field cannot work."""
        for field, least in (("keep", 1), ("min_documents", 2), ("min_characters", 1)):
            value = getattr(self, field)
            if value < least:
                raise RecipeError(
                    f"SkeletonDuplicates: {field}={value}; give a whole number from {least}"
                )
        if self.action not in ACTIONS:
            raise RecipeError(
                f"SkeletonDuplicates: action={self.action!r}{nearest(self.action, ACTIONS)}"
            )

    def mark(self, parts: Parts, work: Path, client: Any | None) -> pa.Table:
        """Return marks with reason ``same_skeleton`` and the size of the family as value."""
        title = title_column(parts.empty_table().column_names, self.title_field)
        parameters = {"stage": "SkeletonDuplicates", **asdict(self), "title": title}
        del parameters["name"]
        open_work(work, {**parameters, "rows": [part.rows for part in parts.parts]})
        items = [(parts.only(i), work / f"masked-{i:05d}") for i in range(len(parts.parts))]
        task = partial(
            _mask_part,
            text_field=self.text_field,
            title=title,
            min_characters=self.min_characters,
        )
        run_tasks(task, items, client)
        documents = joined([path for _, path in items], NO_DOCUMENTS)
        members, group = repeated(documents["hashes"])
        sizes = np.bincount(group) if len(group) else np.zeros(0, np.int64)
        chosen = sizes[group] >= self.min_documents
        members, group = members[chosen], group[chosen]
        rising = np.argsort(documents["rows"][members])
        members, group = members[rising], group[rising]
        rows, quality = documents["rows"][members], documents["quality"][members]
        del documents
        keep = self.keep if self.action == "drop" else len(rows)
        return _marks(self.label, rows, group, quality, row_ids(parts, rows), keep)


def _mask_part(
    item: tuple[Parts, Path], text_field: str, title: str | None, min_characters: int
) -> None:
    part, path = item
    piece(path, partial(_masked, part, text_field, title, min_characters))


def _masked(
    part: Parts, text_field: str, title: str | None, min_characters: int
) -> dict[str, np.ndarray]:
    """Return the arrays of ``NO_DOCUMENTS`` for the documents with enough of a skeleton."""
    wanted = [text_field, schema.DROPPED_BY, *([] if title is None else [title])]
    table = part.read(0, wanted)
    positions = np.flatnonzero(pc.is_null(table.column(schema.DROPPED_BY)).to_numpy())
    table = table.take(pa.array(positions))
    array = schema.string_array(table.column(text_field))
    titles = None if title is None else schema.string_array(table.column(title))
    rows = positions + part.parts[0].first_row
    found = [NO_DOCUMENTS]
    for place, chunk in chunks(schema.text_buffers(array)):
        some = slice(place.start, place.stop)
        subjects = find_subjects(array[some], None if titles is None else titles[some])
        keys = fold(chunk)
        masked = skeletons(keys, subjects)
        enough = masked.literals >= min_characters
        found.append(
            {
                "rows": rows[place][enough],
                "hashes": key_hashes(chunk, masked.keys)[enough],
                "quality": quality_of(keys)[enough],
            }
        )
    return {name: np.concatenate([arrays[name] for arrays in found]) for name in NO_DOCUMENTS}


def _marks(
    name: str,
    rows: np.ndarray,
    group: np.ndarray,
    quality: np.ndarray,
    ids: pa.ChunkedArray,
    keep: int,
) -> pa.Table:
    """Return a mark for every one of ``rows`` (int64[n], rising), whose family is ``group``."""
    order = ranked(quality, ids)
    order = order[np.argsort(group[order], kind="stable")]  # family by family, the best first
    starts = np.flatnonzero(np.diff(group[order], prepend=-1))
    sizes = np.diff(starts, append=len(order))
    family = np.repeat(np.arange(len(starts)), sizes)
    rank = np.arange(len(order)) - starts[family]
    by_id = np.empty(len(order), np.int64)
    by_id[pc.sort_indices(ids).to_numpy()] = np.arange(len(order))
    smallest = np.minimum.reduceat(by_id[order], starts) if len(starts) else starts
    of_row = np.empty(len(order), np.int64)
    of_row[order] = family
    drops = np.zeros(len(order), np.bool_)
    drops[order] = rank >= keep
    texts = schema.string_array(ids)
    at = np.argsort(by_id)
    stays = pa.array(~drops)
    nothing = pa.scalar(None, schema.STRING)

    def for_dropped(column: pa.DictionaryArray) -> pa.Array:
        return pc.if_else(stays, nothing, column.dictionary_decode())

    columns = {
        ROW: pa.array(rows),
        schema.DROPPED_BY: for_dropped(repeated_text(name, len(rows))),
        schema.REASON: for_dropped(repeated_text(REASON, len(rows))),
        schema.VALUE: for_dropped(encoded(of_row, pa.array(sizes).cast(schema.STRING))),
        schema.DUPLICATE_OF: for_dropped(encoded(of_row, texts.take(pa.array(order[starts])))),
        schema.CLUSTER_ID: encoded(of_row, texts.take(pa.array(at[smallest]))),
    }
    return pa.table({column: columns[column] for column in MARKS_SCHEMA.names})
