"""Tables that are built fast hold what a plain build of them holds, for this Python's Unicode."""

from __future__ import annotations

import unicodedata

import numpy as np
import pytest

from curator.kernels.fold import table as fold_table
from curator.kernels.text_stats import classes
from curator.kernels.unicode import ftfy_tables
from curator.kernels.unicode.ftfy_tables import FtfyOptions
from tests.kernels.plain_tables import plain_boundary, plain_classes, plain_scan_tables


def test_every_code_point_counts_as_what_it_is() -> None:
    table = classes.tables()
    columns = (table.flags.tolist(), table.counts.tolist(), table.scripts.tolist())
    meanings = [(f, tuple(c), s) for f, c, s in zip(*columns, strict=True)]
    assert len(set(meanings)) == len(meanings)
    assert [meanings[kind] for kind in table.classes.tolist()] == plain_classes()


def test_the_fold_knows_every_neighbour_a_character_combines_with() -> None:
    boundary, pairs = plain_boundary()
    table = fold_table.tables()
    assert np.array_equal(table.boundary, boundary)
    assert np.array_equal(table.pairs, pairs)


def test_unassigned_code_points_fold_to_themselves() -> None:
    table = fold_table.tables()
    points = [p for p in range(0x110000) if unicodedata.category(chr(p)) == "Cn"]
    assert np.array_equal(table.whole[points], np.array(points, np.uint32))


@pytest.mark.parametrize(
    "options",
    [
        FtfyOptions(),
        FtfyOptions(normalization="NFKD"),
        FtfyOptions(normalization="NFKC", fix_encoding=False, unescape_html=False),
        FtfyOptions(normalization=None, uncurl_quotes=True),
    ],
)
def test_the_scan_for_ftfy_knows_every_composition(options: FtfyOptions) -> None:
    found, expected = ftfy_tables.tables(options), plain_scan_tables(options)
    for name, have, want in zip(found._fields, found, expected, strict=True):
        assert np.array_equal(have, want), name
