"""What documents are about: the names that a skeleton masks."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from curator import schema
from curator.kernels import buffers
from curator.kernels.fold import fold
from curator.kernels.skeleton import Subjects

SUBJECT_CHARACTERS = 40
"""Longest stretch before the first bracket that counts as the subject of a text; it holds no other
punctuation, or whole clauses would be masked."""
BRACKET_CHARACTERS = 120
LEAD = (
    rf"^\s*(?P<subject>[^\n(（，。！？；：、,;:!?]{{1,{SUBJECT_CHARACTERS}}})"
    rf"[(（](?P<bracket>[^\n(（)）]{{0,{BRACKET_CHARACTERS}}})[)）]"
)
"""「青衣站（Tsing Yi Station）係…」: the words before a bracket at the beginning, and in it."""
PARTS = r"[()（）\[\]/／,，:：、]+"
"""Where a title falls into parts: 「1997年 (電影)」, 「頭版/2013」."""
SHORTEST_PART = 2
"""Code points of the key that a part of a title, or what is in brackets, has at least."""


def find_subjects(texts: pa.LargeStringArray, titles: pa.LargeStringArray | None) -> Subjects:
    """Return the names of each document: its title, the title's parts, and the lead's subject.

    Null titles and texts have none. A name is a key, so case, punctuation, script and spaces make
    no difference where it is looked for.
    """
    lead = pc.extract_regex(texts, LEAD)
    columns = [pc.struct_field(lead, "subject").to_pylist()]
    columns.append(pc.struct_field(lead, "bracket").to_pylist())
    parts: list[list[str] | None] = [None] * len(texts)
    if titles is not None:
        columns.append(titles.to_pylist())
        parts = pc.split_pattern_regex(titles, PARTS).to_pylist()
    names: list[str] = []
    counts = np.zeros(len(texts), np.int64)
    whole: list[bool] = []
    for i, split in enumerate(parts):
        for number, column in enumerate(columns):
            if column[i]:
                names.append(column[i])
                whole.append(number == 2)
                counts[i] += 1
        for part in split if split is not None and len(split) > 1 else ():
            names.append(part)
            whole.append(False)
            counts[i] += 1
    return _sorted(names, np.array(whole, np.bool_), counts)


def _sorted(names: list[str], whole: np.ndarray, counts: np.ndarray) -> Subjects:
    keys = fold(buffers.of(names))
    lengths = keys.lengths
    documents = np.repeat(np.arange(len(counts)), counts)
    usable = np.flatnonzero((lengths >= SHORTEST_PART) | (whole & (lengths > 0)))
    order = usable[np.lexsort((-lengths[usable], documents[usable]))]
    of = np.searchsorted(documents[order], np.arange(len(counts) + 1))
    offsets = np.zeros(len(order) + 1, np.int64)
    np.cumsum(lengths[order], out=offsets[1:])
    # Code point j of name i stands at the name's place in the keys, plus j.
    shift = np.repeat(keys.offsets[order] - offsets[:-1], lengths[order])
    codepoints = keys.codepoints[np.arange(offsets[-1]) + shift]
    return Subjects(of.astype(np.int64), offsets, codepoints)


def title_column(names: list[str], wanted: str | None) -> str | None:
    """Return ``wanted`` where there is such a column; it is of use but not needed."""
    return wanted if wanted in names and wanted != schema.TEXT else None
