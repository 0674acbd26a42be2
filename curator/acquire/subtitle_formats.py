"""SubRip, WebVTT and Advanced SubStation files as cues: who shows what, and when.

Sources: the WebVTT specification of the W3C; SubRip as players read it; the description of
SubStation Alpha version 4+.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from curator.io.rows import Flaw

ARROW = "-->"

TIME = re.compile(r"(?:([0-9]{1,4}):)?([0-9]{1,2}):([0-9]{1,2})(?:[.,:]([0-9]{1,3}))?(?![0-9:])")
"""Hours are optional in WebVTT; SubRip writes a comma before the milliseconds."""

NOT_TEXT = ("NOTE", "STYLE", "REGION")
"""WebVTT blocks that are no cues."""

ASS_COLUMNS = 10
"""Columns of an event where its section has no ``Format`` line; text is the last."""

DRAWING = re.compile(r"\\p[1-9]")
"""What follows in the cue are coordinates of a drawing."""


class Cue(NamedTuple):
    """One caption."""

    line: int
    """1-based line in the file where it begins."""
    start: float
    """Seconds."""
    end: float
    lines: tuple[str, ...]
    """As written, with tags."""


class Refused(NamedTuple):
    """Lines that are no caption."""

    line: int
    text: str
    flaw: Flaw


def read_cues(text: str) -> Iterator[Cue | Refused]:
    """Yield the captions of a file in its order, and what could not be read.

    The format is told by the text: ``WEBVTT`` at its start, a section ``[Script Info]`` or
    ``[Events]``, or else SubRip. Text without a caption yields nothing.
    """
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    first = next((line.strip() for line in lines if line.strip()), "")
    if first == "WEBVTT" or first.startswith(("WEBVTT ", "WEBVTT\t")):
        return _vtt(lines)
    if first.lower() in ("[script info]", "[v4+ styles]", "[events]") or first.startswith("; "):
        return _ass(lines)
    return _srt(lines)


def _times(line: str) -> tuple[float, float] | None:
    before, _, after = line.partition(ARROW)
    start, end = TIME.fullmatch(before.strip()), TIME.match(after.strip())
    return None if start is None or end is None else (_seconds(start), _seconds(end))


def _seconds(match: re.Match[str]) -> float:
    hours, minutes, seconds, fraction = match.groups()
    thousandths = int((fraction or "").ljust(3, "0"))
    whole = (int(hours or 0) * 60 + int(minutes)) * 60 + int(seconds)
    return (whole * 1000 + thousandths) / 1000


def _bad_timing(line: int, text: str) -> Refused:
    what = "these are no two times, as in 00:00:01,000 --> 00:00:02,500; mend the line"
    return Refused(line, text, Flaw("bad_timing", 1, what))


def _no_cue(line: int, lines: list[str]) -> Refused:
    what = "text outside of captions; give it a line of times or leave it out"
    return Refused(line, "\n".join(lines), Flaw("not_a_cue", 1, what))


def _srt(lines: list[str]) -> Iterator[Cue | Refused]:
    """Yield SubRip captions: what follows a line of times, up to the number before the next.

    Blank lines inside a caption are part of it, as players have it.
    """
    # tags such as <i --> are rare; a line of times begins with a digit
    places = [i for i, line in enumerate(lines) if ARROW in line and line.lstrip()[:1].isdigit()]
    heads = [_srt_head(lines, place) for place in places]
    before = lines[: heads[0]] if heads else lines
    if any(line.strip() for line in before):
        number = next(i for i, line in enumerate(before) if line.strip())
        yield _no_cue(number + 1, before[number:])
    for place, head, end in zip(places, heads, [*heads, len(lines)][1:], strict=True):
        written = tuple(line for line in lines[place + 1 : end] if line.strip())
        times = _times(lines[place])
        if times is None:
            yield _bad_timing(place + 1, "\n".join([lines[place], *written]))
        else:
            yield Cue(head + 1, *times, written)


def _srt_head(lines: list[str], place: int) -> int:
    """Return where a caption begins: at the number above its times, if there is one."""
    above = place - 1
    return above if above >= 0 and lines[above].strip().isdecimal() else place


def _vtt(lines: list[str]) -> Iterator[Cue | Refused]:
    """Yield WebVTT captions: blocks between blank lines."""
    for number, block in _blocks(lines):
        head = block[0].strip()
        place = next((i for i, line in enumerate(block[:2]) if ARROW in line), None)
        if place is not None:
            times = _times(block[place])
            if times is None:
                yield _bad_timing(number + place, "\n".join(block[place:]))
            else:
                yield Cue(number, *times, tuple(block[place + 1 :]))
        elif number == 1 or head.split(" ", 1)[0].split("\t", 1)[0] in NOT_TEXT:
            continue
        elif not _is_header(block):
            yield _no_cue(number, block)


def _is_header(block: list[str]) -> bool:
    """Return whether a block is what a server puts under ``WEBVTT``: lines of ``Name: value``."""
    first = block[0].strip()
    return first.startswith("WEBVTT") or all(
        line.startswith(("Kind:", "Language:", "X-TIMESTAMP-MAP")) for line in block
    )


def _blocks(lines: list[str]) -> Iterator[tuple[int, list[str]]]:
    """Yield the number of the first line and the lines between empty ones.

    A line of spaces is text: captions made by machines have it above their first words. A second
    line of times begins a new block even where the empty line is missing.
    """
    waiting: list[str] = []
    timed = False
    for number, line in enumerate([*lines, ""], 1):
        again = timed and ARROW in line
        if waiting and (not line or again):
            kept = [waiting.pop()] if again and waiting[-1].strip().isdecimal() else []
            yield number - len(waiting) - len(kept), waiting
            waiting, timed = kept, False
        if line:
            waiting.append(line)
            timed = timed or ARROW in line


def _ass(lines: list[str]) -> Iterator[Cue | Refused]:
    """Yield the events of a SubStation file by their start; comments and drawings are none."""
    section, columns = "", list[str]()
    cues: list[Cue] = []
    for number, line in enumerate(lines, 1):
        stripped = line.strip()
        if stripped.startswith("[") and stripped.endswith("]"):
            section = stripped.lower()
        key, colon, value = stripped.partition(":")
        if section != "[events]" or not colon:
            continue
        if key == "Format":
            columns = [name.strip().lower() for name in value.split(",")]
        elif key == "Dialogue":
            cue = _event(number, value, columns)
            if isinstance(cue, Refused):
                yield cue
            elif cue is not None:
                cues.append(cue)
    yield from sorted(cues, key=lambda cue: cue.start)


def _event(number: int, value: str, columns: list[str]) -> Cue | Refused | None:
    known = columns or ["layer", "start", "end", *[""] * (ASS_COLUMNS - 4), "text"]
    fields = value.split(",", len(known) - 1)
    event = dict(zip(known, fields, strict=False))
    start, end = (TIME.fullmatch(event.get(name, "").strip()) for name in ("start", "end"))
    if start is None or end is None or len(fields) < len(known):
        return _bad_timing(number, value)
    text = event.get("text", "")
    if DRAWING.search(text):
        return None
    lines = text.replace(r"\h", " ").replace(r"\n", r"\N").split(r"\N")
    return Cue(number, _seconds(start), _seconds(end), tuple(lines))
