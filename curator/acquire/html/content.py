"""Chooses the leaf blocks that are the main text of a page.

Three steps, each a pass over the boxes or the leaves: what names of elements and classes call
boilerplate goes, unless most of the text is in it; then the box that holds the text is found; then
single leaves in it go. How much a leaf says is measured in letters weighted by script, and its end
by sentence marks of every script: nothing is asked of spaces or of a list of words.

What did not help, F1 on article-extraction-benchmark (.970 as it is): dropping by name whatever
the share of the text (.855), or never (.907); density alone, no boxes named as bodies (.958);
readers' comments kept (.951); menus and notices kept from .8 of the text on, not .65 (.959).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from curator.acquire.html.blocks import Boxes, Leaf
from curator.acquire.html.hints import BODY, CAPTION, COMMENT, CONTENT, HIDDEN, STRONG, WEAK

HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))

STRONG_SHARE, WEAK_SHARE, CAPTION_SHARE = 0.65, 0.4, 0.1
"""Share of a page's text above which a part is not dropped for its name alone. These and the shares
below were tried on article-extraction-benchmark and cleaneval-dev (English; German, Italian,
Portuguese and Russian pages among them)."""

TRUST_SHARE = 0.5
"""Share that must be left after dropping by weak names; else the page's names mean other things."""

BODY_SHARE = 0.3
"""Share that boxes named as the body of an article must hold to be taken for it."""

DESCENT_SHARE, CONTENT_SHARE, CELL_SHARE = 0.8, 0.5, 0.95
"""Share of its parent's text with which a box is the main text's box; less if it is so named, more
if it is one cell or item among others."""

_CELLS = frozenset(("li", "tr", "td"))
_PARAGRAPHS = frozenset(("p", "pre", "blockquote", *HEADINGS))

_HAN = re.compile("[\u2e80-\u9fff\uf900-\ufaff\uac00-\ud7af\U00020000-\U0003ffff]+")
_STOP = re.compile(r"[.!?](?:\s|$|[\"'”’»)])|[。！？…؟۔।॥။។።｡]")
_CLASS = re.compile(r"class\s*=\s*[\"']?([^\"'>]*)", re.IGNORECASE)
# Copyright notices: the one place where words are asked for, in the languages measured.
_NOTICE = re.compile(
    "版權所有|版权所有|著作權所有|不得轉載|不得转载|all rights reserved|hak cipta|©|copyright",
    re.IGNORECASE,
)


def weight(text: str) -> int:
    """Return how much a text says, in Latin letters: a Han character counts as three.

    >>> weight("book"), weight("廣東話")
    (4, 9)
    """
    if text.isascii():
        return len(text)
    return 3 * len(text) - 2 * len(_HAN.sub("", text))


class Kinds(NamedTuple):
    """What counts as text on a page."""

    title: str
    """The page's title: it is no part of the text."""
    comments: bool = False
    captions: bool = False


def choose(
    leaves: Sequence[Leaf], boxes: Boxes, kinds: Kinds, wanted: Sequence[bool] = ()
) -> list[int]:
    """Return the numbers of the leaves that are main text, in order; none where there is none.

    ``wanted`` names leaves to be kept wherever they stand, if they are running text.
    """
    weights = [weight(leaf.text) for leaf in leaves]
    values = [_value(leaf, w) for leaf, w in zip(leaves, weights, strict=True)]
    strong, dropped = _dropped(leaves, boxes, values, kinds)
    kept = _sums(leaves, values, dropped, boxes)
    inside = _inside(boxes, dropped, kept, kinds.comments)
    chosen, headed = [], False
    for number, (leaf, w) in enumerate(zip(leaves, weights, strict=True)):
        tag = boxes.tags[leaf.box]
        if not inside[leaf.box] or dropped[leaf.box]:
            headed |= tag in HEADINGS and _names(leaf.text, kinds.title)
            if not (wanted and wanted[number] and 2 * values[number] > w and not strong[leaf.box]):
                continue
        elif tag == "h1" and not headed:
            headed = True
            continue
        elif _is_aside(leaf, w, tag):
            continue
        chosen.append(number)
    if chosen and not headed and _names(leaves[chosen[0]].text, kinds.title):
        del chosen[0]
    while chosen and boxes.tags[leaves[chosen[-1]].box] in HEADINGS:
        chosen.pop()
    told = sum(weights[number] for number in chosen)
    return [] if told < 200 and told < 0.15 * sum(weights) else chosen


def _is_aside(leaf: Leaf, w: int, tag: str) -> bool:
    """Whether a leaf in the main part is a list of links or a notice all the same."""
    if 2 * leaf.links > len(leaf.text):
        return w < 60 or tag != "p"
    return w < 200 and _NOTICE.search(leaf.text) is not None


def _value(leaf: Leaf, w: int) -> float:
    """How much running text a leaf is: a short line without an end counts a fifth."""
    if 2 * leaf.links > len(leaf.text):
        return 0.0
    if w < 40 and not _STOP.search(leaf.text):
        return 0.2 * w
    return w * (1 - leaf.links / len(leaf.text))


def _sums(
    leaves: Sequence[Leaf], values: Sequence[float], dropped: Sequence[bool], boxes: Boxes
) -> list[float]:
    """Return the text of every box with all that is in it."""
    sums = [0.0] * len(dropped)
    for leaf, v in zip(leaves, values, strict=True):
        if not dropped[leaf.box]:
            sums[leaf.box] += v
    parents = boxes.parents
    for box in range(len(sums) - 1, 0, -1):
        sums[parents[box]] += sums[box]
    return sums


def _dropped(
    leaves: Sequence[Leaf], boxes: Boxes, values: Sequence[float], kinds: Kinds
) -> tuple[list[bool], list[bool]]:
    """Return for every box whether its names call it boilerplate: surely, and with the doubtful."""
    n = len(boxes.tags)
    parents, hints = boxes.parents, boxes.hints
    aside = (STRONG, HIDDEN) if kinds.comments else (STRONG, HIDDEN, COMMENT)
    mass = _sums(leaves, values, [False] * n, boxes)
    most = STRONG_SHARE * mass[0]
    strong = [False] * n
    for box in range(1, n):
        strong[box] = strong[parents[box]] or (hints[box] in aside and mass[box] < most)
    mass = _sums(leaves, values, strong, boxes)
    limits = {WEAK: WEAK_SHARE * mass[0]}
    if not kinds.captions:
        limits[CAPTION] = CAPTION_SHARE * mass[0]
    body = [mass[box] if said == BODY else 0.0 for box, said in enumerate(hints)]
    for box in range(n - 1, 0, -1):
        body[parents[box]] = max(body[parents[box]], body[box])
    weak = strong.copy()
    for box in range(1, n):
        limit = limits.get(hints[box])
        weak[box] = (
            weak[box]
            or weak[parents[box]]
            or (limit is not None and mass[box] < limit and not body[box])
        )
    if body[0] >= BODY_SHARE * mass[0]:
        return strong, weak
    left = _sums(leaves, values, weak, boxes)[0]
    return strong, weak if left >= TRUST_SHARE * mass[0] else strong


def _inside(
    boxes: Boxes, dropped: Sequence[bool], kept: Sequence[float], comments: bool
) -> list[bool]:
    """Return for every box whether it belongs to the main text's part of the page."""
    n, parents, hints = len(dropped), boxes.parents, boxes.hints
    inside = [False] * n
    named = 0.0
    for box in range(1, n):
        inside[box] = inside[parents[box]]
        if not inside[box] and hints[box] == BODY and not dropped[box]:
            inside[box] = True
            named += kept[box]
    if not named or named < BODY_SHARE * kept[0]:
        root = _root(boxes, kept)
        inside = [root == 0] * n
        inside[root] = True
    least = 0.0 if comments else STRONG_SHARE * kept[0]
    for box in range(1, n):
        inside[box] = (
            inside[box]
            or inside[parents[box]]
            or (hints[box] == COMMENT and not dropped[box] and kept[box] >= least)
        )
    return inside


def _root(boxes: Boxes, kept: Sequence[float]) -> int:
    """Go down from the page while one box holds nearly all the text of its parent."""
    children: list[list[int]] = [[] for _ in kept]
    for box in range(1, len(kept)):
        children[boxes.parents[box]].append(box)
    root = 0
    while children[root]:
        best = max(children[root], key=lambda box: kept[box])
        share = CONTENT_SHARE if boxes.hints[best] == CONTENT else DESCENT_SHARE
        if boxes.tags[best] in _CELLS:
            share = CELL_SHARE
        if (
            boxes.tags[best] in _PARAGRAPHS
            or kept[best] < share * kept[root]
            or _repeated(best, root, boxes, children, kept)
        ):
            break
        root = best
    return root


def _repeated(
    best: int, root: int, boxes: Boxes, children: list[list[int]], kept: Sequence[float]
) -> bool:
    """Whether a box is one of several of the same build, as the posts of a thread are."""

    def shape(box: int) -> tuple[str, str]:
        found = _CLASS.search(boxes.attributes[box])
        return boxes.tags[box], found[1] if found else ""

    def build(box: int) -> tuple[tuple[str, str], ...]:
        return (shape(box), *(shape(child) for child in children[box][:3]))

    own = build(best)
    return any(
        other != best and kept[other] > 0 and build(other) == own for other in children[root]
    )


def _names(text: str, title: str) -> bool:
    """Whether a text is the page's title, with or without the name of the site behind it."""
    return title.startswith(text) and not title[len(text) : len(text) + 2].strip().isalnum()
