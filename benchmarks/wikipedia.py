"""Wikitext to text: what is left of the markup, whole leads, and speed beside two peers.

    python -m benchmarks.wikipedia              # the table, kept in benchmarks/results
    python -m benchmarks.wikipedia --show 10    # articles before and after

Peers: ``mwparserfromhell`` (``strip_code``) and, where it is installed, ``wikiextractor``; each on
the same pages in the same run, one core.
"""

from __future__ import annotations

import argparse
import html
import importlib.util
import re
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from benchmarks.measure import DATA, about, keep
from curator.acquire.wikipedia import Site, WikipediaReader, WikitextConverter
from curator.acquire.wikipedia.dump import DumpBlock, spans
from curator.acquire.wikipedia.pages import parse_page

ORPHAN = re.compile(r"[（(]\s*[，、；：,;)）]|[，、；：]\s*[）)]|([，、])\1")
RESIDUE = ("{{", "-{", "[[", "|thumb")
LITERAL = re.compile(
    r"<(nowiki|pre|syntaxhighlight|source)(?=[\s>])[^<>]*>.*?</\1\s*>", re.S | re.I
)
"""What the author wants to be shown as it is written, brackets and all."""
ROUNDS = 3
LEAD_CHARACTERS = 600


class Article(NamedTuple):
    site: Site
    title: str
    wikitext: str


def articles(folder: str) -> Iterator[Article]:
    """Yield the articles of the dumps in a folder of the corpora, under the wikis' real names."""
    root = DATA / "wiki_xml" / folder
    for path in sorted(root.glob("*.xml*.bz2")):
        name = path.name.partition(".")[0]
        wiki = f"{name}wiki" if folder == "dbpedia_minidumps" else None
        reader = WikipediaReader(str(path), wiki=wiki)
        for block in reader.plan(1 << 30).blocks:
            assert isinstance(block, DumpBlock)
            for span in spans(block, 1 << 26):
                page = parse_page(span.data)
                if page.namespace == 0 and page.redirect is None and page.model == "wikitext":
                    yield Article(block.site, page.title, page.text or "")


class Case(NamedTuple):
    name: str
    wikitext: str
    rendered: str


def parser_tests() -> list[Case]:
    """Return MediaWiki's own cases: name, wikitext, and the HTML it makes of them."""
    path = DATA / "wiki_xml" / "mediawiki_src" / "tests__parser__parserTests.txt"
    cases = []
    for block in re.split(r"^!! ?test\n", path.read_text("utf-8"), flags=re.M)[1:]:
        parts = re.split(r"^!! ?([a-z/*+]+)[^\n]*\n", block, flags=re.M)
        sections = dict(zip(parts[1::2], parts[2::2], strict=False))
        source = sections.get("wikitext", sections.get("input"))
        if source is not None:
            rendered = "".join(text for name, text in sections.items() if name.startswith("html"))
            cases.append(Case(parts[0].strip(), source, rendered))
    return cases


def residue(texts: list[str]) -> dict[str, int]:
    """Return in how many texts each sign of markup is left."""
    return {sign: sum(sign in text for text in texts) for sign in RESIDUE}


def residue_of_tests(convert: Callable[[str], str]) -> dict[str, Any]:
    """Return residue over the parser tests: outside of literal stretches, and in all of them.

    ``not_rendered`` counts the cases with a sign that MediaWiki's own HTML does not show.
    """
    cases = parser_tests()
    outside = [convert(LITERAL.sub("", case.wikitext)) for case in cases]
    whole = [convert(case.wikitext) for case in cases]
    shown = [html.unescape(re.sub(r"<[^>]*>", "", case.rendered)) for case in cases]
    return {
        "cases": len(cases),
        "outside_of_literals": residue(outside),
        "all": residue(whole),
        "not_rendered": {
            sign: sum(
                sign in text and sign not in page for text, page in zip(whole, shown, strict=True)
            )
            for sign in RESIDUE
        },
    }


def orphans(texts: list[str]) -> float:
    """Return orphan punctuation per 1,000 leads; a lead is the text before the first heading."""
    found = sum(len(ORPHAN.findall(text[:LEAD_CHARACTERS])) for text in texts)
    return round(1000 * found / max(1, len(texts)), 2)


def ours(article: Article, converters: dict[str, WikitextConverter]) -> str:
    return converters[article.site.wiki](article.wikitext, article.title).text


def strip_code(article: Article) -> str:
    import mwparserfromhell

    return str(mwparserfromhell.parse(article.wikitext).strip_code())


def wikiextractor(article: Article) -> str:
    from wikiextractor.extract import Extractor

    extractor = Extractor(1, 1, "", article.title, article.wikitext.split("\n"))
    return "\n".join(extractor.clean_text(article.wikitext))


def timed(convert: Callable[[Article], str], pages: list[Article]) -> dict[str, Any]:
    """Return speed (CPU time, best of ``ROUNDS``) and faults of one converter over all pages."""
    seconds = []
    texts: list[str] = []
    for _ in range(ROUNDS):
        began = time.process_time()
        texts = [convert(page) for page in pages]
        seconds.append(time.process_time() - began)
    size = sum(len(page.wikitext.encode()) for page in pages)
    return {
        "mb_per_s": round(size / 1e6 / min(seconds), 2),
        "articles_per_s": round(len(pages) / min(seconds), 1),
        "residue": residue(texts),
        "orphans_per_1000_leads": orphans(texts),
        "characters": sum(map(len, texts)),
    }


def show(pages: list[Article], converters: dict[str, WikitextConverter], count: int) -> None:
    for page in pages[:: max(1, len(pages) // count)][:count]:
        sys.stdout.write(f"\n{'=' * 30} {page.site.wiki} {page.title}\n{page.wikitext[:1500]}\n")
        sys.stdout.write(f"{'-' * 30}\n{ours(page, converters)[:1500]}\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--show", type=int, default=0, metavar="N", help="print N articles")
    options = parser.parse_args()
    sets = {name: list(articles(name)) for name in ("dbpedia_minidumps", "gensim")}
    converters: dict[str, WikitextConverter] = {}
    for page in (page for pages in sets.values() for page in pages):
        converters.setdefault(page.site.wiki, WikitextConverter(page.site))
    if options.show:
        show([page for pages in sets.values() for page in pages], converters, options.show)
        return
    peers: dict[str, Callable[[Article], str]] = {
        "ours": lambda page: ours(page, converters),
        "mwparserfromhell strip_code": strip_code,
    }
    packages = ["mwparserfromhell"]
    if importlib.util.find_spec("wikiextractor"):
        peers["wikiextractor"] = wikiextractor
        packages.append("wikiextractor")
    result: dict[str, Any] = {"machine": about(*packages), "sets": {}}
    for name, pages in sets.items():
        figures = {peer: timed(convert, pages) for peer, convert in peers.items()}
        speed = {peer: figure["mb_per_s"] for peer, figure in figures.items()}
        figures["ours"]["times_strip_code"] = round(
            speed["ours"] / speed["mwparserfromhell strip_code"], 1
        )
        result["sets"][name] = {"articles": len(pages), **figures}
    plain = WikitextConverter()
    result["parser_tests"] = residue_of_tests(lambda text: plain(text).text)
    keep("wikipedia", result)


if __name__ == "__main__":
    main()
