"""Control characters that stand for something while wikitext becomes text.

XML forbids them and ``clean`` takes them out of other input, so none of them is text.
"""

from __future__ import annotations

import re

LITERAL_BEGINS, LITERAL_ENDS = "\x01", "\x02"
"""Around the number of a stretch kept as it was written, such as ``<nowiki>``."""
FENCE = "\x03"
"""Something was dropped here; only beside it is punctuation repaired."""
PIPE, EQUALS = "\x04", "\x05"
"""``|`` and ``=`` that came out of an inner template or link and divide nothing outside of it."""
TEXT_LINE = "\x06"
"""Before a line whose first character is text and no sign of a list."""

CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f]")
MARKS = re.compile("[\x01-\x08]")


def clean(wikitext: str) -> str:
    """Return wikitext without control characters, ``\\r\\n`` as ``\\n``.

    >>> clean("香\\x00港\\r\\n")
    '香港\\n'
    """
    if not CONTROL.search(wikitext):
        return wikitext
    return CONTROL.sub("", wikitext.replace("\r\n", "\n").replace("\r", "\n"))


def protect(text: str) -> str:
    """Return what an inner template or link shows, so that its ``|`` and ``=`` divide nothing."""
    if "|" in text:
        text = text.replace("|", PIPE)
    return text.replace("=", EQUALS) if "=" in text else text


def restore(text: str) -> str:
    """Undo ``protect``."""
    if PIPE in text:
        text = text.replace(PIPE, "|")
    return text.replace(EQUALS, "=") if EQUALS in text else text


def is_blank(text: str) -> bool:
    """Return whether nothing but spaces and fences is there."""
    return not text.strip(" \t\n" + FENCE)
