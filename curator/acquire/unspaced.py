"""Scripts without spaces between words: where a broken line is joined without one."""

from __future__ import annotations

import re

RANGES = (
    "\u0e00-\u0eff"  # Thai, Lao
    "\u1000-\u109f"  # Myanmar
    "\u1780-\u17ff"  # Khmer
    "\u2e80-\ua4cf"  # Han, kana, their marks; Yi
    "\ua980-\ua9df"  # Javanese
    "\uf900-\ufaff"
    "\ufe30-\ufe4f"
    "\uff00-\uffef"  # full-width marks
    "\U0001f000-\U0003ffff"  # Han beyond the first plane
)

CHARACTER = re.compile(f"[{RANGES}]")

BROKEN_LINE = re.compile(f"(?<=[{RANGES}])[ \t]*\n[ \t]*(?=[{RANGES}])")


def joined(before: str, after: str) -> bool:
    """Return whether there is no space between two characters that a newline parts.

    食\\n飯 is 食飯; ``aku\\nmangan`` is ``aku mangan``. False where one of them is empty.
    """
    return bool(CHARACTER.match(before) and CHARACTER.match(after))
