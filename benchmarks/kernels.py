"""Megabytes a second of the kernels, on one core, in text of several scripts.

``python -m benchmarks.kernels`` measures all of ``KERNELS`` and keeps the result; names after it
choose some, and what is measured is then printed alone. A kernel joins by an entry in
``KERNELS``: a function that takes texts and returns what is to be timed, by name. It is called once
before the timing, so that compiling is not counted; the best of five runs counts, in seconds of
the processor, so that other programs disturb little.
"""

from __future__ import annotations

import gzip
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks import measure
from curator.kernels import buffers
from curator.kernels.buffers import Utf8
from curator.kernels.text_stats import text_stats
from curator.modifiers.unicode import UnicodeReformatter

RUNS = 5
MOST_BYTES = 12_000_000

Timed = dict[str, Callable[[], object]]


def _texts(path: Path, language: str | None = None) -> Utf8:
    """Return the first documents of a file, some 12 MB; of one language where it names several."""
    texts, size = [], 0
    read = gzip.open if path.suffix == ".gz" else open
    with read(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            if language is None or row["lang"] == language:
                texts.append(row["text"])
                size += len(row["text"].encode())
            if size >= MOST_BYTES:
                break
    return buffers.of(texts)


TEXTS: dict[str, Callable[[], Utf8]] = {
    "Cantonese Wikipedia": lambda: _texts(measure.DATA / "yue" / "yuewiki_20220901.jsonl.gz"),
    "Javanese paragraphs": lambda: _texts(measure.DATA / "jav" / "nusaparagraph_jav.jsonl.gz"),
    "Gujarati Bible": lambda: _texts(measure.DATA / "bulk" / "bible_chapters.jsonl.gz", "guj"),
    "Cantonese sentences": lambda: _texts(measure.DATA / "yue" / "ctcpc_yue_sents.jsonl.gz"),
    "Indonesian help": lambda: _texts(measure.DATA / "ind" / "libreoffice_help_id.jsonl.gz"),
    "Latvian Bible": lambda: _texts(measure.DATA / "bulk" / "bible_chapters.jsonl.gz", "lav"),
    "Traditional Chinese Wikipedia": lambda: _texts(measure.DATA / "zh_hant" / "drcd_zhwiki.jsonl"),
    "Classical Chinese": lambda: _texts(measure.DATA / "lzh" / "classical_sample.jsonl.gz"),
    "Armenian Bible": lambda: _texts(measure.DATA / "bulk" / "bible_chapters.jsonl.gz", "hye"),
    "Javanese sentences": lambda: _texts(
        measure.DATA / "jav" / "nusatranslation_jav_sents.jsonl.gz"
    ),
    "English messages": lambda: _texts(measure.DATA / "eng" / "mediawiki_ui_en.jsonl"),
    "Cantonese read aloud": lambda: _texts(measure.DATA / "yue" / "common_voice_yue_sents.jsonl"),
    "Javanese messages": lambda: _texts(measure.DATA / "jav" / "mediawiki_ui_jv.jsonl"),
    "Chinese messages": lambda: _texts(measure.DATA / "zh_hant" / "mediawiki_ui_zh_hant.jsonl"),
}
"""What is measured: unspaced, ASCII, combining marks, documents of one sentence, documents that
repeat much, Latin letters beyond ASCII, letters that are looked up."""


def _statistics(texts: Utf8) -> Timed:
    """Return the counts that are always taken, those taken at first use, and all together."""

    def everything() -> None:
        stats = text_stats(texts, ngrams=True)
        assert len(stats.repetition.lines) == len(stats.ngrams.top)

    return {
        "text_stats": lambda: text_stats(texts),
        "text_stats and repetition": lambda: text_stats(texts).repetition,
        "text_stats and ngrams": lambda: text_stats(texts).ngrams,
        "text_stats, repetition and ngrams": everything,
    }


def _scan(texts: Utf8) -> Timed:
    """Return the scan that proves that ftfy would change nothing in a text."""
    modifier = UnicodeReformatter()
    return {"may_change": lambda: modifier.may_change(texts)}


KERNELS: dict[str, Callable[[Utf8], Timed]] = {
    "text_stats": _statistics,
    "unicode prefilter": _scan,
}


def speed(work: Callable[[], object], size: int) -> float:
    """Return megabytes a second, the best of the runs."""
    work()
    times = []
    for _ in range(RUNS):
        began = time.process_time()
        work()
        times.append(time.process_time() - began)
    return round(size / 1e6 / min(times), 1)


def main(names: list[str]) -> None:
    """Measure some kernels, all of them where no name is given."""
    unknown = set(names) - set(KERNELS)
    if unknown:
        raise SystemExit(f"no kernel {sorted(unknown)}; known are {sorted(KERNELS)}")
    texts = {name: load() for name, load in TEXTS.items()}
    result = {
        "megabytes_a_second": {
            kernel: {
                name: {what: speed(work, len(text.data)) for what, work in timed(text).items()}
                for name, text in texts.items()
            }
            for kernel, timed in KERNELS.items()
            if not names or kernel in names
        },
        "texts": {
            name: {"megabytes": round(len(text.data) / 1e6, 1), "documents": text.n_documents}
            for name, text in texts.items()
        },
        "machine": measure.about("numba", "numpy", "llvmlite"),
    }
    if names:
        print(json.dumps(result, ensure_ascii=False, indent=1))
    else:
        measure.keep("kernels", result)


if __name__ == "__main__":
    main(sys.argv[1:])
