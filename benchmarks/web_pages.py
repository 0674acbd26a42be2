"""Main text of pages: ours against resiliparse, trafilatura and jusText, on the same pages.

``python -m benchmarks.web_pages`` prints the table and keeps it. F1 is that of the extraction
benchmark: precision and recall of the shingles of a page (4 tokens), averaged over pages, F1 of the
averages; for cleaneval also of single tokens. In the synthetic crawl a token is a Han character or
a word, a shingle 3 tokens, and pages without gold text (lists of links) count as right when nothing
comes out. Speed is in seconds of the processor, on one core, decoding not counted.
"""

from __future__ import annotations

import base64
import collections
import gzip
import json
import re
import time
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from fastwarc.warc import ArchiveIterator, WarcRecordType

from benchmarks import measure
from curator.acquire.charset import decode
from curator.acquire.html import (
    HtmlExtractor,
    JusTextExtractor,
    PageExtractor,
    ResiliparseExtractor,
    TrafilaturaExtractor,
)

EXTRACTORS: dict[str, HtmlExtractor] = {
    "ours": PageExtractor(),
    "resiliparse": ResiliparseExtractor(),
    "trafilatura": TrafilaturaExtractor(),
    "jusText": JusTextExtractor(),
}
FEATURES = "嘅咗喺啲嚟哋嘢嗰㗎佢冇咁唔攞瞓"
GOLD = measure.DATA / "html_gold"
CRAWL = measure.DATA / "warc" / "synthetic_cc" / "SYNTH-2024-22-00000"

_WORD = re.compile(r"\w+")
_HAN = "\u2e80-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_CHARACTER = re.compile(rf"[{_HAN}]|[^\W{_HAN}]+")


class Sample(NamedTuple):
    """A page and what is right."""

    html: str
    gold: str
    group: str
    language: str = ""


def article_pages() -> Iterator[Sample]:
    folder = GOLD / "article-extraction-benchmark"
    truth = json.loads((folder / "ground-truth.json").read_text("utf-8"))
    for name, page in sorted(truth.items()):
        data = gzip.decompress((folder / "html" / f"{name}.html.gz").read_bytes())
        yield Sample(data.decode("utf-8"), page["articleBody"], "all")


def gold_pages(name: str) -> Iterator[Sample]:
    with gzip.open(GOLD / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        for row in map(json.loads, lines):
            data = row.get("html_b64")
            html = row["html"] if data is None else decode(base64.b64decode(data)).text
            gold = re.sub(r"\A\s*\ufeff?URL:.*\n|<[phl]>", "", row["gold"], flags=re.IGNORECASE)
            yield Sample(html, gold, "all")


def crawl_pages() -> Iterator[Sample]:
    with gzip.open(f"{CRAWL}.gold.jsonl.gz", "rt", encoding="utf-8") as lines:
        truth = collections.defaultdict(list)
        for row in map(json.loads, lines):
            truth[row["url"]].append(row)
    kinds = WarcRecordType.response
    with open(f"{CRAWL}.warc.gz", "rb") as stream:
        for record in ArchiveIterator(stream, record_types=kinds, parse_http=True):
            kind = record.http_headers.get("Content-Type", "") or ""
            rows = truth[record.headers["WARC-Target-URI"]]
            if "html" not in kind or len(rows) != 1:
                continue
            label = re.search(r"charset=([\w-]+)", kind)
            html = decode(record.reader.read(), label[1] if label else None).text
            gold = rows[0].get("gold_text") or ""
            group = rows[0].get("charset") if gold else rows[0]["kind"]
            yield Sample(html, gold, group, rows[0].get("lang") or "")


def shingles(text: str, pattern: re.Pattern[str], n: int) -> collections.Counter[tuple[str, ...]]:
    tokens = pattern.findall(text)
    found = (tuple(tokens[i : i + n]) for i in range(max(1, len(tokens) - n + 1)))
    return collections.Counter(shingle for shingle in found if shingle)


def precision_recall(gold: str, text: str, pattern: re.Pattern[str], n: int) -> tuple[float, float]:
    true, told = shingles(gold, pattern, n), shingles(text, pattern, n)
    if not true and not told:
        return 1.0, 1.0
    both = (true & told).total()
    return both / max(1, told.total()), both / max(1, true.total())


def f1(scores: Sequence[tuple[float, float]]) -> dict[str, float]:
    precision, recall = (sum(column) / len(scores) for column in zip(*scores, strict=True))
    both = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    return {"f1": round(both, 4), "precision": round(precision, 4), "recall": round(recall, 4)}


def measured(
    extractor: HtmlExtractor, pages: Sequence[Sample], pattern: re.Pattern[str], sizes: list[int]
) -> dict[str, Any]:
    extractor.extract(pages[0].html)
    began = time.process_time()
    texts = [extractor.extract(page.html) for page in pages]
    seconds = time.process_time() - began
    groups: dict[str, list[tuple[Sample, str]]] = collections.defaultdict(list)
    for page, text in zip(pages, texts, strict=True):
        groups[page.group].append((page, text))
    result: dict[str, Any] = {"pages_a_second": round(len(pages) / seconds, 1)}
    for n in sizes:
        result[f"{n}-grams"] = {
            group: f1([precision_recall(page.gold, text, pattern, n) for page, text in members])
            for group, members in sorted(groups.items())
        }
    true = told = 0
    for page, text in zip(pages, texts, strict=True):
        if page.language == "yue":
            for feature in FEATURES:
                true += page.gold.count(feature)
                told += min(page.gold.count(feature), text.count(feature))
    if true:
        result["feature_character_recall"] = round(told / true, 5)
    return result


def main() -> None:
    """Measure every extractor on every set."""
    sets = {
        "article-extraction-benchmark": (list(article_pages()), _WORD, [4]),
        "cleaneval-dev": (list(gold_pages("cleaneval-dev")), _WORD, [1, 4]),
        "htmltotext-benchmark": (list(gold_pages("htmltotext-benchmark")), _WORD, [4]),
        "synthetic_cc": (list(crawl_pages()), _CHARACTER, [3]),
    }
    result = {
        "sets": {
            name: {
                "pages": len(pages),
                **{
                    extractor: measured(EXTRACTORS[extractor], pages, pattern, sizes)
                    for extractor in EXTRACTORS
                },
            }
            for name, (pages, pattern, sizes) in sets.items()
        },
        "machine": measure.about("resiliparse", "trafilatura", "justext", "lxml"),
    }
    measure.keep("web_pages", result)


if __name__ == "__main__":
    main()
