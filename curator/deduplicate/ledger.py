"""Lines of the ledger: what was dropped, whole, with its place and the verdict on it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import orjson
import pyarrow as pa

from curator import schema
from curator.arrow_numpy import arrow_array, string, strings
from curator.deduplicate.index import verdicts_of
from curator.io.chosen_lines import ChosenLines
from curator.io.line_parts import LineParts
from curator.io.shards import encoded
from curator.kernels.buffers import Utf8
from curator.kernels.spans import spliced
from curator.later import pc

BRACE, QUOTE, BACKSLASH, FIRST_PRINTED = b'}"\\ '


def ledger_lines(
    lines: LineParts, index: int, mask: np.ndarray, known: dict[str, np.ndarray], marks: pa.Table
) -> Iterator[bytes | memoryview]:
    """Yield the lines of the ledger for the lines of part ``index`` where ``mask`` is true.

    ``mask`` is bool[lines] and ``known`` the piece ``lines_piece``; what is yielded is a line or
    more. Plain lines are written as they are, see ``TextLines``; the others are parsed.
    """
    own_names = (lines.reader.text_field, lines.reader.id_field) == (schema.TEXT, schema.ID)
    plain = mask & known["plain"] if own_names else np.zeros_like(mask)
    first_row = lines.parts[index].first_row
    others = np.flatnonzero(mask & ~plain) + first_row
    rows = np.flatnonzero(plain) + first_row
    numbers = rows - first_row + lines.blocks[index].first_line
    tails = _tails(lines.blocks[index].file, numbers, verdicts_of(rows, marks))
    spliced = _spliced(lines.chosen(index, plain, known["bytes"]), tails)
    if not len(others):
        yield from spliced
        return
    # by newlines alone: a line that is as it was may have returns between its fields
    written = dict(zip(rows.tolist(), b"".join(spliced).split(b"\n")[:-1], strict=True))
    parsed = b"".join(_parsed(lines, index, others, marks)).split(b"\n")[:-1]
    written |= dict(zip(others.tolist(), parsed, strict=True))
    yield b"".join(written[row] + b"\n" for row in sorted(written))


def _tails(file: str, numbers: np.ndarray, verdicts: pa.Table) -> pa.LargeStringArray:
    """Return what stands behind the own fields of lines: place, verdict, brace and newline.

    ``numbers`` are int64[n], the numbers of the lines in the input file.
    """
    before = f',"{schema.FILE}":{orjson.dumps(file).decode()},"{schema.LINE}":'
    columns = [string(before), arrow_array(numbers).cast(schema.STRING)]
    for name in schema.VERDICT:
        columns += [string(f',"{name}":'), _quoted(verdicts.column(name))]
    return schema.string_array(
        pc.binary_join_element_wise(
            *columns, string("}\n"), string(""), null_handling="replace", null_replacement="null"
        )
    )


def _quoted(column: pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    """Return texts as JSON; a null stays null."""
    data = schema.text_buffers(column).data
    if ((data < FIRST_PRINTED) | (data == QUOTE) | (data == BACKSLASH)).any():
        distinct = schema.string_array(column).dictionary_encode()
        texts = [orjson.dumps(text).decode() for text in distinct.dictionary.to_pylist()]
        return strings(texts).take(distinct.indices)
    return pc.binary_join_element_wise(string('"'), column, string('"'), string(""))


def _spliced(
    found: Iterator[ChosenLines], tails: pa.LargeStringArray
) -> Iterator[bytes | memoryview]:
    """Yield lines that are objects with ``tails`` behind their fields, some at a time."""
    (offsets, texts), place = schema.text_buffers(tails), 0
    for some in found:
        starts = np.concatenate([[0], some.ends[:-1]])
        behind = Utf8(offsets[place : place + len(starts) + 1], texts)
        place += len(starts)
        yield spliced(some.data, starts, _braces(some.data, starts, some.ends), behind).data


def _braces(data: np.ndarray, starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """Return int64[n]: where the last brace is in each of some lines that are objects."""
    braces = ends - 2  # before the newline
    for line in np.flatnonzero(data[braces] != BRACE).tolist():
        start = int(starts[line])
        braces[line] = start + len(data[start : int(ends[line])].tobytes().rstrip()) - 1
    return braces


def _parsed(lines: LineParts, index: int, rows: np.ndarray, marks: pa.Table) -> Iterator[bytes]:
    """Yield the lines of the ledger for ``rows`` (int64[n], rising) of one part, newly encoded."""
    table = lines.take(index, rows, None)
    found = verdicts_of(lines.ordinals(index, table), marks)
    for name in schema.VERDICT:
        # An unreadable line has no mark and brings a verdict of its own.
        column = pc.coalesce(
            schema.string_array(found.column(name)), schema.string_array(table.column(name))
        )
        place = table.column_names.index(name)
        table = table.set_column(place, table.schema.field(name), column)
    yield from encoded(table, table.column_names)
