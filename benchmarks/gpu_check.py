"""CPU = GPU and GB/s of every GPU body on this machine; see gpu_check.sh."""

from __future__ import annotations

import argparse
import importlib
import importlib.metadata
import importlib.util
import json
import os
import platform
import statistics
import sys
import time
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

REPOSITORY = Path(__file__).resolve().parent.parent
RESULT = REPOSITORY / "benchmarks" / "results" / "gpu.json"
MISSING, UNEQUAL = 3, 1
SEED = 11
REPEATS = 5
COPIED = 1 << 29  # bytes of the plain copy
LINES = (
    "今日天氣好好，我哋一齊去行山啦！ 佢話聽日唔得閒， 所以我自己去咗睇戲。 阿媽煮咗好多餸，",
    "啲細路食到停唔到口㗎。 book 咗位未呀？ 嗰間餐廳好 chill ，要早啲去。 樓下有間士多，",
    "我細個嗰陣住喺深水埗， 個𡃉仔話：「唔該晒！」 ꦱꦸꦒꦼꦁꦫꦮꦸꦃ꧈ 2024 ½ ﬁ ### …",
    "Dina iki aku arep lunga menyang pasar karo ibuku. Kucingé turu ing ngisor kursi,",
    "dene asuné isih mlayu-mlayu ing latar. Bapak nandur pari ing sawah sing jembar,",
    "Hôm nay trời đẹp quá, chúng mình cùng đi leo núi nhé. http://example.org/a?b=c",
    "आज मौसम बहुत अच्छा है, हम सब पहाड़ पर घूमने चलेंगे।",
)
PHRASES = [phrase for line in LINES for phrase in line.split(" ")]


class Timed(NamedTuple):
    """One kernel to measure: how to run it, and the bytes it cannot help moving."""

    name: str
    run: Callable[[bool], Any]
    moved: Callable[[Any], int]


def missing() -> list[str]:
    """Return what this machine lacks, a line each; without it nothing is run on a GPU."""
    found = [
        f"the Python package {name}"
        for name in ("numba", "cupy")
        if importlib.util.find_spec(name) is None
    ]
    if (
        "the Python package cupy" not in found
        and not importlib.import_module("cupy").is_available()
    ):
        found.append("a GPU that CuPy can use: its driver says there is none")
    return found


def stand_in_for_opencc() -> bool:
    """Let the fold tables be built without OpenCC; returns whether that was needed.

    Then no character has a Simplified form. Both bodies read the same tables, so they are compared
    all the same.
    """
    if importlib.util.find_spec("opencc") is not None:
        return False

    class OpenCC:
        def __init__(self, name: str) -> None:
            self.name = name

        def convert(self, text: str) -> str:
            return text

    module: Any = types.ModuleType("opencc")
    module.OpenCC = OpenCC
    sys.modules["opencc"] = module
    return True


def made_texts(n_bytes: int) -> list[str]:
    """Return seeded documents of some 0.3 to 12 kB, a quarter of them near copies of others."""
    generator = np.random.default_rng(SEED)
    joiners = np.array(["", " ", " ", "\n", "\n\n"])
    texts: list[str] = []
    total = 0
    while total < n_bytes:
        if texts and generator.random() < 0.25:
            source = texts[int(generator.integers(len(texts)))]
            at = int(generator.integers(len(source)))
            text = source[:at] + "嘅" + source[at + 1 :]
        else:
            n = int(2 ** generator.uniform(5, 10))
            chosen = generator.integers(len(PHRASES), size=n)
            ends = joiners[generator.integers(len(joiners), size=n)]
            text = "".join(PHRASES[i] + end for i, end in zip(chosen, ends, strict=True))
        texts.append(text)
        total += len(text.encode())
    return texts


def read_texts(n_bytes: int) -> Iterator[str]:
    """Yield the texts of the jsonl files under CURATOR_DATA, up to so many bytes."""
    folder = os.environ.get("CURATOR_DATA")
    for path in sorted(Path(folder).rglob("*.jsonl")) if folder else ():
        with path.open(encoding="utf-8") as lines:
            for line in lines:
                text = json.loads(line).get("text")
                if isinstance(text, str):
                    n_bytes -= len(text.encode())
                    yield text
                if n_bytes < 0:
                    return


def check(texts: list[str], device: Callable[[Any], Any]) -> dict[str, str]:
    """Return for every check "equal", or how the bodies differ."""
    equality = importlib.import_module("tests.gpu.equality")
    found = {}
    for name, compare in equality.CHECKS.items():
        found[name] = "equal"
        for sample in (equality.FIXED, [], [""], equality.long_documents(), texts):
            try:
                compare(sample, device)
            except AssertionError as difference:
                found[name] = str(difference)
                break
        print(f"  {name}: {found[name]}", flush=True)
    return found


def size(arrays: Any) -> int:
    """Return the bytes of arrays in tuples, however deep."""
    if isinstance(arrays, tuple):
        return sum(size(array) for array in arrays)
    return int(getattr(arrays, "nbytes", 0))


def kernels(texts: Any, device: Callable[[Any], Any]) -> list[Timed]:
    """Return what is measured; each runs on the device or, for comparison, on the host."""
    name = importlib.import_module
    fold, shingles = name("curator.kernels.fold"), name("curator.kernels.shingles")
    minhash, bands = name("curator.kernels.minhash"), name("curator.kernels.bands")
    stats, ngrams = name("curator.kernels.text_stats"), name("curator.kernels.ngrams")
    jaccard = name("curator.kernels.jaccard").jaccard
    host: dict[str, Any] = {"texts": texts, "keys": fold.fold(texts)}
    host["lengths"] = shingles.shingle_lengths(host["keys"])
    host["sets"] = shingles.shingle_sets(host["keys"], host["lengths"])
    host["signed"] = minhash.signatures(host["keys"], host["lengths"], 144)
    first = bands.band_hashes(host["signed"], 18, 8, host["lengths"])[0]
    host["first"], host["pairs"] = first, bands.bucket_pairs(first)
    points, _ = ngrams.code_points(texts)
    host["ranks"] = points

    def moved(value: Any) -> Any:
        if isinstance(value, tuple):
            return type(value)(*(device(array) for array in value))
        return device(value)

    there = {key: moved(value) for key, value in host.items()}

    def timed(label: str, function: Callable[[dict[str, Any]], Any], *inputs: str) -> Timed:
        read = sum(size(host[key]) for key in inputs)
        return Timed(
            label,
            lambda on_device: function(there if on_device else host),
            lambda result: read + size(result),
        )

    def statistics_of(a: dict[str, Any]) -> tuple[Any, ...]:
        counted = vars(stats.text_stats(a["texts"]))
        return tuple(value for key, value in counted.items() if key != "texts")

    def counted(function: str) -> Callable[[dict[str, Any]], Any]:
        meanings = name("curator.kernels.text_stats.classes").tables().meanings
        body = name("curator.kernels.twin").body
        return lambda a: getattr(body(a["texts"].data, "text_stats"), function)(
            *a["texts"], meanings
        )

    def sign(scheme: str) -> Callable[[dict[str, Any]], Any]:
        return lambda a: minhash.signatures(a["keys"], a["lengths"], 128, 0, scheme)

    return [
        timed("text_stats", statistics_of, "texts"),
        timed("repetition", counted("repetition"), "texts"),
        timed("word n-grams", counted("ngrams"), "texts"),
        timed("fold", lambda a: tuple(fold.fold(a["texts"])), "texts"),
        timed("key_hashes", lambda a: fold.key_hashes(a["texts"], a["keys"]), "keys"),
        timed("shingles", lambda a: shingles.shingle_sets(a["keys"], a["lengths"]), "keys"),
        timed("minhash one_permutation", sign("one_permutation"), "keys"),
        timed("minhash permutations", sign("permutations"), "keys"),
        timed("minhash affine32", sign("affine32"), "keys"),
        timed("shingle_digests sha1", lambda a: minhash.shingle_digests(a["texts"], 5), "texts"),
        timed("bands", lambda a: bands.band_hashes(a["signed"], 18, 8, a["lengths"]), "signed"),
        timed("bucket_pairs", lambda a: bands.bucket_pairs(a["first"]), "first"),
        timed("jaccard", lambda a: jaccard(a["sets"], a["sets"], a["pairs"], 0.8), "sets", "pairs"),
        timed("code_points", lambda a: tuple(ngrams.code_points(a["texts"])), "texts"),
        timed("pair_keys", lambda a: ngrams.pair_keys(a["ranks"]), "ranks"),
    ]


def device_seconds(cupy: Any, run: Callable[[], Any]) -> float:
    """Return the median time between two events around a call, after one call to warm up."""
    run()
    times = []
    for _ in range(REPEATS):
        start, end = cupy.cuda.Event(), cupy.cuda.Event()
        start.record()
        run()
        end.record()
        end.synchronize()
        times.append(cupy.cuda.get_elapsed_time(start, end) / 1000)
    return statistics.median(times)


def launches(cupy: Any, run: Callable[[], Any]) -> dict[str, float]:
    """Return the seconds of each device function during one call, each waited for by itself."""
    names = [name for name in sys.modules if name.startswith("curator.kernels.")]
    bodies = [sys.modules[name] for name in names if name.endswith(".gpu")]
    plain = sys.modules["curator.kernels.cuda.gpu"].launch
    found: dict[str, float] = {}

    def timed(kernel: str, function: str, *arguments: Any, **options: Any) -> None:
        start, end = cupy.cuda.Event(), cupy.cuda.Event()
        start.record()
        plain(kernel, function, *arguments, **options)
        end.record()
        end.synchronize()
        seconds = cupy.cuda.get_elapsed_time(start, end) / 1000
        found[function] = found.get(function, 0.0) + seconds

    users = [body for body in bodies if getattr(body, "launch", None) is plain]
    for body in users:
        vars(body)["launch"] = timed
    try:
        run()
    finally:
        for body in users:
            vars(body)["launch"] = plain
    return found


def copy_bandwidth(cupy: Any) -> float:
    """Return the bytes a second that a plain copy on the device reads and writes together."""
    source, target = cupy.zeros(COPIED, np.uint8), cupy.empty(COPIED, np.uint8)

    def copy() -> None:
        target[...] = source

    return 2 * COPIED / device_seconds(cupy, copy)


def host_seconds(run: Callable[[], Any]) -> float:
    """Return the better of two times of the host's body, after one call that compiles it."""
    run()
    times = []
    for _ in range(2):
        began = time.perf_counter()
        run()
        times.append(time.perf_counter() - began)
    return min(times)


def measure(cupy: Any, texts: Any) -> dict[str, Any]:
    """Return the copying speed and a row of figures for each kernel."""
    bandwidth = copy_bandwidth(cupy)
    print(f"  a plain copy reads and writes {bandwidth / 1e9:.0f} GB/s", flush=True)
    rows = []
    for kernel in kernels(texts, cupy.asarray):
        moved = kernel.moved(kernel.run(False))
        seconds = device_seconds(cupy, lambda run=kernel.run: run(True))
        on_host = host_seconds(lambda run=kernel.run: run(False))
        rows.append(
            {
                "kernel": kernel.name,
                "seconds": seconds,
                "text_gb_per_s": texts.data.nbytes / seconds / 1e9,
                "moved_gb_per_s": moved / seconds / 1e9,
                "share_of_copy_bandwidth": moved / seconds / bandwidth,
                "cpu_seconds_one_core": on_host,
                "times_as_fast_as_one_core": on_host / seconds,
                "device_functions_seconds": launches(cupy, lambda run=kernel.run: run(True)),
            }
        )
        print(
            f"  {kernel.name:24} {rows[-1]['text_gb_per_s']:8.2f} GB/s of text, "
            f"{100 * rows[-1]['share_of_copy_bandwidth']:5.1f} % of copying, "
            f"{rows[-1]['times_as_fast_as_one_core']:7.1f} x one core",
            flush=True,
        )
    return {"copy_bytes_per_s": bandwidth, "kernels": rows}


def machine(cupy: Any) -> dict[str, Any]:
    """Return what the figures were measured on."""
    properties = cupy.cuda.runtime.getDeviceProperties(0)
    versions = {
        name: importlib.metadata.version(name)
        for name in ("numpy", "numba", "pyarrow", "opencc")
        if importlib.util.find_spec(name) and name in _installed()
    }
    return {
        "gpu": properties["name"].decode(),
        "multiprocessors": properties["multiProcessorCount"],
        "memory_bytes": properties["totalGlobalMem"],
        "cuda_driver": cupy.cuda.runtime.driverGetVersion(),
        "cuda_runtime": cupy.cuda.runtime.runtimeGetVersion(),
        "python": platform.python_version(),
        "versions": {"cupy": cupy.__version__, **versions},
    }


def _installed() -> set[str]:
    return {distribution.name.lower() for distribution in importlib.metadata.distributions()}


def main() -> int:
    parser = argparse.ArgumentParser(prog="bash benchmarks/gpu_check.sh")
    parser.add_argument("out", nargs="?", type=Path, default=RESULT)
    parser.add_argument("--dry-run", action="store_true", help="look for what is missing, no more")
    parser.add_argument("--megabytes", type=int, default=64, help="text to measure on")
    options = parser.parse_args()
    lacking = missing()
    for line in lacking:
        print(f"missing: {line}")
    if lacking or options.dry_run:
        print("nothing was run on a GPU")
        return MISSING if lacking else 0
    if no_opencc := stand_in_for_opencc():
        print("OpenCC is not installed: no character folds to a Simplified form in this run")
    cupy = importlib.import_module("cupy")
    buffers = importlib.import_module("curator.kernels.buffers")
    n_bytes = options.megabytes << 20
    texts = [*read_texts(n_bytes // 2)]
    from_files = len(texts)
    texts += made_texts(n_bytes - sum(len(text.encode()) for text in texts))
    print("Are the bits the same?")
    equal = check(texts[:: max(1, len(texts) // 400)], cupy.asarray)
    result = {
        "machine": machine(cupy),
        "text": {"seed": SEED, "documents": len(texts), "documents_from_files": from_files},
        "opencc": not no_opencc,
        "equal": equal,
    }
    if unequal := sorted(name for name, found in equal.items() if found != "equal"):
        print(f"CPU and GPU differ in {', '.join(unequal)}; nothing is measured")
    else:
        print("How fast?")
        result |= measure(cupy, buffers.of(texts))
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", "utf-8")
    print(f"written: {options.out}")
    return UNEQUAL if unequal else 0


if __name__ == "__main__":
    sys.exit(main())
