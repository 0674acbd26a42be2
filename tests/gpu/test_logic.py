"""The logic of every GPU body, run on the host: its kernels built by g++ give the CPU's bits.

Threads of a block run as fibers, in rising and in falling order. What this cannot show: races
between threads that no barrier orders, the device's memory, and speed.
"""

from __future__ import annotations

import ctypes
import inspect
import re
import shutil
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curator.errors import ResourceError
from curator.kernels.cuda.source import KERNELS, kernels
from tests.documents import TEXTS
from tests.gpu import stand_in
from tests.gpu.equality import CHECKS, FIXED, Device, long_documents

pytestmark = pytest.mark.skipif(
    shutil.which("g++") is None, reason="the logic of GPU kernels is tested through g++: none here"
)

MEETING = {
    "better_first",
    "count_shared",
    "counted_order",
    "partners",
    "sort_pairs",
    "sort_rising",
    "take_columns",
    "tallied",
}
"""Buckets are met on the host; there is no body for the device."""
HOST_ONLY = {*MEETING, "count_listed_characters", "count_listed_words"}
"""Lists are counted on the host alone; the contract refuses texts in device memory."""
ANY = st.text(
    st.one_of(
        st.sampled_from(
            "aé香港嘅人。 \n\t.…#•[]()-»「」”0٣\u0301\u0323\u0302\u200d\u3099か"
            "ʰ한\u1112\u1161ꦱꦼनि\u0e01\u0e34\ufffd\u2028hṭ"
        ),
        st.sampled_from("http://s?a \n"),
        st.characters(exclude_categories=["Cs"]),
    ),
    max_size=60,
)
PIECES = st.sampled_from(
    [
        "http://a.b/c",
        "https://",
        "...",
        "[…]",
        "read more..",
        "\n\n",
        "\n",
        " ",
        "嘅嘅",
        "aaa",
        ". ",
        "#",
    ]
)
FEW_WORDS = st.lists(st.sampled_from(["a ", "b ", "嘅", "好", "ก็", "\n"]), max_size=60)
TEXT = st.one_of(
    ANY, st.lists(st.one_of(ANY, PIECES), max_size=8).map("".join), FEW_WORDS.map("".join)
)


def _gpu_modules() -> list[str]:
    return [
        name
        for name in sys.modules
        if name == "cupy" or re.fullmatch(r"curator\.kernels\.\w+\.gpu", name)
    ]


@pytest.fixture(scope="module", params=["forwards", "backwards"])
def device(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Device]:
    folder = tmp_path_factory.getbasetemp() / "gpu-logic"
    folder.mkdir(exist_ok=True)
    before = {name: sys.modules.pop(name) for name in _gpu_modules()}
    sys.modules["cupy"] = stand_in.cupy(folder, backwards=request.param == "backwards")
    yield stand_in.to_device
    for name in _gpu_modules():
        del sys.modules[name]
    sys.modules.update(before)


@pytest.mark.parametrize("name", CHECKS)
def test_bodies_agree_on_text_of_many_scripts(name: str, device: Device) -> None:
    CHECKS[name]([*FIXED, *TEXTS], device)


@pytest.mark.parametrize("name", CHECKS)
def test_bodies_agree_on_no_documents_and_on_empty_ones(name: str, device: Device) -> None:
    CHECKS[name]([], device)
    CHECKS[name]([""], device)
    CHECKS[name](["", "", ""], device)


@pytest.mark.parametrize("name", CHECKS)
def test_bodies_agree_on_a_document_of_a_megabyte(name: str, device: Device) -> None:
    CHECKS[name](long_documents(), device)


@pytest.mark.parametrize("name", CHECKS)
def test_bodies_agree_on_any_text(name: str, device: Device) -> None:
    @settings(deadline=None, max_examples=40)
    @given(st.lists(TEXT, max_size=5))
    def agree(texts: list[str]) -> None:
        CHECKS[name](texts, device)

    agree()


def test_more_places_than_shared_memory_holds_are_refused(device: Device) -> None:
    body = import_module("curator.kernels.minhash.gpu")
    one = device(np.ones(1, np.int64))
    with pytest.raises(ResourceError, match="n_hashes=4097"):
        body.one_permutation(device(np.array([0, 1])), device(one), one, 4097, 0)


@pytest.mark.parametrize("kernel", kernels())
def test_bodies_have_the_same_functions_and_parameters(kernel: str, device: Device) -> None:
    gpu = import_module(f"curator.kernels.{kernel}.gpu")
    cpu = import_module(f"curator.kernels.{kernel}.cpu")
    contract = (KERNELS / kernel / "__init__.py").read_text("utf-8")
    called = set(re.findall(r"(?:body|home|body\([^()]*\))\.([a-z]\w+)\(", contract))
    assert called, f"{kernel}: the contract calls no body"
    for name in called - HOST_ONLY:
        host = getattr(cpu, name)
        wanted = inspect.signature(getattr(host, "py_func", host)).parameters
        assert list(inspect.signature(getattr(gpu, name)).parameters) == list(wanted), name


def test_a_barrier_that_some_threads_never_reach_is_an_error(tmp_path: Path) -> None:
    code = """
    extern "C" __global__ void stuck(u32* result) {
        if (threadIdx.x < 32) __syncthreads();
        result[threadIdx.x] = 1;
    }
    """
    module = stand_in.cupy(tmp_path, backwards=False).RawModule(
        code="typedef unsigned int u32;\n" + code, options=()
    )
    with pytest.raises(AssertionError, match="wait for one another"):
        module.get_function("stuck")((1,), (64,), (stand_in.to_device(np.zeros(64, np.uint32)),))


def test_arguments_of_the_wrong_type_are_an_error(tmp_path: Path) -> None:
    code = 'typedef long long i64;\nextern "C" __global__ void one(i64* result, i64 n) {}\n'
    function = stand_in.cupy(tmp_path, backwards=False).RawModule(code, ()).get_function("one")
    good = stand_in.to_device(np.zeros(1, np.int64))
    function((1,), (32,), (good, np.int64(1)))
    for arguments in (
        (good, np.int32(1)),
        (stand_in.to_device(np.zeros(1, np.int32)), np.int64(1)),
        (np.zeros(1, np.int64), np.int64(1)),
        (good,),
    ):
        with pytest.raises(AssertionError):
            function((1,), (32,), arguments)


def test_code_that_no_compiler_takes_is_an_error_with_its_message(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="expected"):
        stand_in.build('extern "C" __global__ void one() { int x = ; }', tmp_path)
    assert isinstance(stand_in.build("", tmp_path), ctypes.CDLL)
