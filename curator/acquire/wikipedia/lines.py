"""What is left when brackets are read: quotes, tags, links outwards, headings and lists."""

from __future__ import annotations

import html.entities
import re

from curator.acquire.wikipedia.fences import repair
from curator.acquire.wikipedia.marks import CONTROL, FENCE, LITERAL_BEGINS, MARKS, TEXT_LINE

LINK_OUT = re.compile(
    r"\[(?:(?:(?:https?|ftps?|ircs?|gopher|svn|git|ssh|telnet|nntp|worldwind|redis)://|//)|"
    r"(?:mailto|news|tel|magnet|geo|urn|sips?|sms|xmpp|bitcoin):)"
    r"[^\s\]\[<>]*+[ \t\u3000]*+([^\[\]\n]*+)\]",  # possessive: nothing is tried twice
    re.I,
)
INLINE = (
    "abbr b bdi bdo big cite code data del dfn em font i ins kbd mark nobr poem q rb rp rt rtc "
    "ruby s samp small span strike strong sub sup time tt u var wbr a img noinclude onlyinclude "
    "languages translate tvar noeditsection nowiki"
)
BLOCK = (
    "address article aside blockquote caption center dd div dl dt figcaption figure footer h1 h2 "
    "h3 h4 h5 h6 header li ol p section table tbody tfoot thead tr ul hr br"
)
ATTRIBUTES = r"(?:[\s/][^<>]{0,4000})?"
TAGS = re.compile(
    rf"<(/?)(?:({'|'.join(INLINE.split())})|({'|'.join(BLOCK.split())})|(t[dh]))(?<!ref){ATTRIBUTES}>",
    re.I,
)
KEPT_TAG = re.compile(rf"</?(?:ref|nowiki|math|pre|gallery|includeonly|source){ATTRIBUTES}>", re.I)
"""Tags that lost their partner."""
RUBY = re.compile(r"<rt>([^<]*)</rt>", re.I)
QUOTES = re.compile("'{2,}")
MAGIC = re.compile(r"__(?:[A-Z]{4,32}|[^\W\d_a-z]{2,24})__")
REFERENCE = re.compile("&(#[0-9]{1,8}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
HEADING = re.compile(r"(={1,6})(.+?)\1[ \t\x03]*")
LIST = re.compile(r"[*#:;]+")
RULER = re.compile("-{4,}")
BLANKS = re.compile("[ \\t\\u00a0]{2,}")
BLANK_LINES = re.compile("\n{3,}")
MOST_JOINS = 16
"""Rounds in which brackets are taken away that stand together because others were."""
LEFT_OVER = re.compile(r"\{\{+|\}\}+|\[\[+|\]\]+|-\{|\}-|\{\||\|thumb")


def plain(text: str) -> str:
    """Return text without links outwards, tags, quotes for bold and italic, and magic words."""
    if "[" in text:
        text = LINK_OUT.sub(_link_out, text)
    if "<" in text:
        if "<rt>" in text and "<rp" not in text:
            text = RUBY.sub("(\\1)", text)
        text = KEPT_TAG.sub("", TAGS.sub(_tag, text))
    if "''" in text:
        text = "\n".join(_quotes(line) if "''" in line else line for line in text.split("\n"))
    if "__" in text:
        text = MAGIC.sub(FENCE, text)
    return without_left_overs(text)


def without_left_overs(text: str) -> str:
    """Return text without brackets that have no partner and marks of pictures that were cut."""
    for _ in range(MOST_JOINS):
        if not LEFT_OVER.search(text):
            break
        text = LEFT_OVER.sub("", text)
    return text


def decode(text: str) -> str:
    """Return text with character references decoded once; no-break spaces become spaces.

    >>> decode("891.85&#160;km&sup2; &amp;lt;")
    '891.85 km² &lt;'
    """
    if "&" in text:
        text = REFERENCE.sub(_reference, text)
    return text.replace("\u00a0", " ") if "\u00a0" in text else text


def finish(text: str) -> str:
    """Return the lines of a page: headings and lists told apart, fences and blank lines gone."""
    kept: list[tuple[int, str]] = []
    for line in text.split("\n"):
        fenced = FENCE in line
        level, line = _line(line)
        if fenced:
            blank = not line.strip(" \t" + FENCE)
            if not blank:
                # what stood between two brackets may be gone
                line = without_left_overs(repair(line))
            if blank or (level == 0 and not line.strip(" -")):
                continue
        kept.append((level, BLANKS.sub(" ", line).rstrip(" \t")))
    lines = [line for level, line in _without_empty_sections(kept)]
    joined = BLANK_LINES.sub("\n\n", "\n".join(lines)).strip()
    return MARKS.sub("", joined) if LITERAL_BEGINS not in joined else joined.replace(TEXT_LINE, "")


def _line(line: str) -> tuple[int, str]:
    """Return the level of a heading, 0 for other lines, and the line as text."""
    first = line[:1]
    if first == TEXT_LINE:
        return 0, line[1:]
    if first == "=" or (first == FENCE and line.lstrip(FENCE)[:1] == "="):
        match = HEADING.fullmatch(line.strip(" \t" + FENCE))
        if match:
            heading = match[2].strip(" \t" + FENCE)
            return (len(match[1]), heading) if heading else (0, FENCE)
    if first == "-":
        return 0, RULER.sub("", line, count=1) if line.startswith("----") else line
    if first in "*#:;" and first:
        match = LIST.match(line)
        signs = match[0] if match else ""
        rest = line[len(signs) :].strip(" \t")
        if signs[-1] in "*#" and rest.strip(FENCE):
            return 0, "- " + rest
        return 0, rest
    return 0, line.strip(" \t")


def _without_empty_sections(lines: list[tuple[int, str]]) -> list[tuple[int, str]]:
    """Return the lines without headings that nothing follows: their section was dropped."""
    kept: list[tuple[int, str]] = []
    below = 0  # level of the nearest heading kept below, 7 for text
    for level, line in reversed(lines):
        if level and below <= level:
            continue
        if level:
            below = level
            kept.append((0, ""))  # read backwards: a blank line below the heading's own
            kept.append((level, line))
            kept.append((0, ""))
            continue
        if line:
            below = 7
        kept.append((level, line))
    kept.reverse()
    return kept


def _link_out(match: re.Match[str]) -> str:
    return (match[1] or "").strip() or FENCE


def _tag(match: re.Match[str]) -> str:
    name = (match[3] or "").lower()
    if name == "li" and not match[1]:
        return "\n* "
    if name:
        return "\n\n" if name in ("p", "blockquote", "div", "table") else "\n"
    return " " if match[4] else ""


def _quotes(line: str) -> str:
    """Return a line without the signs of bold and italic; extra apostrophes are text.

    Where both signs are left open, one bold sign is an apostrophe before italics (``l'''ami''``),
    as in MediaWiki.
    """
    runs = [len(run) for run in QUOTES.findall(line)]
    bold = sum(1 for n in runs if n == 3 or n >= 4)
    italic = sum(1 for n in runs if n == 2 or n >= 5)
    if bold % 2 and italic % 2:
        line = _apostrophe(line)
    return QUOTES.sub(lambda match: _apostrophes(len(match[0])), line)


def _apostrophes(n: int) -> str:
    return "'" if n == 4 else "'" * (n - 5) if n > 5 else ""


def _apostrophe(line: str) -> str:
    """Return the line with the first bold sign after a one-letter word, or after a word, as ``'``.

    The choice is MediaWiki's: after a single letter, else inside a word, else after a space.
    """
    choices: dict[int, int] = {}
    for match in QUOTES.finditer(line):
        if len(match[0]) != 3:
            continue
        before = line[max(0, match.start() - 2) : match.start()]
        kind = 2 if before[-1:] == " " else 0 if before[-2:-1] == " " else 1
        choices.setdefault(kind, match.start())
    if not choices:
        return line
    place = choices[min(choices)]
    return line[:place] + "'" + line[place + 3 :]  # the pair behind it opens italics


def _reference(match: re.Match[str]) -> str:
    name = match[1]
    if name[0] != "#":
        return html.entities.html5.get(name + ";", match[0])
    number = int(name[2:], 16) if name[1] in "xX" else int(name[1:])
    if number > 0x10FFFF or 0xD800 <= number <= 0xDFFF:
        return match[0]
    character = chr(number)
    return "" if CONTROL.match(character) else character
