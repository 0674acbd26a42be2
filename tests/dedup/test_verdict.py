"""What becomes of the documents is read as it was written, or not at all."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from curator import schema
from curator.arrow_numpy import strings
from curator.dedup.verdicts import Duplicates, encoded, four_decimals
from curator.deduplicate.verdict import (
    COPIES,
    LIVING,
    REPEATED,
    Verdict,
    load_verdict,
    save_verdict,
)
from curator.errors import ManifestError
from curator.io.parts import MARKS_SCHEMA


def verdict(n_repeated: int, n_copies: int, n_living: int) -> Verdict:
    marks = {name: pa.array(["甲ა"] * n_repeated, schema.STRING) for name in MARKS_SCHEMA.names}
    marks[MARKS_SCHEMA.names[0]] = pa.array(range(n_repeated), pa.int64())
    rows = np.arange(n_copies, dtype=np.int64) * 3
    copies = Duplicates(
        rows,
        rows + 1,
        encoded(rows % 2, strings(["same_key", "fuzzy_duplicate"])),
        four_decimals(rows / 7),
    )
    return Verdict(pa.table(marks, schema=MARKS_SCHEMA), copies, np.arange(n_living) * 2)


@pytest.mark.parametrize("sizes", [(0, 0, 0), (0, 0, 5), (3, 0, 5), (0, 4, 9), (2, 5, 100)])
def test_a_verdict_is_read_as_it_was_written(tmp_path: Path, sizes: tuple[int, int, int]) -> None:
    written = verdict(*sizes)
    save_verdict(tmp_path / "verdict", written)
    found = load_verdict(tmp_path / "verdict")
    assert found is not None
    assert found.repeated.equals(written.repeated)
    assert np.array_equal(found.living, written.living)
    for one, other in zip(found.copies, written.copies, strict=True):
        assert type(one) is type(other)
        assert one.tolist() == other.tolist()


@pytest.mark.parametrize("name", [REPEATED, COPIES, LIVING])
def test_there_is_none_where_one_of_its_files_is_absent(tmp_path: Path, name: str) -> None:
    assert load_verdict(tmp_path / "verdict") is None
    save_verdict(tmp_path / "verdict", verdict(1, 2, 3))
    (tmp_path / "verdict" / name).unlink()
    assert load_verdict(tmp_path / "verdict") is None


@pytest.mark.parametrize("name", [REPEATED, COPIES, LIVING])
@pytest.mark.parametrize("size", [0, 1, 50, 300])
def test_what_is_damaged_is_an_error_that_names_it(tmp_path: Path, name: str, size: int) -> None:
    folder = tmp_path / "verdict"
    save_verdict(folder, verdict(3, 40, 500))
    content = (folder / name).read_bytes()
    assert len(content) > 300
    (folder / name).write_bytes(content[:size])
    with pytest.raises(ManifestError, match=r"verdict.*; delete it"):
        load_verdict(folder)
