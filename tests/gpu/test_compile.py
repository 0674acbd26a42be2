"""Every CUDA source compiles for the GPUs the project is meant for, on a machine without any."""

from __future__ import annotations

import io
import re
from importlib import import_module
from typing import Any

import pytest

from curator.kernels.cuda.source import KERNELS, OPTIONS, kernels, source

core: Any = pytest.importorskip(
    "cuda.core", reason="CUDA sources are compiled with cuda-core and nvidia-cuda-nvrtc: not here"
)
ARCHITECTURES = ("sm_80", "sm_90")


def compiled(code: str, name: str, architecture: str) -> tuple[bytes, str]:
    """Compile to a cubin; returns it and the compiler's warnings, raises with its errors."""
    assert OPTIONS == ("--std=c++17", "--fmad=false")
    options = core.ProgramOptions(std="c++17", fma=False, arch=architecture, name=name)
    log = io.StringIO()
    cubin = core.Program(code, "c++", options).compile("cubin", logs=log)
    return bytes(cubin.code), log.getvalue()


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("kernel", kernels())
def test_every_kernel_compiles_without_a_warning(kernel: str, architecture: str) -> None:
    cubin, log = compiled(source(kernel), f"{kernel}/gpu.cu", architecture)
    assert cubin[:4] == b"\x7fELF"
    assert log.strip() == ""


def test_a_source_that_does_not_compile_fails_with_place_and_message() -> None:
    broken = source("jaccard").replace("const i64 total =", "const i64 total ==")
    errors = import_module("cuda.core._utils.cuda_utils").NVRTCError
    with pytest.raises(errors, match=r"jaccard/gpu\.cu\(\d+\): error"):
        compiled(broken, "jaccard/gpu.cu", ARCHITECTURES[0])


@pytest.mark.parametrize("kernel", kernels())
def test_messages_name_file_and_line(kernel: str) -> None:
    name, number = "", 0
    for line in source(kernel).splitlines():
        if found := re.match(r'#line (\d+) "(.+)"', line):
            number, name = int(found[1]), found[2]
            continue
        assert (KERNELS / name).read_text("utf-8").splitlines()[number - 1 : number] in ([line], [])
        number += 1


def test_every_gpu_body_has_its_source_and_every_source_its_body() -> None:
    bodies = {path.parent.name for path in KERNELS.glob("*/gpu.py")} - {"cuda"}
    assert bodies == set(kernels())
