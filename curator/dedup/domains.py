"""Which site a document is from."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import xxhash

from curator import schema
from curator.errors import RecipeError
from curator.io.parts import Parts

AUTO = "auto"
AUTOMATIC = ("url", "domain")
"""Columns that ``auto`` looks for, in this order; else the input file."""
# A host, or one in brackets (IPv6), after a scheme and perhaps a user: RFC 3986, section 3.
URL = r"^[^:/?#\s]+://(?:[^/?#@]*@)?(?P<host>\[[^\]]*\]|[^/?#:]*)"


def domain_column(by: str | None, columns: pa.Schema, stage: str) -> str | None:
    """Return the column that ``by`` means, ``None`` where the corpus is one domain.

    Raises ``RecipeError`` for a column that holds lists or objects.
    """
    if by == AUTO:
        by = next((name for name in AUTOMATIC if name in columns.names), schema.FILE)
    if by is not None and pa.types.is_nested(columns.field(by).type):
        raise RecipeError(f"{stage}: column {by!r} is {columns.field(by).type}, no name of a site")
    return by


def domain_hashes(part: Parts, by: str | None) -> np.ndarray:
    """Return uint64[n]: a hash of the domain of each living row of a one-part ``Parts``."""
    columns = [schema.DROPPED_BY] if by is None else sorted({by, schema.FILE, schema.DROPPED_BY})
    table = part.read(0, columns)
    table = table.filter(pc.is_null(table.column(schema.DROPPED_BY)))
    if by is None:
        return np.zeros(table.num_rows, np.uint64)
    named = domains(schema.string_array(table.column(by)))
    named = pc.if_else(pc.equal(named, ""), pa.scalar(None, schema.STRING), named)
    named = pc.coalesce(named, schema.string_array(table.column(schema.FILE)), "")
    encoded = schema.string_array(named).dictionary_encode()
    names = encoded.dictionary.to_pylist()
    hashes = np.array([xxhash.xxh3_64_intdigest(name.encode()) for name in names], np.uint64)
    return hashes[encoded.indices.to_numpy()] if names else np.zeros(0, np.uint64)


def domains(values: pa.LargeStringArray) -> pa.LargeStringArray:
    """Return the host of every URL, without ``www.`` and port; anything else as it is.

    ``https://www.例子.hk:8080/a?b`` gives ``例子.hk``; ``berita-jawa`` stays. Null stays null.
    """
    hosts = pc.struct_field(pc.extract_regex(values, URL), "host")
    hosts = pc.utf8_rtrim(pc.utf8_lower(hosts), ".")
    return pc.coalesce(pc.replace_substring_regex(hosts, r"^www\.", ""), values)
