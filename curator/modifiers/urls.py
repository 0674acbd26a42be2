"""Web addresses in running text, also where no space parts them from it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import regex

from curator.kernels import unicode
from curator.kernels.buffers import Utf8
from curator.modifiers.base import DocumentModifier

# A host label is all ASCII or all other letters: in 「https://a.hk好正」 the label is "hk".
_HOST = r"(?:[0-9A-Za-z_%~@:-]+|[\p{L}\p{M}\p{N}--[\x00-\x7f]]++(?=[.:/]|[^\p{L}\p{M}\p{N}]|$))"
_ADDRESS = regex.compile(
    rf"(?:(?i:https?|ftp)://|(?<![0-9A-Za-z])(?i:www)\.)"
    rf"{_HOST}(?:\.{_HOST})*"
    r"(?:[/?#:][0-9A-Za-z\-._~:/?#\[\]@!$&'()*+,;=%]*)?",
    regex.VERSION1,
)
_TRAILING = ".,;:!?'*"
_CLOSERS = {")": "(", "]": "["}


@dataclass(frozen=True)
class UrlRemover(DocumentModifier):
    """Removes web addresses that begin with http://, https://, ftp:// or www. in any case.

    An address ends where its ASCII ends, so text glued to it stays: 「睇https://a.hk/x，好正」
    becomes 「睇，好正」. Hosts in other scripts are known (http://例子.香港/). Punctuation that
    closes the sentence, and a bracket opened before the address, stay too. A path in Han that was
    not percent-encoded cannot be told from text and stays.
    """

    idempotent = True

    def modify_document(self, text: str) -> str:
        """Return the text without addresses; empty text stays empty."""
        while True:
            changed = _ADDRESS.sub(_left_over, text)
            # Again: where one is gone, the pieces around it may be an address.
            if changed == text:
                return changed
            text = changed

    def may_change(self, texts: Utf8) -> np.ndarray:
        """Return bool[n]: whether the text holds "://" or "www."."""
        return unicode.contains_text(texts, ["://", "www."], ignore_ascii_case=True)


def _left_over(match: regex.Match[str]) -> str:
    """Return the end of a matched address that belongs to the sentence around it."""
    address = match.group()
    end = len(address)
    while end:
        last = address[end - 1]
        opener = _CLOSERS.get(last)
        unopened = opener and address.count(last, 0, end) > address.count(opener, 0, end)
        if last not in _TRAILING and not unopened:
            break
        end -= 1
    return address[end:]
