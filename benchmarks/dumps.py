"""From dumps to documents: measures pages, web archives and wikitext, and prints one table.

    python -m benchmarks.dumps [--kept]

``--kept`` prints the table of the results kept last, without measuring. Figures of each part:
``benchmarks/web_pages.py``, ``warc.py`` and ``wikipedia.py``.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator

from benchmarks.measure import RESULTS

PARTS = ("warc", "web_pages", "wikipedia")
EXTRACTORS = ("ours", "trafilatura", "resiliparse", "jusText")


def page_rows(sets: dict) -> Iterator[tuple[str, ...]]:
    for name, grams in (("article-extraction-benchmark", "4"), ("cleaneval-dev", "1")):
        found = [sets[name][extractor] for extractor in EXTRACTORS]
        scores = [one[f"{grams}-grams"]["all"]["f1"] for one in found]
        yield f"{name}, F1 of {grams}-grams", *(f"{score:.3f}" for score in scores)
        yield f"{name}, pages/s", *(f"{one['pages_a_second']:.0f}" for one in found)
    crawl = [sets["synthetic_cc"][extractor] for extractor in EXTRACTORS]
    for charset in ("utf-8", "big5hkscs", "gb18030"):
        scores = [one["3-grams"][charset]["f1"] for one in crawl]
        yield f"synthetic crawl, {charset}, F1", *(f"{score:.3f}" for score in scores)
    recall = [one["feature_character_recall"] for one in crawl]
    yield "Cantonese characters found", *(f"{share:.4f}" for share in recall)


def wiki_rows(result: dict) -> Iterator[tuple[str, ...]]:
    peers = ("ours", "mwparserfromhell strip_code", "wikiextractor")
    for name, figures in result["sets"].items():
        found = [figures.get(peer) for peer in peers]
        for title, value in (
            ("MB/s a core", lambda one: f"{one['mb_per_s']:.2f}"),
            ("signs left", lambda one: str(sum(one["residue"].values()))),
            ("orphans in 1,000 leads", lambda one: f"{one['orphans_per_1000_leads']:.1f}"),
        ):
            yield f"{name}, {title}", *("–" if one is None else value(one) for one in found)
    left = result["parser_tests"]["outside_of_literals"]
    yield "parserTests, signs left outside of literals", str(sum(left.values())), "–", "–"


def warc_rows(result: dict) -> Iterator[tuple[str, ...]]:
    peers = ("curator", "warcio_charset_normalizer", "warcio_resiliparse")
    found = [result["read_and_decoded"][peer] for peer in peers]
    yield "read and decoded, MB/s", *(f"{one['megabytes_per_second']:.1f}" for one in found)
    for charset in ("utf-8", "big5hkscs", "gb18030", "windows-1252"):
        lines = [one["charsets"][charset]["lines_found"] for one in found]
        yield f"{charset}, lines found letter by letter", *(f"{share:.4f}" for share in lines)
    both = result["read_decoded_and_extracted"]["megabytes_per_second"]
    yield "with extraction, MB/s", f"{both:.1f}", "–", "–"


def show(head: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> None:
    print("\n| " + " | ".join(head) + " |\n|" + "---|" * len(head))
    for row in rows:
        print("| " + " | ".join(row) + " |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kept", action="store_true", help="measure nothing")
    if not parser.parse_args().kept:
        for part in PARTS:
            subprocess.run([sys.executable, "-m", f"benchmarks.{part}"], check=True)
    warc, pages, wiki = (json.loads((RESULTS / f"{part}.json").read_text()) for part in PARTS)
    show(("pages", *EXTRACTORS), page_rows(pages["sets"]))
    head = ("archives", "ours", "warcio, charset-normalizer", "warcio, resiliparse")
    show(head, warc_rows(warc))
    show(("wikitext", "ours", "strip_code", "wikiextractor"), wiki_rows(wiki))


if __name__ == "__main__":
    main()
