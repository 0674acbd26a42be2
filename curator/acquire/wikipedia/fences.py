"""Punctuation around what was dropped: ``香港（，粵拼：）`` → ``香港``, and nothing elsewhere."""

from __future__ import annotations

import re

from curator.acquire.wikipedia.marks import FENCE

F = FENCE
OPENING, CLOSING = "（(［[〔【「『《〈“", "）)］]〕】」』》〉”"
DIVIDING = "，、；：,;:"
ENDING = "。．.！？!?"
OPEN, CLOSE = re.escape(OPENING), re.escape(CLOSING)

RUNS = re.compile(f"{F}(?:[ \\u3000\\t]*{F})+")
RULES = tuple(
    (re.compile(pattern), by)
    for pattern, by in (
        (RUNS.pattern, F),
        # 「{{x}}，{{y}}，{{z}}」: one mark is left of those between dropped things
        (f"{F} ?([{DIVIDING}])(?: ?{F} ?[{DIVIDING}])+ ?{F}", f"{F}\\1{F}"),
        # 「（英文：{{x}}，」: a label that lost its value
        (
            f"([{OPEN}{DIVIDING}] ?|\\A){F}?([^{OPEN}{CLOSE}{DIVIDING}{ENDING}\n{F}]{{1,24}})"
            f"[：:] ?{F}(?= ?[{CLOSE}{DIVIDING}])",
            f"\\1{F}",
        ),
        (f"([{OPEN}]) ?{F} ?[{DIVIDING}]{{1,4}} ?", f"\\1{F}"),
        (f" ?[{DIVIDING}]{{1,4}} ?{F} ?(?=[{CLOSE}])", F),
        (f"([{DIVIDING}]) ?{F} ?[{DIVIDING}]", f"\\1{F}"),
        (f" ?[，、；,;] ?{F} ?(?=[{ENDING}](?:[^0-9]|$))", F),
        *(
            (f" ?{re.escape(begin)} {{0,4}}{F} {{0,4}}{re.escape(end)}", F)
            for begin, end in zip(OPENING, CLOSING, strict=True)
        ),
    )
)

NEAR = re.compile(f"[{OPEN}] {{0,4}}{F}|[{DIVIDING}] ?{F} ?[{CLOSE}{DIVIDING}{ENDING}{F}]")
"""Every rule that changes more than fences needs this; most lines do not have it."""

MOST_ROUNDS = 32
"""Brackets nested deeper than this around nothing stay: the bound on the time of a line."""

SPACES = re.compile(f"(?:(?<=\\s)|(?<=^)|(?<=[{OPEN}])){F}+ |{F}+(?= |$)|{F}")
BEFORE_MARK = re.compile(f" +{F}+(?=[{DIVIDING}{ENDING}{CLOSE}])|(?<=[{OPEN}]){F}+ +| +{F}+$")


def repair(line: str) -> str:
    """Return a line without its fences, the punctuation that they left alone taken away.

    >>> repair("香港（英文：Hong Kong，\\x03，粵拼：\\x03）係")
    '香港（英文：Hong Kong）係'
    >>> repair("Berlin (\\x03; \\x03) iku, kutha (,)")
    'Berlin iku, kutha (,)'
    """
    line = RUNS.sub(F, line)
    for _ in range(MOST_ROUNDS if NEAR.search(line) else 0):
        before = line
        for pattern, by in RULES:
            line = pattern.sub(by, line)
        if line == before:
            break
    line = BEFORE_MARK.sub("", line)
    return SPACES.sub("", line)
