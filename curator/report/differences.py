"""What a modifier changed in a text, as runs of same, removed and added text.

Scripts written without spaces (Han, Kana, Thai, Khmer, Javanese …) are compared character by
character, others word by word: 我哋去 → 我地去 shows one character, "mangan sego" → "mangan sega"
one word.
"""

from __future__ import annotations

import difflib
import itertools
import unicodedata
from collections.abc import Iterator
from typing import Literal, NamedTuple

import regex

from curator.report.visible import code_point

CONTEXT_CHARACTERS = 40
"""Unchanged characters shown on each side of a change."""
SHOWN_CHARACTERS = 900
"""Characters of a difference shown in all; later changes are counted, not shown."""
COMPARED_TOKENS = 2_000
"""Tokens compared between the first and the last change: the comparison is quadratic."""

_UNSPACED = (
    r"\p{Han}\p{Hiragana}\p{Katakana}\p{Bopomofo}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\p{Tibetan}"
    r"\p{Javanese}\p{Balinese}\p{Yi}\p{New_Tai_Lue}\p{Tai_Tham}\p{Tai_Le}"
)
# A word of a spaced script; the set difference needs regex's V1 syntax. \X: a base with its marks.
_TOKEN = regex.compile(rf"(?V1)[[\p{{L}}\p{{M}}\p{{N}}]--[{_UNSPACED}]]+|\s|\X")


class Run(NamedTuple):
    """A stretch of the comparison."""

    kind: Literal["same", "removed", "added", "gap"]
    text: str
    """The text; of a gap, what stands in its place in words."""
    note: str = ""
    """Code points, where removed and added text look alike."""


class Difference(NamedTuple):
    """A comparison cut around its changes."""

    runs: tuple[Run, ...]
    left_out: str
    """What is not shown, in words; empty when everything is."""


def tokens(text: str) -> list[str]:
    """Return the units compared: characters with their marks, or words; they join to ``text``."""
    return _TOKEN.findall(text)


def differences(before: str, after: str, goes_on: bool = False) -> Difference:
    """Compare two texts and keep what lies around the changes.

    ``goes_on`` says that the texts are the beginnings of longer ones: they end at unrelated
    places, so a change that reaches their end is none and is left out.

    Equal texts give no run at all. At most ``SHOWN_CHARACTERS`` are shown, and of a change that
    spans more than ``COMPARED_TOKENS`` only its beginning is compared; ``left_out`` says so.
    """
    if before == after:
        return Difference((), "")
    old, new = tokens(before), tokens(after)
    head = _common(old, new)
    tail = _common(old[head:][::-1], new[head:][::-1])
    old_middle, new_middle = old[head : len(old) - tail], new[head : len(new) - tail]
    beyond = max(len(old_middle), len(new_middle)) - COMPARED_TOKENS
    open_end = beyond > 0 or (goes_on and not tail)
    runs = list(_compare(old_middle[:COMPARED_TOKENS], new_middle[:COMPARED_TOKENS], open_end))
    if head:
        runs.insert(0, Run("same", "".join(old[:head])))
    if tail and beyond <= 0:
        runs.append(Run("same", "".join(old[len(old) - tail :])))
    shown, hidden_changes = _around_changes(runs)
    notes = []
    if hidden_changes:
        notes.append(f"{hidden_changes:,} more change{'s' * (hidden_changes > 1)} not shown")
    if beyond > 0:
        notes.append(
            f"compared over {COMPARED_TOKENS:,} words or characters from the first change on"
        )
    return Difference(tuple(shown), "; ".join(notes))


def _common(first: list[str], second: list[str]) -> int:
    pairs = itertools.takewhile(lambda pair: pair[0] == pair[1], zip(first, second, strict=False))
    return sum(1 for _ in pairs)


def _compare(old: list[str], new: list[str], open_end: bool) -> Iterator[Run]:
    codes = difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    # Two windows that end at unrelated places: their last change is an artefact of the cut.
    if open_end and len(codes) > 1 and codes[-1][0] != "equal":
        codes = codes[:-1]
    for code, old_start, old_end, new_start, new_end in codes:
        removed = "".join(old[old_start:old_end])
        added = "".join(new[new_start:new_end])
        if code == "equal":
            yield Run("same", removed)
            continue
        alike = bool(removed and added) and _composed(removed) == _composed(added)
        if removed:
            yield Run("removed", removed, _spelled(removed, added) if alike else "")
        if added:
            yield Run("added", added, _spelled(added, removed) if alike else "")


def _composed(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _spelled(text: str, other: str) -> str:
    """Return the code points in which ``text`` differs from a text that looks the same."""
    head = _common(list(text), list(other))
    tail = _common(list(text[head:])[::-1], list(other[head:])[::-1])
    differing = text[head : len(text) - tail]
    codes = " ".join(code_point(character) for character in differing[:4])
    return codes + (" …" if len(differing) > 4 else "")


def _around_changes(runs: list[Run]) -> tuple[list[Run], int]:
    shown: list[Run] = []
    room = SHOWN_CHARACTERS
    for index, run in enumerate(runs):
        if room <= 0:
            return shown, sum(1 for left in _changes(runs[index:]))
        if run.kind == "same":
            cut = list(_context(run.text, index == 0, index == len(runs) - 1))
        elif len(run.text) > room:
            gone = len(run.text) - room
            cut = [run._replace(text=run.text[:room]), Run("gap", f"{gone:,} more characters")]
        else:
            cut = [run]
        shown.extend(cut)
        room -= sum(len(piece.text) for piece in cut if piece.kind != "gap")
    return shown, 0


def _changes(runs: list[Run]) -> Iterator[Run]:
    # A removal followed by an addition is one change.
    for index, run in enumerate(runs):
        replaces = index > 0 and run.kind == "added" and runs[index - 1].kind == "removed"
        if run.kind in ("removed", "added") and not replaces:
            yield run


def _context(text: str, first: bool, last: bool) -> Iterator[Run]:
    # A multiple of the context is enough to find its tokens; the text may be a book.
    head = "" if first else _whole_tokens(tokens(text[: 3 * CONTEXT_CHARACTERS]))
    tail = "" if last else _whole_tokens(tokens(text[-3 * CONTEXT_CHARACTERS :]), from_end=True)
    gone = len(text) - len(head) - len(tail)
    if gone <= 20:  # the words for a gap would take as much room as the text
        yield Run("same", text)
        return
    if head:
        yield Run("same", head)
    yield Run("gap", f"{gone:,} characters unchanged")
    if tail:
        yield Run("same", tail)


def _whole_tokens(found: list[str], from_end: bool = False) -> str:
    """Join as many tokens as the context has room for, so that no word is cut in two."""
    taken: list[str] = []
    room = CONTEXT_CHARACTERS
    for token in reversed(found) if from_end else found:
        room -= len(token)
        if room < 0:
            break
        taken.append(token)
    return "".join(reversed(taken) if from_end else taken)
