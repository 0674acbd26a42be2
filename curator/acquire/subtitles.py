"""Subtitles of films, programmes and videos as running text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import pyarrow as pa

from curator.acquire.charset import decode
from curator.acquire.documents import FileReader, add_document
from curator.acquire.subtitle_formats import Cue, Refused, read_cues
from curator.errors import RecipeError, nearest
from curator.io.rows import Flaw, Rows

KEEP_OR_DROP = ("keep", "drop")

TAG = re.compile(
    r"</?(?:[ibusc]|v|rt|ruby|lang|font|span)(?=[\s.>])[^<>]{0,500}>|<[0-9:.]{5,12}>|\{\\[^{}]{0,500}\}"
)
"""``<i>``, ``<c.yellow>``, ``<00:00:01.500>`` and ``{\\an8}``; ``3 < 5`` is text."""

READING = re.compile(r"<rt>[^<>]{0,500}(?:</rt>|(?=<))")
"""What stands above a character: 漢<rt>hon3</rt> is 漢."""

VOICE = re.compile(r"<v(?:\.[^\s<>]{0,100})?[ \t]([^<>]{1,200})>")

ENTITY = re.compile("&(amp|lt|gt|nbsp|lrm|rlm|quot|#39);")
ENTITIES = {"amp": "&", "lt": "<", "gt": ">", "nbsp": " ", "lrm": "", "rlm": "", "quot": '"'}

NOTES = re.compile("[♩♪♫♬]+")

SOUND = re.compile(r"(?:\[[^\[\]]*\]|【[^【】]*】|［[^［］]*］|\([^()]*\)|（[^（）]*）|[\s*])+")
"""A line of nothing but brackets: ``[Music]``, （笑聲）. ``*`` marks sounds in some files."""

SOUND_BEFORE = re.compile(r"\s*\[[^\[\]]{0,80}\]\s*(?=\S)")
"""``[laughs] Yes`` is the words "Yes"."""

CHANGE_OF_SPEAKER = re.compile(r"\s*(?:>>+|[-‐–—](?![0-9]))\s*")

COLON = re.compile("[:：]")

LABEL_CHARACTERS = 30

TOUCHING_SECONDS = 0.25
"""Captions with no longer gap between them may be one that rolls."""

LINES_ON_SCREEN = 8
"""Lines compared at most."""

ROLLING_SHARE = 0.2
"""Share of captions that begin with what the one before showed, above which a file rolls. One that
does not has such captions too, where somebody says 「係。」 twice: those are kept."""


class Shown(NamedTuple):
    """What a caption adds to the text."""

    cue: Cue
    lines: tuple[str, ...]
    repeated: int = 0
    """Lines left out because they were on the screen already."""
    sounds: int = 0
    """Lines left out because they describe a sound."""


@dataclass(frozen=True)
class SubtitleReader(FileReader):
    """Reads SubRip, WebVTT and SubStation files: the words of the captions, one line each.

    Tags, positions, times and the readings above characters are left out. A document is a file,
    or what stands between pauses of ``gap_seconds``; its id is ``<file>:<line>`` of its first
    caption. Metadata: ``start_seconds``, ``end_seconds``, ``captions``, how many lines were left
    out as ``repeated_lines`` and ``sound_lines``, ``charset`` and ``replacements``. Text outside
    of captions (``not_a_cue``) and captions whose times cannot be read (``bad_timing``) are rows
    of the ledger.
    """

    gap_seconds: float | None = None
    """A longer pause begins a new document; ``None`` for one document a file."""
    rolling: bool = True
    """Leave out lines that the caption before showed, where the file's captions roll: those of
    video sites repeat every line two or three times."""
    speakers: str = "keep"
    """``drop`` leaves out the marks ``-`` and ``>>`` at the start of a line, names in capitals
    (``JOHN:``), those in ``speaker_names``, and WebVTT's ``<v Name>``, which else are ``Name:``."""
    speaker_names: Sequence[str] = ()
    """Names that ``drop`` leaves out before a colon. Scripts without capitals need them: 佢話： is
    what somebody says, 阿明： is who says it."""
    sounds: str = "drop"
    """``drop`` leaves out lines that are brackets alone, ``[Music]`` or （笑聲）, such a bracket
    before words, and notes; ``keep`` keeps them."""
    charset: str | None = None
    """Label of the charset where it is known, such as ``big5``; ``None`` to find out."""

    extensions: ClassVar[tuple[str, ...]] = (".srt", ".vtt", ".ass", ".ssa")
    metadata: ClassVar[pa.Schema] = pa.schema(
        [
            ("start_seconds", pa.float64()),
            ("end_seconds", pa.float64()),
            ("captions", pa.int64()),
            ("repeated_lines", pa.int64()),
            ("sound_lines", pa.int64()),
            ("charset", pa.large_string()),
            ("replacements", pa.int64()),
        ]
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("speakers", "sounds"):
            value = getattr(self, name)
            if value not in KEEP_OR_DROP:
                known = nearest(value, KEEP_OR_DROP)
                raise RecipeError(f"SubtitleReader: {name} is not {value!r}{known}")
        if self.gap_seconds is not None and not self.gap_seconds > 0:
            raise RecipeError("SubtitleReader: gap_seconds is above 0, or null for whole files")
        if isinstance(self.speaker_names, str):
            raise RecipeError("SubtitleReader: speaker_names is a list of names")

    def add_rows(self, rows: Rows, data: bytes) -> None:
        """Append the documents of a file, and what is no caption."""
        decoded = decode(data, self.charset, meta=False)
        cues: list[Shown] = []
        for cue in read_cues(decoded.text):
            if isinstance(cue, Refused):
                rows.refuse(cue.flaw, cue.text, cue.line)
            else:
                cues.append(self._cleaned(cue))
        if self.rolling:
            cues = unrolled(cues)
        for document in self._documents(cues):
            text = "\n".join(line for shown in document for line in shown.lines)
            values = (
                document[0].cue.start,
                max(shown.cue.end for shown in document),
                len(document),
                sum(shown.repeated for shown in document),
                sum(shown.sounds for shown in document),
                decoded.charset,
                decoded.replacements,
            )
            blank = Flaw("no_text", 1, "the captions have no words; leave them out or keep sounds")
            add_document(rows, text, document[0].cue.line, values, blank)

    def _documents(self, cues: Sequence[Shown]) -> Iterator[list[Shown]]:
        document: list[Shown] = []
        end = 0.0
        for shown in cues:
            gap = shown.cue.start - end
            if document and self.gap_seconds is not None and gap >= self.gap_seconds:
                yield document
                document = []
            document.append(shown)
            end = max(end, shown.cue.end)
        if document:
            yield document

    def _cleaned(self, cue: Cue) -> Shown:
        lines, sounds = [], 0
        for line in cue.lines:
            text = self._without_speaker(self._untagged(line))
            if self.sounds == "drop" and text:
                text = "" if SOUND.fullmatch(text) else NOTES.sub("", text)
                text = SOUND_BEFORE.sub("", text, count=1).strip()
                sounds += not text
            if text:
                lines.append(text)
        return Shown(cue, tuple(lines), 0, sounds)

    def _untagged(self, line: str) -> str:
        if self.speakers == "keep":
            line = VOICE.sub(_named_voice, line)
        line = TAG.sub("", READING.sub("", VOICE.sub("", line)))
        return ENTITY.sub(lambda match: ENTITIES.get(match[1], "'"), line).strip()

    def _without_speaker(self, line: str) -> str:
        if self.speakers == "keep":
            return line
        mark = CHANGE_OF_SPEAKER.match(line)
        line = line[mark.end() :] if mark else line
        colon = COLON.search(line, 0, LABEL_CHARACTERS + 1)
        if colon:
            label = line[: colon.start()].strip().strip("[]()【】（）").strip()
            if label.isupper() or label in self.speaker_names:
                return line[colon.end() :].strip()
        return line


def _named_voice(match: re.Match[str]) -> str:
    name = match[1].strip()
    # the colon of the script: a wide one after Han characters
    return f"{name}：" if name[-1:] >= "\u2e80" else f"{name}: "


def unrolled(cues: Sequence[Shown]) -> list[Shown]:
    """Return the captions without the lines that the one before left on the screen.

    ``A`` · ``A / B`` · ``B / C`` are the lines A, B, C; ``我`` · ``我哋`` · ``我哋去`` is the line
    我哋去. A file in which few captions begin so is returned as it is.
    """
    result: list[Shown] = []
    n_rolled = 0
    before: Shown | None = None  # as it was on the screen
    for shown in cues:
        new = shown
        if before is not None and result and shown.cue.start - before.cue.end <= TOUCHING_SECONDS:
            repeated = _overlap(before.lines, shown.lines)
            if repeated:
                n_rolled += 1
                new = shown._replace(lines=shown.lines[repeated:], repeated=repeated)
            elif _grows(before.lines, shown.lines, result[-1].lines):
                n_rolled += 1
                last = result[-1]
                result[-1] = last._replace(lines=last.lines[:-1], repeated=last.repeated + 1)
        result.append(new)
        before = shown if shown.lines else before
    return result if n_rolled and n_rolled >= ROLLING_SHARE * (len(cues) - 1) else list(cues)


def _overlap(before: Sequence[str], lines: Sequence[str]) -> int:
    """Return how many lines at the start are the last ones of the caption before."""
    longest = min(len(before), len(lines), LINES_ON_SCREEN)
    return next((n for n in range(longest, 0, -1) if before[-n:] == lines[:n]), 0)


def _grows(before: Sequence[str], lines: Sequence[str], kept: Sequence[str]) -> bool:
    """Return whether the first line is the last one of the caption before and more of it."""
    if len(before) != 1 or not lines or not kept:
        return False
    return kept[-1] == before[-1] and lines[0] != before[-1] and lines[0].startswith(before[-1])
