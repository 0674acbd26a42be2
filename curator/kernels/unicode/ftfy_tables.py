"""What ``ftfy.fix_text`` looks for, as scan tables: where none of it stands, it changes nothing.

ftfy decodes mojibake only where its badness expression finds an unlikely sequence. Every branch
of that expression is given below as a pair of neighbours that each of its matches must contain
(the rarest such pair, so that quotation marks beside Han or é do not send a page the slow way).
The pairs hold for the expression they were derived from, and for no other: ``supported`` compares
its digest and the version, and without support nothing is promised.
"""

from __future__ import annotations

import hashlib
import itertools
import re
import unicodedata
from functools import cache
from typing import Literal, NamedTuple

import ftfy
from ftfy import badness, chardata

from curator.kernels.unicode import ScanTables, pack_tables

_STUDIED = frozenset({"6.3.0", "6.3.1"})
_DIGEST = "9dcc0f2ac90d9ae3c85eb7b9b2c0b8a8e8126153847c2b30c91a0bb263f3b8c4"
"""SHA-256 of the badness expression whose pairs are below, the same in both versions."""

_ACCENTED = ("lower_accented", "upper_accented")
_SIGNS = ("box", "start_punctuation", "end_punctuation", "currency", "numeric", "law")
# (categories and characters on the left, the same on the right); "=" begins literal characters.
_PAIRS: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = (
    (("bad", *_ACCENTED, *_SIGNS, "lower_common", "upper_common"), ("bad",)),
    (("bad",), (*_ACCENTED, *_SIGNS)),
    (
        ("lower_accented", "lower_common", "box", "end_punctuation", "currency", "numeric"),
        ("upper_accented",),
    ),
    (("box", "end_punctuation", "currency", "numeric"), ("lower_accented",)),
    (("lower_accented", "box", "end_punctuation"), ("currency",)),
    (("upper_accented",), ("currency", "start_punctuation", "=°")),
    (("upper_accented", "box"), ("numeric", "law")),
    (("start_punctuation",), ("numeric",)),
    ((*_ACCENTED, "currency", "numeric", "box", "law"), ("end_punctuation",)),
    (("currency", "numeric", "box"), ("start_punctuation",)),
    (("box",), ("kaomoji",)),
    ((*_ACCENTED, "currency", "numeric", "start_punctuation", "end_punctuation", "law"), ("box",)),
    (_ACCENTED, ("start_punctuation",)),
    (("=ÂÃÎÐ",), ("start_punctuation", "end_punctuation", "=€œŠš¢£Ÿž\xa0\xad®°©·»–—´¡ ")),
    (("=ØÙ",), ("common", "currency", "bad", "numeric", "start_punctuation", "=ŸŠ®°µ»")),
    (("=×",), ("=²³",)),
    (("=à",), ("=²µ¹¼½¾",)),
    (("=√",), ("=±∂†≠®™´≤≥¥µø",)),
    (("=≈",), ("=°¢",)),
    (("=‚",), ("=Äâó",)),
    (("=в",), ("=Ђ",)),
    (("=Г",), ("=ў",)),
    (
        ("=ВГРСΒΓΞΟ",),
        ("bad", "start_punctuation", "end_punctuation", "currency", "=°µ"),
    ),
    (("=βā",), ("=€",)),
)
# "œ" before anything but an ASCII letter is a finding; so rare here that the letter alone counts.
_ALWAYS_BAD = "Œœ"


NormalForm = Literal["NFC", "NFD", "NFKC", "NFKD"]


class FtfyOptions(NamedTuple):
    """The options of ``ftfy.TextFixerConfig`` that decide what it may change."""

    unescape_html: bool | str = "auto"
    remove_terminal_escapes: bool = True
    fix_encoding: bool = True
    fix_c1_controls: bool = True
    fix_latin_ligatures: bool = True
    fix_character_width: bool = False
    uncurl_quotes: bool = False
    fix_line_breaks: bool = True
    remove_control_chars: bool = True
    normalization: NormalForm | None = "NFC"


def supported() -> bool:
    """Return whether the installed ftfy is one whose rules the pairs above were derived from."""
    digest = hashlib.sha256(badness.BADNESS_RE.pattern.encode()).hexdigest()
    return ftfy.__version__ in _STUDIED and digest == _DIGEST


def _members(names: tuple[str, ...]) -> str:
    """Return the characters of some categories of ftfy and of literals, all in the BMP."""
    return "".join(name[1:] if name[0] == "=" else _category(name) for name in names)


@cache
def _category(name: str) -> str:
    """Return the characters of one category of ftfy."""
    expression = re.compile(f"[{badness.MOJIBAKE_CATEGORIES[name]}]")
    candidates = "".join(map(chr, (*range(0x80, 0xD800), *range(0xE000, 0x10000))))
    return "".join(expression.findall(candidates))


def _touched_alone(options: FtfyOptions) -> set[int]:
    """Return the code points that may change without regard to their neighbours."""
    points = set()
    if options.fix_encoding:
        points |= {*range(0x80, 0xA0), *map(ord, _ALWAYS_BAD)}
    if options.fix_c1_controls:
        points |= {*range(0x80, 0xA0)}
    if options.fix_latin_ligatures:
        points |= set(chardata.LIGATURES)
    if options.fix_character_width:
        points |= set(chardata.WIDTH_MAP)
    if options.uncurl_quotes:
        every = "".join(map(chr, range(0x80, 0x3100)))
        for expression in (chardata.SINGLE_QUOTE_RE, chardata.DOUBLE_QUOTE_RE):
            points |= {ord(quote) for quote in "".join(expression.findall(every))}
    if options.fix_line_breaks:
        points |= {0x0D, 0x85, 0x2028, 0x2029}
    if options.remove_terminal_escapes:
        points.add(0x1B)
    if options.remove_control_chars:
        points |= set(chardata.CONTROL_CHARS)
    return points


@cache
def _assigned() -> tuple[int, ...]:
    """Return the code points Unicode data may say something about, ideographs left out."""
    lower = (range(0x3400), range(0x4DC0, 0x4E00), range(0xA000, 0xD800))
    upper = (range(0xF900, 0x20000), range(0x2F800, 0x30000), range(0xE0000, 0xE0200))
    points = itertools.chain(*lower, *upper)
    return tuple(point for point in points if unicodedata.category(chr(point)) != "Cn")


def _bases(normal: dict[int, str]) -> dict[int, list[tuple[str, str]]]:
    """Return the primary composites as (first, second) pairs, by the block of the second."""
    blocks: dict[int, list[tuple[str, str]]] = {}
    for point in normal:
        parts = unicodedata.decomposition(chr(point)).split()
        if len(parts) != 2 or parts[0].startswith("<"):
            continue
        first, second = (chr(int(part, 16)) for part in parts)
        if unicodedata.normalize("NFC", first + second) == chr(point):
            blocks.setdefault(ord(second) >> 5, []).append((first, second))
    return blocks


def _compositions(form: NormalForm) -> tuple[dict[int, int], dict[int, int], set[int]]:
    """Return base masks, mark masks, and the code points that ``form`` changes by themselves."""
    decomposed = {
        point: unicodedata.normalize("NFD", chr(point))
        for point in _assigned()
        if unicodedata.decomposition(chr(point))
    }
    alone = {p for p in _assigned() if unicodedata.normalize(form, chr(p)) != chr(p)}
    alone |= {*range(0x1161, 0x1176), *range(0x11A8, 0x11C3)}  # jamo that compose with syllables
    if form in ("NFD", "NFKD"):
        alone |= {*range(0xAC00, 0xD7A4)}
    marks: dict[int, int] = {}
    groups: dict[str, int] = {}  # composition groups of each first half
    for bit, (_, pairs) in enumerate(sorted(_bases(decomposed).items())):
        for first, second in pairs:
            marks[ord(second)] = marks.get(ord(second), 0) | 1 << bit
            groups[first] = groups.get(first, 0) | 1 << bit
    bases = {ord(first): mask for first, mask in groups.items()}
    for point, parts in decomposed.items():
        # A precomposed letter is a base as well where any piece of it is: á takes U+0323.
        pieces = (unicodedata.normalize("NFC", parts[:n]) for n in range(1, len(parts) + 1))
        for piece in itertools.chain(pieces, parts):
            if piece in groups:
                bases[point] = bases.get(point, 0) | groups[piece]
    return bases, marks, alone


@cache
def tables(options: FtfyOptions) -> ScanTables:
    """Return the scan tables for some options of ftfy; built once a process and kept."""
    hot = _touched_alone(options)
    left: dict[int, int] = {}
    right: dict[int, int] = {}
    for bit, (before, after) in enumerate(_PAIRS if options.fix_encoding else ()):
        for masks, names in ((left, before), (right, after)):
            for character in _members(names):
                masks[ord(character)] = masks.get(ord(character), 0) | 1 << bit
    bases: dict[int, int] = {}
    marks: dict[int, int] = {}
    order: dict[int, int] = {}
    if options.normalization is not None:
        bases, marks, alone = _compositions(options.normalization)
        hot |= alone
        order = {p: c for p in _assigned() if (c := unicodedata.combining(chr(p)))}
    return pack_tables(hot, (left, right, bases, marks, order), bool(options.unescape_html))
