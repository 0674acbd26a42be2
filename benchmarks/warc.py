"""Web archives: how fast pages are read, and in how many charsets they are read rightly.

    python -m benchmarks.warc

One process, one core, CPU seconds. The archive is the made-up crawl of the corpora: real texts in
page templates, with the text of every page known. The baseline is what scripts do: warcio, the
label as Python's codec of that name, and a detector (charset-normalizer, or resiliparse's
uchardet) where there is none. Needs warcio, charset-normalizer and resiliparse.
"""

from __future__ import annotations

import gzip
import html
import io
import json
import random
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from charset_normalizer import from_bytes
from fastwarc.warc import ArchiveIterator
from resiliparse.parse.encoding import bytes_to_str, detect_encoding
from warcio.archiveiterator import ArchiveIterator as WarcioIterator

from benchmarks.measure import DATA, about, keep
from curator.acquire.charset import decode
from curator.acquire.html import PageExtractor
from curator.acquire.warc import WarcReader
from curator.acquire.warc_http import charset_of

ARCHIVE = DATA / "warc" / "synthetic_cc" / "SYNTH-2024-22-00000.warc.gz"
GOLD = ARCHIVE.with_name("SYNTH-2024-22-00000.gold.jsonl.gz")
CANTONESE = set("嘅咗喺啲嚟哋嘢嗰㗎冇佢唔咁嘥攞𠻺𡃁")
LENGTHS = (8, 20, 60, 300)
SLOW_DETECTOR_TEXTS = 100
LARGE_PAGES = 400
CORPORA = {
    "yue": "yue/yuewiki_20220901.jsonl.gz",
    "zh_hant": "zh_hant/drcd_zhwiki.jsonl",
    "zh_hans": "zh_hans/cmrc2018_zhwiki.jsonl",
}


class WholePage:
    def extract(self, html: str, url: str | None = None) -> str:
        return html


def ours(extractor: Any) -> Iterator[tuple[str, str]]:
    reader = WarcReader(str(ARCHIVE), extractor)
    plan = reader.plan(1 << 40)
    for block in plan.blocks:
        table = reader.read(block, plan.columns)
        columns = (table.column(name).to_pylist() for name in ("url", "text", "reason"))
        for url, text, reason in zip(*columns, strict=True):
            if not reason:
                yield url, text


def warcio_records() -> Iterator[tuple[str, str | None, bytes]]:
    with ARCHIVE.open("rb") as stream:
        for record in WarcioIterator(stream):
            if record.rec_type != "response":
                continue
            headers = record.http_headers
            kind = headers.get_header("Content-Type") or ""
            if headers.get_statuscode() != "200" or not kind.startswith("text/html"):
                continue
            url = record.rec_headers.get_header("WARC-Target-URI")
            yield url, charset_of(kind), record.content_stream().read()


def labelled(data: bytes, label: str | None) -> str | None:
    """What scripts do: the label is the name of a Python codec; strict UTF-8 comes first."""
    for name in ("utf-8", label):
        try:
            if name:
                return data.decode(name, "strict" if name == "utf-8" else "replace")
        except (UnicodeDecodeError, LookupError):
            continue
    return None


def with_charset_normalizer() -> Iterator[tuple[str, str]]:
    for url, label, data in warcio_records():
        text = labelled(data, label)
        yield url, str(from_bytes(data).best() or "") if text is None else text


def with_resiliparse() -> Iterator[tuple[str, str]]:
    for url, label, data in warcio_records():
        text = labelled(data, label)
        if text is None:
            text = bytes_to_str(data, detect_encoding(data) or "utf-8", errors="replace")
        yield url, text


def containers() -> dict[str, float]:
    """MB of unpacked records a second, nothing decoded."""
    data = ARCHIVE.read_bytes()
    n_bytes = len(gzip.decompress(data))

    def fastwarc() -> None:
        for record in ArchiveIterator(io.BytesIO(data), parse_http=False):
            record.reader.read()

    def warcio() -> None:
        for record in WarcioIterator(io.BytesIO(data), no_record_parse=True):
            record.raw_stream.read()

    def planned() -> None:
        WarcReader(str(ARCHIVE), WholePage()).plan(1 << 20)

    found = {}
    for name, work in (("fastwarc", fastwarc), ("warcio", warcio), ("cutting", planned)):
        found[name] = round(n_bytes / seconds(work)[0] / 1e6, 1)
    return found


def large_pages() -> dict[str, float]:
    """MB a second of pages of 73 kB, one real capture many times over, read and decoded."""
    capture = (DATA / "warc" / "whirlwind-python" / "whirlwind.warc.gz").read_bytes()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "large.warc.gz"
        path.write_bytes(capture * LARGE_PAGES)
        n_bytes = len(gzip.decompress(capture)) * LARGE_PAGES
        reader = WarcReader(str(path), WholePage())

        def read() -> None:
            plan = reader.plan(1 << 40)
            for block in plan.blocks:
                reader.read(block, plan.columns)

        spent = {"curator": seconds(read)[0], "cutting": seconds(lambda: reader.plan(1 << 20))[0]}
    return {name: round(n_bytes / time / 1e6, 1) for name, time in spent.items()}


def seconds(work: Callable[[], Any]) -> tuple[float, Any]:
    times, result = [], None
    for _ in range(3):
        began = time.process_time()
        result = work()
        times.append(time.process_time() - began)
    return min(times), result


def gold_pages() -> dict[str, dict[str, Any]]:
    with gzip.open(GOLD) as stream:
        pages = [json.loads(line) for line in stream]
    urls = Counter(page["url"] for page in pages)
    return {page["url"]: page for page in pages if urls[page["url"]] == 1 and page.get("gold_text")}


def accuracy(pages: list[tuple[str, str]], gold: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """By charset: pages, share of lines found letter by letter, share of Cantonese characters."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    read = dict(pages)
    for url, page in gold.items():
        text = html.unescape(read.get(url, ""))
        own = counts[page["charset"]]
        own["pages"] += 1
        for line in filter(None, map(str.strip, page["gold_text"].split("\n"))):
            own["lines"] += 1
            own["lines_found"] += line in text
        wanted = Counter(c for c in page["gold_text"] if c in CANTONESE)
        found = Counter(c for c in text if c in CANTONESE)
        own["cantonese"] += sum(wanted.values())
        own["cantonese_found"] += sum((wanted & found).values())
    return {
        charset: {
            "pages": own["pages"],
            "lines_found": round(own["lines_found"] / max(own["lines"], 1), 4),
            "cantonese_characters_found": round(own["cantonese_found"] / own["cantonese"], 4)
            if own["cantonese"]
            else None,
        }
        for charset, own in sorted(counts.items())
    }


def texts_of(path: str, n: int = 500) -> list[str]:
    file = DATA / path
    data = gzip.decompress(file.read_bytes()) if path.endswith(".gz") else file.read_bytes()
    lines = data.splitlines()[:n]
    return [json.loads(line)["text"].replace("\n", " ") for line in lines]


def detectors() -> list[dict[str, Any]]:
    """Share of texts read rightly without a label, by language, encoding and length."""
    draw = random.Random(0)
    rows = []
    for language, path in CORPORA.items():
        for codec in ("big5hkscs", "gb18030") if language != "zh_hans" else ("gb18030",):
            for length in LENGTHS:
                samples = []
                for text in texts_of(path):
                    start = draw.randrange(max(1, len(text) - length))
                    piece = text[start : start + length]
                    data = piece.encode(codec, "ignore")
                    if not data.isascii():
                        samples.append((data, data.decode(codec)))
                few = samples[:SLOW_DETECTOR_TEXTS]
                rows.append(
                    {
                        "language": language,
                        "encoding": codec,
                        "characters": length,
                        "curator": share(samples, lambda data: decode(data, meta=False).text),
                        "resiliparse": share(samples, by_resiliparse),
                        "charset_normalizer": share(few, lambda data: str(from_bytes(data).best())),
                    }
                )
    return rows


def by_resiliparse(data: bytes) -> str:
    return bytes_to_str(data, detect_encoding(data) or "utf-8", errors="replace", strip_bom=False)


def share(samples: list[tuple[bytes, str]], read: Callable[[bytes], str]) -> float:
    # the standard reads a few marks as others than Python's codec does: letters are compared
    right = sum(letters(read(data)) == letters(text) for data, text in samples)
    return round(right / len(samples), 4)


def letters(text: str) -> str:
    return "".join(filter(str.isalpha, text))


def main() -> None:
    gold = gold_pages()
    n_bytes = len(gzip.decompress(ARCHIVE.read_bytes()))
    ways: dict[str, Callable[[], list[tuple[str, str]]]] = {
        "curator": lambda: list(ours(WholePage())),
        "warcio_charset_normalizer": lambda: list(with_charset_normalizer()),
        "warcio_resiliparse": lambda: list(with_resiliparse()),
    }
    list(ours(WholePage()))  # tables of the detector are made once
    read = {}
    for name, way in ways.items():
        spent, pages = seconds(way)
        read[name] = {
            "megabytes_per_second": round(n_bytes / spent / 1e6, 1),
            "pages_per_second": round(len(pages) / spent),
            "charsets": accuracy(pages, gold),
        }
    spent, pages = seconds(lambda: list(ours(PageExtractor())))
    keep(
        "warc",
        {
            "about": about("fastwarc", "warcio", "charset-normalizer", "resiliparse", "pyarrow"),
            "unit": "megabytes of unpacked records per CPU second, one core",
            "archive": {"unpacked_megabytes": round(n_bytes / 1e6, 1), "pages": len(gold)},
            "containers_alone": containers(),
            "pages_of_73_kilobytes": large_pages(),
            "read_and_decoded": read,
            "read_decoded_and_extracted": {
                "megabytes_per_second": round(n_bytes / spent / 1e6, 1),
                "pages_per_second": round(len(pages) / spent),
            },
            "detectors_without_a_label": detectors(),
        },
    )


if __name__ == "__main__":
    main()
