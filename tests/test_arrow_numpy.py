"""Arrays that go between Arrow and NumPy are the ones pyarrow itself would make."""

from __future__ import annotations

import subprocess
import sys
from random import Random

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curator.arrow_numpy import (
    NULLS_KEPT,
    arrow_array,
    empty_table,
    null_string,
    nulls,
    numpy_array,
    repeated,
    string,
    strings,
)

TYPES = st.sampled_from(["int64", "uint32", "int32", "uint8", "float64", "bool"])
NUMBERS = st.lists(st.integers(0, 200), max_size=40)


@given(NUMBERS, TYPES, st.randoms(use_true_random=False), st.booleans())
def test_numbers_become_the_array_of_pyarrow(
    numbers: list[int], dtype: str, random: Random, masked: bool
) -> None:
    array = np.array(numbers, dtype)
    absent = np.array([random.random() < 0.3 for _ in numbers], np.bool_) if masked else None
    found = arrow_array(array, absent)
    found.validate(full=True)
    assert found.equals(pa.array(array, mask=absent))
    assert found.null_count == (0 if absent is None else int(absent.sum()))


@given(NUMBERS, TYPES, st.integers(0, 10), st.integers(0, 3))
def test_columns_become_the_array_of_pyarrow_from_wherever_they_begin(
    numbers: list[int], dtype: str, start: int, n_chunks: int
) -> None:
    array = pa.array(np.array(numbers, dtype)).slice(start)
    expected = array.to_numpy(zero_copy_only=False)
    found = numpy_array(array)
    assert found.dtype == np.dtype(dtype)
    assert found.tolist() == expected.tolist()
    column = pa.chunked_array([array] * n_chunks, array.type)
    assert numpy_array(column).tolist() == expected.tolist() * n_chunks
    assert numpy_array(column).dtype == np.dtype(dtype)


def test_every_other_row_of_an_array_is_copied_in_its_order() -> None:
    assert arrow_array(np.arange(10)[::2]).to_pylist() == [0, 2, 4, 6, 8]


def test_a_null_is_no_number() -> None:
    with pytest.raises(ValueError, match="1 of 2 numbers are null"):
        numpy_array(pa.array([1, None]))


@given(st.lists(st.sampled_from(["", "嘅", "pasar", "नदी", "e\u0301", "\0"]), max_size=9))
def test_texts_become_the_array_of_pyarrow(texts: list[str]) -> None:
    found = strings(texts)
    found.validate(full=True)
    assert found.equals(pa.array(texts, pa.large_string()))


def test_one_text_many_times_and_none() -> None:
    assert string("嘅").equals(pa.scalar("嘅", pa.large_string()))
    assert null_string().equals(pa.scalar(None, pa.large_string()))
    assert repeated("नदी", 3).equals(pa.array(["नदी"] * 3, pa.large_string()))
    assert repeated("x", 0).equals(pa.array([], pa.large_string()))


@pytest.mark.parametrize("kind", [pa.large_string(), pa.int64(), pa.bool_()])
@pytest.mark.parametrize("n", [0, 3, NULLS_KEPT, NULLS_KEPT + 1])
def test_nulls_are_as_many_as_asked_for(n: int, kind: pa.DataType) -> None:
    made = nulls(n, kind)
    assert made.equals(pa.nulls(n, kind))
    assert made.null_count == n


def test_a_table_without_rows_has_its_columns() -> None:
    schema = pa.schema([("a", pa.int64()), ("b", pa.large_string())])
    assert empty_table(schema).equals(schema.empty_table())


def test_nothing_here_loads_pandas() -> None:
    code = """
import sys
from random import Random
import numpy as np
import pyarrow as pa
from curator import arrow_numpy as a
for dtype in (np.int64, np.bool_, np.float64):
    array = a.arrow_array(np.ones(3, dtype), np.array([False, True, False]))
    a.numpy_array(array.take(a.arrow_array(np.array([0, 2]))))
a.repeated("x", 2), a.string("x"), a.null_string(), a.strings(["a", "b"])
a.empty_table(pa.schema([("a", pa.int64())]))
assert "pandas" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True)
